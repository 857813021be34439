/* SPDX-License-Identifier: Apache-2.0 */
#include "page-parts.h"

#define MARGIN 2U
#define INDENT 17U

void part_text(struct page *page, const char *label, const char *text)
{
	page_labelled(page, MARGIN, INDENT, label, text);
}

void part_node(struct page *page, const struct node *mapping, const char *key, const char *label)
{
	const struct node *node = mapping ? node_get(mapping, key) : NULL;

	if (node && node->kind == NODE_SCALAR)
		part_text(page, label, node->text);
}

static void part_list(struct page *page, const char *label, const struct string_list *list)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < list->count; i++)
		strbuf_addf(&text, "%s%s", i ? ", " : "", list->items[i]);
	part_text(page, label, text.buf);
}

static void part_title(struct page *page, const char *title, const char *aside)
{
	page_heading(page, title, aside);
	page_rule(page);
}

/* "4096 since 5.4; else 128" of [{since: "5.4", value: 4096}, {value: 128}] */
static void add_default(struct strbuf *out, const struct node *node)
{
	if (node->kind == NODE_SCALAR) {
		strbuf_add_string(out, node->text);
		return;
	}
	if (node->kind != NODE_SEQUENCE)
		return;
	for (size_t i = 0; i < node->count; i++) {
		const struct node *item = &node->items[i], *value, *since;

		if (item->kind != NODE_MAPPING)
			continue;
		value = node_get(item, "value");
		since = node_get(item, "since");
		if (out->len)
			strbuf_add_string(out, "; ");
		strbuf_add_string(out, value && value->kind == NODE_SCALAR ? value->text : "?");
		if (since && since->kind == NODE_SCALAR)
			strbuf_addf(out, " since %s", since->text);
		else if (i > 0)
			strbuf_add_string(out, " before");
	}
}

static void part_default(struct page *page, const struct entry *entry)
{
	const struct node *node = entry->node ? node_get(entry->node, "default") : NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!node)
		return;
	add_default(&text, node);
	part_text(page, "default", text.buf);
}

/* A condition, or a list of {when:, say:}. */
static void part_conditions(struct page *page, const struct node *mapping, const char *key, const char *label)
{
	const struct node *node = mapping ? node_get(mapping, key) : NULL;

	if (!node)
		return;
	if (node->kind == NODE_SCALAR)
		part_text(page, label, node->text);
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->count; i++) {
		const struct node *item = &node->items[i], *when, *say;
		struct flow flow;

		if (item->kind != NODE_MAPPING)
			continue;
		when = node_get(item, "when");
		say = node_get(item, "say");
		flow = flow_labelled(page, MARGIN, INDENT, i ? "" : label);
		if (when && when->kind == NODE_SCALAR)
			flow_add(&flow, STYLE_PLAIN, when->text);
		if (say && say->kind == NODE_SCALAR)
			flow_addf(&flow, STYLE_DIM, ": %s", say->text);
		flow_end(&flow);
	}
}

static void part_references(struct page *page, const struct string_list *references)
{
	part_list(page, "see", references);
}

static void part_place(struct page *page, const struct place *place)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!place->file)
		return;
	strbuf_addf(&text, "%s:%u", place->file, place->line);
	part_text(page, "defined in", text.buf);
}

static void part_takes_effect(struct page *page, const struct entry *entry)
{
	static const char *const words[EFFECT_COUNT] = {
		[EFFECT_LIVE] = "at once",
		[EFFECT_NEW_OBJECTS] = "for what is made afterwards",
		[EFFECT_RESTART] = "after a restart of what reads it",
		[EFFECT_REMOUNT] = "after a remount",
		[EFFECT_MODULE_LOAD] = "when the module is loaded",
		[EFFECT_REBOOT] = "after a reboot",
	};

	part_text(page, "takes effect", words[entry->takes_effect]);
}

void part_tunable(struct page *page, const struct entry *entry)
{
	part_text(page, "written as", tunable_kind_name(entry->kind));
	part_text(page, "unit", entry->unit_text);
	part_list(page, "values", &entry->values);
	part_node(page, entry->node, "range", "range");
	part_default(page, entry);
	part_text(page, "scope", scope_name(entry->scope));
	part_takes_effect(page, entry);
	if (entry->reversible != REVERSIBLE_YES)
		part_text(page, "reversible", reversible_name(entry->reversible));
	part_text(page, "obsolete", entry->obsolete);
	part_list(page, "restored with", &entry->coupled);
	part_list(page, "stays below", &entry->below);
	part_list(page, "at most", &entry->at_most);
	part_list(page, "within", &entry->within);
	part_text(page, "writing it", entry->write_effect);
	if (entry->reads_back && !streq(entry->reads_back, "exact"))
		part_text(page, "reads back", entry->reads_back);
	part_node(page, entry->node, "module", "module");
	part_conditions(page, entry->node, "inert_when", "inert when");
	part_conditions(page, entry->node, "hazards", "hazards");
}

void part_metric(struct page *page, const struct entry *entry)
{
	part_text(page, "kind", entry->class == ENTRY_LOG ? "count of kernel messages" :
				entry->metric_kind == METRIC_COUNTER ? "counter: only its increase says something" :
								       "gauge");
	part_text(page, "unit", entry->unit_text);
	part_text(page, "source", entry->source);
	part_text(page, "pattern", entry->pattern);
	if (!entry->summary || !entry->meaning || !streq(entry->summary, entry->meaning))
		part_text(page, "means", entry->meaning);
	part_text(page, "misleads", entry->misleads);
	part_text(page, "since", entry->since);
	part_conditions(page, entry->node, "frozen_when", "frozen when");
}

