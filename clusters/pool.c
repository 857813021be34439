/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <math.h>

static void grid_add(struct pool_grid *grid, double quantile)
{
	size_t at = 0;

	while (at < grid->n && grid->quantiles[at] < quantile - 1e-9)
		at++;
	if (at < grid->n && grid->quantiles[at] < quantile + 1e-9)
		return;
	if (grid->n == POOL_POINTS_MAX)
		return;
	memmove(&grid->quantiles[at + 1], &grid->quantiles[at], (grid->n - at) * sizeof(double));
	grid->quantiles[at] = quantile;
	grid->n++;
}

/* The others tell pods apart of which few are busy: their busy hours are then what is high of all. */
void pool_grid_init(struct pool_grid *grid, const double *wanted, size_t n_wanted)
{
	static const double others[] = { 0, 1, 0.5, 0.9 };

	grid->n = 0;
	grid_add(grid, others[0]);
	grid_add(grid, others[1]);
	for (size_t i = 0; i < n_wanted; i++)
		if (wanted[i] > 0 && wanted[i] < 1)
			grid_add(grid, wanted[i]);
	for (size_t i = 2; i < ARRAY_SIZE(others); i++)
		grid_add(grid, others[i]);
}

static double mean_of_points(const struct sketch *sketch, const struct pool_grid *grid)
{
	double sum = 0;

	for (size_t i = 0; i + 1 < grid->n; i++)
		sum += (grid->quantiles[i + 1] - grid->quantiles[i]) * (sketch->at[i] + sketch->at[i + 1]) / 2;
	return sum;
}

bool sketch_mend(struct sketch *sketch, const struct pool_grid *grid)
{
	if (!(sketch->count >= 1) || !isfinite(sketch->count) || !isfinite(sketch->at[grid->n - 1]) || sketch->at[grid->n - 1] < 0)
		return false;
	for (size_t i = grid->n - 1; i > 0; i--)
		if (!(sketch->at[i - 1] <= sketch->at[i]))
			sketch->at[i - 1] = sketch->at[i];
	for (size_t i = 0; i < grid->n; i++)
		sketch->at[i] = fmax(sketch->at[i], 0);
	/* One sample that was no number makes the server's mean none. */
	if (!(sketch->mean >= 0) || !isfinite(sketch->mean))
		sketch->mean = mean_of_points(sketch, grid);
	return true;
}

/* The share of a series' samples that is not above value. */
static double share_up_to(const struct sketch *sketch, const struct pool_grid *grid, double value)
{
	size_t i = 0;

	if (value < sketch->at[0])
		return 0;
	if (value >= sketch->at[grid->n - 1])
		return 1;
	while (value >= sketch->at[i + 1])
		i++;
	return grid->quantiles[i]
	     + (grid->quantiles[i + 1] - grid->quantiles[i]) * (value - sketch->at[i]) / (sketch->at[i + 1] - sketch->at[i]);
}

static double point_of(const struct sketch *sketch, const struct pool_grid *grid, double quantile)
{
	size_t i = 0;

	while (i + 2 < grid->n && quantile > grid->quantiles[i + 1] + 1e-9)
		i++;
	if (fabs(quantile - grid->quantiles[i + 1]) < 1e-9)
		return sketch->at[i + 1];
	return sketch->at[i]
	     + (sketch->at[i + 1] - sketch->at[i]) * (quantile - grid->quantiles[i]) / (grid->quantiles[i + 1] - grid->quantiles[i]);
}

double pool_quantile(const struct sketch *sketches, size_t n, const struct pool_grid *grid, double quantile)
{
	double least = INFINITY, most = -INFINITY, total = 0;

	if (n == 0)
		return NAN;
	if (n == 1)
		return point_of(sketches, grid, quantile);
	for (size_t i = 0; i < n; i++) {
		double at = point_of(&sketches[i], grid, quantile);

		/* It lies between the series' own. */
		least = fmin(least, at);
		most = fmax(most, at);
		total += sketches[i].count;
	}
	for (int step = 0; step < 60 && most - least > most * 1e-6; step++) {
		double middle = least + (most - least) / 2, share = 0;

		for (size_t i = 0; i < n; i++)
			share += sketches[i].count * share_up_to(&sketches[i], grid, middle);
		if (share >= quantile * total)
			most = middle;
		else
			least = middle;
	}
	return most;
}
