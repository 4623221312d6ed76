/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract: every record of lbtrace's one stream.
 *
 * The kernel side writes records into the ring buffer, the inventory and the
 * capture add theirs, the event log stores them as they are, the diagnosis
 * reads nothing else. Fields are fixed-width and in host byte order, except
 * addresses, which are as on the wire. All times are CLOCK_BOOTTIME in
 * nanoseconds; 0 means "did not happen". Records are multiples of 8 bytes and
 * zeroed before they are filled.
 *
 * A changed layout is a new EVENT_VERSION; a new type or flag is not.
 */
#ifndef LBTRACE_EVENT_H
#define LBTRACE_EVENT_H

#ifndef LBTRACE_VMLINUX_H /* the kernel side has the types from there */
#include <linux/types.h>
#include <assert.h>
#endif

#define EVENT_VERSION 1

#define EVENT_COMM_BYTES 16
#define EVENT_HEAD_BYTES 16 /* the most that is ever read of a payload, each way */
#define EVENT_NAME_BYTES 64
#define EVENT_PATH_BYTES 256

/* Log-linear histogram of microseconds: 8 buckets an octave, so a bucket's
 * middle is at most 6 % off. Values under 8 have a bucket each. */
#define HISTOGRAM_SUB_BITS 3
#define HISTOGRAM_BUCKETS 240

enum event_type {
	/* from the kernel */
	EVENT_ATTEMPT = 1, /* struct event_attempt */
	EVENT_RESPONSE = 2, /* struct event_response */
	EVENT_PROCESS = 3, /* struct event_process */
	EVENT_ACCEPT_DROP = 4, /* struct event_accept_drop */

	/* from user space */
	EVENT_LOAD_BALANCER = 32, /* struct event_load_balancer */
	EVENT_LISTENER = 33, /* struct event_listener */
	EVENT_FIGURES = 34, /* struct event_figures */
	EVENT_LOSS = 35, /* struct event_loss */
	EVENT_TICK = 36, /* struct event_tick */
	EVENT_NEIGHBOUR = 37, /* struct event_neighbour */
	EVENT_BUILDUP = 38, /* struct event_buildup */
	EVENT_RESOURCE = 39, /* struct event_resource; listeners' come from the kernel */
	EVENT_RESETS = 40, /* struct event_resets */
	EVENT_HOST_PORT = 48, /* struct event_host_port */
	EVENT_CONFIG = 49, /* struct event_config */
	EVENT_BACKEND = 50, /* struct event_backend */
	EVENT_BACKEND_ADDRESS = 51, /* struct event_backend_address */
	EVENT_BACKEND_STATUS = 52, /* struct event_backend_status */
	EVENT_CONTAINER = 53, /* struct event_container */

	/* from both */
	EVENT_TLS = 64, /* struct event_tls */
};

struct event_header {
	__u16 type; /* enum event_type */
	__u16 size_bytes; /* of the whole record */
	__u32 flags; /* a type's own: ATTEMPT_*, RESPONSE_*, ... */
	__u64 time_ns;
};

/* A process of a load balancer. `group` is the tgid by which its whole load
 * balancer is known: master, workers, and the workers of a reload. */
struct event_owner {
	__u32 group;
	__u32 tgid;
	__u32 tid;
	__u32 kind; /* enum balancer_kind */
	char comm[EVENT_COMM_BYTES];
};

enum balancer_kind {
	BALANCER_OTHER,
	BALANCER_NGINX, /* also openresty and angie */
	BALANCER_HAPROXY,
	BALANCER_ENVOY,
	BALANCER_CADDY,
	BALANCER_APACHE,
	BALANCER_VARNISH,
	BALANCER_TRAEFIK,
	BALANCER_LIGHTTPD,
	BALANCER_SQUID,
	BALANCER_KINDS,
};

struct event_address {
	__u8 bytes[16]; /* IPv4 in the first four */
	__u16 port;
	__u8 family; /* 4, 6; 0: not known */
	__u8 reserved[5];
};

