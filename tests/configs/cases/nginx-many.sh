# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Two thousand servers in one pool, and a duplicate among them.
servers=("1 ok")
traffic=("/ 3")
config_it() {
	local number
	{
		nginx_head 1
		echo "http {"
		nginx_paths
		echo "upstream many {"
		for ((number = 0; number < 2000; number++)); do
			echo "server 10.99.$((number / 250)).$((number % 250 + 1)):8080 down;"
		done
		echo "server 10.99.0.1:8080 down;"
		echo "server $(host 1):8080;"
		echo "}"
		echo "server { listen $(front); location / { proxy_pass http://many; } }"
		echo "}"
	} >"$CASE_DIR/nginx.conf"
}
expect_it() {
	local number
	for ((number = 0; number < 2000; number++)); do
		echo "many/10.99.$((number / 250)).$((number % 250 + 1)):8080 10.99.$((number / 250)).$((number % 250 + 1)):8080"
	done
	echo "many/$(host 1):8080 $(host 1):8080"
}
findings_it() { echo "duplicate many/10.99.0.1:8080 nginx.conf 10.99.0.1:8080"; }
