# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="clients send many requests at once on one connection, inside TLS"
front=tls-h2
routing=path
# Answers of different kinds come at different times, in whose order the check joins them.
servers=(closed slow:300)
response_ms=1200
requests=(GET:/s1/ GET:/s1/a GET:/s2/slow/5000 GET:/s2/status/500 GET:/s2/ GET:/s1/b
	GET:/s2/status/500 GET:/s2/slow/5001)
expect_nginx=("502 conn-refused 1" "502 conn-refused 1" "504 slow-response 2" "500 backend-5xx 2"
	"200" "502 conn-refused 1" "500 backend-5xx 2" "504 slow-response 2")
expect_haproxy=("503 conn-refused 1" "503 conn-refused 1" "504 slow-response 2" "500 backend-5xx 2"
	"200" "503 conn-refused 1" "500 backend-5xx 2" "504 slow-response 2")
traffic_it() {
	front_send_together "${requests[@]#GET:}"
}
