/* SPDX-License-Identifier: Apache-2.0 */
#include "../../clusters/response.h"

#include <errno.h>
#include <math.h>

#include "prometheus-cluster.h"
#include "test.h"

/* ---- the reader of answers alone: everything it hands on, in one text ---- */

static bool tell_series(void *context, const struct series_label *labels, size_t n)
{
	struct strbuf *told = context;

	strbuf_add_char(told, '{');
	for (size_t i = 0; i < n; i++)
		strbuf_addf(told, "%s%s=%s", i ? "," : "", labels[i].name, labels[i].value);
	strbuf_add_char(told, '}');
	return true;
}

static void tell_sample(void *context, double time_sec, double value)
{
	strbuf_addf(context, " %.3f:%g", time_sec, value);
}

static void tell_text(void *context, const char *key, const char *text)
{
	strbuf_addf(context, " %s'%s'", key, text);
}

static void tell_warning(void *context, const char *text)
{
	strbuf_addf(context, " warning:%s", text);
}

static void tell_histogram(void *context)
{
	strbuf_add_string(context, " histogram");
}

static const struct response_handler teller = {
	.series = tell_series, .sample = tell_sample, .text = tell_text, .warning = tell_warning, .histogram = tell_histogram,
};

/* In pieces of the given length.  What is wrong is added to what was told. */
static int read_pieces(const char *text, size_t length, size_t piece, bool several, struct strbuf *told)
{
	CLEANUP(response_free_ptr) struct response *response = response_new(&teller, told, several);
	struct place place = { 0 };
	int r = 0;

	for (size_t at = 0; at < length && r == 0; at += piece)
		r = response_feed(response, text + at, MIN(piece, length - at));
	if (r == 0)
		r = response_finish(response);
	response_place(response, &place);
	if (r < 0)
		strbuf_addf(told, "|%s", response_problem(response));
	if (response_bad(response))
		strbuf_addf(told, "|%llu bad", (unsigned long long)response_bad(response));
	return r;
}

#define OK_BEGIN "{\"status\":\"success\",\"data\":"

