/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "skip.h"

#include "../../probes/cgroup-files.h"

extern const struct sampler sampler_cgroup_metrics;

static const char mountinfo_v2[] =
	"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
	"31 23 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

static const char mountinfo_v1[] =
	"31 23 0:28 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:5 - tmpfs tmpfs ro,mode=755\n"
	"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:10 - cgroup cgroup rw,cpu,cpuacct\n"
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:11 - cgroup cgroup rw,memory\n"
	"36 31 0:33 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
	"37 31 0:34 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n";

static const char mountinfo_hybrid[] =
	"31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
	"32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
	"33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
	"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
	"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

static const char v2_cpu_stat[] =
	"usage_usec 180391\nuser_usec 57020\nsystem_usec 123371\nnice_usec 0\ncore_sched.force_idle_usec 0\n"
	"nr_periods 120\nnr_throttled 17\nthrottled_usec 88012\nnr_bursts 2\nburst_usec 512\n";

/* Linux 6.1 */
static const char v2_memory_stat[] =
	"anon 1847296\nfile 8192000\nkernel 131072\nkernel_stack 16384\npagetables 40960\nsec_pagetables 0\npercpu 0\n"
	"sock 0\nvmalloc 0\nshmem 0\nzswap 0\nzswapped 0\nfile_mapped 4096\nfile_dirty 12288\nfile_writeback 8192\n"
	"swapcached 0\nanon_thp 0\nfile_thp 0\nshmem_thp 0\ninactive_anon 1843200\nactive_anon 4096\n"
	"inactive_file 6000000\nactive_file 2192000\nunevictable 0\nslab_reclaimable 36000\nslab_unreclaimable 50000\n"
	"slab 86000\nworkingset_refault_anon 3\nworkingset_refault_file 5\nworkingset_activate_anon 0\n"
	"workingset_activate_file 2\nworkingset_restore_anon 0\nworkingset_restore_file 0\nworkingset_nodereclaim 0\n"
	"pgscan 700\npgsteal 600\npgscan_kswapd 0\npgscan_direct 700\npgfault 2005\npgmajfault 12\n";

/* Linux 5.10 prints the refaults last but one and scans after faults. */
static const char v2_memory_stat_5_10[] =
	"anon 1847296\nfile 8192000\nkernel_stack 16384\nslab 86000\nfile_mapped 4096\nfile_dirty 12288\n"
	"file_writeback 8192\ninactive_anon 1843200\nactive_anon 4096\ninactive_file 6000000\nactive_file 2192000\n"
	"slab_reclaimable 36000\nslab_unreclaimable 50000\npgfault 2005\npgmajfault 12\npgscan 700\npgsteal 600\n"
	"workingset_refault_file 5\nworkingset_refault_anon 3\n";

static const char v1_memory_stat[] =
	"cache 100\nrss 200\nmapped_file 0\ndirty 0\nwriteback 0\nworkingset_refault_anon 0\ninactive_file 1\n"
	"hierarchical_memory_limit 9223372036854771712\ntotal_cache 8163328\ntotal_rss 1585152\ntotal_rss_huge 0\n"
	"total_shmem 0\ntotal_mapped_file 86016\ntotal_dirty 565248\ntotal_writeback 4096\n"
	"total_workingset_refault_anon 1\ntotal_workingset_refault_file 18224\ntotal_swap 0\ntotal_pgpgin 63266\n"
	"total_pgpgout 60924\ntotal_pgfault 94671\ntotal_pgmajfault 269\ntotal_inactive_anon 1576960\n"
	"total_active_anon 8192\ntotal_inactive_file 1216512\ntotal_active_file 6946816\ntotal_unevictable 0\n";

static const struct series *metric(struct tree *tree, const char *group, const char *key)
{
	return tree_metric(tree, SUBJECT_KIND_CGROUP, group, key);
}

static double last(struct tree *tree, const char *group, const char *key)
{
	const struct series *series = metric(tree, group, key);

	assert_non_null(series);
	return series->last;
}

