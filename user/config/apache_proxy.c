// SPDX-License-Identifier: GPL-2.0-only
/* mod_proxy's directives: workers, by themselves and as members of balancers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "user/config/apache.h"
#include "user/config/duration.h"

#define TIMEOUT_MS 60000 /* of the server, when nothing is said */
#define CHECK_INTERVAL_MS 30000

struct scheme {
	const char *text;
	uint16_t port;
	uint16_t protocol; /* enum backend_protocol */
	uint32_t flags;
	bool is_reused; /* unless disablereuse=on; else with enablereuse=on only */
};

/* AJP is none of the protocols that are known; it is no HTTP either. */
static const struct scheme schemes[] = {
	{ "http://", 80, BACKEND_HTTP, 0, true },
	{ "https://", 443, BACKEND_HTTP, BACKEND_TLS, true },
	{ "h2://", 443, BACKEND_HTTP, BACKEND_TLS | BACKEND_HTTP2, true },
	{ "h2c://", 80, BACKEND_HTTP, BACKEND_HTTP2, true },
	{ "ws://", 80, BACKEND_HTTP, 0, true },
	{ "wss://", 443, BACKEND_HTTP, BACKEND_TLS, true },
	{ "ajp://", 8009, BACKEND_TCP, 0, true },
	{ "fcgi://", 8000, BACKEND_FASTCGI, 0, false },
	{ "scgi://", 4000, BACKEND_SCGI, 0, false },
	{ "uwsgi://", 3031, BACKEND_UWSGI, 0, false },
};

#define BALANCER "balancer://"
/* For a URL that is no worker's: its name is looked up for each request. */
#define NO_PARAMETERS SIZE_MAX

static const struct scheme *find_scheme(const char *url)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (!strncasecmp(url, schemes[i].text, strlen(schemes[i].text)))
			return &schemes[i];
	return NULL;
}

static bool is_balancer(const char *url)
{
	return !strncasecmp(url, BALANCER, strlen(BALANCER));
}

static bool is_url(const char *word)
{
	return is_balancer(word) || find_scheme(word) || !strncasecmp(word, "unix:", 5) ||
	       !strcmp(word, "!");
}

static void set_pool(struct event_backend *backend, const char *url)
{
	char name[EVENT_HOST_BYTES];

	config_set_text(name, sizeof(name), url + strlen(BALANCER));
	name[strcspn(name, "/")] = '\0';
	config_set_text(backend->pool, sizeof(backend->pool), name);
}

/* Of "backend:8080$1", where the pattern's part begins with a slash, what stands before it. */
static void cut_reference(char *authority, const char *pattern)
{
	char *reference = strchr(authority, '$'), *colon = strchr(authority, ':');
	bool is_path = pattern && (strstr(pattern, "(/") || strstr(pattern, "(\\/") ||
				   pattern[0] == '(' || !strncmp(pattern, "^(", 2));

	if (!reference || reference == authority || reference[1] < '0' || reference[1] > '9' ||
	    reference[2])
		return;
	if ((colon && colon + 1 < reference) || is_path)
		*reference = '\0';
}

/* Sets address, name, protocol and flags from a URL: "http://host:port/path",
 * "unix:/path|fcgi://host/". `pattern`: the expression that $1 is of, or NULL. 0 or -EINVAL. */
static int set_url(struct event_backend *backend, const char *url, const char *pattern,
		   const struct scheme **scheme)
{
	char text[EVENT_HOST_BYTES * 2];
	const char *bar = strchr(url, '|');
	int err;

	if (!strncasecmp(url, "unix:", 5)) {
		if (!bar || (size_t)(bar - url) >= sizeof(text))
			return -EINVAL;
		snprintf(text, sizeof(text), "%.*s", (int)(bar - url), url);
		*scheme = find_scheme(bar + 1);
	} else {
		*scheme = find_scheme(url);
		if (!*scheme)
			return -EINVAL;
		snprintf(text, sizeof(text), "%s", url + strlen((*scheme)->text));
		/* a variable may hold slashes: %{HTTP:X-Host} does not */
		text[strcspn(text, "/?")] = '\0';
		cut_reference(text, pattern);
	}
	if (!*scheme)
		return -EINVAL;
	err = config_set_address(backend, text, (*scheme)->port);
	if (err)
		return err;
	backend->protocol = (*scheme)->protocol;
	backend->header.flags |= (*scheme)->flags;
	config_set_text(backend->name, sizeof(backend->name), text);
	return 0;
}

