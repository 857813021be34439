/* SPDX-License-Identifier: Apache-2.0 */
/* What lint knows of conditions without any host: what they can come to, what follows from them, what they exclude. */
#include <math.h>

#include "../../advisor/bounds.h"
#include "../../advisor/condition.h"
#include "../../advisor/lint.h"
#include "registry-world.h"

static const char tunables[] =
	"vm.share: {kind: sysctl, type: integer, range: 0..200, default: 60, summary: s, scope: global,\n"
	"           takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.bytes: {kind: sysctl, type: integer, unit: B, range: 4096.., default: 0, summary: s, scope: global,\n"
	"           takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.list: {kind: sysctl, type: list, unit: page, fields: [low, high], summary: s, scope: global,\n"
	"          takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.word: {kind: sysctl, type: enum, values: [a, b], summary: s, scope: global, takes_effect: live,\n"
	"          reversible: yes, references: [r]}\n"
	"vm.switch: {kind: sysctl, type: bool, summary: s, scope: global, takes_effect: live, reversible: yes,\n"
	"            references: [r]}\n";
static const char facts[] = "page_size: {type: integer, unit: B/page, summary: s}\n";
static const char metrics[] = "events: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
			      "waits: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
			      "meminfo.MemTotal: {kind: gauge, unit: kB, source: s, meaning: m, references: [r]}\n";

static int setup(void **state)
{
	*state = world_new(tunables, facts, metrics);
	return 0;
}

static struct program *compile(struct world *world, const char *text, const char *target)
{
	struct node node = { .text = text, .kind = NODE_SCALAR, .quoted = true, .line = 1, .column = 1 };
	struct expr_scope scope = { .registry = world->registry, .about = SUBJECT_KIND_HOST };
	struct program *program = NULL;

	if (target)
		scope.target = registry_find(world->registry, target);
	if (expr_compile(&scope, &node, &world->diag, &program) < 0)
		fail_msg("%s: %s", text, world->diag.entries[world->diag.count - 1].message);
	return program;
}

