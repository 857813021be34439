/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot as JSON and back; docs/snapshot.schema.json is its description.
 *
 *   {"format": "keisoku-snapshot", "version": 1, "sha256": "…", "content": {…}}
 *
 * The sum is over the bytes of the content member as they stand in the file. */
#include <errno.h>
#include <math.h>
#include <nettle/sha2.h>

#include "json.h"
#include "parse.h"
#include "snapshot-store.h"

#define VERSION 1
#define CONTENT_MARK "\"content\": "

#define SUM_SIZE (2 * SHA256_DIGEST_SIZE + 1)

/* SHA-256 in hexadecimal; ret_sum of SUM_SIZE. */
static void sum_bytes(const char *bytes, size_t length, char *ret_sum)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, length, (const uint8_t *)bytes);
	sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret_sum + 2 * i, 3, "%02x", digest[i]);
}

/* Writing */

static void write_note_list(struct json *json, const struct diag *notes)
{
	json_key(json, "notes");
	json_open_array(json);
	for (size_t i = 0; i < notes->count; i++) {
		const struct diag_entry *note = &notes->entries[i];

		json_open_object(json);
		json->compact = true;
		json_member_raw(json, "message", note->message, strlen(note->message));
		if (note->place.file) {
			json_member_raw(json, "file", note->place.file, strlen(note->place.file));
			json_member_unsigned(json, "line", note->place.line);
			json_member_unsigned(json, "column", note->place.column);
		}
		json_close_object(json);
		json->compact = false;
	}
	json_close_array(json);
}

static void write_window(struct json *json, const struct window *window)
{
	json_key(json, "window");
	json_open_object(json);
	json_member_bool(json, "live", window->live);
	json_member_real(json, "interval_sec", window->interval_sec);
	json_member_real(json, "start_realtime", window->start_realtime);
	json_member_real(json, "end_realtime", window->end_realtime);
	json_member_real(json, "duration_sec", window->duration_sec);
	json_member_unsigned(json, "ticks", window->ticks);
	json_member_unsigned(json, "missed", window->missed);
	json_member_unsigned(json, "merges", window->merges);
	json_member_real(json, "suspended_sec", window->suspended_sec);
	json_member_bool(json, "interrupted", window->interrupted);
	json_key(json, "slot_seconds");
	json_open_array(json);
	json->compact = true;
	for (uint32_t i = 0; i < window->slot_count; i++)
		json_real(json, window->slot_seconds[i]);
	json_close_array(json);
	json->compact = false;
	json_close_object(json);
}

static void write_setting(struct json *json, const struct snapshot *snapshot, const struct setting *setting)
{
	json_open_object(json);
	json->compact = true;
	json_member_raw(json, "key", snapshot->keys.names[setting->key], snapshot->keys.lengths[setting->key]);
	if (setting->absence != PRESENT)
		json_member_string(json, "absence", absence_name(setting->absence));
	if (setting->error != 0)
		json_member_unsigned(json, "errno", (uint64_t)-(int64_t)setting->error);
	if (setting->absence == PRESENT || setting->raw_length > 0)
		json_member_raw(json, "raw", setting->raw, setting->raw_length);
	if (setting->origin)
		json_member_raw(json, "origin", setting->origin, strlen(setting->origin));
	json_close_object(json);
	json->compact = false;
}

