// SPDX-License-Identifier: GPL-2.0-only
/* `show stat`: comma separated values, RFC 4180, under a header that names the columns. */
#include "user/config/haproxy_stats.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/config/config.h"
#include "user/config/haproxy_answer.h"
#include "user/lib/endpoint.h"

#define COLUMNS_MOST 256
#define FIELD_BYTES 512
#define TYPE_SERVER "2" /* STATS_TYPE_SV */
#define NS_PER_SECOND 1000000000ull

enum column {
	COLUMN_OTHER,
	COLUMN_POOL,
	COLUMN_NAME,
	COLUMN_TYPE,
	COLUMN_STATUS,
	COLUMN_CHANGED,
	COLUMN_CONNECT_ERRORS,
	COLUMN_RESPONSE_ERRORS,
	COLUMN_RETRIES,
	COLUMN_REDISPATCHES,
	COLUMN_QUEUED,
	COLUMN_WEIGHT,
	COLUMN_CHECK_STATUS,
	COLUMN_CHECK_CODE,
	COLUMN_CHECK_DURATION,
	COLUMN_LAST_CHECK,
	COLUMN_CHECK_DESCRIPTION,
	COLUMN_ADDRESS,
};

static const char *const column_names[] = {
	[COLUMN_POOL] = "pxname",
	[COLUMN_NAME] = "svname",
	[COLUMN_TYPE] = "type",
	[COLUMN_STATUS] = "status",
	[COLUMN_CHANGED] = "lastchg",
	[COLUMN_CONNECT_ERRORS] = "econ",
	[COLUMN_RESPONSE_ERRORS] = "eresp",
	[COLUMN_RETRIES] = "wretr",
	[COLUMN_REDISPATCHES] = "wredis",
	[COLUMN_QUEUED] = "qcur",
	[COLUMN_WEIGHT] = "weight",
	[COLUMN_CHECK_STATUS] = "check_status",
	[COLUMN_CHECK_CODE] = "check_code",
	[COLUMN_CHECK_DURATION] = "check_duration",
	[COLUMN_LAST_CHECK] = "last_chk",
	[COLUMN_CHECK_DESCRIPTION] = "check_desc",
	[COLUMN_ADDRESS] = "addr",
};

struct table {
	struct haproxy_answer answer;
	uint8_t columns[COLUMNS_MOST]; /* enum column */
	char field[FIELD_BYTES];
};

struct row {
	struct event_backend_status status;
	char description[EVENT_TEXT_BYTES];
	char state[EVENT_TEXT_BYTES];
	bool is_other; /* a frontend, a backend as a whole, a socket */
};

/* What is read into `field`, cut there. */
static void put(char *field, size_t *used, char c)
{
	if (*used + 1 < FIELD_BYTES)
		field[(*used)++] = c;
}

/* Behind a quote that opens a field, to the one that closes it; two in a row are one. */
static int read_quoted(struct haproxy_answer *answer, char *field, size_t *used)
{
	while (answer->at < answer->length) {
		char c = answer->text[answer->at++];

		if (c != '"') {
			put(field, used, c);
			continue;
		}
		if (answer->at < answer->length && answer->text[answer->at] == '"') {
			put(field, used, c);
			answer->at++;
			continue;
		}
		return 0;
	}
	return -EAGAIN;
}

/* The next field; *is_last: of its line. */
static int read_field(struct table *table, bool *is_last)
{
	struct haproxy_answer *answer = &table->answer;
	size_t used = 0;
	int err = 0;

	if (answer->at < answer->length && answer->text[answer->at] == '"') {
		answer->at++;
		err = read_quoted(answer, table->field, &used);
	}
	while (!err && answer->at < answer->length) {
		char c = answer->text[answer->at++];

		if (c == ',' || c == '\n') {
			table->field[used] = '\0';
			*is_last = c == '\n';
			return 0;
		}
		put(table->field, &used, c);
	}
	return -EAGAIN;
}

static uint8_t find_column(const char *name)
{
	for (size_t i = COLUMN_POOL; i < sizeof(column_names) / sizeof(column_names[0]); i++) {
		if (!strcmp(name, column_names[i]))
			return (uint8_t)i;
	}
	return COLUMN_OTHER;
}

/* "# pxname,svname,...": without these two it is none. */
static int read_header(struct table *table)
{
	bool is_last = false, has_pool = false, has_name = false;

	if (haproxy_answer_take(&table->answer, "# "))
		return haproxy_answer_refusal(&table->answer);
	for (size_t i = 0; !is_last; i++) {
		int err = read_field(table, &is_last);
		uint8_t column;

		if (err)
			return err;
		column = find_column(table->field);
		if (i < COLUMNS_MOST)
			table->columns[i] = column;
		has_pool |= column == COLUMN_POOL && i < COLUMNS_MOST;
		has_name |= column == COLUMN_NAME && i < COLUMNS_MOST;
	}
	return has_pool && has_name ? 0 : -EBADMSG;
}

struct state_word {
	const char *word;
	enum backend_state state;
};

/* What may stand behind it tells the checks that passed or failed ("UP 1/3"), or why. */
static const struct state_word state_words[] = {
	{ "UP", BACKEND_UP },
	{ "DOWN", BACKEND_DOWN },
	{ "NOLB", BACKEND_DRAIN }, /* up, but only for those that it already serves */
	{ "DRAIN", BACKEND_DRAIN },
	{ "MAINT", BACKEND_MAINTENANCE },
	{ "no check", BACKEND_UNCHECKED },
};

