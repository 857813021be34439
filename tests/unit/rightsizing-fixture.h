/* SPDX-License-Identifier: Apache-2.0 */
/* A rightsizing made by hand: containers of every status in three namespaces, and a hostile twin whose every text is dangerous. */
#ifndef KEISOKU_RIGHTSIZING_FIXTURE_H
#define KEISOKU_RIGHTSIZING_FIXTURE_H

#include <math.h>
#include <stdio.h>

#include "../../core/cluster.h"
#include "../../reports/rightsizing.h"
#include "hostile-text.h"

#define HOSTILE_NAME "=cmd|' /C calc'!A0\"`id`$(reboot)<script>alert(1)</script>]](x)|\\ \n\t\033[31m\xe2\x80\xae\xff @team #1 ; rm -rf / */ --> %s"
#define MIB (1024LL * 1024)

struct rightsizing_fixture {
	struct cluster *cluster;
	struct usage *usage;
	struct rightsizing rightsizing;
	bool hostile;
};

static const char *fixture_text(const struct rightsizing_fixture *fixture, const char *text)
{
	return fixture->hostile ? HOSTILE_NAME HOSTILE : text;
}

static struct amount fixture_amount(struct cluster *cluster, const char *text, uint32_t line)
{
	struct amount amount = { .given = text != NULL, .line = line, .column = 18 };

	if (!text)
		return amount;
	amount.text = arena_strdup(&cluster->arena, text);
	amount.wrong = quantity_parse(text, &amount.quantity) < 0;
	return amount;
}

static uint32_t fixture_workload(struct rightsizing_fixture *fixture, const char *namespace, const char *api_version, const char *kind,
				 const char *name, const char *file, uint32_t line)
{
	struct cluster *cluster = fixture->cluster;

	GROW(cluster->workloads, cluster->workloads_capacity, cluster->n_workloads + 1);
	cluster->workloads[cluster->n_workloads] = (struct workload){
		.namespace = fixture_text(fixture, namespace), .api_version = api_version, .kind = kind,
		.name = fixture->hostile ? arena_formatf(&cluster->arena, "%s %s", name, fixture_text(fixture, "")) : name,
		.owner = "", .replicas = 3, .first_container = cluster->n_containers,
		.place = { .file = file, .line = line, .column = 1 }, .template_line = line + 10,
	};
	return cluster->n_workloads++;
}

/* requests and limits: "cpu request", "memory request", "cpu limit", "memory limit"; NULL: none */
static uint32_t fixture_container(struct rightsizing_fixture *fixture, uint32_t workload, const char *name, enum container_type type,
				  const char *const amounts[4])
{
	struct cluster *cluster = fixture->cluster;
	struct workload *owner = &cluster->workloads[workload];
	struct workload_container *container;

	GROW(cluster->containers, cluster->containers_capacity, cluster->n_containers + 1);
	container = &cluster->containers[cluster->n_containers];
	*container = (struct workload_container){
		.workload = workload, .image = "registry.example/app:1", .type = type,
		.name = fixture->hostile ? arena_formatf(&cluster->arena, "%s %s", name, fixture_text(fixture, "")) : name,
		.line = owner->place.line + 12 + 10 * owner->n_containers, .column = 9, .position = owner->n_containers,
	};
	for (size_t i = 0; i < 4; i++) {
		struct amounts *list = i < 2 ? &container->resources.requests : &container->resources.limits;

		list->of[i % 2] = fixture_amount(cluster, amounts[i], container->line + 3 + (uint32_t)i);
		if (amounts[i])
			container->resources.line = container->line + 2;
	}
	owner->n_containers++;
	return cluster->n_containers++;
}

/* ---- what was used: a day's curve for two weeks, once every ten minutes ---- */

static void fixture_feed(struct usage *usage, uint32_t container, enum usage_metric metric, double least, double most)
{
	for (unsigned int pod = 0; pod < 2; pod++) {
		struct usage_feed *feed = usage_feed(usage, container, pod ? "b" : "a", metric, "usage.csv");

		for (unsigned int i = 0; i < 14 * 144; i++) {
			double hour = (double)(i % 144) / 6, wave = hour > 8 && hour < 20 ? 1 - fabs(hour - 14) / 6 : 0;
			double noise = (double)((i * 7919 + pod * 31) % 97) / 97 * 0.2;

			if (i < 700 || i > 760)	/* a gap */
				usage_gauge(feed, 1794000000 + i * 600.0, least + (most - least) * fmin(wave * 0.8 + noise, 1));
		}
	}
}

