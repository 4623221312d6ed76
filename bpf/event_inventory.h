/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inventory's part of the contract: what is known of the load balancers
 * of this host besides the kernel's events. Included by event.h, and only
 * there; the same rules hold.
 */
#ifndef LBTRACE_EVENT_INVENTORY_H
#define LBTRACE_EVENT_INVENTORY_H

/* Inventory: a load balancer was found. */
struct event_load_balancer {
	struct event_header header;
	struct event_owner owner; /* the group's leader */
	__u32 netns;
	__u32 processes;
	char config[EVENT_PATH_BYTES]; /* empty: not known */
	char executable[EVENT_PATH_BYTES];
};

/* Inventory: it listens here. */
struct event_listener {
	struct event_header header;
	struct event_owner owner;
	struct event_address address;
	__u32 netns;
	__u32 backlog_max;
};

/* Inventory: the kernel's view of a next hop, when an attempt at it failed. */
struct event_neighbour {
	struct event_header header;
	struct event_address address;
	__u32 netns;
	__u16 nud_state;
	__u16 reserved;
};

enum host_port_flags {
	HOST_PORT_LISTENS = 1 << 0, /* a listener takes connections to just this address */
	HOST_PORT_LOOPBACK = 1 << 1, /* one is bound to a loopback address, which this is not */
	HOST_PORT_OTHER_ADDRESS = 1 << 2, /* one is bound to another address */
	HOST_PORT_OTHER_FAMILY = 1 << 3, /* one listens in the other family only */
};

/* Inventory: the backend that an attempt failed at is on this host; this is what listens there. */
struct event_host_port {
	struct event_header header; /* flags: enum host_port_flags; none: no listener has the port */
	struct event_address address; /* of the backend */
	__u32 netns; /* which has the address */
	__u32 backlog; /* connections in the listener's accept queue */
	__u32 backlog_max; /* 0: not known */
	__u32 reserved;
	__u64 inode; /* of the listener */
	__u64 syn_queue_drops; /* TcpExtTCPReqQFullDrop of the namespace */
	__u64 accept_queue_drops; /* TcpExtListenOverflows of the namespace */
};

/* What a record about a configuration says. */
enum config_note {
	/* The load balancer's configuration was read: `generation` begins, and backends of earlier
	 * ones are configured no longer. `file` is its first file. */
	CONFIG_READ = 1,
	CONFIG_UNREADABLE, /* this file could not be read; `text` says why */
	CONFIG_SKIPPED, /* the statement `text` is not understood; it costs this statement only */
	CONFIG_BOUNDED, /* there is more than is read: too many files or servers, too deep an include */
	CONFIG_CHANGED, /* the file is newer than the processes that read it: what runs may differ */
};

#define EVENT_POOL_BYTES 128
#define EVENT_HOST_BYTES 256 /* a DNS name, a Unix socket's path, or what holds a variable */
#define EVENT_TEXT_BYTES 128

/* Inventory: of the configuration of a load balancer. */
struct event_config {
	struct event_header header;
	struct event_owner owner; /* the group's leader */
	__u32 generation; /* counts from 1, of this group */
	__u32 line; /* 0: none */
	__u16 kind; /* enum config_note */
	__u16 reserved[3];
	char file[EVENT_PATH_BYTES]; /* as the load balancer sees it */
	char text[EVENT_TEXT_BYTES];
};

enum backend_flags {
	BACKEND_NAMED =
		1 << 0, /* `host` is a name: its addresses are event_backend_address records */
	BACKEND_DYNAMIC =
		1 << 1, /* `host` holds a variable, or the addresses come from elsewhere */
	BACKEND_UNIX = 1 << 2, /* `host` is the path of a Unix socket */
	BACKEND_TLS = 1 << 3, /* the load balancer speaks TLS to it */
	BACKEND_HTTP2 = 1 << 4,
	BACKEND_SEND_PROXY = 1 << 5,
	BACKEND_BACKUP = 1 << 6,
	BACKEND_DISABLED = 1 << 7, /* nginx's `down`, HAProxy's `disabled` */
	BACKEND_CHECKED = 1 << 8, /* health checks are configured */
	/* nginx resolves the name once, when it reads its configuration; others again and again */
	BACKEND_RESOLVED_ONCE = 1 << 9,
	BACKEND_CHECK_ELSEWHERE = 1 << 10, /* checks go to another address or port */
};

enum backend_protocol {
	BACKEND_HTTP,
	BACKEND_TCP, /* stream, mode tcp */
	BACKEND_GRPC,
	BACKEND_FASTCGI,
	BACKEND_UWSGI,
	BACKEND_SCGI,
	BACKEND_MEMCACHED,
	BACKEND_PROTOCOLS,
};

