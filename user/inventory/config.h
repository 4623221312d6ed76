/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a load balancer's configuration lies, from its command line. The file itself is not read. */
#ifndef LBTRACE_USER_INVENTORY_CONFIG_H
#define LBTRACE_USER_INVENTORY_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

#define CONFIG_CMDLINE_BYTES 4096 /* what is read of /proc/PID/cmdline */

/* Turns a command line into words, each ended by NUL, in place. nginx and Angie overwrite theirs
 * with a title ("nginx: master process /usr/sbin/nginx -c FILE", "angie: master process v1.5.0 #1
 * [angie -c FILE]"): of that the words of the original are taken, parted at spaces. Returns the
 * length, at most `length`; cmdline[length] must be writable. */
size_t config_words(char *cmdline, size_t length);

/* The value of an option: the next word, or for long options (--config=FILE) the rest of the word
 * after '=', or for short ones the rest when it begins with '/' (-c/etc/x). The first wins.
 * 0, -ENOENT, or -ENAMETOOLONG when it does not fit into `bytes`. */
int config_option(const char *words, size_t length, const char *option, char *value, size_t bytes);

/* The configuration file (of several the first) of process `tgid`, as that process would name it
 * from its own root; made absolute by the kind's rules (nginx: by its prefix), else by its working
 * directory; without an option the first default that exists. Empty when not known. `proc` is a
 * descriptor of /proc. */
void config_path(int proc, uint32_t tgid, enum balancer_kind kind, char path[EVENT_PATH_BYTES]);

#endif
