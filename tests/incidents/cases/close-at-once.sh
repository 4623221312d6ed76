# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes every connection as soon as it accepts it"
# Whether the FIN or the request is first decides between a close and a RST.
servers=(close-at-once)
expect=("502 close-before-response|reset-before-response 1")
