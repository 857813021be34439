/* SPDX-License-Identifier: Apache-2.0 */
/* Two snapshots side by side: what counts as a difference, and what does not. */
#include "test.h"

#include <errno.h>
#include <math.h>

#include "../../advisor/compare.h"

static const char yaml_tunables[] =
	"vm.swappiness: {kind: sysctl, type: integer, unit: percent, scope: global, takes_effect: live, reversible: yes,\n"
	"  summary: how willing, references: [x]}\n"
	"kernel.counts: {kind: sysctl, type: integer, scope: global, takes_effect: live, reversible: yes, volatile: yes,\n"
	"  summary: changes, references: [x]}\n"
	"block.scheduler: {kind: block-queue, type: enum, scope: device, takes_effect: live, reversible: yes,\n"
	"  summary: which, references: [x]}\n";
static const char yaml_metrics[] =
	"io.bytes: {kind: counter, unit: kB, source: x, meaning: x, references: [x]}\n"
	"io.busy: {kind: counter, unit: ms, source: x, meaning: x, references: [x]}\n"
	"io.level: {kind: gauge, unit: page, source: x, meaning: x, references: [x]}\n";

struct fixture {
	struct arena arena;
	struct registry *registry;
	struct snapshot *before, *after;
	struct comparison comparison;
};

static void load(struct fixture *fixture, enum entry_class class, const char *text)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	assert_int_equal(node_parse(&fixture->arena, "test", text, strlen(text), &diag, &documents), 0);
	if (registry_load(fixture->registry, class, documents, &diag) < 0)
		fail_msg("%s", diag.entries[0].message);
}

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	fixture->registry = registry_new();
	load(fixture, ENTRY_TUNABLE, yaml_tunables);
	load(fixture, ENTRY_METRIC, yaml_metrics);
	fixture->before = snapshot_new();
	fixture->after = snapshot_new();
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	comparison_release(&fixture->comparison);
	snapshot_free(fixture->before);
	snapshot_free(fixture->after);
	registry_free(fixture->registry);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

static const struct comparison *compare(struct fixture *fixture, bool all)
{
	struct compared_side before = { .snapshot = fixture->before, .name = "a" };
	struct compared_side after = { .snapshot = fixture->after, .name = "b" };
	struct compare_options options = { .all = all };

	comparison_release(&fixture->comparison);
	compare_snapshots(fixture->registry, &before, &after, &options, &fixture->comparison);
	return &fixture->comparison;
}

static void set(struct snapshot *snapshot, const char *key, const char *raw)
{
	snapshot_set_string(snapshot, SUBJECT_HOST, key, raw, NULL);
}

static void assert_sides(const struct setting_difference *difference, const char *key, const char *before,
			 const char *after)
{
	assert_string_equal(difference->key, key);
	assert_string_equal(difference->before.text, before);
	assert_string_equal(difference->after.text, after);
}

static void the_same_twice_is_no_difference(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;

	set(fixture->before, "vm.swappiness", "60");
	set(fixture->after, "vm.swappiness", "60");
	snapshot_set_absent(fixture->before, SUBJECT_HOST, "vm.gone", -ENOENT, NULL);
	comparison = compare(fixture, false);
	assert_int_equal(comparison->n_settings + comparison->n_subjects + comparison->n_metrics, 0);
	/* Looked for and not there beside never looked for: nobody knows of a difference. */
	assert_int_equal(comparison->settings_compared, 2);
	assert_false(comparison->windows);
}

static void each_way_of_not_having_a_value_is_named(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;

	set(fixture->before, "a", "1");
	snapshot_set_absent(fixture->after, SUBJECT_HOST, "a", -ENOENT, NULL);
	set(fixture->before, "b", "1");
	snapshot_set_absent(fixture->after, SUBJECT_HOST, "b", -EACCES, NULL);
	snapshot_set_absent(fixture->before, SUBJECT_HOST, "c", -ENOENT, NULL);
	snapshot_set_absent(fixture->after, SUBJECT_HOST, "c", -EOPNOTSUPP, NULL);
	set(fixture->after, "d", "1");
	snapshot_set_absent(fixture->before, SUBJECT_HOST, "e", -ECANCELED, NULL);
	set(fixture->after, "e", "1");
	comparison = compare(fixture, false);
	assert_int_equal(comparison->n_settings, 5);
	assert_sides(&comparison->settings[0], "a", "1", "absent");
	assert_sides(&comparison->settings[1], "b", "1", "unreadable: Permission denied");
	assert_sides(&comparison->settings[2], "c", "absent", "unsupported: Operation not supported");
	assert_sides(&comparison->settings[3], "d", "not captured", "1");
	assert_string_equal(comparison->settings[4].before.state, "left out");
}

static void a_sysctl_that_the_walk_did_not_meet_is_absent(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;

	snapshot_set_string(fixture->before, SUBJECT_HOST, "net.x.y", "1", "/proc/sys/net/x/y");
	set(fixture->before, "kernel.ostype", "Linux");
	set(fixture->after, "kernel.ostype", "Linux");
	comparison = compare(fixture, false);
	assert_int_equal(comparison->n_settings, 1);
	assert_sides(&comparison->settings[0], "net.x.y", "1", "absent");
	assert_string_equal(comparison->settings[0].before.origin, "/proc/sys/net/x/y");
}

