/* SPDX-License-Identifier: Apache-2.0 */
/* What `kubectl top pod --containers`, `kubectl top pod` and `kubectl top node` print, once or again and again.  They say no time: it
 * is taken from a line before, as `date -u +%FT%TZ` or `date +%s` writes it, else it is the file's.
 *
 *	2026-11-23T07:39:49Z
 *	NAMESPACE   POD                    NAME   CPU(cores)   MEMORY(bytes)
 *	shop        web-7d9f8c6b5d-x2x8z   app    250m         128Mi
 *
 * kubectl pkg/metricsutil/metrics_printer.go */
#include <errno.h>

#include "../core/parse.h"
#include "usage-column.h"
#include "usage-file.h"

#define LINE_MAX_BYTES 65536U
#define WORDS_MAX 8

enum top_column { TOP_OTHER, TOP_NAMESPACE, TOP_POD, TOP_NAME, TOP_CPU, TOP_MEMORY };

struct top {
	struct usage_input *input;
	struct strbuf line;
	unsigned int number;		/* of the line */
	enum top_column columns[WORDS_MAX];
	size_t n_columns;		/* 0: no heading yet */
	bool is_node, has_containers;
	double time_sec;		/* NAN: not known */
	bool time_is_files;
	bool told_no_time, failed;
};

struct words {
	char *list[WORDS_MAX];
	size_t count;
	bool more;
};

/* Cuts line into its words. */
static void words_split(char *line, struct words *words)
{
	const char *cursor = line, *word;
	size_t length;

	words->count = 0;
	words->more = false;
	while (next_word(&cursor, &word, &length)) {
		if (words->count == WORDS_MAX) {
			words->more = true;
			break;
		}
		words->list[words->count++] = line + (word - line);
	}
	for (size_t i = 0; i < words->count; i++)
		words->list[i][strcspn(words->list[i], " \t\r")] = '\0';
}

