// SPDX-License-Identifier: GPL-2.0-only
/* What a VCL declares: backends, probes, and which directors have which backends. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/vcl.h"
#include "user/lib/table.h"

#define PROBES_MOST 256
#define MEMBERS_MOST CONFIG_BACKENDS_MOST

struct declared {
	struct event_backend backend; /* without its pool */
	struct vcl_probe probe;
	bool has_probe;
	bool has_director;
	UT_hash_handle hh; /* by backend.name */
};

/* A director's. */
struct member {
	char director[VCL_NAME_BYTES];
	char backend[VCL_NAME_BYTES];
	uint32_t weight;
};

struct varnish {
	struct config_files *files;
	const struct config_place *place;
	struct config *config;
	struct declared *backends;
	struct vcl_probe probes[PROBES_MOST];
	size_t probe_count;
	struct member *members;
	size_t member_count, member_room;
	size_t depth; /* of includes */
};

static int note(struct varnish *varnish, enum config_note kind, const struct vcl_reader *reader,
		const char *text)
{
	return config_add_note(varnish->config, kind, reader->path, reader->token.line, text);
}

/* The statement that begins at `start`, in one line, up to a brace. */
static void set_directive(struct event_backend *backend, const char *start, const char *end)
{
	size_t used = 0;

	for (; start < end && *start != '{' && used + 1 < sizeof(backend->directive); start++) {
		bool is_space = *start == ' ' || (*start >= '\t' && *start <= '\r');

		if (is_space && (!used || backend->directive[used - 1] == ' '))
			continue;
		backend->directive[used++] = is_space ? ' ' : *start;
	}
	while (used && backend->directive[used - 1] == ' ')
		used--;
	backend->directive[used] = '\0';
}

/* Says after "backend NAME" where it is. */
static void add_address(struct event_backend *backend)
{
	size_t used = strlen(backend->directive);

	if (backend->header.flags & BACKEND_UNIX)
		snprintf(backend->directive + used, sizeof(backend->directive) - used,
			 " .path = %.80s", backend->host);
	else
		snprintf(backend->directive + used, sizeof(backend->directive) - used,
			 " .host = %.60s .port = %u", backend->host, backend->address.port);
}

/* "backend NAME {", "backend NAME none;": the latter is none. */
static int take_backend(struct varnish *varnish, struct vcl_reader *reader)
{
	const char *start = reader->token.text;
	struct declared *declared, *other;

	if (HASH_COUNT(varnish->backends) == CONFIG_BACKENDS_MOST)
		return note(varnish, CONFIG_BOUNDED, reader, "more backends than are followed");
	declared = calloc(1, sizeof(*declared));
	if (!declared)
		return -ENOMEM;
	declared->backend.line = reader->token.line;
	config_set_text(declared->backend.file, sizeof(declared->backend.file), reader->path);
	vcl_next(reader);
	vcl_copy(&reader->token, declared->backend.name, sizeof(declared->backend.name));
	vcl_next(reader);
	set_directive(&declared->backend, start, reader->token.text);
	HASH_FIND_STR(varnish->backends, declared->backend.name, other);
	if (!vcl_is_mark(&reader->token, '{') || other) {
		vcl_skip_statement(reader);
		free(declared);
		return 0;
	}
	vcl_read_backend(reader, &declared->backend, &declared->probe, &declared->has_probe);
	if (!declared->backend.host[0]) {
		free(declared);
		return note(varnish, CONFIG_SKIPPED, reader, "backend without a host");
	}
	add_address(&declared->backend);
	HASH_ADD_STR(varnish->backends, backend.name, declared);
	return 0;
}

static int take_probe(struct varnish *varnish, struct vcl_reader *reader)
{
	struct vcl_probe *probe = &varnish->probes[varnish->probe_count];

	if (varnish->probe_count == PROBES_MOST) {
		vcl_skip_statement(reader);
		return 0;
	}
	memset(probe, 0, sizeof(*probe));
	vcl_next(reader);
	vcl_copy(&reader->token, probe->name, sizeof(probe->name));
	vcl_next(reader);
	if (!vcl_is_mark(&reader->token, '{')) {
		vcl_skip_statement(reader);
		return 0;
	}
	vcl_read_probe(reader, probe);
	varnish->probe_count++;
	return 0;
}

