# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="HTTP/1 to a backend that speaks HTTP/2 only"
servers=(h2)
# nginx takes it for HTTP/0.9 and passes it on.
expect_nginx=("000")
expect_haproxy=("502 h2-mismatch 1")
