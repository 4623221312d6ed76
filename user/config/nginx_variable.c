// SPDX-License-Identifier: GPL-2.0-only
/* Variables whose value the configuration tells: one `set` without variables of its own, and no other
 * directive that could change it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/nginx.h"

/* The variable, without '$', that a statement defines; NULL: none. */
static const char *defined(const struct nginx_statement *statement)
{
	static const char *const blocks[] = { "map", "geo", "split_clients", "set_by_lua_block" };
	const char *name = statement->words[0];
	const char *word = statement->count > 1 ? statement->words[1] : "";

	if (statement->end == NGINX_END_OPEN) {
		for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
			if (!strcmp(name, blocks[i]))
				word = statement->words[statement->count - 1];
		}
	} else if (!strstr(name, "set") && !strstr(name, "_var")) {
		return NULL;
	}
	return *word == '$' && word[1] ? word + 1 : NULL;
}

static struct nginx_set *add(struct nginx *nginx, const char *name, int *err)
{
	struct nginx_set *set;

	HASH_FIND_STR(nginx->sets, name, set);
	if (set || HASH_COUNT(nginx->sets) >= NGINX_SETS_MOST)
		return set;
	set = calloc(1, sizeof(*set));
	if (!set) {
		*err = -ENOMEM;
		return NULL;
	}
	/* A longer name is not followed, and its beginning is another's. */
	if (!config_set_text(set->name, sizeof(set->name), name)) {
		free(set);
		return NULL;
	}
	HASH_ADD_STR(nginx->sets, name, set);
	return set;
}

int nginx_variable_define(struct nginx *nginx, const struct nginx_place *place, bool *taken)
{
	const struct nginx_statement *statement = &nginx->statement;
	const char *name = defined(statement);
	struct nginx_set *set;
	int err = 0;

	*taken = name && statement->end == NGINX_END_STATEMENT;
	if (!name)
		return 0;
	set = add(nginx, name, &err);
	if (!set)
		return err;
	set->definitions++;
	if (set->value || strcmp(statement->words[0], "set") || statement->count != 3 ||
	    strchr(statement->words[2], '$') || nginx->scopes[place->scope].block == NGINX_IF)
		return 0;
	set->scope = place->scope;
	set->value = strdup(statement->words[2]);
	return set->value ? 0 : -ENOMEM;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The variable at the '$' of `text`: its name, and the bytes it takes. 0: none. */
static size_t parse_variable(const char *text, char name[EVENT_NAME_BYTES])
{
	bool braced = text[1] == '{';
	const char *from = text + 1 + braced;
	size_t length = 0;

	while (is_name(from[length]))
		length++;
	if (!length || length >= EVENT_NAME_BYTES || (braced && from[length] != '}'))
		return 0;
	memcpy(name, from, length);
	name[length] = '\0';
	return 1 + length + 2 * (size_t)braced;
}

static const char *value_of(const struct nginx *nginx, uint32_t scope, const char *name)
{
	struct nginx_set *set;

	HASH_FIND_STR(nginx->sets, name, set);
	if (!set || set->definitions != 1 || !set->value)
		return NULL;
	return nginx_scope_holds(nginx, set->scope, scope) ? set->value : NULL;
}

void nginx_variable_expand(const struct nginx *nginx, uint32_t scope, const char *text,
			   char expanded[NGINX_URL_BYTES])
{
	size_t used = 0;

	while (*text && used + 1 < NGINX_URL_BYTES) {
		char name[EVENT_NAME_BYTES];
		size_t taken = *text == '$' ? parse_variable(text, name) : 0;
		const char *value = taken ? value_of(nginx, scope, name) : NULL;

		if (value && used + strlen(value) < NGINX_URL_BYTES) {
			memcpy(expanded + used, value, strlen(value));
			used += strlen(value);
			text += taken;
		} else {
			expanded[used++] = *text++;
		}
	}
	expanded[used] = '\0';
}

void nginx_variable_clear(struct nginx *nginx)
{
	struct nginx_set *set, *next;

	HASH_ITER(hh, nginx->sets, set, next) {
		HASH_DEL(nginx->sets, set);
		free(set->value);
		free(set);
	}
}
