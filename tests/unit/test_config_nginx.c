// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/config_memory.h"
#include "user/lib/record.h"

#define F "/etc/lb/lb.conf"

static void assert_lines(const struct config *config, const char *expected)
{
	char *lines = memory_config_lines(config);

	assert_string_equal(lines, expected);
	free(lines);
	for (size_t i = 0; i < config->backend_count; i++)
		assert_true(record_check(&config->backends[i], sizeof(*config->backends)) > 0);
}

/* `text` as the whole of the configuration. */
static void assert_reads(const char *text, const char *expected)
{
	struct config config;

	memory_config_text(BALANCER_NGINX, text, &config);
	assert_lines(&config, expected);
	config_clear(&config);
}

/* `text` within http { server { ... } }, in its own lines from 2 on. */
static void assert_server_reads(const char *text, const char *expected)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "http { server {\n%s\n} }\n", text);
	assert_reads(whole, expected);
}

static void upstreams_have_servers(void **state)
{
	(void)state;
	assert_reads("events { worker_connections 1024; }\n"
		     "http {\n"
		     "  upstream api_pool {\n"
		     "    least_conn;\n"
		     "    zone api 64k;\n"
		     "    server 10.0.0.1:8080 weight=5 max_fails=3 fail_timeout=30s;\n"
		     "    server app2:8080 max_conns=10 backup; # spare\n"
		     "    server\n"
		     "      10.0.0.3\n"
		     "      down;\n"
		     "    server unix:/run/app.sock;\n"
		     "    server [fd00::1]:80 slow_start=10s;\n"
		     "    server app3.internal resolve;\n"
		     "    server srv.internal service=http resolve;\n"
		     "    keepalive 16;\n"
		     "  }\n"
		     "  server { listen 80; location / { proxy_pass http://api_pool; } }\n"
		     "}\n",
		     "api_pool/10.0.0.1:8080 10.0.0.1 8080 " F ":6\n"
		     "api_pool/app2:8080 app2 8080 " F ":7 +named +backup +once\n"
		     "api_pool/10.0.0.3 10.0.0.3 80 " F ":8 +down\n"
		     "api_pool/unix:/run/app.sock /run/app.sock 0 " F ":11 +unix\n"
		     "api_pool/[fd00::1]:80 [fd00::1] 80 " F ":12\n"
		     "api_pool/app3.internal app3.internal 80 " F ":13 +named\n"
		     "api_pool/srv.internal srv.internal 80 " F ":14 +dynamic\n");
}

static void a_servers_parameters_are_told(void **state)
{
	const struct event_backend *backend;
	struct config config;

	(void)state;
	memory_config_text(BALANCER_NGINX,
			   "http { upstream a { server 10.0.0.1:1 weight=5\n\t max_conns=7; "
			   "server 10.0.0.2:1; keepalive 4; keepalive_timeout 30s; } "
			   "upstream b { server 10.0.0.3:1; } "
			   "upstream c { server 10.0.0.4:1; keepalive 2; } }",
			   &config);
	backend = memory_backend(&config, "a/10.0.0.1:1");
	assert_non_null(backend);
	assert_int_equal(backend->weight, 5);
	assert_int_equal(backend->connections_max, 7);
	assert_int_equal(backend->keepalive_idle_ms, 30000);
	assert_int_equal(backend->connect_timeout_ms, 60000);
	assert_int_equal(backend->response_timeout_ms, 60000);
	assert_string_equal(backend->directive, "server 10.0.0.1:1 weight=5 max_conns=7");
	backend = memory_backend(&config, "a/10.0.0.2:1");
	assert_int_equal(backend->weight, 1);
	assert_int_equal(backend->connections_max, 0);
	assert_int_equal(memory_backend(&config, "b/10.0.0.3:1")->keepalive_idle_ms, 0);
	assert_int_equal(memory_backend(&config, "c/10.0.0.4:1")->keepalive_idle_ms, 60000);
	config_clear(&config);
}

