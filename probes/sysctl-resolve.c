/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl-resolve.h"

#include <fnmatch.h>

#define MATCHES_MAX 50000	/* keys that the patterns of one loader meet */
#define WORK_MAX 10000000	/* comparisons with patterns; an honest host has a thousandth of it */

/* ---- keys that exist ---- */

struct sysctl_keys {
	struct symbols paths;	/* "net/ipv4/conf/eth0.100/rp_filter" */
};

static bool from_proc_sys(const struct setting *setting)
{
	return setting->origin && (starts_with(setting->origin, "/proc/sys/") ||
				   strstr(setting->origin, "/sysctl_-a"));
}

struct sysctl_keys *sysctl_keys_new(const struct snapshot *snapshot)
{
	struct sysctl_keys *keys = xcalloc(1, sizeof(*keys));
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);

		if (setting->subject != SUBJECT_HOST || setting->absence == ABSENT || !from_proc_sys(setting))
			continue;
		strbuf_reset(&path);
		strbuf_add_string(&path, snapshot_key_name(snapshot, setting->key));
		for (char *c = path.buf; *c; c++)
			*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
		(void)symbols_intern(&keys->paths, path.buf, path.len);
	}
	if (keys->paths.count > 0)
		return keys;
	sysctl_keys_free(keys);
	return NULL;
}

void sysctl_keys_free(struct sysctl_keys *keys)
{
	if (!keys)
		return;
	symbols_release(&keys->paths);
	free(keys);
}

/* ---- what was read ---- */

enum item_kind {
	ITEM_ASSIGN,
	ITEM_EXCLUDE,
	ITEM_FATE,		/* known already */
};

struct item {
	enum item_kind kind;
	bool cmdline, optional, pattern;
	char *path;		/* as the loader names it; of a fate: its key */
	char *value;
	struct sysctl_place place;
	enum boot_fate fate;	/* ITEM_FATE */
	const char *why;	/* a constant or lent text */
	size_t replaced_by;	/* systemd: position + 1 of the line that takes its place; 0: none */
};

/* One line of the answer.  Those that write settle their fate when all is known. */
struct record {
	size_t item;
	uint32_t key;		/* symbol */
	bool writes, of_pattern;
	enum boot_fate fate;
	size_t by;		/* position + 1 of the item that shadows or excludes it */
	const char *why;
};

struct sysctl_resolver {
	enum sysctl_loader loader;
	const struct sysctl_keys *known;
	struct item *items;
	size_t count, capacity;
	size_t *order;		/* systemd: items that count, in the order in which they are applied */
	size_t order_count, order_capacity;
	struct symbols paths;	/* of items; paths_of[symbol]: position + 1 of the one that names it for patterns */
	size_t *named;
	size_t named_capacity;
	struct record *records;
	size_t record_count, record_capacity;
	struct symbols keys;
	size_t *last;		/* per key: position + 1 of the record that writes last */
	size_t last_capacity;
	size_t matches, work;
};

struct sysctl_resolver *sysctl_resolver_new(enum sysctl_loader loader, const struct sysctl_keys *keys)
{
	struct sysctl_resolver *resolver = xcalloc(1, sizeof(*resolver));

	resolver->loader = loader;
	resolver->known = keys;
	return resolver;
}

void sysctl_resolver_free(struct sysctl_resolver *resolver)
{
	if (!resolver)
		return;
	for (size_t i = 0; i < resolver->count; i++) {
		free(resolver->items[i].path);
		free(resolver->items[i].value);
	}
	free(resolver->items);
	free(resolver->order);
	free(resolver->named);
	free(resolver->records);
	free(resolver->last);
	symbols_release(&resolver->paths);
	symbols_release(&resolver->keys);
	free(resolver);
}

static bool is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

static struct item *add_item(struct sysctl_resolver *resolver, const char *path, const char *value,
			     const struct sysctl_place *place)
{
	struct item *item;

	if (resolver->count == SYSCTL_LINES_MAX)
		return NULL;
	GROW(resolver->items, resolver->capacity, resolver->count + 1);
	item = &resolver->items[resolver->count++];
	*item = (struct item){ .path = xstrdup(path), .value = xstrdup(value), .place = *place, .why = "" };
	return item;
}

