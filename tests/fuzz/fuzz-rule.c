/* SPDX-License-Identifier: Apache-2.0 */
/* Any YAML as rules, USE rows, waivers and cases: refused with messages, or judged, linted and mutated. */
#include <stdio.h>

#include "../../advisor/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char tunables_yaml[] =
	"vm.swappiness: {kind: sysctl, type: integer, range: 0..200, inert_when: vm.bytes > 0B, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.bytes: {kind: sysctl, type: integer, unit: B, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.list: {kind: sysctl, type: list, unit: page, fields: [a, b], summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.switch: {kind: sysctl, type: bool, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"block.scheduler: {kind: block-queue, type: enum, summary: s, scope: device, takes_effect: live, reversible: yes, references: [r]}\n";
static const char metrics_yaml[] = "c: {kind: counter, unit: count, source: s, meaning: m, references: [r]}\n"
				   "g: {kind: gauge, unit: B, source: s, meaning: m, references: [r]}\n"
				   "block.t: {kind: counter, unit: ms, source: s, meaning: m, references: [r]}\n";

static struct arena world;
static struct registry *registry;

static void load(enum entry_class class, const char *yaml)
{
	const struct node *documents;
	struct diag diag = DIAG_INIT;

	if (node_parse(&world, "registry", yaml, strlen(yaml), &diag, &documents) < 0 ||
	    registry_load(registry, class, documents, &diag) < 0)
		abort();
}

static void make_world(void)
{
	struct diag diag = DIAG_INIT;

	registry = registry_new();
	load(ENTRY_TUNABLE, tunables_yaml);
	load(ENTRY_METRIC, metrics_yaml);
	if (registry_check(registry, &diag) < 0)
		abort();
}

/* The last document is the cases of the rules before it. */
static void judge(struct rulebook *rulebook, const struct node *documents)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct node cases = *documents;

	if (documents->count == 0)
		return;
	cases.items = &documents->items[documents->count - 1];
	cases.count = 1;
	for (size_t i = 0; i < rulebook_count(rulebook) && i < 4; i++) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		size_t count;

		(void)cases_run(rulebook, registry, rulebook_rule_id(rulebook, i), &cases, &diag, &why, &count);
	}
}

static void judge_plainly(struct rulebook *rulebook, const struct waivers *waivers)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct evaluate_options options = { .waivers = waivers, .keep_all = true, .today = 20000 };
	struct use_row *rows;
	size_t count;

	(void)snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.swappiness", "60", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.list", "1 2", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.bytes", "0", NULL);
	evaluate(rulebook, snapshot, &options, &diag, &findings);
	evaluate_use(rulebook, snapshot, &arena, &rows, &count);
}

/* A few mutants of a few rules, and what lint says of them all. */
static void examine(struct rulebook *rulebook, const struct node *documents, struct arena *arena)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(equivalents_free_ptr) struct equivalents *equivalents = equivalents_new();
	const struct lint_options options = { 0 };

	(void)equivalents_load(equivalents, documents, &diag);
	rulebook_lint(rulebook, &options, &diag);
	for (size_t i = 0; i < rulebook_count(rulebook) && i < 2; i++) {
		const char *id = rulebook_rule_id(rulebook, i);
		struct mutant *mutants;
		size_t count = mutants_of(rulebook_rule_node(rulebook, i), arena, &mutants);

		for (size_t j = 0; j < count && j < 50; j++)
			(void)equivalents_has(equivalents, id, &mutants[j],
					      mutant_judge(registry, &mutants[j], documents));
		rule_check_cases(rulebook, id, documents, equivalents, &diag);
		equivalents_report(equivalents, id, &diag);
		(void)rule_statuses(rulebook, i);
	}
	equivalents_report_strays(equivalents, rulebook, &diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(rulebook_free_ptr) struct rulebook *rulebook = NULL;
	CLEANUP(waivers_free_ptr) struct waivers *waivers = waivers_new();
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;

	if (!registry)
		make_world();
	if (node_parse(&arena, "fuzz.yaml", (const char *)data, size, &diag, &documents) < 0)
		return 0;
	rulebook = rulebook_new(registry);
	if (rulebook_compile_registry(rulebook, &diag) < 0)
		abort();
	(void)rulebook_load_rules(rulebook, documents, &diag);
	(void)rulebook_load_use(rulebook, documents, &diag);
	(void)waivers_load(waivers, documents, &diag);
	judge_plainly(rulebook, waivers);
	judge(rulebook, documents);
	examine(rulebook, documents, &arena);
	return 0;
}
