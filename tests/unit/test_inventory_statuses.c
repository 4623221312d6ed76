// SPDX-License-Identifier: GPL-2.0-only
/* A stats socket that the test itself answers, of a HAProxy in a fabricated /proc. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/balancer_host.h"
#include "tests/unit/cmocka_plus.h"
#include "tests/unit/proc_tree.h"
#include "user/inventory/group_config.h"
#include "user/inventory/stats_socket.h"
#include "user/lib/clock.h"
#include "user/lib/endpoint.h"

#define SEEN_MAX 32
#define LEADER 50u
#define ROUNDS_MAX 16
#define HEADING \
	"# pxname,svname,status,weight,lastchg,check_status,check_code,last_chk,econ,addr,\n"

struct seen {
	struct event_backend_status statuses[SEEN_MAX];
	struct event_backend_address addresses[SEEN_MAX];
	struct event_config notes[SEEN_MAX];
	int status_count, address_count, note_count;
};

/* What the load balancer answers. */
struct answers {
	const char *info, *stat, *state; /* NULL: it says nothing, and closes */
	int asked_info, asked_stat, asked_state;
};

static struct proc_tree tree;
static struct seen seen;
static struct answers answers;
static struct inventory *inventory;
static int listener;

static int on_record(void *context, const struct event_header *record)
{
	const union event *event = (const void *)record;

	(void)context;
	assert_int_equal(record_check(record, record->size_bytes), record->size_bytes);
	if (record->type == EVENT_BACKEND_STATUS) {
		assert_true(seen.status_count < SEEN_MAX);
		seen.statuses[seen.status_count++] = event->backend_status;
	} else if (record->type == EVENT_BACKEND_ADDRESS) {
		assert_true(seen.address_count < SEEN_MAX);
		seen.addresses[seen.address_count++] = event->backend_address;
	} else if (record->type == EVENT_CONFIG && event->config.kind != CONFIG_READ) {
		assert_true(seen.note_count < SEEN_MAX);
		seen.notes[seen.note_count++] = event->config;
	}
	return 0;
}

static const struct inventory_callbacks callbacks = { host_follow, host_forget, on_record, NULL };

static void listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%u/rootfs/run/%s", tree.path,
		 LEADER, name);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
}

static void write_config(const char *text)
{
	proc_tree_write_text(&tree, LEADER, "rootfs/etc/h.cfg", text);
}

static int set_up(void **state)
{
	static const struct inventory_options options = { .no_resolve = true };
	static const char cmdline[] = "haproxy\0-f\0/etc/h.cfg";
	char root[128];

	(void)state;
	proc_tree_make(&tree);
	proc_tree_add(&tree, 1, 0, 1, "systemd", "/usr/lib/systemd/systemd");
	proc_tree_add(&tree, LEADER, 1, clock_now_ns() / 10000000, "haproxy", "/usr/sbin/haproxy");
	proc_tree_write(&tree, LEADER, "cmdline", cmdline, sizeof(cmdline));
	proc_tree_write_text(&tree, LEADER, "status", "Name:\thaproxy\nNSpid:\t50\t7\nx: 1\n");
	snprintf(root, sizeof(root), "%s/%u/rootfs", tree.path, LEADER);
	proc_tree_link(&tree, LEADER, "root", root);
	proc_tree_write_text(&tree, LEADER, "rootfs/run/keep", "");
	proc_tree_tcp(&tree, "host", "10.0.0.9:80", "0.0.0.0:0", SOCKETS_LISTEN, 7);
	proc_tree_socket(&tree, LEADER, 7, 7);
	write_config("global\n stats socket /run/a.sock\nbackend b\n server s 10.0.0.1:80 check\n");
	memset(&seen, 0, sizeof(seen));
	answers = (struct answers){
		.info = "Name: HAProxy\nVersion: 2.6.12\nPid: 7\n\n",
		.stat = HEADING "b,s,UP,1,30,L7OK,200,,0,10.0.0.1:80,\n\n",
	};
	listener = -1;
	return inventory_new_at(tree.path, &options, &inventory);
}

static int tear_down(void **state)
{
	(void)state;
	if (listener >= 0)
		close(listener);
	inventory_free(inventory);
	proc_tree_remove(&tree);
	return 0;
}