static void write_metric(struct json *json, const struct snapshot *snapshot, const struct series *series)
{
	json_open_object(json);
	json->compact = true;
	json_member_raw(json, "key", snapshot->keys.names[series->key], snapshot->keys.lengths[series->key]);
	json_member_string(json, "kind", series->kind == METRIC_COUNTER ? "counter" : "gauge");
	json_member_unsigned(json, "samples", series->samples);
	json_member_real(json, "first", series->first);
	if (series->kind == METRIC_COUNTER) {
		json_member_unsigned(json, "last", series->last_counter);
		json_member_real(json, "delta", series->delta);
	} else {
		json_member_real(json, "last", series->last);
		json_member_real(json, "sum", series->sum);
	}
	if (series->min <= series->max) {
		json_member_real(json, "min", series->min);
		json_member_real(json, "max", series->max);
	}
	if (series->wrap_bits)
		json_member_unsigned(json, "wrap_bits", series->wrap_bits);
	if (series->resets)
		json_member_unsigned(json, "resets", series->resets);
	if (series->wraps)
		json_member_unsigned(json, "wraps", series->wraps);
	if (series->gaps)
		json_member_unsigned(json, "gaps", series->gaps);
	if (series->frozen)
		json_member_bool(json, "frozen", true);
	if (series->first_slot)
		json_member_unsigned(json, "first_slot", series->first_slot);
	if (series->slots) {
		json_key(json, "slots");
		json_open_array(json);
		for (uint32_t i = 0; i < snapshot->window.slot_count; i++)
			json_real(json, i < series->slots_capacity ? series->slots[i] : NAN);
		json_close_array(json);
	}
	json_close_object(json);
	json->compact = false;
}

/* Positions of the items of each subject, in the order of subjects: a counting sort, linear in all of them. */
struct by_subject {
	uint32_t *start;	/* n_subjects + 1 */
	uint32_t *items;
};

static void by_subject_release(struct by_subject *order)
{
	free(order->start);
	free(order->items);
}

static void order_by_subject(struct by_subject *order, const struct snapshot *snapshot, size_t count, bool metrics)
{
	order->start = xcalloc(snapshot->n_subjects + 2, sizeof(*order->start));
	order->items = xcalloc(count, sizeof(*order->items));
	for (size_t i = 0; i < count; i++)
		order->start[(metrics ? snapshot->series[i].subject : snapshot->settings[i].subject) + 2]++;
	for (size_t s = 2; s < snapshot->n_subjects + 2; s++)
		order->start[s] += order->start[s - 1];
	for (size_t i = 0; i < count; i++)
		order->items[order->start[(metrics ? snapshot->series[i].subject : snapshot->settings[i].subject) + 1]++] =
			(uint32_t)i;
}

static void write_subjects(struct json *json, const struct snapshot *snapshot)
{
	CLEANUP(by_subject_release) struct by_subject settings = { 0 };
	CLEANUP(by_subject_release) struct by_subject metrics = { 0 };

	order_by_subject(&settings, snapshot, snapshot->setting_index.count, false);
	order_by_subject(&metrics, snapshot, snapshot->series_index.count, true);
	json_key(json, "subjects");
	json_open_array(json);
	for (size_t s = 0; s < snapshot->n_subjects; s++) {
		const struct subject *subject = &snapshot->subjects[s];

		json_open_object(json);
		json_member_string(json, "kind", subject_kind_name(subject->kind));
		json_member_raw(json, "name", subject->name, strlen(subject->name));
		json_member_raw(json, "path", subject->path, strlen(subject->path));
		json_key(json, "settings");
		json_open_array(json);
		for (uint32_t i = settings.start[s]; i < settings.start[s + 1]; i++)
			write_setting(json, snapshot, &snapshot->settings[settings.items[i]]);
		json_close_array(json);
		json_key(json, "metrics");
		json_open_array(json);
		for (uint32_t i = metrics.start[s]; i < metrics.start[s + 1]; i++)
			if (snapshot->series[metrics.items[i]].samples > 0)
				write_metric(json, snapshot, &snapshot->series[metrics.items[i]]);
		json_close_array(json);
		json_close_object(json);
	}
	json_close_array(json);
}

int snapshot_save(const struct snapshot *snapshot, FILE *out)
{
	CLEANUP(free_ptr) char *content = NULL;
	char sum[SUM_SIZE];
	struct json json;
	size_t length = 0;
	FILE *memory = open_memstream(&content, &length);

	if (!memory)
		return -errno;
	json_begin(&json, memory);
	json_open_object(&json);
	write_window(&json, &snapshot->window);
	write_note_list(&json, &snapshot->notes);
	write_subjects(&json, snapshot);
	json_close_object(&json);
	if (fclose(memory) != 0)
		return -errno;
	while (length > 0 && content[length - 1] == '\n')
		length--;

	sum_bytes(content, length, sum);
	fprintf(out, "{\"format\": \"keisoku-snapshot\", \"version\": %d, \"sha256\": \"%s\",\n " CONTENT_MARK, VERSION, sum);
	fwrite(content, 1, length, out);
	fputs("}\n", out);
	return ferror(out) ? -EIO : 0;
}

