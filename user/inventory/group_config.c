// SPDX-License-Identifier: GPL-2.0-only
/* Reads the configurations of the load balancers, when they are first seen and when they reload, and
 * gives what is in them as records. */
#include "user/inventory/group_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/clock.h"

/* A file may be written and its load balancer started within the same moment. */
#define NEWER_SLACK_NS (int64_t) CLOCK_NS_PER_SECOND
#define GIVE_AT_ONCE 64 /* records, between two looks at the clock */

static const char changed_text[] = "changed since the load balancer read it: what runs may differ";

static uint32_t placed_kind(const struct known_process *leader)
{
	return leader->owner.kind + 1;
}

struct group_config *group_config_get(struct inventory *inventory, struct group *group,
				      const struct known_process *leader)
{
	struct group_config *configured = group->configured;

	if (!configured) {
		configured = calloc(1, sizeof(*configured));
		if (!configured)
			return NULL;
		configured->place.root = -ENOENT;
		configured->watch.root = -ENOENT;
		group->configured = configured;
	}
	if (configured->placed_kind != placed_kind(leader)) {
		place_clear(&configured->place);
		place_find(inventory->proc, leader->tgid, leader->owner.kind, &configured->place);
		configured->placed_kind = placed_kind(leader);
	}
	return configured;
}

void group_config_free(struct inventory *inventory, struct group *group)
{
	struct group_config *configured = group->configured;

	if (!configured)
		return;
	naming_free(inventory, configured);
	statuses_free(configured);
	config_watch_close(&configured->watch);
	config_clear(&configured->config);
	place_clear(&configured->place);
	free(configured);
	group->configured = NULL;
}

static void fill_header(struct event_header *header, uint16_t type, size_t bytes)
{
	header->type = type;
	header->size_bytes = (__u16)bytes;
	header->time_ns = clock_now_ns();
}

static int give_config(const struct group *group, struct event_config *record,
		       const struct inventory_callbacks *callbacks)
{
	fill_header(&record->header, EVENT_CONFIG, sizeof(*record));
	record->owner = group->announced.owner;
	record->generation = group->configured->generation;
	return callbacks->sink(callbacks->context, &record->header);
}

int group_config_note(const struct group *group, enum config_note kind, const char *file,
		      const char *text, const struct inventory_callbacks *callbacks)
{
	struct config config = { 0 };
	int err = config_add_note(&config, kind, file, 0, text);

	if (!err && config.note_count)
		err = give_config(group, &config.notes[0], callbacks);
	config_clear(&config);
	return err;
}

static int give_read(const struct group *group, const struct inventory_callbacks *callbacks)
{
	const struct place *place = &group->configured->place;
	struct event_config record;

	memset(&record, 0, sizeof(record));
	record.kind = CONFIG_READ;
	if (place->file_count)
		config_set_text(record.file, sizeof(record.file), place->files[0]);
	return give_config(group, &record, callbacks);
}

static int give_backend(const struct group *group, struct event_backend *record,
			const struct inventory_callbacks *callbacks)
{
	fill_header(&record->header, EVENT_BACKEND, sizeof(*record));
	record->owner = group->announced.owner;
	record->netns = group->announced.netns;
	record->generation = group->configured->generation;
	return callbacks->sink(callbacks->context, &record->header);
}

static size_t record_count(const struct group_config *configured)
{
	return 1 + configured->config.note_count + configured->config.backend_count;
}

bool group_config_is_given(const struct group_config *configured)
{
	return !configured->unread && configured->generation &&
	       configured->given == record_count(configured);
}

/* CONFIG_READ, notes, backends. */
static int give_next(const struct group *group, const struct inventory_callbacks *callbacks)
{
	struct group_config *configured = group->configured;
	struct config *config = &configured->config;
	size_t at = configured->given++;

	if (!at)
		return give_read(group, callbacks);
	at--;
	if (at < config->note_count)
		return give_config(group, &config->notes[at], callbacks);
	return give_backend(group, &config->backends[at - config->note_count], callbacks);
}

/* Names and sockets are looked at once all is given: an address is told after its backend. */
static int give(struct inventory *inventory, struct group *group, uint64_t until_ns,
		const struct inventory_callbacks *callbacks)
{
	struct group_config *configured = group->configured;
	size_t count = record_count(configured);
	int err = 0, i;

	if (!configured->generation || configured->given == count)
		return 0;
	do {
		for (i = 0; i < GIVE_AT_ONCE && !err && configured->given < count; i++)
			err = give_next(group, callbacks);
	} while (!err && configured->given < count && clock_now_ns() < until_ns);
	if (!err && configured->given == count)
		err = naming_begin(inventory, group, callbacks);
	if (!err && configured->given == count)
		err = statuses_begin(configured);
	return err;
}