static int add_member(struct varnish *varnish, const struct member *member)
{
	if (varnish->member_count == MEMBERS_MOST)
		return 0;
	if (varnish->member_count == varnish->member_room) {
		size_t room = varnish->member_room ? varnish->member_room * 2 : 64;
		struct member *larger = reallocarray(varnish->members, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		varnish->members = larger;
		varnish->member_room = room;
	}
	varnish->members[varnish->member_count++] = *member;
	return 0;
}

/* "DIRECTOR.add_backend(BACKEND, 2)"; the first word was read. */
static int take_member(struct varnish *varnish, struct vcl_reader *reader)
{
	struct member member = { 0 };
	char weight[32];

	vcl_copy(&reader->token, member.director, sizeof(member.director));
	*strrchr(member.director, '.') = '\0';
	vcl_next(reader);
	if (!vcl_is_mark(&reader->token, '('))
		return 0;
	vcl_next(reader);
	vcl_copy(&reader->token, member.backend, sizeof(member.backend));
	vcl_next(reader);
	if (vcl_is_mark(&reader->token, ',')) {
		vcl_next(reader);
		vcl_copy(&reader->token, weight, sizeof(weight));
		member.weight = (uint32_t)strtoul(weight, NULL, 10);
	}
	return add_member(varnish, &member);
}

static bool adds_backend(const struct vcl_token *token)
{
	static const char call[] = ".add_backend";
	const size_t length = sizeof(call) - 1;

	return token->kind == VCL_WORD && token->length > length &&
	       token->length < VCL_NAME_BYTES &&
	       !memcmp(token->text + token->length - length, call, length);
}

/* A subroutine's block, for what it does to directors. */
static int take_sub(struct varnish *varnish, struct vcl_reader *reader)
{
	size_t open = 0;
	int err = 0;

	do {
		vcl_next(reader);
		if (vcl_is_mark(&reader->token, '{'))
			open++;
		else if (open && vcl_is_mark(&reader->token, '}'))
			open--;
		else if (adds_backend(&reader->token))
			err = take_member(varnish, reader);
		else if (!open && vcl_is_mark(&reader->token, ';'))
			break;
		else
			continue;
	} while (!err && (open || !vcl_is_mark(&reader->token, '}')) &&
		 reader->token.kind != VCL_END);
	return err;
}

static int read_file(struct varnish *varnish, const char *path, bool *is_missing);

static void directory_of(const char *path, char *directory)
{
	const char *slash = strrchr(path, '/');

	snprintf(directory, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 0, path);
}

/* An include is taken from varnishd's vcl_path, unless it begins with "./". */
static int read_include(struct varnish *varnish, const struct vcl_reader *reader, const char *name)
{
	char here[PATH_MAX], main[PATH_MAX], path[PATH_MAX];
	const char *const places[] = { "/etc/varnish", "/usr/share/varnish/vcl", main };
	bool is_missing = true, is_here = !strncmp(name, "./", 2);
	int err = 0;

	directory_of(reader->path, here);
	directory_of(varnish->place->files[0], main);
	if (name[0] == '/' || is_here) {
		if (config_path_join(here, name + (is_here ? 2 : 0), path, sizeof(path)))
			return note(varnish, CONFIG_SKIPPED, reader, name);
		err = read_file(varnish, path, &is_missing);
	} else {
		for (size_t i = 0; !err && is_missing && i < 3; i++)
			if (!config_path_join(places[i], name, path, sizeof(path)))
				err = read_file(varnish, path, &is_missing);
	}
	return !err && is_missing ? note(varnish, CONFIG_UNREADABLE, reader, name) : err;
}

static int read_pattern(struct varnish *varnish, const struct vcl_reader *reader, const char *name)
{
	char here[PATH_MAX], pattern[PATH_MAX];
	bool is_missing, is_here = !strncmp(name, "./", 2);
	char **paths;
	size_t count;
	int err;

	directory_of(reader->path, here);
	if (config_path_join(is_here ? here : "/etc/varnish", name + (is_here ? 2 : 0), pattern,
			     sizeof(pattern)))
		return note(varnish, CONFIG_SKIPPED, reader, name);
	err = config_files_glob(varnish->files, pattern, &paths, &count);
	if (err == -ENOMEM)
		return err;
	if (err)
		err = note(varnish, CONFIG_BOUNDED, reader, name);
	for (size_t i = 0; !err && i < count; i++)
		err = read_file(varnish, paths[i], &is_missing);
	config_paths_free(paths, count);
	return err;
}

/* include "NAME"; include +glob "PATTERN"; */
static int take_include(struct varnish *varnish, struct vcl_reader *reader)
{
	char name[PATH_MAX];
	bool is_pattern = false;

	vcl_next(reader);
	while (vcl_is_mark(&reader->token, '+')) {
		vcl_next(reader);
		is_pattern |= vcl_is(&reader->token, "glob");
		vcl_next(reader);
	}
	if (reader->token.kind != VCL_TEXT || reader->token.length >= sizeof(name))
		return note(varnish, CONFIG_SKIPPED, reader, "include");
	vcl_copy(&reader->token, name, sizeof(name));
	return is_pattern ? read_pattern(varnish, reader, name)
			  : read_include(varnish, reader, name);
}

static int take_text(struct varnish *varnish, const char *path, const char *text, size_t length)
{
	struct vcl_reader reader = { .path = path, .at = text, .end = text + length, .line = 1 };
	int err = 0;

	do {
		vcl_next(&reader);
		if (vcl_is(&reader.token, "backend"))
			err = take_backend(varnish, &reader);
		else if (vcl_is(&reader.token, "probe"))
			err = take_probe(varnish, &reader);
		else if (vcl_is(&reader.token, "sub"))
			err = take_sub(varnish, &reader);
		else if (vcl_is(&reader.token, "include"))
			err = take_include(varnish, &reader);
		else if (vcl_is_mark(&reader.token, '{'))
			vcl_skip_block(&reader);
	} while (!err && reader.token.kind != VCL_END);
	return err;
}

static int read_file(struct varnish *varnish, const char *path, bool *is_missing)
{
	size_t length;
	char *text;
	int err;

	*is_missing = false;
	if (varnish->depth == CONFIG_DEPTH_MOST)
		return config_add_note(varnish->config, CONFIG_BOUNDED, path, 0,
				       "includes within includes");
	err = config_files_read(varnish->files, path, &text, &length);
	*is_missing = err == -ENOENT;
	if (err == -ENOENT || err == -ENOMEM)
		return err == -ENOENT ? 0 : err;
	if (err)
		return config_note_unread(varnish->config, path, err);
	varnish->depth++;
	err = take_text(varnish, path, text, length);
	varnish->depth--;
	free(text);
	return err;
}

/* The probe named "default" is that of all backends which have none: varnishd's VRT_new_backend(). */
static void set_probe(const struct varnish *varnish, struct declared *declared)
{
	const struct vcl_probe *probe = &declared->probe;
	const char *name = declared->has_probe ? probe->name : "default";

	for (size_t i = 0; *name && i < varnish->probe_count; i++)
		if (!strcmp(varnish->probes[i].name, name))
			probe = &varnish->probes[i];
	if (!declared->has_probe && probe == &declared->probe)
		return;
	declared->backend.header.flags |= BACKEND_CHECKED;
	declared->backend.check = CHECK_HTTP;
	declared->backend.check_interval_ms = probe->interval_ms;
	strcpy(declared->backend.check_target, probe->target);
}

static int add(struct config *config, const struct declared *declared, const struct member *member)
{
	int err;
	struct event_backend *added = config_copy_backend(config, &declared->backend, &err);

	if (!added)
		return err;
	if (member) {
		strcpy(added->pool, member->director);
		added->weight = member->weight;
	}
	return 0;
}

static int finish(struct varnish *varnish)
{
	struct declared *declared, *next;
	int err = 0;

	HASH_ITER(hh, varnish->backends, declared, next)
		set_probe(varnish, declared);
	for (size_t i = 0; !err && i < varnish->member_count; i++) {
		const struct member *member = &varnish->members[i];

		/* a director may have directors, too */
		HASH_FIND_STR(varnish->backends, member->backend, declared);
		if (!declared)
			continue;
		declared->has_director = true;
		err = add(varnish->config, declared, member);
	}
	HASH_ITER(hh, varnish->backends, declared, next)
		if (!err && !declared->has_director)
			err = add(varnish->config, declared, NULL);
	return err;
}

static void clear(struct varnish *varnish)
{
	struct declared *declared, *next;

	HASH_ITER(hh, varnish->backends, declared, next) {
		HASH_DEL(varnish->backends, declared);
		free(declared);
	}
	free(varnish->members);
	free(varnish);
}

int config_read_varnish(struct config_files *files, const struct config_place *place,
			struct config *config)
{
	struct varnish *varnish = calloc(1, sizeof(*varnish));
	bool is_missing;
	int err = 0;

	if (!varnish)
		return -ENOMEM;
	varnish->files = files;
	varnish->place = place;
	varnish->config = config;
	for (size_t i = 0; !err && i < place->file_count; i++) {
		err = read_file(varnish, place->files[i], &is_missing);
		if (!err && is_missing)
			err = config_add_note(config, CONFIG_UNREADABLE, place->files[i], 0,
					      strerror(ENOENT));
	}
	if (!err)
		err = finish(varnish);
	clear(varnish);
	return err;
}
