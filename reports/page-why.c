/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include "../core/boot.h"
#include "../core/owner.h"
#include "page-parts.h"
#include "text-finding.h"

#define FINDINGS_MAX 8		/* of one rule on one page */
#define PAGES_MAX 4		/* of subjects that have the key: more are listed on one page */

static const enum style status_styles[STATUS_COUNT] = {
	[STATUS_RECOMMEND] = STYLE_RED,	 [STATUS_SUSPECT] = STYLE_YELLOW,   [STATUS_UNMEASURED] = STYLE_DIM,
	[STATUS_ELSEWHERE] = STYLE_YELLOW, [STATUS_SATISFIED] = STYLE_GREEN, [STATUS_NOT_APPLICABLE] = STYLE_DIM,
	[STATUS_UNREADABLE] = STYLE_DIM, [STATUS_WAIVED] = STYLE_BLUE,
};

/* Values */

static void write_value(struct page *page, const struct why *why, const struct setting *setting,
			const struct entry *entry)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, origin = STRBUF_INIT;

	if (!setting) {
		part_text(page, "value", "not captured");
		return;
	}
	setting_origin(why->snapshot, setting, &origin);
	if (setting->absence == PRESENT || setting->absence == UNPARSABLE) {
		strbuf_add(&text, setting->raw, setting->raw_length);
		if (setting->raw_length == 0)
			strbuf_add_string(&text, "(empty)");
		else if (entry && entry->unit_text && *entry->unit_text)
			strbuf_addf(&text, " %s", entry->unit_text);
		if (setting->absence == UNPARSABLE)
			strbuf_add_string(&text, " (makes no sense)");
	} else {
		strbuf_add_string(&text, absence_name(setting->absence));
		if (setting->error)
			strbuf_addf(&text, ": %s", setting_error_text(setting));
	}
	part_text(page, "value", text.buf);
	part_text(page, "read from", origin.buf);
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static size_t sorted_slots(const struct snapshot *snapshot, const struct series *series, double values[SLOT_MAX])
{
	const struct window *window = snapshot_window_get(snapshot);
	size_t count = 0;

	for (uint32_t i = 0; i < window->slot_count && i < SLOT_MAX; i++) {
		double value = series_slot_value(snapshot, series, i);

		if (!isnan(value))
			values[count++] = value;
	}
	qsort(values, count, sizeof(*values), compare_numbers);
	return count;
}

/* The unit of what the series holds; a counter's values are per second. */
static void add_quantity(struct strbuf *out, const struct entry *entry, double value, bool per_second)
{
	struct unit unit = entry ? entry->unit : unit_none;
	bool ratio = entry && entry->unit_text && (streq(entry->unit_text, "percent") || streq(entry->unit_text, "%"));

	if (per_second)
		unit.dimension.seconds--;
	quantity_format(out, value * (unit.scale > 0 ? unit.scale : 1), unit.dimension, ratio);
}

static void write_series(struct page *page, const struct why *why, const struct series *series,
			 const struct entry *entry)
{
	static const double shares[] = { 0.5, 0.95 };
	bool counter = series->kind == METRIC_COUNTER;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	double values[SLOT_MAX];
	size_t count = sorted_slots(why->snapshot, series, values);

	if (series->frozen) {
		part_text(page, "measured", "a switch keeps it from counting");
		return;
	}
	add_quantity(&text, entry, series->last, false);
	part_text(page, counter ? "since boot" : "last", text.buf);
	if (count == 0) {
		part_text(page, "measured", "no interval");
		return;
	}
	strbuf_reset(&text);
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		strbuf_addf(&text, "%sp%.0f ", i ? ", " : "", shares[i] * 100);
		add_quantity(&text, entry, values[(size_t)(shares[i] * (double)(count - 1) + 0.5)], counter);
	}
	strbuf_add_string(&text, ", max ");
	add_quantity(&text, entry, series->max, counter);
	strbuf_addf(&text, " in %zu intervals", count);
	if (series->resets)
		strbuf_addf(&text, "; %u resets", series->resets);
	if (series->gaps)
		strbuf_addf(&text, "; %u without a value", series->gaps);
	part_text(page, "measured", text.buf);
}

/* Rules */

static bool is_key_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_./*-", c));
}

/* key as a whole word of an expression. */
static bool mentions_text(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = text; (at = strstr(at, key)) != NULL; at++)
		if ((at == text || !is_key_character(at[-1])) && !is_key_character(at[length]))
			return true;
	return false;
}

