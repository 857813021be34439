/* SPDX-License-Identifier: Apache-2.0 */
/* A proposal becomes questions, one for each setting that a line matches here, and each question a finding. */
#include "review.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "../core/parse.h"
#include "action.h"
#include "drift.h"
#include "review-making.h"
#include "value-check.h"

#define MATCHES_MAX 64		/* findings of one line; what matches besides is counted */

/* clang-format off */
static const struct review_class classes[REVIEW_COUNT] = {
	[REVIEW_SUPPORTED] = { .severity = SEVERITY_LOW, .status = STATUS_SATISFIED,
		.title = "What was measured argues for it",
		.because = "A rule that rests on these measurements recommends a change in this direction.",
		.advice = "Apply it, and measure again" },
	[REVIEW_UNSUPPORTED] = { .severity = SEVERITY_LOW, .status = STATUS_RECOMMEND,
		.title = "Nothing that was measured asks for it",
		.because = "No measurement of this host shows the problem that such a change would mend.",
		.advice = "Leave it out, or say in the change which measurement it rests on" },
	[REVIEW_UNMEASURED] = { .severity = SEVERITY_LOW, .status = STATUS_UNMEASURED,
		.title = "It takes a measurement to tell",
		.because = "What would argue for or against it was not measured, or not long enough.",
		.advice = "Measure while the host works as it mostly does" },
	[REVIEW_CONTRADICTED] = { .severity = SEVERITY_HIGH, .status = STATUS_RECOMMEND,
		.title = "What was measured argues the other way",
		.because = "With this value a problem that was measured stays, gets worse or begins.",
		.advice = "Leave it out, or take the value that the measurements ask for" },
	[REVIEW_NO_EFFECT] = { .severity = SEVERITY_LOW, .status = STATUS_RECOMMEND,
		.title = "It changes nothing here",
		.because = "The setting has this value already, or does nothing on this host.",
		.advice = "Leave it out, unless it is written for other hosts" },
	[REVIEW_OVERRIDDEN] = { .severity = SEVERITY_MEDIUM, .status = STATUS_RECOMMEND,
		.title = "Another line has the last word",
		.because = "What is proposed would not be in force: a line that is read later sets the same.",
		.advice = "Change the line that wins, or give this file a name that sorts after it" },
	[REVIEW_OBSOLETE] = { .severity = SEVERITY_MEDIUM, .status = STATUS_RECOMMEND,
		.title = "The setting has another name by now, or went",
		.because = "Kernels do not act on it any more under this name.",
		.advice = "Use what took its place, or leave it out" },
	[REVIEW_DANGEROUS] = { .severity = SEVERITY_HIGH, .status = STATUS_RECOMMEND,
		.title = "It would break something here",
		.because = "With this value the kernel fails, stalls or loses protection under conditions that this host meets.",
		.advice = "Do not apply it as it stands" },
	[REVIEW_INVALID] = { .severity = SEVERITY_HIGH, .status = STATUS_RECOMMEND,
		.title = "The kernel does not take it",
		.because = "The setting is not there or the value is none of its values: the write fails and the old value stays.",
		.advice = "Correct the name or the value" },
	[REVIEW_BROKEN] = { .severity = SEVERITY_HIGH, .status = STATUS_RECOMMEND,
		.title = "The line does not do what it says",
		.because = "When it is carried out, something else happens, or nothing.",
		.advice = "Write it so that it does what is meant" },
	[REVIEW_UNCLEAR] = { .severity = SEVERITY_LOW, .status = STATUS_UNREADABLE,
		.title = "The line is not understood",
		.because = "What it sets cannot be told without running it, and nothing is run.",
		.advice = "Look at it yourself, or write it plainly" },
};
/* clang-format on */

const struct review_class *review_class_at(enum review_verdict verdict)
{
	return &classes[verdict];
}

void review_remark(struct asked *asked, const char *text)
{
	for (size_t i = 0; i < asked->n_remarks; i++)
		if (streq(asked->remarks[i], text))
			return;
	if (asked->n_remarks < REMARKS_MAX)
		asked->remarks[asked->n_remarks++] = text;
}

bool review_same(const struct entry *entry, const char *a, const char *b)
{
	return drift_same_raw(entry, a, b);
}

