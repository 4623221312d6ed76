# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2153,SC2154,SC2034
# From $LAB_DIR/results to what is read: tables in Markdown, on the terminal and in
# docs/performance.md. What stands in single quotes is for awk.
#
# Set by the caller: ROOT, LAB_DIR, SHORT.

median() { # COLUMN AWK_CONDITION: of $LAB_DIR/results; nothing when there is no such line
	awk "$2 { print $1 }" "$LAB_DIR/results" | sort -g | awk '
		{ v[NR] = $1 }
		END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

print_pairs() {
	echo "| tool | balancer | workload | pairs | throughput | p99 | requests/s without | its CPU, % of a core | its memory, MiB |"
	echo "|---|---|---|---|---|---|---|---|---|"
	local tool balancer workload lines
	awk '$1 == "pair" { print $4, $2, $3 }' "$LAB_DIR/results" | uniq | awk '!($0 in seen) { seen[$0]; print }' |
		while read -r tool balancer workload; do
			lines="\$1 == \"pair\" && \$2 == \"$balancer\" && \$3 == \"$workload\" && \$4 == \"$tool\""
			printf '| %s | %s | %s | %d | %.3f | %.2f | %.0f | %.2f | %.1f |\n' \
				"$tool" "$balancer" "$workload" "$(awk "$lines" "$LAB_DIR/results" | wc -l)" \
				"$(median '$6 / $5' "$lines")" "$(median '$8 / $7' "$lines")" \
				"$(median '$5' "$lines")" "$(median '$9' "$lines")" "$(median '$10 / 1024' "$lines")"
		done
}

print_programs() {
	echo "| tool | balancer | workload | program runs per request | µs per request |"
	echo "|---|---|---|---|---|"
	awk '$1 == "program" && $2 != "none" {
			key = $4 " | " $2 " | " $3
			if (!(key in requests)) order[++count] = key
			requests[key] = $8; runs[key] += $6; ns[key] += $7
		}
		END { for (i = 1; i <= count; i++) printf "| %s | %.1f | %.2f |\n", order[i],
			runs[order[i]] / requests[order[i]], ns[order[i]] / requests[order[i]] / 1000 }' \
		"$LAB_DIR/results"
}

print_each_program() {
	echo "| program | fresh: runs | ns a run | kept: runs | ns a run | refused: runs | ns a run | other sockets: ns a run |"
	echo "|---|---|---|---|---|---|---|---|"
	awk '$1 == "program" && $4 == "lbtrace" && ($2 == "haproxy" || $2 == "none") {
			if (!($5 in seen)) { seen[$5]; order[++count] = $5 }
			runs[$3, $5] = sprintf("%.2f", $6 / $8); each[$3, $5] = sprintf("%.0f", $7 / $6)
		}
		END { for (i = 1; i <= count; i++) { n = order[i]
			printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", n, runs["fresh", n], each["fresh", n],
				runs["kept", n], each["kept", n], runs["refused", n], each["refused", n], each["other", n] } }' \
		"$LAB_DIR/results"
}

print_scale() {
	echo "| what | number | attach, ms | CPU, % of a core | resident, MiB | detach, ms | report, ms |"
	echo "|---|---|---|---|---|---|---|"
	awk '$1 == "scale" { printf "| %s | %d | %d | %.2f | %.1f | %d | %d |\n",
		$2, $3, $4, $5, $6 / 1024, $7, $8 }' "$LAB_DIR/results"
}

target_line() { # TEXT TARGET MEASURED UNIT least|most ID
	local met=met
	if [[ -z $3 ]]; then
		met="not measured"
	elif ! awk -v m="$3" -v t="$2" -v way="$5" 'BEGIN { exit !(way == "least" ? m >= t : m <= t) }'; then
		met=$(sed -n "s/^$6: //p" "$ROOT/tests/bench/reasons.txt")
		met="**missed**: ${met:-why is not known}"
	fi
	echo "| $1 | $([[ $5 == least ]] && echo ≥ || echo ≤) $2 $4 | ${3:--} | $met |"
}

# What the statistics' own clock reads add to a run, in nanoseconds: what an empty program shows.
clock_ns() {
	awk '$1 == "program" && $4 == "empty" { runs += $6; ns += $7 }
		END { printf "%.1f", runs ? ns / runs : 0 }' "$LAB_DIR/results"
}

# Microseconds in the kernel for a request, without these.
kernel_us() { # LB WORKLOAD TOOL
	awk -v lb="$1" -v workload="$2" -v tool="$3" -v clock="$(clock_ns)" '
		$1 == "program" && $2 == lb && $3 == workload && $4 == tool {
			ns += $7 - clock * $6; requests = $8 }
		END { if (requests) printf "%.3f", ns / requests / 1000 }' "$LAB_DIR/results"
}

