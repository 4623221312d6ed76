# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
servers=(slow:40)
requests=(GET:/::10 POST:/:100:10)
weight=10