/* ---- what a line matches ---- */

static struct change change_to(const struct reviewing *reviewing, const struct asked *asked, struct arena *arena)
{
	struct change change = {
		.tunable = asked->entry, .subject = asked->subject, .key = asked->key,
		.from = asked->setting ? asked->setting->raw : "", .to = asked->item->value,
	};

	if (asked->subject != SUBJECT_HOST)
		change.key = arena_formatf(arena, "%s %s", snapshot_subject_get(reviewing->snapshot, asked->subject)->name, asked->key);
	return change;
}

static const char *refusal_of(struct reviewing *reviewing, const struct asked *asked)
{
	const char *raw = asked->setting && asked->setting->absence == PRESENT ? asked->setting->raw : "";
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	struct arena *arena = &reviewing->findings->arena;

	if (asked->entry && value_check(asked->entry, raw, asked->item->value, &why) < 0)
		return arena_strdup(arena, why.buf);
	return value_refusal(&reviewing->auditing, asked->entry, asked->item->value, arena);
}

/* ---- what a line asks of its subject ---- */

enum fit { FITS_NOT, FITS, FITS_PERHAPS };

/* "sd*|vd*": each piece is a pattern. */
static bool matches_one(const char *patterns, size_t length, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf one = STRBUF_INIT;

	for (;;) {
		const char *bar = memchr(patterns, '|', length);
		size_t piece = bar ? (size_t)(bar - patterns) : length;

		strbuf_reset(&one);
		strbuf_add(&one, patterns, piece);
		if (fnmatch(one.buf, text, 0) == 0)
			return true;
		if (!bar)
			return false;
		patterns += piece + 1;
		length -= piece + 1;
	}
}

/* "rotational==0" */
static enum fit fits_line(const struct reviewing *reviewing, subject_id subject, const char *line, size_t length)
{
	size_t name = strcspn(line, "=!");
	CLEANUP(free_ptr) char *key = xstrndup(line, name);
	const char *text = streq(key, "name") ? snapshot_subject_get(reviewing->snapshot, subject)->name :
						snapshot_text(reviewing->snapshot, subject, key);

	if (!text || name + 2 > length)
		return FITS_PERHAPS;
	return matches_one(line + name + 2, length - name - 2, text) == (line[name] == '=') ? FITS : FITS_NOT;
}

static enum fit fits(const struct reviewing *reviewing, const struct proposed *item, subject_id subject)
{
	enum fit answer = FITS;

	for (const char *line = item->where; *line;) {
		size_t length = strcspn(line, "\n");
		enum fit one = fits_line(reviewing, subject, line, length);

		if (one == FITS_NOT)
			return FITS_NOT;
		answer = one == FITS_PERHAPS ? one : answer;
		line += length + (line[length] != '\0');
	}
	return answer;
}

/* "net.core.somaxconn=>2048" leaves 4096 as it is. */
static void meet_bound(struct reviewing *reviewing, struct asked *asked)
{
	enum proposed_bound bound = asked->item->bound;
	int64_t now, wanted;

	if (bound == BOUND_NONE)
		return;
	if (!asked->now || parse_i64(asked->now, &now) < 0 || parse_i64(asked->item->value, &wanted) < 0)
		asked->unsure = true;
	else if (bound == BOUND_RAISES ? wanted <= now : wanted >= now)
		asked->idle = review_say(reviewing, "the line only %s it, and it is %s already", bound == BOUND_RAISES ? "raises" : "lowers",
					 audit_value_text(asked->entry, asked->now, &reviewing->findings->arena));
}

/* Of the keys that a line may set the one that is there. */
static const char *key_here(struct reviewing *reviewing, const struct proposed *item, subject_id subject, const char *key)
{
	const char *at = item->otherwise;

	if (!*at || subject == SUBJECT_NONE || snapshot_text(reviewing->snapshot, subject, key))
		return key;
	while (*at) {
		size_t length = strcspn(at, " ");
		CLEANUP(free_ptr) char *other = xstrndup(at, length);

		if (snapshot_text(reviewing->snapshot, subject, other))
			return review_say(reviewing, "%s", other);
		at += length + (at[length] == ' ');
	}
	return key;
}

