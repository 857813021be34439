/* SPDX-License-Identifier: Apache-2.0 */
/* A line for each resource of each container, for spreadsheets: RFC 4180, UTF-8, every field in quotes.  Columns are
 * only ever added, at the end.  Amounts are numbers, of thousandths of a core or bytes; what is not there is empty. */
#include <math.h>

#include "../core/quote.h"
#include "rightsize-patch.h"
#include "rightsize-phrase.h"
#include "rightsizing.h"

struct cell {
	const struct rightsizing *rightsizing;
	const struct sizing_row *row;
	const struct sizing *sizing;
	enum resource resource;
};

typedef void add_cell(struct strbuf *out, const struct cell *cell);

static void add_text(struct strbuf *out, const char *text)
{
	strbuf_add_string(out, text ? text : "");
}

static void add_amount(struct strbuf *out, int64_t amount)
{
	if (amount >= 0)
		strbuf_addf(out, "%lld", (long long)amount);
}

static void add_real(struct strbuf *out, double value)
{
	if (!isnan(value))
		strbuf_addf(out, "%.6g", value);
}

static void add_money(struct strbuf *out, double value)
{
	if (!isnan(value))
		strbuf_addf(out, "%.2f", fabs(value) < 0.005 ? 0 : value);
}

static double in_unit(const struct cell *cell, double value)
{
	return cell->resource == RESOURCE_CPU ? value * 1000 : value;
}

static const struct workload *workload_of(const struct cell *cell)
{
	return row_workload(cell->rightsizing, cell->row);
}

static const struct workload_container *container_of(const struct cell *cell)
{
	return row_container(cell->rightsizing, cell->row);
}

/* clang-format off */
static void add_id(struct strbuf *out, const struct cell *cell)		{ add_text(out, cell->row->id); }
static void add_namespace(struct strbuf *out, const struct cell *cell)	{ add_text(out, workload_of(cell)->namespace); }
static void add_kind(struct strbuf *out, const struct cell *cell)	{ add_text(out, workload_of(cell)->kind); }
static void add_workload(struct strbuf *out, const struct cell *cell)	{ add_text(out, workload_of(cell)->name); }
static void add_container(struct strbuf *out, const struct cell *cell)	{ add_text(out, container_of(cell)->name); }
static void add_type(struct strbuf *out, const struct cell *cell)	{ add_text(out, container_type_name(container_of(cell)->type)); }
static void add_resource(struct strbuf *out, const struct cell *cell)	{ add_text(out, resource_name(cell->resource)); }
static void add_status(struct strbuf *out, const struct cell *cell)	{ add_text(out, status_name(cell->sizing->status)); }
static void add_severity(struct strbuf *out, const struct cell *cell)	{ add_text(out, severity_name(cell->sizing->severity)); }
static void add_cause(struct strbuf *out, const struct cell *cell)	{ add_text(out, size_cause_name(cell->sizing->cause)); }
static void add_change(struct strbuf *out, const struct cell *cell)	{ phrase_sizing(out, cell->resource, cell->sizing); }
static void add_replicas(struct strbuf *out, const struct cell *cell)	{ add_real(out, cell->row->replicas); }
static void add_currency(struct strbuf *out, const struct cell *cell)	{ add_text(out, cell->rightsizing->savings.currency); }
static void add_confidence(struct strbuf *out, const struct cell *cell)	{ add_text(out, confidence_name(cell->sizing->confidence)); }
static void add_qos_now(struct strbuf *out, const struct cell *cell)	{ add_text(out, qos_class_name(cell->row->qos_now)); }
static void add_qos_then(struct strbuf *out, const struct cell *cell)	{ add_text(out, qos_class_name(cell->row->qos_then)); }
static void add_place(struct strbuf *out, const struct cell *cell)	{ phrase_place(out, cell->rightsizing, cell->row); }
static void add_patch_note(struct strbuf *out, const struct cell *cell)	{ add_text(out, row_without_patch(cell->rightsizing, cell->row)); }
/* clang-format on */

static void add_unit(struct strbuf *out, const struct cell *cell)
{
	add_text(out, cell->resource == RESOURCE_CPU ? "millicores" : "bytes");
}

static void add_label(struct strbuf *out, const struct cell *cell)
{
	const char *label = cell->rightsizing->options.label;

	if (label && *label)
		add_text(out, workload_label(cell->rightsizing->cluster, workload_of(cell), label));
}

