/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/meminfo: every line becomes the gauge meminfo.NAME, in kB (1024 bytes) where the line says kB and in huge pages
 * where it does not.  Format: Documentation/filesystems/proc.rst.
 *
 *	MemAvailable:   24301800 kB
 *	Active(anon):       1568 kB
 *	HugePages_Total:       0 */
#include <errno.h>

#include "probe.h"
#include "table.h"

#define MEMINFO_LINES_MAX 256

static const char *const meminfo_wanted[] = {
	"MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "Active", "Inactive", "Active(anon)",
	"Inactive(anon)", "Active(file)", "Inactive(file)", "Unevictable", "Mlocked", "SwapTotal", "SwapFree", "Zswap",
	"Zswapped", "Dirty", "Writeback", "AnonPages", "Mapped", "Shmem", "KReclaimable", "Slab", "SReclaimable",
	"SUnreclaim", "KernelStack", "PageTables", "CommitLimit", "Committed_AS", "Percpu", "AnonHugePages",
	"HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp", "Hugetlb", NULL,
};

static const char *const meminfo_paths[] = { "/proc/meminfo", NULL };

struct meminfo_state {
	struct sampled_file file;
	struct series_cache cache;
	bool marked;
};

static int meminfo_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
			void **ret_state)
{
	struct meminfo_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	sampled_file_init(&state->file, root, meminfo_paths[0]);
	state->cache = (struct series_cache)SERIES_CACHE_INIT(meminfo_paths[0], MEMINFO_LINES_MAX);
	*ret_state = state;
	return 0;
}

static void meminfo_parse(struct meminfo_state *state, struct snapshot *snapshot)
{
	const char *cursor = state->file.text.buf;
	struct pair pair;
	enum scan found;

	series_cache_rewind(&state->cache);
	while ((found = scan_labelled(&cursor, &pair)) != SCAN_END) {
		if (found == SCAN_BAD)
			sampled_file_note(&state->file, snapshot, pair.name, "not a name and an amount; left out");
		else
			series_cache_gauge(&state->cache, snapshot, SUBJECT_HOST, "meminfo.", pair.name, pair.length,
					   (double)pair.value);
	}
	sampled_file_check_end(&state->file, snapshot, cursor);
}

static void meminfo_tick(void *data, struct snapshot *snapshot)
{
	struct meminfo_state *state = data;
	int r;

	r = sampled_file_read(&state->file);
	if (r == 0)
		meminfo_parse(state, snapshot);
	if (!state->marked)
		table_mark_absent(snapshot, SUBJECT_HOST, "meminfo.", meminfo_wanted, r < 0 ? r : -ENOENT,
				  meminfo_paths[0]);
	state->marked = true;
}

static void meminfo_close(void *data)
{
	struct meminfo_state *state = data;

	sampled_file_release(&state->file);
	series_cache_release(&state->cache);
	free(state);
}

const struct sampler sampler_meminfo = {
	.name = "meminfo",
	.summary = "where memory is: free, available, caches, dirty, slab, huge pages, committed",
	.paths = meminfo_paths,
	.open = meminfo_open,
	.tick = meminfo_tick,
	.close = meminfo_close,
};