static void add_asked(struct reviewing *reviewing, size_t position, subject_id subject, const char *key, size_t matches)
{
	const struct proposed *item = &reviewing->proposal->items[position];
	struct asked *asked;

	GROW(reviewing->asked, reviewing->capacity, reviewing->n_asked + 1);
	asked = &reviewing->asked[reviewing->n_asked++];
	key = key_here(reviewing, item, subject, key);
	*asked = (struct asked){ .item = item, .position = position, .subject = subject, .key = key, .matches = matches };
	asked->entry = registry_find_key(reviewing->registry, item->kind, key);
	if (asked->entry && asked->entry->class != ENTRY_TUNABLE)
		asked->entry = NULL;
	if (subject != SUBJECT_NONE)
		asked->setting = snapshot_get(reviewing->snapshot, subject, key);
	if (proposed_sets(item))
		asked->refusal = refusal_of(reviewing, asked);
	if (asked->setting && asked->setting->absence == PRESENT)
		asked->now = asked->setting->raw;
	if (asked->now && asked->entry) {
		struct change change = change_to(reviewing, asked, &reviewing->findings->arena);

		asked->now = action_now(reviewing->snapshot, &change, &reviewing->findings->arena);
	}
	asked->unsure = *item->condition != '\0' || (subject != SUBJECT_NONE && fits(reviewing, item, subject) == FITS_PERHAPS);
	meet_bound(reviewing, asked);
}

/* Dots and slashes of a key change places, so that a star stays within one component. */
static void swap_separators(const char *key, struct strbuf *out)
{
	strbuf_reset(out);
	for (; *key; key++)
		strbuf_add_char(out, *key == '.' ? '/' : *key == '/' ? '.' : *key);
}

typedef void found(struct reviewing *reviewing, size_t position, subject_id subject, const char *key, size_t matches);

static void make_paths(struct reviewing *reviewing)
{
	size_t count = snapshot_setting_count(reviewing->snapshot);
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	reviewing->paths = xcalloc(count + 1, sizeof(*reviewing->paths));
	for (size_t i = 0; i < count; i++) {
		const struct setting *setting = snapshot_setting_at(reviewing->snapshot, i);

		if (setting->subject != SUBJECT_HOST || setting->absence != PRESENT)
			continue;
		swap_separators(snapshot_key_name(reviewing->snapshot, setting->key), &path);
		reviewing->paths[i] = xstrdup(path.buf);
	}
}

static void free_paths(struct reviewing *reviewing)
{
	for (size_t i = 0; reviewing->paths && i < snapshot_setting_count(reviewing->snapshot); i++)
		free(reviewing->paths[i]);
	free(reviewing->paths);
}

static size_t match_keys(struct reviewing *reviewing, size_t position, size_t known, found *then)
{
	const struct proposed *item = &reviewing->proposal->items[position];
	CLEANUP(strbuf_release) struct strbuf pattern = STRBUF_INIT;
	size_t matches = 0, plain;

	if (!reviewing->paths)
		make_paths(reviewing);
	swap_separators(item->key, &pattern);
	plain = strcspn(pattern.buf, "*?[\\");
	for (size_t i = 0; i < snapshot_setting_count(reviewing->snapshot); i++) {
		const char *path = reviewing->paths[i];

		if (!path || strncmp(path, pattern.buf, plain) != 0 || fnmatch(pattern.buf, path, FNM_PATHNAME) != 0)
			continue;
		if (then && matches < MATCHES_MAX)
			then(reviewing, position, SUBJECT_HOST,
			     snapshot_key_name(reviewing->snapshot, snapshot_setting_at(reviewing->snapshot, i)->key), known);
		matches++;
	}
	return matches;
}

