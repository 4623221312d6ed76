# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's accept queue is full: SYNs are dropped"
# Without a word from the backend this looks like a firewall that drops.
servers=(overflow)
requests=(GET:/)
client=(-c 2)
connect_ms=2500
expect_nginx=("504 acceptq-overflow|fw-drop 1")
expect_haproxy=("503 acceptq-overflow|fw-drop 1")