/* Keys that the kernel lets hold any text. */
static bool takes_text(const char *key)
{
	static const char *const keys[] = {
		"kernel.core_pattern", "kernel.domainname", "kernel.hostname", "kernel.hotplug", "kernel.modprobe",
		"kernel.poweroff_cmd",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(keys[i], key))
			return true;
	return false;
}

static bool add_invalid(struct sysctl_resolver *resolver, const struct sysctl_line *line, const struct sysctl_place *place)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool unknown;

	if (line->path.len > 0)
		(void)sysctl_key_of_path(line->path.buf, &key);
	unknown = takes_text(key.buf);
	return sysctl_resolver_fate(resolver, unknown ? key.buf : "", "", place, unknown ? BOOT_UNRESOLVED : BOOT_INVALID,
				    line->why);
}

bool sysctl_resolver_line(struct sysctl_resolver *resolver, const struct sysctl_line *line, const struct sysctl_place *place)
{
	struct item *item;

	if (line->kind == SYSCTL_LINE_EMPTY)
		return true;
	if (line->kind == SYSCTL_LINE_INVALID)
		return add_invalid(resolver, line, place);
	item = add_item(resolver, line->path.buf, line->value.buf, place);
	if (!item)
		return false;
	item->kind = line->kind == SYSCTL_LINE_EXCLUDE ? ITEM_EXCLUDE : ITEM_ASSIGN;
	item->optional = line->optional;
	item->pattern = is_pattern(line->path.buf);
	return true;
}

bool sysctl_resolver_cmdline(struct sysctl_resolver *resolver, const char *key, const char *value,
			     const struct sysctl_place *place)
{
	struct item *item = add_item(resolver, key, value, place);

	if (item)
		item->cmdline = true;
	return item != NULL;
}

bool sysctl_resolver_fate(struct sysctl_resolver *resolver, const char *key, const char *value,
			  const struct sysctl_place *place, enum boot_fate fate, const char *why)
{
	struct item *item = add_item(resolver, key, value, place);

	if (!item)
		return false;
	item->kind = ITEM_FATE;
	item->fate = fate;
	item->why = why;
	return true;
}

/* ---- who names a path ---- */

static uint32_t intern_path(struct sysctl_resolver *resolver, const char *path)
{
	uint32_t symbol = symbols_intern(&resolver->paths, path, strlen(path));
	size_t had = resolver->named_capacity;

	GROW(resolver->named, resolver->named_capacity, (size_t)symbol + 1);
	memset(resolver->named + had, 0, (resolver->named_capacity - had) * sizeof(*resolver->named));
	return symbol;
}

/* Position + 1 of the item that names path without a pattern; 0: none does. */
static size_t named_by(const struct sysctl_resolver *resolver, const char *path)
{
	uint32_t symbol = symbols_find(&resolver->paths, path, strlen(path));

	return symbol == SYMBOL_NONE ? 0 : resolver->named[symbol];
}

/* systemd: of equal names the last line counts, at the place of the first where its value is the same. */
static void systemd_order(struct sysctl_resolver *resolver)
{
	size_t *position = xcalloc(resolver->count + 1, sizeof(*position));	/* per item: where it stands in order, + 1 */
	size_t kept = 0;

	GROW(resolver->order, resolver->order_capacity, resolver->count + 1);
	for (size_t i = 0; i < resolver->count; i++) {
		struct item *item = &resolver->items[i], *old;
		uint32_t symbol;
		bool same;

		if (item->kind == ITEM_FATE || item->cmdline)
			continue;
		symbol = intern_path(resolver, item->path);
		old = resolver->named[symbol] ? &resolver->items[resolver->named[symbol] - 1] : NULL;
		same = old && old->kind == item->kind && streq(old->value, item->value);
		if (old)
			old->replaced_by = i + 1;
		if (same) {
			position[i] = position[old - resolver->items];
			item->optional |= old->optional;
			resolver->order[position[i] - 1] = i;
		} else {
			resolver->order[resolver->order_count++] = i;
			position[i] = resolver->order_count;
		}
		resolver->named[symbol] = i + 1;
	}
	free(position);
	for (size_t i = 0; i < resolver->order_count; i++)
		if (!resolver->items[resolver->order[i]].replaced_by)
			resolver->order[kept++] = resolver->order[i];
	resolver->order_count = kept;
}

