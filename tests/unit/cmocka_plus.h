/* SPDX-License-Identifier: GPL-2.0-only */
/* cmocka and what it wants to be included before it. */
#ifndef LBTRACE_TESTS_UNIT_CMOCKA_PLUS_H
#define LBTRACE_TESTS_UNIT_CMOCKA_PLUS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
