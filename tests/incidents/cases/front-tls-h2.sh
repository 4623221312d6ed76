# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="clients speak HTTP/2 inside TLS; backends refuse, reset, hang and fail"
front=tls-h2
routing=path
servers=(closed reset ok)
response_ms=1200
requests=(GET:/s1/ GET:/s3/ GET:/s2/ GET:/s3/slow/5000 GET:/s3/status/503 GET:/s1/again)
expect_nginx=("502 conn-refused 1" "200" "502 reset-before-response 2" "504 slow-response 3"
	"503 backend-5xx 3" "502 conn-refused 1")
# To a client of HTTP/2 it does not answer at all for a reset: it resets the stream.
expect_haproxy=("503 conn-refused 1" "200" "000" "504 slow-response 3" "503 backend-5xx 3"
	"503 conn-refused 1")
