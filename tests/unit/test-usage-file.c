/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-world.h"

#include <errno.h>

#include "../../clusters/usage-column.h"

#define MIB (1024.0 * 1024)

/* The samples of the first container, and their extremes, are the same however a table is written. */
static void a_table_is_read_however_it_is_written(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		/* clang-format off */
		{ "comma", "timestamp,namespace,pod,container,cpu,memory\n"
		  "2026-11-23T07:00:00Z,shop,web-7d9f8c6b5d-x2x8z,app,250m,128Mi\n2026-11-23T07:01:00Z,shop,web-7d9f8c6b5d-x2x8z,app,0.5,256Mi\n" },
		{ "mark of UTF-8, CRLF, quotes", "\xef\xbb\xbf\"timestamp\",\"namespace\",\"pod\",\"container\",\"cpu\",\"memory\"\r\n"
		  "\"2026-11-23T07:00:00Z\",\"shop\",\"web-7d9f8c6b5d-x2x8z\",\"app\",\"0.25\",\"134217728\"\r\n"
		  "\"2026-11-23T07:01:00Z\",\"shop\",\"web-7d9f8c6b5d-x2x8z\",\"app\",\"0.5\",\"268435456\"\r\n" },
		{ "semicolons and decimal commas", "Pod;Container;Namespace;Time;CPU;Memory (MiB)\n"
		  "web-7d9f8c6b5d-x2x8z;app;shop;1795417200;0,25;128\nweb-7d9f8c6b5d-x2x8z;app;shop;1795417260;0,5;256,0\n" },
		{ "tabs, other names and units", "Pod Name\tcontainerName\tnamespace_name\tts\tcpu (millicores)\tmem_mib\tteam\n"
		  "web-7d9f8c6b5d-x2x8z\tapp\tshop\t1795417200000\t250\t128\ta\nweb-7d9f8c6b5d-x2x8z\tapp\tshop\t1795417260000\t500\t256\tb\n" },
		{ "newest first, no end of line", "timestamp,namespace,pod,container,cpu,memory\n"
		  "2026-11-23 07:01:00 UTC,shop,web-7d9f8c6b5d-x2x8z,app,500m,256 MiB\n2026-11-23 07:00:00.000000 UTC,shop,web-7d9f8c6b5d-x2x8z,app,250 m,0.125Gi" },
		{ "long form", "metric,value,timestamp,namespace,pod,container\n"
		  "cpu,0.25,2026-11-23T07:00:00Z,shop,web-7d9f8c6b5d-x2x8z,app\nmemory,128Mi,2026-11-23T07:00:00Z,shop,web-7d9f8c6b5d-x2x8z,app\n"
		  "cpu,0.5,2026-11-23T07:01:00Z,shop,web-7d9f8c6b5d-x2x8z,app\n"
		  "container_memory_working_set_bytes,268435456,2026-11-23T07:01:00Z,shop,web-7d9f8c6b5d-x2x8z,app\n" },
		{ "a comment, and what a spreadsheet says", "# of last night\ntimestamp,namespace,pod,container,cpu,memory\n\n"
		  "2026-11-23T08:00:00+01:00,shop,web-7d9f8c6b5d-x2x8z,app,250m,128Mi\n2026-11-23T08:01:00+01:00,shop,web-7d9f8c6b5d-x2x8z,app,0.5,256Mi\n" },
		{ "sep=", "sep=;\r\ntimestamp;namespace;pod;container;cpu;memory\r\n"
		  "2026-11-23T07:00:00Z;shop;web-7d9f8c6b5d-x2x8z;app;250m;128Mi\r\n2026-11-23T07:01:00Z;shop;web-7d9f8c6b5d-x2x8z;app;0.5;256Mi\r\n" },
		{ "date and time apart", "date,time,namespace,pod,container,cpu,memory\n"
		  "2026-11-23,07:00:00,shop,web-7d9f8c6b5d-x2x8z,app,250m,128Mi\n2026-11-23,07:01:00,shop,web-7d9f8c6b5d-x2x8z,app,0.5,256Mi\n" },
		{ "no namespace", "timestamp,pod,container,cpu,memory\n"
		  "2026-11-23T07:00:00Z,web-7d9f8c6b5d-x2x8z,app,250m,128Mi\n2026-11-23T07:01:00Z,web-7d9f8c6b5d-x2x8z,app,0.5,256Mi\n" },
		{ "by workload", "timestamp,namespace,controllerKind,controllerName,container,cpu,memory\n"
		  "2026-11-23T07:00:00Z,shop,deployment,web,app,250m,128Mi\n2026-11-23T07:01:00Z,shop,deployment,web,app,0.5,256Mi\n" },
		{ "a dashboard, joined by time",
		  "\"Time\",\"node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate{container=\"\"app\"\", namespace=\"\"shop\"\", pod=\"\"web-7d9f8c6b5d-x2x8z\"\"}\","
		  "\"{__name__=\"\"container_memory_working_set_bytes\"\", container=\"\"app\"\", namespace=\"\"shop\"\", pod=\"\"web-7d9f8c6b5d-x2x8z\"\"}\"\n"
		  "1795417200000,0.25,134217728\n1795417260000,0.5,268435456\n" },
		{ "a dashboard, series as rows", "\"Series\";\"Time\";\"Value\"\n"
		  "\"cpu{namespace=\"\"shop\"\",pod=\"\"web-7d9f8c6b5d-x2x8z\"\",container=\"\"app\"\"}\";2026-11-23T07:00:00.000Z;0.25\n"
		  "\"cpu{namespace=\"\"shop\"\",pod=\"\"web-7d9f8c6b5d-x2x8z\"\",container=\"\"app\"\"}\";2026-11-23T07:01:00.000Z;0.5\n"
		  "\"memory{namespace=\"\"shop\"\",pod=\"\"web-7d9f8c6b5d-x2x8z\"\",container=\"\"app\"\"}\";2026-11-23T07:00:00.000Z;128 MiB\n"
		  "\"memory{namespace=\"\"shop\"\",pod=\"\"web-7d9f8c6b5d-x2x8z\"\",container=\"\"app\"\"}\";2026-11-23T07:01:00.000Z;256 MiB\n" },
		{ "kubectl top", "2026-11-23T07:00:00Z\n"
		  "NAMESPACE   POD                    NAME   CPU(cores)   MEMORY(bytes)   \nshop        web-7d9f8c6b5d-x2x8z   app    250m         128Mi           \n"
		  "Mon Nov 23 07:01:00 UTC 2026\n"
		  "NAMESPACE   POD                    NAME   CPU(cores)   MEMORY(bytes)   \nshop        web-7d9f8c6b5d-x2x8z   app    500m         256Mi           \n" },
		{ "kubectl top of one namespace", "1795417200\nPOD                    NAME   CPU(cores)   MEMORY(bytes)\n"
		  "web-7d9f8c6b5d-x2x8z   app    250m         128Mi\n1795417260\nweb-7d9f8c6b5d-x2x8z   app    500m         256Mi\n" },
		{ "PodMetrics, one after the other", "{\"kind\":\"PodMetrics\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{\"name\":\"web-7d9f8c6b5d-x2x8z\",\"namespace\":\"shop\"},"
		  "\"timestamp\":\"2026-11-23T07:00:00Z\",\"window\":\"15s\",\"containers\":[{\"name\":\"app\",\"usage\":{\"cpu\":\"250000000n\",\"memory\":\"131072Ki\"}}]}\n"
		  "{\"containers\":[{\"usage\":{\"memory\":\"256Mi\",\"cpu\":\"500m\"},\"name\":\"app\"}],\"metadata\":{\"namespace\":\"shop\",\"name\":\"web-7d9f8c6b5d-x2x8z\"},"
		  "\"timestamp\":\"2026-11-23T07:01:00Z\"}" },
		{ "PodMetricsList", "{\"kind\":\"PodMetricsList\",\"metadata\":{\"name\":\"no\"},\"items\":[{\"metadata\":{\"name\":\"web-7d9f8c6b5d-x2x8z\",\"namespace\":\"shop\",\"labels\":{\"name\":\"x\"}},"
		  "\"timestamp\":\"2026-11-23T07:00:00Z\",\"window\":\"15s\",\"containers\":[{\"name\":\"app\",\"usage\":{\"cpu\":\"250000000n\",\"memory\":\"131072Ki\"}}]},"
		  "{\"metadata\":{\"name\":\"web-7d9f8c6b5d-x2x8z\",\"namespace\":\"shop\"},\"timestamp\":\"2026-11-23T07:01:00Z\",\"containers\":"
		  "[{\"name\":\"app\",\"usage\":{\"cpu\":\"0.5\",\"memory\":\"268435456\"}}]}]}" },
		{ "the same as YAML", "apiVersion: v1\nitems:\n- apiVersion: metrics.k8s.io/v1beta1\n  containers:\n  - name: app\n    usage:\n      cpu: 250m\n      memory: 128Mi\n"
		  "  kind: PodMetrics\n  metadata:\n    name: web-7d9f8c6b5d-x2x8z\n    namespace: shop\n  timestamp: \"2026-11-23T07:00:00Z\"\n  window: 15s\n"
		  "kind: List\n---\ncontainers:\n- name: app\n  usage: {cpu: 500m, memory: 256Mi}\nmetadata: {name: web-7d9f8c6b5d-x2x8z, namespace: shop}\ntimestamp: 2026-11-23T07:01:00Z\n" },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct usage_series *cpu, *memory;
		struct world world;

		world_begin(&world);
		if (world_read(&world, cases[i].text) < 0 || usage_notes(world.usage)->count)
			fail_msg("%s: %s", cases[i].name, world_message(&world));
		usage_finish(world.usage);
		cpu = world_series(&world, "app", USAGE_CPU);
		memory = world_series(&world, "app", USAGE_MEMORY_WORKING_SET);
		if (!cpu || !memory || cpu->first_sec != 1795417200 || cpu->last_sec != 1795417260)
			fail_msg("%s: not read", cases[i].name);
		assert_series(cpu, 2, 0.25, 0.5);
		assert_series(memory, 2, 128 * MIB, 256 * MIB);
		assert_int_equal(usage_unmatched(world.usage), 0);
		world_end(&world);
	}
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		unsigned int line, column;
		const char *part;
	} cases[] = {
		/* clang-format off */
		{ "timestamp,namespace,pod,container,cpu\n2026-11-23T07:00:00Z,shop,web-7d9f8c6b5d-x2x8z,app,lots\n", 2, 52, "cpu: expected cores or a Kubernetes quantity, as 0.25 or 250m, found 'lots'" },
		{ "timestamp,namespace,pod,container,cpu\nyesterday,shop,web-7d9f8c6b5d-x2x8z,app,1\n", 2, 1, "timestamp: expected a time, as 2026-11-23T07:39:49Z or seconds since 1970, found 'yesterday'" },
		{ "timestamp,namespace,pod,container,memory\n1795417200,shop,web-7d9f8c6b5d-x2x8z,app,\"1,5Gi\"\n", 2, 42, "found '1,5Gi'" },
		{ "timestamp,namespace,pod,container,memory\n1795417200,shop,web-7d9f8c6b5d-x2x8z,app,-5\n", 2, 42, "found '-5'" },
		{ "timestamp,namespace,pod,container,cpu\n1795417200,shop,web-7d9f8c6b5d-x2x8z,app,1,2\n", 2, 44, "more cells than the heading has (5)" },
		{ "timestamp,namespace,pod,container,cpu\n1795417200,shop,\"web\"-1,app,1\n", 2, 22, "behind the quote" },
		{ "timestamp,namespace,pod,container,cpu\n1795417200,\"shop,web-1,app,1\n", 2, 12, "a quote that is not closed" },
		{ "a,b\n1,2\n", 1, 0, "expected a heading with columns such as namespace, pod, container, timestamp, cpu and memory" },
		{ "cpu,timestamp\n1,1795417200\n", 1, 0, "expected a column 'pod'" },
		{ "metric,pod\ncpu,web\n", 1, 0, "needs a column 'value'" },
		{ "Time,\"{pod=\"\"web-0\"\"}\"\n1795417200,1\n", 1, 6, "a metric before the labels" },
		{ "namespace,pod,container,cpu\nshop,web-7d9f8c6b5d-x2x8z,app,1\n", 2, 0, "a row without a time" },
		{ "timestamp,cluster,namespace,pod,container,cpu\n1795417200,a,shop,web-7d9f8c6b5d-x2x8z,app,1\n1795417260,b,shop,web-7d9f8c6b5d-x2x8z,app,2\n", 3, 0, "a second cluster" },
		{ "", 0, 0, "there is nothing in it" },
		{ "\n\n", 0, 0, "there is nothing in it" },
		{ "\xff\xfet\0i\0", 0, 0, "UTF-16" },
		{ "{\"a\": [1, 2", 1, 12, "ends in the middle" },
		{ "{\"a\":\n \"b\"}", 0, 0, "expected PodMetrics or NodeMetrics" },
		{ "{\"a\":\n b}", 2, 3, "invalid" },
		{ "{\"metadata\":{\"name\":\"web-0\"},\n\"timestamp\":\"now\",\"containers\":[]}", 2, 35, "web-0: timestamp: expected a time as RFC 3339 has it, found 'now'" },
		{ "kind: PodMetrics\nmetadata: *a\n", 2, 11, "an alias" },
		{ "kind: [\n", 2, 1, "" },
		{ "POD   NAME   CPU(cores)   MEMORY(bytes)\nweb-0   app   1m   1Mi\n", 2, 0, "when this was measured is not said" },
		{ "1795417200\nPOD   NAME   CPU(cores)   MEMORY(bytes)\nweb-7d9f8c6b5d-x2x8z   app   x   1Mi\n", 3, 0, "expected a quantity, found 'x'" },
		{ "1795417200\nPOD   NAME   CPU(cores)   MEMORY(bytes)\nerror: Metrics API not available\n", 3, 0, "expected 4 words as in the heading" },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_begin(&world);
		if (starts_with(cases[i].text, "\xff\xfe"))
			assert_int_equal(world_read_at(&world, "usage.csv", cases[i].text, 6, 0), -EINVAL);
		else if (world_read(&world, cases[i].text) != -EINVAL)
			fail_msg("taken: %s", cases[i].text);
		assert_said(&world, cases[i].line, cases[i].column, cases[i].part);
		world_end(&world);
	}
}

