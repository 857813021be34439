/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/stat, loadavg, uptime and softirqs: what the CPUs do.  Format: Documentation/filesystems/proc.rst.
 *
 *	cpu  3901 0 5216 255205 377 0 55 16 0 0
 *	cpu0 2073 0 1685 128564 44 0 6 8 0 0
 *	intr 308036 0 0 …
 *	procs_running 1
 *
 * guest is inside user already, and guest_nice inside nice.  Kernels before 2.6.33 print fewer columns; the missing
 * ones are absent, not zero. */
#include <errno.h>

#include "probe.h"
#include "table.h"

#define STAT_ROWS_MAX (CPU_MAX + 64)

enum { FILE_STAT, FILE_LOADAVG, FILE_UPTIME, FILE_SOFTIRQS, FILE_COUNT };

static const char *const stat_paths[] = {
	[FILE_STAT] = "/proc/stat",
	[FILE_LOADAVG] = "/proc/loadavg",
	[FILE_UPTIME] = "/proc/uptime",
	[FILE_SOFTIRQS] = "/proc/softirqs",
	[FILE_COUNT] = "/sos_commands/host/uptime",
	"/uptime",
	NULL,
};

static const char *const stat_columns[] = {
	"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice", NULL,
};
#define STAT_COLUMNS (ARRAY_SIZE(stat_columns) - 1)

/* Lines of a name and a number; only the first number counts (intr and softirq go on with one per interrupt). */
static const struct series_name stat_lines[] = {
	{ "ctxt", SERIES_COUNTER },	     { "intr", SERIES_COUNTER },	{ "processes", SERIES_COUNTER },
	{ "procs_blocked", SERIES_GAUGE },   { "procs_running", SERIES_GAUGE }, { "softirq", SERIES_COUNTER },
};

static const char *const stat_wanted[] = {
	"ctxt", "intr", "processes", "procs_blocked", "procs_running", "softirq", NULL,
};
static const char *const loadavg_wanted[] = { "1", "5", "15", "runnable", "entities", NULL };
static const char *const uptime_wanted[] = { "uptime", NULL };

/* Rows of /proc/softirqs that say how much network traffic each CPU handles. */
static const char *const softirq_rows[] = { "NET_TX", "NET_RX" };

struct stat_state {
	struct sampled_file files[FILE_COUNT];
	struct series_cache lines, cpus, loads, softirqs;
	struct cpu_subjects subjects;
	bool *online;			/* per CPU number: /proc/stat printed it in this tick */
	size_t online_count, online_capacity;
	bool marked;
};

static enum series_class stat_classify(const char *prefix, const char *name, size_t length)
{
	(void)prefix;
	return series_name_class(stat_lines, ARRAY_SIZE(stat_lines), name, length, SERIES_LEFT_OUT);
}

static int stat_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
		     void **ret_state)
{
	struct stat_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	for (size_t i = 0; i < FILE_COUNT; i++)
		sampled_file_init(&state->files[i], root, stat_paths[i]);
	state->lines = (struct series_cache)SERIES_CACHE_INIT(stat_paths[FILE_STAT], 64);
	state->lines.classify = stat_classify;
	state->cpus = (struct series_cache)SERIES_CACHE_INIT(stat_paths[FILE_STAT], STAT_ROWS_MAX * STAT_COLUMNS);
	state->loads = (struct series_cache)SERIES_CACHE_INIT(stat_paths[FILE_LOADAVG], 8);
	state->softirqs = (struct series_cache)SERIES_CACHE_INIT(stat_paths[FILE_SOFTIRQS], 2 * CPU_MAX);
	*ret_state = state;
	return 0;
}

static void mark_online(struct stat_state *state, uint64_t cpu)
{
	GROW(state->online, state->online_capacity, (size_t)cpu + 1);
	while (state->online_count <= cpu)
		state->online[state->online_count++] = false;
	state->online[cpu] = true;
}

