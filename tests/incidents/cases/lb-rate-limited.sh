# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="nginx refuses requests by a rule of its own"
balancers=(nginx)
nginx_location="return 503;"
expect=("503 lb-rate-limited none")
