// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "user/lib/text.h"

#define SPAN_BYTES 1024
#define COLUMNS_LEAST 40 /* a narrower terminal wraps by itself */
#define ESCAPED_BYTES (SPAN_BYTES * TEXT_ESCAPE_FACTOR)

static const char *const styles[PAGE_STYLES] = {
	[PAGE_PLAIN] = "",	  [PAGE_STRONG] = "\033[1m", [PAGE_GOOD] = "\033[32m",
	[PAGE_WARN] = "\033[33m", [PAGE_BAD] = "\033[1;31m", [PAGE_FAINT] = "\033[2m",
};

static bool read_size(const struct page *page, struct winsize *size)
{
	return ioctl(fileno(page->file), TIOCGWINSZ, size) == 0;
}

void page_init(struct page *page, FILE *file)
{
	const char *no_colour = getenv("NO_COLOR");
	struct winsize size;

	*page = (struct page){ .file = file, .columns = PAGE_COLUMNS };
	page->terminal = isatty(fileno(file));
	page->colour = page->terminal && (!no_colour || !*no_colour);
	if (page->terminal && read_size(page, &size) && size.ws_col >= COLUMNS_LEAST &&
	    size.ws_col < PAGE_COLUMNS)
		page->columns = size.ws_col;
}

void page_clear(struct page *page)
{
	struct winsize size;

	page->row = 0;
	page->column = 0;
	page->rows = 0;
	if (read_size(page, &size) && size.ws_row > 1)
		page->rows = size.ws_row - 1u;
	fputs("\033[H\033[2J", page->file);
}

static bool is_full(const struct page *page)
{
	return page->rows && page->row >= page->rows;
}

static void put(struct page *page, enum page_style style, const char *escaped)
{
	bool styled = page->colour && style != PAGE_PLAIN && *escaped;

	if (is_full(page))
		return;
	if (styled)
		fputs(styles[style], page->file);
	fputs(escaped, page->file);
	page->column += page_width(escaped);
	if (styled)
		fputs("\033[0m", page->file);
}

static void put_format(struct page *page, enum page_style style, const char *format,
		       va_list arguments)
{
	char raw[SPAN_BYTES];
	char escaped[ESCAPED_BYTES];

	vsnprintf(raw, sizeof(raw), format, arguments);
	put(page, style, text_escape(raw, escaped, sizeof(escaped)));
}

void page_span(struct page *page, enum page_style style, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_format(page, style, format, arguments);
	va_end(arguments);
}

void page_end(struct page *page)
{
	if (is_full(page))
		return;
	putc('\n', page->file);
	page->row++;
	/* What is wider than the terminal takes several of its rows. */
	if (page->terminal && page->columns && page->column)
		page->row += (unsigned int)((page->column - 1) / page->columns);
	page->column = 0;
}

void page_line(struct page *page, enum page_style style, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_format(page, style, format, arguments);
	va_end(arguments);
	page_end(page);
}

size_t page_width(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

static void put_spaces(struct page *page, size_t count)
{
	if (is_full(page))
		return;
	fprintf(page->file, "%*s", (int)count, "");
	page->column += count;
}

void page_cell(struct page *page, enum page_style style, int width, const char *text)
{
	char escaped[ESCAPED_BYTES];
	size_t wanted = (size_t)abs(width);
	size_t columns;
	size_t padding;

	text_escape(text, escaped, sizeof(escaped));
	columns = page_width(escaped);
	padding = columns < wanted ? wanted - columns : 0;
	if (width > 0)
		put_spaces(page, padding);
	put(page, style, escaped);
	if (width < 0)
		put_spaces(page, padding);
}

void page_paragraph(struct page *page, const char *lead, const char *text)
{
	char escaped[ESCAPED_BYTES];
	size_t indent = page_width(lead);
	size_t column = indent;
	bool begun = false;
	char *word;
	char *rest;

	page_span(page, PAGE_PLAIN, "%s", lead);
	text_escape(text, escaped, sizeof(escaped));
	for (word = strtok_r(escaped, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		size_t columns = page_width(word);

		if (begun && column + 1 + columns > page->columns) {
			page_end(page);
			put_spaces(page, indent);
			column = indent;
		} else if (begun) {
			put(page, PAGE_PLAIN, " ");
			column++;
		}
		put(page, PAGE_PLAIN, word);
		column += columns;
		begun = true;
	}
	page_end(page);
}

void page_command(struct page *page, const char *lead, const char *command)
{
	page_span(page, PAGE_PLAIN, "%s", lead);
	page_span(page, PAGE_STRONG, "%s", command);
	page_end(page);
}

int page_flush(struct page *page)
{
	errno = 0;
	if (fflush(page->file) || ferror(page->file))
		return errno ? -errno : -EIO;
	return 0;
}
