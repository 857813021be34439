/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics over the intervals of a window. */
#ifndef KEISOKU_STATISTICS_H
#define KEISOKU_STATISTICS_H

#include "../core/base.h"

/* The smallest of the values that at least percent of them do not exceed (nearest rank).  Sorts values; count > 0. */
long double percentile(long double *values, size_t count, unsigned int percent);
void sort_numbers(long double *values, size_t count);

#endif
