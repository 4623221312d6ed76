// SPDX-License-Identifier: GPL-2.0-only
/* A program that does nothing, where the peers have theirs: what the hook alone costs. */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/inet_sock_set_state")
int empty(void *context)
{
	(void)context;
	return 0;
}
