// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "user/config/tree.h"

#define LINE_KEY "\x01line" /* no key of a configuration */
#define KEY_BYTES 256
#define ANCHORS_MOST 128 /* with TREE_DEPTH_MOST they bound how deep a tree may be */

struct anchor {
	char *name;
	json_t *node; /* complete, so that no alias leads around in a ring */
};

struct level {
	json_t *node; /* an array or an object */
	char *anchor;
	char key[KEY_BYTES]; /* the next value's */
	bool has_key;
};

struct reading {
	struct level levels[TREE_DEPTH_MOST];
	size_t depth;
	size_t nodes;
	struct anchor anchors[ANCHORS_MOST];
	size_t anchor_count;
	json_t *root;
};

/* Takes `name` and a reference to `node`. */
static void remember(struct reading *reading, char *name, json_t *node)
{
	if (!name)
		return;
	if (reading->anchor_count == ANCHORS_MOST) {
		free(name);
		return;
	}
	reading->anchors[reading->anchor_count].name = name;
	reading->anchors[reading->anchor_count++].node = json_incref(node);
}

/* The last of that name counts. */
static json_t *recall(const struct reading *reading, const char *name)
{
	for (size_t i = reading->anchor_count; i > 0; i--)
		if (!strcmp(reading->anchors[i - 1].name, name))
			return json_incref(reading->anchors[i - 1].node);
	return json_null();
}

/* The scalar that is a key. One that is too long is cut: then it is none that is looked for. */
static void take_key(struct level *level, const json_t *node)
{
	const char *text = json_string_value(node);

	level->has_key = true;
	level->key[0] = '\0';
	if (text)
		strncat(level->key, text, sizeof(level->key) - 1);
}

/* Puts a node, which it takes, where the reading is. */
static int put(struct reading *reading, json_t *node)
{
	struct level *level;
	int err = 0;

	if (!node)
		return -ENOMEM;
	if (++reading->nodes > TREE_NODES_MOST) {
		json_decref(node);
		return -EFBIG;
	}
	if (!reading->depth) {
		json_decref(reading->root);
		reading->root = node;
		return 0;
	}
	level = &reading->levels[reading->depth - 1];
	if (json_is_array(level->node)) {
		err = json_array_append_new(level->node, node);
	} else if (!level->has_key) {
		take_key(level, node);
		json_decref(node);
	} else {
		/* the text may be any bytes, jansson's values may not */
		err = json_object_set_new_nocheck(level->node, level->key, node);
		level->has_key = false;
	}
	return err ? -ENOMEM : 0;
}

static int begin(struct reading *reading, json_t *node, const yaml_char_t *anchor, size_t line)
{
	struct level *level = &reading->levels[reading->depth];

	if (!node)
		return -ENOMEM;
	if (reading->depth == TREE_DEPTH_MOST) {
		json_decref(node);
		return -EFBIG;
	}
	memset(level, 0, sizeof(*level));
	level->node = node;
	reading->depth++;
	if (anchor) {
		level->anchor = strdup((const char *)anchor);
		if (!level->anchor)
			return -ENOMEM;
	}
	if (json_is_object(node) &&
	    json_object_set_new_nocheck(node, LINE_KEY, json_integer((json_int_t)line + 1)))
		return -ENOMEM;
	return 0;
}

static int end(struct reading *reading)
{
	struct level *level;

	if (!reading->depth)
		return -EINVAL;
	level = &reading->levels[--reading->depth];
	remember(reading, level->anchor, level->node);
	level->anchor = NULL;
	return put(reading, level->node);
}

static json_t *scalar(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	if (event->data.scalar.plain_implicit &&
	    (!*text || !strcmp(text, "~") || !strcmp(text, "null")))
		return json_null();
	return json_string_nocheck(text);
}

