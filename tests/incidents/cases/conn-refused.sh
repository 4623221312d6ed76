# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="nobody listens on the backend's port"
places=(near far)
servers=(closed)
expect_nginx=("502 conn-refused 1")
expect_haproxy=("503 conn-refused 1")
