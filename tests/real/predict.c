/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit of an image says about the time after boot, beside what runs when it has booted:
 *
 *	predict IMAGE-SNAPSHOT LIVE-SNAPSHOT
 *
 * One line for each (subject, key) that a line of a file is about, or that the kernel's default is predicted of:
 *
 *	right   fstab   mount /srv   options.noatime   true   true   .
 *	unknown udev    block vda    scheduler         .      none   it depends on ATTR{queue/rotational}
 *
 * with tabs between verdict, source, kind, subject, key, what was predicted, what runs, and why it is not known.  Verdicts:
 * right, wrong; unknown, for which there is a reason; unseen: what runs was not captured.  Devices of which an image knows
 * nothing are those of the live snapshot whose names the patterns of its rules match. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../advisor/audit-making.h"
#include "../../advisor/compare.h"
#include "../../cli/knowledge.h"

struct prediction {
	struct auditing image;
	const struct registry *registry;
	const struct snapshot *live;
};

static int read_snapshot(const char *path, struct snapshot **ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	FILE *in = fopen(path, "re");
	char part[65536];
	size_t n;

	if (!in)
		return -errno;
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		strbuf_add(&text, part, n);
	fclose(in);
	return snapshot_load(path, text.buf, text.len, &diag, ret);
}

/* ---- values ---- */

static bool same_words(const char *a, const char *b)
{
	for (;;) {
		size_t n, m;

		a += strspn(a, " \t\n");
		b += strspn(b, " \t\n");
		n = strcspn(a, " \t\n");
		m = strcspn(b, " \t\n");
		if (n != m || memcmp(a, b, n) != 0)
			return false;
		if (n == 0)
			return true;
		a += n;
		b += m;
	}
}

static bool same_value(const struct entry *entry, const char *predicted, const struct setting *runs)
{
	struct value a, b;

	if (same_words(predicted, runs->raw))
		return true;
	if (!entry || entry->class != ENTRY_TUNABLE)
		return false;
	a = value_of_setting(entry, predicted, strlen(predicted));
	b = value_of_setting(entry, runs->raw, runs->raw_length);
	return a.type != VALUE_UNKNOWN && b.type != VALUE_UNKNOWN && value_same(entry, &a, &b);
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
	const char *now = !runs ? "not captured" : runs->absence == PRESENT ? runs->raw : absence_name(runs->absence);

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

/* What was predicted of the subject in the image, or of a device of its name there. */
static void judge(struct prediction *prediction, const char *source, const struct subject *subject, const char *key,
		  const char *predicted, const char *why)
{
	const struct snapshot *live = prediction->live;
	const struct entry *entry = registry_find_key(prediction->registry, subject->kind, key);
	subject_id id = snapshot_find_subject(live, subject->kind, subject->name);
	const struct setting *runs = id == SUBJECT_NONE ? NULL : snapshot_get(live, id, key);

	if (subject->kind == SUBJECT_KIND_HOST)
		runs = snapshot_get(live, SUBJECT_HOST, key);
	if (setting_is_volatile(entry, subject->kind, key))
		return;
	if (!predicted)
		print("unknown", source, subject, key, NULL, runs, why);
	else if (!runs)
		print("unseen", source, subject, key, predicted, runs, why);
	else if (runs->absence == PRESENT && same_value(entry, predicted, runs))
		print("right", source, subject, key, predicted, runs, why);
	else
		print("wrong", source, subject, key, predicted, runs, why);
}

/* ---- all of them ---- */

/* What the audit takes for granted after boot, and the image itself does not say. */
static void judge_after(struct prediction *prediction)
{
	const struct auditing *image = &prediction->image;

	for (size_t i = 0; i < snapshot_setting_count(image->after); i++) {
		const struct setting *setting = snapshot_setting_at(image->after, i);
		const struct subject *subject = snapshot_subject_get(image->after, setting->subject);
		const char *key = snapshot_key_name(image->after, setting->key), *source = "kernel";
		struct boot_outcome outcome;

		if (setting->absence != PRESENT ||
		    (setting->subject < snapshot_subject_count(image->snapshot) &&
		     snapshot_get(image->snapshot, setting->subject, key)))
			continue;
		outcome = boot_state_outcome(image, subject->kind, subject->kind == SUBJECT_KIND_HOST ? "" : subject->name, key);
		if (outcome.state == BOOT_STATE_SET && setting->origin && starts_with(setting->origin, outcome.line->path))
			source = outcome.line->source;
		judge(prediction, source, subject, key, setting->raw, NULL);
	}
}

static bool is_first(struct boot *boot, size_t index)
{
	const struct boot_line *line = boot_at(boot, index);
	const struct boot_line *const *lines;

	return boot_lines(boot, line->kind, line->subject, line->key, &lines) > 0 && lines[0] == line;
}

/* Keys that lines are about and that nothing is predicted of. */
static void judge_lines(struct prediction *prediction)
{
	const struct auditing *image = &prediction->image;

	for (size_t i = 0; i < boot_count(image->boot); i++) {
		const struct boot_line *line = boot_at(image->boot, i);
		struct subject subject = { .kind = line->kind, .name = line->subject };
		subject_id id = line->kind == SUBJECT_KIND_HOST ? SUBJECT_HOST :
				snapshot_find_subject(image->after, line->kind, line->subject);

		if (!*line->key || !is_first(image->boot, i) ||
		    (id != SUBJECT_NONE && snapshot_get(image->after, id, line->key)))
			continue;
		judge(prediction, line->source, &subject, line->key, NULL, *line->why ? line->why : boot_fate_name(line->fate));
	}
}

int main(int argc, char **argv)
{
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(snapshot_free_ptr) struct snapshot *offline = NULL;
	CLEANUP(snapshot_free_ptr) struct snapshot *live = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	struct prediction prediction;

	if (argc != 3 || knowledge_load(&knowledge, KNOWLEDGE_POLICIES, NULL, 0, &diag) < 0 ||
	    read_snapshot(argv[1], &offline) < 0 || read_snapshot(argv[2], &live) < 0) {
		fprintf(stderr, "usage: predict IMAGE-SNAPSHOT LIVE-SNAPSHOT\n");
		return 2;
	}
	prediction = (struct prediction){
		.image = { .registry = knowledge.registry, .snapshot = offline }, .registry = knowledge.registry, .live = live,
	};
	boot_state_make(&prediction.image);
	judge_after(&prediction);
	judge_lines(&prediction);
	boot_state_release(&prediction.image);
	return 0;
}
