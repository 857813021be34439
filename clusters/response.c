/* SPDX-License-Identifier: Apache-2.0 */
#include "response.h"

#include <errno.h>
#include <math.h>
#include <yajl/yajl_parse.h>

#include "../core/json.h"
#include "../core/parse.h"

/* What the brackets that are open are of. */
enum level {
	LEVEL_ROOT,			/* {"status": … */
	LEVEL_DATA,			/* "data": { … */
	LEVEL_TEXTS,			/* "data": [ "a", … */
	LEVEL_RESULT,			/* "result": [ … */
	LEVEL_SERIES,			/* { of one series */
	LEVEL_METRIC,			/* "metric": { … */
	LEVEL_VALUES,			/* "values": [ … */
	LEVEL_PAIR,			/* [ time, "value" ] */
	LEVEL_NOTES,			/* "warnings": [ … */
	LEVEL_PASSED,			/* whatever nobody asked for */
};

/* The keys that mean something, where they stand. */
enum key {
	KEY_OTHER, KEY_STATUS, KEY_DATA, KEY_ERROR_TYPE, KEY_ERROR, KEY_WARNINGS, KEY_PARTIAL, KEY_RESULT_TYPE, KEY_RESULT, KEY_METRIC, KEY_VALUES,
	KEY_VALUE, KEY_HISTOGRAM, KEY_COUNT,
};

static const struct {
	enum level level;
	const char *name;
	enum key key;
} keys[] = {
	/* clang-format off */
	{ LEVEL_ROOT, "data", KEY_DATA },
	{ LEVEL_ROOT, "error", KEY_ERROR },
	{ LEVEL_ROOT, "errorType", KEY_ERROR_TYPE },
	{ LEVEL_ROOT, "infos", KEY_OTHER },
	{ LEVEL_ROOT, "isPartial", KEY_PARTIAL },	/* VictoriaMetrics */
	{ LEVEL_ROOT, "status", KEY_STATUS },
	{ LEVEL_ROOT, "warnings", KEY_WARNINGS },
	{ LEVEL_DATA, "result", KEY_RESULT },
	{ LEVEL_DATA, "resultType", KEY_RESULT_TYPE },
	{ LEVEL_SERIES, "histogram", KEY_HISTOGRAM },
	{ LEVEL_SERIES, "histograms", KEY_HISTOGRAM },
	{ LEVEL_SERIES, "metric", KEY_METRIC },
	{ LEVEL_SERIES, "value", KEY_VALUE },
	{ LEVEL_SERIES, "values", KEY_VALUES },
	/* clang-format on */
};

enum { SEEN_ROOT, SEEN_DATA, SEEN_SERIES, SEEN_COUNT };

struct response {
	const struct response_handler *handler;
	void *context;
	yajl_handle parser;
	bool began;
	unsigned int depth;
	enum level levels[JSON_DEPTH_MAX];
	enum key key;			/* the last one on this level */
	struct strbuf name;		/* of a label or member */
	uint32_t seen[SEEN_COUNT];		/* keys of the answer, its data and the series: a second one is an error */
	/* The answer. */
	struct strbuf status, error, error_type;
	bool has_data;
	/* The series. */
	struct strbuf text;		/* its labels, each ended by a zero byte */
	size_t offsets[2 * RESPONSE_LABELS_MAX];
	struct series_label labels[RESPONSE_LABELS_MAX];
	size_t n_labels;
	bool has_metric, bad_series, wanted;
	unsigned int part;		/* of a pair */
	double time_sec, value;
	bool bad_pair;
	uint64_t series, samples, bad;
	/* What went wrong. */
	int result;
	struct strbuf problem;
	uint64_t fed, last_event;	/* bytes */
	struct place place;
};

static int problem(struct response *response, const char *what)
{
	if (response->result == 0) {
		response->result = -EINVAL;
		strbuf_add_string(&response->problem, what);
	}
	return 0;			/* yajl stops */
}

static enum level level(const struct response *response)
{
	return response->depth ? response->levels[response->depth - 1] : LEVEL_PASSED;
}

