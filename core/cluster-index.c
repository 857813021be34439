/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster-index.h"

struct cluster_index *cluster_index(struct cluster *cluster)
{
	if (!cluster->index)
		cluster->index = xcalloc(1, sizeof(struct cluster_index));
	return cluster->index;
}

void cluster_index_free(struct cluster_index *index)
{
	if (!index)
		return;
	index_clear(&index->groups);
	index_clear(&index->workloads);
	index_clear(&index->pods);
	index_clear(&index->nodes);
	index_clear(&index->runtime_classes);
	index_clear(&index->containers);
	free(index->pod_groups);
	free(index);
}

void index_clear(struct index_table *table)
{
	free(table->entries);
	*table = (struct index_table){ 0 };
}

static uint64_t mix(uint64_t hash, const void *part)
{
	hash ^= (uint64_t)(uintptr_t)part;
	hash *= 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static struct index_entry *entry_of(const struct index_table *table, const void *a, const void *b, const void *c)
{
	uint32_t mask = table->size - 1;

	for (uint32_t i = (uint32_t)mix(mix(mix(0, a), b), c) & mask;; i = (i + 1) & mask) {
		struct index_entry *entry = &table->entries[i];

		if (entry->value == 0 || (entry->key[0] == a && entry->key[1] == b && entry->key[2] == c))
			return entry;
	}
}

uint32_t index_find(const struct index_table *table, const void *a, const void *b, const void *c)
{
	return table->size == 0 ? CLUSTER_NONE : entry_of(table, a, b, c)->value - 1;
}

static void grow(struct index_table *table)
{
	struct index_table larger = { .size = MAX(table->size * 2, 64), .used = table->used };

	larger.entries = xcalloc(larger.size, sizeof(*larger.entries));
	for (uint32_t i = 0; i < table->size; i++) {
		const struct index_entry *entry = &table->entries[i];

		if (entry->value)
			*entry_of(&larger, entry->key[0], entry->key[1], entry->key[2]) = *entry;
	}
	free(table->entries);
	*table = larger;
}

void index_put(struct index_table *table, const void *a, const void *b, const void *c, uint32_t value)
{
	struct index_entry *entry;

	if (table->used >= table->size / 4 * 3)
		grow(table);
	entry = entry_of(table, a, b, c);
	table->used += entry->value == 0;
	*entry = (struct index_entry){ .key = { a, b, c }, .value = value + 1 };
}
