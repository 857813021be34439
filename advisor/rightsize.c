/* SPDX-License-Identifier: Apache-2.0 */
#include "rightsize-making.h"

/* A quantity that is none is told by the audit of manifests; here nothing follows from it. */
static bool amounts_read(const struct resources *resources, enum resource resource, const char **ret_wrong)
{
	const struct amount *request = &resources->requests.of[resource], *limit = &resources->limits.of[resource];

	*ret_wrong = request->given && request->wrong ? request->text
		     : limit->given && limit->wrong   ? limit->text
						      : NULL;
	return !*ret_wrong;
}

static void sizing_start(struct rightsizing *rightsizing, struct sizing_row *row, enum resource resource)
{
	const struct resources *resources = &rightsizing_admitted(rightsizing)->containers[row->container].resources;
	struct sizing *sizing = &row->of[resource];
	const char *wrong;

	*sizing = (struct sizing){ .status = STATUS_SATISFIED,
				   .target = NAN,
				   .lower = NAN,
				   .upper = NAN,
				   .cost_now = NAN,
				   .cost_then = NAN,
				   .reason = "",
				   .because = "",
				   .confidence_reason = "",
				   .confidence = CONFIDENCE_LOW,
				   .request_from = -1,
				   .limit_from = -1 };
	if (amounts_read(resources, resource, &wrong)) {
		sizing->limit_from = amount_size(&resources->limits.of[resource], resource);
		/* As admission has it: SetDefaults_Pod of pkg/apis/core/v1/defaults.go. */
		sizing->request_from = resources->requests.of[resource].given
					       ? amount_size(&resources->requests.of[resource], resource)
				       : resources->requests.of[resource].unknown ? -1
										  : sizing->limit_from;
	} else {
		sizing->status = STATUS_UNREADABLE;
		sizing->reason = arena_formatf(&rightsizing->arena, "\"%s\" is no quantity", wrong);
	}
	sizing->request_to = sizing->request_from;
	sizing->limit_to = sizing->limit_from;
}

/* How many there were in the mean: what pods were measured over the window; else what is asked for. */
static double replicas_of(const struct rightsizing *rightsizing, const struct workload *workload, uint32_t container)
{
	const struct usage_series *series = usage_get(rightsizing->usage, container, USAGE_MEMORY_WORKING_SET);
	double window;

	if (!series)
		series = usage_get(rightsizing->usage, container, USAGE_CPU);
	window = series ? series->last_sec - series->first_sec : NAN;
	if (series && series->pods && window > 0 && series->covered_sec > window)
		return series->covered_sec / window;
	if (series && series->pods && window > 0 && workload_is_batch(workload))
		return series->covered_sec / window;
	if (workload->replicas >= 0)
		return (double)workload->replicas;
	if (workload->n_pods)
		return workload->n_pods;
	if (workload->ready >= 0)
		return (double)workload->ready;
	if (workload_is_batch(workload) || streq(workload->kind, "DaemonSet"))
		return NAN;
	return 1;
}

static void row_add(struct rightsizing *rightsizing, uint32_t workload_number, uint32_t container)
{
	const struct cluster *cluster = rightsizing->cluster;
	const struct workload *workload = &cluster->workloads[workload_number];
	struct sizing_row *row;

	GROW(rightsizing->rows, rightsizing->capacity, rightsizing->n_rows + 1);
	row = &rightsizing->rows[rightsizing->n_rows++];
	*row = (struct sizing_row){ .workload = workload_number, .container = container };
	row->id = arena_formatf(&rightsizing->arena, "rightsize@%s/%s/%s/%s", workload->namespace, workload->kind,
				workload->name, cluster->containers[container].name);
	row->replicas = replicas_of(rightsizing, workload, container);
	row->qos_now = row->qos_then = workload_qos(rightsizing_admitted(rightsizing), workload);
	sizing_start(rightsizing, row, RESOURCE_CPU);
	sizing_start(rightsizing, row, RESOURCE_MEMORY);
}

static struct need need_of(struct rightsizing *rightsizing, uint32_t container, enum resource resource)
{
	struct arena *arena = &rightsizing->arena;
	struct need need = rightsizing->options.recommender == RECOMMENDER_VPA
				   ? vpa_need(rightsizing, container, resource, arena)
				   : percentile_need(rightsizing, container, resource, arena);

	if (!need.known)
		(void)vpa_object_need(rightsizing, container, resource, arena, &need);
	return need;
}

