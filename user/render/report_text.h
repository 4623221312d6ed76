/* SPDX-License-Identifier: GPL-2.0-only */
/* The report for people: what fails, why, and the next command to type, worst first. */
#ifndef LBTRACE_USER_RENDER_REPORT_TEXT_H
#define LBTRACE_USER_RENDER_REPORT_TEXT_H

#include "user/diagnose/model.h"
#include "user/render/page.h"

/* Writes the whole report. page_flush() tells whether it arrived. */
void report_text_write(const struct report *report, struct page *page);

#endif
