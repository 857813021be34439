/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts written down: layers, ranges of subjects, sums, and the mistakes that are told. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "../../advisor/compose.h"
#include "test.h"

static const char tunables[] = "vm.swappiness: {kind: sysctl, type: integer, range: 0..200, summary: s, scope: global,"
			       " takes_effect: live, reversible: yes, references: [r]}\n";
static const char facts[] = "kernel.osrelease: {type: text, summary: s}\n"
			    "page_size: {type: integer, unit: B/page, summary: s}\n"
			    "cpu.stopped: {type: bool, summary: s}\n"
			    "state: {type: enum, values: [open, shut], summary: s}\n";
static const char metrics[] = "stat.user: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
			      "mem.free: {kind: gauge, unit: count, source: s, meaning: m, references: [r]}\n"
			      "cpu.ticks: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n";

static const char layers_text[] = "base:\n"
				  "  kernel: 6.1.0\n"
				  "  settings: {vm.swappiness: 60}\n"
				  "  rates: {stat.user: 5}\n"
				  "  gauges: {mem.free: 7}\n"
				  "four-cpus:\n"
				  "  from: [base]\n"
				  "  subjects: {cpu: {\"{0..3}\": {rates: {ticks: 10}}}}\n"
				  "  sums: {stat.user: cpu.ticks}\n"
				  "endless: {from: [endless]}\n"
				  "misspelt: {seting: {}}\n";

struct scene {
	struct arena arena;
	struct registry *registry;
	const struct node *layers;
	struct composer *composer;
	struct diag diag;
	struct snapshot *snapshot;
	int result;
};

static const struct node *parse(struct scene *scene, const char *text)
{
	const struct node *documents;

	assert_int_equal(node_parse(&scene->arena, "t.yaml", text, strlen(text), &scene->diag, &documents), 0);
	return &documents->items[0];
}

static const struct node *find_layer(void *context, const char *name)
{
	const struct scene *scene = context;

	return node_get(scene->layers, name);
}

static void load(struct scene *scene, enum entry_class class, const char *text)
{
	const struct node *documents;

	assert_int_equal(node_parse(&scene->arena, "e.yaml", text, strlen(text), &scene->diag, &documents), 0);
	if (registry_load(scene->registry, class, documents, &scene->diag) < 0)
		fail_msg("%s", scene->diag.entries[0].message);
}

static void begin(struct scene *scene)
{
	*scene = (struct scene){ .registry = registry_new() };
	load(scene, ENTRY_TUNABLE, tunables);
	load(scene, ENTRY_FACT, facts);
	load(scene, ENTRY_METRIC, metrics);
	assert_int_equal(registry_check(scene->registry, &scene->diag), 0);
	scene->layers = parse(scene, layers_text);
	scene->composer = composer_new(scene->registry, &scene->diag);
}

static void compose(struct scene *scene, const char *text)
{
	struct layers layers = { find_layer, scene };

	begin(scene);
	composer_add(scene->composer, parse(scene, text), &layers);
	scene->result = composer_finish(scene->composer, &scene->snapshot);
}

static void end(struct scene *scene)
{
	composer_free(scene->composer);
	registry_free(scene->registry);
	diag_release(&scene->diag);
	arena_release(&scene->arena);
}

static double delta(const struct scene *scene, enum subject_kind kind, const char *name, const char *key)
{
	subject_id id = kind == SUBJECT_KIND_HOST ? SUBJECT_HOST : snapshot_find_subject(scene->snapshot, kind, name);
	const struct series *series = snapshot_metric(scene->snapshot, id, key);

	return series ? series->delta : NAN;
}

static void later_layers_take_the_place_of_earlier_ones(void **state)
{
	struct scene scene;

	compose(&scene, "{from: [base], settings: {vm.swappiness: 10}, rates: {stat.user: 2}, kernel: 6.12.1}");
	assert_int_equal(scene.result, 0);
	assert_string_equal(snapshot_text(scene.snapshot, SUBJECT_HOST, "vm.swappiness"), "10");
	assert_string_equal(snapshot_text(scene.snapshot, SUBJECT_HOST, "kernel.osrelease"), "6.12.1");
	assert_true(delta(&scene, SUBJECT_KIND_HOST, NULL, "stat.user") == 2 * COMPOSE_INTERVALS);
	assert_true(snapshot_metric(scene.snapshot, SUBJECT_HOST, "mem.free")->last == 7);
	end(&scene);
}

static void an_enum_may_show_more_than_its_word(void **state)
{
	struct scene scene;

	compose(&scene, "{from: [base], settings: {state: shut (by hand)}}");
	assert_int_equal(scene.result, 0);
	assert_string_equal(snapshot_text(scene.snapshot, SUBJECT_HOST, "state"), "shut (by hand)");
	end(&scene);
}

static void a_range_of_names_is_that_many_subjects_and_a_star_all_of_them(void **state)
{
	struct scene scene;

	compose(&scene, "{from: [four-cpus], subjects: {cpu: {\"*\": {settings: {stopped: 0}}, 2: {rates: {ticks: 1}}}}}");
	assert_int_equal(scene.result, 0);
	assert_int_equal(snapshot_kind_count(scene.snapshot, SUBJECT_KIND_CPU), 4);
	assert_true(delta(&scene, SUBJECT_KIND_CPU, "3", "ticks") == 10 * COMPOSE_INTERVALS);
	assert_true(delta(&scene, SUBJECT_KIND_CPU, "2", "ticks") == 1 * COMPOSE_INTERVALS);
	assert_string_equal(snapshot_text(scene.snapshot, snapshot_find_subject(scene.snapshot, SUBJECT_KIND_CPU, "3"),
					  "stopped"), "0");
	end(&scene);
}