static const char *choose(const char *question)
{
	if (!strncmp(question, "show info", 9)) {
		answers.asked_info++;
		return answers.info;
	}
	if (!strncmp(question, "show stat", 9)) {
		answers.asked_stat++;
		return answers.stat;
	}
	assert_int_equal(strncmp(question, "show servers state", 18), 0);
	answers.asked_state++;
	return answers.state;
}

/* Answers one question; false: there is none. */
static bool answer(void)
{
	int fd = listener < 0 ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char question[128];
	const char *text;
	ssize_t got;

	if (fd < 0)
		return false;
	got = recv(fd, question, sizeof(question) - 1, 0);
	assert_true(got > 0);
	question[got] = '\0';
	assert_non_null(strchr(question, '\n'));
	text = choose(question);
	if (text)
		assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	close(fd);
	return true;
}

/* Answers all that is asked. */
static void serve(void)
{
	int i;

	for (i = 0; i < ROUNDS_MAX && answer(); i++)
		assert_int_equal(inventory_turn(inventory, &callbacks), 0);
}

static struct statuses *statuses_of(void)
{
	assert_non_null(inventory->groups);
	assert_non_null(inventory->groups->configured);
	return inventory->groups->configured->statuses;
}

static void look(void)
{
	memset(&seen, 0, sizeof(seen));
	assert_true(inventory_look(inventory, &callbacks) > 0);
	serve();
}

/* A look that does not wait for the time of the next question. */
static void look_again(void)
{
	statuses_hurry(statuses_of());
	look();
}

static void what_it_says_is_told(void **state)
{
	uint64_t age;

	(void)state;
	listen_at("a.sock");
	look();
	assert_int_equal(seen.status_count, 1);
	assert_string_equal(seen.statuses[0].pool, "b");
	assert_string_equal(seen.statuses[0].name, "s");
	assert_int_equal(seen.statuses[0].state, BACKEND_UP);
	assert_int_equal(seen.statuses[0].check_code, 200);
	assert_int_equal(seen.statuses[0].owner.group, LEADER);
	assert_true(seen.statuses[0].netns > 0);
	age = seen.statuses[0].header.time_ns - seen.statuses[0].changed_ns;
	assert_true(age >= 29 * CLOCK_NS_PER_SECOND && age <= 31 * CLOCK_NS_PER_SECOND);
	assert_int_equal(seen.note_count, 0);
	assert_int_equal(answers.asked_info, 1);
}

static void only_news_is_told(void **state)
{
	(void)state;
	listen_at("a.sock");
	look();
	look_again();
	assert_int_equal(answers.asked_stat, 2);
	assert_int_equal(seen.status_count, 0);
	/* what only counts waits */
	answers.stat = HEADING "b,s,UP,1,32,L7OK,200,,5,10.0.0.1:80,\n\n";
	look_again();
	assert_int_equal(seen.status_count, 0);
	answers.stat = HEADING "b,s,DOWN,1,0,L4CON,,Connection refused,6,10.0.0.1:80,\n\n";
	look_again();
	assert_int_equal(seen.status_count, 1);
	assert_int_equal(seen.statuses[0].state, BACKEND_DOWN);
	assert_int_equal(seen.statuses[0].connect_errors, 6);
	assert_string_equal(seen.statuses[0].check_status, "L4CON");
}

static void a_check_under_way_is_no_news(void **state)
{
	(void)state;
	answers.stat = HEADING "b,s,DOWN,1,30,L7STS,500,Internal Server Error,0,10.0.0.1:80,\n\n";
	listen_at("a.sock");
	look();
	assert_int_equal(seen.statuses[0].check_code, 500);
	answers.stat = HEADING "b,s,DOWN,1,31,* L7STS,,Layer7 wrong status,0,10.0.0.1:80,\n\n";
	look_again();
	assert_int_equal(seen.status_count, 0);
	answers.stat = HEADING "b,s,DOWN,1,32,L7STS,503,Service Unavailable,0,10.0.0.1:80,\n\n";
	look_again();
	assert_int_equal(seen.status_count, 1);
	assert_int_equal(seen.statuses[0].check_code, 503);
	answers.stat = HEADING "b,s,MAINT,1,0,* L7STS,,Layer7 wrong status,0,10.0.0.1:80,\n\n";
	look_again();
	assert_int_equal(seen.status_count, 1);
	assert_int_equal(seen.statuses[0].check_code, 503);
	assert_string_equal(seen.statuses[0].check_text, "Service Unavailable");
	assert_int_equal(seen.statuses[0].header.flags, 0);
}

