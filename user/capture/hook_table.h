/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LBTRACE_USER_CAPTURE_HOOK_TABLE_H
#define LBTRACE_USER_CAPTURE_HOOK_TABLE_H

#include "user/capture/hooks.h"

/* One row a role, indexed by enum hook_role; read it through hook_row(). */
extern const struct hook_row hook_table[HOOK_ROLES];

#endif
