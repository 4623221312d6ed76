#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# accuracy.sh [--short] [--keep]: how often lbtrace is right. Real load balancers get a seeded
# random mix of requests for which broken backends (tests/accuracy/kinds and the incidents) lie
# behind one frontend; every 5xx that a client saw is compared with what lbtrace said of it, with
# what was broken, and with the load balancer's own log. Then healthy traffic with reloads,
# aborts, checks and idle closes, of which lbtrace must say nothing.
#
# Prints a confusion matrix for each load balancer, the sums, and `N passed, N failed, N skipped`.
# --short takes less than half a minute; --keep keeps the lab's files of good rounds too.
#
# Environment: SEED (1), REQUESTS (of the mix, for nginx and for HAProxy; the others get a fifth, and
# none in a short run), BENIGN (healthy requests in all), CONCURRENCY (32), ACCURACY_WRITE=1 (writes docs/accuracy.md), ACCURACY_KINDS (only
# these), LBTRACE (./lbtrace), LAB_BACKEND (build/lab-backend), KEPT (build/accuracy).
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
LBTRACE=${LBTRACE:-$ROOT/lbtrace}
LAB_TESTS=$ROOT/tests/incidents
LAB_BACKEND=${LAB_BACKEND:-$ROOT/build/lab-backend}
KEPT=${KEPT:-$ROOT/build/accuracy}
ACCURACY=$ROOT/tests/accuracy
KIND_DIRECTORY=kinds
# shellcheck source=scripts/lab-all.sh
source "$ROOT/scripts/lab-all.sh"
# shellcheck source=tests/accuracy/mix.sh
source "$ACCURACY/mix.sh"

MAIN_BALANCERS=(nginx haproxy) OTHER_BALANCERS=(caddy apache varnish)
BALANCERS=("${MAIN_BALANCERS[@]}")
PLACES=all KEEP=no SHORT=no PASSED=0 FAILED=0 RESULTS=""
WRONG_MOST_PER_MILLE=3
# A short run has too few 5xx for a rate of one in a thousand; the full run allows none.
CERTAIN_WRONG_MOST=0

read_options() {
	while [[ $# -gt 0 ]]; do
		case $1 in
		--short) SHORT=yes PLACES=one ;;
		--keep) KEEP=yes ;;
		*)
			echo "usage: accuracy.sh [--short] [--keep]" >&2
			exit 2
			;;
		esac
		shift
	done
	SEED=${SEED:-1}
	CONCURRENCY=${CONCURRENCY:-32}
	if [[ $SHORT == yes ]]; then
		REQUESTS=${REQUESTS:-400} BENIGN=${BENIGN:-4000}
		RIGHT_LEAST_PER_MILLE=950 CERTAIN_WRONG_MOST=1 ALONE_REQUESTS=0 OTHER_REQUESTS=0
	else
		REQUESTS=${REQUESTS:-4500} BENIGN=${BENIGN:-100000}
		RIGHT_LEAST_PER_MILLE=990 ALONE_REQUESTS=$((REQUESTS / 15)) OTHER_REQUESTS=$((REQUESTS / 5))
	fi
}

say() { # ok|FAILED TEXT
	if [[ $1 == ok ]]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
	fi
	echo "$*"
}

# say_check TITLE TROUBLE: TROUBLE is empty when all is well.
say_check() {
	if [[ -z $2 ]]; then
		say ok "$1"
	else
		say FAILED "$1: $(tr '\n' ';' <<<"$2")"
	fi
}

reason_to_skip() {
	local status=0
	if [[ $(id -u) != 0 ]]; then
		echo "needs root for network namespaces"
		return
	fi
	"$LBTRACE" check >/dev/null 2>&1 || status=$?
	if [[ $status == 3 ]]; then
		echo "lbtrace check: this kernel or user cannot load BPF"
	fi
}

clean_up() {
	lab_stop
	lab_forget
	if [[ -n $RESULTS ]]; then
		rm -rf -- "$RESULTS"
	fi
}

# --- one round: a lab, a recording, a mix ---------------------------------------------------

recording_start() {
	record_spawn record record --netns "$LAB_NAME-lb" -o "$LAB_DIR/log.lbt"
	RECORD_PID=$!
	lab_wait_until "lbtrace record to be ready" grep -qs '^lbtrace: ready' "$LAB_DIR/record.stderr"
}

