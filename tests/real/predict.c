/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit of an image says about the time after boot, beside what runs when it has booted:
 *
 *	predict IMAGE-SNAPSHOT LIVE-SNAPSHOT MORE
 *
 * MORE has what the snapshot of the booted host does not: "KIND<tab>SUBJECT<tab>KEY<tab>VALUE" a line.  One line for each
 * (subject, key) that a line of a file is about, or whose default was predicted:
 *
 *	right	fstab	mount	/srv	options.noatime	true	true	.
 *	unknown	udev	block	vda	scheduler	.	none	it depends on ATTR{queue/rotational}
 *
 * verdict, source, kind, subject, key, what was predicted, what runs, and why it is not known.  Verdicts: right, wrong;
 * unknown, for a reason; missing: the kernel has no such key, of which only its default was predicted; unseen: it cannot be read.
 * Devices, of which an image knows nothing, are those that the booted host has. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../advisor/audit-making.h"
#include "../../advisor/compare.h"
#include "../../cli/knowledge.h"
#include "../../core/parse.h"
#include "../read-file.h"

struct prediction {
	struct auditing image;
	struct snapshot *live;
	struct arena arena;
};

static int read_snapshot(const char *path, struct snapshot **ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	int r = read_file(path, &text);

	return r < 0 ? r : snapshot_load(path, text.buf, text.len, &diag, ret);
}

/* What was looked at besides. */
static int read_more(const char *path, struct snapshot *live)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = read_file(path, &text);

	for (char *line = text.buf, *next; r == 0 && line && *line; line = next) {
		char *fields[4] = { line };
		enum subject_kind kind;
		subject_id subject = SUBJECT_HOST;
		int count = 1;

		next = strchr(line, '\n');
		next = next ? (*next = '\0', next + 1) : NULL;
		for (char *c = line; *c && count < 4; c++)
			if (*c == '\t') {
				*c = '\0';
				fields[count++] = c + 1;
			}
		if (count < 4 || subject_kind_parse(fields[0], &kind) < 0)
			return -EBADMSG;
		if (kind != SUBJECT_KIND_HOST)
			subject = snapshot_subject(live, kind, fields[1], "");
		snapshot_set_string(live, subject, fields[2], fields[3], NULL);
	}
	return r;
}

/* ---- values ---- */

/* Parameters of modules that are switches read Y and N, whatever was written. */
static bool same_switch(const char *a, const char *b)
{
	static const char *const on[] = { "Y", "y", "1", "on", "true" }, *const off[] = { "N", "n", "0", "off", "false" };
	bool is_on = false, is_off = false;

	for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
		is_on |= streq(a, on[i]);
		is_off |= streq(a, off[i]);
	}
	return (is_on && streq(b, "Y")) || (is_off && streq(b, "N"));
}

/* "always [madvise] never" */
static bool is_chosen(const char *offered, const char *value)
{
	const char *open = strchr(offered, '[');
	size_t length = strlen(value);

	return open && strncmp(open + 1, value, length) == 0 && open[1 + length] == ']';
}

static bool same_value(const struct entry *entry, const char *predicted, const struct setting *runs)
{
	struct value a, b;

	if (same_words(predicted, runs->raw) || same_switch(predicted, runs->raw) || is_chosen(runs->raw, predicted))
		return true;
	if (!entry || entry->class != ENTRY_TUNABLE)
		return false;
	a = value_of_setting(entry, predicted, strlen(predicted));
	b = value_of_setting(entry, runs->raw, runs->raw_length);
	return a.type != VALUE_UNKNOWN && b.type != VALUE_UNKNOWN && value_same(entry, &a, &b);
}

/* ---- what runs ---- */

