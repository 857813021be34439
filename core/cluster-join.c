/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs together: pods to the workload that made them, both to nodes, autoscalers to what they scale. */
#include "cluster-index.h"

#include <stddef.h>

#include "strbuf.h"

struct join {
	struct cluster *cluster;
	struct cluster_index *index;
	uint32_t *stands_for;		/* workload → the one that it belongs to; itself */
	bool *dropped;			/* workloads */
	bool *of_pods;			/* those that pods were taken for while they were read */
	uint32_t *renumbered;		/* workload → its number among those that stay */
	size_t repeated_pods;
};

static void warn_at(struct cluster *cluster, const struct cluster_place *where, const char *kind, const char *namespace,
		    const char *name, const struct cluster_place *first)
{
	struct place place = { .file = where->file, .line = where->line, .column = where->column };

	(void)diag_warning(&cluster->diag, &place, "%s %s%s%s is there twice, first at %s:%u: the last one counts", kind,
			   namespace, namespace[0] ? "/" : "", name, first->file ? first->file : "?", first->line);
}

/* ---- names ---- */

static void intern(struct cluster *cluster, const char **text)
{
	*text = cluster_name(cluster, *text);
}

static void intern_workloads(struct cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		struct workload *workload = &cluster->workloads[i];

		intern(cluster, &workload->namespace);
		intern(cluster, &workload->kind);
		intern(cluster, &workload->name);
		for (uint32_t j = 0; j < workload->n_containers; j++)
			intern(cluster, &cluster->containers[workload->first_container + j].name);
	}
}

static void intern_pods(struct cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->n_pods; i++) {
		struct cluster_pod *pod = &cluster->pods[i];

		intern(cluster, &pod->namespace);
		intern(cluster, &pod->name);
		intern(cluster, &pod->owner_kind);
		intern(cluster, &pod->owner_name);
		intern(cluster, &pod->template_hash);
		intern(cluster, &pod->node_name);
		for (uint32_t j = 0; j < pod->n_containers; j++)
			intern(cluster, &cluster->pod_containers[pod->first_container + j].name);
	}
}

/* ---- workloads ---- */

static uint32_t find(const struct join *join, const char *namespace, const char *kind, const char *name)
{
	return index_find(&join->index->workloads, namespace, kind, name);
}

static void put(struct join *join, uint32_t number)
{
	const struct workload *workload = &join->cluster->workloads[number];

	index_put(&join->index->workloads, workload->namespace, workload->kind, workload->name, number);
}

static void index_given(struct join *join)
{
	struct cluster *cluster = join->cluster;

	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		const struct workload *workload = &cluster->workloads[i];
		uint32_t first = find(join, workload->namespace, workload->kind, workload->name);

		if (workload->from_pods)
			continue;
		if (first != CLUSTER_NONE) {
			warn_at(cluster, &workload->place, workload->kind, workload->namespace, workload->name,
				&cluster->workloads[first].place);
			join->dropped[first] = true;
			join->stands_for[first] = i;
		}
		put(join, i);
	}
}

static uint32_t stands_for(struct join *join, uint32_t number)
{
	uint32_t last = number;

	while (join->stands_for[last] != last)
		last = join->stands_for[last];
	while (number != last) {
		uint32_t next = join->stands_for[number];

		join->stands_for[number] = last;
		number = next;
	}
	return last;
}

/* Kinds that controllers make to make pods: what they are made of is what a person wrote. */
static bool is_made(const struct workload *workload)
{
	static const char *const kinds[] = { "ReplicaSet", "Job", "ReplicationController" };

	if (workload->from_pods || workload->owner[0] == '\0')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(workload->kind, kinds[i]))
			return true;
	return false;
}

/* Of several that one owner made, the one that has pods now stands for it, else the last. */
static bool is_better(const struct workload *candidate, const struct workload *best)
{
	return (candidate->replicas > 0) >= (best->replicas > 0);
}

