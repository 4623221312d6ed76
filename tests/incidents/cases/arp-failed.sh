# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="no host on the link has the backend's address"
servers=(nobody)
requests=(GET:/)
client=(-c 2)
expect_nginx=("502 arp-failed 1")
expect_haproxy=("503 arp-failed 1")
