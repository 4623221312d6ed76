# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="answers without a body"
client=(-k)
reuse=yes
requests=(HEAD:/ GET:/status/304 GET:/status/204 HEAD:/size/5000)
expect=("200" "304" "204" "200")
