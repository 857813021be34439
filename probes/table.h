/* SPDX-License-Identifier: Apache-2.0 */
/* What samplers share: a file that is read at every tick on a descriptor kept open, a scanner for lines of a name and
 * a number, and series handles remembered by position.
 *
 * The kernel prints the same names in the same order tick after tick, so the place of a name in the file finds its
 * series with one memcmp(); the name is looked up only where that fails (first tick, a CPU or a device came or went).
 * A name that is not there in a tick gets no sample: a gap, never a zero.
 *
 *	struct sampled_file file;
 *	struct series_cache cache = SERIES_CACHE_INIT("/proc/vmstat", 4096);
 *
 *	if (sampled_file_read(&file) < 0)
 *		return;
 *	series_cache_rewind(&cache);
 *	cursor = file.text.buf;
 *	while ((found = scan_pair(&cursor, &pair)) != SCAN_END) {
 *		if (found == SCAN_BAD)
 *			sampled_file_note(&file, snapshot, pair.name, "not a name and a number");
 *		else
 *			series_cache_counter(&cache, snapshot, SUBJECT_HOST, "vmstat.", pair.name, pair.length,
 *					     pair.value);
 *
 * Where the kind depends on the name, cache.classify says it and series_cache_sample() takes the value.
 *	}
 *	sampled_file_check_end(&file, snapshot, cursor); */
#ifndef KEISOKU_TABLE_H
#define KEISOKU_TABLE_H

#include "../core/parse.h"
#include "../core/root.h"
#include "../core/snapshot.h"

/* ---- a file read at every tick ---- */

#define SAMPLED_FILE_RETRY_TICKS 10	/* a file that is not there is looked for again this often */

struct sampled_file {
	const struct root *root;	/* lent; outlives the sampler */
	char *path;			/* below the root */
	struct strbuf text;		/* of this tick, when error is 0 */
	size_t limit;			/* of text, in bytes; ROOT_READ_MAX unless changed after init */
	int fd;
	int error;			/* of the last open or read: 0 or a negative errno */
	uint32_t retry_in;		/* ticks until an absent file is looked for again */
	bool noted;			/* something about it was said already */
};

void sampled_file_init(struct sampled_file *file, const struct root *root, const char *path);
void sampled_file_release(struct sampled_file *file);

/* Opens the file if need be and reads it from its start.  Negative errno when there is nothing this tick: absent
 * (-ENOENT …), forbidden, a read that failed (-EOPNOTSUPP, or -EIO when a module took its file away), or empty
 * (-ENODATA).  Where the open or the read failed it is opened again every SAMPLED_FILE_RETRY_TICKS. */
int sampled_file_read(struct sampled_file *file);

/* Says, the first time only, what is wrong with the line that at points into (NULL: with the whole file). */
void sampled_file_note(struct sampled_file *file, struct snapshot *snapshot, const char *at, const char *format, ...)
	FORMAT_PRINTF(4, 5);

/* After parsing: text behind a zero byte was not looked at, and that is worth a note. */
void sampled_file_check_end(struct sampled_file *file, struct snapshot *snapshot, const char *cursor);

/* ---- lines of a name and a number ---- */

enum scan { SCAN_END, SCAN_OK, SCAN_BAD };

struct pair {
	const char *name;		/* lent from the text; of a bad line: its start */
	size_t length;
	uint64_t value;
};

static inline bool scan_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The length of a name: printable, no blank, and it ends before stop ('\0': only at blanks). */
static inline size_t scan_name_length(const char *at, char stop)
{
	const char *p = at;

	while (*p > ' ' && *p < 0x7f && *p != stop)
		p++;
	return (size_t)(p - at);
}

/* Moves *cursor to the start of the next line, or to the terminator. */
static inline void scan_skip_line(const char **cursor)
{
	const char *newline = strchr(*cursor, '\n');

	*cursor = newline ? newline + 1 : *cursor + strlen(*cursor);
}

/* "pgfault 1844050\n": vmstat, and the flat keyed files of cgroups (cpu.stat, memory.stat, memory.events).  A line must
 * end in a newline: in a file that was cut short the last number may be only half there.  *cursor is then at the next
 * line whatever was found. */
