/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of metrics.k8s.io: PodMetrics and NodeMetrics, one, several behind each other, or in lists.  Of each, what its containers
 * used in the window that ends at its timestamp is one sample; memory is the working set.
 * k8s.io/metrics pkg/apis/metrics/v1beta1/types.go
 *
 *	{"metadata":{"name":"web-0","namespace":"shop"},"timestamp":"2026-11-23T07:39:49Z","window":"15s",
 *	 "containers":[{"name":"app","usage":{"cpu":"12345678n","memory":"131072Ki"}}]} */
#include <errno.h>
#include <yajl/yajl_parse.h>
#include <yaml.h>

#include "../core/json.h"
#include "usage-column.h"
#include "usage-file.h"

#define DEPTH_MAX 32
#define CONTAINERS_MAX 1000U
#define TEXT_MAX 4096U			/* of what is looked at */
#define SCALAR_MAX (16U << 20)		/* of what is not: bytes without a single event */

enum member {
	MEMBER_OTHER, MEMBER_CONTAINERS, MEMBER_CPU, MEMBER_ITEMS, MEMBER_MEMORY, MEMBER_METADATA, MEMBER_NAME, MEMBER_NAMESPACE,
	MEMBER_TIMESTAMP, MEMBER_USAGE,
};

static const struct { const char *name; enum member member; } members[] = {
	{ "containers", MEMBER_CONTAINERS }, { "cpu", MEMBER_CPU }, { "items", MEMBER_ITEMS }, { "memory", MEMBER_MEMORY },
	{ "metadata", MEMBER_METADATA }, { "name", MEMBER_NAME }, { "namespace", MEMBER_NAMESPACE },
	{ "timestamp", MEMBER_TIMESTAMP }, { "usage", MEMBER_USAGE },
};

struct level {
	enum member member;		/* under which the collection stands; in an array that of the array */
	bool is_array, is_object;	/* is_object: an object of Kubernetes itself: at the top, or in items */
	enum member key;		/* the last one */
	bool has_key;			/* YAML: and its value comes next */
};

struct container_used {
	struct strbuf name, cpu, memory;
};

struct metrics {
	struct usage_input *input;
	unsigned int line, column;	/* of the event, once metrics_place() was called */
	yajl_handle json;		/* NULL: it is YAML */
	const char *chunk;		/* that json works on */
	size_t counted;			/* bytes of it that are in line and column */
	struct level levels[DEPTH_MAX];
	size_t depth;
	struct strbuf name, namespace, timestamp, cpu, memory;	/* of the object */
	struct container_used *containers;
	size_t n_containers, containers_capacity;	/* the texts of those beyond are kept for the next */
	size_t made;
	uint64_t objects;
	uint64_t events, events_before;
	size_t unfinished;		/* bytes since the last event, as far as whole pieces go */
	bool failed;
};

static void metrics_release(struct metrics *metrics)
{
	for (size_t i = 0; i < metrics->made; i++) {
		strbuf_release(&metrics->containers[i].name);
		strbuf_release(&metrics->containers[i].cpu);
		strbuf_release(&metrics->containers[i].memory);
	}
	free(metrics->containers);
	strbuf_release(&metrics->name);
	strbuf_release(&metrics->namespace);
	strbuf_release(&metrics->timestamp);
	strbuf_release(&metrics->cpu);
	strbuf_release(&metrics->memory);
}

/* Brings line and column to where the parser is. */
static void metrics_place(struct metrics *metrics, size_t consumed)
{
	for (; metrics->json && metrics->counted < consumed; metrics->counted++) {
		metrics->column++;
		if (metrics->chunk[metrics->counted] == '\n') {
			metrics->line++;
			metrics->column = 1;
		}
	}
}

static int metrics_error(struct metrics *metrics, const char *format, ...) FORMAT_PRINTF(2, 3);

static int metrics_error(struct metrics *metrics, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	if (metrics->json)
		metrics_place(metrics, yajl_get_bytes_consumed(metrics->json));
	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	return usage_rows_error(metrics->input->rows, metrics->line, metrics->column, "%s", text.buf);
}

static int metrics_fail(struct metrics *metrics, const char *problem)
{
	metrics->failed = true;
	return metrics_error(metrics, "%s", problem);
}

static void object_reset(struct metrics *metrics)
{
	strbuf_reset(&metrics->name);
	strbuf_reset(&metrics->namespace);
	strbuf_reset(&metrics->timestamp);
	strbuf_reset(&metrics->cpu);
	strbuf_reset(&metrics->memory);
	metrics->n_containers = 0;
}

static struct container_used *container_add(struct metrics *metrics)
{
	struct container_used *container;

