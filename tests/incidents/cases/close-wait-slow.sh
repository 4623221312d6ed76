# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# shellcheck source=tests/incidents/cases/close-wait-leak.sh
source "$(case_file close-wait-leak)"
shown="a proxy of one's own reads only the beginning of what its backend says"
leaky_mode=slow
requests=(GET:/size/20000 GET:/size/20000 GET:/size/20000)

check_it() {
	jq -r --arg address "$(server_endpoint 1)" 'first(.backends[]
		| select(.address == $address and .load_balancer == "lab-leaky")) | .close_wait
		| if .now < 3 then "\(.now) connections in CLOSE_WAIT, not 3 or more"
		elif .kind != "slow-drain" then "kind \(.kind), not slow-drain"
		elif .unread_bytes < 20000 then "\(.unread_bytes) bytes unread"
		else empty end' "$LAB_DIR/report.json"
}
