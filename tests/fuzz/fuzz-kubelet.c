/* SPDX-License-Identifier: Apache-2.0 */
/* Names of logs and of control groups, one a line, and the numbers of the groups: "NAME NUMBER". */
#include <stdint.h>

#include "../../clusters/reader.h"
#include "../../core/parse.h"
#include "../../core/strbuf.h"
#include "../../probes/kubelet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const counters[] = { "cpu.usage_usec", "memory.events.oom_kill", "cpu.nr_periods" };
static const char *const gauges[] = { "memory.current", "memory.stat.inactive_file", "pids.current" };

struct line {
	char name[256];
	uint64_t number;
};

static bool line_read(const char **cursor, struct line *line)
{
	size_t length = strcspn(*cursor, " \n"), all = strcspn(*cursor, "\n");
	const char *number = *cursor + length + (length < all);

	if (**cursor == '\0')
		return false;
	line->number = 0;
	(void)scan_u64(&number, &line->number);
	length = MIN(length, sizeof(line->name) - 1);
	memcpy(line->name, *cursor, length);
	line->name[length] = '\0';
	*cursor += all + ((*cursor)[all] == '\n');
	return true;
}

static void tick(struct snapshot *snapshot, const char *text, uint64_t number)
{
	const char *cursor = text;
	struct line line;

	snapshot_tick_begin(snapshot, (double)number, (double)number, 1e9 + (double)number);
	while (line_read(&cursor, &line)) {
		subject_id subject;

		if (line.number % 7 == number)		/* not there at this tick */
			continue;
		subject = snapshot_subject(snapshot, SUBJECT_KIND_CGROUP, line.name, "/sys/fs/cgroup");
		snapshot_set_string(snapshot, subject, "pod_name", line.number & 1 ? "web-0" : "", NULL);
		snapshot_set_string(snapshot, subject, "container_name", line.number & 2 ? "app" : "other", NULL);
		snapshot_set_string(snapshot, subject, "cpu.max", line.number & 4 ? "max 100000" : "5 0", NULL);
		snapshot_set_string(snapshot, subject, "effective.memory.max", line.number & 8 ? "max" : "4096", NULL);
		for (size_t i = 0; i < 3; i++) {
			snapshot_counter(snapshot, snapshot_series(snapshot, subject, counters[i], strlen(counters[i]), METRIC_COUNTER, 0),
					 line.number * (number + i));
			snapshot_gauge(snapshot, snapshot_series(snapshot, subject, gauges[i], strlen(gauges[i]), METRIC_GAUGE, 0),
				       (double)(line.number >> (number + i)));
		}
	}
	snapshot_tick_end(snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_ptr) char *text = xstrndup((const char *)data, size);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	CLEANUP(usage_free_ptr) struct usage *usage = NULL;
	char id[CGROUP_CONTAINER_ID_LENGTH + 1], uid[CGROUP_POD_UID_MAX + 1];
	const char *cursor = text;
	struct kubelet_name name;
	struct line line;

	while (line_read(&cursor, &line)) {
		(void)kubelet_container_log(line.name, &name, id);
		(void)kubelet_pod_log(line.name, &name, uid);
	}
	for (uint64_t i = 0; i < 4; i++)
		tick(snapshot, text, i);
	cluster_join(cluster);
	usage = usage_new(cluster);
	(void)usage_read_snapshot(usage, cluster, snapshot);
	(void)usage_read_snapshot(usage, cluster, snapshot);
	usage_finish(usage);
	return 0;
}
