/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel offers to a row of the hook table. */
#ifndef LBTRACE_USER_CAPTURE_OFFERS_H
#define LBTRACE_USER_CAPTURE_OFFERS_H

#include <stdbool.h>

#include "user/capture/hooks.h"

struct bpf_object;
struct kernel_types;

struct offers {
	const struct kernel_types *types;
	const struct bpf_object *object;
	bool try; /* also attach empty programs where BTF cannot tell; needs privilege */
};

/* A hook_offers; `context` is a struct offers. */
bool offers_ask(void *context, const struct hook_candidate *candidate, char *why);

#endif
