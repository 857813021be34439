/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted findings:
 *
 *   - {id: "tcp-*", subject: host, reason: tested in March, owner: net team, expires: 2026-12-31}
 */
#include <errno.h>
#include <fnmatch.h>

#include "../core/parse.h"
#include "rule.h"

struct waiver {
	const char *id, *subject, *reason, *owner, *expires_text;
	int64_t expires;		/* the last day it counts, since 1970-01-01 */
	struct place place;
	bool used;
};

struct waivers {
	struct waiver *items;
	size_t count, capacity;
	struct arena arena;
};

static const char *const waiver_keys[] = { "id", "subject", "reason", "owner", "expires", NULL };

struct waivers *waivers_new(void)
{
	return xcalloc(1, sizeof(struct waivers));
}

void waivers_free(struct waivers *waivers)
{
	if (!waivers)
		return;
	free(waivers->items);
	arena_release(&waivers->arena);
	free(waivers);
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar, counted in years that begin in March. */
static int64_t day_number(int64_t year, unsigned int month, unsigned int day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = year / 400;
	of_era = year - era * 400;
	of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static unsigned int days_in_month(unsigned int year, unsigned int month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* "2026-12-31" */
static int parse_date(const char *text, int64_t *ret_day)
{
	unsigned int parts[3] = { 0 };
	static const unsigned char lengths[] = { 4, 2, 2 };

	for (size_t part = 0; part < 3; part++) {
		for (size_t i = 0; i < lengths[part]; i++, text++) {
			if (*text < '0' || *text > '9')
				return -EINVAL;
			parts[part] = parts[part] * 10 + (unsigned int)(*text - '0');
		}
		if (part < 2 && *text++ != '-')
			return -EINVAL;
	}
	if (*text || parts[0] < 1970 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 ||
	    parts[2] > days_in_month(parts[0], parts[1]))
		return -EINVAL;
	*ret_day = day_number(parts[0], parts[1], parts[2]);
	return 0;
}

static int load_one(struct waivers *waivers, const struct node *node, struct diag *diag)
{
	struct place place = node_place(node);
	struct waiver waiver = { .place = place };
	const char **const fields[] = { &waiver.id, &waiver.subject, &waiver.reason, &waiver.owner, &waiver.expires_text };
	int result = 0;

	if (node->kind != NODE_MAPPING)
		return diag_error(diag, &place, "expected a waiver: {id: …, subject: …, reason: …, owner: …, expires: …}");
	if (node_check_keys(node, waiver_keys, diag) < 0)
		result = -EINVAL;
	for (size_t i = 0; waiver_keys[i]; i++) {
		int r = node_get_text(node, waiver_keys[i], diag, fields[i]);

		if (r == -ENOENT || (r == 0 && !**fields[i]))
			result = diag_error(diag, &place, "waiver without %s: id, subject, reason, owner and expires are all "
					    "required", waiver_keys[i]);
		else if (r < 0)
			result = r;
	}
	if (result < 0)
		return result;
	if (parse_date(waiver.expires_text, &waiver.expires) < 0) {
		place = node_place(node_get(node, "expires"));
		return diag_error(diag, &place, "expires: expected a day like 2026-12-31, found '%s'", waiver.expires_text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		*fields[i] = arena_strdup(&waivers->arena, *fields[i]);
	if (waiver.place.file)
		waiver.place.file = arena_strdup(&waivers->arena, waiver.place.file);
	GROW(waivers->items, waivers->capacity, waivers->count + 1);
	waivers->items[waivers->count++] = waiver;
	return 0;
}

int waivers_load(struct waivers *waivers, const struct node *documents, struct diag *diag)
{
	int result = 0, r;

	for (size_t i = 0; i < documents->count; i++) {
		const struct node *document = &documents->items[i];
		struct place place = node_place(document);

		if (document->kind != NODE_SEQUENCE) {
			result = diag_error(diag, &place, "expected a list of waivers");
			continue;
		}
		for (size_t j = 0; j < document->count; j++) {
			r = load_one(waivers, &document->items[j], diag);
			result = r < 0 ? r : result;
		}
	}
	return result;
}

const struct waiver *waivers_find(const struct waivers *waivers, const char *rule, const char *subject,
				  const char *subject_name, int64_t today)
{
	const struct waiver *found = NULL;

	for (size_t i = 0; i < waivers->count; i++) {
		struct waiver *waiver = &waivers->items[i];

		if (fnmatch(waiver->id, rule, 0) != 0 || (fnmatch(waiver->subject, subject, 0) != 0 &&
							    fnmatch(waiver->subject, subject_name, 0) != 0))
			continue;
		waiver->used = true;
		if (waiver->expires >= today && !found)
			found = waiver;
	}
	return found;
}

const char *waiver_text(const struct waiver *waiver, struct arena *arena)
{
	return arena_formatf(arena, "%s (%s, until %s)", waiver->reason, waiver->owner, waiver->expires_text);
}

void waivers_report(const struct waivers *waivers, int64_t today, bool complete, struct diag *diag)
{
	for (size_t i = 0; i < waivers->count; i++) {
		const struct waiver *waiver = &waivers->items[i];

		if (waiver->expires < today)
			(void)diag_warning(diag, &waiver->place, "the waiver of %s on %s expired on %s", waiver->id,
					   waiver->subject, waiver->expires_text);
		else if (!waiver->used && complete)
			(void)diag_warning(diag, &waiver->place, "the waiver of %s on %s matches no finding", waiver->id,
					   waiver->subject);
	}
}
