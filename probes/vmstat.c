/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/vmstat: every line becomes vmstat.NAME.  Names come, go and are renamed between kernels (workingset_refault was
 * split in 5.9, allocstall and pgskip are counted per zone since 4.8), so nothing here asks for a fixed list.
 *
 *	nr_free_pages 1886531
 *	pgscan_direct 0
 *
 * mm/vmstat.c prints states (gauges, most of them called nr_…) and events (counters) without telling them apart; the
 * tables below do.  An nr_… that neither knows is left out, with a note: its kind would be a guess. */
#include <errno.h>

#include "probe.h"
#include "table.h"

#define VMSTAT_LINES_MAX 1024

/* clang-format off */
static const struct series_name vmstat_exceptions[] = {
	{ "nr_active_anon", SERIES_GAUGE },
	{ "nr_active_file", SERIES_GAUGE },
	{ "nr_anon_pages", SERIES_GAUGE },
	{ "nr_anon_transparent_hugepages", SERIES_GAUGE },
	{ "nr_balloon_pages", SERIES_GAUGE },
	{ "nr_bounce", SERIES_GAUGE },
	{ "nr_dirtied", SERIES_COUNTER },
	{ "nr_dirty", SERIES_GAUGE },
	{ "nr_dirty_background_threshold", SERIES_GAUGE },
	{ "nr_dirty_threshold", SERIES_GAUGE },
	{ "nr_file_hugepages", SERIES_GAUGE },
	{ "nr_file_pages", SERIES_GAUGE },
	{ "nr_file_pmdmapped", SERIES_GAUGE },
	{ "nr_foll_pin_acquired", SERIES_COUNTER },
	{ "nr_foll_pin_released", SERIES_COUNTER },
	{ "nr_free_cma", SERIES_GAUGE },
	{ "nr_free_pages", SERIES_GAUGE },
	{ "nr_free_pages_blocks", SERIES_GAUGE },
	{ "nr_hugetlb", SERIES_GAUGE },
	{ "nr_inactive_anon", SERIES_GAUGE },
	{ "nr_inactive_file", SERIES_GAUGE },
	{ "nr_iommu_pages", SERIES_GAUGE },
	{ "nr_isolated_anon", SERIES_GAUGE },
	{ "nr_isolated_file", SERIES_GAUGE },
	{ "nr_kernel_file_pages", SERIES_GAUGE },
	{ "nr_kernel_misc_reclaimable", SERIES_GAUGE },
	{ "nr_kernel_stack", SERIES_GAUGE },
	{ "nr_mapped", SERIES_GAUGE },
	{ "nr_memmap_boot_pages", SERIES_GAUGE },
	{ "nr_memmap_pages", SERIES_GAUGE },
	{ "nr_mlock", SERIES_GAUGE },
	{ "nr_page_table_pages", SERIES_GAUGE },
	{ "nr_sec_page_table_pages", SERIES_GAUGE },
	{ "nr_shadow_call_stack", SERIES_GAUGE },
	{ "nr_shmem", SERIES_GAUGE },
	{ "nr_shmem_hugepages", SERIES_GAUGE },
	{ "nr_shmem_pmdmapped", SERIES_GAUGE },
	{ "nr_slab_reclaimable", SERIES_GAUGE },
	{ "nr_slab_unreclaimable", SERIES_GAUGE },
	{ "nr_swapcached", SERIES_GAUGE },
	{ "nr_throttled_written", SERIES_COUNTER },
	{ "nr_tlb_local_flush_all", SERIES_COUNTER },
	{ "nr_tlb_local_flush_one", SERIES_COUNTER },
	{ "nr_tlb_remote_flush", SERIES_COUNTER },
	{ "nr_tlb_remote_flush_received", SERIES_COUNTER },
	{ "nr_unaccepted", SERIES_GAUGE },
	{ "nr_unevictable", SERIES_GAUGE },
	{ "nr_unstable", SERIES_GAUGE },
	{ "nr_vmscan_immediate_reclaim", SERIES_COUNTER },
	{ "nr_vmscan_write", SERIES_COUNTER },
	{ "nr_writeback", SERIES_GAUGE },
	{ "nr_writeback_temp", SERIES_GAUGE },
	{ "nr_written", SERIES_COUNTER },
	{ "nr_zone_active_anon", SERIES_GAUGE },
	{ "nr_zone_active_file", SERIES_GAUGE },
	{ "nr_zone_inactive_anon", SERIES_GAUGE },
	{ "nr_zone_inactive_file", SERIES_GAUGE },
	{ "nr_zone_unevictable", SERIES_GAUGE },
	{ "nr_zone_write_pending", SERIES_GAUGE },
	{ "nr_zspages", SERIES_GAUGE },
	{ "workingset_nodes", SERIES_GAUGE },
};
/* clang-format on */

