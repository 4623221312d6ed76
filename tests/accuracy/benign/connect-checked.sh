# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
servers=(ok)
haproxy_server="check inter 100ms"
requests=(GET:/)
weight=200
