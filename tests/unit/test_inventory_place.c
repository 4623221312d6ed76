// SPDX-License-Identifier: GPL-2.0-only
/* From a command line to the configuration's path. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/inventory/config_place.h"
#include "user/inventory/root.h"

#define TGID 100u

static int set_up(void **state)
{
	static struct proc_tree tree;
	char root[PROC_TREE_PATH_BYTES + 16];

	proc_tree_make(&tree);
	proc_tree_add(&tree, TGID, 1, 1, "x", NULL);
	/* the container's root lies within the tree */
	snprintf(root, sizeof(root), "%s/%u/rootfs", tree.path, TGID);
	proc_tree_link(&tree, TGID, "root", root);
	*state = &tree;
	return 0;
}

static int tear_down(void **state)
{
	proc_tree_remove(*state);
	return 0;
}

static void expect_path(const struct proc_tree *tree, enum balancer_kind kind, const char *cmdline,
			size_t length, const char *expected)
{
	struct place place;

	proc_tree_write(tree, TGID, "cmdline", cmdline, length);
	place_find(tree->fd, TGID, kind, &place);
	assert_string_equal(place.files[0], expected);
	assert_int_equal(place.file_count > 0, expected[0] != '\0');
	place_clear(&place);
}

/* A literal with its NULs, the last included. */
#define EXPECT(kind, cmdline, expected) \
	expect_path(*state, kind, cmdline, sizeof(cmdline), expected)

static void an_option_names_the_file(void **state)
{
	EXPECT(BALANCER_NGINX, "nginx\0-c\0/srv/n.conf\0-g\0daemon off;", "/srv/n.conf");
	EXPECT(BALANCER_NGINX, "nginx\0-c/srv/n.conf", "/srv/n.conf");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-Ws\0-f\0/srv/a.cfg\0-f\0/srv/b.cfg", "/srv/a.cfg");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-W\0--\0/srv/a.cfg\0/srv/b.cfg", "/srv/a.cfg");
	EXPECT(BALANCER_ENVOY, "envoy\0--config-path\0/e.yaml", "/e.yaml");
	EXPECT(BALANCER_TRAEFIK, "traefik\0--configFile=/t.yml", "/t.yml");
	EXPECT(BALANCER_CADDY, "caddy\0run\0--config\0/c", "/c");
}

static void nginx_writes_a_title(void **state)
{
	EXPECT(BALANCER_NGINX,
	       "nginx: master process /usr/sbin/nginx -c /srv/n.conf -g daemon off;",
	       "/srv/n.conf");
	EXPECT(BALANCER_NGINX, "angie: master process v1.5.0 #1 [/usr/sbin/angie -c /srv/a.conf]",
	       "/srv/a.conf");
	EXPECT(BALANCER_NGINX, "nginx: worker process", "");
}

static void without_an_option_the_default_counts_if_it_exists(void **state)
{
	EXPECT(BALANCER_NGINX, "nginx: master process nginx", "");
	EXPECT(BALANCER_HAPROXY, "haproxy", "");
	proc_tree_write_text(*state, TGID, "rootfs/etc/nginx/nginx.conf", "");
	EXPECT(BALANCER_NGINX, "nginx: master process nginx", "/etc/nginx/nginx.conf");
	EXPECT(BALANCER_OTHER, "proxy\0-c\0/etc/nginx/nginx.conf", "");
}

static void a_relative_file_is_under_the_prefix(void **state)
{
	proc_tree_write_text(*state, TGID, "rootfs/usr/share/nginx/own.conf", "");
	proc_tree_write_text(*state, TGID, "rootfs/srv/p/conf/nginx.conf", "");
	proc_tree_write_text(*state, TGID, "rootfs/srv/p/own.conf", "");
	EXPECT(BALANCER_NGINX, "nginx\0-c\0own.conf", "/usr/share/nginx/own.conf");
	EXPECT(BALANCER_NGINX, "nginx\0-p\0/srv/p/\0-c\0./own.conf", "/srv/p/own.conf");
	EXPECT(BALANCER_NGINX, "nginx\0-p\0/srv/p", "/srv/p/conf/nginx.conf");
	EXPECT(BALANCER_NGINX, "nginx\0-p\0/srv/p\0-c\0absent.conf", "");
}