/* As one query over a warehouse gives it: a row for a pod, percentiles and all; of several pods the highest counts. */
static void what_was_summarised_is_given_as_it_is(void **state)
{
	static const char text[] =
		"namespace,workload,container,pods,cpu_p50,\"CPU 95th percentile\",p99.9_cpu,cpu_max,avg_cpu,memory_max,memory_p95,samples,first,last,oom_kills,cpu_limit\n"
		"shop,web,app,3,100m,200m,0.4,500m,0.12,256Mi,200Mi,20160,2026-11-16T07:00:00Z,2026-11-23T07:00:00Z,2,9\n"
		"shop,web,app,1,50m,300m,0.3,600m,0.06,,,20160,2026-11-15T07:00:00Z,2026-11-22T07:00:00Z,1,9\n";
	const struct usage_series *cpu, *memory, *kills;
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world, text), 0);
	usage_finish(world.usage);
	cpu = world_series(&world, "app", USAGE_CPU);
	memory = world_series(&world, "app", USAGE_MEMORY_WORKING_SET);
	kills = world_series(&world, "app", USAGE_OOM_KILLS);
	assert_non_null(cpu);
	assert_true(usage_percentile(cpu, 0.5) == 0.1);
	assert_true(usage_percentile(cpu, 0.95) == 0.3);
	assert_true(usage_percentile(cpu, 0.999) == 0.4);
	assert_true(cpu->max == 0.6);
	assert_true(fabs(usage_mean(cpu) - 0.09) < 1e-9);
	assert_int_equal(cpu->samples, 40320);
	assert_int_equal(cpu->pods, 4);
	assert_true(cpu->first_sec == 1794726000 && cpu->last_sec == 1795417200);
	assert_true(memory->max == 256 * MIB);
	assert_true(usage_percentile(memory, 0.95) == 200 * MIB);
	assert_true(kills->increase == 3);
	assert_int_equal(usage_notes(world.usage)->count, 0);
	world_end(&world);
}

