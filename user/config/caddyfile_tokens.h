/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LBTRACE_USER_CONFIG_CADDYFILE_TOKENS_H
#define LBTRACE_USER_CONFIG_CADDYFILE_TOKENS_H

#include "user/config/caddyfile.h"

/* Parts text->text in place, which has a NUL at `length`. 0, -EDQUOT when there are more than `most`
 * tokens, or -ENOMEM. */
int caddyfile_tokens(struct caddy_text *text, size_t length, size_t most);

/* Whether a token is "{" or "}", and was not quoted. */
bool caddyfile_is_brace(const struct caddy_token *token, const char *brace);

#endif
