// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/catalogue_rows.h"

const struct catalogue_row catalogue_protocol[] = {
	{ CAUSE_TRUNCATED_HEADER,
	  {
		  .id = "truncated-header",
		  .class = "premature-close",
		  .summary =
			  "{address} began an answer and closed the connection before the header was whole.",
		  .evidence =
			  "A few bytes of a response arrived, then the backend's FIN or RST, and the load balancer wrote a 502.",
		  .confirm = { "curl -sv -o /dev/null http://{address}/",
			       "ssh {host} journalctl --since -1h -p warning" },
		  .fix = { "On {host}: read the application's log for a crash while it answered." },
		  .fix_nginx = { NULL },
		  .fix_haproxy = { NULL },
		  .nginx =
			  "502, error log: upstream prematurely closed connection while reading response header from upstream",
		  .haproxy = "502, termination state SH",
		  .envoy = "503 UC",
		  .not_to_confuse =
			  "close-before-response: not a byte came. invalid-response: the load balancer closed first.",
	  } },
	{ CAUSE_INVALID_RESPONSE,
	  {
		  .id = "invalid-response",
		  .class = "invalid",
		  .summary =
			  "The load balancer could not use what {address} answered: a broken header, or another protocol than it asked with.",
		  .evidence =
			  "A response began, then the load balancer itself closed and wrote a 502.",
		  .confirm = { "curl -sv -o /dev/null http://{address}/",
			       "curl -s -i --raw http://{address}/ | head -c 2048 | cat -v" },
		  .fix = { "Repair the application's response header (control bytes, duplicate Content-Length, spaces in names).",
			   "The load balancer's error log names the line it refused." },
		  .fix_nginx = { "match the directive to the backend: proxy_pass for HTTP, fastcgi_pass for FastCGI, grpc_pass for HTTP/2." },
		  .fix_haproxy = { "`show errors` on the stats socket shows the refused response; drop `proto h2` if the server speaks HTTP/1.",
				   "`option accept-invalid-http-response` only until the application is repaired." },
		  .nginx = "502, error log: upstream sent invalid header, or duplicate header line",
		  .haproxy = "502, termination state PH",
		  .envoy = "502 UPE",
		  .not_to_confuse =
			  "header-too-big: as many bytes as the load balancer's buffer came. truncated-header: the backend closed first. not-http: it does not begin with HTTP/.",
	  } },
	{ CAUSE_HEADER_TOO_BIG,
	  {
		  .id = "header-too-big",
		  .class = "invalid",
		  .summary =
			  "The response header of {address} is larger than the load balancer's buffer.",
		  .evidence =
			  "More bytes arrived than the load balancer's header buffer holds, it closed first and wrote a 502.",
		  .confirm = { "curl -s -o /dev/null -D - http://{address}/ | wc -c" },
		  .fix = { "Make the application's header smaller (cookies), or give the load balancer a larger buffer." },
		  .fix_nginx = { "`proxy_buffer_size 16k; proxy_buffers 8 16k;` (fastcgi_buffer_size for FastCGI)." },
		  .fix_haproxy = { "`tune.bufsize 32768` in the global section." },
		  .nginx =
			  "502, error log: upstream sent too big header while reading response header from upstream",
		  .haproxy = "502, termination state PH",
		  .envoy = "502 UPE",
		  .not_to_confuse = "invalid-response: the header is broken, however short.",
	  } },
	{ CAUSE_NOT_HTTP,
	  {
		  .id = "not-http",
		  .class = "protocol-mismatch",
		  .summary =
			  "What listens on {address} does not speak HTTP: most likely the port is wrong.",
		  .evidence =
			  "The backend's first bytes are neither HTTP/ nor TLS (for instance an SSH or mail banner).",
		  .confirm = { "nc -v -w 2 {host} {port} </dev/null | head -c 64 | cat -v",
			       "ssh {host} \"ss -ltnp 'sport = :{port}'\"" },
		  .fix = { "Correct the backend's port in the load balancer's config; the evidence shows what answered." },
		  .fix_nginx = { "correct `server {address}`; for FastCGI or uwsgi use fastcgi_pass or uwsgi_pass." },
		  .fix_haproxy = { "correct the `server` line; `mode tcp` if the service is not meant to be HTTP." },
		  .nginx =
			  "error log: upstream sent no valid HTTP/1.0 header while reading response header from upstream",
		  .haproxy = "502, termination state PH",
		  .envoy = "502 UPE",
		  .not_to_confuse =
			  "plain-to-tls: a TLS service answered. invalid-response: HTTP, but broken.",
	  } },
	{ CAUSE_PLAIN_TO_TLS,
	  {
		  .id = "plain-to-tls",
		  .class = "protocol-mismatch",
		  .summary = "The load balancer speaks plain HTTP to {address}, which expects TLS.",
		  .evidence =
			  "A plain request was sent; the backend answered with a TLS record, or closed at once although TLS is spoken on that port.",
		  .confirm = { "openssl s_client -connect {address} </dev/null",
			       "curl -skv -o /dev/null https://{address}/" },
		  .fix = { "Let the load balancer use TLS to this backend, or point it at the plain port." },
		  .fix_nginx = { "`proxy_pass https://...` with `proxy_ssl_server_name on;`." },
		  .fix_haproxy = { "add `ssl verify required ca-file ...` to the server line." },
		  .nginx =
			  "400 passed on, or 502, error log: recv() failed (104), or no valid HTTP/1.0 header",
		  .haproxy = "400 passed on, or 502 SH or PH",
		  .envoy = "503 UC or 502 UPE",
		  .not_to_confuse =
			  "tls-to-plain: the other way round. not-http: the answer is no TLS record.",
	  } },
	{ CAUSE_TLS_TO_PLAIN,
	  {
		  .id = "tls-to-plain",
		  .class = "tls",
		  .summary = "The load balancer speaks TLS to {address}, which does not.",
		  .evidence =
			  "A TLS ClientHello was sent; the backend answered with something that is no TLS (often HTTP/1.x 400), or not at all.",
		  .confirm = { "openssl s_client -connect {address} </dev/null",
			       "curl -sv -o /dev/null http://{address}/" },
		  .fix = { "Let the load balancer use plain HTTP to this backend, or point it at the TLS port." },
		  .fix_nginx = { "`proxy_pass http://...` instead of https://." },
		  .fix_haproxy = { "drop `ssl` from the server line." },
		  .nginx =
			  "502, error log: SSL_do_handshake() failed; silence: 504 while SSL handshaking to upstream",
		  .haproxy = "503, termination state SC; silence: sC",
		  .envoy = "503 UF TLS_error",
		  .not_to_confuse =
			  "tls-alert: the backend speaks TLS and refused. plain-to-tls: the other way round.",
	  } },
	{ CAUSE_TLS_ALERT,
	  {
		  .id = "tls-alert",
		  .class = "tls",
		  .summary =
			  "The TLS handshake with {address} ended in an alert: version, cipher, name or certificate do not suit one side.",
		  .evidence = "The last TLS record is an alert, then the connection was closed.",
		  .confirm = { "openssl s_client -connect {address} </dev/null",
			       "ssh {host} journalctl --since -1h -p warning" },
		  .fix = { "Align TLS versions, ciphers, server name (SNI) and certificates of both sides; the evidence names the alert if it was readable." },
		  .fix_nginx = { "`proxy_ssl_server_name on; proxy_ssl_name NAME;`, proxy_ssl_protocols, proxy_ssl_certificate, proxy_ssl_trusted_certificate." },
		  .fix_haproxy = { "on the server line `sni str(NAME)`, `ssl-min-ver`, `crt` for a client certificate, `ca-file`." },
		  .nginx = "502, error log: SSL_do_handshake() failed (SSL: ... alert ...)",
		  .haproxy = "503, termination state SC; TLS 1.3 client certificate: 502 SH",
		  .envoy = "503 UF TLS_error",
		  .not_to_confuse =
			  "tls-to-plain: the answer is no TLS at all. TLS 1.3 encrypts later alerts: then only the load balancer's log has the reason.",
	  } },
	{ CAUSE_TLS_VERIFY_FAILED,
	  {
		  .id = "tls-verify-failed",
		  .class = "tls",
		  .summary =
			  "The load balancer does not accept the certificate of {address}: it is expired, of another name, or signed by a CA that it does not know.",
		  .evidence =
			  "The backend's TLS hello came; the load balancer broke the handshake off with an alert, or closed before it sent a request.",
		  .confirm = { "openssl s_client -connect {address} -verify_return_error </dev/null",
			       "curl -sv -o /dev/null https://{address}/" },
		  .fix = { "Renew the backend's certificate, or give the load balancer the CA that signed it and the name that is in it." },
		  .fix_nginx = { "`proxy_ssl_trusted_certificate`, `proxy_ssl_name NAME; proxy_ssl_server_name on;`, `proxy_ssl_verify_depth`." },
		  .fix_haproxy = { "on the server line `ca-file`, `verifyhost NAME`, `sni str(NAME)`." },
		  .nginx =
			  "502, error log: upstream SSL certificate verify error, or does not match",
		  .haproxy = "503, termination state SC (L6RSP)",
		  .envoy = "503 UF TLS_error",
		  .not_to_confuse =
			  "tls-alert: the backend refused, not the load balancer. wrong-host: the certificate is right, the machine is not.",
	  } },
	{ CAUSE_H2_MISMATCH,
	  {
		  .id = "h2-mismatch",
		  .class = "protocol-mismatch",
		  .summary =
			  "One side of the connection to {address} speaks HTTP/2 without TLS, the other HTTP/1.",
		  .evidence =
			  "An HTTP/2 preface was sent and answered by HTTP/1 or a close; or an HTTP/1 request by HTTP/2 frames.",
		  .confirm = { "curl -sv -o /dev/null --http2-prior-knowledge http://{address}/",
			       "curl -sv -o /dev/null --http1.1 http://{address}/" },
		  .fix = { "Use the same version of HTTP on both sides." },
		  .fix_nginx = { "`proxy_pass` instead of `grpc_pass` for an HTTP/1 backend, and the other way round for gRPC." },
		  .fix_haproxy = { "drop `proto h2` from the server line, or add it for a backend that speaks only HTTP/2." },
		  .nginx = "502, error log: upstream sent ... http2 frame",
		  .haproxy = "502 or 503, termination state SH, SC or PH",
		  .envoy = "502 UPE protocol_error",
		  .not_to_confuse =
			  "not-http: the answer is neither version. plain-to-tls: the answer is TLS.",
	  } },
	{ CAUSE_PROXY_PROTO_MISMATCH,
	  {
		  .id = "proxy-proto-mismatch",
		  .class = "protocol-mismatch",
		  .summary =
			  "The load balancer sends the PROXY protocol to {address}, which does not expect it.",
		  .evidence =
			  "A PROXY header was sent, and the backend closed, reset or answered 400 where it never answered well.",
		  .confirm = { "curl -sv -o /dev/null http://{address}/",
			       "curl -sv -o /dev/null --haproxy-protocol http://{address}/" },
		  .fix = { "Send the PROXY protocol only to backends that are set to accept it, and always to those." },
		  .fix_nginx = { "the backend, if nginx: `listen ... proxy_protocol;`. Only nginx's stream module sends it (`proxy_protocol on;`)." },
		  .fix_haproxy = { "drop `send-proxy` or `send-proxy-v2` from the server line, or set `accept-proxy` on the backend's bind line." },
		  .nginx = "502, error log: upstream prematurely closed connection",
		  .haproxy = "502, termination state SH, or 400 passed on",
		  .envoy = "503 UC",
		  .not_to_confuse =
			  "close-before-response: a header that is expected and missing looks like this from here; see the backend's own log.",
	  } },
	{ CAUSE_NONE, { .id = NULL } },
};
