/* SPDX-License-Identifier: Apache-2.0 */
/* Plans judged after the change, on windows whose answer is known. */
#include "test.h"

#include <errno.h>
#include <math.h>

#include "../../advisor/verify.h"
#include "../../core/strbuf.h"

static const char yaml_tunables[] =
	"q.max: {kind: sysctl, type: integer, scope: global, takes_effect: live, reversible: yes, summary: s, references: [x]}\n"
	"q.mode: {kind: sysctl, type: bool, scope: global, takes_effect: live, reversible: yes, summary: s, references: [x]}\n"
	"block.depth: {kind: block-queue, type: integer, scope: device, takes_effect: live, reversible: yes, summary: s,\n"
	"  references: [x]}\n";
static const char yaml_metrics[] =
	"q.drops: {kind: counter, unit: count, source: x, meaning: x, references: [x]}\n"
	"q.served: {kind: counter, unit: count, source: x, meaning: x, references: [x]}\n"
	"q.waiting: {kind: gauge, unit: count, source: x, meaning: x, references: [x]}\n"
	"block.errors: {kind: counter, unit: count, source: x, meaning: x, references: [x]}\n";
static const char yaml_rules[] =
	"- {id: drops, title: Drops, about: host, when: rate(q.drops) > 0/s, set: q.max, to: 2 * current, direction: raise,\n"
	"   window: 10s, severity: low, because: b, verify: rate(q.drops) == 0/s, load: rate(q.served), references: [x]}\n"
	"- {id: blind, title: No load, about: host, when: rate(q.drops) > 0/s, set: q.max, to: 2 * current, direction: raise,\n"
	"   window: 10s, severity: low, because: b, references: [x]}\n"
	"- {id: near, title: Near, about: host, when: q.waiting > 0.8 * q.max, set: q.max, to: 2 * current, direction: raise,\n"
	"   window: 10s, severity: low, because: b, verify: q.waiting < 0.8 * q.max, references: [x]}\n"
	"- {id: mode, title: Mode, about: host, when: q.mode == false, set: q.mode, to: 'true', severity: low, because: b,\n"
	"   verify: q.mode == true, references: [x]}\n"
	"- {id: disk, title: Disk, about: block, when: rate(self.errors) > 0/s, set: self.depth, to: 2 * current,\n"
	"   direction: raise, window: 10s, severity: low, because: b, verify: p95(rate(self.errors)) < 1/s, references: [x]}\n";

struct fixture {
	struct arena arena;
	struct registry *registry;
	struct rulebook *rulebook;
	struct snapshot *before, *after;
	struct verification verification;
	struct diag diag;
};


static const struct node *parse_all(struct fixture *fixture, const char *text)
{
	const struct node *documents;

	assert_int_equal(node_parse(&fixture->arena, "test", text, strlen(text), &fixture->diag, &documents), 0);
	return documents;
}

