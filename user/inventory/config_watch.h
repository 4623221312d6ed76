/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that a configuration was read from, to tell later whether they changed. */
#ifndef LBTRACE_USER_INVENTORY_CONFIG_WATCH_H
#define LBTRACE_USER_INVENTORY_CONFIG_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/config/files.h"

struct watched_path {
	char *path;
	bool is_directory;
	bool told; /* that it is newer than what runs */
	int64_t modified_ns; /* since the epoch */
	int64_t changed_ns; /* of its inode */
	uint64_t inode;
	uint64_t content; /* a hash: of a file its text, of a directory its names that are not hidden */
};

struct config_watch {
	int root; /* which the watch does not own */
	struct config_source inner;
	struct watched_path *paths;
	size_t count, room;
	bool failed; /* out of memory */
};

/* Begins with no path; what is read through config_watch_source() is watched from then on. `root` and
 * *watch stay where they are until config_watch_close(). */
void config_watch_open(struct config_watch *watch, int root);
struct config_source config_watch_source(struct config_watch *watch);
void config_watch_close(struct config_watch *watch);

/* What is newer than `since_epoch_ns`, or NULL; each only once, as long as it does not change. */
const struct watched_path *config_watch_newer(struct config_watch *watch, int64_t since_epoch_ns);

/* What has another content than when it was read, or looked at last, or is gone; NULL: nothing. One at
 * a time: to be called until it says so. Costs one openat2() and statx() each. */
const struct watched_path *config_watch_changed(struct config_watch *watch);

#endif
