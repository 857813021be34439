/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule with the workload for which it is right, and with the one for which it would be wrong. */
#include "../../advisor/rightsize.h"

#include "test.h"

#define T 1699999200.0		/* a full hour */
#define DAY 86400.0
#define MIB 1048576.0
#define M ((int64_t)1 << 20)
#define NONE (-1)

/* ---- a cluster of one workload ---- */

struct world {
	struct cluster cluster;
	struct workload workload;
	struct workload_container containers[3];
	struct cluster_node nodes[2];
	struct cluster_pod pods[4];
	uint32_t pods_by_workload[4];
	struct usage *usage;
	struct rightsizing result;
	struct rightsize_options options;
};

static struct amount amount_of_milli(int64_t milli)
{
	return milli < 0 ? (struct amount){ .text = "" }
			 : (struct amount){ .given = true, .text = "", .quantity = quantity_of_milli(milli) };
}

static struct amount amount_of_bytes(int64_t bytes)
{
	return bytes < 0 ? (struct amount){ .text = "" }
			 : (struct amount){ .given = true, .text = "", .quantity = quantity_of_bytes(bytes) };
}

static void world_init(struct world *world, const char *kind)
{
	*world = (struct world){ 0 };
	world->workload = (struct workload){ .namespace = "shop",
					     .kind = kind,
					     .name = "web",
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
					     .replicas = 2,
					     .ready = -1,
					     .parallelism = -1,
					     .completions = -1,
					     .active_deadline_sec = -1,
					     .n_containers = 1 };
	for (unsigned int i = 0; i < ARRAY_SIZE(world->containers); i++)
		world->containers[i] = (struct workload_container){ .name = i == 0   ? "app"
									    : i == 1 ? "proxy"
										     : "log",
								    .image = "example.invalid/app:1" };
	world->cluster.workloads = &world->workload;
	world->cluster.n_workloads = 1;
	world->cluster.containers = world->containers;
	world->cluster.n_containers = 1;
	rightsize_options_default(&world->options, RECOMMENDER_PERCENTILE);
	world->options.now_sec = T + 8 * DAY;
	world->usage = usage_new(&world->cluster);
}

static void world_sizes(struct world *world, unsigned int container, int64_t cpu_request, int64_t cpu_limit,
			int64_t memory_request, int64_t memory_limit)
{
	struct resources *resources = &world->containers[container].resources;

	resources->requests.of[RESOURCE_CPU] = amount_of_milli(cpu_request);
	resources->limits.of[RESOURCE_CPU] = amount_of_milli(cpu_limit);
	resources->requests.of[RESOURCE_MEMORY] = amount_of_bytes(memory_request < 0 ? -1 : memory_request * M);
	resources->limits.of[RESOURCE_MEMORY] = amount_of_bytes(memory_limit < 0 ? -1 : memory_limit * M);
}

/* Pods run on a node that is as busy as this. */
static void world_node(struct world *world, double cpu_pressure, double memory_pressure)
{
	world->nodes[0] = (struct cluster_node){ .name = "node-1" };
	world->nodes[0].allocatable.of[RESOURCE_CPU] = world->nodes[0].capacity.of[RESOURCE_CPU] =
		amount_of_milli(8000);
	world->nodes[0].allocatable.of[RESOURCE_MEMORY] = world->nodes[0].capacity.of[RESOURCE_MEMORY] =
		amount_of_bytes(16384 * M);
	world->cluster.nodes = world->nodes;
	world->cluster.n_nodes = 1;
	world->pods[0] = (struct cluster_pod){ .namespace = "shop",
					       .name = "web-1",
					       .uid = "",
					       .owner_kind = "",
					       .owner_name = "",
					       .template_hash = "",
					       .node_name = "node-1",
					       .phase = "Running",
					       .qos_class = "",
					       .reason = "" };
	world->cluster.pods = world->pods;
	world->cluster.n_pods = 1;
	world->cluster.pods_by_workload = world->pods_by_workload;
	world->workload.n_pods = 1;
	usage_increase(usage_node_feed(world->usage, "node-1", "", USAGE_PSI_CPU_SEC, "test"), T, T + DAY,
		       cpu_pressure * DAY);
	usage_increase(usage_node_feed(world->usage, "node-1", "", USAGE_PSI_MEMORY_SEC, "test"), T, T + DAY,
		       memory_pressure * DAY);
}

/* The same value for days, a sample each five minutes; each 20th is the peak. */
static void feed_flat(struct world *world, unsigned int container, const char *pod, enum usage_metric metric,
		      double days, double value, double peak)
{
	struct usage_feed *feed = usage_feed(world->usage, container, pod, metric, "test");

	for (unsigned int i = 0; i < days * 288; i++)
		usage_gauge(feed, T + i * 300.0, i % 20 == 7 ? peak : value);
}

static void feed_growth(struct world *world, enum usage_metric metric, double days, double increase)
{
	usage_increase(usage_feed(world->usage, 0, "web-1", metric, "test"), T, T + days * DAY, increase);
}

static const struct sizing *world_size(struct world *world, unsigned int container, enum resource resource)
{
	if (!world->result.rows) {
		usage_finish(world->usage);
		rightsize(&world->cluster, world->usage, &world->options, NULL, &world->result);
	}
	for (size_t i = 0; i < world->result.n_rows; i++)
		if (world->result.rows[i].container == container)
			return &world->result.rows[i].of[resource];
	fail_msg("no row");
	return NULL;
}

static void world_release(struct world *world)
{
	rightsizing_release(&world->result);
	usage_free(world->usage);
}

static void assert_sizing(const struct sizing *sizing, enum status status, enum size_cause cause,
			  int64_t request_to, int64_t limit_to)
{
	if (sizing->status != status || sizing->cause != cause)
		fail_msg("%s, %s (%s; %s) instead of %s, %s", status_name(sizing->status),
			 size_cause_name(sizing->cause), sizing->reason, sizing->because, status_name(status),
			 size_cause_name(cause));
	if (sizing->request_to != request_to || sizing->limit_to != limit_to)
		fail_msg("%lld, %lld instead of %lld, %lld", (long long)sizing->request_to,
			 (long long)sizing->limit_to, (long long)request_to, (long long)limit_to);
}

/* ---- what is plain ---- */

static void requests_follow_the_percentile_of_cpu_and_the_peak_of_memory(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 2000, NONE, 4096, NONE);
	/* One sample in twenty is the peak: the 95th percentile is not, but the busiest hour has one of twelve. */
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 1.5);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 400 * MIB);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 310, NONE);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 464 * M, NONE);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->confidence, CONFIDENCE_HIGH);
	assert_string_equal(world.result.rows[0].id, "rightsize@shop/Deployment/web/app");
	assert_int_equal(world.result.counts[STATUS_RECOMMEND], 2);
	world_release(&world);
}

