-- SPDX-License-Identifier: GPL-2.0-only
-- wrk's result as one line: requests, microseconds, 99th percentile in microseconds, errors.
done = function(summary, latency, requests)
	local errors = summary.errors
	io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration,
		latency:percentile(99),
		errors.connect + errors.read + errors.write + errors.timeout))
end
