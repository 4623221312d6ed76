// SPDX-License-Identifier: GPL-2.0-only
#include "user/cmd/probe_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ENTRIES_FIRST 64
#define METHOD_BYTES 16
#define UNIX_PREFIX "unix:"

struct fill {
	struct probe_plan *plan;
	const struct probe_selection *selection;
};

int probe_plan_note(struct probe_plan *plan, const struct event_header *record)
{
	const union event *event = (const union event *)record;
	struct event_backend_address *nameless;

	if (record->type != EVENT_BACKEND_ADDRESS || !(record->flags & BACKEND_ADDRESS_FAILED) ||
	    plan->nameless_count >= PROBE_NAMES_MOST)
		return 0;
	nameless = reallocarray(plan->nameless, plan->nameless_count + 1, sizeof(*nameless));
	if (!nameless)
		return -ENOMEM;
	plan->nameless = nameless;
	plan->nameless[plan->nameless_count++] = event->backend_address;
	return 0;
}

/* What a name server said of the name; NULL: nothing. */
static const struct event_backend_address *find_nameless(const struct probe_plan *plan,
							 const struct event_backend *backend)
{
	for (size_t i = plan->nameless_count; i-- > 0;) {
		const struct event_backend_address *nameless = &plan->nameless[i];

		if (nameless->owner.group == backend->owner.group &&
		    nameless->generation == backend->generation &&
		    nameless->index == backend->index)
			return nameless;
	}
	return NULL;
}

/* NULL and *err -ENOMEM; NULL and *err 0 when there are enough. */
static struct probe_entry *add_entry(struct probe_plan *plan, int *err)
{
	*err = 0;
	if (plan->count == PROBE_ENTRIES_MOST) {
		plan->cut = true;
		return NULL;
	}
	if (plan->count == plan->room) {
		size_t room = plan->room ? plan->room * 2 : ENTRIES_FIRST;
		struct probe_entry *entries =
			reallocarray(plan->entries, room, sizeof(*plan->entries));

		if (!entries) {
			*err = -ENOMEM;
			return NULL;
		}
		plan->entries = entries;
		plan->room = room;
	}
	memset(&plan->entries[plan->count], 0, sizeof(*plan->entries));
	return &plan->entries[plan->count++];
}

static bool backend_has(const struct event_backend *backend, uint32_t flag)
{
	return backend->header.flags & flag;
}

/* --- what it is asked ------------------------------------------------------------ */

/* The host that a request names: as configured, without a scope or what no header may hold. */
static void fill_host(const struct probe_entry *entry, char host[PROBE_HOST_BYTES])
{
	if (backend_has(&entry->backend, BACKEND_NAMED))
		snprintf(host, PROBE_HOST_BYTES, "%s", entry->backend.host);
	else if (entry->address.family)
		endpoint_format(&entry->address, host);
	else
		snprintf(host, PROBE_HOST_BYTES, "localhost");
}

/* "GET /health": the method, then the target, then whatever. */
static int add_check(struct probe_entry *entry, const char *host)
{
	char text[EVENT_TEXT_BYTES], *rest = text, *method, *target;

	snprintf(text, sizeof(text), "%s", entry->backend.check_target);
	method = strtok_r(text, " ", &rest);
	target = strtok_r(NULL, " ", &rest);
	/* HAProxy's own default. */
	if (!method)
		method = "OPTIONS";
	return hello_add_http(&entry->hello, method, target ? target : "/", host);
}

/* Whether the health check asks this very port by plain HTTP. */
static bool is_checked_here(const struct event_backend *backend)
{
	return backend->check == CHECK_HTTP && !backend_has(backend, BACKEND_CHECK_ELSEWHERE) &&
	       (!backend->check_port || backend->check_port == backend->address.port);
}

static int add_step(struct probe_entry *entry)
{
	char host[PROBE_HOST_BYTES];

	fill_host(entry, host);
	switch (entry->step) {
	case PROBE_STEP_TLS:
		return hello_add_tls(&entry->hello, backend_has(&entry->backend, BACKEND_NAMED)
							    ? entry->backend.host
							    : NULL);
	case PROBE_STEP_CHECK:
		return add_check(entry, host);
	case PROBE_STEP_REQUEST:
		return hello_add_http(&entry->hello, "HEAD", "/", host);
	default:
		return 0;
	}
}