static bool mentions(const struct node *node, const char *key)
{
	if (node->kind == NODE_SCALAR)
		return mentions_text(node->text, key);
	for (size_t i = 0; i < node->count; i++)
		if (mentions(&node->items[i], key))
			return true;
	return false;
}

enum relation { RELATION_NONE, RELATION_READS, RELATION_SETS };

static bool in_members(const struct node *rule, const char *const *members, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		const struct node *node = node_get(rule, members[i]);

		if (node && mentions(node, key))
			return true;
	}
	return false;
}

static bool changes_set(const struct node *rule, const char *key)
{
	const struct node *changes = node_get(rule, "changes");

	for (size_t i = 0; changes && changes->kind == NODE_SEQUENCE && i < changes->count; i++)
		if (changes->items[i].kind == NODE_MAPPING && streq(rule_text(&changes->items[i], "set"), key))
			return true;
	return streq(rule_text(rule, "set"), key);
}

static enum relation relation_of(const struct node *rule, enum subject_kind kind, const char *key)
{
	static const char *const members[] = { "where", "when",	   "held",     "elsewhere",
					       "to",	"changes", "evidence", "verify" };
	CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;

	if (rule->kind != NODE_MAPPING)
		return RELATION_NONE;
	if (kind == SUBJECT_KIND_HOST) {
		strbuf_add_string(&own, key);
	} else {
		strbuf_addf(&own, "self.%s", key);
		/* any(block, self.scheduler == …) of a rule about the host looks at it too. */
		if (!streq(rule_text(rule, "about"), subject_kind_name(kind)) &&
		    !in_members(rule, members, ARRAY_SIZE(members), subject_kind_name(kind)))
			return RELATION_NONE;
	}
	if (changes_set(rule, own.buf))
		return RELATION_SETS;
	return in_members(rule, members, ARRAY_SIZE(members), own.buf) ? RELATION_READS : RELATION_NONE;
}

static void write_judgement(struct page *page, const struct finding *finding)
{
	struct flow flow = flow_begin(page, 4);

	flow.indent = 6;
	flow_add(&flow, status_styles[finding->status], status_name(finding->status));
	if (finding->subject != SUBJECT_HOST && finding->subject_name)
		flow_addf(&flow, STYLE_PLAIN, " %s", finding->subject_name);
	if (finding->reason && *finding->reason)
		flow_addf(&flow, STYLE_PLAIN, ": %s", finding->reason);
	flow_end(&flow);
}

/* The findings of one rule that concern the subject; those about the host concern all. */
static void write_judgements(struct page *page, const struct why *why, const char *rule, subject_id subject)
{
	size_t shown = 0, total = 0;

	for (size_t i = 0; i < why->findings->count; i++) {
		const struct finding *finding = &why->findings->items[i];

		if (!streq(finding->rule, rule))
			continue;
		if (subject != SUBJECT_HOST && finding->subject != SUBJECT_HOST && finding->subject != subject)
			continue;
		total++;
		if (shown == FINDINGS_MAX)
			continue;
		write_judgement(page, finding);
		shown++;
	}
	if (total > shown) {
		struct flow flow = flow_begin(page, 4);

		flow_addf(&flow, STYLE_DIM, "and %zu more", total - shown);
		flow_end(&flow);
	}
	if (total == 0)
		page_paragraph(page, 4, STYLE_DIM, "not judged");
}

static void write_rules(struct page *page, const struct why *why, subject_id subject, enum subject_kind kind,
			const char *key)
{
	static const char *const titles[] = {
		[RELATION_SETS] = "Rules that would change it",
		[RELATION_READS] = "Rules that look at it",
	};
	bool any = false;

	for (enum relation relation = RELATION_SETS; relation > RELATION_NONE; relation--) {
		bool first = true;

		for (size_t i = 0; i < why->n_rules; i++) {
			const char *id = rule_text(why->rules[i], "id");
			struct flow flow;

			if (relation_of(why->rules[i], kind, key) != relation)
				continue;
			if (first) {
				page_blank(page);
				page_heading(page, titles[relation], NULL);
			}
			first = false;
			any = true;
			flow = flow_begin(page, 2);
			flow_add(&flow, STYLE_BOLD, id);
			flow_gap(&flow, 2);
			flow_add(&flow, STYLE_DIM, rule_text(why->rules[i], "title"));
			flow_end(&flow);
			write_judgements(page, why, id, subject);
		}
	}
	if (!any) {
		page_blank(page);
		page_paragraph(page, 0, STYLE_DIM, "No rule looks at it.");
	}
}