static inline enum scan scan_pair(const char **cursor, struct pair *ret_pair)
{
	const char *p = *cursor;

	ret_pair->name = p;
	if (*p == '\0')
		return SCAN_END;

	ret_pair->length = scan_name_length(p, '\0');
	p += ret_pair->length;
	if (ret_pair->length > 0 && scan_is_blank(*p)) {
		while (scan_is_blank(*p))
			p++;
		if (scan_u64(&p, &ret_pair->value) && *p == '\n') {
			*cursor = p + 1;
			return SCAN_OK;
		}
	}
	scan_skip_line(cursor);
	return SCAN_BAD;
}

/* "MemFree:        24142400 kB\n", "HugePages_Free:        0\n": a name, a colon, a number, and "kB" or nothing. */
static inline enum scan scan_labelled(const char **cursor, struct pair *ret_pair)
{
	const char *p = *cursor;

	ret_pair->name = p;
	if (*p == '\0')
		return SCAN_END;

	ret_pair->length = scan_name_length(p, ':');
	p += ret_pair->length;
	if (ret_pair->length > 0 && *p == ':') {
		do
			p++;
		while (scan_is_blank(*p));
		if (scan_u64(&p, &ret_pair->value)) {
			if (p[0] == ' ' && p[1] == 'k' && p[2] == 'B')
				p += 3;
			if (*p == '\n') {
				*cursor = p + 1;
				return SCAN_OK;
			}
		}
	}
	scan_skip_line(cursor);
	return SCAN_BAD;
}

/* "cpu0 2073 0 1685\n", "0000162e 00000000\n": up to max numbers of one line, into values; what stands beyond them
 * must be numbers too.  Returns how many there were (of at most max), or -EBADMSG for anything else, a line without its
 * newline included.  *cursor is then at the next line whatever was found. */
int scan_row(const char **cursor, uint64_t *values, size_t max);
int scan_hex_row(const char **cursor, uint64_t *values, size_t max);

/* "-1", "42": a negative number is returned in two's complement, with *ret_negative set. */
static inline bool scan_signed(const char **cursor, uint64_t *ret_value, bool *ret_negative)
{
	*ret_negative = **cursor == '-';
	if (*ret_negative)
		(*cursor)++;
	if (!scan_u64(cursor, ret_value))
		return false;
	if (*ret_negative)
		*ret_value = 0 - *ret_value;
	return true;
}

/* ---- series by position ---- */

/* What a name stands for. */
enum series_class { SERIES_COUNTER, SERIES_COUNTER_32, SERIES_GAUGE, SERIES_LEFT_OUT };

/* An exception to what most names of a file are; tables of them are sorted by name. */
struct series_name {
	const char *name;
	enum series_class class;
};

/* The class of name in a sorted table, or other. */
enum series_class series_name_class(const struct series_name *table, size_t count, const char *name, size_t length,
				    enum series_class other);

#define SERIES_NAME_MAX 46		/* without the prefix; longer names are left out with a note */

struct series_cache_item {		/* a cache line */
	const char *prefix;
	subject_id subject;
	series_id id;			/* SERIES_NONE: left out */
	uint8_t class;
	uint8_t length;
	char name[SERIES_NAME_MAX];
};

struct series_cache {
	struct series_cache_item *items;
	size_t capacity;
	uint32_t count, next;
	uint32_t limit;			/* of items: no file can ask for series without bound */
	const char *path;		/* lent, for messages */
	bool noted;
	/* For series_cache_sample(); asked once per name and place. */
	enum series_class (*classify)(const char *prefix, const char *name, size_t length);
};

#define SERIES_CACHE_INIT(path_, limit_) { .path = (path_), .limit = (limit_) }

void series_cache_release(struct series_cache *cache);

/* Before the first name of a tick. */
static inline void series_cache_rewind(struct series_cache *cache)
{
	cache->next = 0;
}

/* The slow half of the functions below; NULL when the name is too long or the limit is reached. */
const struct series_cache_item *series_cache_look_up(struct series_cache *cache, struct snapshot *snapshot,
						     subject_id subject, const char *prefix, const char *name,
						     size_t length, enum series_class class);

/* The item at this place if it is the one of that name, and then on to the next; else NULL. */
static inline const struct series_cache_item *series_cache_hit(struct series_cache *cache, subject_id subject,
							       const char *prefix, const char *name, size_t length)
{
	const struct series_cache_item *item;

	if (cache->next >= cache->count)
		return NULL;
	item = &cache->items[cache->next];
	if (item->length != length || item->subject != subject || item->prefix != prefix ||
	    memcmp(item->name, name, length) != 0)
		return NULL;
	cache->next++;
	return item;
}

