// SPDX-License-Identifier: GPL-2.0-only
/* Backends of a Caddyfile and of Caddy's JSON. What is expected is what `caddy adapt` makes of them. */
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

	memory_config_text(BALANCER_CADDY, text, &config);
	expect_lines(&config, expected);
}

static void a_site_has_upstreams(void **state)
{
	(void)state;
	expect("a.example, b.example {\n"
	       "	reverse_proxy @api 10.0.0.1:8080 app.internal:81\n"
	       "	handle /x/* {\n"
	       "		reverse_proxy /x https://cdn\n"
	       "	}\n"
	       "}\n"
	       "http://:9000 {\n"
	       "	reverse_proxy {\n"
	       "		to [fd00::1]:8443 \\\n"
	       "			h2c://10.0.0.3\n"
	       "	}\n"
	       "}\n",
	       "a.example/10.0.0.1:8080 10.0.0.1 8080 " FILE_NAME ":2\n"
	       "a.example/app.internal:81 app.internal 81 " FILE_NAME ":2 +named\n"
	       "a.example/cdn cdn 443 " FILE_NAME ":4 +named +tls\n"
	       "http://:9000/[fd00::1]:8443 [fd00::1] 8443 " FILE_NAME ":9\n"
	       "http://:9000/10.0.0.3 10.0.0.3 80 " FILE_NAME ":9 +h2\n");
}

static void without_braces_all_is_one_site(void **state)
{
	(void)state;
	expect("localhost:8080\n\nencode gzip\nreverse_proxy :9001 127.0.0.1:9002-9003\n",
	       "localhost:8080/:9001 localhost 9001 " FILE_NAME ":4 +named\n"
	       "localhost:8080/127.0.0.1:9002 127.0.0.1 9002 " FILE_NAME ":4\n"
	       "localhost:8080/127.0.0.1:9003 127.0.0.1 9003 " FILE_NAME ":4\n");
}

static void quotes_comments_and_heredocs_are_read(void **state)
{
	(void)state;
	expect("a.example,\n"
	       "b.example {\n"
	       "	# reverse_proxy no:1\n"
	       "	respond \"a { \\\" \n reverse_proxy no:2\" 200\n"
	       "	respond <<END\n"
	       "	} reverse_proxy no:3\n"
	       "	END 200\n"
	       "	reverse_proxy `c:80` # no:4\n"
	       "}\n",
	       "a.example/c:80 c 80 " FILE_NAME ":9 +named\n");
}

static void other_proxies_count_too(void **state)
{
	(void)state;
	expect("a {\n"
	       "	php_fastcgi unix//run/php.sock\n"
	       "	forward_auth auth:9091 {\n"
	       "		uri /verify\n"
	       "	}\n"
	       "	reverse_proxy 127.0.0.1:9000 {\n"
	       "		transport fastcgi\n"
	       "		handle_response {\n"
	       "			reverse_proxy b:1\n"
	       "		}\n"
	       "	}\n"
	       "	reverse_proxy c:443 {\n"
	       "		transport http {\n"
	       "			tls_insecure_skip_verify\n"
	       "			versions 2\n"
	       "		}\n"
	       "	}\n"
	       "}\n",
	       "a/unix:/run/php.sock /run/php.sock 0 " FILE_NAME ":2 +unix =fcgi\n"
	       "a/auth:9091 auth 9091 " FILE_NAME ":3 +named\n"
	       "a/127.0.0.1:9000 127.0.0.1 9000 " FILE_NAME ":6 =fcgi\n"
	       "a/b:1 b 1 " FILE_NAME ":9 +named\n"
	       "a/c:443 c 443 " FILE_NAME ":12 +named +tls +h2\n");
}

static void what_is_not_known_is_dynamic(void **state)
{
	(void)state;
	expect("a {\n"
	       "	reverse_proxy {$APP}:80 {env.OTHER}\n"
	       "	reverse_proxy {\n"
	       "		dynamic a app.internal 81\n"
	       "		dynamic srv {\n"
	       "			service api\n"
	       "			name example.com\n"
	       "		}\n"
	       "	}\n"
	       "}\n",
	       "a/{$APP}:80 {$APP} 80 " FILE_NAME ":2 +dynamic\n"
	       "a/{env.OTHER} {env.OTHER} 80 " FILE_NAME ":2 +dynamic\n"
	       "a/app.internal:81 app.internal 81 " FILE_NAME ":4 +named\n"
	       "a/_api._tcp.example.com _api._tcp.example.com 0 " FILE_NAME ":5 +dynamic\n");
}