static int setup(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	fixture->registry = registry_new();
	(void)registry_load(fixture->registry, ENTRY_TUNABLE, parse_all(fixture, yaml_tunables), &fixture->diag);
	(void)registry_load(fixture->registry, ENTRY_METRIC, parse_all(fixture, yaml_metrics), &fixture->diag);
	(void)registry_check(fixture->registry, &fixture->diag);
	fixture->rulebook = rulebook_new(fixture->registry);
	(void)rulebook_load_rules(fixture->rulebook, parse_all(fixture, yaml_rules), &fixture->diag);
	if (fixture->diag.count > 0)
		fail_msg("%s", fixture->diag.entries[0].message);
	fixture->before = snapshot_new();
	fixture->after = snapshot_new();
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	verification_release(&fixture->verification);
	snapshot_free(fixture->before);
	snapshot_free(fixture->after);
	rulebook_free(fixture->rulebook);
	registry_free(fixture->registry);
	diag_release(&fixture->diag);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

/* 30 intervals of a second, with that many drops and connections served in each, give or take a little. */
struct level {
	unsigned int drops, served;
	double waiting;
};

static void measure(struct snapshot *snapshot, const char *max, struct level level)
{
	subject_id disk = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	series_id drops = snapshot_series(snapshot, SUBJECT_HOST, "q.drops", 7, METRIC_COUNTER, 0);
	series_id served = snapshot_series(snapshot, SUBJECT_HOST, "q.served", 8, METRIC_COUNTER, 0);
	series_id waiting = snapshot_series(snapshot, SUBJECT_HOST, "q.waiting", 9, METRIC_GAUGE, 0);
	series_id errors = snapshot_series(snapshot, disk, "errors", 6, METRIC_COUNTER, 0);
	uint64_t all_drops = 0, all_served = 0;

	snapshot_set_string(snapshot, SUBJECT_HOST, "q.max", max, NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "q.mode", "1", NULL);
	snapshot_set_string(snapshot, disk, "depth", max, NULL);
	for (unsigned int i = 0; i <= 30; i++) {
		snapshot_tick_begin(snapshot, i, i, 1e9 + i);
		all_drops += level.drops ? level.drops + i * 37 % 5 : 0;
		all_served += level.served ? level.served + i * 37 % 7 : 0;
		snapshot_counter(snapshot, drops, all_drops);
		snapshot_counter(snapshot, served, all_served);
		snapshot_counter(snapshot, errors, all_drops);
		snapshot_gauge(snapshot, waiting, level.waiting + i * 37 % 3);
		snapshot_tick_end(snapshot);
	}
}

/* One action: the rule, the subject it is about, and what it sets. */
static const struct verified_action *verify(struct fixture *fixture, const char *rule, const char *subject,
					    const char *setting, const char *criterion)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct compared_side before = { .snapshot = fixture->before, .name = "a" };
	struct compared_side after = { .snapshot = fixture->after, .name = "b" };
	struct plan_document plan;

	strbuf_addf(&text, "{\"format\": \"keisoku-plan\", \"version\": 1, \"id\": \"0\", \"snapshot\": \"s\", \"actions\": [{"
		    "\"number\": 1, \"key\": \"k\", \"setting\": \"%s\", \"from\": \"8\", \"to\": \"16\", \"live\": true,"
		    "\"subject\": {\"kind\": \"%s\", \"name\": \"%s\"}, \"write\": {\"reads_back\": \"16\"}, \"reasons\": [",
		    setting, *subject ? "block" : "host", subject);
	if (rule)
		strbuf_addf(&text, "{\"finding\": \"%s@%s\", \"rule\": \"%s\", \"criterion\": \"%s\"}", rule,
			    *subject ? subject : "host", rule, criterion ? criterion : "true");
	strbuf_add_string(&text, "]}]}");
	if (plan_document_load(&fixture->arena, "plan", text.buf, text.len, &fixture->diag, &plan) < 0)
		fail_msg("%s", fixture->diag.entries[0].message);
	verification_release(&fixture->verification);
	verify_plan(fixture->rulebook, &plan, &before, &after, &fixture->diag, &fixture->verification);
	assert_int_equal(fixture->verification.n_actions, 1);
	return &fixture->verification.actions[0];
}

static void each_verdict_is_that_of_what_happened(void **state)
{
	/* clang-format off */
	static const struct {
		const char *rule, *max;
		struct level before, after;
		enum verdict verdict;
		const char *say;
	} rows[] = {
		{ "drops", "16", { 100, 500, 1 }, {   0, 500, 1 }, VERDICT_HELPED,      "criterion holds now" },
		{ "drops", "16", { 100, 500, 1 }, {   0, 900, 1 }, VERDICT_HELPED,      "criterion holds now" },
		{ "drops", "16", { 100, 500, 1 }, {  40, 500, 1 }, VERDICT_HELPED,      "does not hold yet" },
		{ "drops", "16", { 100, 500, 1 }, { 100, 500, 1 }, VERDICT_NO_EFFECT,   "within noise" },
		{ "drops", "16", { 100, 500, 1 }, {  95, 500, 1 }, VERDICT_NO_EFFECT,   "better by less than 10 %" },
		{ "drops", "16", { 100, 500, 1 }, { 105, 500, 1 }, VERDICT_NO_EFFECT,   "worse by less than 10 %" },
		{ "drops", "16", {   0, 500, 1 }, {   0, 500, 1 }, VERDICT_NO_EFFECT,   "held before already" },
		{ "drops", "16", { 100, 500, 1 }, { 300, 500, 1 }, VERDICT_WORSE,       "more than noise" },
		{ "drops", "16", { 100, 500, 1 }, { 300, 300, 1 }, VERDICT_WORSE,       "more than noise" },
		{ "drops", "16", { 100, 500, 1 }, { 600, 900, 1 }, VERDICT_WORSE,       "more than noise" },
		{ "drops", "16", { 100, 500, 1 }, { 300, 1500, 1 }, VERDICT_NO_EFFECT,  "each unit of load" },
		{ "drops", "16", { 100, 500, 1 }, {   0, 100, 1 }, VERDICT_NO_LOAD,     "20 % of the load" },
		{ "drops", "16", { 100, 500, 1 }, {   0,   0, 1 }, VERDICT_NO_LOAD,     "0 % of the load" },
		{ "drops", "16", { 100, 500, 1 }, {  70, 350, 1 }, VERDICT_NO_LOAD,     "no more than the load" },
		{ "drops", "16", { 100, 500, 1 }, {   0, 350, 1 }, VERDICT_HELPED,      "criterion holds now" },
		{ "drops", "8",  { 100, 500, 1 }, {   0, 500, 1 }, VERDICT_NOT_APPLIED, "value from before" },
		{ "drops", "12", { 100, 500, 1 }, {   0, 500, 1 }, VERDICT_NOT_APPLIED, "another value" },
		{ "blind", "16", { 100, 500, 1 }, {   0, 500, 1 }, VERDICT_HELPED,      "load was the same is not known" },
		/* What waits stays the same: the ceiling above it moved. */
		{ "near",  "16", {   0, 500, 8 }, {   0, 500, 8 }, VERDICT_HELPED,      "criterion holds now" },
		{ "near",  "16", {   0, 500, 8 }, {   0, 500, 18 }, VERDICT_NO_EFFECT,  "criterion does not hold" },
	};
	/* clang-format on */
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct verified_action *action;

		snapshot_free(fixture->before);
		snapshot_free(fixture->after);
		fixture->before = snapshot_new();
		fixture->after = snapshot_new();
		measure(fixture->before, "8", rows[i].before);
		measure(fixture->after, rows[i].max, rows[i].after);
		action = verify(fixture, rows[i].rule, "", "q.max", NULL);
		if (action->verdict != rows[i].verdict || !strstr(action->say, rows[i].say))
			fail_msg("row %zu: found %s, %s", i, verdict_name(action->verdict), action->say);
		assert_int_equal(fixture->verification.counts[action->verdict], 1);
	}
}

