/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines that say why a verdict is believed. */
#ifndef LBTRACE_USER_DIAGNOSE_EVIDENCE_H
#define LBTRACE_USER_DIAGNOSE_EVIDENCE_H

#include "user/diagnose/model.h"

/* Appends one formatted line, cut at MODEL_TEXT_BYTES; dropped when all lines are taken. Text that
 * others had a hand in (comm, paths) must have gone through text_escape(). */
void evidence_add(struct evidence *evidence, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for any text of MODEL_TEXT_BYTES. A character that `format` cut in two becomes "\xff". */
void evidence_format(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One step less sure: certain to likely, likely to possible; possible and none stay. */
enum confidence confidence_lower(enum confidence confidence);

/* The less sure of both. */
enum confidence confidence_lowest(enum confidence left, enum confidence right);

#endif