/* procps: the first line that names a path keeps patterns away from it. */
static void procps_order(struct sysctl_resolver *resolver)
{
	for (size_t i = 0; i < resolver->count; i++) {
		uint32_t symbol;

		if (resolver->items[i].kind == ITEM_FATE || resolver->items[i].cmdline)
			continue;
		symbol = intern_path(resolver, resolver->items[i].path);
		if (resolver->named[symbol] == 0)
			resolver->named[symbol] = i + 1;
	}
}

/* ---- records ---- */

static struct record *add_record(struct sysctl_resolver *resolver, size_t item, const char *key, enum boot_fate fate,
				 const char *why)
{
	uint32_t symbol = symbols_intern(&resolver->keys, key, strlen(key));

	GROW(resolver->records, resolver->record_capacity, resolver->record_count + 1);
	resolver->records[resolver->record_count++] = (struct record){
		.item = item, .key = symbol, .fate = fate, .why = why,
	};
	return &resolver->records[resolver->record_count - 1];
}

/* It writes: the last one to do so wins. */
static void add_write(struct sysctl_resolver *resolver, size_t item, const char *key, bool of_pattern)
{
	struct record *record = add_record(resolver, item, key, BOOT_WINS, "");
	size_t had = resolver->last_capacity;

	record->writes = true;
	record->of_pattern = of_pattern;
	GROW(resolver->last, resolver->last_capacity, (size_t)record->key + 1);
	memset(resolver->last + had, 0, (resolver->last_capacity - had) * sizeof(*resolver->last));
	resolver->last[record->key] = resolver->record_count;
}

static void add_beaten(struct sysctl_resolver *resolver, size_t item, const char *key, size_t by, bool of_pattern)
{
	bool excluded = resolver->items[by - 1].kind == ITEM_EXCLUDE;
	struct record *record = add_record(resolver, item, key, excluded ? BOOT_EXCLUDED : BOOT_SHADOWED, "");

	record->by = by;
	record->of_pattern = of_pattern;
}

static bool is_deprecated(const char *key)
{
	return ends_with(key, ".base_reachable_time") || ends_with(key, ".retrans_time");
}

