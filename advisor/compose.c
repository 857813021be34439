/* SPDX-License-Identifier: Apache-2.0 */
#include "compose.h"

#include <errno.h>
#include <math.h>

#include "../core/parse.h"
#include "../core/strbuf.h"
#include "expr.h"

#define SUBJECTS_IN_RANGE_MAX 20000
#define TRACK_NONE UINT32_MAX

/* One metric of one subject, as it will be sampled. */
struct track {
	subject_id subject;
	const char *key;
	enum metric_kind kind;
	double rate, base;		/* counters: per second, and at the first tick; gauges: base is the value */
	double *intervals;		/* one per interval; NULL: rate */
	size_t n_intervals;
	const struct node *list;	/* where they are written */
	double passed;			/* of intervals, up to this tick */
	const struct entry *sum_of;	/* the metric of other subjects that this one is the sum of */
	double value;			/* at this tick */
	bool absent;			/* a later layer took it back */
	series_id series;
	uint32_t next;			/* of the same subject */
};

struct composer {
	const struct registry *registry;
	struct snapshot *snapshot;
	struct diag *diag;
	struct track *tracks;
	size_t n_tracks, capacity;
	uint32_t *first;		/* by subject: its first track */
	size_t n_first, first_capacity;
	const struct node *window;
	uint32_t intervals;		/* 0: no window */
	bool whole;			/* a host, which has no settings that make no sense, as cases may */
	bool bad;
};

static const char *const layer_keys[] = { "from", "settings", "rates", "intervals", "gauges", "totals", "sums", "absent",
					  "unreadable", "kernel", "window", "subjects", "note", NULL };
static const char *const subject_keys[] = { "settings", "rates", "intervals", "gauges", "totals", "absent", "unreadable",
					    NULL };

#define complain(composer, at, ...)                                                                                   \
	do {                                                                                                           \
		struct place place_ = node_place(at);                                                                  \
		(void)diag_error((composer)->diag, &place_, __VA_ARGS__);                                              \
		(composer)->bad = true;                                                                                \
	} while (0)

struct composer *composer_new(const struct registry *registry, struct diag *diag)
{
	struct composer *composer = xcalloc(1, sizeof(*composer));

	composer->registry = registry;
	composer->diag = diag;
	composer->snapshot = snapshot_new();
	snapshot_set_string(composer->snapshot, SUBJECT_HOST, "page_size", "4096", NULL);
	return composer;
}

void composer_free(struct composer *composer)
{
	if (!composer)
		return;
	for (size_t i = 0; i < composer->n_tracks; i++)
		free(composer->tracks[i].intervals);
	free(composer->tracks);
	free(composer->first);
	snapshot_free(composer->snapshot);
	free(composer);
}

/* The node below key when it has the wanted kind; NULL, after a complaint if it has another. */
static const struct node *part(struct composer *composer, const struct node *node, const char *key, enum node_kind kind)
{
	const struct node *found = node_get(node, key);

	if (!found || found->kind == kind)
		return found;
	complain(composer, found, "%s: expected a %s", key, kind == NODE_MAPPING ? "mapping" : "list");
	return NULL;
}

static const struct entry *find_entry(struct composer *composer, subject_id subject, const struct node *key, bool metric)
{
	enum subject_kind about = snapshot_subject_get(composer->snapshot, subject)->kind;
	const struct entry *entry = registry_find_key(composer->registry, about, key->text);
	bool is_metric = entry && (entry->class == ENTRY_METRIC || entry->class == ENTRY_LOG);

	if (entry && is_metric == metric)
		return entry;
	if (entry)
		complain(composer, key, "'%s' is a %s", key->text,
			 is_metric ? "metric: give it in rates, intervals, gauges or totals" : "setting: give it in settings");
	else
		complain(composer, key, "unknown key '%s' of a %s", key->text, subject_kind_name(about));
	return NULL;
}

/* ---- metrics ---- */

static uint32_t *first_track(struct composer *composer, subject_id subject)
{
	GROW(composer->first, composer->first_capacity, (size_t)subject + 1);
	while (composer->n_first <= subject)
		composer->first[composer->n_first++] = TRACK_NONE;
	return &composer->first[subject];
}

