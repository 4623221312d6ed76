# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the PROXY protocol to a backend that does not expect it"
places=(near far)
balancers=(haproxy)
servers=(picky)
haproxy_server="send-proxy"
expect=("502 proxy-proto-mismatch 1")
