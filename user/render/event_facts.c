// SPDX-License-Identifier: GPL-2.0-only
/* The lines that hold facts, as the records tell them. */
#include <linux/neighbour.h>
#include <string.h>

#include "user/lib/clock.h"
#include "user/lib/endpoint.h"
#include "user/render/event_config.h"
#include "user/render/event_json.h"
#include "user/render/event_state.h"
#include "user/render/json_text.h"
#include "user/render/words.h"

/* task_struct.exit_code is a wait status, wait(2): the signal below, the code above. */
#define WAIT_SIGNAL_MASK 0x7f
#define WAIT_CODE_SHIFT 8
#define WAIT_CODE_MASK 0xff

#define RESET_FLAG_ACK 0x10

static enum reset_phase reset_phase(const struct event_attempt *attempt)
{
	if (!(attempt->header.flags & ATTEMPT_ESTABLISHED))
		return RESET_HANDSHAKE;
	if (attempt->header.flags & ATTEMPT_EXCHANGE_OPEN)
		return RESET_REQUEST;
	if (attempt->header.flags & ATTEMPT_ANSWERED)
		return RESET_RESPONSE;
	return RESET_IDLE;
}

/* What the segment itself says of why it came (RFC 9293, 3.10.7); NULL: it was not seen. */
static const char *reset_reason(const struct event_attempt *attempt)
{
	if (!attempt->reset_flags)
		return NULL;
	return attempt->reset_flags & RESET_FLAG_ACK ? "PEER_ABORT" : "PEER_NO_CONNECTION";
}

/* One that was received; those that were sent have records of their own. */
static int write_attempt(const struct event_lines *lines, const struct event_attempt *attempt)
{
	uint64_t time_ns =
		attempt->reset_received_ns ? attempt->reset_received_ns : attempt->header.time_ns;
	enum reset_phase phase = reset_phase(attempt);

	if (!(attempt->header.flags & ATTEMPT_RESET_RECEIVED))
		return 0;
	return event_json_line(
		lines,
		json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:s, s:i}", "type", "reset",
			  "ts", event_json_time(lines, time_ns), "direction", "received", "sender",
			  "backend", "lb", event_json_owner(&attempt->owner), "backend",
			  event_json_backend_of(lines, &attempt->owner, &attempt->remote), "phase",
			  words_reset_phase(phase), "reason",
			  json_text_or_null(reset_reason(attempt)), "effect",
			  words_reset_effect(reset_effect(RESET_RECEIVED, phase)), "count", 1));
}

static int write_response(const struct event_lines *lines, const struct event_response *response)
{
	if (!(response->header.flags & RESPONSE_FD_EXHAUSTED))
		return 0;
	return event_json_line(
		lines,
		json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "type", "resource", "ts",
			  event_json_time(lines, response->header.time_ns), "resource",
			  "descriptors", "lb", event_json_owner(&response->owner), "used",
			  json_count(response->fd_used), "limit", json_count(response->fd_limit)));
}

static int write_accept_drop(const struct event_lines *lines, const struct event_accept_drop *drop)
{
	return event_json_line(
		lines, json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "type", "resource", "ts",
				 event_json_time(lines, drop->header.time_ns), "resource",
				 "accept_queue", "lb", event_json_owner(&drop->owner), "listener",
				 json_address(&drop->listener), "used", json_count(drop->backlog),
				 "limit", json_count(drop->backlog_max)));
}

static const char *process_event(uint32_t flags)
{
	if (flags & PROCESS_OOM_KILLED)
		return "oom_killed";
	if (flags & PROCESS_EXITED)
		return "exited";
	if (flags & PROCESS_RETIRED)
		return "retired";
	if (flags & PROCESS_EXECED)
		return "execed";
	return "forked";
}

static int write_process(const struct event_lines *lines, const struct event_process *process)
{
	int signal = process->exit_code & WAIT_SIGNAL_MASK;
	int code = (process->exit_code >> WAIT_CODE_SHIFT) & WAIT_CODE_MASK;
	const bool exited = process->header.flags & PROCESS_EXITED;

	return event_json_line(
		lines,
		json_pack(
			"{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "type", "process", "ts",
			event_json_time(lines, process->header.time_ns), "event",
			process_event(process->header.flags), "lb",
			event_json_owner(&process->owner), "parent", json_count(process->parent),
			"exit_code", exited && !signal ? json_integer(code) : json_null(), "signal",
			exited && signal ? json_integer(signal) : json_null(), "signal_sender",
			process->signal_sender ? json_count(process->signal_sender) : json_null()));
}

static int write_load_balancer(const struct event_lines *lines,
			       const struct event_load_balancer *found)
{
	return event_json_line(
		lines,
		json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "type", "inventory", "ts",
			  event_json_time(lines, found->header.time_ns), "what", "load_balancer",
			  "lb", event_json_owner(&found->owner), "kind",
			  words_kind(found->owner.kind), "processes", json_count(found->processes),
			  "config", json_text_or_null(found->config), "executable",
			  json_text_or_null(found->executable)));
}

