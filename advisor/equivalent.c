/* SPDX-License-Identifier: Apache-2.0 */
/* The list of mutants that mean the same as their rule:
 *
 *	tcp-accept-queue-overflow:
 *	  - {in: when, from: a > 0, to: a >= 1, because: a is a whole number} */
#include <errno.h>

#include "mutate.h"

struct equivalent {
	const char *rule, *field, *from, *to;
	const struct node *node;
	bool seen, needed;		/* there is such a mutant; no case notices it */
};

struct equivalents {
	struct equivalent *items;
	size_t count, capacity;
};

static const char *const equivalent_keys[] = { "in", "from", "to", "because", NULL };

struct equivalents *equivalents_new(void)
{
	return xcalloc(1, sizeof(struct equivalents));
}

void equivalents_free(struct equivalents *equivalents)
{
	if (!equivalents)
		return;
	free(equivalents->items);
	free(equivalents);
}

static int load_one(struct equivalents *equivalents, const char *rule, const struct node *node, struct diag *diag)
{
	struct equivalent item = { .rule = rule, .node = node, .to = "" };
	struct place place = node_place(node);
	const char *because = NULL;

	if (node->kind != NODE_MAPPING)
		return diag_error(diag, &place, "%s: expected {in: …, from: …, to: …, because: …}", rule);
	if (node_check_keys(node, equivalent_keys, diag) < 0)
		return -EINVAL;
	if (node_get_text(node, "in", diag, &item.field) < 0 || node_get_text(node, "from", diag, &item.from) < 0 ||
	    node_get_text(node, "because", diag, &because) < 0 || !*because)
		return diag_error(diag, &place, "%s: expected {in: …, from: …, to: …, because: …}", rule);
	if (node_get_text(node, "to", diag, &item.to) == -EINVAL)
		return -EINVAL;
	GROW(equivalents->items, equivalents->capacity, equivalents->count + 1);
	equivalents->items[equivalents->count++] = item;
	return 0;
}

int equivalents_load(struct equivalents *equivalents, const struct node *documents, struct diag *diag)
{
	int result = 0, r;

	for (uint32_t i = 0; i < documents->count; i++) {
		const struct node *rules = &documents->items[i];
		struct place place = node_place(rules);

		if (rules->kind != NODE_MAPPING) {
			result = diag_error(diag, &place, "expected a mapping of rules to their equivalent mutants");
			continue;
		}
		for (uint32_t j = 0; j + 1 < rules->count; j += 2) {
			const struct node *list = &rules->items[j + 1];

			place = node_place(list);
			if (list->kind != NODE_SEQUENCE)
				result = diag_error(diag, &place, "%s: expected a list of mutants", rules->items[j].text);
			for (uint32_t k = 0; list->kind == NODE_SEQUENCE && k < list->count; k++) {
				r = load_one(equivalents, rules->items[j].text, &list->items[k], diag);
				result = r < 0 ? r : result;
			}
		}
	}
	return result;
}

bool equivalents_has(struct equivalents *equivalents, const char *rule, const struct mutant *mutant,
		     enum mutant_fate fate)
{
	bool found = false;

	for (size_t i = 0; i < equivalents->count; i++) {
		struct equivalent *item = &equivalents->items[i];

		if (!streq(item->rule, rule) || !streq(item->field, mutant->field) || !streq(item->from, mutant->from) ||
		    !streq(item->to, mutant->to))
			continue;
		item->seen = true;
		item->needed = item->needed || fate == MUTANT_SURVIVES;
		found = true;
	}
	return found;
}

void equivalents_report(const struct equivalents *equivalents, const char *rule, struct diag *diag)
{
	for (size_t i = 0; i < equivalents->count; i++) {
		const struct equivalent *item = &equivalents->items[i];
		struct place place = node_place(item->node);

		if (!streq(item->rule, rule) || item->needed)
			continue;
		(void)diag_error(diag, &place, "%s: %s: '%s' → '%s': %s", rule, item->field, item->from, item->to,
				 item->seen ? "a case notices this mutant, or it is refused: it is not equivalent"
					    : "there is no such mutant");
	}
}

void equivalents_report_strays(const struct equivalents *equivalents, const struct rulebook *rulebook,
			       struct diag *diag)
{
	for (size_t i = 0; i < equivalents->count; i++) {
		struct place place = node_place(equivalents->items[i].node);
		bool found = false;

		for (size_t j = 0; j < rulebook_count(rulebook); j++)
			found = found || streq(rulebook_rule_id(rulebook, j), equivalents->items[i].rule);
		if (!found)
			(void)diag_error(diag, &place, "there is no rule '%s'", equivalents->items[i].rule);
	}
}
