# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the application listens on its host's loopback address only"
# Only who sees the backend's host can tell this from a closed port.
places=(near far)
servers=(closed)
expect_nginx=("502 conn-refused|loopback-bind 1")
expect_haproxy=("503 conn-refused|loopback-bind 1")

break_it() {
	local loopback=127.0.0.1
	[[ $FAMILY == ipv4 ]] || loopback="[::1]"
	in_backend "$LAB_BACKEND" "ok@$loopback:$(server_port 1)" >/dev/null 2>&1 &
}
