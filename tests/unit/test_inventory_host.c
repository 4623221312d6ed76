// SPDX-License-Identifier: GPL-2.0-only
/* Against this host's kernel: its own sockets, and those of a child in a network namespace. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "user/inventory/netlink.h"
#include "user/inventory/state.h"
#include "user/lib/endpoint.h"

#define BACKLOG 33
#define NEIGHBOUR "10.11.12.13"
#define DEVICE "lbtest0"
#define WAIT_MS 10000

/* A listener on loopback. Its descriptor, or -1; its port. */
static int make_listener(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, BACKLOG) || getsockname(fd, (struct sockaddr *)&address, &length))
		return -1;
	*port = ntohs(address.sin_port);
	return fd;
}

static bool bring_up(const char *device)
{
	struct ifreq request = { .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up;

	strcpy(request.ifr_name, device);
	up = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &request);
	if (fd >= 0)
		close(fd);
	return up;
}

/* Whether the kernel does what it is asked. */
static bool ask_kernel(struct nlmsghdr *request, size_t bytes, uint16_t type)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr verdict;
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool done;

	request->nlmsg_len = (uint32_t)bytes;
	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
	done = fd >= 0 && send(fd, request, bytes, 0) == (ssize_t)bytes &&
	       recv(fd, &answer, sizeof(answer), 0) == (ssize_t)sizeof(answer) &&
	       answer.header.nlmsg_type == NLMSG_ERROR && !answer.verdict.error;
	if (fd >= 0)
		close(fd);
	return done;
}

/* Loopback and point-to-point devices have no neighbours. */
static bool add_device(void)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr name_is;
		char name[sizeof(DEVICE)];
		struct rtattr info_is, kind_is;
		char kind[4];
	} request = {
		.name_is = { RTA_LENGTH(sizeof(request.name)), IFLA_IFNAME },
		.name = DEVICE,
		.info_is = { RTA_LENGTH(RTA_LENGTH(sizeof(request.kind))), IFLA_LINKINFO },
		.kind_is = { RTA_LENGTH(sizeof(request.kind)), IFLA_INFO_KIND },
		.kind = { 'v', 'e', 't', 'h' },
	};

	_Static_assert(sizeof(request.name) % RTA_ALIGNTO == 0, "an attribute needs padding");
	return ask_kernel(&request.header, sizeof(request), RTM_NEWLINK) && bring_up(DEVICE);
}

static bool add_neighbour(void)
{
	struct {
		struct nlmsghdr header;
		struct ndmsg entry;
		struct rtattr address_is;
		in_addr_t address;
		struct rtattr link_address_is;
		uint8_t link_address[6];
	} request = {
		.entry.ndm_family = AF_INET,
		.entry.ndm_ifindex = (int)if_nametoindex(DEVICE),
		.entry.ndm_state = NUD_PERMANENT,
		.address_is = { RTA_LENGTH(sizeof(request.address)), NDA_DST },
		.address = inet_addr(NEIGHBOUR),
		.link_address_is = { RTA_LENGTH(sizeof(request.link_address)), NDA_LLADDR },
		.link_address = { 2, 0, 0, 0, 0, 1 },
	};

	return ask_kernel(&request.header, sizeof(request), RTM_NEWNEIGH);
}

/* A child that listens, in a namespace of its own or not. */
struct child {
	pid_t pid;
	uint16_t port; /* 0: it could not be set up */
	int hold; /* closed: the child ends */
};