static void passes_lead_straight_to_addresses(void **state)
{
	(void)state;
	assert_server_reads("location /a/ { proxy_pass http://10.0.0.1:8080/some/path/; }\n"
			    "location /b/ { proxy_pass HTTPS://[fd00::2]; }\n"
			    "location /c/ { proxy_pass http://app?x=1; }\n"
			    "location /d/ { proxy_pass http://unix:/run/d.sock:/uri/; }\n"
			    "location /e/ { fastcgi_pass unix:/run/php:8.sock; }\n"
			    "location /f/ { fastcgi_pass localhost:9000; }\n"
			    "location /g/ { uwsgi_pass 10.0.0.1:3031; }\n"
			    "location /h/ { uwsgi_pass suwsgi://10.0.0.1:3032; }\n"
			    "location /i/ { scgi_pass 10.0.0.1:3033; }\n"
			    "location /j/ { memcached_pass 10.0.0.1:11211; }\n"
			    "location /k/ { grpc_pass grpcs://10.0.0.1:50051; }\n"
			    "location /l/ { grpc_pass 10.0.0.1:50052; }\n"
			    "location /m/ { proxy_pass http://10.0.0.9; proxy_http_version 2; }\n",
			    "10.0.0.1:8080 10.0.0.1 8080 " F ":2\n"
			    "[fd00::2] [fd00::2] 443 " F ":3 +tls\n"
			    "app app 80 " F ":4 +named +once\n"
			    "unix:/run/d.sock /run/d.sock 0 " F ":5 +unix\n"
			    "unix:/run/php:8.sock /run/php:8.sock 0 " F ":6 +unix =fcgi\n"
			    "localhost:9000 localhost 9000 " F ":7 +named +once =fcgi\n"
			    "10.0.0.1:3031 10.0.0.1 3031 " F ":8 =uwsgi\n"
			    "10.0.0.1:3032 10.0.0.1 3032 " F ":9 +tls =uwsgi\n"
			    "10.0.0.1:3033 10.0.0.1 3033 " F ":10 =scgi\n"
			    "10.0.0.1:11211 10.0.0.1 11211 " F ":11 =memcached\n"
			    "10.0.0.1:50051 10.0.0.1 50051 " F ":12 +tls +h2 =grpc\n"
			    "10.0.0.1:50052 10.0.0.1 50052 " F ":13 +h2 =grpc\n"
			    "10.0.0.9 10.0.0.9 80 " F ":14 +h2\n");
}

static void the_same_address_is_told_once(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(BALANCER_NGINX,
			   "http { server {\n"
			   "location /a { proxy_pass http://10.0.0.1/a; proxy_read_timeout 9s; }\n"
			   "location /b { proxy_pass http://10.0.0.1:80/b; }\n"
			   "location /c { proxy_pass https://10.0.0.1:80; }\n"
			   "location /d { fastcgi_pass 10.0.0.1:80; }\n"
			   "location /e { proxy_pass http://10.0.0.1; proxy_connect_timeout 1; }\n"
			   "} }\n",
			   &config);
	assert_lines(&config, "10.0.0.1 10.0.0.1 80 " F ":2\n"
			      "10.0.0.1:80 10.0.0.1 80 " F ":4 +tls\n"
			      "10.0.0.1:80 10.0.0.1 80 " F ":5 =fcgi\n");
	assert_int_equal(config.backends[0].connect_timeout_ms, 1000);
	assert_int_equal(config.backends[0].response_timeout_ms, 9000);
	assert_string_equal(config.backends[0].directive, "proxy_pass http://10.0.0.1/a");
	assert_int_equal(config.backends[1].connect_timeout_ms, 60000);
	config_clear(&config);
}

static void upstreams_go_by_name_wherever_they_stand(void **state)
{
	(void)state;
	assert_reads("http {\n"
		     "  server { location / { proxy_pass https://API; } }\n"
		     "  server { location / { proxy_pass http://other/x; } }\n"
		     "  upstream api { server 10.0.0.1:443; }\n"
		     "  upstream \"other\" { server 10.0.0.2:80; }\n"
		     "  upstream unused { server 10.0.0.3:80; }\n"
		     "}\n",
		     "api/10.0.0.1:443 10.0.0.1 443 " F ":4 +tls\n"
		     "other/10.0.0.2:80 10.0.0.2 80 " F ":5\n"
		     "unused/10.0.0.3:80 10.0.0.3 80 " F ":6\n");
}

