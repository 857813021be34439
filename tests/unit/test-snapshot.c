/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../core/snapshot.h"
#include "../../core/strbuf.h"

/* One second a tick from 100 s on. */
static void tick_at(struct snapshot *snapshot, double second)
{
	snapshot_tick_begin(snapshot, 100 + second, 100 + second, 1e9 + second);
}

static series_id series(struct snapshot *snapshot, const char *key, enum metric_kind kind, uint8_t bits)
{
	return snapshot_series(snapshot, SUBJECT_HOST, key, strlen(key), kind, bits);
}

static void counter_values(struct snapshot *snapshot, series_id id, const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		tick_at(snapshot, (double)i);
		snapshot_counter(snapshot, id, values[i]);
		snapshot_tick_end(snapshot);
	}
}

static void a_setting_keeps_its_text_and_where_it_was_read(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	subject_id sda = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");

	snapshot_set_string(snapshot, sda, "scheduler", "none [bfq]\n", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.swappiness", "60", "/proc/sys/vm/swappiness");
	assert_string_equal(snapshot_text(snapshot, sda, "scheduler"), "none [bfq]");
	setting_origin(snapshot, snapshot_get(snapshot, sda, "scheduler"), &origin);
	assert_string_equal(origin.buf, "/sys/block/sda/queue/scheduler");
	assert_null(snapshot_get(snapshot, SUBJECT_HOST, "scheduler"));
	assert_int_equal(snapshot_find_subject(snapshot, SUBJECT_KIND_MOUNT, "sda"), SUBJECT_NONE);
}

static void absent_unreadable_and_unsupported_are_three_things(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	static const struct {
		int error;
		enum absence absence;
	} cases[] = {
		{ -ENOENT, ABSENT }, { -EACCES, UNREADABLE }, { -EPERM, UNREADABLE }, { -EOPNOTSUPP, UNSUPPORTED },
		{ -EBADMSG, UNPARSABLE }, { -EIO, UNREADABLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snapshot_set_absent(snapshot, SUBJECT_HOST, "key", cases[i].error, NULL);
		assert_int_equal(snapshot_get(snapshot, SUBJECT_HOST, "key")->absence, cases[i].absence);
		assert_null(snapshot_text(snapshot, SUBJECT_HOST, "key"));
	}
}

static void a_counter_becomes_increases_per_interval(void **state)
{
	static const uint64_t values[] = { 1000, 1000, 1010, 1040 };
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id id = series(snapshot, "vmstat.pgfault", METRIC_COUNTER, 0);
	const struct series *s;

	counter_values(snapshot, id, values, ARRAY_SIZE(values));
	s = snapshot_series_at(snapshot, id);
	assert_int_equal(snapshot_window_get(snapshot)->slot_count, 3);
	assert_true(s->delta == 40 && s->first == 1000 && s->last == 1040);
	assert_true(series_slot_value(snapshot, s, 0) == 0);
	assert_true(series_slot_value(snapshot, s, 1) == 10);
	assert_true(series_slot_value(snapshot, s, 2) == 30);
	assert_true(s->max == 30 && s->min == 0);
}

static void a_counter_that_never_moves_needs_no_slots(void **state)
{
	static const uint64_t values[] = { 7, 7, 7 };
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id id = series(snapshot, "a", METRIC_COUNTER, 0);

	counter_values(snapshot, id, values, ARRAY_SIZE(values));
	assert_null(snapshot_series_at(snapshot, id)->slots);
	assert_true(series_slot_value(snapshot, snapshot_series_at(snapshot, id), 1) == 0);
}

static void a_reset_is_a_hole_and_not_a_jump(void **state)
{
	static const uint64_t values[] = { 5000, 5010, 3, 13 };
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id id = series(snapshot, "a", METRIC_COUNTER, 32);
	const struct series *s;

	counter_values(snapshot, id, values, ARRAY_SIZE(values));
	s = snapshot_series_at(snapshot, id);
	assert_int_equal(s->resets, 1);
	assert_int_equal(s->wraps, 0);
	assert_true(s->delta == 20);
	assert_true(isnan(series_slot_value(snapshot, s, 1)));
	assert_true(series_slot_value(snapshot, s, 2) == 10);
}

static void a_32_bit_counter_wraps(void **state)
{
	static const uint64_t values[] = { 0xfffffff0, 0xfffffffa, 4 };
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id id = series(snapshot, "a", METRIC_COUNTER, 32);

	counter_values(snapshot, id, values, ARRAY_SIZE(values));
	assert_int_equal(snapshot_series_at(snapshot, id)->wraps, 1);
	assert_true(snapshot_series_at(snapshot, id)->delta == 20);
}

static void a_missing_sample_is_a_gap(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id id = series(snapshot, "a", METRIC_GAUGE, 0);
	const struct series *s;

	for (int i = 0; i < 4; i++) {
		tick_at(snapshot, i);
		if (i != 2)
			snapshot_gauge(snapshot, id, 5);
		snapshot_tick_end(snapshot);
	}
	s = snapshot_series_at(snapshot, id);
	assert_int_equal(s->gaps, 1);
	assert_true(series_slot_value(snapshot, s, 0) == 5);
	assert_true(isnan(series_slot_value(snapshot, s, 1)));
	assert_true(series_slot_value(snapshot, s, 2) == 5);
}

static void what_came_over_a_gap_is_no_rate(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id id = series(snapshot, "a", METRIC_COUNTER, 0);
	const struct series *s;

	for (int i = 0; i < 6; i++) {
		tick_at(snapshot, i);
		if (i != 2 && i != 3)
			snapshot_counter(snapshot, id, (uint64_t)i * 10);
		snapshot_tick_end(snapshot);
	}
	s = snapshot_series_at(snapshot, id);
	assert_true(s->delta == 50 && s->max == 10);
	assert_true(isnan(series_slot_value(snapshot, s, 3)));
	assert_true(series_slot_value(snapshot, s, 4) == 10);
}

static void a_series_that_comes_late_is_unknown_before(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id id = SERIES_NONE;
	const struct series *s;

	for (int i = 0; i < 5; i++) {
		tick_at(snapshot, i);
		if (i >= 2) {
			id = series(snapshot, "late", METRIC_COUNTER, 0);
			snapshot_counter(snapshot, id, (uint64_t)i * 100);
		}
		snapshot_tick_end(snapshot);
	}
	s = snapshot_series_at(snapshot, id);
	assert_true(isnan(series_slot_value(snapshot, s, 0)));
	assert_true(isnan(series_slot_value(snapshot, s, 1)));
	assert_true(series_slot_value(snapshot, s, 2) == 100);
	assert_true(series_slot_value(snapshot, s, 3) == 100);
}

static void a_long_window_keeps_sums_and_extremes_in_bounded_memory(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	series_id counter = series(snapshot, "counter", METRIC_COUNTER, 0);
	series_id gauge = series(snapshot, "gauge", METRIC_GAUGE, 0);
	uint64_t total = 0;
	const struct series *s;
	double sum = 0;

	for (int i = 0; i < 2000; i++) {
		tick_at(snapshot, i);
		total += i == 777 ? 5000 : 3;
		snapshot_counter(snapshot, counter, total);
		snapshot_gauge(snapshot, gauge, i % 10);
		snapshot_tick_end(snapshot);
	}
	assert_true(snapshot_window_get(snapshot)->slot_count < SLOT_MAX);
	assert_true(snapshot_window_get(snapshot)->merges >= 3);
	s = snapshot_series_at(snapshot, counter);
	assert_true(s->max == 5000);
	assert_true(s->delta == 1998 * 3 + 5000);
	for (uint32_t i = 0; i < snapshot_window_get(snapshot)->slot_count; i++)
		sum += series_slot_value(snapshot, s, i) * snapshot_window_get(snapshot)->slot_seconds[i];
	assert_true(s->delta - sum >= 0 && s->delta - sum < 16 * 3 + 1);	/* the newest slot may be unfinished */
	s = snapshot_series_at(snapshot, gauge);
	assert_true(s->max == 9 && s->min == 0);
	assert_true(fabs(series_slot_value(snapshot, s, 5) - 4.5) < 2);
}

static void a_late_tick_and_a_suspend_are_noticed(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	static const double monotonic[] = { 0, 1, 4.1, 5 };
	static const double boottime[] = { 0, 1, 4.1, 65 };

	snapshot_window(snapshot)->interval_sec = 1;
	for (size_t i = 0; i < ARRAY_SIZE(monotonic); i++) {
		snapshot_tick_begin(snapshot, monotonic[i], boottime[i], 1e9);
		snapshot_tick_end(snapshot);
	}
	assert_int_equal(snapshot_window_get(snapshot)->missed, 2);
	assert_true(fabs(snapshot_window_get(snapshot)->suspended_sec - 60) < 1e-9);
	assert_true(fabs(snapshot_window_get(snapshot)->slot_seconds[1] - 3.1) < 1e-9);
}

/* A snapshot with something of everything, hostile names included. */
static struct snapshot *make_full(void)
{
	struct snapshot *snapshot = snapshot_new();
	subject_id group = snapshot_subject(snapshot, SUBJECT_KIND_CGROUP, "/a\"b\n\xff$(reboot)", "/sys/fs/cgroup/x");
	series_id id = series(snapshot, "vmstat.pgfault", METRIC_COUNTER, 0);
	series_id gauge = series(snapshot, "loadavg.1", METRIC_GAUGE, 0);
	series_id huge = series(snapshot, "huge", METRIC_COUNTER, 0);

	snapshot_set(snapshot, group, "raw", "a\0b\xfe\t", 5, NULL);
	snapshot_set_string(snapshot, group, "empty", "", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.hostname", "db1.example.org", "/proc/sys/kernel/hostname");
	snapshot_set_absent(snapshot, SUBJECT_HOST, "vm.gone", -ENOENT, "/proc/sys/vm/gone");
	snapshot_set_absent(snapshot, SUBJECT_HOST, "vm.secret", -EACCES, NULL);
	for (int i = 0; i < 4; i++) {
		tick_at(snapshot, i);
		snapshot_counter(snapshot, id, (uint64_t)(i * i) + 5);
		snapshot_gauge(snapshot, gauge, 0.25 * i);
		snapshot_counter(snapshot, huge, UINT64_MAX - 1);
		snapshot_tick_end(snapshot);
	}
	(void)diag_warning(snapshot_notes(snapshot), NULL, "a note");
	return snapshot;
}

static char *save(const struct snapshot *snapshot, size_t *ret_length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_length);

	assert_int_equal(snapshot_save(snapshot, out), 0);
	fclose(out);
	return text;
}

static void what_is_saved_reads_back_the_same(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *first = make_full();
	CLEANUP(snapshot_free_ptr) struct snapshot *second = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct setting *setting;
	size_t length, again_length;
	char *text = save(first, &length), *again;
	subject_id group;

	if (snapshot_load("x.json", text, length, &diag, &second) < 0)
		fail_msg("%s", diag.count ? diag.entries[0].message : "no message");
	group = snapshot_find_subject(second, SUBJECT_KIND_CGROUP, "/a\"b\n\xff$(reboot)");
	assert_int_not_equal(group, SUBJECT_NONE);
	setting = snapshot_get(second, group, "raw");
	assert_int_equal(setting->raw_length, 5);
	assert_memory_equal(setting->raw, "a\0b\xfe\t", 5);
	assert_int_equal(snapshot_get(second, SUBJECT_HOST, "vm.secret")->error, -EACCES);
	assert_true(series_slot_value(second, snapshot_metric(second, SUBJECT_HOST, "vmstat.pgfault"), 2) == 5);
	assert_true(snapshot_metric(second, SUBJECT_HOST, "huge")->last_counter == UINT64_MAX - 1);
	again = save(second, &again_length);
	assert_int_equal(length, again_length);
	assert_memory_equal(text, again, length);
	free(text);
	free(again);
}

static void a_changed_or_broken_file_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "not JSON" },
		{ "[]", "a list was not expected" },
		{ "{\"format\": \"other\"}", "format is not keisoku-snapshot" },
		{ "{\"format\": \"keisoku-snapshot\", \"version\": 2}", "version 1" },
		{ "{\"format\": \"keisoku-snapshot\", \"version\": 1}", "sha256 or content is missing" },
		{ "{\"format\": \"keisoku-snapshot\", \"version\": 1, \"sha256\": \"0\", \"content\": {}}", "changed after" },
		{ "{\"nonsense\": 1}", "unknown key 'nonsense'" },
		{ "{\"content\": {\"subjects\": [{\"settings\": []}]}}", "needs kind, name and path" },
		{ "{\"content\": {\"subjects\": [{\"kind\": \"moon\", \"name\": \"\", \"path\": \"\", \"settings\": []}]}}",
		  "unknown kind of subject 'moon'" },
		{ "{\"format\": 1, \"format\": 2}", "duplicate key" },
		{ "{\"version\": \xff}", "not JSON" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct snapshot *snapshot;

		assert_true(snapshot_load("x", cases[i].text, strlen(cases[i].text), &diag, &snapshot) < 0);
		assert_true(diag.count > 0);
		if (!strstr(diag.entries[0].message, cases[i].message))
			fail_msg("expected '%s' in '%s'", cases[i].message, diag.entries[0].message);
	}
}

