# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="answers with 4xx"
client=(-k)
requests=(GET:/status/400 GET:/status/403 GET:/status/404 GET:/status/429)
expect=("400" "403" "404" "429")
