/* SPDX-License-Identifier: Apache-2.0 */
#include "../../advisor/mutate.h"
#include "registry-world.h"

static const char tunables[] =
	"vm.swappiness: {kind: sysctl, type: integer, range: 0..200, summary: s, scope: global, takes_effect: live,\n"
	"                reversible: yes, references: [r]}\n"
	"vm.dirty_bytes: {kind: sysctl, type: integer, unit: B, summary: s, scope: global, takes_effect: live,\n"
	"                 reversible: yes, references: [r]}\n";
static const char metrics[] = "vmstat.oom_kill: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
			      "meminfo.MemFree: {kind: gauge, unit: kB, source: s, meaning: m, references: [r]}\n";

static int setup(void **state)
{
	*state = world_new(tunables, NULL, metrics);
	return 0;
}

static const struct node *rule_of(struct world *world, const char *fields)
{
	CLEANUP(free_ptr) char *yaml = xasprintf("id: mine\ntitle: t\nabout: host\nseverity: low\nbecause: b\n"
						 "references: [r]\n%s", fields);
	const struct node *documents = parse(world, arena_strdup(&world->arena, yaml));

	return &documents->items[0];
}

/* "field: from → to", a line each, of those mutants that are rules. */
static void list_mutants(struct world *world, const struct node *rule, struct strbuf *out)
{
	struct mutant *mutants;
	size_t count = mutants_of(rule, &world->arena, &mutants);

	for (size_t i = 0; i < count; i++) {
		CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = rulebook_new(world->registry);
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		struct node alone = { .kind = NODE_SEQUENCE, .items = mutants[i].rule, .count = 1 };

		if (rulebook_load_rules(rulebook, &alone, &diag) == 0)
			strbuf_addf(out, "%s: %s → %s\n", mutants[i].field, mutants[i].from, mutants[i].to);
	}
}

