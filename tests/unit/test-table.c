/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "../../probes/table.h"

static void a_pair_is_a_name_and_a_whole_number(void **context)
{
	static const struct { const char *text; enum scan found; const char *name; uint64_t value; } cases[] = {
		{ "pgfault 1844050\n", SCAN_OK, "pgfault", 1844050 },
		{ "Ip6InReceives                   \t1\n", SCAN_OK, "Ip6InReceives", 1 },
		{ "a 18446744073709551615\n", SCAN_OK, "a", UINT64_MAX },
		{ "", SCAN_END, NULL, 0 },
		{ "\n", SCAN_BAD, NULL, 0 },
		{ "pgfault 18440", SCAN_BAD, NULL, 0 },		/* cut: the number may go on */
		{ "pgfault 18446744073709551616\n", SCAN_BAD, NULL, 0 },
		{ "pgfault -1\n", SCAN_BAD, NULL, 0 },
		{ "pgfault 1 2\n", SCAN_BAD, NULL, 0 },
		{ "pgfault\n", SCAN_BAD, NULL, 0 },
		{ " pgfault 1\n", SCAN_BAD, NULL, 0 },
		{ "pg\x1b[31m 1\n", SCAN_BAD, NULL, 0 },
		{ "pg\xc3\xa9 1\n", SCAN_BAD, NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *cursor = cases[i].text;
		struct pair pair;

		assert_int_equal(scan_pair(&cursor, &pair), cases[i].found);
		assert_int_equal(*cursor, '\0');
		if (cases[i].found != SCAN_OK)
			continue;
		assert_int_equal(pair.length, strlen(cases[i].name));
		assert_memory_equal(pair.name, cases[i].name, pair.length);
		assert_int_equal(pair.value, cases[i].value);
	}
}

static void a_label_may_have_parentheses_and_no_unit(void **context)
{
	static const struct { const char *text; enum scan found; const char *name; uint64_t value; } cases[] = {
		{ "MemFree:        24142400 kB\n", SCAN_OK, "MemFree", 24142400 },
		{ "Active(anon):       1568 kB\n", SCAN_OK, "Active(anon)", 1568 },
		{ "HugePages_Free:        7\n", SCAN_OK, "HugePages_Free", 7 },
		{ "MemFree:        24142400 k", SCAN_BAD, NULL, 0 },
		{ "MemFree:        24142400 MB\n", SCAN_BAD, NULL, 0 },
		{ "MemFree:\n", SCAN_BAD, NULL, 0 },
		{ "MemFree 24142400 kB\n", SCAN_BAD, NULL, 0 },
		{ ": 1 kB\n", SCAN_BAD, NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *cursor = cases[i].text;
		struct pair pair;

		assert_int_equal(scan_labelled(&cursor, &pair), cases[i].found);
		assert_int_equal(*cursor, '\0');
		if (cases[i].found != SCAN_OK)
			continue;
		assert_int_equal(pair.length, strlen(cases[i].name));
		assert_memory_equal(pair.name, cases[i].name, pair.length);
		assert_int_equal(pair.value, cases[i].value);
	}
}

static void a_row_is_all_numbers_or_nothing(void **context)
{
	static const struct { const char *text; int count; uint64_t last; } cases[] = {
		{ " 1 2 3\n", 3, 3 },
		{ " 1 2 3 4 5\n", 4, 4 },
		{ "\n", 0, 0 },
		{ " 1 2 3", -EBADMSG, 0 },
		{ " 1 2 x\n", -EBADMSG, 0 },
		{ " 1 2 3 4 x\n", -EBADMSG, 0 },
		{ " 1 2 3x\n", -EBADMSG, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *cursor = cases[i].text;
		uint64_t values[4];
		int n = scan_row(&cursor, values, ARRAY_SIZE(values));

		assert_int_equal(n, cases[i].count);
		assert_int_equal(*cursor, '\0');
		if (n > 0)
			assert_int_equal(values[n - 1], cases[i].last);
	}
}

static void hexadecimal_rows_are_not_read_as_decimal(void **context)
{
	const char *cursor = "00000011 0000162e ffffffff\n";
	uint64_t values[3];

	assert_int_equal(scan_hex_row(&cursor, values, 3), 3);
	assert_int_equal(values[0], 0x11);
	assert_int_equal(values[1], 0x162e);
	assert_int_equal(values[2], UINT32_MAX);
}

static void names_are_looked_up_again_only_from_where_they_moved(void **context)
{
	struct series_cache cache = SERIES_CACHE_INIT("/proc/x", 8);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id a, b, c;

	a = series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "a", 1, SERIES_COUNTER);
	b = series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "b", 1, SERIES_COUNTER);
	series_cache_rewind(&cache);
	assert_non_null(series_cache_hit(&cache, SUBJECT_HOST, "", "a", 1));
	assert_null(series_cache_hit(&cache, SUBJECT_HOST, "", "c", 1));
	c = series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "c", 1, SERIES_COUNTER);
	assert_int_equal(series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "b", 1, SERIES_COUNTER), b);
	assert_int_not_equal(c, b);
	series_cache_rewind(&cache);
	assert_int_equal(series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "a", 1, SERIES_COUNTER), a);
	assert_int_equal(series_cache_hit(&cache, SUBJECT_HOST, "", "c", 1)->id, c);
	assert_int_equal(series_cache_hit(&cache, SUBJECT_HOST, "", "b", 1)->id, b);
	series_cache_release(&cache);
}

