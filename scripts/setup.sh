#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs what building and testing lbtrace needs and this machine lacks
# (Debian 12). Fast when nothing is missing; never asks.
set -eu

cd "$(dirname "$0")/.."

build_packages="make gcc libc6-dev clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libjansson-dev uthash-dev libcap-ng-dev libc-ares-dev libyaml-dev"
test_packages="libcmocka-dev bats clang-format clang-tidy cppcheck shellcheck jq curl iproute2 iputils-ping nftables procps util-linux socat nginx libnginx-mod-stream haproxy caddy apache2-bin varnish openssl libssl-dev"

fail() {
	echo "lbtrace: setup: $*" >&2
	exit 1
}

# nginx comes in flavours, each of which serves.
is_installed() {
	case $1 in
	nginx) command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] ;;
	*) dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed ;;
	esac
}

missing_packages() {
	for package in $build_packages $test_packages; do
		is_installed "$package" || printf '%s ' "$package"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo -n "$@"
	else
		fail "cannot install packages without root; run: sudo scripts/setup.sh"
	fi
}

install_missing() {
	# A postinst must not start nginx or haproxy here where they were not before.
	policy=/usr/sbin/policy-rc.d
	own_policy=no
	if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		own_policy=yes
		trap 'rm -f "$policy"' EXIT INT TERM HUP
	fi
	status=0
	# shellcheck disable=SC2086 # a list of words
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		-o DPkg::Lock::Timeout=120 install $1 >/dev/null </dev/null || status=$?
	[ "$own_policy" = no ] || rm -f "$policy"
	return "$status"
}

command -v apt-get >/dev/null 2>&1 ||
	fail "no apt-get on this machine; install these or their like yourself: $build_packages $test_packages"
missing=$(missing_packages)
[ -n "$missing" ] || exit 0

echo "lbtrace: setup: installing $missing" >&2
# An apt-get that was killed leaves packages half configured; this mends them.
if [ "$(id -u)" -eq 0 ]; then
	dpkg --configure -a >/dev/null 2>&1 || true
fi
if ! install_missing "$missing" 2>/dev/null; then
	as_root apt-get -qq -o DPkg::Lock::Timeout=120 update </dev/null >/dev/null ||
		fail "apt-get update failed; check the network and /etc/apt/sources.list"
	install_missing "$missing" || fail "apt-get could not install: $missing"
fi
missing=$(missing_packages)
[ -z "$missing" ] || fail "still missing after apt-get: $missing"
