/* SPDX-License-Identifier: Apache-2.0 */
#include "text-finding.h"

#include <math.h>

#include "group.h"
#include "phrase.h"

#define COLUMNS_WIDTH_MIN 60	/* narrower: the four values of an audit in a sentence */

static unsigned int indent_of(const struct page *page)
{
	return page->width < 60 ? TEXT_MARGIN + 2 : TEXT_INDENT;
}

static void labelled(struct page *page, const char *label, const char *text)
{
	page_labelled(page, TEXT_MARGIN, indent_of(page), label, text);
}

enum style severity_style(enum severity severity)
{
	static const enum style styles[SEVERITY_COUNT] = {
		[SEVERITY_LOW] = STYLE_BLUE,
		[SEVERITY_MEDIUM] = STYLE_YELLOW,
		[SEVERITY_HIGH] = STYLE_RED,
		[SEVERITY_CRITICAL] = STYLE_ALARM,
	};

	return styles[severity];
}

static void add_severity(struct flow *flow, enum severity severity)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (const char *c = severity_name(severity); *c; c++)
		strbuf_add_char(&text, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
	flow_add(flow, severity_style(severity), text.buf);
}

/* "net.core.somaxconn  128 → 4,096" */
static void add_change(struct flow *flow, const struct change *change)
{
	const char *from = change->from_text ? change->from_text : change->from;
	const char *to = change->to_text ? change->to_text : change->to;

	flow_add(flow, STYLE_BOLD, change->key);
	flow_gap(flow, 2);
	flow_add(flow, STYLE_PLAIN, from && *from ? from : "(empty)");
	flow_addf(flow, STYLE_DIM, " %s ", page_symbol(flow->page, SYMBOL_ARROW));
	flow_add(flow, STYLE_GREEN, to && *to ? to : "(empty)");
}

static void write_changes(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_changes; i++) {
		struct flow flow = flow_begin(page, TEXT_MARGIN);

		add_change(&flow, &finding->changes[i]);
		flow_end(&flow);
	}
	if (finding->n_changes == 0)
		page_paragraph(page, TEXT_MARGIN, STYLE_BOLD, finding->advice);
}

/* How far the numbers just printed reach. */
static void write_basis(struct page *page, const struct evidence *evidence, double share)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase_basis(&text, evidence, share);
	page_paragraph(page, indent_of(page), STYLE_DIM, text.buf);
}

/* Numbers that reach equally far say so once, behind the last of them. */
void text_evidence(struct page *page, const struct finding *finding)
{
	double share = NAN;

	for (size_t i = 0; i < finding->n_evidence; i++) {
		const struct evidence *evidence = &finding->evidence[i];
		bool last = i + 1 == finding->n_evidence || !evidence_same_basis(evidence, evidence + 1);
		struct flow flow = i == 0 ? flow_labelled(page, TEXT_MARGIN, indent_of(page), "measured") :
					    flow_begin(page, indent_of(page));

		flow_add(&flow, STYLE_PLAIN, evidence->expression);
		flow_add(&flow, STYLE_DIM, " = ");
		flow_add(&flow, evidence->known ? STYLE_BOLD : STYLE_DIM,
			 evidence->value ? evidence->value : "unknown");
		if (evidence->source && *evidence->source)
			flow_addf(&flow, STYLE_DIM, " (%s)", evidence->source);
		flow_end(&flow);
		share = isnan(evidence->share) ? share : evidence->share;
		if (last) {
			write_basis(page, evidence, share);
			share = NAN;
		}
	}
}

void text_missing(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_missing; i++) {
		const struct missing *missing = &finding->missing[i];
		struct flow flow = i == 0 ? flow_labelled(page, TEXT_MARGIN, indent_of(page), "missing") :
					    flow_begin(page, indent_of(page));

		flow_add(&flow, STYLE_PLAIN, missing->key);
		if (missing->why)
			flow_addf(&flow, STYLE_DIM, ": %s", missing->why);
		flow_end(&flow);
	}
}

static void add_column(struct page *page, const char *title, const char *value, bool marked)
{
	page_paragraph(page, 0, STYLE_DIM, title);
	page_paragraph(page, 0, marked ? STYLE_BOLD : STYLE_PLAIN, value ? value : page_symbol(page, SYMBOL_DASH));
}