	if (metrics->n_containers == metrics->made) {
		GROW(metrics->containers, metrics->containers_capacity, metrics->made + 1);
		metrics->containers[metrics->made++] = (struct container_used){ STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };
	}
	container = &metrics->containers[metrics->n_containers++];
	strbuf_reset(&container->name);
	strbuf_reset(&container->cpu);
	strbuf_reset(&container->memory);
	return container;
}

static void used(struct metrics *metrics, uint32_t owner, enum usage_metric metric, double time_sec, const char *text)
{
	const struct measure measure = { .metric = metric, .kind = SERIES_GAUGE, .scale = 1 };
	double value;
	int r;

	r = measure_value(&measure, text, false, &value);
	if (r == 0)
		usage_rows_sample(metrics->input->rows, owner, metric, SERIES_GAUGE, time_sec, value);
	else if (r != -ENODATA)
		(void)metrics_error(metrics, "usage of %.253s: expected a quantity, found '%.40s'",
				    metrics->name.buf, text);
}

static void used_by(struct metrics *metrics, const struct row_owner *owner, double time_sec, const char *cpu, const char *memory)
{
	uint32_t number;

	if (usage_rows_owner(metrics->input->rows, owner, &number) < 0) {
		(void)metrics_fail(metrics, "too many different pods in one file");
		return;
	}
	if (number == ROW_OWNER_NONE)
		return;
	used(metrics, number, USAGE_CPU, time_sec, cpu);
	used(metrics, number, USAGE_MEMORY_WORKING_SET, time_sec, memory);
}

/* A list itself has no timestamp, and is none. */
static void object_end(struct metrics *metrics)
{
	double time_sec;

	if (metrics->timestamp.len == 0 && metrics->n_containers == 0 && metrics->cpu.len == 0)
		return;
	metrics->objects++;
	if (cell_time(metrics->timestamp.buf, &time_sec) < 0) {
		(void)metrics_error(metrics, "%.253s: timestamp: expected a time as RFC 3339 has it, found '%.40s'",
				    metrics->name.buf, metrics->timestamp.buf);
		return;
	}
	for (size_t i = 0; i < metrics->n_containers; i++) {
		const struct container_used *container = &metrics->containers[i];
		const struct row_owner owner = { metrics->namespace.buf, metrics->name.buf, container->name.buf, "", "", "" };

		used_by(metrics, &owner, time_sec, container->cpu.buf, container->memory.buf);
	}
	if (metrics->n_containers == 0) {
		const struct row_owner owner = { "", "", "", "", "", metrics->name.buf };

		used_by(metrics, &owner, time_sec, metrics->cpu.buf, metrics->memory.buf);
	}
}

/* ---- events ---- */

/* The levels of the object that is open, and how many are below it. */
static const struct level *object_levels(const struct metrics *metrics, size_t *ret_below)
{
	for (size_t i = metrics->depth; i > 0; i--) {
		if (metrics->levels[i - 1].is_object) {
			*ret_below = metrics->depth - i;
			return &metrics->levels[i];
		}
	}
	return NULL;
}

/* Where a value of the object that is open belongs; NULL: nowhere. */
static struct strbuf *value_place(struct metrics *metrics)
{
	enum member key = metrics->levels[metrics->depth - 1].key;
	struct container_used *container;
	const struct level *at;
	size_t below;

	at = object_levels(metrics, &below);
	if (!at)
		return NULL;
	if (below == 0)
		return key == MEMBER_TIMESTAMP ? &metrics->timestamp : NULL;
	if (below == 1 && at[0].member == MEMBER_METADATA)
		return key == MEMBER_NAME ? &metrics->name : key == MEMBER_NAMESPACE ? &metrics->namespace : NULL;
	if (below == 1 && at[0].member == MEMBER_USAGE)
		return key == MEMBER_CPU ? &metrics->cpu : key == MEMBER_MEMORY ? &metrics->memory : NULL;
	if (below < 2 || at[0].member != MEMBER_CONTAINERS || !at[0].is_array || at[1].is_array || metrics->n_containers == 0)
		return NULL;
	container = &metrics->containers[metrics->n_containers - 1];
	if (below == 2)
		return key == MEMBER_NAME ? &container->name : NULL;
	if (below == 3 && at[2].member == MEMBER_USAGE && !at[2].is_array)
		return key == MEMBER_CPU ? &container->cpu : key == MEMBER_MEMORY ? &container->memory : NULL;
	return NULL;
}

static int on_scalar(struct metrics *metrics, const char *text, size_t length)
{
	struct strbuf *place = metrics->depth > 0 && !metrics->levels[metrics->depth - 1].is_array ? value_place(metrics) : NULL;

	if (!place)
		return 0;
	if (length > TEXT_MAX || (length > 0 && memchr(text, '\0', length)))
		return metrics_fail(metrics, "a name or value of more than 4096 bytes, or with a zero byte");
	strbuf_reset(place);
	strbuf_add(place, text, length);
	return 0;
}

