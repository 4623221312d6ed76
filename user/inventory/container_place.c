// SPDX-License-Identifier: GPL-2.0-only
/* Which container: what the names of control groups and the sources of mounts say. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "user/inventory/container.h"

#define ID_DIGITS_LEAST 12 /* runtimes print so many of their 64 */
#define ID_DIGITS 64

/* A name in a path; not ended by NUL. */
struct word {
	const char *text;
	size_t length;
};

/* What runtimes put before an id. `runtime` NULL: what runs there supervises a container. */
static const struct prefix {
	const char *text;
	const char *runtime;
	bool named; /* what follows is a name, not hexadecimal */
} prefixes[] = {
	{ "docker-", "docker", false },
	{ "cri-containerd-", "containerd", false },
	{ "nerdctl-", "containerd", false },
	{ "containerd-", "containerd", false },
	{ "crio-conmon-", NULL, false },
	{ "crio-", "cri-o", false },
	{ "libpod-conmon-", NULL, false },
	{ "libpod-payload-", "podman", false },
	{ "libpod-", "podman", false },
	{ "lxc.monitor.", NULL, true },
	{ "lxc.payload.", "lxc", true },
	{ "machine-qemu\\x2d", NULL, true },
	{ "machine-lxc\\x2d", "lxc", true },
	{ "machine-", "systemd-nspawn", true },
	{ "systemd-nspawn@", "systemd-nspawn", true },
};

/* A group above a bare id. */
static const struct parent {
	const char *text;
	const char *runtime;
} parents[] = {
	{ "docker", "docker" },
	{ "ecs", "docker" },
	{ "actions_job", "docker" },
	{ "libpod_parent", "podman" },
};

static bool word_is(const struct word *word, const char *text)
{
	return word->length == strlen(text) && !memcmp(word->text, text, word->length);
}

static bool word_begins(const struct word *word, const char *text)
{
	size_t length = strlen(text);

	return word->length > length && !memcmp(word->text, text, length);
}

static void skip(struct word *word, size_t bytes)
{
	word->text += bytes;
	word->length -= bytes;
}

static bool cut_end(struct word *word, const char *end)
{
	size_t length = strlen(end);

	if (word->length <= length || memcmp(word->text + word->length - length, end, length))
		return false;
	word->length -= length;
	return true;
}

static bool is_id(const struct word *word)
{
	if (word->length < ID_DIGITS_LEAST || word->length > ID_DIGITS)
		return false;
	for (size_t i = 0; i < word->length; i++)
		if (!isxdigit((unsigned char)word->text[i]))
			return false;
	return true;
}

/* An id becomes part of a path. */
static bool is_name(const struct word *word)
{
	if (!word->length || word->text[0] == '.')
		return false;
	for (size_t i = 0; i < word->length; i++)
		if (!isalnum((unsigned char)word->text[i]) && !strchr("-_.", word->text[i]))
			return false;
	return true;
}

static bool copy(const struct word *word, char *field, size_t bytes)
{
	if (word->length >= bytes)
		return false;
	memcpy(field, word->text, word->length);
	field[word->length] = '\0';
	return true;
}

/* The innermost container so far. */
static void take(struct container_place *place, const char *runtime, const struct word *id)
{
	strcpy(place->runtime, runtime ? runtime : "");
	if (!runtime || !copy(id, place->id, sizeof(place->id)))
		place->id[0] = '\0';
}

/* systemd writes what a unit's name may not hold as \xNN: "machine-web\x2d1.scope". */
static bool unescape(const struct word *word, char *name, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < word->length; i++) {
		char byte = word->text[i];

		if (byte == '\\' && i + 3 < word->length && word->text[i + 1] == 'x' &&
		    isxdigit((unsigned char)word->text[i + 2]) &&
		    isxdigit((unsigned char)word->text[i + 3])) {
			byte = (char)((strchr(digits, tolower(word->text[i + 2])) - digits) << 4 |
				      (strchr(digits, tolower(word->text[i + 3])) - digits));
			i += 3;
		}
		if (at + 1 >= bytes)
			return false;
		name[at++] = byte;
	}
	name[at] = '\0';
	return at > 0;
}

