/* SPDX-License-Identifier: Apache-2.0 */
#include "prometheus.h"

#include <errno.h>
#include <math.h>

#define WHY_MAX 300			/* bytes of what a server says that are repeated */
#define TIMEOUTS_MAX 4			/* in a row */

/* ---- expressions ---- */

/* A string of PromQL is one of Go. */
void promql_quote(struct strbuf *out, const char *text)
{
	strbuf_add_char(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			strbuf_addf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			strbuf_addf(out, "\\x%02x", c);
		else
			strbuf_add_char(out, *text);
	}
	strbuf_add_char(out, '"');
}

void promql_escape_regex(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\.+*?()|[]{}^$", *text))
			strbuf_add_char(out, '\\');
		strbuf_add_char(out, *text);
	}
}

void promql_duration(struct strbuf *out, double seconds)
{
	strbuf_addf(out, "%.0fs", fmax(round(seconds), 1));
}

static bool is_name_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* One of "…", '…' and `…`, with its value unescaped as far as a name of a cluster needs it. */
static bool take_text(const char **cursor, struct strbuf *text)
{
	const char *at = *cursor;
	char quote = *at;

	strbuf_reset(text);
	if (quote != '"' && quote != '\'' && quote != '`')
		return false;
	for (at++; *at && *at != quote; at++) {
		if (*at == '\\' && quote != '`') {
			at++;
			if (*at != '\\' && *at != '"' && *at != '\'')
				return false;
		}
		strbuf_add_char(text, *at);
	}
	if (*at != quote)
		return false;
	*cursor = at + 1;
	return true;
}

static const char *take_operator(const char **cursor)
{
	static const char *const operators[] = { "=~", "!~", "!=", "=" };

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (starts_with(*cursor, operators[i])) {
			*cursor += strlen(operators[i]);
			return operators[i];
		}
	return NULL;
}

static bool take_matcher(const char **cursor, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *name = *cursor, *operator;
	size_t length = 0;

	while (is_name_char(name[length], length == 0))
		length++;
	*cursor += length;
	*cursor += strspn(*cursor, " \t");
	operator = length ? take_operator(cursor) : NULL;
	if (!operator)
		return false;
	*cursor += strspn(*cursor, " \t");
	if (!take_text(cursor, &text))
		return false;
	strbuf_add(out, name, length);
	strbuf_add_string(out, operator);
	promql_quote(out, text.buf);
	strbuf_add_char(out, ',');
	return true;
}

int promql_matchers(struct strbuf *out, const char *text, struct strbuf *why)
{
	const char *cursor = text + strspn(text, " \t");
	bool braces = *cursor == '{';

	cursor += braces;
	for (;;) {
		cursor += strspn(cursor, " \t");
		if (*cursor == '\0' || *cursor == '}')
			break;
		if (!take_matcher(&cursor, out)) {
			strbuf_addf(why, "selector: expected NAME=\"VALUE\" at character %zu", (size_t)(cursor - text) + 1);
			return -EINVAL;
		}
		cursor += strspn(cursor, " \t");
		if (*cursor != ',')
			break;
		cursor++;
	}
	if (braces != (*cursor == '}') || cursor[braces + strspn(cursor + braces, " \t")]) {
		strbuf_addf(why, "selector: expected %s at character %zu", braces ? "'}'" : "','", (size_t)(cursor - text) + 1);
		return -EINVAL;
	}
	return 0;
}

static void add_namespaces(const struct prometheus *prometheus, const char *label, size_t first, size_t n, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf regex = STRBUF_INIT;

	if (n == 1 && prometheus->namespaces[first][0] == '\0')
		return;
	for (size_t i = 0; i < n; i++) {
		strbuf_add_string(&regex, i ? "|" : "");
		promql_escape_regex(&regex, prometheus->namespaces[first + i]);
	}
	strbuf_addf(out, "%s=~", label);
	promql_quote(out, regex.buf);
	strbuf_add_char(out, ',');
}

