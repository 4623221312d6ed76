// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/process.h"
#include "user/inventory/sockets.h"

#define LINE_BYTES 512
/* A small buffer makes the kernel stop soon after the listeners; many lines want a large one. */
#define LISTENERS_BUFFER_BYTES 4096
#define CONNECTIONS_BUFFER_BYTES (32 * 1024)

/* Up to `digits` hexadecimal digits; at least one. NULL when there is none. */
static const char *parse_hex(const char *text, int digits, uint32_t *value)
{
	int i;

	*value = 0;
	for (i = 0; i < digits; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint32_t)(c - '0');
		else if (c >= 'A' && c <= 'F')
			*value = *value << 4 | (uint32_t)(c - 'A' + 10);
		else
			break;
	}
	return i ? text + i : NULL;
}

void sockets_set_address(struct event_address *address, bool is_ipv6, const void *bytes,
			 uint16_t port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *from = bytes;

	memset(address, 0, sizeof(*address));
	if (is_ipv6 && !memcmp(from, mapped, sizeof(mapped))) {
		is_ipv6 = false;
		from += sizeof(mapped);
	}
	memcpy(address->bytes, from, is_ipv6 ? 16 : 4);
	address->family = is_ipv6 ? 6 : 4;
	address->port = port;
}

/* The kernel prints each 32-bit word of an address as a number of the host's byte order. */
static const char *parse_address(const char *text, struct event_address *address)
{
	size_t digits = strspn(text, "0123456789ABCDEF");
	uint32_t words[4] = { 0 }, port;
	size_t i;

	if ((digits != 8 && digits != 32) || text[digits] != ':')
		return NULL;
	for (i = 0; i < digits / 8; i++)
		text = parse_hex(text, 8, &words[i]);
	text = parse_hex(text + 1, 4, &port);
	if (text)
		sockets_set_address(address, digits == 32, words, (uint16_t)port);
	return text;
}

static const char *skip_words(const char *text, int words)
{
	while (words--) {
		text += strspn(text, " ");
		text += strcspn(text, " \n");
	}
	return text + strspn(text, " ");
}

int sockets_parse_line(const char *line, struct sockets_entry *entry)
{
	const char *text = line + strspn(line, " ");
	size_t digits = strspn(text, "0123456789");
	uint32_t state, unsent, unread;
	const char *queues;
	char *end;

	memset(entry, 0, sizeof(*entry));
	if (!digits || text[digits] != ':' || text[digits + 1] != ' ')
		return -EBADMSG;
	text = parse_address(text + digits + 2, &entry->local);
	if (!text || *text != ' ')
		return -EBADMSG;
	text = parse_address(text + 1, &entry->remote);
	if (!text || *text != ' ')
		return -EBADMSG;
	text = parse_hex(text + 1, 2, &state);
	if (!text || *text != ' ')
		return -EBADMSG;
	entry->state = (uint8_t)state;
	queues = parse_hex(text + 1, 8, &unsent);
	/* of a listener the second one is sk_ack_backlog: get_tcp4_sock() */
	if (entry->state == SOCKETS_LISTEN && queues && *queues == ':' &&
	    parse_hex(queues + 1, 8, &unread))
		entry->backlog = unread;
	/* queues, timer, retransmits, uid, timeout */
	text = skip_words(text, 5);
	if (*text < '0' || *text > '9')
		return -EBADMSG;
	entry->inode = strtoull(text, &end, 10);
	return *end == ' ' || *end == '\n' || !*end ? 0 : -EBADMSG;
}

uint64_t sockets_parse_link(const char *text)
{
	static const char prefix[] = "socket:[";
	unsigned long long inode;
	char *end;

	if (strncmp(text, prefix, sizeof(prefix) - 1))
		return 0;
	text += sizeof(prefix) - 1;
	if (*text < '0' || *text > '9')
		return 0;
	inode = strtoull(text, &end, 10);
	return strcmp(end, "]") ? 0 : inode;
}

/* The array with room for one more of `bytes` bytes each, moved if need be; NULL: out of memory. */
static void *grow(void *array, uint32_t count, uint32_t *room, size_t bytes)
{
	uint32_t more = *room ? *room * 2 : 64;
	void *moved;

	if (count < *room)
		return array;
	moved = reallocarray(array, more, bytes);
	if (moved)
		*room = more;
	return moved;
}

