# SPDX-License-Identifier: GPL-2.0-only
# matrix.awk VERDICTS: the confusion matrix of one load balancer's verdicts (lines of judge.awk)
# as a table of Markdown: what was broken, and how often lbtrace called it what. A kind with `*`
# came to something else than was meant, by the load balancer's own log.

{
	if ($1 == "phantom") next
	kinds[$2]++
	row = $2
	if ($1 == "right") right[row]++
	else if ($1 == "wrong") wrong[row]++
	else unexplained[row]++
	said = $1 == "missing" ? "(no record)" : $4 == "-" ? "(no cause)" : $4
	if ($1 == "wrong") said = "**" said " at " ($6 == "-" ? "none" : $6) "**"
	cell = row SUBSEP said
	if (!(cell in count)) order[row, ++columns[row]] = said
	count[cell]++
}

END {
	print "| broken | 5xx | right | unexplained | wrong | lbtrace said |"
	print "|---|---:|---:|---:|---:|---|"
	sorted = "sort"
	for (kind in kinds) {
		line = ""
		for (i = 1; i <= columns[kind]; i++) {
			said = order[kind, i]
			line = line (i == 1 ? "" : ", ") said " " count[kind, said]
		}
		printf "| %s | %d | %d | %d | %d | %s |\n", kind, kinds[kind], right[kind] + 0,
			unexplained[kind] + 0, wrong[kind] + 0, line | sorted
	}
	close(sorted)
}
