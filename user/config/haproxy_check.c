// SPDX-License-Identifier: GPL-2.0-only
#include "user/config/haproxy_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_option {
	const char *name;
	enum backend_check kind;
};

static const struct check_option check_options[] = {
	{ "httpchk", CHECK_HTTP },	{ "tcp-check", CHECK_TCP },
	{ "ssl-hello-chk", CHECK_TLS }, { "external-check", CHECK_OTHER },
	{ "ldap-check", CHECK_OTHER },	{ "mysql-check", CHECK_OTHER },
	{ "pgsql-check", CHECK_OTHER }, { "redis-check", CHECK_OTHER },
	{ "smtpchk", CHECK_OTHER },	{ "spop-check", CHECK_OTHER },
};

/* The first rule of a proxy's own is the end of those it had from its defaults. */
static void make_own(struct haproxy_rules *rules)
{
	if (!rules->is_own)
		*rules = (struct haproxy_rules){ .is_own = true };
}

/* option httpchk [[METHOD] URI [VERSION]] */
static void take_httpchk(struct haproxy_rules *rules, const struct haproxy_words *words)
{
	const char *method = words->count > 3 ? haproxy_word(words, 2) : "OPTIONS";
	const char *uri = haproxy_word(words, words->count > 3 ? 3 : 2);

	make_own(rules);
	rules->has_option = true;
	config_set_text(rules->option.method, sizeof(rules->option.method), method);
	config_set_text(rules->option.uri, sizeof(rules->option.uri), *uri ? uri : "/");
}

static void take_option(struct haproxy_check *check, const struct haproxy_words *words)
{
	const char *name = haproxy_word(words, 1);

	for (size_t i = 0; i < sizeof(check_options) / sizeof(check_options[0]); i++) {
		if (strcmp(name, check_options[i].name) != 0)
			continue;
		check->kind = check_options[i].kind;
		config_set_text(check->name, sizeof(check->name), name);
		if (check->kind == CHECK_HTTP)
			take_httpchk(&check->http, words);
		if (check->kind == CHECK_TCP)
			make_own(&check->tcp);
		return;
	}
}

/* http-check send [meth M] [uri U | uri-lf F] [ver V] [hdr N V]... [body B | body-lf F] */
static void take_send(struct haproxy_rules *rules, const struct haproxy_words *words)
{
	if (rules->has_send)
		return;
	rules->has_send = true;
	for (size_t i = 2; i < words->count; i += 2) {
		const char *value = haproxy_word(words, i + 1);

		if (!strcmp(words->word[i], "meth"))
			config_set_text(rules->send.method, sizeof(rules->send.method), value);
		else if (!strcmp(words->word[i], "uri") || !strcmp(words->word[i], "uri-lf"))
			config_set_text(rules->send.uri, sizeof(rules->send.uri), value);
		else if (!strcmp(words->word[i], "hdr") || !strcmp(words->word[i], "hdr-lf"))
			i++;
	}
}

/* http-check, tcp-check connect [default] [port N] [addr A] [ssl] [send-proxy] ...: of several the
 * first counts, as with the requests. */
static void take_connect(struct haproxy_rules *rules, const struct haproxy_words *words)
{
	for (size_t i = 2; i < words->count && !rules->has_send && !rules->talks; i++) {
		if (!strcmp(words->word[i], "ssl"))
			rules->tls = true;
		if (!strcmp(words->word[i], "port")) {
			long port = strtol(haproxy_word(words, i + 1), NULL, 10);

			rules->port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
		}
	}
}

static void take_rule(struct haproxy_rules *rules, const struct haproxy_words *words, bool is_http)
{
	const char *action = haproxy_word(words, 1);

	if (is_http && (!strcmp(action, "disable-on-404") || !strcmp(action, "send-state")))
		return;
	make_own(rules);
	if (!strcmp(action, "connect"))
		take_connect(rules, words);
	else if (is_http && !strcmp(action, "send"))
		take_send(rules, words);
	else if (!is_http && (!strncmp(action, "send", 4) || !strcmp(action, "expect")))
		rules->talks = true;
}

void haproxy_check_take(struct haproxy_check *check, const struct haproxy_words *words)
{
	const char *word = haproxy_word(words, 0);

	if (!strcmp(word, "option"))
		take_option(check, words);
	else if (!strcmp(word, "http-check"))
		take_rule(&check->http, words, true);
	else if (!strcmp(word, "tcp-check"))
		take_rule(&check->tcp, words, false);
}

/* What the request says; of what it does not say, HAProxy's defaults. */
static void set_request(const struct haproxy_rules *rules, struct event_backend *backend)
{
	const char *method = rules->send.method, *uri = rules->send.uri;

	backend->check = CHECK_HTTP;
	/* Without a rule that sends, nothing is ever sent. */
	if (!rules->has_option && !rules->has_send)
		return;
	if (!*method)
		method = rules->has_option ? rules->option.method : "OPTIONS";
	if (!*uri)
		uri = rules->has_option ? rules->option.uri : "/";
	snprintf(backend->check_target, sizeof(backend->check_target), "%.31s %.95s", method, uri);
}

static void set_port(const struct haproxy_rules *rules, struct event_backend *backend)
{
	if (!rules->port)
		return;
	backend->check_port = rules->port;
	if (rules->port != backend->address.port)
		backend->header.flags |= BACKEND_CHECK_ELSEWHERE;
}

static void set_other(struct event_backend *backend, const char *name)
{
	backend->check = CHECK_OTHER;
	config_set_text(backend->check_target, sizeof(backend->check_target), name);
}

void haproxy_check_apply(const struct haproxy_check *check, struct event_backend *backend)
{
	if (backend->check != CHECK_TCP && backend->check != CHECK_TLS)
		return;
	switch (check->kind) {
	case CHECK_HTTP:
		set_request(&check->http, backend);
		set_port(&check->http, backend);
		break;
	case CHECK_TCP:
		set_port(&check->tcp, backend);
		if (check->tcp.talks)
			set_other(backend, check->name);
		else if (check->tcp.tls)
			backend->check = CHECK_TLS;
		break;
	case CHECK_TLS:
		backend->check = CHECK_TLS;
		break;
	case CHECK_OTHER:
		set_other(backend, check->name);
		break;
	default:
		break;
	}
}
