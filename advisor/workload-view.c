/* SPDX-License-Identifier: Apache-2.0 */
#include "workload-view.h"

#include "../core/parse.h"
#include "../core/strbuf.h"
#include "placement.h"

#define MIB (1LL << 20)
#define GIB (1LL << 30)

#define PODS_MOST 10000000
/* Of one kind in a namespace, or of one workload: more are a mistake, or made to keep us busy. */
#define NEIGHBOURS_MOST 100

static void chain_make(struct chain *chain, struct arena *arena, uint32_t keys, uint32_t items)
{
	chain->first = arena_alloc(arena, MAX(keys, 1U) * sizeof(uint32_t));
	chain->next = arena_alloc(arena, MAX(items, 1U) * sizeof(uint32_t));
	memset(chain->first, 0xff, keys * sizeof(uint32_t));
	memset(chain->next, 0xff, items * sizeof(uint32_t));
}

/* From the last item to the first, so that each chain is in their order. */
static void chain_add(struct chain *chain, uint32_t key, uint32_t item)
{
	if (key == CLUSTER_NONE)
		return;
	chain->next[item] = chain->first[key];
	chain->first[key] = item;
}

static uint32_t namespace_number(struct cluster_view *view, const char *name)
{
	return symbols_intern(&view->namespaces, name, strlen(name));
}

/* As far as there are not too many of them. */
static void chain_add_few(struct cluster_view *view, struct chain *chain, uint32_t key, uint32_t item, uint32_t *counts, const char *what)
{
	if (key == CLUSTER_NONE)
		return;
	if (counts[key]++ < NEIGHBOURS_MOST)
		chain_add(chain, key, item);
	else if (counts[key] == NEIGHBOURS_MOST + 1)
		diag_warning(&view->rightsizing->notes, NULL, "there are more than %d %s around one workload: only the last ones are looked at",
			     NEIGHBOURS_MOST, what);
}

/* Those of objects with a namespace, which is their first member. */
static void chain_namespaces(struct cluster_view *view, struct chain *chain, const void *objects, size_t size, uint32_t count, const char *what)
{
	uint32_t *counts = arena_alloc(&view->arena, MAX(view->namespaces.count, 1U) * sizeof(*counts));

	chain_make(chain, &view->arena, view->namespaces.count, count);
	for (uint32_t i = count; i > 0; i--) {
		const char *namespace;

		memcpy(&namespace, (const char *)objects + (i - 1) * size, sizeof(namespace));
		chain_add_few(view, chain, symbols_find(&view->namespaces, namespace, strlen(namespace)), i - 1, counts, what);
	}
}

static void chain_autoscalers(struct cluster_view *view)
{
	const struct cluster *cluster = view->cluster;
	uint32_t *counts = arena_alloc(&view->arena, MAX(cluster->n_workloads, 1U) * sizeof(*counts));

	chain_make(&view->autoscalers, &view->arena, cluster->n_workloads, cluster->n_autoscalers);
	for (uint32_t i = cluster->n_autoscalers; i > 0; i--)
		chain_add_few(view, &view->autoscalers, cluster->autoscalers[i - 1].workload, i - 1, counts, "HorizontalPodAutoscalers");
	memset(counts, 0, cluster->n_workloads * sizeof(*counts));
	chain_make(&view->vpas, &view->arena, cluster->n_workloads, cluster->n_vpas);
	for (uint32_t i = cluster->n_vpas; i > 0; i--)
		chain_add_few(view, &view->vpas, cluster->vpas[i - 1].workload, i - 1, counts, "VerticalPodAutoscalers");
}

static void view_name_namespaces(struct cluster_view *view)
{
	const struct cluster *cluster = view->cluster;

	view->namespace_of = arena_alloc(&view->arena, MAX(cluster->n_workloads, 1U) * sizeof(uint32_t));
	for (uint32_t i = 0; i < cluster->n_workloads; i++)
		view->namespace_of[i] = namespace_number(view, cluster->workloads[i].namespace);
}