static void adopt(struct join *join, uint32_t number)
{
	struct cluster *cluster = join->cluster;
	struct workload *workload = &cluster->workloads[number];
	const char *slash = strchr(workload->owner, '/');
	const char *kind, *name;
	uint32_t parent;

	if (!slash)
		return;
	kind = cluster_name_of(cluster, workload->owner, (size_t)(slash - workload->owner));
	name = cluster_name(cluster, slash + 1);
	parent = find(join, workload->namespace, kind, name);
	if (parent != CLUSTER_NONE)
		parent = stands_for(join, parent);
	if (parent == number)
		return;
	if (parent != CLUSTER_NONE && (!cluster->workloads[parent].from_pods || !is_better(workload, &cluster->workloads[parent]))) {
		join->stands_for[number] = parent;
		join->dropped[number] = true;
		return;
	}
	if (parent != CLUSTER_NONE) {
		join->stands_for[parent] = number;
		join->dropped[parent] = true;
	}
	workload->kind = kind;
	workload->name = name;
	workload->owner = "";
	workload->from_pods = true;
	put(join, number);
}

/* Two passes, so that what was given is known before anything is made of what it owns. */
static void adopt_all(struct join *join)
{
	for (uint32_t i = 0; i < join->cluster->n_workloads; i++)
		if (!join->dropped[i] && is_made(&join->cluster->workloads[i]))
			adopt(join, i);
}

/* Those that were made of pods, where no object says it better; of several the last. */
static void index_made_of_pods(struct join *join)
{
	for (uint32_t i = 0; i < join->cluster->n_workloads; i++) {
		const struct workload *workload = &join->cluster->workloads[i];
		uint32_t other = join->of_pods[i] ? find(join, workload->namespace, workload->kind, workload->name) : i;

		if (join->of_pods[i] && (other == CLUSTER_NONE || join->of_pods[other]))
			put(join, i);
	}
}

/* ---- pods ---- */

/* A pod whose workload nobody told: what its own containers have. */
static uint32_t make_workload(struct join *join, const struct cluster_pod *pod, const char *kind, const char *name)
{
	struct cluster *cluster = join->cluster;
	uint32_t number = cluster->n_workloads;
	struct workload *workload = cluster_add_workload(cluster);

	workload->namespace = pod->namespace;
	workload->kind = kind;
	workload->name = name;
	workload->from_pods = true;
	for (uint32_t i = 0; i < pod->n_containers; i++) {
		const struct pod_container *own = &cluster->pod_containers[pod->first_container + i];
		struct workload_container *container = cluster_add_container(cluster);
		const struct {
			int64_t value;
			enum resource resource;
			struct amounts *amounts;
		} amounts[] = {
			{ own->cpu_request, RESOURCE_CPU, &container->resources.requests },
			{ own->cpu_limit, RESOURCE_CPU, &container->resources.limits },
			{ own->memory_request, RESOURCE_MEMORY, &container->resources.requests },
			{ own->memory_limit, RESOURCE_MEMORY, &container->resources.limits },
		};

		container->name = own->name;
		container->position = i;
		for (size_t j = 0; j < ARRAY_SIZE(amounts); j++) {
			struct amount *amount = &amounts[j].amounts->of[amounts[j].resource];
			CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

			if (amounts[j].value < 0)
				continue;
			amount->given = true;
			amount->quantity = amounts[j].resource == RESOURCE_CPU ? quantity_of_milli(amounts[j].value) :
										 quantity_of_bytes(amounts[j].value);
			quantity_print(&text, &amount->quantity);
			amount->text = cluster_name(cluster, text.buf);
		}
	}
	index_put(&join->index->workloads, workload->namespace, kind, name, number);
	return number;
}

static uint32_t find_also_unsaid(struct join *join, const char *namespace, const char *kind, const char *name)
{
	uint32_t number = find(join, namespace, kind, name);

	return number != CLUSTER_NONE ? number : find(join, cluster_name(join->cluster, ""), kind, name);
}

static uint32_t workload_of_pod(struct join *join, const struct cluster_pod *pod)
{
	const char *kind, *name;
	uint32_t number = find_also_unsaid(join, pod->namespace, pod->owner_kind, pod->owner_name);

	if (number != CLUSTER_NONE && pod->owner_kind[0])
		return number;
	pod_controller(join->cluster, pod, &kind, &name);
	number = find_also_unsaid(join, pod->namespace, kind, name);
	if (number == CLUSTER_NONE && streq(kind, "Deployment"))
		number = find_also_unsaid(join, pod->namespace, cluster_name(join->cluster, "Rollout"), name);
	return number != CLUSTER_NONE ? number : make_workload(join, pod, kind, name);
}

