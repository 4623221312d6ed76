# SPDX-License-Identifier: GPL-2.0-only
# judge.awk LB.truth LB.word LB.events LB.crowd: compares, for each 5xx that a client saw, what
# lbtrace said of it with what was broken and with what the load balancer said. Lines:
#   RESULT KIND STATUS SAID CONFIDENCE SAID_SERVER TRUE_CAUSES TRUE_SERVER ID CLIENT TIME BURST WORDS
# RESULT: right, unexplained (no cause), missing (no gateway error at all), wrong (cause, server or
# status), phantom (a gateway error that no client saw). A client that left with requests under way
# saw no status for them; where the load balancer logged one, that counts as seen if lbtrace says so.
#
#   truth   INSTANCE CASE STATUSES CAUSES SERVERS   what the broken thing may come to
#   word    ID CAUSES SERVER WORDS                  the load balancer's own; CAUSES held-down: it did
#                                                  not try the server, because that had just failed
#   events  TIME CLIENT STATUS CAUSE CONFIDENCE SERVER, by time
#   crowd   ID INSTANCE CLIENT STATUS START END BURST, each connection's in order

BEGIN { slack_ns = 50000000 }

FNR == 1 { file++ }

file == 1 {
	truths[$1]++
	truth[$1, truths[$1]] = $3 " " $4 " " $5
	name[$1] = $2
	next
}
file == 2 {
	word_causes[$1] = $2
	word_server[$1] = $3
	word_text[$1] = $4
	next
}
file == 3 && $1 != "-" {
	events[$2]++
	event[$2, events[$2]] = $0
	next
}
file == 4 && $4 ~ /^5/ {
	if (!(($3) in errors)) clients[++client_count] = $3
	errors[$3]++
	error[$3, errors[$3]] = $0
}

file == 4 && $4 == "000" && word_causes[$1] != "" && word_causes[$1] != "none" {
	unread[$3]++
	unread_row[$3, unread[$3]] = $0
}

function one_of(value, set) {
	return index("|" set "|", "|" value "|") > 0
}

# The causes of both sets, or "" when there are none.
function both(set, other,    list, n, i, common) {
	if (other == "" || other == "any") return set
	n = split(set, list, "|")
	for (i = 1; i <= n; i++)
		if (one_of(list[i], other)) common = common (common == "" ? "" : "|") list[i]
	return common
}

# Sets true_causes and true_server: of the lines of truth those that go with the status and with
# the load balancer's words. Where none does, something else happened than was meant to: the load
# balancer's words are the truth then.
function find_truth(id, instance, status,    i, part, common, own, held, other_causes, other_server) {
	true_causes = ""
	held = word_causes[id] == "held-down"
	own = word_server[id] == "" ? "any" : word_server[id]
	true_server = own
	for (i = 1; i <= truths[instance]; i++) {
		split(truth[instance, i], part, " ")
		if (!one_of(status, part[1])) continue
		if (own != "any" && own != "none" && part[3] != "any" && part[3] != "none" &&
		    !one_of(own, part[3]))
			continue
		common = both(part[2], held ? "any" : word_causes[id])
		if (common == "") continue
		true_causes = true_causes (true_causes == "" ? "" : "|") common
		# Nothing was tried, or the load balancer names one that it never reached.
		if (one_of("none", part[3])) true_server = part[3] "|" own
		else if (own == "any" || own == "none") true_server = part[3]
	}
	meant = true_causes != ""
	if (held) {
		true_causes = (meant ? true_causes "|" : "") "no-eligible-backend"
		true_server = true_server "|none"
	}
	if (meant || held) return
	true_causes = word_causes[id] == "" ? "any" : word_causes[id]
	# No words at all: another status than was expected, of the same broken thing.
	for (i = 1; true_causes == "any" && i <= truths[instance]; i++) {
		split(truth[instance, i], part, " ")
		other_causes = other_causes (i == 1 ? "" : "|") part[2]
		other_server = other_server (i == 1 ? "" : "|") part[3]
	}
	if (other_causes != "") {
		true_causes = other_causes
		true_server = other_server
	}
}

function tell(result, kind, status, said,    part) {
	split(said, part, " ")
	print result, kind, status, part[4] == "" ? "-" : part[4], part[5] == "" ? "-" : part[5],
		part[6] == "" ? "-" : part[6], true_causes, true_server, id, client,
		part[1] == "" ? "-" : part[1], burst, word_text[id] == "" ? "-" : word_text[id]
}

function judge(row, said,    part, field, kind) {
	split(row, field, " ")
	split(said, part, " ")
	id = field[1]
	burst = field[7]
	kind = field[2] in name ? name[field[2]] : "instance-" field[2]
	find_truth(id, field[2], field[4])
	if (!meant) kind = kind "*"
	if (said == "") tell("missing", kind, field[4], "")
	else if (part[3] != field[4]) tell("wrong", kind, field[4], said)
	else if (part[4] == "-") tell("unexplained", kind, field[4], said)
	else if (true_causes != "any" && !one_of(part[4], true_causes)) tell("wrong", kind, field[4], said)
	else if (true_server != "any" && !one_of("any", true_server) && !one_of(part[6], true_server))
		tell("wrong", kind, field[4], said)
	else tell("right", kind, field[4], said)
}

# Responses come in order, and what a client that left did not see comes last. Where some are missing
# it is the nearest in time, each once.
function pair(client,    i, j, field, part, best, distance, nearest) {
	for (i = 1; i <= errors[client]; i++) {
		best = ""
		if (errors[client] <= events[client]) {
			best = i
		} else {
			split(error[client, i], field, " ")
			nearest = slack_ns
			for (j = 1; j <= events[client]; j++) {
				if ((client, j) in used) continue
				split(event[client, j], part, " ")
				distance = part[1] > field[6] ? part[1] - field[6] : field[6] - part[1]
				if (part[1] < field[5] - 1000000 || distance >= nearest) continue
				nearest = distance
				best = j
			}
		}
		if (best != "") used[client, best] = 1
		judge(error[client, i], best == "" ? "" : event[client, best])
	}
}

# The request without a status that was under way then, as if the client had seen this one.
function find_unread(client, time, status,    i, part) {
	for (i = 1; i <= unread[client]; i++) {
		split(unread_row[client, i], part, " ")
		if ((client, i) in taken || time < part[5] || time > part[6] + slack_ns) continue
		taken[client, i] = 1
		return part[1] " " part[2] " " part[3] " " status " " part[5] " " part[6] " " part[7]
	}
	return ""
}

END {
	for (n = 1; n <= client_count; n++) {
		client = clients[n]
		pair(client)
	}
	for (client in events) {
		for (n = 1; n <= events[client]; n++) {
			if ((client, n) in used) continue
			split(event[client, n], field, " ")
			row = find_unread(client, field[1], field[3])
			if (row != "") {
				judge(row, event[client, n])
				continue
			}
			id = burst = "-"
			true_causes = true_server = "none"
			tell("phantom", "none", field[3], event[client, n])
		}
	}
}
