/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters of the backends, as the programs keep them in the map `backends`. */
#ifndef LBTRACE_USER_CAPTURE_FIGURES_H
#define LBTRACE_USER_CAPTURE_FIGURES_H

#include <stdint.h>

#include <stdbool.h>

#include "user/capture/buildup.h"
#include "user/capture/followed.h"
#include "user/lib/record.h"

#define FIGURES_IDLE_NS (600 * 1000000000ull)

struct figures;

/* `map_fd` of `backends`, `sweeps_fd` of `sweeps` (negative: there is none) and `followed` stay the
 * caller's, as does `buildup`, which takes the sweeps. 0 or -ENOMEM. */
int figures_new(int map_fd, int sweeps_fd, const struct followed *followed, struct buildup *buildup,
		struct figures **figures);
void figures_free(struct figures *figures);

/* Gives an EVENT_FIGURES record for every backend that changed since the last call. `swept`: the map
 * `sweeps` holds a new count of the open sockets; else the last one stands. When the map is nearly full, backends that rested for FIGURES_IDLE_NS make room; should such a one come back, it
 * counts from zero. 0, the sink's error or -errno. */
int figures_give(struct figures *figures, bool swept, record_sink sink, void *context);

/* No process of this group is left: the next figures_give() gives what still changed, and then its
 * backends make room for others. 0 or -ENOMEM. */
int figures_forget_group(struct figures *figures, uint32_t group);

#endif