static void a_summary_without_its_window_is_not_long_enough(void **state)
{
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world, "namespace,workload,container,cpu_p95\nshop,web,app,200m\n"), 0);
	usage_finish(world.usage);
	assert_true(usage_percentile(world_series(&world, "app", USAGE_CPU), 0.95) == 0.2);
	assert_int_equal(world_series(&world, "app", USAGE_CPU)->samples, 0);
	assert_true(isnan(world_series(&world, "app", USAGE_CPU)->max));
	world_end(&world);
}

static void counters_are_read_as_they_stand(void **state)
{
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world,
		"timestamp,namespace,pod,container,container_cpu_usage_seconds_total,cpu.throttled_periods,container_cpu_cfs_periods_total,threads\n"
		"1795417200,shop,db-0,db,100,50,1000,5\n1795417260,shop,db-0,db,130,60,1100,6\n1795417320,shop,db-0,db,10,3,20,5\n"), 0);
	usage_finish(world.usage);
	assert_series(world_series(&world, "db", USAGE_CPU), 2, 10.0 / 60, 0.5);
	assert_true(world_series(&world, "db", USAGE_CPU_THROTTLED_PERIODS)->increase == 13);
	assert_true(world_series(&world, "db", USAGE_CPU_PERIODS)->increase == 120);
	assert_int_equal(world_series(&world, "db", USAGE_CPU_PERIODS)->resets, 1);
	assert_series(world_series(&world, "db", USAGE_THREADS), 3, 5, 6);
	world_end(&world);
}

