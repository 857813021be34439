/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-column.h"

#include <errno.h>

#include "../core/parse.h"
#include "../core/timestamp.h"
#include "series.h"

#define TOKENS_MAX 16
#define SERIES_LABELS_MAX 64

/* ---- headings ---- */

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "CPUCoreUsageAverage" is cpu_core_usage_average, "Memory (MiB)" memory_mib. */
void heading_normalise(struct strbuf *out, const char *heading)
{
	strbuf_reset(out);
	for (const char *c = heading; *c; c++) {
		bool word = is_upper(*c) && c > heading && is_lower_or_digit(c[1]) &&
			    (is_lower_or_digit(c[-1]) || is_upper(c[-1]));

		if (!is_upper(*c) && !is_lower_or_digit(*c))
			word = true;
		if (word && out->len > 0 && out->buf[out->len - 1] != '_')
			strbuf_add_char(out, '_');
		if (is_upper(*c) || is_lower_or_digit(*c))
			strbuf_add_char(out, is_upper(*c) ? (char)(*c - 'A' + 'a') : *c);
	}
	while (out->len > 0 && out->buf[out->len - 1] == '_')
		strbuf_truncate(out, out->len - 1);
}

struct role_name {
	const char *name;
	enum column_role role;
};

/* clang-format off */
static const struct role_name role_names[] = {
	{ "cluster", COLUMN_CLUSTER },
	{ "cluster_id", COLUMN_CLUSTER },
	{ "cluster_name", COLUMN_CLUSTER },
	{ "clusterid", COLUMN_CLUSTER },
	{ "container", COLUMN_CONTAINER },
	{ "container_name", COLUMN_CONTAINER },
	{ "controller", COLUMN_WORKLOAD },
	{ "controller_kind", COLUMN_KIND },
	{ "controller_name", COLUMN_WORKLOAD },
	{ "controller_type", COLUMN_KIND },
	{ "count", COLUMN_SAMPLES },
	{ "date", COLUMN_DATE },
	{ "datetime", COLUMN_TIME },
	{ "deployment", COLUMN_WORKLOAD },
	{ "end", COLUMN_LAST },
	{ "end_time", COLUMN_LAST },
	{ "first", COLUMN_FIRST },
	{ "k8s_container_name", COLUMN_CONTAINER },
	{ "k8s_namespace_name", COLUMN_NAMESPACE },
	{ "k8s_node_name", COLUMN_NODE },
	{ "k8s_pod_name", COLUMN_POD },
	{ "kind", COLUMN_KIND },
	{ "kubernetes_namespace", COLUMN_NAMESPACE },
	{ "kubernetes_pod_name", COLUMN_POD },
	{ "last", COLUMN_LAST },
	{ "metric", COLUMN_METRIC },
	{ "metric_name", COLUMN_METRIC },
	{ "name_space", COLUMN_NAMESPACE },
	{ "namespace", COLUMN_NAMESPACE },
	{ "namespace_name", COLUMN_NAMESPACE },
	{ "node", COLUMN_NODE },
	{ "node_name", COLUMN_NODE },
	{ "ns", COLUMN_NAMESPACE },
	{ "owner_kind", COLUMN_KIND },
	{ "owner_name", COLUMN_WORKLOAD },
	{ "pod", COLUMN_POD },
	{ "pod_count", COLUMN_PODS },
	{ "pod_name", COLUMN_POD },
	{ "pods", COLUMN_PODS },
	{ "points", COLUMN_SAMPLES },
	{ "resource_labels_container_name", COLUMN_CONTAINER },
	{ "resource_labels_namespace_name", COLUMN_NAMESPACE },
	{ "resource_labels_pod_name", COLUMN_POD },
	{ "sample_count", COLUMN_SAMPLES },
	{ "samples", COLUMN_SAMPLES },
	{ "series", COLUMN_SERIES },
	{ "start", COLUMN_FIRST },
	{ "start_time", COLUMN_FIRST },
	{ "time", COLUMN_TIME },
	{ "timestamp", COLUMN_TIME },
	{ "ts", COLUMN_TIME },
	{ "value", COLUMN_VALUE },
	{ "window_end", COLUMN_LAST },
	{ "window_start", COLUMN_FIRST },
	{ "workload", COLUMN_WORKLOAD },
	{ "workload_kind", COLUMN_KIND },
	{ "workload_name", COLUMN_WORKLOAD },
	{ "workload_type", COLUMN_KIND },
};
/* clang-format on */