static void a_number_is_between_what_its_keys_can_be(void **state)
{
	static const struct { const char *text; double low, high; } cases[] = {
		{ "5", 5, 5 },
		{ "vm.share", 0, 200 },
		{ "vm.share + 5", 5, 205 },
		{ "vm.share - 5", -5, 195 },
		{ "2 * vm.share", 0, 400 },
		{ "-vm.share", -200, 0 },
		{ "100 / vm.share", 0.5, INFINITY },
		{ "vm.share / vm.share", 0, INFINITY },
		{ "min(vm.share, 50)", 0, 50 },
		{ "max(vm.share, 50)", 50, 200 },
		{ "clamp(vm.share, 10, 20)", 10, 20 },
		{ "next_power_of_2(vm.share)", 0, 400 },
		{ "round_up(vm.share, 7)", 0, 207 },
		{ "floor(vm.share / 3)", 0, 66 },
		{ "abs(vm.share - 300)", 0, 300 },
		{ "5 if vm.switch else vm.share", 0, 200 },
		{ "vm.bytes", 0, INFINITY },
		{ "rate(events)", 0, INFINITY },
		{ "p95(rate(events))", 0, INFINITY },
		{ "share(rate(events) > 5/s)", 0, 1 },
		{ "vm.list[high]", -INFINITY, INFINITY },
		{ "rate(events) / rate(waits)", 0, INFINITY },
		{ "count(cpu, true)", 0, INFINITY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct program *program = compile(*state, cases[i].text, NULL);
		struct bounds bounds = bounds_of(program, program->root);

		program_free(program);
		if ((double)bounds.low > cases[i].low || (double)bounds.high < cases[i].high)
			fail_msg("%s: %Lg to %Lg leaves something out", cases[i].text, bounds.low, bounds.high);
		/* abs() of what crosses nothing is not worth more. */
		if (!starts_with(cases[i].text, "abs") &&
		    ((double)bounds.low != cases[i].low || (double)bounds.high != cases[i].high))
			fail_msg("%s: %Lg to %Lg", cases[i].text, bounds.low, bounds.high);
	}
}

static void a_condition_that_cannot_fail_or_hold_is_seen(void **state)
{
	static const struct { const char *text; bool can_hold, can_fail; } cases[] = {
		{ "true", true, false },
		{ "not true", false, true },
		{ "vm.share >= 0", true, false },
		{ "vm.share > 0", true, true },
		{ "vm.share > 200", false, true },
		{ "vm.share >= 200", true, true },
		{ "vm.share == 201", false, true },
		{ "vm.share != 201", true, false },
		{ "vm.share in [201, 300]", false, true },
		{ "vm.share in [200, 300]", true, true },
		{ "vm.bytes > 0B", true, true },
		{ "rate(events) >= 0/s", true, false },
		{ "rate(events) < 0/s", false, true },
		{ "vm.share > 200 or vm.switch", true, true },
		{ "vm.share > 200 and vm.switch", false, true },
		{ "vm.share <= 200 or vm.switch", true, false },
		{ "not (vm.share <= 200)", false, true },
		{ "any(cpu, false)", false, true },
		{ "all(cpu, true)", true, false },
		{ "count(cpu, true) > 8", true, true },
		{ "count(cpu, false) > 0", false, true },
		{ "vm.word == \"a\"", true, true },
		{ "has(vm.share)", true, true },
		{ "kernel(\"5.4\")", true, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct program *program = compile(*state, cases[i].text, NULL);
		struct bounds bounds = bounds_of(program, program->root);

		program_free(program);
		if (bounds.can_hold != cases[i].can_hold || bounds.can_fail != cases[i].can_fail)
			fail_msg("%s: can%s hold, can%s fail", cases[i].text, bounds.can_hold ? "" : " not",
				 bounds.can_fail ? "" : " not");
	}
}

struct pair {
	struct program *programs[2];
	struct condition conditions[2];
};

static void make_pair(struct world *world, const char *left, const char *right, struct pair *pair)
{
	const char *texts[] = { left, right };

	for (int i = 0; i < 2; i++) {
		pair->programs[i] = compile(world, texts[i], NULL);
		condition_of(pair->programs[i], &pair->conditions[i]);
	}
}

static void release_pair(struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		condition_release(&pair->conditions[i]);
		program_free(pair->programs[i]);
	}
}

static void what_follows_from_a_condition_is_known(void **state)
{
	static const struct { const char *left, *right; bool implies; } cases[] = {
		{ "vm.share > 10", "vm.share > 5", true },
		{ "vm.share > 5", "vm.share > 10", false },
		{ "vm.share > 5", "vm.share >= 5", true },
		{ "vm.share >= 5", "vm.share > 5", false },
		{ "5 < vm.share", "vm.share > 4", true },
		{ "vm.share == 7", "vm.share > 5", true },
		{ "vm.share == 7", "vm.share != 8", true },
		{ "vm.share < 5", "vm.share != 8", true },
		{ "vm.share > 5", "vm.share != 8", false },
		{ "vm.share > 10 and vm.switch", "vm.share > 5", true },
		{ "vm.share > 10", "vm.share > 5 and vm.switch", false },
		{ "vm.share > 10", "vm.share > 5 or vm.switch", true },
		{ "vm.share > 10 or vm.switch", "vm.share > 5", false },
		{ "vm.share > 10 or vm.share > 20", "vm.share > 5", true },
		{ "not (vm.share <= 10)", "vm.share > 5", true },
		{ "not (vm.share <= 10 or vm.switch)", "not vm.switch", true },
		{ "vm.switch == true", "vm.switch", true },
		{ "vm.switch == 0", "not vm.switch", true },
		{ "vm.switch != 0", "vm.switch", true },
		{ "vm.word == \"a\"", "vm.word != \"b\"", true },
		{ "vm.word != \"b\"", "vm.word == \"a\"", false },
		{ "(vm.share  + 1) > 10", "vm.share + 1 > 5", true },
		{ "vm.list[high] * page_size > meminfo.MemTotal", "vm.list[1] * page_size >= meminfo.MemTotal / 4", true },
		{ "vm.list[high] * page_size > meminfo.MemTotal / 4", "vm.list[1] * page_size >= meminfo.MemTotal", false },
		{ "rate(events) > 4 * rate(waits)", "rate(waits) < 0.5 * rate(events)", true },
		{ "rate(events) > 4 * rate(waits)", "rate(waits) < 0.1 * rate(events)", false },
		{ "rate(events) / rate(waits) > 5", "rate(events) > 2 * rate(waits)", true },
		{ "vm.share > 10", "vm.bytes > 10B", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pair pair;
		bool implies;

		make_pair(*state, cases[i].left, cases[i].right, &pair);
		implies = condition_implies(&pair.conditions[0], &pair.conditions[1]);
		release_pair(&pair);
		if (implies != cases[i].implies)
			fail_msg("%s => %s: %d", cases[i].left, cases[i].right, implies);
	}
}

static void what_cannot_hold_together_is_known(void **state)
{
	static const struct { const char *left, *right; bool measured, exclude; } cases[] = {
		{ "vm.share > 10", "vm.share < 5", false, true },
		{ "vm.share > 10", "vm.share <= 10", false, true },
		{ "vm.share >= 10", "vm.share <= 10", false, false },
		{ "vm.share == 5", "vm.share != 5", false, true },
		{ "vm.switch", "not vm.switch", false, true },
		{ "vm.switch == false", "vm.switch", false, true },
		{ "vm.word == \"a\"", "vm.word == \"b\"", false, true },
		{ "vm.word == \"a\"", "vm.word != \"a\"", false, true },
		{ "vm.word != \"a\"", "vm.word != \"b\"", false, false },
		{ "vm.share > 10 or vm.switch", "vm.share < 5", false, false },
		{ "vm.share > 10 or vm.share > 20", "vm.share < 5", false, true },
		{ "vm.share > 10 and vm.switch", "vm.share < 5 or not vm.switch", false, true },
		{ "rate(events) > 5/s", "rate(events) < 5/s", true, true },
		{ "rate(events) > 5/s", "rate(events) < 5/s", false, false },
		{ "vm.bytes > 10% * meminfo.MemTotal", "vm.bytes < 3% * meminfo.MemTotal", false, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pair pair;
		bool exclude, back;

		make_pair(*state, cases[i].left, cases[i].right, &pair);
		exclude = condition_excludes(&pair.conditions[0], &pair.conditions[1], cases[i].measured);
		back = condition_excludes(&pair.conditions[1], &pair.conditions[0], cases[i].measured);
		release_pair(&pair);
		if (exclude != cases[i].exclude || back != exclude)
			fail_msg("%s, %s: %d and %d", cases[i].left, cases[i].right, exclude, back);
	}
}

/* More ways than are kept: nothing may be concluded from what was left out. */
static void a_condition_that_is_too_long_says_nothing(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct pair pair;

	for (int i = 0; i < 60; i++)
		strbuf_addf(&text, "%s(vm.share > %d or vm.switch)", i > 0 ? " and " : "", i);
	make_pair(*state, "vm.share > 0 or vm.switch", text.buf, &pair);
	assert_false(condition_implies(&pair.conditions[0], &pair.conditions[1]));
	release_pair(&pair);

	strbuf_reset(&text);
	for (int i = 0; i < 60; i++)
		strbuf_addf(&text, "%svm.share == %d", i > 0 ? " or " : "", i);
	make_pair(*state, text.buf, "vm.share > 100", &pair);
	assert_false(condition_implies(&pair.conditions[1], &pair.conditions[0]));
	assert_false(condition_excludes(&pair.conditions[0], &pair.conditions[1], true));
	release_pair(&pair);
}

static void the_end_of_a_proposal_is_a_condition(void **state)
{
	static const struct { const char *to, *when; bool raise, exclude; } cases[] = {
		{ "min(2 * current, 100)", "vm.share >= 100", true, true },
		{ "min(2 * current, 100)", "vm.share >= 99", true, false },
		{ "clamp(2 * current, 10, 100)", "vm.share > 100", true, true },
		{ "max(current, min(2 * current, 100))", "vm.share > 100", true, true },
		{ "max(current / 2, 10)", "vm.share <= 10", false, true },
		{ "max(current / 2, 10)", "vm.share < 20", false, false },
		{ "100", "vm.share > 100", true, true },
		{ "2 * current", "vm.share > 100", true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct program *to = compile(*state, cases[i].to, "vm.share"), *when = compile(*state, cases[i].when, NULL);
		const struct world *world = *state;
		struct condition moves = { 0 }, condition;
		bool exclude;

		condition_of_proposal(to, cases[i].raise, registry_find(world->registry, "vm.share"), "vm.share", false, &moves);
		condition_of(when, &condition);
		exclude = condition_excludes(&moves, &condition, true);
		condition_release(&moves);
		condition_release(&condition);
		program_free(to);
		program_free(when);
		if (exclude != cases[i].exclude)
			fail_msg("%s, %s: %d", cases[i].to, cases[i].when, exclude);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_between_what_its_keys_can_be),
		cmocka_unit_test(a_condition_that_cannot_fail_or_hold_is_seen),
		cmocka_unit_test(what_follows_from_a_condition_is_known),
		cmocka_unit_test(what_cannot_hold_together_is_known),
		cmocka_unit_test(a_condition_that_is_too_long_says_nothing),
		cmocka_unit_test(the_end_of_a_proposal_is_a_condition),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