static int write_tls(const struct event_lines *lines, const struct event_tls *tls)
{
	const char *state = words_tls(tls->state);

	if (!state)
		return 0;
	return event_json_line(
		lines, json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:o}", "type", "inventory", "ts",
				 event_json_time(lines, tls->header.time_ns), "what", "tls", "lb",
				 event_json_owner(&tls->owner), "state", state, "frontend",
				 tls->frontend.family ? json_address(&tls->frontend) : json_null(),
				 "library", json_text_or_null(tls->library)));
}

static int write_listener(const struct event_lines *lines, const struct event_listener *listener)
{
	return event_json_line(
		lines, json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "type", "inventory", "ts",
				 event_json_time(lines, listener->header.time_ns), "what",
				 "listener", "lb", event_json_owner(&listener->owner), "address",
				 json_address(&listener->address), "backlog_max",
				 json_count(listener->backlog_max)));
}

/* As `ip neigh` names them. */
static const char *neighbour_state(uint16_t state)
{
	static const struct {
		uint16_t state;
		const char *name;
	} names[] = {
		{ NUD_FAILED, "failed" },	{ NUD_INCOMPLETE, "incomplete" },
		{ NUD_PROBE, "probe" },		{ NUD_DELAY, "delay" },
		{ NUD_STALE, "stale" },		{ NUD_REACHABLE, "reachable" },
		{ NUD_PERMANENT, "permanent" }, { NUD_NOARP, "noarp" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (state & names[i].state)
			return names[i].name;
	}
	return "none";
}

static int write_neighbour(const struct event_lines *lines, const struct event_neighbour *neighbour)
{
	char address[ENDPOINT_TEXT_BYTES];

	endpoint_format_host(&neighbour->address, address);
	return event_json_line(lines,
			       json_pack("{s:s, s:o, s:s, s:s, s:s}", "type", "inventory", "ts",
					 event_json_time(lines, neighbour->header.time_ns), "what",
					 "neighbour", "address", address, "state",
					 neighbour_state(neighbour->nud_state)));
}

/* Which listeners of this host have the backend's port. */
static const char *listener_found(uint32_t flags)
{
	if (flags & HOST_PORT_LISTENS)
		return "listens";
	if (flags & HOST_PORT_LOOPBACK)
		return "loopback";
	if (flags & HOST_PORT_OTHER_FAMILY)
		return "other_family";
	return flags & HOST_PORT_OTHER_ADDRESS ? "other_address" : "none";
}

static int write_host_port(const struct event_lines *lines, const struct event_host_port *found)
{
	char address[ENDPOINT_TEXT_BYTES];

	endpoint_format(&found->address, address);
	return event_json_line(lines,
			       json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o}", "type", "inventory",
					 "ts", event_json_time(lines, found->header.time_ns),
					 "what", "backend_port", "address", address, "listener",
					 listener_found(found->header.flags), "backlog",
					 json_count(found->backlog), "backlog_max",
					 json_count(found->backlog_max)));
}

static int write_figures(const struct event_lines *lines, const struct event_figures *event)
{
	const struct backend_figures *figures = &event->figures;
	uint64_t now_ns = event->header.time_ns;
	uint64_t since_ns = figures->close_wait_since_ns;
	double age_seconds = 0;

	if (!figures->close_wait)
		return 0;
	if (since_ns && now_ns > since_ns)
		age_seconds = (double)(now_ns - since_ns) / CLOCK_NS_PER_SECOND;
	return event_json_line(lines, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "type",
						"close_wait", "ts", event_json_time(lines, now_ns),
						"lb", event_json_owner(&event->owner), "backend",
						event_json_backend_of(lines, &event->owner,
								      &event->backend.address),
						"count", json_count(figures->close_wait),
						"max_age_seconds", json_number(age_seconds)));
}

static int write_loss(const struct event_lines *lines, const struct event_loss *loss)
{
	return event_json_line(lines, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "type", "loss",
						"ts", event_json_time(lines, loss->header.time_ns),
						"records", json_count(loss->records), "sockets",
						json_count(loss->sockets), "backends",
						json_count(loss->backends), "threads",
						json_count(loss->threads)));
}

int event_lines_record(const struct event_lines *lines, const struct event_header *record)
{
	const union event *event = (const union event *)record;

	switch (record->type) {
	case EVENT_ATTEMPT:
		return write_attempt(lines, &event->attempt);
	case EVENT_RESPONSE:
		return write_response(lines, &event->response);
	case EVENT_ACCEPT_DROP:
		return write_accept_drop(lines, &event->accept_drop);
	case EVENT_PROCESS:
		return write_process(lines, &event->process);
	case EVENT_LOAD_BALANCER:
		return write_load_balancer(lines, &event->load_balancer);
	case EVENT_LISTENER:
		return write_listener(lines, &event->listener);
	case EVENT_TLS:
		return write_tls(lines, &event->tls);
	case EVENT_NEIGHBOUR:
		return write_neighbour(lines, &event->neighbour);
	case EVENT_HOST_PORT:
		return write_host_port(lines, &event->host_port);
	case EVENT_FIGURES:
		return write_figures(lines, &event->figures);
	case EVENT_BUILDUP:
		return event_state_buildup(lines, &event->buildup);
	case EVENT_RESOURCE:
		return event_state_resource(lines, &event->resource);
	case EVENT_RESETS:
		return event_state_resets(lines, &event->resets);
	case EVENT_LOSS:
		return write_loss(lines, &event->loss);
	}
	return event_config_record(lines, record);
}