/* What a payload's first bytes say. */
enum payload_kind {
	PAYLOAD_NONE, /* nothing was seen */
	PAYLOAD_HTTP1, /* a method, or HTTP/1. */
	PAYLOAD_HTTP2, /* the connection preface, or a SETTINGS frame */
	PAYLOAD_TLS, /* handshake or application data */
	PAYLOAD_TLS_ALERT,
	PAYLOAD_PROXY, /* PROXY protocol, version 1 or 2 */
	PAYLOAD_FASTCGI,
	PAYLOAD_OTHER,
};

struct event_payload {
	__u8 kind; /* enum payload_kind */
	__u8 length; /* bytes valid in head, 0..EVENT_HEAD_BYTES */
	__u16 status; /* of an HTTP/1 response, else 0 */
	__u32 reserved;
	__u8 head[EVENT_HEAD_BYTES]; /* of an HTTP/1 request the method only */
};

enum attempt_flags {
	ATTEMPT_SEEDED = 1 << 0, /* was open when lbtrace attached */
	ATTEMPT_ESTABLISHED = 1 << 1,
	ATTEMPT_NEVER_SENT = 1 << 2, /* connect() failed before a SYN was made: error says why */
	ATTEMPT_EXCHANGE_OPEN = 1 << 3, /* a request was sent, no byte of its response arrived */
	ATTEMPT_ANSWERED = 1 << 4, /* bytes of a response to the last request arrived */
	/* recorded when the owner read a 5xx of the backend; the connection lives on */
	ATTEMPT_ANSWERED_5XX = 1 << 5,
	ATTEMPT_MISFIT = 1 << 6, /* the response's kind does not fit the request's */
	ATTEMPT_FIN_RECEIVED = 1 << 7, /* the backend closed first */
	ATTEMPT_RESET_RECEIVED = 1 << 8,
	ATTEMPT_RESET_SENT = 1 << 9,
	/* the load balancer let go while the connection was whole */
	ATTEMPT_CLOSED_BY_OWNER = 1 << 10,
	ATTEMPT_EGRESS_DROP = 1 << 11, /* netfilter on this host dropped what the socket sent */
	ATTEMPT_INGRESS_DROP = 1 << 12, /* netfilter on this host dropped what came for it */
	ATTEMPT_DUPLICATE_SYNACK = 1 << 13, /* the backend has not taken the handshake's last ACK */
	ATTEMPT_NEIGHBOUR_FAILED = 1 << 14, /* ARP or NDP gave up on the next hop */
	/* client_cookie is known from the same thread's turn, not guessed */
	ATTEMPT_ADJACENT_CLIENT = 1 << 15,
	ATTEMPT_BEFORE_REQUEST = 1 << 16, /* bytes of the backend came before a request was sent */
	/* the load balancer answered the backend's TLS hello by an alert, which `sent` holds; or, when
	 * `sent` is no alert, the end of a TLS 1.2 handshake: it sent no request */
	ATTEMPT_TLS_REFUSED = 1 << 17,
};

/* One try at a backend: a connection, or one exchange on a connection that is
 * used again. Recorded when it failed or ended in a way that may explain a
 * 5xx; healthy ones are counted only (event_figures). */
struct event_attempt {
	struct event_header header; /* time: when it ended for its owner */
	struct event_owner owner; /* who connected */
	struct event_address local;
	struct event_address remote; /* the backend */
	__u64 cookie; /* of the socket; 0 when it never became one that can be named */
	__u64 client_cookie; /* the client's socket it was most likely made for; 0: none */
	__u64 answered_cookie; /* the client's socket that the ending thread had just written a 5xx to; 0: none */
	__u64 started_ns; /* connect() */
	__u64 established_ns;
	__u64 request_ns; /* first byte of the last request sent */
	__u64 response_ns; /* first byte of its response arrived */
	__u64 last_received_ns; /* last byte of the response before the last request; idle time ends at request_ns */
	__u64 fin_received_ns;
	__u64 reset_received_ns;
	__u64 bytes_sent; /* since the last request began, as are the next two */
	__u64 bytes_acked;
	__u64 bytes_received;
	__u32 ended_tid; /* the thread that let go, or read the 5xx */
	__u32 exchanges; /* requests sent on this connection; more than 1: reused */
	__s32 error; /* errno the connection ended with, 0: none */
	__s32 retransmit_error; /* of the last SYN retransmit: 0 left the host, -EPERM netfilter, -EBUSY still queued */
	__u16 syn_retransmits;
	__u16 data_retransmits;
	__u16 full_retransmits; /* of these, segments of the full MSS */
	__u16 mss_bytes;
	__u32 unread_bytes; /* arrived and never read by the owner */
	__u32 rtt_us;
	__u32 netns; /* inode number */
	__u8 reset_flags; /* TCP flags byte of the RST received, 0: not seen */
	__u8 reset_ttl;
	__u16 reset_window;
	__u8 ttl; /* of the last segment from the backend that was no RST, 0: not seen */
	__u8 icmp_family; /* 4 or 6: an ICMP error ended or hit it; 0: none */
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 old_state; /* TCP state (kernel numbers) that it ended in */
	__u8 reserved[3];
	__u32 drop_reason; /* of the last segment of this socket dropped here, 0: none; names in the log's header */
	struct event_address icmp_source; /* who sent the ICMP error; port 0 */
	struct event_payload sent; /* first bytes of the last request */
	struct event_payload received; /* first bytes of its response */
	__u32 reserved_tail;
};

