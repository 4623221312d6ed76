#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# as-owner.sh COMMAND...: runs it as the owner of this tree, so that a build
# under sudo leaves no file of root's behind.
set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
owner=$(stat -c %u "$tree")
group=$(stat -c %g "$tree")

if [ "$(id -u)" -ne 0 ] || [ "$owner" -eq 0 ]; then
	exec "$@"
fi
# What a plain `sudo make` may have left.
for made in "$tree/build" "$tree/lbtrace"; do
	if [ -e "$made" ]; then
		chown -R --no-dereference "$owner:$group" "$made"
	fi
done
home=$(getent passwd "$owner" | cut -d: -f6)
exec env HOME="${home:-/}" setpriv --reuid="$owner" --regid="$group" --clear-groups --no-new-privs "$@"