void explain_entry(struct page *page, const struct entry *entry)
{
	static const char *const classes[] = {
		[ENTRY_TUNABLE] = "tunable", [ENTRY_FACT] = "fact", [ENTRY_METRIC] = "metric",
		[ENTRY_LOG] = "kernel message",
	};

	part_title(page, entry->id, classes[entry->class]);
	page_paragraph(page, MARGIN, STYLE_PLAIN, entry->summary);
	if (entry->summary && *entry->summary)
		page_blank(page);
	if (entry->class == ENTRY_TUNABLE) {
		part_tunable(page, entry);
	} else if (entry->class == ENTRY_FACT) {
		part_text(page, "unit", entry->unit_text);
		part_node(page, entry->node, "source", "source");
	} else {
		part_metric(page, entry);
	}
	part_references(page, &entry->references);
	part_place(page, &entry->place);
}

/* What a rule writes: set and to, or a list of them. */
static void part_changes(struct page *page, const struct node *rule)
{
	const struct node *changes = node_get(rule, "changes");

	part_node(page, rule, "set", "sets");
	part_node(page, rule, "to", "to");
	for (size_t i = 0; changes && changes->kind == NODE_SEQUENCE && i < changes->count; i++) {
		if (changes->items[i].kind != NODE_MAPPING)
			continue;
		part_node(page, &changes->items[i], "set", "sets");
		part_node(page, &changes->items[i], "to", "to");
	}
	part_node(page, rule, "advise", "advises");
}

static void part_sequence(struct page *page, const struct node *rule, const char *key, const char *label)
{
	const struct node *node = node_get(rule, key);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; node && node->kind == NODE_SEQUENCE && i < node->count; i++)
		if (node->items[i].kind == NODE_SCALAR)
			strbuf_addf(&text, "%s%s", text.len ? ", " : "", node->items[i].text);
	part_text(page, label, text.buf);
}

static void part_use(struct page *page, const struct node *rule)
{
	const struct node *use = node_get(rule, "use");

	if (!use || use->kind != NODE_MAPPING)
		return;
	part_node(page, use, "resource", "resource");
	part_node(page, use, "kind", "shows as");
}

const char *rule_text(const struct node *rule, const char *key)
{
	const struct node *node = rule->kind == NODE_MAPPING ? node_get(rule, key) : NULL;

	return node && node->kind == NODE_SCALAR ? node->text : "";
}

void explain_rule(struct page *page, const struct node *rule)
{
	struct place place = node_place(rule);

	if (rule->kind != NODE_MAPPING)
		return;
	part_title(page, rule_text(rule, "id"), "rule");
	page_paragraph(page, MARGIN, STYLE_PLAIN, rule_text(rule, "title"));
	page_blank(page);
	part_node(page, rule, "severity", "severity");
	part_node(page, rule, "about", "about");
	part_node(page, rule, "where", "where");
	part_node(page, rule, "where_note", "");
	part_use(page, rule);
	part_node(page, rule, "when", "when");
	part_node(page, rule, "held", "held in");
	part_node(page, rule, "window", "window");
	part_node(page, rule, "threshold_note", "threshold");
	part_sequence(page, rule, "evidence", "evidence");
	part_changes(page, rule);
	part_node(page, rule, "direction", "direction");
	part_node(page, rule, "because", "because");
	part_node(page, rule, "already", "unless set");
	part_conditions(page, rule, "elsewhere", "elsewhere if");
	part_node(page, rule, "side_effects", "side effects");
	part_node(page, rule, "takes_effect_note", "takes effect");
	part_node(page, rule, "verify", "better when");
	part_node(page, rule, "load", "load");
	part_sequence(page, rule, "references", "see");
	part_place(page, &place);
}

void explain_line(struct page *page, const struct node *line)
{
	static const struct {
		const char *key, *label;
	} parts[] = {
		{ "key", "key" },	  { "where", "where" },	  { "must", "must" },	{ "to", "to" },
		{ "judge", "judged by" }, { "advise", "do" },	  { "severity", "severity" },
		{ "because", "because" }, { "breaks", "breaks" },
	};

	page_heading(page, rule_text(line, "id"), rule_text(line, "title"));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		part_node(page, line, parts[i].key, parts[i].label);
	part_sequence(page, line, "references", "see");
}

void explain_policy(struct page *page, const struct node *policy)
{
	const struct node *expect = node_get(policy, "expect"), *overrides = node_get(policy, "overrides");

	part_title(page, rule_text(policy, "id"), "policy");
	page_paragraph(page, MARGIN, STYLE_PLAIN, rule_text(policy, "title"));
	part_node(page, policy, "summary", "summary");
	part_sequence(page, policy, "includes", "includes");
	for (uint32_t i = 0; overrides && i < overrides->count; i++)
		part_text(page, i == 0 ? "overrides" : "", rule_text(&overrides->items[i], "id"));
	for (uint32_t i = 0; expect && i < expect->count; i++) {
		page_blank(page);
		explain_line(page, &expect->items[i]);
	}
}

void explain_text(struct page *page, const char *name, const char *who, const char *title, const char *severity,
		  const char *because, const char *advice)
{
	part_title(page, name, who);
	page_paragraph(page, MARGIN, STYLE_PLAIN, title);
	part_text(page, "severity", severity);
	part_text(page, "because", because);
	part_text(page, "do", advice);
}
