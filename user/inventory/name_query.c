// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/name_query.h"

#include <ares.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "user/inventory/namespace.h"
#include "user/inventory/resolver_conf.h"

/* Both tries at one server end before RESOLVER_PATIENCE_SECONDS: the second waits twice as long. */
#define TRY_MS 1500
#define TRIES 2

/* RFC 1035, 4.1.1. */
#define DNS_HEADER_BYTES 12
#define DNS_RCODE_MASK 0x0f

enum query_family {
	FAMILY_IPV4,
	FAMILY_IPV6,
	FAMILIES,
};

/* One of the two halves of a question. */
struct half {
	struct name_query *query;
	bool ended;
	int status; /* ARES_* */
};

struct name_query {
	const struct resolver_place *place;
	ares_channel channel;
	struct half halves[FAMILIES];
	/* Of the last message: c-ares asks the next server after SERVFAIL or REFUSED, and forgets. */
	uint16_t rcode;
	struct name_answer answer;
};

/* --- sockets, where the load balancer would have them ---------------------- */

struct socket_wish {
	int family, type, protocol;
};

static int make_socket(const void *context)
{
	const struct socket_wish *wish = context;
	int made = socket(wish->family, wish->type | SOCK_NONBLOCK | SOCK_CLOEXEC, wish->protocol);

	if (made < 0)
		return -errno;
	return made;
}

static ares_socket_t open_socket(int family, int type, int protocol, void *context)
{
	const struct name_query *query = context;
	const struct resolver_place *place = query->place;
	const struct socket_wish wish = { family, type, protocol };
	int made = namespace_call(place->proc, place->tgid, place->netns, make_socket, &wish);

	if (made >= 0)
		return made;
	errno = -made;
	return -1;
}

static int close_socket(ares_socket_t socket, void *context)
{
	(void)context;
	return close(socket);
}

static int connect_socket(ares_socket_t socket, const struct sockaddr *address,
			  ares_socklen_t length, void *context)
{
	(void)context;
	return connect(socket, address, length);
}

static ares_ssize_t receive(ares_socket_t socket, void *data, size_t bytes, int flags,
			    struct sockaddr *address, ares_socklen_t *length, void *context)
{
	struct name_query *query = context;
	ssize_t got = recvfrom(socket, data, bytes, flags, address, length);
	int type = 0;
	socklen_t type_bytes = sizeof(type);

	if (got < DNS_HEADER_BYTES || getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &type_bytes) ||
	    type != SOCK_DGRAM)
		return got;
	query->rcode = ((const uint8_t *)data)[3] & DNS_RCODE_MASK;
	return got;
}

static ares_ssize_t send_vector(ares_socket_t socket, const struct iovec *vector, int count,
				void *context)
{
	const struct msghdr message = { .msg_iov = (struct iovec *)vector,
					.msg_iovlen = (size_t)count };

	(void)context;
	return sendmsg(socket, &message, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {
	.asocket = open_socket,
	.aclose = close_socket,
	.aconnect = connect_socket,
	.arecvfrom = receive,
	.asendv = send_vector,
};

/* --- answers ---------------------------------------------------------------- */

static void take_ttl(struct name_answer *answer, int ttl)
{
	if (ttl > 0 && (!answer->ttl_seconds || (uint32_t)ttl < answer->ttl_seconds))
		answer->ttl_seconds = (uint32_t)ttl;
}

static void take_node(struct name_answer *answer, const struct ares_addrinfo_node *node)
{
	struct event_address *address = &answer->addresses[answer->count];

	if (answer->count == RESOLVER_ADDRESSES_MOST)
		return;
	memset(address, 0, sizeof(*address));
	if (node->ai_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)node->ai_addr;

		address->family = 4;
		memcpy(address->bytes, &in->sin_addr, sizeof(in->sin_addr));
	} else if (node->ai_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)node->ai_addr;

		address->family = 6;
		memcpy(address->bytes, &in->sin6_addr, sizeof(in->sin6_addr));
	} else {
		return;
	}
	answer->count++;
	take_ttl(answer, node->ai_ttl);
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *info)
{
	struct half *half = context;
	struct name_answer *answer = &half->query->answer;

	(void)timeouts;
	half->ended = true;
	half->status = status;
	if (!info)
		return;
	if (status == ARES_SUCCESS) {
		for (const struct ares_addrinfo_node *node = info->nodes; node;
		     node = node->ai_next)
			take_node(answer, node);
		for (const struct ares_addrinfo_cname *name = info->cnames; name; name = name->next)
			take_ttl(answer, name->ttl);
	}
	ares_freeaddrinfo(info);
}

