/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes that the programs follow: the map `processes`, and who their groups are. */
#ifndef LBTRACE_USER_CAPTURE_FOLLOWED_H
#define LBTRACE_USER_CAPTURE_FOLLOWED_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"

struct followed;

/* `map_fd` of `processes` stays the caller's. 0 or -ENOMEM. */
int followed_new(int map_fd, struct followed **followed);
void followed_free(struct followed *followed);

/* Adds or updates a process; *is_new: the kernel did not follow it yet. 0 or -errno. */
int followed_add(struct followed *followed, const struct event_owner *owner, bool *is_new);

/* The process is an old worker after a reload: what it holds open is of interest at any age. Unknown
 * ones are left alone. */
void followed_retire(struct followed *followed, uint32_t tgid);
bool followed_is_retired(const struct followed *followed, uint32_t tgid);

/* Takes a process out. *group_gone: its group, when this was the last followed process of it, else 0.
 * 0, or -errno; -ENOENT: neither the kernel nor followed_add() knows it. */
int followed_remove(struct followed *followed, uint32_t tgid, uint32_t *group_gone);

/* Who a group is, tgid and tid 0; an unknown group has no name. */
void followed_owner(const struct followed *followed, uint32_t group, struct event_owner *owner);

/* Who a process of a group is, tid 0; one that is not known has the group's name. */
void followed_process(const struct followed *followed, uint32_t group, uint32_t tgid,
		      struct event_owner *owner);

#endif
