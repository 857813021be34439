/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of usage with a heading, as spreadsheets, dashboards and warehouses write them: RFC 4180, with comma, semicolon or tab.
 * Which columns there may be is in docs/keisoku-usage.5.
 *
 *	timestamp,namespace,pod,container,cpu,memory
 *	2026-11-23T07:39:49Z,shop,web-7d9f8c6b5d-x2x8z,app,250m,128Mi
 *
 *	"Time","container_memory_working_set_bytes{namespace=""shop"",pod=""web-0"",container=""app""}"
 *	1795419589000,134217728 */
#include <errno.h>

#include "usage-column.h"
#include "usage-file.h"

#define ROW_MAX (16U << 20)		/* bytes */
#define COLUMNS_MAX 20000U
#define HEADING_PEEK 65536
#define FOUND_MAX 40			/* characters of a wrong cell that are shown */

/* ---- rows ---- */

struct cell {
	size_t start;			/* in row.text, terminated */
	unsigned int line, column;
};

enum csv_state { CELL_BEGIN, CELL_PLAIN, CELL_QUOTED, CELL_QUOTE_ENDS, ROW_ENDS_WITH_RETURN };

struct csv {
	struct usage_input *input;
	char delimiter;
	enum csv_state state;
	struct strbuf text;
	struct cell *cells;
	size_t n_cells, cells_capacity;
	unsigned int line, column;	/* of the next byte */
	unsigned int quote_line, quote_column;
	bool skip_line;			/* a comment before the heading */
	bool has_heading, failed;
	/* What the heading says. */
	struct column *columns;
	size_t n_columns;
	size_t at[COLUMN_MEASURE + 1];	/* the column of each role + 1; 0: none */
	bool has_measure;
	struct strbuf cluster;		/* of the first row */
	struct strbuf key;		/* a heading in its normal form */
	struct symbols metrics;		/* of the long form */
	struct measure *metric_measures;
	size_t metric_measures_capacity;
	uint64_t rows, without_container, other_clusters;
	bool warned_cores;
};

struct column {
	enum column_role role;
	struct measure measure;
	uint32_t owner;			/* of a series; ROW_OWNER_NONE: whose row it is */
	bool is_series;
	char *heading;
};

static void csv_release(struct csv *csv)
{
	for (size_t i = 0; i < csv->n_columns; i++)
		free(csv->columns[i].heading);
	free(csv->columns);
	free(csv->cells);
	free(csv->metric_measures);
	symbols_release(&csv->metrics);
	strbuf_release(&csv->text);
	strbuf_release(&csv->cluster);
	strbuf_release(&csv->key);
}

static const char *cell_text(const struct csv *csv, size_t index)
{
	return index < csv->n_cells ? csv->text.buf + csv->cells[index].start : "";
}

/* A complaint about a cell, or about the row where it is missing. */
static int cell_error(struct csv *csv, size_t index, const char *expected)
{
	const struct cell *cell = &csv->cells[MIN(index, csv->n_cells - 1)];
	const char *text = cell_text(csv, index);

	return usage_rows_error(csv->input->rows, cell->line, cell->column, "%s: expected %s, found '%.*s%s'",
				index < csv->n_columns ? csv->columns[index].heading : "row", expected,
				(int)MIN(strlen(text), (size_t)FOUND_MAX), text, strlen(text) > FOUND_MAX ? "…" : "");
}

/* ---- the heading ---- */

/* Whose the series is.  False: a pod's own beside those of its containers, which is their sum, or the sandbox's. */
static bool series_owner(const struct series_texts *texts, struct row_owner *ret_owner)
{
	const struct series_name *series = &texts->series;

	*ret_owner = (struct row_owner){ series->namespace, series->pod, series->container, texts->kind, texts->workload, series->node };
	return !(*series->pod && !*series->container) && !streq(series->container, "POD");
}

static void heading_series(struct csv *csv, size_t index, struct column *column)
{
	CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
	struct series_texts texts;
	struct row_owner owner;

	if (!series_text_parse(column->heading, &buffer, &texts))
		return;
	column->is_series = true;
	if (!*texts.series.name) {
		(void)cell_error(csv, index, "a metric before the labels, as in cpu{pod=\"web-0\"}");
		return;
	}
	if (measure_parse(texts.series.name, &column->measure) < 0)
		return;
	csv->has_measure = true;
	if (!series_owner(&texts, &owner))
		return;
	if (usage_rows_owner(csv->input->rows, &owner, &column->owner) < 0)
		(void)cell_error(csv, index, "fewer different names");
	if (column->owner != ROW_OWNER_NONE)
		column->role = COLUMN_MEASURE;
}

