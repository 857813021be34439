/* SPDX-License-Identifier: Apache-2.0 */
/* Charts as inline SVG: steps, because an interval has one value; a hole where nothing is known.  They stretch to their
 * column, so what is to be read stands beside them as text. */
#include <math.h>

#include "html-parts.h"

#define WIDTH 1000
#define HEIGHT 44
#define FLOOR 38.0			/* what is below it is for the marks */
#define CEILING 1.5

/* Where each interval begins, and the last ends, 0..WIDTH. */
static void find_edges(const struct report *report, uint32_t count, int *edges)
{
	const struct window *window = snapshot_window_get(report->snapshot);
	double total = 0, at = 0;

	for (uint32_t i = 0; i < count; i++)
		total += window->slot_seconds[i];
	for (uint32_t i = 0; i <= count; i++) {
		edges[i] = (int)lround(total > 0 ? at / total * WIDTH : (double)i / count * WIDTH);
		at += i < count ? window->slot_seconds[i] : 0;
	}
}

/* Where the condition held: beneath the curve, so that neither hides the other. */
static void add_marks(struct strbuf *out, const struct course *held, const int *edges)
{
	bool any = false;

	for (uint32_t i = 0; i < held->count; i++) {
		uint32_t end = i;

		while (end < held->count && held->values[end] > 0.5)
			end++;
		if (end == i)
			continue;
		strbuf_addf(out, any ? "M%d 40H%dV%dH%dz" : "<path class=\"held\" d=\"M%d 40H%dV%dH%dz", edges[i],
			    edges[end], HEIGHT, edges[i]);
		any = true;
		i = end;
	}
	if (any)
		strbuf_add_string(out, "\"/>");
}

static double height_of(double value, double bottom, double top)
{
	double share = top > bottom ? (value - bottom) / (top - bottom) : 0;

	return FLOOR - fmin(fmax(share, 0), 1) * (FLOOR - CEILING);
}

/* Open at the floor, so that the fill closes there and the line is not drawn along it. */
static void add_steps(struct strbuf *out, const struct course *course, const int *edges, double bottom, double top)
{
	bool open = false;

	strbuf_add_string(out, "<path class=\"course\" vector-effect=\"non-scaling-stroke\" d=\"");
	for (uint32_t i = 0; i < course->count; i++) {
		bool known = !isnan(course->values[i]);

		if (open && !known)
			strbuf_addf(out, "V%.0f", FLOOR);
		else if (known && !open)
			strbuf_addf(out, "M%d %.0f", edges[i], FLOOR);
		if (known)
			strbuf_addf(out, "V%.1fH%d", height_of(course->values[i], bottom, top), edges[i + 1]);
		open = known;
	}
	strbuf_addf(out, open ? "V%.0f\"/>" : "\"/>", FLOOR);
}

static double most_of(const struct course *course)
{
	double most = 0;

	for (uint32_t i = 0; i < course->count; i++)
		if (course->values[i] > most)
			most = course->values[i];
	return most;
}

static double least_of(const struct course *course)
{
	double least = 0;

	for (uint32_t i = 0; i < course->count; i++)
		if (course->values[i] < least)
			least = course->values[i];
	return least;
}

/* What a chart shows, for who does not see it. */
static void add_description(struct strbuf *out, const char *name, const struct course *course, const struct course *held)
{
	uint32_t known = 0, marked = 0;

	for (uint32_t i = 0; i < course->count; i++) {
		known += !isnan(course->values[i]);
		marked += held && held->values[i] > 0.5;
	}
	strbuf_add_string(out, "<title>");
	html_text(out, name);
	strbuf_add_string(out, "</title><desc>");
	html_textf(out, "%u of %u intervals known, from %s to %s", known, course->count, course->least, course->most);
	if (held)
		strbuf_addf(out, "; the condition held in %u", marked);
	strbuf_add_string(out, "</desc>");
}

void html_course(struct strbuf *out, const struct report *report, const char *name, const struct course *course,
		 const struct course *held, double top)
{
	int edges[SLOT_MAX + 1];
	uint32_t count = course->count;

	if (count == 0 || count > SLOT_MAX || !report->snapshot)
		return;
	held = held && held->count == count ? held : NULL;
	find_edges(report, count, edges);
	strbuf_addf(out, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\">", WIDTH,
		    HEIGHT);
	add_description(out, name, course, held);
	if (held)
		add_marks(out, held, edges);
	add_steps(out, course, edges, least_of(course), isnan(top) ? most_of(course) : top);
	strbuf_addf(out, "<path class=\"floor\" vector-effect=\"non-scaling-stroke\" d=\"M0 %.1fH%d\"/></svg>", FLOOR, WIDTH);
}

void html_bar(struct strbuf *out, double ratio, bool alarming)
{
	double width = fmin(fmax(ratio, 0), 1) * 100;

	strbuf_addf(out,
		    "<svg class=\"bar\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		    "<rect class=\"track\" width=\"100\" height=\"4\"/><rect class=\"%s\" width=\"%.1f\" height=\"4\"/></svg>",
		    alarming ? "fill alarm" : "fill", width);
}
