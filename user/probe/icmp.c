// SPDX-License-Identifier: GPL-2.0-only
#include "user/probe/icmp.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#define CONTROL_BYTES 512

static bool is_mapped(const struct in6_addr *address)
{
	return IN6_IS_ADDR_V4MAPPED(address);
}

struct event_address icmp_address(const struct sockaddr *address)
{
	struct event_address converted = { 0 };

	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		memcpy(converted.bytes, &in.sin_addr, sizeof(in.sin_addr));
		converted.port = ntohs(in.sin_port);
		converted.family = 4;
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, address, sizeof(in));
		converted.port = ntohs(in.sin6_port);
		converted.family = is_mapped(&in.sin6_addr) ? 4 : 6;
		if (converted.family == 4)
			memcpy(converted.bytes, &in.sin6_addr.s6_addr[12], 4);
		else
			memcpy(converted.bytes, &in.sin6_addr, sizeof(in.sin6_addr));
	}
	return converted;
}

void icmp_listen(int socket, int family)
{
	const int on = 1;

	if (family == AF_INET)
		setsockopt(socket, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else if (family == AF_INET6)
		setsockopt(socket, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
}

/* CMSG_NXTHDR believes the length of the header it comes from, and so would the copy of its data. */
static bool is_whole(const struct msghdr *message, const struct cmsghdr *header)
{
	const uint8_t *end = (const uint8_t *)message->msg_control + message->msg_controllen;

	return header->cmsg_len <= (size_t)(end - (const uint8_t *)header);
}

static bool is_error(const struct cmsghdr *header)
{
	return (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
	       (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
}

static void take_error(struct event_attempt *attempt, struct cmsghdr *header)
{
	union {
		struct sock_extended_err error;
		uint8_t bytes[sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6)];
	} found = { 0 };
	size_t length = header->cmsg_len - CMSG_LEN(0);
	struct event_address source;

	memcpy(found.bytes, CMSG_DATA(header),
	       length < sizeof(found.bytes) ? length : sizeof(found.bytes));
	if (found.error.ee_origin != SO_EE_ORIGIN_ICMP &&
	    found.error.ee_origin != SO_EE_ORIGIN_ICMP6)
		return;
	attempt->icmp_family = found.error.ee_origin == SO_EE_ORIGIN_ICMP ? 4 : 6;
	attempt->icmp_type = found.error.ee_type;
	attempt->icmp_code = found.error.ee_code;
	source = icmp_address(SO_EE_OFFENDER(&found.error));
	source.port = 0;
	attempt->icmp_source = source;
}

void icmp_read(int socket, struct event_attempt *attempt)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CONTROL_BYTES];
	} control;
	uint8_t packet[EVENT_HEAD_BYTES];
	struct iovec vector = { .iov_base = packet, .iov_len = sizeof(packet) };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;

	if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return;
	for (header = CMSG_FIRSTHDR(&message); header && is_whole(&message, header);
	     header = CMSG_NXTHDR(&message, header)) {
		if (is_error(header) &&
		    header->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err)))
			take_error(attempt, header);
	}
}
