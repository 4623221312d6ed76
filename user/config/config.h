/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a load balancer's configuration says of its backends. Text in, facts out: nothing here looks at
 * a process, a socket or a name server. A statement that is not understood costs that statement only
 * and is noted; no configuration makes reading fail.
 */
#ifndef LBTRACE_USER_CONFIG_CONFIG_H
#define LBTRACE_USER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/config/files.h"

#define CONFIG_BACKENDS_MOST 8192
#define CONFIG_NOTES_MOST 64
#define CONFIG_DEPTH_MOST 16 /* includes within includes, and blocks within blocks */
#define CONFIG_SOCKETS_MOST 8
#define CONFIG_PLACE_FILES 16

/* Where a configuration lies, as the load balancer was told. Paths are absolute within its root. */
struct config_place {
	/* HAProxy: in the order of -f; a directory is all *.cfg in it */
	const char *files[CONFIG_PLACE_FILES];
	size_t file_count;
	const char *directory; /* its working directory, or -C; NULL: not known */
	/* nginx's prefix (-p), Apache's ServerRoot (-d), against which names in the files are taken;
	 * NULL: the directory of the first file */
	const char *prefix;
};

/* Backends and notes are the records they will become; `owner`, `netns`, `generation` and the time
 * are whoever reads them for to fill in. */
struct config {
	struct event_backend *backends;
	size_t backend_count, backend_room;
	struct event_config *notes; /* the kinds but CONFIG_READ */
	size_t note_count;
	/* HAProxy's stats sockets that are Unix sockets, Caddy's and Envoy's admin addresses
	 * ("127.0.0.1:2019"), as written */
	char sockets[CONFIG_SOCKETS_MOST][EVENT_HOST_BYTES];
	size_t socket_count;
};

/* Reads it. Whatever cannot be read or understood is a note. 0; -ENOENT: configurations of this kind
 * are not read; or -ENOMEM. *config is zeroed first; config_clear() it in any case. */
int config_read(enum balancer_kind kind, const struct config_source *source,
		const struct config_place *place, struct config *config);
void config_clear(struct config *config);

/* For the parsers. Each reads one kind; 0 or -ENOMEM. */

/* nginx, OpenResty, Angie. Servers of an upstream have its name for their pool; a pass straight to an
 * address has none, and its address, as written, for a name. What all passes to an upstream have
 * in common is its servers' (TLS, protocol); of their timeouts, the shortest. A pass to a variable
 * is dynamic and goes by the variable; where the configuration leaves no doubt of its value
 * ("set $backend 10.0.0.1:80;"), the address is told nevertheless. */
int config_read_nginx(struct config_files *files, const struct config_place *place,
		      struct config *config);
int config_read_haproxy(struct config_files *files, const struct config_place *place,
			struct config *config);
int config_read_caddy(struct config_files *files, const struct config_place *place,
		      struct config *config);
int config_read_apache(struct config_files *files, const struct config_place *place,
		       struct config *config);
int config_read_varnish(struct config_files *files, const struct config_place *place,
			struct config *config);
int config_read_envoy(struct config_files *files, const struct config_place *place,
		      struct config *config);

/* A new backend, zeroed but for header.type, size and index; valid until the next is added. Its index
 * is its place in `backends`. NULL and *err -ENOMEM; NULL and *err 0 when there are
 * CONFIG_BACKENDS_MOST, which is noted once. */
struct event_backend *config_add_backend(struct config *config, int *err);

/* A note, cut to its fields' sizes; `line` 0: none. More than CONFIG_NOTES_MOST are dropped. `text`
 * and `file` may hold any byte; what is not printable UTF-8 is replaced. 0 or -ENOMEM. */
int config_add_note(struct config *config, enum config_note kind, const char *file, uint32_t line,
		    const char *text);

/* Notes that the file `path` could not be read, for `err` of config_files_read() or config_files_glob().
 * 0 or -ENOMEM. */
int config_note_unread(struct config *config, const char *path, int err);

/* A new backend that is like `model`, but for what config_add_backend() fills in; errors as there. */
struct event_backend *config_copy_backend(struct config *config, const struct event_backend *model,
					  int *err);

/* Fills `host`, `address` and the flags NAMED, DYNAMIC (a '$' or '%' in it), UNIX of a backend from
 * what stands in a configuration: "10.0.0.1:80", "[::1]:80", "app.internal:80", "unix:/run/x.sock",
 * "/run/x.sock", "10.0.0.1". Without a port, `default_port`, which may be 0. A name's port goes to
 * address.port. 0; -EINVAL when it is none of these: `host` then holds the text, nothing else is set. */
int config_set_address(struct event_backend *backend, const char *text, uint16_t default_port);

/* Copies `text` into a field of `bytes`, cut at a whole UTF-8 character; returns whether all fitted. */
bool config_set_text(char *field, size_t bytes, const char *text);

/* Times: a number and a unit, or several in a row ("1m30s"); a number alone is of `unit_ms`
 * milliseconds. Units: us ms s m h d w M(30 days) y, as nginx and HAProxy have them. 0 or -EINVAL;
 * *ms is at most UINT32_MAX, and never 0 of a positive time. */
int config_parse_time(const char *text, uint32_t unit_ms, uint32_t *ms);

#endif
