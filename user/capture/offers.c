// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/capture/cgroup.h"
#include "user/capture/kernel_types.h"
#include "user/capture/offers.h"
#include "user/capture/symbols.h"
#include "user/capture/trial.h"

static bool arguments_fit(const struct hook_candidate *candidate, int arguments, char *why)
{
	if (!candidate->arguments || candidate->arguments == (uint32_t)arguments)
		return true;
	snprintf(why, HOOK_WHY_BYTES, "has %d arguments here, not %u", arguments,
		 candidate->arguments);
	return false;
}

static bool ask_tracepoint(const struct offers *offers, const struct hook_candidate *candidate,
			   char *why)
{
	int arguments = kernel_types_tracepoint_arguments(offers->types, candidate->target);

	if (arguments < 0) {
		snprintf(why, HOOK_WHY_BYTES, "this kernel has no such tracepoint");
		return false;
	}
	return arguments_fit(candidate, arguments, why);
}

static int try_attach(const struct hook_candidate *candidate, int function_id)
{
	switch (candidate->kind) {
	case HOOK_FENTRY:
		return trial_fentry(function_id, false);
	case HOOK_FEXIT:
		return trial_fentry(function_id, true);
	default:
		return trial_kprobe();
	}
}

static bool ask_function(const struct offers *offers, const struct hook_candidate *candidate,
			 char *why)
{
	int id = kernel_types_function(offers->types, candidate->target);
	int err;

	if (id < 0) {
		snprintf(why, HOOK_WHY_BYTES, "this kernel has no such function");
		return false;
	}
	if (!arguments_fit(candidate, kernel_types_function_arguments(offers->types, id), why))
		return false;
	err = offers->try ? try_attach(candidate, id) : 0;
	if (err)
		snprintf(why, HOOK_WHY_BYTES, "this kernel refuses %s: %s",
			 hook_kind_name(candidate->kind), strerror(-err));
	return !err;
}

static bool ask_iterator(const struct offers *offers, const struct hook_candidate *candidate,
			 char *why)
{
	char function[64];

	snprintf(function, sizeof(function), "bpf_iter_%s", candidate->target);
	if (kernel_types_function(offers->types, function) >= 0)
		return true;
	snprintf(why, HOOK_WHY_BYTES, "this kernel has no such iterator");
	return false;
}

/* There is no BTF of libraries: what a program reads of its arguments is the C library's call. */
static bool ask_uprobe(char *why)
{
	if (!access("/sys/bus/event_source/devices/uprobe", F_OK))
		return true;
	snprintf(why, HOOK_WHY_BYTES, "this kernel has no uprobes");
	return false;
}

static bool ask_cgroup(const struct offers *offers, const struct hook_candidate *candidate,
		       char *why)
{
	if (cgroup_attach_type(offers->types, candidate->target) >= 0)
		return true;
	snprintf(why, HOOK_WHY_BYTES, "this kernel has no such cgroup hook");
	return false;
}

bool offers_ask(void *context, const struct hook_candidate *candidate, char *why)
{
	const struct offers *offers = context;

	if (!bpf_object__find_program_by_name(offers->object, candidate->program)) {
		snprintf(why, HOOK_WHY_BYTES, "not part of this build");
		return false;
	}
	if (candidate->needs_function &&
	    kernel_types_function(offers->types, candidate->needs_function) < 0) {
		snprintf(why, HOOK_WHY_BYTES, "this kernel has no %s()", candidate->needs_function);
		return false;
	}
	if (candidate->needs_symbol && offers->try && !symbol_is_known(candidate->needs_symbol)) {
		snprintf(why, HOOK_WHY_BYTES, "/proc/kallsyms does not tell where %s() is",
			 candidate->needs_symbol);
		return false;
	}
	switch (candidate->kind) {
	case HOOK_TP_BTF:
		return ask_tracepoint(offers, candidate, why);
	case HOOK_ITER:
		return ask_iterator(offers, candidate, why);
	case HOOK_UPROBE:
		return ask_uprobe(why);
	case HOOK_CGROUP:
		return ask_cgroup(offers, candidate, why);
	default:
		return ask_function(offers, candidate, why);
	}
}
