/* SPDX-License-Identifier: Apache-2.0 */
#include "selector.h"

/* The text of a label, or NULL. */
static const char *label_of(const struct node *labels, const char *key)
{
	const struct node *value = labels && labels->kind == NODE_MAPPING ? node_get(labels, key) : NULL;

	return value && value->kind == NODE_SCALAR ? value->text : NULL;
}

static const struct node *member(const struct node *mapping, const char *key, enum node_kind kind)
{
	const struct node *value = node_get(mapping, key);

	return value && value->kind == kind ? value : NULL;
}

static bool labels_match(const struct node *wanted, const struct node *labels)
{
	for (uint32_t i = 0; wanted && i + 1 < wanted->count; i += 2) {
		const char *label = label_of(labels, wanted->items[i].text);

		if (wanted->items[i + 1].kind != NODE_SCALAR || !label || !streq(label, wanted->items[i + 1].text))
			return false;
	}
	return true;
}

static bool is_among(const struct node *values, const char *label)
{
	for (uint32_t i = 0; values && label && i < values->count; i++)
		if (values->items[i].kind == NODE_SCALAR && streq(values->items[i].text, label))
			return true;
	return false;
}

static bool expression_matches(const struct node *expression, const struct node *labels)
{
	const struct node *key, *operator, *values;
	const char *label;

	if (expression->kind != NODE_MAPPING)
		return false;
	key = member(expression, "key", NODE_SCALAR);
	operator = member(expression, "operator", NODE_SCALAR);
	values = member(expression, "values", NODE_SEQUENCE);
	if (!key || !operator)
		return false;
	label = label_of(labels, key->text);
	if (streq(operator->text, "In"))
		return is_among(values, label);
	if (streq(operator->text, "NotIn"))
		return values && !is_among(values, label);
	if (streq(operator->text, "Exists"))
		return label != NULL;
	return streq(operator->text, "DoesNotExist") && !label;
}

bool selector_matches(const struct node *selector, const struct node *labels)
{
	const struct node *expressions;

	if (!selector || selector->kind != NODE_MAPPING)
		return false;
	expressions = member(selector, "matchExpressions", NODE_SEQUENCE);
	if (!labels_match(member(selector, "matchLabels", NODE_MAPPING), labels))
		return false;
	for (uint32_t i = 0; expressions && i < expressions->count; i++)
		if (!expression_matches(&expressions->items[i], labels))
			return false;
	return true;
}
