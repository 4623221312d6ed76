/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets that are less than they seem. */
#ifndef LBTRACE_MINI_SOCKET_H
#define LBTRACE_MINI_SOCKET_H

#include "bpf/maps.h"

/* Whether `sk` is a request or TIME_WAIT socket: it ends after its sock_common, so nothing else of
 * it may be read, and socket_find() not called. */
static __always_inline bool socket_is_mini(const struct sock *sk)
{
	__u8 state = sk->__sk_common.skc_state;

	return state == STATE_TIME_WAIT || state == STATE_NEW_SYN_RECV;
}

#endif
