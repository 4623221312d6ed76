// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/status_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void status_make_key(struct status_key *key, const char *pool, const char *name)
{
	memset(key, 0, sizeof(*key));
	memccpy(key->pool, pool, '\0', sizeof(key->pool) - 1);
	memccpy(key->name, name, '\0', sizeof(key->name) - 1);
}

/* uthash's macros count as statements of the function that uses them, and hide from the analyzer what
 * they fill. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-core.*)
struct status *status_find(const struct status_table *table, const struct status_key *key)
{
	struct status *status;

	HASH_FIND(hh, table->servers, key, sizeof(*key), status);
	return status;
}

struct status *status_find_or_add(struct status_table *table, const struct status_key *key,
				  int *err)
{
	struct status *status = status_find(table, key);

	*err = 0;
	if (status || HASH_COUNT(table->servers) >= STATUS_TABLE_MOST)
		return status;
	status = calloc(1, sizeof(*status));
	if (!status) {
		*err = -ENOMEM;
		return NULL;
	}
	status->key = *key;
	HASH_ADD(hh, table->servers, key, sizeof(status->key), status);
	return status;
}

void status_forget_all(struct status_table *table)
{
	struct status *status, *next;

	HASH_ITER(hh, table->servers, status, next) {
		HASH_DEL(table->servers, status);
		free(status);
	}
}
// NOLINTEND(readability-function-size,clang-analyzer-core.*)
