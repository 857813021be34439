/* SPDX-License-Identifier: Apache-2.0 */
/* For charts: what a number of a finding was in each interval of the window. */
#include <math.h>

#include "../core/strbuf.h"
#include "rule.h"

static const char *value_text(double number, struct expr_type type, struct arena *arena)
{
	struct value value = { .type = VALUE_NUMBER, .number = number };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	value_format(&text, &value, type);
	return arena_strndup(arena, text.buf, text.len);
}

/* Least and most of what is known; false: nothing is, or all is the same. */
static bool extremes(const double *values, size_t count, double *ret_least, double *ret_most)
{
	double least = INFINITY, most = -INFINITY;

	for (size_t i = 0; i < count; i++) {
		if (!isfinite(values[i]))
			continue;
		least = fmin(least, values[i]);
		most = fmax(most, values[i]);
	}
	*ret_least = least;
	*ret_most = most;
	return least < most;
}

static struct course *make_course(const double *values, size_t count, struct arena *arena)
{
	struct course *course = arena_alloc(arena, sizeof(*course));
	double *kept = arena_alloc(arena, count * sizeof(*kept));

	for (size_t i = 0; i < count; i++)
		kept[i] = isfinite(values[i]) ? values[i] : NAN;
	course->values = kept;
	course->count = (uint32_t)count;
	return course;
}

const struct course *course_of(const struct program *program, const struct expr_context *context,
			       struct expr_type type, struct arena *arena)
{
	struct expr_context own = *context;
	double values[SLOT_MAX], least, most;
	struct course *course;
	size_t count;

	if (!program_is_measured(program) || program_type(program).type != VALUE_NUMBER)
		return NULL;
	own.missing = NULL;
	count = program_intervals(program, &own, values);
	if (!extremes(values, count, &least, &most))
		return NULL;
	course = make_course(values, count, arena);
	course->least = value_text(least, type, arena);
	course->most = value_text(most, type, arena);
	return course;
}

/* Where the condition looks at the whole window (p95() …), no interval has an answer of its own. */
static const struct course *held_of(const struct rule *rule, const struct expr_context *context, struct arena *arena)
{
	struct expr_context own = *context;
	double values[SLOT_MAX], least, most;
	size_t count;

	if (!program_is_measured(rule->when) || program_uses(rule->when).intervals)
		return NULL;
	own.missing = NULL;
	count = program_intervals(rule->when, &own, values);
	return extremes(values, count, &least, &most) ? make_course(values, count, arena) : NULL;
}

static const struct program *find_program(const struct rule *rule, const char *text)
{
	for (size_t i = 0; i < program_terms(rule->when); i++)
		if (streq(program_text(program_term(rule->when, i)), text))
			return program_term(rule->when, i);
	for (size_t i = 0; i < rule->n_evidence; i++)
		if (streq(program_text(rule->evidence[i]), text))
			return rule->evidence[i];
	return NULL;
}

static void fill_courses(struct rulebook *rulebook, const struct rule *rule, const struct snapshot *snapshot,
			 struct judgement *judgement, struct arena *arena, struct finding *finding)
{
	struct expr_context context;

	rule_judge(rulebook, rule, snapshot, finding->subject, arena, judgement);
	judgement_context(judgement, NULL, snapshot, finding->subject, &context);
	for (size_t i = 0; i < finding->n_evidence; i++) {
		struct evidence *evidence = &finding->evidence[i];
		const struct program *program = find_program(rule, evidence->expression);

		if (program && evidence->basis == BASIS_LIVE)
			evidence->course = course_of(program, &context, program_type(program), arena);
	}
	finding->held = held_of(rule, &context, arena);
}

void evaluate_courses(struct rulebook *rulebook, const struct snapshot *snapshot, size_t findings_max,
		      struct finding_list *findings)
{
	struct judgement *judgement = xcalloc(1, sizeof(*judgement));

	for (size_t i = 0; i < findings->count && findings_max > 0; i++) {
		struct finding *finding = &findings->items[i];
		const struct rule *rule;

		if (finding->status != STATUS_RECOMMEND && finding->status != STATUS_SUSPECT &&
		    finding->status != STATUS_ELSEWHERE)
			continue;
		rule = rulebook_find(rulebook, finding->rule);
		if (!rule)
			continue;
		fill_courses(rulebook, rule, snapshot, judgement, &findings->arena, finding);
		findings_max--;
	}
	free(judgement);
}