static void a_relative_file_is_under_the_working_directory(void **state)
{
	proc_tree_write_text(*state, TGID, "rootfs/srv/h/a.cfg", "");
	proc_tree_link(*state, TGID, "cwd", "/srv");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-f\0h/a.cfg", "/srv/h/a.cfg");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-C\0h\0-f\0a.cfg", "/srv/h/a.cfg");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-f\0absent.cfg", "");
	proc_tree_link(*state, TGID, "cwd", "(unreachable)/srv");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-f\0h/a.cfg", "");
}

static void hostile_command_lines_give_nothing(void **state)
{
	char cmdline[PLACE_CMDLINE_BYTES * 2];

	EXPECT(BALANCER_HAPROXY, "", "");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-f", "");
	EXPECT(BALANCER_HAPROXY, "haproxy\0-f\0", "");
	memset(cmdline, 'a', sizeof(cmdline));
	expect_path(*state, BALANCER_HAPROXY, cmdline, sizeof(cmdline), "");
	cmdline[0] = '-';
	cmdline[1] = 'f';
	cmdline[2] = '\0';
	cmdline[3] = '/';
	expect_path(*state, BALANCER_HAPROXY, cmdline, sizeof(cmdline), "");
	memset(cmdline, '\0', sizeof(cmdline));
	expect_path(*state, BALANCER_NGINX, cmdline, sizeof(cmdline), "");
}

static void an_option_is_found_or_not(void **state)
{
	static const char words[] = "x\0-c\0one\0--config=two\0-c\0three\0--empty=";
	size_t at = 0;

	(void)state;
	assert_string_equal(cmdline_option(words, sizeof(words), "-c", &at), "one");
	assert_string_equal(cmdline_option(words, sizeof(words), "-c", &at), "three");
	assert_null(cmdline_option(words, sizeof(words), "-c", &at));
	at = 0;
	assert_string_equal(cmdline_option(words, sizeof(words), "--config", &at), "two");
	at = 0;
	assert_null(cmdline_option(words, sizeof(words), "-d", &at));
	at = 0;
	assert_null(cmdline_option(words, sizeof(words), "--empty", &at));
}

static void find(const struct proc_tree *tree, enum balancer_kind kind, const char *cmdline,
		 size_t length, struct place *place)
{
	proc_tree_write(tree, TGID, "cmdline", cmdline, length);
	place_find(tree->fd, TGID, kind, place);
}

static void haproxy_has_many_files(void **state)
{
	static const char options[] =
		"haproxy\0-Ws\0-f\0/srv/a.cfg\0-f\0/srv/d\0-p\0/run/p\0-f\0c.cfg";
	static const char rest[] = "haproxy\0-f\0/srv/a.cfg\0-W\0--\0/srv/d\0c.cfg";
	struct place place;

	proc_tree_write_text(*state, TGID, "rootfs/srv/a.cfg", "");
	proc_tree_write_text(*state, TGID, "rootfs/srv/d/b.cfg", "");
	proc_tree_write_text(*state, TGID, "rootfs/srv/c.cfg", "");
	proc_tree_link(*state, TGID, "cwd", "/srv");
	find(*state, BALANCER_HAPROXY, options, sizeof(options), &place);
	assert_int_equal(place.file_count, 3);
	assert_string_equal(place.files[1], "/srv/d");
	assert_string_equal(place.files[2], "/srv/c.cfg");
	assert_string_equal(place.directory, "/srv");
	place_clear(&place);
	find(*state, BALANCER_HAPROXY, rest, sizeof(rest), &place);
	assert_int_equal(place.file_count, 3);
	assert_string_equal(place.files[0], "/srv/a.cfg");
	assert_string_equal(place.files[1], "/srv/d");
	assert_string_equal(place.files[2], "/srv/c.cfg");
	assert_false(place.has_more);
	place_clear(&place);
}

