/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for people: at most 100 columns, escaped, coloured only on a terminal. Whatever goes through here
 * may hold bytes of others (process names, paths): control characters never reach the terminal.
 */
#ifndef LBTRACE_USER_RENDER_PAGE_H
#define LBTRACE_USER_RENDER_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PAGE_COLUMNS 100

enum page_style {
	PAGE_PLAIN,
	PAGE_STRONG,
	PAGE_GOOD,
	PAGE_WARN,
	PAGE_BAD,
	PAGE_FAINT,
	PAGE_STYLES,
};

struct page {
	FILE *file;
	bool terminal;
	bool colour;
	unsigned int columns; /* where paragraphs are broken; PAGE_COLUMNS, or fewer on a terminal */
	unsigned int rows; /* cut here, one row left for the cursor; 0: no limit */
	unsigned int row; /* rows ended so far */
	size_t column; /* of the open line */
};

/* A page on `file`, which the caller keeps open and closes. Colour when it is a terminal and
 * NO_COLOR is unset or empty (https://no-color.org). */
void page_init(struct page *page, FILE *file);

/* Clears the terminal and begins again at its top, with as many rows as it has. */
void page_clear(struct page *page);

/* A piece of a line, escaped. */
void page_span(struct page *page, enum page_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A piece padded to `width` columns: positive to the left, so that it ends there; negative to the
 * right. Text that is longer is not cut. */
void page_cell(struct page *page, enum page_style style, int width, const char *text);

/* Ends the line. */
void page_end(struct page *page);

/* page_span() and page_end(). */
void page_line(struct page *page, enum page_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `text` broken at spaces to the page's columns, behind `lead` at first, then as many columns of space.
 * A word too long for a line stays whole. */
void page_paragraph(struct page *page, const char *lead, const char *text);

/* A command to copy: behind `lead`, never broken. */
void page_command(struct page *page, const char *lead, const char *command);

/* Columns that `text` takes: one a character. */
size_t page_width(const char *text);

/* Flushes. 0, or -errno of the first write that failed. */
int page_flush(struct page *page);

#endif
