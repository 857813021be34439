/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "../../clusters/reader.h"
#include "../../core/strbuf.h"
#include "../../probes/kubelet.h"

extern const struct probe probe_cgroup, probe_kubelet;
extern const struct sampler sampler_cgroup_metrics;

#define UID "c9ac5bf5-5f0f-4b2e-8a51-3f0d8c1f7a6e"
#define UID_ "c9ac5bf5_5f0f_4b2e_8a51_3f0d8c1f7a6e"
#define ID(digit) digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit	\
	digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit			\
	digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit			\
	digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit
#define APP ID("a")
#define AGAIN ID("b")
#define SANDBOX ID("5")
#define MIB (1024.0 * 1024)
#define START 1000000100.0		/* of the first tick of a tree */

static void write_file(struct tree *tree, const char *directory, const char *name, const char *format, ...) FORMAT_PRINTF(4, 5);

static void write_file(struct tree *tree, const char *directory, const char *name, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	va_list arguments;

	strbuf_addf(&path, "/sys/fs/cgroup%s/%s", directory, name);
	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	tree_write(tree, path.buf, text.buf);
}

/* Half a CPU of a quota of one, throttled in every second period; 64 to 66 MiB in use, 16 of them inactive files. */
static void write_v2(struct tree *tree, const char *directory, unsigned int second)
{
	write_file(tree, directory, "cgroup.events", "populated 1\n");
	write_file(tree, directory, "cpu.max", "100000 100000\n");
	write_file(tree, directory, "memory.max", "134217728\n");
	write_file(tree, directory, "cpu.stat", "usage_usec %u\nnr_periods %u\nnr_throttled %u\nthrottled_usec %u\n", second * 500000,
		   second * 10, second * 5, second * 100000);
	write_file(tree, directory, "memory.current", "%u\n", (64 + second) << 20);
	write_file(tree, directory, "memory.stat", "anon %u\nfile 0\ninactive_file 16777216\nactive_file 8388608\nslab_reclaimable 4096\n"
		   "workingset_refault_file %u\n", 40 << 20, second * 3);
	write_file(tree, directory, "memory.events", "low 0\nhigh 0\nmax %u\noom 0\noom_kill 0\n", second);
	write_file(tree, directory, "pids.current", "7\n");
	write_file(tree, directory, "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=%u\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=%u\n",
		   second * 250000, second * 125000);
}

static void write_v1(struct tree *tree, const char *directory, unsigned int second)
{
	static const char *const controllers[] = { "/cpu,cpuacct", "/memory", "/pids" };
	struct strbuf path[3] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };

	for (size_t i = 0; i < 3; i++) {
		strbuf_addf(&path[i], "%s%s", controllers[i], directory);
		write_file(tree, path[i].buf, "cgroup.procs", "1\n");
	}
	write_file(tree, path[0].buf, "cpu.cfs_quota_us", "100000\n");
	write_file(tree, path[0].buf, "cpu.cfs_period_us", "100000\n");
	write_file(tree, path[0].buf, "cpu.shares", "256\n");
	write_file(tree, path[0].buf, "cpu.stat", "nr_periods %u\nnr_throttled %u\nthrottled_time %u\n", second * 10, second * 5,
		   second * 100000000);
	write_file(tree, path[0].buf, "cpuacct.usage", "%u\n", second * 500000000);
	write_file(tree, path[1].buf, "memory.limit_in_bytes", "134217728\n");
	write_file(tree, path[1].buf, "memory.usage_in_bytes", "%u\n", (64 + second) << 20);
	write_file(tree, path[1].buf, "memory.failcnt", "%u\n", second);
	write_file(tree, path[1].buf, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
	write_file(tree, path[1].buf, "memory.stat", "cache 0\ntotal_cache 0\ntotal_rss %u\ntotal_workingset_refault_file %u\n"
		   "total_inactive_file 16777216\ntotal_active_file 8388608\n", 40 << 20, second * 3);
	write_file(tree, path[2].buf, "pids.current", "7\n");
	for (size_t i = 0; i < 3; i++)
		strbuf_release(&path[i]);
}

static void mount_v1(struct tree *tree)
{
	tree_write(tree, "/proc/self/mountinfo", "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
		   "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n36 31 0:33 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n");
}

