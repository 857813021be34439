/* SPDX-License-Identifier: Apache-2.0 */
/* All that was compiled: rules, USE rows, and what tunables say of themselves (inert_when, hazards). */
#include <errno.h>

#include "rule.h"

struct rulebook {
	const struct registry *registry;
	struct rule **rules;			/* by id */
	size_t n_rules, rules_capacity;
	struct use_rule **uses;
	size_t n_uses, uses_capacity;
	struct compiled_entry **compiled;	/* by the address of their entry; made when first asked for */
	size_t n_compiled, compiled_capacity;
	bool *captured;				/* per subject of the snapshot it is bound to: it has settings */
	uint32_t n_captured;
};

struct rulebook *rulebook_new(const struct registry *registry)
{
	struct rulebook *rulebook = xcalloc(1, sizeof(*rulebook));

	rulebook->registry = registry;
	return rulebook;
}

static void said_free(struct said *said, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		program_free(said[i].when);
		text_release(&said[i].say);
	}
	free(said);
}

static void compiled_release(struct rulebook *rulebook)
{
	for (size_t i = 0; i < rulebook->n_compiled; i++) {
		struct compiled_entry *compiled = rulebook->compiled[i];

		said_free(compiled->inert, compiled->n_inert);
		for (size_t j = 0; j < compiled->n_hazards; j++)
			program_free(compiled->hazards[j].when);
		free(compiled->hazards);
		free(compiled);
	}
	free(rulebook->compiled);
	rulebook->compiled = NULL;
	rulebook->n_compiled = rulebook->compiled_capacity = 0;
}

void rulebook_free(struct rulebook *rulebook)
{
	if (!rulebook)
		return;
	for (size_t i = 0; i < rulebook->n_rules; i++)
		rule_free(rulebook->rules[i]);
	for (size_t i = 0; i < rulebook->n_uses; i++)
		use_rule_free(rulebook->uses[i]);
	compiled_release(rulebook);
	free(rulebook->rules);
	free(rulebook->uses);
	free(rulebook->captured);
	free(rulebook);
}

const struct registry *rulebook_registry(const struct rulebook *rulebook)
{
	return rulebook->registry;
}

size_t rulebook_rules(const struct rulebook *rulebook, struct rule *const **ret_rules)
{
	*ret_rules = rulebook->rules;
	return rulebook->n_rules;
}

size_t rulebook_use_rules(const struct rulebook *rulebook, struct use_rule *const **ret_rules)
{
	*ret_rules = rulebook->uses;
	return rulebook->n_uses;
}

size_t rulebook_count(const struct rulebook *rulebook)
{
	return rulebook->n_rules;
}

const char *rulebook_rule_id(const struct rulebook *rulebook, size_t index)
{
	return rulebook->rules[index]->id;
}

const char *rulebook_rule_title(const struct rulebook *rulebook, size_t index)
{
	return rulebook->rules[index]->title;
}

const struct node *rulebook_rule_node(const struct rulebook *rulebook, size_t index)
{
	return node_open(rulebook->rules[index]->node);
}

/* ---- loading ---- */

/* A rule with the id of an earlier one takes its place. */
static void keep_rule(struct rulebook *rulebook, struct rule *rule)
{
	size_t low = 0, high = rulebook->n_rules;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(rulebook->rules[middle]->id, rule->id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < rulebook->n_rules && streq(rulebook->rules[low]->id, rule->id)) {
		rule_free(rulebook->rules[low]);
		rulebook->rules[low] = rule;
		return;
	}
	GROW(rulebook->rules, rulebook->rules_capacity, rulebook->n_rules + 1);
	memmove(rulebook->rules + low + 1, rulebook->rules + low, (rulebook->n_rules - low) * sizeof(struct rule *));
	rulebook->rules[low] = rule;
	rulebook->n_rules++;
}

static int load_one_rule(struct rulebook *rulebook, const struct node *node, struct diag *diag)
{
	struct rule *rule;
	int r = rule_load(rulebook->registry, node, diag, &rule);

	if (r == 0)
		keep_rule(rulebook, rule);
	return r;
}

