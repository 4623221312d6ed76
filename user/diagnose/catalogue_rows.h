/* SPDX-License-Identifier: GPL-2.0-only */
/* The catalogue's rows, by where the failure lies. Private to catalogue*.c. */
#ifndef LBTRACE_USER_DIAGNOSE_CATALOGUE_ROWS_H
#define LBTRACE_USER_DIAGNOSE_CATALOGUE_ROWS_H

#include "user/diagnose/catalogue.h"

struct catalogue_row {
	enum cause_id id;
	struct cause cause;
};

/* Each ends with a row whose cause has no id. */
extern const struct catalogue_row catalogue_unreachable[]; /* no connection: network and firewalls */
extern const struct catalogue_row catalogue_backend[]; /* the backend's queue, closes and time-outs */
extern const struct catalogue_row catalogue_protocol[]; /* what was said did not fit */
extern const struct catalogue_row catalogue_config[]; /* nobody failed, something is set wrong */
extern const struct catalogue_row catalogue_resource[]; /* what the load balancer ran out of */
extern const struct catalogue_row
	catalogue_balancer[]; /* the load balancer's own resources and choices */

#endif
