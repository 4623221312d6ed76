# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034
# Configures and starts the lab's further load balancers, Caddy, Apache httpd and Varnish, each of
# them in the host `lb` and only when an instance asks for it (see lab-cases.sh, lab-balancers.sh).
# They know fewer settings: of the pool lines only those that follow are looked at, and time-outs
# that they count in seconds are rounded up.
# Set by the caller: LAB_NAME, LAB_DIR; INSTANCE_* by lab-cases.sh.

APACHE_MODULES=/usr/lib/apache2/modules

whole_seconds() { echo $((($1 + 999) / 1000)); } # MILLISECONDS

# The paths of an instance and the servers behind each: lines `PATH NAME SERVER...`.
instance_routes() {
	local pool=$CASE-$INSTANCE number
	if [[ $routing == path ]]; then
		for number in $(server_numbers); do
			echo "/s$number/ $pool-s$number $number"
		done
	else
		echo "/ $pool $(server_numbers | tr '\n' ' ')"
	fi
}

proxy_instances() { # NAME FUNCTION
	local instance
	for instance in "${!INSTANCE_CASE[@]}"; do
		if [[ ${INSTANCE_LB[instance]} == "$1" ]]; then
			in_instance "$instance" "$2"
		fi
	done
}

# --- Caddy ----------------------------------------------------------------------------------

caddy_instance() {
	local path name numbers number
	echo "http://:$((9000 + INSTANCE)) {"
	echo "	bind $(net_address "$FAMILY" 0 1)"
	while read -r path name numbers; do
		cat <<-END
			handle $path* {
				reverse_proxy $(for number in $numbers; do server_endpoint "$number"; done | tr '\n' ' ') {
					lb_policy round_robin
					$caddy_proxy
					transport http {
						dial_timeout ${connect_ms}ms
						response_header_timeout ${response_ms}ms
						compression off
						keepalive $([[ $reuse == yes ]] && echo 30s || echo off)
						$([[ $tls == no ]] || echo tls_insecure_skip_verify)
					}
				}
			}
		END
	done < <(instance_routes)
	echo "}"
}

caddy_conf() {
	cat <<-END
		{
			admin off
			auto_https off
			grace_period 1s
		}
	END
	proxy_instances caddy caddy_instance
}

# --- Apache httpd ---------------------------------------------------------------------------

apache_instance() {
	local path name numbers number scheme=http
	[[ $tls == no ]] || scheme=https
	echo "Listen $(frontend_endpoint)"
	echo "<VirtualHost $(frontend_endpoint)>"
	echo "	ServerName lab"
	echo "	SSLProxyEngine on"
	while read -r path name numbers; do
		echo "	<Proxy balancer://$name>"
		for number in $numbers; do
			echo "		BalancerMember $scheme://$(server_endpoint "$number")" \
				"connectiontimeout=${connect_ms}ms timeout=$(whole_seconds "$response_ms")" \
				"disablereuse=$([[ $reuse == yes ]] && echo off || echo on) $apache_server"
		done
		echo "	</Proxy>"
		echo "	ProxyPass $path balancer://$name$path"
	done < <(instance_routes)
	echo "</VirtualHost>"
}

apache_conf() {
	local module
	for module in mpm_event authz_core slotmem_shm socache_shmcb ssl lbmethod_byrequests \
		proxy proxy_http proxy_balancer; do
		echo "LoadModule ${module}_module $APACHE_MODULES/mod_$module.so"
	done
	cat <<-END
		ServerRoot $LAB_DIR
		DefaultRuntimeDir $LAB_DIR
		PidFile $LAB_DIR/apache.pid
		ErrorLog $LAB_DIR/apache-error.log
		LogLevel info
		ServerName lab
		User nobody
		Group nogroup
		StartServers 2
		ThreadsPerChild 25
		MaxRequestWorkers 100
		Timeout 30
		KeepAliveTimeout 30
		MaxKeepAliveRequests 0
		ProxyErrorOverride Off
		SSLProxyVerify none
		SSLProxyCheckPeerName off
		SSLProxyCheckPeerCN off
		SSLProxyCheckPeerExpire off
	END
	proxy_instances apache apache_instance
}

# --- Varnish --------------------------------------------------------------------------------

varnish_backends() {
	local number
	for number in $(server_numbers); do
		cat <<-END
			backend i${INSTANCE}_$number {
				.host = "$(server_address "$number")"; .port = "$(server_port "$number")";
				.connect_timeout = ${connect_ms}ms;
				.first_byte_timeout = ${response_ms}ms;
				.between_bytes_timeout = ${response_ms}ms;
				$varnish_backend
			}
		END
	done
}

varnish_directors() {
	local path name numbers number pool=1
	while read -r path name numbers; do
		echo "	new i${INSTANCE}_pool$pool = directors.round_robin();"
		for number in $numbers; do
			echo "	i${INSTANCE}_pool$pool.add_backend(i${INSTANCE}_$number);"
		done
		pool=$((pool + 1))
	done < <(instance_routes)
}

varnish_route() {
	local path name numbers pool=1
	while read -r path name numbers; do
		echo "	if (local.socket == \"i$INSTANCE\" && bereq.url ~ \"^$path\") {"
		echo "		set bereq.backend = i${INSTANCE}_pool$pool.backend();"
		[[ $reuse == yes ]] || echo "		set bereq.http.connection = \"close\";"
		echo "	}"
		pool=$((pool + 1))
	done < <(instance_routes)
}

# Nothing is cached, and a client's connection outlives its 5xx, as with the others.
varnish_conf() {
	cat <<-END
		vcl 4.1;
		import directors;
		$(proxy_instances varnish varnish_backends)
		sub vcl_init {
		$(proxy_instances varnish varnish_directors)
		}
		sub vcl_recv { return (pass); }
		sub vcl_backend_fetch {
		$(proxy_instances varnish varnish_route)
			return (fetch);
		}
	END
}

varnish_listeners() { echo "-a i$INSTANCE=$(frontend_endpoint)"; }

# ---------------------------------------------------------------------------------------------

# Keeps what the programs insist on writing within the lab.
proxies_start() {
	local listeners
	caddy_conf >"$LAB_DIR/Caddyfile"
	apache_conf >"$LAB_DIR/apache.conf"
	varnish_conf >"$LAB_DIR/varnish.vcl"
	HOME=$LAB_DIR XDG_DATA_HOME=$LAB_DIR XDG_CONFIG_HOME=$LAB_DIR \
		balancer_start caddy caddy run --adapter caddyfile --config "$LAB_DIR/Caddyfile"
	balancer_start apache apache2 -DFOREGROUND -f "$LAB_DIR/apache.conf"
	read -ra listeners < <(proxy_instances varnish varnish_listeners | tr '\n' ' ') || true
	balancer_start varnish varnishd -F -j none -n "$LAB_DIR/varnish" -s malloc,32m \
		-f "$LAB_DIR/varnish.vcl" "${listeners[@]}"
	[[ -z $LAB_LAST_PID ]] || varnish_log_start
}

# Varnish has no log but the one in its memory: what it says of each fetch goes to varnish-fetches.log.
varnish_log_start() {
	lab_spawn varnish-fetches lb varnishlog -n "$LAB_DIR/varnish" -b -u \
		-i BereqURL,BackendOpen,FetchError
}
