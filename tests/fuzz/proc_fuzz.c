// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes in place of what /proc says of a process: in its stat, cmdline, maps, cgroup, limits, its
 * lists of mounts, sockets and addresses. Each of their readers reads them, and when the first byte
 * wants it the whole inventory looks at the process, which calls itself nginx.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/inventory/addresses.h"
#include "user/inventory/config_place.h"
#include "user/inventory/container.h"
#include "user/inventory/state.h"

#define TGID 4242u
#define INPUT_MOST 65536
#define CHECK(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* The readers' buffers are large; more freed ones than a run's would only be pages to be made anew. */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8:thread_local_quarantine_size_kb=256:malloc_context_size=8";
}

/* All of them are links to one file. It and the other that changes are of memory: a file system on a
 * disk would make each run wait for it. */
static const char *const names[] = {
	"4242/maps",	     "4242/cgroup",	  "4242/mountinfo",    "4242/limits",
	"4242/cmdline",	     "4242/environ",	  "4242/net/tcp",      "4242/net/tcp6",
	"4242/net/netstat",  "4242/net/fib_trie", "4242/net/if_inet6", "pressure/cpu",
	"self/net/sockstat",
};
static const char stat_line[] =
	"4242 (nginx) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0\n";

static char tree[] = "/tmp/lbtrace-fuzz-XXXXXX";
static int proc = -1, input = -1, process_stat = -1;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void remove_tree(void)
{
	if (nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		perror(tree);
}

/* A file of memory, and what a link to it says. */
static int make_file(const char *name, char *target, size_t bytes)
{
	int file = memfd_create(name, MFD_CLOEXEC);

	CHECK(file >= 0);
	snprintf(target, bytes, "/proc/self/fd/%d", file);
	return file;
}

static void make_tree(void)
{
	static const char *const directories[] = { "4242",	"4242/net", "4242/ns", "4242/fd",
						   "4242/task", "pressure", "self",    "self/net" };
	char target[64];

	CHECK(mkdtemp(tree));
	atexit(remove_tree);
	proc = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(proc >= 0);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		CHECK(!mkdirat(proc, directories[i], 0700));
	process_stat = make_file("stat", target, sizeof(target));
	CHECK(!symlinkat(target, proc, "4242/stat"));
	input = make_file("input", target, sizeof(target));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(!symlinkat(target, proc, names[i]));
	CHECK(!symlinkat(target, proc, "4242/ns/net"));
	CHECK(!symlinkat("/usr/sbin/nginx", proc, "4242/exe"));
	CHECK(!symlinkat(tree, proc, "4242/root"));
	CHECK(!symlinkat("/", proc, "4242/cwd"));
	CHECK(!symlinkat("socket:[7]", proc, "4242/fd/3"));
}

static void fill(int file, const void *bytes, size_t size)
{
	CHECK(!ftruncate(file, 0) && pwrite(file, bytes, size, 0) == (ssize_t)size);
}

static void parse_texts(const char *text, size_t size)
{
	char line[512];
	struct sockets_entry entry;
	struct process_stat stat;
	struct container_place place;

	if (!process_parse_stat(text, size, &stat))
		CHECK(stat.tgid && memchr(stat.comm, '\0', sizeof(stat.comm)));
	process_parse_tgid(text);
	sockets_parse_link(text);
	snprintf(line, sizeof(line), "%s", text);
	if (!sockets_parse_line(line, &entry))
		CHECK(entry.local.family == 4 || entry.local.family == 6);
	if (container_parse_cgroup(text, &place))
		CHECK(memchr(place.id, '\0', sizeof(place.id)));
	if (container_parse_mounts(text, &place))
		CHECK(memchr(place.id, '\0', sizeof(place.id)));
}

static void read_files(void)
{
	const struct event_address ipv4 = { .family = 4, .bytes = { 10, 0, 0, 1 } };
	const struct event_address ipv6 = { .family = 6, .bytes = { 0xfd, 0x77 } };
	struct sockets_table table = { 0 };
	struct event_container container = { 0 };
	struct place place;

	addresses_has(proc, TGID, &ipv4);
	addresses_has(proc, TGID, &ipv6);
	addresses_counter(proc, TGID, "ListenOverflows");
	if (!sockets_read(proc, TGID, SOCKETS_OPEN | 1u << SOCKETS_LISTEN, &table))
		for (uint32_t i = 1; i < table.count; i++)
			CHECK(table.entries[i - 1].inode <= table.entries[i].inode);
	sockets_table_free(&table);
	container_find(proc, TGID, NULL, &container);
	place_find(proc, TGID, BALANCER_HAPROXY, &place);
	CHECK(place.file_count <= CONFIG_PLACE_FILES);
	place_clear(&place);
}

static int take(void *context, const struct event_header *record)
{
	(void)context;
	CHECK(record_check(record, record->size_bytes) >= 0);
	return 0;
}

static int follow(void *context, const struct event_owner *owner)
{
	(void)context;
	CHECK(owner->tgid == TGID);
	return 0;
}

static void forget(void *context, uint32_t tgid)
{
	(void)context;
	CHECK(tgid == TGID);
}

static void look(void)
{
	const struct inventory_options options = { 0 };
	const struct inventory_callbacks callbacks = { .follow = follow,
						       .forget = forget,
						       .sink = take };
	struct inventory *inventory;
	char path[256];

	CHECK(!inventory_new_at(tree, &options, &inventory));
	inventory->host_root = NULL;
	for (int round = 0; round < 2; round++)
		CHECK(inventory_look(inventory, &callbacks) >= 0);
	inventory_tls_library(inventory, TGID, path, sizeof(path));
	inventory_free(inventory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size || size > INPUT_MOST)
		return 0;
	if (proc < 0)
		make_tree();
	text = malloc(size);
	CHECK(text);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	parse_texts(text, size - 1);
	fill(input, text, size - 1);
	if (data[0] & 1)
		fill(process_stat, text, size - 1);
	else
		fill(process_stat, stat_line, sizeof(stat_line) - 1);
	read_files();
	if (data[0] & 2)
		look();
	free(text);
	return 0;
}
