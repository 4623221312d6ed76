#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# types.sh HEADER: prints a C file with one variable of every type that HEADER
# defines, because a compiler writes no BTF for types that nothing uses.
set -eu

echo "#include \"$1\""
sed -n 's/^\(struct\|union\) \([A-Za-z0-9_]*\) {.*/\1 \2 probe_\1_\2;/p' "$1"
