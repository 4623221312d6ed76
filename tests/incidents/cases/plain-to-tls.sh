# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="plain HTTP to a TLS port; the backend resets"
# A RST is all that the load balancer sees of it.
servers=(tls)
expect=("502 plain-to-tls|reset-before-response|close-before-response 1")
