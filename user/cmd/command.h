/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of lbtrace. Each file of this directory wires the parts for one of them. */
#ifndef LBTRACE_USER_CMD_COMMAND_H
#define LBTRACE_USER_CMD_COMMAND_H

/* argv[0] is the program's name, the options and arguments follow. Each parses them, does its work,
 * says what failed on stderr and returns an exit status (user/lib/message.h). */
int live_run(int argc, char **argv);
int record_run(int argc, char **argv);
int report_run(int argc, char **argv);
int export_run(int argc, char **argv);
int explain_run(int argc, char **argv);
int check_run(int argc, char **argv);
int backends_run(int argc, char **argv);
int probe_run(int argc, char **argv);

#endif
