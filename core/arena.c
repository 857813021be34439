/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <sys/auxv.h>

#include "strbuf.h"

#define BLOCK_SIZE ((size_t)16 << 10)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

void arena_release(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	*arena = (struct arena)ARENA_INIT;
}

static void *arena_take(struct arena *arena, size_t size, size_t alignment)
{
	struct arena_block *block = arena->blocks;
	size_t start = block ? (block->used + alignment - 1) & ~(alignment - 1) : 0;

	if (!block || start > block->size || block->size - start < size) {
		size_t wanted = MAX(size, BLOCK_SIZE);

		block = xmalloc(sizeof(*block) + wanted);
		*block = (struct arena_block){ .next = arena->blocks, .size = wanted };
		arena->total += sizeof(*block) + wanted;
		/* A large piece gets a block of its own behind the one still being filled. */
		if (size > BLOCK_SIZE && arena->blocks) {
			block->next = arena->blocks->next;
			arena->blocks->next = block;
		} else {
			arena->blocks = block;
		}
		start = 0;
	}
	block->used = start + size;
	return block->bytes + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_take(arena, size, alignof(max_align_t)), 0, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_take(arena, length + 1, 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_formatf(struct arena *arena, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	return arena_strndup(arena, text.buf, text.len);
}

/* FNV-1a from a start that differs from process to process, so that names chosen to collide (of
 * cgroups, of mounts) do not.  Nothing depends on the order in the table. */
static uint32_t hash_bytes(const char *text, size_t length)
{
	static uint32_t seed;
	uint32_t hash;

	if (seed == 0) {
		const void *random = (const void *)getauxval(AT_RANDOM);

		seed = 2166136261u;
		if (random)
			memcpy(&seed, random, sizeof(seed));
		seed |= 1;
	}
	hash = seed;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static uint32_t *symbols_slot(const struct symbols *symbols, const char *text, size_t length)
{
	uint32_t mask = symbols->table_size - 1;

	for (uint32_t i = hash_bytes(text, length) & mask;; i = (i + 1) & mask) {
		uint32_t *slot = &symbols->table[i];

		if (*slot == 0 || (symbols->lengths[*slot - 1] == length &&
				   memcmp(symbols->names[*slot - 1], text, length) == 0))
			return slot;
	}
}

static void symbols_grow(struct symbols *symbols)
{
	symbols->table_size = symbols->table_size ? symbols->table_size * 2 : 256;
	free(symbols->table);
	symbols->table = xcalloc(symbols->table_size, sizeof(*symbols->table));
	for (uint32_t i = 0; i < symbols->count; i++)
		*symbols_slot(symbols, symbols->names[i], symbols->lengths[i]) = i + 1;
}

uint32_t symbols_intern(struct symbols *symbols, const char *text, size_t length)
{
	uint32_t *slot;

	if (symbols->count * 2 >= symbols->table_size)
		symbols_grow(symbols);
	slot = symbols_slot(symbols, text, length);
	if (*slot == 0) {
		GROW(symbols->names, symbols->names_capacity, symbols->count + 1);
		GROW(symbols->lengths, symbols->lengths_capacity, symbols->count + 1);
		symbols->names[symbols->count] = arena_strndup(&symbols->arena, text, length);
		symbols->lengths[symbols->count] = (uint32_t)length;
		*slot = ++symbols->count;
	}
	return *slot - 1;
}

uint32_t symbols_find(const struct symbols *symbols, const char *text, size_t length)
{
	uint32_t slot;

	if (symbols->count == 0)
		return SYMBOL_NONE;
	slot = *symbols_slot(symbols, text, length);
	return slot ? slot - 1 : SYMBOL_NONE;
}

void symbols_release(struct symbols *symbols)
{
	arena_release(&symbols->arena);
	free(symbols->names);
	free(symbols->lengths);
	free(symbols->table);
	*symbols = (struct symbols)SYMBOLS_INIT;
}
