# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="one server refuses, the next one answers: the client sees no error"
servers=(closed ok)
requests=(GET:/ GET:/ GET:/)
retries=2
haproxy_backend="option redispatch 1"
expect=("200")
absorbed=("conn-refused 1")