static enum absence absence_of(struct tree *tree, const char *group, const char *key)
{
	const struct setting *setting =
		snapshot_get(tree->snapshot, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_CGROUP, group), key);

	assert_non_null(setting);
	return setting->absence;
}

static void write_file(struct tree *tree, const char *directory, const char *name, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "/sys/fs/cgroup%s/%s", directory, name);
	tree_write(tree, path.buf, text);
}

static void make_v2_group(struct tree *tree, const char *path)
{
	write_file(tree, path, "cpu.stat", v2_cpu_stat);
	write_file(tree, path, "memory.current", "10485760\n");
	write_file(tree, path, "memory.stat", v2_memory_stat);
	write_file(tree, path, "memory.events.local", "low 0\nhigh 0\nmax 33\noom 2\noom_kill 0\noom_group_kill 0\n");
	write_file(tree, path, "memory.events",
		   "low 1\nhigh 22\nmax 333\noom 4\noom_kill 5\noom_group_kill 0\n");
	write_file(tree, path, "memory.swap.current", "0\n");
	write_file(tree, path, "memory.swap.events", "high 0\nmax 7\nfail 8\n");
	write_file(tree, path, "pids.current", "9\n");
	write_file(tree, path, "pids.events", "max 2\n");
	write_file(tree, path, "io.stat",
		   "254:0 rbytes=1000 wbytes=200 rios=30 wios=4 dbytes=0 dios=0\n8:0 \n"
		   "8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 depth=max avg_lat=3\n");
	write_file(tree, path, "cpu.pressure",
		   "some avg10=0.68 avg60=0.35 avg300=0.36 total=9969811\n"
		   "full avg10=0.00 avg60=0.00 avg300=0.00 total=55\n");
	write_file(tree, path, "memory.pressure",
		   "some avg10=0.00 avg60=0.00 avg300=0.00 total=66\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=77\n");
	write_file(tree, path, "io.pressure",
		   "some avg10=0.00 avg60=0.00 avg300=0.00 total=88\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99\n");
}

static void make_v2(struct tree *tree)
{
	tree_write(tree, "/proc/self/mountinfo", mountinfo_v2);
	write_file(tree, "", "cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n");
	write_file(tree, "", "cpu.stat", "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 2000000\n");
	write_file(tree, "", "memory.stat", v2_memory_stat);
	make_v2_group(tree, "/system.slice/x.service");
}

