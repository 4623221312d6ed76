# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="slow answers that still come in time"
servers=(slow:800)
client=(-c 4)
requests=(GET:/ POST:/:1000)
expect=("200")