static void what_is_missing_is_not_zero(void **state)
{
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world,
		"timestamp,namespace,pod,container,cpu,memory\n1795417200,shop,db-0,db,NaN,\n1795417260,shop,db-0,db,-,null\n"
		"1795417320,shop,db-0,db,1,n/a\n,shop,db-0,db,,\n1795417380,shop,db-0\n"), 0);
	usage_finish(world.usage);
	assert_series(world_series(&world, "db", USAGE_CPU), 1, 1, 1);
	assert_null(world_series(&world, "db", USAGE_MEMORY_WORKING_SET));
	world_end(&world);
}

static void rows_of_nobody_are_counted_and_change_nothing(void **state)
{
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world,
		"timestamp,namespace,pod,container,cpu\n1795417200,shop,web-7d9f8c6b5d-x2x8z,,9\n1795417200,shop,web-7d9f8c6b5d-x2x8z,POD,9\n"
		"1795417200,shop,web-7d9f8c6b5d-x2x8z,app,1\n1795417200,shop,web-7d9f8c6b5d-x2x8z,gone,9\n"
		"1795417260,shop,web-7d9f8c6b5d-x2x8z,gone,9\n1795417260,other,web-7d9f8c6b5d-x2x8z,app,9\n1795417200,,,,9\n"), 0);
	usage_finish(world.usage);
	assert_series(world_series(&world, "app", USAGE_CPU), 1, 1, 1);
	assert_int_equal(usage_unmatched(world.usage), 2);
	world_end(&world);
}

