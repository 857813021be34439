/* SPDX-License-Identifier: Apache-2.0 */
/* Charts as inline SVG.  They stretch to their column, so what is to be read stands below them as text. */
#include <math.h>
#include <time.h>

#include "html-parts.h"
#include "rightsize-html.h"
#include "rightsize-phrase.h"

#define WIDTH 1000
#define HEIGHT 100
#define CEILING 2.0
#define HEADROOM 3.0			/* a limit further up than so many times what else is to be seen is not drawn */

struct scale {
	double top;			/* cores or bytes that the height stands for */
};

/* Milli-cores or bytes as the unit of usage; NAN: none. */
static double in_units(enum resource resource, int64_t amount)
{
	return amount < 0 ? NAN : resource == RESOURCE_CPU ? (double)amount / 1000 : (double)amount;
}

static double greater(double a, double b)
{
	return isnan(b) || b < a ? a : b;
}

static struct scale find_scale(const struct usage_series *series, enum resource resource, const struct sizing *sizing)
{
	const double limits[] = { in_units(resource, sizing->limit_from), in_units(resource, sizing->limit_to) };
	double top = series->max;

	top = greater(isnan(top) ? 0 : top, usage_percentile(series, 1));
	top = greater(top, in_units(resource, sizing->request_from));
	top = greater(top, in_units(resource, sizing->request_to));
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i] <= top * HEADROOM)
			top = greater(top, limits[i]);
	return (struct scale){ .top = top > 0 ? top : 1 };
}

static double height_of(const struct scale *scale, double value)
{
	return HEIGHT - fmin(fmax(value / scale->top, 0), 1) * (HEIGHT - CEILING);
}

static void begin_svg(struct strbuf *out, const char *class, const char *title)
{
	strbuf_addf(out, "<svg class=\"%s\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\"><title>", class, WIDTH, HEIGHT);
	html_text(out, title);
	strbuf_add_string(out, "</title>");
}

static void add_level(struct strbuf *out, const struct scale *scale, const char *class, double value)
{
	if (isnan(value) || value > scale->top)
		return;
	strbuf_addf(out, "<path class=\"%s\" vector-effect=\"non-scaling-stroke\" d=\"M0 %.1fH%d\"/>", class, height_of(scale, value), WIDTH);
}

static void end_svg(struct strbuf *out, const struct scale *scale, enum resource resource, const struct sizing *sizing)
{
	bool moves = sizing->status <= STATUS_SUSPECT;

	add_level(out, scale, "request", in_units(resource, sizing->request_from));
	add_level(out, scale, "limit", in_units(resource, sizing->limit_from));
	if (moves && sizing->request_to != sizing->request_from)
		add_level(out, scale, "request to", in_units(resource, sizing->request_to));
	if (moves && sizing->limit_to != sizing->limit_from)
		add_level(out, scale, "limit to", in_units(resource, sizing->limit_to));
	strbuf_add_string(out, "</svg>");
}

/* Steps, since a slot has one value; a hole where nothing is known. */
static void add_steps(struct strbuf *out, const struct usage_series *series, const struct scale *scale, const char *class, bool mean)
{
	double width = (double)WIDTH / series->n_course;
	bool open = false;

	strbuf_addf(out, "<path class=\"%s\" vector-effect=\"non-scaling-stroke\" d=\"", class);
	for (uint32_t i = 0; i < series->n_course; i++) {
		double value = (double)(mean ? series->course[i].mean : series->course[i].max);
		bool known = !isnan(value);

		if (open && !known && !mean)
			strbuf_addf(out, "V%d", HEIGHT);
		else if (known && !open)
			strbuf_addf(out, "M%.0f %.1f", i * width, mean ? height_of(scale, value) : (double)HEIGHT);
		if (known)
			strbuf_addf(out, "V%.1fH%.0f", height_of(scale, value), (i + 1) * width);
		open = known;
	}
	if (open && !mean)
		strbuf_addf(out, "V%d", HEIGHT);
	strbuf_add_string(out, "\"/>");
}

static void add_course(struct strbuf *out, const struct usage_series *series, const struct scale *scale, enum resource resource,
		       const struct sizing *sizing)
{
	begin_svg(out, "chart time", resource == RESOURCE_CPU ? "CPU over time: the most and the mean of each stretch" :
								"Memory over time: the most and the mean of each stretch");
	add_steps(out, series, scale, "course", false);
	add_steps(out, series, scale, "mean", true);
	end_svg(out, scale, resource, sizing);
}