static int role_compare(const void *key, const void *element)
{
	return strcmp(key, ((const struct role_name *)element)->name);
}

enum column_role column_role(const char *normalised)
{
	const struct role_name *found;

	found = bsearch(normalised, role_names, ARRAY_SIZE(role_names), sizeof(role_names[0]), role_compare);
	return found ? found->role : COLUMN_IGNORED;
}

/* ---- measures ---- */

enum dimension_of { OF_COUNT, OF_CORES, OF_BYTES, OF_SECONDS };

/* Those that are not here are counts. */
static const enum dimension_of metric_dimensions[USAGE_METRIC_COUNT] = {
	[USAGE_CPU] = OF_CORES,
	[USAGE_MEMORY_WORKING_SET] = OF_BYTES,
	[USAGE_MEMORY_USAGE] = OF_BYTES,
	[USAGE_MEMORY_ANON] = OF_BYTES,
	[USAGE_MEMORY_ACTIVE_FILE] = OF_BYTES,
	[USAGE_MEMORY_INACTIVE_FILE] = OF_BYTES,
	[USAGE_MEMORY_SLAB_RECLAIMABLE] = OF_BYTES,
	[USAGE_MEMORY_SHMEM] = OF_BYTES,
	[USAGE_MEMORY_SWAP] = OF_BYTES,
	[USAGE_MEMORY_PEAK] = OF_BYTES,
	[USAGE_CPU_THROTTLED_SEC] = OF_SECONDS,
	[USAGE_PSI_CPU_SEC] = OF_SECONDS,
	[USAGE_PSI_CPU_FULL_SEC] = OF_SECONDS,
	[USAGE_PSI_MEMORY_SEC] = OF_SECONDS,
	[USAGE_PSI_MEMORY_FULL_SEC] = OF_SECONDS,
	[USAGE_PSI_IO_SEC] = OF_SECONDS,
	[USAGE_PSI_IO_FULL_SEC] = OF_SECONDS,
};

static enum dimension_of measure_dimension(const struct measure *measure)
{
	return measure->kind == SERIES_CPU_SECONDS ? OF_SECONDS : metric_dimensions[measure->metric];
}

const char *measure_expectation(const struct measure *measure)
{
	static const char *const expectations[] = {
		[OF_COUNT] = "a number that is not negative",
		[OF_CORES] = "cores or a Kubernetes quantity, as 0.25 or 250m",
		[OF_BYTES] = "bytes or a Kubernetes quantity, as 134217728 or 128Mi",
		[OF_SECONDS] = "seconds that are not negative",
	};

	return expectations[measure_dimension(measure)];
}

struct unit_name {
	const char *name;
	enum dimension_of dimension;
	double scale;
};

/* Besides the suffixes of quantities. */
/* clang-format off */
static const struct unit_name unit_names[] = {
	{ "b", OF_BYTES, 1 },
	{ "byte", OF_BYTES, 1 },
	{ "bytes", OF_BYTES, 1 },
	{ "core", OF_CORES, 1 },
	{ "cores", OF_CORES, 1 },
	{ "cpu", OF_CORES, 1 },
	{ "cpus", OF_CORES, 1 },
	{ "gb", OF_BYTES, 1e9 },
	{ "gi", OF_BYTES, 1 << 30 },
	{ "gib", OF_BYTES, 1 << 30 },
	{ "kb", OF_BYTES, 1e3 },
	{ "ki", OF_BYTES, 1 << 10 },
	{ "kib", OF_BYTES, 1 << 10 },
	{ "m", OF_CORES, 1e-3 },
	{ "mb", OF_BYTES, 1e6 },
	{ "mcore", OF_CORES, 1e-3 },
	{ "mcores", OF_CORES, 1e-3 },
	{ "mcpu", OF_CORES, 1e-3 },
	{ "mi", OF_BYTES, 1 << 20 },
	{ "mib", OF_BYTES, 1 << 20 },
	{ "millicore", OF_CORES, 1e-3 },
	{ "millicores", OF_CORES, 1e-3 },
	{ "millicpu", OF_CORES, 1e-3 },
	{ "ms", OF_SECONDS, 1e-3 },
	{ "n", OF_CORES, 1e-9 },
	{ "nanocores", OF_CORES, 1e-9 },
	{ "s", OF_SECONDS, 1 },
	{ "sec", OF_SECONDS, 1 },
	{ "seconds", OF_SECONDS, 1 },
	{ "tb", OF_BYTES, 1e12 },
	{ "ti", OF_BYTES, 1099511627776.0 },
	{ "tib", OF_BYTES, 1099511627776.0 },
	{ "us", OF_SECONDS, 1e-6 },
	{ "vcpu", OF_CORES, 1 },
	{ "vcpus", OF_CORES, 1 },
};