/* Whatever happens: the text so far made sense. */
static bool event(struct response *response)
{
	response->last_event = response->fed;
	return response->result == 0;
}

static int open_level(struct response *response, enum level opened)
{
	if (response->depth == JSON_DEPTH_MAX)
		return problem(response, "nested too deeply");
	response->levels[response->depth++] = opened;
	response->key = KEY_OTHER;
	return 1;
}

/* ---- an answer ---- */

static void answer_begin(struct response *response)
{
	response->began = true;
	response->has_data = false;
	response->seen[SEEN_ROOT] = response->seen[SEEN_DATA] = 0;
	strbuf_reset(&response->status);
	strbuf_reset(&response->error);
	strbuf_reset(&response->error_type);
}

static int answer_end(struct response *response)
{
	if (streq(response->status.buf, "success") && response->has_data)
		return 1;
	if (!streq(response->status.buf, "error"))
		return problem(response, response->has_data ? "an answer that does not say \"status\": \"success\"" :
							      "no answer of Prometheus: it has no \"data\"");
	response->result = -EREMOTEIO;
	strbuf_addf(&response->problem, "%s%s%s", response->error_type.buf, response->error_type.len && response->error.len ? ": " : "",
		    response->error.len || response->error_type.len ? response->error.buf : "an error without a reason");
	return 0;
}

/* ---- a series ---- */

static void series_begin(struct response *response)
{
	strbuf_reset(&response->text);
	response->n_labels = 0;
	response->has_metric = response->bad_series = response->wanted = false;
	response->seen[SEEN_SERIES] = 0;
}

/* Labels are known: they are pointed at only now, when their text moves no more. */
static void series_known(struct response *response)
{
	response->has_metric = true;
	for (size_t i = 0; i < response->n_labels; i++)
		response->labels[i] = (struct series_label){ response->text.buf + response->offsets[2 * i],
							     response->text.buf + response->offsets[2 * i + 1] };
	response->series++;
	response->bad += response->bad_series;
	response->wanted = !response->bad_series && response->handler->series
			&& response->handler->series(response->context, response->labels, response->n_labels);
}

static void label_add(struct response *response, const char *text, size_t length)
{
	if (response->n_labels == RESPONSE_LABELS_MAX || response->text.len + response->name.len + length > RESPONSE_LABEL_BYTES_MAX
	    || memchr(text, '\0', length) || memchr(response->name.buf, '\0', response->name.len)) {
		response->bad_series = true;
		return;
	}
	for (size_t i = 0; i < response->n_labels; i++)
		if (streq(response->text.buf + response->offsets[2 * i], response->name.buf))
			response->bad_series = true;
	response->offsets[2 * response->n_labels] = response->text.len;
	strbuf_add(&response->text, response->name.buf, response->name.len + 1);
	response->offsets[2 * response->n_labels++ + 1] = response->text.len;
	strbuf_add(&response->text, text, length);
	strbuf_add_char(&response->text, '\0');
}

/* "+Inf", "-Inf" and "NaN" are values; "1.5e+06" is what Go prints. */
static bool value_parse(const char *text, double *ret_value)
{
	static const struct {
		const char *name;
		double value;
	} names[] = { { "NaN", NAN }, { "+Inf", INFINITY }, { "-Inf", -INFINITY }, { "Inf", INFINITY } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(text, names[i].name)) {
			*ret_value = names[i].value;
			return true;
		}
	return parse_real(text[0] == '+' ? text + 1 : text, ret_value) == 0;
}

/* The first part of a pair is a number, the second one a text.  There are millions of them. */
static void pair_part(struct response *response, enum json_type type, const char *text, size_t length)
{
	double *part = response->part == 0 ? &response->time_sec : &response->value;
	char copy[64] = "";
	bool good = response->part < 2 && type == (response->part == 0 ? JSON_NUMBER : JSON_STRING) && length < sizeof(copy);

	if (good) {
		memcpy(copy, text, length);
		good = !memchr(copy, '\0', length) && value_parse(copy, part);
	}
	response->bad_pair |= !good;
	response->part++;
}

