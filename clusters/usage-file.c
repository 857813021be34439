/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-file.h"

#include <errno.h>

#include "response.h"


#define PEEK 65536

ssize_t usage_input_next(struct usage_input *input, const void **ret_bytes)
{
	const struct read_options *options = input->options;
	ssize_t n;

	n = stream_next(input->stream, ret_bytes);
	if (n > 0 && options && options->progress)
		options->progress(options->context, input->path, input->stream->passed, 0);
	return n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether the first member of the first object is one that begins an answer of Prometheus, of which metrics.k8s.io has none. */
static bool is_response(const char *text, size_t length)
{
	static const char *const members[] = { "status", "data", "error", "errorType", "isPartial", "warnings", "infos", "metric",
					       "stats", "trace" };
	size_t i = 0, end;

	while (i < length && (is_space(text[i]) || text[i] == '[' || text[i] == '{'))
		i++;
	if (i == length || text[i] != '"')
		return false;
	for (end = ++i; end < length && text[end] != '"'; end++)
		continue;
	for (size_t m = 0; m < ARRAY_SIZE(members); m++)
		if (strlen(members[m]) == end - i && memcmp(members[m], text + i, end - i) == 0)
			return true;
	return false;
}

static bool line_begins(const char *line, size_t length, const char *with)
{
	return length >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static bool line_has(const char *line, size_t length, const char *what)
{
	return memmem(line, length, what, strlen(what)) != NULL;
}

enum text_kind { TEXT_CSV, TEXT_TOP, TEXT_YAML };

/* A heading of `kubectl top` has blanks between its words; a table has its delimiter. */
static enum text_kind text_kind(const char *text, size_t length)
{
	static const char *const yaml_beginnings[] = { "---", "apiVersion:", "containers:", "items:", "kind:", "metadata:", "timestamp:",
						       "usage:", "- apiVersion:", "- metadata:", "- containers:" };

	for (size_t i = 0, n; i < length; i += n + 1) {
		const char *line = text + i, *newline = memchr(line, '\n', length - i);

		n = newline ? (size_t)(newline - line) : length - i;
		for (size_t y = 0; y < ARRAY_SIZE(yaml_beginnings); y++)
			if (line_begins(line, n, yaml_beginnings[y]))
				return TEXT_YAML;
		if (line_has(line, n, " CPU(cores) ") && line_has(line, n, " MEMORY(bytes)"))
			return TEXT_TOP;
		if (memchr(line, ',', n) || memchr(line, ';', n) || memchr(line, '\t', n))
			return TEXT_CSV;
	}
	return TEXT_CSV;
}

static int read_text(struct usage_input *input, const char *text, size_t length)
{
	static int (*const readers[])(struct usage_input *) = {
		[TEXT_CSV] = usage_read_csv, [TEXT_TOP] = usage_read_top, [TEXT_YAML] = usage_read_metrics_yaml,
	};

	return readers[text_kind(text, length)](input);
}

/* What a program wrote that does not know of UTF-8. */
static bool is_utf16(const char *text, size_t length)
{
	return length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static int read_by_content(struct usage_input *input)
{
	const struct magic *magic;
	const char *text;
	const void *bytes;
	size_t length, begin = 0;
	int r;

	r = stream_magic(input->stream, &magic);
	if (r == 0)
		r = stream_peek(input->stream, PEEK, &bytes, &length);
	if (r < 0)
		return r;
	text = bytes;
	if (magic->kind == MAGIC_NOTHING)
		return usage_rows_error(input->rows, 0, 0, "there is nothing in it");
	if (is_utf16(text, length))
		return usage_rows_error(input->rows, 0, 0, "this is UTF-16; expected UTF-8");
	if (magic->kind != MAGIC_UNKNOWN && magic->kind != MAGIC_JSON)
		return usage_rows_error(input->rows, 0, 0, "this is %s; expected usage as CSV, metrics.k8s.io or a response of Prometheus",
					magic->name);
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		(void)stream_skip(input->stream, 3);
		return read_by_content(input);
	}
	while (begin < length && is_space(text[begin]))
		begin++;
	if (begin < length && (text[begin] == '{' || text[begin] == '[')) {
		if (is_response(text + begin, length - begin))
			return response_read_usage(input->usage, input->cluster, input->path, input->stream, input->options);
		return usage_read_metrics_json(input);
	}
	return read_text(input, text, length);
}

int usage_read_stream(struct usage *usage, const struct cluster *cluster, const char *path, struct stream *stream,
		      const struct read_options *options)
{
	CLEANUP(usage_rows_free_ptr) struct usage_rows *rows = usage_rows_new(usage, cluster, path);
	struct usage_input input = {
		.usage = usage, .cluster = cluster, .path = path, .stream = stream, .options = options, .rows = rows,
	};
	int r;

	r = read_by_content(&input);
	usage_rows_finish(rows);
	return r;
}