static void two_values_at_one_time_are_told(void **state)
{
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world,
		"timestamp,namespace,workload,container,cpu\n1795417200,shop,web,app,1\n1795417200,shop,web,app,2\n1795417200,shop,web,app,2\n"), 0);
	usage_finish(world.usage);
	assert_said(&world, 0, 0, "is the name of the pod missing?");
	assert_series(world_series(&world, "app", USAGE_CPU), 1, 2, 2);
	world_end(&world);
}

static void a_pod_alone_stands_for_its_only_container(void **state)
{
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world, "timestamp,namespace,workload,cpu\n1795417200,shop,db,1\n1795417200,shop,web,5\n"), 0);
	usage_finish(world.usage);
	assert_series(world_series(&world, "db", USAGE_CPU), 1, 1, 1);
	assert_null(world_series(&world, "app", USAGE_CPU));
	assert_int_equal(usage_unmatched(world.usage), 1);
	world_end(&world);
}

/* Manifests alone say nothing of pods: their names do. */
static void a_pod_that_nobody_gave_stands_for_its_only_container(void **state)
{
	static const char *const texts[] = {
		"timestamp,namespace,pod,cpu\n1795417200,shop,db-0,1\n1795417200,shop,web-7d9f8c6b5d-x2x8z,5\n",
		"1795417200\nNAMESPACE  NAME   CPU(cores)  MEMORY(bytes)\nshop  db-0  1000m  128Mi\nshop  web-7d9f8c6b5d-x2x8z  5000m  128Mi\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct world world;

		world_begin(&world);
		assert_int_equal(world_read(&world, texts[i]), 0);
		usage_finish(world.usage);
		assert_series(world_series(&world, "db", USAGE_CPU), 1, 1, 1);
		/* Of two containers none. */
		assert_null(world_series(&world, "app", USAGE_CPU));
		assert_int_equal(usage_unmatched(world.usage), 1);
		world_end(&world);
	}
}

