// SPDX-License-Identifier: GPL-2.0-only
/*
 * verifier: loads every program that this kernel has a hook for, each by itself, and prints how many
 * instructions the kernel's verifier went through against the most that it would (1,000,000 since
 * Linux 5.2). One above VERIFIER_MOST fails: an older or a newer kernel may need several times as
 * many for the same program. Ends with `N passed, ...`.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/capture/load.h"
#include "user/capture/privilege.h"

#define VERIFIER_LIMIT 1000000u
#define VERIFIER_MOST 250000u
#define LOG_BYTES (1024 * 1024)

struct counts {
	int passed;
	int failed;
};

/* "processed 1234 insns (limit 1000000) ..." is how the verifier's statistics begin. */
static bool read_processed(const char *log, unsigned int *processed)
{
	static const char mark[] = "processed ";
	const char *found = NULL;

	for (const char *at = strstr(log, mark); at; at = strstr(at + 1, mark))
		found = at;
	return found && sscanf(found + sizeof(mark) - 1, "%u insns", processed) == 1;
}

static void tell(const char *program, unsigned int processed, struct counts *counts)
{
	bool fits = processed <= VERIFIER_MOST;

	printf("%s verifier %s: %u instructions of %u, %u left\n", fits ? "ok" : "FAILED", program,
	       processed, VERIFIER_LIMIT, VERIFIER_LIMIT - processed);
	counts->passed += fits;
	counts->failed += !fits;
}

static void measure(enum hook_role role, int index, char *log, struct counts *counts)
{
	const char *program = hook_row(role)->candidates[index].program;
	struct load load = { 0 };
	unsigned int processed;
	int err;

	log[0] = '\0';
	err = load_alone(&load, role, index, log, LOG_BYTES);
	if (err == -ENOENT) {
		printf("# verifier %s: no such hook on this kernel\n", program);
	} else if (err || !read_processed(log, &processed)) {
		printf("FAILED verifier %s: does not load: %s\n", program, strerror(-err));
		printf("# %s\n", strlen(log) > 400 ? log + strlen(log) - 400 : log);
		counts->failed++;
	} else {
		tell(program, processed, counts);
	}
	fflush(stdout);
}

int main(void)
{
	struct counts counts = { 0 };
	char *log;

	if (privilege_check()) {
		printf("SKIP verifier: needs root\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	log = malloc(LOG_BYTES);
	if (!log) {
		fprintf(stderr, "verifier: out of memory\n");
		return 1;
	}
	for (int role = 0; role < HOOK_ROLES; role++) {
		for (int i = 0; i < HOOK_CANDIDATES_MAX; i++) {
			if (hook_row(role)->candidates[i].program)
				measure(role, i, log, &counts);
		}
	}
	free(log);
	printf("%d passed, %d failed, 0 skipped\n", counts.passed, counts.failed);
	return counts.failed || !counts.passed;
}
