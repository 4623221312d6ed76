// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/inventory/neighbour.h"
#include "user/inventory/netlink.h"
#include "user/inventory/state.h"
#include "user/lib/clock.h"

struct wanted {
	const struct event_address *address;
	uint32_t netns;
	record_sink sink;
	void *context;
};

static size_t address_bytes(const struct event_address *address)
{
	return address->family == 4 ? 4 : 16;
}

static bool has_address(const struct ndmsg *entry, int attribute_bytes,
			const struct event_address *address)
{
	const struct rtattr *attribute =
		(const void *)((const char *)entry + NLMSG_ALIGN(sizeof(*entry)));

	for (; RTA_OK(attribute, attribute_bytes); attribute = RTA_NEXT(attribute, attribute_bytes))
		if (attribute->rta_type == NDA_DST)
			return RTA_PAYLOAD(attribute) == address_bytes(address) &&
			       !memcmp(RTA_DATA(attribute), address->bytes, address_bytes(address));
	return false;
}

static int take_neighbour(const struct nlmsghdr *message, void *context)
{
	const struct ndmsg *entry = NLMSG_DATA(message);
	struct wanted *wanted = context;
	struct event_neighbour record;

	if (NLMSG_PAYLOAD(message, 0) < sizeof(*entry) ||
	    !has_address(entry, (int)NLMSG_PAYLOAD(message, sizeof(*entry)), wanted->address))
		return 0;

	memset(&record, 0, sizeof(record));
	record.header.type = EVENT_NEIGHBOUR;
	record.header.size_bytes = sizeof(record);
	record.header.time_ns = clock_now_ns();
	record.address = *wanted->address;
	record.netns = wanted->netns;
	record.nud_state = entry->ndm_state;
	return wanted->sink(wanted->context, &record.header);
}

int neighbour_look_up(int proc, uint32_t tgid, uint32_t netns, const struct event_address *address,
		      record_sink sink, void *context)
{
	struct wanted wanted = { address, netns, sink, context };
	struct {
		struct nlmsghdr header;
		struct ndmsg what;
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = RTM_GETNEIGH,
		.what.ndm_family = address->family == 4 ? AF_INET : AF_INET6,
	};
	int fd, err;

	fd = netlink_open(proc, tgid, netns, NETLINK_ROUTE);
	if (fd < 0)
		return fd;
	err = netlink_dump(fd, &request.header, take_neighbour, &wanted);
	close(fd);
	return err;
}

int inventory_neighbour(struct inventory *inventory, const struct event_address *address,
			record_sink sink, void *context)
{
	uint32_t wanted = inventory->options.netns, own = 0;
	const struct network *network;
	int err = 0;

	if (address->family != 4 && address->family != 6)
		return 0;
	if (inventory->self && !process_netns(inventory->proc, inventory->self, &own) &&
	    (!wanted || wanted == own))
		err = neighbour_look_up(inventory->proc, inventory->self, own, address, sink,
					context);
	for (network = inventory->networks; network && !err; network = network->hh.next) {
		if (network->inode == own || network->group_look != inventory->look)
			continue;
		err = neighbour_look_up(inventory->proc, network->tgid, network->inode, address,
					sink, context);
		/* went since the last look */
		if (err == -ENOENT || err == -ESTALE)
			err = 0;
	}
	return err;
}