static void what_has_no_request_gets_one(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, NONE, NONE, NONE, 1024);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.2);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 400 * MIB);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->cause, CAUSE_NO_REQUEST);
	/* Its limit stands in for the request of memory: both sink. */
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 464 * M,
		      464 * M);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->request_from, 1024 * M);
	world_release(&world);
}

/* Pods of a container that says nothing run with what the LimitRange gives: that is what is requested today, priced and packed. */
static void what_a_limit_range_gives_is_what_is_requested_today(void **state)
{
	struct limit_range_item item = { .type = LIMIT_RANGE_CONTAINER };
	struct limit_range ranges[] = { { .namespace = "other", .name = "o" },
					{ .namespace = "shop", .name = "bounds", .items = &item, .n_items = 1 } };
	struct world world;

	(void)state;
	item.default_request.of[RESOURCE_CPU] = amount_of_milli(2000);
	item.default_limit.of[RESOURCE_MEMORY] = amount_of_bytes(1024 * M);
	world_init(&world, "Deployment");
	world_sizes(&world, 0, NONE, NONE, NONE, NONE);
	world.cluster.limit_ranges = ranges;
	world.cluster.n_limit_ranges = ARRAY_SIZE(ranges);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.2);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 400 * MIB);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 200, NONE);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->request_from, 2000);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 464 * M, 464 * M);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->limit_from, 1024 * M);
	assert_float_equal(world.result.savings.namespaces[0].cpu_now, 2 * 2.0, 1e-9);
	assert_float_equal(world.result.savings.namespaces[0].cpu_then, 2 * 0.2, 1e-9);
	/* What is written into patches is still what stands in the manifest. */
	assert_false(world.result.cluster->containers[0].resources.requests.of[RESOURCE_CPU].given);
	world_release(&world);
}

static void nothing_measured_is_unmeasured_and_says_what_to_do(void **state)
{
	static const struct {
		double days;
		unsigned int samples;
		const char *reason;
	} cases[] = {
		{ 0, 0, "nothing was measured" },
		{ 0.5, 144, "hours only" },
		{ 7, 50, "50 samples" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sizing *sizing;
		struct world world;

		world_init(&world, "Deployment");
		world_sizes(&world, 0, 2000, NONE, 4096, NONE);
		for (unsigned int j = 0; j < cases[i].samples; j++)
			usage_gauge(usage_feed(world.usage, 0, "a", USAGE_CPU, "test"),
				    T + j * cases[i].days * DAY / (cases[i].samples - 1), 0.1);
		sizing = world_size(&world, 0, RESOURCE_CPU);
		assert_sizing(sizing, STATUS_UNMEASURED, CAUSE_NONE, 2000, NONE);
		assert_non_null(strstr(sizing->reason, cases[i].reason));
		assert_true(sizing->next_step && *sizing->next_step);
		assert_true(isnan(sizing->target));
		world_release(&world);
	}
}

static void two_samples_a_week_apart_are_no_week(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 2000, NONE, 4096, NONE);
	for (unsigned int i = 0; i < 200; i++)
		usage_gauge(usage_feed(world.usage, 0, "a", USAGE_CPU, "test"), T + i * 15, 0.1);
	usage_gauge(usage_feed(world.usage, 0, "a", USAGE_CPU, "test"), T + 8 * DAY, 0.1);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->status, STATUS_UNMEASURED);
	world_release(&world);
}

static void a_quantity_that_is_none_is_not_sized(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 2000, NONE, 4096, NONE);
	world.containers[0].resources.requests.of[RESOURCE_CPU].wrong = true;
	world.containers[0].resources.requests.of[RESOURCE_CPU].text = "2 cpus";
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.2);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_UNREADABLE, CAUSE_NONE, NONE, NONE);
	assert_non_null(strstr(world_size(&world, 0, RESOURCE_CPU)->reason, "2 cpus"));
	world_release(&world);
}

static void confidence_needs_a_week_and_says_what_it_lacks(void **state)
{
	static const struct {
		double days;
		enum confidence confidence;
		const char *text;
	} cases[] = {
		{ 7, CONFIDENCE_HIGH, "7.0 days" },
		{ 3, CONFIDENCE_MEDIUM, "not a whole week, and its pods have run for 40.0 days" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, "Deployment");
		world_node(&world, 0, 0);
		world.pods[0].start_sec = (int64_t)(T - 32 * DAY);
		feed_flat(&world, 0, "web-1", USAGE_CPU, cases[i].days + 0.01, 0.2, 0.2);
		assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->confidence, cases[i].confidence);
		if (!strstr(world_size(&world, 0, RESOURCE_CPU)->confidence_reason, cases[i].text))
			fail_msg("%s", world_size(&world, 0, RESOURCE_CPU)->confidence_reason);
		world_release(&world);
	}
}

/* ---- CPU ---- */

static void feed_throttling(struct world *world, double days, double share, double lost)
{
	feed_growth(world, USAGE_CPU_PERIODS, days, days * DAY * 10);
	feed_growth(world, USAGE_CPU_THROTTLED_PERIODS, days, share * days * DAY * 10);
	feed_growth(world, USAGE_CPU_THROTTLED_SEC, days, lost * days * DAY);
}

static void throttling_raises_the_limit_by_what_it_waited(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 490, 500, 512, 512);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.4, 0.5);
	feed_throttling(&world, 8, 0.4, 0.2);
	/* 0.5 used, and half as long waited as it ran in the mean of 0.405: 0.747, and a fifth.  The request is not
	 * lowered. */
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, 490, 900);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->severity, SEVERITY_HIGH);
	world_release(&world);

	world_init(&world, "Deployment");
	world_sizes(&world, 0, 300, 500, 512, 512);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.4, 0.5);
	feed_throttling(&world, 8, 0.4, 0.2);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, 410, 900);
	world_release(&world);
}

static void throttling_without_its_usage_is_suspect(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 490, 500, 512, 512);
	feed_throttling(&world, 8, 0.4, 0.2);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_SUSPECT, CAUSE_LIMIT_TOO_LOW, 490, 500);
	world_release(&world);
}

static void many_periods_with_little_time_lost_are_no_reason(void **state)
{
	static const struct {
		double share, lost;
		enum status status;
	} cases[] = {
		{ 0.30, 0.001, STATUS_SATISFIED },	/* threads that wait a moment */
		{ 0.01, 0.5, STATUS_SATISFIED },	/* few periods: many CPUs at once */
		{ 0.06, 0.02, STATUS_RECOMMEND },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, "Deployment");
		world_sizes(&world, 0, 205, 250, 512, 512);
		feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.25);
		feed_throttling(&world, 8, cases[i].share, cases[i].lost);
		assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->status, cases[i].status);
		world_release(&world);
	}
}

