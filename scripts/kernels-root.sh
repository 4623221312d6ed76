# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154
# The root file system of the guests: the files of this machine's Debian packages (for guests of
# another kind of machine, those of the Debian mirror), the tests of this tree, and kernels-guest.sh,
# which runs them.
# Set by the caller: ROOT, CACHE, MACHINE, BUILD, CASES, SHORT_CASES, RUN_OPTIONS, PASSES.

ROOT_PACKAGES=(bash dash coreutils findutils grep sed mawk diffutils tar gzip util-linux procps iproute2 nftables jq
	curl nginx haproxy libssl3 openssl kmod mount libc-bin)
ROOT_MODULES=(veth nf_tables nft_reject_inet nft_reject_ipv4 nft_reject_ipv6 nft_ct nft_counter
	nft_limit nft_compat nf_conntrack tcp_cubic ipv6 dummy nf_reject_ipv4 nf_reject_ipv6)

# What lbtrace and the lab's programs are built with.
# shellcheck disable=SC2034 # the caller's
BUILD_PACKAGES=(libc6-dev libbpf-dev libelf-dev zlib1g-dev libjansson-dev libyaml-dev libc-ares-dev libcap-ng-dev
	libssl-dev uthash-dev)

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
			sed 's/[,|]/\n/g' | sed 's/^ *//; s/[ (:].*//' | grep . || true)
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
	if [[ $MACHINE != amd64 ]]; then
		root_prepare_foreign
		return
	fi
	if [[ $(cat "$CACHE/root.done" 2>/dev/null) == "${ROOT_PACKAGES[*]}" ]]; then
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
	echo "${ROOT_PACKAGES[*]}" >"$CACHE/root.done"
}

# The same for another kind of machine, whose programs cannot be run here.
root_prepare_foreign() {
	local base=$CACHE/root-$MACHINE
	fetch_tree "$CACHE/build-$MACHINE" "${BUILD_PACKAGES[@]}"
	fetch_tree "$base" "${ROOT_PACKAGES[@]}"
	cp /etc/passwd /etc/group "$base/etc/"
	ln -sf mawk "$base/usr/bin/awk"
	mkdir -p "$base/lbtrace"
}

# The libraries of this machine that the root lacks.
root_libraries() { # BASE
	local library
	ldd "$ROOT/$BUILD"/lab-* "$ROOT/$BUILD/static/lbtrace" | grep -oE '/[^ :]*\.so[^ ]*' | sort -u |
		while read -r library; do
			[[ -e $1$library ]] || install -D "$library" "$1$library"
		done
}

# The modules and all that they need.
root_modules() { # KERNEL BASE
	local version from
	from=$(find "$1" -mindepth 3 -maxdepth 4 -type d -path '*/lib/modules/*' | head -n 1)
	version=${from##*/}
	mkdir -p "$2/lib/modules"
	cp -a "$from" "$2/lib/modules/"
	rm -rf "$2/lib/modules/$version/kernel/"{sound,drivers/gpu,drivers/media} "$2/lib/modules/$version/build"
	depmod -b "$2" "$version"
}

root_conf() {
	echo "MODULES='${ROOT_MODULES[*]}'"
	echo "CASES='${CASES[*]}'"
	echo "SHORT_CASES='${SHORT_CASES[*]}'"
	echo "RUN_OPTIONS='--together 24 ${RUN_OPTIONS[*]}'"
	echo "PASSES=' ${PASSES[*]} '"
	echo "RESULTS=$GUEST_RESULTS"
}

# root_pack NAME KERNEL: the initramfs, on stdout.
root_pack() {
	local work=$CACHE/work-$1 base=$CACHE/root
	[[ $MACHINE == amd64 ]] || base+=-$MACHINE
	rm -rf "$work"
	cp -a "$base" "$work"
	root_modules "$2" "$work"
	cp "$ROOT/$BUILD/static/lbtrace" "$work/lbtrace/lbtrace"
	mkdir -p "$work/lbtrace/lab"
	cp "$ROOT/$BUILD"/lab-* "$work/lbtrace/lab/"
	cp "$ROOT/$BUILD/tests/kernel/verifier" "$work/lbtrace/verifier"
	cp -a "$ROOT/scripts" "$ROOT/tests" "$work/lbtrace/"
	[[ $MACHINE != amd64 ]] || root_libraries "$work"
	root_conf >"$work/lbtrace/guest.conf"
	cp "$ROOT/scripts/kernels-guest.sh" "$work/init"
	chmod 755 "$work/init"
	(cd "$work" && find . | cpio --quiet -o -H newc)
	rm -rf "$work"
}