struct metric_alias {
	const char *name;		/* without words for a unit or a statistic */
	enum usage_metric metric;
};

static const struct metric_alias metric_aliases[] = {
	{ "anon", USAGE_MEMORY_ANON },
	{ "container_cpu", USAGE_CPU },
	{ "container_cpu_usage", USAGE_CPU },
	{ "container_memory", USAGE_MEMORY_WORKING_SET },
	{ "container_memory_rss", USAGE_MEMORY_ANON },
	{ "container_memory_usage", USAGE_MEMORY_USAGE },
	{ "container_memory_working_set", USAGE_MEMORY_WORKING_SET },
	{ "cpu", USAGE_CPU },
	{ "cpu_usage", USAGE_CPU },
	{ "cpu_used", USAGE_CPU },
	{ "mem", USAGE_MEMORY_WORKING_SET },
	{ "mem_usage", USAGE_MEMORY_USAGE },
	{ "memory", USAGE_MEMORY_WORKING_SET },
	{ "memory_rss", USAGE_MEMORY_ANON },
	{ "memory_used", USAGE_MEMORY_USAGE },
	{ "oom_kills", USAGE_OOM_KILLS },
	{ "oomkills", USAGE_OOM_KILLS },
	{ "ram", USAGE_MEMORY_WORKING_SET },
	{ "ram_usage", USAGE_MEMORY_WORKING_SET },
	{ "restart_count", USAGE_RESTARTS },
	{ "rss", USAGE_MEMORY_ANON },
	{ "throttled_periods", USAGE_CPU_THROTTLED_PERIODS },
	{ "usage_cpu", USAGE_CPU },
	{ "usage_memory", USAGE_MEMORY_WORKING_SET },
	{ "working_set", USAGE_MEMORY_WORKING_SET },
};
/* clang-format on */

static const struct unit_name *unit_find(const char *name, size_t length, enum dimension_of dimension)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_names); i++)
		if (unit_names[i].dimension == dimension && strlen(unit_names[i].name) == length &&
		    strncasecmp(unit_names[i].name, name, length) == 0)
			return &unit_names[i];
	return NULL;
}

/* name as usage_metric_name() has it, with "_" where that has ".". */
static bool metric_find(const char *name, enum usage_metric *ret_metric)
{
	for (int m = 0; m < USAGE_METRIC_COUNT; m++) {
		const char *a = name, *b = usage_metric_name((enum usage_metric)m);

		while (*a && (*a == *b || (*a == '_' && *b == '.')))
			a++, b++;
		if (*a == '\0' && *b == '\0') {
			*ret_metric = (enum usage_metric)m;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(metric_aliases); i++) {
		if (streq(metric_aliases[i].name, name)) {
			*ret_metric = metric_aliases[i].metric;
			return true;
		}
	}
	return false;
}

struct tokens {
	struct { const char *text; size_t length; } list[TOKENS_MAX];
	size_t count;
};

static bool tokens_split(struct tokens *tokens, const char *normalised)
{
	tokens->count = 0;
	for (const char *c = normalised; *c;) {
		size_t length = strcspn(c, "_");

		if (tokens->count == TOKENS_MAX)
			return false;
		tokens->list[tokens->count].text = c;
		tokens->list[tokens->count++].length = length;
		c += length + (c[length] == '_');
	}
	return tokens->count > 0;
}

static void tokens_remove(struct tokens *tokens, size_t at)
{
	memmove(&tokens->list[at], &tokens->list[at + 1], (tokens->count - at - 1) * sizeof(tokens->list[0]));
	tokens->count--;
}

static void tokens_join(const struct tokens *tokens, struct strbuf *out)
{
	strbuf_reset(out);
	for (size_t i = 0; i < tokens->count; i++) {
		if (i > 0)
			strbuf_add_char(out, '_');
		strbuf_add(out, tokens->list[i].text, tokens->list[i].length);
	}
}

static bool all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return length > 0;
}