static void more_threads_than_the_quota_feeds_are_told_apart(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 200, 1000, 512, 512);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.1, 0.2);
	usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_THREADS, "test"), T, 64);
	feed_throttling(&world, 8, 0.2, 0.1);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_SUSPECT, CAUSE_THREADS_ABOVE_QUOTA, 200, 1000);
	world_release(&world);
}

static void a_start_that_is_throttled_is_no_reason_to_size_for_it(void **state)
{
	struct usage_feed *periods, *throttled;
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, 500, 512, 512);
	feed_flat(&world, 0, "old", USAGE_CPU, 8, 0.1, 0.1);
	periods = usage_feed(world.usage, 0, "new", USAGE_CPU_PERIODS, "test");
	throttled = usage_feed(world.usage, 0, "new", USAGE_CPU_THROTTLED_PERIODS, "test");
	for (unsigned int i = 0; i < 200; i++) {
		usage_counter(periods, T + DAY + i * 30, i * 300);
		usage_counter(throttled, T + DAY + i * 30, MIN(i, 15) * 300);
	}
	usage_increase(usage_feed(world.usage, 0, "new", USAGE_CPU_THROTTLED_SEC, "test"), T + DAY, T + DAY + 6000,
		       400);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_SUSPECT, CAUSE_LIMIT_TOO_LOW, 100, 500);
	assert_non_null(strstr(world_size(&world, 0, RESOURCE_CPU)->reason, "starts"));
	world_release(&world);
}

static void waiting_that_its_quota_causes_is_not_the_nodes(void **state)
{
	static const struct {
		double some, full, lost, node;
		int64_t request;
		enum status status;
		enum size_cause cause;
	} cases[] = {
		{ 0.3, 0.3, 0.3, 0.5, 200, STATUS_SATISFIED, CAUSE_NONE },		/* all of it is the quota's */
		{ 0.3, 0.0, 0.0, 0.5, 200, STATUS_ELSEWHERE, CAUSE_NODE_SHORT },
		{ 0.3, 0.0, 0.0, 0.5, 1000, STATUS_ELSEWHERE, CAUSE_NODE_SHORT },	/* not lowered while it waits */
		{ 0.3, 0.0, 0.0, 0.5, 100, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_LOW },
		{ 0.3, 0.0, 0.0, 0.0, 200, STATUS_SATISFIED, CAUSE_NONE },		/* its own threads wait for one another */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, "Deployment");
		world_node(&world, cases[i].node, 0);
		world_sizes(&world, 0, cases[i].request, 2000, 512, 512);
		feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.2);
		feed_throttling(&world, 8, 0.01, cases[i].lost);
		feed_growth(&world, USAGE_PSI_CPU_SEC, 8, cases[i].some * 8 * DAY);
		feed_growth(&world, USAGE_PSI_CPU_FULL_SEC, 8, cases[i].full * 8 * DAY);
		if (world_size(&world, 0, RESOURCE_CPU)->status != cases[i].status
		    || world_size(&world, 0, RESOURCE_CPU)->cause != cases[i].cause)
			fail_msg("case %zu: %s %s", i, status_name(world_size(&world, 0, RESOURCE_CPU)->status),
				 size_cause_name(world_size(&world, 0, RESOURCE_CPU)->cause));
		world_release(&world);
	}
}

static void the_leader_is_not_starved_by_its_replicas(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "StatefulSet");
	world_sizes(&world, 0, 4000, NONE, 512, NONE);
	feed_flat(&world, 0, "db-0", USAGE_CPU, 8, 2, 2);
	for (unsigned int i = 1; i < 25; i++) {
		char name[16];

		snprintf(name, sizeof(name), "db-%u", i);
		feed_flat(&world, 0, name, USAGE_CPU, 8, 0.1, 0.1);
	}
	/* Over all pods the 95th percentile is a tenth. */
	assert_true(world_size(&world, 0, RESOURCE_CPU)->request_to >= 2000);
	assert_non_null(strstr(world_size(&world, 0, RESOURCE_CPU)->because, "db-0"));
	world_release(&world);
}

static void one_hot_pod_does_not_size_a_large_deployment(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 4000, NONE, 512, NONE);
	for (unsigned int i = 0; i < 40; i++) {
		char name[16];

		snprintf(name, sizeof(name), "web-%u", i);
		feed_flat(&world, 0, name, USAGE_CPU, 8, i == 9 ? 2 : 0.1, i == 9 ? 2 : 0.1);
	}
	assert_true(world_size(&world, 0, RESOURCE_CPU)->request_to < 200);
	world_release(&world);
}

static void an_hour_of_work_each_night_counts(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 4000, NONE, 512, NONE);
	for (unsigned int i = 0; i < 8 * 288; i++)
		usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_CPU, "test"), T + i * 300.0,
			    i % 288 < 12 ? 2 : 0.05);
	/* The 95th percentile misses it. */
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->request_to, 2000);
	assert_non_null(strstr(world_size(&world, 0, RESOURCE_CPU)->because, "busiest"));
	world_release(&world);
}

/* Twenty minutes past the hour as at the full hour. */
static void an_hour_of_work_counts_whenever_it_begins(void **state)
{
	(void)state;
	for (unsigned int shift = 0; shift < 12; shift++) {
		struct world world;

		world_init(&world, "Deployment");
		world_sizes(&world, 0, 4000, NONE, 512, NONE);
		for (unsigned int i = 0; i < 8 * 288; i++)
			usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_CPU, "test"), T + i * 300.0,
				    (i + shift) % 288 < 12 ? 2 : 0.05);
		assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->request_to, 2000);
		world_release(&world);
	}
}

/* at_once pods, replaced each day; four hours of the sixth day are busy, which is 2 % of the time. */
static void feed_rollouts(struct world *world, unsigned int at_once, unsigned int hot)
{
	for (unsigned int day = 0; day < 8; day++)
		for (unsigned int pod = 0; pod < at_once; pod++) {
			char name[32];

			snprintf(name, sizeof(name), "web-%u-%u", day, pod);
			for (unsigned int i = 0; i < 288; i++)
				usage_gauge(usage_feed(world->usage, 0, name, USAGE_CPU, "test"),
					    T + day * DAY + i * 300.0, pod < hot && day == 5 && i < 48 ? 2 : 0.1);
		}
}

