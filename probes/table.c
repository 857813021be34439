/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#include "sosreport.h"

/* ---- a file read at every tick ---- */

void sampled_file_init(struct sampled_file *file, const struct root *root, const char *path)
{
	*file = (struct sampled_file){
		.root = root,
		.path = xstrdup(path),
		.text = STRBUF_INIT,
		.limit = ROOT_READ_MAX,
		.fd = -1,
	};
}

void sampled_file_release(struct sampled_file *file)
{
	close_fd(&file->fd);
	strbuf_release(&file->text);
	free(file->path);
	file->path = NULL;
}

static int sampled_file_fail(struct sampled_file *file, int error)
{
	close_fd(&file->fd);
	file->fd = -1;
	file->error = error;
	file->retry_in = SAMPLED_FILE_RETRY_TICKS;
	strbuf_reset(&file->text);
	return error;
}

int sampled_file_read(struct sampled_file *file)
{
	int r;

	if (file->fd < 0) {
		if (file->error < 0 && file->retry_in > 1) {
			file->retry_in--;
			return file->error;
		}
		r = root_open_fd(file->root, file->path, O_RDONLY, &file->fd);
		if (r == -ENOENT && sosreport_read(file->root, file->path, &file->text) == 0) {
			file->error = 0;
			return 0;
		}
		if (r < 0)
			return sampled_file_fail(file, r);
	}

	r = fd_read_all(file->fd, file->limit, &file->text);
	if (r < 0)
		return sampled_file_fail(file, r);

	file->error = file->text.len > 0 ? 0 : -ENODATA;
	return file->error;
}

static unsigned int line_of(const struct strbuf *text, const char *at)
{
	unsigned int line = 1;

	for (const char *p = text->buf; p < at; p++)
		line += *p == '\n';
	return line;
}

void sampled_file_note(struct sampled_file *file, struct snapshot *snapshot, const char *at, const char *format, ...)
{
	struct place place = { .file = file->path };
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;
	va_list arguments;

	if (file->noted)
		return;

	file->noted = true;
	if (at)
		place.line = line_of(&file->text, at);
	va_start(arguments, format);
	strbuf_vaddf(&message, format, arguments);
	va_end(arguments);
	(void)diag_warning(snapshot_notes(snapshot), &place, "%s", message.buf);
}

void sampled_file_check_end(struct sampled_file *file, struct snapshot *snapshot, const char *cursor)
{
	if (cursor < file->text.buf + file->text.len)
		sampled_file_note(file, snapshot, cursor, "a zero byte; what follows it is left out");
}

/* ---- rows of numbers ---- */

static int scan_numbers(const char **cursor, uint64_t *values, size_t max,
			bool (*scan_number)(const char **cursor, uint64_t *ret_value))
{
	const char *p = *cursor;
	uint64_t ignored;
	size_t count = 0;

	for (;;) {
		while (scan_is_blank(*p))
			p++;
		if (*p == '\n') {
			*cursor = p + 1;
			return (int)MIN(count, max);
		}
		if (!scan_number(&p, count < max ? &values[count] : &ignored) || (!scan_is_blank(*p) && *p != '\n'))
			break;
		count++;
	}
	*cursor = p;
	scan_skip_line(cursor);
	return -EBADMSG;
}

int scan_row(const char **cursor, uint64_t *values, size_t max)
{
	return scan_numbers(cursor, values, max, scan_u64);
}

int scan_hex_row(const char **cursor, uint64_t *values, size_t max)
{
	return scan_numbers(cursor, values, max, scan_hex);
}

/* ---- series by position ---- */

void series_cache_release(struct series_cache *cache)
{
	free(cache->items);
	cache->items = NULL;
	cache->capacity = 0;
	cache->count = cache->next = 0;
}

static const struct series_cache_item *series_cache_refuse(struct series_cache *cache, struct snapshot *snapshot,
							   const char *why)
{
	struct place place = { .file = cache->path };

	if (!cache->noted)
		(void)diag_warning(snapshot_notes(snapshot), &place, "%s", why);
	cache->noted = true;
	return NULL;
}

