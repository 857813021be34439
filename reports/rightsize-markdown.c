/* SPDX-License-Identifier: Apache-2.0 */
/* A comment on the pull request that brings the patches, or a page of a wiki: the money, a table of what should change, and
 * folded away what speaks for each and what follows. */
#include <math.h>

#include "markdown-parts.h"
#include "phrase.h"
#include "rightsize-patch.h"
#include "rightsize-phrase.h"
#include "rightsizing.h"

static void add_top(struct comment *comment, const struct rightsizing *rightsizing)
{
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT, scope = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf usage = STRBUF_INIT, recommender = STRBUF_INIT;

	phrase_scope(&scope, rightsizing);
	phrase_usage(&usage, rightsizing);
	phrase_recommender(&recommender, rightsizing);
	strbuf_add_string(&piece, "## Keisoku rightsize: ");
	markdown_text(&piece, scope.buf, CELL_MAX);
	strbuf_add_string(&piece, "\n\n");
	phrase_counts(&piece, rightsizing, " · ");
	strbuf_add_string(&piece, "\n\n");
	markdown_text(&piece, usage.buf, FIELD_MAX);
	strbuf_add_string(&piece, "; ");
	markdown_text(&piece, recommender.buf, FIELD_MAX);
	strbuf_add_string(&piece, "\n");
	(void)comment_add(comment, &piece, COMMENT_MAX);
}

static void add_field(struct strbuf *out, const char *label, const struct strbuf *text)
{
	markdown_field(out, label, text->buf);
}

static void add_savings(struct comment *comment, const struct savings *savings)
{
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT, bill = STRBUF_INIT, requested = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf realisable = STRBUF_INIT, price = STRBUF_INIT;

	if (!savings->priced)
		return;
	phrase_bill(&bill, savings);
	phrase_requested(&requested, savings);
	phrase_realisable(&realisable, savings);
	phrase_price(&price, savings);
	strbuf_add_string(&piece, "\n### Savings a month\n\n");
	add_field(&piece, "bill", &bill);
	add_field(&piece, "requested", &requested);
	add_field(&piece, "realisable", &realisable);
	add_field(&piece, "prices", &price);
	(void)comment_add(comment, &piece, COMMENT_MAX);
}

static void add_row(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row, enum resource resource)
{
	const struct sizing *sizing = &row->of[resource];
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, request = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf limit = STRBUF_INIT, money = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

	phrase_container(&name, rightsizing, row);
	phrase_place(&place, rightsizing, row);
	phrase_from_to(&request, resource, sizing->request_from, sizing->request_to);
	phrase_from_to(&limit, resource, sizing->limit_from, sizing->limit_to);
	if (!isnan(sizing_cost_change(sizing)))
		phrase_money(&money, rightsizing->savings.currency, sizing_cost_change(sizing), true);
	strbuf_addf(out, sizing->severity >= SEVERITY_HIGH ? "| **%s** | " : "| %s | ", severity_name(sizing->severity));
	markdown_code(out, name.buf, CELL_MAX);
	strbuf_addf(out, " | %s | ", resource == RESOURCE_CPU ? "cpu" : "memory");
	markdown_text(out, request.buf, CELL_MAX);
	strbuf_add_string(out, " | ");
	markdown_text(out, limit.buf, CELL_MAX);
	strbuf_addf(out, " | %s | ", size_cause_name(sizing->cause));
	markdown_text(out, money.buf, CELL_MAX);
	strbuf_add_string(out, " | ");
	if (place.len)
		markdown_code(out, place.buf, CELL_MAX);
	strbuf_add_string(out, " |\n");
}

static void add_table(struct comment *comment, const struct rightsizing *rightsizing)
{
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

	strbuf_add_string(&piece, "\n| severity | container | resource | request | limit | cause | a month | where |\n"
				  "| --- | --- | --- | --- | --- | --- | ---: | --- |\n");
	(void)comment_add(comment, &piece, TABLE_MAX);
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		for (size_t r = 0; r < SIZED_RESOURCES; r++) {
			if (rightsizing->rows[i].of[r].status != STATUS_RECOMMEND)
				continue;
			strbuf_reset(&piece);
			add_row(&piece, rightsizing, &rightsizing->rows[i], (enum resource)r);
			if (!comment_add(comment, &piece, TABLE_MAX))
				comment->left_out++;
		}
	}
}

