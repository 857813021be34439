/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include <errno.h>
#include <stdarg.h>

#include "snapshot-store.h"
#include "strbuf.h"

/* clang-format off */
static const char *const kind_names[SUBJECT_KIND_COUNT] = {
	[SUBJECT_KIND_HOST]      = "host",
	[SUBJECT_KIND_CPU]       = "cpu",
	[SUBJECT_KIND_NUMA_NODE] = "numa-node",
	[SUBJECT_KIND_BLOCK]     = "block",
	[SUBJECT_KIND_MOUNT]     = "mount",
	[SUBJECT_KIND_INTERFACE] = "interface",
	[SUBJECT_KIND_CGROUP]    = "cgroup",
	[SUBJECT_KIND_UNIT]      = "unit",
	[SUBJECT_KIND_PROCESS]   = "process",
	[SUBJECT_KIND_LISTENER]  = "listener",
	[SUBJECT_KIND_CONTAINER] = "container",
	[SUBJECT_KIND_WORKLOAD]  = "workload",
	[SUBJECT_KIND_NODE]      = "node",
};

static const char *const absence_names[] = {
	[PRESENT]     = "present",
	[ABSENT]      = "absent",
	[UNREADABLE]  = "unreadable",
	[UNSUPPORTED] = "unsupported",
	[UNPARSABLE]  = "unparsable",
};
/* clang-format on */

const char *subject_kind_name(enum subject_kind kind)
{
	return kind_names[kind];
}

int subject_kind_parse(const char *name, enum subject_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_names); i++) {
		if (!streq(kind_names[i], name))
			continue;
		*ret_kind = (enum subject_kind)i;
		return 0;
	}
	return -EINVAL;
}

const char *absence_name(enum absence absence)
{
	return absence_names[absence];
}

enum absence absence_from_errno(int error)
{
	switch (-error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case ENOTDIR:
		return ABSENT;
	case EOPNOTSUPP:
	case ENOSYS:
	case EINVAL:
		return UNSUPPORTED;
	case EBADMSG:
		return UNPARSABLE;
	default:
		return UNREADABLE;
	}
}

bool setting_left_out(const struct setting *setting)
{
	return setting->absence == UNREADABLE && setting->error == -ECANCELED;
}

const char *setting_error_text(const struct setting *setting)
{
	return setting_left_out(setting) ? "left out on purpose" : strerror(-setting->error);
}

static uint64_t pair_of(uint32_t subject, uint32_t key)
{
	return ((uint64_t)subject << 32 | key) + 1;
}

static size_t pair_slot(const struct pair_index *index, uint64_t pair)
{
	size_t mask = index->size - 1;
	size_t i = (size_t)((pair * 0x9e3779b97f4a7c15u) >> 20) & mask;

	while (index->pairs[i] != 0 && index->pairs[i] != pair)
		i = (i + 1) & mask;
	return i;
}

static void pair_index_grow(struct pair_index *index)
{
	struct pair_index old = *index;

	index->size = old.size ? old.size * 2 : 512;
	index->pairs = xcalloc(index->size, sizeof(*index->pairs));
	index->positions = xcalloc(index->size, sizeof(*index->positions));
	for (size_t i = 0; i < old.size; i++) {
		size_t slot;

		if (old.pairs[i] == 0)
			continue;
		slot = pair_slot(index, old.pairs[i]);
		index->pairs[slot] = old.pairs[i];
		index->positions[slot] = old.positions[i];
	}
	free(old.pairs);
	free(old.positions);
}

uint32_t pair_index_add(struct pair_index *index, uint32_t subject, uint32_t key, bool *ret_new)
{
	size_t slot;

	if ((index->count + 1) * 4 > index->size * 3)
		pair_index_grow(index);
	slot = pair_slot(index, pair_of(subject, key));
	*ret_new = index->pairs[slot] == 0;
	if (*ret_new) {
		index->pairs[slot] = pair_of(subject, key);
		index->positions[slot] = (uint32_t)index->count++;
	}
	return index->positions[slot];
}

uint32_t pair_index_find(const struct pair_index *index, uint32_t subject, uint32_t key)
{
	size_t slot;

	if (index->count == 0)
		return UINT32_MAX;
	slot = pair_slot(index, pair_of(subject, key));
	return index->pairs[slot] ? index->positions[slot] : UINT32_MAX;
}

static void pair_index_release(struct pair_index *index)
{
	free(index->pairs);
	free(index->positions);
}

struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));

	snapshot->slot_ticks = 1;
	snapshot->owned = xcalloc(1, sizeof(*snapshot->owned));
	(void)snapshot_subject(snapshot, SUBJECT_KIND_HOST, "", "");
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->series_index.count; i++)
		free(snapshot->series[i].slots);
	for (size_t i = 0; i < SUBJECT_KIND_COUNT; i++)
		free(snapshot->kinds[i]);
	free(snapshot->owned->first);
	free(snapshot->owned->ids);
	free(snapshot->owned);
	free(snapshot->series);
	free(snapshot->settings);
	free(snapshot->subjects);
	pair_index_release(&snapshot->subject_index);
	pair_index_release(&snapshot->setting_index);
	pair_index_release(&snapshot->series_index);
	symbols_release(&snapshot->keys);
	symbols_release(&snapshot->origins);
	symbols_release(&snapshot->subject_names);
	arena_release(&snapshot->arena);
	diag_release(&snapshot->notes);
	free(snapshot);
}

