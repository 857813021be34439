/* SPDX-License-Identifier: Apache-2.0 */
#include "registry.h"

#include <errno.h>
#include <stdio.h>

#include "parse.h"
#include "strbuf.h"

struct pattern {
	const struct entry *entry;
	const char *tail;			/* what comes after its last "*" */
	size_t tail_length;
};

struct registry {
	struct arena arena;
	const struct entry **entries;		/* sorted by id */
	size_t count, capacity;
	struct symbols ids;			/* symbol → slots below */
	const struct entry **by_symbol;
	size_t by_symbol_capacity;
	struct pattern *patterns;		/* ids with a "*" */
	size_t n_patterns, patterns_capacity;
};

struct name {
	const char *name;
	int value;
};

/* clang-format off */
static const struct name formats[] = {
	{ "integer", FORMAT_INTEGER }, { "real", FORMAT_REAL }, { "bool", FORMAT_BOOL }, { "text", FORMAT_TEXT },
	{ "enum", FORMAT_ENUM }, { "list", FORMAT_LIST }, { "words", FORMAT_WORDS }, { "hex", FORMAT_HEX },
	{ "quantity", FORMAT_QUANTITY }, { NULL, 0 },
};

static const struct name kinds[] = {
	[KIND_SYSCTL]              = { "sysctl", KIND_SYSCTL },
	[KIND_BLOCK_QUEUE]         = { "block-queue", KIND_BLOCK_QUEUE },
	[KIND_THP]                 = { "thp", KIND_THP },
	[KIND_HUGE_PAGES]          = { "huge-pages", KIND_HUGE_PAGES },
	[KIND_CPU_FREQUENCY]       = { "cpu-frequency", KIND_CPU_FREQUENCY },
	[KIND_MODULE_PARAMETER]    = { "module-parameter", KIND_MODULE_PARAMETER },
	[KIND_KERNEL_COMMAND_LINE] = { "kernel-command-line", KIND_KERNEL_COMMAND_LINE },
	[KIND_MOUNT_OPTION]        = { "mount-option", KIND_MOUNT_OPTION },
	[KIND_CGROUP]              = { "cgroup", KIND_CGROUP },
	[KIND_SYSTEMD_UNIT]        = { "systemd-unit", KIND_SYSTEMD_UNIT },
	[KIND_RESOURCE_LIMIT]      = { "resource-limit", KIND_RESOURCE_LIMIT },
	[KIND_NETWORK_INTERFACE]   = { "network-interface", KIND_NETWORK_INTERFACE },
	[KIND_CONTAINER_RESOURCE]  = { "container-resource", KIND_CONTAINER_RESOURCE },
	[KIND_KUBELET]             = { "kubelet", KIND_KUBELET },
	[KIND_SYSFS]               = { "sysfs", KIND_SYSFS },
	[KIND_COUNT]               = { NULL, 0 },
};

static const struct name effects[] = {
	[EFFECT_LIVE]        = { "live", EFFECT_LIVE },
	[EFFECT_NEW_OBJECTS] = { "new-objects", EFFECT_NEW_OBJECTS },
	[EFFECT_RESTART]     = { "restart", EFFECT_RESTART },
	[EFFECT_REMOUNT]     = { "remount", EFFECT_REMOUNT },
	[EFFECT_MODULE_LOAD] = { "module-load", EFFECT_MODULE_LOAD },
	[EFFECT_REBOOT]      = { "reboot", EFFECT_REBOOT },
	[EFFECT_COUNT]       = { NULL, 0 },
};

static const struct name reversibles[] = {
	[REVERSIBLE_YES]    = { "yes", REVERSIBLE_YES },
	[REVERSIBLE_REBOOT] = { "reboot-to-undo", REVERSIBLE_REBOOT },
	[REVERSIBLE_NO]     = { "no", REVERSIBLE_NO },
	[REVERSIBLE_COUNT]  = { NULL, 0 },
};

