// SPDX-License-Identifier: GPL-2.0-only
/* config_nginx_seeds DIRECTORY: writes nginx configurations for the fuzzer to begin with. */
#include <stdio.h>
#include <string.h>

#define NEXT_FILE "\x01"

static const char *const seeds[] = {
	"user www-data; events { worker_connections 1024; }\n"
	"http { include [1-9]; server { listen 80; location / { proxy_pass http://api; } } }\n" NEXT_FILE
	"upstream api { zone z 64k; server 10.0.0.1:8080 weight=5 max_fails=0 fail_timeout=5s;\n"
	"server app2 backup; server [fd00::1]:80 down max_conns=3; keepalive 8;\n"
	"keepalive_timeout 30s; include 2; }\n" NEXT_FILE
	"server unix:/run/x.sock; server a.b resolve service=http; include 1;\n",

	"http { proxy_connect_timeout 5s; proxy_read_timeout 1m30s; proxy_http_version 1.1;\n"
	"server { set $x 10.0.0.1:80; set $y \"http://app:8080/x\";\n"
	"location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; fastcgi_read_timeout 9; }\n"
	"location /a { proxy_pass http://$x; } location /b { proxy_pass ${y}; }\n"
	"location /c { if ($z) { proxy_pass https://10.0.0.2$request_uri; } }\n"
	"location /d { limit_except GET { uwsgi_pass suwsgi://h:1; } scgi_pass h:2; }\n"
	"location /e { grpc_pass grpcs://[::1]:5; health_check uri=/h interval=3 port=8; }\n"
	"location /f { memcached_pass m:11211; upstream_probe p uri=/p method=HEAD; }\n"
	"location /g { proxy_pass http://unix:/run/g.sock:/uri; } } }\n",

	"stream { upstream s { server h:1; check interval=3000 type=http;\n"
	"check_http_send \"HEAD / HTTP/1.0\\r\\n\\r\\n\"; state 1; balancer_by_lua_file x; }\n"
	"server { proxy_pass s; proxy_timeout 3s; proxy_ssl on; proxy_protocol on; } }\n" NEXT_FILE
	"server 10.0.0.9:1;\n",

	"http { map $a $b { default x; \"~{\" 'y}'; } types { a b; } geo $c { default 0; }\n"
	"init_by_lua_block { local a = \"}\" -- }\n b = [==[ } ]] ]==] --[[ } ]] { } }\n"
	"upstream l { server 0.0.0.1; balancer_by_lua_block { x = '{' } }\n"
	"server { location / { proxy_pass http://$b; set_by_lua_block $d { return 1 } } } }\n",

	"http { unknown { x; } } } { ; 'open",
	"include 1; include *;" NEXT_FILE "include 1; include nginx.conf;",
};

static int write_seed(const char *directory, size_t number)
{
	char path[4096];
	FILE *file;
	int failed;

	if (snprintf(path, sizeof(path), "%s/seed-%zu", directory, number) >= (int)sizeof(path))
		return -1;
	file = fopen(path, "we");
	if (!file)
		return -1;
	failed = fwrite(seeds[number], strlen(seeds[number]), 1, file) != 1;
	return fclose(file) || failed ? -1 : 0;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		if (write_seed(argv[1], i))
			return 1;
	}
	return 0;
}
