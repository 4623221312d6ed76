// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/peers.h"

#include <stdlib.h>
#include <string.h>

/* A host that answered this long ago is believed to be up. */
#define ANSWERED_NS (60 * 1000 * 1000 * 1000ull)

/* An accept queue that is full now was being filled this long before. */
#define UNANSWERED_NS (10 * 1000 * 1000 * 1000ull)

/* Requests given up earlier than this say nothing of the backend. */
#define PATIENCE_NS (500 * 1000 * 1000ull)

/* The state of a neighbour is asked for when an attempt at it fails, and changes within seconds. */
#define NEIGHBOUR_NS (10 * 1000 * 1000 * 1000ull)

#define UNANSWERED_RING 16

/* Without memory an entry is just not added. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Short chains: each entry on the way to the one that is meant is another miss of the cache. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 5U

#include "user/lib/endpoint.h"

/* A host (port 0), or a port of it. */
struct peer {
	UT_hash_handle hh; /* beside its key: both are read when another one is looked for */
	struct event_address address;
	uint64_t answered_ns; /* a segment of it arrived */
	uint64_t connected_ns; /* a connection came about, no earlier than this */
	uint64_t unanswered_ns[UNANSWERED_RING]; /* latest connections that got no answer */
	unsigned int unanswered;
	uint64_t neighbour_ns; /* when its state was read */
	uint16_t neighbour_state;
	uint8_t ttl;
	bool tls;
	bool answered;
};

struct peers {
	struct peer *table;
};

struct peers *peers_new(void)
{
	return calloc(1, sizeof(struct peers));
}

void peers_free(struct peers *peers)
{
	struct peer *peer, *next;

	if (!peers)
		return;
	HASH_ITER(hh, peers->table, peer, next) {
		HASH_DEL(peers->table, peer);
		free(peer);
	}
	free(peers);
}

/* Bytes that say nothing are zero, so that keys compare. */
static void make_key(const struct event_address *address, uint16_t port, struct event_address *key)
{
	memset(key, 0, sizeof(*key));
	memcpy(key->bytes, address->bytes, address->family == 4 ? 4 : sizeof(key->bytes));
	key->family = address->family;
	key->port = port;
}

static struct peer *find(struct peers *peers, const struct event_address *address, uint16_t port)
{
	struct event_address key;
	struct peer *peer;

	make_key(address, port, &key);
	HASH_FIND(hh, peers->table, &key, sizeof(key), peer);
	return peer;
}

static struct peer *find_or_add(struct peers *peers, const struct event_address *address,
				uint16_t port)
{
	struct peer *peer, *oldest;

	if (!address->family)
		return NULL;
	peer = find(peers, address, port);
	if (peer)
		return peer;
	if (HASH_COUNT(peers->table) >= PEERS_MAX) {
		oldest = peers->table;
		HASH_DEL(peers->table, oldest);
		free(oldest);
	}
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return NULL;
	make_key(address, port, &peer->address);
	HASH_ADD(hh, peers->table, address, sizeof(peer->address), peer);
	if (!peer->hh.tbl) {
		free(peer);
		return NULL;
	}
	return peer;
}