static void one_changed_byte_is_noticed(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *first = make_full();
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct snapshot *second;
	size_t length;
	char *text = save(first, &length);

	*strstr(text, "db1") = 'x';
	assert_true(snapshot_load("x", text, length, &diag, &second) < 0);
	assert_non_null(strstr(diag.entries[0].message, "changed after it was saved"));
	free(text);
}

static void redaction_is_consistent_and_leaves_the_rest(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = make_full();
	subject_id eth0 = snapshot_subject(snapshot, SUBJECT_KIND_INTERFACE, "eth0", "");
	subject_id mount = snapshot_subject(snapshot, SUBJECT_KIND_MOUNT, "/home/alice/data", "");

	(void)snapshot_subject(snapshot, SUBJECT_KIND_LISTENER, "tcp 10.1.2.3:80", "");
	snapshot_set_string(snapshot, eth0, "address", "52:54:00:12:34:56", NULL);
	snapshot_set_string(snapshot, mount, "source", "10.1.2.3:/export", NULL);
	snapshot_set_string(snapshot, mount, "options", "rw,addr=10.1.2.4,host=db1.example.org", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "net.ipv4.tcp_rmem", "4096\t131072\t6291456", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "loop", "127.0.0.1", NULL);
	snapshot_set_string(snapshot, mount, "nfs", "files.example.org:/export", NULL);
	snapshot_set_string(snapshot, mount, "smb", "//files.example.org/share", NULL);
	snapshot_redact(snapshot);

	assert_string_equal(snapshot_text(snapshot, mount, "nfs"), "host-2:/export");
	assert_string_equal(snapshot_text(snapshot, mount, "smb"), "//host-2/share");
	assert_string_equal(snapshot_text(snapshot, SUBJECT_HOST, "kernel.hostname"), "host-1");
	assert_string_equal(snapshot_text(snapshot, mount, "options"), "rw,addr=address-2,host=host-1");
	assert_string_equal(snapshot_text(snapshot, mount, "source"), "address-1:/export");
	assert_int_not_equal(snapshot_find_subject(snapshot, SUBJECT_KIND_LISTENER, "tcp address-1:80"), SUBJECT_NONE);
	assert_int_not_equal(snapshot_find_subject(snapshot, SUBJECT_KIND_MOUNT, "/home/user-1/data"), SUBJECT_NONE);
	assert_string_equal(snapshot_text(snapshot, eth0, "address"), "mac-1");
	assert_string_equal(snapshot_text(snapshot, SUBJECT_HOST, "net.ipv4.tcp_rmem"), "4096\t131072\t6291456");
	assert_string_equal(snapshot_text(snapshot, SUBJECT_HOST, "loop"), "127.0.0.1");
}

