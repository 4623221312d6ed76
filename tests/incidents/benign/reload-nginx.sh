# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="nginx reloads under load"
balancers=(nginx)
client=(-c 2 -n 60 -g 20)
requests=(GET:/)
expect=("200|000")

traffic_it() {
	send "${requests[@]}" &
	sleep 0.5
	kill -HUP "$NGINX_PID"
	wait
}