static unsigned int key_column(const struct page *page)
{
	return page->width >= 80 ? 32 : 22;
}

/* Pages */

static void page_title(struct page *page, const char *title, const char *aside)
{
	if (page->text.len)
		page_blank(page);
	page_heading(page, title, aside);
	page_rule(page);
}

static void write_inert(struct page *page, const char *condition)
{
	struct flow flow = flow_labelled(page, 2, 17, "inert here");

	flow_add(&flow, STYLE_YELLOW, condition);
	flow_end(&flow);
}

/* by: what shadows it is not on the same page. */
static void write_line(struct page *page, const struct boot_line *line, const char *label, bool by)
{
	bool place = line->fate == BOOT_EXCLUDED || line->fate == BOOT_SHADOWED;

	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	boot_place(line, &text);
	strbuf_addf(&text, ": %s", line->text);
	if (*line->why && (by || line->fate != BOOT_SHADOWED))
		strbuf_addf(&text, " (%s%s)", line->fate == BOOT_MASKED ? "hidden by " : place ? "by " : "", line->why);
	part_text(page, label, text.buf);
}

/* Lines that are read and set nothing, or are not read, by those that run at boot or by another: once each. */
static void write_others(struct page *page, struct boot *boot, enum subject_kind kind, const char *subject, const char *key)
{
	const struct boot_line *const *lines;
	size_t count = boot_lines(boot, kind, subject, key, &lines);

	for (size_t i = 0; i < count; i++) {
		bool again = lines[i]->fate == BOOT_WINS || lines[i]->fate == BOOT_SHADOWED;

		for (size_t n = 0; n < i && !again; n++)
			again = lines[n]->fate == lines[i]->fate && lines[n]->line == lines[i]->line &&
				streq(lines[n]->path, lines[i]->path);
		if (!again)
			write_line(page, lines[i], boot_fate_name(lines[i]->fate), false);
	}
}

/* Whom it is for what the lines of a source say. */
static const struct {
	const char *source, *text;
} reaches[] = {
	{ "limits", "sessions that PAM opens; services have limits of their own, in their units" },
};

static void write_reach(struct page *page, const char *source)
{
	for (size_t i = 0; i < ARRAY_SIZE(reaches); i++)
		if (streq(reaches[i].source, source))
			part_text(page, "in force for", reaches[i].text);
}

/* The line that counts, and before it those that it shadows, of sources that one program reads. */
static void write_plain(struct page *page, struct boot *boot, enum subject_kind kind, const char *subject, const char *key)
{
	const struct boot_line *const *lines;
	size_t count = boot_lines(boot, kind, subject, key, &lines);

	if (count > 0)
		write_reach(page, lines[0]->source);
	for (size_t i = count; i-- > 0;)
		if (!*lines[i]->loader && lines[i]->fate == BOOT_WINS)
			write_line(page, lines[i], *lines[i]->value || !streq(lines[i]->source, "systemd") ? "set by" : "taken back by", false);
	for (size_t i = count; i-- > 0;)
		if (!*lines[i]->loader && lines[i]->fate == BOOT_SHADOWED)
			write_line(page, lines[i], "shadowed", false);
}

static void write_lines(struct page *page, const struct why *why, enum subject_kind kind, const char *subject, const char *key)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(why->snapshot);

	write_plain(page, boot, kind, subject, key);
	write_others(page, boot, kind, subject, key);
}

/* The soft half of a limit stands in the same line as the hard one. */
static bool is_told(const struct boot *boot, size_t index)
{
	const struct boot_line *line = boot_at(boot, index), *before = index > 0 ? boot_at(boot, index - 1) : NULL;

	return before && before->line == line->line && streq(before->path, line->path) && streq(before->subject, line->subject);
}

