/* SPDX-License-Identifier: Apache-2.0 */
/* NUMA nodes: which processors each has, how far they are from one another, and its huge pages.  A
 * kernel without CONFIG_NUMA has no /sys/devices/system/node.
 * Documentation/ABI/stable/sysfs-devices-node. */
#include <errno.h>

#include "../core/parse.h"
#include "cpu.h"
#include "probe.h"
#include "setting-file.h"

#define NODE "/sys/devices/system/node"
#define LSCPU "/sos_commands/processor/lscpu"

/* CONFIG_NODES_SHIFT is at most 10. */
#define NODES_MAX 1024

/* Page sizes of a node: half a dozen at most. */
#define SIZES_MAX 64

static const struct setting_file numa_files[] = {
	{ "numa.has_cpu", NODE "/has_cpu" },
	{ "numa.has_memory", NODE "/has_memory" },
	{ "numa.demotion_enabled", "/sys/kernel/mm/numa/demotion_enabled" },
};

static const char *const node_files[] = { "cpulist", "distance" };

/* Writing splits a huge page; there is nothing to read. */
static const char *const pool_actions[] = { "demote", NULL };

static void read_huge_pages(const struct root *root, struct snapshot *snapshot, subject_id node,
			    const char *directory)
{
	CLEANUP(root_list_release) struct root_list sizes = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf prefix = STRBUF_INIT;

	strbuf_addf(&path, "%s/hugepages", directory);
	(void)root_list_limit(root, path.buf, SIZES_MAX, &sizes);
	for (size_t i = 0; i < sizes.count; i++) {
		if (!starts_with(sizes.entries[i].name, "hugepages-"))
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/hugepages/%s", directory, sizes.entries[i].name);
		strbuf_reset(&prefix);
		strbuf_addf(&prefix, "%s.", sizes.entries[i].name);
		(void)setting_directory_read(root, snapshot, node, prefix.buf, path.buf,
					     pool_actions);
	}
}

static void read_node(const struct root *root, struct snapshot *snapshot, uint64_t number)
{
	CLEANUP(strbuf_release) struct strbuf directory = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	subject_id node;

	strbuf_addf(&text, "%llu", (unsigned long long)number);
	strbuf_addf(&directory, NODE "/node%s", text.buf);
	node = snapshot_subject(snapshot, SUBJECT_KIND_NUMA_NODE, text.buf, directory.buf);
	for (size_t i = 0; i < ARRAY_SIZE(node_files); i++) {
		int r;

		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", directory.buf, node_files[i]);
		r = root_read(root, path.buf, &text);
		/* These two end with a zero byte: "0-1\n\0". */
		strbuf_truncate(&text, strlen(text.buf));
		snapshot_set_read(snapshot, node, node_files[i], r, text.buf, text.len, NULL);
	}
	read_huge_pages(root, snapshot, node, directory.buf);
}

/* "NUMA node(s):                            1" */
static bool lscpu_nodes(const struct root *root, struct strbuf *text, uint64_t *ret_count)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	return root->layout == ROOT_SOSREPORT && root_read(root, LSCPU, text) == 0 &&
	       cpuinfo_find(text->buf, "NUMA node(s)", &value) &&
	       parse_u64(value.buf, ret_count) == 0;
}

/* "0-1" */
static int numa_read(const struct root *root, const struct probe_options *options,
		     struct snapshot *snapshot)
{
	static const char path[] = NODE "/online";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint64_t first, last, count = 0, seen = 0;
	const char *cursor;
	int r;

	(void)options;
	setting_files_read(root, snapshot, numa_files, ARRAY_SIZE(numa_files));
	r = root_read(root, path, &text);
	if (r == 0)
		r = cpu_list_count(text.buf, &count);
	if (r < 0) {
		if (lscpu_nodes(root, &text, &count))
			snapshot_setf(snapshot, SUBJECT_HOST, "numa.nodes", LSCPU, "%llu",
				      (unsigned long long)count);
		else
			snapshot_set_absent(snapshot, SUBJECT_HOST, "numa.nodes", r, path);
		return 0;
	}
	snapshot_setf(snapshot, SUBJECT_HOST, "numa.nodes", path, "%llu",
		      (unsigned long long)count);
	cursor = text.buf;
	while (next_cpu_range(&cursor, &first, &last) > 0) {
		for (uint64_t node = first; node <= last && seen < NODES_MAX; node++, seen++)
			read_node(root, snapshot, node);
	}
	return 0;
}

static const char *const numa_paths[] = {
	NODE "/online",
	NODE "/has_cpu",
	NODE "/has_memory",
	NODE "/node*/cpulist",
	NODE "/node*/distance",
	NODE "/node*/hugepages/hugepages-*/*",
	"/sys/kernel/mm/numa/demotion_enabled",
	LSCPU,
	NULL,
};

const struct probe probe_numa = {
	.name = "numa",
	.summary = "NUMA nodes: processors, distances, huge pages of each",
	.paths = numa_paths,
	.read = numa_read,
};