/* What all passes to an upstream have in common is its servers'. */
static void those_who_share_an_upstream_have_to_agree(void **state)
{
	(void)state;
	assert_reads("http { upstream tls { server 10.0.0.1:443; }\n"
		     "upstream mixed { server 10.0.0.2:443; }\n"
		     "upstream php { server 10.0.0.3:9000; }\n"
		     "upstream both { server 10.0.0.4:9000; }\n"
		     "server { location /a { proxy_pass https://tls; }\n"
		     "location /b { proxy_pass https://tls; }\n"
		     "location /c { proxy_pass https://mixed; }\n"
		     "location /d { proxy_pass http://mixed; }\n"
		     "location /e { fastcgi_pass php; }\n"
		     "location /f { fastcgi_pass both; }\n"
		     "location /g { grpc_pass grpc://both; } } }\n",
		     "tls/10.0.0.1:443 10.0.0.1 443 " F ":1 +tls\n"
		     "mixed/10.0.0.2:443 10.0.0.2 443 " F ":2\n"
		     "php/10.0.0.3:9000 10.0.0.3 9000 " F ":3 =fcgi\n"
		     "both/10.0.0.4:9000 10.0.0.4 9000 " F ":4\n");
}

static void streams_have_upstreams_of_their_own(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(BALANCER_NGINX,
			   "http { upstream pool { server 10.0.0.1:80; }\n"
			   "  server { location / { proxy_pass http://pool; } } }\n"
			   "stream { proxy_connect_timeout 3s;\n"
			   "  upstream pool { server 10.0.0.2:81; }\n"
			   "  upstream secure { server 10.0.0.3:82; }\n"
			   "  server { listen 1; proxy_pass pool; proxy_timeout 1m; }\n"
			   "  server { listen 2; proxy_pass secure; proxy_ssl on; }\n"
			   "  server { listen 3; proxy_pass 10.0.0.4:83; proxy_protocol on; }\n"
			   "  server { listen 4; proxy_pass $name; }\n"
			   "  server { listen 5; proxy_pass unix:/run/s; proxy_ssl off; }\n"
			   "}\n",
			   &config);
	assert_lines(&config, "pool/10.0.0.1:80 10.0.0.1 80 " F ":1\n"
			      "pool/10.0.0.2:81 10.0.0.2 81 " F ":4 =tcp\n"
			      "secure/10.0.0.3:82 10.0.0.3 82 " F ":5 +tls =tcp\n"
			      "10.0.0.4:83 10.0.0.4 83 " F ":8 +send-proxy =tcp\n"
			      "$name $name 0 " F ":9 +dynamic =tcp\n"
			      "unix:/run/s /run/s 0 " F ":10 +unix =tcp\n");
	assert_int_equal(config.backends[1].connect_timeout_ms, 3000);
	assert_int_equal(config.backends[1].response_timeout_ms, 60000);
	assert_int_equal(config.backends[2].response_timeout_ms, 600000);
	config_clear(&config);
}

/* Those behind the pass hold as well as those in front of it. */
static void timeouts_are_inherited(void **state)
{
	static const struct {
		const char *name;
		uint32_t connect_ms, read_ms;
	} expected[] = {
		{ "10.0.0.1", 5000, 7000 }, { "10.0.0.2", 1500, 7000 },
		{ "10.0.0.3", 3000, 4000 }, { "10.0.0.4:1", 60000, 8000 },
		{ "10.0.0.5", 2000, 2000 },
	};
	struct config config;

	(void)state;
	memory_config_text(
		BALANCER_NGINX,
		"http {\n"
		"server { location / { proxy_pass http://10.0.0.1; } }\n"
		"server { location / { proxy_pass http://10.0.0.2; proxy_connect_timeout 1500ms;}}\n"
		"server { proxy_connect_timeout 3; location / { proxy_read_timeout 4s;\n"
		"  location /x { if ($a) { proxy_pass http://10.0.0.3; } } } }\n"
		"server { location / { fastcgi_pass 10.0.0.4:1; fastcgi_read_timeout 8; } }\n"
		"server { location / { limit_except GET { proxy_pass http://10.0.0.5; }\n"
		"  proxy_connect_timeout 2s; proxy_read_timeout 2s; } }\n"
		"proxy_connect_timeout 5s; proxy_read_timeout 7s;\n"
		"}\n",
		&config);
	assert_int_equal(config.backend_count, ARRAY_LENGTH(expected));
	assert_int_equal(config.note_count, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		const struct event_backend *backend = memory_backend(&config, expected[i].name);

		assert_non_null(backend);
		assert_int_equal(backend->connect_timeout_ms, expected[i].connect_ms);
		assert_int_equal(backend->response_timeout_ms, expected[i].read_ms);
	}
	config_clear(&config);
}

