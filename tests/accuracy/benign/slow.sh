# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
servers=(slow:30)
requests=(GET:/ POST:/:1000)
weight=40