static void live(bool apart, int hold, int tell)
{
	uint16_t port = 0;
	char end;

	if (!apart || (!unshare(CLONE_NEWNET) && bring_up("lo") && add_device() && add_neighbour()))
		if (make_listener(&port) < 0)
			port = 0;
	if (write(tell, &port, sizeof(port)) == sizeof(port))
		while (read(hold, &end, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

static void start_child(struct child *child, bool apart)
{
	struct pollfd waiting = { .events = POLLIN };
	int hold[2], tell[2];

	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (!child->pid) {
		close(hold[1]);
		live(apart, hold[0], tell[1]);
	}
	close(hold[0]);
	close(tell[1]);
	child->hold = hold[1];
	waiting.fd = tell[0];
	assert_int_equal(poll(&waiting, 1, WAIT_MS), 1);
	assert_int_equal(read(tell[0], &child->port, sizeof(child->port)), sizeof(child->port));
	close(tell[0]);
}

static void end_child(struct child *child)
{
	close(child->hold);
	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static void start_apart_or_skip(struct child *child)
{
	start_child(child, true);
	if (child->port)
		return;
	end_child(child);
	assert_int_not_equal(geteuid(), 0);
	skip();
}

static uint32_t own_netns(void)
{
	struct stat status;

	assert_int_equal(stat("/proc/self/ns/net", &status), 0);
	return (uint32_t)status.st_ino;
}

static int open_proc(void)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(proc >= 0);
	return proc;
}

static void a_namespace_is_named_in_three_ways(void **state)
{
	char text[32];
	uint32_t inode = 0;

	(void)state;
	snprintf(text, sizeof(text), "%d", getpid());
	assert_int_equal(inventory_netns(text, &inode), 0);
	assert_int_equal(inode, own_netns());
	inode = 0;
	assert_int_equal(inventory_netns("/proc/self/ns/net", &inode), 0);
	assert_int_equal(inode, own_netns());
}

static void what_is_no_network_namespace_is_refused(void **state)
{
	uint32_t inode = 7;

	(void)state;
	assert_int_equal(inventory_netns("", &inode), -EINVAL);
	assert_int_equal(inventory_netns("/proc/self/ns/uts", &inode), -EINVAL);
	assert_int_equal(inventory_netns("/proc/self/stat", &inode), -EINVAL);
	assert_int_equal(inventory_netns("/", &inode), -EINVAL);
	assert_int_equal(inventory_netns("no-such-name", &inode), -ENOENT);
	assert_int_equal(inventory_netns("/no/such/path", &inode), -ENOENT);
	assert_int_equal(inventory_netns("2147483647", &inode), -ENOENT);
	assert_int_equal(inode, 7);
}

static const struct sockets_entry *find_port(const struct sockets_table *table, uint16_t port)
{
	uint32_t i;

	for (i = 0; i < table->count; i++)
		if (table->entries[i].local.port == port)
			return &table->entries[i];
	return NULL;
}

static void both_sources_tell_the_same_of_a_listener(void **state)
{
	struct sockets_table diag = { 0 }, text = { 0 };
	const struct sockets_entry *left, *right;
	int proc = open_proc(), fd;
	uint16_t port = 0;

	(void)state;
	fd = make_listener(&port);
	assert_true(fd >= 0);
	assert_int_equal(netlink_read_sockets(proc, (uint32_t)getpid(), own_netns(),
					      1u << SOCKETS_LISTEN, &diag),
			 0);
	assert_int_equal(sockets_read(proc, (uint32_t)getpid(), 1u << SOCKETS_LISTEN, &text), 0);
	left = find_port(&diag, port);
	right = find_port(&text, port);
	assert_non_null(left);
	assert_non_null(right);
	assert_int_equal(left->backlog_max, BACKLOG);
	assert_int_equal(left->inode, right->inode);
	assert_true(endpoint_equal(&left->local, &right->local));
	sockets_table_free(&diag);
	sockets_table_free(&text);
	close(fd);
	close(proc);
}

static void another_namespace_is_entered_and_left(void **state)
{
	uint32_t before = own_netns(), there = 0;
	struct sockets_table table = { 0 };
	int proc = open_proc();
	struct child child;

	(void)state;
	start_apart_or_skip(&child);
	assert_int_equal(process_netns(proc, (uint32_t)child.pid, &there), 0);
	assert_int_not_equal(there, before);
	assert_int_equal(netlink_read_sockets(proc, (uint32_t)child.pid, there,
					      1u << SOCKETS_LISTEN, &table),
			 0);
	assert_int_equal(table.count, 1);
	assert_int_equal(table.entries[0].local.port, child.port);
	assert_int_equal(own_netns(), before);
	/* its pid now names another namespace than the one meant */
	assert_int_equal(netlink_read_sockets(proc, (uint32_t)child.pid, there + 1,
					      1u << SOCKETS_LISTEN, &table),
			 -ESTALE);
	assert_int_equal(own_netns(), before);
	sockets_table_free(&table);
	end_child(&child);
	close(proc);
}

struct seen {
	int follows, balancers, listeners, neighbours;
	struct event_listener listener;
	struct event_neighbour neighbour;
};

static int on_follow(void *context, const struct event_owner *owner)
{
	struct seen *seen = context;

	(void)owner;
	seen->follows++;
	return 0;
}

static void on_forget(void *context, uint32_t tgid)
{
	(void)context;
	(void)tgid;
}

static int on_record(void *context, const struct event_header *record)
{
	const union event *event = (const void *)record;
	struct seen *seen = context;

	assert_int_equal(record_check(record, record->size_bytes), record->size_bytes);
	if (record->type == EVENT_LOAD_BALANCER) {
		seen->balancers++;
	} else if (record->type == EVENT_LISTENER) {
		seen->listeners++;
		seen->listener = event->listener;
	} else if (record->type == EVENT_NEIGHBOUR) {
		seen->neighbours++;
		seen->neighbour = event->neighbour;
	}
	return 0;
}

static void look_at(struct inventory *inventory, struct seen *seen)
{
	const struct inventory_callbacks callbacks = { on_follow, on_forget, on_record, seen };

	assert_int_equal(inventory_look(inventory, &callbacks), 1);
}

static void a_process_is_found_by_its_pid(void **state)
{
	struct inventory_options options = { .pid_count = 1 };
	struct inventory *inventory;
	struct seen seen = { 0 };
	struct child child;

	(void)state;
	start_child(&child, false);
	assert_int_not_equal(child.port, 0);
	options.pids[0] = (uint32_t)child.pid;
	assert_int_equal(inventory_new(&options, &inventory), 0);
	look_at(inventory, &seen);
	assert_int_equal(seen.follows, 1);
	assert_int_equal(seen.balancers, 1);
	assert_int_equal(seen.listeners, 1);
	assert_int_equal(seen.listener.address.port, child.port);
	assert_int_equal(seen.listener.backlog_max, BACKLOG);
	inventory_free(inventory);
	end_child(&child);
}

static void neighbours_are_those_of_its_namespace(void **state)
{
	struct inventory_options options = { .pid_count = 1 };
	struct event_address address;
	struct inventory *inventory;
	struct seen seen = { 0 };
	struct child child;

	(void)state;
	start_apart_or_skip(&child);
	options.pids[0] = (uint32_t)child.pid;
	assert_int_equal(inventory_new(&options, &inventory), 0);
	look_at(inventory, &seen);
	assert_int_equal(endpoint_parse(NEIGHBOUR ":80", &address), 0);
	assert_int_equal(inventory_neighbour(inventory, &address, on_record, &seen), 0);
	assert_int_equal(seen.neighbours, 1);
	assert_int_equal(seen.neighbour.netns, seen.listener.netns);
	assert_int_equal(seen.neighbour.nud_state, NUD_PERMANENT);
	assert_true(endpoint_equal(&seen.neighbour.address, &address));

	assert_int_equal(endpoint_parse("10.11.12.14", &address), 0);
	assert_int_equal(inventory_neighbour(inventory, &address, on_record, &seen), 0);
	assert_int_equal(endpoint_parse("[fd00::1]:80", &address), 0);
	assert_int_equal(inventory_neighbour(inventory, &address, on_record, &seen), 0);
	memset(&address, 0, sizeof(address));
	assert_int_equal(inventory_neighbour(inventory, &address, on_record, &seen), 0);
	assert_int_equal(seen.neighbours, 1);
	inventory_free(inventory);
	end_child(&child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_namespace_is_named_in_three_ways),
		cmocka_unit_test(what_is_no_network_namespace_is_refused),
		cmocka_unit_test(both_sources_tell_the_same_of_a_listener),
		cmocka_unit_test(another_namespace_is_entered_and_left),
		cmocka_unit_test(a_process_is_found_by_its_pid),
		cmocka_unit_test(neighbours_are_those_of_its_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
