// SPDX-License-Identifier: GPL-2.0-only
/* Backends of Apache httpd's configuration. */
#include <stdio.h>
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

	memory_config_text(BALANCER_APACHE, text, &config);
	expect_lines(&config, expected);
}

static void balancers_have_members(void **state)
{
	(void)state;
	expect("<VirtualHost *:80>\n"
	       "	<Proxy \"balancer://web\">\n"
	       "		BalancerMember \"http://10.0.0.1:8080\" route=a\n"
	       "		balancermember https://app.internal hcmethod=TCP\n"
	       "		BalancerMember http://10.0.0.3 status=+H\n"
	       "		BalancerMember http://10.0.0.4 status=D\n"
	       "	</Proxy>\n"
	       "	BalancerMember balancer://other/ ajp://10.0.0.5\n"
	       "	ProxyPass / balancer://web/\n"
	       "</VirtualHost>\n"
	       "BalancerMember http://nowhere\n",
	       "web/10.0.0.1:8080 10.0.0.1 8080 " FILE_NAME ":3\n"
	       "web/app.internal app.internal 443 " FILE_NAME ":4 +named +tls +checked +once\n"
	       "web/10.0.0.3 10.0.0.3 80 " FILE_NAME ":5 +backup\n"
	       "web/10.0.0.4 10.0.0.4 80 " FILE_NAME ":6 +down\n"
	       "other/10.0.0.5 10.0.0.5 8009 " FILE_NAME ":8 =tcp\n"
	       "! skipped " FILE_NAME ":11 BalancerMember http://nowhere\n");
}

static void passes_name_addresses(void **state)
{
	(void)state;
	expect("ProxyPass \"/no\" !\n"
	       "ProxyPass /a \\\n"
	       "	http://a.example:9000/x timeout=5\n"
	       "ProxyPass /b http://a.example:9000/y\n"
	       "ProxyPassMatch \"^(/.*)$\" \"http://b:8000$1\"\n"
	       "ProxyPassMatch ^/(.*)$ http://c$1\n"
	       "ProxyPass /u unix:/run/u.sock|http://localhost/\n"
	       "<Location /f>\n"
	       "	ProxyPass fcgi://127.0.0.1:9001/ enablereuse=on\n"
	       "</Location>\n"
	       "<LocationMatch ^/w>\n"
	       "	ProxyPassMatch wss://[::1]\n"
	       "</LocationMatch>\n"
	       "# ProxyPass /c http://no\n"
	       "RewriteRule ^/(.*) http://%{HTTP_HOST}:81/$1 [L,P]\n"
	       "RewriteRule ^/(.*) http://d:82/$1 [proxy]\n"
	       "RewriteRule ^/(.*) http://no/$1 [R,PT]\n"
	       "SetHandler \"proxy:unix:/run/php.sock|fcgi://localhost\"\n"
	       "SetHandler server-status\n",
	       "a.example:9000 a.example 9000 " FILE_NAME ":2 +named +once\n"
	       "b:8000 b 8000 " FILE_NAME ":5 +named +once\n"
	       "c$1 c$1 0 " FILE_NAME ":6 +dynamic\n"
	       "unix:/run/u.sock /run/u.sock 0 " FILE_NAME ":7 +unix\n"
	       "127.0.0.1:9001 127.0.0.1 9001 " FILE_NAME ":9 =fcgi\n"
	       "[::1] [::1] 443 " FILE_NAME ":12 +tls\n"
	       "%{HTTP_HOST}:81 %{HTTP_HOST} 81 " FILE_NAME ":15 +dynamic\n"
	       "d:82 d 82 " FILE_NAME ":16 +named\n"
	       "unix:/run/php.sock /run/php.sock 0 " FILE_NAME ":18 +unix =fcgi\n");
}