static void add_sizing(struct strbuf *out, const struct sizing_row *row, enum resource resource)
{
	const struct sizing *sizing = &row->of[resource];
	CLEANUP(strbuf_release) struct strbuf change = STRBUF_INIT;

	phrase_sizing(&change, resource, sizing);
	markdown_field(out, phrase_status(sizing->status),
		       sizing->status <= STATUS_SUSPECT ? change.buf
		       : resource == RESOURCE_CPU	? "cpu"
							: "memory");
	if (sizing->status == STATUS_SATISFIED || sizing->status == STATUS_NOT_APPLICABLE)
		return;
	markdown_field(out, "why", sizing_why(sizing));
	for (size_t i = 0; i < sizing->n_evidence;) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		i = phrase_size_evidence(&text, sizing, i);
		markdown_field(out, "measured", text.buf);
	}
	for (size_t i = 0; i < sizing->n_consequences; i++) {
		const struct consequence *consequence = &sizing->consequences[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (consequence_said_before(row, resource, consequence))
			continue;
		phrase_consequence(&text, consequence);
		markdown_field(out, consequence_weight_name(consequence->weight), text.buf);
	}
	markdown_field(out, "run", sizing->next_step);
}

static void add_details(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	phrase_container(&name, rightsizing, row);
	strbuf_addf(out, "\n<details><summary>%s · ", severity_name(row_severity(row)));
	markdown_text(out, name.buf, CELL_MAX);	/* no Markdown is read within this element */
	strbuf_add_string(out, "</summary>\n\n");
	for (size_t r = 0; r < SIZED_RESOURCES; r++)
		add_sizing(out, row, (enum resource)r);
	markdown_field(out, "no patch", row_without_patch(rightsizing, row));
	strbuf_add_string(out, "\n</details>\n");
}

static size_t add_all_details(struct comment *comment, const struct rightsizing *rightsizing, enum status status)
{
	size_t without = 0;

	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

		if (row_status(&rightsizing->rows[i]) != status)
			continue;
		if (!without)
			add_details(&piece, rightsizing, &rightsizing->rows[i]);
		if (without || !comment_add(comment, &piece, DETAILS_MAX))
			without++;
	}
	return without;
}

static void add_reasons(struct comment *comment, const struct rightsizing *rightsizing, enum status status, const char *title)
{
	CLEANUP(size_groups_release) struct size_groups groups = SIZE_GROUPS_INIT;
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

	size_groups_collect(&groups, rightsizing, status);
	if (groups.count == 0)
		return;
	strbuf_addf(&piece, "\n### %s\n\n", title);
	for (size_t i = 0; i < groups.count; i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		const struct size_group *group = &groups.items[i];

		phrase_count(&text, group->count);
		strbuf_add_string(&text, " (");
		phrase_container(&text, rightsizing, group->first);
		strbuf_addf(&text, "%s): %s", group->count > 1 ? " …" : "",
			    group->reason ? group->reason : "no reason is known");
		strbuf_add_string(&piece, "- ");
		markdown_text(&piece, text.buf, FIELD_MAX);
		if (group->next_step && *group->next_step) {
			strbuf_add_string(&piece, "; run ");
			markdown_code(&piece, group->next_step, FIELD_MAX);
		}
		strbuf_add_char(&piece, '\n');
		if (!comment_add(comment, &piece, COMMENT_MAX))
			comment->left_out++;
		strbuf_reset(&piece);
	}
}

static void add_node_notes(struct comment *comment, const struct rightsizing *rightsizing)
{
	CLEANUP(strbuf_release) struct strbuf piece = STRBUF_INIT;

	for (size_t i = 0; i < rightsizing->n_node_notes; i++) {
		strbuf_reset(&piece);
		strbuf_add_string(&piece, i == 0 ? "\n### Nodes\n\n- " : "- ");
		markdown_text(&piece, rightsizing->node_notes[i].text, FIELD_MAX);
		strbuf_add_char(&piece, '\n');
		if (!comment_add(comment, &piece, COMMENT_MAX))
			comment->left_out++;
	}
}

static void write_markdown(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	struct comment comment = { .text = STRBUF_INIT };
	size_t without;

	(void)page;
	add_top(&comment, rightsizing);
	add_savings(&comment, &rightsizing->savings);
	if (rows_of_status(rightsizing, STATUS_RECOMMEND) > 0)
		add_table(&comment, rightsizing);
	else
		strbuf_addf(&comment.text, "\n%s.\n", phrase_no_change(rightsizing));
	without = add_all_details(&comment, rightsizing, STATUS_RECOMMEND);
	without += add_all_details(&comment, rightsizing, STATUS_SUSPECT);
	without += add_all_details(&comment, rightsizing, STATUS_ELSEWHERE);
	add_reasons(&comment, rightsizing, STATUS_UNMEASURED, "Not measured");
	add_reasons(&comment, rightsizing, STATUS_UNREADABLE, "Not readable");
	add_node_notes(&comment, rightsizing);
	comment.left_out += without;
	if (comment.left_out)
		strbuf_addf(&comment.text, "\n%zu entries are left out: `--output csv` has all.\n", comment.left_out);
	fwrite(comment.text.buf, 1, comment.text.len, out);
	strbuf_release(&comment.text);
}

const struct rightsizing_reporter rightsizing_reporter_markdown = { .name = "markdown", .write = write_markdown };
