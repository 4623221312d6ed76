/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures as people read them; the same in every output for people. */
#ifndef LBTRACE_USER_RENDER_FIGURE_H
#define LBTRACE_USER_RENDER_FIGURE_H

#include <stdint.h>

#define FIGURE_BYTES 40

/* Room for one figure, alive until the end of the enclosing block. */
#define FIGURE_ROOM ((char[FIGURE_BYTES]){ 0 })

/* Each writes to `text`, which holds FIGURE_BYTES, and returns it. */

/* "12,345,678" */
const char *figure_count(uint64_t count, char *text);

/* A latency of `us` microseconds with two or three digits that matter: "85 us", "1.2 ms", "340 ms",
 * "2.5 s". */
const char *figure_latency(uint64_t us, char *text);

/* An age or a length of time: "0.5 s", "42 s", "3 min", "2.1 h". Negative or not finite: "-". */
const char *figure_age(double seconds, char *text);

#endif
