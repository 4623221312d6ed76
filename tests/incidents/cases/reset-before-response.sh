# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend resets the connection instead of answering"
places=(near far)
servers=(reset)
expect=("502 reset-before-response 1")