static const struct name scopes[] = {
	[SCOPE_GLOBAL]         = { "global", SCOPE_GLOBAL },
	[SCOPE_NET_NAMESPACE]  = { "net-namespace", SCOPE_NET_NAMESPACE },
	[SCOPE_IPC_NAMESPACE]  = { "ipc-namespace", SCOPE_IPC_NAMESPACE },
	[SCOPE_PID_NAMESPACE]  = { "pid-namespace", SCOPE_PID_NAMESPACE },
	[SCOPE_UTS_NAMESPACE]  = { "uts-namespace", SCOPE_UTS_NAMESPACE },
	[SCOPE_USER_NAMESPACE] = { "user-namespace", SCOPE_USER_NAMESPACE },
	[SCOPE_DEVICE]         = { "device", SCOPE_DEVICE },
	[SCOPE_MOUNT]          = { "mount", SCOPE_MOUNT },
	[SCOPE_CGROUP]         = { "cgroup", SCOPE_CGROUP },
	[SCOPE_PROCESS]        = { "process", SCOPE_PROCESS },
	[SCOPE_COUNT]          = { NULL, 0 },
};

static const struct name metric_kinds[] = { { "counter", METRIC_COUNTER }, { "gauge", METRIC_GAUGE }, { NULL, 0 } };

static const char *const tunable_keys[] = {
	"kind", "type", "unit", "range", "values", "fields", "default", "scope", "takes_effect", "reversible", "coupled",
	"inert_when", "reads_back", "obsolete", "secret", "volatile", "module", "path", "summary", "hazards",
	"references", "note", "about", "unlimited", "below", "at_most", "within", "ascending", "write_effect", NULL,
};
static const char *const fact_keys[] = { "about", "type", "unit", "values", "fields", "summary", "source", "references", "volatile",
					 "secret", "note", "unlimited", NULL };
static const char *const metric_keys[] = { "about", "kind", "unit", "source", "meaning", "misleads", "since", "frozen_when",
					   "references", "note", NULL };
static const char *const log_keys[] = { "pattern", "meaning", "misleads", "since", "references", "note", NULL };

static const char *const *const keys_of_class[] = {
	[ENTRY_TUNABLE] = tunable_keys, [ENTRY_FACT] = fact_keys, [ENTRY_METRIC] = metric_keys, [ENTRY_LOG] = log_keys,
};
static const char *const class_names[] = {
	[ENTRY_TUNABLE] = "tunable", [ENTRY_FACT] = "fact", [ENTRY_METRIC] = "metric", [ENTRY_LOG] = "kernel message",
};
/* clang-format on */

const char *tunable_kind_name(enum tunable_kind kind)
{
	return kinds[kind].name;
}

const char *takes_effect_name(enum takes_effect effect)
{
	return effects[effect].name;
}

const char *reversible_name(enum reversible reversible)
{
	return reversibles[reversible].name;
}

const char *scope_name(enum scope scope)
{
	return scopes[scope].name;
}

struct registry *registry_new(void)
{
	return xcalloc(1, sizeof(struct registry));
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	free(registry->entries);
	free(registry->by_symbol);
	free(registry->patterns);
	symbols_release(&registry->ids);
	arena_release(&registry->arena);
	free(registry);
}

/* The state of reading one entry: the first mistake of each key is reported, and the entry is then refused. */
struct reading {
	struct registry *registry;
	const struct node *node;
	struct entry *entry;
	struct diag *diag;
	bool bad;
};

static const char *get_text(struct reading *reading, const char *key, bool required)
{
	const char *text = NULL;
	int r = node_get_text(reading->node, key, reading->diag, &text);

	if (r == -ENOENT && required) {
		struct place place = node_place(reading->node);

		r = diag_error(reading->diag, &place, "%s: %s is missing", reading->entry->id, key);
	}
	if (r < 0 && (r != -ENOENT || required))
		reading->bad = true;
	return text;
}