subject_id snapshot_subject(struct snapshot *snapshot, enum subject_kind kind, const char *name, const char *path)
{
	uint32_t symbol;
	subject_id id;
	bool is_new;

	if (snapshot->n_subjects >= SUBJECTS_MAX) {
		id = snapshot_find_subject(snapshot, kind, name);
		if (id == SUBJECT_NONE && snapshot->subjects_left_out++ == 0)
			(void)diag_warning(&snapshot->notes, NULL, "more than %d subjects; the rest is left out", SUBJECTS_MAX);
		return id;
	}
	symbol = symbols_intern(&snapshot->subject_names, name, strlen(name));
	id = pair_index_add(&snapshot->subject_index, kind, symbol, &is_new);
	if (is_new) {
		GROW(snapshot->subjects, snapshot->subjects_capacity, snapshot->n_subjects + 1);
		GROW(snapshot->kinds[kind], snapshot->kind_capacities[kind], snapshot->kind_counts[kind] + 1);
		snapshot->subjects[snapshot->n_subjects++] = (struct subject){
			.kind = kind,
			.name = snapshot->subject_names.names[symbol],
			.path = "",
		};
		snapshot->kinds[kind][snapshot->kind_counts[kind]++] = id;
	}
	if (path && *path && !*snapshot->subjects[id].path)
		snapshot->subjects[id].path = arena_strdup(&snapshot->arena, path);
	return id;
}

subject_id snapshot_find_subject(const struct snapshot *snapshot, enum subject_kind kind, const char *name)
{
	uint32_t symbol = symbols_find(&snapshot->subject_names, name, strlen(name));

	return symbol == SYMBOL_NONE ? SUBJECT_NONE : pair_index_find(&snapshot->subject_index, kind, symbol);
}

bool snapshot_owns(enum subject_kind owner, enum subject_kind kind)
{
	return owner == SUBJECT_KIND_WORKLOAD && kind == SUBJECT_KIND_CONTAINER;
}

static subject_id owner_of(const struct snapshot *snapshot, subject_id container)
{
	const char *workload = snapshot_text(snapshot, container, "workload");

	return workload ? snapshot_find_subject(snapshot, SUBJECT_KIND_WORKLOAD, workload) : SUBJECT_NONE;
}

/* Counted, then put in place: two passes over the containers. */
static void make_owned(const struct snapshot *snapshot, struct owned *owned)
{
	size_t count = snapshot->kind_counts[SUBJECT_KIND_CONTAINER];
	const subject_id *containers = snapshot->kinds[SUBJECT_KIND_CONTAINER];

	free(owned->first);
	free(owned->ids);
	owned->first = xcalloc(snapshot->n_subjects + 2, sizeof(*owned->first));
	owned->ids = xcalloc(count + 1, sizeof(*owned->ids));
	owned->subjects = snapshot->n_subjects;
	owned->settings = snapshot->setting_index.count;
	for (size_t i = 0; i < count; i++) {
		subject_id owner = owner_of(snapshot, containers[i]);

		if (owner != SUBJECT_NONE)
			owned->first[owner + 2]++;
	}
	for (size_t i = 2; i < snapshot->n_subjects + 2; i++)
		owned->first[i] += owned->first[i - 1];
	for (size_t i = 0; i < count; i++) {
		subject_id owner = owner_of(snapshot, containers[i]);

		if (owner != SUBJECT_NONE)
			owned->ids[owned->first[owner + 1]++] = containers[i];
	}
}

uint32_t snapshot_owned(const struct snapshot *snapshot, subject_id owner, enum subject_kind kind, const subject_id **ret_ids)
{
	struct owned *owned = snapshot->owned;

	if (owner >= snapshot->n_subjects || !snapshot_owns(snapshot->subjects[owner].kind, kind))
		return 0;
	if (!owned->first || owned->subjects != snapshot->n_subjects || owned->settings != snapshot->setting_index.count)
		make_owned(snapshot, owned);
	*ret_ids = owned->ids + owned->first[owner];
	return owned->first[owner + 1] - owned->first[owner];
}

const struct subject *snapshot_subject_get(const struct snapshot *snapshot, subject_id id)
{
	return &snapshot->subjects[id];
}

uint32_t snapshot_subject_count(const struct snapshot *snapshot)
{
	return (uint32_t)snapshot->n_subjects;
}

uint32_t snapshot_kind_count(const struct snapshot *snapshot, enum subject_kind kind)
{
	return (uint32_t)snapshot->kind_counts[kind];
}

subject_id snapshot_kind_get(const struct snapshot *snapshot, enum subject_kind kind, uint32_t index)
{
	return snapshot->kinds[kind][index];
}

