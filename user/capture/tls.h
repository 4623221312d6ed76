/* SPDX-License-Identifier: GPL-2.0-only */
/* The TLS libraries whose calls are read. */
#ifndef LBTRACE_USER_CAPTURE_TLS_H
#define LBTRACE_USER_CAPTURE_TLS_H

#include <stdint.h>
#include <sys/types.h>

#define TLS_FILES_MAX 32
#define TLS_LINKS_MAX 5 /* of a file: SSL_write() and its kind */

struct bpf_link;
struct bpf_program;

struct tls_file {
	dev_t device;
	ino_t inode;
	int err; /* 0: hooked */
	struct bpf_link *links[TLS_LINKS_MAX];
};

/* Zeroed by its owner before the first use. */
struct tls {
	struct tls_file files[TLS_FILES_MAX];
	uint32_t count;
};

/* As capture_watch_tls(). `program`: NULL when none was loaded. -ENOSPC: too many files. */
int tls_watch(struct tls *tls, const struct bpf_program *program, const char *path);

/* Detaches all. */
void tls_close(struct tls *tls);

#endif