void promql_selector(const struct prometheus *prometheus, const char *name, enum series_family family, const struct label_scheme *scheme, size_t first,
		     size_t n, const char *more, struct strbuf *out)
{
	strbuf_addf(out, "%s{", name);
	add_namespaces(prometheus, scheme->namespace, first, n, out);
	strbuf_addf(out, "%s!=\"\",%s!=\"\",%s!=\"POD\",", scheme->pod, scheme->container, scheme->container);
	if (scheme->without)
		strbuf_addf(out, "%s=\"\",", scheme->without);
	/* The kubelet tells CPU and memory on two of its pages, on one of them without the group: once is enough. */
	if (family == FAMILY_CGROUP && prometheus->has_id)
		strbuf_add_string(out, "id!=\"\",");
	strbuf_addf(out, "%s%s", prometheus->matchers.buf, more);
	if (out->buf[out->len - 1] == ',')
		strbuf_truncate(out, out->len - 1);
	strbuf_add_char(out, '}');
}

void promql_by(const struct prometheus *prometheus, const struct label_scheme *scheme, bool with_id, struct strbuf *out)
{
	strbuf_addf(out, "%s,%s,%s%s", scheme->namespace, scheme->pod, scheme->container, with_id && prometheus->has_id ? ",id" : "");
}

/* ---- asking ---- */

struct asking {
	struct prometheus *prometheus;
	const struct response_handler *handler;
	void *context;
	struct response *response;
};

static void on_begin(void *context)
{
	struct asking *asking = context;

	response_free(asking->response);
	asking->response = NULL;
}

/* Of an error's body only the error is wanted, whatever else is in it. */
static int on_body(void *context, long status, const void *bytes, size_t length)
{
	static const struct response_handler nothing = { 0 };
	struct asking *asking = context;
	bool good = status >= 200 && status < 300;
	int r;

	if (!asking->response)
		asking->response = response_new(good ? asking->handler : &nothing, asking->context, false);
	r = response_feed(asking->response, bytes, length);
	return good ? r : 0;
}

/* What servers say when a question is too large: prometheus/promql/engine.go ("query processing would load too many samples into
 * memory in query execution"), web/api/v1/api.go ("exceeded maximum resolution of 11,000 points per timeseries"), and what Thanos,
 * Mimir and VictoriaMetrics say of their limits. */