static const struct answer {
	const char *name, *text, *told;
	int result;
} answers[] = {
	/* clang-format off */
	{ "matrix", OK_BEGIN "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"up\",\"pod\":\"a\"},\"values\":"
	  "[[1435781430.781,\"1\"],[1435781445.781,\"2.5e+06\"]]},{\"metric\":{},\"values\":[]}]}}",
	  "{__name__=up,pod=a} 1435781430.781:1 1435781445.781:2.5e+06{}", 0 },
	{ "vector", OK_BEGIN "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"pod\":\"a\"},\"value\":[1,\"-0.5\"]}]}}",
	  "{pod=a} 1.000:-0.5", 0 },
	{ "scalar", OK_BEGIN "{\"resultType\":\"scalar\",\"result\":[1.5,\"7\"]}}", "{} 1.500:7", 0 },
	{ "nothing found", OK_BEGIN "{\"resultType\":\"vector\",\"result\":[]}}", "", 0 },
	{ "keys sorted", "{\"data\":{\"result\":[{\"metric\":{\"a\":\"b\"},\"value\":[1,\"2\"]}],\"resultType\":\"vector\"},\"status\":\"success\"}",
	  "{a=b} 1.000:2", 0 },
	{ "values that are no numbers", OK_BEGIN "{\"result\":[{\"metric\":{},\"values\":[[1,\"NaN\"],[2,\"+Inf\"],[3,\"-Inf\"]]}]}}",
	  "{} 1.000:nan 2.000:inf 3.000:-inf", 0 },
	{ "label values", OK_BEGIN "[\"a\",\"b\\u00e9\"]}", " 'a' 'b\xc3\xa9'", 0 },
	{ "buildinfo", OK_BEGIN "{\"version\":\"2.42.0\",\"revision\":\"x\"}}", " version'2.42.0' revision'x'", 0 },
	{ "warnings", OK_BEGIN "[]},\"warnings\":[\"w\",{}],\"infos\":[\"i\"]}", "|not JSON: parse error: trailing garbage", -EINVAL },
	{ "warnings", "{\"status\":\"success\",\"data\":[],\"warnings\":[\"w\",{}],\"infos\":[\"i\"]}", " warning:w", 0 },
	{ "a part only", "{\"status\":\"success\",\"isPartial\":true,\"data\":[]}", " warning:its answer is partial: not all that stores its series answered", 0 },
	{ "histograms", OK_BEGIN "{\"result\":[{\"metric\":{},\"histograms\":[[1,{\"count\":\"1\",\"buckets\":[[0,\"1\",\"2\",\"3\"]]}]]},"
	  "{\"metric\":{},\"histogram\":[1,{\"count\":\"1\"}],\"value\":[1,\"2\"]}]}}", "{} histogram{} histogram 1.000:2", 0 },
	{ "what nobody knows", "{\"status\":\"success\",\"isPartial\":false,\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"group\":1,"
	  "\"value\":[1,\"2\"]}],\"stats\":{\"a\":[{\"b\":[]}]}},\"trace\":[[]]}", "{} 1.000:2", 0 },
	{ "an error", "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"query processing would load too many samples\"}",
	  "|execution: query processing would load too many samples", -EREMOTEIO },
	{ "an error with data", "{\"status\":\"error\",\"data\":{\"resultType\":\"matrix\",\"result\":[]},\"error\":\"x\"}", "|x", -EREMOTEIO },
	{ "an error without words", "{\"status\":\"error\"}", "|an error without a reason", -EREMOTEIO },
	{ "data is null", OK_BEGIN "null}", "|no answer of Prometheus: it has no \"data\"", -EINVAL },
	{ "another object", "{\"kind\":\"List\"}", "|no answer of Prometheus: it has no \"data\"", -EINVAL },
	{ "a list", "[]", "|no answer of Prometheus: it is a list", -EINVAL },
	{ "a text", "\"x\"", "|no answer of Prometheus: it is no object", -EINVAL },
	{ "nothing", "", "|no answer: there is nothing", -EINVAL },
	{ "blanks", " \n\t", "|no answer: there is nothing", -EINVAL },
	{ "HTML", "<html>502 Bad Gateway</html>", "|not JSON: lexical error: invalid char in json text.", -EINVAL },
	{ "status is missing", "{\"data\":[]}", "|an answer that does not say \"status\": \"success\"", -EINVAL },
	{ "result is no list", OK_BEGIN "{\"result\":{}}}", "|\"result\" is no list", -EINVAL },
	{ "result is a text", OK_BEGIN "{\"result\":\"x\"}}", "|\"result\" is no list", -EINVAL },
	{ "data is a number", OK_BEGIN "1}", "|\"data\" is neither an object nor a list", -EINVAL },
	{ "samples first", OK_BEGIN "{\"result\":[{\"values\":[[1,\"2\"]],\"metric\":{}}]}}", "|samples come before the labels of their series", -EINVAL },
	{ "two results", OK_BEGIN "{\"result\":[],\"result\":[]}}", "|the same key twice", -EINVAL },
	{ "two data", OK_BEGIN "[],\"data\":[]}", "|the same key twice", -EINVAL },
	{ "two metrics", OK_BEGIN "{\"result\":[{\"metric\":{},\"metric\":{}}]}}", "{}|the same key twice", -EINVAL },
	{ "two values after series", OK_BEGIN "{\"result\":[{\"metric\":{},\"value\":[1,\"2\"]}],\"result\":[]}}", "{} 1.000:2|the same key twice", -EINVAL },
	{ "pairs of wrong types", OK_BEGIN "{\"result\":[{\"metric\":{},\"values\":[[1,2],[\"1\",\"2\"],[1],[1,\"2\",3],[],[1,\"x\"],[1,\"\"],[1,{}],"
	  "[[],\"2\"],5,null,{},\"s\",[9,\"3\"]]}]}}", "{} 9.000:3|13 bad", 0 },
	{ "labels of wrong types", OK_BEGIN "{\"result\":[{\"metric\":{\"a\":1},\"value\":[1,\"2\"]},{\"metric\":{\"a\":{\"b\":\"c\"}},\"value\":[1,\"2\"]},"
	  "{\"metric\":{\"a\":[\"c\"]},\"value\":[1,\"2\"]},{\"metric\":{\"a\":null},\"value\":[1,\"2\"]},{\"metric\":{\"b\":\"c\"},\"value\":[1,\"3\"]}]}}",
	  "{b=c} 1.000:3|4 bad", 0 },
	{ "a label twice", OK_BEGIN "{\"result\":[{\"metric\":{\"a\":\"1\",\"a\":\"2\"},\"value\":[1,\"2\"]}]}}", "|1 bad", 0 },
	{ "zero bytes in labels", OK_BEGIN "{\"result\":[{\"metric\":{\"a\":\"b\\u0000c\"},\"value\":[1,\"2\"]},"
	  "{\"metric\":{\"a\\u0000\":\"b\"},\"value\":[1,\"2\"]}]}}", "|2 bad", 0 },
	{ "zero bytes in values", OK_BEGIN "{\"result\":[{\"metric\":{},\"value\":[1,\"2\\u00003\"]}]}}", "{}|1 bad", 0 },
	{ "a series without labels", OK_BEGIN "{\"result\":[{\"value2\":[1,\"2\"]},7,\"x\",{\"metric\":5,\"values\":null}]}}", "{}|5 bad", 0 },
	{ "no UTF-8", OK_BEGIN "[\"\xff\"]}", "|not JSON: lexical error: invalid bytes in UTF8 string.", -EINVAL },
	/* clang-format on */
};

