// SPDX-License-Identifier: GPL-2.0-only
/* Backends on this very host: what listens there, and who was killed, make the cause exact. */
#include <signal.h>
#include <stdio.h>

#include "tests/unit/attempts.h"
#include "tests/unit/cmocka_plus.h"
#include "user/diagnose/hosts.h"

#define LISTENER_INODE 77
#define BACKEND_NETNS 4026532000u

static struct event_host_port look(const struct event_attempt *attempt, uint64_t time_ns,
				   uint32_t flags)
{
	return (struct event_host_port){
		.header = { EVENT_HOST_PORT, sizeof(struct event_host_port), flags, time_ns },
		.address = attempt->remote,
		.netns = BACKEND_NETNS,
		.backlog_max = 4,
		.inode = flags ? LISTENER_INODE : 0,
	};
}

static struct event_process killed(uint64_t time_ns, int exit_code)
{
	return (struct event_process){
		.header = { EVENT_PROCESS, sizeof(struct event_process), PROCESS_EXITED, time_ns },
		.owner = { .tgid = 4711, .comm = "gunicorn" },
		.exit_code = exit_code,
		.netns = BACKEND_NETNS,
	};
}

/* What the attempt comes to after one look with these flags, right after it. */
static void assert_after_look(const struct event_attempt *attempt, uint32_t flags,
			      enum cause_id cause, enum confidence confidence)
{
	struct event_host_port found = look(attempt, attempt->header.time_ns + MS, flags);
	struct hosts *hosts = hosts_new();
	struct outcome_context context = { 0 };
	struct host_view view;

	assert_non_null(hosts);
	hosts_note_port(hosts, &found);
	assert_true(hosts_fill(hosts, attempt, &view));
	context.host = &view;
	assert_outcome(attempt, &context, cause, confidence);
	hosts_free(hosts);
}

static void refusals_are_told_apart(void **state)
{
	struct event_attempt attempt = attempt_syn_reset();

	(void)state;
	assert_after_look(&attempt, 0, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	assert_after_look(&attempt, HOST_PORT_LOOPBACK, CAUSE_LOOPBACK_BIND, CONFIDENCE_CERTAIN);
	assert_after_look(&attempt, HOST_PORT_OTHER_FAMILY, CAUSE_AF_MISMATCH, CONFIDENCE_CERTAIN);
	assert_after_look(&attempt, HOST_PORT_OTHER_ADDRESS, CAUSE_CONN_REFUSED,
			  CONFIDENCE_CERTAIN);
	/* It may have come up since. */
	assert_after_look(&attempt, HOST_PORT_LISTENS, CAUSE_CONN_REFUSED, CONFIDENCE_LIKELY);
}

/* The same address on a network that this host has no part in. */
static void an_answer_from_afar_is_not_of_this_host(void **state)
{
	struct event_attempt attempt = attempt_syn_reset();

	(void)state;
	attempt.reset_received_ns = attempt.started_ns + 20 * MS;
	attempt.header.time_ns = attempt.reset_received_ns;
	assert_after_look(&attempt, HOST_PORT_LOOPBACK, CAUSE_CONN_REFUSED, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, NULL, "a firewall on the backend's host");
}

static void assert_with_listener_before(uint64_t inode_before, enum cause_id cause)
{
	struct event_attempt attempt = attempt_syn_reset();
	struct event_host_port before =
		look(&attempt, attempt.started_ns - 300 * MS, HOST_PORT_LISTENS);
	struct event_host_port after =
		look(&attempt, attempt.header.time_ns + MS, HOST_PORT_LISTENS);
	struct hosts *hosts = hosts_new();
	struct outcome_context context = { 0 };
	struct host_view view;

	before.inode = inode_before;
	hosts_note_port(hosts, &before);
	hosts_note_port(hosts, &after);
	assert_true(hosts_fill(hosts, &attempt, &view));
	context.host = &view;
	assert_outcome(&attempt, &context, cause, CONFIDENCE_LIKELY);
	hosts_free(hosts);
}

static void a_firewall_refuses_for_a_listener_that_stays(void **state)
{
	(void)state;
	assert_with_listener_before(LISTENER_INODE, CAUSE_FW_REJECT_RST);
	assert_with_listener_before(LISTENER_INODE + 1, CAUSE_CONN_REFUSED); /* restarted */
}

static void silence_is_told_apart(void **state)
{
	struct event_attempt attempt = attempt_syn(2500);
	struct host_view view = { .port_known = true, .port_flags = HOST_PORT_LISTENS };
	struct outcome_context context = { .host = &view, .host_answered_recently = true };

	(void)state;
	view.backlog = 5;
	view.backlog_max = 4;
	assert_outcome(&attempt, &context, CAUSE_ACCEPTQ_OVERFLOW, CONFIDENCE_CERTAIN);
	view.backlog_max = 0;
	assert_outcome(&attempt, &context, CAUSE_ACCEPTQ_OVERFLOW, CONFIDENCE_LIKELY);
	view.backlog = 0;
	view.syn_queue_grew = true;
	assert_outcome(&attempt, &context, CAUSE_SYN_BACKLOG_FULL, CONFIDENCE_LIKELY);
	view.syn_queue_grew = false;
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_LIKELY);
	view.port_flags = 0;
	view.backlog = 5;
	assert_outcome(&attempt, &context, CAUSE_FW_DROP, CONFIDENCE_LIKELY);
}

