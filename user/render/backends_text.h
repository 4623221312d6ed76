/* SPDX-License-Identifier: GPL-2.0-only */
/* `lbtrace backends` for people: a line per backend, what is wrong with it below. */
#ifndef LBTRACE_USER_RENDER_BACKENDS_TEXT_H
#define LBTRACE_USER_RENDER_BACKENDS_TEXT_H

#include "user/diagnose/model.h"
#include "user/render/page.h"

/* Writes all of it. `watched`: the kernel was asked, so that counts of 0 mean something.
 * page_flush() tells whether it arrived. */
void backends_text_write(const struct report *report, bool watched, struct page *page);

#endif