/* ---- rows ---- */

static struct evidence rightsizing_evidence[] = {
	{ .expression = "p95 of CPU", .value = "142 m", .known = true, .number = 0.142, .basis = BASIS_LIVE, .window_sec = 1209600,
	  .samples = 3910, .share = NAN, .source = "usage.csv" },
	{ .expression = "throttled periods", .value = "0 %", .known = true, .number = 0, .basis = BASIS_LIVE, .window_sec = 1209600,
	  .samples = 3910, .share = NAN, .source = "usage.csv" },
};
static struct consequence rightsizing_consequences[] = {
	{ .kind = CONSEQUENCE_HPA, .weight = CONSEQUENCE_WARNING,
	  .text = "with the request of 180m the same load is 79 % of it instead of 28 %, above the target of 70 %: 3 replicas become 4" },
	{ .kind = CONSEQUENCE_LIMIT_RANGE, .weight = CONSEQUENCE_CHANGED, .text = "the limit range defaults asks for at least 100m" },
	{ .kind = CONSEQUENCE_RESTART, .weight = CONSEQUENCE_NOTE, .text = "3 pods are replaced, one at a time" },
};
static struct consequence rightsizing_blocked[] = {
	{ .kind = CONSEQUENCE_QUOTA, .weight = CONSEQUENCE_BLOCKS, .text = "the quota compute has 512 MiB left, and 1.5 GiB are needed" },
	{ .kind = CONSEQUENCE_JVM, .weight = CONSEQUENCE_WARNING, .text = "-Xmx900m does not move with the limit: raise it to use the room" },
};