static void pair_begin(struct response *response)
{
	response->part = 0;
	response->bad_pair = false;
}

static void pair_end(struct response *response)
{
	if (response->bad_pair || response->part != 2) {
		response->bad++;
		return;
	}
	response->samples++;
	if (response->wanted && response->handler->sample)
		response->handler->sample(response->context, response->time_sec, response->value);
}

/* ---- what yajl finds ---- */

/* A scalar stands in the result itself: [ time, "value" ]. */
static bool is_scalar_part(const struct response *response)
{
	return level(response) == LEVEL_RESULT;
}

static int on_scalar(struct response *response, enum json_type type, const char *text, size_t length)
{
	if (response->part == 0) {
		series_begin(response);
		series_known(response);
	}
	pair_part(response, type, text, length);
	if (response->part == 2)
		pair_end(response);
	return 1;
}

static void keep(struct strbuf *into, const char *text, size_t length)
{
	strbuf_reset(into);
	strbuf_add(into, text, MIN(length, (size_t)4096));
}

/* As a text: a zero byte ends it. */
static void tell(struct response *response, void (*to)(void *, const char *), const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;

	strbuf_add(&copy, text, MIN(length, (size_t)4096));
	if (to)
		to(response->context, copy.buf);
}

static void member_text(struct response *response, const char *key, const char *text, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf copy = STRBUF_INIT;

	strbuf_add(&copy, text, length);
	if (response->handler->text && strlen(copy.buf) == length)
		response->handler->text(response->context, key, copy.buf);
}

static int root_value(struct response *response, enum json_type type, const char *text, size_t length)
{
	static const char partial[] = "its answer is partial: not all that stores its series answered";

	if (response->key == KEY_DATA)
		return type == JSON_NULL ? 1 : problem(response, "\"data\" is neither an object nor a list");
	if (response->key == KEY_PARTIAL && type == JSON_BOOL && length == strlen("true"))
		tell(response, response->handler->warning, partial, strlen(partial));
	if (type != JSON_STRING)
		return 1;
	if (response->key == KEY_STATUS)
		keep(&response->status, text, length);
	else if (response->key == KEY_ERROR)
		keep(&response->error, text, length);
	else if (response->key == KEY_ERROR_TYPE)
		keep(&response->error_type, text, length);
	return 1;
}

static int value(struct response *response, enum json_type type, const char *text, size_t length)
{
	if (!event(response))
		return 0;
	if (response->depth == 0)
		return problem(response, "no answer of Prometheus: it is no object");
	if (is_scalar_part(response))
		return on_scalar(response, type, text, length);
	switch (level(response)) {
	case LEVEL_ROOT:
		return root_value(response, type, text, length);
	case LEVEL_DATA:
		if (response->key == KEY_RESULT && type != JSON_NULL)
			return problem(response, "\"result\" is no list");
		if (type == JSON_STRING && response->key == KEY_OTHER)
			member_text(response, response->name.buf, text, length);
		break;
	case LEVEL_TEXTS:
		if (type == JSON_STRING)
			member_text(response, "", text, length);
		break;
	case LEVEL_METRIC:
		if (type == JSON_STRING)
			label_add(response, text, length);
		else
			response->bad_series = true;
		break;
	case LEVEL_SERIES:
		response->bad += response->key != KEY_OTHER;
		break;
	case LEVEL_VALUES:
		response->bad++;
		break;
	case LEVEL_PAIR:
		pair_part(response, type, text, length);
		break;
	case LEVEL_NOTES:
		if (type == JSON_STRING)
			tell(response, response->handler->warning, text, length);
		break;
	case LEVEL_RESULT:
	case LEVEL_PASSED:
		break;
	}
	return 1;
}

static int on_null(void *context)
{
	return value(context, JSON_NULL, "null", 4);
}

static int on_bool(void *context, int is_true)
{
	return value(context, JSON_BOOL, is_true ? "true" : "false", is_true ? 4 : 5);
}

