// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/resolver_state.h"
#include "user/inventory/root_file.h"

#define LOOK_NS (2 * 1000000000ull)

static int read_key(const struct resolver_place *where, struct place_key *key)
{
	struct statx status;

	memset(key, 0, sizeof(*key));
	if (statx(where->root, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &status))
		return -errno;
	key->device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
	key->inode = status.stx_ino;
	key->mount = status.stx_mask & STATX_MNT_ID ? status.stx_mnt_id : 0;
	key->netns = where->netns;
	return 0;
}

static struct place *make_place(struct resolver *resolver, const struct resolver_place *where,
				const struct place_key *key, int *err)
{
	struct place *place;

	if (HASH_COUNT(resolver->places) >= RESOLVER_PLACES_MOST) {
		*err = -ENOSPC;
		return NULL;
	}
	place = calloc(1, sizeof(*place));
	if (!place) {
		*err = -ENOMEM;
		return NULL;
	}
	place->key = *key;
	place->where = *where;
	place->where.root = fcntl(where->root, F_DUPFD_CLOEXEC, 0);
	place->where.proc = fcntl(where->proc, F_DUPFD_CLOEXEC, 0);
	if (place->where.root < 0 || place->where.proc < 0) {
		*err = -errno;
		if (place->where.root >= 0)
			close(place->where.root);
		free(place);
		return NULL;
	}
	HASH_ADD(hh, resolver->places, key, sizeof(place->key), place);
	return place;
}

struct place *place_get(struct resolver *resolver, const struct resolver_place *where, int *err)
{
	struct place_key key;
	struct place *place;

	*err = read_key(where, &key);
	if (*err)
		return NULL;
	HASH_FIND(hh, resolver->places, &key, sizeof(key), place);
	if (!place)
		return make_place(resolver, where, &key, err);
	place->where.tgid = where->tgid;
	return place;
}

static void forget_hosts(struct place *place)
{
	hosts_file_free(place->hosts);
	free(place->hosts_text);
	place->hosts = NULL;
	place->hosts_text = NULL;
	memset(&place->hosts_status, 0, sizeof(place->hosts_status));
}

void place_release(struct resolver *resolver, struct place *place)
{
	if (place->questions)
		return;
	HASH_DEL(resolver->places, place);
	forget_hosts(place);
	close(place->where.root);
	close(place->where.proc);
	free(place);
}

static bool is_same_file(const struct stat *left, const struct stat *right)
{
	return left->st_ino == right->st_ino && left->st_dev == right->st_dev &&
	       left->st_size == right->st_size && left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
	       left->st_mtim.tv_nsec == right->st_mtim.tv_nsec;
}

/* What cannot be read is taken for empty: libc does the same. */
static void read_hosts(struct place *place, int file)
{
	size_t length;

	if (root_file_read(file, HOSTS_FILE_BYTES, &place->hosts_text, &length)) {
		place->hosts_text = NULL;
		return;
	}
	if (hosts_file_parse(place->hosts_text, length, &place->hosts)) {
		free(place->hosts_text);
		place->hosts_text = NULL;
		place->hosts = NULL;
	}
}

void place_look(struct place *place, uint64_t now_ns)
{
	struct stat status = { 0 };
	int file;

	if (place->hosts_version && now_ns < place->look_ns)
		return;
	place->look_ns = now_ns + LOOK_NS;
	file = root_file_open(place->where.root, "/etc/hosts", &status);
	if (file < 0)
		memset(&status, 0, sizeof(status));
	if (!place->hosts_version || !is_same_file(&status, &place->hosts_status)) {
		forget_hosts(place);
		if (file >= 0)
			read_hosts(place, file);
		place->hosts_status = status;
		place->hosts_version++;
	}
	if (file >= 0)
		close(file);
}