static void every_part_of_a_condition_is_changed_once(void **state)
{
	static const struct { const char *fields, *mutants; } cases[] = {
		{ "when: vm.swappiness > 60\nadvise: a\n",
		  "when: vm.swappiness > 60 → vm.swappiness >= 60\nwhen: vm.swappiness > 60 → vm.swappiness <= 60\n"
		  "when: 60 → 61\nwhen: 60 → 120\nwhen: 60 → 30\n" },
		{ "when: not (vm.dirty_bytes == 0B)\nadvise: a\n",
		  "when: not (vm.dirty_bytes == 0B) → (vm.dirty_bytes == 0B)\n"
		  "when: (vm.dirty_bytes == 0B) → (vm.dirty_bytes != 0B)\nwhen: 0B → 1B\n" },
		{ "when: vm.swappiness in [1, 10]\nadvise: a\n",
		  "when: vm.swappiness in [1, 10] → not (vm.swappiness in [1, 10])\n"
		  "when: [1, 10] → [2, 10]\nwhen: [1, 10] → [0, 10]\n"
		  "when: 10 → 11\nwhen: 10 → 20\nwhen: 10 → 5\n" },
		{ "when: p95(rate(vmstat.oom_kill)) > 1.5/s\nwindow: 30s\nadvise: a\n",
		  "when: p95(rate(vmstat.oom_kill)) > 1.5/s → p95(rate(vmstat.oom_kill)) >= 1.5/s\n"
		  "when: p95(rate(vmstat.oom_kill)) > 1.5/s → p95(rate(vmstat.oom_kill)) <= 1.5/s\n"
		  "when: p95(rate(vmstat.oom_kill)) → p50(rate(vmstat.oom_kill))\n"
		  "when: 1.5/s → 3/s\nwhen: 1.5/s → 0.75/s\nwhen: 1.5/s → 1.5/min\n" },
		{ "when: vm.swappiness < 5 and vm.dirty_bytes > 4KiB\nadvise: a\n",
		  "when: vm.swappiness < 5 and vm.dirty_bytes > 4KiB → vm.swappiness < 5 or vm.dirty_bytes > 4KiB\n"
		  "when: vm.swappiness < 5 and vm.dirty_bytes > 4KiB → vm.dirty_bytes > 4KiB\n"
		  "when: vm.swappiness < 5 and vm.dirty_bytes > 4KiB → vm.swappiness < 5\n"
		  "when: vm.swappiness < 5 → vm.swappiness <= 5\nwhen: vm.swappiness < 5 → vm.swappiness >= 5\n"
		  "when: 5 → 6\nwhen: 5 → 10\nwhen: 5 → 2\n"
		  "when: vm.dirty_bytes > 4KiB → vm.dirty_bytes >= 4KiB\nwhen: vm.dirty_bytes > 4KiB → vm.dirty_bytes <= 4KiB\n"
		  "when: 4KiB → 5KiB\nwhen: 4KiB → 8KiB\nwhen: 4KiB → 2KiB\nwhen: 4KiB → 4MiB\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;

		list_mutants(*state, rule_of(*state, cases[i].fields), &found);
		assert_string_equal(found.buf, cases[i].mutants);
	}
}

static void a_guard_is_not_left_out(void **state)
{
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;

	list_mutants(*state, rule_of(*state, "when: has(vm.swappiness) and (true or not has(vm.dirty_bytes) or false)\n"
					     "advise: a\n"), &found);
	assert_string_equal(found.buf,
			    "when: has(vm.swappiness) and (true or not has(vm.dirty_bytes) or false) → "
			    "has(vm.swappiness) or (true or not has(vm.dirty_bytes) or false)\n"
			    "when: has(vm.swappiness) and (true or not has(vm.dirty_bytes) or false) → has(vm.swappiness)\n"
			    "when: (true or not has(vm.dirty_bytes) or false) → (true and not has(vm.dirty_bytes) or false)\n"
			    "when: (true or not has(vm.dirty_bytes) or false) → (not has(vm.dirty_bytes) or false)\n"
			    "when: (true or not has(vm.dirty_bytes) or false) → (true or not has(vm.dirty_bytes) and false)\n"
			    "when: (true or not has(vm.dirty_bytes) or false) → (true or not has(vm.dirty_bytes))\n"
			    "when: true → false\n"
			    "when: not has(vm.dirty_bytes) → has(vm.dirty_bytes)\n"
			    "when: false → true\n");
}

static void what_is_set_and_how_long_is_changed_too(void **state)
{
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;

	list_mutants(*state, rule_of(*state, "where: has(vm.swappiness)\nwhen: rate(vmstat.oom_kill) > 0/s\nheld: 10%\n"
					     "window: 30s\nset: vm.swappiness\nto: max(current, 1)\ndirection: raise\n"
					     "elsewhere: [{when: has(vm.dirty_bytes), say: s}]\n"), &found);
	assert_string_equal(found.buf,
			    "where: has(vm.swappiness) → \n"
			    "when: rate(vmstat.oom_kill) > 0/s → rate(vmstat.oom_kill) >= 0/s\n"
			    "when: rate(vmstat.oom_kill) > 0/s → rate(vmstat.oom_kill) <= 0/s\n"
			    "when: 0/s → 1/s\n"
			    "held: 10% → \nheld: 10% → 20%\nheld: 10% → 5%\n"
			    "elsewhere[0]: has(vm.dirty_bytes) → \n"
			    "to: max(current, 1) → min(current, 1)\nto: 1 → 2\nto: 1 → 0\n"
			    "direction: raise → lower\n");
}

static void a_piece_that_stands_twice_is_named_with_what_is_around_it(void **state)
{
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;

	list_mutants(*state, rule_of(*state, "when: vm.swappiness > 1 or 10 > vm.swappiness\nadvise: a\n"), &found);
	assert_non_null(strstr(found.buf, "when: vm.swappiness > 1 → vm.swappiness > 2\n"));
	assert_non_null(strstr(found.buf, "when: 10 → 20\n"));
}

static enum mutant_fate judge(struct world *world, const char *fields, const char *to, const char *cases)
{
	struct mutant *mutants;
	size_t count = mutants_of(rule_of(world, fields), &world->arena, &mutants);

	for (size_t i = 0; i < count; i++)
		if (streq(mutants[i].to, to))
			return mutant_judge(world->registry, &mutants[i], parse(world, cases));
	fail_msg("no mutant %s", to);
	return MUTANT_INVALID;
}

static void a_mutant_is_noticed_by_the_case_on_the_boundary(void **state)
{
	static const char rule[] = "when: vm.swappiness > 60\nadvise: a\n";
	static const char far[] = "- {name: far, settings: {vm.swappiness: 100}, expect: recommend}\n"
				  "- {name: low, settings: {vm.swappiness: 10}, expect: satisfied}\n";
	static const char near[] = "- {name: far, settings: {vm.swappiness: 100}, expect: recommend}\n"
				   "- {name: on it, settings: {vm.swappiness: 60}, expect: satisfied}\n";

	assert_int_equal(judge(*state, rule, "vm.swappiness >= 60", far), MUTANT_SURVIVES);
	assert_int_equal(judge(*state, rule, "vm.swappiness >= 60", near), MUTANT_NOTICED);
	assert_int_equal(judge(*state, rule, "vm.swappiness <= 60", far), MUTANT_NOTICED);
	assert_int_equal(judge(*state, "when: rate(vmstat.oom_kill) > 0/s\nwindow: 30s\nadvise: a\n",
			       "delta(vmstat.oom_kill)", far), MUTANT_INVALID);
}

static void an_equivalent_that_is_not_needed_is_a_mistake(void **state)
{
	CLEANUP(equivalents_free_ptr) struct equivalents *equivalents = equivalents_new();
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct mutant one = { .field = "when", .from = "1", .to = "2" }, two = { .field = "when", .from = "3", .to = "4" };

	assert_int_equal(equivalents_load(equivalents, parse(*state, "mine:\n"
							     "  - {in: when, from: '1', to: '2', because: why not}\n"
							     "  - {in: when, from: '3', to: '4', because: why not}\n"
							     "  - {in: when, from: '5', to: '6', because: why not}\n"),
					  &diag), 0);
	assert_true(equivalents_has(equivalents, "mine", &one, MUTANT_SURVIVES));
	assert_true(equivalents_has(equivalents, "mine", &two, MUTANT_NOTICED));
	assert_false(equivalents_has(equivalents, "other", &one, MUTANT_SURVIVES));
	equivalents_report(equivalents, "mine", &diag);
	assert_int_equal(diag.errors, 2);
	assert_non_null(strstr(diag.entries[0].message, "it is not equivalent"));
	assert_non_null(strstr(diag.entries[1].message, "there is no such mutant"));
}

static void an_equivalent_needs_its_reason(void **state)
{
	static const char *const wrong[] = {
		"mine: 5\n", "- mine\n", "mine: [5]\n", "mine: [{in: when, from: a, to: b}]\n",
		"mine: [{in: when, from: a, to: b, because: ''}]\n", "mine: [{in: when, from: a, too: b, because: c}]\n",
		"mine: [{in: when, from: a, to: [b], because: c}]\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(equivalents_free_ptr) struct equivalents *equivalents = equivalents_new();
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;

		assert_true(equivalents_load(equivalents, parse(*state, wrong[i]), &diag) < 0);
		assert_true(diag.errors > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_of_a_condition_is_changed_once),
		cmocka_unit_test(a_guard_is_not_left_out),
		cmocka_unit_test(what_is_set_and_how_long_is_changed_too),
		cmocka_unit_test(a_piece_that_stands_twice_is_named_with_what_is_around_it),
		cmocka_unit_test(a_mutant_is_noticed_by_the_case_on_the_boundary),
		cmocka_unit_test(an_equivalent_that_is_not_needed_is_a_mistake),
		cmocka_unit_test(an_equivalent_needs_its_reason),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
