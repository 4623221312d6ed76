# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034,SC2030,SC2031
# The mix: many incidents of the lab behind one frontend of each load balancer, told apart by
# path (/kN/ is instance N), so that one client connection meets many of them in turn.
#
# A kind is a file of the form that scripts/lab-cases.sh describes: one of tests/accuracy/kinds,
# or else a case of tests/incidents that needs neither a lab nor traffic of its own. Here
# `requests` are drawn from at random (METHOD:PATH[:BODY_BYTES[:ABORT_MS]]), `expect` is a set:
# whichever line has the status tells what may be said of it; and there is
#   weight=10               how often the kind is drawn
#
# Set by the caller: LAB_TESTS, ACCURACY (tests/accuracy), KIND_DIRECTORY (kinds or benign),
# BALANCERS (those wanted).

declare -A MIX_PORTS=([nginx]=7001 [haproxy]=7002 [caddy]=7003 [apache]=7004 [varnish]=7005)

# Wins over that of lab-cases.sh.
case_file() { # NAME
	local file
	for file in "$ACCURACY/$KIND_DIRECTORY/$1.sh" "$LAB_TESTS/cases/$1.sh"; do
		if [[ -r $file ]]; then
			echo "$file"
			return 0
		fi
	done
	return 1
}

mix_kind_names() {
	{
		if [[ $KIND_DIRECTORY == kinds ]]; then
			find "$LAB_TESTS/cases" -name '*.sh' -printf '%f\n'
		fi
		find "$ACCURACY/$KIND_DIRECTORY" -name '*.sh' -printf '%f\n'
	} | sed 's/\.sh$//' | sort -u
}