static uint64_t later(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

/* The backend took the request, or its kernel did, and said nothing for a good while. */
static bool is_unanswered(const struct event_attempt *attempt)
{
	bool acked = attempt->bytes_sent && attempt->bytes_acked + 1 >= attempt->bytes_sent;

	if (!acked && !(attempt->header.flags & ATTEMPT_DUPLICATE_SYNACK))
		return false;
	return (attempt->header.flags & ATTEMPT_EXCHANGE_OPEN) &&
	       !(attempt->header.flags & (ATTEMPT_FIN_RECEIVED | ATTEMPT_RESET_RECEIVED)) &&
	       attempt->established_ns && !attempt->bytes_received &&
	       attempt->header.time_ns >= attempt->request_ns + PATIENCE_NS;
}

static void note_host(struct peers *peers, const struct event_attempt *attempt)
{
	uint64_t answered = later(later(attempt->established_ns, attempt->response_ns),
				  later(attempt->reset_received_ns, attempt->fin_received_ns));
	struct peer *host;

	if (!answered && !attempt->ttl)
		return;
	host = find_or_add(peers, &attempt->remote, 0);
	if (!host)
		return;
	host->answered_ns = later(host->answered_ns, answered);
	if (attempt->ttl)
		host->ttl = attempt->ttl;
}

void peers_note_attempt(struct peers *peers, const struct event_attempt *attempt)
{
	bool tls = attempt->received.kind == PAYLOAD_TLS ||
		   attempt->received.kind == PAYLOAD_TLS_ALERT;
	struct peer *port;

	note_host(peers, attempt);
	if (!attempt->established_ns && !tls)
		return;
	port = find_or_add(peers, &attempt->remote, attempt->remote.port);
	if (!port)
		return;
	port->connected_ns = later(port->connected_ns, attempt->established_ns);
	if (tls)
		port->tls = true;
	if (attempt->header.flags & ATTEMPT_ANSWERED)
		port->answered = true;
	if (is_unanswered(attempt))
		port->unanswered_ns[port->unanswered++ % UNANSWERED_RING] = attempt->header.time_ns;
}

void peers_note_neighbour(struct peers *peers, const struct event_neighbour *neighbour)
{
	struct peer *host = find_or_add(peers, &neighbour->address, 0);

	if (!host)
		return;
	host->neighbour_ns = neighbour->header.time_ns;
	host->neighbour_state = neighbour->nud_state;
}

void peers_note_connected(struct peers *peers, const struct event_address *address,
			  uint64_t since_ns)
{
	struct peer *port = find_or_add(peers, address, address->port);

	if (port)
		port->connected_ns = later(port->connected_ns, since_ns);
}

void peers_note_answered(struct peers *peers, const struct event_address *address)
{
	struct peer *port = find_or_add(peers, address, address->port);

	if (port)
		port->answered = true;
}

/* Whether the other family's loopback address took a connection to this port lately. */
static bool other_loopback_connected(struct peers *peers, const struct event_attempt *attempt)
{
	static const struct event_address loopback4 = { .family = 4, .bytes = { 127, 0, 0, 1 } };
	static const struct event_address loopback6 = { .family = 6, .bytes = { [15] = 1 } };
	const struct event_address *remote = &attempt->remote;
	const struct peer *port = NULL;

	if (endpoint_same_host(remote, &loopback6))
		port = find(peers, &loopback4, remote->port);
	else if (endpoint_same_host(remote, &loopback4))
		port = find(peers, &loopback6, remote->port);
	return port && port->connected_ns &&
	       port->connected_ns + ANSWERED_NS >= attempt->header.time_ns;
}

static uint64_t count_unanswered(const struct peer *port, uint64_t now_ns)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < UNANSWERED_RING; i++) {
		if (port->unanswered_ns[i] && port->unanswered_ns[i] + UNANSWERED_NS >= now_ns)
			count++;
	}
	return count;
}

void peers_fill_context(struct peers *peers, const struct event_attempt *attempt,
			struct outcome_context *context)
{
	const struct peer *host = find(peers, &attempt->remote, 0);
	const struct peer *port = find(peers, &attempt->remote, attempt->remote.port);

	context->other_loopback_connected = other_loopback_connected(peers, attempt);
	if (host) {
		context->host_answered_recently =
			host->answered_ns &&
			host->answered_ns + ANSWERED_NS >= attempt->header.time_ns;
		context->usual_ttl = host->ttl;
		if (host->neighbour_ns + NEIGHBOUR_NS >= attempt->header.time_ns)
			context->neighbour_state = host->neighbour_state;
	}
	if (port) {
		/* Before this attempt began, the port may have been in good health. */
		context->port_connected_recently =
			port->connected_ns && port->connected_ns >= attempt->started_ns;
		context->tls_seen = port->tls;
		context->port_answered = port->answered;
		context->recent_unanswered = count_unanswered(port, attempt->header.time_ns);
	}
}