static int on_number(void *context, const char *text, size_t length)
{
	return value(context, JSON_NUMBER, text, length);
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	return value(context, JSON_STRING, (const char *)text, length);
}

static enum key key_find(enum level at, const char *text, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].level == at && strlen(keys[i].name) == length && memcmp(keys[i].name, text, length) == 0)
			return keys[i].key;
	return KEY_OTHER;
}

/* Which of two would count is anybody's guess. */
static int on_key(void *context, const unsigned char *bytes, size_t length)
{
	struct response *response = context;
	const char *text = (const char *)bytes;
	enum level at = level(response);
	uint32_t *seen;

	if (!event(response))
		return 0;
	if (at == LEVEL_METRIC || at == LEVEL_DATA)
		keep(&response->name, text, length);
	if (at == LEVEL_PASSED || at == LEVEL_METRIC)
		return 1;
	response->key = key_find(at, text, length);
	if (response->key == KEY_OTHER || response->key == KEY_HISTOGRAM)
		return 1;
	seen = &response->seen[at == LEVEL_SERIES ? SEEN_SERIES : at == LEVEL_ROOT ? SEEN_ROOT : SEEN_DATA];
	if (*seen & 1U << response->key)
		return problem(response, "the same key twice");
	*seen |= 1U << response->key;
	return 1;
}

/* What an object is, by where it begins. */
static int on_object_begin(void *context)
{
	struct response *response = context;
	enum level at = level(response);

	if (!event(response))
		return 0;
	if (response->depth == 0) {
		answer_begin(response);
		return open_level(response, LEVEL_ROOT);
	}
	if (at == LEVEL_ROOT && response->key == KEY_DATA) {
		response->has_data = true;
		return open_level(response, LEVEL_DATA);
	}
	if (at == LEVEL_RESULT) {
		series_begin(response);
		return open_level(response, LEVEL_SERIES);
	}
	if (at == LEVEL_SERIES && response->key == KEY_METRIC)
		return open_level(response, LEVEL_METRIC);
	if (at == LEVEL_DATA && response->key == KEY_RESULT)
		return problem(response, "\"result\" is no list");
	if (at == LEVEL_METRIC)
		response->bad_series = true;
	if (at == LEVEL_PAIR)
		response->bad_pair = true;
	if (at == LEVEL_VALUES)
		response->bad++;
	return open_level(response, LEVEL_PASSED);
}

static int samples_begin(struct response *response)
{
	if (!response->has_metric)
		return problem(response, "samples come before the labels of their series");
	if (response->key == KEY_VALUES)
		return open_level(response, LEVEL_VALUES);
	pair_begin(response);
	return open_level(response, LEVEL_PAIR);
}

static int on_array_begin(void *context)
{
	struct response *response = context;
	enum level at = level(response);

	if (!event(response))
		return 0;
	if (response->depth == 0)
		return problem(response, "no answer of Prometheus: it is a list");
	if (at == LEVEL_ROOT && response->key == KEY_DATA) {
		response->has_data = true;
		return open_level(response, LEVEL_TEXTS);
	}
	if (at == LEVEL_ROOT && response->key == KEY_WARNINGS)
		return open_level(response, LEVEL_NOTES);
	if (at == LEVEL_DATA && response->key == KEY_RESULT) {
		pair_begin(response);
		return open_level(response, LEVEL_RESULT);
	}
	if (at == LEVEL_SERIES && (response->key == KEY_VALUES || response->key == KEY_VALUE))
		return samples_begin(response);
	if (at == LEVEL_SERIES && response->key == KEY_HISTOGRAM && response->handler->histogram)
		response->handler->histogram(response->context);
	if (at == LEVEL_VALUES) {
		pair_begin(response);
		return open_level(response, LEVEL_PAIR);
	}
	if (at == LEVEL_METRIC)
		response->bad_series = true;
	if (at == LEVEL_PAIR)
		response->bad_pair = true;
	return open_level(response, LEVEL_PASSED);
}

