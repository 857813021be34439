/* SPDX-License-Identifier: Apache-2.0 */
/* The page for a rightsizing session: one file, nothing is loaded.  Whole without a script; with one, tables sort and
 * filter.  Style and script stand in the page and its policy names their hashes, so that nothing else could run or
 * style it.
 *
 * What somebody has to decide stands together with whose it is: a section for each team, by the label that was asked
 * for, else by namespace. */
#include "rightsize-html.h"

#include <math.h>
#include <nettle/sha2.h>

#include "../core/json.h"
#include "html-parts.h"
#include "phrase.h"
#include "rightsize-patch.h"
#include "rightsize-phrase.h"
#include "rightsizing.h"

/* Of the whole page: a browser is to open it at once. */
#define CARDS_MAX 200U			/* containers told in full */
#define LINES_MAX 3000U			/* containers in tables */
#define HEAD_MAX 20U			/* bytes above a column */
#define TEAMS_MAX 500U

/* ---- the head ---- */

static void add_hash(struct strbuf *out, const char *first, const char *second)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, strlen(first), (const uint8_t *)first);
	sha256_update(&context, strlen(second), (const uint8_t *)second);
	sha256_digest(&context, sizeof(digest), digest);
	strbuf_add_string(out, "'sha256-");
	base64_encode(out, (const char *)digest, sizeof(digest));
	strbuf_add_char(out, '\'');
}

static void add_headline(struct strbuf *out, const struct rightsizing *rightsizing)
{
	size_t count = rows_of_status(rightsizing, STATUS_RECOMMEND);

	if (count == 0) {
		strbuf_add_string(out, phrase_no_change(rightsizing));
		return;
	}
	phrase_plural(out, count, "container");
	strbuf_add_string(out, " should change");
}

static void write_head(struct strbuf *out, const struct rightsizing *rightsizing)
{
	strbuf_add_string(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ");
	add_hash(out, html_style_css, rightsize_style_css);
	strbuf_add_string(out, "; script-src ");
	add_hash(out, rightsize_script_js, "");
	strbuf_add_string(out, "; base-uri 'none'; form-action 'none'\">\n"
			       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			       "<meta name=\"color-scheme\" content=\"light dark\">\n"
			       "<meta name=\"referrer\" content=\"no-referrer\">\n"
			       "<meta name=\"generator\" content=\"keisoku\">\n<title>Rightsizing: ");
	add_headline(out, rightsizing);
	strbuf_addf(out, "</title>\n<style>%s%s</style>\n</head>\n", html_style_css, rightsize_style_css);
}

static void write_counts(struct strbuf *out, const struct rightsizing *rightsizing)
{
	static const char *const sections[STATUS_COUNT] = {
		[STATUS_RECOMMEND] = "teams", [STATUS_SUSPECT] = "teams", [STATUS_ELSEWHERE] = "teams",
		[STATUS_UNMEASURED] = "unmeasured", [STATUS_UNREADABLE] = "unreadable",
	};

	strbuf_add_string(out, "<nav aria-label=\"Requests and limits by what is said of them\">\n<ul class=\"counts\">\n");
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		const char *id = rightsizing->counts[i] ? sections[i] : NULL;

		if (rightsizing->counts[i] == 0 && i != STATUS_RECOMMEND)
			continue;
		strbuf_addf(out, id ? "<li><a href=\"#%s\"><b>" : "<li><b>", id);
		phrase_count(out, rightsizing->counts[i]);
		strbuf_addf(out, "</b> %s%s</li>\n", phrase_status((enum status)i), id ? "</a>" : "");
	}
	strbuf_add_string(out, "</ul>\n</nav>\n");
}

