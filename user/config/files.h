/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that a configuration is made of, read as the load balancer would from its own root.
 * They are hostile input: whatever one of them includes, no more than the budget is ever read.
 */
#ifndef LBTRACE_USER_CONFIG_FILES_H
#define LBTRACE_USER_CONFIG_FILES_H

#include <stddef.h>

#define CONFIG_FILES_MOST 1024 /* files of one configuration */
#define CONFIG_FILE_BYTES (4u << 20) /* of one file */
#define CONFIG_TOTAL_BYTES (16u << 20) /* of all of them */
#define CONFIG_GLOB_MOST 512 /* names that one pattern stands for */
#define CONFIG_GLOB_LOOKS 16384 /* directory entries that are looked at, in all */

/* Where files come from. Paths are absolute within the load balancer's root. */
struct config_source {
	/* Reads a file: *text, with NUL behind its *length bytes, is the caller's to free(). `bytes`:
	 * the most that is wanted. 0, -ENOENT, -EFBIG, -EISDIR, -ENOMEM or -errno. Only regular
	 * files are read (-EINVAL for pipes and devices). */
	int (*read)(void *context, const char *path, size_t bytes, char **text, size_t *length);
	/* Calls `entry` with each name in a directory but "." and "..", until it returns not 0.
	 * 0, what `entry` returned, or -errno. */
	int (*list)(void *context, const char *path,
		    int (*entry)(void *entry_context, const char *name), void *entry_context);
	void *context;
};

/* Files below the directory that descriptor `root` is open for (O_PATH will do), which must stay open
 * as long as the source is used: absolute links and ".." lead no further up than it
 * (openat2(2), RESOLVE_IN_ROOT). */
struct config_source config_source_root(const int *root);

/* What may still be read of one configuration. */
struct config_files {
	const struct config_source *source;
	size_t files_left;
	size_t bytes_left;
	size_t looks_left;
};

/* A whole budget. */
void config_files_open(struct config_files *files, const struct config_source *source);

/* As the source's read(), within the budget: -EDQUOT when it is used up. */
int config_files_read(struct config_files *files, const char *path, char **text, size_t *length);

/* The files that `pattern` (glob(7): *, ?, [...], in any component) stands for, in order of bytes, as
 * glob(3) would. Without a wildcard that is the pattern itself, whether it exists or not. *paths, and
 * each of them, is the caller's: config_paths_free(). Hidden files match only where the pattern's
 * component begins with a dot. 0 (also when nothing matches), -EDQUOT (with what was found until
 * then), or -ENOMEM. A directory that cannot be read has no files. */
int config_files_glob(struct config_files *files, const char *pattern, char ***paths,
		      size_t *count);
void config_paths_free(char **paths, size_t count);

/* `name` as an absolute path: itself, or below `directory`. 0 or -ENAMETOOLONG (`bytes`). */
int config_path_join(const char *directory, const char *name, char *path, size_t bytes);

#endif