static void v2_group_has_every_metric(void **context)
{
	static const struct { const char *key; double value; } expected[] = {
		{ "cpu.usage_usec", 180391 }, { "cpu.user_usec", 57020 }, { "cpu.system_usec", 123371 },
		{ "cpu.nr_periods", 120 }, { "cpu.nr_throttled", 17 }, { "cpu.throttled_usec", 88012 },
		{ "cpu.nr_bursts", 2 }, { "cpu.burst_usec", 512 }, { "memory.current", 10485760 },
		{ "memory.stat.anon", 1847296 }, { "memory.stat.file", 8192000 },
		{ "memory.stat.file_dirty", 12288 }, { "memory.stat.file_writeback", 8192 },
		{ "memory.stat.inactive_file", 6000000 }, { "memory.stat.active_file", 2192000 },
		{ "memory.stat.slab_reclaimable", 36000 }, { "memory.stat.workingset_refault_anon", 3 },
		{ "memory.stat.workingset_refault_file", 5 },
		{ "memory.stat.workingset_activate_file", 2 }, { "memory.stat.pgscan", 700 },
		{ "memory.stat.pgsteal", 600 }, { "memory.events.low", 1 }, { "memory.events.high", 22 },
		{ "memory.events.max", 333 }, { "memory.events.oom", 4 }, { "memory.events.oom_kill", 5 },
		{ "memory.events.local.max", 33 }, { "memory.events.local.oom", 2 },
		{ "memory.swap.current", 0 }, { "memory.swap.events.high", 0 }, { "memory.swap.events.max", 7 },
		{ "memory.swap.events.fail", 8 }, { "pids.current", 9 }, { "pids.events.max", 2 },
		{ "io.rbytes", 1001 }, { "io.wbytes", 202 }, { "io.rios", 33 }, { "io.wios", 8 },
		{ "psi.cpu.some.total", 9969811 }, { "psi.cpu.full.total", 55 }, { "psi.memory.some.total", 66 },
		{ "psi.memory.full.total", 77 }, { "psi.io.some.total", 88 }, { "psi.io.full.total", 99 },
	};
	const struct subject *subject;
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_true(last(&tree, "/system.slice/x.service", expected[i].key) == expected[i].value);
	assert_int_equal(metric(&tree, "/system.slice/x.service", "memory.stat.anon")->kind, METRIC_GAUGE);
	assert_int_equal(metric(&tree, "/system.slice/x.service", "memory.stat.pgscan")->kind, METRIC_COUNTER);
	subject = snapshot_subject_get(tree.snapshot, snapshot_find_subject(tree.snapshot, SUBJECT_KIND_CGROUP,
									     "/system.slice/x.service"));
	assert_string_equal(subject->path, "/sys/fs/cgroup/system.slice/x.service");
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void the_top_group_lacks_files_and_that_is_no_error(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_true(last(&tree, "/", "cpu.usage_usec") == 5000000);
	assert_null(metric(&tree, "/", "cpu.nr_throttled"));
	assert_null(metric(&tree, "/", "memory.current"));
	assert_int_equal(absence_of(&tree, "/", "cpu.nr_throttled"), ABSENT);
	assert_int_equal(absence_of(&tree, "/", "memory.current"), ABSENT);
	assert_null(metric(&tree, "/system.slice", "pids.current"));
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void files_in_another_order_are_read_all_the_same(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	write_file(&tree, "/old", "memory.stat", v2_memory_stat_5_10);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_true(last(&tree, "/old", "memory.stat.anon") == 1847296);
	assert_true(last(&tree, "/old", "memory.stat.workingset_refault_file") == 5);
	assert_true(last(&tree, "/old", "memory.stat.workingset_refault_anon") == 3);
	assert_true(last(&tree, "/old", "memory.stat.pgsteal") == 600);
	tree_end(&tree);
}

static void make_v1(struct tree *tree)
{
	tree_write(tree, "/proc/self/mountinfo", mountinfo_v1);
	write_file(tree, "/cpu,cpuacct/a", "cpu.stat",
		   "nr_periods 10\nnr_throttled 3\nthrottled_time 123456789\nnr_bursts 0\nburst_time 0\n");
	write_file(tree, "/cpu,cpuacct/a", "cpuacct.usage", "987654321\n");
	write_file(tree, "/memory/a", "memory.usage_in_bytes", "4096000\n");
	write_file(tree, "/memory/a", "memory.failcnt", "12\n");
	write_file(tree, "/memory/a", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
	write_file(tree, "/memory/a", "memory.stat", v1_memory_stat);
	write_file(tree, "/pids/b", "pids.current", "3\n");
	write_file(tree, "/pids/b", "pids.events", "max 1\n");
	write_file(tree, "/blkio/a", "blkio.throttle.io_service_bytes_recursive",
		   "254:0 Read 1000\n254:0 Write 20\n254:0 Sync 1\n254:0 Async 2\n254:0 Discard 0\n254:0 Total 1020\n"
		   "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\nTotal 1023\n");
	write_file(tree, "/blkio/a", "blkio.throttle.io_serviced_recursive", "Total 0\n");
}

static void v1_keeps_its_own_names_and_units(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v1(&tree);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_true(last(&tree, "/a", "cpu.nr_periods") == 10);
	assert_true(last(&tree, "/a", "cpu.nr_throttled") == 3);
	assert_true(last(&tree, "/a", "cpu.throttled_time") == 123456789);
	assert_null(metric(&tree, "/a", "cpu.throttled_usec"));
	assert_true(last(&tree, "/a", "cpuacct.usage") == 987654321);
	assert_true(last(&tree, "/a", "memory.usage_in_bytes") == 4096000);
	assert_true(last(&tree, "/a", "memory.failcnt") == 12);
	assert_true(last(&tree, "/a", "memory.oom_control.oom_kill") == 2);
	assert_true(last(&tree, "/a", "memory.stat.total_inactive_file") == 1216512);
	assert_true(last(&tree, "/a", "memory.stat.total_rss") == 1585152);
	assert_true(last(&tree, "/a", "memory.stat.total_workingset_refault_file") == 18224);
	assert_true(last(&tree, "/a", "blkio.throttle.io_service_bytes_recursive.Read") == 1001);
	assert_true(last(&tree, "/a", "blkio.throttle.io_service_bytes_recursive.Write") == 22);
	assert_true(last(&tree, "/a", "blkio.throttle.io_serviced_recursive.Read") == 0);
	tree_end(&tree);
}

static void a_group_that_one_hierarchy_lacks_is_one_subject(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v1(&tree);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_CGROUP), 3);	/* "/", "/a", "/b" */
	assert_true(last(&tree, "/b", "pids.current") == 3);
	assert_null(metric(&tree, "/b", "cpu.nr_periods"));
	assert_int_equal(absence_of(&tree, "/b", "cpu.nr_periods"), ABSENT);
	assert_null(metric(&tree, "/a", "pids.current"));
	assert_string_equal(snapshot_subject_get(tree.snapshot, snapshot_find_subject(tree.snapshot, SUBJECT_KIND_CGROUP,
										       "/a"))->path, "");
	tree_end(&tree);
}

static void hybrid_reads_a_controller_where_it_is(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/self/mountinfo", mountinfo_hybrid);
	write_file(&tree, "/unified", "cgroup.controllers", "hugetlb\n");
	write_file(&tree, "/unified/a", "cpu.stat", "usage_usec 10\nuser_usec 4\nsystem_usec 6\n");
	write_file(&tree, "/unified/a", "memory.pressure",
		   "some avg10=0.00 avg60=0.00 avg300=0.00 total=66\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=77\n");
	write_file(&tree, "/cpu/a", "cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 5\n");
	write_file(&tree, "/cpuacct/a", "cpuacct.usage", "10000\n");
	write_file(&tree, "/memory/a", "memory.usage_in_bytes", "1\n");
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_true(last(&tree, "/a", "cpu.usage_usec") == 10);
	assert_true(last(&tree, "/a", "cpu.nr_periods") == 10);
	assert_true(last(&tree, "/a", "cpu.throttled_time") == 5);
	assert_true(last(&tree, "/a", "cpuacct.usage") == 10000);
	assert_true(last(&tree, "/a", "psi.memory.full.total") == 77);
	assert_true(last(&tree, "/a", "memory.usage_in_bytes") == 1);
	assert_null(snapshot_get(tree.snapshot, snapshot_find_subject(tree.snapshot, SUBJECT_KIND_CGROUP, "/a"),
				 "cpu.nr_periods"));	/* not said to be absent because v2 lacks it */
	assert_null(snapshot_get(tree.snapshot, snapshot_find_subject(tree.snapshot, SUBJECT_KIND_CGROUP, "/a"),
				 "memory.current"));	/* v1 has the controller */
	tree_end(&tree);
}

static void tree_without_mountinfo_is_looked_at(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	tree_remove(&tree, "/proc/self/mountinfo");
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_true(last(&tree, "/system.slice/x.service", "memory.events.oom_kill") == 5);
	tree_end(&tree);
}

static void counters_increase_over_ticks(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	write_file(&tree, "/system.slice/x.service", "cpu.stat",
		   "usage_usec 280391\nuser_usec 57020\nsystem_usec 223371\nnr_periods 130\nnr_throttled 27\n"
		   "throttled_usec 98012\nnr_bursts 2\nburst_usec 512\n");
	write_file(&tree, "/system.slice/x.service", "io.stat",
		   "254:0 rbytes=2000 wbytes=200 rios=31 wios=4 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2 rios=3 wios=4\n");
	tree_tick(&tree);
	assert_true(metric(&tree, "/system.slice/x.service", "cpu.usage_usec")->delta == 100000);
	assert_true(metric(&tree, "/system.slice/x.service", "cpu.nr_throttled")->delta == 10);
	assert_true(metric(&tree, "/system.slice/x.service", "io.rbytes")->delta == 1000);
	assert_true(metric(&tree, "/system.slice/x.service", "io.wios")->delta == 0);
	tree_end(&tree);
}

static void vanished_group_keeps_its_series_and_has_gaps(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	make_v2_group(&tree, "/gone");
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	tree_remove(&tree, "/sys/fs/cgroup/gone");
	tree_tick(&tree);
	tree_tick(&tree);
	assert_true(last(&tree, "/gone", "pids.current") == 9);
	assert_int_equal(metric(&tree, "/gone", "pids.current")->gaps, 2);
	assert_int_equal(metric(&tree, "/system.slice/x.service", "pids.current")->gaps, 0);
	assert_true(tree_noted(&tree, "/gone vanished"));
	tree_end(&tree);
}

static void group_that_appears_is_found(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	make_v2_group(&tree, "/new");
	for (int i = 0; i < 40; i++)
		tree_tick(&tree);
	assert_true(last(&tree, "/new", "pids.current") == 9);
	assert_true(tree_noted(&tree, "/new appeared"));
	tree_end(&tree);
}

static void number_of_groups_is_bounded_upper_levels_first(void **context)
{
	const struct probe_options options = { .cgroup_max = 3 };
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/self/mountinfo", mountinfo_v2);
	write_file(&tree, "", "cgroup.controllers", "pids\n");
	write_file(&tree, "/a", "pids.current", "1\n");
	write_file(&tree, "/a/deep", "pids.current", "2\n");
	write_file(&tree, "/b", "pids.current", "3\n");
	tree_open(&tree, &sampler_cgroup_metrics, &options);
	tree_tick(&tree);
	assert_true(last(&tree, "/a", "pids.current") == 1);
	assert_true(last(&tree, "/b", "pids.current") == 3);
	assert_null(metric(&tree, "/a/deep", "pids.current"));
	assert_true(tree_noted(&tree, "more control groups than the 3"));
	tree_end(&tree);
}

static void chosen_groups_and_no_others_are_watched(void **context)
{
	static const char *const chosen[] = { "/system.slice/x.service/", "/not/there", "/../etc", "relative" };
	const struct probe_options options = { .cgroups = chosen, .n_cgroups = ARRAY_SIZE(chosen) };
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	tree_mkdir(&tree, "/sys/fs/etc");
	tree_open(&tree, &sampler_cgroup_metrics, &options);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_CGROUP), 1);
	assert_true(last(&tree, "/system.slice/x.service", "pids.current") == 9);
	assert_true(tree_noted(&tree, "there is no control group /not/there"));
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 3);
	tree_end(&tree);
}