# Prints what went wrong.
recording_end() {
	local status=0
	sleep 0.7
	kill -INT "$RECORD_PID" 2>/dev/null || true
	lab_end_process "$RECORD_PID" 0 || status=$?
	[[ $status == 0 ]] ||
		echo "lbtrace record ended with $status: $(tail -n 1 "$LAB_DIR/record.stderr")"
	record_replay
}

# crowd LB REQUESTS: its lines go to $LAB_DIR/LB.crowd.
crowd() {
	local targets
	mapfile -t targets < <(mix_targets "$1" | sed 's/.*/-t\n&/')
	in_client "$LAB_BACKEND" crowd "${targets[@]}" -m "$LAB_DIR/$1.mix" -n "$2" \
		-c "$CONCURRENCY" -S "$SEED" >"$LAB_DIR/$1.crowd" 2>"$LAB_DIR/$1.crowd-error"
}

round_start() { # INSTANCE...
	local balancer
	lab_start "$@"
	lab_break
	for balancer in "${BALANCERS[@]}"; do
		mix_of "$balancer" instance_mix >"$LAB_DIR/$balancer.mix"
		mix_of "$balancer" instance_truth >"$LAB_DIR/$balancer.truth"
		mix_of "$balancer" instance_servers >"$LAB_DIR/$balancer.servers"
	done
	recording_start
}

# The load balancers that this lab has, all at once.
round_traffic() { # REQUESTS
	local balancer pid pids=() status=0
	for balancer in "${BALANCERS[@]}"; do
		[[ -s $LAB_DIR/$balancer.mix ]] || continue
		crowd "$balancer" "$1" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=$?
	done
	return "$status"
}

round_keep() { # NAME
	mkdir -p "$KEPT"
	rm -rf -- "${KEPT:?}/$1"
	lab_keep "$KEPT/$1"
	echo "# kept: $KEPT/$1"
}

round_end() { # NAME FAILED_BEFORE
	lab_stop
	if [[ $KEEP == yes || $FAILED -gt $2 || -s $LAB_DIR/bad ]]; then
		round_keep "$1"
	fi
	lab_forget
}

# --- verdicts -------------------------------------------------------------------------------

balancer_words() { # LB
	case $1 in
	nginx) awk -f "$ACCURACY/nginx-word.awk" "$LAB_DIR/nginx-error.log" "$LAB_DIR/nginx-mix.log" ;;
	haproxy) awk -f "$ACCURACY/haproxy-word.awk" "$LAB_DIR/haproxy.servers" "$LAB_DIR/haproxy.log" ;;
	varnish) awk -f "$ACCURACY/varnish-word.awk" "$LAB_DIR/varnish.servers" "$LAB_DIR/varnish-fetches.log" ;;
	esac
}

