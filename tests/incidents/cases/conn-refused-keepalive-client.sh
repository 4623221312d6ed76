# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="nobody listens on the backend's port; one client connection asks again and again"
servers=(closed)
client=(-k)
requests=(GET:/ POST:/:100 GET:/)
expect_nginx=("502 conn-refused 1")
expect_haproxy=("503 conn-refused 1")
