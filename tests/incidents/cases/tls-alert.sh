# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend refuses the TLS handshake with an alert"
servers=(tls-alert)
tls=yes
expect_nginx=("502 tls-alert 1")
expect_haproxy=("503 tls-alert 1")