/* Missing ones are recorded as absent, so that a report can say "this kernel does not count it". */
static const char *const vmstat_wanted[] = {
	"allocstall", "compact_daemon_wake", "compact_fail", "compact_stall", "compact_success", "drop_pagecache",
	"drop_slab", "htlb_buddy_alloc_fail", "htlb_buddy_alloc_success", "kswapd_high_wmark_hit_quickly",
	"kswapd_low_wmark_hit_quickly", "nr_dirtied", "nr_dirty", "nr_dirty_background_threshold",
	"nr_dirty_threshold", "nr_free_pages", "nr_throttled_written", "nr_vmscan_write", "nr_writeback",
	"nr_written", "numa_hint_faults", "numa_hint_faults_local", "numa_hit", "numa_local", "numa_miss",
	"numa_other", "numa_pages_migrated", "numa_pte_updates", "oom_kill", "pageoutrun", "pgfault", "pgmajfault",
	"pgmigrate_fail", "pgmigrate_success", "pgpgin", "pgpgout", "pgscan_direct", "pgscan_kswapd",
	"pgsteal_direct", "pgsteal_kswapd", "pswpin", "pswpout", "slabs_scanned", "swap_ra", "swap_ra_hit",
	"thp_collapse_alloc", "thp_collapse_alloc_failed", "thp_deferred_split_page", "thp_fault_alloc",
	"thp_fault_fallback", "thp_split_page", "thp_split_pmd", "thp_underused_split_page", "thp_zero_page_alloc",
	"workingset_activate_anon", "workingset_activate_file", "workingset_refault_anon",
	"workingset_refault_file", "workingset_restore_anon", "workingset_restore_file", "zone_reclaim_failed",
	"zone_reclaim_success", "zswpin", "zswpout", "zswpwb", NULL,
};

/* Events of NUMA placement, which stand still while vm.numa_stat is 0. */
static const char *const vmstat_numa_events[] = {
	"numa_foreign", "numa_hit", "numa_interleave", "numa_local", "numa_miss", "numa_other", NULL,
};

static const char *const vmstat_paths[] = { "/proc/vmstat", "/proc/sys/vm/numa_stat", NULL };

struct vmstat_state {
	struct sampled_file file, numa_switch;
	struct series_cache cache, sums;
	bool marked;			/* absent names are recorded */
	bool frozen;
};

static enum series_class vmstat_classify(const char *prefix, const char *name, size_t length)
{
	bool state = length > 3 && memcmp(name, "nr_", 3) == 0;

	(void)prefix;
	return series_name_class(vmstat_exceptions, ARRAY_SIZE(vmstat_exceptions), name, length,
				 state ? SERIES_LEFT_OUT : SERIES_COUNTER);
}

static int vmstat_open(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
		       void **ret_state)
{
	struct vmstat_state *state = xcalloc(1, sizeof(*state));

	(void)options;
	(void)snapshot;
	sampled_file_init(&state->file, root, vmstat_paths[0]);
	sampled_file_init(&state->numa_switch, root, vmstat_paths[1]);
	state->cache = (struct series_cache)SERIES_CACHE_INIT(vmstat_paths[0], VMSTAT_LINES_MAX);
	state->cache.classify = vmstat_classify;
	state->sums = (struct series_cache)SERIES_CACHE_INIT(vmstat_paths[0], 1);
	*ret_state = state;
	return 0;
}

