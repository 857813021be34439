/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of policies, judged twice: by what runs, and by what boot leaves behind. */
#include "audit-making.h"

#include <stdlib.h>

#include "compare.h"

#define SITES_MAX 8		/* lines of one finding */

/* What one side said. */
struct side {
	enum status status;
	struct finding finding;
};

/* ---- what both kinds of findings need ---- */

static bool is_kept(const struct auditing *auditing, enum status status)
{
	return auditing->options->keep_all || (status != STATUS_SATISFIED && status != STATUS_NOT_APPLICABLE);
}

struct finding *audit_add(struct auditing *auditing, enum status status)
{
	struct finding_list *list = auditing->findings;

	list->counts[status]++;
	if (!is_kept(auditing, status))
		return NULL;
	GROW(list->items, list->capacity, list->count + 1);
	list->items[list->count] = (struct finding){ .status = status, .confidence = CONFIDENCE_HIGH };
	return &list->items[list->count++];
}

enum status audit_waive(struct auditing *auditing, enum status status, const char *rule, const char *subject,
			const char *name, const char **ret_text)
{
	const struct waiver *waiver = NULL;

	if (auditing->options->waivers && status != STATUS_SATISFIED && status != STATUS_NOT_APPLICABLE)
		waiver = waivers_find(auditing->options->waivers, rule, subject, name, auditing->options->today);
	*ret_text = waiver ? waiver_text(waiver, &auditing->findings->arena) : NULL;
	return waiver ? STATUS_WAIVED : status;
}

const char *audit_value_text(const struct entry *entry, const char *raw, struct arena *arena)
{
	struct setting setting = { .raw = raw, .raw_length = (uint32_t)strlen(raw) };

	return *raw ? setting_value_text(entry, &setting, arena) : "empty";
}

struct finding_site audit_site(const struct boot_line *line, struct arena *arena)
{
	return (struct finding_site){
		.path = arena_strdup(arena, line->path),
		.line = line->line,
		.last_line = line->line,
		.text = *line->text ? arena_strdup(arena, line->text) : NULL,
	};
}

static const char *value_in(const struct snapshot *snapshot, subject_id subject, const char *key,
			    const struct entry *entry, struct arena *arena)
{
	const struct setting *setting = snapshot_get(snapshot, subject, key);

	if (!setting)
		return NULL;
	if (setting->absence == PRESENT || setting->absence == UNPARSABLE)
		return setting->raw_length ? setting_value_text(entry, setting, arena) : "empty";
	return absence_name(setting->absence);
}

/* An image has no kernel that could lack a key. */
static bool runs_nothing(const struct auditing *auditing, subject_id subject, const char *key)
{
	const struct setting *setting = snapshot_get(auditing->snapshot, subject, key);

	return subject == SUBJECT_HOST && !auditing->walked && setting && setting->absence == ABSENT;
}

const struct finding_values *audit_values(struct auditing *auditing, subject_id subject, const char *key,
					  const char *wanted, const char *drift)
{
	struct arena *arena = &auditing->findings->arena;
	enum subject_kind kind = snapshot_subject_get(auditing->snapshot, subject)->kind;
	const struct entry *entry = registry_find_key(auditing->registry, kind, key);
	const char *raw = entry && entry->class == ENTRY_TUNABLE ? default_raw(auditing, entry, arena) : NULL;
	struct finding_values *values = arena_alloc(arena, sizeof(*values));

	*values = (struct finding_values){
		.key = arena_strdup(arena, key),
		.running = runs_nothing(auditing, subject, key) ? NULL : value_in(auditing->snapshot, subject, key, entry, arena),
		.boot = value_in(auditing->after, subject, key, entry, arena),
		.kernel_default = raw ? audit_value_text(entry, raw, arena) : NULL,
		.wanted = wanted,
		.drift = drift,
	};
	return values;
}

/* ---- one line ---- */

static void judge_side(struct auditing *auditing, const struct rule *rule, const struct snapshot *snapshot,
		       subject_id subject, struct judgement *judgement, struct side *side)
{
	rule_judge(auditing->rulebook, rule, snapshot, subject, &auditing->findings->arena, judgement);
	*side = (struct side){ .status = judgement->status };
	if (is_kept(auditing, side->status))
		finding_fill(auditing->rulebook, rule, snapshot, subject, judgement, &auditing->findings->arena,
			     &side->finding);
}

static bool asks(enum status status)
{
	return status == STATUS_RECOMMEND || status == STATUS_SUSPECT || status == STATUS_ELSEWHERE;
}

