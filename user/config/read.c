// SPDX-License-Identifier: GPL-2.0-only
/* Which parser reads which kind; apart, so that a parser's test needs only that parser. */
#include <errno.h>
#include <string.h>

#include "user/config/config.h"

typedef int (*config_reader)(struct config_files *files, const struct config_place *place,
			     struct config *config);

static config_reader find_reader(enum balancer_kind kind)
{
	switch (kind) {
	case BALANCER_NGINX:
		return config_read_nginx;
	case BALANCER_HAPROXY:
		return config_read_haproxy;
	case BALANCER_CADDY:
		return config_read_caddy;
	case BALANCER_APACHE:
		return config_read_apache;
	case BALANCER_VARNISH:
		return config_read_varnish;
	case BALANCER_ENVOY:
		return config_read_envoy;
	default:
		return NULL;
	}
}

int config_read(enum balancer_kind kind, const struct config_source *source,
		const struct config_place *place, struct config *config)
{
	config_reader read = find_reader(kind);
	struct config_files files;

	memset(config, 0, sizeof(*config));
	if (!read)
		return -ENOENT;
	config_files_open(&files, source);
	return read(&files, place, config);
}
