# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="one server refuses, the next one answers 503 itself"
servers=(closed status:503)
retries=2
haproxy_backend="option redispatch 1"
requests=(GET:/ POST:/:100)
expect=("502|503 conn-refused 1" "503 backend-5xx 2")
