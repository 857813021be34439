/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup-files.h"

#include "../core/parse.h"
#include "table.h"

struct cgroup_format {
	uint32_t (*parse)(const struct cgroup_metric_file *file, const char *text, uint64_t *values, bool *ret_bad);
};

static size_t span_line(const char *text)
{
	return strcspn(text, "\n");
}

static bool scan_line_end(const char **cursor, uint64_t *ret_value)
{
	return scan_u64(cursor, ret_value) && **cursor == '\n';
}

/* "274432\n" */
static uint32_t parse_single(const struct cgroup_metric_file *file, const char *text, uint64_t *values, bool *ret_bad)
{
	if (scan_line_end(&text, &values[0]))
		return 1;
	*ret_bad = true;
	return 0;
}

static bool line_has_name(const char *line, const struct cgroup_field *field, size_t length)
{
	return strncmp(line, field->name, length) == 0 && line[length] == ' ';
}

/* The rest of the fields, in whatever order: older kernels print some elsewhere, or not at all. */
static uint32_t parse_keyed_anywhere(const struct cgroup_metric_file *file, const char *text, uint64_t *values,
				     uint32_t found, bool *ret_bad)
{
	do {
		for (size_t i = 0; i < file->n_fields; i++) {
			size_t length = strlen(file->fields[i].name);
			const char *number = text + length + 1;

			if (found & 1U << i || !line_has_name(text, &file->fields[i], length))
				continue;
			if (scan_line_end(&number, &values[i]))
				found |= 1U << i;
			else
				*ret_bad = true;
		}
	} while (next_line(&text));
	return found;
}

/* "anon 1847296\nfile 0\n…": the fields stand in the table in the order in which the kernel prints them, so one
 * comparison per line finds them all. */
static uint32_t parse_keyed(const struct cgroup_metric_file *file, const char *text, uint64_t *values, bool *ret_bad)
{
	uint32_t all = (1U << file->n_fields) - 1, found = 0;
	size_t next = 0, length = strlen(file->fields[0].name);
	const char *line = text;

	while (*line) {
		const char *number = line + length + 1;

		if (line_has_name(line, &file->fields[next], length) && scan_line_end(&number, &values[next])) {
			found |= 1U << next;
			if (++next == file->n_fields)
				return found;
			length = strlen(file->fields[next].name);
			line = number + 1;
			continue;
		}
		line = strchr(line, '\n');
		if (!line)
			break;
		line++;
	}
	return found == all ? found : parse_keyed_anywhere(file, text, values, found, ret_bad);
}

static int field_index(const struct cgroup_metric_file *file, const char *name, size_t length)
{
	for (size_t i = 0; i < file->n_fields; i++)
		if (strlen(file->fields[i].name) == length && memcmp(file->fields[i].name, name, length) == 0)
			return (int)i;
	return -1;
}

static bool name_starts_line(const char *line)
{
	return *line >= '0' && *line <= '9';
}

/* "254:0 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n", one line per device; a device without
 * I/O has nothing after its number, and a group without any has no line: both are zero, since the file is there. */
static uint32_t parse_io_stat(const struct cgroup_metric_file *file, const char *text, uint64_t *values,
			      bool *ret_bad)
{
	size_t length;

	memset(values, 0, file->n_fields * sizeof(*values));
	for (; *text; text += length + 1) {
		const char *cursor = text, *word;
		size_t n;

		length = span_line(text);
		if (text[length] != '\n' || !name_starts_line(text)) {
			*ret_bad = true;
			return 0;	/* part of a sum is no sum */
		}
		while (next_word(&cursor, &word, &n)) {
			const char *equals = memchr(word, '=', n), *number;
			int i = equals ? field_index(file, word, (size_t)(equals - word)) : -1;
			uint64_t value;

			if (i < 0)
				continue;
			number = equals + 1;
			if (!scan_u64(&number, &value) || number != word + n) {
				*ret_bad = true;
				return 0;
			}
			values[i] += value;
		}
	}
	return (1U << file->n_fields) - 1;
}

