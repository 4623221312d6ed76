# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="every server is marked down, by failures or checks"
servers=(closed closed)
nginx_server="max_fails=1 fail_timeout=5s"
nginx_upstream="zone $CASE-$INSTANCE 64k;"
haproxy_server="check inter 200ms fall 1"
expect_nginx=("502 conn-refused 1|2" "502 no-eligible-backend none")
# Before the first check has failed, they are tried.
expect_haproxy=("503 no-eligible-backend none|1|2" "503 conn-refused 1|2")
