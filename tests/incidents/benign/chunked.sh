# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="chunked answers"
reuse=yes
client=(-k -n 4)
requests=(GET:/chunked)
expect=("200")
