/* SPDX-License-Identifier: GPL-2.0-only */
/* The buffers of a message that is being sent, whatever this kernel calls their members. What a
 * kernel may lack is not read by TYPED_READ(): from its two ways the compiler takes the place of a member
 * in front of the question whether there is one, and the program is refused (ubuf, __iov: 5.10). */
#ifndef LBTRACE_BPF_ITERATOR_H
#define LBTRACE_BPF_ITERATOR_H

#include "bpf/maps.h"

enum iterator_kind {
	ITERATOR_OTHER, /* pages, pipes, the kernel's own buffers */
	ITERATOR_BUFFER, /* one buffer of the caller's, from 6.0 on */
	ITERATOR_IOVECS, /* several of them */
};

/* Before 5.14 the kind was a bit, beside the one of the direction (include/linux/uio.h). */
#define ITERATOR_OLD_IOVEC 4

static __always_inline enum iterator_kind iterator_kind(const struct iov_iter *iter)
{
	__u8 type;

	if (!bpf_core_field_exists(iter->iter_type)) {
		const struct iov_iter___type *old = (const struct iov_iter___type *)iter;

		return BPF_CORE_READ(old, type) & ITERATOR_OLD_IOVEC ? ITERATOR_IOVECS
								     : ITERATOR_OTHER;
	}
	type = BPF_CORE_READ(iter, iter_type);
	if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
	    type == bpf_core_enum_value(enum iter_type, ITER_UBUF))
		return ITERATOR_BUFFER;
	return type == bpf_core_enum_value(enum iter_type, ITER_IOVEC) ? ITERATOR_IOVECS
								       : ITERATOR_OTHER;
}

/* Of ITERATOR_IOVECS. */
static __always_inline const struct iovec *iterator_iovecs(const struct iov_iter *iter)
{
	if (bpf_core_field_exists(iter->__iov))
		return BPF_CORE_READ(iter, __iov);
	return BPF_CORE_READ((const struct iov_iter___iov *)iter, iov);
}

#endif
