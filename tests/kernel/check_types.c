// SPDX-License-Identifier: GPL-2.0-only
/*
 * check_types OBJECT: whether every field of every kernel type in OBJECT's BTF
 * is in the running kernel's, by the name and of the kind and size expected.
 * CO-RE finds out only when a program is loaded, and then as one failed
 * relocation among many. Prints a line a type and `N passed, ...`.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FLAVOUR "___"
#define NESTING_MOST 16

struct comparison {
	const struct btf *ours;
	const struct btf *kernel;
	char problem[512];
};

/* Types that came with a later kernel than the oldest supported; programs ask before using them. */
static const char *const optional_types[] = {
	"proto_accept_arg", /* 6.10 */
};

static bool compare_types(struct comparison *compared, __u32 our_id, __u32 kernel_id, int depth);

static bool problem(struct comparison *compared, const char *name, const char *what)
{
	/* The innermost problem is the one to report. */
	if (!compared->problem[0])
		snprintf(compared->problem, sizeof(compared->problem), "%s: %s", name, what);
	return false;
}

static __u32 plain_type(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type) || btf_is_typedef(type)) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	return id;
}

/* A member by name, also of unnamed structs and unions inside. NULL: none. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
					    const char *name, int depth)
{
	const struct btf_member *members = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++) {
		const char *found = btf__name_by_offset(btf, members[i].name_off);
		const struct btf_type *inner;
		const struct btf_member *member;

		if (!strcmp(found, name) && *name)
			return &members[i];
		if (*found || depth >= NESTING_MOST)
			continue;
		inner = btf__type_by_id(btf, plain_type(btf, members[i].type));
		member = btf_is_composite(inner) ? find_member(btf, inner, name, depth + 1) : NULL;
		if (member)
			return member;
	}
	return NULL;
}

static bool compare_members(struct comparison *compared, const struct btf_type *ours,
			    const struct btf_type *kernel, int depth)
{
	const struct btf_member *members = btf_members(ours);

	for (int i = 0; i < btf_vlen(ours); i++) {
		const char *name = btf__name_by_offset(compared->ours, members[i].name_off);
		const struct btf_member *member;

		if (!*name) {
			const struct btf_type *inner = btf__type_by_id(
				compared->ours, plain_type(compared->ours, members[i].type));

			if (!compare_members(compared, inner, kernel, depth + 1))
				return false;
			continue;
		}
		member = find_member(compared->kernel, kernel, name, 0);
		if (!member)
			return problem(compared, name, "no such field");
		if (!compare_types(compared, members[i].type, member->type, depth + 1))
			return problem(compared, name, "another type");
	}
	return true;
}

static bool compare_arrays(struct comparison *compared, const struct btf_type *ours,
			   const struct btf_type *kernel, int depth)
{
	const struct btf_array *our_array = btf_array(ours);
	const struct btf_array *kernel_array = btf_array(kernel);

	if (our_array->nelems > kernel_array->nelems)
		return problem(compared, "array", "shorter in the kernel");
	return compare_types(compared, our_array->type, kernel_array->type, depth + 1);
}

static bool compare_types(struct comparison *compared, __u32 our_id, __u32 kernel_id, int depth)
{
	const struct btf_type *ours, *kernel;

	our_id = plain_type(compared->ours, our_id);
	kernel_id = plain_type(compared->kernel, kernel_id);
	ours = btf__type_by_id(compared->ours, our_id);
	kernel = btf__type_by_id(compared->kernel, kernel_id);
	if (depth > NESTING_MOST)
		return problem(compared, "type", "nested too deeply");
	/* Unused members of forward-declared types have no layout to compare. */
	if (btf_is_fwd(ours))
		return true;
	if (btf_is_any_enum(ours) && btf_is_any_enum(kernel))
		return ours->size == kernel->size;
	if (btf_kind(ours) != btf_kind(kernel))
		return false;
	if (btf_is_int(ours))
		return ours->size == kernel->size;
	if (btf_is_composite(ours))
		return compare_members(compared, ours, kernel, depth);
	if (btf_is_array(ours))
		return compare_arrays(compared, ours, kernel, depth);
	return btf_is_ptr(ours) || btf_is_float(ours);
}

/* Some kernel type of that name and kind holds all fields; a name may be there twice. */
static bool compare_by_name(struct comparison *compared, __u32 our_id, const char *name)
{
	const struct btf_type *ours = btf__type_by_id(compared->ours, our_id);
	__u32 count = btf__type_cnt(compared->kernel);
	bool seen = false;

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(compared->kernel, id);

		if (btf_kind(type) != btf_kind(ours) ||
		    strcmp(btf__name_by_offset(compared->kernel, type->name_off), name) != 0)
			continue;
		seen = true;
		compared->problem[0] = '\0';
		if (compare_types(compared, our_id, id, 0))
			return true;
	}
	return seen ? false : problem(compared, name, "no such type");
}

/* Whether another layout of the type, declared as NAME___something, is the kernel's. */
static bool has_flavour(struct comparison *compared, const char *name)
{
	size_t length = strlen(name);
	__u32 count = btf__type_cnt(compared->ours);
	struct comparison other = *compared;

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(compared->ours, id);
		const char *flavour = btf__name_by_offset(compared->ours, type->name_off);

		if (!btf_is_composite(type) || strncmp(flavour, name, length) != 0 ||
		    strncmp(flavour + length, FLAVOUR, strlen(FLAVOUR)) != 0)
			continue;
		if (compare_by_name(&other, id, name))
			return true;
	}
	return false;
}

static bool is_optional(const char *name)
{
	for (size_t i = 0; i < sizeof(optional_types) / sizeof(optional_types[0]); i++) {
		if (!strcmp(optional_types[i], name))
			return true;
	}
	return false;
}

static int check_all(struct comparison *compared)
{
	__u32 count = btf__type_cnt(compared->ours);
	int passed = 0, failed = 0, skipped = 0;

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(compared->ours, id);
		const char *name = btf__name_by_offset(compared->ours, type->name_off);

		if (!btf_is_composite(type) || !*name || strstr(name, FLAVOUR))
			continue;
		compared->problem[0] = '\0';
		if (compare_by_name(compared, id, name) || has_flavour(compared, name)) {
			printf("[       OK ] %s\n", name);
			passed++;
		} else if (is_optional(name)) {
			printf("[  SKIPPED ] %s: %s\n", name, compared->problem);
			skipped++;
		} else {
			printf("[  FAILED  ] %s: %s\n", name, compared->problem);
			failed++;
		}
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed || !passed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct comparison compared = { 0 };
	struct btf *ours, *kernel;
	int status = 1;

	if (argc != 2) {
		fprintf(stderr, "usage: check_types OBJECT\n");
		return 2;
	}
	ours = btf__parse(argv[1], NULL);
	kernel = btf__load_vmlinux_btf();
	if (!ours) {
		fprintf(stderr, "check_types: no BTF in %s\n", argv[1]);
	} else if (!kernel) {
		printf("[  SKIPPED ] all: this kernel has no BTF\n0 passed, 0 failed, 1 skipped\n");
		status = 0;
	} else {
		compared.ours = ours;
		compared.kernel = kernel;
		status = check_all(&compared);
	}
	btf__free(ours);
	btf__free(kernel);
	return status;
}
