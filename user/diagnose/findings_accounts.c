// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/diagnose/findings_parts.h"

static int compare_addresses(const struct event_address *left, const struct event_address *right)
{
	int order = (int)left->family - (int)right->family;

	if (!order)
		order = memcmp(left->bytes, right->bytes, sizeof(left->bytes));
	return order ? order : (int)left->port - (int)right->port;
}

static int compare_accounts(const void *left, const void *right)
{
	const struct account *a = left, *b = right;
	int order = compare_addresses(&a->address, &b->address);

	return order ? order : strcmp(a->row->load_balancer, b->row->load_balancer);
}

int accounts_make(const struct backends *backends, const struct report *report,
		  struct accounts *accounts)
{
	memset(accounts, 0, sizeof(*accounts));
	accounts->list = calloc(report->backend_count + 1, sizeof(*accounts->list));
	if (!accounts->list)
		return -ENOMEM;
	for (size_t i = 0; i < report->backend_count; i++) {
		const struct report_backend *row = &report->backends[i];
		const struct backend *backend =
			backends_find(backends, &row->address, row->load_balancer);

		if (!row->address.family || !backend)
			continue;
		accounts->list[accounts->count++] = (struct account){
			.address = configured_key(0, &row->address).address,
			.row = row,
			.backend = backend,
		};
	}
	qsort(accounts->list, accounts->count, sizeof(*accounts->list), compare_accounts);
	return 0;
}

/* The first account that is not before `address`. */
static size_t find_first(const struct accounts *accounts, const struct event_address *address)
{
	size_t low = 0, high = accounts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_addresses(&accounts->list[middle].address, address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t accounts_find(const struct accounts *accounts, const struct event_address *address,
		     size_t *first)
{
	struct event_address key = configured_key(0, address).address;
	size_t count = 0;

	*first = find_first(accounts, &key);
	while (*first + count < accounts->count) {
		const struct event_address *found = &accounts->list[*first + count].address;

		/* No port: any. */
		if (key.port ? compare_addresses(found, &key) : !endpoint_same_host(found, &key))
			break;
		count++;
	}
	return count;
}

bool account_is_of(const struct account *account, const struct event_owner *owner)
{
	return account->backend->owner.group == owner->group ||
	       !strcmp(account->row->load_balancer, owner->comm);
}

uint16_t accounts_other_port(const struct accounts *accounts, const struct event_address *address)
{
	struct event_address key = configured_key(0, address).address;
	uint16_t own = key.port;

	key.port = 0;
	for (size_t i = find_first(accounts, &key); i < accounts->count; i++) {
		const struct account *account = &accounts->list[i];

		if (!endpoint_same_host(&account->address, &key))
			break;
		if (account->address.port != own && account->row->connected)
			return account->address.port;
	}
	return 0;
}
