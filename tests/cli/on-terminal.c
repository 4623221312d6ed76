// SPDX-License-Identifier: GPL-2.0-only
/*
 * on-terminal COMMAND...: runs it with a terminal of 100 columns and 30 rows for its input and output,
 * copies what it writes there to stdout, and ends as it does. Its stderr is the one it was given.
 */
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(char **command, int messages)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(messages, STDERR_FILENO);
	close(messages);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

/* Until nobody has the terminal open any more: Linux then says EIO. */
static int copy(int terminal)
{
	char bytes[4096];

	for (;;) {
		ssize_t got = read(terminal, bytes, sizeof(bytes));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got && errno != EIO ? -errno : 0;
		if (fwrite(bytes, 1, (size_t)got, stdout) != (size_t)got || fflush(stdout))
			return -EIO;
	}
}

int main(int argc, char **argv)
{
	const struct winsize size = { .ws_row = 30, .ws_col = 100 };
	int messages = dup(STDERR_FILENO), terminal, status, err;
	pid_t child;

	if (argc < 2 || messages < 0) {
		fprintf(stderr, "usage: on-terminal COMMAND...\n");
		return 2;
	}
	child = forkpty(&terminal, NULL, NULL, &size);
	if (child < 0) {
		perror("on-terminal: forkpty");
		return 1;
	}
	if (!child)
		run(argv + 1, messages);
	close(messages);
	err = copy(terminal);
	if (err)
		fprintf(stderr, "on-terminal: copying failed: %s\n", strerror(-err));
	if (waitpid(child, &status, 0) != child)
		return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
