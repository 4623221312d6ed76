// SPDX-License-Identifier: GPL-2.0-only
/* Memory that runs out, in front of libc's or the sanitizer's. */
#include "tests/faults/interpose/interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool memory_fails(void)
{
	return fault_of_memory && fault_due();
}

/* The next one's, looked up once. dlsym() itself needs none as long as it finds what it is asked for. */
#define NEXT(name)                                      \
	({                                              \
		static __typeof__(&name) next;          \
		if (!next)                              \
			next = dlsym(RTLD_NEXT, #name); \
		next;                                   \
	})

void *malloc(size_t size)
{
	if (memory_fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return NEXT(malloc)(size);
}

void *calloc(size_t count, size_t size)
{
	if (memory_fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return NEXT(calloc)(count, size);
}

void *realloc(void *old, size_t size)
{
	if (memory_fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return NEXT(realloc)(old, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	return memory_fails() ? ENOMEM : NEXT(posix_memalign)(memory, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	if (memory_fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return NEXT(aligned_alloc)(alignment, size);
}