balancer_events() { # LB
	jq -r --arg port ":${MIX_PORTS[$1]}" 'select(.type == "gateway_error" and (.frontend | endswith($port)))
		| [.ts, .client, .status, .cause // "-", .confidence // "-", .backend.address // "none"]
		| map(tostring) | join(" ")' "$LAB_DIR/events.jsonl" | sort -s -n -k 1,1
}

# Adds to $RESULTS/LB.verdicts; what is not right stays in $LAB_DIR/bad, too.
round_judge() {
	local balancer
	for balancer in "${BALANCERS[@]}"; do
		[[ -s $LAB_DIR/$balancer.crowd ]] || continue
		balancer_words "$balancer" >"$LAB_DIR/$balancer.word"
		balancer_events "$balancer" >"$LAB_DIR/$balancer.events"
		# An empty file would not count as one for FNR.
		for file in truth word events; do
			[[ -s $LAB_DIR/$balancer.$file ]] || echo "- - - - -" >"$LAB_DIR/$balancer.$file"
		done
		awk -f "$ACCURACY/judge.awk" "$LAB_DIR/$balancer".{truth,word,events,crowd} |
			sort >"$LAB_DIR/$balancer.verdicts"
		cat "$LAB_DIR/$balancer.verdicts" >>"$RESULTS/$balancer.verdicts"
		sed -n "/^right /!s/^/$balancer /p" "$LAB_DIR/$balancer.verdicts" >>"$LAB_DIR/bad"
	done
}

round_mixed() { # NAME REQUESTS INSTANCE...
	local name=$1 count=$2 before=$FAILED
	shift 2
	round_start "$@"
	round_traffic "$count" || say FAILED "$name: the clients failed; see *.crowd-error"
	recording_end >"$LAB_DIR/trouble"
	say_check "$name: recorded, none lost" "$(cat "$LAB_DIR/trouble")"
	round_judge
	round_end "$name" "$before"
}

wanted_instances() { # no|yes
	if [[ -z ${ACCURACY_KINDS:-} ]]; then
		mix_instances "$1" "$PLACES"
	else
		mix_instances "$1" "$PLACES" | grep -E "^(${ACCURACY_KINDS// /|}) "
	fi
}

round_common() { # NAME REQUESTS
	local instances
	[[ $2 -gt 0 ]] || return 0
	mapfile -t instances < <(wanted_instances no)
	[[ ${#instances[@]} == 0 ]] || round_mixed "$1" "$2" "${instances[@]}"
}

rounds_alone() {
	local name instances
	[[ $ALONE_REQUESTS -gt 0 ]] || return 0
	for name in $(wanted_instances yes | cut -d ' ' -f 1 | sort -u); do
		mapfile -t instances < <(wanted_instances yes | grep "^$name ")
		round_mixed "$name" "$ALONE_REQUESTS" "${instances[@]}"
	done
}

# --- healthy traffic ------------------------------------------------------------------------

reload_now_and_then() {
	while sleep 2; do
		kill -HUP "$NGINX_PID"
		kill -USR2 "$HAPROXY_PID"
	done
}

round_benign() {
	local before=$FAILED instances reloader
	KIND_DIRECTORY=benign
	mapfile -t instances < <(mix_instances no all)
	round_start "${instances[@]}"
	reload_now_and_then &
	reloader=$!
	LAB_TRAFFIC_PIDS+=("$reloader")
	round_traffic "$((BENIGN / ${#BALANCERS[@]}))" ||
		say FAILED "benign: the clients failed; see *.crowd-error"
	kill "$reloader" 2>/dev/null || true
	wait "$reloader" 2>/dev/null || true
	LAB_TRAFFIC_PIDS=()
	recording_end >"$LAB_DIR/trouble"
	say_check "benign: recorded, none lost" "$(cat "$LAB_DIR/trouble")"
	BENIGN_SENT=$(cat "$LAB_DIR"/*.crowd | wc -l)
	BENIGN_SEEN=$(cat "$LAB_DIR"/*.crowd | awk '$4 ~ /^5/' | wc -l)
	say_check "benign: $BENIGN_SENT requests, the clients saw $BENIGN_SEEN 5xx" \
		"$([[ $BENIGN_SEEN == 0 ]] || echo "they should have seen none")"
	say_check "benign: nothing reported" "$(check_healthy "$LAB_DIR/report.json")"
	round_end benign "$before"
	KIND_DIRECTORY=kinds
}

# --- the sums -------------------------------------------------------------------------------

# Sets TOTAL RIGHT WRONG UNEXPLAINED CERTAIN_WRONG CAUSES of one load balancer's verdicts, or all.
count_verdicts() { # FILE...
	read -r TOTAL RIGHT WRONG UNEXPLAINED CERTAIN_WRONG CAUSES < <(cat "$@" | awk '
		{ n[$1]++ }
		($1 == "wrong" || $1 == "phantom") && $5 == "certain" { certain++ }
		$1 == "right" && !($4 in seen) { seen[$4]; causes++ }
		END {
			wrong = n["wrong"] + n["phantom"]
			unexplained = n["unexplained"] + n["missing"]
			print n["right"] + wrong + unexplained, n["right"] + 0, wrong, unexplained,
				certain + 0, causes + 0
		}')
}

percent() { awk -v part="$1" -v all="$2" 'BEGIN { printf "%.2f", all ? 100 * part / all : 0 }'; }

sum_line() { # TITLE
	echo "$1: $TOTAL 5xx over $CAUSES causes: right $RIGHT ($(percent "$RIGHT" "$TOTAL") %)," \
		"wrong $WRONG ($(percent "$WRONG" "$TOTAL") %), unexplained $UNEXPLAINED" \
		"($(percent "$UNEXPLAINED" "$TOTAL") %), certain and wrong $CERTAIN_WRONG"
}

check_balancer() { # LB
	local trouble="" least=$RIGHT_LEAST_PER_MILLE
	[[ " ${MAIN_BALANCERS[*]} " == *" $1 "* ]] || least=970
	count_verdicts "$RESULTS/$1.verdicts"
	[[ $((RIGHT * 1000)) -ge $((TOTAL * least)) ]] || trouble+="right in less than $((least / 10)) %; "
	[[ $CERTAIN_WRONG -le $CERTAIN_WRONG_MOST ]] || trouble+="certain and wrong; "
	# So few as a short run has say little about a share.
	[[ $SHORT == yes || $((WRONG * 1000)) -le $((TOTAL * WRONG_MOST_PER_MILLE)) ]] ||
		trouble+="wrong in more than 0.$WRONG_MOST_PER_MILLE %; "
	[[ $TOTAL -gt 0 ]] || trouble="no client saw a 5xx"
	say_check "$(sum_line "$1")" "$trouble"
}

# What is wrong in full, and some of what is unexplained; all of it is in the kept `bad`.
print_bad() { # LB
	{
		grep -E '^(wrong|phantom) ' "$RESULTS/$1.verdicts" || true
		grep -vE '^(right|wrong|phantom) ' "$RESULTS/$1.verdicts" | sort -u -k 1,2 || true
	} | cut -d ' ' -f 1-10,12- | sed "s/^/$1 /" | head -n 60
}

judged_balancers() {
	local balancer
	for balancer in "${MAIN_BALANCERS[@]}" "${OTHER_BALANCERS[@]}"; do
		[[ ! -e $RESULTS/$balancer.verdicts ]] || echo "$balancer"
	done
}

matrices() {
	local balancer
	for balancer in $(judged_balancers); do
		count_verdicts "$RESULTS/$balancer.verdicts"
		printf '\n## %s\n\n%s.\n\n' "$balancer" "$(sum_line "$balancer")"
		awk -f "$ACCURACY/matrix.awk" "$RESULTS/$balancer.verdicts"
	done
}

write_document() { # FILE
	{
		cat "$ACCURACY/preamble.md"
		echo
		echo "This run: seed $SEED, $CONCURRENCY requests at once at each load balancer," \
			"kernel $(uname -r | cut -d - -f 1), $(date -u +%F)."
		echo
		count_verdicts "$RESULTS"/*.verdicts
		sum_line "All"
		echo
		echo "Healthy traffic: $BENIGN_SENT requests, $BENIGN_REPORTED."
		matrices
	} >"$1"
	chown --reference "$ROOT/README.md" "$1"
}

main() {
	local reason balancer before
	read_options "$@"
	reason=$(reason_to_skip)
	if [[ -n $reason ]]; then
		echo "SKIP accuracy: $reason"
		echo "0 passed, 0 failed, 1 skipped"
		exit 0
	fi
	if [[ $LAB_BACKEND == "$ROOT/build/lab-backend" ]]; then
		"$ROOT/scripts/as-owner.sh" make -C "$ROOT" --no-print-directory -s lab-backend >&2
	fi
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	lab_sweep
	RESULTS=$(mktemp -d "${TMPDIR:-/tmp}/accuracy-XXXXXX")
	round_common mix "$REQUESTS"
	rounds_alone
	BALANCERS=("${OTHER_BALANCERS[@]}")
	round_common others "$OTHER_REQUESTS"
	BALANCERS=("${MAIN_BALANCERS[@]}")
	BENIGN_SENT=0 BENIGN_REPORTED="a failure"
	if [[ $BENIGN -gt 0 ]]; then
		before=$FAILED
		round_benign
		[[ $FAILED -gt $before ]] || BENIGN_REPORTED="nothing reported"
	fi
	matrices
	echo
	for balancer in $(judged_balancers); do
		print_bad "$balancer"
		check_balancer "$balancer"
	done
	if [[ ${ACCURACY_WRITE:-0} == 1 ]]; then
		write_document "$ROOT/docs/accuracy.md"
	fi
	echo "$PASSED passed, $FAILED failed, 0 skipped"
	[[ $FAILED -eq 0 ]]
}

main "$@"
