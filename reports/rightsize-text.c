/* SPDX-License-Identifier: Apache-2.0 */
/* A rightsizing as text: money, then a block for each container that should change: a line of columns for each
 * resource, what speaks for it and what follows below.  Then what needs something else than a change, what was not
 * measured, counts, notes. */
#include <math.h>

#include "phrase.h"
#include "rightsize-patch.h"
#include "rightsize-phrase.h"
#include "rightsizing.h"
#include "text-finding.h"

#define MARGIN 2U
#define RESOURCE_WIDTH 9U		/* "memory", "because" and their gap */
#define INDENT (MARGIN + RESOURCE_WIDTH)
#define ROWS_SHOWN 200U			/* of one section, unless everything is asked for */
#define COLUMN_MAX 26U
#define NOTES_SHOWN 50U

struct table {
	unsigned int request, limit, cause;	/* widths, with the gap behind them */
	bool one_line;			/* everything fits beside each other */
};

/* ---- lines ---- */

static void labelled(struct page *page, const char *label, const char *text)
{
	page_labelled(page, INDENT, page->width < 60 ? INDENT + 2 : INDENT + RESOURCE_WIDTH, label, text);
}

static void labelled_style(struct page *page, enum style style, const char *label, const char *text)
{
	unsigned int indent = page->width < 60 ? INDENT + 2 : INDENT + RESOURCE_WIDTH;
	struct flow flow = flow_begin(page, INDENT);

	flow_phrase(&flow, style, label);
	flow.indent = indent;
	flow_gap(&flow, flow.column + 1 < indent ? indent - flow.column : page->width);
	flow_add(&flow, STYLE_PLAIN, text);
	flow_end(&flow);
}

/* To the column, or two blanks on where something stands there already; on the next line where width does not fit. */
static void go_to(struct flow *flow, unsigned int column, unsigned int width)
{
	if (flow->column + 2 > column)
		column = flow->column + 2;
	flow_gap(flow, column + width > flow->page->width ? flow->page->width : column - flow->column);
}

static void measure_columns(const struct page *page, const struct rightsizing *rightsizing, struct table *table)
{
	*table = (struct table){ .request = 9, .limit = 7, .cause = 7 };
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		for (size_t r = 0; r < SIZED_RESOURCES; r++) {
			const struct sizing *sizing = &rightsizing->rows[i].of[r];
			CLEANUP(strbuf_release) struct strbuf request = STRBUF_INIT, limit = STRBUF_INIT;

			if (sizing->status > STATUS_SUSPECT)
				continue;
			phrase_from_to(&request, (enum resource)r, sizing->request_from, sizing->request_to);
			phrase_from_to(&limit, (enum resource)r, sizing->limit_from, sizing->limit_to);
			table->request = MAX(table->request, MIN(display_width(request.buf) + 2, COLUMN_MAX));
			table->limit = MAX(table->limit, MIN(display_width(limit.buf) + 2, COLUMN_MAX));
			table->cause = MAX(table->cause, (unsigned int)strlen(size_cause_name(sizing->cause)) + 2);
		}
	}
	table->one_line = INDENT + table->request + table->limit + table->cause + 22 <= page->width;
}

static void write_columns_heading(struct page *page, const struct table *table, bool priced)
{
	struct flow flow = flow_begin(page, INDENT);

	flow_phrase(&flow, STYLE_DIM, "request");
	go_to(&flow, INDENT + table->request, 5);
	flow_phrase(&flow, STYLE_DIM, "limit");
	go_to(&flow, INDENT + table->request + table->limit, 5);
	flow_phrase(&flow, STYLE_DIM, "cause");
	if (priced && table->one_line) {
		go_to(&flow, INDENT + table->request + table->limit + table->cause, 10);
		flow_phrase(&flow, STYLE_DIM, "a month");
	}
	flow_end(&flow);
}

static void add_from_to(struct flow *flow, enum resource resource, int64_t from, int64_t to, bool asks)
{
	CLEANUP(strbuf_release) struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;

	phrase_amount(&before, resource, from);
	flow_phrase(flow, from == to ? STYLE_DIM : STYLE_PLAIN, before.buf);
	if (from == to)
		return;
	phrase_amount(&after, resource, to);
	flow_gap(flow, 1);
	flow_phrase(flow, STYLE_DIM, page_symbol(flow->page, SYMBOL_ARROW));
	flow_gap(flow, 1);
	flow_phrase(flow, asks ? STYLE_BOLD : STYLE_PLAIN, after.buf);
}

