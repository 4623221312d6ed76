// SPDX-License-Identifier: GPL-2.0-only
/* Backends of Envoy's bootstrap, and the trees that YAML and JSON are read into. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"
#include "user/config/duration.h"
#include "user/config/tree.h"

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

	memory_config_text(BALANCER_ENVOY, text, &config);
	expect_lines(&config, expected);
}

static void clusters_have_endpoints(void **state)
{
	(void)state;
	expect("static_resources:\n"
	       "  clusters:\n"
	       "  - name: web\n"
	       "    type: STRICT_DNS\n"
	       "    health_checks: [ { interval: 1s, tcp_health_check: {} } ]\n"
	       "    transport_socket: { name: envoy.transport_sockets.tls }\n"
	       "    load_assignment:\n"
	       "      endpoints:\n"
	       "      - lb_endpoints:\n"
	       "        - endpoint:\n"
	       "            address:\n"
	       "              socket_address:\n"
	       "                address: app.internal\n"
	       "                port_value: 8080\n"
	       "        - endpoint: { address: { socket_address: { address: \"fd00::1\", port_value: 81 } } }\n"
	       "      - priority: 1\n"
	       "        lb_endpoints: [ { endpoint: { address: { pipe: { path: /run/x } } } } ]\n"
	       "  - { name: discovered, type: EDS, eds_cluster_config: { service_name: svc } }\n"
	       "  - name: old\n"
	       "    http2_protocol_options: {}\n"
	       "    hosts: [ { socket_address: { address: 10.0.0.1, port_value: 80 } } ]\n",
	       "web/app.internal:8080 app.internal 8080 " FILE_NAME ":13 +named +tls +checked\n"
	       "web/[fd00::1]:81 [fd00::1] 81 " FILE_NAME ":15 +tls +checked\n"
	       "web/unix:/run/x /run/x 0 " FILE_NAME ":17 +unix +tls +backup +checked\n"
	       "discovered/svc svc 0 " FILE_NAME ":18 +dynamic\n"
	       "old/10.0.0.1:80 10.0.0.1 80 " FILE_NAME ":21 +h2\n");
}

static void settings_are_known(void **state)
{
	const struct event_backend *backend;
	struct config config;

	(void)state;
	memory_config_text(
		BALANCER_ENVOY,
		"admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }\n"
		"checks: &checks\n"
		"- interval: 0.5s\n"
		"  http_health_check: { path: /h }\n"
		"static_resources:\n"
		"  listeners:\n"
		"  - filter_chains:\n"
		"    - filters:\n"
		"      - name: x\n"
		"        typed_config: { \"@type\": a.TcpProxy, cluster: db }\n"
		"  clusters:\n"
		"  - name: web\n"
		"    connect_timeout: 0.25s\n"
		"    health_checks: *checks\n"
		"    circuit_breakers: { thresholds: [ { max_connections: 77 } ] }\n"
		"    typed_extension_protocol_options:\n"
		"      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
		"        explicit_http_config: { http2_protocol_options: {} }\n"
		"        common_http_protocol_options: { idle_timeout: 30s }\n"
		"    load_assignment: { endpoints: [ { lb_endpoints: [ { load_balancing_weight: 3,\n"
		"      endpoint: { health_check_config: { port_value: 82 }, address: {\n"
		"      socket_address: { address: 10.0.0.1, port_value: 81 } } } } ] } ] }\n"
		"  - name: db\n"
		"    load_assignment: { endpoints: [ { lb_endpoints: [ { endpoint: { address: {\n"
		"      socket_address: { address: 10.0.0.2, port_value: 5432 } } } } ] } ] }\n",
		&config);
	assert_string_equal(config.sockets[0], "127.0.0.1:9901");
	backend = memory_backend(&config, "web/10.0.0.1:81");
	assert_non_null(backend);
	assert_int_equal(backend->connect_timeout_ms, 250);
	assert_int_equal(backend->keepalive_idle_ms, 30000);
	assert_int_equal(backend->connections_max, 77);
	assert_int_equal(backend->weight, 3);
	assert_int_equal(backend->check, CHECK_HTTP);
	assert_int_equal(backend->check_interval_ms, 500);
	assert_int_equal(backend->check_port, 82);
	assert_string_equal(backend->check_target, "GET /h");
	assert_int_equal(backend->header.flags,
			 BACKEND_HTTP2 | BACKEND_CHECKED | BACKEND_CHECK_ELSEWHERE);
	backend = memory_backend(&config, "db/10.0.0.2:5432");
	assert_non_null(backend);
	assert_int_equal(backend->protocol, BACKEND_TCP);
	config_clear(&config);
}

static void other_files_tell_clusters_and_endpoints(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/e/envoy.json",
		  .text = "{\n\t\"dynamic_resources\": {\"cds_config\": {\"path\": \"/e/cds.yaml\"}},\n"
			  "\t\"static_resources\": {\"clusters\": [{\"name\": \"f\", \"type\": \"EDS\",\n"
			  "\t\"eds_cluster_config\": {\"eds_config\": {\"path_config_source\":\n"
			  "\t{\"path\": \"/e/eds.yaml\"}}}},\n"
			  "\t{\"name\": \"g\", \"type\": \"EDS\", \"eds_cluster_config\":\n"
			  "\t{\"eds_config\": {\"path\": \"/e/absent\"}}}]}}\n" },
		{ .path = "/e/cds.yaml",
		  .text = "resources:\n"
			  "- name: c\n"
			  "  load_assignment: { endpoints: [ { lb_endpoints: [ { endpoint: { address: {\n"
			  "    socket_address: { address: 10.0.0.1, port_value: 1 } } } } ] } ] }\n" },
		{ .path = "/e/eds.yaml",
		  .text = "resources:\n"
			  "- cluster_name: other\n"
			  "- cluster_name: f\n"
			  "  endpoints: [ { lb_endpoints: [ { endpoint: { address: {\n"
			  "    socket_address: { address: 10.0.0.2, port_value: 2 } } } } ] } ]\n" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_ENVOY, &memory, &config);
	expect_lines(&config, "f/10.0.0.2:2 10.0.0.2 2 /e/eds.yaml:5\n"
			      "g/g g 0 /e/envoy.json:6 +dynamic\n"
			      "c/10.0.0.1:1 10.0.0.1 1 /e/cds.yaml:4\n"
			      "! unreadable /e/absent:0 No such file or directory\n");
}

static void broken_texts_do_no_harm(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[",
		"- a\nb",
		"a: *b",
		"a: &a [ *a ]",
		"\t",
		"'",
		"{\"a\": 1,}",
		"static_resources: x",
		"static_resources: { clusters: { a: b } }",
		"static_resources: { clusters: [ x, [ ], { }, { load_assignment: { endpoints: [ 1 ] } } ] }",
		"static_resources: { clusters: [ { load_assignment: { endpoints: [ { lb_endpoints: [ 1 ] } ] } } ] }",
		"--- a\n--- b\n",
		"\xff\xfe",
		"a: \"\\ud800\"",
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		memory_config_text(BALANCER_ENVOY, texts[i], &config);
		assert_true(config.backend_count <= 1);
		config_clear(&config);
	}
}

/* Nine aliases of nine aliases, and so on. */
static void a_small_text_stands_for_no_more_than_is_read(void **state)
{
	struct config config;
	char text[4096];
	size_t used = (size_t)sprintf(text, "a0: &a0 { lb_endpoints: [ ] }\n");

	(void)state;
	used += (size_t)sprintf(text + used, "e: &e [");
	for (int i = 0; i < 99; i++)
		used += (size_t)sprintf(text + used, "*a0,");
	used += (size_t)sprintf(text + used, "]\nc: &c { load_assignment: { endpoints: *e } }\n"
					     "d: &d { clusters: [");
	for (int i = 0; i < 500; i++)
		used += (size_t)sprintf(text + used, "*c,");
	sprintf(text + used, "] }\nstatic_resources: *d\n");
	memory_config_text(BALANCER_ENVOY, text, &config);
	assert_int_equal(config.backend_count, 0);
	config_clear(&config);
}

