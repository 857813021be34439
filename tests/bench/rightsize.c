/* SPDX-License-Identifier: Apache-2.0 */
/* What it takes to recommend sizes for many containers, beside a bare pass (count, sum and greatest) over the same
 *samples in the same run.  Five containers a workload of one pod, a week of samples; each count in a process of its
 *own, so that its peak memory is known.
 *
 *	rightsize [SAMPLES-A-SERIES] */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../advisor/rightsize.h"
#include "../../core/parse.h"

#define T 1700000000.0
#define WEEK (7 * 86400.0)
#define PATTERNS 61			/* different courses; a prime, so that containers of a pod differ */
#define A_POD 5

/* Kubernetes' usual ones: two gauges that are looked at closely, four others, three counters. */
static const struct {
	enum usage_metric metric;
	double scale;
} kinds[] = {
	{ USAGE_CPU, 0.4 },
	{ USAGE_MEMORY_WORKING_SET, 5e8 },
	{ USAGE_MEMORY_ANON, 3e8 },
	{ USAGE_MEMORY_ACTIVE_FILE, 1e8 },
	{ USAGE_CPU_PERIODS, 1e6 },
	{ USAGE_CPU_THROTTLED_PERIODS, 1e3 },
	{ USAGE_CPU_THROTTLED_SEC, 1e2 },
};

static unsigned int n_samples = 504;	/* one each twenty minutes */
static double *patterns;

static void patterns_make(void)
{
	uint32_t random = 1;

	patterns = xcalloc((size_t)PATTERNS * n_samples, sizeof(*patterns));
	for (size_t i = 0; i < (size_t)PATTERNS * n_samples; i++) {
		random = random * 1664525 + 1013904223;
		patterns[i] = 0.3 + (double)(i / n_samples) / PATTERNS + (random >> 8) / 16777216.0 * 0.3;
	}
}

/* Rising for counters. */
static double sample(uint32_t container, size_t kind, unsigned int i)
{
	double value = patterns[(size_t)((container * 7 + kind) % PATTERNS) * n_samples + i] * kinds[kind].scale;

	return usage_metric_is_counter(kinds[kind].metric) ? i * kinds[kind].scale + value : value;
}

/* Of the processor: others run beside. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static struct cluster *cluster_make(uint32_t count)
{
	struct cluster *cluster = cluster_new();

	for (uint32_t i = 0; i < count; i++) {
		struct workload_container *container;

		GROW(cluster->containers, cluster->containers_capacity, (size_t)i + 1);
		container = &cluster->containers[cluster->n_containers++];
		*container = (struct workload_container){ .workload = i / A_POD,
							  .image = "example.invalid/app:1",
							  .position = i % A_POD };
		container->name = arena_formatf(&cluster->arena, "c%u", i % A_POD);
		container->resources.requests.of[RESOURCE_CPU] =
			(struct amount){ .given = true, .text = "", .quantity = quantity_of_milli(500) };
		container->resources.limits.of[RESOURCE_CPU] =
			(struct amount){ .given = true, .text = "", .quantity = quantity_of_milli(1000) };
		container->resources.requests.of[RESOURCE_MEMORY] = container->resources.limits.of[RESOURCE_MEMORY] =
			(struct amount){ .given = true, .text = "", .quantity = quantity_of_bytes((int64_t)1 << 30) };
		if (i % A_POD)
			continue;
		GROW(cluster->workloads, cluster->workloads_capacity, (size_t)cluster->n_workloads + 1);
		cluster->workloads[cluster->n_workloads++] = (struct workload){
			.namespace = "shop",
			.kind = "Deployment",
			.name = arena_formatf(&cluster->arena, "w%u", i / A_POD),
			.api_version = "apps/v1",
			.owner = "",
			.service_account = "",
			.priority_class = "",
			.runtime_class = "",
			.scheduler = "",
			.restart_policy = "",
			.node_name = "",
			.preemption_policy = "",
			.schedule = "",
			.replicas = 1,
			.ready = -1,
			.parallelism = -1,
			.completions = -1,
			.active_deadline_sec = -1,
			.first_container = i,
			.n_containers = MIN(A_POD, count - i),
		};
	}
	cluster_join(cluster);
	return cluster;
}

static void bare_pass(uint32_t count)
{
	double sum = 0, most = 0;

	for (uint32_t i = 0; i < count; i++)
		for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++)
			for (unsigned int j = 0; j < n_samples; j++) {
				double value = sample(i, kind, j);

				sum += value;
				most = fmax(most, value);
			}
	if (sum < most)
		puts("never");
}

static void feed(struct usage *usage, uint32_t count)
{
	char pod[32];

	for (uint32_t i = 0; i < count; i++) {
		snprintf(pod, sizeof(pod), "w%u-5d4f-x", i / A_POD);
		for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			struct usage_feed *to = usage_feed(usage, i, pod, kinds[kind].metric, "bench");

			for (unsigned int j = 0; j < n_samples; j++) {
				double time_sec = T + WEEK * j / n_samples;

				if (usage_metric_is_counter(kinds[kind].metric))
					usage_counter(to, time_sec, sample(i, kind, j));
				else
					usage_gauge(to, time_sec, sample(i, kind, j));
			}
		}
	}
}

static void measure(uint32_t count)
{
	struct rightsizing result = RIGHTSIZING_INIT;
	struct rightsize_options options;
	struct cluster *cluster = cluster_make(count);
	struct usage *usage = usage_new(cluster);
	double begin, floor, fed, done;

	begin = now();
	bare_pass(count);
	floor = now() - begin;
	begin = now();
	feed(usage, count);
	usage_finish(usage);
	fed = now() - begin;
	begin = now();
	rightsize_options_default(&options, RECOMMENDER_PERCENTILE);
	options.now_sec = T + WEEK;
	rightsize(cluster, usage, &options, NULL, &result);
	done = now() - begin;
	printf("%7u containers, %5.1f million samples: bare pass %.2f s of CPU, digests %.2f s, recommended in "
	       "%.2f s; ratio %.1f; %zu rows, %zu to change; ",
	       count, (double)count * (double)ARRAY_SIZE(kinds) * n_samples / 1e6, floor, fed, done,
	       (fed + done) / floor, result.n_rows, result.counts[STATUS_RECOMMEND]);
	fflush(stdout);
	rightsizing_release(&result);
	usage_free(usage);
	cluster_free(cluster);
}

int main(int argc, char **argv)
{
	static const uint32_t counts[] = { 12500, 25000, 50000, 100000 };
	uint64_t wanted;

	if (argc > 1 && parse_u64(argv[1], &wanted) == 0 && wanted > 1 && wanted < 100000)
		n_samples = (unsigned int)wanted;
	patterns_make();
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct rusage usage;
		pid_t child;

		fflush(stdout);
		child = fork();
		if (child == 0) {
			measure(counts[i]);
			_exit(0);
		}
		if (child < 0 || wait4(child, NULL, 0, &usage) != child)
			return 1;
		printf("peak %ld MiB, %ld KiB each\n", usage.ru_maxrss >> 10, usage.ru_maxrss / (long)counts[i]);
	}
	free(patterns);
	return 0;
}
