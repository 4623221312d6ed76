// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/catalogue_rows.h"

#include <string.h>

static const struct catalogue_row *const parts[] = {
	catalogue_unreachable, catalogue_backend,  catalogue_protocol,
	catalogue_config,      catalogue_resource, catalogue_balancer,
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

const struct cause *catalogue_cause(enum cause_id id)
{
	for (size_t part = 0; part < PART_COUNT; part++) {
		for (const struct catalogue_row *row = parts[part]; row->cause.id; row++) {
			if (row->id == id)
				return &row->cause;
		}
	}
	return NULL;
}

enum cause_id catalogue_find(const char *name)
{
	for (size_t part = 0; part < PART_COUNT; part++) {
		for (const struct catalogue_row *row = parts[part]; row->cause.id; row++) {
			if (!strcmp(row->cause.id, name))
				return row->id;
		}
	}
	return CAUSE_NONE;
}
