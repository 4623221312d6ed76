// SPDX-License-Identifier: GPL-2.0-only
/* Names of drop and reset reasons: the numbers differ between kernels, so the log carries them. */
#include <stdio.h>
#include <string.h>

#include "user/capture/capture.h"
#include "user/capture/kernel_types.h"
#include "user/capture/libbpf_log.h"

struct reason_names {
	const char *prefix;
	char *names;
	uint32_t count;
	uint32_t bytes;
	uint32_t covered;
};

static void take(void *context, const char *name, uint32_t value)
{
	struct reason_names *reasons = context;
	size_t prefix_length = strlen(reasons->prefix);

	/* Ends and masks of the enum are no reasons. */
	if (strncmp(name, reasons->prefix, prefix_length))
		return;
	name += prefix_length;
	if (value >= reasons->count || !strcmp(name, "MAX"))
		return;
	snprintf(reasons->names + (size_t)value * reasons->bytes, reasons->bytes, "%s", name);
	if (reasons->covered <= value)
		reasons->covered = value + 1;
}

uint32_t capture_reason_names(const char *kind, char *names, uint32_t count, uint32_t bytes)
{
	struct reason_names reasons = { .names = names, .count = count, .bytes = bytes };
	struct kernel_types *types;

	memset(names, 0, (size_t)count * bytes);
	if (!strcmp(kind, "skb_drop_reason"))
		reasons.prefix = "SKB_DROP_REASON_";
	else if (!strcmp(kind, "sk_rst_reason"))
		reasons.prefix = "SK_RST_REASON_";
	else
		return 0;
	libbpf_log_install();
	if (!bytes || kernel_types_open(&types))
		return 0;
	kernel_types_enum(types, kind, take, &reasons);
	kernel_types_close(types);
	return reasons.covered;
}
