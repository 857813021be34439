/* SPDX-License-Identifier: Apache-2.0 */
#include "boot-draft.h"

#include <stdarg.h>

void boot_draft_release(struct boot_draft *draft)
{
	free(draft->lines);
	arena_release(&draft->arena);
}

struct boot_line *boot_draft_add(struct boot_draft *draft, const struct boot_site *site, enum subject_kind kind,
				 const char *subject, const char *key, const char *value)
{
	struct arena *arena = &draft->arena;
	struct boot_line *line;

	if (draft->count == BOOT_DRAFT_MAX) {
		draft->full = true;
		line = &draft->lines[draft->count];
	} else {
		GROW(draft->lines, draft->capacity, draft->count + 2);
		line = &draft->lines[draft->count++];
	}
	*line = (struct boot_line){
		.source = draft->source,
		.loader = "",
		.kind = kind,
		.subject = arena_strdup(arena, subject),
		.key = arena_strdup(arena, key),
		.value = arena_strdup(arena, value),
		.path = arena_strdup(arena, site->path),
		.line = site->line,
		.text = arena_strndup(arena, site->text ? site->text : "", site->length),
		.fate = BOOT_WINS,
		.why = "",
		.pattern = "",
	};
	return line;
}

const char *boot_draft_format(struct boot_draft *draft, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	return arena_strndup(&draft->arena, text.buf, text.len);
}

const char *boot_draft_place(struct boot_draft *draft, const struct boot_line *line)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	boot_place(line, &text);
	return arena_strdup(&draft->arena, text.buf);
}

struct indexed {
	struct boot_line *line;
	size_t index;
};

static int compare_about(const struct indexed *x, const struct indexed *y)
{
	int order = (int)x->line->kind - (int)y->line->kind;

	order = order ? order : strcmp(x->line->subject, y->line->subject);
	return order ? order : strcmp(x->line->key, y->line->key);
}

static int compare(const void *a, const void *b)
{
	const struct indexed *x = a, *y = b;
	int order = compare_about(x, y);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

void boot_draft_settle(struct boot_draft *draft, enum boot_precedence precedence)
{
	struct indexed *sorted = xcalloc(draft->count + 1, sizeof(*sorted));
	size_t count = 0;

	for (size_t i = 0; i < draft->count; i++)
		if (draft->lines[i].fate == BOOT_WINS && *draft->lines[i].key)
			sorted[count++] = (struct indexed){ .line = &draft->lines[i], .index = i };
	qsort(sorted, count, sizeof(*sorted), compare);
	for (size_t first = 0, last; first < count; first = last + 1) {
		size_t counts;
		const char *place;

		for (last = first; last + 1 < count && compare_about(&sorted[first], &sorted[last + 1]) == 0;)
			last++;
		if (first == last)
			continue;
		counts = precedence == BOOT_LAST_COUNTS ? last : first;
		place = boot_draft_place(draft, sorted[counts].line);
		for (size_t i = first; i <= last; i++) {
			if (i == counts)
				continue;
			sorted[i].line->fate = BOOT_SHADOWED;
			sorted[i].line->why = place;
		}
	}
	free(sorted);
}

void boot_draft_store(const struct boot_draft *draft, struct snapshot *snapshot, const char *name)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_new();

	for (size_t i = 0; i < draft->count; i++)
		(void)boot_add(boot, &draft->lines[i]);
	boot_store(boot, snapshot, name, draft->count > 0 ? draft->lines[0].path : NULL);
	if (draft->full)
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "only the first %d lines of boot configuration (%s) were read", BOOT_DRAFT_MAX, name);
}
