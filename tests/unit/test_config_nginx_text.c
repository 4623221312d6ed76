// SPDX-License-Identifier: GPL-2.0-only
/* nginx's text: words, blocks, includes, and what is wrong with them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"
#include "user/config/nginx_lexer.h"
#include "user/lib/clock.h"

#define F "/etc/lb/lb.conf"

static void assert_lines(const struct config *config, const char *expected)
{
	char *lines = memory_config_lines(config);

	assert_string_equal(lines, expected);
	free(lines);
}

static void assert_reads(const char *text, const char *expected)
{
	struct config config;

	memory_config_text(BALANCER_NGINX, text, &config);
	assert_lines(&config, expected);
	config_clear(&config);
}

static void assert_files_read(const struct memory_file *files, size_t count, const char *expected)
{
	struct memory memory = { .files = files, .count = count };
	struct config config;

	memory_config(BALANCER_NGINX, &memory, &config);
	assert_lines(&config, expected);
	config_clear(&config);
}

/* One statement a line: its line, its words in <>, its end. */
static void assert_statements(const char *text, const char *expected)
{
	static struct nginx_statement statement;
	static const char ends[] = { '$', ';', '{', '}' };
	struct nginx_lexer lexer;
	char *lines = NULL;
	size_t length;
	FILE *stream = open_memstream(&lines, &length);

	assert_non_null(stream);
	nginx_lexer_open(&lexer, text, strlen(text));
	do {
		nginx_lexer_next(&lexer, &statement);
		fprintf(stream, "%u", statement.line);
		for (size_t i = 0; i < statement.count; i++)
			fprintf(stream, "<%s>", statement.words[i]);
		fprintf(stream, "%c%s\n", ends[statement.end], statement.broken ? "!" : "");
	} while (statement.end != NGINX_END_FILE);
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(lines, expected);
	free(lines);
}

static void words_are_those_of_nginx(void **state)
{
	(void)state;
	assert_statements("", "1$\n");
	assert_statements("a b;c  \t d\r\n;", "1<a><b>;\n1<c><d>;\n2$\n");
	assert_statements("a 'b c;' \"d{'}\\\"\";", "1<a><b c;><d{'}\">;\n1$\n");
	assert_statements("a '' \"\";", "1<a><><>;\n1$\n");
	assert_statements("a b\\;c\\ d 'e\\tf' \\.php$ \\\\;",
			  "1<a><b\\;c\\ d><e\tf><\\.php$><\\>;\n1$\n");
	assert_statements("a#b # c; {\n#d\ne;", "1<a#b><e>;\n3$\n");
	assert_statements("a ${b}c f}g;", "1<a><${b}c><f}g>;\n1$\n");
	assert_statements("a{b;}", "1<a>{\n1<b>;\n1}\n1$\n");
	assert_statements("a $b{c;}", "1<a><$b>{\n1<c>;\n1}\n1$\n");
	assert_statements("a b'c\"d;", "1<a><b'c\"d>;\n1$\n");
	assert_statements("a 'b\nc'\nd;", "1<a><b\nc><d>;\n3$\n");
}

static void texts_that_end_too_early_are_broken(void **state)
{
	(void)state;
	assert_statements("a", "1<a>$!\n");
	assert_statements("a 'b;", "1<a>$!\n");
	assert_statements("a \"b\\", "1<a>$!\n");
	assert_statements("a \\", "1<a><\\>$!\n");
	assert_statements("a $", "1<a><$>$!\n");
	assert_statements("{;}", "1{\n1;\n1}\n1$\n");
}

