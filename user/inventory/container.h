/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The container that a process runs in. Nothing is asked of a runtime: its control groups' names say
 * which container it is, and the files that the runtime leaves on the host say how it is called.
 */
#ifndef LBTRACE_USER_INVENTORY_CONTAINER_H
#define LBTRACE_USER_INVENTORY_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/config/files.h"

/* What is known of a container before its runtime's files are read; empty: not known. */
struct container_place {
	char runtime[EVENT_COMM_BYTES];
	char id[80];
	char name[EVENT_TEXT_BYTES]; /* LXC, systemd-nspawn: the id is the name; or the kubelet's */
	char pod_uid[EVENT_NAME_BYTES];
};

/* Finds the container of process `tgid`, at first by its control groups and, where a namespace hides
 * these, by the files that runtimes mount over /etc/hosts and the like; then its names, in the files
 * below `host_root` ("/", or where the host's root is mounted; NULL: names are not looked for).
 * `proc` is a descriptor of /proc. Of *found, `header` and `owner` are left as they are, what is not
 * known is empty. 0; -ENOENT: in no container; or -errno (-ESRCH: the process is gone). */
int container_find(int proc, uint32_t tgid, const char *host_root, struct event_container *found);

/* The innermost container that /proc/PID/cgroup (cgroups(7), both versions) names; of nested ones
 * that is the one the process itself runs in. A supervisor of one (conmon, lxc's monitor) is in none.
 * Returns whether there is one; *place is zeroed first. */
bool container_parse_cgroup(const char *text, struct container_place *place);

/* The same of /proc/PID/mountinfo (proc(5)): from where /etc/hostname, /etc/hosts, /etc/resolv.conf
 * and /dev/termination-log are mounted. In a pod the first three are the sandbox's, so that the
 * container's own id stays unknown. */
bool container_parse_mounts(const char *text, struct container_place *place);

/* Copies what is in *place and adds what the runtimes' files, read from `host` (NULL: none), say of it: Docker's
 * config.v2.json, containerd's and CRI-O's OCI configurations, Podman's containers.json, the names of
 * the kubelet's logs. */
void container_name(const struct config_source *host, const struct container_place *place,
		    struct event_container *found);

#endif