/* RFC 1035, 4.1.1; 0 for an answer without addresses. */
static uint16_t status_rcode(int status)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENODATA:
		return 0;
	case ARES_EFORMERR:
		return 1;
	case ARES_ESERVFAIL:
		return 2;
	case ARES_ENOTFOUND:
		return 3;
	case ARES_ENOTIMP:
		return 4;
	case ARES_EREFUSED:
		return 5;
	default:
		return RESOLVER_NO_ANSWER;
	}
}

static uint16_t half_rcode(const struct half *half)
{
	uint16_t rcode = half->ended ? status_rcode(half->status) : RESOLVER_NO_ANSWER;
	uint16_t last = half->query->rcode;

	return rcode == RESOLVER_NO_ANSWER && last && last != 3 ? last : rcode;
}

static bool is_definite(uint16_t rcode)
{
	return rcode == 0 || rcode == 3;
}

static void finish(const struct name_query *query, struct name_answer *answer)
{
	uint16_t rcodes[FAMILIES];

	*answer = query->answer;
	for (int i = 0; i < FAMILIES; i++) {
		rcodes[i] = half_rcode(&query->halves[i]);
		if (!is_definite(rcodes[i]))
			answer->silent |= 1u << i;
	}
	if (answer->count)
		return;
	/* What is not known outweighs; then that the name exists. */
	if (!is_definite(rcodes[FAMILY_IPV4]))
		answer->error = rcodes[FAMILY_IPV4];
	else if (!is_definite(rcodes[FAMILY_IPV6]))
		answer->error = rcodes[FAMILY_IPV6];
	else
		answer->error = rcodes[FAMILY_IPV4] && rcodes[FAMILY_IPV6] ? 3 : 0;
}

/* --- the query --------------------------------------------------------------- */

static int open_channel(struct name_query *query)
{
	char path[RESOLVER_CONF_PATH_BYTES], dns_only[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_NOALIASES,
		.timeout = TRY_MS,
		.tries = TRIES,
		.lookups = dns_only,
		.resolvconf_path = path,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
		   ARES_OPT_RESOLVCONF;
	bool searches;
	int conf = resolver_conf_open(query->place->root, &searches), status;

	if (conf < 0)
		return conf;
	/* Else it would search in the domain of this very host's name. */
	if (!searches)
		mask |= ARES_OPT_DOMAINS;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", conf);
	status = ares_init_options(&query->channel, &options, mask);
	close(conf);
	if (status != ARES_SUCCESS) {
		query->channel = NULL;
		return status == ARES_ENOMEM ? -ENOMEM : -EIO;
	}
	ares_set_socket_functions(query->channel, &socket_functions, query);
	return 0;
}

static void ask(struct name_query *query, const char *name, enum query_family family)
{
	const struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = family == FAMILY_IPV4 ? AF_INET : AF_INET6,
	};

	ares_getaddrinfo(query->channel, name, NULL, &hints, on_answer, &query->halves[family]);
}

int name_query_begin(const struct resolver_place *place, const char *name,
		     struct name_query **query)
{
	struct name_query *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	made->place = place;
	for (int i = 0; i < FAMILIES; i++)
		made->halves[i].query = made;
	err = open_channel(made);
	if (err) {
		name_query_free(made);
		return err;
	}
	ask(made, name, FAMILY_IPV4);
	ask(made, name, FAMILY_IPV6);
	*query = made;
	return 0;
}

static void process(struct name_query *query)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd polled[ARES_GETSOCK_MAXNUM];
	unsigned int bits =
		(unsigned int)ares_getsock(query->channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t count = 0;

	for (unsigned int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = (short)((ARES_GETSOCK_READABLE(bits, i) ? POLLIN : 0) |
				       (ARES_GETSOCK_WRITABLE(bits, i) ? POLLOUT : 0));

		if (!events)
			break;
		polled[count++] = (struct pollfd){ .fd = sockets[i], .events = events };
	}
	if (count && poll(polled, count, 0) < 0)
		count = 0;
	for (nfds_t i = 0; i < count; i++) {
		short came = polled[i].revents;

		if (came)
			ares_process_fd(query->channel,
					came & ~POLLOUT ? polled[i].fd : ARES_SOCKET_BAD,
					came & POLLOUT ? polled[i].fd : ARES_SOCKET_BAD);
	}
	/* Time-outs. */
	ares_process_fd(query->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

bool name_query_turn(struct name_query *query, struct name_answer *answer)
{
	process(query);
	if (!query->halves[FAMILY_IPV4].ended || !query->halves[FAMILY_IPV6].ended)
		return false;
	finish(query, answer);
	return true;
}

void name_query_expire(struct name_query *query, struct name_answer *answer)
{
	finish(query, answer);
}

void name_query_free(struct name_query *query)
{
	if (!query)
		return;
	if (query->channel)
		ares_destroy(query->channel);
	free(query);
}
