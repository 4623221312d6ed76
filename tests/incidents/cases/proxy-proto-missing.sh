# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="a backend that waits for the PROXY protocol gets none"
# The backend's own log alone says why it closed.
servers=(proxy-only)
expect=("502 close-before-response|reset-before-response|proxy-proto-mismatch 1")
