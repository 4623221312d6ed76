// SPDX-License-Identifier: GPL-2.0-only
/* What a thread has read and not worked on yet: bpf/thread_ring.h, which runs in the kernel. */
#include "tests/unit/cmocka_plus.h"

#include "bpf/thread_ring.h"

#define FRESH_NS 1000

static void push_clients(struct thread_ring *ring, unsigned int first, unsigned int count,
			 uint64_t now_ns)
{
	for (unsigned int client = first; client < first + count; client++)
		thread_ring_push(ring, client, now_ns, client);
}

static void what_waits_can_be_dropped(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	push_clients(&ring, 1, 3, 10);
	assert_true(thread_ring_drop(&ring, 2));
	assert_false(thread_ring_drop(&ring, 2));
	assert_false(thread_ring_drop(&ring, 4));
}

/* What was taken lies in its slot still. */
static void what_was_taken_waits_no_longer(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	push_clients(&ring, 1, 1, 10);
	ring.head++;
	assert_false(thread_ring_drop(&ring, 1));
}

static void a_full_ring_knows_how_many_it_forgot(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	push_clients(&ring, 1, THREAD_RING + 2, 10);
	assert_true(thread_ring_take_forgotten(&ring, 20, FRESH_NS));
	assert_true(thread_ring_take_forgotten(&ring, 20, FRESH_NS));
	assert_false(thread_ring_take_forgotten(&ring, 20, FRESH_NS));
	assert_int_equal(ring.slots[ring.head & (THREAD_RING - 1)].cookie, 3);
}

static void what_was_dropped_is_not_forgotten(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	push_clients(&ring, 1, THREAD_RING, 10);
	assert_true(thread_ring_drop(&ring, 1));
	push_clients(&ring, 100, 1, 10);
	assert_false(thread_ring_take_forgotten(&ring, 20, FRESH_NS));
}

static void what_was_forgotten_long_ago_is_over(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	push_clients(&ring, 1, THREAD_RING + 2, 10);
	assert_false(thread_ring_take_forgotten(&ring, 10 + FRESH_NS, FRESH_NS));
	assert_int_equal(ring.forgotten, 0);
}

static void push_answers(struct thread_ring *ring)
{
	thread_ring_push(ring, 11, thread_answer_value(502, 7), 1);
	thread_ring_push(ring, 12, thread_answer_value(502, 7), 0);
	thread_ring_push(ring, 13, thread_answer_value(502, 7), 2);
}

static uint64_t take(struct thread_ring *ring, uint64_t client, uint16_t status, uint64_t turn,
		     bool any, uint32_t counted)
{
	uint64_t cookie = thread_take_answer(ring, client, thread_answer_value(status, turn), any);

	assert_int_equal(ring->count, counted);
	return cookie;
}

static void an_answer_is_its_clients_or_nobodys(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	push_answers(&ring);
	assert_int_equal(take(&ring, 2, 503, 7, false, 0), 0);
	assert_int_equal(take(&ring, 2, 502, 7, false, 3), 13);
	assert_int_equal(take(&ring, 3, 502, 7, false, 2), 12);
	assert_int_equal(take(&ring, 3, 502, 7, false, 1), 0);
}

static void an_answer_may_be_anybodys(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	push_answers(&ring);
	assert_int_equal(take(&ring, 2, 502, 7, true, 3), 13);
	assert_int_equal(take(&ring, 3, 502, 7, true, 2), 11);
	assert_int_equal(take(&ring, 3, 502, 7, true, 1), 12);
}

/* A queued client's own 503, written when its time was up, has nothing to do with a backend's 503
 * that was guessed to be for it long before. */
static void an_answer_is_passed_on_in_its_turn(void **state)
{
	struct thread_ring ring = { 0 };

	(void)state;
	thread_ring_push(&ring, 11, thread_answer_value(503, 7), 1);
	assert_int_equal(take(&ring, 1, 503, 8, true, 0), 0);
	/* its headers came in two parts */
	thread_refresh_answer(&ring, 11, 9);
	assert_int_equal(take(&ring, 1, 503, 9, false, 1), 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_can_be_dropped),
		cmocka_unit_test(what_was_taken_waits_no_longer),
		cmocka_unit_test(a_full_ring_knows_how_many_it_forgot),
		cmocka_unit_test(what_was_dropped_is_not_forgotten),
		cmocka_unit_test(what_was_forgotten_long_ago_is_over),
		cmocka_unit_test(an_answer_is_its_clients_or_nobodys),
		cmocka_unit_test(an_answer_may_be_anybodys),
		cmocka_unit_test(an_answer_is_passed_on_in_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
