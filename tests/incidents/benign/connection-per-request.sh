# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a connection for each request, on both sides"
servers=(ok-close)
client=(-c 4 -n 25)
requests=(GET:/)
expect=("200")
