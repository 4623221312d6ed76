// SPDX-License-Identifier: GPL-2.0-only
#include "user/config/haproxy_proxy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/text.h"

#define NOTE_BYTES 256

int haproxy_note_skipped(struct config *config, const struct haproxy_line *line, const char *text)
{
	if (config->note_count == CONFIG_NOTES_MOST)
		return 0;
	return config_add_note(config, CONFIG_SKIPPED, line->file, line->number, text);
}

void haproxy_proxy_init(struct haproxy_proxy *proxy)
{
	*proxy = (struct haproxy_proxy){ .protocol = BACKEND_TCP };
	haproxy_settings_init(&proxy->server_defaults);
}

void haproxy_section_begin(struct haproxy_section *section, const struct haproxy_proxy *defaults,
			   const char *name)
{
	section->proxy = *defaults;
	section->proxy.check.http.is_own = false;
	section->proxy.check.tcp.is_own = false;
	config_set_text(section->proxy.name, sizeof(section->proxy.name), name);
	section->first_backend = section->config->backend_count;
	section->listen_port = 0;
	section->ports_differ = false;
	section->mapped_count = 0;
}

/* The statement with single blanks. */
static void set_directive(struct event_backend *backend, const struct haproxy_words *words,
			  const struct haproxy_line *line)
{
	char text[EVENT_TEXT_BYTES + 8];
	size_t used = 0;

	for (size_t i = 0; i < words->length && used + 1 < sizeof(text); i++) {
		bool is_blank = line->text[i] == ' ' || line->text[i] == '\t';

		if (is_blank && (!used || text[used - 1] == ' '))
			continue;
		text[used++] = line->text[i];
		if (is_blank)
			text[used - 1] = ' ';
	}
	while (used && text[used - 1] == ' ')
		used--;
	text[used] = '\0';
	text_escape(text, backend->directive, sizeof(backend->directive));
}

static void remember_mapped(struct haproxy_section *section, const struct haproxy_place *place,
			    struct event_backend *backend)
{
	if (section->mapped_count < HAPROXY_MAPPED_MOST) {
		section->mapped[section->mapped_count++] = (struct haproxy_mapped){
			.index = backend->index,
			.port_offset = place->port_offset,
			.is_dynamic = backend->header.flags & BACKEND_DYNAMIC,
		};
	}
	backend->header.flags |= BACKEND_DYNAMIC;
}

static int add_server(struct haproxy_section *section, const char *name,
		      const struct haproxy_settings *settings, const struct haproxy_place *place,
		      const struct haproxy_line *line, struct event_backend **added)
{
	struct event_backend *backend;
	int err;

	backend = config_add_backend(section->config, &err);
	*added = backend;
	if (!backend)
		return err;
	memcpy(backend->pool, section->proxy.name, sizeof(backend->pool));
	config_set_text(backend->name, sizeof(backend->name), name);
	config_set_text(backend->file, sizeof(backend->file), line->file);
	backend->line = line->number;
	haproxy_settings_apply(settings, place, backend);
	if (place->is_mapped)
		remember_mapped(section, place, backend);
	return 0;
}

/* The settings of one line, on top of those of the default-server lines before it. */
static int read_settings(struct haproxy_section *section, const struct haproxy_words *words,
			 const struct haproxy_line *line, size_t from,
			 struct haproxy_settings *settings)
{
	const char *unknown = haproxy_settings_read(settings, words, from);
	char text[NOTE_BYTES];

	if (words->is_cut)
		unknown = "a line too long";
	if (!unknown)
		return 0;
	snprintf(text, sizeof(text), "%.64s, of %.32s%s%.64s", unknown, haproxy_word(words, 0),
		 from > 1 ? " " : "", from > 1 ? haproxy_word(words, 1) : "");
	return haproxy_note_skipped(section->config, line, text);
}

static int note_statement(struct haproxy_section *section, const struct haproxy_words *words,
			  const struct haproxy_line *line)
{
	struct event_backend said;

	set_directive(&said, words, line);
	return haproxy_note_skipped(section->config, line, said.directive);
}

static int read_place(struct haproxy_section *section, const char *text,
		      struct haproxy_place *place)
{
	char address[EVENT_HOST_BYTES];

	if (!haproxy_environment_expand(section->environment, text, address, sizeof(address)))
		return -EINVAL;
	return haproxy_place_read(place, address);
}

/* server NAME ADDRESS [KEYWORD ...] */
static int take_server(struct haproxy_section *section, const struct haproxy_words *words,
		       const struct haproxy_line *line)
{
	struct haproxy_settings settings = section->proxy.server_defaults;
	struct event_backend *backend;
	struct haproxy_place place;
	int err;

	if (words->count < 3 || read_place(section, words->word[2], &place))
		return note_statement(section, words, line);
	err = read_settings(section, words, line, 3, &settings);
	if (!err)
		err = add_server(section, words->word[1], &settings, &place, line, &backend);
	if (!err && backend)
		set_directive(backend, words, line);
	return err;
}

/* "5" or "3-5": from 1, or from the first. */
static int read_range(const char *text, unsigned long *first, unsigned long *last)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	*last = strtoul(text, &end, 10);
	*first = 1;
	if (*end == '-') {
		*first = *last;
		if (end[1] < '0' || end[1] > '9')
			return -EINVAL;
		*last = strtoul(end + 1, &end, 10);
	}
	return *end || *first > *last || *last > INT32_MAX ? -EINVAL : 0;
}

/* server-template PREFIX NUMBER|RANGE NAME[:PORT] [KEYWORD ...]: which of the name's addresses each
 * server has is up to HAProxy. */