static void mount_v2(struct tree *tree)
{
	tree_write(tree, "/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
	tree_write(tree, "/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
}

static void write_log(struct tree *tree, const char *container, const char *id)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	strbuf_addf(&path, "/var/log/containers/web-7d9f8c6b5d-x2x8z_shop_%s-%s.log", container, id);
	tree_write(tree, path.buf, "");
}

static void read_probes(struct tree *tree)
{
	static const struct probe_options none;

	tree_write(tree, "/proc/sys/kernel/hostname", "node-1\n");
	snapshot_set_string(tree->snapshot, SUBJECT_HOST, "kernel.hostname", "node-1", NULL);
	assert_int_equal(probe_cgroup.read(tree->root, &none, tree->snapshot), 0);
	assert_int_equal(probe_kubelet.read(tree->root, &none, tree->snapshot), 0);
}

struct world {
	struct cluster *cluster;
	struct usage *usage;
};

static void world_begin(struct world *world)
{
	world->cluster = cluster_new();
	cluster_join(world->cluster);
	world->usage = usage_new(world->cluster);
}

static void world_read(struct world *world, struct tree *tree)
{
	assert_int_equal(usage_read_snapshot(world->usage, world->cluster, tree->snapshot), 0);
	usage_finish(world->usage);
}

static void world_end(struct world *world)
{
	usage_free(world->usage);
	cluster_free(world->cluster);
}

static void assert_close(double is, double expected)
{
	if (!(fabs(is - expected) <= fabs(expected) * 1e-6 + 1e-9))
		fail_msg("%.12g instead of %.12g", is, expected);
}

static void assert_measured(const struct usage *usage, uint32_t container)
{
	static const struct { enum usage_metric metric; double mean, increase; } expected[] = {
		{ USAGE_CPU, 0.5, 0 }, { USAGE_MEMORY_WORKING_SET, 50 * MIB, 0 }, { USAGE_MEMORY_USAGE, 66 * MIB, 0 },
		{ USAGE_MEMORY_ANON, 40 * MIB, 0 }, { USAGE_MEMORY_ACTIVE_FILE, 8 * MIB, 0 }, { USAGE_THREADS, 7, 0 },
		{ USAGE_CPU_PERIODS, 0, 30 }, { USAGE_CPU_THROTTLED_PERIODS, 0, 15 }, { USAGE_CPU_THROTTLED_SEC, 0, 0.3 },
		{ USAGE_MEMORY_MAX_EVENTS, 0, 3 }, { USAGE_REFAULTS, 0, 9 }, { USAGE_OOM_KILLS, 0, 0 }, { USAGE_RESTARTS, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct usage_series *series = usage_get(usage, container, expected[i].metric);

		if (!series)
			fail_msg("%s is not there", usage_metric_name(expected[i].metric));
		if (usage_metric_is_counter(expected[i].metric))
			assert_close(series->increase, expected[i].increase);
		else
			assert_close(usage_mean(series), expected[i].mean);
		assert_true(series->bad == 0);
	}
	assert_close(usage_get(usage, container, USAGE_CPU)->last_sec, START + 3);
}

/* Guaranteed: its limits.  Burstable: of v1 the CPU only; what cannot be seen is not known. */
static void assert_requests(const struct amounts *requests, const char *pod, bool v1)
{
	const struct amount *cpu = &requests->of[RESOURCE_CPU], *memory = &requests->of[RESOURCE_MEMORY];

	if (strstr(pod, "burstable")) {
		assert_true(memory->unknown && !memory->given);
		assert_int_equal(cpu->given, v1);
		assert_int_equal(cpu->unknown, !v1);
		assert_true(!v1 || streq(cpu->text, "250m"));
	} else if (strstr(pod, "besteffort")) {
		assert_false(cpu->unknown || memory->unknown || memory->given);
	} else {
		assert_string_equal(cpu->text, "1");
		assert_string_equal(memory->text, "128Mi");
	}
}

/* kubernetes pkg/kubelet/cm/cgroup_manager_linux_test.go has names of both drivers; kind gives the kubelet a root of its own. */
static void containers_are_found_in_every_shape_of_tree(void **state)
{
	static const struct {
		const char *pod, *container, *sandbox;
		bool v1;
	} cases[] = {
		{ "/kubepods/burstable/pod" UID, APP, SANDBOX, false },
		{ "/kubepods/burstable/pod" UID, APP, SANDBOX, true },
		{ "/kubepods/pod" UID, APP, SANDBOX, false },
		{ "/kubepods/besteffort/pod0123456789abcdef0123456789abcdef", APP, SANDBOX, true },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice", "cri-containerd-" APP ".scope",
		  "cri-containerd-" SANDBOX ".scope", false },
		{ "/kubepods.slice/kubepods-pod" UID_ ".slice", "crio-" APP ".scope", "crio-conmon-" APP ".scope", false },
		{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice", "docker-" APP ".scope",
		  "docker-" SANDBOX ".scope", true },
		{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod" UID_ ".slice",
		  "cri-containerd-" APP ".scope", "cri-containerd-" SANDBOX ".scope", false },
		{ "/docker/" ID("d") "/kubelet/kubepods/burstable/pod" UID, APP, SANDBOX, false },
		{ "/system.slice/docker-" ID("d") ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ ".slice",
		  "cri-containerd-" APP ".scope", "cri-containerd-" SANDBOX ".scope", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf container = STRBUF_INIT, sandbox = STRBUF_INIT, inner = STRBUF_INIT;
		void (*write)(struct tree *, const char *, unsigned int) = cases[i].v1 ? write_v1 : write_v2;
		struct world world;
		struct tree tree;

		tree_begin(&tree);
		(cases[i].v1 ? mount_v1 : mount_v2)(&tree);
		strbuf_addf(&container, "%s/%s", cases[i].pod, cases[i].container);
		strbuf_addf(&inner, "%s/init.scope", container.buf);
		strbuf_addf(&sandbox, "%s/%s", cases[i].pod, cases[i].sandbox);
		write_log(&tree, "app", APP);
		for (unsigned int second = 0; second <= 3; second++) {
			write(&tree, cases[i].pod, second);
			write(&tree, sandbox.buf, 0);
			write(&tree, container.buf, second);
			write(&tree, inner.buf, second * 2);
			if (second == 0) {
				read_probes(&tree);
				tree_open(&tree, &sampler_cgroup_metrics, NULL);
			}
			tree_tick(&tree);
		}
		world_begin(&world);
		world_read(&world, &tree);
		assert_int_equal(world.cluster->n_workloads, 1);
		assert_int_equal(world.cluster->n_containers, 1);
		assert_string_equal(world.cluster->workloads[0].namespace, "shop");
		assert_string_equal(world.cluster->workloads[0].name, "web-7d9f8c6b5d-x2x8z");
		assert_string_equal(world.cluster->containers[0].name, "app");
		assert_string_equal(world.cluster->containers[0].resources.limits.of[RESOURCE_CPU].text, "1");
		assert_string_equal(world.cluster->containers[0].resources.limits.of[RESOURCE_MEMORY].text, "128Mi");
		assert_requests(&world.cluster->containers[0].resources.requests, cases[i].pod, cases[i].v1);
		assert_int_equal(usage_unmatched(world.usage), 0);
		assert_measured(world.usage, 0);
		world_end(&world);
		tree_end(&tree);
	}
}

#define POD "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice"
#define GROUP(id) POD "/cri-containerd-" id ".scope"

/* One container of one pod for five seconds; what happens meanwhile is done by step. */
static void measure(struct tree *tree, bool logs, void (*step)(struct tree *tree, unsigned int second))
{
	tree_begin(tree);
	mount_v2(tree);
	if (logs)
		write_log(tree, "app", APP);
	for (unsigned int second = 0; second <= 5; second++) {
		write_v2(tree, POD, second);
		write_v2(tree, GROUP(SANDBOX), 0);
		step(tree, second);
		if (second == 0) {
			read_probes(tree);
			tree_open(tree, &sampler_cgroup_metrics, NULL);
		}
		tree_tick(tree);
	}
}

static void step_works(struct tree *tree, unsigned int second)
{
	write_v2(tree, GROUP(APP), second);
}

static void ids_in_the_status_of_pods_name_containers(void **state)
{
	struct pod_container *container;
	struct cluster_pod *pod;
	struct world world;
	struct tree tree;

	measure(&tree, false, step_works);
	world.cluster = cluster_new();
	pod = cluster_add_pod(world.cluster);
	pod->namespace = "shop";
	pod->name = "web-7d9f8c6b5d-x2x8z";
	pod->owner_kind = "ReplicaSet";
	pod->owner_name = "web-7d9f8c6b5d";
	pod->template_hash = "7d9f8c6b5d";
	container = cluster_add_pod_container(world.cluster);
	container->name = "app";
	container->id = APP;
	cluster_join(world.cluster);
	world.usage = usage_new(world.cluster);
	world_read(&world, &tree);
	assert_string_equal(world.cluster->workloads[0].kind, "Deployment");
	assert_close(usage_mean(usage_get(world.usage, 0, USAGE_CPU)), 0.5);
	assert_int_equal(usage_notes(world.usage)->count, 0);
	world_end(&world);
	tree_end(&tree);
}

/* On a busy machine a tick comes late and the next one at its time: a short interval at the beginning. */
static void a_short_first_interval_makes_no_gaps_of_the_others(void **state)
{
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(NULL);
	struct usage_feed *feed = usage_feed(usage, 0, "web-0", USAGE_CPU, "test");

	usage_gauge(feed, START, 1);
	for (unsigned int i = 0; i < 30; i++)
		usage_gauge(feed, START + 0.1 + i, 1);
	usage_finish(usage);
	assert_true(usage_get(usage, 0, USAGE_CPU)->covered_sec > 25);
}

static void without_any_name_nothing_is_made_up(void **state)
{
	struct world world;
	struct tree tree;

	measure(&tree, false, step_works);
	world_begin(&world);
	world_read(&world, &tree);
	assert_int_equal(world.cluster->n_workloads, 0);
	assert_non_null(strstr(usage_notes(world.usage)->entries[0].message, "the containers of 1 of 1 pods have no name"));
	world_end(&world);
	tree_end(&tree);
}

/* The second one begins to count anew, and was killed once already when it is first seen. */
static void step_restarts(struct tree *tree, unsigned int second)
{
	if (second < 3)
		write_v2(tree, GROUP(APP), second);
	if (second == 3)
		tree_remove(tree, "/sys/fs/cgroup" GROUP(APP));
	if (second >= 3)
		write_v2(tree, GROUP(AGAIN), second - 2);
	if (second >= 3)
		write_file(tree, GROUP(AGAIN), "memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n");
}

static void a_container_that_came_again_is_a_restart(void **state)
{
	double at;
	struct world world;
	struct tree tree;

	measure(&tree, true, step_restarts);
	world_begin(&world);
	world_read(&world, &tree);
	assert_int_equal(world.cluster->n_containers, 1);
	assert_close(usage_get(world.usage, 0, USAGE_RESTARTS)->increase, 1);
	assert_close(usage_get(world.usage, 0, USAGE_OOM_KILLS)->increase, 1);
	assert_int_equal(usage_oom_count(world.usage, 0), 1);
	assert_close(usage_last_oom_memory(world.usage, 0, &at), 128 * MIB);
	assert_true(at > START && at <= START + 5);
	assert_close(usage_get(world.usage, 0, USAGE_CPU)->max, 0.5);
	world_end(&world);
	tree_end(&tree);
}

/* The container's own group is gone before anybody sees it count. */
static void step_pod_is_killed(struct tree *tree, unsigned int second)
{
	write_v2(tree, GROUP(APP), second);
	write_file(tree, POD, "memory.events", "low 0\nhigh 0\nmax 9\noom %u\noom_kill %u\n", second >= 3, second >= 3);
}

static void a_kill_that_only_the_pod_counted_is_its_containers(void **state)
{
	struct world world;
	struct tree tree;

	measure(&tree, true, step_pod_is_killed);
	world_begin(&world);
	world_read(&world, &tree);
	assert_close(usage_get(world.usage, 0, USAGE_OOM_KILLS)->increase, 1);
	assert_int_equal(usage_oom_count(world.usage, 0), 1);
	world_end(&world);
	tree_end(&tree);
}

static void step_slices(struct tree *tree, unsigned int second)
{
	step_works(tree, second);
	write_v2(tree, "/system.slice", second);
	write_v2(tree, "/system.slice/kubelet.service", second);
	write_v2(tree, "/kubepods.slice", second);
}

static void slices_of_the_node_are_measured_too(void **state)
{
	static const char *const slices[] = { "system.slice", "system.slice/kubelet.service", "kubepods.slice" };
	struct world world;
	struct tree tree;

	measure(&tree, true, step_slices);
	world_begin(&world);
	world_read(&world, &tree);
	for (size_t i = 0; i < ARRAY_SIZE(slices); i++) {
		assert_non_null(usage_node_get(world.usage, "node-1", slices[i], USAGE_CPU));
		assert_close(usage_mean(usage_node_get(world.usage, "node-1", slices[i], USAGE_CPU)), 0.5);
		assert_close(usage_node_get(world.usage, "node-1", slices[i], USAGE_MEMORY_WORKING_SET)->max, 53 * MIB);
	}
	assert_null(usage_node_get(world.usage, "node-1", "kubepods.slice/kubepods-burstable.slice", USAGE_CPU));
	world_end(&world);
	tree_end(&tree);
}

static void a_host_that_is_no_node_is_refused(void **state)
{
	struct world world;
	struct tree tree;

	tree_begin(&tree);
	mount_v2(&tree);
	write_v2(&tree, "/system.slice/docker-" APP ".scope", 0);
	read_probes(&tree);
	world_begin(&world);
	assert_int_equal(usage_read_snapshot(world.usage, world.cluster, tree.snapshot), -EINVAL);
	assert_non_null(strstr(usage_notes(world.usage)->entries[0].message, "no control groups of a kubelet's containers"));
	world_end(&world);
	tree_end(&tree);
}

static void names_of_logs_tell_whose_they_are(void **state)
{
	static const struct {
		const char *name, *pod, *namespace, *container;	/* NULL: none of a kubelet */
	} logs[] = {
		{ "web-0_shop_app-" APP ".log", "web-0", "shop", "app" },
		{ "a.b-c_kube-system_x-y-" APP ".log", "a.b-c", "kube-system", "x-y" },
		{ "web-0_shop_app-" APP, NULL, NULL, NULL },
		{ "web-0_shop_app-a" APP ".log", NULL, NULL, NULL },
		{ "web-0_shop_app" APP ".log", NULL, NULL, NULL },
		{ "web-0_app-" APP ".log", NULL, NULL, NULL },
		{ "web-0_shop_a_b-" APP ".log", NULL, NULL, NULL },
		{ "_shop_app-" APP ".log", NULL, NULL, NULL },
		{ "web-0_shop_-" APP ".log", NULL, NULL, NULL },
		{ "we\n0_shop_app-" APP ".log", NULL, NULL, NULL },
		{ "-" APP ".log", NULL, NULL, NULL },
		{ APP ".log", NULL, NULL, NULL },
		{ ".log", NULL, NULL, NULL },
		{ "", NULL, NULL, NULL },
	};
	char id[CGROUP_CONTAINER_ID_LENGTH + 1], uid[CGROUP_POD_UID_MAX + 1];
	struct kubelet_name name;

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		assert_int_equal(kubelet_container_log(logs[i].name, &name, id), logs[i].pod != NULL);
		if (!logs[i].pod)
			continue;
		assert_string_equal(name.pod, logs[i].pod);
		assert_string_equal(name.namespace, logs[i].namespace);
		assert_string_equal(name.container, logs[i].container);
		assert_string_equal(id, APP);
	}
	assert_true(kubelet_pod_log("shop_web-0_" UID, &name, uid));
	assert_string_equal(name.pod, "web-0");
	assert_string_equal(name.namespace, "shop");
	assert_string_equal(uid, UID);
	assert_false(kubelet_pod_log("shop_web-0_" UID "0", &name, uid));
	assert_false(kubelet_pod_log("shop_web-0", &name, uid));
	assert_false(kubelet_pod_log("shop_web-0_", &name, uid));
}

/* A name of a log may be as long as a file's. */
static void a_name_that_is_too_long_is_none(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	char id[CGROUP_CONTAINER_ID_LENGTH + 1];
	struct kubelet_name name;

	strbuf_add_repeated(&text, 'a', KUBELET_NAME_MAX + 1);
	strbuf_add_string(&text, "_shop_app-" APP ".log");
	assert_false(kubelet_container_log(text.buf, &name, id));
	assert_true(kubelet_container_log(text.buf + 1, &name, id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_are_found_in_every_shape_of_tree),
		cmocka_unit_test(ids_in_the_status_of_pods_name_containers),
		cmocka_unit_test(a_short_first_interval_makes_no_gaps_of_the_others),
		cmocka_unit_test(without_any_name_nothing_is_made_up),
		cmocka_unit_test(a_container_that_came_again_is_a_restart),
		cmocka_unit_test(a_kill_that_only_the_pod_counted_is_its_containers),
		cmocka_unit_test(slices_of_the_node_are_measured_too),
		cmocka_unit_test(a_host_that_is_no_node_is_refused),
		cmocka_unit_test(names_of_logs_tell_whose_they_are),
		cmocka_unit_test(a_name_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
