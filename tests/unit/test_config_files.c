// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"
#include "user/config/files.h"

struct tree {
	char path[64];
	int root;
	struct config_source source;
	struct config_files files;
};

static void write_at(const struct tree *tree, const char *path, const char *text)
{
	int file = openat(tree->root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
}

/* /etc/lb.conf, and links out of the tree and within it. */
static int make_tree(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	strcpy(tree->path, "/tmp/lbtrace-config-XXXXXX");
	assert_non_null(mkdtemp(tree->path));
	tree->root = open(tree->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->root >= 0);
	assert_int_equal(mkdirat(tree->root, "etc", 0700), 0);
	assert_int_equal(mkdirat(tree->root, "etc/sites", 0700), 0);
	write_at(tree, "etc/lb.conf", "listen");
	write_at(tree, "etc/empty.conf", "");
	write_at(tree, "etc/sites/b", "b");
	write_at(tree, "etc/sites/a", "a");
	write_at(tree, "etc/sites/.hidden", "h");
	assert_int_equal(symlinkat("/etc/lb.conf", tree->root, "absolute"), 0);
	assert_int_equal(symlinkat("../../../../etc/lb.conf", tree->root, "etc/upwards"), 0);
	assert_int_equal(symlinkat("round", tree->root, "round"), 0);
	assert_int_equal(mkfifoat(tree->root, "pipe", 0600), 0);
	tree->source = config_source_root(&tree->root);
	config_files_open(&tree->files, &tree->source);
	*state = tree;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	(void)status;
	(void)flag;
	(void)walk;
	return remove(path);
}

static int remove_tree(void **state)
{
	struct tree *tree = *state;

	close(tree->root);
	assert_int_equal(nftw(tree->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(tree);
	return 0;
}

static void assert_reads(struct tree *tree, const char *path, int expected, const char *text)
{
	char *got;
	size_t length;
	int err = config_files_read(&tree->files, path, &got, &length);

	if (err != expected)
		fail_msg("%s: %s", path, strerror(-err));
	if (err)
		return;
	assert_string_equal(got, text);
	assert_int_equal(length, strlen(text));
	free(got);
}

static void files_are_read_below_the_root(void **state)
{
	struct tree *tree = *state;

	assert_reads(tree, "/etc/lb.conf", 0, "listen");
	assert_reads(tree, "/etc/empty.conf", 0, "");
	assert_reads(tree, "/etc/none.conf", -ENOENT, NULL);
	assert_reads(tree, "/etc", -EISDIR, NULL);
	assert_reads(tree, "/etc/lb.conf/x", -ENOTDIR, NULL);
	assert_reads(tree, "", -EISDIR, NULL);
}

static void links_do_not_lead_out_of_it(void **state)
{
	struct tree *tree = *state;

	assert_reads(tree, "/absolute", 0, "listen");
	assert_reads(tree, "/etc/upwards", 0, "listen");
	assert_reads(tree, "/../../../etc/lb.conf", 0, "listen");
	assert_reads(tree, "/round", -ELOOP, NULL);
}

/* A pipe would block, and what lies in /proc may. */
static void only_plain_files_are_read(void **state)
{
	struct tree *tree = *state;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(root >= 0);
	assert_reads(tree, "/pipe", -EINVAL, NULL);
	tree->source = config_source_root(&root);
	assert_reads(tree, "/dev/zero", -EINVAL, NULL);
	assert_reads(tree, "/proc/self/status", -EINVAL, NULL);
	assert_reads(tree, "/proc/self/fd/0", -ELOOP, NULL);
	close(root);
}

static void no_more_is_read_than_the_budget(void **state)
{
	struct tree *tree = *state;

	tree->files.bytes_left = 9;
	assert_reads(tree, "/etc/lb.conf", 0, "listen");
	assert_reads(tree, "/etc/lb.conf", -EDQUOT, NULL);
	assert_reads(tree, "/etc/sites/a", 0, "a");
	tree->files.files_left = 2;
	assert_reads(tree, "/etc/none", -ENOENT, NULL);
	assert_reads(tree, "/etc/sites/a", 0, "a");
	assert_reads(tree, "/etc/sites/a", -EDQUOT, NULL);
}

static void a_file_that_is_too_large_is_not_read(void **state)
{
	struct tree *tree = *state;
	int file = openat(tree->root, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, CONFIG_FILE_BYTES + 1), 0);
	assert_reads(tree, "/large", -EFBIG, NULL);
	close(file);
	assert_int_equal(tree->files.bytes_left, CONFIG_TOTAL_BYTES);
}

static void assert_globs(struct config_files *files, const char *pattern, const char *expected)
{
	char found[4096] = "", **paths;
	size_t count;

	assert_int_equal(config_files_glob(files, pattern, &paths, &count), 0);
	for (size_t i = 0; i < count; i++) {
		strcat(found, i ? " " : "");
		strcat(found, paths[i]);
	}
	if (strcmp(found, expected))
		fail_msg("%s: \"%s\", not \"%s\"", pattern, found, expected);
	config_paths_free(paths, count);
}

static void directories_are_searched_below_the_root(void **state)
{
	struct tree *tree = *state;

	assert_globs(&tree->files, "/etc/sites/*", "/etc/sites/a /etc/sites/b");
	assert_globs(&tree->files, "/etc/sites/.h*", "/etc/sites/.hidden");
	assert_globs(&tree->files, "/etc/*.conf", "/etc/empty.conf /etc/lb.conf");
	assert_globs(&tree->files, "/etc/none.conf", "/etc/none.conf");
	assert_globs(&tree->files, "/none/*", "");
	assert_globs(&tree->files, "/e*/s*/a", "/etc/sites/a");
	assert_globs(&tree->files, "/e*/*/none", "");
}

static const struct memory_file plain_files[] = {
	{ .path = "/a/b1/x.conf", .text = "" }, { .path = "/a/b2/x.conf", .text = "" },
	{ .path = "/a/b2/y.conf", .text = "" }, { .path = "/a/c[1/x.conf", .text = "" },
	{ .path = "/a/c]", .text = "" },	{ .path = "/a/c-", .text = "" },
	{ .path = "/a/star*", .text = "" },	{ .path = "/a/\xc3\xa4", .text = "" },
	{ .path = "/A", .text = "" },
};

static void wildcards_are_those_of_glob(void **state)
{
	struct memory memory = { .files = plain_files, .count = ARRAY_LENGTH(plain_files) };
	struct config_source source = memory_source(&memory);
	struct config_files files;

	(void)state;
	config_files_open(&files, &source);
	assert_globs(&files, "/a/b?/x.conf", "/a/b1/x.conf /a/b2/x.conf");
	assert_globs(&files, "/a/b[2-9]/*", "/a/b2/x.conf /a/b2/y.conf");
	assert_globs(&files, "/a/b[!1]/x*", "/a/b2/x.conf");
	assert_globs(&files, "/a/b[^1]/x*", "/a/b2/x.conf");
	assert_globs(&files, "/a/b[[:digit:]]/y.conf", "/a/b2/y.conf");
	assert_globs(&files, "/a/b[[:alpha:]]/y.conf", "");
	assert_globs(&files, "/a/b[[:nonsense:]]/y.conf", "");
	assert_globs(&files, "/a/c[1/*", "/a/c[1/x.conf");
	assert_globs(&files, "/a/c[]a]", "/a/c]");
	assert_globs(&files, "/a/c[!]a]", "/a/c-");
	assert_globs(&files, "/a/c[a-]", "/a/c-");
	assert_globs(&files, "/a/st*\\*", "/a/star*");
	assert_globs(&files, "/a/*star*", "/a/star*");
	assert_globs(&files, "/[aA]", "/A /a");
	assert_globs(&files, "//a//b1/*", "/a/b1/x.conf");
	assert_globs(&files, "*", "/A /a");
	assert_globs(&files, "/a/[\xc3]?", "/a/\xc3\xa4");
}

static int endless_list(void *context, const char *path,
			int (*entry)(void *entry_context, const char *name), void *entry_context)
{
	char name[16];
	int result = 0;

	(void)context;
	(void)path;
	for (unsigned int i = 0; !result; i++) {
		snprintf(name, sizeof(name), "%09u", i);
		result = entry(entry_context, name);
	}
	return result;
}

static void a_search_ends_however_much_there_is(void **state)
{
	struct config_source source = { .list = endless_list };
	struct config_files files;
	char **paths;
	size_t count;

	(void)state;
	config_files_open(&files, &source);
	assert_int_equal(config_files_glob(&files, "/*", &paths, &count), -EDQUOT);
	assert_int_equal(count, CONFIG_GLOB_MOST);
	assert_string_equal(paths[0], "/000000000");
	config_paths_free(paths, count);
	config_files_open(&files, &source);
	assert_int_equal(config_files_glob(&files, "/*/*/x", &paths, &count), -EDQUOT);
	assert_int_equal(count, 0);
	config_paths_free(paths, count);
}

/* The C library's fnmatch() needs years for this one. */
static void stars_do_not_multiply(void **state)
{
	char name[NAME_MAX + 2], pattern[PATH_MAX];
	struct memory_file file = { .path = name, .text = "" };
	struct memory memory = { .files = &file, .count = 1 };
	struct config_source source = memory_source(&memory);
	struct config_files files;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	pattern[0] = '/';
	for (size_t i = 0; i < 100; i++)
		memcpy(pattern + 1 + 2 * i, "*a", 2);
	strcpy(pattern + 201, "b");
	config_files_open(&files, &source);
	assert_globs(&files, pattern, "");
	pattern[201] = '\0';
	assert_globs(&files, pattern, name);
}

static void names_are_joined_with_their_directory(void **state)
{
	char path[16];

	(void)state;
	assert_int_equal(config_path_join("/etc", "a/b", path, sizeof(path)), 0);
	assert_string_equal(path, "/etc/a/b");
	assert_int_equal(config_path_join("/etc/", "a", path, sizeof(path)), 0);
	assert_string_equal(path, "/etc/a");
	assert_int_equal(config_path_join("/etc", "/a", path, sizeof(path)), 0);
	assert_string_equal(path, "/a");
	assert_int_equal(config_path_join("", "a", path, sizeof(path)), 0);
	assert_string_equal(path, "/a");
	assert_int_equal(config_path_join(NULL, "a", path, sizeof(path)), 0);
	assert_string_equal(path, "/a");
	assert_int_equal(config_path_join("/etc", "0123456789", path, sizeof(path)), 0);
	assert_int_equal(config_path_join("/etc", "01234567890", path, sizeof(path)),
			 -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_read_below_the_root, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(links_do_not_lead_out_of_it, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(only_plain_files_are_read, make_tree, remove_tree),
		cmocka_unit_test_setup_teardown(no_more_is_read_than_the_budget, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(a_file_that_is_too_large_is_not_read, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(directories_are_searched_below_the_root, make_tree,
						remove_tree),
		cmocka_unit_test(wildcards_are_those_of_glob),
		cmocka_unit_test(a_search_ends_however_much_there_is),
		cmocka_unit_test(stars_do_not_multiply),
		cmocka_unit_test(names_are_joined_with_their_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