static void get_name(struct reading *reading, const char *key, const struct name *names, int *ret, bool required)
{
	const char *text = get_text(reading, key, required);
	CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;
	struct place place;

	if (!text)
		return;
	for (const struct name *name = names; name->name; name++)
		if (streq(name->name, text)) {
			*ret = name->value;
			return;
		}
	for (const struct name *name = names; name->name; name++)
		strbuf_addf(&known, "%s%s", known.len ? ", " : "", name->name);
	place = node_place(node_get(reading->node, key));
	(void)diag_error(reading->diag, &place, "%s: expected one of %s; found '%s'", key, known.buf, text);
	reading->bad = true;
}

static void get_flag(struct reading *reading, const char *key, bool *ret)
{
	int r = node_get_bool(reading->node, key, reading->diag, ret);

	if (r < 0 && r != -ENOENT)
		reading->bad = true;
}

static void get_list(struct reading *reading, const char *key, struct string_list *ret)
{
	const struct node *node = node_get(reading->node, key);

	if (!node)
		return;
	if (node->kind == NODE_SCALAR) {
		ret->items = arena_alloc(&reading->registry->arena, sizeof(*ret->items));
		ret->items[0] = node->text;
		ret->count = 1;
		return;
	}
	ret->items = arena_alloc(&reading->registry->arena, (node->count + 1) * sizeof(*ret->items));
	for (size_t i = 0; i < node->count; i++) {
		const struct node *item = &node->items[i];
		struct place place = node_place(item);

		if (node->kind != NODE_SEQUENCE || item->kind != NODE_SCALAR) {
			(void)diag_error(reading->diag, &place, "%s: expected a list of texts", key);
			reading->bad = true;
			return;
		}
		ret->items[ret->count++] = item->text;
	}
}

static void get_unit(struct reading *reading)
{
	const char *text = get_text(reading, "unit", false);
	struct place place;

	reading->entry->unit = unit_none;
	reading->entry->unit_text = text ? text : "";
	if (!text || unit_parse(text, strlen(text), &reading->entry->unit) == 0)
		return;
	place = node_place(node_get(reading->node, "unit"));
	(void)diag_error(reading->diag, &place, "unknown unit '%s'", text);
	reading->bad = true;
}

/* "0..100", "1..", "..5", "-1..2147483647" */
static void get_range(struct reading *reading)
{
	const char *text = get_text(reading, "range", false);
	struct entry *entry = reading->entry;
	const char *dots = text ? strstr(text, "..") : NULL;
	struct place place;
	int r = 0;

	if (!text)
		return;
	entry->has_range = true;
	entry->range_min = INT64_MIN;
	entry->range_max = UINT64_MAX;
	if (!dots) {
		r = -EINVAL;
	} else {
		CLEANUP(free_ptr) char *low = xstrndup(text, (size_t)(dots - text));

		if (*low)
			r = parse_i64(low, &entry->range_min);
		if (r == 0 && dots[2])
			r = parse_u64(dots + 2, &entry->range_max);
		if (r == 0 && entry->range_min > 0 && (uint64_t)entry->range_min > entry->range_max)
			r = -EINVAL;
	}
	if (r == 0)
		return;
	place = node_place(node_get(reading->node, "range"));
	(void)diag_error(reading->diag, &place, "range: expected MIN..MAX with whole numbers, found '%s'", text);
	reading->bad = true;
}

static void read_setting(struct reading *reading)
{
	struct entry *entry = reading->entry;
	struct string_list fields = { 0 };
	int format = FORMAT_TEXT;

	get_name(reading, "type", formats, &format, true);
	entry->format = (enum value_format)format;
	get_unit(reading);
	get_list(reading, "values", &entry->values);
	get_list(reading, "fields", &fields);
	get_list(reading, "unlimited", &entry->unlimited);
	entry->fields = fields.items;
	entry->n_fields = fields.count;
	entry->summary = get_text(reading, "summary", true);
	get_flag(reading, "secret", &entry->secret);
	get_flag(reading, "volatile", &entry->volatile_value);
}