static void write_top(struct strbuf *out, const struct rightsizing *rightsizing)
{
	const struct savings *savings = &rightsizing->savings;
	CLEANUP(strbuf_release) struct strbuf scope = STRBUF_INIT, usage = STRBUF_INIT, recommender = STRBUF_INIT;

	phrase_scope(&scope, rightsizing);
	phrase_usage(&usage, rightsizing);
	phrase_recommender(&recommender, rightsizing);
	strbuf_add_string(out, "<header>\n<p class=\"kind\">keisoku rightsize</p>\n<h1>Requests and limits</h1>\n");
	html_element(out, "p", "machine", scope.buf);
	strbuf_add_string(out, "<p class=\"verdict\"><strong>");
	add_headline(out, rightsizing);
	strbuf_add_string(out, ".</strong>");
	if (savings->priced && !isnan(savings->realisable_least)) {
		CLEANUP(strbuf_release) struct strbuf money = STRBUF_INIT;

		phrase_money_range(&money, savings->currency, savings->realisable_least, savings->realisable_most);
		html_textf(out,
			   savings->realisable_most < 0.005 ? " Nothing of the bill can be saved: no node becomes free."
							    : " Of the bill %s a month can be saved.",
			   money.buf);
	}
	strbuf_add_string(out, "</p>\n");
	write_counts(out, rightsizing);
	strbuf_add_string(out, "<p class=\"dim\">");
	html_textf(out, "%s; %s.", usage.buf, recommender.buf);
	strbuf_add_string(out, "</p>\n</header>\n");
}

static void write_heading(struct strbuf *out, const char *title, size_t count, const char *aside)
{
	strbuf_add_string(out, "<h2>");
	html_text(out, title);
	if (count) {
		strbuf_add_string(out, " <span class=\"count\">");
		phrase_count(out, count);
		strbuf_add_string(out, "</span>");
	}
	if (aside && *aside) {
		strbuf_add_char(out, ' ');
		html_element(out, "small", NULL, aside);
	}
	strbuf_add_string(out, "</h2>\n");
}

/* ---- money ---- */

static void add_row_head(struct strbuf *out, const char *text)
{
	strbuf_add_string(out, "<tr><th scope=\"row\">");
	html_text(out, text);
	strbuf_add_string(out, "</th>");
}

static void add_money_row(struct strbuf *out, const char *label, const char *text)
{
	add_row_head(out, label);
	html_element(out, "td", NULL, text);
	strbuf_add_string(out, "</tr>\n");
}

static void add_node_row(struct strbuf *out, const struct savings *savings, const struct node_saving *node)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%u", node->freed_least);
	if (node->freed_most > node->freed_least)
		strbuf_addf(&text, " to %u", node->freed_most);
	strbuf_addf(&text, " of %u %s would be empty", node->nodes, node->name);
	if (!isnan(node->price)) {
		strbuf_add_string(&text, "; one costs ");
		phrase_money(&text, savings->currency, node->price, false);
	}
	if (node->note && *node->note)
		strbuf_addf(&text, "; %s", node->note);
	add_money_row(out, "Nodes", text.buf);
}

static void write_savings(struct strbuf *out, const struct savings *savings)
{
	CLEANUP(strbuf_release) struct strbuf bill = STRBUF_INIT, requested = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf realisable = STRBUF_INIT, price = STRBUF_INIT;

	if (!savings->priced)
		return;
	phrase_bill(&bill, savings);
	phrase_requested(&requested, savings);
	phrase_realisable(&realisable, savings);
	phrase_price(&price, savings);
	strbuf_add_string(out, "<section id=\"savings\">\n");
	write_heading(out, "Savings", 0, "a month");
	strbuf_add_string(out, "<table class=\"money\">\n<tbody>\n");
	add_money_row(out, "Bill", bill.buf);
	add_money_row(out, "Requested", requested.buf);
	add_money_row(out, "Realisable", realisable.buf);
	for (size_t i = 0; i < MIN(savings->n_nodes, (size_t)50); i++)
		add_node_row(out, savings, &savings->nodes[i]);
	add_money_row(out, "Prices", price.buf);
	strbuf_add_string(out, "</tbody>\n</table>\n</section>\n");
}

/* ---- tables ---- */

static void add_cell(struct strbuf *out, const char *class, const char *label, double value, const char *text)
{
	strbuf_addf(out, "<td%s%s%s data-label=\"%s\"", class ? " class=\"" : "", class ? class : "", class ? "\"" : "", label);
	if (!isinf(value)) {
		strbuf_add_string(out, " data-value=\"");
		if (!isnan(value))
			strbuf_addf(out, "%.6g", value);
		strbuf_add_char(out, '"');
	}
	strbuf_add_char(out, '>');
	html_text(out, text);
	strbuf_add_string(out, "</td>");
}

#define NO_VALUE INFINITY		/* sorts by its text */

