/* SPDX-License-Identifier: Apache-2.0 */
#include "../../advisor/rightsize.h"
#include "test.h"

struct world {
	struct cluster *cluster;
	struct usage *usage;
	struct rightsizing rightsizing;
};

static void amount(struct amounts *amounts, enum resource resource, const char *text)
{
	if (!text)
		return;
	amounts->of[resource].given = true;
	amounts->of[resource].text = text;
	amounts->of[resource].wrong = quantity_parse(text, &amounts->of[resource].quantity) < 0;
}

struct recommendation {
	const char *container, *cpu[3], *memory[3];	/* target, lower, upper */
};

static void world_begin(struct world *world, const struct recommendation *given)
{
	struct workload_container *container;
	struct vpa_container *recommended;
	struct workload *workload;
	struct vpa *vpa;

	*world = (struct world){ .cluster = cluster_new() };
	workload = cluster_add_workload(world->cluster);
	workload->namespace = "shop";
	workload->kind = "Deployment";
	workload->name = "web";
	container = cluster_add_container(world->cluster);
	container->name = "app";
	amount(&container->resources.requests, RESOURCE_CPU, "1");
	amount(&container->resources.requests, RESOURCE_MEMORY, "64Mi");
	GROW(world->cluster->vpas, world->cluster->vpas_capacity, 1);
	vpa = &world->cluster->vpas[world->cluster->n_vpas++];
	recommended = arena_alloc(&world->cluster->arena, sizeof(*recommended));
	*vpa = (struct vpa){
		.namespace = cluster_name(world->cluster, "shop"), .name = "web-vpa", .target_kind = cluster_name(world->cluster, "Deployment"),
		.target_name = cluster_name(world->cluster, "web"), .update_mode = "Off", .recommender = "", .containers = recommended,
		.n_containers = 1,
	};
	recommended->name = given->container;
	recommended->recommended = true;
	amount(&recommended->target, RESOURCE_CPU, given->cpu[0]);
	amount(&recommended->lower_bound, RESOURCE_CPU, given->cpu[1]);
	amount(&recommended->upper_bound, RESOURCE_CPU, given->cpu[2]);
	amount(&recommended->target, RESOURCE_MEMORY, given->memory[0]);
	amount(&recommended->lower_bound, RESOURCE_MEMORY, given->memory[1]);
	amount(&recommended->upper_bound, RESOURCE_MEMORY, given->memory[2]);
	cluster_join(world->cluster);
	world->usage = usage_new(world->cluster);
}

static void world_size(struct world *world, enum recommender recommender)
{
	struct rightsize_options options;

	usage_finish(world->usage);
	rightsize_options_default(&options, recommender);
	options.only_namespace = options.label = "";
	options.now_sec = 1795419589;
	rightsize(world->cluster, world->usage, &options, NULL, &world->rightsizing);
	assert_int_equal(world->rightsizing.n_rows, 1);
}

static void world_end(struct world *world)
{
	rightsizing_release(&world->rightsizing);
	usage_free(world->usage);
	cluster_free(world->cluster);
}

static const struct recommendation narrow = {
	"app", { "250m", "200m", "300m" }, { "128Mi", "100Mi", "200Mi" },
};

static void what_nobody_measured_goes_to_what_a_vpa_recommends(void **state)
{
	for (enum recommender recommender = RECOMMENDER_PERCENTILE; recommender <= RECOMMENDER_VPA; recommender++) {
		const struct sizing *cpu, *memory;
		struct world world;

		world_begin(&world, &narrow);
		world_size(&world, recommender);
		cpu = &world.rightsizing.rows[0].of[RESOURCE_CPU];
		memory = &world.rightsizing.rows[0].of[RESOURCE_MEMORY];
		assert_int_equal(cpu->status, STATUS_RECOMMEND);
		assert_int_equal(cpu->cause, CAUSE_REQUEST_TOO_HIGH);
		assert_true(cpu->request_to >= 250 && cpu->request_to <= 300);
		assert_true(cpu->target > 0.249 && cpu->target < 0.251);
		assert_int_equal(cpu->confidence, CONFIDENCE_MEDIUM);
		assert_non_null(strstr(cpu->confidence_reason, "web-vpa"));
		assert_non_null(strstr(cpu->because, "recommendation of the VerticalPodAutoscaler web-vpa"));
		assert_int_equal(memory->status, STATUS_RECOMMEND);
		assert_int_equal(memory->cause, CAUSE_REQUEST_TOO_LOW);
		assert_true(memory->request_to >= 100 << 20 && memory->request_to <= 128 << 20);
		world_end(&world);
	}
}

