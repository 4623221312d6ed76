// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/diagnose/holdings.h"
#include "user/lib/clock.h"

#define SECOND_NS CLOCK_NS_PER_SECOND
#define START_NS (1000 * SECOND_NS)
#define LEAKY 100
#define WORKER 101

struct fixture {
	struct holdings *holdings;
	struct report_backend row;
};

static const struct event_address backend = { .bytes = { 10, 0, 0, 1 }, .port = 80, .family = 4 };

static int begin(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fixture.holdings = holdings_new();
	fixture.row.address = backend;
	strcpy(fixture.row.load_balancer, "leaky");
	*state = &fixture;
	return fixture.holdings ? 0 : -1;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	holdings_free(fixture->holdings);
	return 0;
}

/* `count` connections in CLOSE_WAIT, `unread` of them with bytes, the oldest `age_seconds` old. */
static struct event_buildup closed(uint32_t tgid, uint64_t now_ns, uint32_t count, uint32_t unread,
				   uint64_t age_seconds)
{
	struct event_buildup event = {
		.header = { .type = EVENT_BUILDUP, .size_bytes = sizeof(event), .time_ns = now_ns },
		.owner = { .group = LEAKY, .tgid = tgid, .comm = "leaky" },
		.backend = backend,
		.close_wait = { .count = count,
				.unread = unread,
				.unread_bytes = unread * 1000ull,
				.oldest_ns = now_ns - age_seconds * SECOND_NS,
				.ages = { count } },
	};

	return event;
}

static struct event_process process(uint32_t tgid, uint32_t flags)
{
	struct event_process event = {
		.header = { .type = EVENT_PROCESS, .size_bytes = sizeof(event), .flags = flags },
		.owner = { .group = LEAKY, .tgid = tgid, .comm = "leaky" },
	};

	return event;
}

static void note(struct fixture *fixture, struct event_buildup event)
{
	holdings_note_buildup(fixture->holdings, &event);
}

static const struct report_buildup *fill(struct fixture *fixture, uint64_t now_ns)
{
	memset(&fixture->row.buildup, 0, sizeof(fixture->row.buildup));
	fixture->row.reset_count = 0;
	holdings_fill(fixture->holdings, now_ns, &fixture->row);
	return &fixture->row.buildup;
}

static void nothing_known_is_nothing(void **state)
{
	const struct report_buildup *buildup = fill(*state, START_NS);

	assert_int_equal(buildup->kind, BUILDUP_NONE);
	assert_int_equal(buildup->owner_count, 0);
	assert_string_equal(buildup->text, "");
}

static void young_ones_mean_nothing(void **state)
{
	struct fixture *fixture = *state;
	const struct report_buildup *buildup;

	note(fixture, closed(LEAKY, START_NS, 7, 0, 3));
	buildup = fill(fixture, START_NS);
	assert_int_equal(buildup->close_wait.count, 7);
	assert_int_equal(buildup->kind, BUILDUP_NONE);
}

static void read_and_kept_is_a_leak(void **state)
{
	struct fixture *fixture = *state;
	const struct report_buildup *buildup;

	note(fixture, closed(LEAKY, START_NS, 10, 0, 10));
	note(fixture, closed(LEAKY, START_NS + 30 * SECOND_NS, 25, 0, 40));
	buildup = fill(fixture, START_NS + 30 * SECOND_NS);
	assert_int_equal(buildup->kind, BUILDUP_LEAK);
	assert_true(buildup->close_wait_growth > 29 && buildup->close_wait_growth < 31);
	assert_non_null(strstr(buildup->text, "25 connections"));
	assert_non_null(strstr(buildup->text, "leak"));
	assert_non_null(strstr(buildup->command, "pid=100"));
}

static void unread_bytes_are_a_slow_drain(void **state)
{
	struct fixture *fixture = *state;
	const struct report_buildup *buildup;

	note(fixture, closed(LEAKY, START_NS, 10, 9, 20));
	buildup = fill(fixture, START_NS);
	assert_int_equal(buildup->kind, BUILDUP_SLOW_DRAIN);
	assert_int_equal(buildup->close_wait.unread_bytes, 9000);
}