/* All lines of files that are about a subject.  False: there is none. */
static bool write_all_lines(struct page *page, const struct why *why, enum subject_kind kind, const char *subject, bool title)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(why->snapshot);
	bool any = false;

	for (size_t i = 0; i < boot_count(boot); i++) {
		const struct boot_line *line = boot_at(boot, i);

		if (line->kind != kind || *line->loader || !streq(line->subject, subject) || is_told(boot, i))
			continue;
		if (!any && title)
			page_title(page, subject, subject_kind_name(kind));
		else if (!any)
			page_blank(page);
		if (!any)
			page_heading(page, "Lines of its files, for the next boot", NULL);
		any = true;
		write_line(page, line, boot_fate_name(line->fate), true);
	}
	return any;
}

/* What one of the programs that read these files leaves behind: "60, by /etc/sysctl.conf:7, before it /etc/…". */
static void write_loader(struct page *page, const struct why *why, struct boot *boot, const char *loader, const char *key)
{
	struct boot_outcome outcome = boot_outcome(boot, loader, SUBJECT_KIND_HOST, "", key);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct owner_line *lines;
	size_t count = owner_lines(why->snapshot, loader, key, &arena, &lines);

	if (outcome.state == BOOT_STATE_UNSET)
		strbuf_add_string(&text, "does not set it");
	else if (outcome.state == BOOT_STATE_UNKNOWN)
		strbuf_addf(&text, "not known: %s", outcome.line->why);
	else
		strbuf_addf(&text, "%s, by %s", outcome.line->value, lines[count - 1].place);
	for (size_t i = count; i-- > 1;)
		strbuf_addf(&text, "%s %s", i + 1 == count ? ", before it" : ",", lines[i - 1].place);
	part_text(page, loader, text.buf);
}

static void write_loaders(struct page *page, const struct why *why, struct boot *boot, const char *key)
{
	static const char *const loaders[] = { BOOT_SYSTEMD, BOOT_PROCPS, BOOT_PROCPS_OLD, BOOT_TUNED };

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		if (!streq(loaders[i], BOOT_TUNED) ||
		    boot_outcome(boot, loaders[i], SUBJECT_KIND_HOST, "", key).state != BOOT_STATE_UNSET)
			write_loader(page, why, boot, loaders[i], key);
}

/* Every line that sets it, the one that counts first, and whose it is. */
static void write_owner(struct page *page, const struct why *why, const char *key)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(why->snapshot);
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct owner_line *lines;
	size_t count = owner_lines(why->snapshot, NULL, key, &arena, &lines);
	struct owner owner = { 0 };
	bool owned = owner_find(why->snapshot, key, &arena, &owner);

	if (owned)
		part_text(page, "owner", owner.name);
	for (size_t i = count; i-- > 0;) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "%s: %s", lines[i].place, lines[i].text);
		part_text(page, i + 1 == count ? "set by" : "shadowed", text.buf);
	}
	write_plain(page, boot, SUBJECT_KIND_HOST, "", key);
	write_others(page, boot, SUBJECT_KIND_HOST, "", key);
	if (boot_loaders_disagree(boot, key))
		write_loaders(page, why, boot, key);
	if (owned)
		part_text(page, "to change it", owner.advice);
}

static void write_key(struct page *page, const struct why *why, subject_id subject, const char *key)
{
	const struct subject *about = snapshot_subject_get(why->snapshot, subject);
	const struct entry *entry = registry_find_key(why->registry, about->kind, key);
	const struct setting *setting = snapshot_get(why->snapshot, subject, key);
	const struct series *series = snapshot_metric(why->snapshot, subject, key);
	const char *inert = entry && entry->class == ENTRY_TUNABLE && setting && why->inert ?
				    why->inert(why->context, entry, subject) : NULL;
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;

	if (subject != SUBJECT_HOST)
		strbuf_addf(&title, "%s ", about->name);
	strbuf_add_string(&title, key);
	page_title(page, title.buf, subject == SUBJECT_HOST ? NULL : subject_kind_name(about->kind));
	if (entry && entry->summary && *entry->summary) {
		page_paragraph(page, 2, STYLE_PLAIN, entry->summary);
		page_blank(page);
	}
	if (series)
		write_series(page, why, series, entry);
	else
		write_value(page, why, setting, entry);
	if (subject == SUBJECT_HOST)
		write_owner(page, why, key);
	else
		write_lines(page, why, about->kind, about->name, key);
	if (inert)
		write_inert(page, inert);
	if (!entry)
		part_text(page, "registry", "not known; it is captured and nothing judges it");
	else if (entry->class == ENTRY_TUNABLE)
		part_tunable(page, entry);
	else if (entry->class != ENTRY_FACT)
		part_metric(page, entry);
	write_rules(page, why, subject, about->kind, entry ? entry->key : key);
}

