/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the USE table: per resource its utilisation, saturation and errors, as measured.
 *
 *   - resource: Block devices
 *     about: block
 *     where: self.rotational == true
 *     utilisation: {value: rate(self.io_ticks), ratio: true, say: of the time busy, alarm: rate(self.io_ticks) > 90%}
 *
 * A row about a kind of subject shows the worst of them: the one with the highest value. */
#include <errno.h>
#include <math.h>

#include "../core/strbuf.h"
#include "rule.h"

static const char *const row_keys[] = { "resource", "about", "where", "none", "load", "utilisation", "saturation", "errors", NULL };
static const char *const cell_keys[] = { "value", "say", "alarm", "ratio", "unknown", NULL };
static const char *const cell_names[] = { "utilisation", "saturation", "errors" };

static int load_condition(const struct expr_scope *scope, const struct node *node, struct diag *diag,
			  struct program **ret_program)
{
	struct place place = node_place(node);
	char found[96];
	int r = expr_compile(scope, node, diag, ret_program);

	if (r < 0 || program_type(*ret_program).type == VALUE_BOOL)
		return r;
	return diag_error(diag, &place, "expected a condition, found %s",
			  expr_type_describe(program_type(*ret_program), found, sizeof(found)));
}

static int load_cell(const struct expr_scope *scope, const struct node *node, struct diag *diag,
		     struct use_cell_rule *cell)
{
	const struct node *value = node_get(node, "value"), *say = node_get(node, "say"), *alarm = node_get(node, "alarm");
	struct place place = node_place(node);
	int r;

	if (node->kind != NODE_MAPPING || !value)
		return diag_error(diag, &place, "expected {value: …, say: …, alarm: …, ratio: …}");
	if (node_check_keys(node, cell_keys, diag) < 0)
		return -EINVAL;
	r = expr_compile(scope, value, diag, &cell->value);
	if (r < 0)
		return r;
	place = node_place(value);
	if (program_type(cell->value).type != VALUE_NUMBER)
		return diag_error(diag, &place, "value: expected a number");
	r = node_get_bool(node, "ratio", diag, &cell->ratio);
	if (r < 0 && r != -ENOENT)
		return r;
	cell->plain = r == 0 && !cell->ratio;
	r = node_get_text(node, "unknown", diag, &cell->unknown);
	if (r < 0 && r != -ENOENT)
		return r;
	r = say ? text_compile(scope, say, diag, &cell->say) : 0;
	if (r == 0 && alarm)
		r = load_condition(scope, alarm, diag, &cell->alarm);
	return r;
}

static int load_load(const struct expr_scope *scope, const struct node *node, struct diag *diag,
		     struct program **ret_program)
{
	struct place place = node_place(node);
	int r = expr_compile(scope, node, diag, ret_program);

	if (r < 0 || (program_type(*ret_program).type == VALUE_NUMBER && program_is_measured(*ret_program)))
		return r;
	return diag_error(diag, &place, "load: expected a number that is measured in each interval");
}

static int load_row(const struct registry *registry, const struct node *node, struct diag *diag, struct use_rule *rule)
{
	struct expr_scope scope = { .registry = registry };
	const struct node *about = node_get(node, "about"), *where = node_get(node, "where");
	struct place place = node_place(node);
	int r = node_check_keys(node, row_keys, diag);

	if (r < 0)
		return r;
	r = node_get_text(node, "resource", diag, &rule->resource);
	if (r == -ENOENT)
		return diag_error(diag, &place, "resource is missing");
	if (r < 0)
		return r;
	r = node_get_text(node, "none", diag, &rule->none);
	if (r < 0 && r != -ENOENT)
		return r;
	if (about && (about->kind != NODE_SCALAR || subject_kind_parse(about->text, &rule->about) < 0)) {
		place = node_place(about);
		return diag_error(diag, &place, "about: no such kind of subject");
	}
	scope.about = rule->about;
	r = where ? load_condition(&scope, where, diag, &rule->where) : 0;
	if (r == 0 && node_get(node, "load"))
		r = load_load(&scope, node_get(node, "load"), diag, &rule->load);
	for (size_t i = 0; i < ARRAY_SIZE(cell_names) && r == 0; i++) {
		const struct node *cell = node_get(node, cell_names[i]);

		if (cell)
			r = load_cell(&scope, cell, diag, &rule->cells[i]);
	}
	return r;
}

