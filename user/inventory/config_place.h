/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a load balancer's configuration lies, from its command line. The files are not read. */
#ifndef LBTRACE_USER_INVENTORY_CONFIG_PLACE_H
#define LBTRACE_USER_INVENTORY_CONFIG_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/config/config.h"

#define PLACE_CMDLINE_BYTES 4096 /* what is read of /proc/PID/cmdline */

struct place {
	int root; /* the root that the files are below (O_PATH); negative: -errno of opening it */
	/* Absolute within that root, as the load balancer would name them, in order. The first one
	 * exists, unless none could be found anywhere. */
	char files[CONFIG_PLACE_FILES][EVENT_PATH_BYTES];
	size_t file_count; /* 0: not known */
	int err; /* -errno of reading the command line, 0: it was read */
	bool is_missing; /* a file is named, but is nowhere */
	bool has_more; /* than CONFIG_PLACE_FILES */
	char directory[EVENT_PATH_BYTES]; /* empty: not known; likewise the next */
	char prefix[EVENT_PATH_BYTES];
	/* the one backend, where the command line names it instead of a file: varnishd -b */
	char backend[EVENT_HOST_BYTES];
};

/* Finds it for process `tgid`; `proc` is a descriptor of /proc. Options first (all of HAProxy's -f),
 * made absolute by the kind's rules (nginx: by its prefix, given or built in), else by the working
 * directory, or the one the process was started in ($PWD); without an option the first default that
 * exists. A worker that has replaced its command line by a title is looked at as its master is.
 *
 * The root is the process's own, unless the files are not there and it has called chroot() after it
 * had read them, as HAProxy does: then the next one above in which they are. 0 also when nothing is
 * known; *place is always to be given to place_clear(). */
void place_find(int proc, uint32_t tgid, enum balancer_kind kind, struct place *place);
void place_clear(struct place *place);

/* The same for config_read(); valid as long as *place is. */
struct config_place place_for_config(const struct place *place);

/* cmdline.c: turns a command line into words, each ended by NUL, in place. nginx and Angie overwrite
 * theirs with a title ("nginx: master process /usr/sbin/nginx -c FILE", "angie: master process
 * v1.5.0 #1 [angie -c FILE]"): of that the words of the original are taken, parted at spaces.
 * Returns the length, at most `length`; cmdline[length] must be writable. */
size_t cmdline_words(char *cmdline, size_t length);

/* The value of an option from the word at *at on: the next word, or for long options (--config=FILE)
 * the rest of the word after '=', or for short ones the rest when it begins with '/' (-c/etc/x).
 * *at is then behind it. NULL: none any more. */
const char *cmdline_option(const char *words, size_t length, const char *option, size_t *at);

/* built_in.c: what a program was built with: copies what stands behind `marker` in the executable of
 * process `tgid`, up to a blank or quote. 0, -ENOENT, or -errno. */
int built_in_value(int proc, uint32_t tgid, const char *marker, char *value, size_t bytes);

#endif
