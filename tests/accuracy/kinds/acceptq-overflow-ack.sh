# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the end of each handshake is dropped, as by a full accept queue"
places=(near far)
requests=(GET:/)
response_ms=3500
expect=("504 acceptq-overflow-ack 1")

break_it() {
	in_backend nft add rule inet lab input tcp dport "$(server_port 1)" tcp flags '& syn == 0' drop
}
