/* SPDX-License-Identifier: Apache-2.0 */
#include "selector.h"

#include "parse.h"

const struct node *tree_get(const struct node *tree, const char *key)
{
	return tree && tree->kind == NODE_MAPPING ? node_get(tree, key) : NULL;
}

const char *tree_text(const struct node *tree, const char *key, const char *otherwise)
{
	const struct node *value = tree_get(tree, key);

	return value && value->kind == NODE_SCALAR ? value->text : otherwise;
}

bool tree_given(const struct node *tree)
{
	return tree && (tree->kind != NODE_SCALAR || tree->quoted || (*tree->text && !streq(tree->text, "null") && !streq(tree->text, "~")));
}

static size_t list_count(const struct node *list)
{
	return list && list->kind == NODE_SEQUENCE ? list->count : 0;
}

/* ---- one requirement: {key: …, operator: In, values: […]} ---- */

static bool has_value(const struct node *values, const char *text)
{
	for (size_t i = 0; i < list_count(values); i++)
		if (values->items[i].kind == NODE_SCALAR && streq(values->items[i].text, text))
			return true;
	return false;
}

static bool is_in(const char *value, const struct node *values)
{
	return value && has_value(values, value);
}

static bool is_not_in(const char *value, const struct node *values)
{
	return !value || !has_value(values, value);
}

static bool exists(const char *value, const struct node *values)
{
	return value;
}

static bool exists_not(const char *value, const struct node *values)
{
	return !value;
}

/* Both are whole numbers, or it does not hold. */
static int compare_numbers(const char *value, const struct node *values)
{
	int64_t label, bound;

	if (!value || values->items[0].kind != NODE_SCALAR || parse_i64(value, &label) < 0 ||
	    parse_i64(values->items[0].text, &bound) < 0)
		return 0;
	return (label > bound) - (label < bound);
}

static bool is_greater(const char *value, const struct node *values)
{
	return compare_numbers(value, values) > 0;
}

static bool is_less(const char *value, const struct node *values)
{
	return compare_numbers(value, values) < 0;
}

static const struct operator {
	const char *name;
	size_t least, most;			/* values */
	bool of_nodes;				/* not in a LabelSelector */
	bool (*holds)(const char *value, const struct node *values);
} operators[] = {
	/* clang-format off */
	{ .name = "DoesNotExist", .least = 0, .most = 0,        .holds = exists_not, },
	{ .name = "Exists",       .least = 0, .most = 0,        .holds = exists, },
	{ .name = "Gt",           .least = 1, .most = 1,        .holds = is_greater, .of_nodes = true, },
	{ .name = "In",           .least = 1, .most = SIZE_MAX, .holds = is_in, },
	{ .name = "Lt",           .least = 1, .most = 1,        .holds = is_less, .of_nodes = true, },
	{ .name = "NotIn",        .least = 1, .most = SIZE_MAX, .holds = is_not_in, },
	/* clang-format on */
};

static const struct operator *find_operator(const struct node *requirement, bool of_nodes)
{
	size_t count = list_count(tree_get(requirement, "values"));
	const char *name = tree_text(requirement, "operator", "");

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (streq(operators[i].name, name))
			return count >= operators[i].least && count <= operators[i].most && (of_nodes || !operators[i].of_nodes) ?
			       &operators[i] : NULL;
	return NULL;
}

static bool requirement_holds(const struct node *requirement, const struct node *labels, bool of_nodes)
{
	const char *key = tree_text(requirement, "key", NULL);
	const struct operator *operator = find_operator(requirement, of_nodes);

	return operator && key && operator->holds(tree_text(labels, key, NULL), tree_get(requirement, "values"));
}

static bool all_hold(const struct node *requirements, const struct node *labels, bool of_nodes)
{
	for (size_t i = 0; i < list_count(requirements); i++)
		if (!requirement_holds(&requirements->items[i], labels, of_nodes))
			return false;
	return !tree_given(requirements) || requirements->kind == NODE_SEQUENCE;
}

