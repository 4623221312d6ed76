# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend itself answers with 5xx, header and body in two writes"
reuse=yes
requests=(GET:/split/500 GET:/split/503 GET:/split/504)
expect=("500 backend-5xx 1" "503 backend-5xx 1" "504 backend-5xx 1")