static struct track *find_track(const struct composer *composer, subject_id subject, const char *key)
{
	uint32_t index = subject < composer->n_first ? composer->first[subject] : TRACK_NONE;

	while (index != TRACK_NONE && !streq(composer->tracks[index].key, key))
		index = composer->tracks[index].next;
	return index == TRACK_NONE ? NULL : &composer->tracks[index];
}

static struct track *add_track(struct composer *composer, subject_id subject, const char *key, const struct entry *entry)
{
	struct track *track = find_track(composer, subject, key);
	uint32_t *first = first_track(composer, subject);

	if (!track) {
		GROW(composer->tracks, composer->capacity, composer->n_tracks + 1);
		track = &composer->tracks[composer->n_tracks];
		*track = (struct track){
			.subject = subject,
			.key = key,
			.kind = entry->class == ENTRY_LOG ? METRIC_COUNTER : entry->metric_kind,
			.next = *first,
		};
		*first = (uint32_t)composer->n_tracks++;
	}
	track->absent = false;
	return track;
}

static struct track *metric_track(struct composer *composer, const struct node *key, subject_id subject, const char *list,
				  bool gauges)
{
	const struct entry *entry = find_entry(composer, subject, key, true);
	bool gauge = entry && entry->class == ENTRY_METRIC && entry->metric_kind == METRIC_GAUGE;

	if (!entry)
		return NULL;
	if (gauge != gauges && !streq(list, "intervals")) {
		complain(composer, key, "%s: '%s' is a %s", list, key->text, gauge ? "gauge" : "counter");
		return NULL;
	}
	return add_track(composer, subject, key->text, entry);
}

static void forget_intervals(struct track *track)
{
	free(track->intervals);
	track->intervals = NULL;
	track->n_intervals = 0;
	track->sum_of = NULL;
}

