/* SPDX-License-Identifier: Apache-2.0 */
/* files.patch: the lines of other people's files as a unified diff without context, for a review and for those who make
 * their files elsewhere.  What several actions make of one line is one hunk.
 *
 *	patch -p1 -d / < files.patch */
#include <stdlib.h>

#include "../core/quote.h"
#include "../core/strbuf.h"
#include "plan.h"

struct hunk {
	const char *path;
	uint32_t line;
	const char *from, *to;
};

struct hunks {
	struct hunk *items;
	size_t count, capacity;
};

/* A line that was made by an earlier action is that one's hunk. */
static struct hunk *hunk_of(const struct hunks *hunks, const struct plan_file *file)
{
	for (size_t i = 0; i < hunks->count; i++)
		if (hunks->items[i].line == file->line && streq(hunks->items[i].path, file->path) &&
		    streq(hunks->items[i].to, file->old_line))
			return &hunks->items[i];
	return NULL;
}

static int compare_hunks(const void *a, const void *b)
{
	const struct hunk *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* A terminal shows it as it is; the scripts can say the others too. */
static bool is_shown(const char *line)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT, shown = STRBUF_INIT;

	strbuf_add_string(&plain, line);
	for (char *c = plain.buf; *c; c++)
		*c = *c == '\t' ? ' ' : *c;
	quote_terminal(&shown, plain.buf, plain.len);
	return streq(shown.buf, plain.buf);
}

static void find_hunks(const struct plan *plan, struct hunks *hunks)
{
	for (size_t i = 0; i < plan->n_actions; i++)
		for (size_t f = 0; f < plan->actions[i].n_files; f++) {
			const struct plan_file *file = &plan->actions[i].files[f];
			struct hunk *hunk;

			if (file->kind != PLAN_FILE_LINE || !file->line || !file->old_line || !file->new_line ||
			    strpbrk(file->path, "\t\n") || !is_shown(file->old_line) || !is_shown(file->new_line))
				continue;
			hunk = hunk_of(hunks, file);
			if (hunk) {
				hunk->to = file->new_line;
				continue;
			}
			GROW(hunks->items, hunks->capacity, hunks->count + 1);
			hunks->items[hunks->count++] = (struct hunk){
				.path = file->path, .line = file->line, .from = file->old_line, .to = file->new_line,
			};
		}
	if (hunks->count > 0)
		qsort(hunks->items, hunks->count, sizeof(*hunks->items), compare_hunks);
}

static bool patch_wanted(const struct plan *plan)
{
	struct hunks hunks = { 0 };

	find_hunks(plan, &hunks);
	free(hunks.items);
	return hunks.count > 0;
}

static int patch_write(FILE *out, const struct plan *plan)
{
	struct hunks hunks = { 0 };

	find_hunks(plan, &hunks);
	for (size_t i = 0; i < hunks.count; i++) {
		const struct hunk *hunk = &hunks.items[i];

		if (i == 0 || !streq(hunk[-1].path, hunk->path))
			fprintf(out, "--- a%s\n+++ b%s\n", hunk->path, hunk->path);
		fprintf(out, "@@ -%u +%u @@\n-%s\n+%s\n", hunk->line, hunk->line, hunk->from, hunk->to);
	}
	free(hunks.items);
	return 0;
}

const struct plan_artefact plan_patch = {
	.path = "files.patch",
	.summary = "the lines of files of others that change, as a diff; apply.sh --persist makes them",
	.wanted = patch_wanted,
	.write = patch_write,
};
