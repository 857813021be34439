/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/fs/xfs/stat: what all XFS file systems did together, one line for each part of it.  Of them the line of the log is
 * taken, which says when its buffers ran out.  fs/xfs/xfs_stats.c and xfs_stats.h; each number is 32 bits wide and wraps.
 *
 *	ig 21131 13 0 21118 0 20650 0
 *	log 1524 96736 12 1680 822
 *	push_ail 40960 0 6190 3050 0 12 0 0 0 0 */
#include <errno.h>

#include "probe.h"
#include "table.h"

/* clang-format off */
static const char *const log_fields[] = {
	"xfs.log.writes", "xfs.log.blocks", "xfs.log.noiclogs", "xfs.log.force", "xfs.log.force_sleep",
};
/* clang-format on */

struct xfs_stat {
	struct sampled_file file;
	series_id ids[ARRAY_SIZE(log_fields)];
	bool told_absent;
};

static int xfs_stat_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			 void **ret_state)
{
	struct xfs_stat *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	sampled_file_init(&state->file, root, "/proc/fs/xfs/stat");
	for (size_t i = 0; i < ARRAY_SIZE(log_fields); i++)
		state->ids[i] = SERIES_NONE;
	*ret_state = state;
	return 0;
}

static void mark_absent(struct xfs_stat *state, struct snapshot *snapshot, int error)
{
	if (!state->told_absent)
		for (size_t i = 0; i < ARRAY_SIZE(log_fields); i++)
			snapshot_metric_absent(snapshot, SUBJECT_HOST, log_fields[i], error, state->file.path);
	state->told_absent = true;
}

/* The numbers after "log", all of them and the end of the line, or nothing. */
static bool scan_log(const char *cursor, uint64_t *values)
{
	for (size_t i = 0; i < ARRAY_SIZE(log_fields); i++) {
		while (scan_is_blank(*cursor))
			cursor++;
		if (!scan_u64(&cursor, &values[i]))
			return false;
	}
	return *cursor == '\n' || scan_is_blank(*cursor);
}

static void xfs_stat_tick(void *opaque, struct snapshot *snapshot)
{
	uint64_t values[ARRAY_SIZE(log_fields)];
	struct xfs_stat *state = opaque;
	const char *cursor;

	if (sampled_file_read(&state->file) < 0) {
		mark_absent(state, snapshot, state->file.error);
		return;
	}
	cursor = state->file.text.buf;
	while (*cursor && !starts_with(cursor, "log "))
		scan_skip_line(&cursor);
	if (!*cursor || !scan_log(cursor + strlen("log "), values)) {
		sampled_file_note(&state->file, snapshot, *cursor ? cursor : NULL, "the numbers of the log are missing");
		mark_absent(state, snapshot, -EBADMSG);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(log_fields); i++) {
		if (state->ids[i] == SERIES_NONE)
			state->ids[i] = snapshot_series(snapshot, SUBJECT_HOST, log_fields[i], strlen(log_fields[i]),
							METRIC_COUNTER, 32);
		if (state->ids[i] != SERIES_NONE)
			snapshot_counter(snapshot, state->ids[i], values[i]);
	}
}

static void xfs_stat_close(void *opaque)
{
	struct xfs_stat *state = opaque;

	if (!state)
		return;
	sampled_file_release(&state->file);
	free(state);
}

static const char *const xfs_stat_paths[] = { "/proc/fs/xfs/stat", NULL };

const struct sampler sampler_xfs_stat = {
	.name = "xfs-stat",
	.summary = "the log of XFS: writes, and waits for its buffers",
	.paths = xfs_stat_paths,
	.open = xfs_stat_open,
	.tick = xfs_stat_tick,
	.close = xfs_stat_close,
};
