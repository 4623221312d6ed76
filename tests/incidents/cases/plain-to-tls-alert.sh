# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="plain HTTP to a TLS port; the backend sends a TLS alert"
servers=(tls-alert)
expect_nginx=("000")
expect_haproxy=("502 plain-to-tls 1")
