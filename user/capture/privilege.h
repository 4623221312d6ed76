/* SPDX-License-Identifier: GPL-2.0-only */
/* The capabilities of this process. */
#ifndef LBTRACE_USER_CAPTURE_PRIVILEGE_H
#define LBTRACE_USER_CAPTURE_PRIVILEGE_H

#include <stdbool.h>

/* Whether tracing programs may be loaded: CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN. 0 or -EPERM. */
int privilege_check(void);

/* Says on stderr what is missing. */
void privilege_explain(void);

/* Gives up, for good, what is not needed once everything is attached. What stays: CAP_BPF and
 * CAP_PERFMON (maps, iterators), CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (/proc of other users'
 * processes, their config files), and CAP_SYS_ADMIN: effective only with `enter_namespaces` (setns()) or
 * where there is no CAP_BPF, else permitted, for the moments in which the inventory enters the network
 * namespace of a load balancer in a container (name servers are asked from there). Files and sockets of
 * others are read, never written: a stats socket that another user alone may open stays closed. Of the calling thread and those it starts later. 0, or -errno with a line on
 * stderr. */
int privilege_reduce(bool enter_namespaces);

#endif
