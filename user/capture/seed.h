/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets that followed processes have open already. */
#ifndef LBTRACE_USER_CAPTURE_SEED_H
#define LBTRACE_USER_CAPTURE_SEED_H

#include <stdint.h>

#include "user/capture/load.h"

/* Runs the seed iterator over the listeners, then over the connections. What has its state already is
 * left as it is. Without a hook for the role nothing is done. *left_out: sockets that the kernel had
 * no memory for, after several tries. 0 or -errno. */
int seed_run(const struct load *load, uint32_t *left_out);

#endif
