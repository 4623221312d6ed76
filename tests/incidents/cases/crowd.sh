# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="16 clients at once; one backend refuses, one resets, one answers 503"
proxies=(apache)
servers=(closed reset status:503)
routing=path
client=(-c 16)
requests=(GET:/s1/ GET:/s2/ GET:/s3/)
expect_nginx=("502 conn-refused 1" "502 reset-before-response 2" "503 backend-5xx 3")
expect_haproxy=("503 conn-refused 1" "502 reset-before-response 2" "503 backend-5xx 3")
# While a thread finds it out, others take the server for down.
expect_apache=("503 conn-refused|no-eligible-backend 1|none" "502 reset-before-response 2" "503 backend-5xx 3")