static void nobody_accepts(void **state)
{
	struct event_attempt attempt = attempt_waiting(2000);
	struct host_view view = { .port_known = true,
				  .port_flags = HOST_PORT_LISTENS,
				  .backlog = 1 };
	struct outcome_context context = { .host = &view };

	(void)state;
	assert_outcome(&attempt, &context, CAUSE_BACKEND_NOT_ACCEPTING, CONFIDENCE_LIKELY);
	attempt = attempt_waiting_reused(1000, 2000); /* this one had been accepted */
	assert_outcome(&attempt, &context, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
	attempt = attempt_waiting(2000);
	view.backlog = 0;
	assert_outcome(&attempt, &context, CAUSE_SLOW_RESPONSE, CONFIDENCE_CERTAIN);
}

static void fill_killed(struct hosts *hosts, const struct event_process *process,
			const struct event_attempt *attempt, struct host_view *view)
{
	struct event_host_port found =
		look(attempt, attempt->header.time_ns + MS, HOST_PORT_LISTENS);

	hosts_note_process(hosts, process);
	hosts_note_port(hosts, &found);
	assert_true(hosts_fill(hosts, attempt, view));
}

static void a_killed_process_is_named(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);
	struct event_process process, chosen;
	struct hosts *hosts = hosts_new();
	struct outcome_context context = { 0 };
	struct host_view view;

	(void)state;
	attempt_end_by_fin(&attempt, 5000);
	process = killed(attempt.fin_received_ns - MS, SIGKILL);
	chosen = process;
	chosen.header.flags = PROCESS_OOM_KILLED;
	hosts_note_process(hosts, &chosen);
	fill_killed(hosts, &process, &attempt, &view);
	context.host = &view;
	assert_outcome(&attempt, &context, CAUSE_CLOSE_BEFORE_RESPONSE, CONFIDENCE_CERTAIN);
	assert_evidence(&attempt, &context, "gunicorn (pid 4711)");
	assert_evidence(&attempt, &context, "out of memory");
	hosts_free(hosts);
}

static void others_deaths_are_not_blamed(void **state)
{
	struct event_attempt attempt = attempt_waiting(1);
	struct hosts *hosts = hosts_new();
	struct event_process process;
	struct host_view view;

	(void)state;
	attempt_end_by_fin(&attempt, 5000);
	process = killed(attempt.fin_received_ns - MS, 1 << 8); /* exit(1) */
	fill_killed(hosts, &process, &attempt, &view);
	assert_int_equal(view.killed_ns, 0);
	process = killed(attempt.fin_received_ns - MS, SIGKILL);
	process.netns = BACKEND_NETNS + 1;
	fill_killed(hosts, &process, &attempt, &view);
	assert_int_equal(view.killed_ns, 0);
	process = killed(attempt.fin_received_ns + MS, SIGKILL);
	fill_killed(hosts, &process, &attempt, &view);
	assert_int_equal(view.killed_ns, 0);
	hosts_free(hosts);
}

static void ports_are_bounded(void **state)
{
	struct event_attempt attempt = attempt_syn_reset();
	struct hosts *hosts = hosts_new();
	struct host_view view;

	(void)state;
	for (unsigned int port = 1; port <= HOSTS_PORTS_MAX + 10; port++) {
		struct event_host_port found = look(&attempt, attempt.header.time_ns, 0);

		found.address.port = port;
		hosts_note_port(hosts, &found);
	}
	attempt.remote.port = 1;
	assert_false(hosts_fill(hosts, &attempt, &view));
	attempt.remote.port = HOSTS_PORTS_MAX + 10;
	assert_true(hosts_fill(hosts, &attempt, &view));
	hosts_free(hosts);
	hosts_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_are_told_apart),
		cmocka_unit_test(an_answer_from_afar_is_not_of_this_host),
		cmocka_unit_test(a_firewall_refuses_for_a_listener_that_stays),
		cmocka_unit_test(silence_is_told_apart),
		cmocka_unit_test(nobody_accepts),
		cmocka_unit_test(a_killed_process_is_named),
		cmocka_unit_test(others_deaths_are_not_blamed),
		cmocka_unit_test(ports_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