/* "95" is 0.95, "5" 0.05, "999" 0.999. */
static double quantile_of_digits(const char *digits, size_t length)
{
	double value = 0, scale = 1;

	for (size_t i = 0; i < length; i++) {
		value = value * 10 + (digits[i] - '0');
		scale *= 10;
	}
	return length == 1 ? value / 100 : value / scale;
}

/* "p95", "95th", "p99" before "9" (it was "p99.9"); how many tokens it takes. */
static size_t token_quantile(const struct tokens *tokens, size_t at, double *ret_quantile)
{
	const char *text = tokens->list[at].text;
	size_t length = tokens->list[at].length, more = at + 1 < tokens->count ? tokens->list[at + 1].length : 0;
	char digits[8];

	if (length >= 3 && length <= 4 && strncmp(text + length - 2, "th", 2) == 0 && all_digits(text, length - 2)) {
		*ret_quantile = quantile_of_digits(text, length - 2);
		return 1;
	}
	if (length < 2 || length > 6 || text[0] != 'p' || !all_digits(text + 1, length - 1))
		return 0;
	if (length == 4 && strncmp(text, "p100", 4) == 0) {
		*ret_quantile = 1;
		return 1;
	}
	if (length == 3 && (more == 1 || more == 2) && all_digits(tokens->list[at + 1].text, more)) {
		memcpy(digits, text + 1, 2);
		memcpy(digits + 2, tokens->list[at + 1].text, more);
		*ret_quantile = quantile_of_digits(digits, 2 + more);
		return 2;
	}
	*ret_quantile = quantile_of_digits(text + 1, length - 1);
	return 1;
}

static bool token_statistic(const struct tokens *tokens, size_t at, enum measure_statistic *ret_statistic)
{
	static const struct { const char *name; enum measure_statistic statistic; } names[] = {
		{ "average", STATISTIC_MEAN }, { "avg", STATISTIC_MEAN }, { "max", STATISTIC_MAX }, { "maximum", STATISTIC_MAX },
		{ "mean", STATISTIC_MEAN }, { "min", STATISTIC_MIN }, { "minimum", STATISTIC_MIN }, { "peak", STATISTIC_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == tokens->list[at].length &&
		    memcmp(names[i].name, tokens->list[at].text, tokens->list[at].length) == 0) {
			*ret_statistic = names[i].statistic;
			return true;
		}
	}
	return false;
}

/* Takes the words for a statistic away.  False: there are two. */
static bool tokens_take_statistic(struct tokens *tokens, struct measure *measure)
{
	bool has = false;

	for (size_t i = 0; i < tokens->count;) {
		enum measure_statistic statistic = STATISTIC_QUANTILE;
		double quantile = 0;
		size_t taken = token_quantile(tokens, i, &quantile);

		if (taken == 0 && token_statistic(tokens, i, &statistic))
			taken = 1;
		if (taken == 0 && tokens->list[i].length == strlen("percentile") &&
		    memcmp(tokens->list[i].text, "percentile", strlen("percentile")) == 0) {
			tokens_remove(tokens, i);
			continue;
		}
		if (taken == 0) {
			i++;
			continue;
		}
		if (has || quantile > 1)
			return false;
		has = true;
		measure->statistic = statistic;
		measure->quantile = quantile;
		while (taken-- > 0)
			tokens_remove(tokens, i);
	}
	return true;
}

/* Takes words for a unit away, behind the first word. */
static void tokens_take_unit(struct tokens *tokens, enum dimension_of dimension, double *scale)
{
	for (size_t i = 1; i < tokens->count;) {
		const struct unit_name *unit = unit_find(tokens->list[i].text, tokens->list[i].length, dimension);

		if (!unit) {
			i++;
			continue;
		}
		*scale = unit->scale;
		tokens_remove(tokens, i);
	}
}

static int measure_found(struct measure *measure, enum usage_metric metric)
{
	measure->metric = metric;
	measure->kind = usage_metric_is_counter(metric) ? SERIES_COUNTER : SERIES_GAUGE;
	return 0;
}

