# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
places=(near far)
reuse=yes
weight=1000
requests=(GET:/ POST:/:500 GET:/chunked GET:/size/20000 HEAD:/ GET:/status/404 GET:/status/304)