static void rollouts_make_no_large_deployment_of_a_small_one(void **state)
{
	static const struct {
		unsigned int at_once, hot;
		int64_t least, most;
	} cases[] = {
		{ 3, 3, 2000, 2100 },	/* the busiest hour of any pod */
		{ 3, 1, 2000, 2100 },
		{ 20, 20, 2000, 2100 },	/* all that ran then were busy */
		{ 20, 1, 100, 110 },	/* one of many was hot */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;
		int64_t to;

		world_init(&world, "Deployment");
		world_sizes(&world, 0, 4000, NONE, 512, NONE);
		feed_rollouts(&world, cases[i].at_once, cases[i].hot);
		to = world_size(&world, 0, RESOURCE_CPU)->request_to;
		if (to < cases[i].least || to > cases[i].most)
			fail_msg("%u pods, %u hot: %lld", cases[i].at_once, cases[i].hot, (long long)to);
		world_release(&world);
	}
}

/* Five hours of eight days: too few for the percentile, and the pod is too young to be compared. */
static void what_a_new_version_needs_counts_from_its_first_hour(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 4000, NONE, 512, NONE);
	for (unsigned int i = 0; i < 8 * 288; i++)
		usage_gauge(usage_feed(world.usage, 0, i < 8 * 288 - 60 ? "web-1" : "web-2", USAGE_CPU, "test"), T + i * 300.0,
			    i < 8 * 288 - 60 ? 0.4 : 0.9);
	assert_true(world_size(&world, 0, RESOURCE_CPU)->request_to >= 900);
	world_release(&world);
}

/* A sample each minute while it starts, and each five minutes afterwards. */
static void an_hour_is_weighed_by_time_and_not_by_samples(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 4000, NONE, 512, NONE);
	for (unsigned int i = 0; i < 8 * 1440; i++)
		if (i < 10 || i % 5 == 0)
			usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_CPU, "test"), T + i * 60.0, i < 10 ? 1.2 : 0);
	/* Ten minutes of sixty. */
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->request_to, 200);
	world_release(&world);
}

static void a_pod_that_does_nothing_may_be_a_standby(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 2000, NONE, 512, NONE);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.001, 0.002);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 20 * MIB, 20 * MIB);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_SUSPECT, CAUSE_IDLE, 2000, NONE);
	/* What it holds while it waits is not what it needs at work. */
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_SUSPECT, CAUSE_IDLE, 512 * M, NONE);
	world_release(&world);

	/* Beside a container that works, an idle one is idle by nature. */
	world_init(&world, "Deployment");
	world.workload.n_containers = world.cluster.n_containers = 2;
	world_sizes(&world, 0, 500, NONE, 512, NONE);
	world_sizes(&world, 1, 500, NONE, 512, NONE);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.5, 0.5);
	feed_flat(&world, 1, "web-1", USAGE_CPU, 8, 0.001, 0.002);
	assert_sizing(world_size(&world, 1, RESOURCE_CPU), STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 10, NONE);
	world_release(&world);
}

static void limits_of_cpu_are_proposed_only_when_asked_for(void **state)
{
	(void)state;
	for (unsigned int asked = 0; asked < 2; asked++) {
		struct world world;

		world_init(&world, "Deployment");
		world_sizes(&world, 0, 225, NONE, 512, NONE);
		world.options.cpu_limits = asked;
		feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.5);
		assert_sizing(world_size(&world, 0, RESOURCE_CPU), asked ? STATUS_RECOMMEND : STATUS_SATISFIED,
			      asked ? CAUSE_NO_CPU_LIMIT : CAUSE_NONE, 225, asked ? 600 : NONE);
		world_release(&world);
	}
}

/* As a server computes them, or a warehouse. */
static void percentiles_without_samples_are_less_sure_of_cpu(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "StatefulSet");
	world_sizes(&world, 0, 4000, NONE, 512, NONE);
	usage_given(world.usage, 0, USAGE_CPU, 0.95, 0.5, "test");
	usage_given_extent(world.usage, 0, USAGE_CPU, 4000, 2, T, T + 8 * DAY, 0.1, 1, 0.3);
	usage_given(world.usage, 0, USAGE_MEMORY_WORKING_SET, 1, 100 * MIB, "test");
	usage_given_extent(world.usage, 0, USAGE_MEMORY_WORKING_SET, 4000, 2, T, T + 8 * DAY, MIB, 100 * MIB, 50 * MIB);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->request_to, 500);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->confidence, CONFIDENCE_MEDIUM);
	assert_non_null(strstr(world_size(&world, 0, RESOURCE_CPU)->confidence_reason, "busiest hours"));
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->confidence, CONFIDENCE_HIGH);
	world_release(&world);
}

static void percentiles_of_each_pod_know_the_busiest_and_its_hour(void **state)
{
	static const struct {
		const char *kind;
		double at_once;
		int64_t request;
	} cases[] = {
		{ "StatefulSet", 3, 2000 },	/* the busiest pod's percentile */
		{ "Deployment", 3, 2000 },
		{ "Deployment", 40, 1500 },	/* what half of those at once had in an hour */
	};
	const struct usage_given_pod pods[] = {
		{ .pod = "a", .samples = 2000, .p95 = 2, .hour = 1.75, .given = { { 0.95, 2 } }, .n_given = 1 },
		{ .pod = "b", .samples = 2000, .p95 = 0.2, .hour = 1.5, .given = { { 0.95, 0.2 } }, .n_given = 1 },
		{ .pod = "started", .samples = 5, .p95 = 4, .hour = NAN, .given = { { 0.95, 4 } }, .n_given = 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, cases[i].kind);
		world_sizes(&world, 0, 4000, NONE, 512, NONE);
		usage_given(world.usage, 0, USAGE_CPU, 0.95, 0.5, "test");
		usage_given_extent(world.usage, 0, USAGE_CPU, 4000, 2, T, T + 8 * DAY, 0.1, 4, 0.3);
		usage_given_pods(world.usage, 0, USAGE_CPU, pods, ARRAY_SIZE(pods), cases[i].at_once);
		assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->request_to, cases[i].request);
		assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->confidence, CONFIDENCE_HIGH);
		world_release(&world);
	}
}

static void what_is_not_known_to_be_its_most_is_no_limit(void **state)
{
	struct world world;

	(void)state;
	/* Half a day. */
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 225, NONE, 512, NONE);
	world.options.cpu_limits = true;
	feed_flat(&world, 0, "web-1", USAGE_CPU, 0.5, 0.2, 0.5);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_UNMEASURED, CAUSE_NONE, 225, NONE);
	world_release(&world);

	/* A standby. */
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 2000, NONE, 512, NONE);
	world.options.cpu_limits = true;
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.001, 0.002);
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_SUSPECT, CAUSE_IDLE, 2000, NONE);
	world_release(&world);
}

