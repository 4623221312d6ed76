# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="nobody listens on the backend's port; HAProxy tries three times"
servers=(closed)
balancers=(haproxy)
retries=2
requests=(GET:/)
expect=("503 conn-refused 1")