/* "cpu      500m → 200m   none   request-too-high   −USD 12.30" */
static void write_sizing_line(struct page *page, const struct rightsizing *rightsizing, const struct table *table,
			      enum resource resource, const struct sizing *sizing)
{
	bool shows = sizing->status <= STATUS_SUSPECT;
	unsigned int column = INDENT + table->request;
	struct flow flow = flow_begin(page, MARGIN);

	flow_phrase(&flow, STYLE_PLAIN, resource == RESOURCE_CPU ? "cpu" : "memory");
	flow.indent = INDENT;
	go_to(&flow, INDENT, 0);
	add_from_to(&flow, resource, sizing->request_from, shows ? sizing->request_to : sizing->request_from,
		    sizing_changes(sizing));
	go_to(&flow, column, 4);
	add_from_to(&flow, resource, sizing->limit_from, shows ? sizing->limit_to : sizing->limit_from,
		    sizing_changes(sizing));
	column += table->limit;
	if (!shows) {
		go_to(&flow, column, 12);
		flow_phrase(&flow, STYLE_DIM, phrase_status(sizing->status));
	} else {
		go_to(&flow, column, (unsigned int)strlen(size_cause_name(sizing->cause)));
		flow_phrase(&flow, severity_style(sizing->severity), size_cause_name(sizing->cause));
	}
	if (shows && !isnan(sizing_cost_change(sizing))) {
		CLEANUP(strbuf_release) struct strbuf money = STRBUF_INIT;

		phrase_money(&money, rightsizing->savings.currency, sizing_cost_change(sizing), true);
		go_to(&flow, column + table->cause, display_width(money.buf));
		flow_phrase(&flow, STYLE_PLAIN, money.buf);
	}
	flow_end(&flow);
}

static void write_evidence(struct page *page, const struct sizing *sizing)
{
	for (size_t i = 0; i < sizing->n_evidence;) {
		const char *label = i == 0 ? "measured" : "";
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		i = phrase_size_evidence(&text, sizing, i);
		labelled(page, label, text.buf);
	}
}

/* Restrained: colour is for what somebody has to do something about. */
static void write_consequences(struct page *page, const struct sizing_row *row, enum resource resource)
{
	const struct sizing *sizing = &row->of[resource];
	static const struct { const char *label; enum style style; } looks[] = {
		[CONSEQUENCE_NOTE] = { "note", STYLE_DIM },
		[CONSEQUENCE_CHANGED] = { "bounded", STYLE_DIM },
		[CONSEQUENCE_WARNING] = { "warning", STYLE_YELLOW },
		[CONSEQUENCE_BLOCKS] = { "blocked", STYLE_RED },
	};

	for (size_t i = 0; i < sizing->n_consequences; i++) {
		const struct consequence *consequence = &sizing->consequences[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (consequence_said_before(row, resource, consequence))
			continue;
		phrase_consequence(&text, consequence);
		labelled_style(page, looks[consequence->weight].style, looks[consequence->weight].label, text.buf);
	}
}

static void write_confidence(struct page *page, const struct sizing *sizing)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (sizing->status > STATUS_SUSPECT || sizing->confidence == CONFIDENCE_HIGH || !sizing->confidence_reason)
		return;
	strbuf_addf(&text, "confidence %s: %s", confidence_name(sizing->confidence), sizing->confidence_reason);
	labelled(page, "note", text.buf);
}

static void write_sizing(struct page *page, const struct rightsizing *rightsizing, const struct table *table,
			 const struct sizing_row *row, enum resource resource)
{
	const struct sizing *sizing = &row->of[resource];
	bool quiet = sizing->status == STATUS_SATISFIED || sizing->status == STATUS_NOT_APPLICABLE;

	write_sizing_line(page, rightsizing, table, resource, sizing);
	if (quiet && !rightsizing->all)
		return;
	labelled(page, sizing->status == STATUS_RECOMMEND ? "because" : "why", sizing_why(sizing));
	if (sizing->status == STATUS_SUSPECT && sizing->because && sizing->reason)
		labelled(page, "numbers", sizing->because);
	write_evidence(page, sizing);
	write_consequences(page, row, resource);
	write_confidence(page, sizing);
	if (sizing->next_step && *sizing->next_step)
		page_commands(page, INDENT, page->width < 60 ? INDENT + 2 : INDENT + RESOURCE_WIDTH, "run",
			      sizing->next_step);
}

