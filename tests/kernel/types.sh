#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# types.sh HEADER ARCH: prints a C file with one variable of every type that HEADER
# defines for that machine, because a compiler writes no BTF for types that nothing uses.
set -eu

# Of these two, one is another machine's.
case $2 in
arm64) foreign=pt_regs ;;
*) foreign=user_pt_regs ;;
esac
echo "#include \"$1\""
sed -n 's/^\(struct\|union\) \([A-Za-z0-9_]*\) {.*/\1 \2 probe_\1_\2;/p' "$1" |
	grep -v "^struct $foreign "
