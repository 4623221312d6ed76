// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/lib/endpoint.h"

#define NAME_BYTES 128

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void proc_tree_make(struct proc_tree *tree)
{
	strcpy(tree->path, "/tmp/lbtrace-proc-XXXXXX");
	assert_non_null(mkdtemp(tree->path));
	tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->fd >= 0);
	assert_int_equal(mkdirat(tree->fd, "namespaces", 0700), 0);
}

void proc_tree_remove(struct proc_tree *tree)
{
	close(tree->fd);
	assert_int_equal(nftw(tree->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* "TGID/name" with its directories made. */
static void prepare(const struct proc_tree *tree, uint32_t tgid, const char *name, char *path)
{
	char *slash;

	snprintf(path, NAME_BYTES, "%u/%s", tgid, name);
	for (slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(tree->fd, path, 0700) < 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
}

void proc_tree_write(const struct proc_tree *tree, uint32_t tgid, const char *name,
		     const void *data, size_t bytes)
{
	char path[NAME_BYTES];
	int fd;

	prepare(tree, tgid, name, path);
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, bytes), bytes);
	close(fd);
}

void proc_tree_write_text(const struct proc_tree *tree, uint32_t tgid, const char *name,
			  const char *text)
{
	proc_tree_write(tree, tgid, name, text, strlen(text));
}

void proc_tree_link(const struct proc_tree *tree, uint32_t tgid, const char *name,
		    const char *target)
{
	char path[NAME_BYTES];

	prepare(tree, tgid, name, path);
	unlinkat(tree->fd, path, 0);
	assert_int_equal(symlinkat(target, tree->fd, path), 0);
}

void proc_tree_socket(const struct proc_tree *tree, uint32_t tgid, int fd, uint64_t inode)
{
	char name[32], target[32];

	snprintf(name, sizeof(name), "fd/%d", fd);
	snprintf(target, sizeof(target), "socket:[%llu]", (unsigned long long)inode);
	proc_tree_link(tree, tgid, name, target);
}

uint32_t proc_tree_netns(const struct proc_tree *tree, uint32_t tgid, const char *name)
{
	char path[NAME_BYTES], home[NAME_BYTES];
	struct stat status;
	int fd;

	snprintf(home, sizeof(home), "namespaces/%s", name);
	fd = openat(tree->fd, home, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	close(fd);
	prepare(tree, tgid, "ns/net", path);
	unlinkat(tree->fd, path, 0);
	assert_int_equal(linkat(tree->fd, home, tree->fd, path, 0), 0);

	snprintf(home, sizeof(home), "../namespaces/%s.d", name);
	proc_tree_link(tree, tgid, "net", home);
	if (mkdirat(tree->fd, home + 3, 0700) == 0)
		proc_tree_tcp_clear(tree, name);
	return (uint32_t)status.st_ino;
}

static void tcp_write(const struct proc_tree *tree, const char *netns, int flags, const char *text)
{
	char path[NAME_BYTES];
	int fd;

	snprintf(path, sizeof(path), "namespaces/%s.d/tcp", netns);
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void proc_tree_tcp_clear(const struct proc_tree *tree, const char *netns)
{
	tcp_write(tree, netns, O_TRUNC,
		  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   "
		  "uid  timeout inode\n");
}

void proc_tree_tcp(const struct proc_tree *tree, const char *netns, const char *local,
		   const char *remote, unsigned int state, uint64_t inode)
{
	struct event_address from, to;
	uint32_t words[2];
	char line[256];

	assert_int_equal(endpoint_parse(local, &from), 0);
	assert_int_equal(endpoint_parse(remote, &to), 0);
	memcpy(&words[0], from.bytes, 4);
	memcpy(&words[1], to.bytes, 4);
	snprintf(line, sizeof(line),
		 "   0: %08X:%04X %08X:%04X %02X 00000000:00000000 00:00000000 00000000     0  "
		 "      0 %llu 1 0000000000000000 100 0 0 10 0\n",
		 words[0], from.port, words[1], to.port, state, (unsigned long long)inode);
	tcp_write(tree, netns, O_APPEND, line);
}

void proc_tree_add(const struct proc_tree *tree, uint32_t tgid, uint32_t parent,
		   uint64_t start_ticks, const char *comm, const char *executable)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%u (%s) S %u 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 %llu 1 2 3\n", tgid, comm,
		 parent, (unsigned long long)start_ticks);
	proc_tree_write_text(tree, tgid, "stat", text);
	proc_tree_link(tree, tgid, "cwd", "/");
	proc_tree_link(tree, tgid, "root", "/nonexistent");
	proc_tree_write_text(tree, tgid, "cmdline", comm);
	proc_tree_link(tree, tgid, "fd/0", "/dev/null");
	if (executable)
		proc_tree_link(tree, tgid, "exe", executable);
	proc_tree_netns(tree, tgid, "host");
}

void proc_tree_kill(const struct proc_tree *tree, uint32_t tgid)
{
	static unsigned int dead;
	char path[NAME_BYTES], grave[NAME_BYTES];

	snprintf(path, sizeof(path), "%u", tgid);
	snprintf(grave, sizeof(grave), "dead-%u", dead++);
	assert_int_equal(renameat(tree->fd, path, tree->fd, grave), 0);
}