int use_rule_load(const struct registry *registry, const struct node *node, struct diag *diag, struct use_rule **ret)
{
	struct place place = node_place(node);
	struct use_rule *rule;
	int r;

	if (node->kind != NODE_MAPPING)
		return diag_error(diag, &place, "expected a row: {resource: …, utilisation: …, saturation: …, errors: …}");
	rule = xcalloc(1, sizeof(*rule));
	r = load_row(registry, node, diag, rule);
	if (r < 0)
		use_rule_free(rule);
	else
		*ret = rule;
	return r;
}

void use_rule_free(struct use_rule *rule)
{
	if (!rule)
		return;
	program_free(rule->where);
	program_free(rule->load);
	for (size_t i = 0; i < ARRAY_SIZE(rule->cells); i++) {
		program_free(rule->cells[i].value);
		program_free(rule->cells[i].alarm);
		text_release(&rule->cells[i].say);
	}
	free(rule);
}

void use_rule_bind(struct use_rule *rule, const struct snapshot *snapshot)
{
	if (rule->where)
		program_bind(rule->where, snapshot);
	if (rule->load)
		program_bind(rule->load, snapshot);
	for (size_t i = 0; i < ARRAY_SIZE(rule->cells); i++) {
		if (rule->cells[i].value)
			program_bind(rule->cells[i].value, snapshot);
		if (rule->cells[i].alarm)
			program_bind(rule->cells[i].alarm, snapshot);
		text_bind(&rule->cells[i].say, snapshot);
	}
}

/* ---- evaluation ---- */

enum applies { APPLIES_NOT, APPLIES, APPLIES_UNKNOWN, APPLIES_LACKS };

/* LACKS: the subject does not have what the condition asks for, so it is passed over. */
static enum applies applies(const struct use_rule *rule, const struct snapshot *snapshot, subject_id subject,
			    struct expr_missing *missing)
{
	struct expr_context context;
	struct value value;

	if (!rule->where)
		return APPLIES;
	expr_context_init(&context, snapshot, subject);
	context.missing = missing;
	value = program_evaluate(rule->where, &context);
	if (value.type == VALUE_UNKNOWN)
		return context.hard_unknown ? APPLIES_UNKNOWN : APPLIES_LACKS;
	return value.boolean ? APPLIES : APPLIES_NOT;
}

/* The subject whose value is the highest; SUBJECT_NONE when none has one.  *ret_none: the row is about none of them. */
static subject_id find_worst(const struct use_rule *rule, const struct use_cell_rule *cell,
			     const struct snapshot *snapshot, bool *ret_none)
{
	uint32_t count = snapshot_kind_count(snapshot, rule->about), tally[4] = { 0 };
	subject_id worst = SUBJECT_NONE;
	long double highest = -INFINITY;

	for (uint32_t i = 0; i < count; i++) {
		subject_id subject = snapshot_kind_get(snapshot, rule->about, i);
		enum applies answer = applies(rule, snapshot, subject, NULL);
		struct expr_context context;
		struct value value;

		tally[answer]++;
		if (answer != APPLIES)
			continue;
		expr_context_init(&context, snapshot, subject);
		value = program_evaluate(cell->value, &context);
		if (value.type == VALUE_UNKNOWN || (worst != SUBJECT_NONE && value.number <= highest))
			continue;
		worst = subject;
		highest = value.number;
	}
	*ret_none = tally[APPLIES] == 0 && tally[APPLIES_UNKNOWN] == 0 && (tally[APPLIES_NOT] > 0 || count == 0);
	return worst;
}

