// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/local_ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/table.h"

#define TURN_NS (CLOCK_NS_PER_SECOND / 50)

/* Of a load balancer (then `address` is its group alone), or of a backend. */
struct port_key {
	struct event_address address;
	uint32_t netns;
	uint32_t group;
};

struct local_port {
	struct port_key key;
	uint32_t netns; /* of a load balancer */
	struct local_port *next; /* waiting */
	UT_hash_handle hh;
};

struct answer {
	record_sink sink;
	void *context;
	int err;
};

static struct local_port *find(struct local_ports *ports, const struct port_key *key)
{
	struct local_port *port;

	HASH_FIND(hh, ports->known, key, sizeof(*key), port);
	return port;
}

/* NULL and *err -ENOMEM; NULL and *err 0 when there is no room. */
static struct local_port *add(struct local_ports *ports, const struct port_key *key, int *err)
{
	struct local_port *port;

	*err = 0;
	if (ports->count >= LOCAL_PORTS_MAX)
		return NULL;
	port = calloc(1, sizeof(*port));
	if (!port) {
		*err = -ENOMEM;
		return NULL;
	}
	port->key = *key;
	HASH_ADD(hh, ports->known, key, sizeof(port->key), port);
	ports->count++;
	return port;
}

/* Which namespace a load balancer's later records are about. */
static int note_netns(struct local_ports *ports, uint32_t group, uint32_t netns)
{
	const struct port_key key = { .group = group };
	struct local_port *balancer = find(ports, &key);
	int err = 0;

	if (!balancer)
		balancer = add(ports, &key, &err);
	if (balancer)
		balancer->netns = netns;
	return err;
}

static int note_address(struct local_ports *ports, const struct event_address *address,
			uint32_t netns)
{
	struct port_key key = { .netns = netns };
	struct local_port *port;
	int err;

	if ((address->family != 4 && address->family != 6) || !address->port)
		return 0;
	memcpy(key.address.bytes, address->bytes, address->family == 4 ? 4 : 16);
	key.address.port = address->port;
	key.address.family = address->family;
	if (find(ports, &key))
		return 0;
	port = add(ports, &key, &err);
	if (!port)
		return err;
	if (ports->last)
		ports->last->next = port;
	else
		ports->waiting = port;
	ports->last = port;
	return 0;
}

int local_ports_note(struct local_ports *ports, const struct event_header *record)
{
	const union event *event = (const union event *)record;
	struct port_key key = { 0 };
	const struct local_port *balancer;
	int err;

	if (record->type == EVENT_BACKEND) {
		err = note_netns(ports, event->backend.owner.group, event->backend.netns);
		return err ? err
			   : note_address(ports, &event->backend.address, event->backend.netns);
	}
	if (record->type != EVENT_BACKEND_ADDRESS || record->flags & BACKEND_ADDRESS_GONE)
		return 0;
	key.group = event->backend_address.owner.group;
	balancer = find(ports, &key);
	return balancer ? note_address(ports, &event->backend_address.address, balancer->netns) : 0;
}

static int on_answer(void *context, const struct event_header *record)
{
	struct answer *answer = context;

	answer->err = answer->sink(answer->context, record);
	return answer->err;
}

int local_ports_ask(struct local_ports *ports, struct inventory *inventory, record_sink sink,
		    void *context)
{
	struct answer answer = { .sink = sink, .context = context };
	uint64_t until_ns = clock_now_ns() + TURN_NS;

	while (ports->waiting && !answer.err && clock_now_ns() < until_ns) {
		struct local_port *port = ports->waiting;

		ports->waiting = port->next;
		if (!ports->waiting)
			ports->last = NULL;
		inventory_host_port(inventory, &port->key.address, port->key.netns, on_answer,
				    &answer);
	}
	return answer.err;
}

void local_ports_clear(struct local_ports *ports)
{
	struct local_port *port;
	struct local_port *next;

	HASH_ITER(hh, ports->known, port, next) {
		HASH_DEL(ports->known, port);
		free(port);
	}
	*ports = (struct local_ports){ 0 };
}