static void expect_tree(const char *text, int expected)
{
	uint32_t line;
	json_t *tree;

	assert_int_equal(tree_read(text, strlen(text), &tree, &line), expected);
	json_decref(tree);
}

static void trees_are_bounded(void **state)
{
	char *text = malloc(TREE_BYTES + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '[', 1000);
	text[1000] = '\0';
	expect_tree(text, -EFBIG);
	memset(text, 'a', TREE_BYTES + 1);
	text[TREE_BYTES + 1] = '\0';
	expect_tree(text, -EFBIG);
	text[0] = '[';
	for (size_t i = 1; i < TREE_BYTES - 1; i += 2)
		memcpy(text + i, "1,", 2);
	expect_tree(text, -EFBIG);
	expect_tree("a: [", -EINVAL);
	free(text);
}

static void trees_know_values_and_lines(void **state)
{
	static const char surrogates[] = "{\"a\": \"\\ud83d\\ude00\", \"b\": 7}";
	static const char text[] =
		"a:\n  b: 8080\n  c: \"x\"\n  d: true\n  e: ~\nf: &f { g: 1 }\nh: *f\n";
	uint32_t line;
	json_t *tree;

	(void)state;
	assert_int_equal(tree_read(text, strlen(text), &tree, &line), 0);
	assert_int_equal(tree_number(tree, "a.b", 65535), 8080);
	assert_int_equal(tree_number(tree, "a.b", 8079), 0);
	assert_int_equal(tree_number(tree, "a.c", 65535), 0);
	assert_string_equal(tree_text(tree, "a.c"), "x");
	assert_true(tree_true(tree, "a.d"));
	assert_false(tree_true(tree, "a.b"));
	assert_null(tree_text(tree, "a.e"));
	assert_null(tree_at(tree, "a.x.y"));
	assert_int_equal(tree_number(tree, "h.g", 9), 1);
	assert_int_equal(tree_line(tree_at(tree, "a")), 2);
	assert_int_equal(tree_line(tree_at(tree, "f")), 6);
	assert_int_equal(tree_line(tree_at(tree, "a.b")), 0);
	json_decref(tree);
	/* what libyaml does not take */
	assert_int_equal(tree_read(surrogates, strlen(surrogates), &tree, &line), 0);
	assert_int_equal(tree_number(tree, "b", 9), 7);
	json_decref(tree);
}