static void answers_say_the_same_in_pieces_of_any_length(void **context)
{
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		size_t length = strlen(answers[i].text);

		for (size_t piece = 1; piece <= length + 1; piece = piece < 8 ? piece + 1 : piece * 3) {
			CLEANUP(strbuf_release) struct strbuf told = STRBUF_INIT;
			int r = read_pieces(answers[i].text, length, piece, false, &told);

			if (r != answers[i].result || !streq(told.buf, answers[i].told))
				fail_msg("%s in pieces of %zu: %d '%s' instead of %d '%s'", answers[i].name, piece, r, told.buf,
					 answers[i].result, answers[i].told);
		}
	}
}

static void an_answer_cut_anywhere_is_no_answer(void **context)
{
	const char *text = answers[0].text;

	for (size_t length = 0; length < strlen(text); length++) {
		CLEANUP(strbuf_release) struct strbuf told = STRBUF_INIT;

		assert_int_equal(read_pieces(text, length, 7, false, &told), -EINVAL);
		if (length > 0 && !strstr(told.buf, "ends in the middle"))
			fail_msg("cut at %zu: %s", length, told.buf);
	}
}

static void several_answers_follow_each_other_only_where_that_is_meant(void **context)
{
	static const char text[] = OK_BEGIN "{\"result\":[{\"metric\":{\"a\":\"1\"},\"value\":[1,\"2\"]}]}}\n" OK_BEGIN "[\"x\"]}" OK_BEGIN "[]}";

	for (int several = 0; several < 2; several++) {
		CLEANUP(strbuf_release) struct strbuf told = STRBUF_INIT;
		int r = read_pieces(text, strlen(text), 5, several, &told);

		assert_int_equal(r, several ? 0 : -EINVAL);
		assert_int_equal(streq(told.buf, "{a=1} 1.000:2 'x'"), several);
	}
}

static void memory_is_bounded_whatever_an_answer_holds(void **context)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, told = STRBUF_INIT;

	/* One text without an end. */
	strbuf_add_string(&text, OK_BEGIN "[\"");
	strbuf_add_repeated(&text, 'x', 2U << 20);
	assert_int_equal(read_pieces(text.buf, text.len, 4096, false, &told), -EINVAL);
	assert_non_null(strstr(told.buf, "longer than 1 MiB"));

	/* Depth. */
	strbuf_reset(&text);
	strbuf_reset(&told);
	strbuf_add_string(&text, "{\"x\":");
	strbuf_add_repeated(&text, '[', 100000);
	assert_int_equal(read_pieces(text.buf, text.len, 4096, false, &told), -EINVAL);
	assert_non_null(strstr(told.buf, "nested too deeply"));

	/* Labels: the series is passed over, the next one counts. */
	strbuf_reset(&text);
	strbuf_reset(&told);
	strbuf_add_string(&text, OK_BEGIN "{\"result\":[{\"metric\":{\"a\":\"b\"");
	for (int i = 0; i < RESPONSE_LABELS_MAX; i++)
		strbuf_addf(&text, ",\"l%d\":\"v\"", i);
	strbuf_add_string(&text, "},\"value\":[1,\"2\"]},{\"metric\":{\"c\":\"d\"},\"value\":[3,\"4\"]}]}}");
	assert_int_equal(read_pieces(text.buf, text.len, 4096, false, &told), 0);
	assert_string_equal(told.buf, "{c=d} 3.000:4|1 bad");
}

