# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="TLS to a plain HTTP port"
tls=yes
expect_nginx=("502 tls-to-plain 1")
expect_haproxy=("503 tls-to-plain 1")
