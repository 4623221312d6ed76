# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="nobody listens on the backend's port"
proxies=(caddy apache varnish)
places=(near far)
servers=(closed)
expect_nginx=("502 conn-refused 1")
expect_haproxy=("503 conn-refused 1")
expect_caddy=("502 conn-refused 1")
expect_apache=("503 conn-refused 1")
# Varnish tries no backend for a while after it refused.
expect_varnish=("503 conn-refused 1" "503 no-eligible-backend none|1")
