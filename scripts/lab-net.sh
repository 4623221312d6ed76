# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# The lab's hosts: network namespaces and the addresses in them.
#
#   client ── lb ── router ── far        networks 0 (client–lb), 1 (lb–near), 2 (lb–router),
#              └─── near                 3 (router–far); 88 is routed nowhere
#
# IPv4 10.(77+NETWORK).0.HOST/16, IPv6 fd77:NETWORK::HOST/64. A namespace is named
# lbtPID-LAB-HOST after the shell that made it, so that lab_sweep() can tell those of dead runs.
#
# Set by the caller: LAB_NAME (lbt$$-N).

LAB_HOSTS=(client lb router near far)

net_address() { # FAMILY NETWORK HOST
	if [[ $1 == ipv4 ]]; then
		echo "10.$((77 + $2)).$(($3 / 256)).$(($3 % 256))"
	elif [[ $2 == 0 ]]; then
		echo "fd77::$3"
	else
		echo "fd77:$2::$3"
	fi
}

net_endpoint() { # ADDRESS PORT
	if [[ $1 == *:* ]]; then
		echo "[$1]:$2"
	else
		echo "$1:$2"
	fi
}

in_host() { # HOST COMMAND...
	local host=$1
	shift
	nsenter --net="/run/netns/$LAB_NAME-$host" -- "$@"
}

net_cable() { # HOST_A HOST_B NETWORK NUMBER_A NUMBER_B
	local a=$LAB_NAME-$1 b=$LAB_NAME-$2
	ip -n "$a" link add "to-$2" type veth peer name "to-$1" netns "$b"
	net_connect "$a" "to-$2" "$3" "$4"
	net_connect "$b" "to-$1" "$3" "$5"
}

net_connect() { # NAMESPACE INTERFACE NETWORK NUMBER
	ip -n "$1" -batch - <<-END
		address add $(net_address ipv4 "$3" "$4")/16 dev $2
		address add $(net_address ipv6 "$3" "$4")/64 dev $2 nodad
		link set $2 up
	END
}

# net_addresses HOST INTERFACE < lines of addresses: gives a host more addresses.
net_addresses() {
	sed -e '/:/s|.*|address add &/64 dev '"$2"' nodad|' -e t \
		-e 's|.*|address add &/16 dev '"$2"'|' | ip -n "$LAB_NAME-$1" -batch -
}

# ICMP errors are evidence here: none may fall to a rate limit. For IPv4 by the mask: a limit of 0
# would empty, at each ICMP message, the bucket that an unreachable route's messages draw from.
net_settings() {
	local key
	for key in ipv4/icmp_ratemask ipv6/icmp/ratelimit ipv6/conf/all/accept_dad \
		ipv6/conf/default/accept_dad; do
		echo 0 >"/proc/sys/net/$key"
	done
	if [[ -w /proc/sys/net/ipv4/icmp_msgs_per_sec ]]; then
		echo 100000 >/proc/sys/net/ipv4/icmp_msgs_per_sec
		echo 100000 >/proc/sys/net/ipv4/icmp_msgs_burst
	fi
	nft -f - <<-END
		table inet lab {
			chain input { type filter hook input priority 0; }
			chain forward { type filter hook forward priority 0; }
			chain output { type filter hook output priority 0; }
		}
	END
}

net_start() {
	local host
	export -f net_settings
	for host in "${LAB_HOSTS[@]}"; do
		ip netns add "$LAB_NAME-$host"
		ip -n "$LAB_NAME-$host" link set lo up
		in_host "$host" bash -c net_settings
	done
	net_cable client lb 0 2 1
	net_cable lb near 1 1 2
	net_cable lb router 2 1 2
	net_cable router far 3 1 2
	in_host router bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	ip -n "$LAB_NAME-lb" route add 10.80.0.0/16 via 10.79.0.2
	ip -n "$LAB_NAME-lb" -6 route add fd77:3::/64 via fd77:2::2
	ip -n "$LAB_NAME-far" route add default via 10.80.0.1
	ip -n "$LAB_NAME-far" -6 route add default via fd77:3::1
	net_settle
}

# The first IPv6 packets on a new link may be lost: asks for closed ports until a RST answers.
net_settle() {
	local way pids=()
	for way in "client fd77::1" "lb fd77:1::2" "lb fd77:3::2" "client 10.77.0.1" "lb 10.80.0.2"; do
		in_host "${way% *}" timeout 5 bash -c "</dev/tcp/${way#* }/9" 2>/dev/null &
		pids+=($!)
	done
	wait "${pids[@]}" || true
}

# Ends whatever still runs in the namespaces of one lab, and them.
net_stop() { # LAB_NAME
	local namespace pid
	while read -r namespace _; do
		[[ $namespace == "$1"-* ]] || continue
		for pid in $(ip netns pids "$namespace"); do
			kill -KILL "$pid" 2>/dev/null || true
		done
		ip netns del "$namespace" || true
	done < <(ip netns list)
}

# Does the shell that made a lab still run?
lab_owner_lives() { # PID
	[[ -r /proc/$1/cmdline ]] &&
		tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qE '(run|lab|demo|accuracy)\.sh'
}

# Removes the labs of runs that are gone; a run that was killed could not.
lab_sweep() {
	local namespace directory
	while read -r namespace _; do
		if [[ $namespace =~ ^lbt([0-9]+)-[0-9]+- ]] && ! lab_owner_lives "${BASH_REMATCH[1]}"; then
			net_stop "${namespace%-*}"
		fi
	done < <(ip netns list)
	for directory in "${TMPDIR:-/tmp}"/lbt*-*-*/; do
		if [[ $directory =~ /lbt([0-9]+)-[0-9]+-[^/]*/$ ]] && ! lab_owner_lives "${BASH_REMATCH[1]}"; then
			rm -rf -- "$directory"
		fi
	done
}

net_listening() { # HOST PORT
	[[ -n $(in_host "$1" ss -Hltn "sport = :$2") ]]
}
