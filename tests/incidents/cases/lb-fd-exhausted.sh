# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the load balancer is at its limit of open files"
alone=yes
# Idle connections take all that is left after the client's own, which then asks. The instance
# before left many that first have to go.
client=(-k -i 120)
settle_s=1
requests=(GET:/)
expect_nginx=("500 lb-fd-exhausted none")
expect_haproxy=("503 lb-fd-exhausted none")

# As the workers' own user: root needs CAP_SYS_RESOURCE for it.
set_limit() {
	local master=$NGINX_PID worker
	[[ $LB == nginx ]] || master=$HAPROXY_PID
	for worker in $(pgrep -P "$master"); do
		setpriv --reuid nobody --regid nogroup --clear-groups \
			prlimit --pid "$worker" --nofile="$1:"
	done
}

break_it() { set_limit 40; }

heal_it() { set_limit 4096; }