static void heading_cell(struct csv *csv, size_t index, struct column *column)
{
	enum column_role role;

	*column = (struct column){ .owner = ROW_OWNER_NONE, .heading = xstrdup(cell_text(csv, index)) };
	if (strchr(column->heading, '{')) {
		heading_series(csv, index, column);
		return;
	}
	heading_normalise(&csv->key, column->heading);
	/* "name" may be anybody's. */
	role = streq(column->heading, "__name__") ? COLUMN_METRIC : column_role(csv->key.buf);
	if (role != COLUMN_IGNORED) {
		/* "Time" and "timestamp" in one table: the first one counts. */
		if (csv->at[role] == 0)
			csv->at[role] = index + 1;
		column->role = role;
	} else if (measure_parse(column->heading, &column->measure) == 0) {
		column->role = COLUMN_MEASURE;
		csv->has_measure = true;
	}
}

static bool has_column(const struct csv *csv, enum column_role role)
{
	return csv->at[role] > 0;
}

static bool has_time(const struct csv *csv)
{
	return has_column(csv, COLUMN_TIME) || has_column(csv, COLUMN_DATE);
}

/* Whether there is enough in it to make something of its rows. */
static int heading_check(struct csv *csv)
{
	bool has_series = has_column(csv, COLUMN_SERIES), long_form = has_column(csv, COLUMN_METRIC) || has_series, wide = false;

	for (size_t i = 0; i < csv->n_columns; i++)
		wide = wide || csv->columns[i].is_series;
	if (long_form && !has_column(csv, COLUMN_VALUE))
		return usage_rows_error(csv->input->rows, csv->cells[0].line, 0,
					"a table with a column '%s' needs a column 'value'", has_series ? "series" : "metric");
	if (!csv->has_measure && !long_form)
		return usage_rows_error(csv->input->rows, csv->cells[0].line, 0,
					"expected a heading with columns such as namespace, pod, container, timestamp, cpu and memory; "
					"no column for what was used was found");
	if (!wide && !has_series && !has_column(csv, COLUMN_POD) && !has_column(csv, COLUMN_WORKLOAD) &&
	    !has_column(csv, COLUMN_NODE))
		return usage_rows_error(csv->input->rows, csv->cells[0].line, 0, "expected a column 'pod', or one 'workload'");
	return 0;
}

static void heading_read(struct csv *csv)
{
	csv->has_heading = true;
	csv->n_columns = csv->n_cells;
	csv->columns = xcalloc(csv->n_columns, sizeof(csv->columns[0]));
	for (size_t i = 0; i < csv->n_columns; i++)
		heading_cell(csv, i, &csv->columns[i]);
	if (heading_check(csv) < 0)
		csv->failed = true;
}

/* ---- rows of values ---- */

static const char *role_text(const struct csv *csv, enum column_role role)
{
	return csv->at[role] ? cell_text(csv, csv->at[role] - 1) : "";
}

/* NAN when the table has no such column or this row nothing in it. */
static int role_time(struct csv *csv, enum column_role role, double *ret_sec)
{
	int r;

	*ret_sec = NAN;
	if (!csv->at[role])
		return 0;
	r = cell_time(role_text(csv, role), ret_sec);
	if (r == -EINVAL)
		return cell_error(csv, csv->at[role] - 1, "a time, as 2026-11-23T07:39:49Z or seconds since 1970");
	return 0;
}

/* "2026-11-23" and "07:39:49" in two columns, or all in one. */
static int row_time(struct csv *csv, double *ret_sec)
{
	CLEANUP(strbuf_release) struct strbuf both = STRBUF_INIT;
	const char *time = role_text(csv, COLUMN_TIME);

	if (!csv->at[COLUMN_DATE])
		return role_time(csv, COLUMN_TIME, ret_sec);
	if (!csv->at[COLUMN_TIME] || !*time)
		return role_time(csv, COLUMN_DATE, ret_sec);
	strbuf_addf(&both, "%s %s", role_text(csv, COLUMN_DATE), time);
	return cell_time(both.buf, ret_sec) == 0 ? 0 : role_time(csv, COLUMN_TIME, ret_sec);
}

