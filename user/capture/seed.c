// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/shared.h"
#include "lbtrace.skel.h"
#include "user/capture/seed.h"

/* The kernel gives storage without waiting for memory, which may be short for a moment. */
#define SEED_TRIES 3

/* Values of `seed_pass` in bpf/seed.bpf.c. */
enum seed_pass {
	SEED_LISTENERS,
	SEED_CONNECTIONS,
	SEED_PASSES,
};

static int run_pass(const struct load *load, struct lbtrace_bpf__bss *variables,
		    enum seed_pass pass)
{
	int err = 0;

	variables->seed_pass = pass;
	for (int try = 0; try < SEED_TRIES; try++) {
		variables->seed_failed = 0;
		err = load_iterate(load, HOOK_SEED);
		if (err || !variables->seed_failed)
			break;
	}
	return err;
}

int seed_run(const struct load *load, uint32_t *left_out)
{
	struct bpf_map *map = bpf_object__find_map_by_name(load->object, ".bss");
	struct lbtrace_bpf__bss *variables;
	int err = 0;

	*left_out = 0;
	if (!load->links[HOOK_SEED])
		return 0;
	if (!map)
		return -ENOENT;
	variables = mmap(NULL, sizeof(*variables), PROT_READ | PROT_WRITE, MAP_SHARED,
			 bpf_map__fd(map), 0);
	if (variables == MAP_FAILED)
		return -errno;
	for (int pass = 0; pass < SEED_PASSES && !err; pass++) {
		err = run_pass(load, variables, pass);
		*left_out += variables->seed_failed;
	}
	munmap(variables, sizeof(*variables));
	return err;
}