void cluster_view_make(struct cluster_view *view, struct rightsizing *rightsizing)
{
	const struct cluster *cluster = rightsizing->cluster;

	*view = (struct cluster_view){ .rightsizing = rightsizing, .cluster = cluster, .placements = PLACEMENTS_MOST };
	view_name_namespaces(view);
	for (uint32_t i = 0; i < cluster->n_priority_classes; i++)
		if (cluster->priority_classes[i].global_default)
			view->default_class = &cluster->priority_classes[i];
	chain_namespaces(view, &view->limit_ranges, cluster->limit_ranges, sizeof(*cluster->limit_ranges), cluster->n_limit_ranges, "LimitRanges");
	chain_namespaces(view, &view->quotas, cluster->quotas, sizeof(*cluster->quotas), cluster->n_quotas, "ResourceQuotas");
	chain_namespaces(view, &view->budgets, cluster->budgets, sizeof(*cluster->budgets), cluster->n_budgets, "PodDisruptionBudgets");
	view->sums = arena_alloc(&view->arena, MAX(cluster->n_workloads, 1U) * sizeof(*view->sums));
	view->quota_sums = arena_alloc(&view->arena, MAX(cluster->n_quotas, 1U) * QUOTA_NAMES * sizeof(*view->quota_sums));
	chain_make(&view->rows, &view->arena, cluster->n_workloads, (uint32_t)rightsizing->n_rows);
	for (size_t i = rightsizing->n_rows; i > 0; i--)
		chain_add(&view->rows, rightsizing->rows[i - 1].workload, (uint32_t)(i - 1));
	chain_autoscalers(view);
}

void cluster_view_release(struct cluster_view *view)
{
	symbols_release(&view->namespaces);
	arena_release(&view->arena);
}

void sizing_withdraw(struct rightsizing *rightsizing, struct sizing *sizing, enum status status, const char *reason)
{
	sizing->status = status;
	sizing->reason = reason;
	sizing->request_to = sizing->request_from;
	sizing->limit_to = sizing->limit_from;
}

void sizing_block(struct rightsizing *rightsizing, struct sizing *sizing, enum consequence_kind kind, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	sizing_consequence(rightsizing, sizing, kind, CONSEQUENCE_BLOCKS, "%s", text.buf);
	sizing_withdraw(rightsizing, sizing, STATUS_ELSEWHERE, arena_strdup(&rightsizing->arena, text.buf));
}

/* A limit that goes is one without bound. */
static bool goes_up(const struct sizing *sizing)
{
	return sizing->request_to > sizing->request_from || sizing->limit_to > sizing->limit_from || (sizing->limit_to < 0 && sizing->limit_from >= 0);
}

static bool goes_down(const struct sizing *sizing)
{
	return sizing->request_to < sizing->request_from || (sizing->limit_to >= 0 && sizing->limit_to < sizing->limit_from);
}

void view_block(struct workload_view *view, enum resource resource, enum way way, enum consequence_kind kind, const char *text)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		struct sizing *sizing = view->rows[i] ? &view->rows[i]->of[resource] : NULL;

		if (!sizing || !sizing_changes(sizing))
			continue;
		if (way == WAY_BOTH || (way == WAY_UP ? goes_up(sizing) : goes_down(sizing)))
			sizing_block(view->rightsizing, sizing, kind, "%s", text);
	}
	workload_view_reshape(view);
}

int64_t amount_size(const struct amount *amount, enum resource resource)
{
	int64_t size;

	if (!amount->given || amount->wrong)
		return -1;
	size = resource == RESOURCE_CPU ? quantity_milli(&amount->quantity) : quantity_value(&amount->quantity);
	return MAX(MIN(size, AMOUNT_MOST), 0);
}

struct amount amount_of(enum resource resource, int64_t size)
{
	struct amount amount = { .given = size >= 0, .text = "" };

	if (amount.given)
		amount.quantity = resource == RESOURCE_CPU ? quantity_of_milli(size) : quantity_of_bytes(size);
	return amount;
}

const char *size_text(struct arena *arena, enum resource resource, int64_t amount)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct quantity quantity;

	if (amount < 0)
		return "none";
	if (resource != RESOURCE_CPU && amount % MIB != 0 && amount >= MIB)
		return amount >= 10 * GIB ? arena_formatf(arena, "%.1f GiB", (double)amount / (double)GIB)
					  : arena_formatf(arena, "%.1f MiB", (double)amount / (double)MIB);
	quantity = resource == RESOURCE_CPU ? quantity_of_milli(amount) : quantity_of_bytes(amount);
	quantity_print(&text, &quantity);
	return arena_strdup(arena, text.buf);
}

int64_t whole_mib(int64_t bytes)
{
	return (MIN(bytes, AMOUNT_MOST) + MIB - 1) / MIB * MIB;
}

bool container_stays(const struct workload_container *container)
{
	return container->type == CONTAINER_APP || container->type == CONTAINER_SIDECAR;
}

/* What admission finds: limits stand in for requests (SetDefaults_Pod), then LimitRanges fill what is missing. */
static void admit(const struct cluster_view *view, uint32_t namespace, struct workload_container *container)
{
	for (int i = 0; i < 2; i++)
		if (!container->resources.requests.of[i].given && container->resources.limits.of[i].given)
			container->resources.requests.of[i] = container->resources.limits.of[i];
	limit_range_default(view, namespace, container);
}

