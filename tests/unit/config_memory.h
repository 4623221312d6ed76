/* SPDX-License-Identifier: GPL-2.0-only */
/* Configurations for tests: files in memory, and one reading of them. */
#ifndef LBTRACE_TESTS_UNIT_CONFIG_MEMORY_H
#define LBTRACE_TESTS_UNIT_CONFIG_MEMORY_H

#include "user/config/config.h"

struct memory_file {
	const char *path; /* absolute */
	const char *text;
	size_t length; /* 0: up to the NUL */
};

struct memory {
	const struct memory_file *files;
	size_t count;
	size_t reads; /* how often one was read */
};

/* Files that are there are read; directories have what lies below them. */
struct config_source memory_source(struct memory *memory);

/* Reads the configuration of that kind, whose first file is the first of the memory's. */
void memory_config(enum balancer_kind kind, struct memory *memory, struct config *config);

/* The same of one file with this text. */
void memory_config_text(enum balancer_kind kind, const char *text, struct config *config);

/* The backend by its "pool/name" or "name"; NULL: there is none. */
const struct event_backend *memory_backend(const struct config *config, const char *name);

/* One line a backend, then one a note, newly allocated:
 * "pool/name host port file:line flags" as in "api/app1 10.0.0.1 80 /etc/nginx.conf:3 +tls". */
char *memory_config_lines(const struct config *config);

#endif