static void an_upstream_has_the_shortest_timeouts_of_its_passes(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(BALANCER_NGINX,
			   "http { upstream u { server 10.0.0.1; } server {\n"
			   "location /a { proxy_pass http://u; proxy_read_timeout 5s; }\n"
			   "location /b { proxy_pass http://u; proxy_connect_timeout 2s; } } }",
			   &config);
	assert_int_equal(config.backends[0].connect_timeout_ms, 2000);
	assert_int_equal(config.backends[0].response_timeout_ms, 5000);
	config_clear(&config);
}

static void variables_are_said_to_be_dynamic(void **state)
{
	(void)state;
	assert_server_reads("location /a { proxy_pass http://$backend; }\n"
			    "location /b { proxy_pass https://$arg_host:8080/x; }\n"
			    "location /c { proxy_pass $scheme://$host$request_uri; }\n"
			    "location /d { proxy_pass \"http://${name}.internal\"; }\n"
			    "location /e { fastcgi_pass $fcgi; }\n"
			    "location /f { proxy_pass http://10.0.0.1:80$more; }\n",
			    "$backend $backend 0 " F ":2 +dynamic\n"
			    "$arg_host:8080 $arg_host 8080 " F ":3 +dynamic +tls\n"
			    "$host $host 0 " F ":4 +dynamic\n"
			    "${name}.internal ${name}.internal 0 " F ":5 +dynamic\n"
			    "$fcgi $fcgi 0 " F ":6 +dynamic =fcgi\n"
			    "10.0.0.1:80$more 10.0.0.1:80$more 0 " F ":7 +dynamic\n");
}

/* Those behind the address leave it as it is; but then its name is asked for at run time. */
static void variables_in_the_path_do_not_touch_the_address(void **state)
{
	(void)state;
	assert_server_reads("location /a { proxy_pass http://10.0.0.1:8080$request_uri; }\n"
			    "location /b { proxy_pass http://app:8080/$1; }\n"
			    "location /c { proxy_pass http://10.0.0.2$is_args$args; }\n"
			    "location /d { proxy_pass http://10.0.0.3${uri}x; }\n"
			    "location /e { proxy_pass $scheme://10.0.0.4:81; }\n",
			    "10.0.0.1:8080 10.0.0.1 8080 " F ":2\n"
			    "app:8080 app 8080 " F ":3 +named\n"
			    "10.0.0.2 10.0.0.2 80 " F ":4\n"
			    "10.0.0.3 10.0.0.3 80 " F ":5\n"
			    "10.0.0.4:81 10.0.0.4 81 " F ":6\n");
}

static void a_constant_is_followed_where_there_is_no_doubt(void **state)
{
	(void)state;
	assert_reads("http {\n"
		     "upstream pool { server 10.0.0.9:1; }\n"
		     "map $a $mapped { default 10.0.0.7; }\n"
		     "server {\n"
		     "  set $one 10.0.0.1:8080; set $url https://app:444/x; set $up pool;\n"
		     "  set $twice a; set $mapped 10.0.0.8; set $of \"$one\";\n"
		     "  location /a { proxy_pass http://$one; }\n"
		     "  location /b { proxy_pass $url; }\n"
		     "  location /c { proxy_pass https://$up; }\n"
		     "  location /d { set $twice b; proxy_pass http://$twice; }\n"
		     "  location /e { proxy_pass http://$mapped; }\n"
		     "  location /f { proxy_pass http://$of; }\n"
		     "  location /g { if ($x) { set $maybe 10.0.0.2; }\n"
		     "    proxy_pass http://$maybe; }\n"
		     "}\n"
		     "server { location / { proxy_pass http://${one}/; } }\n"
		     "}\n",
		     "pool/10.0.0.9:1 10.0.0.9 1 " F ":2 +tls\n"
		     "$one 10.0.0.1 8080 " F ":7 +dynamic\n"
		     "$url app 444 " F ":8 +named +dynamic +tls\n"
		     "$twice $twice 0 " F ":10 +dynamic\n"
		     "$mapped $mapped 0 " F ":11 +dynamic\n"
		     "$of $of 0 " F ":12 +dynamic\n"
		     "$maybe $maybe 0 " F ":14 +dynamic\n"
		     "${one} ${one} 0 " F ":16 +dynamic\n");
}