/* v1: "254:0 Read 1459200\n254:0 Write 4096\n…254:0 Total 1463296\nTotal 1463296\n" */
static uint32_t parse_blkio(const struct cgroup_metric_file *file, const char *text, uint64_t *values, bool *ret_bad)
{
	size_t length;

	memset(values, 0, file->n_fields * sizeof(*values));
	for (; *text; text += length + 1) {
		const char *cursor = text, *word;
		uint64_t value;
		size_t n;
		int i;

		length = span_line(text);
		if (text[length] != '\n') {
			*ret_bad = true;
			return 0;
		}
		if (!name_starts_line(text))
			continue;		/* the total of all devices */
		if (!next_word(&cursor, &word, &n) || !next_word(&cursor, &word, &n))
			continue;
		i = field_index(file, word, n);
		if (i < 0)
			continue;
		if (!next_word(&cursor, &word, &n) || !scan_line_end(&word, &value)) {
			*ret_bad = true;
			return 0;
		}
		values[i] += value;
	}
	return (1U << file->n_fields) - 1;
}

/* "some avg10=0.68 avg60=0.35 avg300=0.36 total=9969811\nfull …": the averages are left to whoever wants smooth
 * figures; from the totals any window can be had. */
static uint32_t parse_pressure(const struct cgroup_metric_file *file, const char *text, uint64_t *values,
			       bool *ret_bad)
{
	static const char total[] = " total=";
	uint32_t found = 0;

	do {
		const char *cursor = text, *word, *number;
		size_t length;
		int i;

		if (!next_word(&cursor, &word, &length))
			continue;
		i = field_index(file, word, length);
		if (i < 0)
			continue;
		number = memmem(word, span_line(word), total, strlen(total));
		number = number ? number + strlen(total) : word + span_line(word);
		if (scan_line_end(&number, &values[i]))
			found |= 1U << i;
		else
			*ret_bad = true;
	} while (next_line(&text));
	return found;
}

static const struct cgroup_format single = { parse_single }, keyed = { parse_keyed }, io_stat = { parse_io_stat },
				  blkio = { parse_blkio }, pressure = { parse_pressure };

/* clang-format off */
#define COUNTER(name_, key_) { .name = name_, .key = key_, .kind = METRIC_COUNTER }
#define GAUGE(name_, key_) { .name = name_, .key = key_, .kind = METRIC_GAUGE }

static const struct cgroup_field cpu_stat[] = {
	COUNTER("usage_usec",     "cpu.usage_usec"),
	COUNTER("user_usec",      "cpu.user_usec"),
	COUNTER("system_usec",    "cpu.system_usec"),
	COUNTER("nr_periods",     "cpu.nr_periods"),
	COUNTER("nr_throttled",   "cpu.nr_throttled"),
	COUNTER("throttled_usec", "cpu.throttled_usec"),
	COUNTER("nr_bursts",      "cpu.nr_bursts"),
	COUNTER("burst_usec",     "cpu.burst_usec"),
};

static const struct cgroup_field cpu_pressure[] = {
	COUNTER("some", "psi.cpu.some.total"),
	COUNTER("full", "psi.cpu.full.total"),
};

static const struct cgroup_field memory_pressure[] = {
	COUNTER("some", "psi.memory.some.total"),
	COUNTER("full", "psi.memory.full.total"),
};

static const struct cgroup_field io_pressure[] = {
	COUNTER("some", "psi.io.some.total"),
	COUNTER("full", "psi.io.full.total"),
};

static const struct cgroup_field memory_current[] = { GAUGE("", "memory.current") };