static void what_was_measured_is_shown_in_both_windows(void **state)
{
	struct fixture *fixture = *state;
	const struct verified_reason *reason;

	measure(fixture->before, "8", (struct level){ 100, 500, 1 });
	measure(fixture->after, "16", (struct level){ 0, 400, 1 });
	reason = verify(fixture, "drops", "", "q.max", NULL)->reasons;
	assert_string_equal(reason->criterion, "rate(q.drops) == 0/s");
	assert_int_equal(reason->before, TRUTH_NO);
	assert_int_equal(reason->after, TRUTH_YES);
	assert_int_equal(reason->n_quantities, 2);
	assert_string_equal(reason->quantities[0].expression, "rate(q.drops)");
	assert_false(reason->quantities[0].more_is_better);
	assert_true(reason->quantities[0].values.before.p50 == 102 && reason->quantities[0].values.after.max == 0);
	assert_true(reason->quantities[0].values.high < 0);
	assert_int_equal(reason->quantities[1].role, ROLE_LOAD);
	assert_true(reason->load_ratio > 0.75 && reason->load_ratio < 0.85);
}

static void a_criterion_inside_of_p95_is_looked_at_per_interval_and_of_its_own_subject(void **state)
{
	struct fixture *fixture = *state;
	const struct verified_action *action;

	measure(fixture->before, "8", (struct level){ 100, 500, 1 });
	measure(fixture->after, "16", (struct level){ 0, 500, 1 });
	action = verify(fixture, "disk", "sda", "depth", NULL);
	assert_int_equal(action->verdict, VERDICT_HELPED);
	assert_string_equal(action->subject_name, "block sda");
	assert_string_equal(action->reasons[0].quantities[0].expression, "p95(rate(self.errors))");
	assert_int_equal(action->reasons[0].quantities[0].values.before.count, 30);

	action = verify(fixture, "disk", "sdz", "depth", NULL);
	assert_int_equal(action->verdict, VERDICT_NOT_APPLIED);
	assert_false(action->applied);
	assert_non_null(strstr(action->say, "not there any more"));
}

static void a_rule_that_is_gone_leaves_its_criterion_in_the_plan(void **state)
{
	struct fixture *fixture = *state;
	const struct verified_action *action;

	measure(fixture->before, "8", (struct level){ 100, 500, 1 });
	measure(fixture->after, "16", (struct level){ 0, 500, 1 });
	action = verify(fixture, "forgotten", "", "q.max", "rate(q.drops) < 1/s");
	assert_int_equal(action->verdict, VERDICT_HELPED);
	action = verify(fixture, "forgotten", "", "q.max", "rate(q.drops) < 1");
	assert_int_equal(action->verdict, VERDICT_APPLIED);
	assert_says(&fixture->diag, "1");
	action = verify(fixture, "forgotten", "", "q.max", "rate(q.drops)");
	assert_int_equal(action->verdict, VERDICT_APPLIED);
}