static void too_many_files_are_said_to_be(void **state)
{
	char cmdline[PLACE_CMDLINE_BYTES];
	size_t length = 0;
	struct place place;
	int i;

	for (i = 0; i < CONFIG_PLACE_FILES + 1; i++)
		length += (size_t)sprintf(cmdline + length, "-f%c/srv/%d.cfg", 0, i) + 1;
	find(*state, BALANCER_HAPROXY, cmdline, length, &place);
	assert_int_equal(place.file_count, CONFIG_PLACE_FILES);
	assert_true(place.has_more);
	place_clear(&place);
}

static void what_was_read_before_chroot_is_found_above(void **state)
{
	static const char cmdline[] = "haproxy\0-f\0/etc/h.cfg\0-f\0more.cfg";
	const struct proc_tree *tree = *state;
	char root[PROC_TREE_PATH_BYTES + 64];
	struct place place;
	int fd;

	proc_tree_write_text(tree, TGID, "rootfs/etc/h.cfg", "");
	proc_tree_write_text(tree, TGID, "rootfs/srv/more.cfg", "");
	proc_tree_write_text(tree, TGID, "rootfs/var/jail/dev/log", "");
	snprintf(root, sizeof(root), "%s/%u/rootfs/var/jail", tree->path, TGID);
	proc_tree_link(tree, TGID, "root", root);
	proc_tree_link(tree, TGID, "cwd", root);
	proc_tree_write(tree, TGID, "environ", "A=b\0PWD=/srv\0C=d", 17);
	find(tree, BALANCER_HAPROXY, cmdline, sizeof(cmdline), &place);
	assert_int_equal(place.file_count, 2);
	assert_string_equal(place.files[0], "/etc/h.cfg");
	assert_string_equal(place.files[1], "/srv/more.cfg");
	assert_string_equal(place.directory, "/");
	fd = openat(place.root, "etc/h.cfg", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	place_clear(&place);
	assert_true(place.root < 0);
}

static void links_lead_nowhere_else(void **state)
{
	static const char cmdline[] = "nginx\0-c\0/etc/nginx.conf";
	static const char relative[] = "nginx\0-c\0srv/up.conf\0-p\0/";
	struct place place;

	proc_tree_write_text(*state, TGID, "rootfs/opt/real.conf", "");
	proc_tree_link(*state, TGID, "rootfs/etc/nginx.conf", "/opt/real.conf");
	find(*state, BALANCER_NGINX, cmdline, sizeof(cmdline), &place);
	assert_string_equal(place.files[0], "/etc/nginx.conf");
	assert_true(root_has(place.root, place.files[0]));
	place_clear(&place);
	proc_tree_link(*state, TGID, "rootfs/srv/up.conf", "../../../../../../etc/passwd");
	find(*state, BALANCER_NGINX, relative, sizeof(relative), &place);
	assert_int_equal(place.file_count, 0);
	place_clear(&place);
}

static void a_program_says_where_it_was_built_to_look(void **state)
{
	static const char program[] =
		"\x7f"
		"ELF\0usage\0configure arguments: --prefix=/opt/ngx --conf-path=/opt/conf/n.conf "
		"--with-debug";
	static const char cmdline[] = "nginx: master process nginx";
	static const char relative[] = "nginx: master process nginx -c own.conf";
	struct place place;

	proc_tree_write(*state, TGID, "exe", program, sizeof(program));
	proc_tree_write_text(*state, TGID, "rootfs/etc/nginx/nginx.conf", "");
	proc_tree_write_text(*state, TGID, "rootfs/opt/conf/n.conf", "");
	proc_tree_write_text(*state, TGID, "rootfs/opt/ngx/own.conf", "");
	find(*state, BALANCER_NGINX, cmdline, sizeof(cmdline), &place);
	assert_string_equal(place.files[0], "/opt/conf/n.conf");
	assert_string_equal(place.prefix, "/opt/ngx");
	place_clear(&place);
	find(*state, BALANCER_NGINX, relative, sizeof(relative), &place);
	assert_string_equal(place.files[0], "/opt/ngx/own.conf");
	place_clear(&place);
}

/* Wherever it lies, also where two blocks that are read meet. */
static void a_built_in_value_is_found_anywhere(void **state)
{
	static const char text[] = " --prefix=/opt/x ";
	char *program = calloc(1, 200000);
	char value[EVENT_PATH_BYTES];
	size_t at;

	assert_non_null(program);
	for (at = 65536 - 40; at < 65536 + 40; at++) {
		memset(program, 'x', 200000);
		memcpy(program + at, text, sizeof(text) - 1);
		proc_tree_write(*state, TGID, "exe", program, 200000);
		assert_int_equal(built_in_value(((struct proc_tree *)*state)->fd, TGID,
						" --prefix=", value, sizeof(value)),
				 0);
		assert_string_equal(value, "/opt/x");
	}
	memset(program, 'x', 200000);
	memcpy(program, " --prefix=", 10);
	proc_tree_write(*state, TGID, "exe", program, 200000);
	assert_int_equal(built_in_value(((struct proc_tree *)*state)->fd, TGID, " --prefix=", value,
					sizeof(value)),
			 -ENOENT);
	free(program);
}

static void a_worker_alone_is_looked_at_as_its_master(void **state)
{
	static const char worker[] = "nginx: worker process";
	struct place place;

	proc_tree_add(*state, TGID + 1, TGID, 2, "nginx", NULL);
	proc_tree_write_text(*state, TGID, "cmdline", "nginx: master process nginx -c /srv/n.conf");
	proc_tree_write(*state, TGID + 1, "cmdline", worker, sizeof(worker));
	place_find(((struct proc_tree *)*state)->fd, TGID + 1, BALANCER_NGINX, &place);
	assert_string_equal(place.files[0], "/srv/n.conf");
	place_clear(&place);
}

static void a_command_line_may_name_the_backend(void **state)
{
	static const char varnish[] = "varnishd\0-a\0:80\0-b\0"
				      "127.0.0.1:8080";
	static const char caddy[] = "caddy\0reverse-proxy\0--from\0:80\0--to\0app:8080";
	struct place place;

	find(*state, BALANCER_VARNISH, varnish, sizeof(varnish), &place);
	assert_string_equal(place.backend, "127.0.0.1:8080");
	assert_int_equal(place.file_count, 0);
	place_clear(&place);
	find(*state, BALANCER_CADDY, caddy, sizeof(caddy), &place);
	assert_string_equal(place.backend, "app:8080");
	place_clear(&place);
}

static void a_working_directory_is_seen_from_its_own_root(void **state)
{
	const struct proc_tree *tree = *state;
	char path[PROC_TREE_PATH_BYTES + 64];

	proc_tree_write_text(tree, TGID, "rootfs/srv/a.cfg", "");
	snprintf(path, sizeof(path), "%s/%u/rootfs/srv", tree->path, TGID);
	proc_tree_link(tree, TGID, "cwd", path);
	EXPECT(BALANCER_HAPROXY, "haproxy\0-f\0a.cfg", "/srv/a.cfg");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_option_names_the_file),
		TEST(nginx_writes_a_title),
		TEST(without_an_option_the_default_counts_if_it_exists),
		TEST(a_relative_file_is_under_the_prefix),
		TEST(a_relative_file_is_under_the_working_directory),
		TEST(hostile_command_lines_give_nothing),
		cmocka_unit_test(an_option_is_found_or_not),
		TEST(haproxy_has_many_files),
		TEST(too_many_files_are_said_to_be),
		TEST(what_was_read_before_chroot_is_found_above),
		TEST(links_lead_nowhere_else),
		TEST(a_program_says_where_it_was_built_to_look),
		TEST(a_built_in_value_is_found_anywhere),
		TEST(a_worker_alone_is_looked_at_as_its_master),
		TEST(a_command_line_may_name_the_backend),
		TEST(a_working_directory_is_seen_from_its_own_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
