# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes an idle connection just when nginx reuses it; nginx asks again (GET)"
servers=(race)
balancers=(nginx)
reuse=yes
client=(-k -g 100)
requests=(GET:/ GET:/)
expect=("200")
absorbed=("keepalive-race 1")

# The FIN is lost, so that the load balancer reuses a connection that the backend has closed.
break_it() {
	in_backend nft add rule inet lab output oifname 'to-*' tcp sport "$(server_port 1)" \
		tcp flags '& fin == fin' drop
}