/* A place without a file: its one backend is in the command line. */
static int read_command_line(const struct place *place, enum balancer_kind kind,
			     struct config *config)
{
	const char *option = kind == BALANCER_VARNISH ? "-b" : "--to";
	char directive[EVENT_HOST_BYTES + 8];
	struct event_backend *backend;
	int err = 0;

	memset(config, 0, sizeof(*config));
	backend = config_add_backend(config, &err);
	if (!backend)
		return err;
	config_set_address(backend, place->backend, 80);
	config_set_text(backend->name, sizeof(backend->name), place->backend);
	snprintf(directive, sizeof(directive), "%s %s", option, place->backend);
	config_set_text(backend->directive, sizeof(backend->directive), directive);
	return 0;
}

/* Whether the first file itself could not be read. */
static bool is_unreadable(const struct place *place, const struct config *config)
{
	size_t i;

	for (i = 0; i < config->note_count; i++)
		if (config->notes[i].kind == CONFIG_UNREADABLE && !config->backend_count &&
		    !strcmp(config->notes[i].file, place->files[0]))
			return true;
	return false;
}

/* `text` is room for what is made up. */
static const char *why_unknown(const struct place *place, char text[EVENT_TEXT_BYTES])
{
	if (place->root == -EACCES || place->root == -EPERM)
		return "its files cannot be seen: permission denied; run lbtrace as root";
	if (place->root == -ENOENT || place->root == -ESRCH)
		return "its files cannot be seen: no such process any more";
	if (place->root < 0) {
		snprintf(text, EVENT_TEXT_BYTES, "its files cannot be seen: %s",
			 strerror(-place->root));
		return text;
	}
	if (place->err && place->err != -ENOENT && place->err != -ESRCH) {
		snprintf(text, EVENT_TEXT_BYTES, "its command line cannot be read: %s",
			 strerror(-place->err));
		return text;
	}
	if (place->is_missing)
		return "the file that its command line names is not there";
	return "its command line does not say where its configuration is";
}

/* 0 or -ENOMEM; -ENOENT: not of this kind. */
static int read_files(struct group_config *configured, enum balancer_kind kind,
		      struct config *config)
{
	const struct place *place = &configured->place;
	struct config_place files = place_for_config(place);
	struct config_watch *watch = &configured->watch;
	struct config_source source;
	int err;

	config_watch_close(watch);
	config_watch_open(watch, place->root);
	source = config_watch_source(watch);
	if (place->backend[0])
		err = read_command_line(place, kind, config);
	else
		err = config_read(kind, &source, &files, config);
	if (!err && place->has_more)
		err = config_add_note(config, CONFIG_BOUNDED, place->files[0], 0,
				      "more files are named than are read");
	return err || !watch->failed ? err : -ENOMEM;
}

static bool is_readable(const struct place *place)
{
	return place->backend[0] || (place->root >= 0 && place->file_count);
}

static bool is_read_kind(enum balancer_kind kind)
{
	switch (kind) {
	case BALANCER_NGINX:
	case BALANCER_HAPROXY:
	case BALANCER_ENVOY:
	case BALANCER_CADDY:
	case BALANCER_APACHE:
	case BALANCER_VARNISH:
		return true;
	default:
		return false;
	}
}

/* Its files cannot be read. What was known before goes on; it is said once. */
static int give_failure(const struct group *group, bool again, const struct config *config,
			const struct inventory_callbacks *callbacks)
{
	const struct place *place = &group->configured->place;
	char text[EVENT_TEXT_BYTES];
	int err = 0;
	size_t i;

	if (again)
		return 0;
	if (!config)
		return group_config_note(group, CONFIG_UNREADABLE, place->files[0],
					 why_unknown(place, text), callbacks);
	for (i = 0; i < config->note_count && !err; i++)
		err = give_config(group, &config->notes[i], callbacks);
	return err;
}

static int read_configuration(struct group *group, const struct known_process *leader,
			      const struct inventory_callbacks *callbacks)
{
	struct group_config *configured = group->configured;
	bool again = configured->failed;
	struct config config = { 0 };
	int err;

	configured->unread = false;
	configured->check_next_ns = clock_now_ns() + GROUP_CONFIG_CHECK_NS;
	if (!is_read_kind(leader->owner.kind))
		return 0;
	configured->failed = !is_readable(&configured->place);
	if (configured->failed)
		return give_failure(group, again, NULL, callbacks);
	err = read_files(configured, leader->owner.kind, &config);
	configured->failed = !err && is_unreadable(&configured->place, &config);
	if (err || configured->failed) {
		if (!err)
			err = give_failure(group, again, &config, callbacks);
		config_clear(&config);
		return err == -ENOENT ? 0 : err;
	}
	config_clear(&configured->config);
	configured->config = config;
	configured->generation++;
	configured->given = 0;
	configured->apache_waits = false;
	/* Apache's children say nothing of when it was read, but for the first time */
	configured->newer_due =
		leader->owner.kind != BALANCER_APACHE || configured->generation == 1;
	return 0;
}