static uint16_t find_state(const char *text)
{
	for (size_t i = 0; i < sizeof(state_words) / sizeof(state_words[0]); i++) {
		size_t length = strlen(state_words[i].word);

		if (!strncmp(text, state_words[i].word, length) &&
		    (!text[length] || text[length] == ' '))
			return (uint16_t)state_words[i].state;
	}
	return 0;
}

/* "* L4CON" while the next check runs; "INI" and "UNK" before there was one. */
static void set_check_status(struct event_backend_status *status, const char *text)
{
	if (!strncmp(text, "* ", 2)) {
		status->header.flags |= HAPROXY_STATUS_CHECK_RUNS;
		text += 2;
	}
	if (!strcmp(text, "INI") || !strcmp(text, "UNK"))
		return;
	config_set_text(status->check_status, sizeof(status->check_status), text);
}

static void set_check_code(struct event_backend_status *status, const char *text)
{
	uint64_t code = haproxy_number(text, UINT16_MAX);

	status->check_code = code >= 100 && code <= 999 ? (uint16_t)code : 0;
}

static void set_changed(struct event_backend_status *status, const char *text)
{
	if (*text < '0' || *text > '9')
		return;
	status->changed_ns = haproxy_number(text, UINT32_MAX) * NS_PER_SECOND;
	if (!status->changed_ns)
		status->changed_ns = 1;
}

static void set_address(struct event_backend_status *status, const char *text)
{
	struct event_address address;

	if (!endpoint_parse(text, &address))
		status->address = address;
}

static void set_number(struct event_backend_status *status, enum column column, const char *text)
{
	uint64_t number = haproxy_number(text, UINT64_MAX);
	uint32_t small = (uint32_t)haproxy_number(text, UINT32_MAX);

	switch (column) {
	case COLUMN_CONNECT_ERRORS:
		status->connect_errors = number;
		break;
	case COLUMN_RESPONSE_ERRORS:
		status->response_errors = number;
		break;
	case COLUMN_RETRIES:
		status->retries = number;
		break;
	case COLUMN_REDISPATCHES:
		status->redispatches = number;
		break;
	case COLUMN_QUEUED:
		status->queued = small;
		break;
	case COLUMN_WEIGHT:
		status->weight = small;
		break;
	case COLUMN_CHECK_DURATION:
		status->check_duration_ms = small;
		break;
	default:
		break;
	}
}

static void set_field(struct row *row, enum column column, const char *text)
{
	struct event_backend_status *status = &row->status;

	switch (column) {
	case COLUMN_POOL:
		config_set_text(status->pool, sizeof(status->pool), text);
		break;
	case COLUMN_NAME:
		config_set_text(status->name, sizeof(status->name), text);
		break;
	case COLUMN_TYPE:
		row->is_other = *text && strcmp(text, TYPE_SERVER) != 0;
		break;
	case COLUMN_STATUS:
		status->state = find_state(text);
		config_set_text(row->state, sizeof(row->state), text);
		break;
	case COLUMN_CHANGED:
		set_changed(status, text);
		break;
	case COLUMN_CHECK_STATUS:
		set_check_status(status, text);
		break;
	case COLUMN_CHECK_CODE:
		set_check_code(status, text);
		break;
	case COLUMN_LAST_CHECK:
		config_set_text(status->check_text, sizeof(status->check_text), text);
		break;
	case COLUMN_CHECK_DESCRIPTION:
		config_set_text(row->description, sizeof(row->description), text);
		break;
	case COLUMN_ADDRESS:
		set_address(status, text);
		break;
	default:
		set_number(status, column, text);
		break;
	}
}

/* HAProxy before 1.4 tells no type. */
static bool is_server(const struct row *row)
{
	return !row->is_other && *row->status.pool && *row->status.name &&
	       strcmp(row->status.name, "FRONTEND") != 0 &&
	       strcmp(row->status.name, "BACKEND") != 0;
}

/* The last check's own words, else what its status stands for, else why there is none. */
static void complete(struct row *row)
{
	struct event_backend_status *status = &row->status;
	const char *text = row->description;

	if (!*text && strchr(row->state, '('))
		text = row->state;
	if (!*status->check_text)
		config_set_text(status->check_text, sizeof(status->check_text), text);
	status->header.type = EVENT_BACKEND_STATUS;
	status->header.size_bytes = sizeof(*status);
}

void haproxy_status_keep(struct event_backend_status *status,
			 const struct event_backend_status *before)
{
	bool forgotten = status->header.flags & HAPROXY_STATUS_CHECK_RUNS;

	status->header.flags &= ~(uint32_t)HAPROXY_STATUS_CHECK_RUNS;
	if (!forgotten || !before || strcmp(status->check_status, before->check_status) != 0)
		return;
	status->check_code = before->check_code;
	status->check_duration_ms = before->check_duration_ms;
	memcpy(status->check_text, before->check_text, sizeof(status->check_text));
}

static int read_row(struct table *table, struct row *row)
{
	bool is_last = false;

	memset(row, 0, sizeof(*row));
	for (size_t i = 0; !is_last; i++) {
		int err = read_field(table, &is_last);

		if (err)
			return err;
		if (i < COLUMNS_MOST && table->columns[i] != COLUMN_OTHER)
			set_field(row, table->columns[i], table->field);
	}
	return 0;
}

int haproxy_stats_parse(const char *text, size_t length, haproxy_status_sink sink, void *context)
{
	struct table table = { .answer = { .text = text, .length = length } };
	struct row row;
	int err = read_header(&table);

	while (!err && !haproxy_answer_ends(&table.answer, &err)) {
		err = read_row(&table, &row);
		if (err || !is_server(&row))
			continue;
		complete(&row);
		err = sink(context, &row.status);
	}
	return err;
}
