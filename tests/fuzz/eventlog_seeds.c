// SPDX-License-Identifier: GPL-2.0-only
/* eventlog_seeds DIRECTORY: inputs for eventlog_fuzz with a record of every type. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/logs.h"
#include "tests/unit/records.h"
#include "user/eventlog/format.h"

#define GUARDED_BLOCKS 1
#define GUARDED_FACTS 2

static int write_seed(const char *directory, const char *name, const void *bytes, size_t length)
{
	char path[512];
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "wb");
	if (!file) {
		perror(path);
		return 1;
	}
	if (fwrite(bytes, 1, length, file) != length)
		err = 1;
	if (fclose(file))
		err = 1;
	return err;
}

/* Two blocks, each with the record and one that has no size. */
static size_t make_blocks(uint8_t *bytes, const union event *event)
{
	uint16_t length = event->header.size_bytes;
	size_t at = 0;

	bytes[at++] = GUARDED_BLOCKS;
	for (int i = 0; i < 2; i++) {
		bytes[at++] = (uint8_t)((length + 16) & 0xff);
		bytes[at++] = (uint8_t)((length + 16) >> 8);
		memcpy(bytes + at, event, length);
		memset(bytes + at + length, 0, 16);
		at += length + 16;
	}
	return at;
}

int main(int argc, char **argv)
{
	static uint8_t bytes[FORMAT_FACTS_MOST + 1];
	char name[32];
	size_t length;
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: eventlog_seeds DIRECTORY\n");
		return 2;
	}
	for (size_t i = 0; i < record_type_count; i++) {
		union event event;

		record_make(&event, record_types[i], i);
		length = make_blocks(bytes, &event);
		snprintf(name, sizeof(name), "seed-type-%u", record_types[i]);
		failed |= write_seed(argv[1], name, bytes, length);
	}
	bytes[0] = GUARDED_FACTS;
	length = format_facts_encode(log_header(), bytes + 1);
	failed |= write_seed(argv[1], "seed-facts", bytes, length + 1);
	return failed;
}
