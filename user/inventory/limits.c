// SPDX-License-Identifier: GPL-2.0-only
/* What a load balancer can run out of, besides what the kernel side sees: descriptors, tracked
 * connections, memory of sockets, CPU. Given when near its limit, and once more when no longer. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/inventory/namespace.h"
#include "user/inventory/state.h"
#include "user/lib/clock.h"

#define LIMITS_TEXT_BYTES 2048
/* Parts of a hundred of the limit from which on it is told, and the change that is told again. */
#define LIMITS_NEAR_PERCENT 80
#define LIMITS_CPU_PERCENT 20
#define LIMITS_STEP_PERCENT 2
#define LIMITS_CPU_WHOLE 10000 /* 100 % in 1/100 % */
#define LIMITS_EVERY_LOOKS 2

struct limit_key {
	uint32_t kind; /* enum resource_kind */
	uint32_t id; /* tgid, or inode of a namespace, or 0 */
};

/* Something that was near its limit when it was given last. */
struct watched_limit {
	struct limit_key key;
	uint64_t used;
	UT_hash_handle hh;
};

struct limits {
	struct watched_limit *watched;
	const struct inventory_callbacks *callbacks;
	int err; /* the sink's first, or -ENOMEM */
};

/* uthash's macros count as statements of the function that uses them, and hide from the analyzer what
 * they fill. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-core.*)
static struct watched_limit *find(const struct limits *limits, const struct limit_key *key)
{
	struct watched_limit *watched;

	HASH_FIND(hh, limits->watched, key, sizeof(*key), watched);
	return watched;
}

static void watch(struct limits *limits, const struct limit_key *key, uint64_t used)
{
	struct watched_limit *watched = calloc(1, sizeof(*watched));

	if (!watched) {
		limits->err = -ENOMEM;
		return;
	}
	watched->key = *key;
	watched->used = used;
	HASH_ADD(hh, limits->watched, key, sizeof(watched->key), watched);
}

static void forget(struct limits *limits, struct watched_limit *watched)
{
	HASH_DEL(limits->watched, watched);
	free(watched);
}

void limits_free(struct inventory *inventory)
{
	struct watched_limit *watched, *next;

	if (!inventory->limits)
		return;
	HASH_ITER(hh, inventory->limits->watched, watched, next)
		forget(inventory->limits, watched);
	free(inventory->limits);
	inventory->limits = NULL;
}
// NOLINTEND(readability-function-size,clang-analyzer-core.*)

static bool is_news(const struct watched_limit *watched, const struct event_resource *record,
		    bool near)
{
	uint64_t step = record->limit * LIMITS_STEP_PERCENT / 100, change;

	if (!watched || !near)
		return watched || near;
	change = record->used > watched->used ? record->used - watched->used
					      : watched->used - record->used;
	return change && change >= step;
}

/* `record` has owner, netns, kind, used and limit. */
static void judge(struct limits *limits, uint32_t id, struct event_resource *record)
{
	uint32_t percent = record->kind == RESOURCE_CPU ? LIMITS_CPU_PERCENT : LIMITS_NEAR_PERCENT;
	struct limit_key key = { record->kind, id };
	struct watched_limit *watched = find(limits, &key);
	bool near = record->limit && record->used >= record->limit / 100 * percent;
	int err;

	if (limits->err || !is_news(watched, record, near))
		return;
	if (!near)
		forget(limits, watched);
	else if (watched)
		watched->used = record->used;
	else
		watch(limits, &key, record->used);
	record->header.type = EVENT_RESOURCE;
	record->header.size_bytes = sizeof(*record);
	record->header.time_ns = clock_now_ns();
	err = limits->callbacks->sink(limits->callbacks->context, &record->header);
	if (err)
		limits->err = err;
}

/* A small file below /proc, NUL-terminated. False: it cannot be read. */
static bool read_text(int proc, const char *path, char text[LIMITS_TEXT_BYTES])
{
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t bytes;

	if (fd < 0)
		return false;
	bytes = read(fd, text, LIMITS_TEXT_BYTES - 1);
	close(fd);
	if (bytes <= 0)
		return false;
	text[bytes] = '\0';
	return true;
}

/* The number behind `label`, which begins a word; false: there is none. */
static bool number_after(const char *text, const char *label, uint64_t *number)
{
	const char *found = strstr(text, label);
	unsigned long long value;
	char *end;

	if (!found)
		return false;
	found += strlen(label);
	errno = 0;
	value = strtoull(found, &end, 10);
	if (end == found || errno)
		return false;
	*number = value;
	return true;
}

