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
expect_varnish=("503 conn-refused 1")
# For a while after it refused, Varnish does not try it.
[[ $LB != varnish ]] || requests=(GET:/)
