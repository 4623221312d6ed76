# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes an idle connection just when the load balancer reuses it (POST)"
places=(near far)
servers=(race)
reuse=yes
client=(-k -g 100)
requests=(GET:/ POST:/:10)
expect_nginx=("200" "502 keepalive-race 1")
# HAProxy closes the client's connection without a word.
expect_haproxy=("200" "000")
absorbed_haproxy=("keepalive-race 1")

# The FIN is lost, so that the load balancer reuses a connection that the backend has closed.
break_it() {
	in_backend nft add rule inet lab output oifname 'to-*' tcp sport "$(server_port 1)" \
		tcp flags '& fin == fin' drop
}
