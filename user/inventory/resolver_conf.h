/* SPDX-License-Identifier: GPL-2.0-only */
/* Another root's /etc/resolv.conf, cut down to what a resolver may be given. */
#ifndef LBTRACE_USER_INVENTORY_RESOLVER_CONF_H
#define LBTRACE_USER_INVENTORY_RESOLVER_CONF_H

#include <stdbool.h>

#define RESOLVER_CONF_PATH_BYTES 32 /* of /proc/self/fd/N */

/* The most that glibc takes (resolv.h: MAXNS, MAXDNSRCH). */
#define RESOLVER_CONF_SERVERS 3
#define RESOLVER_CONF_DOMAINS 6

/* A descriptor of a file in memory that holds the nameserver, search, domain and options lines of
 * resolv.conf(5) below `root`; empty when there is none, or it cannot be read. *searches: it has a
 * domain to search in. Or -errno. */
int resolver_conf_open(int root, bool *searches);

/* The same of a resolv.conf's `text`, which is changed. */
int resolver_conf_make(char *text, bool *searches);

#endif
