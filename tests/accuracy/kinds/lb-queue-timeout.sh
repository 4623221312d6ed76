# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the only connection that the server may have is often in use until the queue's time-out"
balancers=(haproxy)
places=(near far)
servers=(slow:600)
requests=(GET:/ POST:/:100)
haproxy_server="maxconn 1"
haproxy_backend="timeout queue 300ms"
expect=("503 lb-queue-timeout none")
