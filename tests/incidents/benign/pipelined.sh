# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="requests sent before the answers are read"
reuse=yes
client=(-p)
requests=(GET:/ GET:/chunked GET:/size/20000 GET:/)
expect=("200")
