# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's port speaks another protocol"
servers=(garbage)
# nginx takes it for HTTP/0.9 and passes it on.
expect_nginx=("000")
expect_haproxy=("502 not-http 1")
