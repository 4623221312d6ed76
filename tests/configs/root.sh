# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Load balancers with a root file system of their own, as a container gives them.

# root_make DIRECTORY: the programs of this machine, and an /etc of its own.
root_make() {
	local name
	mkdir -p "$1"/{usr,etc,proc,dev,run,tmp,var/log/nginx,var/lib/haproxy,var/lib/nginx,old}
	chmod 755 "$1"
	for name in bin lib lib64 sbin; do
		[[ ! -L /$name ]] || ln -sfn "usr/$name" "$1/$name"
	done
	cp /etc/passwd /etc/group /etc/ld.so.cache "$1/etc/"
	mkdir -p "$1/etc/ssl"
	cp /etc/ssl/openssl.cnf "$1/etc/ssl/" 2>/dev/null || true
}

# root_enter DIRECTORY COMMAND...: in a mount namespace whose root is that directory; to be run by
# `balancer bash -c` and the like, which keeps the network namespace.
# shellcheck disable=SC2016 # expanded there
ROOT_ENTER='set -e
	root=$1; shift
	mount --make-rprivate /
	mount --bind "$root" "$root"
	mount --rbind /usr "$root/usr"
	mount --rbind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	cd "$root"
	pivot_root . old
	umount -l /old
	exec "$@"'

root_balancer() { # DIRECTORY COMMAND...
	local root=$1
	shift
	balancer unshare --mount -- bash -c "$ROOT_ENTER" root "$root" "$@"
}