static void jobs_are_judged_by_their_runs(void **state)
{
	static const struct {
		unsigned int runs;
		enum status status;
	} cases[] = { { 2, STATUS_UNMEASURED }, { 7, STATUS_RECOMMEND } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, "CronJob");
		world.workload.replicas = -1;
		world_sizes(&world, 0, 4000, NONE, 512, NONE);
		for (unsigned int run = 0; run < cases[i].runs; run++)
			for (unsigned int j = 0; j < 10; j++) {
				char name[24];

				snprintf(name, sizeof(name), "web-%u", run);
				usage_gauge(usage_feed(world.usage, 0, name, USAGE_CPU, "test"),
					    T + run * DAY + j * 60, 1);
				usage_gauge(usage_feed(world.usage, 0, name, USAGE_MEMORY_WORKING_SET, "test"),
					    T + run * DAY + j * 60, 100 * MIB);
			}
		assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->status, cases[i].status);
		assert_int_not_equal(world_size(&world, 0, RESOURCE_CPU)->confidence, CONFIDENCE_HIGH);
		assert_true(world.result.rows[0].replicas < 0.02);
		world_release(&world);
	}
}

/* ---- memory ---- */

static void a_kill_raises_the_limit_above_what_it_had(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 256, 512);
	usage_oom(world.usage, 0, "web-1", T + 1000, 512 * MIB);
	/* Without a window as well: a kill needs none. */
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, 256 * M, 624 * M);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->severity, SEVERITY_CRITICAL);
	world_release(&world);

	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 512, 512);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 350 * MIB);
	usage_oom(world.usage, 0, "web-1", T + 1000, 512 * MIB);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, 624 * M, 624 * M);
	world_release(&world);

	/* The limit was raised since: what it had then is only the floor. */
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 4096, 4096);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 350 * MIB);
	usage_oom(world.usage, 0, "web-1", T + 1000, 512 * MIB);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->cause, CAUSE_REQUEST_TOO_HIGH);
	assert_true(world_size(&world, 0, RESOURCE_MEMORY)->request_to >= 512 * M);
	world_release(&world);
}

static void after_a_kill_of_which_nothing_is_known_nothing_is_lowered(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 4096, 4096);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 350 * MIB);
	feed_growth(&world, USAGE_OOM_KILLS, 8, 2);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_SUSPECT, CAUSE_LIMIT_TOO_LOW, 4096 * M, 4096 * M);
	world_release(&world);

	/* Where the limit is near what was seen, it is raised. */
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 360, 360);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 350 * MIB);
	feed_growth(&world, USAGE_OOM_KILLS, 8, 2);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, 488 * M, 488 * M);
	world_release(&world);
}

static void a_limit_that_admission_gave_its_pods_is_the_one_it_was_killed_at(void **state)
{
	struct pod_container container = { .container = 0,
					   .name = "app",
					   .memory_limit = 512 * M,
					   .memory_request = -1,
					   .cpu_limit = -1,
					   .cpu_request = -1,
					   .oom_killed = true,
					   .last_oom_sec = (int64_t)T + 1000 };
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_node(&world, 0, 0);
	world.cluster.pod_containers = &container;
	world.cluster.n_pod_containers = 1;
	world.pods[0].n_containers = 1;
	usage_free(world.usage);
	world.usage = usage_new(&world.cluster);
	world_sizes(&world, 0, 100, NONE, 256, NONE);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, 256 * M, 624 * M);
	assert_non_null(strstr(world_size(&world, 0, RESOURCE_MEMORY)->because, "admission"));
	world_release(&world);
}

static void a_heap_that_is_set_above_the_limit_is_named(void **state)
{
	static const struct {
		double peak;
		int64_t limit;
		enum status status;
		enum size_cause cause;
	} cases[] = {
		{ 1000, 1024, STATUS_RECOMMEND, CAUSE_HEAP_ABOVE_LIMIT },
		{ 890, 1024, STATUS_SUSPECT, CAUSE_HEAP_ABOVE_LIMIT },	/* nothing came near it yet */
		{ 1000, 8192, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static const char env[] = "- {name: JAVA_TOOL_OPTIONS, value: -Xmx2g}";
		CLEANUP(diag_release) struct diag diag = DIAG_INIT;
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		const struct node *documents;
		struct world world;

		assert_int_equal(node_parse_foreign(&arena, env, strlen(env), &diag, &documents), 0);
		world_init(&world, "Deployment");
		world.containers[0].env = &documents->items[0];
		world_sizes(&world, 0, 100, NONE, cases[i].limit, cases[i].limit);
		feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, cases[i].peak * MIB, cases[i].peak * MIB);
		if (world_size(&world, 0, RESOURCE_MEMORY)->status != cases[i].status
		    || world_size(&world, 0, RESOURCE_MEMORY)->cause != cases[i].cause)
			fail_msg("case %zu: %s %s %s", i,
				 status_name(world_size(&world, 0, RESOURCE_MEMORY)->status),
				 size_cause_name(world_size(&world, 0, RESOURCE_MEMORY)->cause),
				 world_size(&world, 0, RESOURCE_MEMORY)->because);
		if (cases[i].status == STATUS_RECOMMEND)
			assert_true(world_size(&world, 0, RESOURCE_MEMORY)->limit_to > 2048 * M);
		world_release(&world);
	}
}

static void a_leak_is_not_sized_for(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 512, 1024);
	for (unsigned int i = 0; i < 8 * 288; i++)
		usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_MEMORY_WORKING_SET, "test"), T + i * 300.0,
			    (200 + i * 0.3) * MIB);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_SUSPECT, CAUSE_GROWTH, 512 * M, 1024 * M);
	world_release(&world);

	/* It falls back by itself: garbage is collected. */
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 2048, 2048);
	for (unsigned int i = 0; i < 8 * 288; i++)
		usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_MEMORY_WORKING_SET, "test"), T + i * 300.0,
			    (200 + i % 400) * MIB);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->cause, CAUSE_REQUEST_TOO_HIGH);
	world_release(&world);

	/* Killed again and again while it grew: a greater limit only lasts longer. */
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 512, 512);
	for (unsigned int i = 0; i < 8 * 288; i++)
		usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_MEMORY_WORKING_SET, "test"), T + i * 300.0,
			    (100 + i % 400) * MIB);
	usage_oom(world.usage, 0, "web-1", T + 400 * 300.0, 512 * MIB);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_SUSPECT, CAUSE_GROWTH, 512 * M, 512 * M);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->severity, SEVERITY_CRITICAL);
	world_release(&world);
}

