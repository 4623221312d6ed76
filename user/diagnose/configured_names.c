// SPDX-License-Identifier: GPL-2.0-only
/* Backends in words. */
#include "user/diagnose/configured_table.h"

#include <stdio.h>
#include <string.h>

#include "user/lib/endpoint.h"
#include "user/lib/text.h"

#define NAMES_MOST 3
#define SEARCH_MAX 256

enum configured_speech configured_speech_of(const struct event_attempt *attempt)
{
	switch (attempt->sent.kind) {
	case PAYLOAD_TLS:
	case PAYLOAD_TLS_ALERT:
		return SPEECH_TLS;
	case PAYLOAD_HTTP1:
	case PAYLOAD_HTTP2:
	case PAYLOAD_FASTCGI:
		return SPEECH_PLAIN;
	default:
		return SPEECH_ANY;
	}
}

enum configured_speech configured_speech_in(enum cause_id cause)
{
	switch (cause) {
	case CAUSE_PLAIN_TO_TLS:
		return SPEECH_PLAIN;
	case CAUSE_TLS_TO_PLAIN:
	case CAUSE_TLS_ALERT:
	case CAUSE_TLS_VERIFY_FAILED:
		return SPEECH_TLS;
	default:
		return SPEECH_ANY;
	}
}

const char *configured_backend_name(const struct event_backend *config, char *name)
{
	char plain[2 * EVENT_POOL_BYTES];

	snprintf(plain, sizeof(plain), "%s%s%s", config->pool, *config->pool ? "/" : "",
		 config->name);
	return text_escape(plain, name, MODEL_NAME_BYTES);
}

const char *configured_backend_host(const struct event_backend *config, char *text)
{
	return text_escape(config->host, text, EVENT_TEXT_BYTES);
}

bool configured_backend_quote(const struct event_backend *config, char *quote)
{
	size_t length = strlen(config->directive);
	bool whole = length && length < sizeof(config->directive) - 1;
	char last = length ? config->directive[length - 1] : '\0';
	char line[EVENT_PATH_BYTES + EVENT_TEXT_BYTES + 32];

	if (!*config->file || !config->line)
		return false;
	snprintf(line, sizeof(line), "%s:%u%s%s%s", config->file, config->line, length ? ": " : "",
		 config->directive,
		 whole && config->owner.kind == BALANCER_NGINX && last != ';' && last != '{' &&
				 last != '}'
			 ? ";"
			 : "");
	text_escape(line, quote, MODEL_TEXT_BYTES);
	return true;
}

/* Those of one backend's places that its name is to be given for: what rank() in
 * configured_places.c puts first decides of which configuration, and of which use. */
static bool belongs(const struct configured_place *place, const struct configured_backend *best,
		    enum configured_speech speech)
{
	const struct configured_place *other;

	if (place->backend->generation != best->generation ||
	    (configured_agrees(best, speech) && !configured_agrees(place->backend, speech)))
		return false;
	if (place->backend == best || configured_place_is_used(place))
		return true;
	LIST_FOREACH(other, &place->host->places, at_host) {
		if (other->backend->generation == best->generation &&
		    configured_place_is_used(other))
			return false;
	}
	return place->sources & (PLACE_CHECK | PLACE_RESOLVED);
}

/* In the order of the configuration. Returns how many. */
static size_t find_all(const struct configured_host *host, const struct configured_backend *best,
		       enum configured_speech speech,
		       const struct configured_backend *found[NAMES_MOST + 1])
{
	const struct configured_place *place;
	unsigned int seen = 0;
	size_t count = 0;

	LIST_FOREACH(place, &host->places, at_host) {
		const struct configured_backend *backend = place->backend;
		size_t i = count;

		if (seen++ >= SEARCH_MAX)
			break;
		if (!belongs(place, best, speech))
			continue;
		for (; i > 0 && found[i - 1]->config.index > backend->config.index; i--) {
			if (i <= NAMES_MOST)
				found[i] = found[i - 1];
		}
		if (i <= NAMES_MOST)
			found[i] = backend;
		if (count <= NAMES_MOST)
			count++;
	}
	return count;
}

/* Whether `names` of those before has it already: a pool may have the same server twice. */
static bool is_repeated(const struct configured_backend *const found[], size_t i)
{
	for (size_t before = 0; before < i; before++) {
		if (!strcmp(found[before]->config.pool, found[i]->config.pool) &&
		    !strcmp(found[before]->config.name, found[i]->config.name))
			return true;
	}
	return false;
}

const char *configured_name(const struct configured *configured, const struct event_owner *owner,
			    const struct event_address *address, enum configured_speech speech,
			    char *name)
{
	const struct configured_host *host = configured_host(configured, owner->group, address);
	const struct configured_backend *found[NAMES_MOST + 1], *best;
	size_t count, length = 0;

	*name = '\0';
	if (!host || !address->family)
		return name;
	if (!LIST_NEXT(LIST_FIRST(&host->places), at_host))
		return strcpy(name, LIST_FIRST(&host->places)->backend->name);
	best = configured_best(configured, host, owner, speech);
	count = best ? find_all(host, best, speech, found) : 0;
	for (size_t i = 0; i < count && i < NAMES_MOST; i++) {
		int bytes;

		if (is_repeated(found, i))
			continue;
		bytes = snprintf(name + length, MODEL_NAME_BYTES - length, "%s%s",
				 length ? ", " : "", found[i]->name);
		if (bytes < 0 || (size_t)bytes >= MODEL_NAME_BYTES - length) {
			/* Half a name is worse than none. */
			name[length] = '\0';
			break;
		}
		length += (size_t)bytes;
	}
	return name;
}

const char *configured_label(const struct configured *configured, const struct event_owner *owner,
			     const struct event_address *address, char *label)
{
	char name[MODEL_NAME_BYTES], text[ENDPOINT_TEXT_BYTES];
	size_t length, bytes;

	endpoint_format(address, text);
	configured_name(configured, owner, address, SPEECH_ANY, name);
	length = strlen(name);
	bytes = strlen(text);
	/* nginx's servers often have no other name than their address. */
	if (length >= bytes && !strcmp(name + length - bytes, text))
		snprintf(label, CONFIGURED_LABEL_BYTES, "%s", name);
	else if (length)
		snprintf(label, CONFIGURED_LABEL_BYTES, "%s (%s)", name, text);
	else
		snprintf(label, CONFIGURED_LABEL_BYTES, "%s", text);
	return label;
}

bool configured_quote(const struct configured *configured, const struct event_owner *owner,
		      const struct event_address *address, enum configured_speech speech,
		      char *text)
{
	const struct configured_backend *backend =
		configured_find(configured, owner, address, speech);

	*text = '\0';
	return backend && address->family && configured_backend_quote(&backend->config, text);
}
