// SPDX-License-Identifier: GPL-2.0-only
#include "user/render/runbook.h"

#include <stdio.h>

#define FILLED_BYTES 1024
#define INDENT "  "
#define LIST_INDENT "    "
#define LINE_LEAD "  - "

struct runbook {
	runbook_fill fill;
	struct page *page;
};

static void paragraph(const struct runbook *book, const char *lead, const char *template)
{
	char text[FILLED_BYTES];

	page_paragraph(book->page, lead, book->fill(template, text, sizeof(text)));
}

static void title(const struct runbook *book, const struct cause *cause)
{
	page_span(book->page, PAGE_STRONG, "%s", cause->id);
	page_line(book->page, PAGE_FAINT, "  [%s]", cause->class);
}

void runbook_write_list(runbook_fill fill, struct page *page)
{
	const struct runbook book = { fill, page };

	for (int id = CAUSE_NONE + 1; id < CAUSE_COUNT; id++) {
		const struct cause *cause = catalogue_cause((enum cause_id)id);

		title(&book, cause);
		paragraph(&book, LIST_INDENT, cause->summary);
	}
}

static void heading(const struct runbook *book, const char *text)
{
	page_end(book->page);
	page_line(book->page, PAGE_STRONG, "%s", text);
}

static void section(const struct runbook *book, const char *name, const char *template)
{
	if (!template || !*template)
		return;
	heading(book, name);
	paragraph(book, INDENT, template);
}

static void lines(const struct runbook *book, const char *name,
		  const char *const list[CATALOGUE_LINES])
{
	if (!list[0])
		return;
	heading(book, name);
	for (size_t i = 0; i < CATALOGUE_LINES && list[i]; i++)
		paragraph(book, LINE_LEAD, list[i]);
}

static void commands(const struct runbook *book, const char *name,
		     const char *const list[CATALOGUE_LINES])
{
	char text[FILLED_BYTES];

	if (!list[0])
		return;
	heading(book, name);
	for (size_t i = 0; i < CATALOGUE_LINES && list[i]; i++)
		page_command(book->page, INDENT, book->fill(list[i], text, sizeof(text)));
}

static void log_line(const struct runbook *book, const char *who, const char *template)
{
	char lead[16];

	if (!template || !*template)
		return;
	snprintf(lead, sizeof(lead), "  %-9s", who);
	paragraph(book, lead, template);
}

void runbook_write_cause(enum cause_id id, runbook_fill fill, struct page *page)
{
	const struct cause *cause = catalogue_cause(id);
	const struct runbook book = { fill, page };

	title(&book, cause);
	paragraph(&book, INDENT, cause->summary);
	section(&book, "What the kernel shows", cause->evidence);
	commands(&book, "To confirm", cause->confirm);
	lines(&book, "To fix", cause->fix);
	lines(&book, "To fix in nginx", cause->fix_nginx);
	lines(&book, "To fix in HAProxy", cause->fix_haproxy);
	if (cause->nginx || cause->haproxy || cause->envoy)
		heading(&book, "What the load balancer says");
	log_line(&book, "nginx", cause->nginx);
	log_line(&book, "HAProxy", cause->haproxy);
	log_line(&book, "Envoy", cause->envoy);
	section(&book, "Not to confuse with", cause->not_to_confuse);
}