static void redaction_covers_the_lines_of_files_that_set_sysctls(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	const char *text;

	(void)state;
	snapshot_set_string(snapshot, SUBJECT_HOST, "kernel.hostname", "web17", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "boot.cmdline",
			    "wins\tsysctl\tprocps\thost\t.\tvm.swappiness\t10\t/etc/sysctl.d/web17.conf\t3\t.\t.\t.\t"
			    "vm.swappiness = 10\\t# for db7.example.org, 10.1.2.3\n"
			    "wins\tsysctl\tprocps\thost\t.\tkernel.core_pattern\t/home/alice/core\t/etc/sysctl.conf\t1\t.\t.\t.\t"
			    "kernel.core_pattern = /home/alice/core ; at 10.1.2.3\n"
			    "wins\tsysctl\tprocps\thost\t.\tkernel.hostname\told9\t/etc/sysctl.conf\t2\t.\t.\t.\t"
			    "kernel.hostname = old9", NULL);
	snapshot_redact(snapshot);
	text = snapshot_text(snapshot, SUBJECT_HOST, "boot.cmdline");
	assert_non_null(strstr(text, "vm.swappiness\t10\t/etc/sysctl.d/host-1.conf\t3\t.\t.\t.\tvm.swappiness = 10\\t# comment\n"));
	assert_non_null(strstr(text, "\tkernel.core_pattern = /home/user-1/core # comment\n"));
	assert_null(strstr(text, "old9"));
}