static int on_end(void *context)
{
	struct response *response = context;
	enum level closed = level(response);

	if (!event(response))
		return 0;
	response->depth--;
	response->key = KEY_OTHER;
	if (closed == LEVEL_METRIC)
		series_known(response);
	else if (closed == LEVEL_PAIR)
		pair_end(response);
	else if (closed == LEVEL_SERIES && !response->has_metric)
		response->bad++;
	else if (closed == LEVEL_ROOT)
		return answer_end(response);
	return 1;
}

/* ---- pieces ---- */

struct response *response_new(const struct response_handler *handler, void *context, bool several)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null, .yajl_boolean = on_bool, .yajl_number = on_number, .yajl_string = on_string,
		.yajl_start_map = on_object_begin, .yajl_map_key = on_key, .yajl_end_map = on_end,
		.yajl_start_array = on_array_begin, .yajl_end_array = on_end,
	};
	struct response *response = xcalloc(1, sizeof(*response));

	response->handler = handler;
	response->context = context;
	response->name = response->status = response->error = response->error_type = (struct strbuf)STRBUF_INIT;
	response->text = response->problem = (struct strbuf)STRBUF_INIT;
	response->place = (struct place){ .line = 1, .column = 1 };
	response->parser = yajl_alloc(&callbacks, NULL, response);
	if (several)
		yajl_config(response->parser, yajl_allow_multiple_values, 1);
	return response;
}

void response_free(struct response *response)
{
	if (!response)
		return;
	yajl_free(response->parser);
	strbuf_release(&response->name);
	strbuf_release(&response->status);
	strbuf_release(&response->error);
	strbuf_release(&response->error_type);
	strbuf_release(&response->text);
	strbuf_release(&response->problem);
	free(response);
}

static void place_advance(struct place *place, const char *text, size_t length)
{
	const char *last = memrchr(text, '\n', length);

	for (const char *at = text; at && (at = memchr(at, '\n', length - (size_t)(at - text))); at++)
		place->line++;
	place->column = last ? (unsigned int)(text + length - last) : place->column + (unsigned int)length;
}

static int parser_failed(struct response *response, yajl_status status)
{
	if (status != yajl_status_client_canceled) {
		unsigned char *message = yajl_get_error(response->parser, 0, NULL, 0);

		message[strcspn((char *)message, "\n")] = '\0';
		response->result = -EINVAL;
		strbuf_addf(&response->problem, "not JSON: %s", (char *)message);
		yajl_free_error(response->parser, message);
	}
	return response->result;
}

int response_feed(struct response *response, const void *bytes, size_t length)
{
	yajl_status status;

	if (response->result < 0)
		return response->result;
	status = yajl_parse(response->parser, bytes, length);
	if (status != yajl_status_ok) {
		place_advance(&response->place, bytes, MIN(yajl_get_bytes_consumed(response->parser), length));
		return parser_failed(response, status);
	}
	place_advance(&response->place, bytes, length);
	response->fed += length;
	if (response->fed - response->last_event > RESPONSE_TOKEN_MAX) {
		(void)problem(response, "a text longer than 1 MiB");
		return response->result;
	}
	return 0;
}

int response_finish(struct response *response)
{
	yajl_status status;

	if (response->result < 0)
		return response->result;
	if (!response->began) {
		(void)problem(response, "no answer: there is nothing");
		return response->result;
	}
	status = yajl_complete_parse(response->parser);
	if (response->depth > 0) {
		strbuf_reset(&response->problem);
		response->result = 0;
		(void)problem(response, "it ends in the middle of an answer");
		return response->result;
	}
	return status == yajl_status_ok ? response->result : parser_failed(response, status);
}

const char *response_problem(const struct response *response)
{
	return response->problem.buf;
}

const char *response_error_type(const struct response *response)
{
	return response->error_type.buf;
}

void response_place(const struct response *response, struct place *place)
{
	place->line = response->place.line;
	place->column = response->place.column;
}

uint64_t response_series(const struct response *response)
{
	return response->series;
}

uint64_t response_samples(const struct response *response)
{
	return response->samples;
}

uint64_t response_bad(const struct response *response)
{
	return response->bad;
}