static void set_check(struct event_backend *backend, const char *name, const char *value)
{
	size_t length = strlen(value);

	if (!strcasecmp(name, "hcmethod")) {
		backend->check = !strcasecmp(value, "none")  ? CHECK_NONE
				 : !strcasecmp(value, "tcp") ? CHECK_TCP
				 : !strcasecmp(value, "cping") || !strcasecmp(value, "provider")
					 ? CHECK_OTHER
					 : CHECK_HTTP;
		if (backend->check == CHECK_HTTP)
			/* GET11 and the like: the version is no part of the method */
			snprintf(backend->check_target, sizeof(backend->check_target), "%.*s",
				 length > 2 && !strcmp(value + length - 2, "11") ? (int)length - 2
										 : 15,
				 value);
	} else if (!strcasecmp(name, "hcuri")) {
		/* the method may follow: the target is put together at last */
		config_set_text(backend->directive, sizeof(backend->directive), value);
	} else if (!strcasecmp(name, "hcinterval")) {
		backend->check_interval_ms = duration_ms(value, 1000);
	}
}

static uint32_t number(const char *text)
{
	unsigned long value;
	char *rest;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoul(text, &rest, 10);
	return errno || value > UINT32_MAX ? 0 : (uint32_t)value;
}

/* "status=+H", "-D", "IRD" */
static void set_status(struct event_backend *backend, const char *value)
{
	bool clears = value[0] == '-';
	uint32_t flags = 0;

	if (strpbrk(value, "hHrR"))
		flags |= BACKEND_BACKUP;
	if (strpbrk(value, "dDsS"))
		flags |= BACKEND_DISABLED;
	if (clears)
		backend->header.flags &= ~flags;
	else
		backend->header.flags |= flags;
}

struct reuse {
	bool told;
	bool is_on;
};

static const struct apache_template *find_template(const struct apache *apache, const char *name)
{
	for (size_t i = 0; i < apache->template_count; i++)
		if (!strcasecmp(apache->templates[i].name, name))
			return &apache->templates[i];
	return NULL;
}

static void use_template(const struct apache *apache, struct event_backend *backend,
			 const char *name)
{
	const struct apache_template *found = find_template(apache, name);

	if (!found)
		return;
	backend->check = found->pattern.check;
	backend->check_interval_ms = found->pattern.check_interval_ms;
	strcpy(backend->check_target, found->pattern.check_target);
	strcpy(backend->directive, found->pattern.directive);
}

static void set_parameter(const struct apache *apache, struct event_backend *backend,
			  struct reuse *reuse, const char *word)
{
	const char *value = strchr(word, '=');
	char name[EVENT_NAME_BYTES];

	if (!value || (size_t)(value - word) >= sizeof(name))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(value - word), word);
	value++;
	if (!strncasecmp(name, "hc", 2) && strcasecmp(name, "hctemplate")) {
		set_check(backend, name, value);
	} else if (!strcasecmp(name, "hctemplate")) {
		use_template(apache, backend, value);
	} else if (!strcasecmp(name, "connectiontimeout")) {
		backend->connect_timeout_ms = duration_ms(value, 1000);
	} else if (!strcasecmp(name, "timeout")) {
		backend->response_timeout_ms = duration_ms(value, 1000);
	} else if (!strcasecmp(name, "ttl")) {
		backend->keepalive_idle_ms = duration_ms(value, 1000);
	} else if (!strcasecmp(name, "max")) {
		backend->connections_max = number(value);
	} else if (!strcasecmp(name, "loadfactor")) {
		backend->weight = number(value);
	} else if (!strcasecmp(name, "status")) {
		set_status(backend, value);
	} else if (!strcasecmp(name, "disablereuse")) {
		*reuse = (struct reuse){ true, strcasecmp(value, "on") };
	} else if (!strcasecmp(name, "enablereuse")) {
		*reuse = (struct reuse){ true, !strcasecmp(value, "on") };
	} else if (!strcasecmp(name, "addressttl")) {
		/* from then on the name is looked up again */
		*reuse = (struct reuse){ true, false };
	}
}

/* Takes the check's path from where set_check() left it. */
static void finish_check(struct event_backend *backend)
{
	char target[EVENT_TEXT_BYTES * 2];

	if (backend->check == CHECK_HTTP) {
		snprintf(target, sizeof(target), "%s %s", backend->check_target,
			 backend->directive[0] ? backend->directive : "/");
		config_set_text(backend->check_target, sizeof(backend->check_target), target);
	}
	if (backend->check != CHECK_NONE) {
		backend->header.flags |= BACKEND_CHECKED;
		if (!backend->check_interval_ms)
			backend->check_interval_ms = CHECK_INTERVAL_MS;
	} else {
		backend->check_interval_ms = 0;
	}
}

