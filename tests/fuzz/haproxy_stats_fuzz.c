// SPDX-License-Identifier: GPL-2.0-only
/* What claims to be HAProxy on a stats socket. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "user/config/haproxy_stats.h"
#include "user/lib/record.h"

#define SINK_ENDS 4711

static int take_status(void *context, const struct event_backend_status *status)
{
	size_t *left = context;

	if (record_check(status, sizeof(*status)) != sizeof(*status) || !*status->pool ||
	    !*status->name)
		abort();
	return --*left ? 0 : SINK_ENDS;
}

static int take_state(void *context, const struct haproxy_server_state *state)
{
	size_t *left = context;

	if (!*state->pool || !*state->name || (!state->address.family && state->address.port))
		abort();
	return --*left ? 0 : SINK_ENDS;
}

static void expect_result(int err)
{
	if (err && err != -EAGAIN && err != -EBADMSG && err != -EACCES && err != SINK_ENDS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct haproxy_info info;
	size_t left = 100;

	expect_result(haproxy_stats_parse(text, size, take_status, &left));
	left = 100;
	expect_result(haproxy_servers_state_parse(text, size, take_state, &left));
	expect_result(haproxy_info_parse(text, size, &info));
	return 0;
}