static void read_tunable(struct reading *reading)
{
	struct entry *entry = reading->entry;
	int kind = 0, scope = 0, effect = 0, reversible = 0;

	read_setting(reading);
	get_name(reading, "kind", kinds, &kind, true);
	get_name(reading, "scope", scopes, &scope, true);
	get_name(reading, "takes_effect", effects, &effect, true);
	get_name(reading, "reversible", reversibles, &reversible, true);
	entry->kind = (enum tunable_kind)kind;
	entry->scope = (enum scope)scope;
	entry->takes_effect = (enum takes_effect)effect;
	entry->reversible = (enum reversible)reversible;
	get_range(reading);
	get_list(reading, "coupled", &entry->coupled);
	entry->reads_back = get_text(reading, "reads_back", false);
	entry->obsolete = get_text(reading, "obsolete", false);
	get_list(reading, "below", &entry->below);
	get_list(reading, "at_most", &entry->at_most);
	get_list(reading, "within", &entry->within);
	get_flag(reading, "ascending", &entry->ascending);
	entry->write_effect = get_text(reading, "write_effect", false);
	entry->module = get_text(reading, "module", false);
	entry->path = get_text(reading, "path", false);
}

static void read_fact(struct reading *reading)
{
	read_setting(reading);
	reading->entry->source = get_text(reading, "source", false);
}

static void read_metric(struct reading *reading)
{
	struct entry *entry = reading->entry;
	int kind = METRIC_COUNTER;

	get_name(reading, "kind", metric_kinds, &kind, true);
	entry->metric_kind = (enum metric_kind)kind;
	entry->format = FORMAT_REAL;
	get_unit(reading);
	entry->source = get_text(reading, "source", true);
	entry->meaning = get_text(reading, "meaning", true);
	entry->misleads = get_text(reading, "misleads", false);
	entry->since = get_text(reading, "since", false);
	entry->summary = entry->meaning;
}

static void read_log(struct reading *reading)
{
	struct entry *entry = reading->entry;

	entry->metric_kind = METRIC_COUNTER;
	entry->format = FORMAT_REAL;
	entry->unit = unit_none;
	entry->unit_text = "count";
	entry->source = "the kernel log";
	entry->pattern = get_text(reading, "pattern", true);
	entry->meaning = get_text(reading, "meaning", true);
	entry->misleads = get_text(reading, "misleads", false);
	entry->since = get_text(reading, "since", false);
	entry->summary = entry->meaning;
}

/* "block.scheduler" is key scheduler of a block device; "about: host" says that "cpu.online" is the host's. */
static void split_id(struct entry *entry, bool host)
{
	const char *dot = strchr(entry->id, '.');

	entry->about = SUBJECT_KIND_HOST;
	entry->key = entry->id;
	if (!dot || host)
		return;
	for (int kind = SUBJECT_KIND_CPU; kind < SUBJECT_KIND_COUNT; kind++) {
		const char *name = subject_kind_name((enum subject_kind)kind);
		size_t length = strlen(name);

		if ((size_t)(dot - entry->id) == length && memcmp(entry->id, name, length) == 0) {
			entry->about = (enum subject_kind)kind;
			entry->key = dot + 1;
		}
	}
}

