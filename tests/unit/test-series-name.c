/* SPDX-License-Identifier: Apache-2.0 */
#include "../../clusters/series.h"

#include "test.h"

/* A series as a scraper writes it: "name;label=value;…". */
struct written {
	char *text;
	struct series_label labels[16];
	size_t n;
	struct series_name name;
};

static void written_release(struct written *written)
{
	free(written->text);
}

static void written_parse(struct written *written, const char *text)
{
	char *at, *save = NULL;

	*written = (struct written){ .text = xstrdup(text) };
	for (at = strtok_r(written->text, ";", &save); at; at = strtok_r(NULL, ";", &save)) {
		char *equals = strchr(at, '=');

		assert_true(equals && written->n < ARRAY_SIZE(written->labels));
		*equals = '\0';
		written->labels[written->n++] = (struct series_label){ at, equals + 1 };
	}
	series_name_of_labels(written->labels, written->n, &written->name);
}

static void tables_are_sorted_and_each_name_is_found(void **context)
{
	size_t n, n_node;
	const struct series_kind_of *table = series_table(&n), *node = series_node_table(&n_node);

	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(series_find(table[i].name), &table[i]);
		assert_true(i == 0 || strcmp(table[i - 1].name, table[i].name) < 0);
		assert_int_equal(table[i].metric >= USAGE_CPU_PERIODS, table[i].kind == SERIES_COUNTER);
	}
	for (size_t i = 0; i < n_node; i++) {
		assert_ptr_equal(series_node_find(node[i].name), &node[i]);
		assert_int_equal(node[i].metric >= USAGE_CPU_PERIODS, node[i].kind == SERIES_COUNTER);
	}
	assert_null(series_find("up"));
	assert_null(series_find(""));
	assert_null(series_node_find("container_cpu_usage_seconds_total"));
}

static void series_of_all_ages_name_the_same_container(void **context)
{
	static const char *const same[] = {
		"__name__=container_memory_rss;namespace=shop;pod=web-1;container=app;id=/kubepods/burstable/podabc/0123;image=i;name=0123",
		"__name__=container_memory_rss;namespace=shop;pod=web-1;container=app",
		"__name__=container_memory_rss;namespace=shop;pod_name=web-1;container_name=app",
		"__name__=container_memory_rss;namespace=shop;pod=web-1;container=app;pod_name=web-1;container_name=app",
		"__name__=container_memory_rss;exported_namespace=shop;namespace=monitoring;pod=web-1;container=app",
		("namespace=monitoring;pod=ksm-0;container=ksm;exported_namespace=shop;exported_pod=web-1;exported_container=app;"
		 "__name__=container_memory_rss"),
		"__name__=container_memory_rss;namespace=shop;pod=web-1;container=app;exported_pod=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		struct written written;
		enum usage_metric metric;

		written_parse(&written, same[i]);
		assert_string_equal(written.name.namespace, "shop");
		assert_string_equal(written.name.pod, "web-1");
		assert_string_equal(written.name.container, "app");
		assert_int_equal(series_metric(&written.name, &metric), SERIES_GAUGE);
		assert_int_equal(metric, USAGE_MEMORY_ANON);
		written_release(&written);
	}
}

static void groups_that_are_no_container_are_none(void **context)
{
	static const char *const none[] = {
		"__name__=container_memory_rss;namespace=shop;pod=web-1;container=POD;id=/kubepods/podabc/0123",
		"__name__=container_memory_rss;namespace=shop;pod=web-1;container=;id=/kubepods/podabc",
		"__name__=container_memory_rss;namespace=shop;pod=web-1;id=/kubepods/podabc",
		"__name__=container_memory_rss;namespace=shop;pod_name=web-1;container_name=POD",
		"__name__=container_memory_rss;id=/system.slice",
		"__name__=container_memory_rss;container=app;namespace=shop",
		/* The labels of an exporter that is a pod itself. */
		"__name__=container_memory_rss;namespace=kube-system;pod=cadvisor-x;container=cadvisor;id=/",
		"__name__=container_memory_rss;namespace=kube-system;pod=cadvisor-x;container=cadvisor;id=/system.slice",
		"__name__=container_memory_rss;namespace=kube-system;pod=cadvisor-x;container=cadvisor;id=/system.slice/kubelet.service",
		"__name__=container_memory_rss;namespace=kube-system;pod=cadvisor-x;container=cadvisor;exported_pod=web-1;exported_namespace=shop",
		"__name__=container_memory_cache;namespace=shop;pod=web-1;container=app",
		"__name__=pod_memory_working_set_bytes;namespace=shop;pod=web-1",
		"namespace=shop;pod=web-1;container=app",
		"__name__=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		struct written written;
		enum usage_metric metric;

		written_parse(&written, none[i]);
		assert_int_equal(series_metric(&written.name, &metric), SERIES_IGNORED);
		written_release(&written);
	}
}

static void cpu_seconds_are_told_from_other_counters(void **context)
{
	struct written written;
	enum usage_metric metric = USAGE_METRIC_COUNT;

	written_parse(&written, "__name__=container_cpu_usage_seconds_total;namespace=a;pod=b;container=c");
	assert_int_equal(series_metric(&written.name, &metric), SERIES_CPU_SECONDS);
	assert_int_equal(metric, USAGE_CPU);
	written_release(&written);
	written_parse(&written, "__name__=kube_pod_container_status_restarts_total;namespace=a;pod=b;container=c;uid=u");
	assert_int_equal(series_metric(&written.name, &metric), SERIES_COUNTER);
	assert_int_equal(metric, USAGE_RESTARTS);
	written_release(&written);
}

static void slices_of_a_node_are_named_without_their_root(void **context)
{
	static const struct {
		const char *id, *slice;		/* NULL: none */
	} cases[] = {
		{ "/", "" },
		{ "/system.slice", "system.slice" },
		{ "/user.slice", "user.slice" },
		{ "/kubepods", "kubepods.slice" },
		{ "/kubepods.slice", "kubepods.slice" },
		{ "/kubelet/kubepods", "kubepods.slice" },
		{ "/system.slice/kubelet.service", "system.slice/kubelet.service" },
		{ "/kubepods/burstable", NULL },
		{ "/kubepods.slice/kubepods-besteffort.slice", NULL },
		{ "/kubepods.slice/kubepods-podabc.slice/cri-containerd-0.scope", NULL },
		{ "/kubepodsX", "kubepodsX" },
		{ "/a/b/c", NULL },
		{ "", NULL },
		{ "system.slice", NULL },
	};
	CLEANUP(strbuf_release) struct strbuf slice = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool found = series_slice(cases[i].id, &slice);

		assert_int_equal(found, cases[i].slice != NULL);
		if (found)
			assert_string_equal(slice.buf, cases[i].slice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_sorted_and_each_name_is_found),
		cmocka_unit_test(series_of_all_ages_name_the_same_container),
		cmocka_unit_test(groups_that_are_no_container_are_none),
		cmocka_unit_test(cpu_seconds_are_told_from_other_counters),
		cmocka_unit_test(slices_of_a_node_are_named_without_their_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
