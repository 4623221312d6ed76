// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes for the kernel's replies to what is asked of sockets and neighbours. The input is parts,
 * each after its length (16 bits): a message is a part. The first byte picks the question.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/inventory/neighbour.h"
#include "user/inventory/netlink.h"
#include "user/inventory/process.h"

#define CHECK(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *reply;
static size_t reply_bytes;

/* In front of libc's. */
ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	(void)fd;
	(void)buf;
	(void)flags;
	return (ssize_t)n;
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	size_t length, given;

	(void)fd;
	CHECK(flags == MSG_TRUNC);
	if (reply_bytes < 2) {
		errno = ENOBUFS;
		return -1;
	}
	length = (size_t)reply[0] | (size_t)reply[1] << 8;
	given = length < reply_bytes - 2 ? length : reply_bytes - 2;
	memcpy(buf, reply + 2, given < n ? given : n);
	reply += 2 + given;
	reply_bytes -= 2 + given;
	/* a longer message is cut off, its length told: MSG_TRUNC */
	return (ssize_t)(length <= n ? given : length);
}

static int take(void *context, const struct event_header *record)
{
	(void)context;
	CHECK(record->type == EVENT_NEIGHBOUR && record_check(record, record->size_bytes) >= 0);
	return 0;
}

static void read_sockets(int proc, uint32_t tgid, uint32_t netns)
{
	struct sockets_table table = { 0 };

	netlink_read_sockets(proc, tgid, netns, ~0u, &table);
	for (uint32_t i = 0; i < table.count; i++)
		CHECK(table.entries[i].local.family == 4 || table.entries[i].local.family == 6);
	sockets_table_free(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct event_address neighbour = { .family = 4, .bytes = { 10, 0, 0, 1 } };
	static uint32_t netns;
	static int proc = -1;
	uint32_t tgid = (uint32_t)getpid();

	if (!size)
		return 0;
	if (proc < 0) {
		proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CHECK(proc >= 0 && !process_netns(proc, tgid, &netns));
	}
	reply = data + 1;
	reply_bytes = size - 1;
	if (data[0] & 1)
		read_sockets(proc, tgid, netns);
	else
		neighbour_look_up(proc, tgid, netns, &neighbour, take, NULL);
	return 0;
}
