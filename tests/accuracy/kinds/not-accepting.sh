# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
shown="the backend's process hangs: its kernel accepts, the process does not"
servers=(hold)
response_ms=1200
weight=4
# When its queue is full, SYNs go unanswered.
expect=("504 slow-response|backend-not-accepting 1" "503|504 acceptq-overflow|fw-drop 1")
