/* SPDX-License-Identifier: GPL-2.0-only */
/* What a socket tells of why it failed. */
#ifndef LBTRACE_USER_PROBE_ICMP_H
#define LBTRACE_USER_PROBE_ICMP_H

#include <sys/socket.h>

#include "bpf/event.h"

/* A socket's address as one of the stream's; family 0 for what is no IP address. */
struct event_address icmp_address(const struct sockaddr *address);

/* Asks for ICMP errors to be kept with the socket (IP_RECVERR, IPV6_RECVERR in ip(7), ipv6(7)). */
void icmp_listen(int socket, int family);

/* Puts the ICMP error that the socket has got, if it has, into the attempt. */
void icmp_read(int socket, struct event_attempt *attempt);

#endif