static void page_cache_is_not_need(void **state)
{
	static const struct {
		int64_t request;
		enum status status;
		enum size_cause cause;
		int64_t to;
	} cases[] = {
		/* 300 MiB that stays, 600 that can go: half of it is kept, and a margin: 690 of 1035. */
		{ 900, STATUS_ELSEWHERE, CAUSE_PAGE_CACHE, 900 },
		{ 704, STATUS_ELSEWHERE, CAUSE_PAGE_CACHE, 704 },
		{ 300, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_LOW, 704 },
		{ 4096, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 1056 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, "Deployment");
		world_sizes(&world, 0, 100, NONE, cases[i].request, NONE);
		feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 900 * MIB, 900 * MIB);
		feed_flat(&world, 0, "web-1", USAGE_MEMORY_ANON, 8, 300 * MIB, 300 * MIB);
		feed_flat(&world, 0, "web-1", USAGE_MEMORY_ACTIVE_FILE, 8, 600 * MIB, 600 * MIB);
		assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), cases[i].status, cases[i].cause,
			      cases[i].to * M, NONE);
		world_release(&world);
	}
}

static void shared_memory_is_no_page_cache(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "StatefulSet");
	world_sizes(&world, 0, 100, NONE, 700, NONE);
	/* A database's buffers: neither anonymous by the kernel's books nor file that can go. */
	feed_flat(&world, 0, "db-0", USAGE_MEMORY_WORKING_SET, 8, 900 * MIB, 900 * MIB);
	feed_flat(&world, 0, "db-0", USAGE_MEMORY_ANON, 8, 100 * MIB, 100 * MIB);
	feed_flat(&world, 0, "db-0", USAGE_MEMORY_SHMEM, 8, 780 * MIB, 780 * MIB);
	feed_flat(&world, 0, "db-0", USAGE_MEMORY_ACTIVE_FILE, 8, 20 * MIB, 20 * MIB);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->cause, CAUSE_REQUEST_TOO_LOW);
	assert_true(world_size(&world, 0, RESOURCE_MEMORY)->request_to >= 900 * M);
	world_release(&world);
}

static void a_limit_below_need_is_raised_and_a_limit_full_of_cache_is_not(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 200, 512);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 500 * MIB, 510 * MIB);
	feed_growth(&world, USAGE_MEMORY_MAX_EVENTS, 8, 400);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_LIMIT_TOO_LOW, 592 * M, 592 * M);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->severity, SEVERITY_HIGH);
	world_release(&world);

	world_init(&world, "Deployment");
	world_sizes(&world, 0, 100, NONE, 512, 512);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 500 * MIB, 510 * MIB);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_ANON, 8, 100 * MIB, 100 * MIB);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_ACTIVE_FILE, 8, 380 * MIB, 390 * MIB);
	feed_growth(&world, USAGE_MEMORY_MAX_EVENTS, 8, 400000);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_ELSEWHERE, CAUSE_PAGE_CACHE, 512 * M, 512 * M);
	world_release(&world);
}

static void kills_without_a_limit_are_the_nodes(void **state)
{
	static const struct {
		int64_t request;
		enum status status;
		enum size_cause cause;
	} cases[] = { { 1000, STATUS_ELSEWHERE, CAUSE_NODE_SHORT },
		      { 100, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_LOW },
		      { NONE, STATUS_RECOMMEND, CAUSE_NO_REQUEST } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, "Deployment");
		world_sizes(&world, 0, 100, NONE, cases[i].request, NONE);
		feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 400 * MIB);
		feed_growth(&world, USAGE_OOM_KILLS, 8, 3);
		assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->status, cases[i].status);
		assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->cause, cases[i].cause);
		assert_true(world_size(&world, 0, RESOURCE_MEMORY)->severity >= SEVERITY_HIGH);
		world_release(&world);
	}
}

static void a_limit_that_no_node_has_is_suspect(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	world_node(&world, 0, 0);
	world_sizes(&world, 0, 100, NONE, 464, 65536);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 300 * MIB, 400 * MIB);
	assert_sizing(world_size(&world, 0, RESOURCE_MEMORY), STATUS_SUSPECT, CAUSE_LIMIT_TOO_HIGH, 464 * M, 65536 * M);
	world_release(&world);
}

/* ---- nodes ---- */

static void what_nodes_reserve_is_held_against_their_slices(void **state)
{
	static const struct {
		double reserved_mib, used_mib;
		size_t notes;
		bool too_little;
	} cases[] = { { 300, 900, 1, true }, { 1100, 900, 0, false }, { 8192, 900, 1, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_init(&world, "Deployment");
		world_node(&world, 0, 0);
		world.nodes[0].allocatable.of[RESOURCE_MEMORY] =
			amount_of_bytes((int64_t)((16384 - cases[i].reserved_mib) * MIB));
		for (unsigned int j = 0; j < 300; j++)
			usage_gauge(usage_node_feed(world.usage, "node-1", "system.slice", USAGE_MEMORY_WORKING_SET,
						    "test"),
				    T + j * 300.0, cases[i].used_mib * MIB);
		(void)world_size(&world, 0, RESOURCE_CPU);
		assert_int_equal(world.result.n_node_notes, cases[i].notes);
		if (cases[i].notes) {
			assert_int_equal(world.result.node_notes[0].too_little, cases[i].too_little);
			assert_non_null(strstr(world.result.node_notes[0].text, "node-1"));
		}
		world_release(&world);
	}
}

/* ---- vpa ---- */

static void vpa_says_what_vpa_says(void **state)
{
	const struct sizing *sizing;
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	rightsize_options_default(&world.options, RECOMMENDER_VPA);
	world_sizes(&world, 0, 2000, 4000, 4096, 8192);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.2);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 400 * MIB, 400 * MIB);
	sizing = world_size(&world, 0, RESOURCE_CPU);
	/* The end of the bucket of 0.2 is 0.2157…: 215m, 32m more; the limit keeps its ratio. */
	assert_sizing(sizing, STATUS_RECOMMEND, CAUSE_REQUEST_TOO_HIGH, 247, 494);
	assert_true(fabs(sizing->target - 0.247) < 1e-9);
	/* 2303 of 1440 samples a day are 1.6 days: twice as long as (1 + 1/1.6). */
	assert_true(sizing->upper > 0.247 * 1.6 && sizing->upper < 0.247 * 1.7);
	assert_true(sizing->lower < 0.247 && sizing->lower > 0.243);
	sizing = world_size(&world, 0, RESOURCE_MEMORY);
	assert_true(sizing->target >= 400 * MIB * 1.15 && sizing->target <= 400 * MIB * 1.15 * 1.075);
	assert_int_equal(sizing->limit_to, sizing->request_to * 2);
	world_release(&world);
}

