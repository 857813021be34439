/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "../core/parse.h"
#include "expr.h"

#define CASE_INTERVALS 60	/* of one second, when a case does not say */
#define CASE_INTERVALS_MAX 3600
#define CASE_UPTIME 100000	/* seconds */
#define CASE_STEPS_MAX 40	/* in which repeated recommendations must come to an end */

/* One metric of one subject, as it will be sampled. */
struct track {
	series_id series;
	enum metric_kind kind;
	double rate, base;		/* counters: per second, and at the first tick; gauges: base is the value */
	double *intervals;		/* one per interval; NULL: rate */
	size_t n_intervals;
};

struct scene {
	const struct registry *registry;
	struct snapshot *snapshot;
	struct diag *diag;
	struct track *tracks;
	size_t n_tracks, capacity;
	uint32_t intervals;		/* 0: no window */
	bool bad;
};

static const char *const case_keys[] = { "name", "settings", "rates", "intervals", "gauges", "totals", "absent", "unreadable",
					 "kernel", "window", "subjects", "expect", "to", "missing", "note", NULL };
static const char *const subject_keys[] = { "settings", "rates", "intervals", "gauges", "totals", "absent", "unreadable",
					    NULL };

#define complain(scene, at, ...)                                                                                      \
	do {                                                                                                           \
		struct place place_ = node_place(at);                                                                  \
		(void)diag_error((scene)->diag, &place_, __VA_ARGS__);                                                 \
		(scene)->bad = true;                                                                                   \
	} while (0)

static void scene_release(struct scene *scene)
{
	for (size_t i = 0; i < scene->n_tracks; i++)
		free(scene->tracks[i].intervals);
	free(scene->tracks);
	snapshot_free(scene->snapshot);
}

/* The node below key when it has the wanted kind; NULL, after a complaint if it has another. */
static const struct node *part(struct scene *scene, const struct node *node, const char *key, enum node_kind kind)
{
	const struct node *found = node_get(node, key);

	if (!found || found->kind == kind)
		return found;
	complain(scene, found, "%s: expected a %s", key, kind == NODE_MAPPING ? "mapping" : "list");
	return NULL;
}

static const struct entry *find_entry(struct scene *scene, subject_id subject, const struct node *key, bool metric)
{
	enum subject_kind about = snapshot_subject_get(scene->snapshot, subject)->kind;
	const struct entry *entry = registry_find_key(scene->registry, about, key->text);
	bool is_metric = entry && (entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG);

	if (entry && is_metric == metric)
		return entry;
	if (entry)
		complain(scene, key, "'%s' is a %s", key->text,
			 is_metric ? "metric: give it in rates, intervals, gauges or totals" : "setting: give it in settings");
	else
		complain(scene, key, "unknown key '%s' of a %s", key->text, subject_kind_name(about));
	return NULL;
}

/* ---- settings ---- */

static void add_settings(struct scene *scene, const struct node *node, subject_id subject)
{
	const struct node *settings = part(scene, node, "settings", NODE_MAPPING);

	for (size_t i = 0; settings && i + 1 < settings->count; i += 2) {
		const struct node *key = &settings->items[i], *value = &settings->items[i + 1];

		if (value->kind != NODE_SCALAR)
			complain(scene, value, "settings: expected the raw text of %s", key->text);
		else if (find_entry(scene, subject, key, false))
			snapshot_set_string(scene->snapshot, subject, key->text, value->text, NULL);
	}
}

static void add_absences(struct scene *scene, const struct node *node, const char *list, int error, subject_id subject)
{
	const struct node *keys = part(scene, node, list, NODE_SEQUENCE);
	enum subject_kind about = snapshot_subject_get(scene->snapshot, subject)->kind;

	for (size_t i = 0; keys && i < keys->count; i++) {
		const struct node *key = &keys->items[i];

		if (key->kind != NODE_SCALAR || !registry_find_key(scene->registry, about, key->text))
			complain(scene, key, "%s: unknown key '%s'", list, key->text);
		else
			snapshot_set_absent(scene->snapshot, subject, key->text, error, NULL);
	}
}

/* ---- metrics ---- */

static struct track *add_track(struct scene *scene, const struct node *key, subject_id subject, const struct entry *entry)
{
	enum metric_kind kind = entry->class == ENTRY_LOG ? METRIC_COUNTER : entry->metric_kind;
	series_id id = snapshot_series(scene->snapshot, subject, key->text, strlen(key->text), kind, 0);
	struct track *track;