static void bad_numbers_are_unknown_not_zero(void **context)
{
	static const struct { const char *file, *text, *key; } cases[] = {
		{ "pids.current", "", "pids.current" },
		{ "pids.current", "12", "pids.current" },			/* cut off */
		{ "pids.current", "-1\n", "pids.current" },
		{ "memory.current", "99999999999999999999999\n", "memory.current" },
		{ "cpu.stat", "nr_throttled -3\n", "cpu.nr_throttled" },
		{ "cpu.stat", "usage_usec 1\nnr_throttled 3", "cpu.nr_throttled" },
		{ "io.stat", "8:0 rbytes=1 wbytes=x rios=3 wios=4\n", "io.rbytes" },
		{ "io.stat", "8:0 rbytes=1 wbytes=2", "io.rbytes" },
		{ "io.stat", "garbage\n", "io.rbytes" },
		{ "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 tot", "psi.cpu.some.total" },
		{ "cpu.pressure", "some avg10=0.00 total=\n", "psi.cpu.some.total" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree tree;

		tree_begin(&tree);
		make_v2(&tree);
		write_file(&tree, "/x", cases[i].file, cases[i].text);
		tree_open(&tree, &sampler_cgroup_metrics, NULL);
		tree_tick(&tree);
		assert_null(metric(&tree, "/x", cases[i].key));
		assert_int_equal(absence_of(&tree, "/x", cases[i].key), UNPARSABLE);
		assert_true(tree_noted(&tree, "a number is missing"));
		tree_end(&tree);
	}
}

static void directory_in_place_of_a_file_is_unknown(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	tree_mkdir(&tree, "/sys/fs/cgroup/x/pids.current");
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_null(metric(&tree, "/x", "pids.current"));
	tree_end(&tree);
}

static void unreadable_file_is_unreadable_not_absent(void **context)
{
	struct tree tree;

	if (geteuid() == 0 && setegid(65534) == 0 && seteuid(65534) != 0)
		skip_because("cannot become another user");
	tree_begin(&tree);
	make_v2(&tree);
	write_file(&tree, "/x", "memory.current", "1\n");
	{
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

		strbuf_addf(&path, "%s/sys/fs/cgroup/x/memory.current", tree.path);
		assert_int_equal(chmod(path.buf, 0), 0);
	}
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_null(metric(&tree, "/x", "memory.current"));
	assert_int_equal(absence_of(&tree, "/x", "memory.current"), UNREADABLE);
	tree_end(&tree);
	(void)(seteuid(getuid()) + setegid(getgid()));
}

static void links_do_not_lead_out_and_hostile_names_are_names(void **context)
{
	CLEANUP(strbuf_release) struct strbuf link = STRBUF_INIT;
	struct tree tree;

	tree_begin(&tree);
	make_v2(&tree);
	write_file(&tree, "/we ird\n\"$(x)\xff", "pids.current", "4\n");
	strbuf_addf(&link, "%s/sys/fs/cgroup/link", tree.path);
	assert_int_equal(symlink("/etc", link.buf), 0);
	tree_open(&tree, &sampler_cgroup_metrics, NULL);
	tree_tick(&tree);
	assert_true(last(&tree, "/we ird\n\"$(x)\xff", "pids.current") == 4);
	assert_null(metric(&tree, "/link", "pids.current"));
	tree_end(&tree);
}

static void live_groups_are_read_on_this_host(void **context)
{
	struct snapshot *snapshot = snapshot_new();
	const struct probe_options options = { .cgroup_max = 20 };
	struct root *root;
	void *state;

	assert_int_equal(root_open("/", &root), 0);
	assert_int_equal(sampler_cgroup_metrics.open(root, &options, snapshot, &state), 0);
	for (int tick = 0; tick < 3; tick++) {
		snapshot_tick_begin(snapshot, tick, tick, tick);
		sampler_cgroup_metrics.tick(state, snapshot);
		snapshot_tick_end(snapshot);
	}
	for (size_t i = 0; i < snapshot_series_count(snapshot); i++)
		assert_true(snapshot_series_at(snapshot, i)->samples > 0);
	sampler_cgroup_metrics.close(state);
	root_free(root);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v2_group_has_every_metric),
		cmocka_unit_test(the_top_group_lacks_files_and_that_is_no_error),
		cmocka_unit_test(files_in_another_order_are_read_all_the_same),
		cmocka_unit_test(v1_keeps_its_own_names_and_units),
		cmocka_unit_test(a_group_that_one_hierarchy_lacks_is_one_subject),
		cmocka_unit_test(hybrid_reads_a_controller_where_it_is),
		cmocka_unit_test(tree_without_mountinfo_is_looked_at),
		cmocka_unit_test(counters_increase_over_ticks),
		cmocka_unit_test(vanished_group_keeps_its_series_and_has_gaps),
		cmocka_unit_test(group_that_appears_is_found),
		cmocka_unit_test(number_of_groups_is_bounded_upper_levels_first),
		cmocka_unit_test(chosen_groups_and_no_others_are_watched),
		cmocka_unit_test(bad_numbers_are_unknown_not_zero),
		cmocka_unit_test(directory_in_place_of_a_file_is_unknown),
		cmocka_unit_test(links_do_not_lead_out_and_hostile_names_are_names),
		cmocka_unit_test(live_groups_are_read_on_this_host),
		cmocka_unit_test(unreadable_file_is_unreadable_not_absent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
