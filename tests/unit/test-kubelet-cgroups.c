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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_are_found_in_every_shape_of_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
