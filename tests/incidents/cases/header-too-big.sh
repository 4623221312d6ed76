# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's header is larger than the load balancer's buffer"
servers=(big-header)
expect=("502 header-too-big 1")