static void what_names_no_backend_is_passed_over(void **state)
{
	(void)state;
	assert_reads("user www-data; events { use epoll; }\n"
		     "mail { server { proxy_pass http://10.0.0.9; } }\n"
		     "http {\n"
		     "  types { text/html html; }\n"
		     "  geo $g { default 0; server 1; }\n"
		     "  map $a $b { \"~*x{2};\" y; volatile; server 10.0.0.9; '}' z; }\n"
		     "  split_clients $a $c { 50% a; * b; }\n"
		     "  init_by_lua_block { local s = \"}\" .. '}' -- }\n }\n"
		     "  log_by_lua_block { if x then y = { [[}]] } end }\n"
		     "  server { location ~ \"^/a{2}$\" {\n"
		     "    access_by_lua_block { ngx.say('{{{') }\n"
		     "    rewrite_by_lua 'if a { b }';\n"
		     "    proxy_pass http://10.0.0.1; } }\n"
		     "}\n",
		     "10.0.0.1 10.0.0.1 80 " F ":14\n");
}

static void what_is_wrong_costs_its_statement_only(void **state)
{
	(void)state;
	assert_reads(
		"http {\n"
		"upstream a { server; server 10.0.0.1:x; server 10.0.0.2 weight=x odd=1; }\n"
		"upstream a { server 10.0.0.3; }\n"
		"upstream { server 10.0.0.4; }\n"
		"strange { server 10.0.0.5; }\n"
		"server { location / { proxy_pass 10.0.0.6; proxy_pass; proxy_read_timeout x;\n"
		"  proxy_pass http://10.0.0.7 extra; proxy_pass http:///x;\n"
		"  proxy_pass http://a/b\n"
		"} }\n"
		"{ server 10.0.0.8; }\n"
		"server { location / { proxy_pass http://10.0.0.9; } }\n"
		"}\n"
		"}\n"
		"http { server { location / { proxy_pass http://10.0.0.10; } }\n",
		"a/10.0.0.2 10.0.0.2 80 " F ":2\n"
		"10.0.0.9 10.0.0.9 80 " F ":11\n"
		"10.0.0.10 10.0.0.10 80 " F ":14\n"
		"! skipped " F ":2 server\n"
		"! skipped " F ":2 server 10.0.0.1:x\n"
		"! skipped " F ":2 server 10.0.0.2 weight=x odd=1\n"
		"! skipped " F ":3 upstream a\n"
		"! skipped " F ":4 upstream\n"
		"! skipped " F ":5 strange\n"
		"! skipped " F ":6 proxy_pass\n"
		"! skipped " F ":6 proxy_read_timeout x\n"
		"! skipped " F ":7 proxy_pass http://10.0.0.7 extra\n"
		"! skipped " F ":8 proxy_pass http://a/b\n"
		"! skipped " F ":10 \n"
		"! skipped " F ":13 }\n"
		"! skipped " F ":15 a block without an end\n"
		"! skipped " F ":6 proxy_pass 10.0.0.6\n"
		"! skipped " F ":7 proxy_pass http:///x\n");
}

static void files_are_included_as_nginx_does(void **state)
{
	static const struct memory_file files[] = {
		{ "/etc/nginx/nginx.conf",
		  "http {\n include mime.types;\n include conf.d/*.conf;\n"
		  " include /opt/sites/[a-m]*/site;\n include none/*;\n include missing.conf;\n"
		  " include \"$x\";\n include a b;\n}\n",
		  0 },
		{ "/etc/nginx/mime.types", "types { text/html html; }\n", 0 },
		{ "/etc/nginx/conf.d/20-b.conf",
		  "server { location / { proxy_pass http://b; include proxy_params; } }\n", 0 },
		{ "/etc/nginx/conf.d/10-a.conf", "upstream b {\n include servers/b;\n}\n", 0 },
		{ "/etc/nginx/conf.d/off.conf.bak", "broken {", 0 },
		{ "/etc/nginx/conf.d/.c.conf", "broken {", 0 },
		{ "/etc/nginx/servers/b", "server 10.0.0.1:81;\nserver 10.0.0.2:81;\n", 0 },
		{ "/etc/nginx/proxy_params", "proxy_read_timeout 3s;\n", 0 },
		{ "/opt/sites/a/site",
		  "server { location / { proxy_pass http://10.0.0.3; include proxy_params; } }\n",
		  0 },
		{ "/opt/sites/z/site", "broken {", 0 },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_NGINX, &memory, &config);
	assert_lines(&config, "b/10.0.0.1:81 10.0.0.1 81 /etc/nginx/servers/b:1\n"
			      "b/10.0.0.2:81 10.0.0.2 81 /etc/nginx/servers/b:2\n"
			      "10.0.0.3 10.0.0.3 80 /opt/sites/a/site:1\n"
			      "! unreadable /etc/nginx/missing.conf:0 No such file or directory\n"
			      "! unreadable /etc/nginx/$x:0 No such file or directory\n"
			      "! skipped /etc/nginx/nginx.conf:8 include a b\n");
	for (size_t i = 0; i < config.backend_count; i++)
		assert_int_equal(config.backends[i].response_timeout_ms, 3000);
	/* proxy_params is read once. */
	assert_int_equal(memory.reads, 7);
	config_clear(&config);
}