/* Whoever uses an upstream that no pass names does it through a variable. */
static void dynamic_passes_tell_of_upstreams_that_none_names(void **state)
{
	(void)state;
	assert_reads(
		"http { upstream a { server 10.0.0.1:443; } upstream b { server 10.0.0.2:1; }\n"
		"map $uri $pool { default a; ~/b b; }\n"
		"server { location / { proxy_pass https://$pool; }\n"
		"location /b { proxy_pass http://b; } } }",
		"a/10.0.0.1:443 10.0.0.1 443 " F ":1 +tls\n"
		"b/10.0.0.2:1 10.0.0.2 1 " F ":1\n"
		"$pool $pool 0 " F ":3 +dynamic +tls\n");
}

static void who_is_told_elsewhere_is_dynamic(void **state)
{
	(void)state;
	assert_reads("http {\n"
		     "upstream lua { server 0.0.0.1; balancer_by_lua_block {\n"
		     "  local b = '}' -- } \"\n"
		     "  x = { [[ } ]], [==[ ]] } ]==] } --[[ } ]]\n"
		     "} }\n"
		     "upstream file { server 0.0.0.2; balancer_by_lua_file b.lua; }\n"
		     "upstream plain { server 10.0.0.1; }\n"
		     "}\n",
		     "lua/0.0.0.1 0.0.0.1 80 " F ":2 +dynamic\n"
		     "file/0.0.0.2 0.0.0.2 80 " F ":6 +dynamic\n"
		     "plain/10.0.0.1 10.0.0.1 80 " F ":7\n");
}

static void active_checks_are_told(void **state)
{
	struct config config;

	(void)state;
	memory_config_text(
		BALANCER_NGINX,
		"http { upstream plus { server 10.0.0.1:80; } upstream angie { server 10.0.0.2; }\n"
		"upstream tengine { server 10.0.0.3; check interval=3000 rise=2 type=http;\n"
		"  check_http_send \"HEAD /alive HTTP/1.0\\r\\n\\r\\n\"; }\n"
		"upstream none { server 10.0.0.4; }\n"
		"server { location /a { proxy_pass http://plus; health_check uri=/up interval=2; }\n"
		"  location /b { proxy_pass http://angie;\n"
		"    upstream_probe one uri=/probe port=8081 interval=1s method=HEAD; }\n"
		"  location /c { proxy_pass http://none; } } }\n"
		"stream { server { proxy_pass 10.0.0.5:1; health_check; } }\n",
		&config);
	assert_lines(&config, "plus/10.0.0.1:80 10.0.0.1 80 " F ":1 +checked\n"
			      "angie/10.0.0.2 10.0.0.2 80 " F ":1 +checked +elsewhere\n"
			      "tengine/10.0.0.3 10.0.0.3 80 " F ":2 +checked\n"
			      "none/10.0.0.4 10.0.0.4 80 " F ":4\n"
			      "10.0.0.5:1 10.0.0.5 1 " F ":9 +checked =tcp\n");
	assert_string_equal(config.backends[0].check_target, "GET /up");
	assert_int_equal(config.backends[0].check_interval_ms, 2000);
	assert_string_equal(config.backends[1].check_target, "HEAD /probe");
	assert_int_equal(config.backends[1].check_port, 8081);
	assert_int_equal(config.backends[1].check_interval_ms, 1000);
	assert_string_equal(config.backends[2].check_target, "HEAD /alive");
	assert_int_equal(config.backends[2].check, CHECK_HTTP);
	assert_int_equal(config.backends[2].check_interval_ms, 3000);
	assert_int_equal(config.backends[4].check, CHECK_TCP);
	assert_int_equal(config.backends[4].check_interval_ms, 5000);
	config_clear(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upstreams_have_servers),
		cmocka_unit_test(a_servers_parameters_are_told),
		cmocka_unit_test(passes_lead_straight_to_addresses),
		cmocka_unit_test(the_same_address_is_told_once),
		cmocka_unit_test(upstreams_go_by_name_wherever_they_stand),
		cmocka_unit_test(those_who_share_an_upstream_have_to_agree),
		cmocka_unit_test(streams_have_upstreams_of_their_own),
		cmocka_unit_test(timeouts_are_inherited),
		cmocka_unit_test(an_upstream_has_the_shortest_timeouts_of_its_passes),
		cmocka_unit_test(variables_are_said_to_be_dynamic),
		cmocka_unit_test(variables_in_the_path_do_not_touch_the_address),
		cmocka_unit_test(a_constant_is_followed_where_there_is_no_doubt),
		cmocka_unit_test(dynamic_passes_tell_of_upstreams_that_none_names),
		cmocka_unit_test(who_is_told_elsewhere_is_dynamic),
		cmocka_unit_test(active_checks_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
