// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/inventory/process.h"

/* include/linux/sched.h; the value is part of /proc/PID/stat's ABI */
#define FLAG_KERNEL_THREAD 0x00200000ull

/* Fields of /proc/PID/stat as proc(5) counts them; 3 is the first after the name. */
enum stat_field {
	STAT_STATE = 3,
	STAT_PARENT = 4,
	STAT_FLAGS = 9,
	STAT_START = 22,
};

static bool parse_number(const char *text, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (text[0] < '0' || text[0] > '9' || (text[0] == '0' && text[1]))
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || value > INT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

uint32_t process_parse_tgid(const char *name)
{
	uint32_t tgid;

	return parse_number(name, &tgid) ? tgid : 0;
}

/* `text` begins with the space before field 3. */
static int parse_fields(const char *text, struct process_stat *stat)
{
	int field;

	for (field = STAT_STATE; field <= STAT_START; field++) {
		unsigned long long number;
		char *end;

		if (text[0] != ' ' || !text[1] || text[1] == ' ')
			return -EBADMSG;
		text++;
		if (field == STAT_STATE) {
			stat->dead = *text == 'Z' || *text == 'X';
			text++;
			continue;
		}
		number = strtoull(text, &end, 10);
		if (end == text)
			return -EBADMSG;
		text = end;
		if (field == STAT_PARENT)
			stat->parent = (uint32_t)number;
		else if (field == STAT_FLAGS)
			stat->kernel = number & FLAG_KERNEL_THREAD;
		else if (field == STAT_START)
			stat->start_ticks = number;
	}
	return 0;
}

int process_parse_stat(const char *text, size_t length, struct process_stat *stat)
{
	char copy[PROCESS_STAT_BYTES];
	char *open, *close;
	size_t comm_bytes;

	memset(stat, 0, sizeof(*stat));
	if (length >= sizeof(copy))
		return -EBADMSG;
	memcpy(copy, text, length);
	copy[length] = '\0';

	open = strchr(copy, '(');
	close = memrchr(copy, ')', length);
	if (!open || !close || close < open || open == copy || open[-1] != ' ')
		return -EBADMSG;
	open[-1] = '\0';
	stat->tgid = process_parse_tgid(copy);
	if (!stat->tgid)
		return -EBADMSG;

	comm_bytes = (size_t)(close - open - 1);
	if (comm_bytes >= sizeof(stat->comm))
		comm_bytes = sizeof(stat->comm) - 1;
	memcpy(stat->comm, open + 1, comm_bytes);
	return parse_fields(close + 1, stat);
}

static void file_name(uint32_t tgid, const char *name, char *text)
{
	snprintf(text, PROCESS_NAME_BYTES, "%u/%s", tgid, name);
}

long process_read_file(int proc, uint32_t tgid, const char *name, char *data, size_t bytes)
{
	char path[PROCESS_NAME_BYTES];
	size_t have = 0;
	long err = 0;
	int fd;

	file_name(tgid, name, path);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (have < bytes) {
		ssize_t got = read(fd, data + have, bytes - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = -errno;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	close(fd);
	return err ? err : (long)have;
}

int process_read_stat(int proc, uint32_t tgid, struct process_stat *stat)
{
	char text[PROCESS_STAT_BYTES];
	long length = process_read_file(proc, tgid, "stat", text, sizeof(text));
	int err;

	if (length < 0)
		return (int)length;
	err = process_parse_stat(text, (size_t)length, stat);
	return !err && stat->tgid != tgid ? -EBADMSG : err;
}

long process_read_link(int proc, uint32_t tgid, const char *name, char *text, size_t bytes)
{
	static const char deleted[] = " (deleted)";
	const long deleted_bytes = sizeof(deleted) - 1;
	char path[PROCESS_NAME_BYTES];
	long length;

	file_name(tgid, name, path);
	length = readlinkat(proc, path, text, bytes);
	if (length < 0)
		return -errno;
	if ((size_t)length >= bytes)
		return -ENAMETOOLONG;
	text[length] = '\0';
	if (length > deleted_bytes && !strcmp(text + length - deleted_bytes, deleted)) {
		length -= deleted_bytes;
		text[length] = '\0';
	}
	return length;
}

static int netns_of(int proc, const char *path, uint32_t *inode)
{
	struct stat status;

	if (fstatat(proc, path, &status, 0) < 0)
		return -errno;
	*inode = (uint32_t)status.st_ino;
	return 0;
}

int process_netns(int proc, uint32_t tgid, uint32_t *inode)
{
	char path[PROCESS_NAME_BYTES];

	file_name(tgid, "ns/net", path);
	return netns_of(proc, path, inode);
}

DIR *process_open_directory(int proc, const char *path)
{
	int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory;
	int error;

	if (fd < 0)
		return NULL;
	directory = fdopendir(fd);
	if (directory)
		return directory;
	error = errno;
	close(fd);
	errno = error;
	return NULL;
}

struct dirent *process_next_number(DIR *directory, uint32_t *number)
{
	struct dirent *entry;

	do {
		errno = 0;
		/* glibc's readdir() is safe on a stream of one's own; readdir_r() is deprecated */
		/* cppcheck-suppress readdirCalled */
		entry = readdir(directory);
		if (entry && parse_number(entry->d_name, number))
			return entry;
	} while (entry);
	return NULL;
}

bool process_is_in_netns(int proc, uint32_t tgid, uint32_t inode)
{
	char path[PROCESS_NAME_BYTES];
	uint32_t found = 0, tid;
	int threads = 0;
	DIR *tasks;

	if (!process_netns(proc, tgid, &found) && found == inode)
		return true;
	file_name(tgid, "task", path);
	tasks = process_open_directory(proc, path);
	if (!tasks)
		return false;
	found = 0;
	while (found != inode && threads++ < PROCESS_THREADS_MAX &&
	       process_next_number(tasks, &tid)) {
		snprintf(path, sizeof(path), "%u/task/%u/ns/net", tgid, tid);
		if (netns_of(proc, path, &found))
			found = 0;
	}
	closedir(tasks);
	return found == inode;
}