static int role_count(struct csv *csv, enum column_role role, double *ret_count)
{
	const struct measure count = { .metric = USAGE_THREADS, .scale = 1 };
	int r;

	*ret_count = 0;
	if (!csv->at[role])
		return 0;
	r = measure_value(&count, role_text(csv, role), csv->delimiter != ',', ret_count);
	if (r < 0 && r != -ENODATA)
		return cell_error(csv, csv->at[role] - 1, "a number");
	return 0;
}

struct row_times {
	double at, first, last;
	double samples, pods;
};

static void row_measure(struct csv *csv, uint32_t owner, const struct measure *measure, double value,
			const struct row_times *times, struct row_summary *summary)
{
	switch (measure->statistic) {
	case STATISTIC_SAMPLE:
		usage_rows_sample(csv->input->rows, owner, measure->metric, measure->kind, times->at, value);
		return;
	case STATISTIC_MIN:
		summary->min = value;
		break;
	case STATISTIC_MAX:
		summary->max = value;
		break;
	case STATISTIC_MEAN:
		summary->mean = value;
		break;
	case STATISTIC_QUANTILE:
		if (summary->n_given < USAGE_PERCENTILES_MAX)
			summary->given[summary->n_given++] =
				(struct usage_percentile){ .quantile = measure->quantile, .value = value };
		break;
	}
}

/* Adds what a summary knows besides: of each metric that the row has something of. */
static void row_summaries(struct csv *csv, uint32_t owner, const struct row_times *times, struct row_summary *summaries,
			  const bool *has)
{
	for (int m = 0; m < USAGE_METRIC_COUNT; m++) {
		if (!has[m])
			continue;
		summaries[m].samples = (uint64_t)MIN(times->samples, 1e15);	/* more than anybody took */
		summaries[m].pods = (uint32_t)MIN(times->pods, 1e9);
		summaries[m].first_sec = isnan(times->first) ? times->at : times->first;
		summaries[m].last_sec = isnan(times->last) ? times->at : times->last;
		usage_rows_summary(csv->input->rows, owner, (enum usage_metric)m, &summaries[m]);
	}
}

struct row {
	uint32_t owner;
	struct row_times times;
	struct row_summary summaries[USAGE_METRIC_COUNT];
	bool has[USAGE_METRIC_COUNT];
};

/* A counter beside a window is what it grew in it. */
static bool is_increase(const struct csv *csv, const struct measure *measure)
{
	return measure->kind == SERIES_COUNTER && csv->at[COLUMN_FIRST] && csv->at[COLUMN_LAST] && !has_time(csv);
}

static int row_value(struct csv *csv, struct row *row, uint32_t owner, const struct measure *measure, size_t index)
{
	struct row_summary *summary = &row->summaries[measure->metric];
	double value;
	int r;

	r = measure_value(measure, cell_text(csv, index), csv->delimiter != ',', &value);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return cell_error(csv, index, measure_expectation(measure));
	if (measure->metric == USAGE_CPU && measure->kind == SERIES_GAUGE && value >= USAGE_CORES_MAX)
		return cell_error(csv, index, "fewer cores than any machine has (nanocores are said by the heading: cpu (nanocores))");
	if (measure->metric == USAGE_CPU && measure->kind == SERIES_GAUGE && value > 1000 && !csv->warned_cores) {
		csv->warned_cores = true;
		(void)usage_rows_warning(csv->input->rows, csv->cells[index].line, csv->cells[index].column,
					 "%s: %.6g is taken for cores; millicores are written 250m, or said by the heading: cpu (millicores)",
					 csv->columns[index].heading, value);
	}
	if (!is_increase(csv, measure) && measure->statistic == STATISTIC_SAMPLE) {
		if (isnan(row->times.at))
			return usage_rows_error(csv->input->rows, csv->cells[0].line, 0, "a row without a time; expected a column 'timestamp'");
		row_measure(csv, owner, measure, value, &row->times, NULL);
		return 0;
	}
	if (!row->has[measure->metric])
		*summary = (struct row_summary)ROW_SUMMARY_INIT;
	row->has[measure->metric] = true;
	if (is_increase(csv, measure))
		summary->increase = value;
	else
		row_measure(csv, owner, measure, value, &row->times, summary);
	return 0;
}

