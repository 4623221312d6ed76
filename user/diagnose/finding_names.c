// SPDX-License-Identifier: GPL-2.0-only
#include "user/diagnose/model.h"

const char *finding_name(enum finding_id id)
{
	static const char *const names[FINDING_COUNT] = {
		[FINDING_NEVER_CONNECTED] = "never-connected",
		[FINDING_NOT_CONFIGURED] = "not-configured",
		[FINDING_WRONG_PORT] = "wrong-port",
		[FINDING_WRONG_ADDRESS] = "wrong-address",
		[FINDING_LOOPBACK_BIND] = "loopback-bind",
		[FINDING_DUPLICATE] = "duplicate",
		[FINDING_PLAIN_TO_TLS] = "plain-to-tls",
		[FINDING_TLS_TO_PLAIN] = "tls-to-plain",
		[FINDING_CONNECT_TIMEOUT_SHORT] = "connect-timeout-short",
		[FINDING_KEEPALIVE_LONG] = "keepalive-long",
		[FINDING_CHECK_FAILING] = "check-failing",
		[FINDING_NAME_UNRESOLVED] = "name-unresolved",
		[FINDING_DNS_STALE] = "dns-stale",
		[FINDING_CONFIG_CHANGED] = "config-changed",
	};

	return id < FINDING_COUNT ? names[id] : NULL;
}

const char *finding_severity_name(enum finding_severity severity)
{
	static const char *const names[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};

	return severity <= FINDING_ERROR ? names[severity] : NULL;
}
