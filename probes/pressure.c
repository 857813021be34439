/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/pressure/{cpu,memory,io} since Linux 4.20, irq since 6.1.  Without CONFIG_PSI, or booted with psi=0, they are
 * missing or read as EOPNOTSUPP: a fact, not an error.  Only total is taken: averages over 10, 60 and 300 seconds
 * would smooth what the window measures itself.  Format: Documentation/accounting/psi.rst.
 *
 *	some avg10=0.22 avg60=0.17 avg300=1.11 total=58761459 */
#include <errno.h>

#include "probe.h"
#include "table.h"

#define PRESSURE_KINDS 2

struct pressure_line {
	const char *word;		/* "some", "full" */
	const char *key;		/* NULL: printed, but means nothing (cpu full of the whole system) */
};

/* clang-format off */
static const struct pressure_file {
	const char *path;
	struct pressure_line lines[PRESSURE_KINDS];
} pressure_files[] = {
	{ "/proc/pressure/cpu",    { { "some", "psi.cpu.some.total" },    { "full", NULL } } },
	{ "/proc/pressure/io",     { { "some", "psi.io.some.total" },     { "full", "psi.io.full.total" } } },
	{ "/proc/pressure/irq",    { { "full", "psi.irq.full.total" },    { NULL, NULL } } },
	{ "/proc/pressure/memory", { { "some", "psi.memory.some.total" }, { "full", "psi.memory.full.total" } } },
};
/* clang-format on */

static const char *const pressure_paths[] = {
	"/proc/pressure/cpu", "/proc/pressure/io", "/proc/pressure/irq", "/proc/pressure/memory", NULL,
};

struct pressure_state {
	struct sampled_file files[ARRAY_SIZE(pressure_files)];
	series_id series[ARRAY_SIZE(pressure_files)][PRESSURE_KINDS];
	bool marked;
};

static int pressure_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			 void **ret_state)
{
	struct pressure_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	for (size_t i = 0; i < ARRAY_SIZE(pressure_files); i++) {
		sampled_file_init(&state->files[i], root, pressure_files[i].path);
		for (size_t j = 0; j < PRESSURE_KINDS; j++)
			state->series[i][j] = SERIES_NONE;
	}
	*ret_state = state;
	return 0;
}

/* The number behind " total=" in a line, which must end with it. */
static bool scan_total(const char **cursor, uint64_t *ret_usec)
{
	static const char word[] = " total=";
	const char *end = strchr(*cursor, '\n');
	const char *p = end ? memmem(*cursor, (size_t)(end - *cursor), word, sizeof(word) - 1) : NULL;

	if (!p)
		return false;
	p += sizeof(word) - 1;
	if (!scan_u64(&p, ret_usec) || p != end)
		return false;
	*cursor = end + 1;
	return true;
}

/* Which of the lines of a file this is, or -1. */
static int pressure_which(const struct pressure_file *file, const char *line)
{
	for (int j = 0; j < PRESSURE_KINDS; j++) {
		const char *word = file->lines[j].word;

		if (word && strncmp(line, word, strlen(word)) == 0 && line[strlen(word)] == ' ')
			return j;
	}
	return -1;
}

static void pressure_parse(struct pressure_state *state, size_t i, struct snapshot *snapshot)
{
	const char *cursor = state->files[i].text.buf;

	while (*cursor) {
		int j = pressure_which(&pressure_files[i], cursor);
		const char *line = cursor, *key;
		uint64_t stalled_usec;

		if (j < 0 || !scan_total(&cursor, &stalled_usec)) {
			sampled_file_note(&state->files[i], snapshot, line, "not a line of pressure; left out");
			scan_skip_line(&cursor);
			continue;
		}
		key = pressure_files[i].lines[j].key;
		if (!key)
			continue;
		if (state->series[i][j] == SERIES_NONE)
			state->series[i][j] = snapshot_series(snapshot, SUBJECT_HOST, key, strlen(key),
							      METRIC_COUNTER, 0);
		snapshot_counter(snapshot, state->series[i][j], stalled_usec);
	}
	sampled_file_check_end(&state->files[i], snapshot, cursor);
}

static void pressure_tick(void *data, struct snapshot *snapshot)
{
	struct pressure_state *state = data;

	for (size_t i = 0; i < ARRAY_SIZE(pressure_files); i++) {
		int r = sampled_file_read(&state->files[i]);

		if (r == 0)
			pressure_parse(state, i, snapshot);
		for (size_t j = 0; !state->marked && j < PRESSURE_KINDS; j++) {
			const char *const names[] = { pressure_files[i].lines[j].key, NULL };

			table_mark_absent(snapshot, SUBJECT_HOST, "", names, r < 0 ? r : -ENOENT,
					  pressure_files[i].path);
		}
	}
	state->marked = true;
}

static void pressure_close(void *data)
{
	struct pressure_state *state = data;

	for (size_t i = 0; i < ARRAY_SIZE(pressure_files); i++)
		sampled_file_release(&state->files[i]);
	free(state);
}

const struct sampler sampler_pressure = {
	.name = "pressure",
	.summary = "pressure stall information: time that tasks waited for CPU, memory, I/O",
	.paths = pressure_paths,
	.open = pressure_open,
	.tick = pressure_tick,
	.close = pressure_close,
};
