/* SPDX-License-Identifier: GPL-2.0-only */
/* A name server in a network namespace of its own, and a root directory that leads to it. */
#ifndef LBTRACE_TESTS_UNIT_DNS_SERVER_H
#define LBTRACE_TESTS_UNIT_DNS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How it answers for one name. */
struct dns_record {
	const char *name; /* lower case, no dot at its end */
	/* Addresses by commas, of both families; empty: the name exists. Several words, by blanks, are
	 * for the first, second, ... time that its A is asked for; the last one is for all later ones. */
	const char *addresses;
	const char *alias; /* the addresses are another name's */
	uint32_t ttl_seconds;
	uint8_t rcode;
	bool silent; /* no answer at all */
	bool silent_ipv6; /* none for AAAA */
};

struct dns_server {
	pid_t pid;
	uint32_t netns; /* inode number */
	char directory[32]; /* the root, with etc/ in it */
	int root, proc; /* descriptors */
};

/* Names that no record has are answered by NXDOMAIN. False: network namespaces cannot be made here. */
bool dns_server_start(struct dns_server *server, const struct dns_record *records, size_t count);
void dns_server_stop(struct dns_server *server);

/* Writes the file `name` of etc/. */
void dns_server_etc(const struct dns_server *server, const char *name, const char *text);

#endif