static void fill_unknown(const struct use_rule *rule, const struct use_cell_rule *rules, const struct snapshot *snapshot,
			 struct arena *arena, struct use_cell *cell)
{
	struct expr_missing causes = { .count = 0 };
	struct missing *missing = NULL;
	struct expr_context context;
	size_t count = 0;

	cell->value = "unknown";
	cell->detail = rules->unknown;
	if (rules->unknown)
		return;
	for (uint32_t i = 0; i < snapshot_kind_count(snapshot, rule->about) && causes.count == 0; i++) {
		subject_id subject = snapshot_kind_get(snapshot, rule->about, i);

		if (applies(rule, snapshot, subject, &causes) != APPLIES)
			continue;
		expr_context_init(&context, snapshot, subject);
		context.missing = &causes;
		(void)program_evaluate(rules->value, &context);
	}
	missing_fill(snapshot, &causes, arena, &missing, &count);
	cell->detail = count > 0 ? arena_formatf(arena, "%s %s", missing[0].key, missing[0].why) : "";
}

static void fill_detail(const struct use_rule *rule, const struct use_cell_rule *rules, const struct snapshot *snapshot,
			subject_id subject, bool since_boot, struct arena *arena, struct use_cell *cell)
{
	CLEANUP(strbuf_release) struct strbuf detail = STRBUF_INIT;
	struct expr_context context;

	expr_context_init(&context, snapshot, subject);
	if (rule->about != SUBJECT_KIND_HOST)
		strbuf_addf(&detail, "%s%s", snapshot_subject_get(snapshot, subject)->name, rules->say.count ? ": " : "");
	text_expand(&rules->say, &context, &detail);
	if (since_boot)
		strbuf_addf(&detail, "%ssince boot", detail.len ? ", " : "");
	cell->detail = arena_strndup(arena, detail.buf, detail.len);
}

static void fill_cell(const struct use_rule *rule, size_t index, const struct snapshot *snapshot, struct arena *arena,
		      struct use_cell *cell)
{
	const struct use_cell_rule *rules = &rule->cells[index];
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct expr_context context;
	struct expr_type type;
	subject_id subject;
	struct value value;
	bool none;

	*cell = (struct use_cell){ .ratio = NAN };
	if (!rules->value)
		return;
	subject = find_worst(rule, rules, snapshot, &none);
	if (none) {
		cell->value = index == 0 ? rule->none : NULL;
		cell->known = cell->value != NULL;
		cell->detail = "";
		return;
	}
	if (subject == SUBJECT_NONE) {
		fill_unknown(rule, rules, snapshot, arena, cell);
		return;
	}
	expr_context_init(&context, snapshot, subject);
	value = program_evaluate(rules->value, &context);
	type = program_type(rules->value);
	type.ratio = (type.ratio || rules->ratio) && !rules->plain;
	value_format(&text, &value, type);
	cell->value = arena_strndup(arena, text.buf, text.len);
	cell->known = true;
	if (rules->ratio && isfinite(value.number))
		cell->ratio = (double)fminl(fmaxl(value.number, 0), 1);
	fill_detail(rule, rules, snapshot, subject, context.used_since_boot, arena, cell);
	cell->course = course_of(rules->value, &context, type, arena);
	if (rules->alarm) {
		value = program_evaluate(rules->alarm, &context);
		cell->alarming = value_is_true(&value);
	}
}

void evaluate_use(struct rulebook *rulebook, const struct snapshot *snapshot, struct arena *arena,
		  struct use_row **ret_rows, size_t *ret_count)
{
	struct use_rule *const *rules;
	size_t count = rulebook_use_rules(rulebook, &rules);
	struct use_row *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		use_rule_bind(rules[i], snapshot);
		rows[i].resource = rules[i]->resource;
		fill_cell(rules[i], 0, snapshot, arena, &rows[i].utilisation);
		fill_cell(rules[i], 1, snapshot, arena, &rows[i].saturation);
		fill_cell(rules[i], 2, snapshot, arena, &rows[i].errors);
	}
	*ret_rows = rows;
	*ret_count = count;
}
