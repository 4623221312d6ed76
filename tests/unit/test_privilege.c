// SPDX-License-Identifier: GPL-2.0-only
/* What is left of root's capabilities, and what can be done with it. Needs root. */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cmocka_plus.h"
#include "user/capture/privilege.h"
#include "user/inventory/namespace.h"

static uint32_t netns_now(void)
{
	struct stat status;

	return stat("/proc/thread-self/ns/net", &status) ? 0 : (uint32_t)status.st_ino;
}

static bool has(capng_type_t set, unsigned int capability)
{
	return !capng_get_caps_process() && capng_have_capability(set, capability) > 0;
}

/* Runs in a process of its own: capabilities do not come back. What `body` returned. */
static int run_apart(int (*body)(void))
{
	int status;
	pid_t pid;

	if (geteuid() || !has(CAPNG_EFFECTIVE, CAP_SYS_ADMIN))
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define EXPECT(condition)                          \
	do {                                       \
		if (!(condition))                  \
			return __LINE__ % 255 + 1; \
	} while (0)

static int keep_what_is_needed(void)
{
	EXPECT(!privilege_reduce(false));
	EXPECT(has(CAPNG_EFFECTIVE, CAP_SYS_PTRACE));
	EXPECT(has(CAPNG_EFFECTIVE, CAP_DAC_READ_SEARCH));
	EXPECT(!has(CAPNG_EFFECTIVE, CAP_SYS_ADMIN));
	EXPECT(has(CAPNG_PERMITTED, CAP_SYS_ADMIN));
	EXPECT(!has(CAPNG_PERMITTED, CAP_DAC_OVERRIDE));
	EXPECT(!has(CAPNG_PERMITTED, CAP_NET_ADMIN));
	EXPECT(!has(CAPNG_PERMITTED, CAP_SYS_MODULE));
	return 0;
}

static int keep_namespaces_open(void)
{
	EXPECT(!privilege_reduce(true));
	EXPECT(has(CAPNG_EFFECTIVE, CAP_SYS_ADMIN));
	return 0;
}

struct visit {
	uint32_t netns;
	bool was_admin;
};

static int visit(const void *context)
{
	struct visit *visit = *(struct visit *const *)context;

	visit->netns = netns_now();
	visit->was_admin = has(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
	return -EEXIST; /* no descriptor to hand back */
}

/* A process in a network namespace of its own, until *hold is closed. -1: it could not be made. */
static pid_t start_apart(int *hold)
{
	int ends[2], told[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		close(ends[1]);
		if (!unshare(CLONE_NEWNET) && write(told[1], &byte, 1) == 1)
			while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
				;
		_exit(0);
	}
	close(told[1]);
	*hold = ends[1];
	return read(told[0], &byte, 1) == 1 ? pid : -1;
}

static int enter_for_a_moment(void)
{
	struct visit seen = { 0 }, *visited = &seen;
	uint32_t own = netns_now(), there;
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), hold = -1;
	pid_t pid = start_apart(&hold);
	struct stat status;
	char path[64];

	EXPECT(pid > 0 && proc >= 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	EXPECT(!stat(path, &status));
	there = (uint32_t)status.st_ino;
	EXPECT(there != own);
	EXPECT(!privilege_reduce(false));
	EXPECT(namespace_call(proc, (uint32_t)pid, there, visit, &visited) == -EEXIST);
	EXPECT(seen.netns == there && seen.was_admin);
	EXPECT(netns_now() == own);
	EXPECT(!has(CAPNG_EFFECTIVE, CAP_SYS_ADMIN));
	close(hold);
	EXPECT(waitpid(pid, NULL, 0) == pid);
	return 0;
}

static void what_is_not_needed_is_given_up(void **state)
{
	(void)state;
	assert_int_equal(run_apart(keep_what_is_needed), 0);
}

static void namespaces_can_be_kept_open(void **state)
{
	(void)state;
	assert_int_equal(run_apart(keep_namespaces_open), 0);
}

static void a_namespace_is_entered_for_a_moment(void **state)
{
	(void)state;
	assert_int_equal(run_apart(enter_for_a_moment), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_needed_is_given_up),
		cmocka_unit_test(namespaces_can_be_kept_open),
		cmocka_unit_test(a_namespace_is_entered_for_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