int rulebook_load_expectation(struct rulebook *rulebook, const char *policy, const struct node *node, struct diag *diag)
{
	struct rule *rule;
	int r = expectation_load(rulebook->registry, policy, node, diag, &rule);

	if (r == 0)
		keep_rule(rulebook, rule);
	return r;
}

static int load_one_use(struct rulebook *rulebook, const struct node *node, struct diag *diag)
{
	struct use_rule *rule;
	int r = use_rule_load(rulebook->registry, node, diag, &rule);

	if (r < 0)
		return r;
	for (size_t i = 0; i < rulebook->n_uses; i++) {
		if (!streq(rulebook->uses[i]->resource, rule->resource))
			continue;
		use_rule_free(rulebook->uses[i]);
		rulebook->uses[i] = rule;
		return 0;
	}
	GROW(rulebook->uses, rulebook->uses_capacity, rulebook->n_uses + 1);
	rulebook->uses[rulebook->n_uses++] = rule;
	return 0;
}

/* A document is one item or a list of them. */
static int load_documents(struct rulebook *rulebook, const struct node *documents, struct diag *diag,
			  int (*load)(struct rulebook *, const struct node *, struct diag *))
{
	int result = 0, r;

	for (size_t i = 0; i < documents->count; i++) {
		const struct node *document = &documents->items[i];
		size_t count = document->kind == NODE_SEQUENCE ? document->count : 1;

		for (size_t j = 0; j < count; j++) {
			r = load(rulebook, document->kind == NODE_SEQUENCE ? &document->items[j] : document, diag);
			if (r < 0)
				result = r;
		}
	}
	return result;
}

int rulebook_load_rules(struct rulebook *rulebook, const struct node *documents, struct diag *diag)
{
	return load_documents(rulebook, documents, diag, load_one_rule);
}

int rulebook_load_use(struct rulebook *rulebook, const struct node *documents, struct diag *diag)
{
	return load_documents(rulebook, documents, diag, load_one_use);
}

/* ---- what tunables say of themselves ---- */

static int compile_condition(struct rulebook *rulebook, const struct entry *entry, const struct node *node,
			     bool proposed, struct diag *diag, struct program **ret_program)
{
	struct expr_scope scope = {
		.registry = rulebook->registry,
		.about = entry->about,
		.target = entry,
		.proposed = proposed,
	};
	struct place place = node_place(node);
	char found[96];
	int r;

	r = expr_compile(&scope, node, diag, ret_program);
	if (r < 0)
		return r;
	if (program_type(*ret_program).type == VALUE_BOOL)
		return 0;
	r = diag_error(diag, &place, "%s: expected a condition, found %s", entry->id,
		       expr_type_describe(program_type(*ret_program), found, sizeof(found)));
	program_free(*ret_program);
	return r;
}

/* A condition, a mapping {when:, say:}, or a list of these. */
static int compile_inert(struct rulebook *rulebook, struct compiled_entry *compiled, const struct node *node,
			 struct diag *diag)
{
	size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
	int result = 0, r;

	compiled->inert = xcalloc(count + 1, sizeof(*compiled->inert));
	for (size_t i = 0; i < count; i++) {
		const struct node *item = node->kind == NODE_SEQUENCE ? &node->items[i] : node;
		const struct node *when = item->kind == NODE_MAPPING ? node_get(item, "when") : item;
		const struct node *say = item->kind == NODE_MAPPING ? node_get(item, "say") : NULL;
		struct expr_scope scope = { .registry = rulebook->registry, .about = compiled->entry->about,
					    .target = compiled->entry };
		struct said *said = &compiled->inert[compiled->n_inert];
		struct place place = node_place(item);

		if (!when) {
			result = diag_error(diag, &place, "inert_when: expected a condition, or {when: …, say: …}");
			continue;
		}
		r = compile_condition(rulebook, compiled->entry, when, false, diag, &said->when);
		if (r < 0) {
			result = r;
			continue;
		}
		compiled->n_inert++;
		if (say) {
			r = text_compile(&scope, say, diag, &said->say);
			result = r < 0 ? r : result;
		}
	}
	return result;
}

