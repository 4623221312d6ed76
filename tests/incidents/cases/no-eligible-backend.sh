# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="every server is marked down, so that none is tried"
servers=(closed closed)
# nginx marks them down after the first request, which they refuse.
requests=(GET:/ GET:/ GET:/)
nginx_server="max_fails=1 fail_timeout=30s"
nginx_upstream="zone $CASE-$INSTANCE 64k;"
haproxy_server="check inter 200ms fall 1"
expect_nginx=("502 conn-refused any" "502 no-eligible-backend none")
expect_haproxy=("503 no-eligible-backend none|1|2")
[[ $LB == nginx ]] || settle_s=1
