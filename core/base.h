/* SPDX-License-Identifier: Apache-2.0 */
/* The ground everything stands on: cleanup attributes, allocation that ends the program, small macros.
 *
 * Allocation never returns NULL: x…() prints "out of memory" and aborts.  Input is bounded before anything is
 * allocated for it, so no file can ask for an unbounded amount. */
#ifndef KEISOKU_BASE_H
#define KEISOKU_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FORMAT_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;  calls strbuf_release(&text) at the end of scope. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines TYPE_free_ptr(), for CLEANUP(TYPE_free_ptr) struct TYPE *x = NULL; */
#define DEFINE_FREE_PTR(type)                                                                                         \
	static inline void type##_free_ptr(struct type **pointer)                                                      \
	{                                                                                                              \
		type##_free(*pointer);                                                                                 \
	}

#define steal_ptr(pointer) ((__typeof__(*(pointer)))steal_ptr_(pointer))

static inline void *steal_ptr_(void *pointer_to_pointer)
{
	void *value;

	memcpy(&value, pointer_to_pointer, sizeof(value));
	memset(pointer_to_pointer, 0, sizeof(value));
	return value;
}

static inline int steal_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *format, ...) FORMAT_PRINTF(1, 2);

/* Grows *array (of elements of element_size bytes) so that it holds at least wanted; *capacity is updated.
 * Use through GROW(): GROW(list->items, list->capacity, list->count + 1); */
void *grow_array(void *array, size_t *capacity, size_t wanted, size_t element_size);
#define GROW(array, capacity, wanted)                                                                                 \
	((array) = (__typeof__(array))grow_array((array), &(capacity), (wanted), sizeof(*(array))))

void close_fd(int *fd);		/* CLEANUP(close_fd) int fd = -1; */
void free_ptr(void *pointer);	/* CLEANUP(free_ptr) char *text = NULL; */

/* Tables are searched by name everywhere; most names differ in their first character. */
static inline bool streq(const char *a, const char *b)
{
	return a[0] == b[0] && strcmp(a, b) == 0;
}

static inline bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static inline bool ends_with(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

#endif