static void a_name_that_begins_like_another_is_another(void **context)
{
	struct series_cache cache = SERIES_CACHE_INIT("/proc/x", 8);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id whole, part;

	whole = series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "pgscan_direct_throttle", 22, SERIES_COUNTER);
	series_cache_rewind(&cache);
	part = series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "pgscan_direct_throttle", 13, SERIES_COUNTER);
	assert_int_not_equal(whole, part);
	assert_non_null(snapshot_metric(snapshot, SUBJECT_HOST, "pgscan_direct"));
	series_cache_release(&cache);
}

static void names_without_bound_are_refused_with_one_note(void **context)
{
	struct series_cache cache = SERIES_CACHE_INIT("/proc/x", 2);
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	char long_name[SERIES_NAME_MAX + 2];

	memset(long_name, 'x', sizeof(long_name));
	assert_int_equal(series_cache_find(&cache, snapshot, SUBJECT_HOST, "", long_name, SERIES_NAME_MAX + 1,
					   SERIES_COUNTER), SERIES_NONE);
	assert_int_not_equal(series_cache_find(&cache, snapshot, SUBJECT_HOST, "", long_name, SERIES_NAME_MAX,
					       SERIES_COUNTER), SERIES_NONE);
	(void)series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "b", 1, SERIES_COUNTER);
	assert_int_equal(series_cache_find(&cache, snapshot, SUBJECT_HOST, "", "c", 1, SERIES_COUNTER), SERIES_NONE);
	assert_int_equal(snapshot_series_count(snapshot), 2);
	assert_int_equal(snapshot_notes(snapshot)->count, 1);
	series_cache_release(&cache);
}

static void totals_go_on_through_wraps_resets_and_hotplug(void **context)
{
	/* row, value, and the total after it; each line is a tick of its own */
	static const struct { size_t row; uint64_t value; uint64_t total; } ticks[] = {
		{ 0, 0xfffffff0, 0xfffffff0 },
		{ 0, 0x10, 0x100000010 },		/* a wrap: 32 more */
		{ 0, 0x8, 0x100000010 },		/* a step back: nothing */
		{ 0, 0x18, 0x100000020 },
		{ 1, 5000, 0x100000020 },		/* a CPU that was away when it began: a base line */
		{ 1, 5003, 0x100000023 },
		{ 0, 0x28, 0x100000033 },		/* back after a gap: what it counted meanwhile */
	};
	struct row_totals totals;

	row_totals_init(&totals, 1, 32);
	for (size_t i = 0; i < ARRAY_SIZE(ticks); i++) {
		assert_int_equal(row_totals_add(&totals, ticks[i].row, &ticks[i].value), 0);
		row_totals_end(&totals);
		assert_int_equal(totals.totals[0], ticks[i].total);
	}
	assert_int_equal(row_totals_add(&totals, CPU_MAX, &ticks[0].value), -ERANGE);
	row_totals_release(&totals);
}

static void a_reset_of_a_wide_counter_is_not_a_wrap(void **context)
{
	static const uint64_t values[] = { 0xfffffff0, 0x10, 0x20 };
	struct row_totals totals;

	row_totals_init(&totals, 1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		assert_int_equal(row_totals_add(&totals, 0, &values[i]), 0);
		row_totals_end(&totals);
	}
	assert_int_equal(totals.totals[0], UINT64_C(0x100000000));
	row_totals_release(&totals);
}

static enum series_class all_counters(const char *prefix, const char *name, size_t length)
{
	return SERIES_COUNTER;
}

