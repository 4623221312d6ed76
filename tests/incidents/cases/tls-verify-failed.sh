# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer does not know who signed the backend's certificate"
places=(near far)
servers=(tls)
tls=yes
nginx_location="proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;"
haproxy_server="verify required ca-file /etc/ssl/certs/ca-certificates.crt"
expect_nginx=("502 tls-verify-failed 1")
expect_haproxy=("503 tls-verify-failed 1")