static const struct sizing rightsizing_sizings[] = {
	{ .status = STATUS_RECOMMEND, .severity = SEVERITY_LOW, .cause = CAUSE_REQUEST_TOO_HIGH,
	  .reason = "the request is more than what was needed", .because = "95 % of the time at most 142 m were used of 500 m",
	  .request_from = 500, .request_to = 180, .limit_from = -1, .limit_to = -1, .target = 0.142, .lower = 0.12, .upper = 0.2,
	  .confidence = CONFIDENCE_HIGH, .confidence_reason = "14 d of 3,910 samples", .evidence = rightsizing_evidence, .n_evidence = 2,
	  .consequences = rightsizing_consequences, .n_consequences = 3, .cost_now = 36.1, .cost_then = 13, },
	{ .status = STATUS_RECOMMEND, .severity = SEVERITY_CRITICAL, .cause = CAUSE_LIMIT_TOO_LOW,
	  .reason = "it was killed for memory", .because = "2 OOM kills at 512 MiB; the working set reached the limit on 5 days",
	  .request_from = 256 * MIB, .request_to = 700 * MIB, .limit_from = 512 * MIB, .limit_to = 900 * MIB, .target = 6.9e8, .lower = 6e8,
	  .upper = 8e8, .confidence = CONFIDENCE_MEDIUM, .confidence_reason = "3 d of samples after the last kill",
	  .evidence = rightsizing_evidence, .n_evidence = 1, .consequences = rightsizing_consequences, .n_consequences = 1, .cost_now = 3.4,
	  .cost_then = 9.2, },
	{ .status = STATUS_RECOMMEND, .severity = SEVERITY_MEDIUM, .cause = CAUSE_THREADS_ABOVE_QUOTA,
	  .reason = "it is throttled", .because = "throttled in 31 % of the periods although 0.4 of 1 core were used on average",
	  .request_from = 1000, .request_to = 1000, .limit_from = 1000, .limit_to = -1, .target = 0.8, .lower = 0.7, .upper = 1.1,
	  .confidence = CONFIDENCE_HIGH, .evidence = rightsizing_evidence, .n_evidence = 2, .cost_now = 72, .cost_then = 72, },
	{ .status = STATUS_SUSPECT, .severity = SEVERITY_LOW, .cause = CAUSE_REQUEST_TOO_HIGH, .reason = "only 6 h were measured, 7 d are wanted",
	  .because = "at most 100 MiB were used of 1 GiB", .next_step = "keisoku rightsize deploy --prometheus URL --window 14d",
	  .request_from = 1024 * MIB, .request_to = 160 * MIB, .limit_from = 1024 * MIB, .limit_to = 1024 * MIB, .target = 1.4e8, .lower = 1e8,
	  .upper = NAN, .confidence = CONFIDENCE_LOW, .confidence_reason = "6 h", .cost_now = 3.6, .cost_then = 0.5, },
	{ .status = STATUS_UNMEASURED, .cause = CAUSE_NONE, .reason = "there are no samples of it", .next_step = "keisoku rightsize deploy --prometheus URL",
	  .request_from = -1, .request_to = -1, .limit_from = -1, .limit_to = -1, .target = NAN, .lower = NAN, .upper = NAN, .cost_now = NAN,
	  .cost_then = NAN, },
	{ .status = STATUS_ELSEWHERE, .severity = SEVERITY_HIGH, .cause = CAUSE_NODE_SHORT, .reason = "no request of this container helps",
	  .because = "its pods waited 18 % of the time for a CPU although they have no limit: node worker-2 is short",
	  .request_from = 100, .request_to = 100, .limit_from = -1, .limit_to = -1, .target = 0.1, .lower = NAN, .upper = NAN,
	  .evidence = rightsizing_evidence, .n_evidence = 1, .consequences = rightsizing_blocked, .n_consequences = 2, .cost_now = 7.2,
	  .cost_then = 7.2, },
	{ .status = STATUS_SATISFIED, .cause = CAUSE_NONE, .reason = "the request is what was needed", .request_from = 64 * MIB,
	  .request_to = 64 * MIB, .limit_from = 128 * MIB, .limit_to = 128 * MIB, .target = 6e7, .lower = 5e7, .upper = 7e7,
	  .confidence = CONFIDENCE_HIGH, .cost_now = 0.2, .cost_then = 0.2, },
	{ .status = STATUS_RECOMMEND, .severity = SEVERITY_HIGH, .cause = CAUSE_NO_REQUEST, .reason = "there is no request",
	  .because = "up to 210 m were used, and the scheduler keeps room for nothing", .request_from = -1, .request_to = 210, .limit_from = -1,
	  .limit_to = -1, .target = 0.2, .lower = 0.1, .upper = 0.3, .confidence = CONFIDENCE_HIGH, .evidence = rightsizing_evidence,
	  .n_evidence = 1, .cost_now = 0, .cost_then = 15.2, },
};
enum { SIZE_LOWER, SIZE_KILLED, SIZE_THREADS, SIZE_THIN, SIZE_NONE, SIZE_NODE, SIZE_FINE, SIZE_MISSING };

static void fixture_row(struct rightsizing_fixture *fixture, uint32_t container, int cpu, int memory)
{
	struct rightsizing *rightsizing = &fixture->rightsizing;
	uint32_t workload = fixture->cluster->containers[container].workload;
	const int which[2] = { cpu, memory };
	struct sizing_row *row;

	GROW(rightsizing->rows, rightsizing->capacity, rightsizing->n_rows + 1);
	row = &rightsizing->rows[rightsizing->n_rows++];
	*row = (struct sizing_row){
		.workload = workload, .container = container, .replicas = 2.6, .qos_now = QOS_BURSTABLE, .qos_then = QOS_BURSTABLE,
		.id = arena_formatf(&rightsizing->arena, "rightsize@%s/%s/%s/%s", fixture->cluster->workloads[workload].namespace,
				    fixture->cluster->workloads[workload].kind, fixture->cluster->workloads[workload].name,
				    fixture->cluster->containers[container].name),
	};
	for (size_t r = 0; r < 2; r++) {
		row->of[r] = rightsizing_sizings[which[r]];
		rightsizing->counts[row->of[r].status]++;
	}
}

