# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154
# Frontends that clients do not reach by HTTP/1 in clear; `front` of a case (lab-cases.sh) is
#   plain    HTTP/1 in clear
#   tls      HTTP/1 inside TLS     tls-h2   HTTP/2 inside TLS     h2c   HTTP/2 in clear
# Set by the caller: LAB_DIR; in an instance's context.

# What nginx and HAProxy want of a certificate that nobody trusts.
front_certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=lab \
		-keyout "$LAB_DIR/front.key" -out "$LAB_DIR/front.crt" 2>/dev/null
	cat "$LAB_DIR/front.crt" "$LAB_DIR/front.key" >"$LAB_DIR/front.pem"
}

front_nginx() { # the words behind `listen ADDRESS`
	case $front in
	tls) echo " ssl" ;;
	tls-h2) echo " ssl http2" ;;
	h2c) echo " http2" ;;
	esac
}

front_nginx_lines() {
	if [[ $front == tls* ]]; then
		echo "		ssl_certificate $LAB_DIR/front.crt;"
		echo "		ssl_certificate_key $LAB_DIR/front.key;"
	fi
}

front_haproxy() { # the words behind `bind ADDRESS`
	case $front in
	tls) echo " ssl crt $LAB_DIR/front.pem alpn http/1.1" ;;
	tls-h2) echo " ssl crt $LAB_DIR/front.pem alpn h2,http/1.1" ;;
	h2c) echo " proto h2" ;;
	esac
}

front_url() {
	if [[ $front == tls* ]]; then
		echo "https://$(frontend_endpoint)"
	else
		echo "http://$(frontend_endpoint)"
	fi
}

# The options of curl that make it speak so.
front_curl() {
	echo --silent --insecure --max-time 20 --interface "$(client_address)"
	case $front in
	h2c) echo --http2-prior-knowledge ;;
	tls-h2) echo --http2 ;;
	*) echo --http1.1 ;;
	esac
}

# As send() of lab-cases.sh, a connection for each request; GET and POST.
front_send() { # REQUEST...
	local index=0 method path body options
	read -d '' -r -a options < <(front_curl) || true
	while [[ $# -gt 0 ]]; do
		IFS=: read -r method path body <<<"$1"
		head -c "${body:-0}" /dev/zero |
			in_client curl "${options[@]}" --request "$method" ${body:+--data-binary @-} \
				--output /dev/null --write-out "$index %{local_port} %{http_code}\n" \
				"$(front_url)$path" || true
		index=$((index + 1))
		shift
	done
}

# All requests at once, on one connection where that speaks HTTP/2; a line each as it ends.
front_send_together() { # PATH...
	local path urls=() options
	read -d '' -r -a options < <(front_curl) || true
	for path in "$@"; do
		urls+=(--output /dev/null "$(front_url)$path")
	done
	in_client curl "${options[@]}" --parallel --parallel-max 50 \
		--write-out '%{urlnum} %{local_port} %{http_code}\n' "${urls[@]}" 2>/dev/null || true
}