	for (size_t i = 0; i < scene->n_tracks; i++)
		if (scene->tracks[i].series == id)
			return &scene->tracks[i];
	GROW(scene->tracks, scene->capacity, scene->n_tracks + 1);
	track = &scene->tracks[scene->n_tracks++];
	*track = (struct track){ .series = id, .kind = kind };
	return track;
}

static struct track *metric_track(struct scene *scene, const struct node *key, subject_id subject, const char *list,
				  bool gauges)
{
	const struct entry *entry = find_entry(scene, subject, key, true);
	bool gauge = entry && entry->class == ENTRY_METRIC && entry->metric_kind == METRIC_GAUGE;

	if (!entry)
		return NULL;
	if (gauge != gauges && !streq(list, "intervals")) {
		complain(scene, key, "%s: '%s' is a %s", list, key->text, gauge ? "gauge" : "counter");
		return NULL;
	}
	return add_track(scene, key, subject, entry);
}

static void add_numbers(struct scene *scene, const struct node *node, const char *list, subject_id subject)
{
	const struct node *metrics = part(scene, node, list, NODE_MAPPING);

	for (size_t i = 0; metrics && i + 1 < metrics->count; i += 2) {
		const struct node *key = &metrics->items[i], *value = &metrics->items[i + 1];
		struct track *track;
		double number;

		if (value->kind != NODE_SCALAR || parse_real(value->text, &number) < 0) {
			complain(scene, value, "%s: expected a number for %s", list, key->text);
			continue;
		}
		track = metric_track(scene, key, subject, list, streq(list, "gauges"));
		if (!track)
			continue;
		if (streq(list, "rates"))
			track->rate = number;
		else
			track->base = number;
	}
}

/* "50", or "20*0": twenty intervals of 0 */
static bool parse_interval(const struct node *node, uint64_t *ret_times, double *ret_value)
{
	const char *star = node->kind == NODE_SCALAR ? strchr(node->text, '*') : NULL;
	CLEANUP(free_ptr) char *times = NULL;

	*ret_times = 1;
	if (node->kind != NODE_SCALAR)
		return false;
	if (!star)
		return parse_real(node->text, ret_value) == 0;
	times = xstrndup(node->text, (size_t)(star - node->text));
	return parse_u64(times, ret_times) == 0 && *ret_times > 0 && *ret_times <= CASE_INTERVALS_MAX &&
	       parse_real(star + 1, ret_value) == 0;
}

static void fill_intervals(struct scene *scene, const struct node *list, struct track *track)
{
	uint64_t times;
	double value;

	free(track->intervals);
	track->intervals = xcalloc(CASE_INTERVALS_MAX, sizeof(*track->intervals));
	track->n_intervals = 0;
	for (size_t i = 0; list->kind == NODE_SEQUENCE && i < list->count; i++) {
		if (!parse_interval(&list->items[i], &times, &value) || track->n_intervals + times > CASE_INTERVALS_MAX) {
			complain(scene, &list->items[i], "intervals: expected a number, or 20*0 for twenty of them");
			return;
		}
		while (times-- > 0)
			track->intervals[track->n_intervals++] = value;
	}
	if (track->n_intervals == 0)
		complain(scene, list, "intervals: expected a list of numbers");
}

static void add_intervals(struct scene *scene, const struct node *node, subject_id subject)
{
	const struct node *metrics = part(scene, node, "intervals", NODE_MAPPING);

	for (size_t i = 0; metrics && i + 1 < metrics->count; i += 2) {
		struct track *track = metric_track(scene, &metrics->items[i], subject, "intervals", false);

		if (track)
			fill_intervals(scene, &metrics->items[i + 1], track);
	}
}

static void add_subject(struct scene *scene, const struct node *node, subject_id subject)
{
	add_settings(scene, node, subject);
	add_absences(scene, node, "absent", -ENOENT, subject);
	add_absences(scene, node, "unreadable", -EACCES, subject);
	add_numbers(scene, node, "rates", subject);
	add_numbers(scene, node, "gauges", subject);
	add_numbers(scene, node, "totals", subject);
	add_intervals(scene, node, subject);
}