static series_id series_of(struct snapshot *snapshot, subject_id subject, const char *prefix, const char *name,
			   size_t length, enum series_class class)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	if (class == SERIES_LEFT_OUT)
		return SERIES_NONE;
	strbuf_add_string(&key, prefix);
	strbuf_add(&key, name, length);
	return snapshot_series(snapshot, subject, key.buf, key.len,
			       class == SERIES_GAUGE ? METRIC_GAUGE : METRIC_COUNTER,
			       class == SERIES_COUNTER_32 ? 32 : 0);
}

const struct series_cache_item *series_cache_look_up(struct series_cache *cache, struct snapshot *snapshot,
						     subject_id subject, const char *prefix, const char *name,
						     size_t length, enum series_class class)
{
	struct series_cache_item *item;

	if (length == 0 || length > SERIES_NAME_MAX)
		return series_cache_refuse(cache, snapshot, "a name longer than any the kernel has; left out");
	if (cache->next >= cache->limit)
		return series_cache_refuse(cache, snapshot, "more names than the kernel has; the rest is left out");

	GROW(cache->items, cache->capacity, (size_t)cache->next + 1);
	item = &cache->items[cache->next++];
	cache->count = MAX(cache->count, cache->next);
	item->prefix = prefix;
	item->subject = subject;
	item->id = series_of(snapshot, subject, prefix, name, length, class);
	item->class = (uint8_t)class;
	item->length = (uint8_t)length;
	memcpy(item->name, name, length);
	return item;
}

static int name_compare(const char *name, size_t length, const char *entry)
{
	int r = strncmp(name, entry, length);

	return r != 0 ? r : -(entry[length] != '\0');
}

enum series_class series_name_class(const struct series_name *table, size_t count, const char *name, size_t length,
				    enum series_class other)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = name_compare(name, length, table[middle].name);

		if (r == 0)
			return table[middle].class;
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return other;
}

/* ---- subjects by position ---- */

void subject_cache_release(struct subject_cache *cache)
{
	free(cache->items);
	cache->items = NULL;
	cache->capacity = 0;
	cache->count = cache->next = 0;
}

subject_id subject_cache_look_up(struct subject_cache *cache, struct snapshot *snapshot, const char *name,
				 size_t length)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct subject_cache_item *item;
	subject_id id;

	if (length == 0 || length > SUBJECT_NAME_MAX || cache->next >= SUBJECTS_MAX)
		return SUBJECT_NONE;

	GROW(cache->items, cache->capacity, (size_t)cache->next + 1);
	item = &cache->items[cache->next];
	memcpy(item->name, name, length);
	item->length = (uint8_t)length;
	strbuf_add(&path, name, length);
	id = snapshot_find_subject(snapshot, cache->kind, path.buf);
	if (id == SUBJECT_NONE) {
		CLEANUP(free_ptr) char *subject_name = xstrndup(name, length);

		strbuf_reset(&path);
		if (cache->path_prefix) {
			strbuf_add_string(&path, cache->path_prefix);
			strbuf_add(&path, name, length);
		}
		id = snapshot_subject(snapshot, cache->kind, subject_name, path.buf);
	}
	item->id = id;
	cache->next++;
	cache->count = MAX(cache->count, cache->next);
	return id;
}

void cpu_subjects_release(struct cpu_subjects *cpus)
{
	free(cpus->ids);
	*cpus = (struct cpu_subjects){ 0 };
}

