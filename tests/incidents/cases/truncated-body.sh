# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's answer ends in the middle of the body: a 200 cut short"
servers=(truncated-body)
expect=("200")