static void definitions_are_put_in(void **state)
{
	(void)state;
	expect("Define APP 10.0.0.1\n"
	       "Define PORT 81\n"
	       "LoadModule proxy_module modules/mod_proxy.so\n"
	       "<IfModule !mod_proxy.c>\n"
	       "	ProxyPass /no http://10.9.0.1\n"
	       "	<IfModule x>\n"
	       "		ProxyPass /no http://10.9.0.2\n"
	       "	</IfModule>\n"
	       "</IfModule>\n"
	       "<IfDefine APP>\n"
	       "	ProxyPass / http://${APP}:${PORT}/\n"
	       "</IfDefine>\n"
	       "<IfDefine !APP>\n"
	       "	ProxyPass /no http://10.9.0.3\n"
	       "</IfDefine>\n"
	       "UnDefine PORT\n"
	       "ProxyPass /x http://app:${PORT}/\n"
	       "<Macro Host $h>\n"
	       "	ProxyPass / http://$h\n"
	       "</Macro>\n"
	       "Use Host a\n",
	       "10.0.0.1:81 10.0.0.1 81 " FILE_NAME ":11\n"
	       "app:${PORT} app:${PORT} 0 " FILE_NAME ":17 +dynamic\n"
	       "! skipped " FILE_NAME ":21 Use Host a\n");
}

static void files_are_included(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/etc/httpd/conf/httpd.conf",
		  .text = "ServerRoot \"/etc/httpd\"\n"
			  "IncludeOptional conf.d/*.conf\n"
			  "IncludeOptional absent.conf\n"
			  "Include more\n"
			  "Include absent.conf\n"
			  "<VirtualHost *>\n"
			  "	Include open.conf\n"
			  "	BalancerMember balancer://x http://10.0.0.9\n"
			  "</VirtualHost>\n" },
		{ .path = "/etc/httpd/conf.d/a.conf", .text = "ProxyPass / http://10.0.0.1\n" },
		{ .path = "/etc/httpd/more/b", .text = "ProxyPass / http://10.0.0.2\n" },
		{ .path = "/etc/httpd/more/c/d", .text = "ProxyPass / http://10.0.0.3\n" },
		{ .path = "/etc/httpd/open.conf", .text = "<Proxy balancer://y>\n<If x>" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_APACHE, &memory, &config);
	expect_lines(&config, "10.0.0.1 10.0.0.1 80 /etc/httpd/conf.d/a.conf:1\n"
			      "10.0.0.2 10.0.0.2 80 /etc/httpd/more/b:1\n"
			      "10.0.0.3 10.0.0.3 80 /etc/httpd/more/c/d:1\n"
			      "x/10.0.0.9 10.0.0.9 80 /etc/httpd/conf/httpd.conf:8\n"
			      "! unreadable /etc/httpd/absent.conf:0 No such file or directory\n");
}

static void settings_are_known(void **state)
{
	const struct event_backend *backend;
	struct config config;

	(void)state;
	memory_config_text(
		BALANCER_APACHE,
		"ProxyHCTemplate t hcmethod=GET11 hcuri=/t hcinterval=5\n"
		"Timeout 30\n"
		"<VirtualHost *>\n"
		"	<Proxy balancer://p>\n"
		"		BalancerMember http://a connectiontimeout=500ms timeout=7 max=9 "
		"ttl=60 loadfactor=3 hcmethod=HEAD hcuri=/h hcinterval=2 disablereuse=on\n"
		"		BalancerMember http://b hctemplate=t\n"
		"	</Proxy>\n"
		"	ProxyTimeout 20\n"
		"</VirtualHost>\n"
		"ProxyPass /c http://c:80\n"
		"ProxyPass /d http://d\n"
		"<Proxy http://c:80/>\n"
		"	ProxySet connectiontimeout=4 timeout=44\n"
		"</Proxy>\n",
		&config);
	backend = memory_backend(&config, "p/a");
	assert_non_null(backend);
	assert_int_equal(backend->connect_timeout_ms, 500);
	assert_int_equal(backend->response_timeout_ms, 7000);
	assert_int_equal(backend->connections_max, 9);
	assert_int_equal(backend->keepalive_idle_ms, 60000);
	assert_int_equal(backend->weight, 3);
	assert_int_equal(backend->check, CHECK_HTTP);
	assert_string_equal(backend->check_target, "HEAD /h");
	assert_int_equal(backend->check_interval_ms, 2000);
	assert_false(backend->header.flags & BACKEND_RESOLVED_ONCE);
	backend = memory_backend(&config, "p/b");
	assert_non_null(backend);
	assert_string_equal(backend->check_target, "GET /t");
	assert_int_equal(backend->check_interval_ms, 5000);
	assert_int_equal(backend->connect_timeout_ms, 20000);
	assert_int_equal(backend->response_timeout_ms, 20000);
	backend = memory_backend(&config, "c:80");
	assert_non_null(backend);
	assert_int_equal(backend->connect_timeout_ms, 4000);
	assert_int_equal(backend->response_timeout_ms, 44000);
	backend = memory_backend(&config, "d");
	assert_non_null(backend);
	assert_int_equal(backend->connect_timeout_ms, 30000);
	config_clear(&config);
}