/* "HIGH  shop/Deployment/web app · sidecar · 3 replicas · Burstable → Guaranteed" */
static void write_row_head(struct page *page, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const char *type = phrase_container_type(row_container(rightsizing, row));
	enum severity severity = row_severity(row);
	CLEANUP(strbuf_release) struct strbuf workload = STRBUF_INIT, place = STRBUF_INIT, upper = STRBUF_INIT;
	struct flow flow = flow_begin(page, 0);

	flow.indent = MARGIN;
	for (const char *c = severity_name(severity); *c; c++)
		strbuf_add_char(&upper, (char)(*c - 'a' + 'A'));
	flow_phrase(&flow, severity_style(severity), upper.buf);
	flow_gap(&flow, 2);
	phrase_workload(&workload, row_workload(rightsizing, row));
	flow_add(&flow, STYLE_PLAIN, workload.buf);
	flow_addf(&flow, STYLE_BOLD, " %s", row_container(rightsizing, row)->name);
	if (type)
		flow_addf(&flow, STYLE_DIM, " %s %s", page_symbol(page, SYMBOL_DOT), type);
	if (row->replicas > 0)
		flow_addf(&flow, STYLE_DIM, " %s %.3g replica%s", page_symbol(page, SYMBOL_DOT), row->replicas,
			  row->replicas == 1 ? "" : "s");
	if (row->qos_now != row->qos_then)
		flow_addf(&flow, STYLE_PLAIN, " %s %s %s %s", page_symbol(page, SYMBOL_DOT), qos_class_name(row->qos_now),
			  page_symbol(page, SYMBOL_ARROW), qos_class_name(row->qos_then));
	phrase_place(&place, rightsizing, row);
	if (place.len)
		flow_addf(&flow, STYLE_DIM, " %s %s", page_symbol(page, SYMBOL_DOT), place.buf);
	flow_end(&flow);
}

static void write_row(struct page *page, const struct rightsizing *rightsizing, const struct table *table,
		      const struct sizing_row *row)
{
	write_row_head(page, rightsizing, row);
	for (size_t r = 0; r < SIZED_RESOURCES; r++)
		write_sizing(page, rightsizing, table, row, (enum resource)r);
	labelled(page, "no patch", row_without_patch(rightsizing, row));
	page_blank(page);
}

/* ---- sections ---- */

static void write_more(struct page *page, size_t more)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (more == 0)
		return;
	strbuf_add_string(&text, "and ");
	phrase_count(&text, more);
	strbuf_add_string(&text, " more: --all, or --output csv");
	page_paragraph(page, MARGIN, STYLE_DIM, text.buf);
	page_blank(page);
}

static void write_section(struct page *page, const struct rightsizing *rightsizing, const struct table *table,
			  enum status status, const char *title, const char *aside)
{
	size_t count = rows_of_status(rightsizing, status), shown = 0;
	CLEANUP(strbuf_release) struct strbuf heading = STRBUF_INIT;

	if (count == 0)
		return;
	strbuf_addf(&heading, "%s: ", title);
	phrase_plural(&heading, count, "container");
	page_heading(page, heading.buf, aside);
	page_rule(page);
	if (status <= STATUS_SUSPECT)
		write_columns_heading(page, table, rightsizing->savings.priced);
	for (size_t i = 0; i < rightsizing->n_rows && (rightsizing->all || shown < ROWS_SHOWN); i++) {
		if (row_status(&rightsizing->rows[i]) != status)
			continue;
		write_row(page, rightsizing, table, &rightsizing->rows[i]);
		shown++;
	}
	write_more(page, count - shown);
}

