// SPDX-License-Identifier: GPL-2.0-only
/* `show info` and `show servers state`, and what all answers have in common. */
#include "user/config/haproxy_answer.h"

#include <errno.h>
#include <string.h>

#include "user/config/config.h"
#include "user/config/haproxy_stats.h"
#include "user/lib/endpoint.h"

#define LINE_BYTES 2048
#define COLUMNS_MOST 64

int haproxy_answer_take(struct haproxy_answer *answer, const char *text)
{
	size_t length = strlen(text);

	if (answer->length - answer->at < length ||
	    memcmp(answer->text + answer->at, text, length) != 0)
		return -EBADMSG;
	answer->at += length;
	return 0;
}

int haproxy_answer_refusal(const struct haproxy_answer *answer)
{
	static const char denied[] = "Permission denied";

	if (!answer->length)
		return -EAGAIN;
	return memmem(answer->text, answer->length, denied, sizeof(denied) - 1) ? -EACCES
										: -EBADMSG;
}

bool haproxy_answer_ends(const struct haproxy_answer *answer, int *err)
{
	if (answer->at < answer->length)
		return answer->text[answer->at] == '\n';
	*err = -EAGAIN;
	return true;
}

int haproxy_answer_line(struct haproxy_answer *answer, char *line, size_t bytes)
{
	const char *from = answer->text + answer->at;
	const char *end = memchr(from, '\n', answer->length - answer->at);
	size_t length;

	if (!end)
		return -EAGAIN;
	length = (size_t)(end - from);
	answer->at += length + 1;
	if (length >= bytes)
		length = bytes - 1;
	memcpy(line, from, length);
	line[length] = '\0';
	return 0;
}

uint64_t haproxy_number(const char *text, uint64_t most)
{
	uint64_t number = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (number > (most - digit) / 10)
			return most;
		number = number * 10 + digit;
	}
	return number;
}

enum state_column {
	STATE_OTHER,
	STATE_POOL,
	STATE_NAME,
	STATE_ADDRESS,
	STATE_PORT,
	STATE_HOST,
	STATE_OPERATIONAL,
	STATE_ADMIN,
};

static const char *const state_columns[] = {
	[STATE_POOL] = "be_name",	   [STATE_NAME] = "srv_name",
	[STATE_ADDRESS] = "srv_addr",	   [STATE_PORT] = "srv_port",
	[STATE_HOST] = "srv_fqdn",	   [STATE_OPERATIONAL] = "srv_op_state",
	[STATE_ADMIN] = "srv_admin_state",
};

static uint8_t find_state_column(const char *name)
{
	for (size_t i = STATE_POOL; i < sizeof(state_columns) / sizeof(state_columns[0]); i++) {
		if (!strcmp(name, state_columns[i]))
			return (uint8_t)i;
	}
	return STATE_OTHER;
}

static void set_state_field(struct haproxy_server_state *state, uint16_t *port, uint8_t column,
			    const char *text)
{
	struct event_address address;

	switch (column) {
	case STATE_POOL:
		config_set_text(state->pool, sizeof(state->pool), text);
		break;
	case STATE_NAME:
		config_set_text(state->name, sizeof(state->name), text);
		break;
	case STATE_ADDRESS:
		if (!endpoint_parse(text, &address))
			state->address = address;
		break;
	case STATE_PORT:
		*port = (uint16_t)haproxy_number(text, UINT16_MAX);
		break;
	case STATE_HOST:
		if (strcmp(text, "-") != 0)
			config_set_text(state->host, sizeof(state->host), text);
		break;
	case STATE_OPERATIONAL:
		state->operational_state = (uint32_t)haproxy_number(text, UINT32_MAX);
		break;
	case STATE_ADMIN:
		state->admin_state = (uint32_t)haproxy_number(text, UINT32_MAX);
		break;
	default:
		break;
	}
}

/* "# be_id be_name ...": which column is which. */
static int read_columns(char *line, uint8_t *columns)
{
	char *rest = NULL;
	bool has_pool = false, has_name = false;
	size_t count = 0;

	if (strncmp(line, "# ", 2) != 0)
		return -EBADMSG;
	memset(columns, STATE_OTHER, COLUMNS_MOST);
	for (char *word = strtok_r(line + 2, " ", &rest); word && count < COLUMNS_MOST;
	     word = strtok_r(NULL, " ", &rest)) {
		columns[count] = find_state_column(word);
		has_pool |= columns[count] == STATE_POOL;
		has_name |= columns[count] == STATE_NAME;
		count++;
	}
	return has_pool && has_name ? 0 : -EBADMSG;
}

