# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer has no route to the backend"
servers=(unrouted)
expect_nginx=("502 no-route 1")
expect_haproxy=("503 no-route 1")
