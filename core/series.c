/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of a snapshot: samples into series, intervals into slots.  See snapshot.h. */
#include <errno.h>
#include <math.h>

#include "snapshot-store.h"

/* A 32-bit counter that went backwards is taken for a wrap when it was in the last quarter of its range and is in the
 * first now; anything else is a reset. */
#define WRAP_HIGH 0xc0000000u
#define WRAP_LOW 0x40000000u

series_id snapshot_series(struct snapshot *snapshot, subject_id subject, const char *key, size_t key_length,
			  enum metric_kind kind, uint8_t wrap_bits)
{
	uint32_t symbol, position;
	bool is_new;

	if (subject == SUBJECT_NONE)
		return SERIES_NONE;
	symbol = symbols_intern(&snapshot->keys, key, key_length);
	position = pair_index_add(&snapshot->series_index, subject, symbol, &is_new);
	if (is_new) {
		GROW(snapshot->series, snapshot->series_capacity, snapshot->series_index.count);
		snapshot->series[position] = (struct series){
			.subject = subject, .key = symbol, .kind = kind, .wrap_bits = wrap_bits,
			.min = INFINITY, .max = -INFINITY,
		};
	}
	return position;
}

void snapshot_metric_absent(struct snapshot *snapshot, subject_id subject, const char *key, int error,
			    const char *origin)
{
	const struct setting *setting = snapshot_get(snapshot, subject, key);

	/* A setting of the same name that was read (fs.aio-nr) stays. */
	if (!setting || setting->absence != PRESENT)
		snapshot_set_absent(snapshot, subject, key, error, origin);
}

void snapshot_metric_frozen(struct snapshot *snapshot, series_id id)
{
	if (id != SERIES_NONE)
		snapshot->series[id].frozen = true;
}

const struct series *snapshot_metric_symbol(const struct snapshot *snapshot, subject_id subject, uint32_t key)
{
	uint32_t position = pair_index_find(&snapshot->series_index, subject, key);

	return position == UINT32_MAX ? NULL : &snapshot->series[position];
}

const struct series *snapshot_metric(const struct snapshot *snapshot, subject_id subject, const char *key)
{
	uint32_t symbol = snapshot_key_find(snapshot, key);

	return symbol == SYMBOL_NONE ? NULL : snapshot_metric_symbol(snapshot, subject, symbol);
}

size_t snapshot_series_count(const struct snapshot *snapshot)
{
	return snapshot->series_index.count;
}

const struct series *snapshot_series_at(const struct snapshot *snapshot, size_t index)
{
	return &snapshot->series[index];
}

struct window *snapshot_window(struct snapshot *snapshot)
{
	return &snapshot->window;
}

const struct window *snapshot_window_get(const struct snapshot *snapshot)
{
	return &snapshot->window;
}

/* What an interval without a slot array of its own is worth. */
static double implied_value(const struct series *series, uint32_t slot)
{
	if (slot < series->first_slot || series->samples == 0)
		return NAN;
	if (series->kind == METRIC_GAUGE)
		return series->last;
	return 0;
}

/* Room for one more slot; the slots of most windows are few. */
static void reserve_slot(struct series *series, uint32_t slot)
{
	uint32_t old = series->slots_capacity;

	if (slot < old)
		return;
	series->slots_capacity = MIN(MAX(old * 2, 32), SLOT_MAX);
	while (series->slots_capacity <= slot)
		series->slots_capacity = MIN(series->slots_capacity * 2, SLOT_MAX);
	series->slots = xrealloc(series->slots, series->slots_capacity * sizeof(*series->slots));
	for (uint32_t i = old; i < series->slots_capacity; i++)
		series->slots[i] = NAN;
}

static void make_slots(struct series *series, uint32_t slot)
{
	reserve_slot(series, slot);
	for (uint32_t i = 0; i < slot; i++)
		series->slots[i] = implied_value(series, i);
}

/* Puts the value of the running interval into its slot: counters add up within a slot of several intervals, gauges
 * average.  What is missing in one of several counted intervals is missing in their sum. */
static void store_interval(struct snapshot *snapshot, struct series *series, double value, double previous)
{
	uint32_t slot = snapshot->window.slot_count;
	uint32_t pending = snapshot->window.pending;
	double old;

	if (!series->slots) {
		bool same = series->kind == METRIC_COUNTER ? value == 0 : value == previous;

		if (same)
			return;
		make_slots(series, slot);
		if (pending > 0)
			series->slots[slot] = series->kind == METRIC_COUNTER ? 0 : previous;
	}
	reserve_slot(series, slot);
	old = series->slots[slot];
	if (pending == 0)
		series->slots[slot] = value;
	else if (series->kind == METRIC_COUNTER)
		series->slots[slot] = old + value;
	else
		series->slots[slot] = isnan(old) ? value : old + (value - old) / (pending + 1);
}

static void note_extremes(struct series *series, double value)
{
	series->min = fmin(series->min, value);
	series->max = fmax(series->max, value);
}

static struct series *sampled(struct snapshot *snapshot, series_id id)
{
	struct series *series;

	if (id == SERIES_NONE)
		return NULL;
	series = &snapshot->series[id];
	if (series->touched)
		return NULL;	/* the same counter twice in one tick: a malformed file */
	series->touched = true;
	return series;
}

/* The first value of a series: its base line.  It has values for intervals from the next one on. */
static bool is_first(struct snapshot *snapshot, struct series *series, double value)
{
	if (series->samples++ > 0)
		return false;
	series->first = series->last = value;
	series->first_slot = snapshot->window.slot_count;
	if (snapshot->window.ticks > 1 && series->kind == METRIC_COUNTER)
		series->first_slot++;
	return true;
}

