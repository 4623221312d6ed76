// SPDX-License-Identifier: GPL-2.0-only
/* Backends of a VCL. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"

#define FILE_NAME "/etc/lb/lb.conf"

static void expect_lines(struct config *config, const char *expected)
{
	char *lines = memory_config_lines(config);

	assert_string_equal(lines, expected);
	free(lines);
	config_clear(config);
}

static void expect(const char *text, const char *expected)
{
	struct config config;

	memory_config_text(BALANCER_VARNISH, text, &config);
	expect_lines(&config, expected);
}

static void backends_are_declared(void **state)
{
	(void)state;
	expect("vcl 4.1;\n"
	       "backend none_at_all none;\n"
	       "backend a { .host = \"10.0.0.1\"; .port = \"8080\"; }\n"
	       "backend b {\n"
	       "	.port = \"81\"; # .host = \"no\"\n"
	       "	.host = \"app.internal\";\n"
	       "}\n"
	       "/* backend c { .host = \"no\"; } */\n"
	       "C{ backend d { .host = \"no\"; } }C\n"
	       "backend e { .path = \"/run/e.sock\"; .proxy_header = 2; };\n"
	       "backend f { .host = \"fd00::1\" }\n"
	       "backend g { .host = \"h:8090\"; }\n",
	       "a 10.0.0.1 8080 " FILE_NAME ":3\n"
	       "b app.internal 81 " FILE_NAME ":4 +named +once\n"
	       "e /run/e.sock 0 " FILE_NAME ":10 +unix +send-proxy\n"
	       "f [fd00::1] 80 " FILE_NAME ":11\n"
	       "g h 8090 " FILE_NAME ":12 +named +once\n");
}

static void directors_are_pools(void **state)
{
	(void)state;
	expect("import directors;\n"
	       "backend a { .host = \"10.0.0.1\"; }\n"
	       "backend b { .host = \"10.0.0.2\"; }\n"
	       "backend c { .host = \"10.0.0.3\"; }\n"
	       "acl x { \"10.0.0.0\"/8; }\n"
	       "sub vcl_init {\n"
	       "	new web = directors.round_robin();\n"
	       "	web.add_backend(a);\n"
	       "	if (1) { web.add_backend(b); }\n"
	       "	new all = directors.random();\n"
	       "	all.add_backend(b, 2.0);\n"
	       "	all.add_backend(web.backend());\n"
	       "}\n"
	       "sub vcl_recv { set req.http.x = {\"} all.add_backend(c) \"}; }\n",
	       "web/a 10.0.0.1 80 " FILE_NAME ":2\n"
	       "web/b 10.0.0.2 80 " FILE_NAME ":3\n"
	       "all/b 10.0.0.2 80 " FILE_NAME ":3\n"
	       "c 10.0.0.3 80 " FILE_NAME ":4\n");
}

static void settings_and_probes_are_known(void **state)
{
	const struct event_backend *backend;
	struct config config;

	(void)state;
	memory_config_text(BALANCER_VARNISH,
			   "probe p { .url = \"/p\"; .interval = 3s; .timeout = 1s; }\n"
			   "backend a { .host = \"a\"; .probe = p; .connect_timeout = 0.5s;\n"
			   "	.first_byte_timeout = 2m; .max_connections = 7; }\n"
			   "backend b { .probe = { .request = \"HEAD /b HTTP/1.1\" \"Host: x\";\n"
			   "	.interval = 10 s; } .host = \"b\"; .port = \"81\"; }\n"
			   "backend c { .host = \"c\"; }\n",
			   &config);
	backend = memory_backend(&config, "a");
	assert_non_null(backend);
	assert_int_equal(backend->connect_timeout_ms, 500);
	assert_int_equal(backend->response_timeout_ms, 120000);
	assert_int_equal(backend->connections_max, 7);
	assert_int_equal(backend->check, CHECK_HTTP);
	assert_string_equal(backend->check_target, "GET /p");
	assert_int_equal(backend->check_interval_ms, 3000);
	assert_string_equal(backend->directive, "backend a .host = a .port = 80");
	backend = memory_backend(&config, "b");
	assert_non_null(backend);
	assert_int_equal(backend->address.port, 81);
	assert_string_equal(backend->check_target, "HEAD /b");
	assert_int_equal(backend->check_interval_ms, 10000);
	backend = memory_backend(&config, "c");
	assert_non_null(backend);
	assert_int_equal(backend->check, CHECK_NONE);
	assert_int_equal(backend->connect_timeout_ms, 3500);
	config_clear(&config);
}

