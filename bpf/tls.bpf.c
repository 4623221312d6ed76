// SPDX-License-Identifier: GPL-2.0-only
/*
 * Role "plaintext": what a load balancer gives to its TLS library to send. Attached to SSL_write()
 * and its kind, which all take session, buffer and length; only calls of followed processes are
 * looked at.
 */
#include "bpf/http2_thread.h"
#include "bpf/payload.h"
#include "bpf/thread.h"

char LICENSE[] SEC("license") __weak = "GPL";

#define TLS_SESSIONS_MAX 16384

struct tls_key {
	__u64 session;
	__u32 tgid;
	__u32 reserved;
};

/* A session that speaks HTTP/2. */
struct tls_session {
	struct http2_state http2;
	const __u8 *buffer; /* of the last call: one that could not be written comes again */
	__u64 length;
	__u8 head[EVENT_HEAD_BYTES];
};

/* Inserted at a session's first frame, deleted by LRU and when another protocol begins on it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TLS_SESSIONS_MAX);
	__type(key, struct tls_key);
	__type(value, struct tls_session);
} tls_sessions SEC(".maps");

static __always_inline struct tls_session *tls_session_find(const struct tls_key *key,
							    const __u8 *head, __u32 length)
{
	static const struct tls_session zero;
	struct tls_session *session = bpf_map_lookup_elem(&tls_sessions, key);

	/* Addresses are used again. */
	if (http2_begins(head, length) || (!session && http2_goes_on(head, length))) {
		bpf_map_update_elem(&tls_sessions, key, &zero, BPF_ANY);
		return bpf_map_lookup_elem(&tls_sessions, key);
	}
	return session;
}

static __always_inline bool tls_is_same(const __u8 *left, const __u8 *right)
{
	for (int i = 0; i < EVENT_HEAD_BYTES; i++) {
		if (left[i] != right[i])
			return false;
	}
	return true;
}

static __always_inline void tls_look_http2(struct tls_session *session, const __u8 *head,
					   const void *buffer, __u32 length,
					   struct thread_state *thread)
{
	struct http2_walk *walk = &thread->walk;

	thread->plaintext.http2 = 1;
	if (session->buffer == buffer && session->length == length &&
	    tls_is_same(session->head, head))
		return;
	session->buffer = buffer;
	session->length = length;
	__builtin_memcpy(session->head, head, EVENT_HEAD_BYTES);
	__builtin_memset(walk, 0, sizeof(*walk));
	walk->base = buffer;
	walk->left = length;
	walk->skip = session->http2.lost ? 0 : session->http2.next;
	http2_look_thread(thread, &session->http2);
	session->http2.lost = walk->lost;
	session->http2.next = walk->skip > walk->left ? walk->skip - walk->left : 0;
	thread->plaintext.count = walk->count;
	__builtin_memcpy(thread->plaintext.found, walk->found, sizeof(walk->found));
}

/* Fills thread->plaintext. */
static __always_inline void tls_look(const struct tls_key *key, const void *buffer, __u32 length,
				     struct thread_state *thread)
{
	__u32 head_bytes = length < EVENT_HEAD_BYTES ? length : EVENT_HEAD_BYTES;
	struct thread_plaintext *plaintext = &thread->plaintext;
	__u8 head[EVENT_HEAD_BYTES] = {};
	struct tls_session *session;
	__u16 status;

	__builtin_memset(plaintext, 0, sizeof(*plaintext));
	plaintext->session = key->session;
	plaintext->fresh = 1;
	/* The bound is for the verifier, who loses the one above. */
	barrier_var(head_bytes);
	if (!head_bytes || head_bytes > EVENT_HEAD_BYTES ||
	    bpf_probe_read_user(head, head_bytes, buffer))
		return;
	status = payload_status(head, head_bytes);
	if (status) {
		plaintext->count = status >= 500 && status < 600;
		plaintext->found[0].status = status;
		bpf_map_delete_elem(&tls_sessions, key);
		return;
	}
	session = tls_session_find(key, head, head_bytes);
	if (session)
		tls_look_http2(session, head, buffer, length, thread);
}

/* `length` is an int in some of these functions, which the upper half of a register does not hold. */
SEC("?uprobe")
int BPF_KPROBE(plaintext_uprobe, __u64 session, const void *buffer, __u32 length)
{
	struct tls_key key = { .session = session, .tgid = bpf_get_current_pid_tgid() >> 32 };
	struct thread_state *thread;

	if (!process_current())
		return 0;
	thread = thread_current();
	if (thread)
		tls_look(&key, buffer, length, thread);
	return 0;
}
