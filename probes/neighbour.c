/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/net/stat/{arp_cache,ndisc_cache}: the neighbour tables of IPv4 and IPv6, which all network namespaces share.
 *
 *	entries  allocs   destroys hash_grows lookups  hits     res_failed …
 *	00000002 00000002 00000000 00000000   00000004 00000000 00000000   …
 *
 * One row per CPU, hexadecimal; net/core/neighbour.c prints the total as "entries" in each. */
#include <errno.h>

#include "probe.h"
#include "table.h"

/* clang-format off */
static const struct neighbour_table {
	const char *path;
	const char *prefix;
} neighbour_tables[] = {
	{ "/proc/net/stat/arp_cache",   "neighbour.arp." },
	{ "/proc/net/stat/ndisc_cache", "neighbour.nd." },
};
/* clang-format on */

static const char *const neighbour_paths[] = { "/proc/net/stat/arp_cache", "/proc/net/stat/ndisc_cache", NULL };
static const char *const neighbour_wanted[] = {
	"entries", "forced_gc_runs", "res_failed", "table_fulls", "unresolved_discards", NULL,
};

struct neighbour_state {
	struct summed_table tables[ARRAY_SIZE(neighbour_tables)];
	bool marked;
};

static enum series_class neighbour_classify(const char *prefix, const char *name, size_t length)
{
	static const struct series_name gauges[] = { { "entries", SERIES_GAUGE } };

	(void)prefix;
	return series_name_class(gauges, ARRAY_SIZE(gauges), name, length, SERIES_COUNTER);
}

static int neighbour_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			  void **ret_state)
{
	struct neighbour_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	for (size_t i = 0; i < ARRAY_SIZE(neighbour_tables); i++)
		summed_table_init(&state->tables[i], root, neighbour_tables[i].path, 0, neighbour_classify);
	*ret_state = state;
	return 0;
}

static void neighbour_tick(void *data, struct snapshot *snapshot)
{
	struct neighbour_state *state = data;

	for (size_t i = 0; i < ARRAY_SIZE(neighbour_tables); i++) {
		int r = summed_table_tick(&state->tables[i], snapshot, neighbour_tables[i].prefix);

		if (!state->marked)
			table_mark_absent(snapshot, SUBJECT_HOST, neighbour_tables[i].prefix, neighbour_wanted,
					  r < 0 ? r : -ENOENT, neighbour_tables[i].path);
	}
	state->marked = true;
}

static void neighbour_close(void *data)
{
	struct neighbour_state *state = data;

	for (size_t i = 0; i < ARRAY_SIZE(neighbour_tables); i++)
		summed_table_release(&state->tables[i]);
	free(state);
}

const struct sampler sampler_neighbour = {
	.name = "neighbour",
	.summary = "ARP and neighbour discovery tables: entries, forced collections, overflows",
	.paths = neighbour_paths,
	.open = neighbour_open,
	.tick = neighbour_tick,
	.close = neighbour_close,
};
