# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="100-continue before an upload"
requests=(POST:/)
expect=("200")

traffic_it() {
	head -c 100000 /dev/zero | in_client curl -s -o /dev/null --interface "$(client_address)" \
		-H 'Expect: 100-continue' --data-binary @- -w '0 %{local_port} %{http_code}\n' \
		"http://$(frontend_endpoint)/"
}
