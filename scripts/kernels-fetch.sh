# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154
# Debian's kernels, from the mirror that this machine's apt uses, other suites included.
# Set by the caller: CACHE.

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

fetch_apt() { # COMMAND ARGUMENTS...
	local command=$1
	shift
	"$command" -o Dir::Etc::SourceList="$CACHE/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$CACHE/apt/lists" -o Dir::Cache="$CACHE/apt/cache" \
		-o Dir::State::Status="$CACHE/apt/status" -o APT::Sandbox::User=root "$@"
}

# Once a day.
fetch_lists() {
	mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/cache/archives/partial"
	: >>"$CACHE/apt/status"
	if [[ -z $(find "$CACHE/apt" -maxdepth 1 -name updated -mtime -1) ]]; then
		fetch_sources >"$CACHE/apt/sources.list"
		fetch_apt apt-get -qq update >&2
		touch "$CACHE/apt/updated"
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
