// SPDX-License-Identifier: GPL-2.0-only
/* A wall clock that is set while the program runs. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static long jump_at = -1, jump_seconds;

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("FAULT_CLOCK_AT"), *seconds = getenv("FAULT_CLOCK_JUMP");

	if (!at || !seconds)
		return;
	jump_seconds = strtol(seconds, NULL, 10);
	jump_at = strtol(at, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static __typeof__(&clock_gettime) next;
	static long readings;
	int err;

	if (!next)
		next = dlsym(RTLD_NEXT, "clock_gettime");
	err = next(clock, now);
	if (!err && clock == CLOCK_REALTIME && jump_at >= 0 &&
	    __atomic_add_fetch(&readings, 1, __ATOMIC_RELAXED) >= jump_at)
		now->tv_sec += jump_seconds;
	return err;
}