/* allocstall_dma, allocstall_normal …: how often an allocation had to reclaim itself, whichever zone it wanted. */
struct zone_sum {
	uint64_t value;
	bool running, broken;
};

static bool is_allocstall(const struct pair *pair)
{
	static const char prefix[] = "allocstall_";

	return pair->name[0] == 'a' && pair->length >= sizeof(prefix) &&
	       memcmp(pair->name, prefix, sizeof(prefix) - 1) == 0;
}

/* The sum is whole when a line of another name follows the zones; in a file that ends among them it is not. */
static void vmstat_sum(struct vmstat_state *state, struct snapshot *snapshot, struct zone_sum *sum,
		       const struct pair *pair)
{
	if (is_allocstall(pair)) {
		sum->value += pair->value;
		sum->running = true;
		return;
	}
	if (sum->running && !sum->broken)
		series_cache_counter(&state->sums, snapshot, SUBJECT_HOST, "vmstat.", "allocstall",
				     strlen("allocstall"), sum->value);
	sum->running = false;
}

static void vmstat_parse(struct vmstat_state *state, struct snapshot *snapshot)
{
	const char *cursor = state->file.text.buf;
	struct zone_sum sum = { 0 };
	struct pair pair;
	enum scan found;

	series_cache_rewind(&state->cache);
	series_cache_rewind(&state->sums);
	while ((found = scan_pair(&cursor, &pair)) != SCAN_END) {
		if (found == SCAN_BAD) {
			sampled_file_note(&state->file, snapshot, pair.name, "not a name and a number; left out");
			sum.broken |= sum.running;
			continue;
		}
		vmstat_sum(state, snapshot, &sum, &pair);
		series_cache_sample(&state->cache, snapshot, SUBJECT_HOST, "vmstat.", pair.name, pair.length,
				    pair.value);
	}
	sampled_file_check_end(&state->file, snapshot, cursor);
}

/* Names of this kernel that could be a state or an event. */
static void vmstat_note_unknown(struct vmstat_state *state, struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < state->cache.count; i++) {
		const struct series_cache_item *item = &state->cache.items[i];

		if (item->class == SERIES_LEFT_OUT)
			sampled_file_note(&state->file, snapshot, NULL,
					  "%.*s is new: not known to be a counter or a gauge, left out",
					  (int)item->length, item->name);
	}
}

static void vmstat_freeze(struct vmstat_state *state, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	if (state->frozen || sampled_file_read(&state->numa_switch) < 0 || state->numa_switch.text.buf[0] != '0')
		return;

	for (size_t i = 0; vmstat_numa_events[i]; i++) {
		strbuf_reset(&key);
		strbuf_addf(&key, "vmstat.%s", vmstat_numa_events[i]);
		if (snapshot_metric(snapshot, SUBJECT_HOST, key.buf))
			snapshot_metric_frozen(snapshot, snapshot_series(snapshot, SUBJECT_HOST, key.buf, key.len,
									 METRIC_COUNTER, 0));
	}
	state->frozen = true;
}

static void vmstat_tick(void *data, struct snapshot *snapshot)
{
	struct vmstat_state *state = data;
	int r;

	r = sampled_file_read(&state->file);
	if (r == 0) {
		vmstat_parse(state, snapshot);
		vmstat_freeze(state, snapshot);
	}
	if (state->marked)
		return;

	state->marked = true;
	vmstat_note_unknown(state, snapshot);
	table_mark_absent(snapshot, SUBJECT_HOST, "vmstat.", vmstat_wanted, r < 0 ? r : -ENOENT, vmstat_paths[0]);
}

static void vmstat_close(void *data)
{
	struct vmstat_state *state = data;

	sampled_file_release(&state->file);
	sampled_file_release(&state->numa_switch);
	series_cache_release(&state->cache);
	series_cache_release(&state->sums);
	free(state);
}

const struct sampler sampler_vmstat = {
	.name = "vmstat",
	.summary = "paging, reclaim, compaction, huge pages, NUMA placement",
	.paths = vmstat_paths,
	.open = vmstat_open,
	.tick = vmstat_tick,
	.close = vmstat_close,
};