static void choose_step(struct probe_entry *entry, const struct probe_selection *selection)
{
	const struct event_backend *backend = &entry->backend;

	if (backend_has(backend, BACKEND_TLS))
		entry->step = PROBE_STEP_TLS;
	else if (backend_has(backend, BACKEND_HTTP2))
		entry->step = PROBE_STEP_CONNECT;
	else if (is_checked_here(backend))
		entry->step = PROBE_STEP_CHECK;
	else if (selection->http && backend->protocol == BACKEND_HTTP)
		entry->step = PROBE_STEP_REQUEST;
	if (entry->step == PROBE_STEP_CONNECT)
		return;
	if (backend_has(backend, BACKEND_SEND_PROXY))
		hello_add_proxy(&entry->hello, strstr(backend->directive, "send-proxy-v2") ? 2 : 1);
	/* What no request can be made of is connected to. */
	if (add_step(entry)) {
		entry->step = PROBE_STEP_CONNECT;
		entry->hello.length = 0;
	}
}

/* --- whom ------------------------------------------------------------------------- */

static bool is_selected(const struct probe_selection *selection,
			const struct event_address *address)
{
	for (size_t i = 0; i < selection->range_count; i++) {
		if (endpoint_range_holds(&selection->ranges[i], address))
			return true;
	}
	return !selection->range_count;
}

static int add_address(const struct fill *fill, const struct inventory_backend *backend,
		       const struct event_address *address)
{
	struct probe_entry *entry;
	int err;

	if (!is_selected(fill->selection, address))
		return 0;
	entry = add_entry(fill->plan, &err);
	if (!entry)
		return err;
	entry->backend = *backend->backend;
	entry->address = *address;
	entry->tgid = backend->tgid;
	if (!address->port) {
		entry->skipped = "its port is not known";
		return 0;
	}
	choose_step(entry, fill->selection);
	fill->plan->target_count++;
	return 0;
}

static void plan_unix(struct probe_plan *plan, struct probe_entry *entry,
		      const struct probe_selection *selection)
{
	const char *path = entry->backend.host;

	if (!strncmp(path, UNIX_PREFIX, strlen(UNIX_PREFIX)))
		path += strlen(UNIX_PREFIX);
	if (*path != '/') {
		entry->skipped = "a Unix socket without an absolute path";
		return;
	}
	snprintf(entry->path, sizeof(entry->path), "%s", path);
	choose_step(entry, selection);
	plan->target_count++;
}

static void plan_name(const struct probe_plan *plan, struct probe_entry *entry,
		      const struct probe_selection *selection)
{
	const struct event_backend_address *nameless = find_nameless(plan, &entry->backend);

	if (nameless || !selection->no_resolve) {
		entry->unresolved = true;
		entry->rcode = nameless ? nameless->error : PROBE_NO_ANSWER;
	} else {
		entry->skipped = "its name is not in /etc/hosts, and no name server is asked";
	}
}

/* A backend without an IP address. */
static int add_without(const struct fill *fill, const struct inventory_backend *backend)
{
	struct probe_entry *entry;
	int err;

	if (fill->selection->range_count)
		return 0;
	entry = add_entry(fill->plan, &err);
	if (!entry)
		return err;
	entry->backend = *backend->backend;
	entry->tgid = backend->tgid;
	if (backend_has(&entry->backend, BACKEND_UNIX))
		plan_unix(fill->plan, entry, fill->selection);
	else if (backend_has(&entry->backend, BACKEND_NAMED))
		plan_name(fill->plan, entry, fill->selection);
	else if (backend_has(&entry->backend, BACKEND_DYNAMIC))
		entry->skipped = "dynamic: its address is not in the configuration";
	else
		entry->skipped = "its address is not understood";
	return 0;
}

static int on_backend(void *context, const struct inventory_backend *backend)
{
	const struct fill *fill = context;
	int err = 0;

	if (!backend->address_count)
		return add_without(fill, backend);
	for (size_t i = 0; !err && i < backend->address_count; i++)
		err = add_address(fill, backend, &backend->addresses[i]);
	return err;
}

int probe_plan_fill(struct probe_plan *plan, struct inventory *inventory,
		    const struct probe_selection *selection)
{
	struct fill fill = { .plan = plan, .selection = selection };
	struct stat status;

	if (!stat("/proc/self/ns/net", &status))
		plan->own_netns = (uint32_t)status.st_ino;
	return inventory_configured(inventory, on_backend, &fill);
}

void probe_plan_clear(struct probe_plan *plan)
{
	free(plan->entries);
	free(plan->nameless);
	memset(plan, 0, sizeof(*plan));
}

struct probe_target probe_plan_target(const struct probe_entry *entry)
{
	struct probe_target target = {
		.owner = entry->backend.owner,
		.address = entry->address,
		.netns = entry->backend.netns,
		.tgid = entry->tgid,
		.path = entry->path,
	};

	if (entry->step != PROBE_STEP_CONNECT) {
		target.hello = entry->hello.bytes;
		target.hello_bytes = entry->hello.length;
		target.hello_kind = entry->step == PROBE_STEP_TLS ? PAYLOAD_TLS : PAYLOAD_HTTP1;
	}
	return target;
}
