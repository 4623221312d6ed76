/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/hosts as hosts(5) has it: the names of addresses. Hostile text, bounded. */
#ifndef LBTRACE_USER_INVENTORY_HOSTS_FILE_H
#define LBTRACE_USER_INVENTORY_HOSTS_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define HOSTS_FILE_BYTES (4u << 20) /* the rest is not read */
#define HOSTS_FILE_NAMES 65536 /* as above */

struct hosts_file;

/* Takes `text` of `length` bytes, with a NUL behind them; it is changed, and must outlive *hosts.
 * 0 or -ENOMEM. */
int hosts_file_parse(char *text, size_t length, struct hosts_file **hosts);
/* NULL is allowed. */
void hosts_file_free(struct hosts_file *hosts);

/* All addresses that `name` (its case does not matter, nor a dot at its end) has on whatever lines,
 * at most `most`, each once, as they stand there; port 0. NULL for `hosts` is an empty file. Returns
 * how many. */
size_t hosts_file_find(const struct hosts_file *hosts, const char *name,
		       struct event_address *addresses, size_t most);

#endif