/* Two clusters in one table have the same names for different things. */
static bool row_is_of_this_cluster(struct csv *csv)
{
	const char *cluster = role_text(csv, COLUMN_CLUSTER);

	if (!*cluster || csv->cluster.len == 0) {
		strbuf_add_string(&csv->cluster, cluster);
		return true;
	}
	if (streq(csv->cluster.buf, cluster))
		return true;
	if (csv->other_clusters++ == 0)
		(void)usage_rows_error(csv->input->rows, csv->cells[0].line, 0,
				       "a second cluster; the rows of all but the first one are left out");
	return false;
}

/* Whose the row is; false: nobody's, which has been said or counted. */
static bool row_owner(struct csv *csv, uint32_t *ret_owner)
{
	struct row_owner owner = {
		role_text(csv, COLUMN_NAMESPACE), role_text(csv, COLUMN_POD), role_text(csv, COLUMN_CONTAINER),
		role_text(csv, COLUMN_KIND), role_text(csv, COLUMN_WORKLOAD), role_text(csv, COLUMN_NODE),
	};

	*ret_owner = ROW_OWNER_NONE;
	if (!*owner.pod && !*owner.workload && !*owner.node)
		return false;
	if (has_column(csv, COLUMN_CONTAINER) && (*owner.pod || *owner.workload) &&
	    (!*owner.container || streq(owner.container, "POD"))) {
		csv->without_container++;
		return false;
	}
	if (usage_rows_owner(csv->input->rows, &owner, ret_owner) < 0) {
		(void)usage_rows_error(csv->input->rows, csv->cells[0].line, 0, "too many different pods in one file");
		csv->failed = true;
	}
	return *ret_owner != ROW_OWNER_NONE;
}

/* The measure that a name in a cell means; NULL: none of usage. */
static const struct measure *named_measure(struct csv *csv, const char *name)
{
	uint32_t known = csv->metrics.count, symbol;

	symbol = symbols_find(&csv->metrics, name, strlen(name));
	if (symbol == SYMBOL_NONE) {
		struct measure measure = { .kind = SERIES_IGNORED };

		if (known >= COLUMNS_MAX)
			return NULL;
		symbol = symbols_intern(&csv->metrics, name, strlen(name));
		(void)measure_parse(name, &measure);
		GROW(csv->metric_measures, csv->metric_measures_capacity, symbol + 1);
		csv->metric_measures[symbol] = measure;
	}
	return csv->metric_measures[symbol].kind == SERIES_IGNORED ? NULL : &csv->metric_measures[symbol];
}

/* "Series","Time","Value" */
static void row_series(struct csv *csv, struct row *row)
{
	CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
	struct series_texts texts;
	const struct measure *measure;
	struct row_owner owner;
	uint32_t number;

	if (!series_text_parse(role_text(csv, COLUMN_SERIES), &buffer, &texts) || !*texts.series.name) {
		(void)cell_error(csv, csv->at[COLUMN_SERIES] - 1, "metric{label=\"value\", …}");
		return;
	}
	measure = named_measure(csv, texts.series.name);
	if (!measure || !series_owner(&texts, &owner))
		return;
	if (usage_rows_owner(csv->input->rows, &owner, &number) == 0 && number != ROW_OWNER_NONE)
		(void)row_value(csv, row, number, measure, csv->at[COLUMN_VALUE] - 1);
}

static void row_measures(struct csv *csv, struct row *row, bool has_owner)
{
	for (size_t i = 0; i < csv->n_columns && i < csv->n_cells; i++) {
		const struct column *column = &csv->columns[i];
		uint32_t owner = column->is_series ? column->owner : row->owner;

		if (column->role != COLUMN_MEASURE || owner == ROW_OWNER_NONE || (!column->is_series && !has_owner))
			continue;
		(void)row_value(csv, row, owner, &column->measure, i);
	}
}

