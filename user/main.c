// SPDX-License-Identifier: GPL-2.0-only
/* Picks the command. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "user/cmd/command.h"
#include "user/lib/message.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "record", record_run },   { "report", report_run }, { "export", export_run },
	{ "explain", explain_run }, { "check", check_run },   { "backends", backends_run },
	{ "probe", probe_run },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

/* The next file that is opened would take the place of a standard one that was closed, and messages
 * would be written into a log. What is put there cannot be used either. */
static int fill_standard_files(void)
{
	for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
		if (fcntl(file, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) != file)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static char program[] = "lbtrace";
	static char *no_arguments[] = { program, NULL };
	const struct command *command;

	if (fill_standard_files())
		return EXIT_STATUS_FAILURE;
	/* A reader that went away, or a file at its limit, is a failed write, to be said, not a
	 * reason to die. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 1) {
		argc = 1;
		argv = no_arguments;
	}
	if (argc < 2 || argv[1][0] == '-') {
		argv[0] = program;
		return live_run(argc, argv);
	}
	command = find_command(argv[1]);
	if (!command) {
		message_error("there is no command '%s'; lbtrace --help lists them", argv[1]);
		return EXIT_STATUS_USAGE;
	}
	argv[1] = program;
	return command->run(argc - 1, argv + 1);
}