enum response_flags {
	RESPONSE_ATTEMPT_ADJACENT = 1 << 0, /* attempt_cookie ended in this thread's same turn */
	/* written in the turn that read the request: no connect, no send to a backend between */
	RESPONSE_IMMEDIATE = 1 << 1,
	RESPONSE_CLIENT_GONE = 1 << 2, /* the client had closed or reset before */
	RESPONSE_FD_EXHAUSTED = 1 << 3, /* no descriptor was free when it was written */
	RESPONSE_SEEDED = 1 << 4, /* the client's connection was open when lbtrace attached */
	/* HTTP/2: other requests may be under way on the client's connection */
	RESPONSE_MULTIPLEXED = 1 << 5,
	RESPONSE_ENCRYPTED = 1 << 6, /* read on its way into the TLS library */
	/* attempt_cookie is one of several that ended in this turn and that it may answer for */
	RESPONSE_ATTEMPT_GUESSED = 1 << 7,
	/* the writing thread had made a TCP socket since it read the request, and closed it unused */
	RESPONSE_SOCKET_UNUSED = 1 << 8,
	/* the process had got an answer, or an error, from DNS (UDP port 53) in the last 10 s */
	RESPONSE_RESOLVED = 1 << 9,
	RESPONSE_RESOLVED_SINCE = 1 << 10, /* and since it read the request */
	RESPONSE_UNIX = 1 << 11, /* the writing thread had connected to a Unix socket since */
};

/* A 5xx that a load balancer wrote to a client. */
struct event_response {
	struct event_header header;
	struct event_owner owner; /* the thread that wrote it */
	struct event_address frontend;
	struct event_address client;
	__u64 cookie; /* the client's socket */
	__u64 attempt_cookie; /* the backend's socket it answers for, as the writing thread knows; 0: none */
	__u64 request_ns; /* when the request was last read from */
	__u64 request_first_ns; /* when its first byte was read */
	__u32 requests; /* read on this connection so far */
	__u32 attempts; /* attempts started for this client since the request, as hinted */
	__u32 netns;
	__u16 status;
	__u16 reserved;
	__u32 fd_used; /* open descriptors of the process, valid with RESPONSE_FD_EXHAUSTED */
	__u32 fd_limit;
};

enum process_flags {
	PROCESS_FORKED = 1 << 0,
	PROCESS_EXECED = 1 << 1,
	PROCESS_EXITED = 1 << 2,
	PROCESS_OOM_KILLED = 1 << 3,
	/* inventory: takes no connections any more, younger ones of its group do: a reload's old worker */
	PROCESS_RETIRED = 1 << 4,
};

/* A process of a load balancer came or went, or one on this host that may be a backend was killed. */
struct event_process {
	struct event_header header;
	struct event_owner owner;
	__u32 parent; /* tgid */
	__s32 exit_code; /* wait status, as in task_struct.exit_code */
	__u32 signal_sender; /* tgid that sent the signal that ended it, 0: none seen */
	__u32 netns; /* of one that is not followed, 0: not known */
};

