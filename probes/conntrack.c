/* SPDX-License-Identifier: Apache-2.0 */
/* Connection tracking: how full its table is and what it dropped.  Both files are those of the reader's network
 * namespace, and are there only once nf_conntrack is loaded, which may be in the middle of a window.
 *
 *	entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop …
 *	00000012  00000000 00000000 …
 *
 * net/netfilter/nf_conntrack_standalone.c prints the total as "entries" in the row of every CPU. */
#include <errno.h>

#include "probe.h"
#include "table.h"

static const char *const conntrack_paths[] = {
	"/proc/sys/net/netfilter/nf_conntrack_count", "/proc/net/stat/nf_conntrack", NULL,
};
static const char *const count_wanted[] = { "count", NULL };
static const char *const conntrack_wanted[] = {
	"chainlength", "clashres", "drop", "early_drop", "entries", "insert_failed", "invalid", "search_restart", NULL,
};

struct conntrack_state {
	struct sampled_file count;
	struct summed_table table;
	series_id count_series;
	bool marked;
};

static enum series_class conntrack_classify(const char *prefix, const char *name, size_t length)
{
	static const struct series_name gauges[] = { { "entries", SERIES_GAUGE } };

	(void)prefix;
	return series_name_class(gauges, ARRAY_SIZE(gauges), name, length, SERIES_COUNTER);
}

static int conntrack_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			  void **ret_state)
{
	struct conntrack_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	sampled_file_init(&state->count, root, conntrack_paths[0]);
	summed_table_init(&state->table, root, conntrack_paths[1], 32, conntrack_classify);
	state->count_series = SERIES_NONE;
	*ret_state = state;
	return 0;
}

static int conntrack_count(struct conntrack_state *state, struct snapshot *snapshot)
{
	const char *cursor;
	uint64_t value;
	int r;

	r = sampled_file_read(&state->count);
	if (r < 0)
		return r;

	cursor = state->count.text.buf;
	if (!scan_u64(&cursor, &value) || *cursor != '\n') {
		sampled_file_note(&state->count, snapshot, state->count.text.buf, "not a number");
		return -EBADMSG;
	}
	if (state->count_series == SERIES_NONE)
		state->count_series = snapshot_series(snapshot, SUBJECT_HOST, "conntrack.count",
						      strlen("conntrack.count"), METRIC_GAUGE, 0);
	snapshot_gauge(snapshot, state->count_series, (double)value);
	return 0;
}

static void conntrack_tick(void *data, struct snapshot *snapshot)
{
	struct conntrack_state *state = data;
	int r = conntrack_count(state, snapshot);
	int t = summed_table_tick(&state->table, snapshot, "conntrack.");

	if (state->marked)
		return;
	state->marked = true;
	table_mark_absent(snapshot, SUBJECT_HOST, "conntrack.", count_wanted, r < 0 ? r : -ENOENT, conntrack_paths[0]);
	table_mark_absent(snapshot, SUBJECT_HOST, "conntrack.", conntrack_wanted, t < 0 ? t : -ENOENT,
			  conntrack_paths[1]);
}

static void conntrack_close(void *data)
{
	struct conntrack_state *state = data;

	sampled_file_release(&state->count);
	summed_table_release(&state->table);
	free(state);
}

const struct sampler sampler_conntrack = {
	.name = "conntrack",
	.summary = "connection tracking: entries, drops, hash chains",
	.paths = conntrack_paths,
	.open = conntrack_open,
	.tick = conntrack_tick,
	.close = conntrack_close,
};
