# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's header is no valid HTTP"
servers=(invalid-header)
expect=("502 invalid-response 1")