static void it_is_not_asked_all_the_time(void **state)
{
	(void)state;
	listen_at("a.sock");
	look();
	look();
	look();
	assert_int_equal(answers.asked_stat, 1);
}

static void another_ones_socket_is_left_alone(void **state)
{
	(void)state;
	listen_at("a.sock");
	answers.info = "Name: HAProxy\nPid: 8\n\n";
	look();
	look_again();
	assert_int_equal(answers.asked_info, 2);
	assert_int_equal(answers.asked_stat, 0);
	assert_int_equal(seen.status_count, 0);
	assert_true(statuses_settled(inventory->groups->configured));
}

static void a_socket_that_was_taken_over_is_left_alone(void **state)
{
	(void)state;
	listen_at("a.sock");
	look();
	answers.info = "Name: HAProxy\nPid: 8\n\n";
	answers.stat = HEADING "b,s,DOWN,1,0,,,,0,10.0.0.1:80,\n\n";
	look_again();
	assert_int_equal(answers.asked_stat, 1);
	assert_int_equal(seen.status_count, 0);
}

static void a_socket_that_is_not_there_is_told_once(void **state)
{
	(void)state;
	look();
	assert_int_equal(seen.note_count, 1);
	assert_int_equal(seen.notes[0].kind, CONFIG_UNREADABLE);
	assert_string_equal(seen.notes[0].file, "/run/a.sock");
	look_again();
	assert_int_equal(seen.note_count, 0);
	assert_true(statuses_settled(inventory->groups->configured));
	/* it may come */
	listen_at("a.sock");
	look_again();
	assert_int_equal(seen.status_count, 1);
}

static void the_next_socket_is_tried(void **state)
{
	(void)state;
	write_config("global\n stats socket /run/a.sock\n stats socket /run/b.sock\n"
		     "backend b\n server s 10.0.0.1:80 check\n");
	listen_at("b.sock");
	look();
	assert_int_equal(seen.status_count, 1);
	assert_int_equal(seen.note_count, 0);
}

static void what_is_no_socket_is_not_opened(void **state)
{
	(void)state;
	proc_tree_write_text(&tree, LEADER, "rootfs/run/a.sock", "b,s,UP\n");
	look();
	assert_int_equal(seen.note_count, 1);
	assert_int_equal(seen.status_count, 0);
}

/* A link leads to another place of the same root, never out of it. */
static void links_stay_below_the_root(void **state)
{
	char target[128];

	(void)state;
	listen_at("b.sock");
	proc_tree_link(&tree, LEADER, "rootfs/run/a.sock", "/run/b.sock");
	look();
	assert_int_equal(seen.status_count, 1);
	snprintf(target, sizeof(target), "%s/%u/rootfs/run/b.sock", tree.path, LEADER);
	proc_tree_link(&tree, LEADER, "rootfs/run/a.sock", target);
	look_again();
	assert_int_equal(answers.asked_stat, 1);
}

static void addresses_that_only_it_knows_are_told(void **state)
{
	(void)state;
	write_config("global\n stats socket /run/a.sock\nbackend b\n server s app:80\n"
		     " server t 10.0.0.2:80\n");
	answers.stat = HEADING "b,s,UP,1,30,,,,0,10.0.0.1:80,\nb,t,UP,1,30,,,,0,10.0.0.2:80,\n\n";
	listen_at("a.sock");
	look();
	assert_int_equal(seen.address_count, 1);
	assert_int_equal(seen.addresses[0].header.flags, BACKEND_ADDRESS_TOLD);
	assert_int_equal(seen.addresses[0].index, 0);
	assert_int_equal(seen.addresses[0].address.bytes[3], 1);
	answers.stat = HEADING "b,s,UP,1,30,,,,0,10.0.0.9:80,\nb,t,UP,1,30,,,,0,10.0.0.2:80,\n\n";
	look_again();
	assert_int_equal(seen.address_count, 2);
	assert_int_equal(seen.addresses[0].header.flags,
			 BACKEND_ADDRESS_TOLD | BACKEND_ADDRESS_GONE);
	assert_int_equal(seen.addresses[0].address.bytes[3], 1);
	assert_int_equal(seen.addresses[1].header.flags, BACKEND_ADDRESS_TOLD);
	assert_int_equal(seen.addresses[1].address.bytes[3], 9);
	assert_int_equal(answers.asked_state, 0);
}

