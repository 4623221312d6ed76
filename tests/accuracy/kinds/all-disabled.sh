# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="every server is marked down in the configuration"
servers=(ok ok)
nginx_server="down"
haproxy_server="disabled"
expect_nginx=("502 no-eligible-backend none")
expect_haproxy=("503 no-eligible-backend none")
