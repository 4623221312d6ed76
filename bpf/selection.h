/* SPDX-License-Identifier: GPL-2.0-only */
/* --backend: which backends are looked at. */
#ifndef LBTRACE_SELECTION_H
#define LBTRACE_SELECTION_H

#include "bpf/maps.h"

/* Whether `address` is in one range of --backend. */
static __always_inline bool selection_range_holds(const struct backend_range *range,
						  const struct event_address *address)
{
	__u32 bits = range->prefix_bits;

	if (range->family != address->family || (range->port && range->port != address->port))
		return false;
	for (int i = 0; i < 16; i++) {
		__u8 mask = bits >= 8 ? 0xff : (__u8)(0xff00 >> bits);

		if ((range->bytes[i] ^ address->bytes[i]) & mask)
			return false;
		bits = bits >= 8 ? bits - 8 : 0;
	}
	return true;
}

static __always_inline bool selection_holds(const struct event_address *remote)
{
	if (!backend_range_count)
		return true;
	for (__u32 i = 0; i < SHARED_RANGES_MAX; i++) {
		struct backend_range range;

		if (i >= backend_range_count)
			break;
		__builtin_memcpy(&range, (const void *)&backend_ranges[i], sizeof(range));
		if (selection_range_holds(&range, remote))
			return true;
	}
	return false;
}

#endif
