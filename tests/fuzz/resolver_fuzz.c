// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads an input both as /etc/hosts and as /etc/resolv.conf. What is found in the first are addresses;
 * what is kept of the second is bounded, and c-ares takes it.
 */
#include <ares.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/inventory/hosts_file.h"
#include "user/inventory/resolver_conf.h"

#define ADDRESSES 32
#define NAME_BYTES 64
#define KEPT_BYTES 65536
#define CHECK(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy_input(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);

	CHECK(copy);
	memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

/* Asks for every word of the file. */
static void find_words(const struct hosts_file *hosts, char *words)
{
	struct event_address addresses[ADDRESSES];
	char *rest = words, *word;

	while ((word = strtok_r(NULL, " \t\n", &rest))) {
		size_t count = hosts_file_find(hosts, word, addresses, ADDRESSES);

		CHECK(count <= ADDRESSES);
		for (size_t i = 0; i < count; i++)
			CHECK((addresses[i].family == 4 || addresses[i].family == 6) &&
			      !addresses[i].port);
	}
}

static void read_hosts(const uint8_t *data, size_t size)
{
	char *text = copy_input(data, size), *words = copy_input(data, size);
	struct hosts_file *hosts;

	CHECK(!hosts_file_parse(text, size, &hosts));
	find_words(hosts, words);
	hosts_file_free(hosts);
	free(words);
	free(text);
}

static void read_conf(const uint8_t *data, size_t size)
{
	char *text = copy_input(data, size), path[RESOLVER_CONF_PATH_BYTES], lookups[] = "b";
	struct ares_options options = { .lookups = lookups, .resolvconf_path = path };
	bool searches = false;
	int memory = resolver_conf_make(text, &searches);
	ares_channel channel;

	CHECK(memory >= 0);
	CHECK(lseek(memory, 0, SEEK_END) < KEPT_BYTES);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	if (ares_init_options(&channel, &options,
			      ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF |
				      (searches ? 0 : ARES_OPT_DOMAINS)) == ARES_SUCCESS)
		ares_destroy(channel);
	close(memory);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_hosts(data, size);
	/* More is never read of it. */
	if (size <= 16384)
		read_conf(data, size);
	return 0;
}