/* ---- into usage ---- */

#define T 1700000000
#define LABELS "\"namespace\":\"shop\",\"pod\":\"web-6d4cf56db6-abcde\",\"container\":\"app\""

struct reading {
	struct cluster *cluster;
	struct usage *usage;
	struct strbuf text;
	unsigned int n_series;
};

static void reading_begin(struct reading *reading)
{
	*reading = (struct reading){ .cluster = small_cluster(), .text = STRBUF_INIT };
	reading->usage = usage_new(reading->cluster);
	strbuf_add_string(&reading->text, OK_BEGIN "{\"resultType\":\"matrix\",\"result\":[");
}

/* A series of n samples from a time on, each step later, by more each. */
static void reading_add(struct reading *reading, const char *labels, double begin, unsigned int n, double step, double value, double more)
{
	strbuf_addf(&reading->text, "%s{\"metric\":{%s},\"values\":[", reading->n_series++ ? "," : "", labels);
	for (unsigned int i = 0; i < n; i++)
		strbuf_addf(&reading->text, "%s[%.3f,\"%.17g\"]", i ? "," : "", begin + i * step, value + i * more);
	strbuf_add_string(&reading->text, "]}");
}

static int reading_end(struct reading *reading)
{
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	int r;

	strbuf_add_string(&reading->text, "]}}");
	stream = stream_of_bytes(reading->text.buf, reading->text.len, &budget);
	r = response_read_usage(reading->usage, reading->cluster, "saved.json", stream, NULL);
	usage_finish(reading->usage);
	return r;
}

static void reading_release(struct reading *reading)
{
	usage_free(reading->usage);
	cluster_free(reading->cluster);
	strbuf_release(&reading->text);
}

static void series_become_the_usage_of_their_workload(void **context)
{
	struct reading reading;
	const struct usage_series *series;

	reading_begin(&reading);
	reading_add(&reading, "\"__name__\":\"container_cpu_usage_seconds_total\"," LABELS, T, 11, 60, 100, 30);
	reading_add(&reading, "\"__name__\":\"container_memory_working_set_bytes\"," LABELS, T, 11, 60, 1e6, 1e5);
	reading_add(&reading, "\"__name__\":\"container_memory_working_set_bytes\",\"namespace\":\"shop\",\"pod\":\"db-0\",\"container\":\"app\"", T, 5, 60, 5e6, 0);
	reading_add(&reading, "\"__name__\":\"container_memory_working_set_bytes\",\"namespace\":\"shop\",\"pod\":\"gone-0\",\"container\":\"app\"", T, 5, 60, 5e6, 0);
	reading_add(&reading, "\"__name__\":\"container_memory_cache\"," LABELS, T, 5, 60, 5e6, 0);
	reading_add(&reading, "\"__name__\":\"kube_pod_container_status_restarts_total\"," LABELS, T, 11, 60, 3, 1);
	assert_int_equal(reading_end(&reading), 0);

	series = usage_get(reading.usage, WEB_APP, USAGE_CPU);
	assert_non_null(series);
	assert_int_equal(series->samples, 10);
	assert_true(fabs(series->max - 0.5) < 1e-9 && fabs(series->min - 0.5) < 1e-9);
	series = usage_get(reading.usage, WEB_APP, USAGE_MEMORY_WORKING_SET);
	assert_int_equal(series->samples, 11);
	assert_true(series->max == 2e6 && series->min == 1e6);
	assert_true(usage_get(reading.usage, DB_APP, USAGE_MEMORY_WORKING_SET)->max == 5e6);
	assert_true(usage_get(reading.usage, WEB_APP, USAGE_RESTARTS)->increase == 10);
	assert_null(usage_get(reading.usage, WEB_PROXY, USAGE_CPU));
	assert_int_equal(usage_unmatched(reading.usage), 1);
	assert_string_equal(series->source, "saved.json");
	reading_release(&reading);
}