static void names_of_other_files_are_below_the_prefix(void **state)
{
	static const struct memory_file files[] = {
		{ "/srv/conf/nginx.conf",
		  "http { upstream a { zone a 64k; state state/a; } include more; }", 0 },
		{ "/srv/conf/more", "upstream b { server 10.0.0.2; state state/none; }", 0 },
		{ "/srv/state/a", "server 10.0.0.1:80;\n", 0 },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config_source source = memory_source(&memory);
	struct config_place place = { .files = { files[0].path },
				      .file_count = 1,
				      .prefix = "/srv" };
	struct config config;

	(void)state;
	assert_int_equal(config_read(BALANCER_NGINX, &source, &place, &config), 0);
	assert_lines(&config, "a/10.0.0.1:80 10.0.0.1 80 /srv/state/a:1 +dynamic\n"
			      "b/10.0.0.2 10.0.0.2 80 /srv/conf/more:1 +dynamic\n");
	config_clear(&config);
}

static void includes_in_a_circle_end(void **state)
{
	static const struct memory_file files[] = {
		{ F, "http {\ninclude b; include b;\nupstream a { server 10.0.0.1; } }", 0 },
		{ "/etc/lb/b", "include /etc/lb/c;\n", 0 },
		{ "/etc/lb/c", "\n\ninclude lb.conf; include b;\ninclude c;\n", 0 },
	};

	(void)state;
	assert_files_read(files, ARRAY_LENGTH(files),
			  "a/10.0.0.1 10.0.0.1 80 " F ":3\n"
			  "! skipped /etc/lb/c:3 a file that includes itself\n"
			  "! skipped /etc/lb/c:4 a file that includes itself\n");
}

/* Each includes the next one ten times: 10^12 files, were they all read. */
static void includes_that_multiply_are_bounded(void **state)
{
	char paths[13][32], texts[13][512] = { "http { " };
	struct memory_file files[13];
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		snprintf(paths[i], sizeof(paths[i]), "/etc/lb/%zu", i);
		for (size_t j = 0; i + 1 < ARRAY_LENGTH(files) && j < 10; j++)
			sprintf(texts[i] + strlen(texts[i]), "include %zu;\n", i + 1);
		files[i] = (struct memory_file){ paths[i], texts[i], 0 };
	}
	strcat(texts[0], "upstream a { server 10.0.0.1; } }");
	strcpy(texts[12], "upstream b { server 10.0.0.2; }");
	memory_config(BALANCER_NGINX, &memory, &config);
	assert_non_null(memory_backend(&config, "a/10.0.0.1"));
	assert_non_null(memory_backend(&config, "b/10.0.0.2"));
	assert_int_equal(config.notes[config.note_count - 1].kind, CONFIG_BOUNDED);
	config_clear(&config);
}