static void vpa_does_not_touch_what_is_within_its_bounds(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	rightsize_options_default(&world.options, RECOMMENDER_VPA);
	world_sizes(&world, 0, 248, NONE, 490, NONE);
	feed_flat(&world, 0, "web-1", USAGE_CPU, 8, 0.2, 0.2);
	feed_flat(&world, 0, "web-1", USAGE_MEMORY_WORKING_SET, 8, 400 * MIB, 400 * MIB);
	assert_int_equal(world_size(&world, 0, RESOURCE_CPU)->status, STATUS_SATISFIED);
	assert_int_equal(world_size(&world, 0, RESOURCE_MEMORY)->status, STATUS_SATISFIED);
	world_release(&world);
}

static void vpa_shares_the_least_of_a_pod_among_its_containers(void **state)
{
	struct world world;

	(void)state;
	world_init(&world, "Deployment");
	rightsize_options_default(&world.options, RECOMMENDER_VPA);
	world.workload.n_containers = world.cluster.n_containers = 2;
	world_sizes(&world, 0, NONE, NONE, NONE, NONE);
	world_sizes(&world, 1, NONE, NONE, NONE, NONE);
	for (unsigned int i = 0; i < 2; i++) {
		feed_flat(&world, i, "web-1", USAGE_CPU, 8, 0.0001, 0.0001);
		feed_flat(&world, i, "web-1", USAGE_MEMORY_WORKING_SET, 8, 1 * MIB, 1 * MIB);
	}
	assert_sizing(world_size(&world, 0, RESOURCE_CPU), STATUS_RECOMMEND, CAUSE_NO_REQUEST, 12, NONE);
	assert_sizing(world_size(&world, 1, RESOURCE_MEMORY), STATUS_RECOMMEND, CAUSE_NO_REQUEST, 125 * M, NONE);
	world_release(&world);
}

/* ---- properties ---- */

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

static double part(uint32_t *random)
{
	return next_random(random) % 10000 / 10000.0;
}

/* Some container with some usage, the same for the same number; more: all of it is that much greater. */
static void feed_some(struct world *world, uint32_t number, double more)
{
	uint32_t random = number * 2654435761U + 1;
	double cpu = exp(part(&random) * 8 - 6) * more, memory = exp(part(&random) * 6 + 3) * MIB * more,
	       days = 1.2 + part(&random) * 8;
	double cache = part(&random) < 0.3 ? part(&random) : 0, leak = part(&random) < 0.1 ? part(&random) : 0;
	double throttled = part(&random) < 0.4 ? part(&random) : 0;
	unsigned int pods = 1 + next_random(&random) % 4;

	for (unsigned int pod = 0; pod < pods; pod++) {
		double load = part(&random) * 2;
		char name[16];

		snprintf(name, sizeof(name), "web-%u", pod);
		for (unsigned int i = 0; i < days * 288; i += 2) {
			double now = T + i * 300.0, set = memory * (0.8 + 0.2 * part(&random)) * (1 + leak * i / 500);

			usage_gauge(usage_feed(world->usage, 0, name, USAGE_CPU, "test"), now,
				    cpu * load * (0.5 + part(&random)));
			usage_gauge(usage_feed(world->usage, 0, name, USAGE_MEMORY_WORKING_SET, "test"), now, set);
			usage_gauge(usage_feed(world->usage, 0, name, USAGE_MEMORY_ANON, "test"), now,
				    set * (1 - cache));
			usage_gauge(usage_feed(world->usage, 0, name, USAGE_MEMORY_ACTIVE_FILE, "test"), now,
				    set * cache);
		}
	}
	if (throttled > 0)
		feed_throttling(world, days, throttled, throttled * cpu * 2);
	if (part(&random) < 0.3)
		usage_oom(world->usage, 0, "web-0", T + days * DAY * part(&random), memory * (1 + part(&random)));
}

static void sizes_some(struct world *world, uint32_t number)
{
	uint32_t random = number * 40503 + 7;
	int64_t cpu = (int64_t)(10 + part(&random) * 4000), memory = (int64_t)(16 + part(&random) * 4000);

	world_sizes(world, 0, part(&random) < 0.1 ? NONE : cpu,
		    part(&random) < 0.5 ? NONE : cpu + (int64_t)(part(&random) * 2000),
		    part(&random) < 0.1 ? NONE : memory,
		    part(&random) < 0.3	  ? NONE
		    : part(&random) < 0.5 ? memory
					  : memory * 2);
}

static const char *const kinds[] = { "Deployment", "StatefulSet", "DaemonSet" };

static void what_was_proposed_proposes_nothing_more(void **state)
{
	(void)state;
	for (uint32_t number = 0; number < 400; number++) {
		int64_t sizes[2][2];
		struct world world;

		world_init(&world, kinds[number % 3]);
		rightsize_options_default(&world.options, number % 4 == 0 ? RECOMMENDER_VPA : RECOMMENDER_PERCENTILE);
		world.options.cpu_limits = number % 5 == 0;
		world.options.now_sec = T + 10 * DAY;
		sizes_some(&world, number);
		feed_some(&world, number, 1);
		for (int resource = 0; resource < 2; resource++) {
			const struct sizing *sizing = world_size(&world, 0, (enum resource)resource);

			sizes[resource][0] = sizing->request_to;
			sizes[resource][1] = sizing->limit_to;
			if (sizing->status == STATUS_RECOMMEND)
				assert_true(sizing->request_to != sizing->request_from
					    || sizing->limit_to != sizing->limit_from);
			else
				assert_true(sizing->request_to == sizing->request_from
					    && sizing->limit_to == sizing->limit_from);
			assert_true((sizing->status == STATUS_RECOMMEND) <= (sizing->cause != CAUSE_NONE));
		}
		rightsizing_release(&world.result);
		world.containers[0].resources.requests.of[RESOURCE_CPU] = amount_of_milli(sizes[RESOURCE_CPU][0]);
		world.containers[0].resources.limits.of[RESOURCE_CPU] = amount_of_milli(sizes[RESOURCE_CPU][1]);
		world.containers[0].resources.requests.of[RESOURCE_MEMORY] = amount_of_bytes(sizes[RESOURCE_MEMORY][0]);
		world.containers[0].resources.limits.of[RESOURCE_MEMORY] = amount_of_bytes(sizes[RESOURCE_MEMORY][1]);
		rightsize(&world.cluster, world.usage, &world.options, NULL, &world.result);
		for (int resource = 0; resource < 2; resource++) {
			const struct sizing *sizing = &world.result.rows[0].of[resource];

			if (sizing->status == STATUS_RECOMMEND)
				fail_msg("%u, %s, %s: again %s: %lld → %lld, %lld → %lld (%s)", number,
					 resource ? "memory" : "cpu",
					 world.options.recommender ? "vpa" : "percentile",
					 size_cause_name(sizing->cause), (long long)sizing->request_from,
					 (long long)sizing->request_to, (long long)sizing->limit_from,
					 (long long)sizing->limit_to, sizing->because);
		}
		world_release(&world);
	}
}

