/* SPDX-License-Identifier: Apache-2.0 */
/* The gauges of every report, and what each namespace asks for now and would then: for a panel that shows whether it
 * gets better. */
#include <math.h>

#include "exposition.h"
#include "reporter.h"
#include "rightsize-findings.h"
#include "rightsizing.h"

extern const struct reporter reporter_prometheus;

/* clang-format off */
static const struct { const char *name, *help; size_t now, then; } metrics[] = {
	{ .name = "rightsize_requested_cores", .help = "CPU that the containers of a namespace ask for.",
	  .now = offsetof(struct saving_group, cpu_now), .then = offsetof(struct saving_group, cpu_then), },
	{ .name = "rightsize_requested_bytes", .help = "Memory that the containers of a namespace ask for.",
	  .now = offsetof(struct saving_group, memory_now), .then = offsetof(struct saving_group, memory_then), },
	{ .name = "rightsize_requested_cost", .help = "What the requests of a namespace cost a month, in the currency of the prices.",
	  .now = offsetof(struct saving_group, requested_now), .then = offsetof(struct saving_group, requested_then), },
};
/* clang-format on */

static void add_series(struct gauge *gauge, const struct saving_group *group, const char *when, size_t member)
{
	struct strbuf labels = STRBUF_INIT;
	double value;

	memcpy(&value, (const char *)group + member, sizeof(value));
	if (isnan(value))
		return;
	exposition_label(&labels, "namespace", group->name);
	exposition_label(&labels, "when", when);
	(void)gauge_add(gauge, strbuf_steal(&labels), value);
}

static void write_namespaces(FILE *out, const struct savings *savings)
{
	for (size_t m = 0; m < ARRAY_SIZE(metrics); m++) {
		CLEANUP(gauge_release) struct gauge gauge = { .name = metrics[m].name, .out = out };

		exposition_help(out, metrics[m].name, metrics[m].help);
		for (size_t i = 0; i < savings->n_namespaces; i++) {
			add_series(&gauge, &savings->namespaces[i], "now", metrics[m].now);
			add_series(&gauge, &savings->namespaces[i], "proposed", metrics[m].then);
		}
	}
}

static void write_money(FILE *out, const struct savings *savings)
{
	const struct { const char *which; double value; } values[] = {
		{ "bill", savings->bill }, { "requested", savings->requested },
		{ "realisable_least", savings->realisable_least }, { "realisable_most", savings->realisable_most },
	};

	if (!savings->priced)
		return;
	exposition_help(out, "rightsize_cost",
			"The bill of a month, and what could be saved of it, in the currency of the prices.");
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (!isnan(values[i].value))
			fprintf(out, "keisoku_rightsize_cost{which=\"%s\"} %.17g\n", values[i].which, values[i].value);
}

static void write_prometheus(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	CLEANUP(rightsize_findings_release) struct rightsize_findings findings;

	(void)page;
	rightsize_findings_make(&findings, rightsizing);
	(void)reporter_prometheus.write(out, &findings.report);
	write_namespaces(out, &rightsizing->savings);
	write_money(out, &rightsizing->savings);
}

const struct rightsizing_reporter rightsizing_reporter_prometheus = { .name = "prometheus", .write = write_prometheus };