/* Four columns side by side; on a narrow page a sentence. */
static void write_values(struct page *page, const struct finding_values *values)
{
	unsigned int width = (page->width - TEXT_MARGIN - 6) / 4;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct page cells[4];

	if (!values)
		return;
	if (page->width < COLUMNS_WIDTH_MIN) {
		phrase_values(&text, values);
		labelled(page, "values", text.buf);
		return;
	}
	page_paragraph(page, TEXT_MARGIN, STYLE_BOLD, values->key);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		page_init(&cells[i], PAGE_WIDTH_MIN, page->colour, page->unicode);
		cells[i].width = width;
	}
	add_column(&cells[0], "RUNNING", values->running, true);
	add_column(&cells[1], "AFTER BOOT", values->boot, true);
	add_column(&cells[2], "KERNEL DEFAULT", values->kernel_default, false);
	add_column(&cells[3], "WANTED", values->wanted, values->wanted != NULL);
	page_columns(page, TEXT_MARGIN, cells, ARRAY_SIZE(cells));
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		page_release(&cells[i]);
}

static void write_sites(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_sites; i++) {
		struct flow flow = flow_labelled(page, TEXT_MARGIN, indent_of(page), i ? "" : "where");
		CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

		phrase_site(&place, &finding->sites[i]);
		flow_add(&flow, STYLE_PLAIN, place.buf);
		if (finding->sites[i].text) {
			flow_gap(&flow, 2);
			flow_add(&flow, STYLE_DIM, finding->sites[i].text);
		}
		flow_end(&flow);
	}
}

static void write_classes(struct page *page, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase_classes(&text, finding);
	labelled(page, "class", text.buf);
}

static void write_hazards(struct page *page, const struct change *change)
{
	for (size_t i = 0; i < change->n_hazards; i++) {
		struct flow flow = flow_labelled(page, TEXT_MARGIN, indent_of(page), i == 0 ? "hazards" : "");

		flow_add(&flow, STYLE_YELLOW, change->hazards[i]);
		flow_end(&flow);
	}
}

static void write_commands(struct page *page, const struct finding *finding, const char *label, size_t member,
			   bool backwards)
{
	CLEANUP(strbuf_release) struct strbuf all = STRBUF_INIT;

	phrase_commands(&all, finding, member, backwards);
	page_commands(page, TEXT_MARGIN, indent_of(page), label, all.buf);
}

static void write_notes(struct page *page, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_changes; i++)
		labelled(page, "note", change_note(finding, i));
}

static void write_references(struct page *page, const struct finding *finding)
{
	struct flow flow;

	if (!finding->references || finding->references->count == 0)
		return;
	flow = flow_labelled(page, TEXT_MARGIN, indent_of(page), "see");
	for (size_t i = 0; i < finding->references->count; i++)
		flow_addf(&flow, STYLE_DIM, i ? ", %s" : "%s", finding->references->items[i]);
	flow_end(&flow);
}

static void write_confidence(struct page *page, const struct finding *finding)
{
	struct flow flow = flow_labelled(page, TEXT_MARGIN, indent_of(page), "confidence");

	flow_add(&flow, STYLE_PLAIN, confidence_name(finding->confidence));
	if (finding->confidence_reason && *finding->confidence_reason)
		flow_addf(&flow, STYLE_PLAIN, ": %s", finding->confidence_reason);
	flow_end(&flow);
}

static void write_title(struct page *page, const struct finding *finding, size_t number)
{
	struct flow flow = flow_begin(page, 0);

	if (number) {
		flow_addf(&flow, STYLE_BOLD, "%zu", number);
		flow_gap(&flow, number < 10 ? 2 : 1);
	}
	add_severity(&flow, finding->severity);
	flow_gap(&flow, 2);
	flow.indent = TEXT_MARGIN;
	flow_add(&flow, STYLE_BOLD, finding->title);
	if (finding->subject != SUBJECT_HOST && finding->subject_name)
		flow_addf(&flow, STYLE_PLAIN, " (%s%s%s)", finding->subject_is ? finding->subject_is : "", finding->subject_is ? ", " : "",
			  finding->subject_name);
	flow_end(&flow);
}

void text_recommendation(struct page *page, const struct report *report, const struct finding *finding, size_t number)
{
	bool brief = report_said_before(report, finding);

	write_title(page, finding, number);
	write_changes(page, finding);
	write_values(page, finding->values);
	write_sites(page, finding);
	text_evidence(page, finding);
	labelled(page, "because", finding->because);
	if (finding->n_changes)
		labelled(page, "instead", finding->advice);
	write_commands(page, finding, "apply", offsetof(struct change, apply), false);
	write_commands(page, finding, "roll back", offsetof(struct change, rollback), true);
	write_commands(page, finding, "verify", offsetof(struct change, verify), false);
	if (!brief)
		labelled(page, "better when", finding->verify_measure);
	write_commands(page, finding, "persist", offsetof(struct change, persist), false);
	write_commands(page, finding, "unpersist", offsetof(struct change, unpersist), true);
	for (size_t i = 0; i < finding->n_changes; i++)
		write_hazards(page, &finding->changes[i]);
	if (!brief) {
		write_notes(page, finding);
		labelled(page, "takes effect", finding->takes_effect);
		write_classes(page, finding);
		labelled(page, "side effects", finding->side_effects);
	}
	write_confidence(page, finding);
	if (!brief)
		write_references(page, finding);
	labelled(page, "rule", finding->id);
}

