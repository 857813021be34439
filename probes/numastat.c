/* SPDX-License-Identifier: Apache-2.0 */
/* Per NUMA node: where allocations landed, and its free memory.  Format: Documentation/admin-guide/numastat.rst.
 *
 *	/sys/devices/system/node/node0/numastat:	numa_hit 2612559
 *	/sys/devices/system/node/node0/meminfo:		Node 0 MemFree:         7546124 kB
 *
 * vm.numa_stat = 0 sets the events back to zero and stops them: from then on they are unknown. */
#include <errno.h>
#include <stdio.h>

#include "probe.h"
#include "table.h"

#define NODES_MAX 1024			/* the kernel's own limit (CONFIG_NODES_SHIFT) */
#define NODE_DIRECTORY "/sys/devices/system/node"

static const char *const numastat_wanted[] = {
	"numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node", NULL,
};
static const char *const meminfo_wanted[] = { "MemTotal", "MemFree", NULL };

static const char *const numastat_paths[] = {
	NODE_DIRECTORY "/node*/numastat", NODE_DIRECTORY "/node*/meminfo", "/proc/sys/vm/numa_stat", NULL,
};

struct numa_node {
	subject_id subject;
	struct sampled_file events, memory;
};

struct numastat_state {
	struct numa_node *nodes;
	size_t count, capacity;
	struct sampled_file numa_switch;
	struct series_cache events, memory;
	bool marked, frozen;
};

static void numastat_add_node(struct numastat_state *state, const struct root *root, struct snapshot *snapshot,
			      const char *number)
{
	CLEANUP(free_ptr) char *directory = xasprintf(NODE_DIRECTORY "/node%s", number);
	CLEANUP(free_ptr) char *events = xasprintf("%s/numastat", directory);
	CLEANUP(free_ptr) char *memory = xasprintf("%s/meminfo", directory);
	struct numa_node *node;

	GROW(state->nodes, state->capacity, state->count + 1);
	node = &state->nodes[state->count++];
	node->subject = snapshot_subject(snapshot, SUBJECT_KIND_NUMA_NODE, number, directory);
	sampled_file_init(&node->events, root, events);
	sampled_file_init(&node->memory, root, memory);
}

static int numastat_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			 void **ret_state)
{
	struct numastat_state *state = xcalloc(1, sizeof(*state));
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	uint64_t number;

	(void)options;
	sampled_file_init(&state->numa_switch, root, numastat_paths[2]);
	/* Without the directory the kernel has no notion of nodes, and there is no subject to say so about. */
	(void)root_list(root, NODE_DIRECTORY, &list);
	for (size_t i = 0; i < list.count && state->count < NODES_MAX; i++) {
		const char *name = list.entries[i].name;

		if (starts_with(name, "node") && parse_u64(name + 4, &number) == 0)
			numastat_add_node(state, root, snapshot, name + 4);
	}
	state->events = (struct series_cache)SERIES_CACHE_INIT(NODE_DIRECTORY, NODES_MAX * 64);
	state->memory = (struct series_cache)SERIES_CACHE_INIT(NODE_DIRECTORY, NODES_MAX * 2);
	*ret_state = state;
	return 0;
}

static void numastat_events(struct numastat_state *state, struct numa_node *node, struct snapshot *snapshot)
{
	const char *cursor = node->events.text.buf;
	struct pair pair;
	enum scan found;

	while ((found = scan_pair(&cursor, &pair)) != SCAN_END) {
		if (found == SCAN_BAD)
			sampled_file_note(&node->events, snapshot, pair.name, "not a name and a number; left out");
		else
			series_cache_counter(&state->events, snapshot, node->subject, "numastat.", pair.name, pair.length,
					     pair.value);
	}
	sampled_file_check_end(&node->events, snapshot, cursor);
}

/* Each line has "Node 0 " before what /proc/meminfo would say.  Of some twenty lines two are taken. */
static void numastat_memory(struct numastat_state *state, struct numa_node *node, struct snapshot *snapshot)
{
	const char *cursor = node->memory.text.buf;
	size_t left = ARRAY_SIZE(meminfo_wanted) - 1;

	while (*cursor && left > 0) {
		const char *line = cursor;
		struct pair pair;
		uint64_t number;

		cursor += starts_with(cursor, "Node ") ? strlen("Node ") : 0;
		if (!scan_u64(&cursor, &number) || *cursor++ != ' ' || scan_labelled(&cursor, &pair) != SCAN_OK) {
			sampled_file_note(&node->memory, snapshot, line, "not a node, a name and an amount; left out");
			if (cursor == line || cursor[-1] != '\n')
				scan_skip_line(&cursor);
			continue;
		}
		for (size_t i = 0; meminfo_wanted[i]; i++)
			if (pair.length == strlen(meminfo_wanted[i]) &&
			    memcmp(pair.name, meminfo_wanted[i], pair.length) == 0) {
				series_cache_gauge(&state->memory, snapshot, node->subject, "meminfo.", pair.name,
						   pair.length, (double)pair.value);
				left--;
			}
	}
}

/* The switch sets all of them to zero, so nothing that was read since then is worth anything. */
static void numastat_freeze(struct numastat_state *state, struct snapshot *snapshot)
{
	if (state->frozen || sampled_file_read(&state->numa_switch) < 0 || state->numa_switch.text.buf[0] != '0')
		return;

	for (uint32_t i = 0; i < state->events.count; i++)
		snapshot_metric_frozen(snapshot, state->events.items[i].id);
	state->frozen = true;
}

static void numastat_tick(void *data, struct snapshot *snapshot)
{
	struct numastat_state *state = data;

	series_cache_rewind(&state->events);
	series_cache_rewind(&state->memory);
	for (size_t i = 0; i < state->count; i++) {
		struct numa_node *node = &state->nodes[i];
		int r, m;

		r = sampled_file_read(&node->events);
		if (r == 0)
			numastat_events(state, node, snapshot);
		m = sampled_file_read(&node->memory);
		if (m == 0)
			numastat_memory(state, node, snapshot);
		if (state->marked)
			continue;
		table_mark_absent(snapshot, node->subject, "numastat.", numastat_wanted, r < 0 ? r : -ENOENT,
				  node->events.path);
		table_mark_absent(snapshot, node->subject, "meminfo.", meminfo_wanted, m < 0 ? m : -ENOENT,
				  node->memory.path);
	}
	numastat_freeze(state, snapshot);
	state->marked = true;
}

static void numastat_close(void *data)
{
	struct numastat_state *state = data;

	for (size_t i = 0; i < state->count; i++) {
		sampled_file_release(&state->nodes[i].events);
		sampled_file_release(&state->nodes[i].memory);
	}
	free(state->nodes);
	sampled_file_release(&state->numa_switch);
	series_cache_release(&state->events);
	series_cache_release(&state->memory);
	free(state);
}

const struct sampler sampler_numastat = {
	.name = "numastat",
	.summary = "where memory of each NUMA node was allocated from, and what is free there",
	.paths = numastat_paths,
	.open = numastat_open,
	.tick = numastat_tick,
	.close = numastat_close,
};
