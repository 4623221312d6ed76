/* SPDX-License-Identifier: GPL-2.0-only */
/* The configured backends, each with what the kernel saw of it and what is wrong with its configuration. */
#ifndef LBTRACE_USER_DIAGNOSE_FINDINGS_H
#define LBTRACE_USER_DIAGNOSE_FINDINGS_H

#include "user/diagnose/report.h"

/* Fills `configured` and `config_notes` of a report whose backends are filled. 0 or -ENOMEM; what was
 * filled until then stays for report_clear(). */
int findings_report(const struct report_sources *sources, struct report *report);

#endif
