# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes the connection instead of answering"
places=(near far)
servers=(close)
expect=("502 close-before-response 1")
