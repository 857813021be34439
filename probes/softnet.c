/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/softnet_stat: what each CPU did with received packets before any protocol saw them.  A row per online CPU,
 * hexadecimal, without names; net/core/net-procfs.c.
 *
 *	0000162e 00000000 00000003 00000000 00000000 00000000 00000000 00000000 00000000 00000010 00000000 …
 *
 * Columns were added at the end: received_rps as the 10th (2.6.35), flow_limit_count as the 11th (3.11), the length of
 * the backlog and the number of the CPU as the 12th and 13th (5.10), the two halves of the backlog as 14th and 15th
 * (after 6.1, by 6.4).
 * All counters have 32 bits. */
#include <errno.h>

#include "probe.h"
#include "table.h"

#define SOFTNET_COLUMNS 13
#define SOFTNET_COLUMNS_MIN 9
#define COLUMN_CPU 12

/* clang-format off */
static const struct softnet_field {
	const char *name;
	uint8_t column;
} softnet_fields[] = {
	{ "processed",        0 },
	{ "dropped",          1 },
	{ "time_squeeze",     2 },
	{ "received_rps",     9 },
	{ "flow_limit_count", 10 },
};
/* clang-format on */
#define SOFTNET_FIELDS ARRAY_SIZE(softnet_fields)

static const char *const softnet_wanted[] = {
	"processed", "dropped", "time_squeeze", "received_rps", "flow_limit_count", NULL,
};

enum { FILE_SOFTNET, FILE_ONLINE, FILE_COUNT };

static const char *const softnet_paths[] = {
	[FILE_SOFTNET] = "/proc/net/softnet_stat",
	[FILE_ONLINE] = "/sys/devices/system/cpu/online",
	[FILE_COUNT] = NULL,
};

struct softnet_state {
	struct sampled_file files[FILE_COUNT];
	struct series_cache host, cpus;
	struct cpu_subjects subjects;
	struct row_totals totals;
	size_t rows;			/* of the last tick */
	bool marked;
};

static int softnet_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			void **ret_state)
{
	struct softnet_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	for (size_t i = 0; i < FILE_COUNT; i++)
		sampled_file_init(&state->files[i], root, softnet_paths[i]);
	state->host = (struct series_cache)SERIES_CACHE_INIT(softnet_paths[FILE_SOFTNET], SOFTNET_FIELDS);
	state->cpus = (struct series_cache)SERIES_CACHE_INIT(softnet_paths[FILE_SOFTNET], SOFTNET_FIELDS * CPU_MAX);
	row_totals_init(&state->totals, SOFTNET_FIELDS, 32);
	*ret_state = state;
	return 0;
}

static size_t count_lines(const struct strbuf *text)
{
	size_t count = 0;

	for (const char *p = text->buf; (p = strchr(p, '\n')); p++)
		count++;
	return count;
}

/* "0-3,8" into numbers, at most max of them.  Returns how many there are, 0 when the list makes no sense. */
static size_t scan_cpu_list(const char *cursor, uint16_t *numbers, size_t max)
{
	uint64_t first, last;
	size_t count = 0;

	do {
		if (!scan_u64(&cursor, &first))
			return 0;
		last = first;
		if (*cursor == '-' && (cursor++, !scan_u64(&cursor, &last)))
			return 0;
		if (last < first || last >= CPU_MAX)
			return 0;
		for (uint64_t cpu = first; cpu <= last; cpu++, count++)
			if (count < max)
				numbers[count] = (uint16_t)cpu;
	} while (*cursor == ',' && cursor++);
	return *cursor == '\n' ? count : 0;
}

/* Kernels that do not print the CPU's number print one row per online CPU: which those are is asked elsewhere.
 * Returns numbers for rows rows, or NULL when the two do not fit together. */
static uint16_t *softnet_online(struct softnet_state *state, size_t rows)
{
	CLEANUP(free_ptr) uint16_t *numbers = NULL;

	if (sampled_file_read(&state->files[FILE_ONLINE]) < 0)
		return NULL;
	numbers = xcalloc(MAX(rows, 1), sizeof(*numbers));
	if (scan_cpu_list(state->files[FILE_ONLINE].text.buf, numbers, rows) != rows)
		return NULL;
	return steal_ptr(&numbers);
}

static size_t fields_in(int columns)
{
	size_t n = 0;

	while (n < SOFTNET_FIELDS && softnet_fields[n].column < columns)
		n++;
	return n;
}

