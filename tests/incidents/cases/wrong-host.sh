# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="one server's address is another machine's: its sibling is fine"
# What the kernel shows of it is a closed port.
servers=(closed ok)
routing=path
requests=(GET:/s1/ GET:/s2/ GET:/s1/)
expect_nginx=("502 conn-refused|wrong-host 1" "200" "502 conn-refused|wrong-host 1")
expect_haproxy=("503 conn-refused|wrong-host 1" "200" "503 conn-refused|wrong-host 1")