static void far_bounds_are_little_confidence(void **state)
{
	const struct recommendation far = { "app", { "250m", "25m", "9" }, { "128Mi", NULL, NULL } };
	struct world world;

	world_begin(&world, &far);
	world_size(&world, RECOMMENDER_PERCENTILE);
	assert_int_equal(world.rightsizing.rows[0].of[RESOURCE_CPU].confidence, CONFIDENCE_LOW);
	assert_true(world.rightsizing.rows[0].of[RESOURCE_MEMORY].lower == 128.0 * (1 << 20));
	assert_true(world.rightsizing.rows[0].of[RESOURCE_MEMORY].upper == 128.0 * (1 << 20));
	world_end(&world);
}

static void what_is_no_recommendation_leaves_it_unmeasured(void **state)
{
	static const struct recommendation cases[] = {
		{ "other", { "250m", "200m", "300m" }, { "128Mi", NULL, NULL } },
		{ "app", { NULL, NULL, NULL }, { NULL, NULL, NULL } },
		{ "app", { "0", NULL, NULL }, { "lots", NULL, NULL } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world world;

		world_begin(&world, &cases[i]);
		world_size(&world, RECOMMENDER_PERCENTILE);
		assert_int_equal(world.rightsizing.rows[0].of[RESOURCE_CPU].status, STATUS_UNMEASURED);
		assert_int_equal(world.rightsizing.rows[0].of[RESOURCE_MEMORY].status, STATUS_UNMEASURED);
		world_end(&world);
	}
}

/* Half a day is too short to ask for what it used; less is too little nevertheless. */
static void memory_is_never_below_what_was_seen(void **state)
{
	const struct sizing *memory;
	struct world world;

	world_begin(&world, &narrow);
	for (unsigned int i = 0; i < 144; i++)
		usage_gauge(usage_feed(world.usage, 0, "web-1", USAGE_MEMORY_WORKING_SET, "test"), 1795376000 + i * 300.0,
			    i == 20 ? 500 << 20 : 90 << 20);
	world_size(&world, RECOMMENDER_PERCENTILE);
	memory = &world.rightsizing.rows[0].of[RESOURCE_MEMORY];
	assert_int_equal(memory->status, STATUS_RECOMMEND);
	assert_int_equal(memory->request_to, 576 << 20);
	assert_non_null(strstr(memory->because, "most that was seen"));
	world_end(&world);
}

static void what_was_measured_wins(void **state)
{
	struct usage_feed *feed;
	struct world world;

	world_begin(&world, &narrow);
	feed = usage_feed(world.usage, 0, "web-1", USAGE_CPU, "test");
	for (unsigned int i = 0; i < 20000; i++)
		usage_gauge(feed, 1794000000 + i * 60.0, 0.5);
	world_size(&world, RECOMMENDER_PERCENTILE);
	assert_true(world.rightsizing.rows[0].of[RESOURCE_CPU].target > 0.45);
	assert_true(world.rightsizing.rows[0].of[RESOURCE_MEMORY].target == 128.0 * (1 << 20));
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_measured_goes_to_what_a_vpa_recommends),
		cmocka_unit_test(far_bounds_are_little_confidence),
		cmocka_unit_test(what_is_no_recommendation_leaves_it_unmeasured),
		cmocka_unit_test(memory_is_never_below_what_was_seen),
		cmocka_unit_test(what_was_measured_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