# Prints `ALONE CASE PLACE LB FAMILY` for the instances of one kind; places=one: each load
# balancer's in one place only. Families take turns.
mix_expand() ( # NAME TURN one|all
	CASE=$1 PLACE=near LB=nginx FAMILY=ipv4 INSTANCE=0
	turn=$2
	case_source
	own=yes
	[[ -r $ACCURACY/$KIND_DIRECTORY/$CASE.sh ]] || own=no
	if [[ $own == no ]] && { [[ $alone == yes || $routing == path ]] || declare -F traffic_it >/dev/null; }; then
		return 0
	fi
	for LB in "${balancers[@]}" "${proxies[@]}"; do
		[[ " ${BALANCERS[*]} " == *" $LB "* ]] || continue
		chosen=("${places[@]}")
		[[ $3 == all ]] || chosen=("${places[turn % ${#places[@]}]}")
		for PLACE in "${chosen[@]}"; do
			FAMILY=${families[turn % ${#families[@]}]}
			echo "$alone $CASE $PLACE $LB $FAMILY"
			turn=$((turn + 1))
		done
	done
)

# Prints the instances of all kinds that have a lab in common (no) or one of their own (yes).
mix_instances() { # no|yes one|all
	local name turn=0
	for name in $(mix_kind_names); do
		mix_expand "$name" "$turn" "$2"
		turn=$((turn + 1))
	done | sed -n "s/^$1 //p"
}

# --- within in_instance ---------------------------------------------------------------------

# The lines for `lab-backend crowd`.
instance_mix() {
	local word method path body abort
	for word in "${requests[@]}"; do
		IFS=: read -r method path body abort <<<"$word"
		echo "$INSTANCE $((${weight:-10} * 12 / ${#requests[@]})) $method /k$INSTANCE$path" \
			"${body:-0} ${abort:-0}"
	done
}

# Lines `INSTANCE CASE STATUSES CAUSES SERVERS` of what may be said.
instance_truth() {
	local line statuses causes blamed
	for line in "${expect[@]}"; do
		read -r statuses causes blamed <<<"$line"
		[[ -z $causes ]] || echo "$INSTANCE $CASE $statuses $causes $(expected_servers "$blamed")"
	done
}

# Lines `INSTANCE/SERVER_NUMBER ENDPOINT`.
instance_servers() {
	local number
	for number in $(server_numbers); do
		echo "$INSTANCE/s$number $(server_endpoint "$number")"
	done
}

mix_of() { # LB FUNCTION
	local instance
	for instance in "${!INSTANCE_CASE[@]}"; do
		if [[ ${INSTANCE_LB[instance]} == "$1" ]]; then
			in_instance "$instance" "$2"
		fi
	done
}

# --- the load balancers' configuration ------------------------------------------------------

mix_targets() { # LB
	net_endpoint "$(net_address ipv4 0 1)" "${MIX_PORTS[$1]}"
	net_endpoint "$(net_address ipv6 0 1)" "${MIX_PORTS[$1]}"
}

instance_nginx_location() { nginx_location_block "/k$INSTANCE/" "$CASE-$INSTANCE"; }

# With the end of the http block.
mix_nginx_server() {
	cat <<-END
		log_format accuracy '\$connection \$status \$upstream_addr;\$upstream_status;\$request_uri';
		limit_req_zone \$server_port zone=accuracy:64k rate=1r/s;
		server {
			$(mix_targets nginx | sed 's/.*/listen &;/')
			access_log $LAB_DIR/nginx-mix.log accuracy;
			$(mix_of nginx instance_nginx_location)
		}
		}
	END
}

instance_haproxy_rule() {
	echo "	use_backend $CASE-$INSTANCE if { path_beg /k$INSTANCE/ }"
}

mix_haproxy_frontend() {
	cat <<-END
		frontend mix
			$(mix_targets haproxy | sed 's/.*/bind &/')
			log-format "mix %ts %ST %b %s %bi:%bp %rc %[bc_err,add(0)] %HU %[bc_err_str]"
			$(mix_of haproxy instance_haproxy_rule)
	END
}

# The other three's files are made of instance_routes(), which is the mix's here: of what they
# write for an instance, that within its site goes into the site of the mix.
instance_routes() { echo "/k$INSTANCE/ $CASE-$INSTANCE $(server_numbers | tr '\n' ' ')"; }

instance_caddy_site() { caddy_instance | sed '1,2d;$d'; }

mix_caddy_site() {
	cat <<-END
		http://:${MIX_PORTS[caddy]} {
			bind $(net_address ipv4 0 1) $(net_address ipv6 0 1)
			$(mix_of caddy instance_caddy_site)
		}
	END
}

instance_apache_site() { apache_instance | grep -v -e '^Listen' -e VirtualHost -e ServerName -e SSLProxyEngine; }

mix_apache_site() {
	cat <<-END
		$(mix_targets apache | sed 's/.*/Listen &/')
		<VirtualHost *:${MIX_PORTS[apache]}>
			ServerName lab
			SSLProxyEngine on
			$(mix_of apache instance_apache_site)
		</VirtualHost>
	END
}

# Varnish routes by path alone, and its first instance opens the mix's frontends.
varnish_route() {
	local path name numbers
	read -r path name numbers < <(instance_routes)
	echo "	if (bereq.url ~ \"^$path\") {"
	echo "		set bereq.backend = i${INSTANCE}_pool1.backend();"
	[[ $reuse == yes ]] || echo "		set bereq.http.connection = \"close\";"
	echo "	}"
}

varnish_listeners() {
	local instance
	echo "-a i$INSTANCE=$(frontend_endpoint)"
	for instance in "${!INSTANCE_LB[@]}"; do
		if [[ ${INSTANCE_LB[instance]} == varnish ]]; then
			[[ $instance != "$INSTANCE" ]] || mix_targets varnish | sed 's/.*/-a &/'
			return
		fi
	done
}

# mix_extend FUNCTION ANOTHER [FILTER]: what ANOTHER prints comes after what FUNCTION does.
mix_extend() {
	eval "lab_$(declare -f "$1")"
	eval "$1() { lab_$1 | ${3:-cat} && $2; }"
}

mix_extend nginx_conf mix_nginx_server "sed '\$d'"
mix_extend haproxy_conf mix_haproxy_frontend
mix_extend caddy_conf mix_caddy_site
mix_extend apache_conf mix_apache_site
