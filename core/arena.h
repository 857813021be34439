/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once, and strings that are kept once. */
#ifndef KEISOKU_ARENA_H
#define KEISOKU_ARENA_H

#include "base.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t total;			/* bytes asked of malloc */
};

#define ARENA_INIT { 0 }

void arena_release(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size);	/* aligned for any type, zeroed */
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_formatf(struct arena *arena, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Interned strings: the same text always has the same number, from 0 on. */
struct symbols {
	struct arena arena;
	const char **names;
	uint32_t *lengths;
	uint32_t count;
	size_t names_capacity, lengths_capacity;
	uint32_t *table;		/* open addressing; number + 1, 0: free */
	uint32_t table_size;		/* a power of two */
};

#define SYMBOLS_INIT { 0 }
#define SYMBOL_NONE UINT32_MAX

void symbols_release(struct symbols *symbols);
uint32_t symbols_intern(struct symbols *symbols, const char *text, size_t length);
uint32_t symbols_find(const struct symbols *symbols, const char *text, size_t length); /* or SYMBOL_NONE */

#endif
