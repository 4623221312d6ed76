/* SPDX-License-Identifier: GPL-2.0-only */
/* A diagnosis over one stream, live or from a log: the same for both, so that they agree. */
#ifndef LBTRACE_USER_CMD_ANALYSIS_H
#define LBTRACE_USER_CMD_ANALYSIS_H

#include "user/diagnose/diagnose.h"
#include "user/eventlog/eventlog.h"

struct analysis {
	struct diagnosis *diagnosis;
	const char *drop_reasons[EVENTLOG_REASONS_MAX];
	size_t drop_reason_count;
};

/* Begins a diagnosis of the stream that `header`, which must outlive it, tells of. Callbacks and
 * context are taken from `wanted`, NULL: none. 0 or -ENOMEM, said on stderr. */
int analysis_open(struct analysis *analysis, const struct eventlog_header *header,
		  const struct diagnosis_options *wanted);
void analysis_close(struct analysis *analysis);

/* Ends the stream and gives its report, which the analysis owns; NULL: out of memory, said on stderr. */
const struct report *analysis_finish(struct analysis *analysis);

/* Opens the event log `path`. 0 or -errno; said on stderr. */
int analysis_log_open(const char *path, struct eventlog_reader **reader);

/* Replays the log into `sink`, and says on stderr what of it could not be read. 0; the sink's error,
 * not said unless it is -ENOMEM; or -errno, said. */
int analysis_log_replay(const char *path, struct eventlog_reader *reader, record_sink sink,
			void *context);

#endif
