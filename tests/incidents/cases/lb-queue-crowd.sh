# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="requests wait in vain for the server's only connection while others fail at servers of their own"
balancers=(haproxy)
servers=(slow:2500 reset status:503)
routing=path
haproxy_server="maxconn 1"
haproxy_backend="timeout queue 400ms"
client=(-c 6)
requests=(GET:/s3/ GET:/s1/ GET:/s2/ GET:/s3/ GET:/s2/)
expect=("503 backend-5xx 3" "503 lb-queue-timeout none" "502 reset-before-response 2" "503 backend-5xx 3" "502 reset-before-response 2")

# One request holds the slot; what waits for it was read first, and is taken up by nobody.
traffic_it() {
	(client=() && send GET:/s1/ >/dev/null) &
	sleep 0.3
	send "${requests[@]}"
	wait
}
