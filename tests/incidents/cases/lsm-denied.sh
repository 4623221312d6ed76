# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a security policy forbids the load balancer to connect"
# A cgroup program refuses as SELinux does: before a route is looked for.
alone=yes
expect_nginx=("502 lsm-denied none")
expect_haproxy=("503 lsm-denied none")

own_cgroup() {
	echo "$(findmnt -n -t cgroup2 -o TARGET | head -n 1)/$LAB_NAME-$LB"
}

move_workers() { # CGROUP
	local master=$NGINX_PID worker
	[[ $LB == nginx ]] || master=$HAPROXY_PID
	for worker in $(pgrep -P "$master"); do
		echo "$worker" >"$1/cgroup.procs"
	done
}

heal_it() {
	move_workers "$(dirname "$(own_cgroup)")"
	rmdir "$(own_cgroup)"
}

# Each instance for itself: the cgroup holds for all of a load balancer.
traffic_it() {
	mkdir "$(own_cgroup)"
	move_workers "$(own_cgroup)"
	"$LAB_BACKEND" deny-connect "$(own_cgroup)"
	send "${requests[@]}"
	heal_it
}
