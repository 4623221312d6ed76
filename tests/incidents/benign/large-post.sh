# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="large uploads and downloads"
client=(-k)
requests=(POST:/:2000000 GET:/size/3000000)
expect=("200")