/* As a panel with labels made to columns writes it. */
static void the_name_of_a_series_may_be_a_column(void **state)
{
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read(&world, "\"Time\",\"__name__\",\"container\",\"namespace\",\"pod\",\"Value\"\n"
			 "1795417200000,container_memory_working_set_bytes,db,shop,db-0,134217728\n"), 0);
	usage_finish(world.usage);
	assert_series(world_series(&world, "db", USAGE_MEMORY_WORKING_SET), 1, 134217728, 134217728);
	world_end(&world);
}

static void nanocores_are_not_taken_for_cores(void **state)
{
	struct world world;

	world_begin(&world);
	assert_true(world_read(&world, "timestamp,namespace,pod,container,cpu\n1795417200,shop,db-0,db,250000000\n") < 0);
	usage_finish(world.usage);
	assert_said(&world, 2, 25, "nanocores");
	assert_null(world_series(&world, "db", USAGE_CPU));
	world_end(&world);
	world_begin(&world);
	assert_int_equal(world_read(&world, "timestamp,namespace,pod,container,cpu (nanocores)\n1795417200,shop,db-0,db,250000000\n"), 0);
	usage_finish(world.usage);
	assert_series(world_series(&world, "db", USAGE_CPU), 1, 0.25, 0.25);
	world_end(&world);
}

static void one_output_of_top_is_as_old_as_its_file(void **state)
{
	static const char text[] = "POD    NAME   CPU(cores)   MEMORY(bytes)\ndb-0   db     250m         128Mi\n";
	struct world world;

	world_begin(&world);
	assert_int_equal(world_read_at(&world, "top.txt", text, strlen(text), 1795417200), 0);
	usage_finish(world.usage);
	assert_series(world_series(&world, "db", USAGE_CPU), 1, 0.25, 0.25);
	assert_true(world_series(&world, "db", USAGE_CPU)->first_sec == 1795417200);
	world_end(&world);
}

static void nodes_have_usage_of_their_own(void **state)
{
	static const char *const texts[] = {
		"1795417200\nNAME     CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)\nnode-1   1500m        37%      8192Mi          50%\n",
		"{\"kind\":\"NodeMetrics\",\"metadata\":{\"name\":\"node-1\"},\"timestamp\":\"2026-11-23T07:00:00Z\",\"usage\":{\"cpu\":\"1500m\",\"memory\":\"8Gi\"}}",
		"node,timestamp,cpu,memory\nnode-1,1795417200,1.5,8Gi\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct world world;

		world_begin(&world);
		assert_int_equal(world_read(&world, texts[i]), 0);
		usage_finish(world.usage);
		assert_series(usage_node_get(world.usage, "node-1", "", USAGE_CPU), 1, 1.5, 1.5);
		assert_series(usage_node_get(world.usage, "node-1", "", USAGE_MEMORY_WORKING_SET), 1, 8192 * MIB, 8192 * MIB);
		world_end(&world);
	}
}