static void keep_entry(struct registry *registry, struct entry *entry)
{
	const char *star;
	uint32_t before = registry->ids.count;
	uint32_t symbol = symbols_intern(&registry->ids, entry->id, strlen(entry->id));

	GROW(registry->by_symbol, registry->by_symbol_capacity, registry->ids.count);
	if (symbol < before) {
		/* An override: the old entry's slots take the new one. */
		const struct entry *old = registry->by_symbol[symbol];

		for (size_t i = 0; i < registry->count; i++)
			if (registry->entries[i] == old)
				registry->entries[i] = entry;
		for (size_t i = 0; i < registry->n_patterns; i++)
			if (registry->patterns[i].entry == old)
				registry->patterns[i].entry = entry;
		registry->by_symbol[symbol] = entry;
		return;
	}
	registry->by_symbol[symbol] = entry;
	GROW(registry->entries, registry->capacity, registry->count + 1);
	registry->entries[registry->count++] = entry;
	star = strrchr(entry->id, '*');
	if (star) {
		GROW(registry->patterns, registry->patterns_capacity, registry->n_patterns + 1);
		registry->patterns[registry->n_patterns++] = (struct pattern){
			.entry = entry, .tail = star + 1, .tail_length = strlen(star + 1),
		};
	}
}

static int load_entry(struct registry *registry, enum entry_class class, const struct node *key, const struct node *node,
		      struct diag *diag)
{
	static void (*const readers[])(struct reading *) = {
		[ENTRY_TUNABLE] = read_tunable, [ENTRY_FACT] = read_fact, [ENTRY_METRIC] = read_metric,
		[ENTRY_LOG] = read_log,
	};
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct entry *entry = arena_alloc(&registry->arena, sizeof(*entry));
	const struct node *whole = node_unpack(&scratch, node);
	struct reading reading = { .registry = registry, .node = whole, .entry = entry, .diag = diag };
	const char *about;

