/* SPDX-License-Identifier: Apache-2.0 */
#include "rightsize-phrase.h"

#include <math.h>
#include <time.h>

#include "phrase.h"

const struct workload *row_workload(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	return &rightsizing->cluster->workloads[row->workload];
}

const struct workload_container *row_container(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	return &rightsizing->cluster->containers[row->container];
}

/* The statuses are numbered from the one that asks most. */
enum status row_status(const struct sizing_row *row)
{
	return MIN(row->of[RESOURCE_CPU].status, row->of[RESOURCE_MEMORY].status);
}

enum severity row_severity(const struct sizing_row *row)
{
	enum severity severity = SEVERITY_LOW;

	for (size_t i = 0; i < SIZED_RESOURCES; i++)
		if (row->of[i].status == row_status(row))
			severity = MAX(severity, row->of[i].severity);
	return severity;
}

size_t rows_of_status(const struct rightsizing *rightsizing, enum status status)
{
	size_t count = 0;

	for (size_t i = 0; i < rightsizing->n_rows; i++)
		count += row_status(&rightsizing->rows[i]) == status;
	return count;
}

void phrase_workload(struct strbuf *out, const struct workload *workload)
{
	strbuf_addf(out, "%s%s%s/%s", workload->namespace, *workload->namespace ? "/" : "", workload->kind, workload->name);
}

void phrase_container(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	phrase_workload(out, row_workload(rightsizing, row));
	strbuf_addf(out, " %s", row_container(rightsizing, row)->name);
}

const char *phrase_container_type(const struct workload_container *container)
{
	static const char *const texts[] = {
		[CONTAINER_INIT] = "init container",
		[CONTAINER_SIDECAR] = "sidecar",
		[CONTAINER_EPHEMERAL] = "ephemeral container",
	};

	return container->type < ARRAY_SIZE(texts) ? texts[container->type] : NULL;
}

void phrase_place(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct cluster_place *place = &row_workload(rightsizing, row)->place;
	const struct workload_container *container = row_container(rightsizing, row);
	uint32_t line = container->resources.line ? container->resources.line
			: container->line	  ? container->line
						  : place->line;

	if (!place->file || !*place->file || row_workload(rightsizing, row)->from_pods)
		return;
	strbuf_add_string(out, place->file);
	if (line)
		strbuf_addf(out, ":%u", line);
}

/* ---- amounts ---- */

void phrase_amount(struct strbuf *out, enum resource resource, int64_t amount)
{
	struct quantity quantity;

	if (amount < 0) {
		strbuf_add_string(out, "none");
		return;
	}
	quantity = resource == RESOURCE_CPU ? quantity_of_milli(amount) : quantity_of_bytes(amount);
	quantity_print(out, &quantity);
}

void phrase_from_to(struct strbuf *out, enum resource resource, int64_t from, int64_t to)
{
	phrase_amount(out, resource, from);
	if (from == to)
		return;
	strbuf_add_string(out, " → ");
	phrase_amount(out, resource, to);
}

void phrase_sizing(struct strbuf *out, enum resource resource, const struct sizing *sizing)
{
	strbuf_addf(out, "%s request ", resource == RESOURCE_CPU ? "cpu" : "memory");
	phrase_from_to(out, resource, sizing->request_from, sizing->request_to);
	strbuf_add_string(out, ", limit ");
	phrase_from_to(out, resource, sizing->limit_from, sizing->limit_to);
}

static const char *given(const char *text)
{
	return text && *text ? text : NULL;
}

const char *sizing_why(const struct sizing *sizing)
{
	bool told = sizing->status == STATUS_RECOMMEND || sizing->status == STATUS_ELSEWHERE;
	const char *because = given(sizing->because), *reason = given(sizing->reason);

	return told ? (because ? because : reason) : reason ? reason : because;
}

void phrase_size_basis(struct strbuf *out, const struct evidence *evidence)
{
	static const struct dimension time_dimension = { .seconds = 1 };

	if (evidence->samples) {
		strbuf_add_string(out, "of ");
		phrase_plural(out, evidence->samples, "sample");
	}
	if (evidence->window_sec > 0) {
		strbuf_add_string(out, evidence->samples ? " in " : "in ");
		quantity_format(out, evidence->window_sec, time_dimension, false);
	}
}

static bool same_reach(const struct evidence *a, const struct evidence *b)
{
	return a->samples == b->samples && a->window_sec == b->window_sec &&
	       streq(a->source ? a->source : "", b->source ? b->source : "");
}

size_t phrase_size_evidence(struct strbuf *out, const struct sizing *sizing, size_t first)
{
	const struct evidence *evidence = &sizing->evidence[first];
	CLEANUP(strbuf_release) struct strbuf basis = STRBUF_INIT;
	size_t next = first;

	for (; next < sizing->n_evidence && same_reach(&sizing->evidence[next], evidence); next++)
		strbuf_addf(out, "%s%s = %s", next > first ? "; " : "", sizing->evidence[next].expression,
			    sizing->evidence[next].value ? sizing->evidence[next].value : "unknown");
	phrase_size_basis(&basis, evidence);
	if (basis.len)
		strbuf_addf(out, ", %s", basis.buf);
	if (evidence->source && *evidence->source)
		strbuf_addf(out, " (%s)", evidence->source);
	return next;
}