static void join_pods(struct join *join)
{
	for (uint32_t i = 0; i < join->cluster->n_pods; i++) {
		uint32_t number = workload_of_pod(join, &join->cluster->pods[i]);

		join->cluster->pods[i].workload = stands_for(join, number);
	}
}

/* ---- what stays ---- */

static void drop_repeated_pods(struct join *join)
{
	struct cluster *cluster = join->cluster;
	uint32_t kept = 0, n_containers = 0;

	for (uint32_t i = 0; i < cluster->n_pods; i++)
		index_put(&join->index->pods, cluster->pods[i].namespace, cluster->pods[i].name, NULL, i);
	for (uint32_t i = 0; i < cluster->n_pods; i++) {
		struct cluster_pod pod = cluster->pods[i];

		if (index_find(&join->index->pods, pod.namespace, pod.name, NULL) != i) {
			if (pod.owner_kind[0] && join->repeated_pods++ == 0)
				(void)diag_warning(&cluster->diag, NULL, "pod %s%s%s is there twice: the last one counts",
						   pod.namespace, pod.namespace[0] ? "/" : "", pod.name);
			continue;
		}
		if (pod.n_containers > 0)
			memmove(&cluster->pod_containers[n_containers], &cluster->pod_containers[pod.first_container],
				pod.n_containers * sizeof(*cluster->pod_containers));
		pod.first_container = n_containers;
		n_containers += pod.n_containers;
		cluster->pods[kept++] = pod;
	}
	if (join->repeated_pods > 1)
		(void)diag_warning(&cluster->diag, NULL, "%zu pods are there twice", join->repeated_pods);
	cluster->n_pods = kept;
	cluster->n_pod_containers = n_containers;
	index_clear(&join->index->pods);
	for (uint32_t i = 0; i < kept; i++)
		index_put(&join->index->pods, cluster->pods[i].namespace, cluster->pods[i].name, NULL, i);
}

/* Those made of pods that turned out to belong to another one have none. */
static void drop_unused(struct join *join)
{
	struct cluster *cluster = join->cluster;
	bool *used = xcalloc((size_t)cluster->n_workloads + 1, sizeof(*used));

	for (uint32_t i = 0; i < cluster->n_pods; i++)
		used[cluster->pods[i].workload] = true;
	for (uint32_t i = 0; i < cluster->n_workloads; i++)
		join->dropped[i] |= join->of_pods[i] && !used[i];
	free(used);
}

static void keep_the_rest(struct join *join)
{
	struct cluster *cluster = join->cluster;
	struct workload_container *containers = xcalloc((size_t)cluster->n_containers + 1, sizeof(*containers));
	uint32_t kept = 0, n_containers = 0;

	join->renumbered = xcalloc((size_t)cluster->n_workloads + 1, sizeof(*join->renumbered));
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		struct workload workload = cluster->workloads[i];

		join->renumbered[i] = CLUSTER_NONE;
		if (join->dropped[i])
			continue;
		for (uint32_t j = 0; j < workload.n_containers; j++) {
			containers[n_containers + j] = cluster->containers[workload.first_container + j];
			containers[n_containers + j].workload = kept;
		}
		workload.first_container = n_containers;
		n_containers += workload.n_containers;
		join->renumbered[i] = kept;
		cluster->workloads[kept++] = workload;
	}
	free(cluster->containers);
	cluster->containers = containers;
	cluster->containers_capacity = (size_t)cluster->n_containers + 1;
	cluster->n_workloads = kept;
	cluster->n_containers = n_containers;
}

/* ---- numbers for names ---- */

static void index_workloads(struct join *join)
{
	struct cluster *cluster = join->cluster;

	index_clear(&join->index->workloads);
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		const struct workload *workload = &cluster->workloads[i];

		put(join, i);
		for (uint32_t j = workload->n_containers; j > 0; j--)
			index_put(&join->index->containers, index_number(i),
				  cluster->containers[workload->first_container + j - 1].name, NULL,
				  workload->first_container + j - 1);
	}
}

