# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's port speaks another protocol"
proxies=(caddy apache varnish)
servers=(garbage)
# nginx and Apache take it for HTTP/0.9 and pass it on.
expect_nginx=("000")
expect_haproxy=("502 not-http 1")
expect_caddy=("502 not-http 1")
expect_apache=("200")
expect_varnish=("503 not-http 1")
