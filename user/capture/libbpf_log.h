/* SPDX-License-Identifier: GPL-2.0-only */
/* libbpf's own messages: shown with --verbose only, since lbtrace falls back where libbpf warns. */
#ifndef LBTRACE_USER_CAPTURE_LIBBPF_LOG_H
#define LBTRACE_USER_CAPTURE_LIBBPF_LOG_H

/* Takes over libbpf's printing, for the whole process. */
void libbpf_log_install(void);

/* The program that libbpf named in its last warning since libbpf_log_reset(), or "". libbpf stops
 * at the first program that fails, so after a failed load it is that one. */
const char *libbpf_log_program(void);
void libbpf_log_reset(void);

#endif