/* A listener of a load balancer could not take a connection. */
struct event_accept_drop {
	struct event_header header;
	struct event_owner owner; /* of the listener */
	struct event_address listener;
	__u32 backlog;
	__u32 backlog_max;
	__u32 netns;
	__u32 reserved;
};

#include "bpf/event_inventory.h"

enum tls_state {
	TLS_SEEN = 1, /* the kernel: it answered a client's handshake; its 5xx are not read yet */
	TLS_HOOKED, /* what it gives to `library` is read */
	TLS_UNREADABLE, /* it has a TLS library inside that cannot be hooked */
};

/* A load balancer speaks TLS to its clients. */
struct event_tls {
	struct event_header header;
	struct event_owner owner;
	struct event_address frontend; /* family 0: not known */
	__u32 netns;
	__u16 state; /* enum tls_state */
	__u16 reserved;
	char library[EVENT_PATH_BYTES]; /* as the load balancer sees it; empty: none */
};

struct histogram {
	__u64 count;
	__u64 sum_us;
	__u64 max_us;
	__u32 buckets[HISTOGRAM_BUCKETS];
};

struct backend_key {
	struct event_address address; /* family 0: all backends that found no room */
	__u32 group;
	__u32 netns;
};

/* Counters of one backend since lbtrace attached: absolute, so that a lost or
 * repeated record does no harm. */
struct backend_figures {
	__u64 attempts; /* connections tried */
	__u64 connected;
	__u64 failed; /* never connected, or ended with a request unanswered */
	__u64 exchanges; /* requests sent */
	__u64 answered_5xx;
	__u64 resets_received;
	__u64 resets_sent;
	/* as of the last sweep over the sockets: */
	__u32 established;
	__u32 close_wait;
	__u64 close_wait_since_ns; /* of the oldest, 0: none */
	struct histogram connect_us;
	struct histogram first_byte_us;
};

struct event_figures {
	struct event_header header;
	struct event_owner owner; /* tgid and tid 0 */
	struct backend_key backend;
	struct backend_figures figures;
};

#define BUILDUP_AGES 4 /* under 10 s, 60 s, 600 s, and older */

/* How many connections are how old, and what lies in them. */
struct buildup_state {
	__u32 count;
	__u32 unread; /* with bytes that the owner has not read */
	__u32 unsent; /* with bytes that the backend has not acknowledged */
	__u32 reserved;
	__u64 unread_bytes;
	__u64 unsent_bytes;
	__u64 oldest_ns; /* since when: the FIN; of established ones the last byte either way; 0: none */
	__u32 ages[BUILDUP_AGES];
};

/* The connections to one backend that one process holds, as of a sweep. Given when it changed and
 * some of them are in CLOSE_WAIT, or old, or hold unread or unacknowledged bytes; and once more when
 * that is over. */
struct event_buildup {
	struct event_header header;
	struct event_owner owner; /* tid 0 */
	struct event_address backend;
	__u32 netns;
	__u32 reserved;
	struct buildup_state established;
	struct buildup_state close_wait;
};

enum resource_kind {
	RESOURCE_DESCRIPTORS = 1, /* open files of a process; limit: its RLIMIT_NOFILE */
	RESOURCE_CONNTRACK, /* connections tracked in a network namespace; limit: nf_conntrack_max */
	RESOURCE_TCP_MEMORY, /* pages of all TCP sockets of the host; limit: tcp_mem */
	RESOURCE_CPU, /* PSI of the host, "some" of the last 10 s in 1/100 %; limit: 10000 */
	RESOURCE_ACCEPT_QUEUE, /* of a listener; count: connections it dropped, whatever the reason */
	RESOURCE_CONNECTION_SLOTS, /* count: accepted connections that were closed unread at once */
	RESOURCE_KINDS,
};

/* Something that a load balancer can run out of is near its limit, over it, or no longer. */
struct event_resource {
	struct event_header header;
	struct event_owner owner; /* tgid 0: of the whole namespace or host */
	struct event_address listener; /* family 0: none */
	__u64 used;
	__u64 limit; /* 0: none that is known */
	__u64 count; /* of events since lbtrace attached */
	__u32 netns; /* 0: of the host */
	__u16 kind; /* enum resource_kind */
	__u16 reserved;
};