static void deep_blocks_are_bounded(void **state)
{
	char text[4096] = "http { server { location / { proxy_pass http://10.0.0.1; ";
	struct config config;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		strcat(text, "location / { ");
	strcat(text, "proxy_pass http://10.0.0.2; ");
	for (size_t i = 0; i < 102; i++)
		strcat(text, "} ");
	strcat(text, "server { location / { proxy_pass http://10.0.0.3; } } }");
	memory_config_text(BALANCER_NGINX, text, &config);
	assert_lines(&config, "10.0.0.1 10.0.0.1 80 " F ":1\n"
			      "10.0.0.3 10.0.0.3 80 " F ":1\n"
			      "! bounded " F ":1 more blocks than are followed\n");
	config_clear(&config);
}

static char *repeated(const char *head, const char *format, unsigned int count)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	fputs(head, stream);
	for (unsigned int i = 0; i < count; i++)
		fprintf(stream, format, i / 250 % 250, i % 250 + 1, i);
	assert_int_equal(fclose(stream), 0);
	return text;
}

/* What stands in 4 MiB at the most is read in no time. */
static void many_servers_are_read_fast(void **state)
{
	static const struct {
		const char *head, *format;
		unsigned int count;
		size_t backends;
	} cases[] = {
		{ "http { upstream a {", "server 10.1.%u.%u:8080 weight=5;\n", 2000, 2000 },
		{ "http { upstream a {", "server 10.1.%u.%u:8080;\n", 150000,
		  CONFIG_BACKENDS_MOST },
		{ "http { ", "upstream u%3$u { server 10.1.%u.%u; }\n", 80000,
		  CONFIG_BACKENDS_MOST },
		{ "http { server { ", "location / { proxy_pass http://10.1.%u.%u:%u; }\n", 60000,
		  CONFIG_BACKENDS_MOST },
		{ "http { server { ",
		  "set $v%3$u 10.%u.%u; location / { proxy_pass http://$v%3$u; }", 60000,
		  CONFIG_BACKENDS_MOST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *text = repeated(cases[i].head, cases[i].format, cases[i].count);
		uint64_t started = clock_now_ns();
		struct config config;

		memory_config_text(BALANCER_NGINX, text, &config);
		assert_int_equal(config.backend_count, cases[i].backends);
		config_clear(&config);
		free(text);
		/* Some hundred times of what it takes, for a busy machine with sanitizers. */
		assert_in_range(clock_now_ns() - started, 0, 20 * CLOCK_NS_PER_SECOND);
	}
}

static void what_is_written_is_shown_on_one_line(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(BALANCER_NGINX,
			   "http { upstream 'a b' {\n\tserver\t\"10.0.0.1:80\"\r\n\t weight=2;\n"
			   "server 10.0.0.2 odd=\x1b[2J; } }",
			   &config);
	assert_string_equal(config.backends[0].directive, "server \"10.0.0.1:80\" weight=2");
	assert_string_equal(config.backends[0].pool, "a b");
	assert_string_equal(config.backends[0].name, "10.0.0.1:80");
	assert_string_equal(config.backends[1].directive, "server 10.0.0.2 odd=\\x1b[2J");
	config_clear(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_those_of_nginx),
		cmocka_unit_test(texts_that_end_too_early_are_broken),
		cmocka_unit_test(what_names_no_backend_is_passed_over),
		cmocka_unit_test(what_is_wrong_costs_its_statement_only),
		cmocka_unit_test(files_are_included_as_nginx_does),
		cmocka_unit_test(names_of_other_files_are_below_the_prefix),
		cmocka_unit_test(includes_in_a_circle_end),
		cmocka_unit_test(includes_that_multiply_are_bounded),
		cmocka_unit_test(deep_blocks_are_bounded),
		cmocka_unit_test(many_servers_are_read_fast),
		cmocka_unit_test(what_is_written_is_shown_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
