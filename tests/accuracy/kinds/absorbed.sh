# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="one server refuses or resets, the last one answers: the client sees no error"
servers=(closed closed ok)
retries=3
haproxy_backend="option redispatch 1"
expect=("200")
