# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="steady load over kept connections"
places=(near far)
reuse=yes
client=(-k -c 4 -n 50)
requests=(GET:/ POST:/:500)
expect=("200")