static void index_nodes(struct join *join)
{
	const struct cluster *cluster = join->cluster;

	for (uint32_t i = 0; i < cluster->n_nodes; i++)
		index_put(&join->index->nodes, cluster->nodes[i].name, NULL, NULL, i);
	for (uint32_t i = 0; i < cluster->n_runtime_classes; i++)
		index_put(&join->index->runtime_classes, cluster->runtime_classes[i].name, NULL, NULL, i);
}

static void number_pods(struct join *join)
{
	struct cluster *cluster = join->cluster;

	for (uint32_t i = 0; i < cluster->n_pods; i++) {
		struct cluster_pod *pod = &cluster->pods[i];

		pod->workload = join->renumbered[pod->workload];
		pod->node = pod->node_name[0] ? index_find(&join->index->nodes, pod->node_name, NULL, NULL) : CLUSTER_NONE;
		for (uint32_t j = 0; j < pod->n_containers; j++) {
			struct pod_container *container = &cluster->pod_containers[pod->first_container + j];

			container->container = index_find(&join->index->containers, index_number(pod->workload),
							  container->name, NULL);
		}
		cluster->workloads[pod->workload].n_pods++;
	}
}

static void list_pods(struct cluster *cluster)
{
	uint32_t *next = xcalloc((size_t)cluster->n_workloads + 1, sizeof(*next));
	uint32_t first = 0;

	free(cluster->pods_by_workload);
	cluster->pods_by_workload = xcalloc((size_t)cluster->n_pods + 1, sizeof(*cluster->pods_by_workload));
	for (uint32_t i = 0; i < cluster->n_workloads; i++) {
		next[i] = cluster->workloads[i].first_pod = first;
		first += cluster->workloads[i].n_pods;
	}
	for (uint32_t i = 0; i < cluster->n_pods; i++)
		cluster->pods_by_workload[next[cluster->pods[i].workload]++] = i;
	free(next);
}

static void join_targets(struct join *join)
{
	struct cluster *cluster = join->cluster;

	for (uint32_t i = 0; i < cluster->n_autoscalers; i++) {
		struct autoscaler *scaler = &cluster->autoscalers[i];

		scaler->workload = cluster_find_workload(cluster, scaler->namespace, scaler->target_kind, scaler->target_name);
	}
	for (uint32_t i = 0; i < cluster->n_vpas; i++) {
		struct vpa *vpa = &cluster->vpas[i];

		vpa->workload = cluster_find_workload(cluster, vpa->namespace, vpa->target_kind, vpa->target_name);
		if (vpa->workload != CLUSTER_NONE && cluster->workloads[vpa->workload].vpa == CLUSTER_NONE)
			cluster->workloads[vpa->workload].vpa = i;
	}
}

/* ---- other objects that are there twice ---- */

/* Where cluster has them, and where each of them has its name. */
static const struct named_list {
	const char *kind;
	size_t items, count, size;
	size_t namespace, name, place;	/* namespace SIZE_MAX: of none */
} named_lists[] = {
#define LIST(kind, items, type) { kind, offsetof(struct cluster, items), offsetof(struct cluster, n_##items), sizeof(struct type), \
		offsetof(struct type, namespace), offsetof(struct type, name), offsetof(struct type, place) }
#define GLOBAL(kind, items, type) { kind, offsetof(struct cluster, items), offsetof(struct cluster, n_##items), sizeof(struct type), \
		SIZE_MAX, offsetof(struct type, name), offsetof(struct type, place) }
	LIST("HorizontalPodAutoscaler", autoscalers, autoscaler),
	LIST("LimitRange", limit_ranges, limit_range),
	GLOBAL("Namespace", namespaces, cluster_namespace),
	GLOBAL("Node", nodes, cluster_node),
	LIST("PodDisruptionBudget", budgets, disruption_budget),
	GLOBAL("PriorityClass", priority_classes, priority_class),
	LIST("ResourceQuota", quotas, resource_quota),
	GLOBAL("RuntimeClass", runtime_classes, runtime_class),
	LIST("VerticalPodAutoscaler", vpas, vpa),
};