static void includes_end(void **state)
{
	static const struct memory_file files[] = {
		{ .path = "/a/a.conf", .text = "Include *.conf\nProxyPass / http://10.0.0.1\n" },
		{ .path = "/a/b.conf", .text = "Include a.conf\nInclude *\n" },
	};
	struct memory memory = { .files = files, .count = ARRAY_LENGTH(files) };
	struct config config;

	(void)state;
	memory_config(BALANCER_APACHE, &memory, &config);
	assert_int_equal(config.backend_count, 1);
	assert_true(config.note_count > 0);
	assert_int_equal(config.notes[0].kind, CONFIG_BOUNDED);
	config_clear(&config);
}

static void broken_texts_do_no_harm(void **state)
{
	static const char *const texts[] = {
		"",
		"<",
		">",
		"</",
		"</x>",
		"<>",
		"<Proxy",
		"ProxyPass",
		"ProxyPass /",
		"\\",
		"BalancerMember \"",
		"Define",
		"Define ${",
		"Include",
		"Include ${X}",
		"SetHandler proxy:",
		"ProxyPass / unix:|http://x",
		"ProxyPass / http://",
		"ProxyPass / http://$1",
		"RewriteRule a http://b [",
		"RewriteRule a http://b [P",
		"ProxySet",
		"ProxyHCTemplate",
		"<IfModule>\n<IfDefine>\n<IfModule !",
		"ProxyPass / unix:/x|y://z",
		"ProxyPass / http://x hcmethod= hcuri= timeout= =",
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		memory_config_text(BALANCER_APACHE, texts[i], &config);
		for (size_t j = 0; j < config.backend_count; j++)
			assert_true(config.backends[j].host[0]);
		config_clear(&config);
	}
}

static void long_lines_and_deep_sections_are_bounded(void **state)
{
	char *text = malloc(100000);
	struct config config;
	size_t used;

	(void)state;
	assert_non_null(text);
	used = (size_t)sprintf(text, "ProxyPass / http://10.0.0.1 ");
	memset(text + used, 'x', 50000);
	strcpy(text + used + 50000, "\nProxyPass / http://10.0.0.2\n");
	memory_config_text(BALANCER_APACHE, text, &config);
	expect_lines(&config, "10.0.0.2 10.0.0.2 80 " FILE_NAME ":2\n"
			      "! bounded " FILE_NAME ":1 a line longer than is read\n");
	for (used = 0; used < 50000;)
		used += (size_t)sprintf(text + used, "<If x>\n");
	strcpy(text + used, "ProxyPass / http://10.0.0.1\n");
	memory_config_text(BALANCER_APACHE, text, &config);
	assert_int_equal(config.backend_count, 0);
	config_clear(&config);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(balancers_have_members),
		cmocka_unit_test(passes_name_addresses),
		cmocka_unit_test(definitions_are_put_in),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(settings_are_known),
		cmocka_unit_test(includes_end),
		cmocka_unit_test(broken_texts_do_no_harm),
		cmocka_unit_test(long_lines_and_deep_sections_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
