/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in the kernel packets are thrown away, for kernels that give no reason (before 5.17). */
#ifndef LBTRACE_USER_CAPTURE_DROP_PLACES_H
#define LBTRACE_USER_CAPTURE_DROP_PLACES_H

#include "bpf/shared.h"

/* Fills all SHARED_DROP_PLACES_MAX elements; those that the kernel does not tell of match nothing. */
void drop_places_fill(struct drop_place *places);

#endif
