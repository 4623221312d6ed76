# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes idle connections just when they are used again"
places=(near far)
servers=(race)
reuse=yes
requests=(GET:/ POST:/:10 POST:/:10 POST:/:10)
# Used again within the 20 ms before the close, it is reset with the request unread.
expect=("502 keepalive-race|reset-before-response 1")

# The FIN is lost, so that the load balancer uses a connection that the backend has closed.
break_it() {
	in_backend nft add rule inet lab output oifname 'to-*' tcp sport "$(server_port 1)" \
		tcp flags '& fin == fin' drop
}
