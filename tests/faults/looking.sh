# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# The commands that look at a host and say at once what they see, with their calls failing: probe,
# backends, and lbtrace itself on a terminal.

# kinds BOUNDED ALL...: so many of these kinds of calls, of --full all.
kinds() {
	if [[ $FULL == yes ]]; then
		printf '%s\n' "${@:2}"
	else
		printf '%s\n' "${@:2:$1}"
	fi
}

# What a probe found, without its times.
plain_probe() {
	jq -c '[.answered, .failed, .skipped], (.targets[] | [.name, .address, .ok, .cause, .skipped])'
}

test_probe_calls() {
	local kind all FAULTS_MOST=$((FAULTS_MOST / 6)) SWEEP_PLAIN=plain_probe
	mapfile -t all < <(kinds 8 "memory ENOMEM" "socket EMFILE" "connect ENOBUFS" "setns EPERM" "poll ENOMEM" \
		"openat EMFILE" "read EIO" "write ENOSPC+" "memory ENOMEM+" "openat EMFILE+" "openat2 EMFILE" \
		"poll EINTR" "connect EINTR" "read EINTR" "getdents64 EIO" "readlinkat EACCES" "newfstatat EIO" \
		"sendto ENOBUFS" "recvfrom EIO" "recvfrom EINTR" "recvmsg EIO" "recvmsg EINTR" "getsockopt EIO" \
		"getsockname EIO" "setsockopt EINVAL" "fcntl EINVAL" "socket EMFILE+" "connect ENOBUFS+" \
		"write EINTR" "close EIO" "lseek EIO")
	for kind in "${all[@]}"; do
		# shellcheck disable=SC2086 # a call and an error
		sweep probe $kind "$LBTRACE" probe --json --timeout 0.5 --netns "$LAB_NAME-lb"
	done
}

# Each backend with its configuration; how often it was tried depends on the traffic.
plain_backends() {
	jq -c '.backends[] | [.pid, .name, .addresses, .configured, .file, .line]'
}

# Tried backends have to be shown as such: there is traffic all the time.
check_backends() { # STATUS
	[[ $1 == 0 || $1 == 4 ]] || return 0
	[[ -n $(grep -v '^lbtrace: ready' "$FAULTS_DIR/sweep/stderr" || true) ]] ||
		jq -e '[.backends[] | select(.last_cause == "conn-refused")] != [] or .loss.records > 0 or
			.loss.state > 0' "$FAULTS_DIR/sweep/stdout" >/dev/null ||
		echo "no failed attempt was seen, and not a word"
}

# The report at the end has the 5xx of the traffic, explained.
check_screen() { # STATUS
	[[ $1 == 0 || $1 == 4 ]] || return 0
	[[ -n $(grep -v '^lbtrace: ready' "$FAULTS_DIR/sweep/stderr" || true) ]] ||
		grep -q 'conn-refused.*(certain)\|^LOST: ' "$FAULTS_DIR/sweep/stdout" ||
		echo "no 5xx was explained, and not a word"
}

# What is drawn differs from run to run.
plain_screen() { :; }

errors_on_and_on() {
	while :; do
		three_errors
		sleep 0.05
	done
}

test_backends_calls() {
	local kind all traffic FAULTS_MOST=$((FAULTS_MOST / 6)) SWEEP_PLAIN=plain_backends SWEEP_AFTER=check_backends
	errors_on_and_on 2>/dev/null &
	traffic=$!
	mapfile -t all < <(kinds 2 "memory ENOMEM" "openat EMFILE" "memory ENOMEM+" "bpf ENOMEM" "bpf EINVAL+" \
		"openat EMFILE+" "openat2 EMFILE" "read EIO" "read EINTR" "socket EMFILE" "connect EACCES" \
		"setns EPERM" "getdents64 EIO" "epoll_wait EINTR" "sendto ENOBUFS" "recvfrom EIO" "write ENOSPC+" \
		"mmap ENOMEM" "ioctl EINVAL" "perf_event_open EACCES")
	for kind in "${all[@]}"; do
		# shellcheck disable=SC2086 # a call and an error
		sweep backends-live $kind "$LBTRACE" backends --json --netns "$LAB_NAME-lb" -d 0.3
	done
	kill "$traffic"
	wait "$traffic" || true
}

test_screen_calls() {
	local kind all traffic FAULTS_MOST=$((FAULTS_MOST / 6)) SWEEP_PLAIN=plain_screen SWEEP_AFTER=check_screen
	local SWEEP_UNDER=$ON_TERMINAL
	errors_on_and_on 2>/dev/null &
	traffic=$!
	mapfile -t all < <(kinds 2 "memory ENOMEM" "write EIO" "memory ENOMEM+" "write EIO+" "write EAGAIN" "write EINTR" \
		"ioctl EIO" "epoll_wait EINTR" "epoll_ctl ENOMEM" "read EIO" "openat EMFILE" "openat EMFILE+" \
		"bpf ENOMEM" "bpf EINVAL+" "socket EMFILE" "getdents64 EIO" "setns EPERM" "mmap ENOMEM")
	for kind in "${all[@]}"; do
		# shellcheck disable=SC2086 # a call and an error
		sweep screen $kind "$LBTRACE" --netns "$LAB_NAME-lb" -d 0.4 -i 0.2
	done
	kill "$traffic"
	wait "$traffic" || true
}
