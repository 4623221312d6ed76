/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of the object that is about to be loaded: which there are, and how large. */
#ifndef LBTRACE_USER_CAPTURE_MAPS_H
#define LBTRACE_USER_CAPTURE_MAPS_H

#include <stdint.h>

#include "user/capture/hooks.h"

struct bpf_object;
struct kernel_types;

/* Fits the maps of an object that is open and not yet loaded to the plan, and sets the plan's
 * sockets_most. `ring_bytes`: 0: as built. 0 or -errno. */
int maps_prepare(struct bpf_object *object, const struct kernel_types *types, uint32_t ring_bytes,
		 struct hook_plan *plan);

#endif
