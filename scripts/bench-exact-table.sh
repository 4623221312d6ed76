# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2016,SC2034,SC2153,SC2154
# From the figures of bench-exact.sh, lines `exact KERNEL LB WORKLOAD TOOL ROUND USER KERNEL` on stdin, to
# tables in Markdown. What stands in single quotes is for awk.
#
# Set by the caller: KEPT, REQUESTS, BATCHES.

# The roles on a request's way, whose hooks can be refused.
EXACT_ROLES=(connect send receive read route destroy drop error reset_received reset_sent retransmit unix)
EXACT_FUNCTIONS=40

EXACT_TOOLS=(lbtrace empty tcplife tcpstates)

# Every run is compared with the mean of those of nothing in the same guest.
print_exact() {
	local figures
	figures=$(grep '^exact ')
	echo "| kernel | balancer | workload | nothing | lbtrace | an empty program | tcplife | tcpstates | nothing, furthest from its mean |"
	echo "|---|---|---|---|---|---|---|---|---|"
	awk -v tools="${EXACT_TOOLS[*]}" '
		$4 == "idle" { next }
		{
			run = $2 " | " $3 " | " $4
			if (!(run in seen)) { seen[run]; order[++runs] = run }
			user[run, $5] += $7; kernel[run, $5] += $8; rounds[run, $5]++
			if ($5 == "nothing") each[run, rounds[run, $5]] = $7 + $8
		}
		function cell(tool, u, k, n) {
			n = rounds[run, tool]
			if (!n) return "-"
			u = user[run, tool] / n - base_user; k = kernel[run, tool] / n - base_kernel
			return sprintf("%+.0f %+.0f (%.3f)", k, u, 1 + (u + k) / (base_user + base_kernel))
		}
		END { count = split(tools, name, " "); for (i = 1; i <= runs; i++) {
			run = order[i]; n = rounds[run, "nothing"]; most = 0
			base_user = user[run, "nothing"] / n; base_kernel = kernel[run, "nothing"] / n
			for (j = 1; j <= n; j++) {
				off = each[run, j] / (base_user + base_kernel) - 1
				if (off * off > most * most) most = off
			}
			printf "| %s | %.0f + %.0f |", run, base_kernel, base_user
			for (j = 1; j <= count; j++) printf " %s |", cell(name[j])
			printf " %+.2f %% |\n", most * 100
		} }' <<<"$figures"
	print_exact_idle <<<"$figures"
}

print_exact_idle() {
	echo
	awk '$4 == "idle" {
			key = $2 " " $5
			if (!(key in rounds)) order[++count] = key
			rounds[key]++; sum[key] += $7 + $8
		}
		END { for (i = 1; i <= count; i++) { split(order[i], word, " ")
			if (word[1] != last) printf "%sAn idle second on %s, in million instructions:", last == "" ? "" : "\n", word[1]
			printf "%s %s %.2f", word[1] == last ? "," : "", word[2], sum[order[i]] / rounds[order[i]] / 1e6
			last = word[1] }
			printf "\n" }'
}

# What lbtrace takes less without a role; `all`: without any of these.
print_exact_roles() {
	awk '$1 == "exact" {
			run = $2 " " $3 " " $4
			if (!(run in seen)) { seen[run]; order[++runs] = run }
			if (!($5 in tools)) { tools[$5]; name[++count] = $5 }
			sum[run, $5] = $7 + $8
		}
		END {
			printf "| |"; for (i = 1; i <= runs; i++) printf " %s |", order[i]
			printf "\n|---|"; for (i = 1; i <= runs; i++) printf "---|"
			printf "\n| nothing |"; for (i = 1; i <= runs; i++) printf " %d |", sum[order[i], "nothing"]
			printf "\n| lbtrace |"
			for (i = 1; i <= runs; i++) printf " %+d |", sum[order[i], "lbtrace"] - sum[order[i], "nothing"]
			for (t = 1; t <= count; t++) {
				if (name[t] == "nothing" || name[t] == "lbtrace") continue
				printf "\n| without %s |", name[t]
				for (i = 1; i <= runs; i++) printf " %+d |", sum[order[i], name[t]] - sum[order[i], "lbtrace"]
			}
			printf "\n"
		}'
}

