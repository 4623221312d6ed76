// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/shared.h"
#include "lbtrace.skel.h"
#include "user/capture/cgroup.h"
#include "user/capture/drop_places.h"
#include "user/capture/kernel_types.h"
#include "user/capture/libbpf_log.h"
#include "user/capture/load.h"
#include "user/capture/maps.h"
#include "user/capture/offers.h"
#include "user/capture/trial.h"
#include "user/lib/message.h"

#define LOAD_LOG_STATISTICS 4 /* BPF_LOG_STATS of include/linux/bpf_verifier.h */

_Static_assert(CAPTURE_RANGES_MAX <= SHARED_RANGES_MAX, "rodata holds every --backend");

static struct bpf_program *find_program(const struct load *load, enum hook_role role)
{
	const struct hook_candidate *candidate = hook_plan_candidate(&load->plan, role);

	if (!candidate)
		return NULL;
	return bpf_object__find_program_by_name(load->object, candidate->program);
}

static void close_object(struct load *load)
{
	for (int role = 0; role < HOOK_ROLES; role++) {
		bpf_link__destroy(load->links[role]);
		load->links[role] = NULL;
	}
	bpf_object__close(load->object);
	load->object = NULL;
}

/* Of the skeleton only the bytes are used and the layout of its settings: which programs there are
 * is asked for by name. */
static int open_object(struct load *load)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "lbtrace");
	const void *bytes;
	size_t size;
	int err;

	close_object(load);
	bytes = lbtrace_bpf__elf_bytes(&size);
	load->object = bpf_object__open_mem(bytes, size, &options);
	if (load->object)
		return 0;
	err = -errno;
	message_error("opening the built-in programs failed: %s", strerror(-err));
	return err;
}

static void fill_settings(const struct load *load, const struct capture_options *options,
			  struct lbtrace_bpf__rodata *settings)
{
	const struct hook_candidate *drop = hook_plan_candidate(&load->plan, HOOK_DROP);

	settings->use_socket_storage = load->plan.socket_storage;
	settings->connect_from_state = load->plan.chosen[HOOK_CONNECT] < 0;
	settings->only_netns = options->netns;
	if (drop && drop->needs_symbol)
		drop_places_fill(settings->drop_places);
	settings->backend_range_count = options->backend_count;
	for (uint32_t i = 0; i < options->backend_count; i++) {
		const struct endpoint_range *from = &options->backends[i];
		struct backend_range *to = &settings->backend_ranges[i];

		memcpy(to->bytes, from->address.bytes, sizeof(to->bytes));
		to->port = from->address.port;
		to->family = from->address.family;
		to->prefix_bits = from->prefix_bits;
	}
}

static int apply_settings(const struct load *load, const struct capture_options *options)
{
	struct bpf_map *map = bpf_object__find_map_by_name(load->object, ".rodata");
	const void *initial;
	size_t bytes = 0;
	void *settings;
	int err;

	initial = map ? bpf_map__initial_value(map, &bytes) : NULL;
	if (!initial || bytes < sizeof(struct lbtrace_bpf__rodata))
		return -EINVAL;
	settings = malloc(bytes);
	if (!settings)
		return -ENOMEM;
	memcpy(settings, initial, bytes);
	fill_settings(load, options, settings);
	err = bpf_map__set_initial_value(map, settings, bytes);
	free(settings);
	return err;
}

static int autoload_program(const struct load *load, const struct hook_candidate *candidate,
			    struct bpf_program *program)
{
	int type;

	if (candidate->kind == HOOK_CGROUP) {
		type = cgroup_attach_type(load->types, candidate->target);
		if (type >= 0)
			type = bpf_program__set_expected_attach_type(program, type);
		if (type < 0)
			return type;
	}
	return bpf_program__set_autoload(program, true);
}

/* Opens a fresh object and readies what is chosen: all of it, or of one role only. */
static int prepare_chosen(struct load *load, const struct capture_options *options, int only_role)
{
	int err = open_object(load);

	if (err)
		return err;
	err = apply_settings(load, options);
	if (!err)
		err = maps_prepare(load->object, load->types, options->ring_bytes, &load->plan);
	for (int role = 0; role < HOOK_ROLES && !err; role++) {
		struct bpf_program *program = find_program(load, role);

		if (program && (only_role < 0 || only_role == role))
			err = autoload_program(load, hook_plan_candidate(&load->plan, role),
					       program);
	}
	return err;
}

static int load_chosen(struct load *load, const struct capture_options *options, int only_role)
{
	int err = prepare_chosen(load, options, only_role);

	if (err)
		return err;
	libbpf_log_reset();
	return bpf_object__load(load->object);
}

static bool refuse(struct load *load, const char *program, const char *what, int err)
{
	char why[HOOK_WHY_BYTES];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(-err));
	message_detail("%s: %s", program, why);
	return hook_plan_refuse(&load->plan, program, why);
}