static enum top_column top_column(const char *heading)
{
	static const struct { const char *heading; enum top_column column; } headings[] = {
		{ "NAMESPACE", TOP_NAMESPACE }, { "POD", TOP_POD }, { "NAME", TOP_NAME }, { "CPU(cores)", TOP_CPU },
		{ "MEMORY(bytes)", TOP_MEMORY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		if (streq(headings[i].heading, heading))
			return headings[i].column;
	return TOP_OTHER;
}

static bool top_heading(struct top *top, const struct words *words)
{
	bool has[TOP_MEMORY + 1] = { 0 };

	if (words->count < 3 || words->more)
		return false;
	for (size_t i = 0; i < words->count; i++)
		has[top_column(words->list[i])] = true;
	if (!has[TOP_CPU] || !has[TOP_MEMORY] || !has[TOP_NAME])
		return false;
	/* A second output without a time between: nobody knows how much later. */
	if (top->n_columns > 0 && top->time_is_files)
		top->time_sec = NAN;
	top->n_columns = words->count;
	top->has_containers = has[TOP_POD];
	top->is_node = has[TOP_OTHER];		/* CPU% */
	for (size_t i = 0; i < words->count; i++)
		top->columns[i] = top_column(words->list[i]);
	return true;
}

static void top_value(struct top *top, uint32_t owner, enum usage_metric metric, const char *text)
{
	const struct measure measure = { .metric = metric, .kind = SERIES_GAUGE, .scale = 1 };
	double value;
	int r;

	r = measure_value(&measure, text, false, &value);
	if (r == -ENODATA)
		return;
	if (r < 0)
		(void)usage_rows_error(top->input->rows, top->number, 0, "expected a quantity, found '%.40s'", text);
	else
		usage_rows_sample(top->input->rows, owner, metric, SERIES_GAUGE, top->time_sec, value);
}

static void top_row(struct top *top, const struct words *words)
{
	const char *values[TOP_MEMORY + 1] = { "", "", "", "", "", "" };
	struct row_owner owner = { "", "", "", "", "", "" };
	uint32_t number;

	if (words->count != top->n_columns || words->more) {
		(void)usage_rows_error(top->input->rows, top->number, 0, "expected %zu words as in the heading", top->n_columns);
		return;
	}
	if (isnan(top->time_sec)) {
		if (!top->told_no_time)
			(void)usage_rows_error(top->input->rows, top->number, 0,
					       "when this was measured is not said; expected a line with the time before each output, "
					       "as from `date -u +%%FT%%TZ`");
		top->told_no_time = true;
		return;
	}
	for (size_t i = 0; i < words->count; i++)
		values[top->columns[i]] = words->list[i];
	owner.namespace = values[TOP_NAMESPACE];
	owner.pod = top->is_node ? "" : top->has_containers ? values[TOP_POD] : values[TOP_NAME];
	owner.container = top->has_containers ? values[TOP_NAME] : "";
	owner.node = top->is_node ? values[TOP_NAME] : "";
	if (usage_rows_owner(top->input->rows, &owner, &number) < 0) {
		(void)usage_rows_error(top->input->rows, top->number, 0, "too many different pods in one file");
		top->failed = true;
		return;
	}
	if (number == ROW_OWNER_NONE)
		return;
	top_value(top, number, USAGE_CPU, values[TOP_CPU]);
	top_value(top, number, USAGE_MEMORY_WORKING_SET, values[TOP_MEMORY]);
}

/* "Mon Nov 23 07:39:49 UTC 2026", "Mon 23 Nov 2026 07:39:49 AM UTC": as date(1) prints it by itself; of other zones the name does
 * not say how far from UTC they are. */
static bool date_words(const struct words *words, double *ret_sec)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (words->count != 6 || !streq(words->list[4], "UTC"))
		return false;
	for (unsigned int month = 0; month < ARRAY_SIZE(months); month++) {
		if (!streq(words->list[1], months[month]))
			continue;
		strbuf_addf(&text, "%s-%02u-%s%s %s", words->list[5], month + 1, strlen(words->list[2]) == 1 ? "0" : "",
			    words->list[2], words->list[3]);
		return cell_time(text.buf, ret_sec) == 0;
	}
	return false;
}

static bool top_time(struct top *top, const struct words *words)
{
	double sec;

	if (!(words->count == 1 && cell_time(words->list[0], &sec) == 0) && !date_words(words, &sec)) {
		CLEANUP(strbuf_release) struct strbuf both = STRBUF_INIT;

		if (words->count < 2 || words->count > 3)
			return false;
		strbuf_addf(&both, "%s %s%s%s", words->list[0], words->list[1], words->count > 2 ? " " : "",
			    words->count > 2 ? words->list[2] : "");
		if (cell_time(both.buf, &sec) < 0)
			return false;
	}
	top->time_sec = sec;
	top->time_is_files = false;
	return true;
}

static void top_line(struct top *top)
{
	struct words words;

	top->number++;
	words_split(top->line.buf, &words);
	if (words.count == 0 || *words.list[0] == '#')
		return;
	if (top_heading(top, &words) || top_time(top, &words))
		return;
	if (top->n_columns > 0)
		top_row(top, &words);
	else
		(void)usage_rows_error(top->input->rows, top->number, 0, "expected the heading of `kubectl top`");
}

static void top_bytes(struct top *top, const char *bytes, size_t length)
{
	while (length > 0 && !top->failed) {
		const char *newline = memchr(bytes, '\n', length);
		size_t n = newline ? (size_t)(newline - bytes) : length;

		if (top->line.len + n > LINE_MAX_BYTES || memchr(bytes, '\0', n)) {
			(void)usage_rows_error(top->input->rows, top->number + 1, 0, "a line that is too long, or no text");
			top->failed = true;
			return;
		}
		strbuf_add(&top->line, bytes, n);
		n += newline != NULL;
		bytes += n;
		length -= n;
		if (newline) {
			top_line(top);
			strbuf_reset(&top->line);
		}
	}
}

int usage_read_top(struct usage_input *input)
{
	struct top top = { .input = input, .line = STRBUF_INIT, .time_sec = NAN };
	const void *bytes;
	ssize_t n = 0;

	if (input->options && input->options->time_sec > 0) {
		top.time_sec = input->options->time_sec;
		top.time_is_files = true;
	}
	while (!top.failed && (n = usage_input_next(input, &bytes)) > 0)
		top_bytes(&top, bytes, (size_t)n);
	if (n == 0 && !top.failed && top.line.len > 0)
		top_line(&top);
	strbuf_release(&top.line);
	if (n < 0)
		return (int)n;
	return usage_rows_errors(input->rows) ? -EINVAL : 0;
}