static int take_template(struct haproxy_section *section, const struct haproxy_words *words,
			 const struct haproxy_line *line)
{
	struct haproxy_settings settings = section->proxy.server_defaults;
	unsigned long first, last;
	struct haproxy_place place;
	int err;

	if (words->count < 4 || read_range(words->word[2], &first, &last) ||
	    read_place(section, words->word[3], &place))
		return note_statement(section, words, line);
	err = read_settings(section, words, line, 4, &settings);
	for (unsigned long i = first; !err && i <= last; i++) {
		char name[EVENT_POOL_BYTES + 32];
		struct event_backend *backend;

		snprintf(name, sizeof(name), "%.*s%lu", EVENT_POOL_BYTES, words->word[1], i);
		err = add_server(section, name, &settings, &place, line, &backend);
		if (!backend)
			break;
		if (settings.flags & HAPROXY_SERVER_RESOLVERS)
			backend->header.flags |= BACKEND_DYNAMIC;
		set_directive(backend, words, line);
	}
	return err;
}

/* dispatch ADDRESS: a server without a name. */
static int take_dispatch(struct haproxy_section *section, const struct haproxy_words *words,
			 const struct haproxy_line *line)
{
	struct haproxy_settings settings;
	struct event_backend *backend;
	struct haproxy_place place;
	int err;

	if (words->count < 2 || read_place(section, words->word[1], &place))
		return note_statement(section, words, line);
	haproxy_settings_init(&settings);
	err = add_server(section, words->word[1], &settings, &place, line, &backend);
	if (!err && backend)
		set_directive(backend, words, line);
	return err;
}

/* bind ADDRESS:PORT[,...]: what the port of a server without one is. */
static void take_bind(struct haproxy_section *section, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, ",");
		const char *colon = memrchr(text, ':', length);
		char *end = NULL;
		unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

		if (end != text + length || !port || port > UINT16_MAX ||
		    (section->listen_port && section->listen_port != port))
			section->ports_differ = true;
		else
			section->listen_port = (uint16_t)port;
		text += length + (text[length] == ',');
	}
}

static void take_mode(struct haproxy_proxy *proxy, const char *mode)
{
	proxy->protocol = !strcmp(mode, "http") ? BACKEND_HTTP : BACKEND_TCP;
}

static void take_timeout(struct haproxy_proxy *proxy, const char *name, const char *value)
{
	uint32_t ms;

	if (config_parse_time(value, 1, &ms))
		return;
	if (!strcmp(name, "connect"))
		proxy->connect_timeout_ms = ms;
	if (!strcmp(name, "server"))
		proxy->response_timeout_ms = ms;
}

static void take_statement(struct haproxy_proxy *proxy, const struct haproxy_words *words)
{
	const char *word = words->word[0], *argument = haproxy_word(words, 1);

	if (!strcmp(word, "mode"))
		take_mode(proxy, argument);
	else if (!strcmp(word, "timeout"))
		take_timeout(proxy, argument, haproxy_word(words, 2));
	else if (!strcmp(word, "contimeout"))
		take_timeout(proxy, "connect", argument);
	else if (!strcmp(word, "srvtimeout"))
		take_timeout(proxy, "server", argument);
	else if (!strcmp(word, "http-reuse"))
		proxy->never_reuses = !strcmp(argument, "never");
	else if (!strcmp(word, "use-fcgi-app"))
		proxy->protocol = BACKEND_FASTCGI;
	else if (!strcmp(word, "disabled") || !strcmp(word, "enabled"))
		proxy->is_disabled = *word == 'd';
	else
		haproxy_check_take(&proxy->check, words);
}

int haproxy_section_take(struct haproxy_section *section, const struct haproxy_words *words,
			 const struct haproxy_line *line, bool serves)
{
	const char *word = haproxy_word(words, 0);

	if (!strcmp(word, "default-server"))
		return read_settings(section, words, line, 1, &section->proxy.server_defaults);
	if (serves && !strcmp(word, "server"))
		return take_server(section, words, line);
	if (serves && !strcmp(word, "server-template"))
		return take_template(section, words, line);
	if (serves && !strcmp(word, "dispatch"))
		return take_dispatch(section, words, line);
	if (!strcmp(word, "bind"))
		take_bind(section, haproxy_word(words, 1));
	else if (words->count)
		take_statement(&section->proxy, words);
	return 0;
}

/* A section that listens at one port sends its clients' connections to that of the server. */
static void map_ports(struct haproxy_section *section)
{
	if (!section->listen_port || section->ports_differ)
		return;
	for (size_t i = 0; i < section->mapped_count; i++) {
		const struct haproxy_mapped *mapped = &section->mapped[i];
		struct event_backend *backend = &section->config->backends[mapped->index];
		int32_t port = section->listen_port + mapped->port_offset;

		if (port <= 0 || port > UINT16_MAX)
			continue;
		backend->address.port = (uint16_t)port;
		if (!mapped->is_dynamic)
			backend->header.flags &= ~(uint32_t)BACKEND_DYNAMIC;
	}
}

void haproxy_section_end(struct haproxy_section *section)
{
	const struct haproxy_proxy *proxy = &section->proxy;
	struct config *config = section->config;

	map_ports(section);
	for (size_t i = section->first_backend; i < config->backend_count; i++) {
		struct event_backend *backend = &config->backends[i];

		if (backend->protocol != BACKEND_FASTCGI)
			backend->protocol = proxy->protocol;
		if (proxy->is_disabled)
			backend->header.flags |= BACKEND_DISABLED;
		backend->connect_timeout_ms = proxy->connect_timeout_ms;
		backend->response_timeout_ms = proxy->response_timeout_ms;
		if (proxy->never_reuses || backend->protocol == BACKEND_TCP)
			backend->keepalive_idle_ms = 0;
		haproxy_check_apply(&proxy->check, backend);
	}
	section->first_backend = config->backend_count;
}
