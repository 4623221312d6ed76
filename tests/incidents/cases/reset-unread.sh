# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes without having read the request"
servers=(reset-unread)
requests=(GET:/ POST:/:2000)
expect=("502 reset-before-response 1")
