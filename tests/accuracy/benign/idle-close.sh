# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Seldom, and GET alone: one that comes just when the backend closes truly fails.
reuse=yes
servers=(idle-close:100)
requests=(GET:/)
weight=1
