// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "tests/unit/records.h"
#include "user/lib/record.h"

static void every_type_passes(void **state)
{
	union event event;

	(void)state;
	for (size_t i = 0; i < record_type_count; i++) {
		uint16_t bytes = record_type_bytes(record_types[i]);

		for (uint64_t seed = 0; seed < 300; seed++) {
			record_make(&event, record_types[i], seed);
			assert_int_equal(record_check(&event, bytes), bytes);
		}
		assert_int_equal(record_check(&event, sizeof(event)), bytes);
	}
}

static void truncated_records_fail(void **state)
{
	union event event;

	(void)state;
	for (size_t i = 0; i < record_type_count; i++) {
		record_make(&event, record_types[i], 1);
		for (size_t bytes = 0; bytes < event.header.size_bytes; bytes++)
			assert_int_equal(record_check(&event, bytes), -EBADMSG);
	}
}

static void sizes_are_checked(void **state)
{
	static const uint16_t bad[] = { 0, 1, 8, 15, 17, 20, 65535 };
	_Alignas(8) uint8_t room[UINT16_MAX + 1] = { 0 };
	union event *event = (union event *)room;

	(void)state;
	for (size_t i = 0; i < record_type_count; i++) {
		uint16_t bytes = record_type_bytes(record_types[i]);

		record_make(event, record_types[i], 1);
		for (size_t j = 0; j < ARRAY_LENGTH(bad); j++) {
			event->header.size_bytes = bad[j];
			assert_int_equal(record_check(event, sizeof(room)), -EBADMSG);
		}
		event->header.size_bytes = bytes - 8;
		assert_int_equal(record_check(event, sizeof(room)), -EBADMSG);
		/* What a newer writer appends is no harm. */
		event->header.size_bytes = bytes + 8;
		assert_int_equal(record_check(event, sizeof(room)), bytes + 8);
	}
}

static void unknown_types_pass_by_size(void **state)
{
	_Alignas(8) uint8_t room[256] = { 0 };
	struct event_header *header = (struct event_header *)room;

	(void)state;
	memset(room + sizeof(*header), 0xff, sizeof(room) - sizeof(*header));
	header->type = 999;
	header->size_bytes = 200;
	assert_int_equal(record_check(room, sizeof(room)), 200);
	header->size_bytes = 201;
	assert_int_equal(record_check(room, sizeof(room)), -EBADMSG);
	header->size_bytes = 264;
	assert_int_equal(record_check(room, sizeof(room)), -EBADMSG);
}

static void misaligned_data_fails(void **state)
{
	_Alignas(8) uint8_t room[64] = { 0 };
	struct event_header header = { .type = EVENT_TICK, .size_bytes = sizeof(header) };

	(void)state;
	memcpy(room + 4, &header, sizeof(header));
	assert_int_equal(record_check(room + 4, sizeof(room) - 4), -EBADMSG);
}

/* Fills `bytes` at `offset` of a good record with 0xff and expects a refusal. */
static void assert_spoilt(uint16_t type, size_t offset, size_t bytes)
{
	union event event;

	record_make(&event, type, 2);
	memset((uint8_t *)&event + offset, 0xff, bytes);
	if (record_check(&event, sizeof(event)) != -EBADMSG)
		fail_msg("type %u, offset %zu", type, offset);
}

#define SPOIL(type, of, member) \
	assert_spoilt(type, offsetof(struct of, member), sizeof(((struct of *)0)->member))

static void fields_out_of_range_fail(void **state)
{
	(void)state;
	SPOIL(EVENT_ATTEMPT, event_attempt, owner.comm);
	SPOIL(EVENT_ATTEMPT, event_attempt, owner.kind);
	SPOIL(EVENT_ATTEMPT, event_attempt, local.family);
	SPOIL(EVENT_ATTEMPT, event_attempt, remote.family);
	SPOIL(EVENT_ATTEMPT, event_attempt, icmp_source.family);
	SPOIL(EVENT_ATTEMPT, event_attempt, icmp_family);
	SPOIL(EVENT_ATTEMPT, event_attempt, old_state);
	SPOIL(EVENT_ATTEMPT, event_attempt, sent.kind);
	SPOIL(EVENT_ATTEMPT, event_attempt, sent.length);
	SPOIL(EVENT_ATTEMPT, event_attempt, received.kind);
	SPOIL(EVENT_ATTEMPT, event_attempt, received.length);
	SPOIL(EVENT_ATTEMPT, event_attempt, received.status);
	SPOIL(EVENT_RESPONSE, event_response, owner.comm);
	SPOIL(EVENT_RESPONSE, event_response, frontend.family);
	SPOIL(EVENT_RESPONSE, event_response, client.family);
	SPOIL(EVENT_RESPONSE, event_response, status);
	SPOIL(EVENT_PROCESS, event_process, owner.comm);
	SPOIL(EVENT_PROCESS, event_process, owner.kind);
	SPOIL(EVENT_ACCEPT_DROP, event_accept_drop, owner.comm);
	SPOIL(EVENT_ACCEPT_DROP, event_accept_drop, listener.family);
	SPOIL(EVENT_LOAD_BALANCER, event_load_balancer, owner.comm);
	SPOIL(EVENT_LOAD_BALANCER, event_load_balancer, config);
	SPOIL(EVENT_LOAD_BALANCER, event_load_balancer, executable);
	SPOIL(EVENT_LISTENER, event_listener, owner.comm);
	SPOIL(EVENT_LISTENER, event_listener, address.family);
	SPOIL(EVENT_NEIGHBOUR, event_neighbour, address.family);
	SPOIL(EVENT_HOST_PORT, event_host_port, address.family);
	SPOIL(EVENT_TLS, event_tls, owner.comm);
	SPOIL(EVENT_TLS, event_tls, frontend.family);
	SPOIL(EVENT_TLS, event_tls, library);
	SPOIL(EVENT_FIGURES, event_figures, owner.comm);
	SPOIL(EVENT_FIGURES, event_figures, backend.address.family);
}

static void statuses_and_errors_have_bounds(void **state)
{
	union event event;

	(void)state;
	record_make(&event, EVENT_RESPONSE, 1);
	event.response.status = 499;
	assert_int_equal(record_check(&event, sizeof(event)), -EBADMSG);
	event.response.status = 599;
	assert_int_equal(record_check(&event, sizeof(event)), sizeof(event.response));

	record_make(&event, EVENT_ATTEMPT, 1);
	event.attempt.error = -4095;
	event.attempt.retransmit_error = -1;
	event.attempt.received.status = 100;
	assert_int_equal(record_check(&event, sizeof(event)), sizeof(event.attempt));
	event.attempt.received.status = 99;
	assert_int_equal(record_check(&event, sizeof(event)), -EBADMSG);
	event.attempt.received.status = 0;
	event.attempt.error = 4096;
	assert_int_equal(record_check(&event, sizeof(event)), -EBADMSG);
	event.attempt.error = INT32_MIN;
	assert_int_equal(record_check(&event, sizeof(event)), -EBADMSG);
	event.attempt.error = 0;
	event.attempt.retransmit_error = -4096;
	assert_int_equal(record_check(&event, sizeof(event)), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_passes),
		cmocka_unit_test(truncated_records_fail),
		cmocka_unit_test(sizes_are_checked),
		cmocka_unit_test(unknown_types_pass_by_size),
		cmocka_unit_test(misaligned_data_fails),
		cmocka_unit_test(fields_out_of_range_fail),
		cmocka_unit_test(statuses_and_errors_have_bounds),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