static int measure_of_words(const char *name, struct measure *measure)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, rest = STRBUF_INIT;
	enum usage_metric metric;
	struct tokens tokens;

	if (strchr(name, '%'))		/* a share of nobody knows what */
		return -ENOENT;
	heading_normalise(&text, name);
	if (metric_find(text.buf, &metric))
		return measure_found(measure, metric);
	if (!tokens_split(&tokens, text.buf) || !tokens_take_statistic(&tokens, measure))
		return -ENOENT;
	tokens_join(&tokens, &rest);
	if (metric_find(rest.buf, &metric))
		return measure_found(measure, metric);
	for (enum dimension_of dimension = OF_CORES; dimension <= OF_SECONDS; dimension++) {
		struct tokens without = tokens;
		double scale = 1;

		tokens_take_unit(&without, dimension, &scale);
		tokens_join(&without, &rest);
		if (without.count == tokens.count || !metric_find(rest.buf, &metric) || metric_dimensions[metric] != dimension)
			continue;
		measure->scale = scale;
		return measure_found(measure, metric);
	}
	return -ENOENT;
}

/* Recording rules: "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate" is in cores. */
static bool is_recorded_cpu_rate(const char *name)
{
	const char *middle = strstr(name, ":container_cpu_usage_seconds_total:");

	return middle && strstr(middle, "rate");
}

static int measure_of_series(const char *name, struct measure *measure)
{
	const char *colon = strchr(name, ':');
	/* Whose it is stands in other columns. */
	struct series_name series = { .name = name, .namespace = "", .pod = "x", .container = "x", .node = "", .id = "" };

	if (is_recorded_cpu_rate(name))
		return measure_found(measure, USAGE_CPU);
	if (colon && starts_with(colon, ":container_memory_"))
		series.name = colon + 1;
	measure->kind = series_metric(&series, &measure->metric);
	return measure->kind == SERIES_IGNORED ? -ENOENT : 0;
}

int measure_parse(const char *name, struct measure *ret_measure)
{
	struct measure measure = { .statistic = STATISTIC_SAMPLE, .scale = 1 };
	int r;

	r = measure_of_series(name, &measure);
	if (r < 0)
		r = measure_of_words(name, &measure);
	if (r == 0)
		*ret_measure = measure;
	return r;
}

/* ---- cells ---- */

