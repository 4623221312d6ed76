// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/balancer_host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "user/lib/clock.h"

struct proc_tree host_tree;
struct host_seen host_seen;
struct inventory *host_inventory;
struct inventory_options host_options;

int host_follow(void *context, const struct event_owner *owner)
{
	(void)context;
	(void)owner;
	return 0;
}

void host_forget(void *context, uint32_t tgid)
{
	(void)context;
	(void)tgid;
}

static int on_record(void *context, const struct event_header *record)
{
	const union event *event = (const void *)record;

	(void)context;
	assert_int_equal(record_check(record, record->size_bytes), record->size_bytes);
	assert_true(record->time_ns > 0);
	if (record->type == EVENT_CONFIG) {
		assert_true(host_seen.config_count < HOST_SEEN_MAX);
		host_seen.configs[host_seen.config_count++] = event->config;
	} else if (record->type == EVENT_BACKEND) {
		assert_true(host_seen.backend_count < HOST_SEEN_MAX);
		host_seen.backends[host_seen.backend_count++] = event->backend;
	} else if (record->type == EVENT_BACKEND_ADDRESS) {
		assert_true(host_seen.address_count < HOST_SEEN_MAX);
		host_seen.addresses[host_seen.address_count++] = event->backend_address;
	}
	return host_seen.sink_error;
}

const struct inventory_callbacks host_callbacks = { host_follow, host_forget, on_record, NULL };

int host_look(void)
{
	int sink_error = host_seen.sink_error;
	struct group *group;

	memset(&host_seen, 0, sizeof(host_seen));
	host_seen.sink_error = sink_error;
	if (!host_inventory)
		assert_int_equal(inventory_new_at(host_tree.path, &host_options, &host_inventory),
				 0);
	/* looks here come faster than once a second: no rest between them */
	for (group = host_inventory->groups; group; group = group->hh.next)
		group->scan_next_ns = 0;
	return inventory_look(host_inventory, &host_callbacks);
}

int host_set_up(void **state)
{
	(void)state;
	proc_tree_make(&host_tree);
	proc_tree_add(&host_tree, 1, 0, 1, "systemd", "/usr/lib/systemd/systemd");
	memset(&host_seen, 0, sizeof(host_seen));
	memset(&host_options, 0, sizeof(host_options));
	host_options.no_resolve = true;
	host_inventory = NULL;
	return 0;
}

int host_tear_down(void **state)
{
	(void)state;
	inventory_free(host_inventory);
	proc_tree_remove(&host_tree);
	return 0;
}

static uint64_t ticks_of(uint64_t boot_ns)
{
	return boot_ns / (CLOCK_NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t host_ticks_now(void)
{
	return ticks_of(clock_now_ns());
}

uint64_t host_seconds_ago(uint64_t seconds)
{
	return ticks_of(clock_now_ns() - seconds * CLOCK_NS_PER_SECOND);
}

void host_write_file(const char *path, const char *text)
{
	char name[128];

	snprintf(name, sizeof(name), "rootfs%s", path);
	proc_tree_write_text(&host_tree, HOST_MASTER, name, text);
}

/* Gives a file a time of change that lies `seconds` back. */
void host_set_age(const char *path, long seconds)
{
	struct timespec times[2];
	char name[128];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	snprintf(name, sizeof(name), "%u/rootfs%s", HOST_MASTER, path);
	assert_int_equal(utimensat(host_tree.fd, name, times, 0), 0);
}

void host_add_process(uint32_t tgid, uint32_t parent, uint64_t start, const char *comm,
		      const char *cmdline, size_t length)
{
	char path[128];

	snprintf(path, sizeof(path), "/usr/sbin/%s", comm);
	proc_tree_add(&host_tree, tgid, parent, start, comm, path);
	proc_tree_write(&host_tree, tgid, "cmdline", cmdline, length);
	snprintf(path, sizeof(path), "%s/%u/rootfs", host_tree.path, HOST_MASTER);
	proc_tree_link(&host_tree, tgid, "root", path);
}

/* Listens, so that it is given with the first look. */
void host_add_nginx(uint64_t start)
{
	static const char master[] = "nginx: master process nginx -c /etc/n.conf";

	host_add_process(HOST_MASTER, 1, start, "nginx", master, sizeof(master));
	proc_tree_tcp(&host_tree, "host", "10.0.0.9:80", "0.0.0.0:0", SOCKETS_LISTEN, 7);
	proc_tree_socket(&host_tree, HOST_MASTER, 7, 7);
}

void host_add_worker(uint32_t tgid, uint64_t start)
{
	static const char worker[] = "nginx: worker process";

	host_add_process(tgid, HOST_MASTER, start, "nginx", worker, sizeof(worker));
}

void host_leave(uint32_t tgid)
{
	proc_tree_write_text(&host_tree, tgid, "cmdline", "nginx: worker process is shutting down");
}

void host_add_haproxy(uint64_t start)
{
	static const char cmdline[] = "haproxy\0-W\0-f\0/etc/h.cfg";

	host_add_process(HOST_MASTER, 1, start, "haproxy", cmdline, sizeof(cmdline));
	proc_tree_tcp(&host_tree, "host", "10.0.0.9:80", "0.0.0.0:0", SOCKETS_LISTEN, 7);
	proc_tree_socket(&host_tree, HOST_MASTER, 7, 7);
}

void host_add_haproxy_worker(uint32_t tgid, uint32_t parent, uint64_t start)
{
	static const char cmdline[] = "haproxy\0-W\0-f\0/etc/h.cfg";

	host_add_process(tgid, parent, start, "haproxy", cmdline, sizeof(cmdline));
}

const struct event_config *host_find_note(uint16_t kind)
{
	int i;

	for (i = 0; i < host_seen.config_count; i++)
		if (host_seen.configs[i].kind == kind)
			return &host_seen.configs[i];
	return NULL;
}

/* Files are looked at again with the next look. */
void host_make_check_due(void)
{
	struct group *group;

	for (group = host_inventory->groups; group; group = group->hh.next)
		if (group->configured)
			group->configured->check_next_ns = 0;
}
