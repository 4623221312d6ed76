/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's memory for headers of bpf/ that are compiled here: the types that they read, with the
 * members that they read, and reads that fail outside of what was said to be readable, as the
 * kernel's do.
 */
#ifndef LBTRACE_TESTS_FUZZ_KERNEL_MEMORY_H
#define LBTRACE_TESTS_FUZZ_KERNEL_MEMORY_H

#include <linux/errqueue.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"

#define CHECK(condition)                                                    \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #condition); \
			abort();                                            \
		}                                                           \
	} while (0)

struct sk_buff;

struct sk_buff_head {
	struct sk_buff *next;
	__u32 qlen;
};

struct sock {
	struct sk_buff_head sk_error_queue;
};

struct sk_buff {
	char cb[48] __attribute__((aligned(8)));
	__u16 network_header;
	unsigned char *head;
};

struct sock_exterr_skb {
	unsigned char header[24]; /* struct inet6_skb_parm */
	struct sock_extended_err ee;
};

/* Of what bpf/socket.h keeps of a socket, what concerns ICMP. */
struct socket_state {
	struct event_address remote;
	struct event_address icmp_source;
	__u32 flags;
	__s32 error;
	__u8 icmp_family;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 reserved;
};

struct memory_range {
	const void *from;
	size_t bytes;
};

static struct memory_range memory_readable[3];

static inline void memory_read(void *to, size_t bytes, uintptr_t from)
{
	for (size_t i = 0; i < sizeof(memory_readable) / sizeof(memory_readable[0]); i++) {
		uintptr_t begin = (uintptr_t)memory_readable[i].from;

		if (from >= begin && from + bytes <= begin + memory_readable[i].bytes) {
			memcpy(to, (const void *)from, bytes);
			return;
		}
	}
	memset(to, 0, bytes);
}

/* One member, however deep it lies. */
#define BPF_CORE_READ(source, member)                                                       \
	({                                                                                  \
		__typeof__(({ (source)->member; })) read_value;                             \
		memory_read(&read_value, sizeof(__typeof__(read_value)),                    \
			    (uintptr_t)(source) + offsetof(__typeof__(*(source)), member)); \
		read_value;                                                                 \
	})
#define TYPED_READ(source, member) BPF_CORE_READ(source, member)
#define __builtin_preserve_access_index(place) (place)

#endif