enum backend_check {
	CHECK_NONE,
	CHECK_TCP,
	CHECK_HTTP,
	CHECK_TLS,
	CHECK_OTHER, /* agent, a database's, a script */
	CHECK_KINDS,
};

/* Inventory: a backend that a load balancer's configuration names. It goes by `pool/name`, or by
 * `name` where there is no pool (a proxy_pass straight to an address). */
struct event_backend {
	struct event_header header; /* flags: enum backend_flags */
	struct event_owner owner; /* the group's leader */
	struct event_address
		address; /* where `host` is an address; else family 0, port as configured */
	__u32 netns;
	__u32 generation; /* of event_config */
	__u32 index; /* of this backend in its generation, from 0 */
	__u32 line; /* of the directive that names it */
	__u16 protocol; /* enum backend_protocol */
	__u16 check; /* enum backend_check */
	__u16 check_port; /* 0: the backend's own */
	__u16 reserved;
	/* 0: not known, or without a bound */
	__u32 weight;
	__u32 connections_max;
	__u32 connect_timeout_ms;
	__u32 response_timeout_ms; /* between two reads of a response */
	__u32 keepalive_idle_ms; /* an idle connection to it is kept so long */
	__u32 check_interval_ms;
	char pool[EVENT_POOL_BYTES]; /* upstream, backend, or cluster; empty: none */
	char name[EVENT_POOL_BYTES]; /* the server's name or, without one, its address, as written */
	char host[EVENT_HOST_BYTES]; /* without port, as written */
	char check_target[EVENT_TEXT_BYTES]; /* "GET /health"; empty: not known */
	char file[EVENT_PATH_BYTES]; /* where it is configured, as the load balancer sees it */
	char directive[EVENT_TEXT_BYTES]; /* that statement, cut: "server 10.0.0.1:8080 weight=2" */
};

enum backend_address_flags {
	BACKEND_ADDRESS_GONE = 1 << 0, /* the name has it no longer */
	BACKEND_ADDRESS_FAILED = 1 << 1, /* the name has none (family 0), `error` says why */
	BACKEND_ADDRESS_HOSTS = 1 << 2, /* of /etc/hosts */
	BACKEND_ADDRESS_TOLD = 1 << 3, /* the load balancer said so itself, on its stats socket */
};

/* Inventory: an address of a named backend, when it is new, gone, or there is none. */
struct event_backend_address {
	struct event_header
		header; /* flags: enum backend_address_flags; time: when it was resolved */
	struct event_owner owner; /* as the backend's */
	struct event_address address; /* with the backend's port */
	__u32 generation;
	__u32 index; /* with owner.group and generation: the backend */
	__u32 ttl_seconds; /* 0: not known */
	__u16 error; /* DNS RCODE (RFC 1035, 4.1.1): 3 is NXDOMAIN; 0xffff: no answer */
	__u16 reserved;
};

enum backend_state {
	BACKEND_UP = 1,
	BACKEND_DOWN,
	BACKEND_MAINTENANCE,
	BACKEND_DRAIN,
	BACKEND_UNCHECKED, /* no checks: always taken to be up */
	BACKEND_STATES,
};

/* Inventory: what the load balancer itself says of a backend, when it changed. */
struct event_backend_status {
	struct event_header header;
	struct event_owner owner;
	struct event_address address; /* that it uses now; family 0: not known */
	__u32 netns;
	__u16 state; /* enum backend_state */
	__u16 check_code; /* HTTP status that the last check got, 0: none */
	__u64 changed_ns; /* when the state changed last, 0: not known */
	__u64 connect_errors; /* HAProxy's econ, eresp, wretr, wredis: since its start */
	__u64 response_errors;
	__u64 retries;
	__u64 redispatches;
	__u32 queued;
	__u32 weight;
	__u32 check_duration_ms;
	__u32 reserved;
	char pool[EVENT_POOL_BYTES];
	char name[EVENT_POOL_BYTES];
	char check_status[16]; /* "L4CON", "L7STS"; empty: no check yet */
	char check_text[EVENT_TEXT_BYTES]; /* "Connection refused" */
};

/* Inventory: a load balancer runs in a container. What is not known is empty. */
struct event_container {
	struct event_header header;
	struct event_owner owner; /* the group's leader */
	char runtime[EVENT_COMM_BYTES]; /* "docker", "containerd", "cri-o", "podman", "lxc" */
	char id[80];
	char name[EVENT_TEXT_BYTES];
	char pod[EVENT_TEXT_BYTES];
	char pod_namespace[EVENT_NAME_BYTES];
};

#endif