/* Reading.  Every object is a record: its members are collected as text and looked at when it ends, by one function per
 * kind of object. */

enum record_kind { RECORD_ROOT, RECORD_CONTENT, RECORD_WINDOW, RECORD_SUBJECT, RECORD_SETTING, RECORD_METRIC,
		   RECORD_NOTE };

#define MEMBERS_MAX 24

struct member {
	const char *key;	/* one of the names below */
	enum json_type type;
	char *text;
	size_t length;
};

struct record {
	enum record_kind kind;
	struct member members[MEMBERS_MAX];
	size_t count;
	const char *key;	/* of the value that comes next */
};

struct loader {
	struct snapshot *snapshot;
	struct diag *diag;
	const char *file;
	struct record records[4];	/* by nesting: root, content, subject or window, setting or metric */
	size_t depth;
	const char *array;		/* the key of the array that is open in the innermost record, or NULL */
	const char *outer_array;	/* "settings" or "metrics" while inside one of its records */
	subject_id subject;
	double numbers[SLOT_MAX];	/* of "slots" or "slot_seconds" */
	size_t n_numbers;
	bool has_numbers;
	bool seen_content;
	char sum[SUM_SIZE];
};

/* clang-format off */
static const char *const member_names[][MEMBERS_MAX] = {
	[RECORD_ROOT]    = { "format", "version", "sha256", "content" },
	[RECORD_CONTENT] = { "window", "notes", "subjects" },
	[RECORD_WINDOW]  = { "live", "interval_sec", "start_realtime", "end_realtime", "duration_sec", "ticks", "missed",
			     "merges", "suspended_sec", "interrupted", "slot_seconds" },
	[RECORD_SUBJECT] = { "kind", "name", "name64", "path", "path64", "settings", "metrics" },
	[RECORD_SETTING] = { "key", "key64", "absence", "errno", "raw", "raw64", "origin", "origin64" },
	[RECORD_METRIC]  = { "key", "key64", "kind", "samples", "first", "last", "delta", "sum", "min", "max", "wrap_bits",
			     "resets", "wraps", "gaps", "frozen", "first_slot", "slots" },
	[RECORD_NOTE]    = { "message", "message64", "file", "file64", "line", "column" },
};
/* clang-format on */

static int fail(struct loader *loader, const char *format, const char *what)
{
	struct place place = { .file = loader->file };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "not a snapshot: %s", format);
	if (what)
		strbuf_addf(&text, " '%.80s'", what);
	return diag_error(loader->diag, &place, "%s", text.buf);
}

static const struct member *member_find(const struct record *record, const char *key)
{
	for (size_t i = 0; i < record->count; i++)
		if (streq(record->members[i].key, key))
			return &record->members[i];
	return NULL;
}

static void record_reset(struct record *record)
{
	for (size_t i = 0; i < record->count; i++)
		free(record->members[i].text);
	record->count = 0;
	record->key = NULL;
}

/* A text member that may be written as KEY64.  0, -ENOENT, or -EINVAL after a diagnostic. */
static int member_text(struct loader *loader, const struct record *record, const char *key, const char *key64,
		       struct strbuf *ret)
{
	const struct member *plain = member_find(record, key), *encoded = key64 ? member_find(record, key64) : NULL;
	const struct member *member = plain ? plain : encoded;

	strbuf_reset(ret);
	if (!member)
		return -ENOENT;
	if (member->type != JSON_STRING)
		return fail(loader, "expected text in", member->key);
	if (plain)
		strbuf_add(ret, plain->text, plain->length);
	else if (base64_decode(encoded->text, encoded->length, ret) < 0)
		return fail(loader, "expected base64 in", key64);
	return 0;
}

/* Names are handed on as C strings: a zero byte inside would make two different ones equal. */
static int member_name(struct loader *loader, const struct record *record, const char *key, const char *key64,
		       struct strbuf *ret)
{
	int r = member_text(loader, record, key, key64, ret);

