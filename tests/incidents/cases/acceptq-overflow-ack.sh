# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's accept queue fills up during the handshake: its last ACK is dropped"
places=(near far)
servers=(overflow-ack)
requests=(GET:/)
response_ms=3500
expect=("504 acceptq-overflow-ack 1")

# Losing the first SYN-ACK leaves the backend one second to fill the queue.
break_it() {
	in_backend nft -f - <<-END
		table inet lab {
			set seen-$INSTANCE { type inet_service; flags dynamic; timeout 60s; }
			chain output {
				oifname "to-*" tcp sport $(server_port 1) tcp flags & (syn|ack) == (syn|ack) \
					tcp dport != @seen-$INSTANCE \
					add @seen-$INSTANCE { tcp dport } drop
			}
		}
	END
}
