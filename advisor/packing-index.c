/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the workloads that a selector may select without trying all of them: most selectors name a label with its value. */
#include "packing-problem.h"

struct pack_index {
	const struct pack_problem *problem;
	struct symbols pairs;			/* "key\0value" */
	struct pack_list *shapes;		/* of each pair */
	size_t capacity;
	uint64_t tried;
};

static void add_pair(struct strbuf *text, const char *key, const char *value)
{
	strbuf_reset(text);
	strbuf_add(text, key, strlen(key) + 1);
	strbuf_add_string(text, value);
}

static void index_labels(struct pack_index *index, uint32_t shape, const struct node *labels, struct strbuf *text)
{
	for (uint32_t i = 0; labels && labels->kind == NODE_MAPPING && i + 1 < labels->count; i += 2) {
		uint32_t before = index->pairs.count, pair;

		if (labels->items[i + 1].kind != NODE_SCALAR)
			continue;
		add_pair(text, labels->items[i].text, labels->items[i + 1].text);
		pair = symbols_intern(&index->pairs, text->buf, text->len);
		GROW(index->shapes, index->capacity, index->pairs.count);
		if (pair >= before)
			index->shapes[pair] = (struct pack_list){ 0 };
		pack_list_add(&index->shapes[pair], shape);
	}
}

struct pack_index *pack_index_new(const struct pack_problem *problem)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct pack_index *index = xcalloc(1, sizeof(*index));

	index->problem = problem;
	for (uint32_t i = 0; i < problem->n_shapes; i++)
		index_labels(index, i, shape_workload(problem, &problem->shapes[i])->pod_labels, &text);
	return index;
}

void pack_index_free(struct pack_index *index)
{
	if (!index)
		return;
	for (uint32_t i = 0; i < index->pairs.count; i++)
		free(index->shapes[i].items);
	free(index->shapes);
	symbols_release(&index->pairs);
	free(index);
}

/* The shortest list that every selected shape is in; NULL: all shapes.  *ret_none: nothing has such a label. */
static const struct pack_list *shortest(const struct pack_index *index, const struct node *selector, bool *ret_none)
{
	const struct node *labels = tree_get(selector, "matchLabels");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct pack_list *best = NULL;

	*ret_none = false;
	for (uint32_t i = 0; labels && labels->kind == NODE_MAPPING && i + 1 < labels->count; i += 2) {
		uint32_t pair;

		if (labels->items[i + 1].kind != NODE_SCALAR)
			continue;
		add_pair(&text, labels->items[i].text, labels->items[i + 1].text);
		pair = symbols_find(&index->pairs, text.buf, text.len);
		if (pair == SYMBOL_NONE)
			*ret_none = true;
		else if (!best || index->shapes[pair].count < best->count)
			best = &index->shapes[pair];
	}
	return best;
}

static bool is_named(const struct pack_namespaces *namespaces, const char *name)
{
	for (size_t i = 0; namespaces && !namespaces->all && i < namespaces->count; i++)
		if (streq(namespaces->names[i], name))
			return true;
	return !namespaces || namespaces->all;
}

bool pack_index_find(struct pack_index *index, const struct node *selector, const struct pack_namespaces *namespaces,
		     struct pack_list *ret_shapes)
{
	const struct pack_problem *problem = index->problem;
	bool none;
	const struct pack_list *some = shortest(index, selector, &none);
	uint32_t count = none ? 0 : some ? some->count : problem->n_shapes;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t shape = some ? some->items[i] : i;
		const struct workload *workload = shape_workload(problem, &problem->shapes[shape]);

		if (++index->tried > PACK_MATCHES_MAX)
			return false;
		if (is_named(namespaces, workload->namespace) && selector_matches(selector, workload->pod_labels))
			pack_list_add(ret_shapes, shape);
	}
	return true;
}
