# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2153,SC2154,SC2034,SC2030,SC2031
# Incidents as files: tests/incidents/cases/NAME.sh, and tests/incidents/benign/NAME.sh for what
# is no incident. A file sets some of the variables below; it is sourced once for each instance
# (case × place × load balancer × family), which has a client address, a frontend and server
# addresses of its own, so that many instances share one lab.
#
#   places=(near)           where the servers are: near (on the load balancer's link), far
#                           (behind the router)
#   balancers=(nginx haproxy)  families=(ipv4 ipv6)
#   proxies=()              further load balancers, run when asked for: caddy apache varnish
#   servers=(ok)            one word a server: a mode of lab-backend (`lab-backend` lists them), or
#                             closed    nobody listens on the port
#                             nobody    no host has the address
#                             unrouted  the load balancer has no route to it
#   requests=(GET:/ GET:/)  what the client sends, METHOD:PATH[:BODY_BYTES]
#   client=()               further options of `lab-backend client`, e.g. -k, -c 16
#   expect=("502 conn-refused 1")  expect_nginx=(...) expect_haproxy=(...) win over it,
#                           as do expect_caddy, expect_apache, expect_varnish
#                           for each request "STATUS CAUSE SERVER", the last one for all further
#                           ones. Alternatives are joined by `|`. SERVER is the number of the
#                           server to blame (from 1), `none`, or `any`. Only "STATUS": no
#                           gateway error.
#   absorbed=()             absorbed_nginx=() absorbed_haproxy=(): "CAUSE SERVER" of failed
#                           attempts that cost the client no 5xx
#   reuse=no                yes: the load balancer keeps connections to the servers
#   routing=all             path: a request to /sN/... goes to server N alone
#   tls=no                  yes: the load balancer talks TLS to the servers
#   front=plain             what the client talks to the load balancer: tls, tls-h2, h2c (lab-front.sh)
#   connect_ms, response_ms, retries   time-outs and HAProxy's retries
#   nginx_server, nginx_upstream, nginx_keepalive, nginx_location
#   haproxy_server, haproxy_backend    lines or words for the configuration
#   caddy_proxy, apache_server, varnish_backend
#   nginx_connections, haproxy_connections   worker_connections, maxconn: of a case with alone=yes
#   settle_s=0              wait so long before the first request
#   alone=no                yes: a lab for this case alone, its instances one after another
#                           (for what touches the whole host or the whole load balancer)
#   shown=""                one line for people: what is broken
#
# and functions, called with the instance's context:
#   break_it                before the traffic (nft rules, routes, ...)
#   traffic_it              instead of `send "${requests[@]}"`; prints the same lines
#   check_it                after the traffic, of $LAB_DIR/report.json; prints what is wrong
#   heal_it                 undoes break_it, for the interactive lab
# They may use: in_lb, in_router, in_backend, in_client COMMAND; firewall RULE; server_address,
# server_port, server_endpoint N; frontend_endpoint; client_address; send REQUEST...;
# and $CASE $PLACE $LB $FAMILY $INSTANCE $LAB_DIR $NGINX_PID $HAPROXY_PID.
#
# Set by the caller: LAB_TESTS (tests/incidents), LAB_BACKEND (the lab-backend program).

INSTANCE_CASE=() INSTANCE_PLACE=() INSTANCE_LB=() INSTANCE_FAMILY=()
SERVERS_MAX=3
INSTANCES_MAX=300

case_defaults() {
	places=(near) balancers=(nginx haproxy) proxies=() families=(ipv4 ipv6)
	servers=(ok) requests=(GET:/ GET:/) client=()
	expect=() expect_nginx=() expect_haproxy=()
	expect_caddy=() expect_apache=() expect_varnish=()
	absorbed=() absorbed_nginx=() absorbed_haproxy=()
	absorbed_caddy=() absorbed_apache=() absorbed_varnish=()
	nginx_connections="" haproxy_connections=""
	reuse=no routing=all tls=no front=plain alone=no settle_s=0 shown=""
	connect_ms=5000 response_ms=5000 retries=0
	nginx_server="max_fails=0" nginx_upstream="" nginx_keepalive="" nginx_location=""
	haproxy_server="" haproxy_backend=""
	caddy_proxy="" apache_server="retry=0" varnish_backend=""
	unset -f break_it traffic_it check_it heal_it
}

# The file of a case, whichever of the two kinds it is.
case_file() { # NAME
	local kind
	for kind in cases benign; do
		if [[ -r $LAB_TESTS/$kind/$1.sh ]]; then
			echo "$LAB_TESTS/$kind/$1.sh"
			return 0
		fi
	done
	return 1
}