static int on_key(struct metrics *metrics, const char *text, size_t length)
{
	struct level *level = &metrics->levels[metrics->depth - 1];

	level->key = MEMBER_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (strlen(members[i].name) == length && memcmp(members[i].name, text, length) == 0)
			level->key = members[i].member;
	return 0;
}

static int on_begin(struct metrics *metrics, bool is_array)
{
	struct level *parent = metrics->depth > 0 ? &metrics->levels[metrics->depth - 1] : NULL;
	struct level level = { .is_array = is_array, .member = parent ? parent->key : MEMBER_OTHER };
	size_t below = 0;

	if (metrics->depth == DEPTH_MAX)
		return metrics_fail(metrics, "nested too deeply");
	if (parent && parent->is_array)
		level.member = parent->member;
	if (!is_array)
		level.is_object = !parent || (parent->is_array && (metrics->depth == 1 || (parent->member == MEMBER_ITEMS &&
					      metrics->levels[metrics->depth - 2].is_object)));
	if (!is_array && parent && parent->is_array && parent->member == MEMBER_CONTAINERS && object_levels(metrics, &below) && below == 1) {
		if (metrics->n_containers == CONTAINERS_MAX)
			return metrics_fail(metrics, "a pod with more than 1000 containers");
		(void)container_add(metrics);
	}
	level.key = MEMBER_OTHER;
	if (is_array)
		level.key = level.member;
	if (level.is_object)
		object_reset(metrics);
	metrics->levels[metrics->depth++] = level;
	return 0;
}

static int on_end(struct metrics *metrics)
{
	if (metrics->levels[--metrics->depth].is_object) {
		object_end(metrics);
		object_reset(metrics);
	}
	return metrics->failed ? -EINVAL : 0;
}

/* ---- JSON ---- */

/* Of the callbacks, 0 ends the parse. */
static int json_value(struct metrics *metrics, const char *text, size_t length)
{
	metrics->events++;
	return on_scalar(metrics, text, length) == 0;
}

static int json_on_null(void *context)
{
	return json_value(context, "", 0);
}

static int json_on_boolean(void *context, int value)
{
	(void)value;
	return json_value(context, "", 0);
}

static int json_on_text(void *context, const unsigned char *text, size_t length)
{
	return json_value(context, (const char *)text, length);
}

static int json_on_number(void *context, const char *text, size_t length)
{
	return json_value(context, text, length);
}

static int json_on_map_key(void *context, const unsigned char *text, size_t length)
{
	struct metrics *metrics = context;

	metrics->events++;
	return on_key(metrics, (const char *)text, length) == 0;
}

static int json_on_object(void *context)
{
	return on_begin(context, false) == 0;
}

static int json_on_array(void *context)
{
	return on_begin(context, true) == 0;
}

static int json_on_end(void *context)
{
	return on_end(context) == 0;
}

static const yajl_callbacks json_callbacks = {
	.yajl_null = json_on_null, .yajl_boolean = json_on_boolean, .yajl_number = json_on_number, .yajl_string = json_on_text,
	.yajl_start_map = json_on_object, .yajl_map_key = json_on_map_key, .yajl_end_map = json_on_end,
	.yajl_start_array = json_on_array, .yajl_end_array = json_on_end,
};

/* The first line of what yajl says. */
static void json_problem(struct metrics *metrics)
{
	unsigned char *text;

	if (metrics->failed)		/* ours, and said */
		return;
	text = yajl_get_error(metrics->json, 0, NULL, 0);
	(void)metrics_error(metrics, "%.*s", (int)strcspn((const char *)text, "\n"), (const char *)text);
	yajl_free_error(metrics->json, text);
	metrics->failed = true;
}

/* A parser keeps a text until it ends; one that never does must not fill the memory.  True: it is too long. */
static bool grows(struct metrics *metrics, size_t more)
{
	if (metrics->events != metrics->events_before)
		metrics->unfinished = 0;
	metrics->events_before = metrics->events;
	metrics->unfinished += more;
	if (metrics->unfinished <= SCALAR_MAX)
		return false;
	(void)metrics_fail(metrics, "a text of more than 16 MiB");
	return true;
}

static int metrics_finish(struct metrics *metrics)
{
	if (!metrics->failed && metrics->objects == 0)
		(void)usage_rows_error(metrics->input->rows, 0, 0,
				       "expected PodMetrics or NodeMetrics of metrics.k8s.io, with a timestamp and usage");
	return usage_rows_errors(metrics->input->rows) ? -EINVAL : 0;
}

static void json_chunk(struct metrics *metrics, const void *bytes, size_t length)
{
	metrics->chunk = bytes;
	metrics->counted = 0;
	if (!grows(metrics, length) && yajl_parse(metrics->json, bytes, length) != yajl_status_ok)
		json_problem(metrics);
	else
		metrics_place(metrics, length);
}