int sockets_add(struct sockets_table *table, const struct sockets_entry *entry)
{
	struct sockets_entry *entries;

	if (!entry->inode || table->count >= SOCKETS_TABLE_MAX)
		return 0;
	entries = grow(table->entries, table->count, &table->room, sizeof(*entry));
	if (!entries)
		return -ENOMEM;
	table->entries = entries;
	table->entries[table->count++] = *entry;
	return 0;
}

static int read_lines(FILE *file, uint32_t states, struct sockets_table *table)
{
	struct sockets_entry entry;
	char line[LINE_BYTES];

	while (fgets(line, sizeof(line), file)) {
		if (sockets_parse_line(line, &entry))
			continue;
		if (states == 1u << SOCKETS_LISTEN && entry.state != SOCKETS_LISTEN)
			break;
		if (entry.state < 32 && states & 1u << entry.state && sockets_add(table, &entry))
			return -ENOMEM;
	}
	return ferror(file) ? -EIO : 0;
}

static int read_table(int proc, uint32_t tgid, const char *name, uint32_t states,
		      struct sockets_table *table)
{
	size_t bytes =
		states == 1u << SOCKETS_LISTEN ? LISTENERS_BUFFER_BYTES : CONNECTIONS_BUFFER_BYTES;
	char path[PROCESS_NAME_BYTES];
	char *buffer;
	FILE *file;
	int fd, err;

	snprintf(path, sizeof(path), "%u/%s", tgid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "r");
	if (!file) {
		err = -errno;
		close(fd);
		return err;
	}
	buffer = malloc(bytes);
	if (buffer) {
		setvbuf(file, buffer, _IOFBF, bytes);
		err = read_lines(file, states, table);
	} else {
		err = -ENOMEM;
	}
	fclose(file);
	free(buffer);
	return err;
}

static int compare_entries(const void *left, const void *right)
{
	const struct sockets_entry *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

void sockets_sort(struct sockets_table *table)
{
	if (table->count)
		qsort(table->entries, table->count, sizeof(*table->entries), compare_entries);
}

int sockets_read(int proc, uint32_t tgid, uint32_t states, struct sockets_table *table)
{
	int err;

	table->count = 0;
	err = read_table(proc, tgid, "net/tcp", states, table);
	if (err)
		return err;
	err = read_table(proc, tgid, "net/tcp6", states, table);
	sockets_sort(table);
	/* a kernel without IPv6 has no such file */
	return err == -ENOENT ? 0 : err;
}

void sockets_table_free(struct sockets_table *table)
{
	free(table->entries);
	memset(table, 0, sizeof(*table));
}

struct sockets_entry *sockets_find(const struct sockets_table *table, uint64_t inode)
{
	struct sockets_entry key = { .inode = inode };

	if (!table->count)
		return NULL;
	return bsearch(&key, table->entries, table->count, sizeof(key), compare_entries);
}

static int compare_inodes(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static int read_links(DIR *directory, struct sockets_inodes *inodes)
{
	const struct dirent *entry;
	uint32_t number;
	int looked = 0;

	while (looked++ < SOCKETS_FDS_MAX && (entry = process_next_number(directory, &number))) {
		char text[64];
		long length;
		uint64_t inode, *moved;

		length = readlinkat(dirfd(directory), entry->d_name, text, sizeof(text) - 1);
		if (length < 0)
			continue;
		text[length] = '\0';
		inode = sockets_parse_link(text);
		if (!inode)
			continue;
		moved = grow(inodes->inodes, inodes->count, &inodes->room, sizeof(inode));
		if (!moved)
			return -ENOMEM;
		inodes->inodes = moved;
		inodes->inodes[inodes->count++] = inode;
	}
	return 0;
}

int sockets_of_process(int proc, uint32_t tgid, struct sockets_inodes *inodes)
{
	char path[PROCESS_NAME_BYTES];
	DIR *directory;
	int err;

	inodes->count = 0;
	snprintf(path, sizeof(path), "%u/fd", tgid);
	directory = process_open_directory(proc, path);
	if (!directory)
		return -errno;
	err = read_links(directory, inodes);
	closedir(directory);
	if (inodes->count)
		qsort(inodes->inodes, inodes->count, sizeof(*inodes->inodes), compare_inodes);
	return err;
}

void sockets_inodes_free(struct sockets_inodes *inodes)
{
	free(inodes->inodes);
	memset(inodes, 0, sizeof(*inodes));
}
