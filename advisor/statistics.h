/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics over the intervals of a window. */
#ifndef KEISOKU_STATISTICS_H
#define KEISOKU_STATISTICS_H

#include "../core/base.h"

/* The smallest of the values that at least percent of them do not exceed (nearest rank).  Sorts values; count > 0. */
long double percentile(long double *values, size_t count, unsigned int percent);
void sort_numbers(long double *values, size_t count);
void sort_reals(double *values, size_t count);

/* The t that a variable of Student's distribution stays below with probability, 0.5 … 1; degrees > 0 need not be whole. */
double student_quantile(double probability, double degrees);
/* The chance that such a variable is further from zero than t. */
double student_tails(double t, double degrees);
/* The x that a variable of the gamma distribution (scale 1) stays below with probability.  Half a chi-squared one. */
double gamma_quantile(double probability, double shape);

#endif