/* Larger than what is sorted at once, and in pieces that end anywhere. */
static void a_long_table_is_read_in_pieces(void **state)
{
	enum { ROWS = 1100000 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct usage_series *series;
	struct world world;

	strbuf_add_string(&text, "timestamp,namespace,pod,container,cpu\n");
	for (unsigned int i = 0; i < ROWS; i++)	/* neighbours are swapped */
		strbuf_addf(&text, "%u,shop,db-%u,db,%u\n", 1795417200 + (i ^ 1), i % 16, i % 7 + 1);
	world_begin(&world);
	assert_int_equal(world_read(&world, text.buf), 0);
	assert_int_equal(usage_notes(world.usage)->count, 0);
	usage_finish(world.usage);
	series = world_series(&world, "db", USAGE_CPU);
	assert_int_equal(series->samples, ROWS);
	assert_int_equal(series->bad, 0);
	assert_int_equal(series->pods, 16);
	world_end(&world);
}

static void headings_mean_what_people_write(void **state)
{
	static const struct {
		const char *heading;
		int metric;			/* -1: nothing of usage */
		enum measure_statistic statistic;
		double quantile, scale;
	} cases[] = {
		/* clang-format off */
		{ "cpu", USAGE_CPU, STATISTIC_SAMPLE, 0, 1 },
		{ "CPU(cores)", USAGE_CPU, STATISTIC_SAMPLE, 0, 1 },
		{ "CPUCoreUsageAverage", USAGE_CPU, STATISTIC_MEAN, 0, 1 },
		{ "RAMBytesUsageAverage", USAGE_MEMORY_WORKING_SET, STATISTIC_MEAN, 0, 1 },
		{ "RAMBytesUsageMax", USAGE_MEMORY_WORKING_SET, STATISTIC_MAX, 0, 1 },
		{ "cpu_millicores_p95", USAGE_CPU, STATISTIC_QUANTILE, 0.95, 1e-3 },
		{ "p5_cpu", USAGE_CPU, STATISTIC_QUANTILE, 0.05, 1 },
		{ "cpu p100", USAGE_CPU, STATISTIC_QUANTILE, 1, 1 },
		{ "cpu 99.5th percentile", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "memory_p99", USAGE_MEMORY_WORKING_SET, STATISTIC_QUANTILE, 0.99, 1 },
		{ "Memory Max (GiB)", USAGE_MEMORY_WORKING_SET, STATISTIC_MAX, 0, 1 << 30 },
		{ "memory.working_set", USAGE_MEMORY_WORKING_SET, STATISTIC_SAMPLE, 0, 1 },
		{ "memory_working_set_bytes", USAGE_MEMORY_WORKING_SET, STATISTIC_SAMPLE, 0, 1 },
		{ "memory_usage_mb", USAGE_MEMORY_USAGE, STATISTIC_SAMPLE, 0, 1e6 },
		{ "rss", USAGE_MEMORY_ANON, STATISTIC_SAMPLE, 0, 1 },
		{ "memory.max_events", USAGE_MEMORY_MAX_EVENTS, STATISTIC_SAMPLE, 0, 1 },
		{ "restarts", USAGE_RESTARTS, STATISTIC_SAMPLE, 0, 1 },
		{ "CPU(%)", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "cpu_percent", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "cpu_request", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "memory_limit_bytes", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "cpu_cost", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "max_min_cpu", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "recommended_cpu", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "p", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "___", -1, STATISTIC_SAMPLE, 0, 0 },
		{ "", -1, STATISTIC_SAMPLE, 0, 0 },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct measure measure = { .scale = NAN };
		int r = measure_parse(cases[i].heading, &measure);

		if ((r == 0) != (cases[i].metric >= 0))
			fail_msg("%s: %d", cases[i].heading, r);
		if (r < 0)
			continue;
		if ((int)measure.metric != cases[i].metric || measure.statistic != cases[i].statistic ||
		    fabs(measure.quantile - cases[i].quantile) > 1e-12 || measure.scale != cases[i].scale)
			fail_msg("%s: %s, %d, %g, %g", cases[i].heading, usage_metric_name(measure.metric), measure.statistic, measure.quantile,
				 measure.scale);
	}
}

static void values_have_the_units_of_kubernetes_and_of_people(void **state)
{
	static const struct {
		const char *text;
		enum usage_metric metric;
		bool comma;
		double value;			/* NAN: nothing; -1: refused */
	} cases[] = {
		/* clang-format off */
		{ "0.25", USAGE_CPU, false, 0.25 }, { "250m", USAGE_CPU, false, 0.25 }, { "250 m", USAGE_CPU, false, 0.25 },
		{ "12345678n", USAGE_CPU, false, 0.012345678 }, { "2 cores", USAGE_CPU, false, 2 }, { "250 millicores", USAGE_CPU, false, 0.25 },
		{ "1e-3", USAGE_CPU, false, 0.001 }, { "0,25", USAGE_CPU, true, 0.25 }, { "0,25", USAGE_CPU, false, -1 },
		{ "1,234,567", USAGE_MEMORY_ANON, true, -1 }, { "128Mi", USAGE_MEMORY_ANON, false, 128 * MIB },
		{ "128 MiB", USAGE_MEMORY_ANON, false, 128 * MIB }, { "128MB", USAGE_MEMORY_ANON, false, 128e6 },
		{ "128M", USAGE_MEMORY_ANON, false, 128e6 }, { "1E", USAGE_MEMORY_ANON, false, 1e18 }, { "1e3", USAGE_MEMORY_ANON, false, 1000 },
		{ "5 B", USAGE_MEMORY_ANON, false, 5 }, { " 7 ", USAGE_MEMORY_ANON, false, 7 }, { "1M", USAGE_CPU, false, 1e6 },
		{ "128Mi", USAGE_THREADS, false, -1 }, { "0.3 s", USAGE_CPU_THROTTLED_SEC, false, 0.3 }, { "300ms", USAGE_CPU_THROTTLED_SEC, false, 0.3 },
		{ "-1", USAGE_CPU, false, -1 }, { "1x", USAGE_CPU, false, -1 }, { "--1", USAGE_CPU, false, -1 }, { "1..2", USAGE_CPU, false, -1 },
		{ "0x10", USAGE_CPU, false, -1 }, { "inf", USAGE_CPU, false, -1 }, { "1e999", USAGE_CPU, false, -1 }, { "=1+1", USAGE_CPU, false, -1 },
		{ "", USAGE_CPU, false, NAN }, { "NaN", USAGE_CPU, false, NAN }, { "-", USAGE_CPU, false, NAN }, { "null", USAGE_CPU, false, NAN },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct measure measure = { .metric = cases[i].metric, .scale = 1 };
		double value = -1;
		int r = measure_value(&measure, cases[i].text, cases[i].comma, &value);

		if (isnan(cases[i].value) ? r != -ENODATA : cases[i].value < 0 ? r != -EINVAL && r != -ERANGE : r != 0)
			fail_msg("%s: %d", cases[i].text, r);
		if (r == 0 && fabs(value - cases[i].value) > fabs(cases[i].value) * 1e-12)
			fail_msg("%s: %.17g", cases[i].text, value);
	}
}

static void times_are_told_by_their_size_and_zone(void **state)
{
	static const struct {
		const char *text;
		double sec;			/* -1: refused */
	} cases[] = {
		{ "1795417200", 1795417200 }, { "1795417200.5", 1795417200.5 }, { "1795417200000", 1795417200 }, { "1795417200000000", 1795417200 },
		{ "1795417200000000000", 1795417200 }, { "1.7954172e9", 1795417200 }, { "2026-11-23T07:00:00Z", 1795417200 },
		{ "2026-11-23 07:00:00", 1795417200 }, { "2026-11-23 07:00:00 UTC", 1795417200 }, { "2026-11-23 08:00:00+01:00", 1795417200 },
		{ "2026-11-23 07:00:00 +0000 UTC", 1795417200 }, { "2026-11-23 07:00:00 CET", -1 }, { "11/23/2026 07:00", -1 }, { "-5", -1 }, { "0", -1 },
		{ "1e30", -1 }, { "soon", -1 }, { "2026-11-23T07:00:00Zx", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double sec = -1;

		if ((cell_time(cases[i].text, &sec) == 0) != (cases[i].sec >= 0) || sec != cases[i].sec)
			fail_msg("%s: %.3f", cases[i].text, sec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_read_however_it_is_written),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(what_was_summarised_is_given_as_it_is),
		cmocka_unit_test(a_summary_without_its_window_is_not_long_enough),
		cmocka_unit_test(counters_are_read_as_they_stand),
		cmocka_unit_test(what_is_missing_is_not_zero),
		cmocka_unit_test(rows_of_nobody_are_counted_and_change_nothing),
		cmocka_unit_test(two_values_at_one_time_are_told),
		cmocka_unit_test(a_pod_alone_stands_for_its_only_container),
		cmocka_unit_test(the_name_of_a_series_may_be_a_column),
		cmocka_unit_test(nanocores_are_not_taken_for_cores),
		cmocka_unit_test(a_pod_that_nobody_gave_stands_for_its_only_container),
		cmocka_unit_test(one_output_of_top_is_as_old_as_its_file),
		cmocka_unit_test(nodes_have_usage_of_their_own),
		cmocka_unit_test(a_long_table_is_read_in_pieces),
		cmocka_unit_test(headings_mean_what_people_write),
		cmocka_unit_test(values_have_the_units_of_kubernetes_and_of_people),
		cmocka_unit_test(times_are_told_by_their_size_and_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