static void write_subject(struct page *page, const struct why *why, subject_id id)
{
	const struct subject *subject = snapshot_subject_get(why->snapshot, id);
	bool first = true;

	page_title(page, subject->name, subject_kind_name(subject->kind));
	part_text(page, "path", subject->path);
	for (size_t i = 0; i < snapshot_setting_count(why->snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(why->snapshot, i);
		const char *key;

		if (setting->subject != id || setting->absence != PRESENT)
			continue;
		key = snapshot_key_name(why->snapshot, setting->key);
		if (registry_find_key(why->registry, subject->kind, key))
			page_labelled(page, 2, key_column(page), key, setting->raw_length ? setting->raw : "(empty)");
	}
	(void)write_all_lines(page, why, subject->kind, subject->name, false);
	for (size_t i = 0; i < why->findings->count; i++) {
		const struct finding *finding = &why->findings->items[i];
		struct flow flow;

		if (finding->subject != id)
			continue;
		if (first) {
			page_blank(page);
			page_heading(page, "Rules about it", NULL);
		}
		first = false;
		flow = flow_begin(page, 2);
		flow_add(&flow, STYLE_BOLD, finding->rule);
		flow_gap(&flow, 2);
		flow_add(&flow, STYLE_DIM, finding->title);
		flow_end(&flow);
		write_judgement(page, finding);
	}
}

static void write_rule(struct page *page, const struct why *why, const struct node *rule)
{
	const char *id = rule_text(rule, "id");

	page_title(page, id, "rule");
	page_paragraph(page, 2, STYLE_PLAIN, rule_text(rule, "title"));
	part_text(page, "when", rule_text(rule, "when"));
	for (size_t i = 0; i < why->findings->count; i++) {
		const struct finding *finding = &why->findings->items[i];

		if (!streq(finding->rule, id))
			continue;
		page_blank(page);
		write_judgement(page, finding);
		text_evidence(page, finding);
		text_missing(page, finding);
	}
}

/* Which of them name is */

static bool has_key(const struct why *why, subject_id subject, const char *key)
{
	return snapshot_get(why->snapshot, subject, key) || snapshot_metric(why->snapshot, subject, key);
}

static bool why_host_key(struct page *page, const struct why *why, const char *name)
{
	const struct entry *entry = registry_find(why->registry, name);

	if (!has_key(why, SUBJECT_HOST, name) && (!entry || entry->about != SUBJECT_KIND_HOST))
		return false;
	write_key(page, why, SUBJECT_HOST, name);
	return true;
}

static void write_key_list(struct page *page, const struct why *why, enum subject_kind kind, const char *key)
{
	const struct entry *entry = registry_find_key(why->registry, kind, key);
	CLEANUP(strbuf_release) struct strbuf title = STRBUF_INIT;

	strbuf_addf(&title, "%s.%s", subject_kind_name(kind), key);
	page_title(page, title.buf, NULL);
	page_paragraph(page, 2, STYLE_PLAIN, entry ? entry->summary : NULL);
	page_blank(page);
	for (uint32_t i = 0; i < snapshot_kind_count(why->snapshot, kind); i++) {
		subject_id id = snapshot_kind_get(why->snapshot, kind, i);
		const struct setting *setting = snapshot_get(why->snapshot, id, key);
		const struct series *series = snapshot_metric(why->snapshot, id, key);
		const char *subject = snapshot_subject_get(why->snapshot, id)->name;
		CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

		if (setting && setting->absence == PRESENT)
			strbuf_add_string(&value, setting->raw);
		else if (setting)
			strbuf_add_string(&value, absence_name(setting->absence));
		else if (series)
			add_quantity(&value, entry, series->last, false);
		if (value.len)
			page_labelled(page, 2, key_column(page), subject, value.buf);
	}
	page_blank(page);
	if (entry && entry->class == ENTRY_TUNABLE)
		part_tunable(page, entry);
	else if (entry && entry->class != ENTRY_FACT)
		part_metric(page, entry);
	write_rules(page, why, SUBJECT_HOST, kind, entry ? entry->key : key);
}

static uint32_t count_with_key(const struct why *why, enum subject_kind kind, const char *key)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < snapshot_kind_count(why->snapshot, kind); i++)
		count += has_key(why, snapshot_kind_get(why->snapshot, kind, i), key);
	return count;
}