static void fixture_money(struct rightsizing_fixture *fixture)
{
	static struct node_saving nodes[] = {
		{ .name = "m5.xlarge", .nodes = 6, .freed_least = 0, .freed_most = 1, .price = 140.16, .note = "a PodDisruptionBudget of shop/db holds 1" },
		{ .name = "2 CPU, 8 GiB", .nodes = 2, .price = NAN, .note = "every node has a pod of a DaemonSet and one that tolerates nothing else" },
	};
	static struct saving_group namespaces[] = {
		{ .name = "shop", .requested_now = 612.4, .requested_then = 480, .cpu_now = 12.5, .cpu_then = 9, .memory_now = 4e10,
		  .memory_then = 4.4e10, .containers = 5 },
		{ .name = "ops", .requested_now = 80, .requested_then = 95.2, .cpu_now = 1, .cpu_then = 1.21, .memory_now = 1e9, .memory_then = 1e9,
		  .containers = 2 },
	};
	static struct saving_group labels[] = {
		{ .name = "checkout", .requested_now = 612.4, .requested_then = 480, .cpu_now = 12.5, .cpu_then = 9, .memory_now = 4e10,
		  .memory_then = 4.4e10, .containers = 5 },
		{ .name = "", .requested_now = 80, .requested_then = 95.2, .cpu_now = 1, .cpu_then = 1.21, .memory_now = 1e9, .memory_then = 1e9,
		  .containers = 2 },
	};

	fixture->rightsizing.savings = (struct savings){
		.priced = true, .currency = "USD", .price_source = "price list of an example cloud", .price_date = "2026-10-01", .hours = 730,
		.bill = 1121.28, .bill_of_nodes = true, .requested = 117.2, .realisable_least = 0, .realisable_most = 140.16,
		.realisable_note = "of 8 nodes 1 is empty when pods are packed as tightly as they go",
		.nodes = nodes, .n_nodes = 2, .namespaces = namespaces, .n_namespaces = 2, .labels = labels, .n_labels = 2, .label = "team",
	};
}

static void fixture_objects(struct rightsizing_fixture *fixture)
{
	static const char *const web[] = { "500m", "256Mi", NULL, "512Mi" }, *const proxy[] = { "1", "1Gi", "1000m", "1Gi" };
	static const char *const none[] = { NULL, NULL, NULL, NULL }, *const agent[] = { "100m", "64Mi", NULL, "128Mi" };
	uint32_t workload, container;

	workload = fixture_workload(fixture, "shop", "apps/v1", "Deployment", "web", "deploy/web.yaml", 1);
	container = fixture_container(fixture, workload, "app", CONTAINER_APP, web);
	fixture_feed(fixture->usage, container, USAGE_CPU, 0.02, 0.16);
	fixture_feed(fixture->usage, container, USAGE_MEMORY_WORKING_SET, 1.8e8, 5.3e8);
	fixture_row(fixture, container, SIZE_LOWER, SIZE_KILLED);
	fixture->rightsizing.rows[0].of[RESOURCE_CPU].request_place = (struct amount_place){ .line = 16, .column = 18, .end_column = 22 };
	fixture->rightsizing.rows[0].of[RESOURCE_MEMORY].request_place = (struct amount_place){ .line = 17, .column = 21, .end_column = 26 };
	container = fixture_container(fixture, workload, "proxy", CONTAINER_SIDECAR, proxy);
	fixture_feed(fixture->usage, container, USAGE_CPU, 0.1, 1.0);
	fixture_feed(fixture->usage, container, USAGE_MEMORY_WORKING_SET, 8e7, 1e8);
	fixture_row(fixture, container, SIZE_THREADS, SIZE_THIN);
	workload = fixture_workload(fixture, "ops", "batch/v1", "CronJob", "report", "deploy/ops/jobs.yaml", 40);
	fixture_row(fixture, fixture_container(fixture, workload, "report", CONTAINER_APP, none), SIZE_MISSING, SIZE_NONE);
	workload = fixture_workload(fixture, "ops", "apps/v1", "DaemonSet", "agent", "deploy/ops/agent.yaml", 1);
	fixture_row(fixture, fixture_container(fixture, workload, "agent", CONTAINER_APP, agent), SIZE_NODE, SIZE_FINE);
	workload = fixture_workload(fixture, "", "example.com/v1", "Rollout", "canary", "deploy/web.yaml", 120);
	fixture_row(fixture, fixture_container(fixture, workload, "app", CONTAINER_APP, web), SIZE_LOWER, SIZE_FINE);
	workload = fixture_workload(fixture, "shop", "apps/v1", "StatefulSet", "db", "-", 1);
	fixture_row(fixture, fixture_container(fixture, workload, "db", CONTAINER_APP, none), SIZE_NONE, SIZE_NONE);
}

