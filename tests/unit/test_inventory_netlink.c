// SPDX-License-Identifier: GPL-2.0-only
/* Lists as the kernel might give them, from the other end of a socket pair. */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "user/inventory/netlink.h"

#define SEQUENCE 7u
#define ENTRY NLMSG_MIN_TYPE

struct message {
	struct nlmsghdr header;
	int32_t number;
};

struct pair {
	int asking, answering;
};

static int set_up(void **state)
{
	static struct pair pair;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
	pair.asking = fds[0];
	pair.answering = fds[1];
	*state = &pair;
	return 0;
}

static int tear_down(void **state)
{
	const struct pair *pair = *state;

	close(pair->asking);
	close(pair->answering);
	return 0;
}

static struct message message_of(uint16_t type, int32_t number)
{
	return (struct message){
		.header = { sizeof(struct message), type, NLM_F_MULTI, SEQUENCE, 1 },
		.number = number,
	};
}

static void answer(const struct pair *pair, const void *bytes, size_t size)
{
	assert_int_equal(send(pair->answering, bytes, size, 0), size);
}

/* Sums up; a negative number stops the list. */
static int add_up(const struct nlmsghdr *message, void *context)
{
	int32_t number;
	int *sum = context;

	assert_true(NLMSG_PAYLOAD(message, 0) >= sizeof(number));
	memcpy(&number, NLMSG_DATA(message), sizeof(number));
	if (number < 0)
		return number;
	*sum += number;
	return 0;
}

/* Without a whole answer it ends with -EAGAIN rather than never. */
static int dump(const struct pair *pair, int *sum)
{
	const struct timeval soon = { .tv_usec = 1000 };
	struct message request = message_of(ENTRY, 0), sent;
	int err;

	*sum = 0;
	assert_int_equal(setsockopt(pair->asking, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)), 0);
	err = netlink_dump(pair->asking, &request.header, add_up, sum);
	assert_int_equal(recv(pair->answering, &sent, sizeof(sent), 0), sizeof(sent));
	assert_int_equal(sent.header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	return err;
}

static void a_list_comes_in_several_parts(void **state)
{
	const struct message first[] = { message_of(ENTRY, 1), message_of(NLMSG_NOOP, 2),
					 message_of(ENTRY, 4) };
	const struct message second[] = { message_of(ENTRY, 8), message_of(NLMSG_DONE, 0),
					  message_of(ENTRY, 16) };
	int sum;

	answer(*state, first, sizeof(first));
	answer(*state, second, sizeof(second));
	assert_int_equal(dump(*state, &sum), 0);
	assert_int_equal(sum, 13);
}

static void a_list_without_its_end_is_waited_for(void **state)
{
	const struct message only = message_of(ENTRY, 1);
	int sum;

	answer(*state, &only, sizeof(only));
	assert_int_equal(dump(*state, &sum), -EAGAIN);
	assert_int_equal(sum, 1);
}

static void a_list_that_changed_meanwhile_is_taken(void **state)
{
	struct message list[] = { message_of(ENTRY, 1), message_of(NLMSG_DONE, 0) };
	int sum;

	list[0].header.nlmsg_flags |= NLM_F_DUMP_INTR;
	list[1].header.nlmsg_flags |= NLM_F_DUMP_INTR;
	answer(*state, list, sizeof(list));
	assert_int_equal(dump(*state, &sum), 0);
	assert_int_equal(sum, 1);
}

static void a_refusal_is_returned(void **state)
{
	const uint16_t types[] = { NLMSG_ERROR, NLMSG_DONE };
	size_t i;
	int sum;

	for (i = 0; i < ARRAY_LENGTH(types); i++) {
		const struct message refusal = message_of(types[i], -ENOENT);

		answer(*state, &refusal, sizeof(refusal));
		assert_int_equal(dump(*state, &sum), -ENOENT);
	}
}

static void whoever_takes_can_stop_it(void **state)
{
	const struct message list[] = { message_of(ENTRY, 1), message_of(ENTRY, -ENOMEM),
					message_of(ENTRY, 2) };
	int sum;

	answer(*state, list, sizeof(list));
	assert_int_equal(dump(*state, &sum), -ENOMEM);
	assert_int_equal(sum, 1);
}

static void an_answer_to_another_request_is_refused(void **state)
{
	struct message other = message_of(ENTRY, 1);
	int sum;

	other.header.nlmsg_seq++;
	answer(*state, &other, sizeof(other));
	assert_int_equal(dump(*state, &sum), -EPROTO);
	assert_int_equal(sum, 0);
}

static void lengths_are_not_believed(void **state)
{
	const uint32_t lengths[] = { 0, NLMSG_HDRLEN - 1, sizeof(struct message) + 1, INT32_MAX,
				     UINT32_MAX };
	struct message list[] = { message_of(ENTRY, 1), message_of(ENTRY, 2) };
	size_t i;
	int sum;

	for (i = 0; i < ARRAY_LENGTH(lengths); i++) {
		list[1].header.nlmsg_len = lengths[i];
		answer(*state, list, sizeof(list));
		assert_int_equal(dump(*state, &sum), -EBADMSG);
		assert_int_equal(sum, 1);
	}
}

static void what_is_cut_off_is_refused(void **state)
{
	const struct message list[] = { message_of(ENTRY, 1), message_of(NLMSG_DONE, 0) };
	struct message empty = message_of(NLMSG_DONE, 0);
	size_t bytes;
	int sum;

	for (bytes = 0; bytes < sizeof(list); bytes++) {
		if (bytes == sizeof(list[0]))
			continue;
		answer(*state, list, bytes);
		assert_int_equal(dump(*state, &sum), -EBADMSG);
	}
	empty.header.nlmsg_len = NLMSG_HDRLEN;
	answer(*state, &empty, NLMSG_HDRLEN);
	assert_int_equal(dump(*state, &sum), -EBADMSG);
}

static void a_last_message_needs_no_padding(void **state)
{
	struct message list[] = { message_of(ENTRY, 1), message_of(ENTRY, 2) };
	const struct message end = message_of(NLMSG_DONE, 0);
	char longer[sizeof(list) + 1] = { 0 };
	int sum;

	list[1].header.nlmsg_len++;
	memcpy(longer, list, sizeof(list));
	answer(*state, longer, sizeof(longer));
	answer(*state, &end, sizeof(end));
	assert_int_equal(dump(*state, &sum), 0);
	assert_int_equal(sum, 3);
}

static void a_part_larger_than_any_of_the_kernel_is_refused(void **state)
{
	static char large[64 * 1024];
	int sum;

	answer(*state, large, sizeof(large));
	assert_int_equal(dump(*state, &sum), -EMSGSIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_comes_in_several_parts),
		TEST(a_list_without_its_end_is_waited_for),
		TEST(a_list_that_changed_meanwhile_is_taken),
		TEST(a_refusal_is_returned),
		TEST(whoever_takes_can_stop_it),
		TEST(an_answer_to_another_request_is_refused),
		TEST(lengths_are_not_believed),
		TEST(what_is_cut_off_is_refused),
		TEST(a_last_message_needs_no_padding),
		TEST(a_part_larger_than_any_of_the_kernel_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