/* What TuneD does with a name that is not dots alone.  false: nothing special. */
static bool apply_tuned_name(struct sysctl_resolver *resolver, size_t position)
{
	const struct item *item = &resolver->items[position];
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, key = STRBUF_INIT;
	bool dash = *item->path == '-';

	if (!dash && !strchr(item->path, '.'))
		return false;
	strbuf_add_string(&path, item->path + dash);
	/* As it is written; then with slashes as all others take it. */
	for (char *c = path.buf; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
	sysctl_swap_separators(&path);
	if (!sysctl_key_of_path(path.buf, &key))
		return false;
	if (dash)
		(void)add_record(resolver, position, key.buf, BOOT_IGNORED, "to TuneD the dash belongs to the name");
	else
		(void)add_record(resolver, position, key.buf, BOOT_UNRESOLVED,
				 "TuneD reads slashes in names one way since 2.22 and another way before");
	return true;
}

/* A line that names its key. */
static void apply_name(struct sysctl_resolver *resolver, size_t position)
{
	const struct item *item = &resolver->items[position];
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	if (resolver->loader == SYSCTL_TUNED && apply_tuned_name(resolver, position))
		return;
	if (!sysctl_key_of_path(item->path, &key))
		(void)add_record(resolver, position, "", BOOT_INVALID, "its name leaves /proc/sys");
	else if (*key.buf == ' ' || *key.buf == '\t')
		(void)add_record(resolver, position, "", BOOT_INVALID, "its name begins with a blank");
	else if (item->replaced_by)
		add_beaten(resolver, position, key.buf, item->replaced_by, false);
	else if (resolver->loader != SYSCTL_SYSTEMD && ends_with(item->path, "/"))
		(void)add_record(resolver, position, key.buf, BOOT_INVALID, "its name ends with a separator");
	else if (resolver->loader == SYSCTL_PROCPS_OLD && is_deprecated(key.buf))
		(void)add_record(resolver, position, key.buf, BOOT_IGNORED, "sysctl before 4.0 leaves deprecated keys alone");
	else if (resolver->loader == SYSCTL_TUNED && is_deprecated(key.buf))
		(void)add_record(resolver, position, key.buf, BOOT_IGNORED, "TuneD leaves deprecated keys alone");
	else
		add_write(resolver, position, key.buf, false);
}

/* procps since 4.0.5 takes patterns in excluding lines; before, such a line names nothing. */
static bool matches_excluding(struct sysctl_resolver *resolver, const char *path)
{
	if (resolver->loader != SYSCTL_PROCPS)
		return false;
	resolver->work += resolver->count;
	for (size_t i = 0; i < resolver->count; i++) {
		const struct item *item = &resolver->items[i];

		if (item->kind == ITEM_EXCLUDE && item->pattern && fnmatch(item->path, path, 0) == 0)
			return true;
	}
	return false;
}

static void meet_key(struct sysctl_resolver *resolver, size_t position, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	size_t by = named_by(resolver, path);

	resolver->matches++;
	if (!sysctl_key_of_path(path, &key))
		return;
	if (by > 0)
		add_beaten(resolver, position, key.buf, by, true);
	else if (matches_excluding(resolver, path))
		add_record(resolver, position, key.buf, BOOT_UNRESOLVED,
			   "an excluding pattern takes it out since procps 4.0.5, and did not before")->of_pattern = true;
	else
		add_write(resolver, position, key.buf, true);
}

static bool is_too_much(const struct sysctl_resolver *resolver)
{
	return resolver->matches >= MATCHES_MAX || resolver->work >= WORK_MAX;
}

/* Keys that the pattern would meet and another line names: the answer for them is known without /proc/sys. */
static void meet_names(struct sysctl_resolver *resolver, size_t position)
{
	const struct item *pattern = &resolver->items[position];
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	for (uint32_t i = 0; i < resolver->paths.count && !is_too_much(resolver); i++) {
		const char *path = resolver->paths.names[i];
		size_t by = resolver->named[i];

		resolver->work++;
		if (by == 0 || is_pattern(path) || fnmatch(pattern->path, path, FNM_PATHNAME | FNM_PERIOD) != 0)
			continue;
		resolver->matches++;
		if (sysctl_key_of_path(path, &key))
			add_beaten(resolver, position, key.buf, by, true);
	}
	(void)sysctl_key_of_path(pattern->path, &key);
	(void)add_record(resolver, position, key.buf, BOOT_UNRESOLVED, "no /proc/sys is here to match the pattern against");
}

static void apply_pattern(struct sysctl_resolver *resolver, size_t position)
{
	const struct item *item = &resolver->items[position];
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	size_t matches = resolver->matches;

	(void)sysctl_key_of_path(item->path, &key);
	if (resolver->loader == SYSCTL_PROCPS_OLD || resolver->loader == SYSCTL_TUNED) {
		(void)add_record(resolver, position, key.buf, BOOT_IGNORED,
				 resolver->loader == SYSCTL_TUNED ? "TuneD knows no patterns" : "sysctl before 4.0 knows no patterns");
		return;
	}
	if (item->replaced_by) {
		add_beaten(resolver, position, key.buf, item->replaced_by, false);
		return;
	}
	if (!resolver->known) {
		meet_names(resolver, position);
		return;
	}
	for (uint32_t i = 0; i < resolver->known->paths.count; i++) {
		const char *path = resolver->known->paths.names[i];

		if (is_too_much(resolver)) {
			(void)add_record(resolver, position, key.buf, BOOT_UNRESOLVED, "there are too many patterns or keys");
			return;
		}
		resolver->work++;
		if (fnmatch(item->path, path, FNM_PATHNAME | FNM_PERIOD) == 0)
			meet_key(resolver, position, path);
	}
	if (matches == resolver->matches)
		(void)add_record(resolver, position, key.buf, BOOT_IGNORED, "the pattern matches no key here");
}

/* An excluding line sets nothing.  Kept as a pattern it still has to meet its keys. */
static void apply_exclude(struct sysctl_resolver *resolver, size_t position)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	if (resolver->loader == SYSCTL_PROCPS && !resolver->known && resolver->items[position].pattern &&
	    sysctl_key_of_path(resolver->items[position].path, &key))
		add_beaten(resolver, position, key.buf, position + 1, false);	/* by itself */
}

