/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-store.h"

/* So that slots of some length are whole hours, and slots of hours are parts of a day: 3.5 s. */
#define FIRST_SLOT_SEC (3600.0 / 1024)

static void slot_merge(struct course_slot *into, const struct course_slot *from)
{
	uint32_t count = into->count + from->count;

	if (from->count == 0)
		return;
	into->max = into->count ? fmaxf(into->max, from->max) : from->max;
	into->mean =
		into->mean * ((float)into->count / (float)count) + from->mean * ((float)from->count / (float)count);
	into->count = count;
}

/* Each slot is twice as long from now on, and begins at a multiple of that. */
static void course_halve(struct usage_course *course)
{
	int64_t begin = course->begin >> 1;
	uint32_t count = 0;

	for (uint32_t i = 0; i < course->count; i++) {
		uint32_t to = (uint32_t)(((course->begin + i) >> 1) - begin);
		struct course_slot slot = course->slots[i];

		if (to == count)
			course->slots[count++] = (struct course_slot){ 0 };
		slot_merge(&course->slots[to], &slot);
	}
	course->begin = begin;
	course->count = count;
	course->slot_sec *= 2;
}

static void course_widen(struct usage_course *course, int64_t first, int64_t last)
{
	uint32_t count = (uint32_t)(last - first + 1);
	struct course_slot *slots;

	if (count == course->count)
		return;
	/* Almost always one more at the end; memory grows by eights. */
	if (first == course->begin && course->count % 8) {
		slots = course->slots;
		if ((count + 7) / 8 != (course->count + 7) / 8)
			slots = xrealloc(slots, (count + 7) / 8 * 8 * sizeof(*slots));
		memset(slots + course->count, 0, (count - course->count) * sizeof(*slots));
	} else {
		slots = xcalloc((count + 7) / 8 * 8, sizeof(*slots));
		if (course->count)
			memcpy(slots + (course->begin - first), course->slots, course->count * sizeof(*slots));
		free(course->slots);
	}
	course->slots = slots;
	course->begin = first;
	course->count = count;
}

void usage_course_add(struct usage_course *course, double time_sec, double value)
{
	struct course_slot slot = { (float)value, (float)value, 1 };
	int64_t at, first, last;

	if (course->slot_sec <= 0)
		course->slot_sec = FIRST_SLOT_SEC;
	for (;;) {
		at = (int64_t)floor(time_sec / course->slot_sec);
		first = course->count ? MIN(course->begin, at) : at;
		last = course->count ? MAX(course->begin + course->count - 1, at) : at;
		if (last - first < USAGE_SLOTS)
			break;
		course_halve(course);
	}
	course_widen(course, first, last);
	slot_merge(&course->slots[at - first], &slot);
}

void usage_course_finish(struct usage_course *course, struct usage_series *series)
{
	if (course->count == 0)
		return;
	series->course = xcalloc(course->count, sizeof(*series->course));
	series->n_course = course->count;
	series->course_begin_sec = (double)course->begin * course->slot_sec;
	series->course_slot_sec = course->slot_sec;
	for (uint32_t i = 0; i < course->count; i++) {
		const struct course_slot *slot = &course->slots[i];

		series->course[i] = slot->count ? (struct usage_slot){ slot->max, slot->mean }
						: (struct usage_slot){ NAN, NAN };
	}
	free(course->slots);
	*course = (struct usage_course){ 0 };
}
