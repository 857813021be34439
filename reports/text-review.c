/* SPDX-License-Identifier: Apache-2.0 */
/* A review as text: the lines of what was proposed in their order, each with its verdict. */
#include "phrase.h"
#include "text-finding.h"

#define MARGIN 2U
#define LINE_WIDTH 6U		/* of a line number */
#define INDENT (MARGIN + LINE_WIDTH)
#define LABEL_WIDTH 12U
#define EVIDENCE_MAX 3U		/* of what speaks neither for nor against it */
#define REMEMBERED 100U		/* findings back in which a remark is not said again */

static enum style verdict_style(const struct finding *finding)
{
	static const enum style styles[] = { [TONE_GOOD] = STYLE_GREEN, [TONE_QUIET] = STYLE_DIM };
	enum review_tone tone = review_tone(finding);

	return tone == TONE_SEVERITY ? severity_style(finding->severity) : styles[tone];
}

static void labelled(struct page *page, const char *label, const char *text)
{
	page_labelled(page, INDENT, page->width < 60 ? INDENT + 2 : INDENT + LABEL_WIDTH, label, text);
}

static void add_upper(struct flow *flow, enum style style, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (; *name; name++)
		strbuf_add_char(&text, *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name == '-' ? ' ' : *name);
	flow_phrase(flow, style, text.buf);
}

/* "  12  OVERRIDDEN  vm.swappiness  60 → 10"; more: subjects besides of which the same is said. */
static void write_head(struct page *page, const struct finding *finding, size_t more)
{
	const struct finding_values *values = finding->values;
	const struct finding_site *site = &finding->sites[0];
	CLEANUP(strbuf_release) struct strbuf number = STRBUF_INIT;
	struct flow flow = flow_begin(page, MARGIN);

	flow.indent = INDENT;
	strbuf_addf(&number, "%u", site->line);
	flow_add(&flow, STYLE_DIM, number.buf);
	flow_gap(&flow, number.len + 2 < LINE_WIDTH ? LINE_WIDTH - (unsigned int)number.len : 2);
	add_upper(&flow, verdict_style(finding), review_verdict_name(finding->review->verdict));
	for (unsigned int i = 0; i < REVIEW_COUNT; i++) {
		if (!(finding->review->also & (1U << i)))
			continue;
		flow_add(&flow, STYLE_DIM, ", ");
		add_upper(&flow, STYLE_PLAIN, review_verdict_name((enum review_verdict)i));
	}
	flow_gap(&flow, 2);
	if (!values || !*values->key) {
		flow_add(&flow, STYLE_PLAIN, site->text ? site->text : "");
		flow_end(&flow);
		return;
	}
	if (finding->subject_name && !streq(finding->subject_name, "host"))
		flow_addf(&flow, STYLE_BOLD, "%s ", finding->subject_name);
	if (more > 0)
		flow_addf(&flow, STYLE_PLAIN, "and %zu more ", more);
	flow_add(&flow, STYLE_BOLD, values->key);
	flow_gap(&flow, 2);
	flow_add(&flow, STYLE_PLAIN, values->running ? values->running : page_symbol(page, SYMBOL_DASH));
	flow_addf(&flow, STYLE_DIM, " %s ", page_symbol(page, SYMBOL_ARROW));
	flow_add(&flow, STYLE_BOLD, values->wanted && *values->wanted ? values->wanted : "(taken away)");
	flow_end(&flow);
}

/* Only where it is not what the first line says. */
static void write_becomes(struct page *page, const struct finding *finding)
{
	const struct finding_values *values = finding->values;
	const char *before = finding->review->before;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!values || !*values->key)
		return;
	if (before && !(values->wanted && streq(before, values->wanted)))
		labelled(page, "before", before);
	if (phrase_becomes(&text, finding))
		labelled(page, "becomes", text.buf);
}

