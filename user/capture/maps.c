// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>

#include "user/capture/kernel_types.h"
#include "user/capture/maps.h"

/* Of maps that take all their memory at once, the one of sockets is large: some 10 MiB. */
#define MAPS_SOCKETS_PREALLOCATED 16384

/* Before 6.1, which allocates for maps by bpf_mem_alloc, a program on a kprobe that makes the kernel
 * allocate is warned of in its log: the probe may stand inside the allocator. */
static bool must_preallocate(const struct kernel_types *types, const struct hook_plan *plan)
{
	if (kernel_types_function(types, "bpf_mem_alloc_init") >= 0)
		return false;
	for (int role = 0; role < HOOK_ROLES; role++) {
		const struct hook_candidate *candidate = hook_plan_candidate(plan, role);

		if (candidate &&
		    (candidate->kind == HOOK_KPROBE || candidate->kind == HOOK_KRETPROBE))
			return true;
	}
	return false;
}

static int preallocate(struct bpf_object *object)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_HASH)
			err = bpf_map__set_map_flags(map, bpf_map__map_flags(map) &
								  ~(uint32_t)BPF_F_NO_PREALLOC);
		if (err)
			break;
	}
	return err;
}

int maps_prepare(struct bpf_object *object, const struct kernel_types *types, uint32_t ring_bytes,
		 struct hook_plan *plan)
{
	struct bpf_map *sockets = bpf_object__find_map_by_name(object, "sockets");
	struct bpf_map *by_pointer = bpf_object__find_map_by_name(object, "sockets_by_pointer");
	struct bpf_map *events = bpf_object__find_map_by_name(object, "events");
	int err = 0;

	if (sockets)
		err = bpf_map__set_autocreate(sockets, plan->socket_storage);
	if (!err && by_pointer)
		err = bpf_map__set_autocreate(by_pointer, !plan->socket_storage);
	if (!err && must_preallocate(types, plan)) {
		err = preallocate(object);
		if (!err && by_pointer)
			err = bpf_map__set_max_entries(by_pointer, MAPS_SOCKETS_PREALLOCATED);
	}
	if (!err && events && ring_bytes)
		err = bpf_map__set_max_entries(events, ring_bytes);
	if (by_pointer)
		plan->sockets_most = bpf_map__max_entries(by_pointer);
	return err;
}
