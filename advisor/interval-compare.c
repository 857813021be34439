/* SPDX-License-Identifier: Apache-2.0 */
#include "interval-compare.h"

#include <math.h>

#include "statistics.h"

/* Where at least this share of a window is zero, means are compared instead of ranks; not when the other one is almost never
 * zero: then the two hardly overlap, and ranks say how far they are apart. */
#define MOSTLY_ZERO 0.5
#define ALMOST_NEVER_ZERO 0.1
/* A window with fewer intervals that are not zero borrows its dispersion from both together. */
#define OWN_DISPERSION_MIN 8
#define CORRELATION_MAX 0.98
#define ROUNDING 1e-12
#define VALUE_MAX 1e150			/* what is larger came from no kernel, and its square has no place */

struct window_values {
	double *values;			/* known ones, in the order of time */
	double *sorted;
	double *ranks;			/* placement of each among the other window's */
	size_t count;
	double mean;
	bool negative;
};

static void window_values_release(struct window_values *window)
{
	free(window->values);
	free(window->sorted);
	free(window->ranks);
}

static void gather(const struct intervals *intervals, struct window_values *window)
{
	double sum = 0;

	*window = (struct window_values){
		.values = xcalloc(intervals->count + 1, sizeof(double)),
		.sorted = xcalloc(intervals->count + 1, sizeof(double)),
		.ranks = xcalloc(intervals->count + 1, sizeof(double)),
	};
	for (size_t i = 0; i < intervals->count; i++) {
		double value = intervals->values[i];

		if (!(fabs(value) < VALUE_MAX))
			continue;
		window->values[window->count] = window->sorted[window->count] = value;
		window->count++;
		window->negative |= value < 0;
		sum += value / (double)intervals->count;
	}
	window->mean = window->count ? sum * ((double)intervals->count / (double)window->count) : 0;
	sort_reals(window->sorted, window->count);
}

/* How many times more the mean of values varies than if they were independent; at least 1.  The first autocorrelation
 * stands for all, as in an autoregressive process; it is corrected for its bias, which in short windows hides much of it.
 * Longer memory than that shows in the sum of pairs of autocorrelations as far as they are positive. */
static double inflation(const double *values, size_t count)
{
	double mean = 0, variance = 0, correlation[2], first = 0, pairs, n = (double)count;

	for (size_t i = 0; i < count; i++)
		mean += values[i] / n;
	for (size_t i = 0; i < count; i++)
		variance += (values[i] - mean) * (values[i] - mean);
	/* What is left of equal values is rounding. */
	if (!(variance > n * mean * mean * ROUNDING * ROUNDING) || count < INTERVALS_MIN)
		return 1;
	pairs = -1;
	correlation[0] = 1;
	for (size_t lag = 0; lag + 1 < count / 3; lag += 2) {
		for (size_t k = 0; k < 2; k++) {
			double sum = 0;

			for (size_t i = lag + k; i < count; i++)
				sum += (values[i] - mean) * (values[i - lag - k] - mean);
			correlation[k] = sum / variance;
		}
		if (lag == 0)
			first = correlation[1];
		if (correlation[0] + correlation[1] <= 0)
			break;
		pairs += 2 * (correlation[0] + correlation[1]);
	}
	first = MIN((first * n + 1) / (n - 4), CORRELATION_MAX);
	return MAX(1.0, MAX((1 + first) / (1 - first), pairs));
}

static void describe(const struct window_values *window, struct distribution *ret)
{
	size_t zeros = 0, n = window->count;

	*ret = (struct distribution){ .count = n };
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		zeros += window->values[i] == 0;
	ret->mean = window->mean;
	ret->min = window->sorted[0];
	ret->p50 = window->sorted[(n + 1) / 2 - 1];
	ret->p95 = window->sorted[(n * 95 + 99) / 100 - 1];
	ret->max = window->sorted[n - 1];
	ret->zero = (double)zeros / (double)n;
	ret->independent = (double)n / inflation(window->values, n);
}

void intervals_describe(const struct intervals *intervals, struct distribution *ret)
{
	CLEANUP(window_values_release) struct window_values window;

	gather(intervals, &window);
	describe(&window, ret);
}

/* ---- shift ---- */

/* How many differences y - x are below limit, and how many equal it, of both windows sorted. */
static void count_differences(const struct window_values *x, const struct window_values *y, double limit, double *below,
			      double *equal)
{
	size_t first = 0, last = 0;

	*below = *equal = 0;
	/* As x grows, so does limit + x: both marks only move up. */
	for (size_t i = 0; i < x->count; i++) {
		while (first < y->count && y->sorted[first] - x->sorted[i] < limit)
			first++;
		last = MAX(last, first);
		while (last < y->count && y->sorted[last] - x->sorted[i] <= limit)
			last++;
		*below += (double)first;
		*equal += (double)(last - first);
	}
}