static void add_subjects(struct scene *scene, const struct node *node)
{
	const struct node *kinds = part(scene, node, "subjects", NODE_MAPPING);

	for (size_t i = 0; kinds && i + 1 < kinds->count; i += 2) {
		const struct node *names = &kinds->items[i + 1];
		enum subject_kind kind;

		if (subject_kind_parse(kinds->items[i].text, &kind) < 0 || names->kind != NODE_MAPPING) {
			complain(scene, &kinds->items[i], "subjects: expected {KIND: {NAME: {settings: …}}}");
			continue;
		}
		for (size_t j = 0; j + 1 < names->count; j += 2) {
			const struct node *body = &names->items[j + 1];

			if (body->kind != NODE_MAPPING)
				complain(scene, body, "subjects: expected {settings: …, rates: …}");
			else if (node_check_keys(body, subject_keys, scene->diag) < 0)
				scene->bad = true;
			else
				add_subject(scene, body, snapshot_subject(scene->snapshot, kind, names->items[j].text, ""));
		}
	}
}

/* ---- the window ---- */

static void read_window(struct scene *scene, const struct node *node)
{
	const struct node *window = node_get(node, "window");
	uint64_t msec = 0;

	scene->intervals = CASE_INTERVALS;
	for (size_t i = 0; i < scene->n_tracks; i++)
		if (scene->tracks[i].intervals)
			scene->intervals = (uint32_t)scene->tracks[i].n_intervals;
	if (window && window->kind == NODE_SCALAR && streq(window->text, "none")) {
		scene->intervals = 0;
	} else if (window) {
		if (window->kind != NODE_SCALAR || parse_duration_msec(window->text, &msec) < 0 || msec < 1000 ||
		    msec / 1000 > CASE_INTERVALS_MAX)
			complain(scene, window, "window: expected whole seconds like 30s, or none");
		scene->intervals = (uint32_t)(msec / 1000);
	}
	for (size_t i = 0; i < scene->n_tracks; i++)
		if (scene->tracks[i].intervals && scene->tracks[i].n_intervals != scene->intervals)
			complain(scene, node, "intervals: %zu of them in a window of %u", scene->tracks[i].n_intervals,
				 scene->intervals);
}

static double track_value(const struct track *track, uint32_t tick)
{
	double value = track->base;

	if (track->kind == METRIC_GAUGE)
		return track->intervals ? track->intervals[tick > 0 ? tick - 1 : 0] : track->base;
	if (!track->intervals)
		return value + floor(track->rate * tick + 1e-6);
	for (uint32_t i = 0; i < tick; i++)
		value += track->intervals[i];
	return value;
}

static void measure(struct scene *scene)
{
	series_id uptime = SERIES_NONE;

	if (!snapshot_metric(scene->snapshot, SUBJECT_HOST, "uptime"))
		uptime = snapshot_series(scene->snapshot, SUBJECT_HOST, "uptime", strlen("uptime"), METRIC_GAUGE, 0);
	snapshot_window(scene->snapshot)->interval_sec = 1;
	for (uint32_t tick = 0; tick <= scene->intervals; tick++) {
		snapshot_tick_begin(scene->snapshot, 1000 + tick, 1000 + tick, 1600000000 + tick);
		for (size_t i = 0; i < scene->n_tracks; i++) {
			const struct track *track = &scene->tracks[i];
			double value = track_value(track, tick);

			/* Without a window a rate is an average since boot. */
			if (scene->intervals == 0 && track->kind == METRIC_COUNTER && track->rate > 0)
				value += track->rate * CASE_UPTIME;
			if (track->kind == METRIC_COUNTER)
				snapshot_counter(scene->snapshot, track->series, (uint64_t)fmax(value, 0));
			else
				snapshot_gauge(scene->snapshot, track->series, value);
		}
		if (uptime != SERIES_NONE)
			snapshot_gauge(scene->snapshot, uptime, CASE_UPTIME);
		snapshot_tick_end(scene->snapshot);
	}
}

static void build_scene(struct scene *scene, const struct node *node)
{
	const struct node *kernel = node_get(node, "kernel");

	if (node_check_keys(node, case_keys, scene->diag) < 0)
		scene->bad = true;
	snapshot_set_string(scene->snapshot, SUBJECT_HOST, "page_size", "4096", NULL);
	if (kernel && kernel->kind == NODE_SCALAR)
		snapshot_set_string(scene->snapshot, SUBJECT_HOST, "kernel.osrelease", kernel->text, NULL);
	add_subject(scene, node, SUBJECT_HOST);
	add_subjects(scene, node);
	read_window(scene, node);
	if (!scene->bad)
		measure(scene);
}

/* ---- expectations ---- */

struct check {
	const struct node *node;
	const char *name;
	struct scene *scene;
	const struct finding_list *findings;
	struct strbuf *why;
	bool failed;
};