static void what_was_left_out_is_no_error_of_the_host(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	const struct setting *secret, *forbidden;

	(void)state;
	snapshot_set_absent(snapshot, SUBJECT_HOST, "secret", -ECANCELED, "/secret");
	snapshot_set_absent(snapshot, SUBJECT_HOST, "forbidden", -EACCES, "/forbidden");
	secret = snapshot_get(snapshot, SUBJECT_HOST, "secret");
	forbidden = snapshot_get(snapshot, SUBJECT_HOST, "forbidden");

	assert_true(setting_left_out(secret));
	assert_false(setting_left_out(forbidden));
	assert_string_equal(setting_error_text(secret), "left out on purpose");
	assert_string_equal(setting_error_text(forbidden), "Permission denied");
}

static void a_metric_that_is_not_there_leaves_the_setting_of_its_name(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();

	(void)state;
	snapshot_set_string(snapshot, SUBJECT_HOST, "fs.aio-nr", "7", "/listing:3");
	snapshot_metric_absent(snapshot, SUBJECT_HOST, "fs.aio-nr", -ENOENT, "/proc/sys/fs/aio-nr");
	snapshot_metric_absent(snapshot, SUBJECT_HOST, "stat.intr", -EACCES, "/proc/stat");

	assert_string_equal(snapshot_text(snapshot, SUBJECT_HOST, "fs.aio-nr"), "7");
	assert_int_equal(snapshot_get(snapshot, SUBJECT_HOST, "stat.intr")->absence, UNREADABLE);
}