subject_id cpu_subjects_add(struct cpu_subjects *cpus, struct snapshot *snapshot, uint64_t number)
{
	CLEANUP(free_ptr) char *name = NULL;
	CLEANUP(free_ptr) char *path = NULL;

	if (number >= CPU_MAX)
		return SUBJECT_NONE;

	GROW(cpus->ids, cpus->capacity, (size_t)number + 1);
	while (cpus->count <= number)
		cpus->ids[cpus->count++] = SUBJECT_NONE;
	name = xasprintf("%u", (unsigned int)number);
	path = xasprintf("/sys/devices/system/cpu/cpu%s", name);
	cpus->ids[number] = snapshot_subject(snapshot, SUBJECT_KIND_CPU, name, path);
	return cpus->ids[number];
}

/* ---- a header line of names, and lines of values below it ---- */

void column_table_release(struct column_table *table)
{
	free(table->header);
	free(table->columns);
	free(table->values);
	*table = (struct column_table){ .classify = table->classify };
}

/* The columns anew. */
static int column_table_build(struct column_table *table, const char *prefix, const char *start, const char *end)
{
	const char *p = start;

	table->count = 0;
	for (;;) {
		const char *name;
		size_t length;

		while (p < end && scan_is_blank(*p))
			p++;
		if (p >= end)
			break;
		name = p;
		length = scan_name_length(name, '\0');
		p += length;
		if (length == 0 || length > SERIES_NAME_MAX || p > end || (p < end && !scan_is_blank(*p)) ||
		    table->count >= COLUMN_TABLE_MAX)
			return -EBADMSG;
		GROW(table->columns, table->columns_capacity, table->count + 1);
		table->columns[table->count++] = (struct column){
			.id = SERIES_NONE,
			.offset = (uint32_t)(name - start),
			.length = (uint8_t)length,
			.class = (uint8_t)table->classify(prefix, name, length),
		};
	}
	GROW(table->values, table->values_capacity, table->count + 1);
	return table->count > 0 ? (int)table->count : -EBADMSG;
}

int column_table_header(struct column_table *table, const char *prefix, const char *start, const char *end)
{
	size_t length = (size_t)(end - start);
	int r;

	if (table->header && length == table->header_length && memcmp(start, table->header, length) == 0)
		return (int)table->count;

	free(table->header);
	table->header = NULL;
	r = column_table_build(table, prefix, start, end);
	if (r < 0)
		return r;
	table->header = xstrndup(start, length);
	table->header_length = length;
	return r;
}

void column_table_add(struct column_table *table, struct snapshot *snapshot, const char *prefix, struct column *column)
{
	column->id = series_of(snapshot, SUBJECT_HOST, prefix, table->header + column->offset, column->length,
			       (enum series_class)column->class);
}

/* ---- totals over rows ---- */

void row_totals_init(struct row_totals *totals, size_t columns, uint8_t wrap_bits)
{
	*totals = (struct row_totals){
		.totals = xcalloc(columns, sizeof(uint64_t)),
		.columns = columns,
		.wrap_bits = wrap_bits,
	};
}

void row_totals_release(struct row_totals *totals)
{
	free(totals->last);
	free(totals->seen);
	free(totals->totals);
	*totals = (struct row_totals){ 0 };
}

static void row_totals_grow(struct row_totals *totals, size_t rows)
{
	totals->last = xrealloc(totals->last, rows * totals->columns * sizeof(uint64_t));
	totals->seen = xrealloc(totals->seen, rows * sizeof(bool));
	memset(totals->seen + totals->rows, 0, (rows - totals->rows) * sizeof(bool));
	totals->rows = rows;
}

/* How far a counter moved.  A step of half its range or more is not a wrap: the counter began anew. */
static uint64_t counter_increase(uint64_t last, uint64_t now, uint8_t wrap_bits)
{
	uint32_t step;

	if (wrap_bits != 32)
		return now >= last ? now - last : 0;
	step = (uint32_t)now - (uint32_t)last;
	return step <= INT32_MAX ? step : 0;
}

