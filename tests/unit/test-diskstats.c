/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

extern const struct sampler sampler_diskstats;

/* Linux 6.18, twenty columns; a disk with partitions between two others. */
static const char linux_6_18[] =
	"   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
	" 259       0 nvme0n1 82170 11 5251014 20415 311508 201322 21540136 1098212 3 301112 1199999 5 1 4096 17 "
	"40111 81355\n"
	" 259       1 nvme0n1p1 82000 11 5250000 20400 311500 201322 21540136 1098200 0 301100 1118600 0 0 0 0 0 0\n"
	" 259       2 nvme0n1p2 170 0 1014 15 8 0 0 12 0 12 27 0 0 0 0 0 0\n"
	" 254       0 vda 4893 170 380106 1066 12437 11236 493000 6610 0 3596 7677 0 0 0 0 0 0\n";

/* Linux 4.15, fourteen columns. */
static const char linux_4_15[] =
	"   8       0 sda 7203 2011 512482 9012 3310 4520 118232 15628 0 8840 24596\n"
	"   8       1 sda1 7100 2011 510000 9000 3000 4520 118232 15000 0 8800 24000\n"
	"  11       0 sr0 0 0 0 0 0 0 0 0 0 0 0\n";

/* Linux 4.19, eighteen columns. */
static const char linux_4_19[] = "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n";

static const struct series *metric(struct tree *tree, const char *device, const char *key)
{
	return tree_metric(tree, SUBJECT_KIND_BLOCK, device, key);
}

static void make_disks(struct tree *tree)
{
	tree_mkdir(tree, "/sys/block/loop0");
	tree_mkdir(tree, "/sys/block/nvme0n1/queue");
	tree_mkdir(tree, "/sys/block/vda/queue");
}

static void every_column_has_its_series(void **context)
{
	static const struct { const char *key; double value; } columns[] = {
		{ "read_ios", 82170 }, { "read_merges", 11 }, { "read_sectors", 5251014 }, { "read_ticks", 20415 },
		{ "write_ios", 311508 }, { "write_merges", 201322 }, { "write_sectors", 21540136 },
		{ "write_ticks", 1098212 }, { "in_flight", 3 }, { "io_ticks", 301112 }, { "time_in_queue", 1199999 },
		{ "discard_ios", 5 }, { "discard_merges", 1 }, { "discard_sectors", 4096 }, { "discard_ticks", 17 },
		{ "flush_ios", 40111 }, { "flush_ticks", 81355 },
	};
	struct tree tree;

	tree_begin(&tree);
	make_disks(&tree);
	tree_write(&tree, "/proc/diskstats", linux_6_18);
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const struct series *series = metric(&tree, "nvme0n1", columns[i].key);

		assert_non_null(series);
		assert_true(series->last == columns[i].value);
		assert_int_equal(series->kind, streq(columns[i].key, "in_flight") ? METRIC_GAUGE : METRIC_COUNTER);
	}
	assert_int_equal(snapshot_notes(tree.snapshot)->count, 0);
	tree_end(&tree);
}

static void a_device_with_nothing_in_it_is_passed_over(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_disks(&tree);
	tree_write(&tree, "/sys/block/loop0/size", "0\n");
	tree_write(&tree, "/sys/block/vda/size", "2097152\n");
	tree_write(&tree, "/proc/diskstats", linux_6_18);
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_BLOCK), 2);
	assert_null(metric(&tree, "loop0", "read_ios"));
	assert_non_null(metric(&tree, "vda", "read_ios"));
	tree_end(&tree);
}

static void partitions_are_left_to_their_disk(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	make_disks(&tree);
	tree_write(&tree, "/proc/diskstats", linux_6_18);
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_BLOCK), 3);
	assert_null(metric(&tree, "nvme0n1p1", "read_ios"));
	tree_end(&tree);
}

static void partitions_are_told_by_name_where_there_is_no_sys(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_write(&tree, "/proc/diskstats", linux_6_18);
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_BLOCK), 3);
	assert_non_null(metric(&tree, "loop0", "read_ios"));
	assert_null(metric(&tree, "nvme0n1p2", "read_ios"));
	tree_end(&tree);

	tree_begin(&tree);
	tree_write(&tree, "/proc/diskstats", linux_4_15);
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_non_null(metric(&tree, "sda", "read_ios"));
	assert_null(metric(&tree, "sda1", "read_ios"));
	assert_non_null(metric(&tree, "sr0", "read_ios"));
	tree_end(&tree);
}

static void columns_of_older_kernels_are_absent_not_zero(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_mkdir(&tree, "/sys/block/sda");
	tree_mkdir(&tree, "/sys/block/sr0");
	tree_write(&tree, "/proc/diskstats", linux_4_15);
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_true(metric(&tree, "sda", "time_in_queue")->last == 24596);
	assert_null(metric(&tree, "sda", "discard_ios"));
	assert_null(metric(&tree, "sda", "flush_ios"));
	tree_end(&tree);

	tree_begin(&tree);
	tree_mkdir(&tree, "/sys/block/sda");
	tree_write(&tree, "/proc/diskstats", linux_4_19);
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_true(metric(&tree, "sda", "discard_ticks")->last == 15);
	assert_null(metric(&tree, "sda", "flush_ios"));
	tree_end(&tree);
}

