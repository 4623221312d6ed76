// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "user/config/files.h"

#define READ_FIRST 4096
#define RETRIES_MOST 8

/* EAGAIN: a rename on the way, which the kernel could not rule out to lead outside (openat2(2)). */
static int open_below(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long opened = -1;

	for (int i = 0; i < RETRIES_MOST; i++) {
		opened = syscall(SYS_openat2, root, *path ? path : "/", &how, sizeof(how));
		if (opened >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return opened < 0 ? -errno : (int)opened;
}

/* A regular file of a disk: what lies in /proc may block, and has effects. */
static int check_file(int file, size_t bytes)
{
	struct statfs filesystem;
	struct stat status;

	if (fstat(file, &status) || fstatfs(file, &filesystem))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode) || filesystem.f_type == PROC_SUPER_MAGIC)
		return -EINVAL;
	return (uint64_t)status.st_size > bytes ? -EFBIG : 0;
}

/* O_PATH first: to open a device or a pipe has effects of its own. */
static int open_file(int root, const char *path, size_t bytes)
{
	char link[sizeof("/proc/self/fd/") + 16];
	int found = open_below(root, path, O_PATH);
	int err, file = -1;

	if (found < 0)
		return found;
	err = check_file(found, bytes);
	if (!err) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", found);
		file = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (file < 0)
			err = -errno;
	}
	close(found);
	return err ? err : file;
}

static int read_whole(int file, size_t bytes, char **text, size_t *length)
{
	size_t room = 0, used = 0;
	char *buffer = NULL;

	for (;;) {
		ssize_t got;

		if (used + 1 >= room) {
			char *larger;

			room = room ? room * 2 : READ_FIRST;
			larger = realloc(buffer, room);
			if (!larger) {
				free(buffer);
				return -ENOMEM;
			}
			buffer = larger;
		}
		got = read(file, buffer + used, room - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || used + (size_t)got > bytes) {
			int err = got < 0 ? -errno : -EFBIG;

			free(buffer);
			return err;
		}
		used += (size_t)got;
		if (!got)
			break;
	}
	buffer[used] = '\0';
	*text = buffer;
	*length = used;
	return 0;
}

static int root_read(void *context, const char *path, size_t bytes, char **text, size_t *length)
{
	const int *root = context;
	int file = open_file(*root, path, bytes);
	int err;

	if (file < 0)
		return file;
	err = read_whole(file, bytes, text, length);
	close(file);
	return err;
}

static int root_list(void *context, const char *path,
		     int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	const int *root = context;
	int file = open_below(*root, path, O_RDONLY | O_DIRECTORY);
	const struct dirent *found;
	DIR *directory;
	int result = 0;

	if (file < 0)
		return file;
	directory = fdopendir(file);
	if (!directory) {
		result = -errno;
		close(file);
		return result;
	}
	while (!result) {
		errno = 0;
		found = readdir(directory);
		if (!found) {
			result = -errno;
			break;
		}
		if (strcmp(found->d_name, ".") && strcmp(found->d_name, ".."))
			result = entry(entry_context, found->d_name);
	}
	closedir(directory);
	return result;
}

struct config_source config_source_root(const int *root)
{
	return (struct config_source){
		.read = root_read,
		.list = root_list,
		.context = (void *)(uintptr_t)root,
	};
}

void config_files_open(struct config_files *files, const struct config_source *source)
{
	*files = (struct config_files){
		.source = source,
		.files_left = CONFIG_FILES_MOST,
		.bytes_left = CONFIG_TOTAL_BYTES,
		.looks_left = CONFIG_GLOB_LOOKS,
	};
}

int config_files_read(struct config_files *files, const char *path, char **text, size_t *length)
{
	size_t most = files->bytes_left < CONFIG_FILE_BYTES ? files->bytes_left : CONFIG_FILE_BYTES;
	int err;

	*text = NULL;
	*length = 0;
	if (!files->files_left || !files->bytes_left)
		return -EDQUOT;
	files->files_left--;
	err = files->source->read(files->source->context, path, most, text, length);
	if (err == -EFBIG && most < CONFIG_FILE_BYTES)
		err = -EDQUOT;
	if (!err)
		files->bytes_left -= *length;
	return err;
}

int config_path_join(const char *directory, const char *name, char *path, size_t bytes)
{
	size_t length = directory ? strlen(directory) : 0;
	int written;

	if (*name == '/')
		written = snprintf(path, bytes, "%s", name);
	else if (!length || directory[length - 1] == '/')
		written = snprintf(path, bytes, "%s%s", length ? directory : "/", name);
	else
		written = snprintf(path, bytes, "%s/%s", directory, name);
	return written < 0 || (size_t)written >= bytes ? -ENAMETOOLONG : 0;
}
