# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's answer ends in the middle of the header"
servers=(truncated-header)
expect=("502 truncated-header 1")