static void sizing_need(struct sizing *sizing, const struct need *need)
{
	sizing->target = need->known ? need->target : NAN;
	sizing->lower = need->known ? need->lower : NAN;
	sizing->upper = need->known ? need->upper : NAN;
	sizing->confidence = need->known ? need->confidence : CONFIDENCE_LOW;
	sizing->confidence_reason = need->confidence_reason;
}

/* All containers of one workload, since vpa decides for a pod at once. */
static void workload_size(struct rightsizing *rightsizing, const struct node_views *nodes, size_t first)
{
	size_t n = rightsizing->n_rows - first;
	CLEANUP(free_ptr) struct need *needs = xcalloc(MAX(n, 1) * 2, sizeof(*needs));
	bool due;

	for (size_t i = 0; i < n; i++)
		for (int resource = 0; resource < 2; resource++) {
			struct sizing_row *row = &rightsizing->rows[first + i];

			needs[2 * i + resource] = need_of(rightsizing, row->container, resource);
			sizing_need(&row->of[resource], &needs[2 * i + resource]);
		}
	due = rightsizing->options.recommender != RECOMMENDER_VPA
	      || vpa_update_due(rightsizing, &rightsizing->rows[first], n);
	for (size_t i = 0; i < n; i++)
		rightsize_evidence(rightsizing, nodes, &rightsizing->rows[first + i], &needs[2 * i], due);
}

/* ---- order ---- */

static int sizing_rank(const struct sizing *sizing)
{
	return (int)sizing->status * SEVERITY_COUNT + (SEVERITY_COUNT - 1 - (int)sizing->severity);
}

static int row_rank(const struct sizing_row *row)
{
	return MIN(sizing_rank(&row->of[0]), sizing_rank(&row->of[1]));
}

/* Money where there is a price; else milli-cores and MiB, which cost about the same for 1 and 8. */
static double row_saves(const struct sizing_row *row)
{
	double money = 0, amount = 0;

	for (int resource = 0; resource < 2; resource++) {
		const struct sizing *sizing = &row->of[resource];

		money += sizing->cost_now - sizing->cost_then;
		amount += (double)(MAX(sizing->request_from, 0) - MAX(sizing->request_to, 0))
			  / (resource == RESOURCE_CPU ? 1 : 8 << 20);
	}
	return isnan(money) ? amount * (isnan(row->replicas) ? 1 : row->replicas) : money;
}

static int row_compare(const void *a, const void *b)
{
	const struct sizing_row *x = a, *y = b;
	double saves_x = row_saves(x), saves_y = row_saves(y);

	if (row_rank(x) != row_rank(y))
		return row_rank(x) - row_rank(y);
	if (saves_x < saves_y || saves_x > saves_y)
		return saves_x > saves_y ? -1 : 1;
	return strcmp(x->id, y->id);
}

void rightsize(const struct cluster *cluster, const struct usage *usage, const struct rightsize_options *options,
	       const struct prices *prices, struct rightsizing *ret_rightsizing)
{
	struct node_views nodes;

	*ret_rightsizing = (struct rightsizing){ .cluster = cluster, .usage = usage, .options = *options };
	ret_rightsizing->admitted = cluster_admit(cluster, &ret_rightsizing->arena);
	rightsize_nodes(ret_rightsizing, &nodes);
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		const struct workload *workload = &cluster->workloads[i];
		size_t first = ret_rightsizing->n_rows;

		if (*options->only_namespace && !streq(options->only_namespace, workload->namespace))
			continue;
		for (uint32_t c = 0; c < workload->n_containers; c++)
			if (cluster->containers[workload->first_container + c].type != CONTAINER_EPHEMERAL)
				row_add(ret_rightsizing, i, workload->first_container + c);
		workload_size(ret_rightsizing, &nodes, first);
	}
	rightsize_consequences(ret_rightsizing);
	rightsize_least_change(ret_rightsizing);
	rightsize_savings(ret_rightsizing, prices);
	if (ret_rightsizing->n_rows)
		qsort(ret_rightsizing->rows, ret_rightsizing->n_rows, sizeof(*ret_rightsizing->rows), row_compare);
	for (size_t i = 0; i < ret_rightsizing->n_rows; i++)
		for (int resource = 0; resource < 2; resource++)
			ret_rightsizing->counts[ret_rightsizing->rows[i].of[resource].status]++;
	free(nodes.nodes);
}
