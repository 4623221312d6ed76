# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
weight=400
servers=(ok ok-close)
requests=(GET:/ POST:/:500)