static void describe_finding(struct check *check, const struct finding *finding)
{
	strbuf_addf(check->why, "%s: %s", status_name(finding->status), finding->reason ? finding->reason : "");
	for (size_t i = 0; i < finding->n_changes; i++)
		strbuf_addf(check->why, "; %s: %s → %s", finding->changes[i].key, finding->changes[i].from,
			    finding->changes[i].to);
}

static void fail_begin(struct check *check, const struct finding *finding)
{
	check->failed = true;
	strbuf_addf(check->why, "%s:%u: case '%s', %s: ", node_file(check->node) ? node_file(check->node) : "", check->node->line,
		    check->name, finding ? finding->subject_name : "");
}

static const char *short_name(const struct check *check, const struct finding *finding)
{
	const struct subject *subject = snapshot_subject_get(check->scene->snapshot, finding->subject);

	return subject->kind == SUBJECT_KIND_HOST ? "host" : subject->name;
}

static const struct finding *find_finding(const struct check *check, const char *subject)
{
	for (size_t i = 0; i < check->findings->count; i++)
		if (streq(short_name(check, &check->findings->items[i]), subject))
			return &check->findings->items[i];
	return NULL;
}

static void check_status(struct check *check, const struct finding *finding, enum status wanted)
{
	if (finding->status == wanted)
		return;
	fail_begin(check, finding);
	strbuf_addf(check->why, "expected %s, got ", status_name(wanted));
	describe_finding(check, finding);
	strbuf_add_char(check->why, '\n');
}

static bool read_status(struct check *check, const struct node *node, enum status *ret_status)
{
	if (node->kind == NODE_SCALAR && status_parse(node->text, ret_status) == 0)
		return true;
	complain(check->scene, node, "expect: '%s' is no status", node->text);
	return false;
}

static void note_status(struct case_result *result, enum status status)
{
	if (status == STATUS_RECOMMEND || status == STATUS_SUSPECT)
		result->fires = true;
	else
		result->silent = true;
}

static void check_expect(struct check *check, const struct node *expect, struct case_result *result)
{
	enum status status;

	if (expect->kind == NODE_SCALAR) {
		if (!read_status(check, expect, &status))
			return;
		note_status(result, status);
		if (check->findings->count == 0)
			complain(check->scene, expect, "expect: the case has no subject of the rule");
		for (size_t i = 0; i < check->findings->count; i++)
			check_status(check, &check->findings->items[i], status);
		return;
	}
	for (size_t i = 0; expect->kind == NODE_MAPPING && i + 1 < expect->count; i += 2) {
		const struct finding *finding = find_finding(check, expect->items[i].text);

		if (!read_status(check, &expect->items[i + 1], &status))
			return;
		note_status(result, status);
		if (!finding)
			complain(check->scene, &expect->items[i], "expect: no subject '%s'", expect->items[i].text);
		else
			check_status(check, finding, status);
	}
}

/* "net.core.somaxconn", "scheduler", "self.scheduler" all name the key of a change. */
static bool key_matches(const char *shown, const char *wanted)
{
	if (starts_with(wanted, "self."))
		wanted += strlen("self.");
	return streq(shown, wanted) || (ends_with(shown, wanted) && shown[strlen(shown) - strlen(wanted) - 1] == ' ');
}

static void check_change(struct check *check, const struct finding *finding, const char *key, const char *wanted)
{
	for (size_t i = 0; i < finding->n_changes; i++) {
		if (!key_matches(finding->changes[i].key, key))
			continue;
		if (streq(finding->changes[i].to, wanted))
			return;
		fail_begin(check, finding);
		strbuf_addf(check->why, "expected %s to become '%s', got '%s'\n", key, wanted, finding->changes[i].to);
		return;
	}
	fail_begin(check, finding);
	strbuf_addf(check->why, "expected %s to become '%s', but it is not changed: ", key, wanted);
	describe_finding(check, finding);
	strbuf_add_char(check->why, '\n');
}

static void check_to(struct check *check, const struct node *to)
{
	for (size_t i = 0; to && to->kind == NODE_MAPPING && i + 1 < to->count; i += 2) {
		const struct node *key = &to->items[i], *value = &to->items[i + 1];
		const struct finding *finding = find_finding(check, key->text);

		if (value->kind == NODE_SCALAR) {
			for (size_t j = 0; j < check->findings->count; j++)
				if (check->findings->items[j].n_changes > 0)
					check_change(check, &check->findings->items[j], key->text, value->text);
			if (check->findings->count > 0 && check->findings->items[0].n_changes == 0)
				check_change(check, &check->findings->items[0], key->text, value->text);
			continue;
		}
		if (!finding)
			complain(check->scene, key, "to: no subject '%s'", key->text);
		for (size_t j = 0; finding && value->kind == NODE_MAPPING && j + 1 < value->count; j += 2)
			check_change(check, finding, value->items[j].text, value->items[j + 1].text);
	}
}