static void settings_alone_are_applied_not_helped(void **state)
{
	struct fixture *fixture = *state;
	const struct verified_action *action;

	measure(fixture->before, "8", (struct level){ 0, 500, 1 });
	measure(fixture->after, "16", (struct level){ 0, 500, 1 });
	assert_int_equal(verify(fixture, "mode", "", "q.max", NULL)->verdict, VERDICT_APPLIED);
	snapshot_set_string(fixture->after, SUBJECT_HOST, "q.mode", "0", NULL);
	assert_int_equal(verify(fixture, "mode", "", "q.max", NULL)->verdict, VERDICT_NO_EFFECT);
	action = verify(fixture, NULL, "", "q.max", NULL);
	assert_int_equal(action->verdict, VERDICT_APPLIED);
	assert_int_equal(action->n_reasons, 0);
}

static void without_a_window_nothing_is_said_to_have_helped(void **state)
{
	struct fixture *fixture = *state;
	const struct verified_action *action;

	measure(fixture->before, "8", (struct level){ 100, 500, 1 });
	snapshot_set_string(fixture->after, SUBJECT_HOST, "q.max", "16", NULL);
	action = verify(fixture, "drops", "", "q.max", NULL);
	assert_int_equal(action->verdict, VERDICT_UNMEASURED);
	assert_non_null(strstr(action->say, "measured window"));
	snapshot_set_absent(fixture->after, SUBJECT_HOST, "q.max", -EACCES, NULL);
	action = verify(fixture, "drops", "", "q.max", NULL);
	assert_int_equal(action->verdict, VERDICT_NOT_APPLIED);
	assert_string_equal(action->found_text, "unreadable: Permission denied");
	assert_null(action->found);
}

static void the_load_of_a_row_of_the_use_table_stands_in(void **state)
{
	struct fixture *fixture = *state;
	const struct verified_action *action;
	static const char rule[] =
		"- {id: rowed, title: t, about: host, use: {resource: Q, kind: errors}, when: rate(q.drops) > 0/s, set: q.max,\n"
		"   to: 2 * current, direction: raise, window: 10s, severity: low, because: b, references: [x]}\n";
	static const char use[] = "- {resource: Q, load: rate(q.served)}\n";

	assert_int_equal(rulebook_load_rules(fixture->rulebook, parse_all(fixture, rule), &fixture->diag), 0);
	assert_int_equal(rulebook_load_use(fixture->rulebook, parse_all(fixture, use), &fixture->diag), 0);
	measure(fixture->before, "8", (struct level){ 100, 500, 1 });
	measure(fixture->after, "16", (struct level){ 0, 50, 1 });
	action = verify(fixture, "rowed", "", "q.max", NULL);
	assert_int_equal(action->verdict, VERDICT_NO_LOAD);
	assert_string_equal(action->reasons[0].criterion, "not (rate(q.drops) > 0/s)");
}

static void a_load_that_is_not_measured_is_refused(void **state)
{
	struct fixture *fixture = *state;
	static const char *const wrong[] = {
		"- {id: w, title: t, about: host, when: q.max > 1, set: q.max, to: '1', direction: lower, severity: low,\n"
		"   because: b, load: q.max, references: [x]}\n",
		"- {id: w, title: t, about: host, when: q.max > 1, set: q.max, to: '1', direction: lower, severity: low,\n"
		"   because: b, load: rate(q.drops) > 1/s, references: [x]}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;

		assert_int_equal(rulebook_load_rules(fixture->rulebook, parse_all(fixture, wrong[i]), &diag), -EINVAL);
		assert_says(&diag, "load: expected a number that is measured");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(each_verdict_is_that_of_what_happened),
		TEST(what_was_measured_is_shown_in_both_windows),
		TEST(a_criterion_inside_of_p95_is_looked_at_per_interval_and_of_its_own_subject),
		TEST(a_rule_that_is_gone_leaves_its_criterion_in_the_plan),
		TEST(settings_alone_are_applied_not_helped),
		TEST(without_a_window_nothing_is_said_to_have_helped),
		TEST(the_load_of_a_row_of_the_use_table_stands_in),
		TEST(a_load_that_is_not_measured_is_refused),
	};

	return RUN_TESTS(tests);
}
