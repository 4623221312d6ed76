// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls by seccomp(2): those of one number raise SIGSYS, whoever makes them, libc's own
 * functions too; the handler fails them or makes them itself, from the one place that the filter
 * lets through.
 */
#include "tests/faults/interpose/interpose.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the registers of a system call are known for x86-64 only"
#endif

#define CALL(name)                \
	{                         \
#name, SYS_##name \
	}

static const struct {
	const char *name;
	long number;
} calls[] = {
	CALL(bpf),
	CALL(capset),
	CALL(close),
	CALL(connect),
	CALL(dup),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(eventfd2),
	CALL(fcntl),
	CALL(flock),
	CALL(fstat),
	CALL(fsync),
	CALL(ftruncate),
	CALL(getdents64),
	CALL(ioctl),
	CALL(lseek),
	CALL(memfd_create),
	CALL(mmap),
	CALL(munmap),
	CALL(newfstatat),
	CALL(open),
	CALL(openat),
	CALL(openat2),
	CALL(perf_event_open),
	CALL(poll),
	CALL(prctl),
	CALL(pread64),
	CALL(read),
	CALL(readlink),
	CALL(readlinkat),
	CALL(recvfrom),
	CALL(recvmsg),
	CALL(sendmsg),
	CALL(sendto),
	CALL(setns),
	CALL(socket),
	CALL(statx),
	CALL(uname),
	CALL(unlink),
	CALL(write),
	CALL(writev),
	CALL(setsockopt),
	CALL(bind),
	CALL(getsockname),
	CALL(getsockopt),
	CALL(clock_nanosleep),
	CALL(prlimit64),
};

static int fault_errno;
static const char *fault_path;

/* The system call whose instruction the filter knows by its address. */
long fault_syscall(long number, const long *arguments);
extern const char fault_syscall_end[];

__asm__(".text\n"
	".globl fault_syscall, fault_syscall_end\n"
	".type fault_syscall, @function\n"
	"fault_syscall:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rcx\n"
	"	mov 0(%rcx), %rdi\n"
	"	mov 8(%rcx), %rsi\n"
	"	mov 16(%rcx), %rdx\n"
	"	mov 24(%rcx), %r10\n"
	"	mov 32(%rcx), %r8\n"
	"	mov 40(%rcx), %r9\n"
	"	syscall\n"
	"fault_syscall_end:\n"
	"	ret\n"
	".size fault_syscall, . - fault_syscall\n");

long trap_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	return -1;
}

static const char *path_of(long number, const long *arguments)
{
	switch (number) {
	case SYS_openat:
	case SYS_openat2:
	case SYS_newfstatat:
	case SYS_statx:
	case SYS_readlinkat:
		return (const char *)arguments[1];
	case SYS_open:
	case SYS_readlink:
	case SYS_unlink:
		return (const char *)arguments[0];
	}
	return NULL;
}

/* Messages must get out; the counting's own calls are none of the program's. */
static bool is_spared(long number, const long *arguments)
{
	if (number == SYS_write || number == SYS_writev)
		return arguments[0] == STDERR_FILENO || arguments[0] >= 900;
	if (fault_path) {
		const char *path = path_of(number, arguments);

		return !path || strncmp(path, fault_path, strlen(fault_path)) != 0;
	}
	return false;
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	const long arguments[] = { registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
				   registers[REG_R10], registers[REG_R8],  registers[REG_R9] };
	int before = errno;

	(void)signal;
	if (!is_spared(info->si_syscall, arguments) && fault_due())
		registers[REG_RAX] = -fault_errno;
	else
		registers[REG_RAX] = fault_syscall(info->si_syscall, arguments);
	errno = before;
}

void trap_install(long number, int error, const char *path)
{
	const uint64_t own = (uint64_t)(uintptr_t)fault_syscall_end;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)own, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(own >> 32), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER };

	fault_errno = error;
	fault_path = path;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("interpose: seccomp");
		_exit(125);
	}
}