/* What holds nowhere is asked for; what holds somewhere is satisfied where the other side is not known. */
static const struct side *decide(enum judged judged, const struct side *now, const struct side *after)
{
	if (judged != JUDGED_BOTH)
		return judged == JUDGED_RUNNING ? now : after;
	if (now->status == STATUS_NOT_APPLICABLE)
		return now;
	if (asks(now->status) || asks(after->status))
		return asks(now->status) ? now : after;
	if (now->status == STATUS_SATISFIED || after->status == STATUS_SATISFIED)
		return now->status == STATUS_SATISFIED ? now : after;
	return now->status == STATUS_UNMEASURED ? after : now;
}

static const char *known_word(enum status status)
{
	return asks(status) ? "no" : status == STATUS_SATISFIED ? "yes" : "?";
}

/* By "now" and "after boot". */
static const char *side_reason(const struct side *now, const struct side *after)
{
	static const char *const reasons[][3] = {
		{ "no", "no", "it is not so now, nor after the next boot" },
		{ "no", "yes", "it is not so now; the next boot brings it" },
		{ "no", "?", "it is not so now; what the next boot leaves is not known" },
		{ "yes", "no", "it is so now, and the next boot takes it away" },
		{ "?", "no", "it will not be so after boot" },
		{ "yes", "yes", "it is so now and after the next boot" },
		{ "yes", "?", "it is so now; what the next boot leaves is not known" },
		{ "?", "yes", "it will be so after boot" },
	};
	const char *a = known_word(now->status), *b = known_word(after->status);

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (streq(reasons[i][0], a) && streq(reasons[i][1], b))
			return reasons[i][2];
	return NULL;
}

static const char *drift_of(const struct side *now, const struct side *after)
{
	if (now->status == STATUS_SATISFIED && asks(after->status))
		return "lost-at-boot";
	return asks(now->status) && after->status == STATUS_SATISFIED ? "not-applied" : NULL;
}

/* The running system is right already, or is not there: what is left to do is the file. */
static void keep_persistent_half(const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_changes; i++)
		finding->changes[i].apply = finding->changes[i].rollback = finding->changes[i].verify = NULL;
}

/* As the other columns are: "1", not "yes". */
static const char *wanted_text(const struct finding *finding, const struct rule *rule, struct arena *arena)
{
	if (finding->n_changes == 0)
		return program_text(rule->when);
	return audit_value_text(finding->changes[0].tunable, finding->changes[0].to, arena);
}

static bool is_of_command_line(const char *key)
{
	return streq(key, "kernel.cmdline") || starts_with(key, "cmdline.");
}

/* What boot brings may be a promise of files that the boot loader's are not made from yet, or not be known. */
static void add_condition(struct auditing *auditing, const struct rule *rule, struct finding *finding)
{
	const struct boot_line *line = auditing->command_line;
	struct arena *arena = &auditing->findings->arena;
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;

	if (!is_of_command_line(rule->key) || !line || !*line->why || line->fate == BOOT_SHADOWED)
		return;
	boot_place(line, &place);
	finding->reason = finding->reason ? arena_formatf(arena, "%s (%s: %s)", finding->reason, place.buf, line->why) :
					    arena_formatf(arena, "%s: %s", place.buf, line->why);
}

static bool has_site(const struct finding *finding, const struct boot_line *line)
{
	for (size_t i = 0; i < finding->n_sites; i++)
		if (streq(finding->sites[i].path, line->path) && finding->sites[i].line == line->line)
			return true;
	return false;
}

/* The line that decides, then those that lose, of sources that one program reads. */
static void add_sites(struct auditing *auditing, const struct rule *rule, subject_id subject, struct finding *finding)
{
	const struct subject *about = snapshot_subject_get(auditing->snapshot, subject);
	const char *name = subject == SUBJECT_HOST ? "" : about->name;
	struct boot_outcome outcome = boot_state_outcome(auditing, about->kind, name, rule->key);
	struct arena *arena = &auditing->findings->arena;
	const struct boot_line *const *lines;
	size_t count;

	if (!outcome.line && is_of_command_line(rule->key))
		outcome.line = auditing->command_line;
	finding->sites = arena_alloc(arena, SITES_MAX * sizeof(*finding->sites));
	if (outcome.line)
		finding->sites[finding->n_sites++] = audit_site(outcome.line, arena);
	count = boot_lines(auditing->boot, about->kind, name, rule->key, &lines);
	for (size_t i = count; i-- > 0 && finding->n_sites < SITES_MAX;)
		if (!*lines[i]->loader && !has_site(finding, lines[i]))
			finding->sites[finding->n_sites++] = audit_site(lines[i], arena);
}

