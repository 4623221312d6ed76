# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The parts of the lab, in the order in which they need each other.
# Set by the caller: ROOT, LAB_TESTS, LAB_BACKEND, LBTRACE.

# shellcheck source=scripts/lab-net.sh
source "$ROOT/scripts/lab-net.sh"
# shellcheck source=scripts/lab-cases.sh
source "$ROOT/scripts/lab-cases.sh"
# shellcheck source=scripts/lab-front.sh
source "$ROOT/scripts/lab-front.sh"
# shellcheck source=scripts/lab-balancers.sh
source "$ROOT/scripts/lab-balancers.sh"
# shellcheck source=scripts/lab-proxies.sh
source "$ROOT/scripts/lab-proxies.sh"
# shellcheck source=scripts/lab-run.sh
source "$ROOT/scripts/lab-run.sh"
# shellcheck source=scripts/lab-steady.sh
source "$ROOT/scripts/lab-steady.sh"
# shellcheck source=scripts/lab-record.sh
source "$ROOT/scripts/lab-record.sh"
# shellcheck source=scripts/lab-check.sh
source "$ROOT/scripts/lab-check.sh"