static void increases_are_counted_and_32_bit_times_wrap(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_mkdir(&tree, "/sys/block/sda");
	tree_write(&tree, "/proc/diskstats", "8 0 sda 10 0 80 4294967290 0 0 0 0 0 4294967000 4294967290\n");
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	tree_write(&tree, "/proc/diskstats", "8 0 sda 15 0 120 4 0 0 0 0 0 204 14\n");
	tree_tick(&tree);
	assert_true(metric(&tree, "sda", "read_ios")->delta == 5);
	assert_true(metric(&tree, "sda", "read_ticks")->delta == 10);
	assert_int_equal(metric(&tree, "sda", "read_ticks")->wraps, 1);
	assert_true(metric(&tree, "sda", "io_ticks")->delta == 500);
	assert_int_equal(metric(&tree, "sda", "read_ios")->resets, 0);
	tree_end(&tree);
}

static void a_disk_that_went_away_has_a_gap_and_one_that_came_begins(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_mkdir(&tree, "/sys/block/sda");
	tree_mkdir(&tree, "/sys/block/sdb");
	tree_mkdir(&tree, "/sys/block/sdc");
	tree_write(&tree, "/proc/diskstats",
		   "8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n8 16 sdb 2 0 0 0 0 0 0 0 0 0 0\n");
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	tree_write(&tree, "/proc/diskstats",
		   "8 32 sdc 7 0 0 0 0 0 0 0 0 0 0\n8 16 sdb 9 0 0 0 0 0 0 0 0 0 0\n");
	tree_tick(&tree);
	assert_int_equal(metric(&tree, "sda", "read_ios")->gaps, 1);
	assert_true(metric(&tree, "sdb", "read_ios")->delta == 7);
	assert_true(metric(&tree, "sdc", "read_ios")->last == 7);
	tree_end(&tree);
}

static void subject_is_that_of_the_block_probe(void **context)
{
	const struct subject *subject;
	struct tree tree;

	tree_begin(&tree);
	tree_mkdir(&tree, "/sys/block/cciss!c0d0");
	tree_write(&tree, "/proc/diskstats", " 104 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11\n");
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_BLOCK), 1);
	subject = snapshot_subject_get(tree.snapshot, snapshot_kind_get(tree.snapshot, SUBJECT_KIND_BLOCK, 0));
	assert_string_equal(subject->name, "cciss!c0d0");
	assert_string_equal(subject->path, "/sys/block/cciss!c0d0/queue");
	tree_end(&tree);
}

static void file_that_is_not_there_is_absent_for_known_disks(void **context)
{
	const struct setting *setting;
	subject_id sda;
	struct tree tree;

	tree_begin(&tree);
	sda = snapshot_subject(tree.snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	setting = snapshot_get(tree.snapshot, sda, "io_ticks");
	assert_non_null(setting);
	assert_int_equal(setting->absence, ABSENT);
	assert_null(metric(&tree, "sda", "io_ticks"));
	tree_end(&tree);
}

static void bad_lines_are_left_out_and_noted(void **context)
{
	static const char *const bad[] = {
		"8 0 sda 1 2 3\n",				/* a partition of Linux 2.6 */
		"8 0 sda 1 2 3 4 5 6 7 8 9 10 1",		/* cut off in the last number */
		"8 0 sda 1 2 3 4 x 6 7 8 9 10 11\n",
		"8 0  1 2 3 4 5 6 7 8 9 10\n",
		"8 0 sda 1 2 3 4 5 6 7 8 9 10 99999999999999999999\n",
		"8 0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1 2 3 4 5 6 7 8 9 10 11\n",
		"\xff\xfe garbage\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tree tree;

		tree_begin(&tree);
		tree_write(&tree, "/proc/diskstats", bad[i]);
		tree_open(&tree, &sampler_diskstats, NULL);
		tree_tick(&tree);
		assert_int_equal(snapshot_series_count(tree.snapshot), 0);
		assert_true(tree_noted(&tree, "not the line of a block device"));
		tree_end(&tree);
	}
}

static void names_cannot_lead_out_of_sys_block(void **context)
{
	struct tree tree;

	tree_begin(&tree);
	tree_mkdir(&tree, "/sys/block/sda");
	tree_mkdir(&tree, "/etc");
	tree_write(&tree, "/proc/diskstats", "8 0 ../../etc 1 2 3 4 5 6 7 8 9 10 11\n8 1 .. 1 2 3 4 5 6 7 8 9 10 11\n");
	tree_open(&tree, &sampler_diskstats, NULL);
	tree_tick(&tree);
	assert_int_equal(snapshot_kind_count(tree.snapshot, SUBJECT_KIND_BLOCK), 0);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_has_its_series),
		cmocka_unit_test(a_device_with_nothing_in_it_is_passed_over),
		cmocka_unit_test(partitions_are_left_to_their_disk),
		cmocka_unit_test(partitions_are_told_by_name_where_there_is_no_sys),
		cmocka_unit_test(columns_of_older_kernels_are_absent_not_zero),
		cmocka_unit_test(increases_are_counted_and_32_bit_times_wrap),
		cmocka_unit_test(a_disk_that_went_away_has_a_gap_and_one_that_came_begins),
		cmocka_unit_test(subject_is_that_of_the_block_probe),
		cmocka_unit_test(file_that_is_not_there_is_absent_for_known_disks),
		cmocka_unit_test(bad_lines_are_left_out_and_noted),
		cmocka_unit_test(names_cannot_lead_out_of_sys_block),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