/* By reason, with the first that has it. */
static void write_groups(struct page *page, const struct rightsizing *rightsizing, enum status status,
			 const char *title, const char *aside)
{
	CLEANUP(size_groups_release) struct size_groups groups = SIZE_GROUPS_INIT;
	CLEANUP(strbuf_release) struct strbuf heading = STRBUF_INIT;

	if (rightsizing->counts[status] == 0)
		return;
	size_groups_collect(&groups, rightsizing, status);
	strbuf_addf(&heading, "%s: ", title);
	phrase_count(&heading, rightsizing->counts[status]);
	page_heading(page, heading.buf, aside);
	page_rule(page);
	for (size_t i = 0; i < groups.count; i++) {
		const struct size_group *group = &groups.items[i];
		CLEANUP(strbuf_release) struct strbuf count = STRBUF_INIT, names = STRBUF_INIT;

		phrase_count(&count, group->count);
		phrase_container(&names, rightsizing, group->first);
		if (group->count > 1) {
			strbuf_add_string(&names, " and ");
			phrase_count(&names, group->count - 1);
			strbuf_add_string(&names, " more");
		}
		page_labelled(page, MARGIN, INDENT, count.buf, group->reason ? group->reason : "no reason is known");
		page_paragraph(page, INDENT, STYLE_DIM, names.buf);
		if (group->next_step && *group->next_step)
			page_commands(page, INDENT, INDENT + 5, "run", group->next_step);
	}
	page_blank(page);
}

/* ---- money ---- */

static void write_money_line(struct page *page, const char *label, const char *text)
{
	page_labelled(page, MARGIN, MARGIN + 13, label, text);
}