/* "cpu  3901 0 5216 …" and "cpu0 2073 0 1685 …": cursor is behind "cpu".  All numbers of a row or none. */
static bool stat_cpu_row(struct stat_state *state, struct snapshot *snapshot, const char **cursor)
{
	subject_id subject = SUBJECT_HOST;
	const char *prefix = "stat.cpu.";
	uint64_t values[STAT_COLUMNS], cpu;
	int n;

	if (!scan_is_blank(**cursor)) {
		if (!scan_u64(cursor, &cpu) || !scan_is_blank(**cursor))
			return false;
		subject = cpu_subjects_get(&state->subjects, snapshot, cpu);
		if (subject == SUBJECT_NONE)
			return false;
		prefix = "stat.";
		mark_online(state, cpu);
	}
	n = scan_row(cursor, values, STAT_COLUMNS);
	for (int i = 0; i < n; i++)
		series_cache_counter(&state->cpus, snapshot, subject, prefix, stat_columns[i], strlen(stat_columns[i]),
				     values[i]);
	return n > 0;
}

static bool stat_line(struct stat_state *state, struct snapshot *snapshot, const char **cursor)
{
	const char *p = *cursor, *name = p;
	size_t length = scan_name_length(p, '\0');
	uint64_t value;

	if (length >= 3 && memcmp(name, "cpu", 3) == 0) {
		*cursor += 3;
		return stat_cpu_row(state, snapshot, cursor);
	}
	p += length;
	if (length == 0 || *p++ != ' ' || !scan_u64(&p, &value) || (*p != ' ' && *p != '\n'))
		return false;
	series_cache_sample(&state->lines, snapshot, SUBJECT_HOST, "stat.", name, length, value);
	return true;
}

static void stat_parse(struct stat_state *state, struct snapshot *snapshot)
{
	struct sampled_file *file = &state->files[FILE_STAT];
	const char *cursor = file->text.buf;

	series_cache_rewind(&state->lines);
	series_cache_rewind(&state->cpus);
	for (size_t i = 0; i < state->online_count; i++)
		state->online[i] = false;
	while (*cursor) {
		const char *line = cursor;

		if (!stat_line(state, snapshot, &cursor))
			sampled_file_note(file, snapshot, line, "neither times of a CPU nor a name and a number; left out");
		/* a row has been walked to the line behind it */
		if (cursor == line || cursor[-1] != '\n')
			scan_skip_line(&cursor);
	}
	sampled_file_check_end(file, snapshot, cursor);
}

/* "0.02": a number with decimals, without the locale and the cost of strtod(). */
static bool scan_decimal(const char **cursor, double *ret_value)
{
	uint64_t whole, digits = 0;
	double scale = 1;

	if (!scan_u64(cursor, &whole))
		return false;
	if (**cursor == '.') {
		const char *start = ++*cursor;

		if (!scan_u64(cursor, &digits))
			return false;
		for (const char *p = start; p < *cursor; p++)
			scale *= 10;
	}
	*ret_value = (double)whole + (double)digits / scale;
	return true;
}

/* "0.02 0.01 0.00 2/94 7196": three averages, tasks that run or could run now, tasks there are. */
static void loadavg_parse(struct stat_state *state, struct snapshot *snapshot)
{
	struct sampled_file *file = &state->files[FILE_LOADAVG];
	static const char separators[] = "   / ";
	const char *cursor = file->text.buf;
	double values[5];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (!scan_decimal(&cursor, &values[i]) || *cursor++ != separators[i]) {
			sampled_file_note(file, snapshot, file->text.buf, "not three averages and two numbers of tasks");
			return;
		}
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		series_cache_gauge(&state->loads, snapshot, SUBJECT_HOST, "loadavg.", loadavg_wanted[i],
				   strlen(loadavg_wanted[i]), values[i]);
}

/* "1328.25 2552.06": seconds since boot, suspends included, and what all CPUs together idled. */
static void uptime_parse(struct stat_state *state, struct snapshot *snapshot)
{
	struct sampled_file *file = &state->files[FILE_UPTIME];
	const char *cursor = file->text.buf;
	double seconds;

	if (scan_decimal(&cursor, &seconds) && *cursor == ' ')
		series_cache_gauge(&state->loads, snapshot, SUBJECT_HOST, "", "uptime", strlen("uptime"), seconds);
	else
		sampled_file_note(file, snapshot, file->text.buf, "not a number of seconds");
}

