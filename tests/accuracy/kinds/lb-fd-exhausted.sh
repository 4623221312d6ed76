# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer has few open files"
alone=yes
families=(ipv4)
servers=(slow:200)
expect_nginx=("500 lb-fd-exhausted none")
expect_haproxy=("503 lb-fd-exhausted none")

# As the workers' own user: root needs CAP_SYS_RESOURCE for it.
break_it() {
	local master=$NGINX_PID worker files
	[[ $LB == nginx ]] || master=$HAPROXY_PID
	for worker in $(pgrep -P "$master"); do
		files=("/proc/$worker/fd"/*)
		setpriv --reuid nobody --regid nogroup --clear-groups \
			prlimit --pid "$worker" --nofile="$((${#files[@]} + 24)):"
	done
}
