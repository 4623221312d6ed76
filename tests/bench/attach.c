// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-attach OBJECT: attaches the programs of a BPF object, does nothing, and ends with a signal.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what, const char *on)
{
	fprintf(stderr, "bench-attach: %s %s: %s\n", what, on, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;

	if (argc != 2) {
		fputs("usage: bench-attach OBJECT\n", stderr);
		return 2;
	}
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		return fail("cannot load", argv[1]);
	bpf_object__for_each_program(program, object) {
		if (!bpf_program__attach(program))
			return fail("cannot attach", bpf_program__name(program));
	}
	for (;;)
		pause();
}