case_names() { # cases|benign
	local file
	for file in "$LAB_TESTS/$1"/*.sh; do
		basename "$file" .sh
	done
}

# Sources a case with $CASE $PLACE $LB $FAMILY set, and picks what is the load balancer's own.
case_source() {
	local file
	local -n own_expect=expect_$LB own_absorbed=absorbed_$LB
	case_defaults
	file=$(case_file "$CASE")
	# shellcheck source=/dev/null
	source "$file"
	if [[ ${#own_expect[@]} -gt 0 ]]; then
		expect=("${own_expect[@]}")
	fi
	if [[ ${#own_absorbed[@]} -gt 0 ]]; then
		absorbed=("${own_absorbed[@]}")
	fi
}

# Prints `ALONE CASE PLACE LB FAMILY` for each instance of a case, of those asked for. LB may be
# several, with commas; the `proxies` are only run when asked for.
case_expand() ( # NAME [LB [FAMILY]]
	CASE=$1 PLACE=near LB=nginx FAMILY=ipv4 INSTANCE=0
	case_source
	for PLACE in "${places[@]}"; do
		for LB in "${balancers[@]}" ${2:+"${proxies[@]}"}; do
			for FAMILY in "${families[@]}"; do
				if [[ ",${2:-$LB}," == *",$LB,"* && ${3:-$FAMILY} == "$FAMILY" ]]; then
					echo "$alone $CASE $PLACE $LB $FAMILY"
				fi
			done
		done
	done
)

# in_instance NUMBER FUNCTION ARGS...: calls it in a subshell with the instance's context.
in_instance() {
	(
		INSTANCE=$1
		CASE=${INSTANCE_CASE[INSTANCE]} PLACE=${INSTANCE_PLACE[INSTANCE]}
		LB=${INSTANCE_LB[INSTANCE]} FAMILY=${INSTANCE_FAMILY[INSTANCE]}
		shift
		case_source
		"$@"
	)
}

# --- for cases and for those who build the lab; all within in_instance ----------------------

server_numbers() { seq "${#servers[@]}"; }
server_host() { echo $((10 + INSTANCE * SERVERS_MAX + $1)); }
server_port() { echo $((8000 + INSTANCE * SERVERS_MAX + $1)); }

server_address() { # NUMBER
	local network=1
	[[ $PLACE == near ]] || network=3
	[[ ${servers[$1 - 1]} != unrouted ]] || network=88
	net_address "$FAMILY" "$network" "$(server_host "$1")"
}

server_endpoint() { net_endpoint "$(server_address "$1")" "$(server_port "$1")"; }
client_address() { net_address "$FAMILY" 0 $((10 + INSTANCE)); }
frontend_endpoint() { net_endpoint "$(net_address "$FAMILY" 0 1)" $((9000 + INSTANCE)); }

in_lb() { in_host lb "$@"; }
in_router() { in_host router "$@"; }
in_backend() { in_host "$PLACE" "$@"; }
in_client() { in_host client "$@"; }

# firewall RULE...: on the way to the servers: in the router if they are far, else on their host.
firewall() {
	if [[ $PLACE == far ]]; then
		in_router nft add rule inet lab forward "$@"
	else
		in_backend nft add rule inet lab input "$@"
	fi
}

send() { # REQUEST... (and further client options)
	if [[ $front != plain ]]; then
		front_send "$@"
		return
	fi
	in_client "$LAB_BACKEND" client -s "$(client_address)" -t "$(frontend_endpoint)" \
		"${client[@]}" "$@"
}

# The words for lab-backend, of the servers that exist at this place.
backend_words() {
	local number mode
	for number in $(server_numbers); do
		mode=${servers[number - 1]}
		case $mode in
		closed | nobody | unrouted) ;;
		*) echo "$mode@$(server_endpoint "$number")" ;;
		esac
	done
}

backend_addresses() {
	local number
	for number in $(server_numbers); do
		case ${servers[number - 1]} in
		nobody | unrouted) ;;
		*) server_address "$number" ;;
		esac
	done
}

instance_break() {
	if declare -F break_it >/dev/null; then
		break_it
	fi
}

instance_traffic() {
	sleep "$settle_s"
	if declare -F traffic_it >/dev/null; then
		traffic_it
	else
		send "${requests[@]}"
	fi
}

instance_title() { echo "$CASE $PLACE $LB $FAMILY"; }