static bool says_too_much(const struct response *response)
{
	static const char *const words[] = { "too many samples", "maximum resolution", "exceed", "limit", "too many", "timed out", "timeout" };
	const char *problem = response ? response_problem(response) : "", *type = response ? response_error_type(response) : "";

	if (streq(type, "timeout") || streq(type, "canceled"))
		return true;
	if (!streq(type, "execution") && !streq(type, "bad_data") && !streq(type, "422") && !streq(type, "too_many_samples"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(problem, words[i]))
			return true;
	return false;
}

static bool is_hopeless(void *context, long status)
{
	struct asking *asking = context;

	if (asking->response)
		(void)response_finish(asking->response);
	return status >= 500 && (says_too_much(asking->response) || status == 504
				 || (asking->response && streq(response_error_type(asking->response), "execution")));
}

static bool is_too_much(const struct asking *asking, const struct http_answer *answer, int r)
{
	if (r == -ETIMEDOUT || r == -EFBIG)
		return true;
	if (r != -EREMOTEIO)
		return false;
	return answer->status == 413 || answer->status == 414 || answer->status == 504 || says_too_much(asking->response);
}

/* "HTTP 422: execution: …": the words of a server, shortened, since they may repeat all of a long question. */
static void why_failed(const struct asking *asking, const struct http_answer *answer, int r, struct strbuf *why)
{
	const char *said = asking->response && (r == -EREMOTEIO || r == -EINVAL) ? response_problem(asking->response) : "";
	bool json = strstr(answer->type.buf, "json") != NULL;

	/* A page for people, of a proxy. */
	if (r == -EREMOTEIO && (!json || (asking->response && !response_error_type(asking->response)[0])))
		said = "";
	strbuf_reset(why);
	strbuf_addf(why, "%s%s%.*s%s", answer->why.buf, answer->why.len && said[0] ? ": " : "", WHY_MAX, said,
		    strlen(said) > WHY_MAX ? " …" : "");
	if (r == -EINVAL && !json && answer->type.len)
		strbuf_addf(why, "; it is %s", answer->type.buf);
}

static int note_failure(struct prometheus *prometheus, const char *why, int r)
{
	(void)diag_error(usage_notes(prometheus->usage), NULL, "%s: %s", prometheus->source, why);
	return r;
}

/* Asked for less, it may answer; one that never does is not asked for ever. */
static int too_much(struct prometheus *prometheus, const char *why, int r)
{
	strbuf_reset(&prometheus->too_much);
	strbuf_add_string(&prometheus->too_much, why);
	if (r != -ETIMEDOUT || ++prometheus->timeouts < TIMEOUTS_MAX)
		return QUERY_TOO_MUCH;
	return note_failure(prometheus, why, r);
}

int prometheus_ask(struct prometheus *prometheus, const struct query *query, const struct response_handler *handler, void *context)
{
	struct asking asking = { .prometheus = prometheus, .handler = handler, .context = context };
	const struct http_sink sink = { .begin = on_begin, .body = on_body, .hopeless = is_hopeless, .context = &asking };
	CLEANUP(http_answer_release) struct http_answer answer = HTTP_ANSWER_INIT;
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	int r = 0;

	/* A body that ends too early without anybody noticing on the way: once more. */
	for (int attempt = 0; attempt < 2; attempt++) {
		r = http_ask(prometheus->http, query->path, query->fields, query->n_fields, &sink, &answer);
		if (r != 0)
			break;
		if (!asking.response)
			asking.response = response_new(handler, context, false);
		r = response_finish(asking.response);
		if (r != -EINVAL)
			break;
	}
	prometheus->bad += asking.response ? response_bad(asking.response) : 0;
	if (r == 0)
		prometheus->timeouts = 0;
	else
		why_failed(&asking, &answer, r, &why);
	if (r < 0 && is_too_much(&asking, &answer, r))
		r = too_much(prometheus, why.buf, r);
	else if (r == -EREMOTEIO && query->optional && (answer.status == 400 || answer.status == 404 || answer.status == 501))
		r = -ENOENT;
	else if (r < 0)
		r = note_failure(prometheus, why.buf, r);
	response_free(asking.response);
	return r;
}

static void add_time(struct strbuf *out, double time_sec)
{
	strbuf_addf(out, "%.3f", time_sec);
}

int prometheus_query(struct prometheus *prometheus, const char *expression, double time_sec, const struct response_handler *handler,
		     void *context)
{
	CLEANUP(strbuf_release) struct strbuf at = STRBUF_INIT, timeout = STRBUF_INIT;
	struct query query = { .path = "/api/v1/query", .n_fields = 3 };

	add_time(&at, time_sec);
	promql_duration(&timeout, prometheus->options->timeout_sec);
	query.fields[0] = (struct http_field){ "query", expression };
	query.fields[1] = (struct http_field){ "time", at.buf };
	query.fields[2] = (struct http_field){ "timeout", timeout.buf };
	return prometheus_ask(prometheus, &query, handler, context);
}

int prometheus_query_range(struct prometheus *prometheus, const char *expression, const struct stretch *stretch, double step_sec,
			   const struct response_handler *handler, void *context)
{
	CLEANUP(strbuf_release) struct strbuf begin = STRBUF_INIT, end = STRBUF_INIT, step = STRBUF_INIT, timeout = STRBUF_INIT;
	struct query query = { .path = "/api/v1/query_range", .n_fields = 5 };

	add_time(&begin, stretch->begin_sec);
	add_time(&end, stretch->end_sec);
	strbuf_addf(&step, "%.3f", step_sec);
	promql_duration(&timeout, prometheus->options->timeout_sec);
	query.fields[0] = (struct http_field){ "query", expression };
	query.fields[1] = (struct http_field){ "start", begin.buf };
	query.fields[2] = (struct http_field){ "end", end.buf };
	query.fields[3] = (struct http_field){ "step", step.buf };
	query.fields[4] = (struct http_field){ "timeout", timeout.buf };
	return prometheus_ask(prometheus, &query, handler, context);
}
