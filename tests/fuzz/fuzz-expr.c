/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an expression: refused with one message, or a program that gives an answer. */
#include <stdio.h>

#include "../../advisor/expr.h"
#include "../../core/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char tunables_yaml[] =
	"vm.swappiness: {kind: sysctl, type: integer, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.dirty_bytes: {kind: sysctl, type: integer, unit: B, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.list: {kind: sysctl, type: list, unit: page, fields: [a, b], summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"vm.text: {kind: sysctl, type: text, summary: s, scope: global, takes_effect: live, reversible: yes, references: [r]}\n"
	"block.scheduler: {kind: block-queue, type: enum, summary: s, scope: device, takes_effect: live, reversible: yes, references: [r]}\n";
static const char metrics_yaml[] =
	"c: {kind: counter, unit: count, source: s, meaning: m, references: [r], frozen_when: vm.swappiness == 7}\n"
	"g: {kind: gauge, unit: B, source: s, meaning: m, references: [r]}\n"
	"block.t: {kind: counter, unit: ms, source: s, meaning: m, references: [r]}\n";

static struct arena arena;
static struct registry *registry;
static struct snapshot *snapshot;

static void load(enum entry_class class, const char *yaml)
{
	const struct node *documents;
	struct diag diag = DIAG_INIT;

	if (node_parse(&arena, "registry", yaml, strlen(yaml), &diag, &documents) < 0 ||
	    registry_load(registry, class, documents, &diag) < 0)
		abort();
}

static void sample(subject_id subject, const char *key, enum metric_kind kind, unsigned int value)
{
	series_id id = snapshot_series(snapshot, subject, key, strlen(key), kind, 0);

	if (kind == METRIC_COUNTER)
		snapshot_counter(snapshot, id, value);
	else
		snapshot_gauge(snapshot, id, value);
}

static void make_world(void)
{
	struct diag diag = DIAG_INIT;
	subject_id sda;

	registry = registry_new();
	load(ENTRY_TUNABLE, tunables_yaml);
	load(ENTRY_METRIC, metrics_yaml);
	if (registry_check(registry, &diag) < 0)
		abort();
	snapshot = snapshot_new();
	sda = snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "");
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.swappiness", "60", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.list", "1 2 3", NULL);
	snapshot_set_string(snapshot, SUBJECT_HOST, "vm.text", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", NULL);
	snapshot_set_string(snapshot, sda, "scheduler", "none [bfq]", NULL);
	snapshot_window(snapshot)->interval_sec = 1;
	for (unsigned int i = 0; i < 12; i++) {
		snapshot_tick_begin(snapshot, i, i, i);
		sample(SUBJECT_HOST, "c", METRIC_COUNTER, 3 * i);
		sample(SUBJECT_HOST, "g", METRIC_GAUGE, i % 4);
		sample(sda, "t", METRIC_COUNTER, 900 * i);
		snapshot_tick_end(snapshot);
	}
}

static void evaluate_one(struct program *program)
{
	struct expr_missing missing = { .count = 0 };
	struct expr_context context;
	struct value value;

	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	program_bind(program, snapshot);
	expr_context_init(&context, snapshot, SUBJECT_HOST);
	context.missing = &missing;
	value = program_evaluate(program, &context);
	if (value.type != VALUE_UNKNOWN && value.type != program_type(program).type)
		abort();
	value_format(&text, &value, program_type(program));
	context.slot = 3;
	(void)program_evaluate(program, &context);
	for (size_t i = 0; i < program_terms(program); i++) {
		context.slot = SLOT_WHOLE;
		(void)program_evaluate(program_term(program, i), &context);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	const struct node node = { .kind = NODE_SCALAR, .text = text, .file = node_file_number("fuzz"), .line = 1, .column = 1 };
	struct expr_scope scope = { .about = size % 2 ? SUBJECT_KIND_BLOCK : SUBJECT_KIND_HOST };
	CLEANUP(program_free_ptr) struct program *program = NULL;
	struct diag diag = DIAG_INIT;

	if (!registry)
		make_world();
	scope.registry = registry;
	scope.target = registry_find(registry, "vm.swappiness");
	scope.proposed = true;
	if (expr_compile(&scope, &node, &diag, &program) == 0)
		evaluate_one(program);
	else if (diag.count != 1)
		abort();
	diag_release(&diag);
	free(text);
	return 0;
}
