# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer closes idle connections"
reuse=yes
nginx_keepalive="keepalive_timeout 300ms;"
haproxy_server="pool-purge-delay 300ms"
client=(-g 700)
requests=(GET:/ GET:/ GET:/)
expect=("200")