/* The line, with blanks drawn together: it may have been several. */
static void set_directive(struct event_backend *backend, const char *text)
{
	char line[EVENT_TEXT_BYTES * 2];
	size_t used = 0;

	for (; *text && used + 1 < sizeof(line); text++) {
		bool is_blank = *text == ' ' || *text == '\t';

		if (!is_blank || (used && line[used - 1] != ' '))
			line[used++] = is_blank ? ' ' : *text;
	}
	line[used] = '\0';
	config_set_text(backend->directive, sizeof(backend->directive), line);
}

/* A worker with the parameters from word `from` on. A balancer's member that its own <Proxy> names
 * again is added again. 0 or -ENOMEM. */
static int add_worker(struct apache *apache, const struct apache_line *line,
		      struct event_backend *backend, const char *pattern, const char *url,
		      size_t from)
{
	const struct apache_section *section = &apache->sections[apache->section_count - 1];
	struct config *config = apache->config;
	const struct event_backend *known;
	const struct scheme *scheme;
	struct event_backend *added;
	struct reuse reuse = { 0 };
	uint32_t index;
	int err;

	if (set_url(backend, url, pattern, &scheme))
		return apache_note(apache, CONFIG_SKIPPED, line);
	for (size_t i = from; i < line->count; i++)
		set_parameter(apache, backend, &reuse, line->words[i]);
	finish_check(backend);
	if ((backend->header.flags & BACKEND_NAMED) &&
	    (reuse.told ? reuse.is_on : scheme->is_reused && from != NO_PARAMETERS))
		backend->header.flags |= BACKEND_RESOLVED_ONCE;
	known = known_find(&apache->known, config, backend);
	if (known && (!backend->pool[0] || known->index < section->first))
		return 0;
	backend->line = line->line;
	config_set_text(backend->file, sizeof(backend->file), line->file);
	set_directive(backend, line->text);
	added = config_add_backend(config, &err);
	if (!added)
		return err;
	index = added->index;
	backend->header.type = added->header.type;
	backend->header.size_bytes = added->header.size_bytes;
	*added = *backend;
	added->index = index;
	/* of several alike the first counts: it was there before the others' section */
	if (!known)
		known_add(&apache->known, config, index);
	return 0;
}

/* ProxyPass [PATH] URL PARAMETER..., ProxyPassMatch [PATTERN] URL PARAMETER... */
static int take_pass(struct apache *apache, const struct apache_line *line, bool is_match)
{
	struct event_backend backend = { 0 };
	size_t url = line->count && is_url(line->words[0]) ? 0 : 1;

	if (line->count <= url)
		return apache_note(apache, CONFIG_SKIPPED, line);
	if (!strcmp(line->words[url], "!") || is_balancer(line->words[url]))
		return 0;
	return add_worker(apache, line, &backend, is_match ? url ? line->words[0] : "" : NULL,
			  line->words[url], url + 1);
}

/* BalancerMember [BALANCER] URL PARAMETER... */
static int take_member(struct apache *apache, const struct apache_line *line)
{
	const char *balancer = apache->sections[apache->section_count - 1].proxy;
	struct event_backend backend = { 0 };
	size_t url = 0;

	if (line->count && is_balancer(line->words[0])) {
		balancer = line->words[0];
		url = 1;
	}
	if (line->count <= url || !is_balancer(balancer))
		return apache_note(apache, CONFIG_SKIPPED, line);
	set_pool(&backend, balancer);
	return add_worker(apache, line, &backend, NULL, line->words[url], url + 1);
}

/* RewriteRule PATTERN URL [P,...] */
static int take_rewrite(struct apache *apache, const struct apache_line *line)
{
	struct event_backend backend = { 0 };
	const char *flag, *url;

	if (line->count < 3 || line->words[2][0] != '[')
		return 0;
	for (flag = line->words[2] + 1; *flag;
	     flag += strcspn(flag, ",") + (strchr(flag, ',') != NULL)) {
		size_t length = strcspn(flag, ",]");

		if ((length == 1 && (*flag == 'P' || *flag == 'p')) ||
		    (length == 5 && !strncasecmp(flag, "proxy", 5)))
			break;
	}
	url = line->words[1];
	if (!*flag || is_balancer(url) || !is_url(url))
		return 0;
	return add_worker(apache, line, &backend, NULL, url, NO_PARAMETERS);
}

/* SetHandler "proxy:URL" */
static int take_handler(struct apache *apache, const struct apache_line *line)
{
	static const char prefix[] = "proxy:";
	struct event_backend backend = { 0 };
	const char *url;

	if (!line->count || strncasecmp(line->words[0], prefix, strlen(prefix)))
		return 0;
	url = line->words[0] + strlen(prefix);
	return is_balancer(url) ? 0 : add_worker(apache, line, &backend, NULL, url, NO_PARAMETERS);
}