static void write_nodes(struct page *page, const struct savings *savings)
{
	for (size_t i = 0; i < savings->n_nodes; i++) {
		const struct node_saving *node = &savings->nodes[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		phrase_plural(&text, node->nodes, "node");
		strbuf_addf(&text, " %s: %u", node->name, node->freed_least);
		if (node->freed_most > node->freed_least)
			strbuf_addf(&text, " to %u", node->freed_most);
		strbuf_add_string(&text, " would be empty");
		if (!isnan(node->price)) {
			strbuf_add_string(&text, ", ");
			phrase_money(&text, savings->currency, node->price, false);
			strbuf_add_string(&text, " each");
		}
		if (node->note && *node->note)
			strbuf_addf(&text, "; %s", node->note);
		write_money_line(page, i == 0 ? "nodes" : "", text.buf);
	}
}

static void write_groups_of_money(struct page *page, const char *label, const struct savings *savings,
				  const struct saving_group *groups, size_t count)
{
	for (size_t i = 0; i < MIN(count, (size_t)20); i++) {
		const struct saving_group *group = &groups[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%s: ", *group->name ? group->name : "(none)");
		phrase_money(&text, savings->currency, group->requested_now, false);
		strbuf_add_string(&text, " → ");
		phrase_money(&text, savings->currency, group->requested_then, false);
		strbuf_add_string(&text, " (");
		phrase_money(&text, savings->currency, group->requested_then - group->requested_now, true);
		strbuf_add_string(&text, ")");
		write_money_line(page, i == 0 ? label : "", text.buf);
	}
	if (count > 20)
		write_money_line(page, "", "and more: --output json");
}

static void write_savings(struct page *page, const struct rightsizing *rightsizing)
{
	const struct savings *savings = &rightsizing->savings;
	CLEANUP(strbuf_release) struct strbuf bill = STRBUF_INIT, requested = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf realisable = STRBUF_INIT, price = STRBUF_INIT;

	if (!savings->priced)
		return;
	page_heading(page, "Savings a month", NULL);
	page_rule(page);
	phrase_bill(&bill, savings);
	write_money_line(page, "bill", bill.buf);
	phrase_requested(&requested, savings);
	write_money_line(page, "requested", requested.buf);
	phrase_realisable(&realisable, savings);
	write_money_line(page, "realisable", realisable.buf);
	write_nodes(page, savings);
	write_groups_of_money(page, "namespaces", savings, savings->namespaces, savings->n_namespaces);
	write_groups_of_money(page, savings->label ? savings->label : "label", savings, savings->labels, savings->n_labels);
	phrase_price(&price, savings);
	write_money_line(page, "prices", price.buf);
	page_blank(page);
}

/* ---- the page ---- */

static void write_top(struct page *page, const struct rightsizing *rightsizing)
{
	CLEANUP(strbuf_release) struct strbuf scope = STRBUF_INIT, usage = STRBUF_INIT, recommender = STRBUF_INIT;
	struct flow flow = flow_begin(page, 0);

	phrase_scope(&scope, rightsizing);
	phrase_usage(&usage, rightsizing);
	phrase_recommender(&recommender, rightsizing);
	flow_add(&flow, STYLE_BOLD, scope.buf);
	flow_addf(&flow, STYLE_PLAIN, " %s ", page_symbol(page, SYMBOL_DOT));
	flow_add(&flow, STYLE_PLAIN, usage.buf);
	flow_addf(&flow, STYLE_DIM, " %s %s", page_symbol(page, SYMBOL_DOT), recommender.buf);
	flow_end(&flow);
	page_blank(page);
}

/* What nodes keep for their system beside what that used. */
static void write_node_notes(struct page *page, const struct rightsizing *rightsizing)
{
	size_t shown = rightsizing->all ? rightsizing->n_node_notes : MIN(rightsizing->n_node_notes, (size_t)NOTES_SHOWN);

	if (rightsizing->n_node_notes == 0)
		return;
	page_heading(page, "Nodes", NULL);
	page_rule(page);
	for (size_t i = 0; i < shown; i++)
		page_paragraph(page, MARGIN, STYLE_PLAIN, rightsizing->node_notes[i].text);
	write_more(page, rightsizing->n_node_notes - shown);
	page_blank(page);
}

static void write_notes(struct page *page, const struct rightsizing *rightsizing)
{
	const struct diag *notes = &rightsizing->notes;
	size_t shown = rightsizing->all ? notes->count : MIN(notes->count, (size_t)NOTES_SHOWN);

	if (notes->count == 0)
		return;
	page_heading(page, "Notes", NULL);
	page_rule(page);
	for (size_t i = 0; i < shown; i++) {
		const struct diag_entry *entry = &notes->entries[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (entry->place.file)
			strbuf_addf(&text, entry->place.line ? "%s:%u: " : "%s: ", entry->place.file, entry->place.line);
		strbuf_add_string(&text, entry->message);
		page_paragraph(page, MARGIN, entry->level == DIAG_ERROR ? STYLE_RED : STYLE_PLAIN, text.buf);
	}
	write_more(page, notes->count + notes->dropped - shown);
	page_blank(page);
}

static void write_counts(struct page *page, const struct rightsizing *rightsizing)
{
	CLEANUP(strbuf_release) struct strbuf counts = STRBUF_INIT, separator = STRBUF_INIT;

	strbuf_addf(&separator, " %s ", page_symbol(page, SYMBOL_DOT));
	phrase_counts(&counts, rightsizing, separator.buf);
	page_paragraph(page, 0, STYLE_PLAIN, counts.buf);
}

static void write_text(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	struct table table;

	measure_columns(page, rightsizing, &table);
	write_top(page, rightsizing);
	write_savings(page, rightsizing);
	if (rows_of_status(rightsizing, STATUS_RECOMMEND) == 0) {
		page_heading(page, phrase_no_change(rightsizing), NULL);
		page_blank(page);
	}
	write_section(page, rightsizing, &table, STATUS_RECOMMEND, "Recommended", NULL);
	write_section(page, rightsizing, &table, STATUS_SUSPECT, "Suspected",
		      "thin evidence: measure longer before changing anything");
	write_section(page, rightsizing, &table, STATUS_ELSEWHERE, "Elsewhere",
		      "no request or limit of the container helps");
	write_groups(page, rightsizing, STATUS_UNMEASURED, "Not measured", "what would have to be run");
	write_groups(page, rightsizing, STATUS_UNREADABLE, "Not readable", NULL);
	if (rightsizing->all) {
		write_groups(page, rightsizing, STATUS_SATISFIED, "Satisfied", NULL);
		write_groups(page, rightsizing, STATUS_NOT_APPLICABLE, "Not applicable", NULL);
	}
	write_node_notes(page, rightsizing);
	write_notes(page, rightsizing);
	write_counts(page, rightsizing);
	fwrite(page->text.buf, 1, page->text.len, out);
}

const struct rightsizing_reporter rightsizing_reporter_text = { .name = "text", .write = write_text };