void text_found(struct page *page, const struct report *report, const struct finding *finding, size_t number)
{
	bool brief = report_said_before(report, finding);

	write_title(page, finding, number);
	write_values(page, finding->values);
	write_sites(page, finding);
	if (finding->n_changes || finding->n_evidence || report_is_of_manifests(report))
		labelled(page, "found", finding->reason);
	labelled(page, "because", finding->because);
	labelled(page, "do", finding->advice);
	for (size_t i = 0; i < finding->n_changes; i++)
		write_hazards(page, &finding->changes[i]);
	labelled(page, "breaks", finding->side_effects);
	if (!brief) {
		labelled(page, "takes effect", finding->takes_effect);
		write_references(page, finding);
	}
	labelled(page, "rule", finding->id);
}

void text_known(struct page *page, const struct finding *finding)
{
	struct flow flow = flow_begin(page, 2);

	flow.indent = 4;
	add_severity(&flow, finding->severity);
	flow_gap(&flow, 2);
	flow_add(&flow, STYLE_PLAIN, finding->id);
	flow_end(&flow);
}

void text_suspect(struct page *page, const struct report *report, const struct finding *finding)
{
	write_title(page, finding, 0);
	for (size_t i = 0; i < finding->n_changes; i++) {
		struct flow flow = flow_labelled(page, TEXT_MARGIN, indent_of(page), i ? "" : "perhaps");

		add_change(&flow, &finding->changes[i]);
		flow_end(&flow);
	}
	write_values(page, finding->values);
	write_sites(page, finding);
	text_evidence(page, finding);
	if (!report_said_before(report, finding)) {
		labelled(page, "why not more", finding->reason);
		page_commands(page, TEXT_MARGIN, indent_of(page), "run", finding->next_step);
	}
	labelled(page, "rule", finding->id);
}

void text_elsewhere(struct page *page, const struct report *report, const struct finding *finding)
{
	(void)report;
	write_title(page, finding, 0);
	write_values(page, finding->values);
	write_sites(page, finding);
	text_evidence(page, finding);
	labelled(page, "because", finding->because);
	labelled(page, "but", finding->reason);
	labelled(page, "rule", finding->id);
}

void text_waived(struct page *page, const struct report *report, const struct finding *finding)
{
	(void)report;
	write_title(page, finding, 0);
	write_values(page, finding->values);
	write_sites(page, finding);
	labelled(page, "waived", finding->waiver);
	labelled(page, "rule", finding->id);
}

static void write_members(struct page *page, const struct members *members, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

	members_names(&names, members, text);
	page_paragraph(page, 4, STYLE_DIM, names.buf);
}

static void write_groups(struct page *page, const struct report *report, enum status status, const char *without)
{
	CLEANUP(members_release) struct members members = MEMBERS_INIT;

	members_collect(&members, report, status);
	for (size_t i = 0; i < members.count; i++) {
		if (!members_begins_group(&members, i))
			continue;
		page_paragraph(page, 2, STYLE_PLAIN, *members.items[i].text ? members.items[i].text : without);
		write_members(page, &members, members.items[i].text);
	}
}

void text_unmeasured(struct page *page, const struct report *report)
{
	write_groups(page, report, STATUS_UNMEASURED, "nothing known would measure it here");
}

void text_unreadable(struct page *page, const struct report *report)
{
	write_groups(page, report, STATUS_UNREADABLE, "no reason is known");
}

/* "rule (12 subjects): why", one line for each rule and reason. */
static void write_lines(struct page *page, const struct report *report, enum status status)
{
	CLEANUP(members_release) struct members members = MEMBERS_INIT;

	members_collect(&members, report, status);
	for (size_t i = 0; i < members.count; i++) {
		struct flow flow = flow_begin(page, 2);
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

		flow.indent = 4;
		member_name(&name, &members.items[i]);
		flow_add(&flow, STYLE_PLAIN, name.buf);
		if (*members.items[i].text)
			flow_addf(&flow, STYLE_DIM, ": %s", members.items[i].text);
		flow_end(&flow);
	}
}

void text_satisfied(struct page *page, const struct report *report)
{
	write_lines(page, report, STATUS_SATISFIED);
}

void text_not_applicable(struct page *page, const struct report *report)
{
	write_lines(page, report, STATUS_NOT_APPLICABLE);
}