static void write_evidence(struct page *page, const struct finding *finding)
{
	bool all = finding->review->verdict != REVIEW_UNSUPPORTED || finding->n_evidence <= EVIDENCE_MAX + 1;
	size_t count = all ? finding->n_evidence : EVIDENCE_MAX;

	for (size_t i = 0; i < count; i++) {
		const struct evidence *evidence = &finding->evidence[i];
		bool last = i + 1 == finding->n_evidence || !evidence_same_basis(evidence, evidence + 1);
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%s = %s", evidence->expression, evidence->value ? evidence->value : "unknown");
		if (last && evidence->basis != BASIS_SETTING) {
			CLEANUP(strbuf_release) struct strbuf basis = STRBUF_INIT;

			phrase_basis(&basis, evidence, evidence->share);
			strbuf_addf(&text, "%s%s", basis.len ? ", " : "", basis.buf);
		}
		labelled(page, i == 0 ? "measured" : "", text.buf);
	}
	if (!all) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "and %zu more", finding->n_evidence - count);
		labelled(page, "", text.buf);
	}
}

/* What was said of a line of the same file already. */
static bool said_before(const struct report *report, const struct finding *finding, const char *remark)
{
	size_t position = (size_t)(finding - report->findings->items);

	for (const struct finding *other = finding - MIN(position, REMEMBERED); other < finding; other++)
		for (size_t i = 0; streq(other->sites[0].path, finding->sites[0].path) && i < other->review->n_remarks; i++)
			if (streq(other->review->remarks[i], remark))
				return true;
	return false;
}

static void write_remarks(struct page *page, const struct report *report, const struct finding *finding)
{
	const char *label = "note";

	for (size_t i = 0; i < finding->review->n_remarks; i++) {
		if (said_before(report, finding, finding->review->remarks[i]))
			continue;
		labelled(page, label, finding->review->remarks[i]);
		label = "";
	}
}

static void write_item(struct page *page, const struct report *report, const struct finding *finding, size_t more)
{
	const struct finding_review *review = finding->review;

	write_head(page, finding, more);
	page_paragraph(page, INDENT, STYLE_PLAIN, finding->reason);
	if (finding->waiver)
		labelled(page, "waived", finding->waiver);
	write_becomes(page, finding);
	write_evidence(page, finding);
	write_remarks(page, report, finding);
	if (review->instead)
		page_commands(page, INDENT, page->width < 60 ? INDENT + 2 : INDENT + LABEL_WIDTH, "instead", review->instead);
	if (review->verdict == REVIEW_UNMEASURED && finding->next_step)
		page_commands(page, INDENT, page->width < 60 ? INDENT + 2 : INDENT + LABEL_WIDTH, "run", finding->next_step);
	if (review_would_apply(finding) && finding->changes[0].rollback)
		page_commands(page, INDENT, page->width < 60 ? INDENT + 2 : INDENT + LABEL_WIDTH, "undo", finding->changes[0].rollback);
}

void text_review_item(struct page *page, const struct report *report, const struct finding *finding)
{
	write_item(page, report, finding, 0);
}

static void write_counts(struct page *page, const struct report *report)
{
	struct flow flow = flow_begin(page, 0);

	flow_addf(&flow, STYLE_BOLD, "%zu proposed setting%s", report->findings->count, report->findings->count == 1 ? "" : "s");
	for (size_t i = 0; i < REVIEW_COUNT; i++) {
		size_t count = report_verdicts(report, (enum review_verdict)i);
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (count == 0)
			continue;
		flow_addf(&flow, STYLE_DIM, " %s ", page_symbol(page, SYMBOL_DOT));
		strbuf_addf(&text, "%zu %s", count, review_verdict_name((enum review_verdict)i));
		flow_phrase(&flow, STYLE_PLAIN, text.buf);
	}
	flow_end(&flow);
}

void text_review(struct page *page, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf answer = STRBUF_INIT;
	const char *path = NULL;

	page_blank(page);
	write_counts(page, report);
	phrase_review_answer(&answer, report);
	if (answer.len)
		page_paragraph(page, 0, STYLE_PLAIN, answer.buf);
	for (size_t i = 0, more; i < report->findings->count; i += 1 + more) {
		const struct finding *finding = &report->findings->items[i];

		more = report_same_below(report, i);
		page_blank(page);
		if (!path || !streq(path, finding->sites[0].path)) {
			path = finding->sites[0].path;
			page_heading(page, path, NULL);
		}
		write_item(page, report, finding, more);
	}
	if (report->findings->count == 0)
		page_paragraph(page, 0, STYLE_PLAIN, "Nothing in it sets anything that is known.");
}
