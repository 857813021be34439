/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a plan, for people: a line of counts, then each action with its evidence. */
#include "verification.h"

#include <math.h>

#define MARGIN 3U
#define INDENT 16U

static const enum style styles[VERDICT_COUNT] = {
	[VERDICT_WORSE] = STYLE_ALARM, [VERDICT_NOT_APPLIED] = STYLE_RED, [VERDICT_NO_EFFECT] = STYLE_YELLOW,
	[VERDICT_NO_LOAD] = STYLE_YELLOW, [VERDICT_UNMEASURED] = STYLE_YELLOW, [VERDICT_APPLIED] = STYLE_BOLD,
	[VERDICT_HELPED] = STYLE_GREEN,
};

/* "2 helped · 1 worse" */
static void add_counts(struct page *page, const struct verification *verification)
{
	struct flow flow = flow_begin(page, 0);

	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		if (verification->counts[i] == 0)
			continue;
		if (flow.begun)
			flow_addf(&flow, STYLE_DIM, " %s ", page_symbol(page, SYMBOL_DOT));
		flow_addf(&flow, styles[i], "%zu %s", verification->counts[i], verdict_text((enum verdict)i));
	}
	if (!flow.begun)
		flow_add(&flow, STYLE_PLAIN, "The plan has no actions.");
	flow_end(&flow);
}

static void add_upper(struct flow *flow, enum style style, const char *text)
{
	CLEANUP(free_ptr) char *upper = xstrdup(text);

	for (char *c = upper; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	flow_phrase(flow, style, upper);
}

static void add_quantity(struct page *page, const struct verified_quantity *quantity, double load_ratio)
{
	static const char *const labels[] = {
		[ROLE_CRITERION] = "measured", [ROLE_LOAD] = "load", [ROLE_PER_LOAD] = "per load",
	};
	const struct interval_comparison *values = &quantity->values;
	struct flow flow = flow_labelled(page, MARGIN, INDENT, labels[quantity->role]);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	flow_add(&flow, STYLE_PLAIN, quantity->expression);
	if (quantity->role == ROLE_LOAD && !isnan(load_ratio)) {
		strbuf_addf(&text, ": %.0f %% of what it was", load_ratio * 100);
		flow_add(&flow, STYLE_PLAIN, text.buf);
	} else if (values->change == CHANGE_UNKNOWN) {
		flow_addf(&flow, STYLE_DIM, ": %s", values->why);
	} else if (quantity->role != ROLE_LOAD) {
		strbuf_add_string(&text, ": ");
		comparison_add_signed(&text, values->difference, quantity->dimension, quantity->ratio);
		flow_add(&flow, values->change == CHANGE_NONE ? STYLE_PLAIN : STYLE_BOLD, text.buf);
		strbuf_reset(&text);
		if (!isnan(values->low) && values->low != values->high) {
			strbuf_add_string(&text, " (");
			comparison_add_signed(&text, values->low, quantity->dimension, quantity->ratio);
			strbuf_add_string(&text, " to ");
			comparison_add_signed(&text, values->high, quantity->dimension, quantity->ratio);
			strbuf_add_char(&text, ')');
		}
		strbuf_add_string(&text, values->change == CHANGE_NONE ? ", within noise" : "");
		flow_add(&flow, STYLE_DIM, text.buf);
	}
	flow_end(&flow);
	comparison_add_distributions(page, INDENT, values, quantity->dimension, quantity->ratio);
}

static void add_criterion(struct page *page, const struct verified_reason *reason)
{
	static const char *const before[] = {
		[TRUTH_NO] = "did not hold before", [TRUTH_YES] = "held before", [TRUTH_UNKNOWN] = "not known before",
	};
	static const char *const after[] = {
		[TRUTH_NO] = "does not hold now", [TRUTH_YES] = "holds now", [TRUTH_UNKNOWN] = "is not known now",
	};
	struct flow flow;

	if (!reason->criterion)
		return;
	flow = flow_labelled(page, MARGIN, INDENT, "better when");
	flow_add(&flow, STYLE_PLAIN, reason->criterion);
	flow_addf(&flow, STYLE_DIM, ": %s, %s", before[reason->before], after[reason->after]);
	flow_end(&flow);
}

static void add_reason(struct page *page, const struct verified_action *action, const struct verified_reason *reason)
{
	page_labelled(page, MARGIN, INDENT, "for", reason->title);
	if (action->n_reasons > 1) {
		struct flow flow = flow_labelled(page, MARGIN, INDENT, "verdict");

		flow_addf(&flow, styles[reason->verdict], "%s: ", verdict_text(reason->verdict));
		flow_add(&flow, STYLE_PLAIN, reason->say);
		flow_end(&flow);
	} else if (!action->applied) {
		page_labelled(page, MARGIN, INDENT, "evidence", reason->say);
	}
	add_criterion(page, reason);
	for (size_t i = 0; i < reason->n_quantities; i++)
		add_quantity(page, &reason->quantities[i], reason->load_ratio);
}

static void add_action(struct page *page, const struct verified_action *action)
{
	struct flow flow = flow_begin(page, 0);

	flow.indent = MARGIN;
	flow_addf(&flow, STYLE_PLAIN, "%llu", (unsigned long long)action->number);
	flow_gap(&flow, flow.column < MARGIN ? MARGIN - flow.column : 1);
	add_upper(&flow, styles[action->verdict], verdict_text(action->verdict));
	flow_gap(&flow, 2);
	flow_phrase(&flow, STYLE_BOLD, action->key);
	flow_gap(&flow, 2);
	flow_add(&flow, STYLE_PLAIN, action->from_text);
	flow_addf(&flow, STYLE_DIM, " %s ", page_symbol(page, SYMBOL_ARROW));
	flow_add(&flow, STYLE_PLAIN, action->to_text);
	if (!action->applied)
		flow_addf(&flow, STYLE_RED, ", found: %s", action->found_text);
	flow_end(&flow);
	page_labelled(page, MARGIN, INDENT, "because", action->say);
	if (action->verdict == VERDICT_NO_EFFECT || action->verdict == VERDICT_UNMEASURED)
		page_labelled(page, MARGIN, INDENT, "takes effect", action->takes_effect);
	for (size_t i = 0; i < action->n_reasons; i++)
		add_reason(page, action, &action->reasons[i]);
}

static void write_text(FILE *out, const struct verification *verification, struct page *page)
{
	struct flow flow = flow_labelled(page, 0, 9, "plan");

	flow_add(&flow, STYLE_BOLD, verification->plan);
	flow_addf(&flow, STYLE_DIM, "  %s", verification->plan_id);
	flow_end(&flow);
	comparison_add_side(page, "before", &verification->before);
	comparison_add_side(page, "after", &verification->after);
	comparison_add_identity(page, verification->identity, verification->n_identity);
	page_blank(page);
	add_counts(page, verification);
	page_rule(page);
	for (size_t i = 0; i < verification->n_actions; i++) {
		if (i > 0)
			page_blank(page);
		add_action(page, &verification->actions[i]);
	}
	if (verification->n_actions > 0) {
		page_blank(page);
		page_paragraph(page, 0, STYLE_DIM,
			       "Per interval. Behind each difference stands the range in which it lies with 95 % confidence.");
	}
	fwrite(page->text.buf, 1, page->text.len, out);
}

const struct verification_reporter verification_reporters[] = {
	{ .name = "text", .write = write_text, },
	{ .name = "json", .write = verification_write_json, },
	{ .name = NULL, },
};