static bool is_nothing(const char *text)
{
	static const char *const words[] = { "", "-", "--", "?", "NaN", "nan", "NAN", "null", "NULL", "None", "none", "nil", "<nil>",
					     "<none>", "<unknown>", "n/a", "N/A", "NA", "undefined" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* Into out without white space at both ends. */
static void trim(struct strbuf *out, const char *text)
{
	strbuf_reset(out);
	strbuf_add_string(out, text);
	strbuf_trim(out);
}

/* The length of "12", "-1.5", "1e9" at the beginning; "1E" is a quantity of exa. */
static size_t number_length(const char *text)
{
	size_t n = strspn(text, "+-"), digits = strspn(text + n, "0123456789."), exponent;

	if (digits == 0 || n > 1)
		return 0;
	n += digits;
	if (text[n] != 'e' && text[n] != 'E')
		return n;
	exponent = n + 1 + (text[n + 1] == '+' || text[n + 1] == '-');
	digits = strspn(text + exponent, "0123456789");
	return digits > 0 ? exponent + digits : n;
}

/* One comma between digits and no point. */
static void replace_decimal_comma(struct strbuf *text)
{
	char *comma = strchr(text->buf, ',');

	if (comma && !strchr(comma + 1, ',') && !strchr(text->buf, '.'))
		*comma = '.';
}

int measure_value(const struct measure *measure, const char *text, bool decimal_comma, double *ret_value)
{
	enum dimension_of dimension = measure_dimension(measure);
	CLEANUP(strbuf_release) struct strbuf trimmed = STRBUF_INIT;
	const struct unit_name *unit;
	struct quantity quantity;
	size_t length;
	double value;
	char *suffix;

	trim(&trimmed, text);
	if (is_nothing(trimmed.buf))
		return -ENODATA;
	if (decimal_comma)
		replace_decimal_comma(&trimmed);
	length = number_length(trimmed.buf);
	if (length == 0)
		return -EINVAL;
	suffix = trimmed.buf + length;
	memmove(suffix, suffix + strspn(suffix, " "), strlen(suffix + strspn(suffix, " ")) + 1);
	/* One letter is a quantity's: "1M" is no millicore. */
	unit = strlen(suffix) > 1 || streq(suffix, "B") || dimension == OF_SECONDS ? unit_find(suffix, strlen(suffix), dimension) : NULL;
	if (*suffix && !unit) {
		if ((dimension != OF_CORES && dimension != OF_BYTES) || quantity_parse(trimmed.buf, &quantity) < 0)
			return -EINVAL;
		value = quantity_real(&quantity);
	} else {
		trimmed.buf[length] = '\0';
		if (parse_real(trimmed.buf, &value) < 0)
			return -EINVAL;
		value *= unit ? unit->scale : measure->scale;
	}
	if (value < 0)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

/* Seconds since 1970 in any of the usual scales, told by their size: in seconds until the year 5138. */
static int epoch_scale(double number, double *ret_sec)
{
	static const struct { double below, scale; } scales[] = { { 1e11, 1 }, { 1e14, 1e3 }, { 1e17, 1e6 }, { 1e20, 1e9 } };

	for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
		if (number < scales[i].below) {
			*ret_sec = number / scales[i].scale;
			return 0;
		}
	}
	return -EINVAL;
}

int cell_time(const char *text, double *ret_sec)
{
	static const char *const zones[] = { "", "Z", "UTC", "GMT", "+00", "+00:00", "+0000", "+0000 UTC" };
	CLEANUP(strbuf_release) struct strbuf trimmed = STRBUF_INIT;
	const char *cursor;
	double number;
	bool has_zone;

	trim(&trimmed, text);
	if (is_nothing(trimmed.buf))
		return -ENODATA;
	cursor = trimmed.buf;
	if (timestamp_scan(&cursor, &number, &has_zone)) {
		cursor += strspn(cursor, " ");
		if (has_zone && *cursor)
			return -EINVAL;
		for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
			if (strcmp(cursor, zones[i]) == 0) {
				*ret_sec = number;
				return 0;
			}
		}
		return -EINVAL;
	}
	if (parse_real(trimmed.buf, &number) < 0 || number <= 0)
		return -EINVAL;
	return epoch_scale(number, ret_sec);
}

/* ---- series ---- */

/* "web\"1" at *cursor, which moves behind it; the text is added to buffer with a zero byte. */
static bool scan_quoted(const char **cursor, struct strbuf *buffer)
{
	const char *c = *cursor;

	if (*c != '"')
		return false;
	for (c++; *c && *c != '"'; c++) {
		if (*c == '\\') {
			c++;
			if (!*c)
				return false;
			strbuf_add_char(buffer, *c == 'n' ? '\n' : *c);
		} else {
			strbuf_add_char(buffer, *c);
		}
	}
	if (*c != '"')
		return false;
	strbuf_add_char(buffer, '\0');
	*cursor = c + 1;
	return true;
}

/* Every one of them is a text in buffer. */
struct label_places {
	size_t name, value;
};

/* pod="web-0" at *cursor, which moves behind it. */
static bool scan_label(const char **cursor, struct strbuf *buffer, struct label_places *ret_places)
{
	const char *c = *cursor;
	size_t n = strcspn(c, "= \"{},");

	if (n == 0)
		return false;
	ret_places->name = buffer->len;
	strbuf_add(buffer, c, n);
	strbuf_add_char(buffer, '\0');
	ret_places->value = buffer->len;
	c += n + strspn(c + n, " ");
	if (*c != '=')
		return false;
	c += 1 + strspn(c + 1, " ");
	*cursor = c;
	return scan_quoted(cursor, buffer);
}

bool series_text_parse(const char *text, struct strbuf *buffer, struct series_texts *ret_texts)
{
	struct label_places places[SERIES_LABELS_MAX];
	struct series_label labels[SERIES_LABELS_MAX];
	size_t length = strcspn(text, "{"), n = 0;
	const char *c = text + length;

	if (*c != '{')
		return false;
	strbuf_reset(buffer);
	strbuf_add(buffer, text, length);
	strbuf_add_char(buffer, '\0');
	for (c++, c += strspn(c, " ,"); *c != '}'; c += strspn(c, " ,"))
		if (n == SERIES_LABELS_MAX || !scan_label(&c, buffer, &places[n++]))
			return false;
	if (c[1] != '\0')
		return false;
	*ret_texts = (struct series_texts){ .kind = "", .workload = "" };
	for (size_t i = 0; i < n; i++) {
		labels[i] = (struct series_label){ buffer->buf + places[i].name, buffer->buf + places[i].value };
		if (streq(labels[i].name, "workload"))
			ret_texts->workload = labels[i].value;
		if (streq(labels[i].name, "workload_type"))
			ret_texts->kind = labels[i].value;
	}
	series_name_of_labels(labels, n, &ret_texts->series);
	if (length > 0)
		ret_texts->series.name = buffer->buf;
	return true;
}
