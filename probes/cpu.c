/* SPDX-License-Identifier: Apache-2.0 */
/* Processors: how many and how they hang together, how their frequency and idle states are
 * governed, what is isolated, which mitigations run, the clock source, and what debugfs has of the
 * scheduler.
 * Documentation/ABI/testing/sysfs-devices-system-cpu, Documentation/admin-guide/pm/. */
#include "cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../core/parse.h"
#include "probe.h"
#include "setting-file.h"

#define CPU "/sys/devices/system/cpu"
#define SCHED "/sys/kernel/debug/sched"
#define CLOCK "/sys/devices/system/clocksource/clocksource0"

/* More than the largest kernels are built for (CONFIG_NR_CPUS 8192 on x86, 4096 on arm64). */
#define CPUS_MAX 16384

#define CPUINFO_HEAD 8191

static const struct setting_file cpu_files[] = {
	{ "cpu.isolated", CPU "/isolated" },
	{ "cpu.nohz_full", CPU "/nohz_full" },
	{ "cpu.smt.control", CPU "/smt/control" },
	{ "cpu.smt.active", CPU "/smt/active" },
	{ "cpufreq.boost", CPU "/cpufreq/boost" },
	{ "intel_pstate.status", CPU "/intel_pstate/status" },
	{ "intel_pstate.no_turbo", CPU "/intel_pstate/no_turbo" },
	{ "intel_pstate.min_perf_pct", CPU "/intel_pstate/min_perf_pct" },
	{ "intel_pstate.max_perf_pct", CPU "/intel_pstate/max_perf_pct" },
	{ "intel_pstate.hwp_dynamic_boost", CPU "/intel_pstate/hwp_dynamic_boost" },
	{ "amd_pstate.status", CPU "/amd_pstate/status" },
	{ "amd_pstate.prefcore", CPU "/amd_pstate/prefcore" },
	{ "cpuidle.current_driver", CPU "/cpuidle/current_driver" },
	{ "cpuidle.current_governor", CPU "/cpuidle/current_governor" },
	{ "cpuidle.available_governors", CPU "/cpuidle/available_governors" },
	{ "clocksource.current_clocksource", CLOCK "/current_clocksource" },
	{ "clocksource.available_clocksource", CLOCK "/available_clocksource" },
};

/* Since Linux 5.13, where debugfs is mounted; only root may look.  Each kernel has some of them. */
static const struct setting_file sched_files[] = {
	{ "debug.sched.base_slice_ns", SCHED "/base_slice_ns" },
	{ "debug.sched.latency_ns", SCHED "/latency_ns" },
	{ "debug.sched.min_granularity_ns", SCHED "/min_granularity_ns" },
	{ "debug.sched.wakeup_granularity_ns", SCHED "/wakeup_granularity_ns" },
	{ "debug.sched.migration_cost_ns", SCHED "/migration_cost_ns" },
	{ "debug.sched.nr_migrate", SCHED "/nr_migrate" },
	{ "debug.sched.tunable_scaling", SCHED "/tunable_scaling" },
	{ "debug.sched.numa_balancing.scan_delay_ms", SCHED "/numa_balancing/scan_delay_ms" },
	{ "debug.sched.numa_balancing.scan_period_min_ms", SCHED "/numa_balancing/scan_period_min_ms" },
	{ "debug.sched.numa_balancing.scan_period_max_ms", SCHED "/numa_balancing/scan_period_max_ms" },
	{ "debug.sched.numa_balancing.scan_size_mb", SCHED "/numa_balancing/scan_size_mb" },
	{ "debug.sched.numa_balancing.hot_threshold_ms", SCHED "/numa_balancing/hot_threshold_ms" },
};

/* Below cpuN/cpufreq.  cpuinfo_cur_freq is left out: it asks the hardware, and only root may. */
static const char *const frequency_files[] = {
	"scaling_driver",
	"scaling_governor",
	"scaling_available_governors",
	"scaling_min_freq",
	"scaling_max_freq",
	"scaling_cur_freq",
	"cpuinfo_min_freq",
	"cpuinfo_max_freq",
	"energy_performance_preference",
	"energy_performance_available_preferences",
};

static const char *const throttle_files[] = { "core_throttle_count", "package_throttle_count" };

