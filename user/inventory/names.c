// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "bpf/event.h"
#include "user/inventory/names.h"

static const struct {
	const char *name;
	enum balancer_kind kind;
} names[] = {
	{ "nginx", BALANCER_NGINX },
	{ "nginx-debug", BALANCER_NGINX },
	{ "openresty", BALANCER_NGINX },
	{ "angie", BALANCER_NGINX },
	{ "angie-debug", BALANCER_NGINX },
	{ "haproxy", BALANCER_HAPROXY },
	{ "envoy", BALANCER_ENVOY },
	{ "caddy", BALANCER_CADDY },
	{ "apache2", BALANCER_APACHE },
	{ "httpd", BALANCER_APACHE },
	{ "varnishd", BALANCER_VARNISH },
	{ "cache-main", BALANCER_VARNISH }, /* varnishd's child calls itself so */
	{ "traefik", BALANCER_TRAEFIK },
	{ "lighttpd", BALANCER_LIGHTTPD },
	{ "lighttpd-angel", BALANCER_LIGHTTPD },
	{ "squid", BALANCER_SQUID },
};

static const char *const interpreters[] = {
	"ash", "bash", "busybox", "dash", "ksh", "perl", "python", "ruby", "sh", "zsh",
};

/* IANA's and the makers' own numbers. HTTP APIs on them are not meant: 9200, 8500, 5984 are absent. */
static const unsigned short service_ports[] = {
	21,   22,   23,	  25,	53,   110,  111,  123,	143,  179,  389,   465,	  514,
	587,  636,  873,  993,	995,  1433, 1521, 1883, 2049, 2181, 2379,  3306,  3389,
	4222, 5432, 5671, 5672, 6379, 6432, 8883, 9042, 9092, 9300, 11211, 27017,
};

static int look_up(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, name))
			return (int)names[i].kind;
	return -ENOENT;
}

/* Versions are part of the name: python3.11, perl5.36. */
static bool is_interpreter(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		size_t length = strlen(interpreters[i]);

		if (!strncmp(name, interpreters[i], length) &&
		    name[length + strspn(name + length, "0123456789.")] == '\0')
			return true;
	}
	return false;
}

int names_kind(const char *comm, const char *executable)
{
	const char *slash = strrchr(executable, '/');
	const char *base = slash ? slash + 1 : executable;
	int kind = look_up(base);

	if (kind >= 0)
		return kind;
	return is_interpreter(base) ? -ENOENT : look_up(comm);
}

bool names_is_service_port(unsigned int port)
{
	size_t i;

	for (i = 0; i < sizeof(service_ports) / sizeof(service_ports[0]); i++)
		if (service_ports[i] == port)
			return true;
	return false;
}