static void add_numbers(struct composer *composer, const struct node *node, const char *list, subject_id subject)
{
	const struct node *metrics = part(composer, node, list, NODE_MAPPING);

	for (size_t i = 0; metrics && i + 1 < metrics->count; i += 2) {
		const struct node *key = &metrics->items[i], *value = &metrics->items[i + 1];
		struct track *track;
		double number;

		if (value->kind != NODE_SCALAR || parse_real(value->text, &number) < 0) {
			complain(composer, value, "%s: expected a number for %s", list, key->text);
			continue;
		}
		track = metric_track(composer, key, subject, list, streq(list, "gauges"));
		if (!track)
			continue;
		if (!streq(list, "totals"))
			forget_intervals(track);
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
	return parse_u64(times, ret_times) == 0 && *ret_times > 0 && *ret_times <= COMPOSE_INTERVALS_MAX &&
	       parse_real(star + 1, ret_value) == 0;
}

static void fill_intervals(struct composer *composer, const struct node *list, struct track *track)
{
	size_t capacity = 0;
	uint64_t times;
	double value;

	forget_intervals(track);
	track->list = list;
	for (size_t i = 0; list->kind == NODE_SEQUENCE && i < list->count; i++) {
		if (!parse_interval(&list->items[i], &times, &value) ||
		    track->n_intervals + times > COMPOSE_INTERVALS_MAX) {
			complain(composer, &list->items[i], "intervals: expected a number, or 20*0 for twenty of them");
			return;
		}
		GROW(track->intervals, capacity, track->n_intervals + times);
		while (times-- > 0)
			track->intervals[track->n_intervals++] = value;
	}
	if (track->n_intervals == 0)
		complain(composer, list, "intervals: expected a list of numbers");
}

static void add_intervals(struct composer *composer, const struct node *node, subject_id subject)
{
	const struct node *metrics = part(composer, node, "intervals", NODE_MAPPING);

	for (size_t i = 0; metrics && i + 1 < metrics->count; i += 2) {
		struct track *track = metric_track(composer, &metrics->items[i], subject, "intervals", false);

		if (track)
			fill_intervals(composer, &metrics->items[i + 1], track);
	}
}

/* sums: {stat.cpu.user: cpu.stat.user}: what the host counts is what its processors count together. */
static void add_sums(struct composer *composer, const struct node *node)
{
	const struct node *sums = part(composer, node, "sums", NODE_MAPPING);

	for (size_t i = 0; sums && i + 1 < sums->count; i += 2) {
		const struct node *key = &sums->items[i], *value = &sums->items[i + 1];
		const struct entry *entry = find_entry(composer, SUBJECT_HOST, key, true);
		const struct entry *of = value->kind == NODE_SCALAR ? registry_find(composer->registry, value->text) : NULL;
		struct track *track;

		if (!entry)
			continue;
		if (!of || of->class != ENTRY_METRIC || of->about == SUBJECT_KIND_HOST || strchr(of->key, '*') ||
		    of->metric_kind != entry->metric_kind) {
			complain(composer, value, "sums: expected a metric of other subjects for %s", key->text);
			continue;
		}
		track = add_track(composer, SUBJECT_HOST, key->text, entry);
		forget_intervals(track);
		track->sum_of = of;
	}
}

/* ---- settings ---- */

/* An enum shows one of the words that are known, and sometimes more after it: "isolated invalid (Cpu list …)". */
static bool makes_sense(const struct entry *entry, const char *raw)
{
	struct value value = value_of_setting(entry, raw, strlen(raw));
	bool known = entry->format != FORMAT_ENUM || entry->values.count == 0;

	for (size_t i = 0; value.type == VALUE_TEXT && i < entry->values.count && !known; i++) {
		const char *word = entry->values.items[i];
		size_t length = strlen(word);

		known = value.length >= length && memcmp(value.text, word, length) == 0 &&
			(value.length == length || value.text[length] == ' ');
	}
	return value.type != VALUE_UNKNOWN && known;
}

static void add_settings(struct composer *composer, const struct node *node, subject_id subject)
{
	const struct node *settings = part(composer, node, "settings", NODE_MAPPING);

	for (size_t i = 0; settings && i + 1 < settings->count; i += 2) {
		const struct node *key = &settings->items[i], *value = &settings->items[i + 1];
		const struct entry *entry = find_entry(composer, subject, key, false);

		if (value->kind != NODE_SCALAR)
			complain(composer, value, "settings: expected the raw text of %s", key->text);
		else if (entry && composer->whole && !makes_sense(entry, value->text))
			complain(composer, value, "settings: '%s' makes no sense as %s", value->text, key->text);
		else if (entry)
			snapshot_set_string(composer->snapshot, subject, key->text, value->text, NULL);
	}
}

static void add_absences(struct composer *composer, const struct node *node, const char *list, int error,
			 subject_id subject)
{
	const struct node *keys = part(composer, node, list, NODE_SEQUENCE);
	enum subject_kind about = snapshot_subject_get(composer->snapshot, subject)->kind;

	for (size_t i = 0; keys && i < keys->count; i++) {
		const struct node *key = &keys->items[i];
		struct track *track;

		if (key->kind != NODE_SCALAR || !registry_find_key(composer->registry, about, key->text)) {
			complain(composer, key, "%s: unknown key '%s'", list, key->text);
			continue;
		}
		track = find_track(composer, subject, key->text);
		if (track)
			track->absent = true;
		snapshot_set_absent(composer->snapshot, subject, key->text, error, NULL);
	}
}

/* ---- subjects ---- */

static void add_subject(struct composer *composer, const struct node *node, subject_id subject)
{
	add_settings(composer, node, subject);
	add_absences(composer, node, "absent", -ENOENT, subject);
	add_absences(composer, node, "unreadable", -EACCES, subject);
	add_numbers(composer, node, "rates", subject);
	add_numbers(composer, node, "gauges", subject);
	add_numbers(composer, node, "totals", subject);
	add_intervals(composer, node, subject);
}

/* "nvme{0..3}n1": where the numbers begin and end; false: a name like any other */
static bool parse_range(const char *name, const char **ret_open, const char **ret_close, uint64_t *ret_from,
			uint64_t *ret_to)
{
	const char *open = strchr(name, '{'), *dots = open ? strstr(open, "..") : NULL;
	const char *close = dots ? strchr(dots, '}') : NULL;
	CLEANUP(free_ptr) char *from = NULL, *to = NULL;

	if (!close)
		return false;
	from = xstrndup(open + 1, (size_t)(dots - open - 1));
	to = xstrndup(dots + 2, (size_t)(close - dots - 2));
	*ret_open = open;
	*ret_close = close;
	return parse_u64(from, ret_from) == 0 && parse_u64(to, ret_to) == 0 && *ret_from <= *ret_to &&
	       *ret_to - *ret_from < SUBJECTS_IN_RANGE_MAX;
}

/* "*" is every subject of that kind that is there already. */
static void add_named(struct composer *composer, enum subject_kind kind, const char *name, const struct node *body)
{
	struct snapshot *snapshot = composer->snapshot;
	uint32_t there = snapshot_kind_count(snapshot, kind);
	const char *open, *close;
	uint64_t from, to;

	if (streq(name, "*")) {
		for (uint32_t i = 0; i < there; i++)
			add_subject(composer, body, snapshot_kind_get(snapshot, kind, i));
		return;
	}
	if (!parse_range(name, &open, &close, &from, &to)) {
		add_subject(composer, body, snapshot_subject(snapshot, kind, name, ""));
		return;
	}
	for (uint64_t i = from; i <= to; i++) {
		CLEANUP(free_ptr) char *one = xasprintf("%.*s%llu%s", (int)(open - name), name, (unsigned long long)i, close + 1);

		add_subject(composer, body, snapshot_subject(snapshot, kind, one, ""));
	}
}

static void add_subjects(struct composer *composer, const struct node *node)
{
	const struct node *kinds = part(composer, node, "subjects", NODE_MAPPING);

	for (size_t i = 0; kinds && i + 1 < kinds->count; i += 2) {
		const struct node *names = &kinds->items[i + 1];
		enum subject_kind kind;

		if (subject_kind_parse(kinds->items[i].text, &kind) < 0 || names->kind != NODE_MAPPING) {
			complain(composer, &kinds->items[i], "subjects: expected {KIND: {NAME: {settings: …}}}");
			continue;
		}
		for (size_t j = 0; j + 1 < names->count; j += 2) {
			const struct node *body = &names->items[j + 1];

			if (body->kind != NODE_MAPPING)
				complain(composer, body, "subjects: expected {settings: …, rates: …}");
			else if (node_check_keys(body, subject_keys, composer->diag) < 0)
				composer->bad = true;
			else
				add_named(composer, kind, names->items[j].text, body);
		}
	}
}

/* ---- layers ---- */

static void add_host(struct composer *composer, const struct node *host, const struct layers *layers, unsigned int depth);

static void add_layers(struct composer *composer, const struct node *host, const struct layers *layers,
		       unsigned int depth)
{
	const struct node *from = part(composer, host, "from", NODE_SEQUENCE);

	for (size_t i = 0; from && i < from->count; i++) {
		const struct node *name = &from->items[i];
		const struct node *layer = name->kind == NODE_SCALAR ? layers->find(layers->context, name->text) : NULL;

		if (!layer || layer->kind != NODE_MAPPING)
			complain(composer, name, "from: there is no layer '%s'", name->kind == NODE_SCALAR ? name->text : "");
		else if (depth >= COMPOSE_DEPTH_MAX)
			complain(composer, name, "from: more than %d layers above each other", COMPOSE_DEPTH_MAX);
		else if (node_check_keys(layer, layer_keys, composer->diag) < 0)
			composer->bad = true;
		else
			add_host(composer, layer, layers, depth + 1);
	}
}

static void add_host(struct composer *composer, const struct node *host, const struct layers *layers, unsigned int depth)
{
	const struct node *kernel = node_get(host, "kernel"), *window = node_get(host, "window");

	if (layers)
		add_layers(composer, host, layers, depth);
	if (kernel && kernel->kind == NODE_SCALAR)
		snapshot_set_string(composer->snapshot, SUBJECT_HOST, "kernel.osrelease", kernel->text, NULL);
	if (window)
		composer->window = window;
	add_subject(composer, host, SUBJECT_HOST);
	add_sums(composer, host);
	add_subjects(composer, host);
}

void composer_add(struct composer *composer, const struct node *host, const struct layers *layers)
{
	composer->whole = layers != NULL;
	add_host(composer, host, layers, 0);
}

/* ---- the window ---- */

static void read_window(struct composer *composer)
{
	const struct node *window = composer->window;
	uint64_t msec = 0;

	composer->intervals = COMPOSE_INTERVALS;
	for (size_t i = 0; i < composer->n_tracks; i++)
		if (composer->tracks[i].intervals && !composer->tracks[i].absent)
			composer->intervals = (uint32_t)composer->tracks[i].n_intervals;
	if (window && window->kind == NODE_SCALAR && streq(window->text, "none")) {
		composer->intervals = 0;
	} else if (window) {
		if (window->kind != NODE_SCALAR || parse_duration_msec(window->text, &msec) < 0 || msec < 1000 ||
		    msec / 1000 > COMPOSE_INTERVALS_MAX)
			complain(composer, window, "window: expected whole seconds like 30s, or none");
		composer->intervals = (uint32_t)(msec / 1000);
	}
}

static void check_intervals(struct composer *composer)
{
	for (size_t i = 0; i < composer->n_tracks; i++) {
		const struct track *track = &composer->tracks[i];

		if (track->intervals && !track->absent && track->n_intervals != composer->intervals)
			complain(composer, track->list, "intervals: %zu of them for %s in a window of %u",
				 track->n_intervals, track->key, composer->intervals);
	}
}

static double track_value(const struct composer *composer, struct track *track, uint32_t tick)
{
	if (track->kind == METRIC_GAUGE)
		return track->intervals ? track->intervals[tick > 0 ? tick - 1 : 0] : track->base;
	if (!track->intervals) {
		/* Without a window a rate is an average since boot. */
		double since_boot = composer->intervals == 0 && track->rate > 0 ? track->rate * COMPOSE_UPTIME : 0;

		return track->base + since_boot + floor(track->rate * tick + 1e-6);
	}
	if (tick > 0)
		track->passed += track->intervals[tick - 1];
	return track->base + track->passed;
}

static double sum_value(const struct composer *composer, const struct track *track)
{
	const struct entry *of = track->sum_of;
	uint32_t count = snapshot_kind_count(composer->snapshot, of->about);
	double sum = track->base;

	for (uint32_t i = 0; i < count; i++) {
		const struct track *one = find_track(composer, snapshot_kind_get(composer->snapshot, of->about, i), of->key);

		sum += one && !one->absent ? one->value : 0;
	}
	return sum;
}

static void sample(struct composer *composer, const struct track *track, double value)
{
	if (track->kind == METRIC_COUNTER)
		snapshot_counter(composer->snapshot, track->series, (uint64_t)fmax(value, 0));
	else
		snapshot_gauge(composer->snapshot, track->series, value);
}

static void measure_tick(struct composer *composer, uint32_t tick)
{
	for (size_t i = 0; i < composer->n_tracks; i++) {
		struct track *track = &composer->tracks[i];

		if (track->absent || track->sum_of)
			continue;
		track->value = track_value(composer, track, tick);
		sample(composer, track, track->value);
	}
	for (size_t i = 0; i < composer->n_tracks; i++)
		if (composer->tracks[i].sum_of && !composer->tracks[i].absent)
			sample(composer, &composer->tracks[i], sum_value(composer, &composer->tracks[i]));
}

static void measure(struct composer *composer)
{
	struct snapshot *snapshot = composer->snapshot;
	series_id uptime = SERIES_NONE;

	for (size_t i = 0; i < composer->n_tracks; i++) {
		struct track *track = &composer->tracks[i];

		if (!track->absent)
			track->series = snapshot_series(snapshot, track->subject, track->key, strlen(track->key), track->kind, 0);
	}
	if (!snapshot_metric(snapshot, SUBJECT_HOST, "uptime"))
		uptime = snapshot_series(snapshot, SUBJECT_HOST, "uptime", strlen("uptime"), METRIC_GAUGE, 0);
	snapshot_window(snapshot)->interval_sec = 1;
	for (uint32_t tick = 0; tick <= composer->intervals; tick++) {
		snapshot_tick_begin(snapshot, 1000 + tick, 1000 + tick, 1600000000 + tick);
		measure_tick(composer, tick);
		if (uptime != SERIES_NONE)
			snapshot_gauge(snapshot, uptime, COMPOSE_UPTIME);
		snapshot_tick_end(snapshot);
	}
}

int composer_finish(struct composer *composer, struct snapshot **ret_snapshot)
{
	read_window(composer);
	check_intervals(composer);
	if (composer->bad)
		return -EINVAL;
	measure(composer);
	*ret_snapshot = composer->snapshot;
	return 0;
}
