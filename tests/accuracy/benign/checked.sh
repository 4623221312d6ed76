# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
reuse=yes
servers=(ok ok)
haproxy_server="check inter 100ms"
haproxy_backend="option httpchk GET /health"
requests=(GET:/)
weight=200