static void add_evidence(struct strbuf *out, const struct cell *cell)
{
	for (size_t i = 0; i < cell->sizing->n_evidence;) {
		strbuf_add_string(out, i ? "; " : "");
		i = phrase_size_evidence(out, cell->sizing, i);
	}
}

static void add_consequences(struct strbuf *out, const struct cell *cell)
{
	for (size_t i = 0; i < cell->sizing->n_consequences; i++) {
		const struct consequence *consequence = &cell->sizing->consequences[i];

		strbuf_addf(out, "%s%s, ", i ? "; " : "", consequence_weight_name(consequence->weight));
		phrase_consequence(out, consequence);
	}
}

/* A column is a member of the sizing, of a type, or made of several. */
struct column {
	const char *name;
	add_cell *add;
	size_t amount, money, need, text;	/* 1 + the offset in struct sizing */
};

#define SIZING(member) (1 + offsetof(struct sizing, member))

/* clang-format off */
static const struct column columns[] = {
	{ .name = "id",            .add = add_id, },
	{ .name = "namespace",     .add = add_namespace, },
	{ .name = "kind",          .add = add_kind, },
	{ .name = "workload",      .add = add_workload, },
	{ .name = "container",     .add = add_container, },
	{ .name = "type",          .add = add_type, },
	{ .name = "label",         .add = add_label, },
	{ .name = "replicas",      .add = add_replicas, },
	{ .name = "resource",      .add = add_resource, },
	{ .name = "unit",          .add = add_unit, },
	{ .name = "status",        .add = add_status, },
	{ .name = "severity",      .add = add_severity, },
	{ .name = "cause",         .add = add_cause, },
	{ .name = "change",        .add = add_change, },
	{ .name = "request_from",  .amount = SIZING(request_from), },
	{ .name = "request_to",    .amount = SIZING(request_to), },
	{ .name = "limit_from",    .amount = SIZING(limit_from), },
	{ .name = "limit_to",      .amount = SIZING(limit_to), },
	{ .name = "cost_now",      .money = SIZING(cost_now), },
	{ .name = "cost_then",     .money = SIZING(cost_then), },
	{ .name = "currency",      .add = add_currency, },
	{ .name = "because",       .text = SIZING(because), },
	{ .name = "reason",        .text = SIZING(reason), },
	{ .name = "measured",      .add = add_evidence, },
	{ .name = "consequences",  .add = add_consequences, },
	{ .name = "next_step",     .text = SIZING(next_step), },
	{ .name = "confidence",    .add = add_confidence, },
	{ .name = "target",        .need = SIZING(target), },
	{ .name = "lower",         .need = SIZING(lower), },
	{ .name = "upper",         .need = SIZING(upper), },
	{ .name = "qos_now",       .add = add_qos_now, },
	{ .name = "qos_then",      .add = add_qos_then, },
	{ .name = "place",         .add = add_place, },
	{ .name = "patch_note",    .add = add_patch_note, },
};
/* clang-format on */

static const void *member_of(const struct cell *cell, size_t member)
{
	return (const char *)cell->sizing + member - 1;
}

static void add_column(struct strbuf *out, const struct cell *cell, const struct column *column)
{
	if (column->add)
		column->add(out, cell);
	else if (column->amount)
		add_amount(out, *(const int64_t *)member_of(cell, column->amount));
	else if (column->money)
		add_money(out, *(const double *)member_of(cell, column->money));
	else if (column->need)
		add_real(out, in_unit(cell, *(const double *)member_of(cell, column->need)));
	else
		add_text(out, *(const char *const *)member_of(cell, column->text));
}

static void write_line(FILE *out, const struct cell *cell)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT, text = STRBUF_INIT;

	for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
		strbuf_reset(&text);
		add_column(&text, cell, &columns[c]);
		strbuf_add_string(&line, c ? "," : "");
		quote_csv(&line, text.buf, text.len);
	}
	strbuf_add_string(&line, "\r\n");
	fwrite(line.buf, 1, line.len, out);
}

static void write_csv(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	(void)page;
	for (size_t c = 0; c < ARRAY_SIZE(columns); c++)
		fprintf(out, "%s\"%s\"", c ? "," : "", columns[c].name);
	fputs("\r\n", out);
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		for (size_t r = 0; r < SIZED_RESOURCES; r++) {
			const struct sizing_row *row = &rightsizing->rows[i];
			struct cell cell = {
				.rightsizing = rightsizing, .row = row, .sizing = &row->of[r], .resource = (enum resource)r,
			};

			write_line(out, &cell);
		}
	}
}

const struct rightsizing_reporter rightsizing_reporter_csv = { .name = "csv", .write = write_csv };