static void nothing_is_proposed_below_what_was_needed_at_a_kill(void **state)
{
	unsigned int killed = 0;

	(void)state;
	for (uint32_t number = 0; number < 400; number++) {
		const struct sizing *sizing;
		struct world world;
		double floor;

		world_init(&world, kinds[number % 3]);
		rightsize_options_default(&world.options, number % 4 == 0 ? RECOMMENDER_VPA : RECOMMENDER_PERCENTILE);
		sizes_some(&world, number);
		feed_some(&world, number, 1);
		sizing = world_size(&world, 0, RESOURCE_MEMORY);
		floor = usage_last_oom_memory(world.usage, 0, NULL);
		if (!isnan(floor) && sizing->status == STATUS_RECOMMEND) {
			killed++;
			if (sizing->limit_to >= 0 ? (double)sizing->limit_to <= floor
						  : (double)sizing->request_to < floor)
				fail_msg("%u: %lld, %lld below %g (%s)", number, (long long)sizing->request_to,
					 (long long)sizing->limit_to, floor, size_cause_name(sizing->cause));
			if (sizing->request_to < sizing->request_from && (double)sizing->request_to < floor)
				fail_msg("%u: lowered to %lld below %g", number, (long long)sizing->request_to, floor);
		}
		world_release(&world);
	}
	assert_true(killed > 20);
}

static void more_use_never_proposes_less(void **state)
{
	(void)state;
	for (uint32_t number = 0; number < 200; number++) {
		int64_t before[2] = { 0, 0 };

		for (unsigned int step = 0; step < 3; step++) {
			struct world world;

			world_init(&world, kinds[number % 3]);
			rightsize_options_default(&world.options,
						  number % 4 == 0 ? RECOMMENDER_VPA : RECOMMENDER_PERCENTILE);
			world_sizes(&world, 0, NONE, NONE, NONE, NONE);
			feed_some(&world, number, 1 + step * 0.37);
			for (int resource = 0; resource < 2; resource++) {
				const struct sizing *sizing = world_size(&world, 0, (enum resource)resource);

				if (sizing->status == STATUS_RECOMMEND && sizing->request_to < before[resource])
					fail_msg("%u: %lld after %lld", number, (long long)sizing->request_to,
						 (long long)before[resource]);
				if (sizing->status == STATUS_RECOMMEND)
					before[resource] = sizing->request_to;
			}
			world_release(&world);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_follow_the_percentile_of_cpu_and_the_peak_of_memory),
		cmocka_unit_test(what_has_no_request_gets_one),
		cmocka_unit_test(what_a_limit_range_gives_is_what_is_requested_today),
		cmocka_unit_test(nothing_measured_is_unmeasured_and_says_what_to_do),
		cmocka_unit_test(two_samples_a_week_apart_are_no_week),
		cmocka_unit_test(a_quantity_that_is_none_is_not_sized),
		cmocka_unit_test(confidence_needs_a_week_and_says_what_it_lacks),
		cmocka_unit_test(throttling_raises_the_limit_by_what_it_waited),
		cmocka_unit_test(throttling_without_its_usage_is_suspect),
		cmocka_unit_test(many_periods_with_little_time_lost_are_no_reason),
		cmocka_unit_test(more_threads_than_the_quota_feeds_are_told_apart),
		cmocka_unit_test(a_start_that_is_throttled_is_no_reason_to_size_for_it),
		cmocka_unit_test(waiting_that_its_quota_causes_is_not_the_nodes),
		cmocka_unit_test(the_leader_is_not_starved_by_its_replicas),
		cmocka_unit_test(one_hot_pod_does_not_size_a_large_deployment),
		cmocka_unit_test(an_hour_of_work_each_night_counts),
		cmocka_unit_test(an_hour_of_work_counts_whenever_it_begins),
		cmocka_unit_test(what_a_new_version_needs_counts_from_its_first_hour),
		cmocka_unit_test(an_hour_is_weighed_by_time_and_not_by_samples),
		cmocka_unit_test(rollouts_make_no_large_deployment_of_a_small_one),
		cmocka_unit_test(a_pod_that_does_nothing_may_be_a_standby),
		cmocka_unit_test(limits_of_cpu_are_proposed_only_when_asked_for),
		cmocka_unit_test(percentiles_without_samples_are_less_sure_of_cpu),
		cmocka_unit_test(percentiles_of_each_pod_know_the_busiest_and_its_hour),
		cmocka_unit_test(what_is_not_known_to_be_its_most_is_no_limit),
		cmocka_unit_test(jobs_are_judged_by_their_runs),
		cmocka_unit_test(a_kill_raises_the_limit_above_what_it_had),
		cmocka_unit_test(after_a_kill_of_which_nothing_is_known_nothing_is_lowered),
		cmocka_unit_test(a_limit_that_admission_gave_its_pods_is_the_one_it_was_killed_at),
		cmocka_unit_test(a_heap_that_is_set_above_the_limit_is_named),
		cmocka_unit_test(a_leak_is_not_sized_for),
		cmocka_unit_test(page_cache_is_not_need),
		cmocka_unit_test(shared_memory_is_no_page_cache),
		cmocka_unit_test(a_limit_below_need_is_raised_and_a_limit_full_of_cache_is_not),
		cmocka_unit_test(kills_without_a_limit_are_the_nodes),
		cmocka_unit_test(a_limit_that_no_node_has_is_suspect),
		cmocka_unit_test(what_nodes_reserve_is_held_against_their_slices),
		cmocka_unit_test(vpa_says_what_vpa_says),
		cmocka_unit_test(vpa_does_not_touch_what_is_within_its_bounds),
		cmocka_unit_test(vpa_shares_the_least_of_a_pod_among_its_containers),
		cmocka_unit_test(what_was_proposed_proposes_nothing_more),
		cmocka_unit_test(nothing_is_proposed_below_what_was_needed_at_a_kill),
		cmocka_unit_test(more_use_never_proposes_less),
	};

	return RUN_TESTS(tests);
}