static void take_named(struct container_place *place, const char *runtime, const struct word *word)
{
	char name[sizeof(place->id)];
	struct word plain = { name, 0 };

	if (!unescape(word, name, sizeof(name)))
		return;
	plain.length = strlen(name);
	if (!is_name(&plain))
		return;
	take(place, runtime, &plain);
	if (runtime)
		strcpy(place->name, name);
}

static bool take_prefixed(struct container_place *place, struct word word)
{
	bool unit = cut_end(&word, ".scope") || cut_end(&word, ".service");

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const struct prefix *prefix = &prefixes[i];
		struct word rest = word;

		if (!word_begins(&word, prefix->text))
			continue;
		skip(&rest, strlen(prefix->text));
		if (!prefix->named && is_id(&rest)) {
			take(place, prefix->runtime, &rest);
			return true;
		}
		/* "machine-" begins the names of slices, too */
		if (prefix->named && (unit || prefix->text[0] == 'l')) {
			take_named(place, prefix->runtime, &rest);
			return true;
		}
	}
	return false;
}

/* runc's own form, where a runtime was told another cgroup driver than it uses:
 * "kubepods-podUID.slice:cri-containerd:ID". */
static bool take_colons(struct container_place *place, const struct word *word)
{
	const char *last = memrchr(word->text, ':', word->length), *first;
	char text[ID_DIGITS * 2];
	struct word id, joined;

	first = last ? memrchr(word->text, ':', (size_t)(last - word->text)) : NULL;
	if (!first || first[1] == ':')
		return false;
	id.text = last + 1;
	id.length = word->length - (size_t)(last + 1 - word->text);
	joined.text = first + 1;
	joined.length = word->length - (size_t)(first + 1 - word->text);
	if (!is_id(&id) || !copy(&joined, text, sizeof(text)))
		return false;
	text[last - first - 1] = '-';
	joined.text = text;
	return take_prefixed(place, joined);
}

/* "pod0a1b-…" (cgroupfs), or "kubepods-burstable-pod0a1b_….slice" (systemd) and that before a colon. */
static void note_pod(struct container_place *place, struct word word)
{
	const char *slice = memmem(word.text, word.length, ".slice", strlen(".slice"));
	size_t i;

	if (slice)
		word.length = (size_t)(slice - word.text);
	if (memmem(word.text, word.length, "kubepods", strlen("kubepods"))) {
		const char *pod = memmem(word.text, word.length, "-pod", strlen("-pod"));

		if (!pod)
			return;
		skip(&word, (size_t)(pod + 1 - word.text));
	}
	if (!word_begins(&word, "pod"))
		return;
	skip(&word, strlen("pod"));
	for (i = 0; i < word.length; i++)
		if (!isxdigit((unsigned char)word.text[i]) && word.text[i] != '-' &&
		    word.text[i] != '_')
			return;
	if (word.length < ID_DIGITS_LEAST || !copy(&word, place->pod_uid, sizeof(place->pod_uid)))
		return;
	for (i = 0; i < word.length; i++)
		if (place->pod_uid[i] == '_')
			place->pod_uid[i] = '-';
}

/* `runtime`: what the groups above tell; empty: nothing. */
static void take_bare(struct container_place *place, const struct word *parent,
		      const struct word *word, const char *runtime)
{
	struct word end = *word;

	if (word->length == ID_DIGITS && is_id(word)) {
		take(place, runtime, word);
	} else if ((word_is(parent, "lxc") || word_is(parent, "lxc.payload")) &&
		   !cut_end(&end, ".service") && !cut_end(&end, ".slice") &&
		   !cut_end(&end, ".scope")) {
		take_named(place, "lxc", word);
	}
}