static void an_old_worker_is_named(void **state)
{
	struct fixture *fixture = *state;
	const struct report_buildup *buildup;
	struct event_process retired = process(WORKER, PROCESS_RETIRED);

	holdings_note_process(fixture->holdings, &retired);
	note(fixture, closed(WORKER, START_NS, 3, 0, 20));
	buildup = fill(fixture, START_NS);
	assert_int_equal(buildup->kind, BUILDUP_OLD_WORKER);
	assert_true(buildup->owners[0].retired);
	assert_int_equal(buildup->retired_close_wait, 3);
}

static void who_holds_most_gives_the_kind(void **state)
{
	struct fixture *fixture = *state;
	const struct report_buildup *buildup;

	note(fixture, closed(LEAKY, START_NS, 3, 3, 20));
	note(fixture, closed(WORKER, START_NS, 9, 0, 20));
	buildup = fill(fixture, START_NS);
	assert_int_equal(buildup->owner_count, 2);
	assert_int_equal(buildup->owners[0].owner.tgid, WORKER);
	assert_int_equal(buildup->kind, BUILDUP_LEAK);
	assert_int_equal(buildup->owners[1].kind, BUILDUP_SLOW_DRAIN);
	assert_int_equal(buildup->close_wait.count, 12);
}

static void a_dead_process_holds_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct event_process exited = process(LEAKY, PROCESS_EXITED);

	note(fixture, closed(LEAKY, START_NS, 10, 0, 20));
	holdings_note_process(fixture->holdings, &exited);
	assert_int_equal(fill(fixture, START_NS)->close_wait.count, 0);
}

static void resets_add_up_by_kind(void **state)
{
	struct fixture *fixture = *state;
	struct event_resets event = {
		.owner = { .group = LEAKY, .comm = "leaky" },
		.backend = backend,
		.count = 2,
		.direction = RESET_RECEIVED,
		.phase = RESET_REQUEST,
		.reason = "PEER_ABORT",
	};

	holdings_note_resets(fixture->holdings, &event);
	holdings_note_resets(fixture->holdings, &event);
	event.direction = RESET_SENT;
	event.phase = RESET_IDLE;
	holdings_note_resets(fixture->holdings, &event);
	fill(fixture, START_NS);
	assert_int_equal(fixture->row.reset_count, 2);
	assert_int_equal(fixture->row.resets[0].count, 4);
	assert_int_equal(fixture->row.resets[0].effect, RESET_HARMFUL);
	assert_int_equal(fixture->row.resets[1].effect, RESET_BENIGN);
}

static void hostile_numbers_do_no_harm(void **state)
{
	struct fixture *fixture = *state;
	struct event_buildup event = closed(LEAKY, START_NS, UINT32_MAX, UINT32_MAX, 20);

	memset(event.owner.comm, 'x', sizeof(event.owner.comm) - 1);
	event.close_wait.unread_bytes = UINT64_MAX;
	memcpy(fixture->row.load_balancer, event.owner.comm, sizeof(event.owner.comm));
	note(fixture, event);
	event.header.time_ns = 1;
	note(fixture, event);
	assert_true(strlen(fill(fixture, UINT64_MAX)->text) < MODEL_TEXT_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_known_is_nothing, begin, end),
		cmocka_unit_test_setup_teardown(young_ones_mean_nothing, begin, end),
		cmocka_unit_test_setup_teardown(read_and_kept_is_a_leak, begin, end),
		cmocka_unit_test_setup_teardown(unread_bytes_are_a_slow_drain, begin, end),
		cmocka_unit_test_setup_teardown(an_old_worker_is_named, begin, end),
		cmocka_unit_test_setup_teardown(who_holds_most_gives_the_kind, begin, end),
		cmocka_unit_test_setup_teardown(a_dead_process_holds_nothing, begin, end),
		cmocka_unit_test_setup_teardown(resets_add_up_by_kind, begin, end),
		cmocka_unit_test_setup_teardown(hostile_numbers_do_no_harm, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
