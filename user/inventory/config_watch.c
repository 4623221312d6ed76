// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/config_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/inventory/root.h"
#include "user/lib/clock.h"

#define FNV_BASIS 0xcbf29ce484222325ull /* FNV-1a, draft-eastlake-fnv */
#define FNV_PRIME 0x100000001b3ull

static uint64_t make_hash(const char *text, size_t length)
{
	uint64_t hash = FNV_BASIS;
	size_t i;

	for (i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text[i]) * FNV_PRIME;
	return hash;
}

static int64_t in_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * (int64_t)CLOCK_NS_PER_SECOND + time->tv_nsec;
}

/* Fills the times and the inode's number. 0 or -errno. */
static int read_times(int root, struct watched_path *path)
{
	int fd = root_find(root, path->path);
	struct stat status;
	int err = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status))
		err = -errno;
	close(fd);
	if (err)
		return err;
	path->modified_ns = in_ns(&status.st_mtim);
	path->changed_ns = in_ns(&status.st_ctim);
	path->inode = status.st_ino;
	return 0;
}

static struct watched_path *find(const struct config_watch *watch, const char *path)
{
	size_t i;

	for (i = 0; i < watch->count; i++)
		if (!strcmp(watch->paths[i].path, path))
			return &watch->paths[i];
	return NULL;
}

/* The times are taken before the content is read: what changes in between is seen as a change. */
static struct watched_path *add(struct config_watch *watch, const char *path, bool is_directory)
{
	struct watched_path *added = find(watch, path);
	struct watched_path *larger;
	size_t room;

	if (added || watch->count >= 2 * CONFIG_FILES_MOST)
		return added;
	if (watch->count == watch->room) {
		room = watch->room ? 2 * watch->room : 16;
		larger = realloc(watch->paths, room * sizeof(*larger));
		if (!larger) {
			watch->failed = true;
			return NULL;
		}
		watch->paths = larger;
		watch->room = room;
	}
	added = &watch->paths[watch->count];
	memset(added, 0, sizeof(*added));
	added->path = strdup(path);
	if (!added->path) {
		watch->failed = true;
		return NULL;
	}
	added->is_directory = is_directory;
	if (read_times(watch->root, added)) {
		free(added->path);
		return NULL;
	}
	watch->count++;
	return added;
}

static int watch_read(void *context, const char *path, size_t bytes, char **text, size_t *length)
{
	struct config_watch *watch = context;
	struct watched_path *added = add(watch, path, false);
	int err = watch->inner.read(watch->inner.context, path, bytes, text, length);

	if (!err && added)
		added->content = make_hash(*text, *length);
	return err;
}

struct listing {
	int (*entry)(void *context, const char *name);
	void *context;
	uint64_t content;
};

/* The order in which a directory is listed may change. */
static int on_entry(void *context, const char *name)
{
	struct listing *listing = context;

	if (name[0] != '.')
		listing->content += make_hash(name, strlen(name)) | 1;
	return listing->entry ? listing->entry(listing->context, name) : 0;
}

static int watch_list(void *context, const char *path,
		      int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	struct config_watch *watch = context;
	struct watched_path *added = add(watch, path, true);
	struct listing listing = { entry, entry_context, 0 };
	int result = watch->inner.list(watch->inner.context, path, on_entry, &listing);

	if (added)
		added->content = listing.content;
	return result;
}

void config_watch_open(struct config_watch *watch, int root)
{
	memset(watch, 0, sizeof(*watch));
	watch->root = root;
	watch->inner = config_source_root(&watch->root);
}

struct config_source config_watch_source(struct config_watch *watch)
{
	return (struct config_source){ watch_read, watch_list, watch };
}

void config_watch_close(struct config_watch *watch)
{
	size_t i;

	for (i = 0; i < watch->count; i++)
		free(watch->paths[i].path);
	free(watch->paths);
	memset(watch, 0, sizeof(*watch));
	watch->root = -ENOENT;
}

const struct watched_path *config_watch_newer(struct config_watch *watch, int64_t since_epoch_ns)
{
	size_t i;

	for (i = 0; i < watch->count; i++) {
		struct watched_path *path = &watch->paths[i];

		if (path->told || path->is_directory || path->modified_ns <= since_epoch_ns)
			continue;
		path->told = true;
		return path;
	}
	return NULL;
}

static uint64_t read_content(struct config_watch *watch, const struct watched_path *path)
{
	struct listing listing = { 0 };
	char *text = NULL;
	size_t length = 0;
	uint64_t hash;

	if (path->is_directory) {
		watch->inner.list(watch->inner.context, path->path, on_entry, &listing);
		return listing.content;
	}
	if (watch->inner.read(watch->inner.context, path->path, CONFIG_FILE_BYTES, &text, &length))
		return 0;
	hash = make_hash(text, length);
	free(text);
	return hash;
}

/* Whether it is another than it was; what it is now is remembered. */
static bool has_changed(struct config_watch *watch, struct watched_path *path)
{
	struct watched_path now = *path;
	bool changed;

	if (read_times(watch->root, &now)) {
		now.inode = 0;
		now.content = 0;
	} else if (now.inode != path->inode || now.modified_ns != path->modified_ns ||
		   now.changed_ns != path->changed_ns) {
		now.content = read_content(watch, path);
	}
	changed = now.content != path->content;
	*path = now;
	return changed;
}

const struct watched_path *config_watch_changed(struct config_watch *watch)
{
	size_t i;

	for (i = 0; i < watch->count; i++)
		if (has_changed(watch, &watch->paths[i]))
			return &watch->paths[i];
	return NULL;
}