static bool next_word(const char **path, const char *end, struct word *word)
{
	while (*path < end && **path == '/')
		(*path)++;
	word->text = *path;
	while (*path < end && **path != '/')
		(*path)++;
	word->length = (size_t)(*path - word->text);
	return word->length;
}

static bool parse_path(const char *path, const char *end, struct container_place *place)
{
	struct word parent = { path, 0 }, word;
	const char *runtime = "";

	memset(place, 0, sizeof(*place));
	while (next_word(&path, end, &word)) {
		char outer[sizeof(place->id)];

		strcpy(outer, place->id);
		note_pod(place, word);
		if (!take_prefixed(place, word) && !take_colons(place, &word))
			take_bare(place, &parent, &word, runtime);
		if (strcmp(outer, place->id)) {
			runtime = "";
			/* only where the id is the name is the name known here */
			if (strcmp(place->name, place->id))
				place->name[0] = '\0';
		}
		for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++)
			if (word_is(&word, parents[i].text))
				runtime = parents[i].runtime;
		parent = word;
	}
	return place->id[0];
}

bool container_parse_cgroup(const char *text, struct container_place *place)
{
	memset(place, 0, sizeof(*place));
	while (*text) {
		const char *end = strchrnul(text, '\n');
		const char *path = memchr(text, ':', (size_t)(end - text));

		/* "4:memory:/PATH" */
		path = path ? memchr(path + 1, ':', (size_t)(end - path - 1)) : NULL;
		if (path && parse_path(path + 1, end, place))
			return true;
		text = *end ? end + 1 : end;
	}
	memset(place, 0, sizeof(*place));
	return false;
}

/* The component behind `before` in a path. */
static bool component_after(const struct word *path, const char *before, struct word *found)
{
	const char *end = path->text + path->length;
	const char *at = memmem(path->text, path->length, before, strlen(before));

	if (!at)
		return false;
	at += strlen(before);
	return next_word(&at, end, found);
}

static void take_mount(struct container_place *place, const struct word *root,
		       const struct word *point)
{
	struct word found;

	if (component_after(root, "/kubelet/pods/", &found)) {
		if (!is_name(&found) || !copy(&found, place->pod_uid, sizeof(place->pod_uid)))
			return;
		if (component_after(root, "/containers/", &found) && is_name(&found))
			copy(&found, place->name, sizeof(place->name));
	} else if (word_is(point, "/dev/termination-log")) {
		return;
	} else if (component_after(root, "/overlay-containers/", &found) && is_id(&found)) {
		take(place, "podman", &found);
	} else if (component_after(root, "/sandboxes/", &found) && is_id(&found)) {
		take(place, "containerd", &found);
	} else if (component_after(root, "/containers/", &found) && is_id(&found)) {
		take(place, "docker", &found);
	}
}

/* The fields of a line are parted by single spaces; 4: the path within its file system, 5: where it
 * is mounted. */
static void parse_mount(const char *line, const char *end, struct container_place *place)
{
	static const char *const points[] = { "/etc/hostname", "/etc/hosts", "/etc/resolv.conf",
					      "/dev/termination-log" };
	struct word fields[5];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *space = memchr(line, ' ', (size_t)(end - line));

		if (!space)
			return;
		fields[i].text = line;
		fields[i].length = (size_t)(space - line);
		line = space + 1;
	}
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (word_is(&fields[4], points[i]))
			take_mount(place, &fields[3], &fields[4]);
}

bool container_parse_mounts(const char *text, struct container_place *place)
{
	memset(place, 0, sizeof(*place));
	while (*text) {
		const char *end = strchrnul(text, '\n');

		parse_mount(text, end, place);
		text = *end ? end + 1 : end;
	}
	if (!place->pod_uid[0])
		return place->id[0];
	/* the files are those of the pod's sandbox */
	place->id[0] = '\0';
	if (!strcmp(place->runtime, "podman"))
		strcpy(place->runtime, "cri-o");
	return true;
}
