/* SPDX-License-Identifier: Apache-2.0 */
/* Old against new.  Where a line stands does not matter: a setting is the same if it is asked for in the same form for the
 * same subject and key, in the same file of the host. */
#include "reader.h"

struct side {
	const struct proposed *item;
	size_t at;			/* in its own proposal */
	bool fresh;			/* of the new one */
	bool done;			/* the other one has it just so, or a new line takes the place of this old one */
	const struct proposed *other;	/* of a new one: what was there before; of an old one: what still sets it */
};

static int compare_numbers(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_texts(const char *const texts[][2], size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = strcmp(texts[i][0], texts[i][1]);
	return r;
}

/* What a setting is.  What was not understood has no key: its text stands for it. */
static int compare_identity(const struct proposed *a, const struct proposed *b)
{
	const char *const texts[][2] = {
		{ a->subject, b->subject }, { a->key, b->key }, { a->file, b->file }, { a->form, b->form }, { a->where, b->where },
		{ *a->key ? "" : a->text, *b->key ? "" : b->text },
	};
	int r = compare_numbers(a->kind, b->kind);

	return r ? r : compare_texts(texts, ARRAY_SIZE(texts));
}

/* What is said of it. */
static int compare_content(const struct proposed *a, const struct proposed *b)
{
	const char *const texts[][2] = {
		{ a->condition, b->condition }, { a->value, b->value }, { a->why, b->why }, { a->via, b->via },
	};
	const size_t numbers[][2] = {
		{ a->fate, b->fate }, { a->when, b->when }, { a->optional, b->optional }, { a->appended, b->appended },
		{ a->spread, b->spread }, { a->bound, b->bound },
	};
	int r = compare_texts(texts, ARRAY_SIZE(texts));

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(numbers); i++)
		r = compare_numbers(numbers[i][0], numbers[i][1]);
	return r;
}

static int compare_all(const struct proposed *a, const struct proposed *b)
{
	int r = compare_identity(a, b);

	return r ? r : compare_content(a, b);
}

static int by_position(const void *left, const void *right)
{
	const struct side *a = left, *b = right;
	int r = compare_numbers(a->fresh, b->fresh);

	return r ? r : compare_numbers(a->at, b->at);
}

static int by_content(const void *left, const void *right)
{
	const struct side *a = left, *b = right;
	int r = compare_all(a->item, b->item);

	return r ? r : by_position(a, b);
}

static int by_identity(const void *left, const void *right)
{
	const struct side *a = left, *b = right;
	int r = compare_identity(a->item, b->item);

	return r ? r : by_position(a, b);
}

/* How many from the first on are the same. */
static size_t run_length(const struct side *sides, size_t count, int (*compare)(const struct proposed *, const struct proposed *))
{
	size_t n = 1;

	while (n < count && compare(sides[0].item, sides[n].item) == 0)
		n++;
	return n;
}

static size_t count_old(const struct side *sides, size_t count)
{
	size_t n = 0;

	while (n < count && !sides[n].fresh)
		n++;
	return n;
}

static void match_equal(struct side *sides, size_t count)
{
	size_t old = count_old(sides, count);

	for (size_t i = 0; i < MIN(old, count - old); i++)
		sides[i].done = sides[old + i].done = true;
}

static struct side *last_setting(struct side *sides, size_t count)
{
	for (size_t i = count; i-- > 0;)
		if (sides[i].item->fate == PROPOSED_SETS)
			return &sides[i];
	return NULL;
}

/* Of one setting the first line left over in the new text takes the place of the first in the old one, and so on. */
static void match_setting(struct side *sides, size_t count)
{
	size_t old = count_old(sides, count), next = 0;
	struct side *was = last_setting(sides, old), *is = last_setting(sides + old, count - old);

	/* Lines that only changed places: another one counts now. */
	if (was && is && is->done && !streq(was->item->value, is->item->value))
		is->done = false;
	for (size_t i = old; i < count; i++) {
		if (sides[i].done)
			continue;
		while (next < old && sides[next].done)
			next++;
		sides[i].other = next < old ? sides[next].item : was ? was->item : NULL;
		if (next < old)
			sides[next].done = true;
	}
	for (size_t i = 0; i < old; i++)
		sides[i].other = is ? is->item : NULL;
}

static void sort_and_match(struct side *sides, size_t count, int (*order)(const void *, const void *),
			   int (*compare)(const struct proposed *, const struct proposed *),
			   void (*match)(struct side *sides, size_t count))
{
	qsort(sides, count, sizeof(*sides), order);
	for (size_t first = 0, n; first < count; first += n) {
		n = run_length(sides + first, count - first, compare);
		match(sides + first, n);
	}
}

static void add_removed(struct proposal *out, const struct side *side)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct proposed item = *side->item;

	if (side->other && *item.key)
		strbuf_addf(&why, "line %u still sets it, to %s", side->other->line, side->other->value);
	item.fate = PROPOSED_REMOVED;
	item.before = item.value;
	item.why = why.buf;
	item.instead = "";
	(void)proposal_add(out, &item);
}

static void add_fresh(struct proposal *out, const struct side *side)
{
	struct proposed item = *side->item;

	item.before = side->other ? side->other->value : "";
	(void)proposal_add(out, &item);
}

static void add_standing(struct proposal *out, const struct side *side)
{
	struct proposed item = *side->item;

	if (!side->fresh || item.fate != PROPOSED_SETS)
		return;
	item.fate = PROPOSED_STANDS;
	(void)proposal_add(out, &item);
}

void proposal_difference(const struct proposal *old, const struct proposal *fresh, struct proposal *out)
{
	size_t count = old->count + fresh->count;
	struct side *sides = xcalloc(count + 1, sizeof(*sides));

	for (size_t i = 0; i < count; i++) {
		bool is_fresh = i >= old->count;
		size_t at = is_fresh ? i - old->count : i;

		sides[i] = (struct side){ .item = is_fresh ? &fresh->items[at] : &old->items[at], .at = at, .fresh = is_fresh };
	}
	sort_and_match(sides, count, by_content, compare_all, match_equal);
	sort_and_match(sides, count, by_identity, compare_identity, match_setting);
	qsort(sides, count, sizeof(*sides), by_position);
	for (size_t i = 0; i < count; i++) {
		if (sides[i].done)
			add_standing(out, &sides[i]);
		else if (sides[i].fresh)
			add_fresh(out, &sides[i]);
		else
			add_removed(out, &sides[i]);
	}
	out->left_out += fresh->left_out;
	free(sides);
}