static const struct cgroup_field memory_stat[] = {
	GAUGE("anon",                      "memory.stat.anon"),
	GAUGE("file",                      "memory.stat.file"),
	GAUGE("file_dirty",                "memory.stat.file_dirty"),
	GAUGE("file_writeback",            "memory.stat.file_writeback"),
	GAUGE("inactive_file",             "memory.stat.inactive_file"),
	GAUGE("active_file",               "memory.stat.active_file"),
	GAUGE("slab_reclaimable",          "memory.stat.slab_reclaimable"),
	COUNTER("workingset_refault_anon", "memory.stat.workingset_refault_anon"),
	COUNTER("workingset_refault_file", "memory.stat.workingset_refault_file"),
	COUNTER("workingset_activate_file", "memory.stat.workingset_activate_file"),
	COUNTER("pgscan",                  "memory.stat.pgscan"),
	COUNTER("pgsteal",                 "memory.stat.pgsteal"),
};

static const struct cgroup_field memory_events[] = {
	COUNTER("low",      "memory.events.low"),
	COUNTER("high",     "memory.events.high"),
	COUNTER("max",      "memory.events.max"),
	COUNTER("oom",      "memory.events.oom"),
	COUNTER("oom_kill", "memory.events.oom_kill"),
};

static const struct cgroup_field memory_events_local[] = {
	COUNTER("max", "memory.events.local.max"),
	COUNTER("oom", "memory.events.local.oom"),
};

static const struct cgroup_field memory_swap_current[] = { GAUGE("", "memory.swap.current") };

static const struct cgroup_field memory_swap_events[] = {
	COUNTER("high", "memory.swap.events.high"),
	COUNTER("max",  "memory.swap.events.max"),
	COUNTER("fail", "memory.swap.events.fail"),
};

static const struct cgroup_field io_stat_fields[] = {
	COUNTER("rbytes", "io.rbytes"),
	COUNTER("wbytes", "io.wbytes"),
	COUNTER("rios",   "io.rios"),
	COUNTER("wios",   "io.wios"),
};

static const struct cgroup_field pids_current[] = { GAUGE("", "pids.current") };
static const struct cgroup_field pids_events[] = { COUNTER("max", "pids.events.max") };

static const struct cgroup_field v1_cpu_stat[] = {
	COUNTER("nr_periods",     "cpu.nr_periods"),
	COUNTER("nr_throttled",   "cpu.nr_throttled"),
	COUNTER("throttled_time", "cpu.throttled_time"),
	COUNTER("nr_bursts",      "cpu.nr_bursts"),
	COUNTER("burst_time",     "cpu.burst_time"),
};

static const struct cgroup_field v1_cpuacct_usage[] = { COUNTER("", "cpuacct.usage") };
static const struct cgroup_field v1_memory_usage[] = { GAUGE("", "memory.usage_in_bytes") };
static const struct cgroup_field v1_memory_failcnt[] = { COUNTER("", "memory.failcnt") };
static const struct cgroup_field v1_memory_oom_control[] = { COUNTER("oom_kill", "memory.oom_control.oom_kill") };

static const struct cgroup_field v1_memory_stat[] = {
	GAUGE("total_cache",                     "memory.stat.total_cache"),
	GAUGE("total_rss",                       "memory.stat.total_rss"),
	GAUGE("total_mapped_file",               "memory.stat.total_mapped_file"),
	GAUGE("total_dirty",                     "memory.stat.total_dirty"),
	GAUGE("total_writeback",                 "memory.stat.total_writeback"),
	COUNTER("total_workingset_refault_anon", "memory.stat.total_workingset_refault_anon"),
	COUNTER("total_workingset_refault_file", "memory.stat.total_workingset_refault_file"),
	GAUGE("total_swap",                      "memory.stat.total_swap"),
	COUNTER("total_pgmajfault",              "memory.stat.total_pgmajfault"),
	GAUGE("total_inactive_file",             "memory.stat.total_inactive_file"),
	GAUGE("total_active_file",               "memory.stat.total_active_file"),
};

static const struct cgroup_field v1_blkio_bytes[] = {
	COUNTER("Read",  "blkio.throttle.io_service_bytes_recursive.Read"),
	COUNTER("Write", "blkio.throttle.io_service_bytes_recursive.Write"),
};

