// SPDX-License-Identifier: GPL-2.0-only
#include <cap-ng.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "user/capture/privilege.h"
#include "user/lib/message.h"

static const unsigned int kept[] = { CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH };

static bool have(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability) > 0;
}

int privilege_check(void)
{
	if (capng_get_caps_process())
		return -EPERM;
	return have(CAP_SYS_ADMIN) || (have(CAP_BPF) && have(CAP_PERFMON)) ? 0 : -EPERM;
}

void privilege_explain(void)
{
	message_error("attaching to the kernel needs CAP_BPF and CAP_PERFMON, which this process "
		      "lacks: run it as root (sudo lbtrace)");
}

int privilege_reduce(bool enter_namespaces)
{
	const capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET;
	const capng_type_t unused = CAPNG_PERMITTED | CAPNG_BOUNDING_SET;
	bool keep[CAP_LAST_CAP + 1] = { false };
	capng_select_t select;

	if (capng_get_caps_process())
		goto failed;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		keep[kept[i]] = have(kept[i]);
	keep[CAP_SYS_ADMIN] = have(CAP_SYS_ADMIN);
	enter_namespaces = enter_namespaces || !have(CAP_BPF);

	/* The bounding set is what a program run later could get back; changing it takes CAP_SETPCAP. */
	select = have(CAP_SETPCAP) ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS;
	capng_clear(select);
	for (unsigned int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		capng_type_t kept_sets =
			capability == CAP_SYS_ADMIN && !enter_namespaces ? unused : sets;

		if (keep[capability] && capng_update(CAPNG_ADD, kept_sets, capability))
			goto failed;
	}
	if (!capng_apply(select))
		return 0;
failed:
	message_error("giving up capabilities that are not needed failed: %s", strerror(errno));
	return -EPERM;
}
