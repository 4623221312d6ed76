# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the only connection that the server may have is in use until the queue's time-out"
balancers=(haproxy)
servers=(slow:2500)
haproxy_server="maxconn 1"
haproxy_backend="timeout queue 400ms"
expect=("503 lb-queue-timeout none")

# One request holds the slot while others wait for it.
traffic_it() {
	send GET:/ >/dev/null &
	sleep 0.3
	send "${requests[@]}"
	wait
}