static bool is_missing(const struct check *check, const char *key)
{
	for (size_t i = 0; i < check->findings->count; i++)
		for (size_t j = 0; j < check->findings->items[i].n_missing; j++)
			if (key_matches(check->findings->items[i].missing[j].key, key))
				return true;
	return false;
}

static void check_missing(struct check *check, const struct node *missing)
{
	const struct finding *first = check->findings->count > 0 ? &check->findings->items[0] : NULL;

	for (size_t i = 0; missing && missing->kind == NODE_SEQUENCE && i < missing->count; i++) {
		if (is_missing(check, missing->items[i].text))
			continue;
		fail_begin(check, first);
		strbuf_addf(check->why, "expected %s to be missing, got ", missing->items[i].text);
		if (first)
			describe_finding(check, first);
		strbuf_add_char(check->why, '\n');
	}
}

/* Following a recommendation again and again must come to an end, with the same evidence. */
static void check_fixed_point(struct check *check, struct rulebook *rulebook, const struct evaluate_options *options)
{
	bool changed = true;

	for (unsigned int step = 0; changed && step <= CASE_STEPS_MAX; step++) {
		CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;

		changed = false;
		evaluate(rulebook, check->scene->snapshot, options, check->scene->diag, &findings);
		for (size_t i = 0; i < findings.count; i++) {
			const struct finding *finding = &findings.items[i];

			for (size_t j = 0; j < finding->n_changes; j++) {
				const struct change *change = &finding->changes[j];
				const char *key = strchr(change->tunable->key, '*') ? change->key : change->tunable->key;

				snapshot_set_string(check->scene->snapshot, change->subject, key, change->to, NULL);
				changed = true;
			}
			if (!changed || step < CASE_STEPS_MAX)
				continue;
			fail_begin(check, finding);
			strbuf_addf(check->why, "recommends again and again, at last: ");
			describe_finding(check, finding);
			strbuf_add_char(check->why, '\n');
		}
	}
}

int case_run(struct rulebook *rulebook, const struct registry *registry, const char *rule, const struct node *node,
	     struct diag *diag, struct strbuf *why, struct case_result *ret_result)
{
	CLEANUP(scene_release) struct scene scene = { .registry = registry, .snapshot = snapshot_new(), .diag = diag };
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	struct evaluate_options options = { .keep_all = true, .only_rule = rule };
	struct check check = { .node = node, .scene = &scene, .findings = &findings, .why = why };
	const struct node *expect = node_get(node, "expect");

	*ret_result = (struct case_result){ 0 };
	if (node->kind != NODE_MAPPING || !expect || node_get_text(node, "name", diag, &check.name) < 0) {
		complain(&scene, node, "expected a case: {name: …, settings: …, expect: …}");
		return -EINVAL;
	}
	ret_result->name = check.name;
	build_scene(&scene, node);
	if (scene.bad)
		return -EINVAL;
	evaluate(rulebook, scene.snapshot, &options, diag, &findings);
	check_expect(&check, expect, ret_result);
	check_to(&check, node_get(node, "to"));
	check_missing(&check, node_get(node, "missing"));
	if (!check.failed)
		check_fixed_point(&check, rulebook, &options);
	if (scene.bad)
		return -EINVAL;
	return check.failed;
}

int cases_run(struct rulebook *rulebook, const struct registry *registry, const char *rule,
	      const struct node *documents, struct diag *diag, struct strbuf *why, size_t *ret_cases)
{
	bool fires = false, silent = false;
	int result = 0, r;

	*ret_cases = 0;
	for (size_t i = 0; i < documents->count; i++) {
		const struct node *document = &documents->items[i];

		for (size_t j = 0; document->kind == NODE_SEQUENCE && j < document->count; j++) {
			struct case_result one;

			r = case_run(rulebook, registry, rule, &document->items[j], diag, why, &one);
			if (r != 0 && result >= 0)
				result = r;
			fires = fires || one.fires;
			silent = silent || one.silent;
			(*ret_cases)++;
		}
	}
	if (fires && silent)
		return result;
	strbuf_addf(why, "%s: no case in which the rule %s\n", rule, fires ? "stays silent" : "fires");
	return result < 0 ? result : 1;
}
