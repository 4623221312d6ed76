# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend closes idle connections"
servers=(idle-close:200)
reuse=yes
client=(-k -g 500)
requests=(GET:/ GET:/ GET:/)
expect=("200")