static void fixture_hostile_sizing(const struct rightsizing_fixture *fixture, struct sizing *sizing)
{
	static struct evidence evidence[] = { { .expression = HOSTILE_NAME, .value = HOSTILE, .source = HOSTILE, .share = NAN } };
	static struct consequence consequences[] = { { .kind = CONSEQUENCE_HPA, .weight = CONSEQUENCE_WARNING, .text = HOSTILE_NAME HOSTILE } };

	sizing->reason = sizing->because = sizing->next_step = sizing->confidence_reason = fixture_text(fixture, "");
	sizing->evidence = evidence;
	sizing->consequences = consequences;
	sizing->n_evidence = sizing->n_consequences = 1;
}

static void fixture_make_all_hostile(struct rightsizing_fixture *fixture)
{
	struct rightsizing *rightsizing = &fixture->rightsizing;
	struct savings *savings = &rightsizing->savings;

	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		for (size_t r = 0; r < 2; r++)
			fixture_hostile_sizing(fixture, &rightsizing->rows[i].of[r]);
		fixture->cluster->workloads[rightsizing->rows[i].workload].place.file = "../a/" HOSTILE_NAME "/x.json";
	}
	savings->currency = savings->price_source = savings->price_date = savings->realisable_note = savings->label = HOSTILE;
	for (size_t i = 0; i < 2; i++) {
		savings->nodes[i].name = savings->nodes[i].note = HOSTILE;
		savings->namespaces[i].name = savings->labels[i].name = HOSTILE_NAME;
	}
	(void)diag_error(&rightsizing->notes, &(struct place){ HOSTILE, 3, 4 }, "%s", HOSTILE_NAME);
}

static void rightsizing_fixture_init(struct rightsizing_fixture *fixture, bool hostile)
{
	*fixture = (struct rightsizing_fixture){ .cluster = cluster_new(), .hostile = hostile };
	fixture->usage = usage_new(fixture->cluster);
	fixture->rightsizing = (struct rightsizing){ .cluster = fixture->cluster, .usage = fixture->usage };
	fixture->rightsizing.options = (struct rightsize_options){
		.cpu_percentile = 0.95, .memory_percentile = 1, .memory_margin = 0.15, .min_window_sec = 604800, .min_samples = 500,
		.least_change = 0.1, .label = "",
	};
	fixture_objects(fixture);
	fixture_money(fixture);
	(void)diag_warning(&fixture->rightsizing.notes, &(struct place){ "deploy/web.yaml", 7, 3 }, "2 series belong to no container");
	usage_finish(fixture->usage);
	if (hostile)
		fixture_make_all_hostile(fixture);
}

static void rightsizing_fixture_release(struct rightsizing_fixture *fixture)
{
	rightsizing_release(&fixture->rightsizing);
	usage_free(fixture->usage);
	cluster_free(fixture->cluster);
}

static const struct rightsizing_reporter *find_rightsizing_reporter(const char *name)
{
	for (size_t i = 0; rightsizing_reporters[i]; i++)
		if (streq(rightsizing_reporters[i]->name, name))
			return rightsizing_reporters[i];
	return NULL;
}

/* The caller frees. */
static char *rightsizing_write(const char *format, const struct rightsizing *rightsizing, unsigned int width, bool unicode)
{
	CLEANUP(page_release) struct page page = { .text = STRBUF_INIT };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	page_init(&page, width, false, unicode);
	find_rightsizing_reporter(format)->write(out, rightsizing, &page);
	(void)fclose(out);
	return text;
}

#endif
