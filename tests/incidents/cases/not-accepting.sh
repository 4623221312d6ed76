# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's process hangs: the kernel accepts, the process does not"
# Only who sees the backend can tell this from a slow answer.
servers=(hold)
response_ms=1200
expect=("504 slow-response|backend-not-accepting 1")