static void json_free(yajl_handle *handle)
{
	if (*handle)
		yajl_free(*handle);
}

#define METRICS_INIT(the_input)                                                                                       \
	{                                                                                                             \
		.input = (the_input), .line = 1, .column = 1, .name = STRBUF_INIT, .namespace = STRBUF_INIT,          \
		.timestamp = STRBUF_INIT, .cpu = STRBUF_INIT, .memory = STRBUF_INIT                                   \
	}

int usage_read_metrics_json(struct usage_input *input)
{
	CLEANUP(metrics_release) struct metrics metrics = METRICS_INIT(input);
	CLEANUP(json_free) yajl_handle json = yajl_alloc(&json_callbacks, NULL, &metrics);
	const void *bytes;
	ssize_t n = 0;

	metrics.json = json;
	(void)yajl_config(json, yajl_allow_multiple_values, 1);
	while (!metrics.failed && (n = usage_input_next(input, &bytes)) > 0)
		json_chunk(&metrics, bytes, (size_t)n);
	if (n < 0)
		return (int)n;
	metrics.chunk = "";
	if (!metrics.failed && (yajl_complete_parse(json) != yajl_status_ok || metrics.depth > 0)) {
		metrics.failed = true;
		(void)usage_rows_error(input->rows, metrics.line, metrics.column, "the file ends in the middle of a value");
	}
	return metrics_finish(&metrics);
}

/* ---- YAML ---- */

struct yaml_source {
	struct metrics *metrics;
	const char *bytes;		/* lent by the stream */
	size_t length;
	int error;
};

static int yaml_bytes(void *context, unsigned char *buffer, size_t size, size_t *ret_length)
{
	struct yaml_source *source = context;

	if (source->length == 0) {
		const void *bytes;
		ssize_t n = usage_input_next(source->metrics->input, &bytes);

		if (n < 0)
			source->error = (int)n;
		if (n < 0 || grows(source->metrics, (size_t)n))
			return 0;
		source->bytes = bytes;
		source->length = (size_t)n;
	}
	*ret_length = MIN(size, source->length);
	memcpy(buffer, source->bytes, *ret_length);
	source->bytes += *ret_length;
	source->length -= *ret_length;
	return 1;
}

static int yaml_scalar(struct metrics *metrics, const char *text, size_t length)
{
	struct level *level = metrics->depth > 0 ? &metrics->levels[metrics->depth - 1] : NULL;

	if (!level || level->is_array)
		return 0;
	level->has_key = !level->has_key;
	return level->has_key ? on_key(metrics, text, length) : on_scalar(metrics, text, length);
}

/* A collection stands for a value too, and may even be a key, which says nothing here. */
static int yaml_begin(struct metrics *metrics, bool is_array)
{
	struct level *level = metrics->depth > 0 ? &metrics->levels[metrics->depth - 1] : NULL;

	if (level && !level->is_array && !level->has_key)
		return metrics_fail(metrics, "a key that is no text");
	if (level)
		level->has_key = false;
	return on_begin(metrics, is_array);
}

static int yaml_event(struct metrics *metrics, const yaml_event_t *event)
{
	metrics->line = (unsigned int)event->start_mark.line + 1;
	metrics->column = (unsigned int)event->start_mark.column + 1;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return yaml_scalar(metrics, (const char *)event->data.scalar.value, event->data.scalar.length);
	case YAML_MAPPING_START_EVENT:
		return yaml_begin(metrics, false);
	case YAML_SEQUENCE_START_EVENT:
		return yaml_begin(metrics, true);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return on_end(metrics);
	case YAML_ALIAS_EVENT:
		return metrics_fail(metrics, "an alias; expected what kubectl writes");
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

int usage_read_metrics_yaml(struct usage_input *input)
{
	CLEANUP(metrics_release) struct metrics metrics = METRICS_INIT(input);
	struct yaml_source source = { .metrics = &metrics };
	bool done = false;
	yaml_parser_t parser;
	yaml_event_t event;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input(&parser, yaml_bytes, &source);
	while (!done && !metrics.failed) {
		if (!yaml_parser_parse(&parser, &event)) {
			if (!source.error && !metrics.failed) {
				metrics.line = (unsigned int)parser.problem_mark.line + 1;
				metrics.column = (unsigned int)parser.problem_mark.column + 1;
				(void)metrics_fail(&metrics, parser.problem ? parser.problem : "no YAML");
			}
			break;
		}
		done = event.type == YAML_STREAM_END_EVENT;
		metrics.events++;
		(void)yaml_event(&metrics, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (source.error)
		return source.error;
	return metrics_finish(&metrics);
}
