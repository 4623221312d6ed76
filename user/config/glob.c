// SPDX-License-Identifier: GPL-2.0-only
/*
 * glob(7) on a source's directories. Not the C library's: that reads the machine's own root, and
 * needs time beyond all measure for a pattern with many stars.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/files.h"

#define WILDCARDS "*?["

struct paths {
	char **paths;
	size_t count, room;
};

static int add_path(struct paths *paths, const char *directory, const char *name)
{
	char path[PATH_MAX];

	/* No such file can be opened. */
	if (config_path_join(directory, name, path, sizeof(path)))
		return 0;
	if (paths->count == paths->room) {
		size_t room = paths->room ? paths->room * 2 : 8;
		char **larger = reallocarray(paths->paths, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		paths->paths = larger;
		paths->room = room;
	}
	paths->paths[paths->count] = strdup(path);
	if (!paths->paths[paths->count])
		return -ENOMEM;
	paths->count++;
	return 0;
}

void config_paths_free(char **paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
}

static bool in_class(const char *name, size_t length, int c)
{
	static const struct {
		const char *name;
		int (*holds)(int c);
	} classes[] = {
		{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank },
		{ "cntrl", iscntrl }, { "digit", isdigit }, { "graph", isgraph },
		{ "lower", islower }, { "print", isprint }, { "punct", ispunct },
		{ "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) == length && !memcmp(name, classes[i].name, length))
			return classes[i].holds(c);
	}
	return false;
}

/* The character at *at of a bracket, behind which *at is moved. */
static unsigned char bracket_character(const char **at)
{
	if (**at == '\\' && (*at)[1])
		(*at)++;
	return (unsigned char)*(*at)++;
}

/* One member of a bracket at *at, behind which *at is moved: a class, a range or a character. */
static bool bracket_member(const char **at, unsigned char c)
{
	unsigned char first, last;

	if ((*at)[0] == '[' && (*at)[1] == ':') {
		const char *name = *at + 2;
		const char *end = strstr(name, ":]");

		if (end) {
			*at = end + 2;
			return in_class(name, (size_t)(end - name), c);
		}
	}
	first = last = bracket_character(at);
	if ((*at)[0] == '-' && (*at)[1] && (*at)[1] != ']') {
		(*at)++;
		last = bracket_character(at);
	}
	return c >= first && c <= last;
}

/* Whether `c` is in the bracket that *at is behind the '[' of; *at is moved behind its ']'. A bracket
 * without an end is just that character: *at stays. */
static bool in_bracket(const char **at, unsigned char c)
{
	const char *member = *at;
	bool negated = *member == '!' || *member == '^';
	bool found = false;

	if (negated)
		member++;
	do {
		if (!*member)
			return c == '[';
		found |= bracket_member(&member, c);
	} while (*member != ']');
	*at = member + 1;
	return found != negated;
}

/* One character of the pattern, but no star; *pattern is moved behind it. */
static bool matches_one(const char **pattern, unsigned char c)
{
	char wanted = *(*pattern)++;

	if (wanted == '?')
		return true;
	if (wanted == '[')
		return in_bracket(pattern, c);
	if (wanted == '\\' && **pattern)
		wanted = *(*pattern)++;
	return (unsigned char)wanted == c;
}

/* Only the last star is ever taken back, so the time is at most the product of both lengths. */
static bool matches(const char *pattern, const char *name)
{
	const char *star = NULL, *starred = NULL;

	if (*name == '.' && *pattern != '.')
		return false;
	while (*name) {
		const char *next = pattern;

		if (*pattern == '*') {
			star = ++pattern;
			starred = name;
		} else if (*pattern && matches_one(&next, (unsigned char)*name)) {
			pattern = next;
			name++;
		} else if (star) {
			pattern = star;
			name = ++starred;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

struct look {
	struct config_files *files;
	const char *directory;
	const char *pattern;
	struct paths *found;
};

static int look_at(void *context, const char *name)
{
	const struct look *look = context;

	if (!look->files->looks_left)
		return -EDQUOT;
	look->files->looks_left--;
	return matches(look->pattern, name) ? add_path(look->found, look->directory, name) : 0;
}

/* A component with a wildcard, or the last one, which has to exist: -EDQUOT, -ENOMEM or 0. */
static int look_into(struct config_files *files, const struct paths *directories,
		     const char *component, struct paths *found)
{
	struct look look = { .files = files, .pattern = component, .found = found };
	const struct config_source *source = files->source;

	for (size_t i = 0; i < directories->count; i++) {
		int err;

		if (!files->looks_left)
			return -EDQUOT;
		files->looks_left--;
		look.directory = directories->paths[i];
		err = source->list(source->context, look.directory, look_at, &look);
		if (err == -EDQUOT || err == -ENOMEM)
			return err;
	}
	return 0;
}

static int append(const struct paths *directories, const char *component, struct paths *found)
{
	int err = 0;

	for (size_t i = 0; !err && i < directories->count; i++)
		err = add_path(found, directories->paths[i], component);
	return err;
}

static int expand(struct config_files *files, char *pattern, struct paths *found)
{
	struct paths next = { 0 };
	char *rest = NULL, *component = strtok_r(pattern, "/", &rest);
	bool wild = false;
	int err = add_path(found, "/", "");

	while (!err && component) {
		char *following = strtok_r(NULL, "/", &rest);
		bool has_wildcard = strpbrk(component, WILDCARDS);

		wild |= has_wildcard;
		if (has_wildcard || (wild && !following))
			err = look_into(files, found, component, &next);
		else
			err = append(found, component, &next);
		config_paths_free(found->paths, found->count);
		*found = next;
		next = (struct paths){ 0 };
		/* Names of directories are no answer. */
		if (err && following) {
			config_paths_free(found->paths, found->count);
			*found = next;
		}
		component = following;
	}
	return err;
}

static int by_bytes(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int config_files_glob(struct config_files *files, const char *pattern, char ***paths, size_t *count)
{
	struct paths found = { 0 };
	char *copy = NULL;
	int err;

	if (!strpbrk(pattern, WILDCARDS)) {
		err = add_path(&found, "/", pattern);
	} else {
		copy = strdup(pattern);
		err = copy ? expand(files, copy, &found) : -ENOMEM;
	}
	free(copy);
	if (err == -ENOMEM) {
		config_paths_free(found.paths, found.count);
		found = (struct paths){ 0 };
	}
	if (found.count)
		qsort(found.paths, found.count, sizeof(*found.paths), by_bytes);
	for (; found.count > CONFIG_GLOB_MOST; err = -EDQUOT)
		free(found.paths[--found.count]);
	*paths = found.paths;
	*count = found.count;
	return err;
}
