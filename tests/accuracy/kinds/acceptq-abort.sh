# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the end of each handshake is answered with a RST, as by a full accept queue"
places=(near far)
# HAProxy may see the RST together with the end of the handshake.
expect=("502|503 acceptq-abort 1")

break_it() {
	in_backend nft add rule inet lab input tcp dport "$(server_port 1)" tcp flags '& syn == 0' \
		reject with tcp reset
}