static int compile_hazards(struct rulebook *rulebook, struct compiled_entry *compiled, const struct node *node,
			   struct diag *diag)
{
	struct place place = node_place(node);
	int result = 0, r;

	if (node->kind != NODE_SEQUENCE)
		return diag_error(diag, &place, "hazards: expected a list of {when: …, say: …}");
	compiled->hazards = xcalloc(node->count + 1, sizeof(*compiled->hazards));
	for (size_t i = 0; i < node->count; i++) {
		const struct node *item = &node->items[i], *when = node_get(item, "when"), *say = node_get(item, "say");
		struct hazard *hazard = &compiled->hazards[compiled->n_hazards];

		place = node_place(item);
		if (item->kind != NODE_MAPPING || !when || !say || say->kind != NODE_SCALAR) {
			result = diag_error(diag, &place, "hazards: expected {when: …, say: …}");
			continue;
		}
		r = compile_condition(rulebook, compiled->entry, when, true, diag, &hazard->when);
		if (r < 0) {
			result = r;
			continue;
		}
		hazard->say = say->text;
		r = node_get_bool(item, "danger", diag, &hazard->danger);
		result = r < 0 && r != -ENOENT ? r : result;
		r = node_get_bool(item, "refused", diag, &hazard->refused);
		result = r < 0 && r != -ENOENT ? r : result;
		compiled->n_hazards++;
	}
	return result;
}

/* Where entry is, or would be. */
static size_t compiled_position(const struct rulebook *rulebook, const struct entry *entry)
{
	size_t low = 0, high = rulebook->n_compiled;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if ((uintptr_t)rulebook->compiled[middle]->entry < (uintptr_t)entry)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int compile_entry(struct rulebook *rulebook, const struct entry *entry, struct diag *diag,
			 struct compiled_entry **ret_compiled)
{
	const struct node *inert = entry->node ? node_get(entry->node, "inert_when") : NULL;
	const struct node *hazards = entry->node ? node_get(entry->node, "hazards") : NULL;
	size_t position = compiled_position(rulebook, entry);
	struct compiled_entry *compiled;
	int result = 0, r;

	*ret_compiled = NULL;
	if (entry->class != ENTRY_TUNABLE)
		return 0;
	compiled = *ret_compiled = xcalloc(1, sizeof(*compiled));
	compiled->entry = entry;
	GROW(rulebook->compiled, rulebook->compiled_capacity, rulebook->n_compiled + 1);
	memmove(rulebook->compiled + position + 1, rulebook->compiled + position,
		(rulebook->n_compiled - position) * sizeof(*rulebook->compiled));
	rulebook->compiled[position] = compiled;
	rulebook->n_compiled++;
	if (inert)
		result = compile_inert(rulebook, compiled, inert, diag);
	compiled->inert_bad = result < 0;
	if (hazards) {
		r = compile_hazards(rulebook, compiled, hazards, diag);
		result = r < 0 ? r : result;
	}
	return result;
}

/* frozen_when is compiled into whatever uses the metric; here only to refuse a bad one where it stands. */
static int check_metric(struct rulebook *rulebook, const struct entry *entry, struct diag *diag)
{
	const struct node *frozen = entry->node ? node_get(entry->node, "frozen_when") : NULL;
	struct expr_scope scope = { .registry = rulebook->registry, .about = entry->about, .settings_only = true };
	CLEANUP(program_free_ptr) struct program *program = NULL;
	struct place place;
	int r;

	if (entry->class != ENTRY_METRIC || !frozen)
		return 0;
	r = expr_compile(&scope, frozen, diag, &program);
	if (r < 0 || program_type(program).type == VALUE_BOOL)
		return r;
	place = node_place(frozen);
	return diag_error(diag, &place, "frozen_when: expected a condition");
}

int rulebook_compile_registry(struct rulebook *rulebook, struct diag *diag)
{
	struct compiled_entry *compiled;
	int result = 0, r;

	compiled_release(rulebook);
	for (size_t i = 0; i < registry_total(rulebook->registry); i++) {
		const struct entry *entry = registry_at(rulebook->registry, i);

		r = compile_entry(rulebook, entry, diag, &compiled);
		if (r == 0)
			r = check_metric(rulebook, entry, diag);
		if (r < 0)
			result = r;
	}
	return result;
}

static void compiled_bind(struct compiled_entry *compiled, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < compiled->n_inert; i++) {
		program_bind(compiled->inert[i].when, snapshot);
		text_bind(&compiled->inert[i].say, snapshot);
	}
	for (size_t i = 0; i < compiled->n_hazards; i++)
		program_bind(compiled->hazards[i].when, snapshot);
}