# And for a run of the program on state changes. `other` sockets are measured alone; with a load
# balancer between, half of the changes are its own, and the others cost what they cost alone.
state_us() { # own|other
	awk -v which="$1" -v clock="$(clock_ns)" '
		$1 == "program" && $4 == "lbtrace" && $5 ~ /^state/ {
			each = $7 / $6 - clock
			if ($2 == "none") other = each
			if ($2 == "haproxy" && $3 == "fresh") all = each
		}
		END { if (all) printf "%.3f", (which == "own" ? 2 * all - other : other) / 1000 }' \
		"$LAB_DIR/results"
}

quotient() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.3f", a / b }'; }

scale_of() { # WHAT N COLUMN
	awk -v what="$1" -v n="$2" -v column="$3" \
		'$1 == "scale" && $2 == what && $3 == n { print $column }' "$LAB_DIR/results"
}

three() { [[ -z $1 ]] || printf '%.3f' "$1"; }

print_targets() {
	local balancer peer
	echo "| figure | target | measured | |"
	echo "|---|---|---|---|"
	for balancer in haproxy nginx; do
		target_line "throughput with lbtrace / without, connection per request, $balancer" 0.98 \
			"$(three "$(median '$6 / $5' "\$1 == \"pair\" && \$2 == \"$balancer\" && \$3 == \"fresh\" && \$4 == \"lbtrace\"")")" "" least throughput
	done
	target_line "in the kernel, a state change of a load balancer's socket (taken as half of all)" 0.5 "$(state_us own)" µs most state
	target_line "in the kernel, a state change of another socket" 0.1 "$(state_us other)" µs most other
	for balancer in haproxy nginx; do
		target_line "in the kernel, a proxied keep-alive request, status seen, $balancer" 1 \
			"$(kernel_us "$balancer" kept lbtrace)" µs most kept
	done
	target_line "user-space CPU on healthy traffic at full load" 0.5 \
		"$(median '$9' '$1 == "pair" && ($3 == "fresh" || $3 == "kept") && $4 == "lbtrace"')" \
		"% of a core" most cpu
	target_line "records lost, every connect refused at full rate" 0 \
		"$(median '$3' '$1 == "loss"')" "" most loss
	target_line "attach" 1000 "$(median '$2' '$1 == "attach"')" ms most attach
	target_line "detach" 1000 "$(median '$2' '$1 == "detach"')" ms most detach
	target_line "resident memory, 1,000 backends, 100,000 open sockets" 32 \
		"$(scale_of sockets 100000 6 | awk '{ printf "%.1f", $1 / 1024 }')" MiB most memory
	target_line "replay, 2,000 backends" 1 "$(three "$(median '$2 / $3 / 1000' '$1 == "replay"')")" "M records/s" least replay
	target_line "replay, 20 backends" 1 "$(three "$(median '$2 / $3 / 1000' '$1 == "replay-few"')")" "M records/s" least replay
	target_line "in the kernel, a connection: lbtrace / tcpstates" 0.1 \
		"$(quotient "$(kernel_us haproxy fresh lbtrace)" "$(kernel_us haproxy fresh tcpstates)")" "" most tcpstates
	target_line "in the kernel, a connection: lbtrace / tcplife" 0.25 \
		"$(quotient "$(kernel_us haproxy fresh lbtrace)" "$(kernel_us haproxy fresh tcplife)")" "" most tcplife
	echo
	echo "What is in the kernel is without the clock reads of the statistics," \
		"$(clock_ns) ns a run (what an empty program shows); the tables below are with them."
	echo "How often the verdicts are right, and that healthy traffic causes none: [accuracy.md](accuracy.md)."
}

print_loss() {
	awk '$1 == "loss" { printf "%d requests in %d s, every connect refused, through HAProxy and nginx at once: %d records lost, lbtrace took %d %% of a core.\n", $4, $5, $3, $6 }
		$1 == "seen" { printf "The log holds %d of these 5xx; %d have a cause.\n", $2, $3 }' "$LAB_DIR/results"
}

print_all() {
	printf '## Targets\n\n'
	print_targets
	printf '\n## With and without\n\n'
	print_pairs
	awk 'BEGIN { print "" } $1 == "without" { sub(/^without /, "- "); print }' "$LAB_DIR/results"
	printf '\n## In the kernel\n\n'
	print_programs
	echo
	print_each_program
	if wanted exact; then
		printf '\n## In instructions\n\n'
		print_exact <"$LAB_DIR/results"
	fi
	printf '\n## Nothing lost\n\n'
	print_loss
	if wanted scale; then
		printf '\n## Scale\n\n'
		print_scale
	fi
}

write_document() {
	local file=$ROOT/docs/performance.md
	{
		cat "$ROOT/tests/bench/preamble.md"
		echo
		echo "This run: $(nproc) CPUs, kernel $(uname -r | cut -d - -f 1), $(date -u +%F).${BENCH_NOTE:+ $BENCH_NOTE}"
		echo
		print_all
		if wanted scale && command -v gnuplot >/dev/null; then
			scale_plot "$ROOT/docs/performance.svg"
			printf '\n![cost by scale](performance.svg)\n'
		fi
	} >"$file"
	chown --reference "$ROOT/README.md" "$ROOT"/docs/performance.*
}