static const struct cgroup_field v1_blkio_ios[] = {
	COUNTER("Read",  "blkio.throttle.io_serviced_recursive.Read"),
	COUNTER("Write", "blkio.throttle.io_serviced_recursive.Write"),
};

#define FIELDS(fields_) .fields = fields_, .n_fields = ARRAY_SIZE(fields_)

const struct cgroup_metric_file cgroup_metric_files[] = {
	{ .name = "cpu.stat",              .version = 2,                           .format = &keyed,    FIELDS(cpu_stat) },
	{ .name = "memory.current",        .version = 2, .controller = "memory",   .format = &single,   FIELDS(memory_current) },
	{ .name = "memory.stat",           .version = 2, .controller = "memory",   .format = &keyed,    FIELDS(memory_stat) },
	{ .name = "memory.events",         .version = 2, .controller = "memory",   .format = &keyed,    FIELDS(memory_events) },
	{ .name = "memory.events.local",   .version = 2, .controller = "memory",   .format = &keyed,    FIELDS(memory_events_local) },
	{ .name = "memory.swap.current",   .version = 2, .controller = "memory",   .format = &single,   FIELDS(memory_swap_current) },
	{ .name = "memory.swap.events",    .version = 2, .controller = "memory",   .format = &keyed,    FIELDS(memory_swap_events) },
	{ .name = "pids.current",          .version = 2, .controller = "pids",     .format = &single,   FIELDS(pids_current) },
	{ .name = "pids.events",           .version = 2, .controller = "pids",     .format = &keyed,    FIELDS(pids_events) },
	{ .name = "io.stat",               .version = 2, .controller = "io",       .format = &io_stat,  FIELDS(io_stat_fields) },
	{ .name = "cpu.pressure",          .version = 2,                           .format = &pressure, FIELDS(cpu_pressure) },
	{ .name = "memory.pressure",       .version = 2,                           .format = &pressure, FIELDS(memory_pressure) },
	{ .name = "io.pressure",           .version = 2,                           .format = &pressure, FIELDS(io_pressure) },

	{ .name = "cpu.stat",              .version = 1, .controller = "cpu",     .format = &keyed,  FIELDS(v1_cpu_stat) },
	{ .name = "cpuacct.usage",         .version = 1, .controller = "cpuacct", .format = &single, FIELDS(v1_cpuacct_usage) },
	{ .name = "memory.usage_in_bytes", .version = 1, .controller = "memory",  .format = &single, FIELDS(v1_memory_usage) },
	{ .name = "memory.failcnt",        .version = 1, .controller = "memory",  .format = &single, FIELDS(v1_memory_failcnt) },
	{ .name = "memory.oom_control",    .version = 1, .controller = "memory",  .format = &keyed,  FIELDS(v1_memory_oom_control) },
	{ .name = "memory.stat",           .version = 1, .controller = "memory",  .format = &keyed,  FIELDS(v1_memory_stat) },
	{ .name = "pids.current",          .version = 1, .controller = "pids",    .format = &single, FIELDS(pids_current) },
	{ .name = "pids.events",           .version = 1, .controller = "pids",    .format = &keyed,  FIELDS(pids_events) },
	{ .name = "blkio.throttle.io_service_bytes_recursive", .version = 1, .controller = "blkio", .format = &blkio, FIELDS(v1_blkio_bytes) },
	{ .name = "blkio.throttle.io_serviced_recursive",      .version = 1, .controller = "blkio", .format = &blkio, FIELDS(v1_blkio_ios) },
};
/* clang-format on */

const size_t n_cgroup_metric_files = ARRAY_SIZE(cgroup_metric_files);

uint32_t cgroup_metric_parse(const struct cgroup_metric_file *file, const char *text,
			     uint64_t values[static CGROUP_FIELDS_MAX], bool *ret_bad)
{
	*ret_bad = false;
	return file->format->parse(file, text, values, ret_bad);
}