/* Whether it takes a changed file over without another process. */
static bool reads_again(const struct known_process *leader)
{
	return leader->owner.kind == BALANCER_CADDY || leader->owner.kind == BALANCER_VARNISH;
}

/* Files that are newer than the processes when they are read for the first time. */
static int tell_newer(struct group *group, const struct known_process *leader,
		      const struct inventory_callbacks *callbacks)
{
	struct group_config *configured = group->configured;
	int64_t since = reload_epoch_ns(&configured->reload) + NEWER_SLACK_NS;
	const struct watched_path *path;
	int err = 0;

	configured->newer_due = false;
	while (!err && !reads_again(leader) &&
	       (path = config_watch_newer(&configured->watch, since)))
		err = group_config_note(group, CONFIG_CHANGED, path->path, changed_text, callbacks);
	return err;
}

static int check_files(struct inventory *inventory, struct group *group,
		       const struct known_process *leader,
		       const struct inventory_callbacks *callbacks)
{
	struct group_config *configured = group->configured;
	const struct watched_path *path;
	int err = 0;

	configured->check_next_ns = clock_now_ns() + GROUP_CONFIG_CHECK_NS;
	if (configured->failed) {
		place_clear(&configured->place);
		place_find(inventory->proc, leader->tgid, leader->owner.kind, &configured->place);
		configured->unread = true;
		return 0;
	}
	while (!err && (path = config_watch_changed(&configured->watch))) {
		if (reads_again(leader)) {
			configured->unread = true;
		} else if (leader->owner.kind == BALANCER_APACHE &&
			   reload_is_younger(inventory, group, path->modified_ns)) {
			configured->unread = true;
		} else {
			configured->apache_waits = leader->owner.kind == BALANCER_APACHE;
			configured->changed_epoch_ns = path->modified_ns;
			err = group_config_note(group, CONFIG_CHANGED, path->path, changed_text,
						callbacks);
		}
	}
	return err;
}

/* Decides whether it is to be read now. */
static void look_for_reload(struct inventory *inventory, struct group *group,
			    const struct known_process *leader)
{
	struct group_config *configured = group->configured;
	bool first = !configured->reload.leader_start;

	if (reload_look(inventory, group, leader, &configured->reload)) {
		configured->unread = true;
		if (!first)
			configured->placed_kind = 0;
	}
	if (configured->apache_waits &&
	    reload_is_younger(inventory, group, configured->changed_epoch_ns)) {
		configured->apache_waits = false;
		configured->unread = true;
	}
}

static int look_at_group(struct inventory *inventory, struct group *group,
			 const struct known_process *leader, uint64_t until_ns,
			 const struct inventory_callbacks *callbacks)
{
	struct group_config *configured = group_config_get(inventory, group, leader);
	int err = 0;

	if (!configured)
		return -ENOMEM;
	look_for_reload(inventory, group, leader);
	if (!configured->unread && configured->check_next_ns <= clock_now_ns())
		err = check_files(inventory, group, leader, callbacks);
	if (!err && configured->unread && clock_now_ns() < until_ns) {
		if (!group_config_get(inventory, group, leader))
			return -ENOMEM;
		err = read_configuration(group, leader, callbacks);
	}
	if (!err && !configured->unread)
		err = give(inventory, group, until_ns, callbacks);
	if (!err && configured->newer_due && group_config_is_given(configured))
		err = tell_newer(group, leader, callbacks);
	return err;
}

static bool is_under_way(const struct group_config *configured)
{
	return configured &&
	       (configured->reload.doubtful_look || configured->unread ||
		(configured->generation && configured->given < record_count(configured)));
}

static int look_at_groups(struct inventory *inventory, bool all,
			  const struct inventory_callbacks *callbacks)
{
	uint64_t until_ns = clock_now_ns() + GROUP_CONFIG_LOOK_NS;
	struct group *group;
	int err = 0;

	if (inventory->options.no_config)
		return 0;
	for (group = inventory->groups; group && !err; group = group->hh.next) {
		const struct known_process *leader;

		if (!group->announced.header.type || (!all && !is_under_way(group->configured)))
			continue;
		leader = processes_find(inventory, group->leader);
		if (leader)
			err = look_at_group(inventory, group, leader, until_ns, callbacks);
	}
	return err;
}

int group_config_look(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	return look_at_groups(inventory, true, callbacks);
}

int group_config_turn(struct inventory *inventory, const struct inventory_callbacks *callbacks)
{
	return look_at_groups(inventory, false, callbacks);
}