/* "rx-*.rps_cpus" of one interface. */
static size_t match_subject_keys(struct reviewing *reviewing, size_t position, subject_id subject, size_t known, found *then)
{
	const struct proposed *item = &reviewing->proposal->items[position];
	size_t matches = 0;

	for (size_t i = 0; i < snapshot_setting_count(reviewing->snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(reviewing->snapshot, i);
		const char *key = snapshot_key_name(reviewing->snapshot, setting->key);

		if (setting->subject != subject || setting->absence == ABSENT || fnmatch(item->key, key, 0) != 0)
			continue;
		if (then && matches < MATCHES_MAX)
			then(reviewing, position, subject, key, known);
		matches++;
	}
	return matches;
}

static size_t match_subjects(struct reviewing *reviewing, size_t position, size_t known, found *then)
{
	const struct proposed *item = &reviewing->proposal->items[position];
	uint32_t count = snapshot_kind_count(reviewing->snapshot, item->kind);
	size_t matches = 0;

	for (uint32_t i = 0; i < count; i++) {
		subject_id subject = snapshot_kind_get(reviewing->snapshot, item->kind, i);
		const char *name = snapshot_subject_get(reviewing->snapshot, subject)->name;

		if ((item->pattern ? fnmatch(item->subject, name, 0) != 0 : !streq(item->subject, name)) ||
		    fits(reviewing, item, subject) == FITS_NOT)
			continue;
		if (item->pattern && strpbrk(item->key, "*?[")) {
			matches += match_subject_keys(reviewing, position, subject, known, then);
			continue;
		}
		if (then && matches < MATCHES_MAX)
			then(reviewing, position, subject, item->key, known);
		matches++;
	}
	return matches;
}

static void ask_item(struct reviewing *reviewing, size_t position)
{
	const struct proposed *item = &reviewing->proposal->items[position];
	bool host = item->kind == SUBJECT_KIND_HOST, plain = item->fate == PROPOSED_UNCLEAR || item->fate == PROPOSED_BROKEN;
	size_t matches;

	if (plain || (host && !item->pattern)) {
		add_asked(reviewing, position, SUBJECT_HOST, item->key, 1);
		return;
	}
	matches = host ? match_keys(reviewing, position, 0, NULL) : match_subjects(reviewing, position, 0, NULL);
	if (matches == 0 || (item->spread == SPREAD_ONE && item->pattern && matches != 1)) {
		add_asked(reviewing, position, SUBJECT_NONE, item->key, matches);
		return;
	}
	(void)(host ? match_keys : match_subjects)(reviewing, position, matches, add_asked);
	if (matches > MATCHES_MAX)
		review_remark(&reviewing->asked[reviewing->n_asked - 1],
			      review_say(reviewing, "the line matches %zu more, which are not listed", matches - MATCHES_MAX));
}

static int compare_asked(const void *a, const void *b)
{
	const struct asked *x = *(struct asked *const *)a, *y = *(struct asked *const *)b;
	int order = strcmp(x->key, y->key);

	if (x->subject != y->subject)
		return x->subject < y->subject ? -1 : 1;
	if (order != 0)
		return order;
	return x->position < y->position ? -1 : x->position > y->position;
}

const struct asked *review_first_of(const struct reviewing *reviewing, const char *key)
{
	size_t low = 0, high = reviewing->n_asked;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct asked *at = reviewing->by_key[middle];

		if (at->subject == SUBJECT_HOST && strcmp(at->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < reviewing->n_asked && reviewing->by_key[low]->subject == SUBJECT_HOST && streq(reviewing->by_key[low]->key, key) ?
		       reviewing->by_key[low] :
		       NULL;
}

static void group_by_key(struct reviewing *reviewing)
{
	size_t end;

	reviewing->by_key = xcalloc(reviewing->n_asked + 1, sizeof(struct asked *));
	for (size_t i = 0; i < reviewing->n_asked; i++)
		reviewing->by_key[i] = &reviewing->asked[i];
	if (reviewing->n_asked > 0)
		qsort(reviewing->by_key, reviewing->n_asked, sizeof(struct asked *), compare_asked);
	for (size_t i = 0; i < reviewing->n_asked; i = end) {
		const struct asked *first = reviewing->by_key[i];

		for (end = i + 1; end < reviewing->n_asked; end++)
			if (reviewing->by_key[end]->subject != first->subject || !streq(reviewing->by_key[end]->key, first->key))
				break;
		for (size_t j = i; j < end; j++) {
			reviewing->by_key[j]->group = i;
			reviewing->by_key[j]->group_end = end;
		}
	}
}

/* ---- findings ---- */

/* The first of these that holds is the verdict. */
static const enum review_verdict order[] = {
	REVIEW_UNCLEAR, REVIEW_BROKEN, REVIEW_INVALID, REVIEW_DANGEROUS, REVIEW_OBSOLETE, REVIEW_NO_EFFECT, REVIEW_OVERRIDDEN,
	REVIEW_CONTRADICTED, REVIEW_SUPPORTED, REVIEW_UNMEASURED, REVIEW_UNSUPPORTED,
};

static enum review_verdict verdict_of(const struct asked *asked)
{
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (asked->is[order[i]] && !(order[i] == REVIEW_BROKEN && asked->only_besides))
			return order[i];
	return REVIEW_UNCLEAR;
}

/* The rule's finding that a verdict rests on. */
static const struct finding *ground_of(const struct asked *asked, enum review_verdict verdict)
{
	switch (verdict) {
	case REVIEW_SUPPORTED:
		return asked->for_it;
	case REVIEW_CONTRADICTED:
		return asked->against_it;
	case REVIEW_UNMEASURED:
		return asked->hint ? asked->hint : asked->unmeasured;
	case REVIEW_UNSUPPORTED:
		return asked->elsewhere ? asked->elsewhere : asked->quiet;
	case REVIEW_NO_EFFECT:
	case REVIEW_OVERRIDDEN:
	case REVIEW_OBSOLETE:
	case REVIEW_DANGEROUS:
	case REVIEW_INVALID:
	case REVIEW_BROKEN:
	case REVIEW_UNCLEAR:
	case REVIEW_COUNT:
		return NULL;
	}
	return NULL;
}

static const char *text_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static const char *raw_text(const struct reviewing *reviewing, const struct asked *asked, const char *raw)
{
	return raw ? audit_value_text(asked->entry, raw, &reviewing->findings->arena) : NULL;
}

/* What of these verdicts is not carried out. */
static const unsigned int not_done = 1U << REVIEW_INVALID | 1U << REVIEW_BROKEN | 1U << REVIEW_UNCLEAR;

static bool is_done(const struct asked *asked, enum review_verdict verdict)
{
	return asked->tried && !(not_done & (1U << verdict));
}

/* What the registry does not know is not tried, but it is written all the same. */
static bool is_applied(const struct asked *asked, enum review_verdict verdict)
{
	if (!(asked->item->when & PROPOSED_NOW))
		return false;
	return is_done(asked, verdict) || (!asked->entry && asked->item->fate == PROPOSED_SETS && !asked->beaten_by_item &&
					   !asked->idle && !(not_done & (1U << verdict)) && asked->now);
}

/* An older name may well be acted on still. */
static const char *meaning_of(const struct asked *asked, enum review_verdict verdict)
{
	const char *obsolete = asked->entry ? asked->entry->obsolete : NULL;

	if (verdict == REVIEW_OBSOLETE && asked->now && obsolete && strstr(obsolete, "older name"))
		return "This kernel still acts on it, under a name that it keeps for old programs.";
	return classes[verdict].because;
}

static const struct finding_review *review_of(struct reviewing *reviewing, const struct asked *asked, enum review_verdict verdict)
{
	struct arena *arena = &reviewing->findings->arena;
	struct finding_review *review = arena_alloc(arena, sizeof(*review));
	const struct proposed *item = asked->item;
	const char **remarks = arena_alloc(arena, (REMARKS_MAX + REVIEW_COUNT) * sizeof(*remarks));
	size_t count = 0;

	*review = (struct finding_review){
		.verdict = verdict, .meaning = meaning_of(asked, verdict),
		.form = arena_strdup(arena, item->form), .via = arena_strdup(arena, item->via),
		.before = *item->before ? arena_strdup(arena, item->before) : NULL,
		.condition = *item->condition ? arena_strdup(arena, item->condition) : NULL,
		.instead = *item->instead ? arena_strdup(arena, item->instead) : NULL,
		.applied = raw_text(reviewing, asked,
				    asked->zeroed && (item->when & PROPOSED_NOW) ? "0" : is_applied(asked, verdict) ? item->value : asked->now),
	};
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (order[i] == verdict || !asked->is[order[i]])
			continue;
		review->also |= 1U << order[i];
		remarks[count++] = review_say(reviewing, "%s: %s", review_verdict_name(order[i]), asked->why[order[i]]);
	}
	for (size_t i = 0; i < asked->n_remarks; i++)
		remarks[count++] = arena_strdup(arena, asked->remarks[i]);
	review->remarks = remarks;
	review->n_remarks = count;
	return review;
}

/* What is not carried out leaves the next boot as it is today. */
static const char *boot_raw(const struct reviewing *reviewing, const struct asked *asked, enum review_verdict verdict)
{
	if (!(not_done & (1U << verdict)) || asked->subject == SUBJECT_NONE)
		return asked->after_boot;
	return snapshot_text(reviewing->auditing.after, asked->subject, asked->key);
}

static const struct finding_values *values_of(struct reviewing *reviewing, const struct asked *asked, enum review_verdict verdict)
{
	struct arena *arena = &reviewing->findings->arena;
	struct finding_values *values = arena_alloc(arena, sizeof(*values));
	const char *kernel_default = asked->entry ? default_raw(&reviewing->auditing, asked->entry, arena) : NULL;

	*values = (struct finding_values){
		.key = arena_strdup(arena, asked->key),
		.running = raw_text(reviewing, asked, asked->now),
		.boot = raw_text(reviewing, asked, boot_raw(reviewing, asked, verdict)),
		.kernel_default = raw_text(reviewing, asked, kernel_default),
		.wanted = asked->item->fate == PROPOSED_REMOVED ? NULL : raw_text(reviewing, asked, asked->item->value),
	};
	if (!values->running && asked->setting)
		values->running = absence_name(asked->setting->absence);
	return values;
}

/* What it would change here, and the way back. */
static void add_change(struct reviewing *reviewing, const struct asked *asked, enum review_verdict verdict, struct finding *finding)
{
	struct arena *arena = &reviewing->findings->arena;
	struct change *change;

	if (!is_done(asked, verdict) || !asked->entry || !asked->now)
		return;
	change = arena_alloc(arena, sizeof(*change));
	*change = change_to(reviewing, asked, arena);
	change->key = arena_strdup(arena, change->key);
	change->from = arena_strdup(arena, change->from);
	change->to = arena_strdup(arena, change->to);
	change->from_text = raw_text(reviewing, asked, asked->now);
	change->to_text = raw_text(reviewing, asked, change->to);
	change->classes = action_classes(reviewing->snapshot, change, arena);
	action_commands(reviewing->snapshot, reviewing->registry, change, arena);
	/* How it is made to last is the proposal's own affair. */
	change->persist = change->unpersist = change->persist_note = NULL;
	finding->changes = change;
	finding->n_changes = 1;
}

/* A line that sets many options stands in the report of each: its text is kept once. */
static const char *kept_once(struct arena *arena, const char *text, const char *before)
{
	return before && streq(text, before) ? before : arena_strdup(arena, text);
}

static void add_sites(struct reviewing *reviewing, const struct asked *asked, struct finding *finding)
{
	struct arena *arena = &reviewing->findings->arena;
	const struct proposed *item = asked->item, *other = asked->beaten_by_item;
	const struct finding_site *last = finding > reviewing->findings->items ? finding[-1].sites : NULL;

	finding->sites = arena_alloc(arena, 2 * sizeof(*finding->sites));
	finding->sites[finding->n_sites++] = (struct finding_site){
		.path = kept_once(arena, item->path, last ? last->path : NULL), .line = item->line, .last_line = item->last_line,
		.text = *item->text ? kept_once(arena, item->text, last ? last->text : NULL) : NULL, .proposed = true,
	};
	if (!asked->is[REVIEW_OVERRIDDEN])
		return;
	if (other)
		finding->sites[finding->n_sites++] = (struct finding_site){
			.path = arena_strdup(arena, other->path), .line = other->line, .last_line = other->last_line,
			.text = *other->text ? arena_strdup(arena, other->text) : NULL, .proposed = true,
		};
	else if (asked->beaten_by)
		finding->sites[finding->n_sites++] = audit_site(asked->beaten_by, arena);
}

static void add_ground(const struct finding *ground, struct finding *finding)
{
	if (!ground)
		return;
	finding->confidence = ground->confidence;
	finding->confidence_reason = ground->confidence_reason;
	finding->resource = ground->resource;
	finding->use_kind = ground->use_kind;
	finding->because = text_or_null(ground->because) ? ground->because : finding->because;
	finding->side_effects = ground->side_effects;
	finding->takes_effect = ground->takes_effect;
	finding->verify_measure = ground->verify_measure;
	finding->evidence = ground->evidence;
	finding->n_evidence = ground->n_evidence;
	finding->held = ground->held;
	finding->missing = ground->missing;
	finding->n_missing = ground->n_missing;
	finding->next_step = ground->next_step;
	if (ground->references && ground->references->count > 0)
		finding->references = ground->references;
}

static const char *subject_name(struct reviewing *reviewing, const struct asked *asked)
{
	const struct proposed *item = asked->item;

	if (asked->subject != SUBJECT_NONE)
		return finding_subject_name(reviewing->snapshot, asked->subject, &reviewing->findings->arena);
	return *item->subject ? review_say(reviewing, "%s %s", subject_kind_name(item->kind), item->subject) : "host";
}

/* What the finding is called: the same in every run, wherever in its file the line stands. */
static const char *id_of(struct reviewing *reviewing, const struct asked *asked, enum review_verdict verdict, const char *subject)
{
	const struct proposed *item = asked->item;

	if (!*asked->key)
		return review_say(reviewing, "%s@%s:%s", review_verdict_name(verdict), item->path, *item->text ? item->text : item->why);
	return review_say(reviewing, "%s@%s:%s%s%s", review_verdict_name(verdict), item->path, streq(subject, "host") ? "" : subject,
			  streq(subject, "host") ? "" : " ", asked->key);
}

static void report_asked(struct reviewing *reviewing, struct asked *asked)
{
	struct finding_list *list = reviewing->findings;
	enum review_verdict verdict = verdict_of(asked);
	const struct review_class *class = &classes[verdict];
	const struct finding *ground = ground_of(asked, verdict);
	const char *subject = subject_name(reviewing, asked), *waiver = NULL;
	enum status status = audit_waive(&reviewing->auditing, class->status, review_verdict_name(verdict), asked->key, subject, &waiver);
	struct finding *finding;

	GROW(list->items, list->capacity, list->count + 1);
	finding = &list->items[list->count++];
	*finding = (struct finding){
		.id = id_of(reviewing, asked, verdict, subject), .rule = review_verdict_name(verdict), .title = class->title,
		.subject = asked->subject == SUBJECT_NONE ? SUBJECT_HOST : asked->subject, .subject_name = subject, .status = status,
		.severity = class->severity, .confidence = CONFIDENCE_HIGH, .confidence_reason = "rests on settings and files",
		.because = meaning_of(asked, verdict), .advice = class->advice, .waiver = waiver,
		.references = asked->entry ? &asked->entry->references : NULL,
	};
	finding->reason = asked->why[verdict] ? arena_strdup(&list->arena, asked->why[verdict]) : class->title;
	add_ground(ground, finding);
	if (verdict == REVIEW_CONTRADICTED && ground && ground->severity > finding->severity)
		finding->severity = ground->severity;
	finding->review = review_of(reviewing, asked, verdict);
	if (*asked->key)
		finding->values = values_of(reviewing, asked, verdict);
	add_change(reviewing, asked, verdict, finding);
	add_sites(reviewing, asked, finding);
	list->counts[status]++;
}

/* Where a module is loaded already, it does not matter that the proposal loads it too late. */
static void forgive_late(const struct proposal *proposal, const struct snapshot *snapshot, struct proposed *items)
{
	for (size_t i = 0; i < proposal->count; i++) {
		if (items[i].late && items[i].kind == SUBJECT_KIND_HOST && snapshot_text(snapshot, SUBJECT_HOST, items[i].key))
			items[i].fate = PROPOSED_SETS;
	}
}

/* mq-deadline answers to the name of the scheduler before it, where that one is not there any more. */
static bool is_alias(const struct snapshot *snapshot, const struct proposed *item)
{
	if (item->kind != SUBJECT_KIND_BLOCK || !streq(item->key, "scheduler") || !streq(item->value, "deadline"))
		return false;
	for (uint32_t i = 0; i < snapshot_kind_count(snapshot, SUBJECT_KIND_BLOCK); i++) {
		const char *offered = snapshot_text(snapshot, snapshot_kind_get(snapshot, SUBJECT_KIND_BLOCK, i), "scheduler");

		if (offered && strstr(offered, "mq-deadline"))
			return true;
	}
	return false;
}

#define LOOKED_BACK_MAX 1000	/* lines in which an earlier value of a setting is looked for */

/* What the setting holds when the line is carried out; "": not known. */
static const char *held_before(const struct snapshot *snapshot, const struct proposed *items, size_t position)
{
	const char *now = snapshot_text(snapshot, SUBJECT_HOST, items[position].key);

	for (size_t i = position; i-- > 0 && position - i <= LOOKED_BACK_MAX;)
		if (proposed_sets(&items[i]) && items[i].kind == SUBJECT_KIND_HOST && streq(items[i].key, items[position].key))
			return items[i].value;
	return now ? now : "";
}

/* "kernel.printk = 3" writes the first of four numbers. */
static void complete_lists(const struct registry *registry, const struct snapshot *snapshot, size_t count, struct proposed *items,
			   struct arena *arena)
{
	for (size_t i = 0; i < count; i++) {
		const struct entry *entry = registry_find_key(registry, items[i].kind, items[i].key);
		const char *whole;

		if (proposed_sets(&items[i]) && is_alias(snapshot, &items[i]))
			items[i].value = "mq-deadline";
		if (!proposed_sets(&items[i]) || items[i].kind != SUBJECT_KIND_HOST || items[i].pattern || !entry ||
		    entry->class != ENTRY_TUNABLE || entry->format != FORMAT_LIST)
			continue;
		whole = value_completed(entry, held_before(snapshot, items, i), items[i].value, arena);
		if (whole)
			items[i].value = whole;
	}
}

void review(struct rulebook *rulebook, struct snapshot *snapshot, const struct proposal *proposal,
	    const struct review_options *options, struct finding_list *ret_findings)
{
	struct audit_options audit_options = { .waivers = options->waivers, .today = options->today, .keep_all = true };
	struct proposal forgiven = *proposal;
	struct reviewing reviewing = {
		.rulebook = rulebook, .registry = rulebook_registry(rulebook), .snapshot = snapshot, .proposal = &forgiven, .given = proposal,
		.options = options, .findings = ret_findings,
		.auditing = { .rulebook = rulebook, .registry = rulebook_registry(rulebook), .options = &audit_options,
			      .snapshot = snapshot, .findings = ret_findings },
	};

	forgiven.items = xcalloc(proposal->count + 1, sizeof(*forgiven.items));
	if (proposal->count > 0)
		memcpy(forgiven.items, proposal->items, proposal->count * sizeof(*forgiven.items));
	forgive_late(proposal, snapshot, forgiven.items);
	complete_lists(reviewing.registry, snapshot, proposal->count, forgiven.items, &ret_findings->arena);
	boot_state_make(&reviewing.auditing);
	for (size_t i = 0; i < proposal->count; i++)
		ask_item(&reviewing, i);
	group_by_key(&reviewing);
	review_boot(&reviewing);
	review_measure(&reviewing);
	for (size_t i = 0; i < reviewing.n_asked; i++) {
		if (reviewing.asked[i].item->fate == PROPOSED_STANDS)
			continue;
		review_judge(&reviewing, &reviewing.asked[i]);
		report_asked(&reviewing, &reviewing.asked[i]);
	}
	free(forgiven.items);
	free(reviewing.asked);
	free(reviewing.by_key);
	free_paths(&reviewing);
	free(reviewing.before.items);
	free(reviewing.tried.items);
	boot_state_release(&reviewing.auditing);
}

size_t review_requests(const struct finding_list *findings, struct arena *arena, struct plan_request **ret_requests)
{
	struct plan_request *requests = arena_alloc(arena, (findings->count + 1) * sizeof(*requests));
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		if (!finding->review || finding->review->verdict != REVIEW_SUPPORTED || finding->n_changes == 0)
			continue;
		requests[count++] = (struct plan_request){
			.tunable = finding->changes[0].tunable, .subject = finding->changes[0].subject,
			.key = action_setting_key(&finding->changes[0]), .value = finding->changes[0].to,
		};
	}
	*ret_requests = requests;
	return count;
}
