// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/dns_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"

/* RFC 1035, 4.1 and 3.2.2. */
#define HEADER_BYTES 12
#define MESSAGE_BYTES 512
#define NAME_BYTES 256
#define TYPE_A 1
#define TYPE_CNAME 5
#define TYPE_AAAA 28
#define RECORDS_MOST 32

struct message {
	uint8_t bytes[MESSAGE_BYTES];
	size_t length;
};

/* Times that each name's A was asked for. */
static unsigned int asked[RECORDS_MOST];

static void put16(struct message *message, uint16_t value)
{
	message->bytes[message->length++] = (uint8_t)(value >> 8);
	message->bytes[message->length++] = (uint8_t)value;
}

static void put_name(struct message *message, const char *name)
{
	while (*name) {
		size_t label = strcspn(name, ".");

		message->bytes[message->length++] = (uint8_t)label;
		memcpy(message->bytes + message->length, name, label);
		message->length += label;
		name += label + (name[label] == '.');
	}
	message->bytes[message->length++] = 0;
}

/* The question's name; returns the bytes it takes, 0: broken. */
static size_t get_name(const struct message *message, char *name)
{
	size_t at = HEADER_BYTES, length = 0;

	while (at < message->length && message->bytes[at]) {
		size_t label = message->bytes[at++];

		if (at + label >= message->length || length + label + 2 > NAME_BYTES)
			return 0;
		if (length)
			name[length++] = '.';
		memcpy(name + length, message->bytes + at, label);
		length += label;
		at += label;
	}
	name[length] = '\0';
	return at + 1 - HEADER_BYTES;
}

static void put_head(struct message *answer, const char *owner, uint16_t type, uint32_t ttl_seconds)
{
	put_name(answer, owner);
	put16(answer, type);
	put16(answer, 1);
	put16(answer, (uint16_t)(ttl_seconds >> 16));
	put16(answer, (uint16_t)ttl_seconds);
	answer->bytes[7]++;
}

static void put_address(struct message *answer, const char *owner, uint16_t type,
			uint32_t ttl_seconds, const char *address)
{
	uint8_t bytes[16];
	uint16_t length = type == TYPE_A ? 4 : 16;

	if (inet_pton(type == TYPE_A ? AF_INET : AF_INET6, address, bytes) != 1)
		return;
	put_head(answer, owner, type, ttl_seconds);
	put16(answer, length);
	memcpy(answer->bytes + answer->length, bytes, length);
	answer->length += length;
}

static void put_addresses(struct message *answer, const struct dns_record *record, uint16_t type,
			  unsigned int turn)
{
	char text[NAME_BYTES], *rest = text, *word, *address;
	const char *owner = record->alias ? record->alias : record->name;

	snprintf(text, sizeof(text), "%s", record->addresses);
	word = strsep(&rest, " ");
	while (turn-- && rest)
		word = strsep(&rest, " ");
	while ((address = strsep(&word, ",")))
		put_address(answer, owner, type, record->ttl_seconds, address);
}

static void put_alias(struct message *answer, const struct dns_record *record)
{
	put_head(answer, record->name, TYPE_CNAME, record->ttl_seconds);
	put16(answer, (uint16_t)(strlen(record->alias) + 2));
	put_name(answer, record->alias);
}

/* Whether there is one. */
static bool make_answer(const struct message *question, const struct dns_record *records,
			size_t count, struct message *answer)
{
	char name[NAME_BYTES];
	size_t bytes = get_name(question, name), i = 0;
	uint16_t type;

	if (!bytes || HEADER_BYTES + bytes + 4 > question->length)
		return false;
	type = (uint16_t)(question->bytes[HEADER_BYTES + bytes] << 8 |
			  question->bytes[HEADER_BYTES + bytes + 1]);
	*answer = *question;
	answer->length = HEADER_BYTES + bytes + 4;
	answer->bytes[2] = 0x81;
	answer->bytes[3] = 0x83;
	answer->bytes[11] = 0;
	while (i < count && strcmp(records[i].name, name) != 0)
		i++;
	if (i == count)
		return true;
	answer->bytes[3] = (uint8_t)(0x80 | records[i].rcode);
	if (records[i].silent || (records[i].silent_ipv6 && type == TYPE_AAAA))
		return false;
	if (records[i].rcode)
		return true;
	if (records[i].alias)
		put_alias(answer, &records[i]);
	if (records[i].addresses)
		put_addresses(answer, &records[i], type,
			      type == TYPE_A ? asked[i]++ : (asked[i] ? asked[i] - 1 : 0));
	return true;
}

static void serve(int socket, const struct dns_record *records, size_t count)
{
	for (;;) {
		struct message question, answer;
		struct sockaddr_in from;
		socklen_t length = sizeof(from);
		ssize_t got = recvfrom(socket, question.bytes, sizeof(question.bytes), 0,
				       (struct sockaddr *)&from, &length);

		if (got < HEADER_BYTES)
			continue;
		question.length = (size_t)got;
		if (make_answer(&question, records, count, &answer))
			sendto(socket, answer.bytes, answer.length, 0, (struct sockaddr *)&from,
			       length);
	}
}

static int open_socket(void)
{
	const struct sockaddr_in here = { .sin_family = AF_INET,
					  .sin_port = htons(53),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int made;

	if (unshare(CLONE_NEWNET))
		return -1;
	made = socket(AF_INET, SOCK_DGRAM, 0);
	if (made < 0 || ioctl(made, SIOCSIFFLAGS, &loopback) ||
	    bind(made, (const struct sockaddr *)&here, sizeof(here)))
		return -1;
	return made;
}

static void run(int ready, const struct dns_record *records, size_t count)
{
	int socket = open_socket();
	char sign = socket < 0 ? 'n' : 'y';

	if (write(ready, &sign, 1) != 1 || socket < 0)
		_exit(1);
	serve(socket, records, count);
}

bool dns_server_start(struct dns_server *server, const struct dns_record *records, size_t count)
{
	char path[64], sign = 'n';
	struct stat status;
	int ready[2];

	assert_true(count <= RECORDS_MOST);
	assert_int_equal(pipe(ready), 0);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (!server->pid)
		run(ready[1], records, count);
	close(ready[1]);
	if (read(ready[0], &sign, 1) != 1)
		sign = 'n';
	close(ready[0]);
	snprintf(server->directory, sizeof(server->directory), "/tmp/lbtrace-dns.XXXXXX");
	assert_non_null(mkdtemp(server->directory));
	snprintf(path, sizeof(path), "%s/etc", server->directory);
	assert_int_equal(mkdir(path, 0755), 0);
	server->root = open(server->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	server->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(server->root >= 0 && server->proc >= 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", server->pid);
	if (sign == 'y') {
		assert_int_equal(stat(path, &status), 0);
		server->netns = (uint32_t)status.st_ino;
	}
	dns_server_etc(server, "resolv.conf", "nameserver 127.0.0.1\n");
	return sign == 'y';
}

void dns_server_etc(const struct dns_server *server, const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/etc/%s", server->directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

void dns_server_stop(struct dns_server *server)
{
	static const char *const names[] = { "etc/hosts", "etc/resolv.conf", "etc" };
	char path[64];

	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", server->directory, names[i]);
		remove(path);
	}
	remove(server->directory);
	close(server->root);
	close(server->proc);
}