static void read_state(char *line, const uint8_t *columns, struct haproxy_server_state *state)
{
	uint16_t port = 0;
	char *rest = NULL;
	size_t count = 0;

	memset(state, 0, sizeof(*state));
	for (char *word = strtok_r(line, " ", &rest); word && count < COLUMNS_MOST;
	     word = strtok_r(NULL, " ", &rest))
		set_state_field(state, &port, columns[count++], word);
	if (state->address.family)
		state->address.port = port;
}

int haproxy_servers_state_parse(const char *text, size_t length, haproxy_state_sink sink,
				void *context)
{
	struct haproxy_answer answer = { .text = text, .length = length };
	struct haproxy_server_state state;
	uint8_t columns[COLUMNS_MOST];
	char line[LINE_BYTES];
	int err = haproxy_answer_line(&answer, line, sizeof(line));

	if (err || !haproxy_number(line, UINT32_MAX))
		return haproxy_answer_refusal(&answer);
	err = haproxy_answer_line(&answer, line, sizeof(line));
	if (!err)
		err = read_columns(line, columns);
	while (!err && !haproxy_answer_ends(&answer, &err)) {
		err = haproxy_answer_line(&answer, line, sizeof(line));
		if (err)
			break;
		read_state(line, columns, &state);
		if (*state.pool && *state.name)
			err = sink(context, &state);
	}
	return err;
}

struct info_number {
	const char *key;
	size_t offset; /* of a uint32_t */
};

static const struct info_number info_numbers[] = {
	{ "Pid", offsetof(struct haproxy_info, pid) },
	{ "Process_num", offsetof(struct haproxy_info, process_number) },
	{ "Nbproc", offsetof(struct haproxy_info, processes) },
	{ "CurrConns", offsetof(struct haproxy_info, connections_now) },
	{ "Maxconn", offsetof(struct haproxy_info, connections_most) },
	{ "ConnRate", offsetof(struct haproxy_info, connection_rate) },
	{ "ConnRateLimit", offsetof(struct haproxy_info, connection_rate_limit) },
	{ "CurrSslConns", offsetof(struct haproxy_info, tls_connections_now) },
	{ "MaxSslConns", offsetof(struct haproxy_info, tls_connections_most) },
	{ "Maxsock", offsetof(struct haproxy_info, sockets_most) },
	{ "FailedResolutions", offsetof(struct haproxy_info, failed_resolutions) },
	{ "Idle_pct", offsetof(struct haproxy_info, idle_percent) },
	{ "Stopping", offsetof(struct haproxy_info, is_stopping) },
};

static void set_info(struct haproxy_info *info, const char *key, const char *value)
{
	if (!strcmp(key, "Version"))
		config_set_text(info->version, sizeof(info->version), value);
	if (!strcmp(key, "node"))
		config_set_text(info->node, sizeof(info->node), value);
	if (!strcmp(key, "Uptime_sec"))
		info->uptime_seconds = haproxy_number(value, UINT64_MAX);
	for (size_t i = 0; i < sizeof(info_numbers) / sizeof(info_numbers[0]); i++) {
		uint32_t number = (uint32_t)haproxy_number(value, UINT32_MAX);

		if (!strcmp(key, info_numbers[i].key))
			memcpy((char *)info + info_numbers[i].offset, &number, sizeof(number));
	}
}

int haproxy_info_parse(const char *text, size_t length, struct haproxy_info *info)
{
	struct haproxy_answer answer = { .text = text, .length = length };
	char line[LINE_BYTES];
	int err = 0;

	memset(info, 0, sizeof(*info));
	while (!haproxy_answer_ends(&answer, &err) &&
	       !(err = haproxy_answer_line(&answer, line, sizeof(line)))) {
		char *colon = strstr(line, ": ");

		if (!colon)
			continue;
		*colon = '\0';
		set_info(info, line, colon + 2);
	}
	if (!info->pid)
		return haproxy_answer_refusal(&answer);
	return err;
}