/* The series whose key is prefix followed by name, added on first sight.  prefix ("vmstat.", "") is told by its
 * address: it must be a constant.  SERIES_NONE when the name is too long or the limit is reached. */
static inline series_id series_cache_find(struct series_cache *cache, struct snapshot *snapshot, subject_id subject,
					  const char *prefix, const char *name, size_t length,
					  enum series_class class)
{
	const struct series_cache_item *item = series_cache_hit(cache, subject, prefix, name, length);

	if (!item)
		item = series_cache_look_up(cache, snapshot, subject, prefix, name, length, class);
	return item ? item->id : SERIES_NONE;
}

static inline void series_cache_counter(struct series_cache *cache, struct snapshot *snapshot, subject_id subject,
					const char *prefix, const char *name, size_t length, uint64_t value)
{
	series_id id = series_cache_find(cache, snapshot, subject, prefix, name, length, SERIES_COUNTER);

	if (id != SERIES_NONE)
		snapshot_counter(snapshot, id, value);
}

/* A counter that the kernel keeps in 32 bits. */
static inline void series_cache_counter_32(struct series_cache *cache, struct snapshot *snapshot, subject_id subject,
					   const char *prefix, const char *name, size_t length, uint64_t value)
{
	series_id id = series_cache_find(cache, snapshot, subject, prefix, name, length, SERIES_COUNTER_32);

	if (id != SERIES_NONE)
		snapshot_counter(snapshot, id, value);
}

static inline void series_cache_gauge(struct series_cache *cache, struct snapshot *snapshot, subject_id subject,
				      const char *prefix, const char *name, size_t length, double value)
{
	series_id id = series_cache_find(cache, snapshot, subject, prefix, name, length, SERIES_GAUGE);

	if (id != SERIES_NONE)
		snapshot_gauge(snapshot, id, value);
}

/* A value of a series of that class.  Gauges are read as signed: some are -1. */
static inline void series_put(struct snapshot *snapshot, series_id id, enum series_class class, uint64_t value)
{
	if (id == SERIES_NONE)
		return;
	if (class == SERIES_GAUGE)
		snapshot_gauge(snapshot, id, (double)(int64_t)value);
	else
		snapshot_counter(snapshot, id, value);
}

/* As cache->classify says. */
static inline void series_cache_sample(struct series_cache *cache, struct snapshot *snapshot, subject_id subject,
				       const char *prefix, const char *name, size_t length, uint64_t value)
{
	const struct series_cache_item *item = series_cache_hit(cache, subject, prefix, name, length);

	if (!item)
		item = series_cache_look_up(cache, snapshot, subject, prefix, name, length,
					    cache->classify(prefix, name, length));
	if (item)
		series_put(snapshot, item->id, (enum series_class)item->class, value);
}

/* ---- subjects by position: the rows of a table ---- */

#define SUBJECT_NAME_MAX 47

struct subject_cache_item {
	subject_id id;
	uint8_t length;
	char name[SUBJECT_NAME_MAX];
};

struct subject_cache {
	struct subject_cache_item *items;
	size_t capacity;
	uint32_t count, next;
	enum subject_kind kind;
	const char *path_prefix;	/* of a new subject: path_prefix followed by its name; NULL: no path */
};

#define SUBJECT_CACHE_INIT(kind_, path_prefix_) { .kind = (kind_), .path_prefix = (path_prefix_) }

void subject_cache_release(struct subject_cache *cache);

static inline void subject_cache_rewind(struct subject_cache *cache)
{
	cache->next = 0;
}

subject_id subject_cache_look_up(struct subject_cache *cache, struct snapshot *snapshot, const char *name,
				 size_t length);

/* The subject of that name, added on first sight; SUBJECT_NONE when the name is empty or too long or there are too
 * many subjects. */
static inline subject_id subject_cache_find(struct subject_cache *cache, struct snapshot *snapshot, const char *name,
					    size_t length)
{
	if (cache->next < cache->count) {
		const struct subject_cache_item *item = &cache->items[cache->next];

		if (item->length == length && memcmp(item->name, name, length) == 0) {
			cache->next++;
			return item->id;
		}
	}
	return subject_cache_look_up(cache, snapshot, name, length);
}

/* CPUs by number.  The subject's name is the number in decimal. */
#define CPU_MAX 8192			/* the kernel's own limit (CONFIG_NR_CPUS) */

struct cpu_subjects {
	subject_id *ids;		/* SUBJECT_NONE: not met yet */
	size_t count, capacity;
};