static void snippets_and_files_are_imported(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/etc/caddy/Caddyfile",
		  .text = "(proxy) {\n"
			  "	reverse_proxy {args.0} {\n"
			  "		health_uri /h\n"
			  "	}\n"
			  "}\n"
			  "(outer) {\n"
			  "	import proxy {args[0]}:{args[1]}\n"
			  "}\n"
			  "(all) {\n"
			  "	reverse_proxy {args[:]}\n"
			  "}\n"
			  "import sites/*.caddy\n"
			  "import absent\n" },
		{ .path = "/etc/caddy/sites/a.caddy",
		  .text = "a {\n"
			  "	import proxy app:80\n"
			  "	import outer 10.0.0.1 81\n"
			  "	import all c:1 d:2\n"
			  "}\n" },
		{ .path = "/etc/caddy/sites/b.other", .text = "b {\n reverse_proxy no:1\n}\n" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_CADDY, &memory, &config);
	assert_string_equal(config.backends[0].directive, "import proxy app:80");
	assert_string_equal(config.backends[0].check_target, "GET /h");
	expect_lines(&config, "a/app:80 app 80 /etc/caddy/sites/a.caddy:2 +named +checked\n"
			      "a/10.0.0.1:81 10.0.0.1 81 /etc/caddy/sites/a.caddy:3 +checked\n"
			      "a/c:1 c 1 /etc/caddy/sites/a.caddy:4 +named\n"
			      "a/d:2 d 2 /etc/caddy/sites/a.caddy:4 +named\n"
			      "! unreadable /etc/caddy/absent:0 No such file or directory\n");
}

static void settings_are_known(void **state)
{
	const struct event_backend *backend;
	struct config config;

	(void)state;
	memory_config_text(BALANCER_CADDY,
			   "{\n	admin localhost:2999\n}\n"
			   "a {\n"
			   "	reverse_proxy b:80 c:80 {\n"
			   "		lb_policy weighted_round_robin 3 1\n"
			   "		health_uri /ok\n"
			   "		health_port 81\n"
			   "		health_interval 1m\n"
			   "		transport http {\n"
			   "			dial_timeout 1.5s\n"
			   "			response_header_timeout 30s\n"
			   "			keepalive 15s\n"
			   "			max_conns_per_host 9\n"
			   "			proxy_protocol v2\n"
			   "		}\n"
			   "	}\n"
			   "	reverse_proxy d:80\n"
			   "}\n",
			   &config);
	assert_string_equal(config.sockets[0], "localhost:2999");
	backend = memory_backend(&config, "a/b:80");
	assert_non_null(backend);
	assert_int_equal(backend->connect_timeout_ms, 1500);
	assert_int_equal(backend->response_timeout_ms, 30000);
	assert_int_equal(backend->keepalive_idle_ms, 15000);
	assert_int_equal(backend->connections_max, 9);
	assert_int_equal(backend->weight, 3);
	assert_int_equal(backend->check, CHECK_HTTP);
	assert_int_equal(backend->check_port, 81);
	assert_int_equal(backend->check_interval_ms, 60000);
	assert_string_equal(backend->check_target, "GET /ok");
	assert_true(backend->header.flags & BACKEND_CHECK_ELSEWHERE);
	assert_true(backend->header.flags & BACKEND_SEND_PROXY);
	backend = memory_backend(&config, "a/d:80");
	assert_non_null(backend);
	assert_int_equal(backend->connect_timeout_ms, 3000);
	assert_int_equal(backend->check, CHECK_NONE);
	assert_int_equal(backend->check_interval_ms, 0);
	config_clear(&config);
}

static void the_admin_address_has_a_default(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(BALANCER_CADDY, "a {\n}\n", &config);
	assert_int_equal(config.socket_count, 1);
	assert_string_equal(config.sockets[0], "localhost:2019");
	config_clear(&config);
	memory_config_text(BALANCER_CADDY, "{\n	admin off\n}\n", &config);
	assert_int_equal(config.socket_count, 0);
	config_clear(&config);
}

static void json_is_read_at_any_depth(void **state)
{
	(void)state;
	expect("{\"admin\": {\"disabled\": true},\n"
	       "\"apps\": {\"http\": {\"servers\": {\"s\": {\"listen\": [\":443\"],\n"
	       "\"routes\": [{\"match\": [{\"host\": [\"a.example\"]}], \"handle\": [\n"
	       "{\"handler\": \"subroute\", \"routes\": [{\"handle\": [\n"
	       "	{\"handler\": \"reverse_proxy\",\n"
	       "	\"transport\": {\"protocol\": \"http\", \"tls\": {}},\n"
	       "	\"upstreams\": [{\"dial\": \"10.0.0.1:443\"},\n"
	       "		{\n"
	       "		\"dial\": \"app:443\"}]}]}]}]},\n"
	       "{\"handle\": [{\"handler\": \"reverse_proxy\", \"dynamic_upstreams\":\n"
	       "	{\"source\": \"a\", \"name\": \"b\", \"port\": \"81\"}}]}]}}},\n"
	       "\"layer4\": {\"servers\": {\"t\": {\"listen\": [\"0.0.0.0:25\"], \"routes\": [\n"
	       "{\"handle\": [{\"handler\": \"proxy\", \"upstreams\":\n"
	       "	[{\"dial\": [\"tcp/10.0.0.2:25\"]}]}]}]}}}}}\n",
	       "a.example/10.0.0.1:443 10.0.0.1 443 " FILE_NAME ":7 +tls\n"
	       "a.example/app:443 app 443 " FILE_NAME ":9 +named +tls\n"
	       ":443/b:81 b 81 " FILE_NAME ":11 +named\n"
	       "0.0.0.0:25/10.0.0.2:25 10.0.0.2 25 " FILE_NAME ":14 =tcp\n");
}

