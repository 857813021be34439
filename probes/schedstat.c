/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/schedstat: how long tasks ran on each CPU and how long they waited for it.  The file is there with
 * CONFIG_SCHEDSTATS only.  Format: Documentation/scheduler/sched-stats.rst.
 *
 *	version 16
 *	timestamp 4295226210
 *	cpu0 0 0 0 0 0 0 58231764421 1893342110 402211
 *	domain0 3 …
 *
 * The three numbers taken are counted whether kernel.sched_schedstats is 1 or 0 (the switch stops the six before them:
 * kernel/sched/stats.h, rq_sched_info_arrive() has no test for it). */
#include <errno.h>

#include "probe.h"
#include "table.h"

/* Where a version has them: the last three of each row of a CPU. */
static const struct schedstat_format {
	uint64_t version_min, version_max;
	uint8_t columns;
} schedstat_formats[] = {
	{ 10, 14, 12 },
	{ 15, UINT64_MAX, 9 },
};
#define SCHEDSTAT_COLUMNS_MAX 12

static const char *const schedstat_fields[] = { "running", "run_delay", "timeslices", NULL };
#define SCHEDSTAT_FIELDS (ARRAY_SIZE(schedstat_fields) - 1)

static const char *const schedstat_paths[] = { "/proc/schedstat", NULL };

struct schedstat_state {
	struct sampled_file file;
	struct series_cache host, cpus;
	struct cpu_subjects subjects;
	struct row_totals totals;
	bool marked;
};

static int schedstat_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			  void **ret_state)
{
	struct schedstat_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	sampled_file_init(&state->file, root, schedstat_paths[0]);
	/* A line per CPU and one per scheduling domain of each, with masks as long as there are CPUs. */
	state->file.limit = 16U << 20;
	state->host = (struct series_cache)SERIES_CACHE_INIT(schedstat_paths[0], SCHEDSTAT_FIELDS);
	state->cpus = (struct series_cache)SERIES_CACHE_INIT(schedstat_paths[0], SCHEDSTAT_FIELDS * CPU_MAX);
	row_totals_init(&state->totals, SCHEDSTAT_FIELDS, 0);
	*ret_state = state;
	return 0;
}

/* "version 16\n": how many columns the rows of CPUs have, or -EBADMSG. */
static int schedstat_version(const char **cursor)
{
	static const char word[] = "version ";
	uint64_t version;

	if (strncmp(*cursor, word, sizeof(word) - 1) != 0)
		return -EBADMSG;
	*cursor += sizeof(word) - 1;
	if (!scan_u64(cursor, &version) || **cursor != '\n')
		return -EBADMSG;
	scan_skip_line(cursor);
	for (size_t i = 0; i < ARRAY_SIZE(schedstat_formats); i++)
		if (version >= schedstat_formats[i].version_min && version <= schedstat_formats[i].version_max)
			return schedstat_formats[i].columns;
	return -EBADMSG;
}

/* cursor is behind "cpu".  False when the row is not one of columns numbers, or its CPU not above before. */
static bool schedstat_row(struct schedstat_state *state, struct snapshot *snapshot, const char **cursor, int columns,
			  int64_t *before)
{
	uint64_t values[SCHEDSTAT_COLUMNS_MAX + 1], cpu;
	const uint64_t *taken = values + columns - SCHEDSTAT_FIELDS;
	subject_id subject;

	if (!scan_u64(cursor, &cpu) || !scan_is_blank(**cursor) || cpu >= CPU_MAX || (int64_t)cpu <= *before ||
	    scan_row(cursor, values, ARRAY_SIZE(values)) != columns)
		return false;

	*before = (int64_t)cpu;
	(void)row_totals_add(&state->totals, (size_t)cpu, taken);
	subject = cpu_subjects_get(&state->subjects, snapshot, cpu);
	for (size_t i = 0; i < SCHEDSTAT_FIELDS; i++)
		series_cache_counter(&state->cpus, snapshot, subject, "schedstat.", schedstat_fields[i],
				     strlen(schedstat_fields[i]), taken[i]);
	return true;
}

static int schedstat_rows(struct schedstat_state *state, struct snapshot *snapshot, const char *cursor, int columns)
{
	int64_t before = -1;

	while (*cursor) {
		const char *line = cursor;

		if (strncmp(cursor, "cpu", 3) != 0) {
			scan_skip_line(&cursor);
			continue;
		}
		cursor += 3;
		if (!schedstat_row(state, snapshot, &cursor, columns, &before)) {
			sampled_file_note(&state->file, snapshot, line, "not the row of a CPU; the rest is left out");
			return -EBADMSG;
		}
	}
	sampled_file_check_end(&state->file, snapshot, cursor);
	return before >= 0 ? 0 : -ENODATA;
}

static int schedstat_parse(struct schedstat_state *state, struct snapshot *snapshot)
{
	const char *cursor = state->file.text.buf;
	int columns, r;

	columns = schedstat_version(&cursor);
	if (columns < 0) {
		sampled_file_note(&state->file, snapshot, state->file.text.buf, "a version that is not known; left out");
		return columns;
	}

	series_cache_rewind(&state->host);
	series_cache_rewind(&state->cpus);
	r = schedstat_rows(state, snapshot, cursor, columns);
	if (r < 0)
		return r;
	row_totals_end(&state->totals);
	for (size_t i = 0; i < SCHEDSTAT_FIELDS; i++)
		series_cache_counter(&state->host, snapshot, SUBJECT_HOST, "schedstat.", schedstat_fields[i],
				     strlen(schedstat_fields[i]), state->totals.totals[i]);
	return 0;
}

static void schedstat_tick(void *data, struct snapshot *snapshot)
{
	struct schedstat_state *state = data;
	int r;

	r = sampled_file_read(&state->file);
	if (r == 0)
		r = schedstat_parse(state, snapshot);
	if (!state->marked)
		table_mark_absent(snapshot, SUBJECT_HOST, "schedstat.", schedstat_fields, r < 0 ? r : -ENOENT,
				  schedstat_paths[0]);
	state->marked = true;
}

static void schedstat_close(void *data)
{
	struct schedstat_state *state = data;

	sampled_file_release(&state->file);
	series_cache_release(&state->host);
	series_cache_release(&state->cpus);
	cpu_subjects_release(&state->subjects);
	row_totals_release(&state->totals);
	free(state);
}

const struct sampler sampler_schedstat = {
	.name = "schedstat",
	.summary = "time tasks ran and time they waited for a CPU",
	.paths = schedstat_paths,
	.open = schedstat_open,
	.tick = schedstat_tick,
	.close = schedstat_close,
};