/* "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag" is thp.khugepaged.defrag of the probe. */
static const char *live_key(struct prediction *prediction, const char *key)
{
	static const char *const places[][2] = {
		{ "/sys/kernel/mm/transparent_hugepage/", "thp." }, { "/sys/kernel/mm/ksm/", "ksm." },
		{ "/sys/kernel/mm/hugepages/", "hugepages." }, { "/sys/kernel/mm/lru_gen/", "lru_gen." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char *name;

		if (!starts_with(key, places[i][0]))
			continue;
		name = arena_formatf(&prediction->arena, "%s%s", places[i][1], key + strlen(places[i][0]));
		for (char *c = name; *c; c++)
			*c = *c == '/' ? '.' : *c;
		return name;
	}
	return key;
}

/* An argument of the kernel, or a module of which /proc/modules knows nothing. */
static const struct setting *find_other(struct prediction *prediction, const char *key, struct setting *found)
{
	static const char argument[] = "cmdline.", module[] = "module.";
	const char *line = snapshot_text(prediction->live, SUBJECT_HOST, "kernel.cmdline"), *name = key + strlen(argument);
	size_t length = strlen(name);

	*found = (struct setting){ .absence = PRESENT, .raw = "" };
	if (starts_with(key, module) && ends_with(key, ".loaded")) {
		found->raw = "false";
		return found;
	}
	if (!starts_with(key, argument))
		return NULL;
	for (const char *word = line; word && *word; word += strcspn(word, " "), word += *word == ' ') {
		size_t n = strcspn(word, " ");

		if (n < length || memcmp(word, name, length) != 0 || (n > length && word[length] != '='))
			continue;
		found->raw = n > length ? arena_strndup(&prediction->arena, word + length + 1, n - length - 1) : "";
		found->raw_length = (uint32_t)strlen(found->raw);
	}
	return found;
}

static const struct setting *find_running(struct prediction *prediction, const struct subject *about, const char *key,
					  struct setting *room)
{
	const struct snapshot *live = prediction->live;
	subject_id id = about->kind == SUBJECT_KIND_HOST ? SUBJECT_HOST : snapshot_find_subject(live, about->kind, about->name);
	const struct setting *found = id == SUBJECT_NONE ? NULL : snapshot_get(live, id, key);

	return found && found->absence == PRESENT ? found : about->kind != SUBJECT_KIND_HOST ? found :
	       find_other(prediction, key, room) ? room : found;
}

/* ---- output ---- */

static void print_field(const char *text, char end)
{
	if (!text || !*text)
		text = ".";
	for (; *text; text++)
		putchar(*text == '\t' || *text == '\n' ? ' ' : *text);
	putchar(end);
}

static void print(const char *verdict, const char *source, const struct subject *subject, const char *key,
		  const char *predicted, const struct setting *runs, const char *why)
{
	const char *now = !runs ? "not there" : runs->absence == PRESENT ? runs->raw : absence_name(runs->absence);

	print_field(verdict, '\t');
	print_field(source, '\t');
	print_field(subject_kind_name(subject->kind), '\t');
	print_field(subject->name, '\t');
	print_field(key, '\t');
	print_field(predicted, '\t');
	print_field(now, '\t');
	print_field(why, '\n');
}

/* ---- one key ---- */

static bool is_kernels_own(const struct subject *about, const struct entry *entry)
{
	return about->kind == SUBJECT_KIND_HOST && entry && (entry->kind == KIND_SYSCTL || entry->kind == KIND_THP);
}

/* A unit that nobody started has no limits to read. */
static bool is_there(const struct prediction *prediction, const struct subject *about)
{
	return about->kind != SUBJECT_KIND_UNIT || snapshot_find_subject(prediction->live, about->kind, about->name) != SUBJECT_NONE;
}

static void judge(struct prediction *prediction, const char *source, const struct subject *about, const char *key,
		  const char *predicted, const char *why)
{
	const struct entry *entry = registry_find_key(prediction->image.registry, about->kind, key);
	struct setting room;
	const struct setting *runs = find_running(prediction, about, live_key(prediction, key), &room);
	bool left_out = runs && runs->absence == UNREADABLE;

	if (setting_is_volatile(entry, about->kind, key) || !is_there(prediction, about))
		return;
	if (!predicted)
		print("unknown", source, about, key, NULL, runs, why);
	else if (runs && runs->absence == PRESENT && same_value(entry, predicted, runs))
		print("right", source, about, key, predicted, runs, why);
	else if (streq(source, "default") && (!runs || runs->absence == ABSENT) && is_kernels_own(about, entry))
		print("missing", source, about, key, predicted, runs, why);
	else if (left_out || (!runs && (streq(source, "default") || starts_with(key, "module."))))
		print("unseen", source, about, key, predicted, runs, why);
	else
		print("wrong", source, about, key, predicted, runs, why);
}

/* What systemd says of a unit is one thing, and what its control group has another. */
static void judge_group(struct prediction *prediction, const struct subject *unit, const char *property, const char *predicted)
{
	static const char *const files[][2] = {
		{ "CPUWeight", "cpu.weight" }, { "MemoryHigh", "memory.high" }, { "MemoryLow", "memory.low" },
		{ "MemoryMax", "memory.max" }, { "MemorySwapMax", "memory.swap.max" }, { "TasksMax", "pids.max" },
	};
	struct subject group = { .kind = SUBJECT_KIND_CGROUP };
	bool unlimited = streq(predicted, "infinity") || streq(predicted, "18446744073709551615");
	subject_id id;

	group.name = arena_formatf(&prediction->arena, "/system.slice/%s", unit->name);
	id = snapshot_find_subject(prediction->live, group.kind, group.name);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const struct setting *runs = id == SUBJECT_NONE ? NULL : snapshot_get(prediction->live, id, files[i][1]);

		/* No limit needs no file. */
		if (streq(files[i][0], property) && id != SUBJECT_NONE && !(unlimited && runs && runs->absence == ABSENT))
			judge(prediction, "cgroup", &group, files[i][1], unlimited ? "max" : predicted, NULL);
	}
}

/* ---- all of them ---- */

/* Of whom the assignment is that counts, by the place of its line. */
static const char *source_of(const struct auditing *image, const char *origin)
{
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

	if (!origin || streq(origin, EXPECTED_DEFAULT))
		return "default";
	for (size_t i = 0; i < boot_count(image->boot); i++) {
		strbuf_reset(&place);
		boot_place(boot_at(image->boot, i), &place);
		if (streq(place.buf, origin))
			return boot_at(image->boot, i)->source;
	}
	return "cmdline";
}