static void add_heads(struct strbuf *out, const char *class, const char *const *heads, size_t count, size_t first_number)
{
	strbuf_addf(out, "<table class=\"sortable %s\">\n<thead><tr>", class);
	for (size_t i = 0; i < count; i++) {
		strbuf_add_string(out, i >= first_number ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
		html_text(out, heads[i]);
		strbuf_add_string(out, "</th>");
	}
	strbuf_add_string(out, "</tr></thead>\n<tbody>\n");
}

static void add_amounts(struct strbuf *out, const char *label, double now, double then, struct dimension dimension)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	quantity_format(&text, now, dimension, false);
	strbuf_add_string(&text, " → ");
	quantity_format(&text, then, dimension, false);
	add_cell(out, "number", label, then - now, text.buf);
}

static void add_group_row(struct strbuf *out, const struct savings *savings, const struct saving_group *group)
{
	static const struct dimension cores = { .cores = 1 }, bytes = { .bytes = 1 };
	CLEANUP(strbuf_release) struct strbuf count = STRBUF_INIT, money = STRBUF_INIT, change = STRBUF_INIT;

	add_row_head(out, *group->name ? group->name : "(none)");
	phrase_count(&count, group->containers);
	add_cell(out, "number", "containers", group->containers, count.buf);
	add_amounts(out, "CPU", group->cpu_now, group->cpu_then, cores);
	add_amounts(out, "memory", group->memory_now, group->memory_then, bytes);
	if (savings->priced) {
		phrase_money(&money, savings->currency, group->requested_now, false);
		strbuf_add_string(&money, " → ");
		phrase_money(&money, savings->currency, group->requested_then, false);
		add_cell(out, "number", "a month", group->requested_then, money.buf);
		phrase_money(&change, savings->currency, group->requested_then - group->requested_now, true);
		add_cell(out, "number", "change", group->requested_then - group->requested_now, change.buf);
	}
	strbuf_add_string(out, "</tr>\n");
}

static void write_groups(struct strbuf *out, const struct savings *savings, const char *id, const char *what,
			 const struct saving_group *groups, size_t count)
{
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT, head = STRBUF_INIT;
	const char *heads[] = { NULL, "Containers", "CPU requested", "Memory requested", "A month", "Change" };
	size_t shown = MIN(count, (size_t)HTML_ROWS_MAX);

	if (count == 0)
		return;
	strbuf_addf(out, "<section id=\"%s\">\n", id);
	phrase_short(&head, what, HEAD_MAX);
	heads[0] = head.buf;
	strbuf_addf(&title, "By %s", what);
	write_heading(out, title.buf, count, NULL);
	add_heads(out, "teams", heads, savings->priced ? 6 : 4, 1);
	for (size_t i = 0; i < shown; i++)
		add_group_row(out, savings, &groups[i]);
	strbuf_add_string(out, "</tbody>\n</table>\n");
	html_more(out, "p", count - shown);
	strbuf_add_string(out, "</section>\n");
}

/* ---- teams ---- */

struct team {
	const char *name;
	size_t *rows;
	size_t count, capacity;
	double change;			/* of cost; NAN */
};

struct teams {
	struct team *items;
	size_t count, capacity;
};

static void teams_release(struct teams *teams)
{
	for (size_t i = 0; i < teams->count; i++)
		free(teams->items[i].rows);
	free(teams->items);
}

static const char *team_of(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct workload *workload = row_workload(rightsizing, row);

	if (rightsizing->options.label && *rightsizing->options.label)
		return workload_label(rightsizing->cluster, workload, rightsizing->options.label);
	return workload->namespace;
}

/* What is beyond the last that is kept belongs to it. */
static struct team *find_team(struct teams *teams, const char *name)
{
	for (size_t i = 0; i < teams->count; i++)
		if (streq(teams->items[i].name, name))
			return &teams->items[i];
	if (teams->count == TEAMS_MAX) {
		teams->items[TEAMS_MAX - 1].name = "and others";
		return &teams->items[TEAMS_MAX - 1];
	}
	GROW(teams->items, teams->capacity, teams->count + 1);
	teams->items[teams->count] = (struct team){ .name = name, .change = NAN };
	return &teams->items[teams->count++];
}