bool consequence_said_before(const struct sizing_row *row, size_t resource, const struct consequence *consequence)
{
	for (size_t r = 0; r < resource; r++)
		for (size_t i = 0; i < row->of[r].n_consequences; i++)
			if (row->of[r].consequences[i].kind == consequence->kind &&
			    streq(row->of[r].consequences[i].text, consequence->text))
				return true;
	return false;
}

void phrase_consequence(struct strbuf *out, const struct consequence *consequence)
{
	strbuf_addf(out, "%s: %s", consequence_kind_name(consequence->kind), consequence->text);
}

void phrase_short(struct strbuf *out, const char *text, size_t max)
{
	size_t length = strlen(text), end = MIN(length, max);

	while (end < length && end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	strbuf_add(out, text, end);
	strbuf_add_string(out, end < length ? "…" : "");
}

/* ---- money ---- */

#define CURRENCY_MAX 8			/* bytes; "USD" */

/* "1,204" of what is 100 and more, "12.30" of what is less. */
static void add_sum(struct strbuf *out, double value)
{
	if (value >= 99.995 && value < 1e15)
		phrase_count(out, (size_t)llround(value));
	else
		strbuf_addf(out, value < 0.005 ? "0" : value < 1e15 ? "%.2f" : "%.3g", value);
}

void phrase_money(struct strbuf *out, const char *currency, double value, bool signed_)
{
	if (isnan(value)) {
		strbuf_add_string(out, "not known");
		return;
	}
	if (fabs(value) >= 0.005)
		strbuf_add_string(out, value < 0 ? "−" : signed_ ? "+" : "");
	phrase_short(out, currency ? currency : "", CURRENCY_MAX);
	strbuf_add_string(out, currency && *currency ? "\u00a0" : "");
	add_sum(out, fabs(value));
}

void phrase_money_range(struct strbuf *out, const char *currency, double least, double most)
{
	phrase_money(out, currency, least, false);
	if (isnan(most) || most - least < 0.005)
		return;
	strbuf_add_string(out, " to ");
	phrase_money(out, currency, most, false);
}

double sizing_cost_change(const struct sizing *sizing)
{
	return sizing->cost_then - sizing->cost_now;
}

double row_cost_change(const struct sizing_row *row)
{
	double sum = NAN;

	for (size_t i = 0; i < SIZED_RESOURCES; i++)
		if (sizing_changes(&row->of[i]))
			sum = (isnan(sum) ? 0 : sum) + sizing_cost_change(&row->of[i]);
	return sum;
}

/* ---- sentences ---- */

const char *phrase_no_change(const struct rightsizing *rightsizing)
{
	return rightsizing->n_rows ? "Nothing is recommended" : "No container was found";
}

void phrase_scope(struct strbuf *out, const struct rightsizing *rightsizing)
{
	const struct cluster *cluster = rightsizing->cluster;

	phrase_plural(out, rightsizing->n_rows, "container");
	strbuf_add_string(out, " of ");
	phrase_plural(out, cluster->n_workloads, "workload");
	if (cluster->n_nodes) {
		strbuf_add_string(out, " on ");
		phrase_plural(out, cluster->n_nodes, "node");
	}
}

struct usage_extent {
	const char *sources[4];		/* different ones */
	size_t n_sources;
	bool more;
	double first_sec, last_sec;
};

static void add_source(struct usage_extent *extent, const char *source)
{
	if (!source || !*source)
		return;
	for (size_t i = 0; i < extent->n_sources; i++)
		if (streq(extent->sources[i], source))
			return;
	if (extent->n_sources < ARRAY_SIZE(extent->sources))
		extent->sources[extent->n_sources++] = source;
	else
		extent->more = true;
}

static void find_extent(const struct rightsizing *rightsizing, struct usage_extent *extent)
{
	static const enum usage_metric metrics[] = { USAGE_CPU, USAGE_MEMORY_WORKING_SET };

	*extent = (struct usage_extent){ .first_sec = INFINITY, .last_sec = -INFINITY };
	for (size_t i = 0; rightsizing->usage && i < rightsizing->n_rows; i++) {
		for (size_t m = 0; m < ARRAY_SIZE(metrics); m++) {
			const struct usage_series *series =
				usage_get(rightsizing->usage, rightsizing->rows[i].container, metrics[m]);

			if (!series || series->samples == 0)
				continue;
			add_source(extent, series->source);
			extent->first_sec = fmin(extent->first_sec, series->first_sec);
			extent->last_sec = fmax(extent->last_sec, series->last_sec);
		}
	}
}

static void add_day(struct strbuf *out, double sec)
{
	time_t seconds = (time_t)sec;
	struct tm tm;
	char text[40];

	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%F %H:%M", &tm))
		strbuf_add_string(out, text);
}

void phrase_usage(struct strbuf *out, const struct rightsizing *rightsizing)
{
	static const struct dimension time_dimension = { .seconds = 1 };
	struct usage_extent extent;

	find_extent(rightsizing, &extent);
	if (extent.first_sec > extent.last_sec) {
		strbuf_add_string(out, "no usage is known");
		return;
	}
	strbuf_add_string(out, "usage");
	for (size_t i = 0; i < extent.n_sources; i++)
		strbuf_addf(out, "%s%s", i ? ", " : " from ", extent.sources[i]);
	strbuf_add_string(out, extent.more ? " and others" : "");
	if (extent.last_sec > extent.first_sec) {
		strbuf_add_string(out, " over ");
		quantity_format(out, extent.last_sec - extent.first_sec, time_dimension, false);
	}
	if (extent.last_sec > 0 && extent.last_sec < 1e11) {
		strbuf_add_string(out, " until ");
		add_day(out, extent.last_sec);
		strbuf_add_string(out, " UTC");
	}
}

void phrase_recommender(struct strbuf *out, const struct rightsizing *rightsizing)
{
	const struct rightsize_options *options = &rightsizing->options;

	if (options->recommender == RECOMMENDER_VPA) {
		strbuf_add_string(out, "recommender vpa: decaying histograms");
		return;
	}
	strbuf_addf(out, "recommender percentile: CPU p%g plus %g %%, memory p%g plus %g %%", options->cpu_percentile * 100,
		    options->cpu_margin * 100, options->memory_percentile * 100, options->memory_margin * 100);
}

void phrase_bill(struct strbuf *out, const struct savings *savings)
{
	phrase_money(out, savings->currency, savings->bill, false);
	if (!isnan(savings->bill))
		strbuf_add_string(out, savings->bill_of_nodes ? " for all nodes" : " for all requests; no nodes are known");
}

void phrase_requested(struct strbuf *out, const struct savings *savings)
{
	phrase_money(out, savings->currency, fabs(savings->requested), false);
	if (!isnan(savings->requested))
		strbuf_add_string(out, savings->requested < 0 ? " more" : " less");
}

void phrase_realisable(struct strbuf *out, const struct savings *savings)
{
	phrase_money_range(out, savings->currency, savings->realisable_least, savings->realisable_most);
	if (savings->realisable_note && *savings->realisable_note)
		strbuf_addf(out, ": %s", savings->realisable_note);
}

void phrase_price(struct strbuf *out, const struct savings *savings)
{
	strbuf_addf(out, "%s, %s", savings->price_source ? savings->price_source : "an unknown source",
		    savings->price_date ? savings->price_date : "no date");
	if (savings->hours > 0)
		strbuf_addf(out, "; a month has %g hours", savings->hours);
}

void phrase_counts(struct strbuf *out, const struct rightsizing *rightsizing, const char *separator)
{
	const char *between = "";

	for (size_t i = 0; i < STATUS_COUNT; i++) {
		if (rightsizing->counts[i] == 0 && i != STATUS_RECOMMEND)
			continue;
		strbuf_add_string(out, between);
		phrase_count(out, rightsizing->counts[i]);
		strbuf_addf(out, " %s", phrase_status((enum status)i));
		between = separator;
	}
}

/* ---- groups ---- */

static bool same_text(const char *a, const char *b)
{
	return streq(a ? a : "", b ? b : "");
}

static struct size_group *find_group(struct size_groups *groups, const struct sizing *sizing)
{
	for (size_t i = 0; i < groups->count; i++)
		if (same_text(groups->items[i].reason, sizing_why(sizing)) &&
		    same_text(groups->items[i].next_step, sizing->next_step))
			return &groups->items[i];
	return NULL;
}

static void groups_add(struct size_groups *groups, const struct sizing_row *row, const struct sizing *sizing)
{
	struct size_group *group = find_group(groups, sizing);

	if (!group && groups->count == SIZE_GROUPS_MAX) {
		group = &groups->items[groups->count - 1];
		group->reason = "other reasons, which --output json tells";
		group->next_step = NULL;
	}
	if (!group) {
		GROW(groups->items, groups->capacity, groups->count + 1);
		group = &groups->items[groups->count++];
		*group = (struct size_group){ .reason = sizing_why(sizing), .next_step = sizing->next_step, .first = row };
	}
	group->count++;
}

void size_groups_collect(struct size_groups *groups, const struct rightsizing *rightsizing, enum status status)
{
	for (size_t i = 0; i < rightsizing->n_rows; i++)
		for (size_t r = 0; r < SIZED_RESOURCES; r++)
			if (rightsizing->rows[i].of[r].status == status)
				groups_add(groups, &rightsizing->rows[i], &rightsizing->rows[i].of[r]);
}

void size_groups_release(struct size_groups *groups)
{
	free(groups->items);
	*groups = (struct size_groups)SIZE_GROUPS_INIT;
}