static void values_have_units_and_lists_of_choices_show_what_differs(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;
	subject_id before = snapshot_subject(fixture->before, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	subject_id after = snapshot_subject(fixture->after, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");

	set(fixture->before, "vm.swappiness", "60");
	set(fixture->after, "vm.swappiness", "10");
	snapshot_set_string(fixture->before, before, "scheduler", "[none] bfq", NULL);
	snapshot_set_string(fixture->after, after, "scheduler", "[none] bfq kyber", NULL);
	comparison = compare(fixture, false);
	assert_int_equal(comparison->n_settings, 2);
	assert_sides(&comparison->settings[0], "vm.swappiness", "60 %", "10 %");
	assert_sides(&comparison->settings[1], "scheduler", "[none] bfq", "[none] bfq kyber");
	assert_string_equal(comparison->settings[1].after.origin, "/sys/block/sda/queue/scheduler");
}

static void volatile_keys_and_processes_are_counted_and_shown_when_asked_for(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;

	set(fixture->before, "kernel.counts", "1");
	set(fixture->after, "kernel.counts", "2");
	set(fixture->before, "kernel.ns_last_pid", "1");
	set(fixture->after, "kernel.ns_last_pid", "2");
	(void)snapshot_subject(fixture->before, SUBJECT_KIND_PROCESS, "1 (x)", "");
	(void)snapshot_subject(fixture->after, SUBJECT_KIND_MOUNT, "/data", "");
	comparison = compare(fixture, false);
	assert_int_equal(comparison->n_settings, 0);
	assert_int_equal(comparison->settings_volatile, 2);
	assert_int_equal(comparison->subjects_volatile, 1);
	assert_int_equal(comparison->n_subjects, 1);
	assert_true(comparison->subjects[0].appeared);
	comparison = compare(fixture, true);
	assert_int_equal(comparison->n_settings, 2);
	assert_int_equal(comparison->settings[0].nature, NATURE_VOLATILE);
	assert_int_equal(comparison->n_subjects, 2);
	assert_false(comparison->subjects[1].appeared);
}

static void another_host_kernel_or_boot_is_said(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;

	set(fixture->before, "host.name", "a");
	set(fixture->after, "host.name", "a");
	set(fixture->before, "host.boot_id", "1");
	set(fixture->after, "host.boot_id", "2");
	set(fixture->after, "kernel.release", "6.1");
	comparison = compare(fixture, false);
	assert_int_equal(comparison->n_identity, 2);
	assert_string_equal(comparison->identity[0].name, "kernel");
	assert_null(comparison->identity[0].before);
	assert_string_equal(comparison->identity[1].name, "boot");
}

/* 30 intervals of a second: what is counted in each, and a level. */
static void measure(struct snapshot *snapshot, uint64_t step, double level)
{
	series_id bytes = snapshot_series(snapshot, SUBJECT_HOST, "io.bytes", 8, METRIC_COUNTER, 0);
	series_id busy = snapshot_series(snapshot, SUBJECT_HOST, "io.busy", 7, METRIC_COUNTER, 0);
	series_id gauge = snapshot_series(snapshot, SUBJECT_HOST, "io.level", 8, METRIC_GAUGE, 0);
	uint64_t total = 0;

	for (unsigned int i = 0; i <= 30; i++) {
		snapshot_tick_begin(snapshot, i, i, 1e9 + i);
		total += step + i * 37 % 11;
		snapshot_counter(snapshot, bytes, total);
		snapshot_counter(snapshot, busy, i * 500ULL);
		snapshot_gauge(snapshot, gauge, level);
		snapshot_tick_end(snapshot);
	}
	snapshot_window(snapshot)->live = true;
}

static void metrics_are_compared_in_base_units_and_per_second(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;
	const struct metric_difference *bytes;

	measure(fixture->before, 100, 5000);
	measure(fixture->after, 200, 5001);
	comparison = compare(fixture, false);
	assert_true(comparison->windows);
	assert_int_equal(comparison->metrics_compared, 3);
	assert_int_equal(comparison->metrics_changed, 1);
	/* One page of five thousand, between two windows in which nothing moved. */
	assert_int_equal(comparison->metrics_small, 1);
	assert_int_equal(comparison->n_metrics, 1);
	bytes = &comparison->metrics[0];
	assert_string_equal(bytes->key, "io.bytes");
	assert_int_equal(bytes->values.change, CHANGE_MORE);
	assert_true(fabs(bytes->values.difference - 100 * 1024) < 4 * 1024);
	assert_true(bytes->values.low < 100 * 1024 && bytes->values.high > 100 * 1024);
	assert_int_equal(bytes->dimension.bytes, 1);
	assert_int_equal(bytes->dimension.seconds, -1);

	comparison = compare(fixture, true);
	assert_int_equal(comparison->n_metrics, 3);
	for (size_t i = 0; i < comparison->n_metrics; i++) {
		if (!streq(comparison->metrics[i].key, "io.busy"))
			continue;
		assert_true(comparison->metrics[i].ratio);
		assert_true(fabs(comparison->metrics[i].values.before.p50 - 0.5) < 1e-9);
	}
}

static void without_two_windows_metrics_are_not_compared(void **state)
{
	struct fixture *fixture = *state;
	const struct comparison *comparison;

	measure(fixture->before, 100, 1);
	comparison = compare(fixture, true);
	assert_false(comparison->windows);
	assert_int_equal(comparison->metrics_compared, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(the_same_twice_is_no_difference),
		TEST(each_way_of_not_having_a_value_is_named),
		TEST(a_sysctl_that_the_walk_did_not_meet_is_absent),
		TEST(values_have_units_and_lists_of_choices_show_what_differs),
		TEST(volatile_keys_and_processes_are_counted_and_shown_when_asked_for),
		TEST(another_host_kernel_or_boot_is_said),
		TEST(metrics_are_compared_in_base_units_and_per_second),
		TEST(without_two_windows_metrics_are_not_compared),
	};

	return RUN_TESTS(tests);
}