static bool is_decided(const struct sizing_row *row)
{
	return row_status(row) <= STATUS_SUSPECT || row->of[0].status == STATUS_ELSEWHERE ||
	       row->of[1].status == STATUS_ELSEWHERE;
}

/* In the order of their first row: the gravest first. */
static void teams_collect(struct teams *teams, const struct rightsizing *rightsizing)
{
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		const struct sizing_row *row = &rightsizing->rows[i];
		struct team *team;
		double change;

		if (!is_decided(row))
			continue;
		team = find_team(teams, team_of(rightsizing, row));
		GROW(team->rows, team->capacity, team->count + 1);
		team->rows[team->count++] = i;
		change = row_cost_change(row);
		if (!isnan(change))
			team->change = (isnan(team->change) ? 0 : team->change) + change;
	}
}

static void add_from_to(struct strbuf *out, const char *label, enum resource resource, int64_t from, int64_t to)
{
	CLEANUP(strbuf_release) struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;

	phrase_amount(&before, resource, from);
	phrase_amount(&after, resource, to);
	strbuf_addf(out, "<td class=\"change\" data-label=\"%s\" data-value=\"%lld\">", label, (long long)to);
	if (from == to) {
		html_element(out, "span", "dim", before.buf);
	} else {
		html_element(out, "span", "from", before.buf);
		strbuf_add_string(out, " → ");
		html_element(out, "span", "to", after.buf);
	}
	strbuf_add_string(out, "</td>");
}

static void add_size_row(struct strbuf *out, const struct rightsizing *rightsizing, size_t index, enum resource resource, bool linked)
{
	const struct sizing_row *row = &rightsizing->rows[index];
	const struct sizing *sizing = &row->of[resource];
	bool moves = sizing->status <= STATUS_SUSPECT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT, money = STRBUF_INIT;

	phrase_container(&name, rightsizing, row);
	strbuf_addf(out, linked ? "<tr><th scope=\"row\"><a href=\"#c%zu\">" : "<tr><th scope=\"row\">", index + 1);
	html_code(out, NULL, name.buf);
	strbuf_add_string(out, linked ? "</a></th>" : "</th>");
	add_cell(out, NULL, "resource", NO_VALUE, resource == RESOURCE_CPU ? "cpu" : "memory");
	add_from_to(out, "request", resource, sizing->request_from, moves ? sizing->request_to : sizing->request_from);
	add_from_to(out, "limit", resource, sizing->limit_from, moves ? sizing->limit_to : sizing->limit_from);
	add_cell(out, NULL, "cause", NO_VALUE, sizing->cause == CAUSE_NONE ? "" : size_cause_name(sizing->cause));
	strbuf_addf(out, "<td data-label=\"severity\" data-value=\"%d\">", (int)sizing->severity);
	if (moves)
		strbuf_addf(out, "<span class=\"severity %s\">%s</span>", severity_name(sizing->severity), severity_name(sizing->severity));
	if (sizing->status != STATUS_RECOMMEND)
		html_element(out, "span", "dim", phrase_status(sizing->status));
	strbuf_add_string(out, "</td>");
	if (rightsizing->savings.priced) {
		double change = moves ? sizing_cost_change(sizing) : NAN;

		if (!isnan(change))
			phrase_money(&money, rightsizing->savings.currency, change, true);
		add_cell(out, "number", "a month", change, money.buf);
	}
	strbuf_add_string(out, "</tr>\n");
}

/* What there is still room for. */
struct room {
	size_t cards, lines;
};

static void write_size_table(struct strbuf *out, const struct rightsizing *rightsizing, const struct team *team,
			     struct room *room)
{
	static const char *const heads[] = { "Container", "Resource", "Request", "Limit", "Cause", "Severity", "A month" };
	size_t shown = MIN(MIN(team->count, room->lines), (size_t)HTML_ROWS_MAX / 2);

	room->lines -= shown;
	if (shown == 0) {
		html_more(out, "p", team->count);
		return;
	}
	add_heads(out, "sizes", heads, rightsizing->savings.priced ? 7 : 6, 6);
	for (size_t i = 0; i < shown; i++)
		for (size_t r = 0; r < SIZED_RESOURCES; r++)
			if (rightsizing->rows[team->rows[i]].of[r].status <= STATUS_ELSEWHERE &&
			    rightsizing->rows[team->rows[i]].of[r].status != STATUS_UNMEASURED)
				add_size_row(out, rightsizing, team->rows[i], (enum resource)r, i < room->cards);
	strbuf_add_string(out, "</tbody>\n</table>\n");
	html_more(out, "p", team->count - shown);
}

