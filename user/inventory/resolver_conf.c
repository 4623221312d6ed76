// SPDX-License-Identifier: GPL-2.0-only
#include "user/inventory/resolver_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/inventory/root_file.h"

#define CONF_BYTES 16384
#define WORD_BYTES 255
#define OPTIONS_MOST 16
#define BLANKS " \t\r\v\f"

struct kept {
	FILE *file;
	unsigned int servers;
	bool searches;
};

/* Writes `keyword` and at most `most` of the words behind it. Whether there was one. */
static bool keep_words(FILE *file, const char *keyword, char *rest, unsigned int most)
{
	unsigned int count = 0;
	char *word;

	while (count < most && (word = strtok_r(NULL, BLANKS, &rest))) {
		if (strlen(word) > WORD_BYTES)
			continue;
		if (!count++)
			fputs(keyword, file);
		fputc(' ', file);
		fputs(word, file);
	}
	if (count)
		fputc('\n', file);
	return count;
}

static void keep_line(struct kept *kept, char *line)
{
	char *rest = line, *keyword;

	if (*line == '#' || *line == ';')
		return;
	keyword = strtok_r(line, BLANKS, &rest);
	if (!keyword)
		return;
	if (!strcmp(keyword, "nameserver")) {
		if (kept->servers < RESOLVER_CONF_SERVERS &&
		    keep_words(kept->file, keyword, rest, 1))
			kept->servers++;
	} else if (!strcmp(keyword, "search")) {
		kept->searches |= keep_words(kept->file, keyword, rest, RESOLVER_CONF_DOMAINS);
	} else if (!strcmp(keyword, "domain")) {
		kept->searches |= keep_words(kept->file, keyword, rest, 1);
	} else if (!strcmp(keyword, "options")) {
		keep_words(kept->file, keyword, rest, OPTIONS_MOST);
	}
}

static void keep_lines(struct kept *kept, char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		keep_line(kept, line);
}

static char *read_conf(int root)
{
	struct stat status;
	int file = root_file_open(root, "/etc/resolv.conf", &status);
	char *text = NULL;
	size_t length;

	if (file < 0)
		return NULL;
	if (root_file_read(file, CONF_BYTES, &text, &length))
		text = NULL;
	close(file);
	return text;
}

int resolver_conf_make(char *text, bool *searches)
{
	struct kept kept = { 0 };
	int memory = memfd_create("resolv.conf", MFD_CLOEXEC), copy, err = 0;

	if (memory < 0)
		return -errno;
	copy = fcntl(memory, F_DUPFD_CLOEXEC, 0);
	kept.file = copy < 0 ? NULL : fdopen(copy, "w");
	if (!kept.file) {
		err = -errno;
		if (copy >= 0)
			close(copy);
		close(memory);
		return err;
	}
	keep_lines(&kept, text);
	if (fclose(kept.file)) {
		err = -errno;
		close(memory);
		return err;
	}
	*searches = kept.searches;
	return memory;
}

int resolver_conf_open(int root, bool *searches)
{
	char nothing[] = "";
	char *text = read_conf(root);
	int memory = resolver_conf_make(text ? text : nothing, searches);

	free(text);
	return memory;
}
