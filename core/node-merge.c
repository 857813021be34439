/* SPDX-License-Identifier: Apache-2.0 */
/* "<<: *defaults" brings in what the mapping does not say itself; of keys that are said twice the last one counts. */
#include "node-foreign.h"

struct pair {
	const struct node *key;
	uint32_t at;			/* of the key among the items */
	bool merged;
	bool dropped;
};

static int by_key(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int r = strcmp(a->key->text, b->key->text);

	return r ? r : (a->at > b->at) - (a->at < b->at);
}

static int by_place(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	return (a->at > b->at) - (a->at < b->at);
}

static bool is_merge(const struct node *key, const struct node *value)
{
	return key->kind == NODE_SCALAR && !key->quoted && streq(key->text, "<<") && value->kind != NODE_SCALAR;
}

static void append_mapping(struct node **items, size_t *count, size_t *capacity, const struct node *mapping)
{
	if (mapping->kind != NODE_MAPPING || mapping->count == 0)
		return;
	GROW(*items, *capacity, *count + mapping->count);
	memcpy(*items + *count, mapping->items, mapping->count * sizeof(**items));
	*count += mapping->count;
}

/* Behind the others; of several mappings an earlier one comes before. */
static void append_merged(struct node **items, size_t *count, size_t *capacity, size_t at)
{
	struct node value = (*items)[at + 1];

	if (value.kind == NODE_MAPPING)
		append_mapping(items, count, capacity, &value);
	for (uint32_t i = 0; value.kind == NODE_SEQUENCE && i < value.count; i++)
		append_mapping(items, count, capacity, &value.items[i]);
}

/* pairs are of one key in the order in which they stand: its own ones, then those that were merged. */
static void drop_all_but_one(struct pair *pairs, size_t count, struct diag *diag)
{
	size_t own = 0, kept;

	while (own < count && !pairs[own].merged)
		own++;
	kept = own ? own - 1 : 0;
	for (size_t i = 0; i < count; i++)
		pairs[i].dropped |= i != kept;
	if (own > 1) {
		struct place place = node_place(pairs[kept].key);

		(void)diag_warning(diag, &place, "the key '%s' is there twice, first at line %u: the last one counts",
				   pairs[0].key->text, pairs[0].key->line);
	}
}

static void drop_duplicates(struct pair *pairs, size_t count, struct diag *diag)
{
	qsort(pairs, count, sizeof(*pairs), by_key);
	for (size_t first = 0, n; first < count; first += n) {
		for (n = 1; first + n < count && streq(pairs[first].key->text, pairs[first + n].key->text); n++)
			continue;
		if (n > 1 && pairs[first].key->kind == NODE_SCALAR)
			drop_all_but_one(&pairs[first], n, diag);
	}
	qsort(pairs, count, sizeof(*pairs), by_place);
}

size_t node_merge_keys(struct node **items, size_t count, size_t *capacity, struct diag *diag)
{
	size_t own = count, n_pairs, kept = 0;
	struct pair *pairs;

	for (size_t i = 0; i + 1 < own; i += 2)
		if (is_merge(&(*items)[i], &(*items)[i + 1]))
			append_merged(items, &count, capacity, i);
	n_pairs = count / 2;
	pairs = xcalloc(n_pairs + 1, sizeof(*pairs));
	for (size_t i = 0; i < n_pairs; i++)
		pairs[i] = (struct pair){
			.key = &(*items)[2 * i], .at = (uint32_t)(2 * i), .merged = 2 * i >= own,
			.dropped = 2 * i < own && is_merge(&(*items)[2 * i], &(*items)[2 * i + 1]),
		};
	drop_duplicates(pairs, n_pairs, diag);
	for (size_t i = 0; i < n_pairs; i++) {
		if (pairs[i].dropped)
			continue;
		(*items)[kept] = (*items)[pairs[i].at];
		(*items)[kept + 1] = (*items)[pairs[i].at + 1];
		kept += 2;
	}
	free(pairs);
	return kept;
}
