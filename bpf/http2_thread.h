/* SPDX-License-Identifier: GPL-2.0-only */
/* The walk through HTTP/2 frames in the running thread's memory. */
#ifndef LBTRACE_HTTP2_THREAD_H
#define LBTRACE_HTTP2_THREAD_H

#include "bpf/http2.h"
#include "bpf/thread.h"

/* Not static: the verifier looks at it once, not for each way that leads to it. */
__noinline __weak int http2_look_frames(void)
{
	struct thread_state *thread = thread_current();

	if (thread)
		http2_look(&thread->walk, &thread->http2);
	return 0;
}

/* http2_look() at the thread's `walk`, with the connection's state, which is kept elsewhere. */
static __always_inline void http2_look_thread(struct thread_state *thread,
					      struct http2_state *state)
{
	thread->http2 = *state;
	http2_look_frames();
	*state = thread->http2;
}

#endif