	if (r == 0 && memchr(ret->buf, '\0', ret->len))
		return fail(loader, "a zero byte in", key);
	return r;
}

static int member_real(struct loader *loader, const struct record *record, const char *key, double *ret)
{
	const struct member *member = member_find(record, key);

	if (!member)
		return -ENOENT;
	if (member->type != JSON_NUMBER || parse_real(member->text, ret) < 0)
		return fail(loader, "expected a number in", key);
	return 0;
}

static int member_u32(struct loader *loader, const struct record *record, const char *key, uint32_t *ret)
{
	const struct member *member = member_find(record, key);
	uint64_t value;

	if (!member)
		return -ENOENT;
	if (member->type != JSON_NUMBER || parse_u64(member->text, &value) < 0 || value > UINT32_MAX)
		return fail(loader, "expected a whole number in", key);
	*ret = (uint32_t)value;
	return 0;
}

static int member_bool(struct loader *loader, const struct record *record, const char *key, bool *ret)
{
	const struct member *member = member_find(record, key);

	if (!member)
		return -ENOENT;
	if (member->type != JSON_BOOL)
		return fail(loader, "expected true or false in", key);
	*ret = streq(member->text, "true");
	return 0;
}

static int finish_setting(struct loader *loader, const struct record *record)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct setting *setting;
	uint32_t error = 0;
	int r;

	r = member_name(loader, record, "key", "key64", &key);
	if (r < 0)
		return r == -ENOENT ? fail(loader, "a setting without a key", NULL) : r;
	r = member_text(loader, record, "raw", "raw64", &raw);
	if (r == -EINVAL)
		return r;
	if (member_name(loader, record, "origin", "origin64", &origin) == -EINVAL ||
	    member_u32(loader, record, "errno", &error) == -EINVAL)
		return -EINVAL;
	if (error > 4095)
		return fail(loader, "errno out of range", NULL);
	snapshot_set(loader->snapshot, loader->subject, key.buf, raw.buf, raw.len, origin.len ? origin.buf : NULL);
	setting = (struct setting *)(uintptr_t)snapshot_get(loader->snapshot, loader->subject, key.buf);
	/* A value keeps a newline at its end when it was saved with one. */
	if (raw.len > 0 && raw.buf[raw.len - 1] == '\n') {
		setting->raw = arena_strndup(&loader->snapshot->arena, raw.buf, raw.len);
		setting->raw_length = (uint32_t)raw.len;
	}
	setting->error = -(int)error;
	r = member_text(loader, record, "absence", NULL, &text);
	if (r == -ENOENT)
		return member_find(record, "raw") || member_find(record, "raw64")
			       ? 0 : fail(loader, "neither raw nor absence in", key.buf);
	if (r < 0)
		return r;
	for (int a = ABSENT; a <= UNPARSABLE; a++)
		if (streq(text.buf, absence_name((enum absence)a))) {
			setting->absence = (enum absence)a;
			return 0;
		}
	return fail(loader, "unknown absence", text.buf);
}