static void a_header_is_read_anew_when_it_changes(void **context)
{
	static const char before[] = "A B", after[] = "A X B";
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	struct column_table table = { .classify = all_counters };
	series_id b;

	assert_int_equal(column_table_header(&table, "t.", before, before + 3), 2);
	assert_int_equal(snapshot_series_count(snapshot), 0);	/* a name without a value is no series */
	column_table_put(&table, snapshot, "t.", 1, 5);
	b = table.columns[1].id;
	assert_int_equal(column_table_header(&table, "t.", after, after + 5), 3);
	column_table_put(&table, snapshot, "t.", 1, 6);
	column_table_put(&table, snapshot, "t.", 2, 5);
	assert_int_equal(table.columns[2].id, b);
	assert_int_not_equal(table.columns[1].id, b);
	assert_non_null(snapshot_metric(snapshot, SUBJECT_HOST, "t.X"));
	assert_int_equal(column_table_header(&table, "t.", after, after), -EBADMSG);
	column_table_release(&table);
}

static void cpus_beyond_the_kernels_limit_are_refused(void **context)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	struct cpu_subjects cpus = { 0 };
	subject_id last = cpu_subjects_get(&cpus, snapshot, CPU_MAX - 1);

	assert_string_equal(snapshot_subject_get(snapshot, last)->name, "8191");
	assert_string_equal(snapshot_subject_get(snapshot, last)->path, "/sys/devices/system/cpu/cpu8191");
	assert_int_equal(cpu_subjects_get(&cpus, snapshot, CPU_MAX), SUBJECT_NONE);
	assert_int_equal(cpu_subjects_get(&cpus, snapshot, UINT64_MAX), SUBJECT_NONE);
	assert_int_equal(snapshot_kind_count(snapshot, SUBJECT_KIND_CPU), 1);
	cpu_subjects_release(&cpus);
}

static void an_absent_file_is_looked_for_again_now_and_then(void **context)
{
	struct sampled_file file;
	struct tree tree;

	tree_begin(&tree);
	sampled_file_init(&file, tree.root, "/proc/late");
	assert_int_equal(sampled_file_read(&file), -ENOENT);
	tree_write(&tree, "/proc/late", "a 1\n");
	for (int i = 1; i < SAMPLED_FILE_RETRY_TICKS; i++)
		assert_int_equal(sampled_file_read(&file), -ENOENT);
	assert_int_equal(sampled_file_read(&file), 0);
	assert_string_equal(file.text.buf, "a 1\n");
	tree_write(&tree, "/proc/late", "");
	assert_int_equal(sampled_file_read(&file), -ENODATA);
	sampled_file_release(&file);
	tree_end(&tree);
}

static void a_note_has_its_line_and_is_said_once(void **context)
{
	const struct diag *notes;
	struct sampled_file file;
	struct tree tree;

	tree_begin(&tree);
	tree_write_bytes(&tree, "/proc/x", "a\nb\nc\0d\n", 8);
	sampled_file_init(&file, tree.root, "/proc/x");
	assert_int_equal(sampled_file_read(&file), 0);
	sampled_file_check_end(&file, tree.snapshot, file.text.buf + 5);
	sampled_file_note(&file, tree.snapshot, file.text.buf, "more");
	notes = snapshot_notes(tree.snapshot);
	assert_int_equal(notes->count, 1);
	assert_string_equal(notes->entries[0].place.file, "/proc/x");
	assert_int_equal(notes->entries[0].place.line, 3);
	sampled_file_release(&file);
	tree_end(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_a_name_and_a_whole_number),
		cmocka_unit_test(a_label_may_have_parentheses_and_no_unit),
		cmocka_unit_test(a_row_is_all_numbers_or_nothing),
		cmocka_unit_test(hexadecimal_rows_are_not_read_as_decimal),
		cmocka_unit_test(names_are_looked_up_again_only_from_where_they_moved),
		cmocka_unit_test(a_name_that_begins_like_another_is_another),
		cmocka_unit_test(names_without_bound_are_refused_with_one_note),
		cmocka_unit_test(totals_go_on_through_wraps_resets_and_hotplug),
		cmocka_unit_test(a_reset_of_a_wide_counter_is_not_a_wrap),
		cmocka_unit_test(a_header_is_read_anew_when_it_changes),
		cmocka_unit_test(cpus_beyond_the_kernels_limit_are_refused),
		cmocka_unit_test(an_absent_file_is_looked_for_again_now_and_then),
		cmocka_unit_test(a_note_has_its_line_and_is_said_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