int next_cpu_range(const char **cursor, uint64_t *ret_first, uint64_t *ret_last)
{
	const char *c = *cursor;
	uint64_t first, last;

	while (*c == ' ' || *c == '\n')
		c++;
	if (!*c)
		return 0;
	if (!scan_u64(&c, &first))
		return -EBADMSG;
	last = first;
	if (*c == '-') {
		c++;
		if (!scan_u64(&c, &last) || last < first)
			return -EBADMSG;
	}
	/* A last comma has something behind it. */
	if (*c == ',' && c[1] >= '0' && c[1] <= '9')
		c++;
	else if (*c != '\0' && *c != '\n')
		return -EBADMSG;
	if (last >= CPUS_MAX)
		return -EBADMSG;
	*cursor = c;
	*ret_first = first;
	*ret_last = last;
	return 1;
}

int cpu_list_count(const char *text, uint64_t *ret_count)
{
	uint64_t first, last, count = 0;
	int r;

	while ((r = next_cpu_range(&text, &first, &last)) > 0)
		count += last - first + 1;
	if (r < 0)
		return r;
	*ret_count = count;
	return 0;
}

/* "model name	: AMD EPYC 7763 64-Core Processor" */
static bool next_field(const char **cursor, const char **ret_name, size_t *ret_length,
		       const char **ret_value, size_t *ret_value_length)
{
	while (**cursor) {
		const char *line = *cursor;
		size_t length = strcspn(line, "\n");
		const char *colon = memchr(line, ':', length);
		const char *end = line + length, *name_end = colon;

		(void)next_line(cursor);
		if (!colon)
			continue;
		while (name_end > line && (name_end[-1] == '\t' || name_end[-1] == ' '))
			name_end--;
		for (colon++; colon < end && *colon == ' ';)
			colon++;
		*ret_name = line;
		*ret_length = (size_t)(name_end - line);
		*ret_value = colon;
		*ret_value_length = (size_t)(end - colon);
		return true;
	}
	return false;
}

static bool find_field(const char *text, const char *field, const char **ret_value,
		       size_t *ret_length)
{
	size_t n = strlen(field), length;
	const char *name;

	while (next_field(&text, &name, &length, ret_value, ret_length)) {
		if (length == n && memcmp(name, field, n) == 0)
			return true;
	}
	return false;
}

bool cpuinfo_find(const char *text, const char *field, struct strbuf *value)
{
	const char *found;
	size_t length;

	if (!find_field(text, field, &found, &length))
		return false;
	strbuf_reset(value);
	strbuf_add(value, found, length);
	strbuf_trim(value);
	return true;
}

bool cpuinfo_has_word(const char *text, const char *field, const char *word)
{
	const char *value, *found;
	size_t rest, length;

	/* The value ends with its line, and so do the words. */
	if (!find_field(text, field, &value, &rest))
		return false;
	while (next_word(&value, &found, &length)) {
		if (length == strlen(word) && memcmp(found, word, length) == 0)
			return true;
	}
	return false;
}

int cpuinfo_read_head(const struct root *root, struct strbuf *text)
{
	CLEANUP(close_fd) int fd = -1;
	ssize_t n;
	int r;

	strbuf_reset(text);
	r = root_open_fd(root, "/proc/cpuinfo", 0, &fd);
	if (r < 0)
		return r;
	strbuf_reserve(text, CPUINFO_HEAD);
	n = read(fd, text->buf, CPUINFO_HEAD);
	if (n < 0)
		return -errno;
	text->len = strnlen(text->buf, (size_t)n);
	text->buf[text->len] = '\0';
	return 0;
}

/* arm64 has no names, only numbers: "CPU implementer	: 0x41"; s390 "vendor_id       : IBM/S390";
 * POWER "cpu". */
static void read_names(const struct root *root, struct snapshot *snapshot)
{
	static const struct {
		const char *key;
		const char *fields[4];
	} names[] = {
		{ "cpu.vendor", { "vendor_id", "CPU implementer", "mvendorid" } },
		{ "cpu.model", { "model name", "CPU part", "cpu", "uarch" } },
	};
	static const char path[] = "/proc/cpuinfo";
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf head = STRBUF_INIT;
	int r = cpuinfo_read_head(root, &head);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		bool found = false;

		for (size_t j = 0;
		     r == 0 && !found && j < ARRAY_SIZE(names[i].fields) && names[i].fields[j]; j++)
			found = cpuinfo_find(head.buf, names[i].fields[j], &value);
		if (found)
			snapshot_set(snapshot, SUBJECT_HOST, names[i].key, value.buf, value.len,
				     path);
		else
			snapshot_set_absent(snapshot, SUBJECT_HOST, names[i].key,
					    r < 0 ? r : -ENOENT, path);
	}
}