int row_totals_add(struct row_totals *totals, size_t row, const uint64_t *values)
{
	uint64_t *last;

	if (row >= CPU_MAX)
		return -ERANGE;
	if (row >= totals->rows)
		row_totals_grow(totals, row + 1);

	last = totals->last + row * totals->columns;
	for (size_t i = 0; i < totals->columns; i++) {
		if (totals->seen[row])
			totals->totals[i] += counter_increase(last[i], values[i], totals->wrap_bits);
		else if (!totals->based)
			totals->totals[i] += values[i];
		last[i] = values[i];
	}
	totals->seen[row] = true;
	return 0;
}

void row_totals_reset(struct row_totals *totals)
{
	for (size_t i = 0; i < totals->rows; i++)
		totals->seen[i] = false;
	for (size_t i = 0; i < totals->columns; i++)
		totals->totals[i] = 0;
	totals->based = false;
}

/* ---- one row of hexadecimal counters per CPU below a header of names ---- */

void summed_table_init(struct summed_table *table, const struct root *root, const char *path, uint8_t wrap_bits,
		       enum series_class (*classify)(const char *prefix, const char *name, size_t length))
{
	sampled_file_init(&table->file, root, path);
	table->columns.classify = classify;
	table->wrap_bits = wrap_bits;
}

void summed_table_release(struct summed_table *table)
{
	sampled_file_release(&table->file);
	column_table_release(&table->columns);
	row_totals_release(&table->totals);
}

/* Adds up the rows below the header; ret_first gets the values of the first.  -EBADMSG after a note. */
static int summed_table_rows(struct summed_table *table, struct snapshot *snapshot, const char *cursor, int columns,
			     uint64_t *ret_first)
{
	size_t row = 0;

	for (; *cursor; row++) {
		const char *line = cursor;

		if (scan_hex_row(&cursor, table->columns.values, (size_t)columns) != columns ||
		    row_totals_add(&table->totals, row, table->columns.values) < 0) {
			sampled_file_note(&table->file, snapshot, line, "not one number for each name above; left out");
			return -EBADMSG;
		}
		if (row == 0)
			memcpy(ret_first, table->columns.values, (size_t)columns * sizeof(*ret_first));
	}
	sampled_file_check_end(&table->file, snapshot, cursor);
	return row > 0 ? 0 : -ENODATA;
}

int summed_table_tick(struct summed_table *table, struct snapshot *snapshot, const char *prefix)
{
	CLEANUP(free_ptr) uint64_t *first = NULL;
	const char *header, *cursor;
	int columns, r;

	r = sampled_file_read(&table->file);
	if (r < 0)
		return r;

	header = cursor = table->file.text.buf;
	scan_skip_line(&cursor);
	columns = -EBADMSG;
	if (cursor > header && cursor[-1] == '\n')
		columns = column_table_header(&table->columns, prefix, header, cursor - 1);
	if (columns < 0) {
		sampled_file_note(&table->file, snapshot, header, "not a header of names; left out");
		return columns;
	}
	if ((size_t)columns != table->totals.columns) {
		row_totals_release(&table->totals);
		row_totals_init(&table->totals, (size_t)columns, table->wrap_bits);
	}

	first = xcalloc((size_t)columns, sizeof(*first));
	r = summed_table_rows(table, snapshot, cursor, columns, first);
	if (r < 0)
		return r;
	row_totals_end(&table->totals);
	for (int i = 0; i < columns; i++) {
		bool gauge = table->columns.columns[i].class == SERIES_GAUGE;

		column_table_put(&table->columns, snapshot, prefix, (size_t)i, gauge ? first[i] : table->totals.totals[i]);
	}
	return 0;
}

/* ---- keys nobody printed ---- */

void table_mark_absent(struct snapshot *snapshot, subject_id subject, const char *prefix, const char *const *names,
		       int error, const char *origin)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	for (size_t i = 0; names[i]; i++) {
		strbuf_reset(&key);
		strbuf_add_string(&key, prefix);
		strbuf_add_string(&key, names[i]);
		if (!snapshot_metric(snapshot, subject, key.buf))
			snapshot_metric_absent(snapshot, subject, key.buf, error, origin);
	}
}