static int finish_metric(struct loader *loader, const struct record *record)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf kind = STRBUF_INIT;
	struct series *series;
	uint32_t bits = 0;
	series_id id;
	int r;

	r = member_name(loader, record, "key", "key64", &key);
	if (r == 0)
		r = member_text(loader, record, "kind", NULL, &kind);
	if (r < 0)
		return r == -ENOENT ? fail(loader, "a metric without key or kind", NULL) : r;
	if (!streq(kind.buf, "counter") && !streq(kind.buf, "gauge"))
		return fail(loader, "unknown kind of metric", kind.buf);
	id = snapshot_series(loader->snapshot, loader->subject, key.buf, key.len,
			     streq(kind.buf, "gauge") ? METRIC_GAUGE : METRIC_COUNTER, 0);
	series = &loader->snapshot->series[id];
	if (series->samples > 0)
		return fail(loader, "the same metric twice:", key.buf);
	if (member_u32(loader, record, "samples", &series->samples) < 0 ||
	    member_real(loader, record, "first", &series->first) < 0 ||
	    member_real(loader, record, "last", &series->last) < 0)
		return loader->diag->errors ? -EINVAL : fail(loader, "samples, first or last missing in", key.buf);
	if (member_real(loader, record, "delta", &series->delta) == -EINVAL ||
	    member_real(loader, record, "sum", &series->sum) == -EINVAL ||
	    member_real(loader, record, "min", &series->min) == -EINVAL ||
	    member_real(loader, record, "max", &series->max) == -EINVAL ||
	    member_u32(loader, record, "wrap_bits", &bits) == -EINVAL ||
	    member_u32(loader, record, "resets", &series->resets) == -EINVAL ||
	    member_u32(loader, record, "wraps", &series->wraps) == -EINVAL ||
	    member_u32(loader, record, "gaps", &series->gaps) == -EINVAL ||
	    member_bool(loader, record, "frozen", &series->frozen) == -EINVAL ||
	    member_u32(loader, record, "first_slot", &series->first_slot) == -EINVAL)
		return -EINVAL;
	series->wrap_bits = bits == 32 ? 32 : 0;
	if (series->kind == METRIC_COUNTER && parse_u64(member_find(record, "last")->text, &series->last_counter) < 0)
		return fail(loader, "a counter is a whole number: last of", key.buf);
	if (!loader->has_numbers)
		return 0;
	if (loader->n_numbers != loader->snapshot->window.slot_count)
		return fail(loader, "as many slots as the window has are expected in", key.buf);
	series->slots_capacity = (uint32_t)MAX(loader->n_numbers, (size_t)1);
	series->slots = xcalloc(series->slots_capacity, sizeof(*series->slots));
	memcpy(series->slots, loader->numbers, loader->n_numbers * sizeof(*series->slots));
	return 0;
}

static int finish_note(struct loader *loader, const struct record *record)
{
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct place place = { 0 };
	int r;

	r = member_name(loader, record, "message", "message64", &message);
	if (r < 0)
		return r == -ENOENT ? fail(loader, "a note without a message", NULL) : r;
	if (member_name(loader, record, "file", "file64", &file) == -EINVAL ||
	    member_u32(loader, record, "line", &place.line) == -EINVAL ||
	    member_u32(loader, record, "column", &place.column) == -EINVAL)
		return -EINVAL;
	place.file = file.buf;
	(void)diag_warning(&loader->snapshot->notes, member_find(record, "file") || member_find(record, "file64") ? &place : NULL,
			   "%s", message.buf);
	return 0;
}

static int finish_window(struct loader *loader, const struct record *record)
{
	struct window *window = &loader->snapshot->window;

	if (member_bool(loader, record, "live", &window->live) == -EINVAL ||
	    member_real(loader, record, "interval_sec", &window->interval_sec) == -EINVAL ||
	    member_real(loader, record, "start_realtime", &window->start_realtime) == -EINVAL ||
	    member_real(loader, record, "end_realtime", &window->end_realtime) == -EINVAL ||
	    member_real(loader, record, "duration_sec", &window->duration_sec) == -EINVAL ||
	    member_u32(loader, record, "ticks", &window->ticks) == -EINVAL ||
	    member_u32(loader, record, "missed", &window->missed) == -EINVAL ||
	    member_u32(loader, record, "merges", &window->merges) == -EINVAL ||
	    member_real(loader, record, "suspended_sec", &window->suspended_sec) == -EINVAL ||
	    member_bool(loader, record, "interrupted", &window->interrupted) == -EINVAL)
		return -EINVAL;
	if (loader->n_numbers >= SLOT_MAX)
		return fail(loader, "too many slots", NULL);
	window->slot_count = (uint32_t)loader->n_numbers;
	memcpy(window->slot_seconds, loader->numbers, loader->n_numbers * sizeof(*window->slot_seconds));
	return 0;
}

/* When the first of a subject's arrays begins, its kind, name and path are known. */
static int begin_subject(struct loader *loader, const struct record *record)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	enum subject_kind kind;
	int r;

	if (loader->subject != SUBJECT_NONE)
		return 0;
	r = member_text(loader, record, "kind", NULL, &text);
	if (r == 0 && subject_kind_parse(text.buf, &kind) < 0)
		return fail(loader, "unknown kind of subject", text.buf);
	if (r == 0)
		r = member_name(loader, record, "name", "name64", &name);
	if (r == 0)
		r = member_name(loader, record, "path", "path64", &text);
	if (r < 0)
		return r == -ENOENT ? fail(loader, "a subject needs kind, name and path before its settings", NULL) : r;
	loader->subject = snapshot_subject(loader->snapshot, kind, name.buf, text.buf);
	return loader->subject == SUBJECT_NONE ? fail(loader, "too many subjects", NULL) : 0;
}