/* Since Linux 6.2 the size of /proc/PID/fd is the number of descriptors; before it is 0, and nothing
 * is told. */
static void look_at_descriptors(struct inventory *inventory, const struct known_process *process)
{
	struct event_resource record = { .owner = process->owner, .kind = RESOURCE_DESCRIPTORS };
	char path[PROCESS_NAME_BYTES], text[LIMITS_TEXT_BYTES];
	uint64_t limit;
	struct stat status;

	snprintf(path, sizeof(path), "%u/fd", process->tgid);
	if (fstatat(inventory->proc, path, &status, 0) || status.st_size <= 0)
		return;
	snprintf(path, sizeof(path), "%u/limits", process->tgid);
	if (!read_text(inventory->proc, path, text) ||
	    !number_after(text, "Max open files", &limit))
		return;
	record.used = (uint64_t)status.st_size;
	record.limit = limit;
	judge(inventory->limits, process->tgid, &record);
}

struct conntrack_question {
	int proc;
	struct event_resource *record;
};

/* Which namespace's count it is, whoever opens the file decides. */
static int read_conntrack(const void *context)
{
	const struct conntrack_question *question = context;
	char text[LIMITS_TEXT_BYTES];
	uint64_t used, limit;

	if (!read_text(question->proc, "sys/net/netfilter/nf_conntrack_count", text) ||
	    !number_after(text, "", &used) ||
	    !read_text(question->proc, "sys/net/netfilter/nf_conntrack_max", text) ||
	    !number_after(text, "", &limit))
		return -ENOENT;
	question->record->used = used;
	question->record->limit = limit;
	return -EEXIST; /* no descriptor to hand back */
}

static void look_at_conntrack(struct inventory *inventory, const struct network *network)
{
	struct event_resource record = { .netns = network->inode, .kind = RESOURCE_CONNTRACK };
	const struct conntrack_question question = { inventory->proc, &record };

	if (namespace_call(inventory->proc, network->tgid, network->inode, read_conntrack,
			   &question) == -EEXIST)
		judge(inventory->limits, network->inode, &record);
}

/* All TCP sockets of the host share it, whatever their namespace. */
static void look_at_memory(struct inventory *inventory)
{
	struct event_resource record = { .kind = RESOURCE_TCP_MEMORY };
	char text[LIMITS_TEXT_BYTES];
	unsigned long long limit;
	const char *line;
	uint64_t used;

	if (!read_text(inventory->proc, "self/net/sockstat", text))
		return;
	line = strstr(text, "TCP:");
	if (!line || !number_after(line, " mem ", &used))
		return;
	if (!read_text(inventory->proc, "sys/net/ipv4/tcp_mem", text) ||
	    sscanf(text, "%*u %*u %llu", &limit) != 1)
		return;
	record.used = used;
	record.limit = limit;
	judge(inventory->limits, 0, &record);
}

static void look_at_cpu(struct inventory *inventory)
{
	struct event_resource record = { .kind = RESOURCE_CPU, .limit = LIMITS_CPU_WHOLE };
	char text[LIMITS_TEXT_BYTES];
	unsigned int whole, hundredths;

	if (!read_text(inventory->proc, "pressure/cpu", text) ||
	    sscanf(text, "some avg10=%3u.%2u", &whole, &hundredths) != 2)
		return;
	record.used = whole * 100ull + hundredths;
	judge(inventory->limits, 0, &record);
}

static void look_at_all(struct inventory *inventory)
{
	const struct known_process *process;
	const struct network *network;

	for (process = inventory->processes; process; process = process->hh.next) {
		if (process->followed)
			look_at_descriptors(inventory, process);
	}
	for (network = inventory->networks; network; network = network->hh.next) {
		if (network->group_look == inventory->look)
			look_at_conntrack(inventory, network);
	}
	if (!inventory->groups)
		return;
	look_at_memory(inventory);
	look_at_cpu(inventory);
}

int limits_look(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	if (inventory->look % LIMITS_EVERY_LOOKS)
		return 0;
	if (!inventory->limits)
		inventory->limits = calloc(1, sizeof(*inventory->limits));
	if (!inventory->limits)
		return -ENOMEM;
	inventory->limits->callbacks = callbacks;
	inventory->limits->err = 0;
	look_at_all(inventory);
	inventory->limits->callbacks = NULL;
	return inventory->limits->err;
}
