/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

/* Shell's sort: a few hundred values, and qsort() may allocate. */
void sort_numbers(long double *values, size_t count)
{
	static const size_t gaps[] = { 301, 132, 57, 23, 10, 4, 1 };

	for (size_t g = 0; g < ARRAY_SIZE(gaps); g++) {
		for (size_t i = gaps[g]; i < count; i++) {
			long double value = values[i];
			size_t j = i;

			for (; j >= gaps[g] && values[j - gaps[g]] > value; j -= gaps[g])
				values[j] = values[j - gaps[g]];
			values[j] = value;
		}
	}
}

long double percentile(long double *values, size_t count, unsigned int percent)
{
	size_t rank = (count * percent + 99) / 100;

	sort_numbers(values, count);
	return values[rank > 0 ? rank - 1 : 0];
}
