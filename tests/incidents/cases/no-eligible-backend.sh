# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="every server is marked down, so that none is tried"
proxies=(caddy apache varnish)
servers=(closed closed)
# nginx marks them down after the first request, which they refuse.
requests=(GET:/ GET:/ GET:/)
nginx_server="max_fails=1 fail_timeout=30s"
nginx_upstream="zone $CASE-$INSTANCE 64k;"
haproxy_server="check inter 200ms fall 1"
caddy_proxy="fail_duration 30s"
apache_server="status=+D"
varnish_backend=".probe = { .interval = 200ms; .timeout = 200ms; .window = 1; .threshold = 1; .initial = 0; }"
expect_nginx=("502 conn-refused any" "502 no-eligible-backend none")
expect_haproxy=("503 no-eligible-backend none|1|2")
expect_caddy=("502 conn-refused any" "502 conn-refused any" "503 no-eligible-backend none")
expect_apache=("503 no-eligible-backend none")
expect_varnish=("503 no-eligible-backend none|1|2")
[[ $LB != varnish ]] || requests=(GET:/)
[[ $LB != @(haproxy|varnish) ]] || settle_s=1