static void a_default_probe_is_everyones(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(BALANCER_VARNISH,
			   "backend a { .host = \"a\"; .probe = default; }\n"
			   "backend b { .host = \"b\"; }\n"
			   "backend c { .host = \"c\"; .probe = { .url = \"/c\"; } }\n"
			   "probe default { .interval = 1s; }\n",
			   &config);
	assert_int_equal(config.backends[0].check, CHECK_HTTP);
	assert_string_equal(config.backends[0].check_target, "GET /");
	assert_int_equal(config.backends[0].check_interval_ms, 1000);
	assert_int_equal(config.backends[1].check_interval_ms, 1000);
	assert_string_equal(config.backends[2].check_target, "GET /c");
	assert_int_equal(config.backends[2].check_interval_ms, 5000);
	config_clear(&config);
}

static void files_are_included(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/srv/main.vcl",
		  .text = "include \"./here.vcl\";\n"
			  "include \"path.vcl\";\n"
			  "include \"/abs.vcl\";\n"
			  "include +glob \"./g*.vcl\";\n"
			  "include \"absent.vcl\";\n"
			  "include \"beside.vcl\";\n" },
		{ .path = "/srv/here.vcl", .text = "backend a { .host = \"10.0.0.1\"; }" },
		{ .path = "/srv/beside.vcl", .text = "backend e { .host = \"10.0.0.5\"; }" },
		{ .path = "/srv/g1.vcl", .text = "backend d { .host = \"10.0.0.4\"; }" },
		{ .path = "/etc/varnish/path.vcl", .text = "backend b { .host = \"10.0.0.2\"; }" },
		{ .path = "/abs.vcl", .text = "backend c { .host = \"10.0.0.3\"; }" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_VARNISH, &memory, &config);
	expect_lines(&config, "a 10.0.0.1 80 /srv/here.vcl:1\n"
			      "b 10.0.0.2 80 /etc/varnish/path.vcl:1\n"
			      "c 10.0.0.3 80 /abs.vcl:1\n"
			      "d 10.0.0.4 80 /srv/g1.vcl:1\n"
			      "e 10.0.0.5 80 /srv/beside.vcl:1\n"
			      "! unreadable /srv/main.vcl:5 absent.vcl\n");
}

static void includes_end(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/a.vcl",
		  .text = "include \"/a.vcl\"; include \"/a.vcl\";\n"
			  "backend a { .host = \"10.0.0.1\"; }\n" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_VARNISH, &memory, &config);
	assert_int_equal(config.backend_count, 1);
	assert_true(config.note_count > 0);
	assert_int_equal(config.notes[0].kind, CONFIG_BOUNDED);
	config_clear(&config);
}

static void broken_texts_do_no_harm(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"}",
		"backend",
		"backend a",
		"backend a {",
		"backend a { .",
		"backend a { .host",
		"backend a { .host =",
		"backend a { .host = \"",
		"backend a { .host = \"x\"",
		"backend a { .probe = {",
		"backend a { .probe = { .url",
		"backend { }",
		"backend a { { } }",
		"probe",
		"probe p",
		"probe p {",
		"sub",
		"sub x",
		"sub x {",
		"sub x { .add_backend( }",
		"sub x { d.add_backend",
		"sub x { d.add_backend(",
		"sub x }",
		"sub x;",
		"include",
		"include +",
		"include +glob",
		"C{",
		"/*",
		"#",
		"\"\"\"",
		"{\"",
		"-",
		"backend a { ; ; }",
		"backend a { .host = { \"x\"; } .port = \"1\"; }",
		"import x from \"y\";",
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		memory_config_text(BALANCER_VARNISH, texts[i], &config);
		assert_true(config.backend_count <= 1);
		config_clear(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backends_are_declared),
		cmocka_unit_test(directors_are_pools),
		cmocka_unit_test(settings_and_probes_are_known),
		cmocka_unit_test(a_default_probe_is_everyones),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(includes_end),
		cmocka_unit_test(broken_texts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