static void row_read(struct csv *csv)
{
	struct row row = { .owner = ROW_OWNER_NONE };
	const struct measure *measure;
	bool has_owner;
	int r;

	csv->rows++;
	for (size_t i = csv->n_columns; i < csv->n_cells; i++) {
		if (!*cell_text(csv, i))
			continue;
		(void)usage_rows_error(csv->input->rows, csv->cells[i].line, csv->cells[i].column,
				       "a row with more cells than the heading has (%zu)", csv->n_columns);
		return;
	}
	if (!row_is_of_this_cluster(csv))
		return;
	r = row_time(csv, &row.times.at) | role_time(csv, COLUMN_FIRST, &row.times.first) |
	    role_time(csv, COLUMN_LAST, &row.times.last) | role_count(csv, COLUMN_SAMPLES, &row.times.samples) |
	    role_count(csv, COLUMN_PODS, &row.times.pods);
	if (r < 0)
		return;
	if (!has_time(csv) && csv->input->options && csv->input->options->time_sec > 0)
		row.times.at = csv->input->options->time_sec;
	if (csv->at[COLUMN_SERIES]) {
		row_series(csv, &row);
		return;
	}
	has_owner = row_owner(csv, &row.owner);
	row_measures(csv, &row, has_owner);
	if (has_owner && csv->at[COLUMN_METRIC]) {
		measure = named_measure(csv, role_text(csv, COLUMN_METRIC));
		if (measure)
			(void)row_value(csv, &row, row.owner, measure, csv->at[COLUMN_VALUE] - 1);
	}
	if (has_owner)
		row_summaries(csv, row.owner, &row.times, row.summaries, row.has);
}

/* ---- bytes into rows ---- */

static void cell_begin(struct csv *csv)
{
	GROW(csv->cells, csv->cells_capacity, csv->n_cells + 1);
	csv->cells[csv->n_cells++] = (struct cell){ .start = csv->text.len, .line = csv->line, .column = csv->column };
}

static void row_end(struct csv *csv)
{
	bool blank = csv->n_cells == 1 && csv->text.len == 0;

	strbuf_add_char(&csv->text, '\0');
	if (csv->n_cells > 0 && !blank) {
		if (csv->has_heading)
			row_read(csv);
		else
			heading_read(csv);
	}
	csv->n_cells = 0;
	strbuf_reset(&csv->text);
}

static int csv_fail(struct csv *csv, unsigned int line, unsigned int column, const char *problem)
{
	csv->failed = true;
	return usage_rows_error(csv->input->rows, line, column, "%s", problem);
}

static void csv_line_ends(struct csv *csv)
{
	if (csv->skip_line) {
		csv->skip_line = false;
		csv->n_cells = 0;
		strbuf_reset(&csv->text);
	} else {
		row_end(csv);
	}
	csv->state = CELL_BEGIN;
}

/* Behind a quote that ends a cell, or in one without quotes. */
static int csv_plain_byte(struct csv *csv, char c)
{
	if (c == csv->delimiter) {
		strbuf_add_char(&csv->text, '\0');
		csv->state = CELL_BEGIN;
		csv->column++;
		if (csv->n_cells >= COLUMNS_MAX)
			return csv_fail(csv, csv->line, csv->column, "more columns than a table may have (20000)");
		cell_begin(csv);
		csv->column--;
		return 0;
	}
	if (c == '\r') {
		csv_line_ends(csv);
		csv->state = ROW_ENDS_WITH_RETURN;
		return 0;
	}
	if (c == '\n') {
		csv_line_ends(csv);
		return 0;
	}
	if (csv->state == CELL_QUOTE_ENDS)
		return c == ' ' ? 0 : csv_fail(csv, csv->line, csv->column, "text behind the quote that ends a cell; a quote inside is written twice");
	csv->state = CELL_PLAIN;
	strbuf_add_char(&csv->text, c);
	return 0;
}