static int take_scalar(struct reading *reading, const yaml_event_t *event)
{
	json_t *node = scalar(event);
	char *anchor = NULL;

	if (node && event->data.scalar.anchor) {
		anchor = strdup((const char *)event->data.scalar.anchor);
		remember(reading, anchor, node);
	}
	return put(reading, node);
}

/* 1 at the end of the document. */
static int take(struct reading *reading, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(reading, event);
	case YAML_ALIAS_EVENT:
		return put(reading, recall(reading, (const char *)event->data.alias.anchor));
	case YAML_SEQUENCE_START_EVENT:
		return begin(reading, json_array(), event->data.sequence_start.anchor, 0);
	case YAML_MAPPING_START_EVENT:
		return begin(reading, json_object(), event->data.mapping_start.anchor,
			     event->start_mark.line);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end(reading);
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		return 1;
	default:
		return 0;
	}
}

static int read_yaml(struct reading *reading, const char *text, size_t length, uint32_t *line)
{
	yaml_parser_t parser;
	yaml_event_t event;
	int err = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	while (!err) {
		if (!yaml_parser_parse(&parser, &event)) {
			*line = (uint32_t)parser.problem_mark.line + 1;
			err = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
			break;
		}
		err = take(reading, &event);
		*line = (uint32_t)event.start_mark.line + 1;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return err < 0 ? err : 0;
}

static void clear(struct reading *reading)
{
	while (reading->depth > 0) {
		reading->depth--;
		free(reading->levels[reading->depth].anchor);
		json_decref(reading->levels[reading->depth].node);
	}
	while (reading->anchor_count > 0) {
		reading->anchor_count--;
		free(reading->anchors[reading->anchor_count].name);
		json_decref(reading->anchors[reading->anchor_count].node);
	}
	json_decref(reading->root);
	free(reading);
}

int tree_read(const char *text, size_t length, json_t **tree, uint32_t *line)
{
	struct reading *reading;
	int err;

	*tree = NULL;
	*line = 0;
	if (length > TREE_BYTES)
		return -EFBIG;
	reading = calloc(1, sizeof(*reading));
	if (!reading)
		return -ENOMEM;
	err = read_yaml(reading, text, length, line);
	if (err == -EINVAL) {
		json_t *json = json_loadb(text, length, 0, NULL);

		if (json) {
			json_decref(reading->root);
			reading->root = json;
			err = 0;
		}
	}
	if (!err && !reading->root) {
		reading->root = json_object();
		err = reading->root ? 0 : -ENOMEM;
	}
	if (!err)
		*tree = json_incref(reading->root);
	clear(reading);
	return err;
}

uint32_t tree_line(const json_t *node)
{
	json_int_t line = json_integer_value(json_object_get(node, LINE_KEY));

	return line > 0 && line <= UINT32_MAX ? (uint32_t)line : 0;
}

const json_t *tree_at(const json_t *node, const char *path)
{
	char key[KEY_BYTES];

	while (node && *path) {
		size_t length = strcspn(path, ".");

		if (length >= sizeof(key))
			return NULL;
		memcpy(key, path, length);
		key[length] = '\0';
		node = json_object_get(node, key);
		path += length + (path[length] == '.');
	}
	return node;
}

const char *tree_text(const json_t *node, const char *path)
{
	return json_string_value(tree_at(node, path));
}

uint32_t tree_number(const json_t *node, const char *path, uint32_t most)
{
	const json_t *found = tree_at(node, path);
	const char *text = json_string_value(found);
	unsigned long long number;
	char *rest;

	if (json_is_integer(found)) {
		json_int_t value = json_integer_value(found);

		return value > 0 && value <= most ? (uint32_t)value : 0;
	}
	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	number = strtoull(text, &rest, 10);
	return errno || *rest || number > most ? 0 : (uint32_t)number;
}

bool tree_true(const json_t *node, const char *path)
{
	const json_t *found = tree_at(node, path);
	const char *text = json_string_value(found);

	return json_is_true(found) || (text && !strcmp(text, "true"));
}