/* ---- a container ---- */

static void add_consequences(struct strbuf *out, const struct sizing_row *row, enum resource resource)
{
	const struct sizing *sizing = &row->of[resource];
	bool begun = false;

	for (size_t i = 0; i < sizing->n_consequences; i++) {
		const struct consequence *consequence = &sizing->consequences[i];
		const char *weight = consequence_weight_name(consequence->weight);
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (consequence_said_before(row, resource, consequence))
			continue;
		strbuf_add_string(out, begun ? "" : "<dt>follows</dt><dd><ul class=\"consequences\">\n");
		begun = true;
		phrase_consequence(&text, consequence);
		strbuf_addf(out, "<li><span class=\"weight %s\">%s</span> ", weight, weight);
		html_text(out, text.buf);
		strbuf_add_string(out, "</li>\n");
	}
	strbuf_add_string(out, begun ? "</ul></dd>\n" : "");
}

static void add_evidence(struct strbuf *out, const struct sizing *sizing)
{
	if (sizing->n_evidence == 0)
		return;
	strbuf_add_string(out, "<dt>measured</dt><dd><table class=\"evidence\">\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Value</th>"
			       "<th scope=\"col\">How far</th><th scope=\"col\">Source</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < sizing->n_evidence; i++) {
		const struct evidence *evidence = &sizing->evidence[i];
		CLEANUP(strbuf_release) struct strbuf basis = STRBUF_INIT;

		phrase_size_basis(&basis, evidence);
		strbuf_add_string(out, "<tr><th scope=\"row\">");
		html_code(out, NULL, evidence->expression);
		strbuf_add_string(out, "</th><td class=\"value\">");
		html_text(out, evidence->value ? evidence->value : "unknown");
		strbuf_add_string(out, "</td><td class=\"basis\">");
		html_text(out, basis.buf);
		strbuf_add_string(out, "</td><td class=\"source\">");
		html_text(out, evidence->source);
		strbuf_add_string(out, "</td></tr>\n");
	}
	strbuf_add_string(out, "</tbody>\n</table></dd>\n");
}

static void add_confidence(struct strbuf *out, const struct sizing *sizing)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (sizing->status > STATUS_SUSPECT)
		return;
	strbuf_add_string(&text, confidence_name(sizing->confidence));
	if (sizing->confidence_reason && *sizing->confidence_reason)
		strbuf_addf(&text, ": %s", sizing->confidence_reason);
	html_fact(out, "confidence", text.buf);
}

static void write_part(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row,
		       enum resource resource)
{
	static const enum usage_metric metrics[] = {
		[RESOURCE_CPU] = USAGE_CPU, [RESOURCE_MEMORY] = USAGE_MEMORY_WORKING_SET
	};
	const struct sizing *sizing = &row->of[resource];
	bool moves = sizing->status <= STATUS_SUSPECT;
	CLEANUP(strbuf_release) struct strbuf request = STRBUF_INIT, limit = STRBUF_INIT;

	phrase_from_to(&request, resource, sizing->request_from, moves ? sizing->request_to : sizing->request_from);
	phrase_from_to(&limit, resource, sizing->limit_from, moves ? sizing->limit_to : sizing->limit_from);
	strbuf_addf(out, "<div class=\"part\">\n<h4>%s <span class=\"change\">", resource == RESOURCE_CPU ? "CPU" : "Memory");
	html_textf(out, "request %s · limit %s", request.buf, limit.buf);
	if (sizing->cause != CAUSE_NONE)
		html_textf(out, " · %s", size_cause_name(sizing->cause));
	if (sizing->status != STATUS_RECOMMEND)
		html_textf(out, " · %s", phrase_status(sizing->status));
	strbuf_add_string(out, "</span></h4>\n");
	if (rightsizing->usage)
		rightsize_chart(out, usage_get(rightsizing->usage, row->container, metrics[resource]), resource, sizing);
	strbuf_add_string(out, "<dl>\n");
	html_fact(out, sizing->status == STATUS_RECOMMEND ? "because" : "why", sizing_why(sizing));
	if (sizing->status == STATUS_SUSPECT && sizing->because && sizing->reason)
		html_fact(out, "numbers", sizing->because);
	add_evidence(out, sizing);
	add_consequences(out, row, resource);
	add_confidence(out, sizing);
	html_fact_commands(out, "run", sizing->next_step);
	strbuf_add_string(out, "</dl>\n</div>\n");
}