static void propose(const struct sizing_row *row, struct workload_container *container)
{
	for (int i = 0; i < 2; i++) {
		const struct sizing *sizing = &row->of[i];

		if (!sizing_changes(sizing))
			continue;
		container->resources.requests.of[i] = amount_of(i, sizing->request_to);
		container->resources.limits.of[i] = amount_of(i, sizing->limit_to);
	}
}

static int64_t shape_request(const struct cluster *cluster, const struct workload *workload, enum resource resource)
{
	struct amount amount = { .given = true, .quantity = workload_request(cluster, workload, resource) };

	return amount_size(&amount, resource);
}

/* The sum of limits is reckoned as that of requests is (PodLimits() beside PodRequests()): with the ones in the place of the others. */
static void shape_limits(struct workload_view *view, struct pod_shape *shape)
{
	uint32_t count = shape->workload.n_containers;
	struct workload_container *containers = view->limits;
	struct workload workload = shape->workload;
	struct cluster cluster = shape->cluster;

	memcpy(containers, shape->containers, count * sizeof(*containers));
	cluster.containers = containers;
	workload.pod_resources.requests = workload.pod_resources.limits;
	workload.pod_resources.limits = (struct amounts){ 0 };
	for (uint32_t c = 0; c < count; c++) {
		containers[c].resources.requests = containers[c].resources.limits;
		containers[c].resources.limits = (struct amounts){ 0 };
	}
	/* PodLimits() adds the overhead to limits that are there. */
	for (int i = 0; i < 2; i++) {
		shape->limit[i] = shape_request(&cluster, &workload, i);
		if (shape->limit[i] == shape->overhead[i])
			shape->limit[i] = 0;
	}
}

static void shape_requests(struct pod_shape *shape)
{
	struct workload bare = shape->workload;

	bare.overhead = (struct amounts){ 0 };
	bare.runtime_class = "";
	for (int i = 0; i < 2; i++) {
		shape->request[i] = shape_request(&shape->cluster, &shape->workload, i);
		shape->overhead[i] = shape->request[i] - shape_request(&shape->cluster, &bare, i);
	}
}

static void shape_make(struct workload_view *view, struct pod_shape *shape, bool proposed)
{
	const struct workload *workload = view->workload;

	shape->cluster = *view->cluster;
	shape->workload = *workload;
	memcpy(shape->containers, view->cluster->containers + workload->first_container, workload->n_containers * sizeof(*shape->containers));
	shape->workload.first_container = 0;
	shape->cluster.containers = shape->containers;
	shape->cluster.n_containers = workload->n_containers;
	for (uint32_t i = 0; i < workload->n_containers; i++) {
		if (proposed && view->rows[i])
			propose(view->rows[i], &shape->containers[i]);
		admit(view->view, view->namespace, &shape->containers[i]);
	}
	shape->qos = workload_qos(&shape->cluster, &shape->workload);
	shape_requests(shape);
	shape_limits(view, shape);
}

void workload_view_reshape(struct workload_view *view)
{
	view->changes = false;
	for (uint32_t i = 0; i < view->workload->n_containers; i++)
		if (view->rows[i])
			view->changes |= sizing_changes(&view->rows[i]->of[RESOURCE_CPU]) || sizing_changes(&view->rows[i]->of[RESOURCE_MEMORY]);
	shape_make(view, &view->then, true);
}

static bool pod_counts(const struct cluster_pod *pod)
{
	return !streq(pod->phase, "Succeeded") && !streq(pod->phase, "Failed");
}

/* Pods that are there, else what is asked for. */
static int64_t count_pods(struct cluster_view *view, const struct workload *workload)
{
	const struct cluster *cluster = view->cluster;
	int64_t pods = 0;

	for (uint32_t i = 0; i < workload->n_pods; i++)
		pods += pod_counts(&cluster->pods[cluster->pods_by_workload[workload->first_pod + i]]);
	if (pods > 0)
		return pods;
	if (streq(workload->kind, "DaemonSet"))
		return daemon_nodes(view, workload);
	if (workload->replicas >= 0)
		return MIN(workload->replicas, PODS_MOST);
	return workload->parallelism >= 0 ? MIN(workload->parallelism, PODS_MOST) : -1;
}

static struct workload_container *new_containers(struct workload_view *view)
{
	return arena_alloc(&view->arena, MAX(view->workload->n_containers, 1U) * sizeof(struct workload_container));
}