static void what_two_scrapers_tell_counts_once(void **context)
{
	struct reading reading;
	const struct usage_series *series;

	reading_begin(&reading);
	reading_add(&reading, "\"__name__\":\"container_memory_rss\",\"job\":\"cadvisor\",\"id\":\"/kubepods/a/b\"," LABELS, T, 100, 30, 1e6, 0);
	reading_add(&reading, "\"__name__\":\"container_memory_rss\",\"job\":\"kubelet\"," LABELS, T, 100, 30, 1e6, 0);
	reading_add(&reading, "\"__name__\":\"container_cpu_cfs_periods_total\",\"job\":\"a\",\"id\":\"/kubepods/a/b\"," LABELS, T, 100, 30, 0, 300);
	reading_add(&reading, "\"__name__\":\"container_cpu_cfs_periods_total\",\"job\":\"b\",\"id\":\"/kubepods/a/b\"," LABELS, T + 7, 100, 30, 0, 300);
	assert_int_equal(reading_end(&reading), 0);
	series = usage_get(reading.usage, WEB_APP, USAGE_MEMORY_ANON);
	assert_int_equal(series->samples, 100);
	assert_int_equal(series->pods, 1);
	assert_int_equal(series->bad, 0);
	series = usage_get(reading.usage, WEB_APP, USAGE_CPU_PERIODS);
	assert_true(series->increase == 99 * 300);
	assert_int_equal(series->resets, 0);
	reading_release(&reading);
}

/* Answers are sorted by their labels: the later life of a container may stand first. */
static void lives_of_a_container_in_any_order_are_all_told(void **context)
{
	static const char *const lives[] = { "\"__name__\":\"container_cpu_cfs_periods_total\",\"id\":\"/kubepods/a/1\"," LABELS,
					     "\"__name__\":\"container_cpu_cfs_periods_total\",\"id\":\"/kubepods/a/2\"," LABELS };

	for (int later_first = 0; later_first < 2; later_first++) {
		struct reading reading;
		const struct usage_series *series;

		reading_begin(&reading);
		reading_add(&reading, lives[0], later_first ? T + 6000 : T, 100, 30, 0, 1);
		reading_add(&reading, lives[1], later_first ? T : T + 6000, 100, 30, 0, 1);
		assert_int_equal(reading_end(&reading), 0);
		series = usage_get(reading.usage, WEB_APP, USAGE_CPU_PERIODS);
		assert_true(series->increase == 198);
		assert_int_equal(series->bad, 0);
		reading_release(&reading);
	}
}

static void zeros_of_what_may_not_be_counted_are_not_zero(void **context)
{
	struct reading reading;

	reading_begin(&reading);
	reading_add(&reading, "\"__name__\":\"container_oom_events_total\"," LABELS, T, 100, 30, 0, 0);
	reading_add(&reading, "\"__name__\":\"container_pressure_cpu_waiting_seconds_total\"," LABELS, T, 3, 30, 0, 1);
	reading_add(&reading, "\"__name__\":\"container_memory_total_active_file_bytes\"," LABELS, T, 3, 30, 0, 0);
	assert_int_equal(reading_end(&reading), 0);
	assert_null(usage_get(reading.usage, WEB_APP, USAGE_OOM_KILLS));
	assert_true(usage_get(reading.usage, WEB_APP, USAGE_PSI_CPU_SEC)->increase == 2);
	assert_true(usage_get(reading.usage, WEB_APP, USAGE_MEMORY_ACTIVE_FILE)->max == 0);
	reading_release(&reading);
}

