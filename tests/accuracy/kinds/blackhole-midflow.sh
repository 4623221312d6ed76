# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a connection that worked goes dead: a firewall forgets it after its first packets"
places=(near far)
reuse=yes
requests=(GET:/ POST:/:100)
response_ms=1500
expect=("504 blackhole-midflow 1")

break_it() {
	in_backend nft add rule inet lab input tcp dport "$(server_port 1)" ct original packets '>' 4 drop
}