/* The smallest difference y - x that at least a share of them does not exceed. */
static double difference_quantile(const struct window_values *x, const struct window_values *y, double share)
{
	double low = y->sorted[0] - x->sorted[x->count - 1], high = y->sorted[y->count - 1] - x->sorted[0];
	double wanted = share * (double)x->count * (double)y->count, below, equal, best = high;

	if (wanted <= 1)
		return low;
	for (int i = 0; i < 100 && low < high; i++) {
		double middle = low + (high - low) / 2;

		if (middle <= low || middle >= high)
			break;
		count_differences(x, y, middle, &below, &equal);
		if (below + equal >= wanted)
			high = middle;
		else
			low = middle;
	}
	/* The exact difference that stands there: the smallest one above low. */
	for (size_t i = 0, j = 0; i < x->count; i++) {
		while (j < y->count && y->sorted[j] - x->sorted[i] <= low)
			j++;
		if (j < y->count && y->sorted[j] - x->sorted[i] < best)
			best = y->sorted[j] - x->sorted[i];
	}
	count_differences(x, y, low, &below, &equal);
	return below + equal >= wanted ? low : best;
}

/* For each value of one window, the share of the other's that lie below it, half of those that equal it; other is moved
 * by shift first. */
static void place(struct window_values *window, const struct window_values *other, double shift)
{
	for (size_t i = 0; i < window->count; i++) {
		double value = window->values[i];
		size_t low = 0, high = other->count, first;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (other->sorted[middle] + shift < value)
				low = middle + 1;
			else
				high = middle;
		}
		first = low;
		high = other->count;
		while (low < high) {
			size_t middle = (low + high) / 2;

			if (other->sorted[middle] + shift <= value)
				low = middle + 1;
			else
				high = middle;
		}
		window->ranks[i] = ((double)first + (double)(low - first) / 2) / (double)other->count;
	}
}

/* The variance of the mean of ranks, and how many independent intervals that rests on. */
static double rank_variance(const struct window_values *window, double *ret_independent)
{
	double mean = 0, sum = 0, n = (double)window->count, factor = inflation(window->ranks, window->count);

	for (size_t i = 0; i < window->count; i++)
		mean += window->ranks[i] / n;
	for (size_t i = 0; i < window->count; i++)
		sum += (window->ranks[i] - mean) * (window->ranks[i] - mean);
	*ret_independent = n / factor;
	return sum > n * ROUNDING * ROUNDING ? sum / (n - 1) * factor / n : 0;
}

static void unknown(struct interval_comparison *out, const char *why)
{
	out->method = COMPARED_NOT;
	out->change = CHANGE_UNKNOWN;
	out->difference = out->low = out->high = out->p = NAN;
	out->why = why;
}

static void conclude(struct interval_comparison *out)
{
	if (out->low > 0)
		out->change = CHANGE_MORE;
	else if (out->high < 0)
		out->change = CHANGE_LESS;
	else
		out->change = CHANGE_NONE;
}

/* When all of one window lies above all of the other: the chance that so many independent intervals fell in that order. */
static double separation_p(double x, double y)
{
	int sign;

	return 2 * exp(lgamma_r(x + 1, &sign) + lgamma_r(y + 1, &sign) - lgamma_r(x + y + 1, &sign));
}

static void compare_shift(struct window_values *x, struct window_values *y, struct interval_comparison *out)
{
	double shift = difference_quantile(x, y, 0.5), vx, vy, variance, degrees, half, below, equal, theta;

	place(y, x, shift);
	place(x, y, -shift);
	vx = rank_variance(x, &out->before.independent);
	vy = rank_variance(y, &out->after.independent);
	if (out->before.independent < INDEPENDENT_MIN || out->after.independent < INDEPENDENT_MIN) {
		unknown(out, "the intervals resemble one another too much: a longer window is needed");
		return;
	}
	variance = vx + vy;
	degrees = variance * variance / (vx * vx / (out->before.independent - 1) + vy * vy / (out->after.independent - 1));
	count_differences(x, y, 0, &below, &equal);
	theta = 1 - (below + equal / 2) / ((double)x->count * (double)y->count);
	out->method = COMPARED_BY_SHIFT;
	out->difference = shift;
	out->low = out->high = shift;
	out->p = shift == 0 ? 1 : 0;
	if (variance > 0) {		/* else both windows are constant */
		half = student_quantile((1 + CONFIDENCE_LEVEL) / 2, degrees) * sqrt(variance);
		out->low = difference_quantile(x, y, MAX(0.5 - half, 0.0));
		out->high = difference_quantile(x, y, MIN(0.5 + half, 1.0));
		out->p = student_tails((theta - 0.5) / sqrt(variance), degrees);
		/* How much the windows vary in themselves says nothing against that. */
		if (theta == 0 || theta == 1)
			out->p = MIN(out->p, separation_p(out->before.independent, out->after.independent));
	}
	conclude(out);
}

