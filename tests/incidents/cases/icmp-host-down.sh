# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's host behind the router is down"
places=(far)
servers=(nobody)
requests=(GET:/)
expect_nginx=("502 icmp-unreachable 1")
expect_haproxy=("503 icmp-unreachable 1")
