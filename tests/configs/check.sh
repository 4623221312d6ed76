# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Compares what lbtrace says of a case's configuration with what the case expects. Prints what is
# wrong, or nothing.

# The rows of this case's load balancer, which goes by the pid that was started, or by its child's.
case_rows() {
	jq -c --argjson pids "$(case_pids)" '.backends[] | select(.pid as $pid | $pids | index($pid))' \
		"$LAB_DIR/backends.json"
}

# The process that was started may have made another one (bash, unshare, a daemon).
case_pids() {
	local pids=("$BALANCER_PID") recorded
	recorded=$(cat "$LAB_DIR/$CASE.pids" 2>/dev/null || true)
	(IFS=, && echo "[${pids[*]}${recorded:+,$recorded}]")
}

compare() { # WHAT EXPECTED GOT
	local differences
	differences=$(diff <(sort -u <<<"$2" | grep . || true) <(sort -u <<<"$3" | grep . || true) |
		sed -n 's/^</missing:/p; s/^>/too much:/p')
	[[ -z $differences ]] || echo "$1: $differences"
}

check_names() {
	compare names "$(expect_it)" "$(case_rows | jq -r 'select(.configured)
		| "\(.name) \(if .addresses == [] then "-" else .addresses | sort | join(",") end)"')"
}

# `ID NAME FILE:LINE`, then the file's own line is looked at.
check_findings() {
	local expected="" id name file line found got="" eid ename efile text
	if declare -F findings_it >/dev/null; then
		expected=$(findings_it)
	fi
	while read -r id name file line; do
		[[ -n $id ]] || continue
		found=none
		while read -r eid ename efile text; do
			[[ $eid == "$id" && $ename == "$name" ]] || continue
			if [[ $efile == - ]] || { [[ $file == *"$efile" ]] && line_has "$efile" "$line" "$text"; }; then
				found="$eid $ename $efile $text"
			fi
		done <<<"$expected"
		[[ $found != none ]] || found="$id $name $file:$line"
		got+="$found"$'\n'
	done < <(case_rows | jq -r '.name as $name | .findings[] | select(.severity != "note")
		| "\(.id) \($name | gsub(" "; "")) \(.file // "-") \(.line // 0)"')
	compare findings "$expected" "$got"
}

line_has() { # FILE LINE TEXT
	local path
	path=$(find "$CASE_DIR" -path "*$1" -type f | head -n 1)
	[[ -n $path ]] && sed -n "${2}p" "$path" | grep -qF -- "$3"
}

# The frontends that are this case's.
case_errors() {
	local number ports=()
	for number in 0 1 2 3; do
		ports+=("$(front "$number")")
	done
	jq -c --arg a "${ports[0]}" --arg b "${ports[1]}" --arg c "${ports[2]}" --arg d "${ports[3]}" \
		'select(.type == "gateway_error" and (.frontend | IN($a, $b, $c, $d)))' "$LAB_DIR/events.jsonl"
}

check_verdicts() {
	declare -F verdicts_it >/dev/null || return 0
	compare verdicts "$(verdicts_it)" "$(case_errors | jq -r '"\(.cause // "-") \(.backend.name // "-")"')"
	compare "5xx the client saw" "$(grep -c ' 5[0-9][0-9]$' "$LAB_DIR/$CASE.client" || true)" \
		"$(case_errors | wc -l)"
}

case_check() {
	expect_it >/dev/null
	check_names
	check_findings
	check_verdicts
	if declare -F check_it >/dev/null; then
		check_it
	fi
}
