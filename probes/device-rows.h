/* SPDX-License-Identifier: Apache-2.0 */
/* A table with one line of numbers per device, /proc/diskstats and /proc/net/dev: lines found again by position, each
 * with its subject and the series of its columns.
 *
 * Devices keep their order from tick to tick, so the line that was third last time is compared first; only where a
 * device came or went are all the others looked through. */
#ifndef KEISOKU_DEVICE_ROWS_H
#define KEISOKU_DEVICE_ROWS_H

#include "../core/snapshot.h"

struct device_column {
	const char *key;		/* NULL: a column that nobody wants */
	enum metric_kind kind;
	uint8_t wrap_bits;
};

#define DEVICE_NAME_MAX 47
#define DEVICE_ROWS_MAX 65536

struct device_row {
	char name[DEVICE_NAME_MAX + 1];
	uint8_t length;
	bool fresh;			/* just added: the caller decides what it is, and clears this */
	subject_id subject;		/* SUBJECT_NONE: nothing of it is sampled */
	void *extra;			/* of the caller; freed by free_extra */
	series_id *ids;			/* one per column */
};

struct device_rows {
	const struct device_column *columns;
	size_t n_columns;
	struct device_row **rows;
	size_t capacity;
	uint32_t count, next;
	void (*free_extra)(void *extra);
};

void device_rows_release(struct device_rows *rows);

static inline void device_rows_rewind(struct device_rows *rows)
{
	rows->next = 0;
}

/* Finds or adds.  NULL when the name is empty, dots, or longer than any the kernel allows, or DEVICE_ROWS_MAX is
 * reached. */
struct device_row *device_rows_find(struct device_rows *rows, const char *name, size_t length);

/* values: n of them, in the order of the columns; the columns after them get no sample. */
void device_rows_sample(const struct device_rows *rows, struct device_row *row, struct snapshot *snapshot,
			const uint64_t *values, size_t n);

/* The file could not be read: says so for every device that is known otherwise. */
void device_rows_absent(const struct device_rows *rows, struct snapshot *snapshot, enum subject_kind kind, int error,
			const char *origin);

#endif
