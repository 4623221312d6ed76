# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's process is killed while it works on the request"
servers=(die)
expect=("502 close-before-response 1")