static void a_sum_counts_what_its_subjects_count(void **state)
{
	struct scene scene;

	compose(&scene, "{from: [four-cpus], subjects: {cpu: {2: {intervals: {ticks: [59*1, 7]}}}}}");
	assert_int_equal(scene.result, 0);
	assert_true(delta(&scene, SUBJECT_KIND_HOST, NULL, "stat.user") == 30 * COMPOSE_INTERVALS + 66);
	end(&scene);
	compose(&scene, "{from: [four-cpus], rates: {stat.user: 1}}");
	assert_true(delta(&scene, SUBJECT_KIND_HOST, NULL, "stat.user") == COMPOSE_INTERVALS);
	end(&scene);
}

static void a_rate_takes_the_place_of_intervals(void **state)
{
	struct scene scene;

	compose(&scene, "{from: [four-cpus], subjects: {cpu: {1: {intervals: {ticks: [30*0, 30*4]}},"
			" \"{0..1}\": {rates: {ticks: 3}}}}}");
	assert_int_equal(scene.result, 0);
	assert_true(delta(&scene, SUBJECT_KIND_CPU, "1", "ticks") == 3 * COMPOSE_INTERVALS);
	end(&scene);
}

static void what_a_later_layer_takes_back_is_not_measured(void **state)
{
	struct scene scene;

	compose(&scene, "{from: [base], absent: [stat.user, vm.swappiness]}");
	assert_int_equal(scene.result, 0);
	assert_null(snapshot_metric(scene.snapshot, SUBJECT_HOST, "stat.user"));
	assert_int_equal(snapshot_get(scene.snapshot, SUBJECT_HOST, "vm.swappiness")->absence, ABSENT);
	end(&scene);
}

static void no_window_means_averages_since_boot(void **state)
{
	struct scene scene;

	compose(&scene, "{from: [base], window: none}");
	assert_int_equal(scene.result, 0);
	assert_false(snapshot_window_get(scene.snapshot)->live);
	assert_true(snapshot_metric(scene.snapshot, SUBJECT_HOST, "stat.user")->last_counter == 5 * COMPOSE_UPTIME);
	end(&scene);
}

static void mistakes_are_told_where_they_are(void **state)
{
	/* clang-format off */
	static const struct { const char *text, *says; } cases[] = {
		{ "{from: [nowhere]}",                                  "no layer 'nowhere'" },
		{ "{from: base}",                                       "from: expected a list" },
		{ "{from: [endless]}",                                  "more than 8 layers" },
		{ "{from: [misspelt]}",                                 "seting" },
		{ "{settings: {vm.swapiness: 1}}",                      "unknown key 'vm.swapiness'" },
		{ "{settings: {stat.user: 1}}",                         "'stat.user' is a metric" },
		{ "{settings: {vm.swappiness: much}}",                  "'much' makes no sense as vm.swappiness" },
		{ "{settings: {state: ajar}}",                          "'ajar' makes no sense as state" },
		{ "{rates: {vm.swappiness: 1}}",                        "'vm.swappiness' is a setting" },
		{ "{rates: {mem.free: 1}}",                             "is a gauge" },
		{ "{gauges: {stat.user: 1}}",                           "is a counter" },
		{ "{rates: {stat.user: much}}",                         "expected a number" },
		{ "{sums: {stat.user: mem.free}}",                      "expected a metric of other subjects" },
		{ "{sums: {mem.free: cpu.ticks}}",                      "expected a metric of other subjects" },
		{ "{intervals: {stat.user: [1, x]}}",                   "expected a number" },
		{ "{intervals: {stat.user: []}}",                       "expected a list of numbers" },
		{ "{intervals: {stat.user: [5*1]}, window: 9s}",        "5 of them for stat.user in a window of 9" },
		{ "{window: soon}",                                     "expected whole seconds" },
		{ "{subjects: {cpus: {0: {}}}}",                        "expected {KIND: {NAME:" },
		{ "{subjects: {cpu: {0: [1]}}}",                        "expected {settings:" },
		{ "{subjects: {cpu: {0: {setings: {}}}}}",              "setings" },
		{ "{absent: [vm.nothing]}",                             "unknown key 'vm.nothing'" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene scene;

		compose(&scene, cases[i].text);
		assert_int_equal(scene.result, -EINVAL);
		assert_says(&scene.diag, cases[i].says);
		end(&scene);
	}
}

static void layers_are_not_looked_at_where_there_are_none(void **state)
{
	struct scene scene;

	begin(&scene);
	composer_add(scene.composer, parse(&scene, "{from: [base]}"), NULL);
	assert_int_equal(composer_finish(scene.composer, &scene.snapshot), 0);
	assert_null(snapshot_get(scene.snapshot, SUBJECT_HOST, "vm.swappiness"));
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_layers_take_the_place_of_earlier_ones),
		cmocka_unit_test(an_enum_may_show_more_than_its_word),
		cmocka_unit_test(a_range_of_names_is_that_many_subjects_and_a_star_all_of_them),
		cmocka_unit_test(a_sum_counts_what_its_subjects_count),
		cmocka_unit_test(a_rate_takes_the_place_of_intervals),
		cmocka_unit_test(what_a_later_layer_takes_back_is_not_measured),
		cmocka_unit_test(no_window_means_averages_since_boot),
		cmocka_unit_test(mistakes_are_told_where_they_are),
		cmocka_unit_test(layers_are_not_looked_at_where_there_are_none),
	};

	return RUN_TESTS(tests);
}
