/* SPDX-License-Identifier: Apache-2.0 */
/* plan.json, and what is made of it: criteria compiled, actions judged against two small hosts, both reports written. */
#include <stdio.h>

#include "../../advisor/verify.h"
#include "../../reports/verification.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rulebook *rulebook;
static struct snapshot *hosts[2];

static void load(struct registry *registry, struct arena *arena, enum entry_class class, const char *text)
{
	struct diag diag = DIAG_INIT;
	const struct node *documents;

	if (node_parse(arena, "fuzz", text, strlen(text), &diag, &documents) < 0 ||
	    registry_load(registry, class, documents, &diag) < 0)
		abort();
}

static struct snapshot *make_host(uint64_t step)
{
	struct snapshot *snapshot = snapshot_new();
	series_id id = snapshot_series(snapshot, SUBJECT_HOST, "q.drops", 7, METRIC_COUNTER, 0);

	snapshot_set_string(snapshot, SUBJECT_HOST, "q.max", "8", NULL);
	for (unsigned int i = 0; i <= 12; i++) {
		snapshot_tick_begin(snapshot, i, i, 1e9 + i);
		snapshot_counter(snapshot, id, i * step + i * 37 % 5);
		snapshot_tick_end(snapshot);
	}
	return snapshot;
}

static void prepare(void)
{
	static struct arena arena = ARENA_INIT;
	static struct registry *registry;
	struct diag diag = DIAG_INIT;

	registry = registry_new();
	load(registry, &arena, ENTRY_TUNABLE,
	     "q.max: {kind: sysctl, type: integer, scope: global, takes_effect: live, reversible: yes, summary: s, "
	     "references: [x]}\n");
	load(registry, &arena, ENTRY_METRIC, "q.drops: {kind: counter, unit: count, source: x, meaning: x, references: [x]}\n");
	(void)registry_check(registry, &diag);
	rulebook = rulebook_new(registry);
	hosts[0] = make_host(100);
	hosts[1] = make_host(20);
	diag_release(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(verification_release) struct verification verification = { 0 };
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct compared_side sides[2];
	struct plan_document plan;

	if (!rulebook)
		prepare();
	if (plan_document_load(&arena, "fuzz", (const char *)data, size, &diag, &plan) < 0 || plan.n_actions > 20)
		return 0;
	for (size_t i = 0; i < 2; i++)
		sides[i] = (struct compared_side){ .snapshot = hosts[i], .name = "host" };
	verify_plan(rulebook, &plan, &sides[0], &sides[1], &diag, &verification);
	verification.plan = "fuzz";
	for (const struct verification_reporter *reporter = verification_reporters; reporter->name; reporter++) {
		CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };
		FILE *out = fopen("/dev/null", "we");

		page_init(&page, 80, true, size % 2 == 0);
		reporter->write(out, &verification, &page);
		fclose(out);
	}
	return 0;
}