/* "processor	: 0" once for each that is online: what is left where /sys was not saved. */
static int count_processors(const struct root *root, uint64_t *ret_count)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = root_read_limit(root, "/proc/cpuinfo", 64U << 20, &text);
	const char *cursor = text.buf, *name, *value;
	size_t length, value_length;
	uint64_t count = 0;

	if (r < 0)
		return r;
	while (next_field(&cursor, &name, &length, &value, &value_length))
		count += length == strlen("processor") && memcmp(name, "processor", length) == 0;
	if (count == 0)
		return -EBADMSG;
	*ret_count = count;
	return 0;
}

/* "0-3" in the file: cpu.online_list; and how many that are: cpu.online. */
static int read_list(const struct root *root, struct snapshot *snapshot, const char *name,
		     struct strbuf *list)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *origin;
	uint64_t count;
	int r;

	strbuf_addf(&path, CPU "/%s", name);
	origin = path.buf;
	strbuf_addf(&key, "cpu.%s_list", name);
	r = setting_file_read(root, snapshot, SUBJECT_HOST, key.buf, path.buf, list);
	if (r == 0)
		r = cpu_list_count(list->buf, &count);
	if (r < 0) {
		strbuf_reset(list);
		if (streq(name, "online") && count_processors(root, &count) == 0) {
			origin = "/proc/cpuinfo";
			r = 0;
		}
	}
	strbuf_truncate(&key, key.len - strlen("_list"));
	if (r < 0)
		snapshot_set_absent(snapshot, SUBJECT_HOST, key.buf, r, origin);
	else
		snapshot_setf(snapshot, SUBJECT_HOST, key.buf, origin, "%llu",
			      (unsigned long long)count);
	return r;
}

struct topology {
	uint64_t cpus; /* whose place is known */
	uint64_t cores;
	uint64_t sockets;
	uint64_t threads_per_core;
};

static bool list_first(const char *text, uint64_t *ret_first)
{
	uint64_t last;

	return next_cpu_range(&text, ret_first, &last) > 0;
}

/* A core is counted at its first thread and a socket at its first processor. */
static void read_topology(const struct root *root, int directory, uint64_t cpu,
			  struct topology *topology, struct strbuf *text)
{
	uint64_t first, count;

	if (root_read_at(root, directory, "thread_siblings_list", text) < 0 ||
	    !list_first(text->buf, &first) || cpu_list_count(text->buf, &count) < 0)
		return;
	topology->cpus++;
	topology->cores += first == cpu;
	topology->threads_per_core = MAX(topology->threads_per_core, count);
	/* package_cpus_list since Linux 5.3; the old name is still there. */
	if (root_read_at(root, directory, "core_siblings_list", text) == 0 &&
	    list_first(text->buf, &first))
		topology->sockets += first == cpu;
}

static void record_topology(struct snapshot *snapshot, const struct topology *topology,
			    uint64_t online)
{
	static const char origin[] = CPU "/cpu*/topology";
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "cpu.sockets", topology->sockets },
		{ "cpu.cores", topology->cores },
		{ "cpu.threads_per_core", topology->threads_per_core },
	};
	/* Some of them is not all of them. */
	bool whole = topology->cpus > 0 && topology->cpus == online;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (whole && rows[i].value > 0)
			snapshot_setf(snapshot, SUBJECT_HOST, rows[i].key, origin, "%llu",
				      (unsigned long long)rows[i].value);
		else
			snapshot_set_absent(snapshot, SUBJECT_HOST, rows[i].key, -ENOENT, origin);
	}
}

static void read_frequency(const struct root *root, struct snapshot *snapshot, subject_id subject,
			   int directory, struct strbuf *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(frequency_files); i++) {
		int r = root_read_at(root, directory, frequency_files[i], text);

		snapshot_set_read(snapshot, subject, frequency_files[i], r, text->buf, text->len,
				  NULL);
	}
}

/* Whether the list names cpu; one that cannot be read names none. */
static bool list_has(const char *text, uint64_t cpu)
{
	uint64_t first, last;

	while (next_cpu_range(&text, &first, &last) > 0) {
		if (cpu >= first && cpu <= last)
			return true;
	}
	return false;
}