/* The columns of /proc/softirqs are all CPUs that could ever be there; those that are not would be zeros of nothing. */
static bool softirq_row(struct stat_state *state, struct snapshot *snapshot, const char *name, const char *numbers,
			const char *header)
{
	uint64_t cpu, value;

	for (;;) {
		while (scan_is_blank(*header))
			header++;
		while (scan_is_blank(*numbers))
			numbers++;
		if (*header == '\n' || *numbers == '\n')
			return *header == *numbers;
		if (strncmp(header, "CPU", 3) != 0)
			return false;
		header += 3;
		if (!scan_u64(&header, &cpu) || !scan_u64(&numbers, &value) ||
		    (!scan_is_blank(*numbers) && *numbers != '\n'))
			return false;
		if (cpu < state->online_count && state->online[cpu])
			series_cache_counter_32(&state->softirqs, snapshot,
						cpu_subjects_get(&state->subjects, snapshot, cpu), "softirqs.", name,
						strlen(name), value);
	}
}

/*	                    CPU0       CPU1
 *	      NET_RX:       1727       3509 */
static void softirqs_parse(struct stat_state *state, struct snapshot *snapshot)
{
	struct sampled_file *file = &state->files[FILE_SOFTIRQS];
	const char *header = file->text.buf, *cursor = header;

	series_cache_rewind(&state->softirqs);
	scan_skip_line(&cursor);
	while (*cursor) {
		const char *line = cursor, *name = line;
		size_t length;

		scan_skip_line(&cursor);
		while (scan_is_blank(*name))
			name++;
		length = scan_name_length(name, ':');
		for (size_t i = 0; i < ARRAY_SIZE(softirq_rows); i++) {
			if (length != strlen(softirq_rows[i]) || memcmp(name, softirq_rows[i], length) != 0 ||
			    name[length] != ':')
				continue;
			if (cursor[-1] != '\n' || !softirq_row(state, snapshot, softirq_rows[i], name + length + 1, header))
				sampled_file_note(file, snapshot, line, "not one number per CPU; left out");
		}
	}
	sampled_file_check_end(file, snapshot, cursor);
}

static void stat_mark_absent(struct stat_state *state, struct snapshot *snapshot)
{
	/* clang-format off */
	static const struct {
		int file;
		const char *prefix;
		const char *const *names;
	} wanted[] = {
		{ FILE_STAT,    "stat.cpu.", stat_columns },
		{ FILE_STAT,    "stat.",     stat_wanted },
		{ FILE_LOADAVG, "loadavg.",  loadavg_wanted },
		{ FILE_UPTIME,  "",          uptime_wanted },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int error = state->files[wanted[i].file].error;

		table_mark_absent(snapshot, SUBJECT_HOST, wanted[i].prefix, wanted[i].names, error < 0 ? error : -ENOENT,
				  stat_paths[wanted[i].file]);
	}
}

static void stat_tick(void *data, struct snapshot *snapshot)
{
	struct stat_state *state = data;

	series_cache_rewind(&state->loads);
	if (sampled_file_read(&state->files[FILE_STAT]) == 0)
		stat_parse(state, snapshot);
	if (sampled_file_read(&state->files[FILE_LOADAVG]) == 0)
		loadavg_parse(state, snapshot);
	if (sampled_file_read(&state->files[FILE_UPTIME]) == 0)
		uptime_parse(state, snapshot);
	if (sampled_file_read(&state->files[FILE_SOFTIRQS]) == 0)
		softirqs_parse(state, snapshot);
	if (!state->marked)
		stat_mark_absent(state, snapshot);
	state->marked = true;
}

static void stat_close(void *data)
{
	struct stat_state *state = data;

	for (size_t i = 0; i < FILE_COUNT; i++)
		sampled_file_release(&state->files[i]);
	series_cache_release(&state->lines);
	series_cache_release(&state->cpus);
	series_cache_release(&state->loads);
	series_cache_release(&state->softirqs);
	cpu_subjects_release(&state->subjects);
	free(state->online);
	free(state);
}

const struct sampler sampler_stat = {
	.name = "stat",
	.summary = "CPU time by kind, run queue, load, context switches, network interrupts per CPU",
	.paths = stat_paths,
	.open = stat_open,
	.tick = stat_tick,
	.close = stat_close,
};