static void settings_of_a_subject_are_found_newest_first(void **state)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	subject_id disk = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "");
	const struct setting *setting;

	assert_null(snapshot_subject_settings(snapshot, disk));
	snapshot_set_string(snapshot, disk, "scheduler", "none", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.swappiness", "60", NULL);
	snapshot_set_string(snapshot, disk, "rotational", "0", NULL);
	snapshot_set_string(snapshot, disk, "scheduler", "bfq", NULL);
	setting = snapshot_subject_settings(snapshot, disk);
	assert_string_equal(snapshot_key_name(snapshot, setting->key), "rotational");
	setting = snapshot_setting_before(snapshot, setting);
	assert_string_equal(setting->raw, "bfq");
	assert_null(snapshot_setting_before(snapshot, setting));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_of_a_subject_are_found_newest_first),
		cmocka_unit_test(a_setting_keeps_its_text_and_where_it_was_read),
		cmocka_unit_test(absent_unreadable_and_unsupported_are_three_things),
		cmocka_unit_test(a_counter_becomes_increases_per_interval),
		cmocka_unit_test(a_counter_that_never_moves_needs_no_slots),
		cmocka_unit_test(a_reset_is_a_hole_and_not_a_jump),
		cmocka_unit_test(a_32_bit_counter_wraps),
		cmocka_unit_test(a_missing_sample_is_a_gap),
		cmocka_unit_test(what_came_over_a_gap_is_no_rate),
		cmocka_unit_test(a_series_that_comes_late_is_unknown_before),
		cmocka_unit_test(a_long_window_keeps_sums_and_extremes_in_bounded_memory),
		cmocka_unit_test(a_late_tick_and_a_suspend_are_noticed),
		cmocka_unit_test(what_is_saved_reads_back_the_same),
		cmocka_unit_test(a_changed_or_broken_file_is_refused),
		cmocka_unit_test(one_changed_byte_is_noticed),
		cmocka_unit_test(redaction_is_consistent_and_leaves_the_rest),
		cmocka_unit_test(redaction_covers_the_lines_of_files_that_set_sysctls),
		cmocka_unit_test(what_was_left_out_is_no_error_of_the_host),
		cmocka_unit_test(a_metric_that_is_not_there_leaves_the_setting_of_its_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
