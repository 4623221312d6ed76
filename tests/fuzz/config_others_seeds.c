// SPDX-License-Identifier: GPL-2.0-only
/* config_others_seeds DIRECTORY: writes what config_others_fuzz begins with. */
#include <stdio.h>
#include <string.h>

#define NEXT_FILE "\x01"
#define CADDY "0"
#define APACHE "1"
#define VARNISH "2"
#define ENVOY "3"
#define CONTAINER "4"
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const seeds[] = {
	CADDY
	"{\n admin off\n}\n(s) {\n reverse_proxy {args[0]}:80 {args[1:]} {\n  to {args.1}\n }\n}\n"
	"a.example, b {\n import s app x y\n import 1\n handle /x* {\n"
	"  reverse_proxy /x https://10.0.0.1 h2c://[::1]:5 :8001-8003 unix//run/x {$V}:1 {\n"
	"   lb_policy weighted_round_robin 1 2\n   health_uri /h\n   health_port 8\n"
	"   health_interval 1.5s\n   transport http {\n    tls\n    dial_timeout 1m30s\n"
	"    keepalive off\n    versions h2c 2\n   }\n"
	"   handle_response {\n    reverse_proxy c:1\n   }\n  }\n }\n}\nimport *\n" NEXT_FILE
	"php_fastcgi `unix//x`\nforward_auth a:1 {\n uri /\n}\n" NEXT_FILE
	"c {\n respond <<END\n } {\nEND\n reverse_proxy \"q \\\" x\" # no\n"
	" reverse_proxy {\n dynamic srv {\n service a\n name b\n }\n dynamic a c 8\n }\n}\n",
	CADDY "localhost\nreverse_proxy :80\n",
	CADDY
	"{\"admin\":{\"listen\":\"unix//x\"},\"apps\":{\"http\":{\"servers\":{\"s\":{"
	"\"listen\":[\":80\"],\"routes\":[{\"match\":[{\"host\":[\"a\"]}],\"handle\":["
	"{\"handler\":\"reverse_proxy\",\"upstreams\":[{\"dial\":\"a:1\"},{\"dial\":[\"b:2\"]}],"
	"\"transport\":{\"protocol\":\"fastcgi\",\"tls\":{},\"dial_timeout\":1000000},"
	"\"health_checks\":{\"active\":{\"uri\":\"/h\",\"port\":8}},\"dynamic_upstreams\":{"
	"\"source\":\"multi\",\"sources\":[{\"source\":\"a\",\"name\":\"n\",\"port\":\"1\"}]}}]}]}}}}}",
	APACHE
	"ServerRoot /etc/lb\nDefine A app:81\nLoadModule proxy_module x\nInclude [12]\n"
	"<VirtualHost *:80>\n ProxyTimeout 5\n <Proxy \"balancer://b\">\n"
	"  BalancerMember http://10.0.0.1:8080 route=a hcmethod=GET hcuri=/h loadfactor=2\n"
	"  BalancerMember https://${A} status=+H max=3 ttl=9 connectiontimeout=500ms\n"
	"  ProxySet lbmethod=x\n </Proxy>\n ProxyPass / balancer://b/\n</VirtualHost>\n" NEXT_FILE
	"<Location /x>\nProxyPass \\\n fcgi://[::1]:9/ enablereuse=on\n</Location>\n"
	"ProxyPassMatch ^(/.*)$ http://a$1\nRewriteRule x http://%{X}:1/$1 [L,P]\n"
	"SetHandler \"proxy:unix:/run/x|fcgi://h\"\nProxyHCTemplate t hcmethod=TCP\n" NEXT_FILE
	"<IfModule !mod_proxy.c>\nProxyPass /a http://no\n</IfModule>\n<IfDefine A>\n"
	"<Macro m $x>\n</Macro>\nUse m a\nUnDefine A\n<Proxy http://h>\nProxySet timeout=3\n",
	VARNISH
	"vcl 4.1; import directors; include \"./1\"; include +glob \"./[23]\";\n"
	"backend a { .host = \"10.0.0.1\"; .port = \"8080\"; .probe = p; .connect_timeout = 1.5s; }\n"
	"backend b { .probe = { .request = \"HEAD /x HTTP/1.1\" \"Host: y\"; .interval = 3 s; }\n"
	".host = \"app\"; .max_connections = 7; .proxy_header = 1; }\n"
	"sub vcl_init { new d = directors.random(); d.add_backend(a, 2); d.add_backend(b); }\n"
	"C{ x }C /* y */ # z\n" NEXT_FILE
	"probe p { .url = \"/h\"; } probe default { } backend c { .path = \"/run/x\"; };\n" NEXT_FILE
	"sub vcl_recv { set req.http.x = {\"y } \"} \"\"\"z\"\"\"; } acl q { \"::1\"; }\n",
	ENVOY
	"admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }\n"
	"c: &c\n- interval: 0.5s\n  http_health_check: { path: /h }\n"
	"static_resources:\n  listeners:\n  - filter_chains: [ { filters: [ { name: tcp_proxy,\n"
	"    typed_config: { cluster: db, weighted_clusters: { clusters: [ { name: x } ] } } } ] } ]\n"
	"  clusters:\n  - name: db\n    connect_timeout: 1s\n    health_checks: *c\n"
	"    transport_socket: { name: tls, typed_config: { transport_socket: { name: proxy_protocol } } }\n"
	"    load_assignment: { endpoints: [ { priority: 1, lb_endpoints: [ { endpoint: { address: {\n"
	"      socket_address: { address: \"::1\", port_value: 80 } } } },\n"
	"      { endpoint: { address: { pipe: { path: /run/x } } } } ] } ] }\n"
	"  - { name: e, type: EDS, eds_cluster_config: { eds_config: { path: \"1\" } } }\n"
	"dynamic_resources: { cds_config: { path_config_source: { path: \"2\" } } }\n" NEXT_FILE
	"resources:\n- cluster_name: e\n  endpoints: [ { lb_endpoints: [ { endpoint: { address: {\n"
	"    socket_address: { address: a.b, port_value: 1 } } } } ] } ]\n" NEXT_FILE
	"{\"resources\": [{\"name\": \"f\", \"hosts\": [{\"socket_address\": {\"address\": \"1.2.3.4\", \"port_value\": 5}}]}]}",
	CONTAINER
	"0::/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222.slice/cri-containerd-" ID
	".scope\n" NEXT_FILE
	"{\"Name\":\"/x\",\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"p\"}}" NEXT_FILE
	"p_n_c-" ID ".log",
	CONTAINER
	"1:x:/docker/" ID NEXT_FILE
	"{\"data-root\":\"/d\",\"Name\":\"/x\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"p\"}}}",
	CONTAINER "0::/libpod-" ID NEXT_FILE "[{\"id\":\"" ID "\",\"names\":[\"w\"]}]",
	CONTAINER "0::/lxc.payload.a/machine.slice/machine-b\\x2dc.scope",
	CONTAINER
	"1 2 3 /var/lib/kubelet/pods/0a1b2c3d-1111/containers/c/x /dev/termination-log a\n"
	"1 2 3 /var/lib/docker/containers/" ID "/hosts /etc/hosts a\n" NEXT_FILE "{}" NEXT_FILE
	"n_p_0a1b2c3d-1111",
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
		if (write_seed(argv[1], i)) {
			perror(argv[1]);
			return 1;
		}
	}
	return 0;
}
