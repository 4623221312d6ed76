# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's accept queue fills up during the handshake, and its kernel answers with a RST"
alone=yes
servers=(overflow-ack)
requests=(GET:/)
# HAProxy may see the RST together with the end of the handshake.
expect=("502|503 acceptq-abort 1")

# Losing the first SYN-ACK leaves the backend one second to fill the queue.
break_it() {
	in_backend bash -c "echo 1 >/proc/sys/net/ipv4/tcp_abort_on_overflow"
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

heal_it() {
	in_backend bash -c "echo 0 >/proc/sys/net/ipv4/tcp_abort_on_overflow"
}
