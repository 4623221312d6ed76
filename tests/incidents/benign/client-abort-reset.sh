# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="clients leave before the answer, by RST"
servers=(slow:300)
client=(-a 100 -r -n 3)
requests=(GET:/)
expect=("000")