static double tick_seconds(const struct snapshot *snapshot)
{
	return snapshot->tick_monotonic - snapshot->slot_start;
}

void snapshot_counter(struct snapshot *snapshot, series_id id, uint64_t value)
{
	struct series *series = sampled(snapshot, id);
	double increase, seconds;

	if (!series)
		return;
	if (is_first(snapshot, series, (double)value)) {
		series->last_counter = value;
		return;
	}
	if (value >= series->last_counter) {
		increase = (double)(value - series->last_counter);
	} else if (series->wrap_bits == 32 && series->last_counter >= WRAP_HIGH && series->last_counter <= UINT32_MAX &&
		   value <= WRAP_LOW) {
		increase = (double)(value + ((uint64_t)1 << 32) - series->last_counter);
		series->wraps++;
	} else {
		series->resets++;
		increase = NAN;
	}
	series->last_counter = value;
	series->last = (double)value;
	if (!isnan(increase))
		series->delta += increase;
	/* What came together over several intervals belongs to none of them. */
	if (series->gap)
		increase = NAN;
	series->gap = false;
	seconds = tick_seconds(snapshot);
	if (!isnan(increase) && seconds > 0)
		note_extremes(series, increase / seconds);
	store_interval(snapshot, series, increase, 0);
}

void snapshot_gauge(struct snapshot *snapshot, series_id id, double value)
{
	struct series *series = sampled(snapshot, id);
	double previous;

	if (!series)
		return;
	previous = series->last;
	series->sum += value;
	note_extremes(series, value);
	if (is_first(snapshot, series, value))
		return;
	store_interval(snapshot, series, value, previous);
	series->last = value;
}

void snapshot_tick_begin(struct snapshot *snapshot, double monotonic_sec, double boottime_sec, double realtime_sec)
{
	struct window *window = &snapshot->window;
	double late;

	if (window->ticks++ == 0) {
		snapshot->first_monotonic = snapshot->slot_start = monotonic_sec;
		snapshot->first_boottime = boottime_sec;
		window->start_realtime = realtime_sec;
	} else {
		window->live = true;
		late = monotonic_sec - snapshot->tick_monotonic - window->interval_sec;
		if (window->interval_sec > 0 && late > window->interval_sec / 2)
			window->missed += (uint32_t)fmin(fmax(1, floor(late / window->interval_sec + 0.5)), 1e6);
		/* slot_start is where the running interval began: the tick before */
		snapshot->slot_start = snapshot->tick_monotonic;
	}
	snapshot->tick_monotonic = monotonic_sec;
	snapshot->tick_boottime = boottime_sec;
	window->end_realtime = realtime_sec;
	window->duration_sec = monotonic_sec - snapshot->first_monotonic;
	window->suspended_sec = boottime_sec - snapshot->first_boottime - window->duration_sec;
	if (window->suspended_sec < 0.01)
		window->suspended_sec = 0;
	for (size_t i = 0; i < snapshot->series_index.count; i++)
		snapshot->series[i].touched = false;
}

static double merge_pair(enum metric_kind kind, double a, double b)
{
	if (kind == METRIC_COUNTER)
		return isnan(a) || isnan(b) ? NAN : a + b;
	return isnan(a) ? b : isnan(b) ? a : (a + b) / 2;
}

static void merge_slots(struct snapshot *snapshot)
{
	struct window *window = &snapshot->window;
	uint32_t half = window->slot_count / 2;

	for (size_t i = 0; i < snapshot->series_index.count; i++) {
		struct series *series = &snapshot->series[i];

		series->first_slot = (series->first_slot + 1) / 2;
		if (!series->slots)
			continue;
		for (uint32_t slot = 0; slot < half; slot++)
			series->slots[slot] = merge_pair(series->kind, series->slots[2 * slot],
							 series->slots[2 * slot + 1]);
		for (uint32_t slot = half; slot < series->slots_capacity; slot++)
			series->slots[slot] = NAN;
	}
	for (uint32_t slot = 0; slot < half; slot++)
		window->slot_seconds[slot] = window->slot_seconds[2 * slot] + window->slot_seconds[2 * slot + 1];
	window->slot_count = half;
	snapshot->slot_ticks *= 2;
	window->merges++;
}

/* A series that had a value before and none in this tick has a hole where the interval is. */
static void note_gaps(struct snapshot *snapshot)
{
	uint32_t slot = snapshot->window.slot_count;

	for (size_t i = 0; i < snapshot->series_index.count; i++) {
		struct series *series = &snapshot->series[i];

		if (series->touched || series->samples == 0)
			continue;
		series->gaps++;
		series->gap = true;
		if (!series->slots)
			make_slots(series, slot);
		reserve_slot(series, slot);
		series->slots[slot] = NAN;
	}
}

void snapshot_tick_end(struct snapshot *snapshot)
{
	struct window *window = &snapshot->window;

	if (window->ticks <= 1)
		return;
	note_gaps(snapshot);
	if (window->pending == 0)
		window->slot_seconds[window->slot_count] = 0;
	window->slot_seconds[window->slot_count] += tick_seconds(snapshot);
	if (++window->pending < snapshot->slot_ticks)
		return;
	window->pending = 0;
	if (++window->slot_count == SLOT_MAX)
		merge_slots(snapshot);
}

double series_slot_value(const struct snapshot *snapshot, const struct series *series, uint32_t slot)
{
	double seconds = snapshot->window.slot_seconds[slot];
	double value;

	if (slot >= snapshot->window.slot_count || series->frozen)
		return NAN;
	value = series->slots ? series->slots[slot] : implied_value(series, slot);
	if (series->kind == METRIC_GAUGE)
		return value;
	return seconds > 0 ? value / seconds : NAN;
}