	*entry = (struct entry){ .class = class, .id = key->text, .place = node_place(key), .pack = node_file(key), .node = node };
	if (whole->kind != NODE_MAPPING)
		return diag_error(diag, &entry->place, "%s: expected a mapping that describes the %s", key->text,
				  class_names[class]);
	if (node_check_keys(whole, keys_of_class[class], diag) < 0)
		reading.bad = true;
	about = get_text(&reading, "about", false);
	if (about && !streq(about, "host"))
		reading.bad = diag_error(diag, &entry->place, "%s: about can only be host; others are named in the id",
					 key->text) < 0;
	split_id(entry, about != NULL);
	readers[class](&reading);
	get_list(&reading, "references", &entry->references);
	if (class != ENTRY_FACT && entry->references.count == 0) {
		(void)diag_error(diag, &entry->place, "%s: references are missing", key->text);
		reading.bad = true;
	}
	if (reading.bad)
		return -EINVAL;
	keep_entry(registry, entry);
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

int registry_load(struct registry *registry, enum entry_class class, const struct node *documents, struct diag *diag)
{
	int result = 0;

	for (size_t d = 0; d < documents->count; d++) {
		const struct node *document = &documents->items[d];
		struct place place = node_place(document);

		if (document->kind != NODE_MAPPING) {
			result = diag_error(diag, &place, "expected a mapping from ids to %s entries", class_names[class]);
			continue;
		}
		for (size_t i = 0; i + 1 < document->count; i += 2) {
			int r = load_entry(registry, class, &document->items[i], &document->items[i + 1], diag);

			if (r < 0)
				result = r;
		}
	}
	return result;
}

/* "cgroup.cpu.max[quota]": the tunable is there, and the item of its list. */
static bool names_tunable(const struct registry *registry, const char *id)
{
	const char *bracket = strchr(id, '[');
	CLEANUP(free_ptr) char *plain = xstrndup(id, bracket ? (size_t)(bracket - id) : strlen(id));
	const struct entry *entry = registry_find(registry, plain);
	size_t length = bracket ? strlen(bracket) : 0;

	if (!entry || entry->class != ENTRY_TUNABLE || !bracket)
		return entry && entry->class == ENTRY_TUNABLE;
	for (size_t i = 0; i < entry->n_fields; i++)
		if (strlen(entry->fields[i]) == length - 2 && bracket[length - 1] == ']' &&
		    memcmp(entry->fields[i], bracket + 1, length - 2) == 0)
			return true;
	return false;
}

static int check_relations(const struct registry *registry, const struct entry *entry, struct diag *diag)
{
	const struct {
		const char *name;
		const struct string_list *ids;
	} lists[] = {
		{ "below", &entry->below }, { "at_most", &entry->at_most }, { "within", &entry->within },
	};
	int result = 0;

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
		for (size_t i = 0; i < lists[l].ids->count; i++)
			if (!names_tunable(registry, lists[l].ids->items[i]))
				result = diag_error(diag, &entry->place, "%s: %s: '%s' is no tunable", entry->id,
						    lists[l].name, lists[l].ids->items[i]);
	return result;
}

int registry_check(struct registry *registry, struct diag *diag)
{
	int result = 0;

	if (registry->count > 1)
		qsort(registry->entries, registry->count, sizeof(*registry->entries), compare_ids);
	for (size_t i = 0; i < registry->count; i++) {
		const struct entry *entry = registry->entries[i];

		for (size_t c = 0; c < entry->coupled.count; c++) {
			const struct entry *other = registry_find(registry, entry->coupled.items[c]);

			if (!other || other->class != ENTRY_TUNABLE)
				result = diag_error(diag, &entry->place, "%s: coupled with '%s', which is no tunable", entry->id,
						    entry->coupled.items[c]);
		}
		if (check_relations(registry, entry, diag) < 0)
			result = -EINVAL;
	}
	return result;
}

/* Components are separated by dots; "*" is any one component, and at the end of the id any rest, so that
 * "vmstat.*" covers every line of that file. */
static bool pattern_matches(const char *pattern, const char *key)
{
	for (;;) {
		size_t n = strcspn(pattern, "."), m = strcspn(key, ".");

		if (n == 1 && *pattern == '*') {
			if (m == 0)
				return false;
			if (pattern[1] == '\0')
				return true;
		} else if (n != m || memcmp(pattern, key, n) != 0) {
			return false;
		}
		pattern += n;
		key += m;
		if (*pattern == '\0' || *key == '\0')
			return *pattern == *key;
		pattern++;
		key++;
	}
}

/* Most patterns differ from most keys in a character or two at their beginning, or at their end. */
static bool prefix_matches(const char *pattern, const char *key)
{
	for (; *pattern != '*'; pattern++, key++)
		if (*pattern != *key)
			return false;
	return true;
}

const struct entry *registry_find(const struct registry *registry, const char *id)
{
	size_t length = strlen(id);
	uint32_t symbol = symbols_find(&registry->ids, id, length);

	if (symbol != SYMBOL_NONE)
		return registry->by_symbol[symbol];
	for (size_t i = 0; i < registry->n_patterns; i++) {
		const struct pattern *pattern = &registry->patterns[i];

		if (pattern->tail_length <= length &&
		    memcmp(id + length - pattern->tail_length, pattern->tail, pattern->tail_length) == 0 &&
		    prefix_matches(pattern->entry->id, id) && pattern_matches(pattern->entry->id, id))
			return pattern->entry;
	}
	return NULL;
}

const struct entry *registry_find_key(const struct registry *registry, enum subject_kind about, const char *key)
{
	CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;
	const struct entry *entry;

	if (about != SUBJECT_KIND_HOST)
		strbuf_addf(&id, "%s.", subject_kind_name(about));
	strbuf_add_string(&id, key);
	entry = registry_find(registry, id.buf);
	return entry && entry->about == about ? entry : NULL;
}

size_t registry_count(const struct registry *registry, enum entry_class class)
{
	size_t count = 0;

	for (size_t i = 0; i < registry->count; i++)
		count += registry->entries[i]->class == class;
	return count;
}

size_t registry_total(const struct registry *registry)
{
	return registry->count;
}

const struct entry *registry_at(const struct registry *registry, size_t index)
{
	return registry->entries[index];
}
