# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# Debian's packages, from the mirror that this machine's apt uses, other suites and machines included.
# Set by the caller: CACHE, and MACHINE where it is not amd64.

# NAME PATTERN: the newest package that matches, of the suites in fetch_sources(); it ends with the machine.
KERNELS=(
	"5.10 linux-image-5.10.0-[0-9]*-cloud-amd64"
	"6.1 linux-image-6.1.0-[0-9]*-cloud-amd64"
	"6.12 linux-image-6.12.*-cloud-amd64"
	"sid linux-binary-[0-9]*-cloud-amd64"
	"arm64-6.1 linux-image-6.1.0-[0-9]*-cloud-arm64"
	"arm64-6.12 linux-image-6.12.*-cloud-arm64"
)
MACHINE=amd64

# The mirrors of Debian itself and of its security updates: "URI" of each kind.
fetch_mirrors() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		sed -n -e 's/^URIs: *//p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' |
		grep -E '/debian(-security)?/?$' | sort -u
}

fetch_sources() {
	local main security
	main=$(fetch_mirrors | grep -v security | head -n 1)
	security=$(fetch_mirrors | grep security | head -n 1)
	[[ -n $main ]] || {
		echo "kernels.sh: apt knows no Debian mirror" >&2
		return 1
	}
	local suite
	for suite in bookworm bookworm-backports sid; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $main $suite main"
	done
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${security:-$main} bullseye-security main"
}

fetch_place() {
	echo "$CACHE/apt-$MACHINE"
}

# An apt of its own, which knows nothing of what this machine has installed.
fetch_apt() { # COMMAND ARGUMENTS...
	local command=$1 place
	place=$(fetch_place)
	shift
	"$command" -o Dir::Etc::SourceList="$place/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$place/lists" -o Dir::Cache="$place/cache" \
		-o Dir::State::Status="$place/status" -o APT::Sandbox::User=root \
		-o APT::Architecture="$MACHINE" -o APT::Architectures="$MACHINE" "$@"
}

# Once a day.
fetch_lists() {
	local place
	place=$(fetch_place)
	mkdir -p "$place/lists/partial" "$place/cache/archives/partial"
	: >>"$place/status"
	if [[ -z $(find "$place" -maxdepth 1 -name updated -mtime -1) ]]; then
		fetch_sources >"$place/sources.list"
		fetch_apt apt-get -qq update >&2
		touch "$place/updated"
	fi
}

fetch_package() { # PACKAGE: unpacked; prints where
	local directory=$CACHE/$1
	if [[ ! -e $directory.done ]]; then
		rm -rf "$directory"
		mkdir -p "$directory"
		(cd "$CACHE" && fetch_apt apt-get -qq download "$1" >&2)
		dpkg-deb -x "$CACHE/$1"_*.deb "$directory"
		rm -f "$CACHE/$1"_*.deb
		touch "$directory.done"
	fi
	echo "$directory"
}

# fetch_kernel NAME PATTERN: prints the directory of the unpacked kernel, modules and all.
fetch_kernel() {
	local package directory modules
	fetch_lists
	package=$(fetch_apt apt-cache pkgnames | grep -xE "${2//\*/.*}" | sort -V | tail -n 1)
	[[ -n $package ]] || {
		echo "kernels.sh: no package $2 for kernel $1" >&2
		return 1
	}
	directory=$(fetch_package "$package")
	# Newer kernels keep their modules in a package of their own.
	modules=${package/linux-binary-/linux-modules-}
	if [[ $modules != "$package" ]]; then
		cp -a "$(fetch_package "$modules")/." "$directory/"
	fi
	echo "$directory"
}

# fetch_tree DIRECTORY PACKAGE...: these packages and all that they need, unpacked into one tree, as
# far as a program needs them to be built or to run; none of their scripts is run.
fetch_tree() {
	local directory=$1 name archive archives
	shift
	if [[ $(cat "$directory.done" 2>/dev/null) == "$*" ]]; then
		return 0
	fi
	rm -rf "$directory" "$directory.done"
	mkdir -p "$directory"/usr/{bin,sbin,lib,lib64}
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$directory/$name"
	done
	fetch_lists
	archives=$(fetch_place)/cache/archives
	rm -f "$archives"/*.deb
	fetch_apt apt-get -qq -y --no-install-recommends --download-only -t bookworm install "$@" >&2
	for archive in "$archives"/*.deb; do
		dpkg-deb --fsys-tarfile "$archive" | tar -C "$directory" --keep-directory-symlink -x \
			--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
			--exclude='./usr/share/perl/*' --exclude='./usr/lib/*/perl*' --exclude='./usr/lib/*/gconv/*'
	done
	rm -f "$archives"/*.deb
	echo "$*" >"$directory.done"
}

# What setup.sh does not install.
kernels_tools() { # PACKAGE...
	local tool missing=()
	for tool in "$@"; do
		dpkg-query -W -f '${db:Status-Status}' "$tool" 2>/dev/null | grep -qx installed || missing+=("$tool")
	done
	[[ ${#missing[@]} -eq 0 ]] ||
		DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >/dev/null
}