static void report_line(struct auditing *auditing, const struct rule *rule, subject_id subject, const struct side *now,
			const struct side *after)
{
	struct arena *arena = &auditing->findings->arena;
	const struct subject *about = snapshot_subject_get(auditing->snapshot, subject);
	const struct side *decided = decide(rule->judged, now, after);
	const char *waiver, *reason = side_reason(now, after), *drift = NULL;
	enum status status = audit_waive(auditing, decided->status, rule->id,
					 about->kind == SUBJECT_KIND_HOST ? "host" : about->name,
					 finding_subject_name(auditing->snapshot, subject, arena), &waiver);
	struct finding *finding = audit_add(auditing, status);
	subject_id of_key = rule->key_self || about->kind == SUBJECT_KIND_HOST ? subject : SUBJECT_HOST;

	if (!finding)
		return;
	*finding = decided->finding;
	finding->status = status;
	finding->waiver = waiver;
	if (rule->judged == JUDGED_BOTH)
		drift = drift_of(now, after);
	if (rule->judged == JUDGED_BOTH && reason && (asks(decided->status) || decided->status == STATUS_SATISFIED))
		finding->reason = reason;
	if (decided == after && asks(decided->status))
		keep_persistent_half(finding);
	/* Settings do not change while one looks at them: that they are known is confidence enough. */
	finding->confidence_reason = rule->judged == JUDGED_BOOT || decided == after ? "rests on what files say"
										      : "rests on settings alone";
	finding->next_step = NULL;
	finding->values = audit_values(auditing, of_key, rule->key, wanted_text(finding, rule, arena), drift);
	if (rule->judged != JUDGED_RUNNING && status != STATUS_NOT_APPLICABLE)
		add_condition(auditing, rule, finding);
	if (asks(decided->status))
		add_sites(auditing, rule, of_key, finding);
}

/* Sides are kept until both snapshots were looked at: programs are bound to one at a time.  Of both the subjects are judged that
 * are there now: after boot there may be more, which come last. */
struct sides {
	struct side *items;
	size_t count, capacity;
};

static void judge_lines(struct auditing *auditing, const struct snapshot *snapshot, struct judgement *judgement,
			struct sides *sides)
{
	struct rule *const *rules;
	size_t count = rulebook_rules(auditing->rulebook, &rules);

	rulebook_bind(auditing->rulebook, snapshot);
	for (size_t i = 0; i < count; i++) {
		uint32_t subjects = snapshot_kind_count(auditing->snapshot, rules[i]->about);

		for (uint32_t s = 0; s < subjects; s++) {
			GROW(sides->items, sides->capacity, sides->count + 1);
			judge_side(auditing, rules[i], snapshot, snapshot_kind_get(snapshot, rules[i]->about, s),
				   judgement, &sides->items[sides->count++]);
		}
	}
}

static void judge_policies(struct auditing *auditing)
{
	struct judgement *judgement = xcalloc(1, sizeof(*judgement));
	struct sides now = { 0 }, after = { 0 };
	struct rule *const *rules;
	size_t count = rulebook_rules(auditing->rulebook, &rules), at = 0;

	judge_lines(auditing, auditing->after, judgement, &after);
	judge_lines(auditing, auditing->snapshot, judgement, &now);
	for (size_t i = 0; i < count; i++) {
		uint32_t subjects = snapshot_kind_count(auditing->snapshot, rules[i]->about);

		for (uint32_t s = 0; s < subjects; s++, at++)
			report_line(auditing, rules[i], snapshot_kind_get(auditing->snapshot, rules[i]->about, s),
				    &now.items[at], &after.items[at]);
	}
	free(now.items);
	free(after.items);
	free(judgement);
}

void audit(struct rulebook *lines, const struct snapshot *snapshot, const struct audit_options *options,
	   struct finding_list *ret_findings)
{
	struct auditing auditing = {
		.rulebook = lines, .registry = rulebook_registry(lines), .options = options, .snapshot = snapshot,
		.findings = ret_findings,
	};

	if (audit_is_cluster(snapshot)) {
		audit_judge_cluster(&auditing);
		finding_list_sort(ret_findings);
		return;
	}
	boot_state_make(&auditing);
	judge_policies(&auditing);
	if (!options->no_drift)
		drift_judge(&auditing);
	finding_list_sort(ret_findings);
	boot_state_release(&auditing);
}

/* ---- baseline ---- */

static int compare_ids(const void *a, const void *b)
{
	return strcmp((*(const struct finding *const *)a)->id, (*(const struct finding *const *)b)->id);
}

void audit_compare(struct finding_list *findings, const struct finding_list *baseline)
{
	const struct finding **known = xcalloc(baseline->count + 1, sizeof(*known));
	size_t count = 0;

	for (size_t i = 0; i < baseline->count; i++)
		if (asks(baseline->items[i].status))
			known[count++] = &baseline->items[i];
	qsort(known, count, sizeof(*known), compare_ids);
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *finding = &findings->items[i];
		const struct finding *const *before = bsearch(&finding, known, count, sizeof(*known), compare_ids);

		finding->in_baseline = before && (*before)->severity >= finding->severity;
	}
	free(known);
}

void audit_waivers_report(const struct waivers *waivers, int64_t today, struct diag *diag)
{
	waivers_report(waivers, today, true, diag);
}
