/* SPDX-License-Identifier: Apache-2.0 */
/* A review as a comment on the pull request that proposes the change: a table in the order of the proposal, and what there is
 * to say of each line folded away below. */
#include "markdown-parts.h"
#include "phrase.h"

void markdown_review_counts(struct strbuf *out, const struct report *report)
{
	strbuf_add_string(out, "**");
	phrase_plural(out, report->findings->count, "proposed setting");
	strbuf_add_string(out, report->findings->count ? "** · " : "**");
	phrase_verdicts(out, report, " · ");
	strbuf_add_string(out, report->findings->count ? "\n\n" : "");
	phrase_review_answer(out, report);
}

/* What is to be looked at stands out. */
static void add_verdict(struct strbuf *out, const struct finding *finding)
{
	bool bad = finding->severity >= SEVERITY_MEDIUM && finding->status != STATUS_WAIVED;
	CLEANUP(strbuf_release) struct strbuf also = STRBUF_INIT;

	strbuf_addf(out, bad ? "**%s**" : "%s", review_verdict_name(finding->review->verdict));
	phrase_also(&also, finding);
	if (also.len)
		strbuf_addf(out, ", %s", also.buf);
	if (finding->status == STATUS_WAIVED)
		strbuf_add_string(out, " (waived)");
}

/* The key, or the line itself where it is not understood. */
static void add_key(struct strbuf *out, const struct finding *finding,
		    void (*add)(struct strbuf *out, const char *text, size_t max))
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	phrase_review_key(&key, finding);
	if (!key.len && finding->sites[0].text)
		strbuf_add_string(&key, finding->sites[0].text);
	if (key.len)
		add(out, key.buf, CELL_MAX);
}

/* more: other subjects of which the same is said. */
static void add_row(struct strbuf *out, const struct finding *finding, size_t more)
{
	CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT;

	phrase_site(&where, &finding->sites[0]);
	strbuf_add_string(out, "| ");
	markdown_code(out, where.buf, CELL_MAX);
	strbuf_add_string(out, " | ");
	add_key(out, finding, markdown_code);
	if (more)
		strbuf_addf(out, " and of %zu more", more);
	strbuf_add_string(out, " | ");
	if (finding->values && *finding->values->key) {
		markdown_text(out, review_from(finding), CELL_MAX);
		strbuf_add_string(out, " → ");
		markdown_text(out, review_to(finding), CELL_MAX);
	}
	strbuf_add_string(out, " | ");
	add_verdict(out, finding);
	strbuf_add_string(out, " | ");
	markdown_text(out, finding->reason, CELL_MAX);
	strbuf_add_string(out, " |\n");
}

static void add_table(struct comment *comment, const struct report *report)
{
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

	strbuf_add_string(&piece, "\n| where | setting | from → to | verdict | why |\n| --- | --- | --- | --- | --- |\n");
	(void)comment_add(comment, &piece, TABLE_MAX);
	for (size_t i = 0, more; i < report->findings->count; i += 1 + more) {
		more = report_same_below(report, i);
		strbuf_reset(&piece);
		add_row(&piece, &report->findings->items[i], more);
		if (!comment_add(comment, &piece, TABLE_MAX))
			comment->left_out++;
	}
}

static void add_lines(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_sites; i++) {
		const struct finding_site *site = &finding->sites[i];
		CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

		phrase_site(&place, site);
		strbuf_add_string(out, i ? "- **last word:** " : "- **line:** ");
		markdown_code(out, place.buf, FIELD_MAX);
		if (site->text) {
			strbuf_add_char(out, ' ');
			markdown_code(out, site->text, FIELD_MAX);
		}
		strbuf_add_char(out, '\n');
	}
}

static void add_commands(struct strbuf *out, const char *label, const char *commands)
{
	if (!commands || !*commands)
		return;
	strbuf_addf(out, "\n%s:\n\n", label);
	if (strlen(commands) <= COMMANDS_MAX)
		markdown_block(out, commands);
	else
		strbuf_add_string(out, "too long to be shown here.\n");
}

static void add_details(struct strbuf *out, const struct finding *finding)
{
	const struct finding_review *review = finding->review;
	CLEANUP(strbuf_release) struct strbuf where = STRBUF_INIT, becomes = STRBUF_INIT, measured = STRBUF_INIT;

	phrase_site(&where, &finding->sites[0]);
	phrase_measured(&measured, finding);
	strbuf_addf(out, "\n<details><summary>%s · ", review_verdict_name(review->verdict));
	markdown_text(out, where.buf, CELL_MAX);
	strbuf_add_char(out, ' ');
	add_key(out, finding, markdown_text);	/* no Markdown is read within this element */
	strbuf_add_string(out, "</summary>\n\n");
	add_lines(out, finding);
	markdown_field(out, "why", finding->reason);
	markdown_field(out, "waived", finding->waiver);
	markdown_field(out, "before", review->before);
	if (phrase_becomes(&becomes, finding))
		markdown_field(out, "becomes", becomes.buf);
	markdown_field(out, "measured", measured.buf);
	for (size_t i = 0; i < review->n_remarks; i++)
		markdown_field(out, "note", review->remarks[i]);
	markdown_references(out, finding->references);
	add_commands(out, "Instead", review->instead);
	if (review->verdict == REVIEW_UNMEASURED)
		add_commands(out, "Measure", finding->next_step);
	if (review_would_apply(finding))
		add_commands(out, "Undo", finding->changes[0].rollback);
	strbuf_add_string(out, "\n</details>\n");
}

size_t markdown_review(struct comment *comment, const struct report *report)
{
	size_t without = 0;

	if (report->findings->count == 0) {
		strbuf_add_string(&comment->text, "\nNothing in it sets anything that is known.\n");
		return 0;
	}
	add_table(comment, report);
	for (size_t i = 0; i < report->findings->count; i += 1 + report_same_below(report, i)) {
		CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

		if (!without)
			add_details(&piece, &report->findings->items[i]);
		if (without || !comment_add(comment, &piece, DETAILS_MAX))
			without++;
	}
	return without;
}
