# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's port is an SSH server's"
servers=(banner)
response_ms=1500
requests=(GET:/)
expect_nginx=("000")
expect_haproxy=("502 not-http-banner|not-http 1")