/* Loads each chosen program alone and refuses those that fail. True when some did and some did not:
 * where all fail it is not the programs. */
static bool refuse_failing(struct load *load, const struct capture_options *options)
{
	int errors[HOOK_ROLES] = { 0 };
	bool failed = false, passed = false;

	for (int role = 0; role < HOOK_ROLES; role++) {
		if (load->plan.chosen[role] < 0)
			continue;
		errors[role] = load_chosen(load, options, role);
		failed |= errors[role] != 0;
		passed |= errors[role] == 0;
	}
	if (!failed || !passed)
		return false;
	for (int role = 0; role < HOOK_ROLES; role++) {
		if (errors[role])
			refuse(load, hook_plan_candidate(&load->plan, role)->program,
			       "does not load", errors[role]);
	}
	return true;
}

static bool is_chosen(const struct load *load, const char *program)
{
	for (int role = 0; role < HOOK_ROLES; role++) {
		const struct hook_candidate *candidate = hook_plan_candidate(&load->plan, role);

		if (candidate && !strcmp(candidate->program, program))
			return true;
	}
	return false;
}

/* This process or host is short of something, which says nothing about the program. */
static bool is_shortage(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

static int say_not_loaded(int err)
{
	message_error(
		"loading the programs into the kernel failed: %s; --verbose shows what libbpf says",
		strerror(-err));
	return err;
}

/* After a failed load: 0 when a program was refused and another load may work, else the error. */
static int blame_program(struct load *load, const struct capture_options *options, int err)
{
	char program[64];

	if (is_shortage(err))
		return say_not_loaded(err);
	snprintf(program, sizeof(program), "%s", libbpf_log_program());
	if (is_chosen(load, program) && refuse(load, program, "does not load", err))
		return 0;
	return refuse_failing(load, options) ? 0 : say_not_loaded(err);
}

static struct bpf_link *attach_iterator(struct load *load, const struct hook_candidate *candidate,
					struct bpf_program *program)
{
	union bpf_iter_link_info info = { 0 };
	LIBBPF_OPTS(bpf_iter_attach_opts, options);

	if (candidate->map) {
		info.map.map_fd = load_map(load, candidate->map);
		options.link_info = &info;
		options.link_info_len = sizeof(info);
	}
	return bpf_program__attach_iter(program, &options);
}

static struct bpf_link *attach(struct load *load, const struct hook_candidate *candidate,
			       struct bpf_program *program)
{
	switch (candidate->kind) {
	case HOOK_ITER:
		return attach_iterator(load, candidate, program);
	case HOOK_CGROUP:
		return cgroup_attach(program);
	default:
		return bpf_program__attach(program);
	}
}

/* Attaches what was loaded. Returns how many programs the kernel refused, each refused in the plan; or
 * -errno, said. */
static int attach_chosen(struct load *load)
{
	int refused = 0;

	for (int role = 0; role < HOOK_ROLES; role++) {
		const struct hook_candidate *candidate = hook_plan_candidate(&load->plan, role);
		struct bpf_program *program = find_program(load, role);
		struct bpf_link *link;
		int err;

		if (!program || hook_row(role)->on_demand)
			continue;
		link = attach(load, candidate, program);
		if (link) {
			load->links[role] = link;
			continue;
		}
		err = -errno;
		if (is_shortage(err)) {
			message_error("attaching %s failed: %s", candidate->program,
				      strerror(-err));
			return err;
		}
		refuse(load, candidate->program, "does not attach", err);
		refused++;
	}
	return refused;
}

static int report_missing(const struct load *load)
{
	int role = hook_plan_missing(&load->plan);
	const struct hook_candidate *candidate;

	if (role < 0)
		return 0;
	candidate = &hook_row(role)->candidates[0];
	message_error("%s: %s %s: %s; lbtrace needs Linux 5.10 or newer", hook_row(role)->without,
		      hook_kind_name(candidate->kind), candidate->target, load->plan.why[role][0]);
	return -EOPNOTSUPP;
}

/* What this run cannot see is said at once: nobody looks for a 5xx that is not shown. */
static void report_blind_roles(const struct load *load)
{
	if (hook_plan_lost_clients(&load->plan))
		message_error("no hook for \"accept\" and no storage with sockets: %s; "
			      "`lbtrace check` shows the rest",
			      hook_plan_lost_clients(&load->plan));
	for (int role = 0; role < HOOK_ROLES; role++) {
		const struct hook_row *row = hook_row(role);

		if (row->without && !hook_plan_candidate(&load->plan, role) &&
		    !hook_plan_served_by(&load->plan, role))
			message_error("no hook for \"%s\" (%s): %s; `lbtrace check` shows the rest",
				      row->name, load->plan.why[role][0], row->without);
	}
}

static int choose(struct load *load, bool try)
{
	struct offers offers = { .types = load->types, .object = load->object, .try = try };

	hook_plan_choose(&load->plan, offers_ask, &offers);
	load->has_plan = true;
	return report_missing(load);
}

/* Reads BTF and what LBTRACE_REFUSE asks for, and opens the object. */
static int begin(struct load *load)
{
	const char *refused = getenv(LOAD_REFUSE_VARIABLE);
	int err;

	libbpf_log_install();
	hook_plan_init(&load->plan);
	if (refused && hook_plan_refuse_list(&load->plan, refused)) {
		message_error("%s: \"%s\" is no list of role:program of the hook table",
			      LOAD_REFUSE_VARIABLE, refused);
		return -EINVAL;
	}
	err = kernel_types_open(&load->types);
	if (err) {
		message_error(
			"reading the kernel's type information from /sys/kernel/btf/vmlinux failed: %s; "
			"a kernel with CONFIG_DEBUG_INFO_BTF=y is needed",
			strerror(-err));
		return err;
	}
	return open_object(load);
}

static void end(struct load *load)
{
	kernel_types_close(load->types);
	load->types = NULL;
}

int load_choose(struct load *load)
{
	int err = begin(load);

	if (!err)
		err = choose(load, false);
	end(load);
	close_object(load);
	return err;
}

/* Each round without success refuses at least one program for good, so the rounds end. */
static int load_rounds(struct load *load, const struct capture_options *options)
{
	int err;

	for (;;) {
		err = choose(load, true);
		if (err)
			return err;
		err = load_chosen(load, options, -1);
		if (!err) {
			err = attach_chosen(load);
			if (!err)
				report_blind_roles(load);
			if (err <= 0)
				return err;
		} else {
			err = blame_program(load, options, err);
			if (err)
				return err;
		}
		err = open_object(load);
		if (err)
			return err;
	}
}

int load_open(struct load *load, const struct capture_options *options)
{
	int err = begin(load);

	if (!err && load->plan.socket_storage) {
		int refused = trial_socket_storage();

		load->plan.socket_storage = !refused;
		if (is_shortage(refused))
			err = say_not_loaded(refused);
	}
	if (!err)
		err = load_rounds(load, options);
	end(load);
	if (err)
		close_object(load);
	return err;
}

/* Whether the kernel can take it, and where it would keep sockets then. */
static bool offers_alone(struct load *load, const struct hook_candidate *candidate)
{
	struct offers offers = { .types = load->types, .object = load->object, .try = true };
	char why[HOOK_WHY_BYTES];

	if (candidate->storage == HOOK_STORAGE_POINTER || trial_socket_storage())
		load->plan.socket_storage = false;
	return (candidate->storage != HOOK_STORAGE_SOCKET || load->plan.socket_storage) &&
	       offers_ask(&offers, candidate, why);
}

int load_alone(struct load *load, enum hook_role role, int index, char *log, size_t log_bytes)
{
	/* All ranges, as their loop is what the verifier follows. */
	const struct capture_options options = { .netns = 1, .backend_count = CAPTURE_RANGES_MAX };
	struct bpf_program *program;
	int err = begin(load);

	if (!err && !offers_alone(load, &hook_row(role)->candidates[index]))
		err = -ENOENT;
	if (!err) {
		load->plan.chosen[role] = index;
		err = prepare_chosen(load, &options, role);
	}
	if (!err) {
		program = find_program(load, role);
		bpf_program__set_log_level(program, LOAD_LOG_STATISTICS);
		bpf_program__set_log_buf(program, log, log_bytes);
		err = bpf_object__load(load->object);
	}
	end(load);
	close_object(load);
	return err;
}

struct bpf_program *load_program(const struct load *load, enum hook_role role)
{
	return find_program(load, role);
}

int load_attach(struct load *load, enum hook_role role)
{
	struct bpf_program *program = find_program(load, role);
	struct bpf_link *link;

	if (!program || load->links[role])
		return program ? 0 : -ENOENT;
	link = bpf_program__attach(program);
	if (!link)
		return -errno;
	load->links[role] = link;
	return 0;
}

int load_map(const struct load *load, const char *name)
{
	return bpf_object__find_map_fd_by_name(load->object, name);
}

int load_iterate(const struct load *load, enum hook_role role)
{
	char ignored[4096];
	ssize_t bytes;
	int fd, err = 0;

	if (!load->links[role])
		return -ENOENT;
	fd = bpf_iter_create(bpf_link__fd(load->links[role]));
	if (fd < 0)
		return fd;
	do {
		bytes = read(fd, ignored, sizeof(ignored));
		/* EAGAIN: the kernel pauses after a million objects without output. */
		if (bytes < 0 && errno != EINTR && errno != EAGAIN)
			err = -errno;
	} while (bytes && !err);
	close(fd);
	return err;
}

void load_close(struct load *load)
{
	close_object(load);
}
