/* SPDX-License-Identifier: GPL-2.0-only */
/* uthash for tables whose callers have no way back when memory runs out: where it would end the process
 * without a word, one is said. Others set HASH_NONFATAL_OOM and include <uthash.h>. */
#ifndef LBTRACE_USER_LIB_TABLE_H
#define LBTRACE_USER_LIB_TABLE_H

#include <stdlib.h>

#include "user/lib/message.h"

#define uthash_fatal(what)                                                                    \
	do {                                                                                  \
		message_error("out of memory; select less with --backend, --pid or --netns"); \
		exit(EXIT_STATUS_FAILURE);                                                    \
	} while (0)

#include <uthash.h>

#endif
