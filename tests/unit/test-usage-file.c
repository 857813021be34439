/* SPDX-License-Identifier: Apache-2.0 */
#include "usage-world.h"

#include <errno.h>

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
		if (memcmp(cases[i].text, "\xff\xfe", 2) == 0)
			assert_int_equal(world_read_at(&world, "usage.csv", cases[i].text, 6, 0), -EINVAL);
		else if (world_read(&world, cases[i].text) != -EINVAL)
			fail_msg("taken: %s", cases[i].text);
		assert_said(&world, cases[i].line, cases[i].column, cases[i].part);
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_read_however_it_is_written),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