/* ---- rate ---- */

struct events {
	double total;			/* sum of the values */
	double count;			/* of intervals */
	double size;			/* of one independent event */
	size_t busy;			/* intervals that are not zero */
};

/* How large one independent event is: as a Poisson count of such events would vary, so do the values.  Never smaller than
 * what a busy interval holds: two events of one interval are hardly independent. */
static void count_events(const struct window_values *window, struct events *ret)
{
	double variance = 0, n = (double)window->count;

	*ret = (struct events){ .total = window->mean * n, .count = n };
	for (size_t i = 0; i < window->count; i++) {
		variance += (window->values[i] - window->mean) * (window->values[i] - window->mean) / (n - 1);
		ret->busy += window->values[i] != 0;
	}
	if (ret->busy > 0)
		ret->size = MAX(variance * inflation(window->values, window->count) / window->mean,
				ret->total / (double)ret->busy);
}

/* The exact limits of a Poisson mean (Garwood), in the unit of the values. */
static double mean_below(const struct events *events, double level)
{
	return gamma_quantile((1 - level) / 2, events->total / events->size) * events->size / events->count;
}

static double mean_above(const struct events *events, double level)
{
	return gamma_quantile((1 + level) / 2, events->total / events->size + 1) * events->size / events->count;
}

static void rate_limits(const struct events *x, const struct events *y, double level, double *ret_low, double *ret_high)
{
	double a = x->total / x->count, b = y->total / y->count;

	*ret_low = b - a - hypot(b - mean_below(y, level), mean_above(x, level) - a);
	*ret_high = b - a + hypot(mean_above(y, level) - b, a - mean_below(x, level));
}

/* The level at which the interval just reaches zero leaves out the chance of such a difference. */
static double rate_p(const struct events *x, const struct events *y)
{
	double low = 0, high = 1;

	for (int i = 0; i < 24; i++) {
		double level = (low + high) / 2, from, to;

		rate_limits(x, y, level, &from, &to);
		if (from > 0 || to < 0)
			low = level;
		else
			high = level;
	}
	return 1 - low;
}

static void compare_rate(const struct window_values *before, const struct window_values *after,
			 struct interval_comparison *out)
{
	struct events x, y;
	double size;

	count_events(before, &x);
	count_events(after, &y);
	out->method = COMPARED_BY_RATE;
	if (x.busy == 0 && y.busy == 0) {
		out->difference = 0;
		out->low = out->high = NAN;	/* how rare it is, nobody knows */
		out->p = 1;
		out->change = CHANGE_NONE;
		return;
	}
	size = (x.size * x.total + y.size * y.total) / (x.total + y.total);
	if (x.busy < OWN_DISPERSION_MIN)
		x.size = MAX(x.size, size);
	if (y.busy < OWN_DISPERSION_MIN)
		y.size = MAX(y.size, size);
	out->difference = y.total / y.count - x.total / x.count;
	rate_limits(&x, &y, CONFIDENCE_LEVEL, &out->low, &out->high);
	out->p = rate_p(&x, &y);
	conclude(out);
}

void intervals_compare(const struct intervals *before, const struct intervals *after, struct interval_comparison *ret)
{
	CLEANUP(window_values_release) struct window_values x;
	CLEANUP(window_values_release) struct window_values y;

	gather(before, &x);
	gather(after, &y);
	*ret = (struct interval_comparison){ 0 };
	describe(&x, &ret->before);
	describe(&y, &ret->after);
	if (x.count < INTERVALS_MIN || y.count < INTERVALS_MIN)
		unknown(ret, x.count < INTERVALS_MIN ? "too few intervals before" : "too few intervals after");
	else if (!x.negative && !y.negative && MAX(ret->before.zero, ret->after.zero) >= MOSTLY_ZERO &&
		 MIN(ret->before.zero, ret->after.zero) > ALMOST_NEVER_ZERO)
		compare_rate(&x, &y, ret);
	else
		compare_shift(&x, &y, ret);
}

static int compare_reals(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double false_discovery_limit(const double *p, size_t count)
{
	CLEANUP(free_ptr) double *sorted = xcalloc(count + 1, sizeof(*sorted));
	double limit = -1;

	for (size_t i = 0; i < count; i++)
		sorted[i] = p[i];
	qsort(sorted, count, sizeof(*sorted), compare_reals);
	for (size_t i = 0; i < count; i++)
		if (sorted[i] <= (1 - CONFIDENCE_LEVEL) * (double)(i + 1) / (double)count)
			limit = sorted[i];
	return limit;
}