static void apply_item(struct sysctl_resolver *resolver, size_t position)
{
	const struct item *item = &resolver->items[position];

	if (item->kind == ITEM_FATE)
		(void)add_record(resolver, position, item->path, item->fate, item->why);
	else if (item->cmdline)
		add_write(resolver, position, item->path, false);
	else if (item->kind == ITEM_EXCLUDE)
		apply_exclude(resolver, position);
	else if (item->pattern)
		apply_pattern(resolver, position);
	else
		apply_name(resolver, position);
}

static void place_of(const struct item *item, struct strbuf *out)
{
	strbuf_add_string(out, item->place.path);
	if (item->place.number > 0)
		strbuf_addf(out, ":%u", item->place.number);
}

static void settle(struct sysctl_resolver *resolver, size_t position, struct boot *boot)
{
	struct record *record = &resolver->records[position];
	const struct item *item = &resolver->items[record->item];
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT, pattern = STRBUF_INIT;
	CLEANUP(free_ptr) char *text = xstrndup(item->place.text, item->place.length);
	size_t last = record->writes ? resolver->last[record->key] : 0;

	if (record->writes && last != position + 1) {
		record->fate = BOOT_SHADOWED;
		record->by = resolver->records[last - 1].item + 1;
	}
	if (record->by)
		place_of(&resolver->items[record->by - 1], &why);
	else
		strbuf_add_string(&why, record->why);
	if (record->of_pattern)
		(void)sysctl_key_of_path(item->path, &pattern);
	(void)boot_add(boot, &(struct boot_line){
		.source = item->cmdline ? "cmdline" : "sysctl",
		.loader = sysctl_loader_name(resolver->loader),
		.kind = SUBJECT_KIND_HOST,
		.key = resolver->keys.names[record->key],
		.value = item->kind == ITEM_EXCLUDE ? "" : item->value,
		.path = item->place.path,
		.line = item->place.number,
		.text = text,
		.fate = record->fate,
		.why = why.buf,
		.pattern = pattern.buf,
		.optional = item->optional,
	});
}

/* Where the same item comes twice in systemd's order it was moved; what is not in the order is told where it stands. */
void sysctl_resolver_finish(struct sysctl_resolver *resolver, struct boot *boot)
{
	size_t next = 0;

	if (resolver->loader == SYSCTL_SYSTEMD)
		systemd_order(resolver);
	else if (resolver->loader == SYSCTL_PROCPS)
		procps_order(resolver);
	for (size_t i = 0; i < resolver->count; i++) {
		const struct item *item = &resolver->items[i];
		bool ordered = resolver->loader == SYSCTL_SYSTEMD && !item->cmdline && item->kind != ITEM_FATE &&
			       !item->replaced_by;

		if (!ordered)
			apply_item(resolver, i);
		else if (next < resolver->order_count)
			apply_item(resolver, resolver->order[next++]);
	}
	for (size_t i = 0; i < resolver->record_count; i++)
		settle(resolver, i, boot);
}