static bool labels_equal(const struct node *wanted, const struct node *labels)
{
	if (!tree_given(wanted))
		return true;
	if (wanted->kind != NODE_MAPPING)
		return false;
	for (size_t i = 0; i + 1 < wanted->count; i += 2) {
		const char *value = tree_text(labels, wanted->items[i].text, NULL);

		if (!value || wanted->items[i + 1].kind != NODE_SCALAR || !streq(value, wanted->items[i + 1].text))
			return false;
	}
	return true;
}

bool selector_matches(const struct node *selector, const struct node *labels)
{
	return selector && selector->kind == NODE_MAPPING && labels_equal(tree_get(selector, "matchLabels"), labels) &&
	       all_hold(tree_get(selector, "matchExpressions"), labels, false);
}

/* ---- nodes ---- */

/* matchFields knows metadata.name only, with In or NotIn and one value. */
static bool field_holds(const struct node *requirement, const char *name)
{
	const struct node *values = tree_get(requirement, "values");
	const char *operator = tree_text(requirement, "operator", "");
	bool is;

	if (list_count(values) != 1 || values->items[0].kind != NODE_SCALAR)
		return false;
	is = streq(tree_text(requirement, "key", ""), "metadata.name") && streq(values->items[0].text, name);
	return streq(operator, "In") ? is : streq(operator, "NotIn") && !is;
}

static bool term_holds(const struct node *term, const struct cluster_node *node)
{
	const struct node *expressions = tree_get(term, "matchExpressions"), *fields = tree_get(term, "matchFields");

	if (list_count(expressions) + list_count(fields) == 0)
		return false;				/* an empty term selects nothing */
	for (size_t i = 0; i < list_count(fields); i++)
		if (!field_holds(&fields->items[i], node->name))
			return false;
	return all_hold(expressions, node->labels, true);
}

bool node_wanted(const struct node *node_selector, const struct node *affinity, const struct cluster_node *node)
{
	const struct node *required = tree_get(tree_get(affinity, "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution");
	const struct node *terms = tree_get(required, "nodeSelectorTerms");

	if (!labels_equal(node_selector, node->labels))
		return false;
	if (!tree_given(required))
		return true;
	for (size_t i = 0; i < list_count(terms); i++)
		if (term_holds(&terms->items[i], node))
			return true;
	return false;
}

static bool tolerates(const struct node *toleration, const struct node *taint)
{
	const char *effect = tree_text(toleration, "effect", ""), *key = tree_text(toleration, "key", "");
	const char *operator = tree_text(toleration, "operator", "Equal");
	const char *value = tree_text(toleration, "value", ""), *tainted = tree_text(taint, "value", "");
	int64_t bound, number;

	if ((*effect && !streq(effect, tree_text(taint, "effect", ""))) || (*key && !streq(key, tree_text(taint, "key", ""))))
		return false;
	if (streq(operator, "Exists"))
		return true;
	if (!*operator || streq(operator, "Equal"))
		return streq(value, tainted);
	if (parse_i64(value, &bound) < 0 || parse_i64(tainted, &number) < 0)
		return false;
	return streq(operator, "Gt") ? number > bound : streq(operator, "Lt") && number < bound;
}

static bool any_tolerates(const struct node *tolerations, const struct node *taint)
{
	for (size_t i = 0; i < list_count(tolerations); i++)
		if (tolerates(&tolerations->items[i], taint))
			return true;
	return false;
}

bool taints_tolerated(const struct node *taints, const struct node *tolerations, const struct node **ret_taint)
{
	for (size_t i = 0; i < list_count(taints); i++) {
		const char *effect = tree_text(&taints->items[i], "effect", "");

		if ((streq(effect, "NoSchedule") || streq(effect, "NoExecute")) && !any_tolerates(tolerations, &taints->items[i])) {
			*ret_taint = &taints->items[i];
			return false;
		}
	}
	return true;
}