static void write_card(struct strbuf *out, const struct rightsizing *rightsizing, size_t index)
{
	const struct sizing_row *row = &rightsizing->rows[index];
	const struct workload_container *container = row_container(rightsizing, row);
	enum severity severity = row_severity(row);
	CLEANUP(strbuf_release) struct strbuf workload = STRBUF_INIT, about = STRBUF_INIT, place = STRBUF_INIT;

	phrase_workload(&workload, row_workload(rightsizing, row));
	strbuf_addf(out, "<article id=\"c%zu\" data-words=\" %s %s %s\">\n<h3>", index + 1, size_cause_name(row->of[0].cause), size_cause_name(row->of[1].cause),
		    severity_name(severity));
	if (row_status(row) <= STATUS_SUSPECT)
		strbuf_addf(out, "<span class=\"severity %s\">%s</span> ", severity_name(severity), severity_name(severity));
	html_code(out, "subject", workload.buf);
	strbuf_add_char(out, ' ');
	html_code(out, NULL, container->name);
	strbuf_add_string(out, "</h3>\n");
	if (phrase_container_type(container))
		strbuf_add_string(&about, phrase_container_type(container));
	if (row->replicas > 0)
		strbuf_addf(&about, "%s%.3g replica%s", about.len ? " · " : "", row->replicas,
			    row->replicas == 1 ? "" : "s");
	strbuf_addf(&about, "%s%s", about.len ? " · " : "", qos_class_name(row->qos_now));
	if (row->qos_now != row->qos_then)
		strbuf_addf(&about, " → %s", qos_class_name(row->qos_then));
	phrase_place(&place, rightsizing, row);
	if (place.len)
		strbuf_addf(&about, " · %s", place.buf);
	html_element(out, "p", "dim", about.buf);
	for (size_t r = 0; r < SIZED_RESOURCES; r++)
		write_part(out, rightsizing, row, (enum resource)r);
	if (row_without_patch(rightsizing, row)) {
		strbuf_add_string(out, "<dl>\n");
		html_fact(out, "no patch", row_without_patch(rightsizing, row));
		strbuf_add_string(out, "</dl>\n");
	}
	strbuf_add_string(out, "</article>\n");
}

static void write_team(struct strbuf *out, const struct rightsizing *rightsizing, const struct team *team,
		       struct room *room)
{
	CLEANUP(strbuf_release) struct strbuf aside = STRBUF_INIT;
	size_t told = MIN(team->count, room->cards);

	if (!isnan(team->change)) {
		phrase_money(&aside, rightsizing->savings.currency, team->change, true);
		strbuf_add_string(&aside, " a month");
	}
	strbuf_add_string(out, "<section>\n");
	write_heading(out, *team->name ? team->name : "(none)", team->count, aside.buf);
	write_size_table(out, rightsizing, team, room);
	for (size_t i = 0; i < told; i++)
		write_card(out, rightsizing, team->rows[i]);
	room->cards -= told;
	if (told > 0 && told < team->count)
		strbuf_add_string(out, "<p class=\"dim\">Not all are told in full; <code>--output json</code> has all.</p>\n");
	strbuf_add_string(out, "</section>\n");
}

static void write_teams(struct strbuf *out, const struct rightsizing *rightsizing)
{
	CLEANUP(teams_release) struct teams teams = { 0 };
	struct room room = { .cards = CARDS_MAX, .lines = LINES_MAX };

	teams_collect(&teams, rightsizing);
	strbuf_add_string(out, "<div id=\"teams\">\n");
	if (teams.count == 0)
		strbuf_addf(out, "<h2>%s</h2>\n", phrase_no_change(rightsizing));
	else
		strbuf_add_string(out, "<p class=\"tools\" id=\"tools\"></p>\n");
	for (size_t i = 0; i < teams.count; i++)
		write_team(out, rightsizing, &teams.items[i], &room);
	strbuf_add_string(out, "</div>\n");
}