static void softnet_cpu(struct softnet_state *state, struct snapshot *snapshot, uint64_t cpu, const uint64_t *values,
			size_t n)
{
	subject_id subject = cpu_subjects_get(&state->subjects, snapshot, cpu);

	for (size_t i = 0; i < n; i++)
		series_cache_counter_32(&state->cpus, snapshot, subject, "softnet.", softnet_fields[i].name,
					strlen(softnet_fields[i].name), values[i]);
}

static uint64_t softnet_cpu_of(const uint64_t *values, int columns, const uint16_t *numbers, size_t row)
{
	if (columns > COLUMN_CPU)
		return values[COLUMN_CPU];
	return numbers ? numbers[row] : row;
}

/* Rows by CPU; numbers: of the CPUs where the rows do not have them, one for each line, or NULL: not known, and then
 * only the position tells rows apart.  Returns the columns of the rows, or -EBADMSG after a note. */
static int softnet_rows(struct softnet_state *state, struct snapshot *snapshot, const uint16_t *numbers)
{
	struct sampled_file *file = &state->files[FILE_SOFTNET];
	const char *cursor = file->text.buf;
	int64_t before = -1;
	int columns = 0;

	for (size_t row = 0; *cursor; row++) {
		uint64_t values[SOFTNET_COLUMNS] = { 0 }, taken[SOFTNET_FIELDS];
		const char *line = cursor;
		int n = scan_hex_row(&cursor, values, SOFTNET_COLUMNS);
		uint64_t cpu = n < 0 ? CPU_MAX : softnet_cpu_of(values, n, numbers, row);

		if (n < SOFTNET_COLUMNS_MIN || (columns && n != columns) || cpu >= CPU_MAX || (int64_t)cpu <= before) {
			sampled_file_note(file, snapshot, line, "not a row of counters of a CPU; the rest is left out");
			return -EBADMSG;
		}
		columns = n;
		before = (int64_t)cpu;
		for (size_t i = 0; i < SOFTNET_FIELDS; i++)
			taken[i] = values[softnet_fields[i].column];
		(void)row_totals_add(&state->totals, (size_t)cpu, taken);
		if (n > COLUMN_CPU || numbers)
			softnet_cpu(state, snapshot, cpu, taken, fields_in(n));
	}
	sampled_file_check_end(file, snapshot, cursor);
	return columns;
}

static int softnet_parse(struct softnet_state *state, struct snapshot *snapshot)
{
	struct sampled_file *file = &state->files[FILE_SOFTNET];
	uint64_t first[SOFTNET_COLUMNS];
	CLEANUP(free_ptr) uint16_t *numbers = NULL;
	const char *cursor = file->text.buf;
	int n;

	n = scan_hex_row(&cursor, first, SOFTNET_COLUMNS);
	if (n >= 0 && n <= COLUMN_CPU) {
		size_t rows = count_lines(&file->text);

		numbers = softnet_online(state, rows);
		if (!numbers && rows != state->rows)
			row_totals_reset(&state->totals);
		state->rows = rows;
	}

	series_cache_rewind(&state->host);
	series_cache_rewind(&state->cpus);
	n = softnet_rows(state, snapshot, numbers);
	if (n < 0)
		return n;
	row_totals_end(&state->totals);
	for (size_t i = 0; i < fields_in(n); i++)
		series_cache_counter(&state->host, snapshot, SUBJECT_HOST, "softnet.", softnet_fields[i].name,
				     strlen(softnet_fields[i].name), state->totals.totals[i]);
	return 0;
}

static void softnet_tick(void *data, struct snapshot *snapshot)
{
	struct softnet_state *state = data;
	int r;

	r = sampled_file_read(&state->files[FILE_SOFTNET]);
	if (r == 0)
		r = softnet_parse(state, snapshot);
	if (!state->marked)
		table_mark_absent(snapshot, SUBJECT_HOST, "softnet.", softnet_wanted, r < 0 ? r : -ENOENT,
				  softnet_paths[FILE_SOFTNET]);
	state->marked = true;
}

static void softnet_close(void *data)
{
	struct softnet_state *state = data;

	for (size_t i = 0; i < FILE_COUNT; i++)
		sampled_file_release(&state->files[i]);
	series_cache_release(&state->host);
	series_cache_release(&state->cpus);
	cpu_subjects_release(&state->subjects);
	row_totals_release(&state->totals);
	free(state);
}

const struct sampler sampler_softnet = {
	.name = "softnet",
	.summary = "received packets per CPU: processed, dropped from the backlog, budget exhausted",
	.paths = softnet_paths,
	.open = softnet_open,
	.tick = softnet_tick,
	.close = softnet_close,
};