static int csv_byte(struct csv *csv, char c)
{
	if (csv->state == ROW_ENDS_WITH_RETURN) {
		csv->state = CELL_BEGIN;
		if (c == '\n')
			return 0;
	}
	if (csv->n_cells == 0) {
		csv->skip_line = c == '#' && !csv->has_heading;
		cell_begin(csv);
	}
	if (c == '\0')
		return csv_fail(csv, csv->line, csv->column, "a zero byte; expected text");
	if (csv->text.len > ROW_MAX)
		return csv_fail(csv, csv->cells[0].line, 0, "a row of more than 16 MiB; is a quote not closed?");
	switch (csv->state) {
	case CELL_QUOTED:
		if (c == '"')
			csv->state = CELL_QUOTE_ENDS;
		else
			strbuf_add_char(&csv->text, c);
		return 0;
	case CELL_QUOTE_ENDS:
		if (c == '"') {
			csv->state = CELL_QUOTED;
			strbuf_add_char(&csv->text, c);
			return 0;
		}
		break;
	case CELL_BEGIN:
		if (c == '"' && !csv->skip_line) {
			csv->state = CELL_QUOTED;
			csv->quote_line = csv->line;
			csv->quote_column = csv->column;
			return 0;
		}
		break;
	case CELL_PLAIN:
	case ROW_ENDS_WITH_RETURN:
		break;
	}
	return csv_plain_byte(csv, c);
}

static void csv_bytes(struct csv *csv, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length && !csv->failed; i++) {
		(void)csv_byte(csv, bytes[i]);
		if (bytes[i] == '\n') {
			csv->line++;
			csv->column = 1;
		} else {
			csv->column++;
		}
	}
}

/* The one that the first line has most of, outside of quotes and comments; a spreadsheet may say it: "sep=;". */
static char delimiter_guess(const char *text, size_t length)
{
	static const char delimiters[] = { ',', ';', '\t' };
	size_t counts[ARRAY_SIZE(delimiters)] = { 0 }, best = 0;
	bool quoted = false, comment = false, any = false;

	for (size_t i = 0; i < length; i++) {
		if (!any && !comment && text[i] == '#')
			comment = true;
		if ((text[i] == '\n' || text[i] == '\r') && !quoted) {
			comment = false;
			if (any)
				break;
			continue;
		}
		if (comment)
			continue;
		any = true;
		quoted ^= text[i] == '"';
		for (size_t d = 0; d < ARRAY_SIZE(delimiters) && !quoted; d++)
			counts[d] += text[i] == delimiters[d];
	}
	for (size_t d = 1; d < ARRAY_SIZE(delimiters); d++)
		if (counts[d] > counts[best])
			best = d;
	return delimiters[best];
}

/* Passes over the mark at the beginning of UTF-8 and the line "sep=;". */
static int csv_begin(struct csv *csv)
{
	const char *text;
	const void *bytes;
	size_t length;
	int r;

	r = stream_peek(csv->input->stream, HEADING_PEEK, &bytes, &length);
	if (r < 0)
		return r;
	text = bytes;
	if (length >= 6 && strncasecmp(text, "sep=", 4) == 0 && (text[5] == '\r' || text[5] == '\n')) {
		csv->delimiter = text[4];
		(void)stream_skip(csv->input->stream, 5);
		return 0;
	}
	csv->delimiter = delimiter_guess(text, length);
	return 0;
}

static void csv_end(struct csv *csv)
{
	struct usage_rows *rows = csv->input->rows;

	if (csv->failed)
		return;
	if (csv->state == CELL_QUOTED) {
		(void)csv_fail(csv, csv->quote_line, csv->quote_column, "a quote that is not closed");
		return;
	}
	if (csv->n_cells > 0 && !csv->skip_line)
		row_end(csv);
	if (!csv->has_heading)
		(void)usage_rows_error(rows, 0, 0, "there is nothing in it; expected a table with a heading");
	else if (csv->rows == 0)
		(void)usage_rows_warning(rows, 0, 0, "there is no row below the heading");
	if (csv->without_container > 0 && csv->without_container == csv->rows)
		(void)usage_rows_warning(rows, 0, 0, "no row names a container");
}

int usage_read_csv(struct usage_input *input)
{
	CLEANUP(csv_release) struct csv csv = {
		.input = input, .text = STRBUF_INIT, .cluster = STRBUF_INIT, .key = STRBUF_INIT, .line = 1, .column = 1,
	};
	const void *bytes;
	ssize_t n;
	int r;

	r = csv_begin(&csv);
	if (r < 0)
		return r;
	while (!csv.failed && (n = usage_input_next(input, &bytes)) != 0) {
		if (n < 0)
			return (int)n;
		csv_bytes(&csv, bytes, (size_t)n);
	}
	csv_end(&csv);
	return usage_rows_errors(input->rows) ? -EINVAL : 0;
}