/* "block.scheduler" of every disk; of none, what the registry says. */
static bool why_kind_key(struct page *page, const struct why *why, const char *name)
{
	const char *dot = strchr(name, '.');
	CLEANUP(strbuf_release) struct strbuf kind_name = STRBUF_INIT;
	const struct entry *entry = registry_find(why->registry, name);
	enum subject_kind kind;
	bool found = false;

	if (!dot)
		return false;
	strbuf_add(&kind_name, name, (size_t)(dot - name));
	if (subject_kind_parse(kind_name.buf, &kind) < 0 || kind == SUBJECT_KIND_HOST)
		return false;
	if (count_with_key(why, kind, dot + 1) > PAGES_MAX) {
		write_key_list(page, why, kind, dot + 1);
		return true;
	}
	for (uint32_t i = 0; i < snapshot_kind_count(why->snapshot, kind); i++) {
		subject_id id = snapshot_kind_get(why->snapshot, kind, i);

		if (!has_key(why, id, dot + 1))
			continue;
		write_key(page, why, id, dot + 1);
		found = true;
	}
	if (!found && entry) {
		explain_entry(page, entry);
		page_blank(page);
		page_paragraph(page, 0, STYLE_DIM, "Nothing here has it.");
		found = true;
	}
	return found;
}

static bool same_subject(const struct subject *subject, const char *name, size_t length)
{
	const char *kind = subject_kind_name(subject->kind);
	size_t kind_length = strlen(kind);

	if (strlen(subject->name) == length && memcmp(subject->name, name, length) == 0)
		return true;
	return length > kind_length + 1 && memcmp(name, kind, kind_length) == 0 && name[kind_length] == ' ' &&
	       strlen(subject->name) == length - kind_length - 1 &&
	       memcmp(subject->name, name + kind_length + 1, length - kind_length - 1) == 0;
}

/* "sda", "block sda", "sda scheduler", "block sda scheduler" */
static bool why_subject(struct page *page, const struct why *why, const char *name)
{
	const char *blank = strrchr(name, ' ');
	bool found = false;

	for (subject_id id = 1; id < snapshot_subject_count(why->snapshot); id++) {
		const struct subject *subject = snapshot_subject_get(why->snapshot, id);

		if (same_subject(subject, name, strlen(name))) {
			write_subject(page, why, id);
			found = true;
		} else if (blank && same_subject(subject, name, (size_t)(blank - name)) &&
			   has_key(why, id, blank + 1)) {
			write_key(page, why, id, blank + 1);
			found = true;
		}
	}
	return found;
}

/* A unit that does not run, or the template of some: only its files are known. */
static bool why_unit(struct page *page, const struct why *why, const char *name)
{
	const char *prefix = "unit ";

	name += starts_with(name, prefix) ? strlen(prefix) : 0;
	return write_all_lines(page, why, SUBJECT_KIND_UNIT, name, true);
}

static bool why_rule(struct page *page, const struct why *why, const char *name)
{
	for (size_t i = 0; i < why->n_rules; i++) {
		if (!streq(rule_text(why->rules[i], "id"), name))
			continue;
		write_rule(page, why, why->rules[i]);
		return true;
	}
	return false;
}

int why_page(struct page *page, const struct why *why, const char *name)
{
	if (why_host_key(page, why, name) || why_kind_key(page, why, name) || why_subject(page, why, name) ||
	    why_unit(page, why, name) || why_rule(page, why, name))
		return 0;
	return -ENOENT;
}

void why_suggest(const struct why *why, const char *name, struct strbuf *out)
{
	size_t shown = 0;

	if (!*name)
		return;
	for (size_t i = 0; i < registry_total(why->registry) && shown < 5; i++) {
		const struct entry *entry = registry_at(why->registry, i);

		if (strstr(entry->id, name))
			strbuf_addf(out, "%s%s", shown++ ? ", " : "", entry->id);
	}
	for (size_t i = 0; i < why->n_rules && shown < 5; i++)
		if (strstr(rule_text(why->rules[i], "id"), name))
			strbuf_addf(out, "%s%s", shown++ ? ", " : "", rule_text(why->rules[i], "id"));
}