static const char **text_in(char *item, size_t offset)
{
	return (const char **)(void *)(item + offset);
}

static void drop_repeated(struct cluster *cluster, const struct named_list *list, struct index_table *names)
{
	char *items = *(char **)(void *)((char *)cluster + list->items);
	uint32_t *count = (uint32_t *)(void *)((char *)cluster + list->count), kept = 0;

	for (uint32_t i = 0; i < *count; i++) {
		char *item = items + i * list->size;
		const char *namespace = list->namespace == SIZE_MAX ? "" : *text_in(item, list->namespace);
		const char *name = *text_in(item, list->name) = cluster_name(cluster, *text_in(item, list->name));
		uint32_t first;

		namespace = cluster_name(cluster, namespace);
		first = index_find(names, namespace, name, NULL);
		if (first != CLUSTER_NONE)
			warn_at(cluster, (const struct cluster_place *)(void *)(item + list->place), list->kind, namespace, name,
				(const struct cluster_place *)(void *)(items + first * list->size + list->place));
		else
			index_put(names, namespace, name, NULL, first = kept++);
		memmove(items + first * list->size, item, list->size);
	}
	*count = kept;
}

static void drop_all_repeated(struct cluster *cluster)
{
	for (size_t i = 0; i < ARRAY_SIZE(named_lists); i++) {
		struct index_table names = { 0 };

		drop_repeated(cluster, &named_lists[i], &names);
		index_clear(&names);
	}
}

/* ---- configurations of kubelets ---- */

static uint32_t node_of_file(const struct cluster *cluster, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *base = slash ? slash + 1 : path;
	const char *dot = base ? strrchr(base, '.') : NULL;
	CLEANUP(free_ptr) char *name = dot ? xstrndup(base, (size_t)(dot - base)) : NULL;

	return name ? cluster_find_node(cluster, name) : CLUSTER_NONE;
}

static void join_kubelets(struct cluster *cluster)
{
	const struct node *common = NULL;
	size_t n_common = 0;

	for (uint32_t i = 0; i < cluster->n_kubelets; i++) {
		uint32_t node = node_of_file(cluster, cluster->kubelets[i].place.file);

		if (node != CLUSTER_NONE) {
			cluster->nodes[node].kubelet = cluster->kubelets[i].config;
			continue;
		}
		common = cluster->kubelets[i].config;
		n_common++;
	}
	if (n_common > 1)
		(void)diag_warning(&cluster->diag, NULL,
				   "%zu kubelet configurations do not say of which node they are: name their files NODE.yaml",
				   n_common);
	for (uint32_t i = 0; i < cluster->n_nodes && n_common == 1; i++)
		if (!cluster->nodes[i].kubelet)
			cluster->nodes[i].kubelet = common;
}

void cluster_join(struct cluster *cluster)
{
	/* Pods can make workloads while they are joined, one each at most. */
	size_t most = (size_t)cluster->n_workloads + cluster->n_pods + 1;
	struct join join = {
		.cluster = cluster,
		.index = cluster_index(cluster),
		.stands_for = xcalloc(most, sizeof(*join.stands_for)),
		.dropped = xcalloc(most, sizeof(*join.dropped)),
		.of_pods = xcalloc(most, sizeof(*join.of_pods)),
	};

	for (uint32_t i = 0; i < most; i++) {
		join.stands_for[i] = i;
		join.of_pods[i] = i < cluster->n_workloads && cluster->workloads[i].from_pods;
	}
	index_clear(&join.index->groups);
	intern_workloads(cluster);
	intern_pods(cluster);
	drop_all_repeated(cluster);
	index_given(&join);
	adopt_all(&join);
	index_made_of_pods(&join);
	drop_repeated_pods(&join);
	join_pods(&join);
	drop_unused(&join);
	keep_the_rest(&join);
	index_workloads(&join);
	index_nodes(&join);
	number_pods(&join);
	list_pods(cluster);
	join_targets(&join);
	join_kubelets(cluster);
	free(join.stands_for);
	free(join.dropped);
	free(join.of_pods);
	free(join.renumbered);
}