static void a_reason_of_the_end_is_a_kill_when_it_begins_to_hold(void **context)
{
	struct reading reading;
	double when;

	reading_begin(&reading);
	reading_add(&reading, "\"__name__\":\"kube_pod_container_status_last_terminated_reason\",\"reason\":\"OOMKilled\"," LABELS, T, 50, 30, 1, 0);
	reading_add(&reading, "\"__name__\":\"kube_pod_container_status_last_terminated_reason\",\"reason\":\"Error\","
			      "\"namespace\":\"shop\",\"pod\":\"db-0\",\"container\":\"app\"", T, 50, 30, 1, 0);
	assert_int_equal(reading_end(&reading), 0);
	assert_int_equal(usage_oom_count(reading.usage, WEB_APP), 1);
	assert_true(isnan(usage_last_oom_memory(reading.usage, WEB_APP, &when)));
	assert_int_equal(usage_oom_count(reading.usage, DB_APP), 0);
	reading_release(&reading);
}

static void nodes_and_their_slices_are_told_by_labels_or_address(void **context)
{
	struct reading reading;

	reading_begin(&reading);
	reading_add(&reading, "\"__name__\":\"node_pressure_memory_waiting_seconds_total\",\"instance\":\"node-1:9100\"", T, 11, 30, 5, 1);
	reading_add(&reading, "\"__name__\":\"container_memory_working_set_bytes\",\"id\":\"/system.slice\",\"node\":\"node-2\"", T, 11, 30, 5e8, 0);
	reading_add(&reading, "\"__name__\":\"node_pressure_memory_waiting_seconds_total\",\"instance\":\"10.0.0.9:9100\"", T, 11, 30, 5, 1);
	assert_int_equal(reading_end(&reading), 0);
	assert_true(usage_node_get(reading.usage, "node-1", "", USAGE_PSI_MEMORY_SEC)->increase == 10);
	assert_true(usage_node_get(reading.usage, "node-2", "system.slice", USAGE_MEMORY_WORKING_SET)->max == 5e8);
	assert_null(usage_node_get(reading.usage, "10.0.0.9", "", USAGE_PSI_MEMORY_SEC));
	reading_release(&reading);
}

static void what_is_wrong_is_said_with_its_place_and_the_rest_kept(void **context)
{
	struct reading reading;
	const struct diag_entry *entry;

	reading_begin(&reading);
	reading_add(&reading, "\"__name__\":\"container_memory_rss\"," LABELS, T, 10, 30, 1e6, 0);
	strbuf_add_string(&reading.text, ",\n  oops");
	assert_int_equal(reading_end(&reading), -EINVAL);
	assert_int_equal(usage_get(reading.usage, WEB_APP, USAGE_MEMORY_ANON)->samples, 10);
	entry = &usage_notes(reading.usage)->entries[0];
	assert_string_equal(entry->place.file, "saved.json");
	assert_int_equal(entry->place.line, 2);
	assert_int_equal(entry->place.column, 4);
	assert_says(usage_notes(reading.usage), "not JSON");
	reading_release(&reading);
}

static void series_without_a_name_are_said_to_be_of_no_use(void **context)
{
	struct reading reading;

	reading_begin(&reading);
	reading_add(&reading, LABELS, T, 10, 30, 1e6, 0);
	assert_int_equal(reading_end(&reading), 0);
	assert_says(usage_notes(reading.usage), "series have no name");
	reading_release(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_say_the_same_in_pieces_of_any_length),
		cmocka_unit_test(an_answer_cut_anywhere_is_no_answer),
		cmocka_unit_test(several_answers_follow_each_other_only_where_that_is_meant),
		cmocka_unit_test(memory_is_bounded_whatever_an_answer_holds),
		cmocka_unit_test(series_become_the_usage_of_their_workload),
		cmocka_unit_test(what_two_scrapers_tell_counts_once),
		cmocka_unit_test(lives_of_a_container_in_any_order_are_all_told),
		cmocka_unit_test(zeros_of_what_may_not_be_counted_are_not_zero),
		cmocka_unit_test(a_reason_of_the_end_is_a_kill_when_it_begins_to_hold),
		cmocka_unit_test(nodes_and_their_slices_are_told_by_labels_or_address),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place_and_the_rest_kept),
		cmocka_unit_test(series_without_a_name_are_said_to_be_of_no_use),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