static int finish_root(struct loader *loader, const struct record *record)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t version = 0;
	int r;

	r = member_text(loader, record, "format", NULL, &text);
	if (r < 0 || !streq(text.buf, "keisoku-snapshot"))
		return r == -EINVAL ? r : fail(loader, "format is not keisoku-snapshot", NULL);
	if (member_u32(loader, record, "version", &version) < 0 || version != VERSION)
		return fail(loader, "this program reads version 1 of the format only", NULL);
	r = member_text(loader, record, "sha256", NULL, &text);
	if (r < 0 || !loader->seen_content)
		return r == -EINVAL ? r : fail(loader, "sha256 or content is missing", NULL);
	if (!streq(text.buf, loader->sum))
		return fail(loader, "the content was changed after it was saved: its SHA-256 is", loader->sum);
	return 0;
}

static int begin_object(struct loader *loader)
{
	const struct record *outer = loader->depth ? &loader->records[loader->depth - 1] : NULL;
	const char *place = loader->array ? loader->array : outer ? outer->key : "";
	enum record_kind kind;

	if (!outer)
		kind = RECORD_ROOT;
	else if (outer->kind == RECORD_ROOT && place && streq(place, "content"))
		kind = RECORD_CONTENT;
	else if (outer->kind == RECORD_CONTENT && place && streq(place, "window"))
		kind = RECORD_WINDOW;
	else if (outer->kind == RECORD_CONTENT && loader->array && streq(place, "notes"))
		kind = RECORD_NOTE;
	else if (outer->kind == RECORD_CONTENT && loader->array && streq(place, "subjects"))
		kind = RECORD_SUBJECT;
	else if (outer->kind == RECORD_SUBJECT && loader->array && streq(place, "settings"))
		kind = RECORD_SETTING;
	else if (outer->kind == RECORD_SUBJECT && loader->array && streq(place, "metrics"))
		kind = RECORD_METRIC;
	else
		return fail(loader, "an object was not expected in", place ? place : "");
	if (kind == RECORD_SUBJECT)
		loader->subject = SUBJECT_NONE;
	if (kind == RECORD_CONTENT)
		loader->seen_content = true;
	loader->records[loader->depth++] = (struct record){ .kind = kind };
	loader->outer_array = loader->array;
	loader->array = NULL;
	loader->n_numbers = 0;
	loader->has_numbers = false;
	return 0;
}

static int end_object(struct loader *loader)
{
	struct record *record = &loader->records[loader->depth - 1];
	int r = 0;

	switch (record->kind) {
	case RECORD_ROOT:
		r = finish_root(loader, record);
		break;
	case RECORD_WINDOW:
		r = finish_window(loader, record);
		break;
	case RECORD_SUBJECT:
		r = begin_subject(loader, record);
		break;
	case RECORD_SETTING:
		r = finish_setting(loader, record);
		break;
	case RECORD_METRIC:
		r = finish_metric(loader, record);
		break;
	case RECORD_NOTE:
		r = finish_note(loader, record);
		break;
	case RECORD_CONTENT:
		break;
	}
	/* What array the record was in follows from its kind. */
	loader->array = record->kind == RECORD_SUBJECT ? "subjects"
			: record->kind == RECORD_SETTING ? "settings"
			: record->kind == RECORD_METRIC ? "metrics"
			: record->kind == RECORD_NOTE ? "notes" : NULL;
	record_reset(record);
	loader->depth--;
	if (loader->depth > 0 && !loader->array)
		loader->records[loader->depth - 1].key = NULL;
	return r;
}

