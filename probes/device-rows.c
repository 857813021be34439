/* SPDX-License-Identifier: Apache-2.0 */
#include "device-rows.h"

void device_rows_release(struct device_rows *rows)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		if (rows->free_extra)
			rows->free_extra(rows->rows[i]->extra);
		free(rows->rows[i]->ids);
		free(rows->rows[i]);
	}
	free(rows->rows);
	rows->rows = NULL;
	rows->capacity = 0;
	rows->count = rows->next = 0;
}

/* The kernel has no device "." or ".."; in a tree made by somebody else they would lead out of the directory. */
static bool is_dots(const char *name, size_t length)
{
	return length <= 2 && memcmp(name, "..", length) == 0;
}

static struct device_row *device_rows_add(struct device_rows *rows, const char *name, size_t length)
{
	struct device_row *row;

	if (is_dots(name, length) || length > DEVICE_NAME_MAX || rows->count >= DEVICE_ROWS_MAX)
		return NULL;

	row = xcalloc(1, sizeof(*row));
	memcpy(row->name, name, length);
	row->length = (uint8_t)length;
	row->fresh = true;
	row->subject = SUBJECT_NONE;
	row->ids = xmalloc(rows->n_columns * sizeof(*row->ids));
	for (size_t i = 0; i < rows->n_columns; i++)
		row->ids[i] = SERIES_NONE;

	GROW(rows->rows, rows->capacity, (size_t)rows->count + 1);
	rows->rows[rows->count++] = row;
	rows->next = rows->count;
	return row;
}

struct device_row *device_rows_find(struct device_rows *rows, const char *name, size_t length)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		uint32_t at = (rows->next + i) % rows->count;
		struct device_row *row = rows->rows[at];

		if (row->length == length && memcmp(row->name, name, length) == 0) {
			rows->next = at + 1;
			return row;
		}
	}
	return device_rows_add(rows, name, length);
}

void device_rows_sample(const struct device_rows *rows, struct device_row *row, struct snapshot *snapshot,
			const uint64_t *values, size_t n)
{
	for (size_t i = 0; i < MIN(n, rows->n_columns); i++) {
		const struct device_column *column = &rows->columns[i];

		if (!column->key)
			continue;
		if (row->ids[i] == SERIES_NONE)
			row->ids[i] = snapshot_series(snapshot, row->subject, column->key, strlen(column->key),
						      column->kind, column->wrap_bits);
		if (row->ids[i] == SERIES_NONE)
			continue;
		if (column->kind == METRIC_COUNTER)
			snapshot_counter(snapshot, row->ids[i], values[i]);
		else
			snapshot_gauge(snapshot, row->ids[i], (double)values[i]);
	}
}

void device_rows_absent(const struct device_rows *rows, struct snapshot *snapshot, enum subject_kind kind, int error,
			const char *origin)
{
	for (uint32_t i = 0; i < snapshot_kind_count(snapshot, kind); i++) {
		subject_id subject = snapshot_kind_get(snapshot, kind, i);

		for (size_t c = 0; c < rows->n_columns; c++)
			if (rows->columns[c].key)
				snapshot_metric_absent(snapshot, subject, rows->columns[c].key, error, origin);
	}
}