static struct setting *add_setting(struct snapshot *snapshot, subject_id subject, const char *key, const char *origin)
{
	uint32_t symbol, position, before;
	bool is_new;

	if (subject == SUBJECT_NONE)
		return NULL;
	symbol = symbols_intern(&snapshot->keys, key, strlen(key));
	position = pair_index_add(&snapshot->setting_index, subject, symbol, &is_new);
	GROW(snapshot->settings, snapshot->settings_capacity, snapshot->setting_index.count);
	before = is_new ? snapshot->subjects[subject].last_setting : snapshot->settings[position].before;
	snapshot->settings[position] = (struct setting){ .subject = subject, .key = symbol, .raw = "", .before = before };
	if (is_new)
		snapshot->subjects[subject].last_setting = position + 1;
	if (origin) {
		uint32_t name = symbols_intern(&snapshot->origins, origin, strlen(origin));

		snapshot->settings[position].origin = snapshot->origins.names[name];
	}
	return &snapshot->settings[position];
}

void snapshot_set(struct snapshot *snapshot, subject_id subject, const char *key, const char *raw, size_t length,
		  const char *origin)
{
	struct setting *setting = add_setting(snapshot, subject, key, origin);

	if (!setting)
		return;
	if (length > 0 && raw[length - 1] == '\n')
		length--;
	setting->raw = length ? arena_strndup(&snapshot->arena, raw, length) : "";
	setting->raw_length = (uint32_t)length;
}

void snapshot_set_string(struct snapshot *snapshot, subject_id subject, const char *key, const char *raw,
			 const char *origin)
{
	snapshot_set(snapshot, subject, key, raw, strlen(raw), origin);
}

void snapshot_setf(struct snapshot *snapshot, subject_id subject, const char *key, const char *origin,
		   const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&raw, format, arguments);
	va_end(arguments);
	snapshot_set(snapshot, subject, key, raw.buf, raw.len, origin);
}

void snapshot_set_absent(struct snapshot *snapshot, subject_id subject, const char *key, int error, const char *origin)
{
	struct setting *setting = add_setting(snapshot, subject, key, origin);

	if (!setting)
		return;
	setting->absence = absence_from_errno(error);
	setting->error = error;
}

void snapshot_set_read(struct snapshot *snapshot, subject_id subject, const char *key, int result, const char *raw,
		       size_t length, const char *origin)
{
	if (result < 0)
		snapshot_set_absent(snapshot, subject, key, result, origin);
	else
		snapshot_set(snapshot, subject, key, raw, length, origin);
}

const struct setting *snapshot_subject_settings(const struct snapshot *snapshot, subject_id subject)
{
	uint32_t last = snapshot->subjects[subject].last_setting;

	return last > 0 ? &snapshot->settings[last - 1] : NULL;
}

const struct setting *snapshot_setting_before(const struct snapshot *snapshot, const struct setting *setting)
{
	return setting->before > 0 ? &snapshot->settings[setting->before - 1] : NULL;
}

const struct setting *snapshot_get_symbol(const struct snapshot *snapshot, subject_id subject, uint32_t key)
{
	uint32_t position = pair_index_find(&snapshot->setting_index, subject, key);

	return position == UINT32_MAX ? NULL : &snapshot->settings[position];
}

const struct setting *snapshot_get(const struct snapshot *snapshot, subject_id subject, const char *key)
{
	uint32_t symbol = snapshot_key_find(snapshot, key);

	return symbol == SYMBOL_NONE ? NULL : snapshot_get_symbol(snapshot, subject, symbol);
}

uint32_t snapshot_key_find(const struct snapshot *snapshot, const char *key)
{
	return symbols_find(&snapshot->keys, key, strlen(key));
}

const char *snapshot_key_name(const struct snapshot *snapshot, uint32_t symbol)
{
	return snapshot->keys.names[symbol];
}

const char *snapshot_text(const struct snapshot *snapshot, subject_id subject, const char *key)
{
	const struct setting *setting = snapshot_get(snapshot, subject, key);

	return setting && setting->absence == PRESENT ? setting->raw : NULL;
}

size_t snapshot_setting_count(const struct snapshot *snapshot)
{
	return snapshot->setting_index.count;
}

const struct setting *snapshot_setting_at(const struct snapshot *snapshot, size_t index)
{
	return &snapshot->settings[index];
}

void setting_origin(const struct snapshot *snapshot, const struct setting *setting, struct strbuf *out)
{
	const struct subject *subject = &snapshot->subjects[setting->subject];

	if (setting->origin)
		strbuf_add_string(out, setting->origin);
	else if (*subject->path)
		strbuf_addf(out, "%s/%s", subject->path, snapshot->keys.names[setting->key]);
}

struct diag *snapshot_notes(struct snapshot *snapshot)
{
	return &snapshot->notes;
}

const struct diag *snapshot_notes_get(const struct snapshot *snapshot)
{
	return &snapshot->notes;
}
