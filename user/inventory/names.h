/* SPDX-License-Identifier: GPL-2.0-only */
/* Load balancers known by name. A new one is a row of the table in names.c
 * (docs/adding-a-load-balancer.md). */
#ifndef LBTRACE_USER_INVENTORY_NAMES_H
#define LBTRACE_USER_INVENTORY_NAMES_H

#include <stdbool.h>

/* The kind (enum balancer_kind) of a process called `comm` (at most 15 characters, as the kernel
 * cuts it) that runs `executable` (a path, "" when it could not be read). The executable decides;
 * the name only where that says nothing, and never for a shell or script interpreter, whose name
 * is the script's (/etc/init.d/haproxy). -ENOENT: no load balancer by name. */
int names_kind(const char *comm, const char *executable);

/* Whether a port is that of a service that speaks no HTTP (databases, mail, ssh, ...): a connection
 * to or from it says nothing about load balancing. */
bool names_is_service_port(unsigned int port);

#endif