# The calmer half of a run's batches, their numbers on a line.
calm_batches() { # NAME RUN
	awk -v run="$2" -v each="$BATCHES" '$1 == "section" { n++
		if (n > (run - 1) * each && n <= run * each) print $2 + $3, n }' "$KEPT/$1.counts" |
		sort -n | awk -v most="$(((BATCHES + 1) / 2))" 'NR <= most { printf "%d ", $2 }'
}

# Lines `ADDRESS 0 FUNCTION`: the kernel's symbols and those of the programs that were loaded in that run.
symbols_of() { # NAME RUN
	sed -n '/^symbols$/,/^end of symbols$/{/symbols$/!p}' "$KEPT/$1.results" | base64 -d | gzip -d |
		awk '{ print $1, 0, $2 }'
	awk -v wanted="$2" '$1 == "section" { n++ } $1 == "symbol" && n == wanted { print $2, 0, $4 }' \
		"$KEPT/$1.results" | sed -E 's/bpf_prog_[0-9a-f]+_/program:/'
}

# Lines `ADDRESS 1 INSTRUCTIONS RUNS CALLED` of the calm batches.
blocks_of() { # NAME RUN
	awk -v calm=" $(calm_batches "$1" "$2")" '$1 == "section" { n++; take = index(calm, " " n " "); next }
		take { print $1, 1, $2, $3, $4 }' "$KEPT/$1.counts"
}

calm_requests() { echo $((REQUESTS * ((BATCHES + 1) / 2))); }

# Lines `FUNCTION INSTRUCTIONS ENTRIES` for a request.
profile_of() { # NAME RUN
	{ symbols_of "$@" && blocks_of "$@"; } | LC_ALL=C sort | awk -v n="$(calm_requests)" '
		$2 == 0 { name = $3; start = $1; next }
		{ instructions[name] += $3; if ($1 == start) entries[name] += $4 }
		END { for (f in instructions) print f, instructions[f] / n, entries[f] / n }' | LC_ALL=C sort
}

# Lines `PROGRAM FUNCTION CALLS` for a request.
calls_of() { # NAME RUN
	{
		symbols_of "$@"
		{ symbols_of "$@" && blocks_of "$@"; } | LC_ALL=C sort | awk '
			$2 == 0 { name = $3; next }
			$5 != "0" && name ~ /^program:/ { print $5, 1, name, $4 }'
	} | LC_ALL=C sort | awk -v n="$(calm_requests)" '
		$2 == 0 { name = $3; next }
		{ calls[$3 " " name] += $4 }
		END { for (call in calls) print call, calls[call] / n }' | LC_ALL=C sort -k 1,1 -k 3,3gr
}

# The second run is lbtrace's, the first is nothing's. An entry is a call from the function's start.
print_exact_profile() { # NAME
	echo "kernel $1, ${PROFILE[*]}: instructions a request that lbtrace adds, by function, without those of" \
		"what it calls (the $EXACT_FUNCTIONS furthest from 0)"
	echo
	echo "| function | instructions | entries |"
	echo "|---|---|---|"
	LC_ALL=C join -a 1 -a 2 -e 0 -o 0,1.2,1.3,2.2,2.3 <(profile_of "$1" 1) <(profile_of "$1" 2) |
		awk '{ more = $4 - $2; print more < 0 ? -more : more, $1, more, $5 - $3 }' | sort -grk 1,1 |
		awk -v most="$EXACT_FUNCTIONS" 'NR <= most { printf "| %s | %+.0f | %+.2f |\n", $2, $3, $4 }'
	echo
	echo "| program | calls | times a request |"
	echo "|---|---|---|"
	calls_of "$1" 2 | awk '$3 >= 0.1 { printf "| %s | %s | %.2f |\n", $1, $2, $3 }'
}