static void without_addresses_the_state_is_asked_for(void **state)
{
	(void)state;
	write_config("global\n stats socket /run/a.sock\nbackend b\n server s app:80\n");
	answers.stat = HEADING "b,s,UP,1,30,,,,0,,\n\n";
	answers.state = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state "
			"srv_fqdn srv_port\n3 b 1 s 10.0.0.4 2 0 app 80\n\n";
	listen_at("a.sock");
	look();
	assert_int_equal(answers.asked_state, 1);
	assert_int_equal(seen.address_count, 1);
	assert_int_equal(seen.addresses[0].address.bytes[3], 4);
	assert_int_equal(seen.addresses[0].address.port, 80);
	/* of a level that may not */
	answers.state = "Permission denied\n\n";
	look_again();
	look_again();
	assert_int_equal(answers.asked_state, 2);
	assert_int_equal(seen.note_count, 0);
}

static void hostile_answers_do_no_harm(void **state)
{
	static const char *const hostile[] = {
		"",
		"\n",
		"# pxname",
		HEADING "b",
		HEADING "b,s,",
		"# ,,,,\n,,,\n\n",
		"Unknown command\n",
		HEADING "b,s,\"UP,1\n\n",
		"\xff\xfe\x01\n\n",
	};
	size_t i;

	(void)state;
	listen_at("a.sock");
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		answers.stat = hostile[i];
		if (i)
			look_again();
		else
			look();
	}
	answers.stat = HEADING "b,s,UP,1,30,L7OK,200,,0,10.0.0.1:80,\n\n";
	for (i = 0; i < 3; i++)
		look_again();
	assert_int_equal(statuses_settled(inventory->groups->configured), true);
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		answers.info = hostile[i];
		look_again();
	}
}

static void open_below(struct stats_socket *socket, int *root, const char *question)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%u/rootfs", tree.path, LEADER);
	*root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(*root >= 0);
	stats_socket_open(socket);
	assert_int_equal(stats_socket_ask(socket, *root, "/run/a.sock", question), 0);
}

static void an_endless_answer_is_given_up(void **state)
{
	static char block[65536];
	struct stats_socket asked;
	int fd, root, err = -EAGAIN;
	size_t sent = 0;

	(void)state;
	listen_at("a.sock");
	open_below(&asked, &root, "show stat\n");
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(fd >= 0);
	while (err == -EAGAIN && sent < 4 * STATS_SOCKET_BYTES) {
		ssize_t bytes = send(fd, block, sizeof(block), MSG_NOSIGNAL);

		sent += bytes > 0 ? (size_t)bytes : 0;
		err = stats_socket_read(&asked, 0);
	}
	assert_int_equal(err, -EMSGSIZE);
	assert_true(asked.fd < 0);
	assert_null(asked.text);
	close(fd);
	close(root);
}

static void no_answer_is_given_up_in_time(void **state)
{
	struct stats_socket asked;
	uint64_t began_ns;
	int root;

	(void)state;
	listen_at("a.sock");
	open_below(&asked, &root, "show stat\n");
	began_ns = clock_now_ns();
	assert_int_equal(stats_socket_read(&asked, 0), -EAGAIN);
	assert_int_equal(stats_socket_read(&asked, began_ns + CLOCK_NS_PER_SECOND / 20), -EAGAIN);
	assert_in_range(clock_now_ns() - began_ns, CLOCK_NS_PER_SECOND / 20, CLOCK_NS_PER_SECOND);
	asked.until_ns = clock_now_ns();
	assert_int_equal(stats_socket_read(&asked, 0), -ETIMEDOUT);
	assert_true(asked.fd < 0);
	close(root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_it_says_is_told),
		TEST(only_news_is_told),
		TEST(a_check_under_way_is_no_news),
		TEST(it_is_not_asked_all_the_time),
		TEST(another_ones_socket_is_left_alone),
		TEST(a_socket_that_was_taken_over_is_left_alone),
		TEST(a_socket_that_is_not_there_is_told_once),
		TEST(the_next_socket_is_tried),
		TEST(what_is_no_socket_is_not_opened),
		TEST(links_stay_below_the_root),
		TEST(addresses_that_only_it_knows_are_told),
		TEST(without_addresses_the_state_is_asked_for),
		TEST(hostile_answers_do_no_harm),
		TEST(an_endless_answer_is_given_up),
		TEST(no_answer_is_given_up_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