enum reset_direction {
	RESET_RECEIVED,
	RESET_SENT,
	RESET_DIRECTIONS,
};

enum reset_phase {
	RESET_HANDSHAKE, /* the connection was not there yet */
	RESET_REQUEST, /* a request was out, no byte of its response in */
	RESET_RESPONSE, /* within a second of a response's last byte: it may be whole or not */
	RESET_IDLE, /* later, or never used */
	RESET_PHASES,
};

#define EVENT_REASON_BYTES 40

/* RSTs of one kind on the connections to one backend. */
struct event_resets {
	struct event_header header;
	struct event_owner owner; /* tgid and tid 0 */
	struct event_address backend;
	__u64 count; /* since the last such record */
	__u32 netns;
	__u8 direction; /* enum reset_direction */
	__u8 phase; /* enum reset_phase */
	__u16 reserved;
	char reason[EVENT_REASON_BYTES]; /* the kernel's, of one sent (enum sk_rst_reason); what the segment says, of one received; empty: not known */
};

struct event_loss {
	struct event_header header;
	__u64 records; /* did not fit the ring, since attach */
	__u64 sockets; /* got no storage: not followed */
	__u64 backends; /* found no room in the counters: counted as other */
	__u64 threads; /* no room for the thread's memory */
};

/* Time passes; nothing else need have happened. */
struct event_tick {
	struct event_header header;
};

union event {
	struct event_header header;
	struct event_attempt attempt;
	struct event_response response;
	struct event_process process;
	struct event_accept_drop accept_drop;
	struct event_load_balancer load_balancer;
	struct event_listener listener;
	struct event_neighbour neighbour;
	struct event_host_port host_port;
	struct event_config config;
	struct event_backend backend;
	struct event_backend_address backend_address;
	struct event_backend_status backend_status;
	struct event_container container;
	struct event_buildup buildup;
	struct event_resource resource;
	struct event_resets resets;
	struct event_figures figures;
	struct event_loss loss;
	struct event_tick tick;
	struct event_tls tls;
};

/* Checked by both compilers: clang for BPF and the user side's. */
_Static_assert(sizeof(struct event_header) == 16, "layout");
_Static_assert(sizeof(struct event_owner) == 32, "layout");
_Static_assert(sizeof(struct event_address) == 24, "layout");
_Static_assert(sizeof(struct event_payload) == 24, "layout");
_Static_assert(sizeof(struct event_attempt) == 328, "layout");
_Static_assert(sizeof(struct event_response) == 152, "layout");
_Static_assert(sizeof(struct event_process) == 64, "layout");
_Static_assert(sizeof(struct event_accept_drop) == 88, "layout");
_Static_assert(sizeof(struct event_load_balancer) == 568, "layout");
_Static_assert(sizeof(struct event_listener) == 80, "layout");
_Static_assert(sizeof(struct event_neighbour) == 48, "layout");
_Static_assert(sizeof(struct event_host_port) == 80, "layout");
_Static_assert(sizeof(struct event_config) == 448, "layout");
_Static_assert(sizeof(struct event_backend) == 1144, "layout");
_Static_assert(sizeof(struct event_backend_address) == 88, "layout");
_Static_assert(sizeof(struct event_backend_status) == 536, "layout");
_Static_assert(sizeof(struct event_container) == 464, "layout");
_Static_assert(sizeof(struct histogram) == 984, "layout");
_Static_assert(sizeof(struct backend_key) == 32, "layout");
_Static_assert(sizeof(struct backend_figures) == 2040, "layout");
_Static_assert(sizeof(struct event_figures) == 2120, "layout");
_Static_assert(sizeof(struct buildup_state) == 56, "layout");
_Static_assert(sizeof(struct event_buildup) == 192, "layout");
_Static_assert(sizeof(struct event_resource) == 104, "layout");
_Static_assert(sizeof(struct event_resets) == 128, "layout");
_Static_assert(sizeof(struct event_loss) == 48, "layout");
_Static_assert(sizeof(struct event_tick) == 16, "layout");
_Static_assert(sizeof(struct event_tls) == 336, "layout");

#endif