/* A virtual machine usually has no cpufreq: one absent governor says so. */
static void read_cpu(const struct root *root, struct snapshot *snapshot, uint64_t cpu,
		     struct topology *topology)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(close_fd) int frequency = -1;
	CLEANUP(close_fd) int places = -1;
	const char *isolated = snapshot_text(snapshot, SUBJECT_HOST, "cpu.isolated");
	size_t base, end;
	subject_id subject;
	int r;

	strbuf_addf(&path, CPU "/cpu%llu", (unsigned long long)cpu);
	base = path.len;
	strbuf_add_string(&path, "/topology");
	if (root_open_fd(root, path.buf, O_DIRECTORY, &places) == 0)
		read_topology(root, places, cpu, topology, &text);
	strbuf_truncate(&path, base);
	strbuf_add_string(&path, "/cpufreq");
	strbuf_addf(&key, "%llu", (unsigned long long)cpu);
	subject = snapshot_subject(snapshot, SUBJECT_KIND_CPU, key.buf, path.buf);
	if (isolated)
		snapshot_set_string(snapshot, subject, "is_isolated",
				    list_has(isolated, cpu) ? "1" : "0", CPU "/isolated");
	r = root_open_fd(root, path.buf, O_DIRECTORY, &frequency);
	if (r == 0)
		read_frequency(root, snapshot, subject, frequency, &text);
	else
		snapshot_set_absent(snapshot, subject, "scaling_governor", r, NULL);
	strbuf_truncate(&path, base);
	strbuf_add_string(&path, "/thermal_throttle/");
	end = path.len;
	for (size_t i = 0; i < ARRAY_SIZE(throttle_files); i++) {
		strbuf_truncate(&path, end);
		strbuf_add_string(&path, throttle_files[i]);
		r = root_read(root, path.buf, &text);
		/* Intel only: nothing to say elsewhere. */
		if (r == -ENOENT)
			break;
		strbuf_reset(&key);
		strbuf_addf(&key, "thermal_throttle.%s", throttle_files[i]);
		snapshot_set_read(snapshot, subject, key.buf, r, text.buf, text.len, path.buf);
	}
}

static void read_cpus(const struct root *root, struct snapshot *snapshot, const char *online)
{
	struct topology topology = { 0 };
	uint64_t first, last, count = 0;

	while (next_cpu_range(&online, &first, &last) > 0) {
		for (uint64_t cpu = first; cpu <= last && count < CPUS_MAX; cpu++, count++) 			read_cpu(root, snapshot, cpu, &topology);
	}
	record_topology(snapshot, &topology, count);
}

static int cpu_read(const struct root *root, const struct probe_options *options,
		    struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf online = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf other = STRBUF_INIT;
	const char *nohz_full;

	(void)options;
	(void)read_list(root, snapshot, "present", &other);
	(void)read_list(root, snapshot, "possible", &other);
	(void)read_list(root, snapshot, "online", &online);
	read_names(root, snapshot);
	setting_files_read(root, snapshot, cpu_files, ARRAY_SIZE(cpu_files));
	setting_files_read(root, snapshot, sched_files, ARRAY_SIZE(sched_files));
	/* What a kernel prints that could run processors so and runs none. */
	nohz_full = snapshot_text(snapshot, SUBJECT_HOST, "cpu.nohz_full");
	if (nohz_full && streq(nohz_full, "(null)"))
		snapshot_set_string(snapshot, SUBJECT_HOST, "cpu.nohz_full", "", CPU "/nohz_full");
	/* Kernels without the choice show the governor under the other name (the default until
	 * Linux 5.8). */
	if (!snapshot_text(snapshot, SUBJECT_HOST, "cpuidle.current_governor"))
		(void)setting_file_read(root, snapshot, SUBJECT_HOST, "cpuidle.current_governor",
					CPU "/cpuidle/current_governor_ro", &other);
	(void)setting_directory_read(root, snapshot, SUBJECT_HOST, "cpu.vulnerability.",
				     CPU "/vulnerabilities", NULL);
	read_cpus(root, snapshot, online.buf);
	return 0;
}

static const char *const cpu_paths[] = {
	"/proc/cpuinfo",
	CPU "/online",
	CPU "/present",
	CPU "/possible",
	CPU "/isolated",
	CPU "/nohz_full",
	CPU "/smt/*",
	CPU "/cpufreq/boost",
	CPU "/intel_pstate/*",
	CPU "/amd_pstate/*",
	CPU "/cpuidle/*",
	CPU "/vulnerabilities/*",
	CPU "/cpu*/topology/thread_siblings_list",
	CPU "/cpu*/topology/core_siblings_list",
	CPU "/cpu*/cpufreq/scaling_*",
	CPU "/cpu*/cpufreq/cpuinfo_m*_freq",
	CPU "/cpu*/cpufreq/energy_performance_*",
	CPU "/cpu*/thermal_throttle/*_throttle_count",
	CLOCK "/current_clocksource",
	CLOCK "/available_clocksource",
	SCHED "/*_ns",
	SCHED "/nr_migrate",
	SCHED "/tunable_scaling",
	SCHED "/numa_balancing/*",
	NULL,
};

const struct probe probe_cpu = {
	.name = "cpu",
	.summary =
		"processors, their frequency and idle states, isolation, mitigations, clock source",
	.paths = cpu_paths,
	.read = cpu_read,
};
