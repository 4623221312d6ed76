/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configurations in YAML or JSON, as one kind of tree: jansson's. Scalars of YAML are all strings, and
 * every object knows the line that it begins in.
 */
#ifndef LBTRACE_USER_CONFIG_TREE_H
#define LBTRACE_USER_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define TREE_BYTES (2u << 20) /* of a text; the tree of it takes some twenty times of that */
#define TREE_NODES_MOST (256u << 10)
#define TREE_DEPTH_MOST 64

/* Reads YAML's first document, or JSON, which is YAML but for its surrogate escapes: of what only
 * jansson can read the lines are not known. An alias is the node itself again, so that a walk
 * has to be bounded; none leads to a node around it. *tree is the caller's to json_decref().
 * 0, -EINVAL with *line where it is wrong (0: not known), -EFBIG, or -ENOMEM. */
int tree_read(const char *text, size_t length, json_t **tree, uint32_t *line);

/* The line that an object begins in, from 1; of another kind of node, or when not known, 0. */
uint32_t tree_line(const json_t *node);

/* All of these take NULL for a node and give "nothing" for a node of another kind. */

/* The member by a path of keys, "socket_address.address". */
const json_t *tree_at(const json_t *node, const char *path);
/* A string, or NULL. */
const char *tree_text(const json_t *node, const char *path);
/* A number, also one written as a string; 0 when there is none, it is negative or beyond `most`. */
uint32_t tree_number(const json_t *node, const char *path, uint32_t most);
/* true, also written as a string. */
bool tree_true(const json_t *node, const char *path);

#endif