/* ProxySet within <Proxy URL>, or ProxySet URL, for a worker that is no balancer. */
static void take_set(struct apache *apache, const struct apache_line *line)
{
	const char *url = apache->sections[apache->section_count - 1].proxy;
	struct event_backend *worker = &apache->workers[apache->worker_count];
	const struct scheme *scheme;
	struct reuse reuse;
	size_t from = 0;

	if (line->count && is_url(line->words[0])) {
		url = line->words[0];
		from = 1;
	}
	if (apache->worker_count == APACHE_WORKERS_MOST || is_balancer(url))
		return;
	memset(worker, 0, sizeof(*worker));
	if (set_url(worker, url, NULL, &scheme))
		return;
	for (size_t i = from; i < line->count; i++)
		set_parameter(apache, worker, &reuse, line->words[i]);
	apache->worker_count++;
}

static void take_template(struct apache *apache, const struct apache_line *line)
{
	struct apache_template *template = &apache->templates[apache->template_count];
	struct reuse reuse;

	if (apache->template_count == APACHE_TEMPLATES_MOST || !line->count)
		return;
	memset(template, 0, sizeof(*template));
	config_set_text(template->name, sizeof(template->name), line->words[0]);
	for (size_t i = 1; i < line->count; i++)
		set_parameter(apache, &template->pattern, &reuse, line->words[i]);
	apache->template_count++;
}

bool apache_take_proxy(struct apache *apache, const char *name, const struct apache_line *line,
		       int *err)
{
	struct apache_host *host = &apache->hosts[apache->sections[apache->section_count - 1].host];
	uint32_t timeout_ms = line->count ? duration_ms(line->words[0], 1000) : 0;

	*err = 0;
	if (!strcasecmp(name, "ProxyPass"))
		*err = take_pass(apache, line, false);
	else if (!strcasecmp(name, "ProxyPassMatch"))
		*err = take_pass(apache, line, true);
	else if (!strcasecmp(name, "BalancerMember"))
		*err = take_member(apache, line);
	else if (!strcasecmp(name, "RewriteRule"))
		*err = take_rewrite(apache, line);
	else if (!strcasecmp(name, "SetHandler"))
		*err = take_handler(apache, line);
	else if (!strcasecmp(name, "ProxySet"))
		take_set(apache, line);
	else if (!strcasecmp(name, "ProxyHCTemplate"))
		take_template(apache, line);
	else if (!strcasecmp(name, "ProxyTimeout"))
		host->proxy_timeout_ms = timeout_ms;
	else if (!strcasecmp(name, "Timeout"))
		host->timeout_ms = timeout_ms;
	else
		return false;
	return true;
}

static void fill(uint32_t *value, uint32_t by)
{
	if (!*value)
		*value = by;
}

static void finish_workers(struct apache *apache, struct event_backend *backend)
{
	for (size_t i = 0; i < apache->worker_count && !backend->pool[0]; i++) {
		const struct event_backend *worker = &apache->workers[i];

		if (strcmp(worker->name, backend->name) || worker->protocol != backend->protocol ||
		    (worker->header.flags ^ backend->header.flags) & BACKEND_TLS)
			continue;
		fill(&backend->connect_timeout_ms, worker->connect_timeout_ms);
		fill(&backend->response_timeout_ms, worker->response_timeout_ms);
		fill(&backend->keepalive_idle_ms, worker->keepalive_idle_ms);
		fill(&backend->connections_max, worker->connections_max);
	}
}

void apache_finish(struct apache *apache)
{
	const struct apache_host *server = &apache->hosts[0];

	/* the server itself comes last: what no virtual host has set is its */
	apache->hosts[0].last = apache->config->backend_count;
	for (size_t i = apache->host_count; i > 0; i--) {
		const struct apache_host *host = &apache->hosts[i - 1];
		uint32_t timeout_ms = host->proxy_timeout_ms;

		fill(&timeout_ms, server->proxy_timeout_ms);
		fill(&timeout_ms, host->timeout_ms);
		fill(&timeout_ms, server->timeout_ms);
		fill(&timeout_ms, TIMEOUT_MS);
		for (size_t j = host->first; j < host->last; j++) {
			struct event_backend *backend = &apache->config->backends[j];

			finish_workers(apache, backend);
			fill(&backend->response_timeout_ms, timeout_ms);
			fill(&backend->connect_timeout_ms, backend->response_timeout_ms);
		}
	}
}
