/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

#include <math.h>

/* Shell's sort: a few hundred values, and qsort() may allocate. */
static const size_t gaps[] = { 301, 132, 57, 23, 10, 4, 1 };

#define SHELL_SORT(type, values, count)                                                                               \
	do {                                                                                                           \
		for (size_t g_ = 0; g_ < ARRAY_SIZE(gaps); g_++) {                                                     \
			for (size_t i_ = gaps[g_]; i_ < (count); i_++) {                                               \
				type value_ = (values)[i_];                                                            \
				size_t j_ = i_;                                                                        \
															       \
				for (; j_ >= gaps[g_] && (values)[j_ - gaps[g_]] > value_; j_ -= gaps[g_])             \
					(values)[j_] = (values)[j_ - gaps[g_]];                                        \
				(values)[j_] = value_;                                                                 \
			}                                                                                              \
		}                                                                                                      \
	} while (0)

void sort_numbers(long double *values, size_t count)
{
	SHELL_SORT(long double, values, count);
}

void sort_reals(double *values, size_t count)
{
	SHELL_SORT(double, values, count);
}

long double percentile(long double *values, size_t count, unsigned int percent)
{
	size_t rank = (count * percent + 99) / 100;

	sort_numbers(values, count);
	return values[rank > 0 ? rank - 1 : 0];
}

/* ---- distributions ---- */

#define TERMS_MAX 500
#define TERM_EPSILON 1e-14
#define TINY 1e-300
#define QUANTILE_EPSILON 1e-9

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* The continued fraction of the incomplete beta function, by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), h;

	d = 1 / (fabs(d) < TINY ? TINY : d);
	h = d;
	for (int m = 1; m <= TERMS_MAX; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), step;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = fabs(c) < TINY ? TINY : c;
		h *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = fabs(c) < TINY ? TINY : c;
		step = d * c;
		h *= step;
		if (fabs(step - 1) < TERM_EPSILON)
			break;
	}
	return h;
}

/* The regularised incomplete beta function. */
static double beta_below(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_tails(double t, double degrees)
{
	return beta_below(degrees / 2, 0.5, degrees / (degrees + t * t));
}

double student_quantile(double probability, double degrees)
{
	double tails = 2 * (1 - probability), low = 0, high = 1;

	if (!(tails > 0))
		return INFINITY;
	while (student_tails(high, degrees) > tails && high < 1e12)
		high *= 2;
	for (int i = 0; i < 100 && high - low > QUANTILE_EPSILON * high; i++) {
		double middle = (low + high) / 2;

		if (student_tails(middle, degrees) > tails)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/* The regularised lower incomplete gamma function: a series where that converges fast, else a continued fraction. */
static double gamma_below(double a, double x)
{
	double front, sum, term;

	if (x <= 0)
		return 0;
	front = exp(a * log(x) - x - log_gamma(a));
	if (x < a + 1) {
		sum = term = 1 / a;
		for (int n = 1; n <= TERMS_MAX && term > sum * TERM_EPSILON; n++) {
			term *= x / (a + n);
			sum += term;
		}
		return front * sum;
	}
	double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d;

	for (int n = 1; n <= TERMS_MAX; n++) {
		double an = -n * (n - a), step;

		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = b + an / c;
		c = fabs(c) < TINY ? TINY : c;
		step = d * c;
		h *= step;
		if (fabs(step - 1) < TERM_EPSILON)
			break;
	}
	return 1 - front * h;
}

double gamma_quantile(double probability, double shape)
{
	double low = 0, high = MAX(shape, 1.0);

	if (!(shape > 0) || !(probability > 0))
		return 0;
	while (gamma_below(shape, high) < probability && high < 1e15)
		high *= 2;
	for (int i = 0; i < 100 && high - low > QUANTILE_EPSILON * high; i++) {
		double middle = (low + high) / 2;

		if (gamma_below(shape, middle) < probability)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}
