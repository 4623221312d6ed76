# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="HTTP/2 without TLS to a backend that speaks HTTP/1 only and answers 400"
servers=(ok)
nginx_location="grpc_pass grpc://$CASE-$INSTANCE;"
haproxy_server="proto h2"
expect_nginx=("502 h2-mismatch 1")
expect_haproxy=("502|503 h2-mismatch 1")