const struct compiled_entry *rulebook_compiled(struct rulebook *rulebook, const struct snapshot *snapshot,
					       const struct entry *entry)
{
	size_t position = compiled_position(rulebook, entry);
	struct compiled_entry *compiled = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	if (position < rulebook->n_compiled && rulebook->compiled[position]->entry == entry)
		return rulebook->compiled[position];
	/* Mistakes are told by rulebook_compile_registry(). */
	(void)compile_entry(rulebook, entry, &diag, &compiled);
	if (compiled)
		compiled_bind(compiled, snapshot);
	return compiled;
}

enum inert compiled_inert(const struct compiled_entry *compiled, struct expr_context *context,
			  const struct said **ret_said)
{
	bool unknown = compiled && compiled->inert_bad;

	for (size_t i = 0; compiled && i < compiled->n_inert; i++) {
		struct value value = program_evaluate(compiled->inert[i].when, context);

		if (value_is_true(&value)) {
			*ret_said = &compiled->inert[i];
			return INERT_YES;
		}
		unknown = unknown || value.type == VALUE_UNKNOWN;
	}
	return unknown ? INERT_UNKNOWN : INERT_NO;
}

enum inert rulebook_inert(struct rulebook *rulebook, const struct snapshot *snapshot, const struct entry *entry,
			  subject_id subject, struct arena *arena, const char **ret_condition)
{
	const struct compiled_entry *compiled = rulebook_compiled(rulebook, snapshot, entry);
	const struct setting *setting;
	struct expr_context context;
	const struct said *said;
	enum inert inert;

	if (!compiled)
		return INERT_NO;
	compiled_bind(rulebook->compiled[compiled_position(rulebook, entry)], snapshot);
	expr_context_init(&context, snapshot, subject);
	setting = snapshot_get(snapshot, subject, entry->key);
	if (setting && setting->absence == PRESENT)
		context.current = value_of_setting(entry, setting->raw, setting->raw_length);
	inert = compiled_inert(compiled, &context, &said);
	if (inert == INERT_YES && ret_condition)
		*ret_condition = inert_text(said, &context, arena);
	return inert;
}

/* Which subjects somebody looked at: what such a subject does not show, it does not have. */
static void note_captured(struct rulebook *rulebook, const struct snapshot *snapshot)
{
	rulebook->n_captured = snapshot_subject_count(snapshot);
	rulebook->captured = xrealloc(rulebook->captured, rulebook->n_captured + 1U);
	memset(rulebook->captured, 0, rulebook->n_captured + 1U);
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);

		if (setting->absence == PRESENT)
			rulebook->captured[setting->subject] = true;
	}
}

bool rulebook_captured(const struct rulebook *rulebook, subject_id subject)
{
	return subject < rulebook->n_captured && rulebook->captured[subject];
}

void rulebook_bind(struct rulebook *rulebook, const struct snapshot *snapshot)
{
	note_captured(rulebook, snapshot);
	for (size_t i = 0; i < rulebook->n_rules; i++)
		rule_bind(rulebook->rules[i], snapshot);
	for (size_t i = 0; i < rulebook->n_uses; i++)
		use_rule_bind(rulebook->uses[i], snapshot);
	for (size_t i = 0; i < rulebook->n_compiled; i++)
		compiled_bind(rulebook->compiled[i], snapshot);
}

const struct rule *rulebook_find(const struct rulebook *rulebook, const char *id)
{
	struct rule *const *rules;
	size_t count = rulebook_rules(rulebook, &rules);

	for (size_t i = 0; id && i < count; i++)
		if (streq(rules[i]->id, id))
			return rules[i];
	return NULL;
}