static int begin_array(struct loader *loader)
{
	struct record *record = loader->depth ? &loader->records[loader->depth - 1] : NULL;
	static const char *const arrays[] = { "notes", "subjects", "slot_seconds", "settings", "metrics", "slots" };

	if (!record || loader->array || !record->key)
		return fail(loader, "a list was not expected", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++) {
		if (!streq(arrays[i], record->key))
			continue;
		loader->array = arrays[i];
		if (record->kind == RECORD_SUBJECT)
			return begin_subject(loader, record);
		loader->has_numbers = record->kind == RECORD_METRIC || record->kind == RECORD_WINDOW;
		loader->n_numbers = 0;
		return 0;
	}
	return fail(loader, "a list was not expected in", record->key);
}

static int array_item(struct loader *loader, enum json_type type, const char *text, size_t length)
{
	CLEANUP(free_ptr) char *copy = xstrndup(text, length);

	if (!loader->has_numbers || (type != JSON_NUMBER && type != JSON_NULL))
		return fail(loader, "unexpected item in", loader->array);
	if (loader->n_numbers == SLOT_MAX)
		return fail(loader, "too many slots", NULL);
	loader->numbers[loader->n_numbers] = NAN;
	if (type == JSON_NUMBER && parse_real(copy, &loader->numbers[loader->n_numbers]) < 0)
		return fail(loader, "not a number:", copy);
	loader->n_numbers++;
	return 0;
}

static int begin_member(struct loader *loader, const char *text, size_t length)
{
	struct record *record = &loader->records[loader->depth - 1];

	for (size_t i = 0; i < MEMBERS_MAX && member_names[record->kind][i]; i++) {
		const char *name = member_names[record->kind][i];

		if (strlen(name) != length || memcmp(name, text, length) != 0)
			continue;
		if (member_find(record, name))
			return fail(loader, "duplicate key", name);
		record->key = name;
		return 0;
	}
	CLEANUP(free_ptr) char *copy = xstrndup(text, length);
	return fail(loader, "unknown key", copy);
}

static int scalar(struct loader *loader, enum json_type type, const char *text, size_t length)
{
	struct record *record = loader->depth ? &loader->records[loader->depth - 1] : NULL;

	if (!record)
		return fail(loader, "expected an object", NULL);
	if (loader->array)
		return array_item(loader, type, text, length);
	if (record->count == MEMBERS_MAX)
		return fail(loader, "too many members", NULL);
	record->members[record->count++] = (struct member){
		.key = record->key, .type = type, .text = xstrndup(text, length), .length = length,
	};
	return 0;
}

static int on_event(void *context, enum json_type type, const char *text, size_t length, unsigned int depth)
{
	struct loader *loader = context;

	(void)depth;
	switch (type) {
	case JSON_OBJECT_BEGIN:
		return begin_object(loader);
	case JSON_OBJECT_END:
		return end_object(loader);
	case JSON_ARRAY_BEGIN:
		return begin_array(loader);
	case JSON_ARRAY_END:
		loader->array = NULL;
		return 0;
	case JSON_KEY:
		return begin_member(loader, text, length);
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_NUMBER:
	case JSON_STRING:
		break;
	}
	return scalar(loader, type, text, length);
}

/* The bytes of the content member: from its mark to the last brace but one. */
static void sum_content(const char *text, size_t length, char *ret_sum)
{
	const char *mark = memmem(text, MIN(length, (size_t)4096), CONTENT_MARK, strlen(CONTENT_MARK));
	const char *start = mark ? mark + strlen(CONTENT_MARK) : text;
	const char *end = text + length;

	while (end > start && (end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\r'))
		end--;
	if (end > start)
		end--;
	sum_bytes(start, (size_t)(end - start), ret_sum);
}

int snapshot_load(const char *file, const char *text, size_t length, struct diag *diag, struct snapshot **ret_snapshot)
{
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	struct loader loader = { .snapshot = snapshot, .diag = diag, .file = file, .subject = SUBJECT_NONE };
	int r;

	sum_content(text, length, loader.sum);
	r = json_parse(file, text, length, on_event, &loader, diag);
	for (size_t i = 0; i < loader.depth; i++)
		record_reset(&loader.records[i]);
	if (r < 0)
		return r;
	*ret_snapshot = steal_ptr(&snapshot);
	return 0;
}