/* ---- the rest ---- */

static void write_reasons(struct strbuf *out, const struct rightsizing *rightsizing, enum status status,
			  const char *title, const char *aside)
{
	CLEANUP(size_groups_release) struct size_groups groups = SIZE_GROUPS_INIT;

	size_groups_collect(&groups, rightsizing, status);
	if (groups.count == 0)
		return;
	strbuf_addf(out, "<section id=\"%s\">\n", status_name(status));
	write_heading(out, title, rightsizing->counts[status], aside);
	strbuf_add_string(out, "<dl class=\"groups\">\n");
	for (size_t i = 0; i < groups.count; i++) {
		const struct size_group *group = &groups.items[i];
		CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

		phrase_container(&names, rightsizing, group->first);
		if (group->count > 1) {
			strbuf_add_string(&names, " and ");
			phrase_count(&names, group->count - 1);
			strbuf_add_string(&names, " more");
		}
		html_element(out, "dt", NULL, group->reason ? group->reason : "no reason is known");
		html_element(out, "dd", NULL, names.buf);
		if (group->next_step && *group->next_step) {
			strbuf_add_string(out, "<dd>");
			html_commands(out, group->next_step);
			strbuf_add_string(out, "</dd>\n");
		}
	}
	strbuf_add_string(out, "</dl>\n</section>\n");
}

/* What nodes keep for their system beside what that used. */
static void write_node_notes(struct strbuf *out, const struct rightsizing *rightsizing)
{
	size_t shown = MIN(rightsizing->n_node_notes, (size_t)HTML_ROWS_MAX);

	if (rightsizing->n_node_notes == 0)
		return;
	strbuf_add_string(out, "<section id=\"nodes\">\n");
	write_heading(out, "Nodes", rightsizing->n_node_notes, "what they reserve");
	strbuf_add_string(out, "<ul class=\"notes\">\n");
	for (size_t i = 0; i < shown; i++)
		html_element(out, "li", NULL, rightsizing->node_notes[i].text);
	html_more(out, "li", rightsizing->n_node_notes - shown);
	strbuf_add_string(out, "</ul>\n</section>\n");
}

static void write_notes(struct strbuf *out, const struct rightsizing *rightsizing)
{
	const struct diag *notes = &rightsizing->notes;
	size_t shown = MIN(notes->count, (size_t)200);

	if (notes->count == 0)
		return;
	strbuf_add_string(out, "<section id=\"notes\">\n");
	write_heading(out, "Notes", notes->count + notes->dropped, NULL);
	strbuf_add_string(out, "<ul class=\"notes\">\n");
	for (size_t i = 0; i < shown; i++)
		html_note(out, &notes->entries[i]);
	html_more(out, "li", notes->count + notes->dropped - shown);
	strbuf_add_string(out, "</ul>\n</section>\n");
}

static void write_html(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	const struct savings *savings = &rightsizing->savings;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	(void)page;
	write_head(&text, rightsizing);
	strbuf_add_string(&text, "<body>\n");
	write_top(&text, rightsizing);
	strbuf_add_string(&text, "<main>\n");
	write_savings(&text, savings);
	write_groups(&text, savings, "labels", savings->label ? savings->label : "label", savings->labels,
		     savings->n_labels);
	write_groups(&text, savings, "namespaces", "namespace", savings->namespaces, savings->n_namespaces);
	write_teams(&text, rightsizing);
	write_reasons(&text, rightsizing, STATUS_UNMEASURED, "Not measured", "what would have to be run");
	write_reasons(&text, rightsizing, STATUS_UNREADABLE, "Not readable", NULL);
	write_node_notes(&text, rightsizing);
	write_notes(&text, rightsizing);
	strbuf_add_string(&text, "</main>\n<footer><p>More: <code>--output csv</code> and <code>json</code> have everything, "
				 "<code>--patches DIR</code> writes the changes and their way back.</p></footer>\n");
	strbuf_addf(&text, "<script>%s</script>\n</body>\n</html>\n", rightsize_script_js);
	fwrite(text.buf, 1, text.len, out);
}

const struct rightsizing_reporter rightsizing_reporter_html = { .name = "html", .write = write_html };
