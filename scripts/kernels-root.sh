# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154
# The root file system of the guests: the files of this machine's Debian packages, the tests of this
# tree, and an init that runs them. Set by the caller: ROOT, CACHE, CASES, SHORT_CASES.

ROOT_PACKAGES=(bash dash coreutils findutils grep sed mawk diffutils util-linux procps iproute2 nftables jq
	curl nginx haproxy libssl3 openssl kmod mount libc-bin)
ROOT_MODULES=(veth nf_tables nft_reject_inet nft_reject_ipv4 nft_reject_ipv6 nft_ct nft_counter
	nft_limit nft_compat nf_conntrack tcp_cubic ipv6 dummy nf_reject_ipv4 nf_reject_ipv6)

# All installed packages that the given ones need.
root_closure() {
	local queue=("$@") seen=" " package
	while [[ ${#queue[@]} -gt 0 ]]; do
		package=${queue[0]} queue=("${queue[@]:1}")
		[[ $seen != *" $package "* ]] || continue
		dpkg-query -W "$package" >/dev/null 2>&1 || continue
		seen+="$package "
		# shellcheck disable=SC2016 # dpkg's
		mapfile -t -O ${#queue[@]} queue < <(dpkg-query -W -f '${Depends},${Pre-Depends}' "$package" |
			tr ',|' '\n\n' | sed 's/^ *//; s/[ (:].*//' | grep . || true)
	done
	# shellcheck disable=SC2086 # words
	printf '%s\n' $seen
}

root_files() {
	# Some are known by another's name (awk), and have no files.
	{ root_closure "${ROOT_PACKAGES[@]}" | xargs -n 1 dpkg -L 2>/dev/null || true; } |
		grep -vE '^/usr/share/(doc|man|locale|info|lintian|bash-completion|zoneinfo|perl|i18n|common-licenses)/|^/usr/lib/(python|x86_64-linux-gnu/(gconv|perl))|^/\.$|^/boot' |
		sort -u
}

# Once for each machine: everything but the tree's own.
root_prepare() {
	local base=$CACHE/root
	if [[ -e $CACHE/root.done ]]; then
		return 0
	fi
	rm -rf "$base"
	mkdir -p "$base"/{proc,sys,dev,tmp,run,root,lbtrace} "$base"/usr/{bin,sbin,lib,lib64}
	local name
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$base/$name"
	done
	root_files | while read -r name; do
		[[ -d $name && ! -L $name ]] || echo "$name"
	done | tar -C / --no-recursion -cf - --files-from=- --ignore-failed-read 2>/dev/null |
		tar -C "$base" --keep-directory-symlink -xf -
	ldconfig -r "$base"
	cp -L /etc/ld.so.cache "$base/etc/" 2>/dev/null || true
	ldconfig -r "$base"
	cp /etc/passwd /etc/group "$base/etc/"
	ln -sf mawk "$base/usr/bin/awk"
	touch "$CACHE/root.done"
}

# The modules and all that they need.
root_modules() { # KERNEL BASE
	local version from
	from=$(find "$1" -path '*/lib/modules/*' -maxdepth 4 -mindepth 3 -type d -path '*/modules/*' | head -n 1)
	version=${from##*/}
	mkdir -p "$2/lib/modules"
	cp -a "$from" "$2/lib/modules/"
	rm -rf "$2/lib/modules/$version/kernel/"{sound,drivers/gpu,drivers/media} "$2/lib/modules/$version/build"
	depmod -b "$2" "$version"
}

root_init() {
	cat <<-END
		#!/bin/bash
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/tmp
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev 2>/dev/null
		mkdir -p /dev/shm /run/netns /sys/fs/cgroup
		mount -t tmpfs tmp /tmp
		mount -t tmpfs run /run
		mount -t cgroup2 cgroup /sys/fs/cgroup
		mount -t tracefs tracing /sys/kernel/tracing 2>/dev/null
		ln -sf /proc/self/fd /dev/fd
		mkdir -p /run/netns /var/log/nginx /var/lib/nginx /var/lib/haproxy
		exec >/dev/ttyS1 2>&1
		stty -F /dev/ttyS1 -opost 2>/dev/null
		for module in ${ROOT_MODULES[*]}; do modprobe -q \$module; done
		ip link set lo up
		cd /lbtrace
		export LBTRACE=/lbtrace/lbtrace LAB_BACKEND=/lbtrace/lab/lab-backend CI=true
		echo "guest: kernel \$(uname -r)"
		echo "guest: hooks"
		./lbtrace check --json
		echo "guest: preferred"
		bash tests/incidents/run.sh --together 24 ${CASES[*]}
		# Every hook that another one can stand in for.
		refused=
		for hook in \$(./lbtrace check --json | jq -r '.roles[] | select(.program) | "\\(.role):\\(.program)"'); do
			state=\$(LBTRACE_REFUSE=\$refused\${refused:+,}\$hook ./lbtrace check --json 2>/dev/null |
				jq -r --arg role "\${hook%%:*}" '.roles[] | select(.role == \$role) | .state')
			if [[ \$state == ok || \$state == degraded ]]; then
				refused=\$refused\${refused:+,}\$hook
			fi
		done
		export LBTRACE_REFUSE=\$refused
		echo "guest: others"
		./lbtrace check --json
		bash tests/incidents/run.sh --together 24 ${SHORT_CASES[*]}
		dmesg | grep -E 'BUG:|WARNING:|Oops|rcu.*stall|general protection' | sed 's/^/guest: splat /'
		echo "guest: finished"
		sync
		echo o >/proc/sysrq-trigger
		sleep 10
	END
}

# root_pack NAME KERNEL: the initramfs, on stdout.
root_pack() {
	local work=$CACHE/work-$1
	rm -rf "$work"
	cp -a "$CACHE/root" "$work"
	root_modules "$2" "$work"
	cp "$ROOT/build/static/lbtrace" "$work/lbtrace/lbtrace"
	mkdir -p "$work/lbtrace/lab"
	cp "$ROOT"/build/lab-* "$work/lbtrace/lab/"
	cp -a "$ROOT/scripts" "$ROOT/tests" "$work/lbtrace/"
	ldd "$ROOT"/build/lab-* "$ROOT/build/static/lbtrace" | grep -oE '/[^ :]*\.so[^ ]*' | sort -u |
		while read -r library; do
			[[ -e $work$library ]] || install -D "$library" "$work$library"
		done
	root_init >"$work/init"
	chmod 755 "$work/init"
	(cd "$work" && find . | cpio --quiet -o -H newc)
	rm -rf "$work"
}