static void durations_are_read(void **state)
{
	(void)state;
	assert_int_equal(duration_ms("0.25s", 0), 250);
	assert_int_equal(duration_ms("1h1.5m", 0), 3690000);
	assert_int_equal(duration_ms("1500us", 0), 2);
	assert_int_equal(duration_ms("10 s", 0), 10000);
	assert_int_equal(duration_ms("2min", 0), 120000);
	assert_int_equal(duration_ms("7", 1000), 7000);
	assert_int_equal(duration_ms("2000000", 1e-6), 2);
	assert_int_equal(duration_ms("99999999999999999999y", 0), UINT32_MAX);
	assert_int_equal(duration_ms("7", 0), 0);
	assert_int_equal(duration_ms("", 1000), 0);
	assert_int_equal(duration_ms("-1s", 1000), 0);
	assert_int_equal(duration_ms(".", 1000), 0);
	assert_int_equal(duration_ms("1x", 1000), 0);
	assert_int_equal(duration_ms("1.2.3s", 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clusters_have_endpoints),
		cmocka_unit_test(settings_are_known),
		cmocka_unit_test(other_files_tell_clusters_and_endpoints),
		cmocka_unit_test(broken_texts_do_no_harm),
		cmocka_unit_test(a_small_text_stands_for_no_more_than_is_read),
		cmocka_unit_test(trees_are_bounded),
		cmocka_unit_test(trees_know_values_and_lines),
		cmocka_unit_test(durations_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
