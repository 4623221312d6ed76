/* SPDX-License-Identifier: GPL-2.0-only */
/* The beginning of a backend's response: when it came, and what it says. */
#ifndef LBTRACE_BPF_RESPONSE_H
#define LBTRACE_BPF_RESPONSE_H

#include "bpf/figures.h"
#include "bpf/payload.h"

#define STATUS_SWITCHING_PROTOCOLS 101

/* Judges the bytes in socket->received. False: the response proper comes later, after 100 Continue or
 * 103 Early Hints. */
static __always_inline bool response_judge(struct socket_state *socket)
{
	struct event_payload *payload = &socket->received;

	payload_classify_response(payload, socket->sent.kind);
	if (payload->status >= 100 && payload->status < 200 &&
	    payload->status != STATUS_SWITCHING_PROTOCOLS)
		return false;
	if (payload->status == STATUS_SWITCHING_PROTOCOLS)
		socket->role = SOCKET_IGNORED;
	if (payload->status >= 500)
		socket->flags |= ATTEMPT_ANSWERED_5XX;
	if (!payload_fits(socket->sent.kind, payload->kind))
		socket->flags |= ATTEMPT_MISFIT;
	return true;
}

static __always_inline void response_begin(struct socket_state *socket, __u64 now_ns)
{
	struct backend_figures *figures = figures_of(socket);

	socket->awaiting_response = 0;
	socket->direction = DIRECTION_RECEIVED;
	socket->response_ns = now_ns;
	socket->flags |= ATTEMPT_ANSWERED;
	if (figures)
		histogram_add(&figures->first_byte_us, (now_ns - socket->request_ns) / 1000);
}

/* It had not begun yet after all. */
static __always_inline void response_await(struct socket_state *socket)
{
	socket->awaiting_response = 1;
	socket->direction = DIRECTION_SENT;
	socket->response_ns = 0;
	socket->flags &= ~ATTEMPT_ANSWERED;
}

#endif
