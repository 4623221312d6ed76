# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer has no route to the backend"
proxies=(caddy apache varnish)
servers=(unrouted)
expect_nginx=("502 no-route 1")
expect_haproxy=("503 no-route 1")
expect_caddy=("502 no-route 1")
expect_apache=("503 no-route 1")
expect_varnish=("503 no-route 1")
# For a while after that, Varnish does not try it.
[[ $LB != varnish ]] || requests=(GET:/)
