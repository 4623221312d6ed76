// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a first corpus for diagnosis_fuzz into the directory it is given: records that go together,
 * in the form in which it takes them.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/written_config.h"

#define PATCHES_MOST 255
#define TIME_STEP 20
#define PATCH_FIRST 4 /* the type and the size are not patched */
/* The number of a type in diagnosis_fuzz's table. */
enum {
	TYPE_ATTEMPT,
	TYPE_RESPONSE,
	TYPE_FIGURES = 6,
	TYPE_HOST_PORT = 10,
	TYPE_CONFIG,
	TYPE_BACKEND,
	TYPE_ADDRESS,
	TYPE_STATUS,
};

/* The time is made of the one before. */
static bool is_patched(const unsigned char *bytes, unsigned int i)
{
	const unsigned int time = offsetof(struct event_header, time_ns);

	if (i >= time && i < sizeof(struct event_header))
		return false;
	return bytes[i];
}

static void put(FILE *file, unsigned int type, const void *record)
{
	const unsigned char *bytes = record;
	const struct event_header *header = record;
	unsigned int count = 0;

	for (unsigned int i = PATCH_FIRST; i < header->size_bytes && count < PATCHES_MOST; i++)
		count += is_patched(bytes, i);
	fputc((int)type, file);
	fputc(TIME_STEP, file);
	fputc((int)count, file);
	for (unsigned int i = PATCH_FIRST; i < header->size_bytes && count; i++) {
		if (!is_patched(bytes, i))
			continue;
		fputc((int)(i & 0xff), file);
		fputc((int)(i >> 8), file);
		fputc(bytes[i], file);
		count--;
	}
}

static void put_config(FILE *file, enum balancer_kind kind)
{
	struct event_config config = config_new(kind, 1, 0);

	put(file, TYPE_CONFIG, &config);
	for (uint8_t i = 0; i < 3; i++) {
		struct event_backend backend = backend_new(kind, i, (uint8_t)(i + 1));
		struct event_backend_address address;

		if (kind == BALANCER_HAPROXY)
			backend_check(&backend);
		if (i == 2)
			backend_by_name(&backend, "a.b");
		put(file, TYPE_BACKEND, &backend);
		if (i != 2)
			continue;
		address = backend_address_new(&backend, 3, 0, 0);
		put(file, TYPE_ADDRESS, &address);
		address.header.flags = BACKEND_ADDRESS_GONE;
		put(file, TYPE_ADDRESS, &address);
	}
}

static void put_traffic(FILE *file, enum balancer_kind kind)
{
	struct event_figures figures = figures_new(kind, 0);
	struct event_backend backend = backend_new(kind, 1, 2);
	struct event_backend_status status = backend_status_new(&backend, BACKEND_DOWN, 0);
	struct event_host_port port = {
		.header = { EVENT_HOST_PORT, sizeof(port), HOST_PORT_LOOPBACK, 0 },
		.address = address_new(2),
	};

	figures.figures.attempts = figures.figures.connected = 30;
	put(file, TYPE_FIGURES, &figures);
	strcpy(status.check_status, "L7STS");
	put(file, TYPE_STATUS, &status);
	put(file, TYPE_HOST_PORT, &port);
	for (uint8_t host = 1; host <= 3; host++) {
		struct event_attempt attempt = attempt_new(kind, host, 1000, 1);
		struct event_response response = response_new(kind, 9, 503, 1000, 1);

		attempt_refuse(&attempt);
		attempt.remote = address_new(host);
		response.attempt_cookie = host;
		put(file, TYPE_ATTEMPT, &attempt);
		put(file, TYPE_RESPONSE, &response);
	}
}

static int write_seed(const char *directory, const char *name, enum balancer_kind kind)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "wb");
	if (!file) {
		perror(path);
		return 1;
	}
	put_config(file, kind);
	put_traffic(file, kind);
	return fclose(file) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: diagnosis_seeds DIRECTORY\n");
		return 2;
	}
	return write_seed(argv[1], "nginx", BALANCER_NGINX) ||
	       write_seed(argv[1], "haproxy", BALANCER_HAPROXY);
}