/* What the image says by itself and no line of configuration is about. */
static bool is_fact(const struct auditing *image, subject_id id, const char *key)
{
	const struct subject *about = snapshot_subject_get(image->after, id);
	const struct boot_line *const *lines;

	return id < snapshot_subject_count(image->snapshot) && snapshot_get(image->snapshot, id, key) &&
	       boot_lines(image->boot, about->kind, id == SUBJECT_HOST ? "" : about->name, key, &lines) == 0;
}

/* What the audit takes for granted after boot, and the image itself does not say. */
static void judge_after(struct prediction *prediction)
{
	const struct auditing *image = &prediction->image;

	for (size_t i = 0; i < snapshot_setting_count(image->after); i++) {
		const struct setting *setting = snapshot_setting_at(image->after, i);
		const char *key = snapshot_key_name(image->after, setting->key);

		if (setting->absence != PRESENT || streq(key, "kernel.cmdline") || ends_with(key, ".blacklist") ||
		    is_fact(image, setting->subject, key))
			continue;
		judge(prediction, source_of(image, setting->origin), snapshot_subject_get(image->after, setting->subject), key,
		      setting->raw, NULL);
		if (snapshot_subject_get(image->after, setting->subject)->kind == SUBJECT_KIND_UNIT)
			judge_group(prediction, snapshot_subject_get(image->after, setting->subject), key, setting->raw);
	}
}

/* What was said of a subject that only the booted host has, or why nothing was. */
static void judge_expected(struct prediction *prediction, const struct boot_line *line, const struct subject *about)
{
	struct expectation expectation = boot_expect(&prediction->image, about, line->key, &prediction->arena);
	const char *why = expectation.why ? expectation.why : *line->why ? line->why : boot_fate_name(line->fate);

	judge(prediction, expectation.value ? source_of(&prediction->image, expectation.place) : line->source, about, line->key,
	      expectation.value, why);
}

static bool is_first(struct boot *boot, size_t index)
{
	const struct boot_line *line = boot_at(boot, index);
	const struct boot_line *const *lines;

	return boot_lines(boot, line->kind, line->subject, line->key, &lines) > 0 && lines[0] == line;
}

static bool is_told(struct prediction *prediction, const struct boot_line *line)
{
	const struct auditing *image = &prediction->image;
	const char *key = live_key(prediction, line->key);
	subject_id id = line->kind == SUBJECT_KIND_HOST ? SUBJECT_HOST : snapshot_find_subject(image->after, line->kind, line->subject);

	return ends_with(line->key, ".blacklist") ||
	       (id != SUBJECT_NONE &&
		snapshot_get(image->after, id, line->kind == SUBJECT_KIND_MOUNT ? "options.ro" : key));
}

/* Keys that lines are about and that are not told yet; each of a device only once, and none of a template, which never runs. */
static void judge_lines(struct prediction *prediction)
{
	const struct auditing *image = &prediction->image;
	struct symbols seen = SYMBOLS_INIT;

	for (size_t i = 0; i < boot_count(image->boot); i++) {
		const struct boot_line *line = boot_at(image->boot, i);
		struct subject about = { .kind = line->kind, .name = line->subject };

		if (!*line->key || !is_first(image->boot, i) || is_told(prediction, line) || strstr(line->subject, "@."))
			continue;
		for (uint32_t n = 0; line->kind == SUBJECT_KIND_BLOCK && n < snapshot_kind_count(prediction->live, line->kind); n++) {
			subject_id id = snapshot_kind_get(prediction->live, line->kind, n);
			const struct subject *device = snapshot_subject_get(prediction->live, id);
			const char *name = arena_formatf(&prediction->arena, "%s %s", device->name, line->key);
			uint32_t count = seen.count;

			if (fnmatch(line->subject, device->name, 0) != 0)
				continue;
			(void)symbols_intern(&seen, name, strlen(name));
			if (seen.count > count)
				judge_expected(prediction, line, device);
		}
		if (line->kind != SUBJECT_KIND_BLOCK)
			judge_expected(prediction, line, &about);
	}
	symbols_release(&seen);
}

int main(int argc, char **argv)
{
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(snapshot_free_ptr) struct snapshot *offline = NULL;
	CLEANUP(snapshot_free_ptr) struct snapshot *live = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct prediction prediction = { .arena = ARENA_INIT };

	if (argc != 4 || knowledge_load(&knowledge, KNOWLEDGE_POLICIES, NULL, 0, &diag) < 0 ||
	    read_snapshot(argv[1], &offline) < 0 || read_snapshot(argv[2], &live) < 0 || read_more(argv[3], live) < 0) {
		fprintf(stderr, "usage: predict IMAGE-SNAPSHOT LIVE-SNAPSHOT MORE\n");
		return 2;
	}
	prediction.image = (struct auditing){ .registry = knowledge.registry, .snapshot = offline };
	prediction.live = live;
	boot_state_make(&prediction.image);
	judge_after(&prediction);
	judge_lines(&prediction);
	boot_state_release(&prediction.image);
	arena_release(&prediction.arena);
	return 0;
}
