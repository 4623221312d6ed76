# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# -f several times, one of them a directory; defaults of one file hold in the next.
balancer=haproxy
servers=("1 ok" "2 closed" "3 ok")
traffic=("/ 4" "/b 4" "/c 2")
config_it() {
	mkdir -p "$CASE_DIR/conf.d"
	haproxy_head >"$CASE_DIR/global.cfg"
	cat >"$CASE_DIR/conf.d/10-front.cfg" <<-END
		frontend web
			bind $(front)
			use_backend "second pool" if { path /b }
			use_backend third if { path /c }
			default_backend first
	END
	cat >"$CASE_DIR/conf.d/20-back.cfg" <<-'END'
		backend first   # the main pool
	END
	cat >>"$CASE_DIR/conf.d/20-back.cfg" <<-END
			balance roundrobin
			server app1 $(host 1):8080 weight 10 maxconn 50
		backend second\\ pool
			server app\\ 2 $(host 2):8080
		backend third
			server "v6" [$(host6 3)]:8080
	END
	sed -i 's/second pool"/second-pool"/; s/"second-pool"/second-pool/; s/second\\ pool/second-pool/; s/app\\ 2/app2/' \
		"$CASE_DIR"/conf.d/*.cfg
	echo 'backend ignored' >"$CASE_DIR/conf.d/30-old.cfg.bak"
}
start_it() { balancer haproxy -W -db -f "$CASE_DIR/global.cfg" -f "$CASE_DIR/conf.d"; }
expect_it() {
	echo "first/app1 $(host 1):8080"
	echo "second-pool/app2 $(host 2):8080"
	echo "third/v6 [$(host6 3)]:8080"
}
verdicts_it() { echo "conn-refused second-pool/app2"; }