/* From the least used to the most, left to right. */
static void add_distribution(struct strbuf *out, const struct usage_series *series, const struct scale *scale, enum resource resource,
			     const struct sizing *sizing)
{
	static const double quantiles[] = { 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1 };
	bool begun = false;

	begin_svg(out, "chart distribution", "Distribution: what was used, from the least to the most");
	strbuf_add_string(out, "<path class=\"course\" vector-effect=\"non-scaling-stroke\" d=\"");
	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++) {
		double value = usage_percentile(series, quantiles[i]);

		if (isnan(value))
			continue;
		if (!begun)
			strbuf_addf(out, "M0 %d", HEIGHT);
		strbuf_addf(out, "V%.1fH%.0f", height_of(scale, value), quantiles[i] * WIDTH);
		begun = true;
	}
	strbuf_addf(out, begun ? "V%d\"/>" : "\"/>", HEIGHT);
	end_svg(out, scale, resource, sizing);
}

/* ---- what is to be read ---- */

static void add_number(struct strbuf *out, const char *name, enum resource resource, double value)
{
	static const struct dimension bytes = { .bytes = 1 };

	if (isnan(value))
		return;
	strbuf_addf(out, "%s%s ", out->len ? " · " : "", name);
	if (resource == RESOURCE_CPU)
		phrase_amount(out, resource, llround(fmin(value, 1e12) * 1000));	/* as requests are written */
	else
		quantity_format(out, value, bytes, false);
}

static void add_date(struct strbuf *out, double sec)
{
	time_t seconds = (time_t)sec;
	struct tm tm;
	char text[40];

	if (sec > 0 && sec < 1e11 && gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%F", &tm))
		strbuf_addf(out, "%s%s", out->len ? " to " : "", text);
}

static void add_key(struct strbuf *out, const struct scale *scale, const char *class, const char *name, enum resource resource, int64_t amount)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (amount < 0)
		return;
	strbuf_addf(&text, "%s ", name);
	phrase_amount(&text, resource, amount);
	if (in_units(resource, amount) > scale->top)
		strbuf_add_string(&text, ", above the chart");
	strbuf_addf(out, "<span class=\"key %s\">", class);
	html_text(out, text.buf);
	strbuf_add_string(out, "</span> ");
}

static void add_legend(struct strbuf *out, const struct usage_series *series, const struct scale *scale, enum resource resource,
		       const struct sizing *sizing)
{
	CLEANUP(strbuf_release) struct strbuf numbers = STRBUF_INIT, dates = STRBUF_INIT;
	bool moves = sizing->status <= STATUS_SUSPECT;

	add_number(&numbers, "p50", resource, usage_percentile(series, 0.5));
	add_number(&numbers, "p95", resource, usage_percentile(series, 0.95));
	add_number(&numbers, "p99", resource, usage_percentile(series, 0.99));
	add_number(&numbers, "most", resource, greater(series->max, usage_percentile(series, 1)));
	add_date(&dates, series->first_sec);
	add_date(&dates, series->last_sec);
	strbuf_add_string(out, "<figcaption><span class=\"key used\">");
	html_text(out, numbers.buf);
	strbuf_add_string(out, "</span> ");
	add_key(out, scale, "request", "request", resource, sizing->request_from);
	if (moves && sizing->request_to != sizing->request_from)
		add_key(out, scale, "request to", "request then", resource, sizing->request_to);
	add_key(out, scale, "limit", "limit", resource, sizing->limit_from);
	if (moves && sizing->limit_to != sizing->limit_from)
		add_key(out, scale, "limit to", "limit then", resource, sizing->limit_to);
	html_element(out, "span", "dates", dates.buf);
	strbuf_add_string(out, "</figcaption>");
}

void rightsize_chart(struct strbuf *out, const struct usage_series *series, enum resource resource,
		     const struct sizing *sizing)
{
	struct scale scale;

	if (!series || (series->samples == 0 && series->n_given == 0))
		return;
	scale = find_scale(series, resource, sizing);
	strbuf_add_string(out, "<figure>\n<div class=\"plots\">");
	if (series->course && series->n_course > 1)
		add_course(out, series, &scale, resource, sizing);
	add_distribution(out, series, &scale, resource, sizing);
	strbuf_add_string(out, "</div>\n");
	add_legend(out, series, &scale, resource, sizing);
	strbuf_add_string(out, "\n</figure>\n");
}
