// SPDX-License-Identifier: GPL-2.0-only
/* From a command line to the configuration's path. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/inventory/config.h"

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
	char path[EVENT_PATH_BYTES];

	proc_tree_write(tree, TGID, "cmdline", cmdline, length);
	config_path(tree->fd, TGID, kind, path);
	assert_string_equal(path, expected);
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
	char cmdline[CONFIG_CMDLINE_BYTES * 2];

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
	char value[8];

	(void)state;
	assert_int_equal(config_option(words, sizeof(words), "-c", value, sizeof(value)), 0);
	assert_string_equal(value, "one");
	assert_int_equal(config_option(words, sizeof(words), "--config", value, sizeof(value)), 0);
	assert_string_equal(value, "two");
	assert_int_equal(config_option(words, sizeof(words), "-d", value, sizeof(value)), -ENOENT);
	assert_int_equal(config_option(words, sizeof(words), "--empty", value, sizeof(value)),
			 -ENOENT);
	assert_int_equal(config_option(words, sizeof(words), "-c", value, 3), -ENAMETOOLONG);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