static void json_has_the_same_settings(void **state)
{
	const struct event_backend *backend;
	struct config config;

	(void)state;
	memory_config_text(
		BALANCER_CADDY,
		"{\"apps\": {\"http\": {\"x\": {\"handler\": \"reverse_proxy\","
		"\"transport\": {\"dial_timeout\": 2000000000, \"response_header_timeout\": \"5s\","
		"\"versions\": [\"h2c\", \"2\"], \"keep_alive\": {\"idle_timeout\": \"9s\"}},"
		"\"health_checks\": {\"active\": {\"uri\": \"/h\", \"interval\": 3000000000}},"
		"\"upstreams\": [{\"dial\": \"a:1\"}, {\"dial\": \"bad name:1\"}]}}}}",
		&config);
	assert_string_equal(config.sockets[0], "localhost:2019");
	assert_int_equal(config.backend_count, 1);
	assert_int_equal(config.note_count, 1);
	assert_int_equal(config.notes[0].kind, CONFIG_SKIPPED);
	backend = &config.backends[0];
	assert_int_equal(backend->connect_timeout_ms, 2000);
	assert_int_equal(backend->response_timeout_ms, 5000);
	assert_int_equal(backend->keepalive_idle_ms, 9000);
	assert_int_equal(backend->check_interval_ms, 3000);
	assert_string_equal(backend->check_target, "GET /h");
	assert_true(backend->header.flags & BACKEND_HTTP2);
	assert_string_equal(backend->directive, "\"dial\": \"a:1\"");
	config_clear(&config);
}

static void imports_end(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/c/Caddyfile",
		  .text = "(a) {\n	import a\n	import a\n	import b\n}\n"
			  "(b) {\n	import a\n	import b\n}\n"
			  "x {\n	import a\n	reverse_proxy z:1\n}\nimport Caddyfile\n" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_CADDY, &memory, &config);
	assert_true(config.note_count > 0);
	assert_int_equal(config.notes[0].kind, CONFIG_BOUNDED);
	config_clear(&config);
}

static void ranges_end(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(BALANCER_CADDY,
			   "(a) {\n	reverse_proxy x:1-60000 y:1-60000\n}\n"
			   "(b) {\n	import a\n	import a\n}\n"
			   "(c) {\n	import b\n	import b\n}\n"
			   "s {\n	import c\n	import c\n}\n",
			   &config);
	assert_int_equal(config.backend_count, 2048);
	assert_int_equal(config.notes[0].kind, CONFIG_BOUNDED);
	config_clear(&config);
}

static void broken_texts_do_no_harm(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"}",
		"a {",
		"a { { {",
		"\"",
		"a {\n\"",
		"a {\n<<",
		"a {\n<",
		"a {\n<<X\n",
		"import",
		"(a) {",
		"() {\n}",
		"a {\n\\\n}",
		"{\"apps\":",
		"{\"a\" 1}",
		"a {\n reverse_proxy\n}",
		"a {\n reverse_proxy {\n to\n dynamic\n transport\n}\n}",
		"a,\n",
		"{}",
		"a {\n reverse_proxy :1-\n reverse_proxy x:9-1 x:1-99999\n}",
		"&(r) {\n}",
		"a {\n import x {args}\n}",
		", {\n}",
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		memory_config_text(BALANCER_CADDY, texts[i], &config);
		for (size_t j = 0; j < config.backend_count; j++)
			assert_true(config.backends[j].host[0]);
		config_clear(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_site_has_upstreams),
		cmocka_unit_test(without_braces_all_is_one_site),
		cmocka_unit_test(quotes_comments_and_heredocs_are_read),
		cmocka_unit_test(other_proxies_count_too),
		cmocka_unit_test(what_is_not_known_is_dynamic),
		cmocka_unit_test(snippets_and_files_are_imported),
		cmocka_unit_test(settings_are_known),
		cmocka_unit_test(the_admin_address_has_a_default),
		cmocka_unit_test(json_is_read_at_any_depth),
		cmocka_unit_test(json_has_the_same_settings),
		cmocka_unit_test(imports_end),
		cmocka_unit_test(ranges_end),
		cmocka_unit_test(broken_texts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
