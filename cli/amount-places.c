/* SPDX-License-Identifier: Apache-2.0 */
#include "amount-places.h"

#include <sys/stat.h>

#include "../core/json.h"
#include "../core/strbuf.h"
#include "cli.h"

#define FILE_MAX (16U << 20)

struct wanted {
	const char *file;
	const struct amount *amount;
	struct amount_place *place;	/* NULL: it stays as it is */
};

struct wanted_list {
	struct wanted *items;
	size_t count, capacity;
};

static void want(struct wanted_list *list, const char *file, const struct amount *amount, struct amount_place *place)
{
	if (!amount->given || amount->line == 0 || amount->column == 0 || !*amount->text)
		return;
	GROW(list->items, list->capacity, list->count + 1);
	list->items[list->count++] = (struct wanted){ .file = file, .amount = amount, .place = place };
}

static bool has_file(const struct workload *workload)
{
	return !workload->from_pods && workload->place.file && *workload->place.file && !streq(workload->place.file, "-");
}

static void collect(struct rightsizing *rightsizing, struct wanted_list *list)
{
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		struct sizing_row *row = &rightsizing->rows[i];
		const struct workload *workload = &rightsizing->cluster->workloads[row->workload];
		const struct resources *resources = &rightsizing->cluster->containers[row->container].resources;

		if (!has_file(workload))
			continue;
		for (size_t r = 0; r < 2; r++) {
			bool changes = sizing_changes(&row->of[r]);

			want(list, workload->place.file, &resources->requests.of[r], changes ? &row->of[r].request_place : NULL);
			want(list, workload->place.file, &resources->limits.of[r], changes ? &row->of[r].limit_place : NULL);
		}
	}
}

static int by_place(const void *a, const void *b)
{
	const struct wanted *left = a, *right = b;
	int order = strcmp(left->file, right->file);

	if (order == 0)
		order = (left->amount->line > right->amount->line) - (left->amount->line < right->amount->line);
	return order ? order : (left->amount->column > right->amount->column) - (left->amount->column < right->amount->column);
}

/* "resources: *small" of two containers is one text, and not of one of them alone. */
static bool is_shared(const struct wanted *wanted, size_t count, size_t i)
{
	return (i > 0 && by_place(&wanted[i - 1], &wanted[i]) == 0) || (i + 1 < count && by_place(&wanted[i], &wanted[i + 1]) == 0);
}

/* The character of that number in a line; NULL: the line is shorter. */
static const char *character_of(const char *line, size_t length, uint32_t column)
{
	const char *at = line;

	for (uint32_t n = 1; n < column; n++) {
		size_t left = length - (size_t)(at - line), size;
		uint32_t code;

		if (left == 0)
			return NULL;
		size = utf8_decode(at, left, &code);
		at += size ? size : 1;
	}
	return at;
}

/* Nothing but the amount: what is before and behind it belongs to the language, in quotes or not. */
static void look(const struct wanted *wanted, const char *line, size_t length)
{
	const char *text = wanted->amount->text, *at = character_of(line, length, wanted->amount->column);
	size_t size = strlen(text), left = at ? length - (size_t)(at - line) : 0;
	bool quoted = left > 0 && (*at == '"' || *at == '\'');
	char behind;

	if (left < size + 2 * quoted || strncmp(at + quoted, text, size) != 0)
		return;
	behind = left > size + quoted ? at[quoted + size] : '\0';
	if (quoted ? behind != *at : !strchr(" \t\r,}", behind))
		return;
	wanted->place->line = wanted->amount->line;
	wanted->place->column = wanted->amount->column + quoted;
	wanted->place->end_column = wanted->place->column + (uint32_t)size;
}

static void look_at_file(const struct wanted *wanted, size_t count)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *line;
	uint32_t number = 1;
	struct stat st;

	/* A pipe was read already, and would never end. */
	if (stat(wanted->file, &st) < 0 || !S_ISREG(st.st_mode) || input_read(wanted->file, FILE_MAX, &text) < 0)
		return;
	line = text.buf;
	for (size_t i = 0; i < count; i++) {
		while (number < wanted[i].amount->line &&
		       (line = memchr(line, '\n', text.len - (size_t)(line - text.buf)))) {
			line++;
			number++;
		}
		if (!line)
			return;
		if (wanted[i].place && !is_shared(wanted, count, i))
			look(&wanted[i], line, strcspn(line, "\n"));
	}
}

void amount_places_find(struct rightsizing *rightsizing)
{
	struct wanted_list list = { 0 };

	collect(rightsizing, &list);
	if (list.count > 0)
		qsort(list.items, list.count, sizeof(*list.items), by_place);
	for (size_t first = 0, end; first < list.count; first = end) {
		for (end = first; end < list.count && streq(list.items[end].file, list.items[first].file); end++)
			;
		look_at_file(&list.items[first], end - first);
	}
	free(list.items);
}