void workload_view_make(struct workload_view *view, struct cluster_view *cluster_view, uint32_t workload)
{
	const struct cluster *cluster = cluster_view->cluster;

	*view = (struct workload_view){
		.view = cluster_view,
		.rightsizing = cluster_view->rightsizing,
		.cluster = cluster,
		.workload = &cluster->workloads[workload],
		.number = workload,
		.namespace = cluster_view->namespace_of[workload],
	};
	view->now.containers = new_containers(view);
	view->then.containers = new_containers(view);
	view->limits = new_containers(view);
	view->rows = arena_alloc(&view->arena, MAX(view->workload->n_containers, 1U) * sizeof(*view->rows));
	CHAIN_EACH(&cluster_view->rows, workload, i) {
		struct sizing_row *row = &view->rightsizing->rows[i];
		uint32_t position = row->container - view->workload->first_container;

		if (position < view->workload->n_containers)
			view->rows[position] = row;
	}
	view->pods = count_pods(cluster_view, view->workload);
	shape_make(view, &view->now, false);
	workload_view_reshape(view);
}

void workload_view_release(struct workload_view *view)
{
	arena_release(&view->arena);
}

double view_usage_max(const struct workload_view *view, const struct sizing_row *row, enum usage_metric metric)
{
	const struct usage_series *series = view->rightsizing->usage ? usage_get(view->rightsizing->usage, row->container, metric) : NULL;

	return series ? series->max : NAN;
}

static double pod_sum(const struct workload_view *view, enum usage_metric metric, bool greatest)
{
	double sum = 0;

	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		uint32_t container = view->workload->first_container + i;
		const struct usage_series *series;

		if (!container_stays(&view->cluster->containers[container]))
			continue;
		series = view->rightsizing->usage ? usage_get(view->rightsizing->usage, container, metric) : NULL;
		if (!series)
			return NAN;
		sum += greatest ? series->max : usage_mean(series);
	}
	return sum;
}

double view_pod_mean(const struct workload_view *view, enum usage_metric metric)
{
	return pod_sum(view, metric, false);
}

double view_pod_max(const struct workload_view *view, enum usage_metric metric)
{
	return pod_sum(view, metric, true);
}

bool view_places(struct cluster_view *view, const struct workload *workload, const struct cluster_node *node)
{
	if (view->placements == 0)
		return false;
	if (--view->placements == 0)
		diag_warning(&view->rightsizing->notes, NULL, "too many workloads and nodes: whether the last of them fit is not reckoned");
	return placement_of(view->cluster, workload, node) == PLACEMENT_ALLOWED;
}

static const struct cluster_node *find_node(const struct workload_view *view)
{
	const struct cluster *cluster = view->cluster;

	for (uint32_t i = 0; i < view->workload->n_pods; i++) {
		uint32_t node = cluster->pods[cluster->pods_by_workload[view->workload->first_pod + i]].node;

		if (node != CLUSTER_NONE && node < cluster->n_nodes)
			return &cluster->nodes[node];
	}
	for (uint32_t i = 0; i < cluster->n_nodes; i++)
		if (view_places(view->view, view->workload, &cluster->nodes[i]))
			return &cluster->nodes[i];
	return NULL;
}

const struct cluster_node *view_node(struct workload_view *view)
{
	if (!view->node_known)
		view->node = find_node(view);
	view->node_known = true;
	return view->node;
}

const char *view_priority_class(const struct cluster_view *view, const struct workload *workload)
{
	if (*workload->priority_class)
		return workload->priority_class;
	return view->default_class ? view->default_class->name : "";
}

/* plugin/pkg/admission/priority/admission.go */
bool view_priority(const struct cluster_view *view, const struct workload *workload, int64_t *ret_priority)
{
	const char *name = view_priority_class(view, workload);

	if (workload->has_priority) {
		*ret_priority = workload->priority;
		return true;
	}
	for (uint32_t i = 0; *name && i < view->cluster->n_priority_classes; i++) {
		if (!streq(view->cluster->priority_classes[i].name, name))
			continue;
		*ret_priority = view->cluster->priority_classes[i].value;
		return true;
	}
	return false;
}

int64_t count_or_share(const char *text, int64_t of, bool round_up)
{
	const char *cursor = text;
	uint64_t number;

	if (!scan_u64(&cursor, &number) || number > 1000000000)
		return -1;
	if (streq(cursor, ""))
		return (int64_t)number;
	if (!streq(cursor, "%"))
		return -1;
	return (int64_t)(((__int128)number * of + (round_up ? 99 : 0)) / 100);
}