void cpu_subjects_release(struct cpu_subjects *cpus);
subject_id cpu_subjects_add(struct cpu_subjects *cpus, struct snapshot *snapshot, uint64_t number);

/* Added on first sight; SUBJECT_NONE past CPU_MAX. */
static inline subject_id cpu_subjects_get(struct cpu_subjects *cpus, struct snapshot *snapshot, uint64_t number)
{
	if (number < cpus->count && cpus->ids[number] != SUBJECT_NONE)
		return cpus->ids[number];
	return cpu_subjects_add(cpus, snapshot, number);
}

/* ---- a header line of names, and lines of values below it ---- */

struct column {
	series_id id;			/* SERIES_NONE: no value came yet, or left out */
	uint32_t offset;		/* of its name in the header */
	uint8_t length;
	uint8_t class;
};

/* The names of a header and their series.  While the header stays the same byte for byte, values find their series by
 * column and no name is looked at. */
struct column_table {
	char *header;			/* of the last tick; NULL: none that made sense */
	size_t header_length;
	struct column *columns;
	size_t columns_capacity, count;
	uint64_t *values;		/* of one line, one per column */
	size_t values_capacity;
	enum series_class (*classify)(const char *prefix, const char *name, size_t length);
};

#define COLUMN_TABLE_MAX 512

void column_table_release(struct column_table *table);

/* Takes the header between start and end (blanks between names).  Returns the number of columns, or -EBADMSG for a name
 * that is not printable or too long, for a header without names or with more than COLUMN_TABLE_MAX. */
int column_table_header(struct column_table *table, const char *prefix, const char *start, const char *end);

/* The slow half of column_table_put(). */
void column_table_add(struct column_table *table, struct snapshot *snapshot, const char *prefix, struct column *column);

/* The value of one column, of the host; its series is added with its first value. */
static inline void column_table_put(struct column_table *table, struct snapshot *snapshot, const char *prefix,
				    size_t index, uint64_t value)
{
	struct column *column = &table->columns[index];

	if (column->id == SERIES_NONE)
		column_table_add(table, snapshot, prefix, column);
	series_put(snapshot, column->id, (enum series_class)column->class, value);
}

/* ---- totals over rows ---- */

/* 64-bit totals of counters that the kernel keeps per CPU.  Rows come and go with their CPUs and may wrap (wrap_bits 32)
 * long before their sum; adding up the increases of each row keeps the total from jumping. */
struct row_totals {
	uint64_t *last;			/* rows × columns */
	bool *seen;			/* per row */
	uint64_t *totals;		/* per column */
	size_t rows, columns;
	uint8_t wrap_bits;		/* 32, or 0: never */
	bool based;			/* the first tick is over */
};

void row_totals_init(struct row_totals *totals, size_t columns, uint8_t wrap_bits);
void row_totals_release(struct row_totals *totals);
/* values: one per column.  A row that comes back after a gap adds what it counted meanwhile; one that went backwards
 * without a wrap starts anew; one first seen after the first tick is a base line, for it may have counted long before.
 * -ERANGE when row is past CPU_MAX. */
int row_totals_add(struct row_totals *totals, size_t row, const uint64_t *values);
/* After the rows of a tick. */
static inline void row_totals_end(struct row_totals *totals)
{
	totals->based = true;
}

/* Forgets every row and total: what comes next is a first tick again. */
void row_totals_reset(struct row_totals *totals);

/* ---- one row of hexadecimal counters per CPU below a header of names ---- */

/* /proc/net/stat/NAME.  Counters are summed over the rows; a gauge repeats the same number in each: the first counts. */
struct summed_table {
	struct sampled_file file;
	struct column_table columns;
	struct row_totals totals;
	uint8_t wrap_bits;
};

void summed_table_init(struct summed_table *table, const struct root *root, const char *path, uint8_t wrap_bits,
		       enum series_class (*classify)(const char *prefix, const char *name, size_t length));
void summed_table_release(struct summed_table *table);
/* Reads and samples.  A row that makes no sense costs the whole tick: a sum without it would be another number. */
int summed_table_tick(struct summed_table *table, struct snapshot *snapshot, const char *prefix);

/* ---- keys nobody printed ---- */

/* Records snapshot_metric_absent() for each of names (NULL-terminated, key = prefix + name) that has no series yet. */
void table_mark_absent(struct snapshot *snapshot, subject_id subject, const char *prefix, const char *const *names,
		       int error, const char *origin);

#endif
