# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154,SC2016
shown="a connection that is upgraded, used and closed"
nginx_location='proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
client=(-n 3)
requests=(UPGRADE:/upgrade)
expect=("101")
