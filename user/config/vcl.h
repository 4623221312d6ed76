/* SPDX-License-Identifier: GPL-2.0-only */
/* The tokens of Varnish's VCL (vcl(7)), and what its parser gathers. Between its parts only. */
#ifndef LBTRACE_USER_CONFIG_VCL_H
#define LBTRACE_USER_CONFIG_VCL_H

#include "user/config/config.h"

#define VCL_NAME_BYTES 128

enum vcl_kind {
	VCL_END,
	VCL_WORD, /* a name, a number, with dots: "web.add_backend", "3.5s", "vcl_init" */
	VCL_TEXT, /* a string, without its quotes */
	VCL_MARK, /* any other character, one each */
};

struct vcl_token {
	enum vcl_kind kind;
	uint32_t line;
	const char *text; /* within the file, not ended */
	size_t length;
};

/* Where a text is read. */
struct vcl_reader {
	const char *path;
	const char *at, *end;
	uint32_t line;
	struct vcl_token token; /* the last that was read */
};

/* Reads the next token into reader->token; comments and inline C are none. */
void vcl_next(struct vcl_reader *reader);
bool vcl_is(const struct vcl_token *token, const char *text);
bool vcl_is_mark(const struct vcl_token *token, char mark);
/* Copies what a token says, cut. */
void vcl_copy(const struct vcl_token *token, char *text, size_t bytes);
/* Reads on until behind the brace that closes the block whose opening one was the last token. */
void vcl_skip_block(struct vcl_reader *reader);
/* Reads on to the end of the statement, the semicolon; blocks in it are skipped. */
void vcl_skip_statement(struct vcl_reader *reader);

/* "probe NAME { }", or one that a backend has itself. */
struct vcl_probe {
	char name[VCL_NAME_BYTES];
	char target[EVENT_TEXT_BYTES];
	uint32_t interval_ms;
};

/* Reads a probe's block, whose opening brace was the last token, up to its end. */
void vcl_read_probe(struct vcl_reader *reader, struct vcl_probe *probe);
/* Reads a backend's block likewise: address, flags, timeouts. What the probe is goes to *probe; a named
 * one's name to probe->name alone. Whether there was one to *has_probe. */
void vcl_read_backend(struct vcl_reader *reader, struct event_backend *backend,
		      struct vcl_probe *probe, bool *has_probe);

#endif
