/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a node has room for the pod, whether a DaemonSet fits on each of its nodes, and whose CPUs are its own. */
#include "../core/selector.h"
#include "workload-view.h"

struct node_rooms {
	int64_t (*room)[2];		/* allocatable without the pods of DaemonSets; -1: not known */
	int64_t (*free)[2];		/* without all pods that are there */
	int64_t least[2];		/* the smallest room of all */
};

static void take(int64_t (*rooms)[2], uint32_t node, const int64_t request[2])
{
	for (int r = 0; r < 2; r++)
		if (rooms[node][r] >= 0)
			rooms[node][r] = MAX(rooms[node][r] - request[r], 0);
}

static void requests_of(const struct cluster *cluster, const struct workload *workload, int64_t ret_request[2])
{
	struct amount amount = { .given = true };

	for (int r = 0; r < 2; r++) {
		amount.quantity = workload_request(cluster, workload, r);
		ret_request[r] = amount_size(&amount, r);
	}
}

/* Of pods that are known to run, else where its pods may run. */
static void take_workload(struct cluster_view *view, struct node_rooms *rooms, const struct workload *workload)
{
	const struct cluster *cluster = view->cluster;
	bool daemon = streq(workload->kind, "DaemonSet"), seen = false;
	int64_t request[2];

	if (!daemon && workload->n_pods == 0)
		return;
	requests_of(rightsizing_admitted(view->rightsizing), workload, request);
	for (uint32_t i = 0; i < workload->n_pods; i++) {
		const struct cluster_pod *pod = &cluster->pods[cluster->pods_by_workload[workload->first_pod + i]];

		if (pod->node >= cluster->n_nodes || streq(pod->phase, "Succeeded") || streq(pod->phase, "Failed"))
			continue;
		seen = true;
		take(rooms->free, pod->node, request);
		if (daemon)
			take(rooms->room, pod->node, request);
	}
	for (uint32_t n = 0; daemon && !seen && n < cluster->n_nodes; n++) {
		if (!view_places(view, workload, &cluster->nodes[n]))
			continue;
		take(rooms->room, n, request);
		take(rooms->free, n, request);
	}
}

static const struct node_rooms *rooms_of(struct cluster_view *view)
{
	const struct cluster *cluster = view->cluster;
	struct node_rooms *rooms = view->rooms;

	if (rooms || cluster->n_nodes == 0)
		return rooms;
	rooms = view->rooms = arena_alloc(&view->arena, sizeof(*rooms));
	rooms->room = arena_alloc(&view->arena, cluster->n_nodes * sizeof(*rooms->room));
	rooms->free = arena_alloc(&view->arena, cluster->n_nodes * sizeof(*rooms->free));
	for (uint32_t n = 0; n < cluster->n_nodes; n++)
		for (int r = 0; r < 2; r++)
			rooms->room[n][r] = rooms->free[n][r] = amount_size(&cluster->nodes[n].allocatable.of[r], r);
	for (uint32_t w = 0; w < cluster->n_workloads; w++)
		take_workload(view, rooms, &cluster->workloads[w]);
	for (int r = 0; r < 2; r++) {
		rooms->least[r] = INT64_MAX;
		for (uint32_t n = 0; n < cluster->n_nodes; n++)
			rooms->least[r] = MIN(rooms->least[r], MAX(rooms->room[n][r], 0));
	}
	return rooms;
}

static bool has_room(const int64_t room[2], const int64_t request[2])
{
	return (room[0] < 0 || request[0] <= room[0]) && (room[1] < 0 || request[1] <= room[1]);
}

static void block_growth(struct workload_view *view, const char *text)
{
	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		for (int r = 0; r < 2; r++) {
			struct sizing *sizing = view->rows[i] ? &view->rows[i]->of[r] : NULL;

			if (sizing && sizing_changes(sizing) && sizing->request_to > sizing->request_from)
				sizing_block(view->rightsizing, sizing, CONSEQUENCE_NODE_FIT, "%s", text);
		}
	}
	workload_view_reshape(view);
}

void tell_node_fit(struct workload_view *view)
{
	const struct node_rooms *rooms = view->changes ? rooms_of(view->view) : NULL;
	int64_t greatest[2] = { -1, -1 };
	struct arena *arena = &view->rightsizing->arena;
	bool fitted = false;

	if (!rooms || streq(view->workload->kind, "DaemonSet") || has_room(rooms->least, view->then.request) ||
	    has_room(view->now.request, view->then.request))
		return;
	for (uint32_t n = 0; n < view->cluster->n_nodes; n++) {
		if (!view_places(view->view, view->workload, &view->cluster->nodes[n]))
			continue;
		if (has_room(rooms->room[n], view->then.request))
			return;
		fitted |= has_room(rooms->room[n], view->now.request);
		for (int r = 0; r < 2; r++)
			greatest[r] = MAX(greatest[r], rooms->room[n][r]);
	}
	/* No node may take it at all, or none could before: nothing that the change brings about. */
	if (!fitted)
		return;
	block_growth(view, arena_formatf(arena,
					 "the pod would ask for %s of CPU and %s of memory: beside DaemonSets no node that may take it has room for both "
					 "(at most %s, and %s)",
					 size_text(arena, RESOURCE_CPU, view->then.request[RESOURCE_CPU]),
					 size_text(arena, RESOURCE_MEMORY, view->then.request[RESOURCE_MEMORY]),
					 size_text(arena, RESOURCE_CPU, greatest[RESOURCE_CPU]),
					 size_text(arena, RESOURCE_MEMORY, greatest[RESOURCE_MEMORY])));
}

int64_t daemon_nodes(struct cluster_view *view, const struct workload *workload)
{
	const struct cluster *cluster = view->cluster;
	int64_t count = 0;

	for (uint32_t n = 0; n < cluster->n_nodes; n++)
		count += view_places(view, workload, &cluster->nodes[n]);
	return cluster->n_nodes ? count : -1;
}

struct daemon_fit {
	int64_t nodes, tight;		/* it runs on; on which others would have to go */
	const struct cluster_node *too_small;
};

static struct daemon_fit daemon_fit(const struct workload_view *view, const struct node_rooms *rooms)
{
	const struct cluster *cluster = view->cluster;
	struct daemon_fit fit = { .nodes = 0 };
	int64_t more[2];

	for (int r = 0; r < 2; r++)
		more[r] = MAX(view->then.request[r] - view->now.request[r], 0);
	for (uint32_t n = 0; n < cluster->n_nodes; n++) {
		int64_t whole[2];

		if (!view_places(view->view, view->workload, &cluster->nodes[n]))
			continue;
		fit.nodes++;
		/* Its own pod is among those that were taken off. */
		for (int r = 0; r < 2; r++)
			whole[r] = rooms->room[n][r] < 0 ? -1 : rooms->room[n][r] + view->now.request[r];
		if (!has_room(whole, view->then.request))
			fit.too_small = &cluster->nodes[n];
		fit.tight += !has_room(rooms->free[n], more);
	}
	return fit;
}

static void tell_daemon_sizing(struct workload_view *view, struct sizing *sizing, enum resource resource, const struct daemon_fit *fit)
{
	struct arena *arena = &view->rightsizing->arena;
	int64_t by = sizing->request_to - MAX(sizing->request_from, 0), all;

	if (!sizing_changes(sizing) || by == 0 || __builtin_mul_overflow(by, fit->nodes, &all))
		return;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_DAEMON_SET, by > 0 && fit->tight ? CONSEQUENCE_WARNING : CONSEQUENCE_NOTE,
			   "it runs on each of %lld nodes: %s %s in all%s", (long long)fit->nodes, size_text(arena, resource, all < 0 ? -all : all),
			   by > 0 ? "more" : "less",
			   by > 0 && fit->tight ? arena_formatf(arena, "; on %lld of them other pods would have to go first", (long long)fit->tight)
						: "");
}

void tell_daemon_set(struct workload_view *view)
{
	const struct node_rooms *rooms;
	struct daemon_fit fit;

	if (!view->changes || !streq(view->workload->kind, "DaemonSet"))
		return;
	rooms = rooms_of(view->view);
	if (!rooms)
		return;
	fit = daemon_fit(view, rooms);
	if (fit.nodes == 0)
		return;
	if (fit.too_small)
		block_growth(view, arena_formatf(&view->rightsizing->arena,
						 "it runs on every node, and on %s it would not fit beside the other DaemonSets",
						 fit.too_small->name));
	for (uint32_t i = 0; i < view->workload->n_containers; i++)
		for (int r = 0; r < 2 && view->rows[i]; r++)
			tell_daemon_sizing(view, &view->rows[i]->of[r], r, &fit);
}

/* ---- whole CPUs: pkg/kubelet/cm/cpumanager/policy_static.go, guaranteedCPUs() ---- */

enum cpu_policy { CPU_POLICY_UNKNOWN, CPU_POLICY_NONE, CPU_POLICY_STATIC };

static enum cpu_policy cpu_policy_of(struct workload_view *view)
{
	const struct cluster_node *node = view_node(view);

	if (!node || !node->kubelet)
		return CPU_POLICY_UNKNOWN;
	return streq(tree_text(node->kubelet, "cpuManagerPolicy", "none"), "static") ? CPU_POLICY_STATIC : CPU_POLICY_NONE;
}

static bool has_own_cpus(const struct pod_shape *shape, uint32_t position)
{
	const struct amount *request = &shape->containers[position].resources.requests.of[RESOURCE_CPU];
	int64_t milli = amount_size(request, RESOURCE_CPU);

	return shape->qos == QOS_GUARANTEED && milli >= 1000 && milli % 1000 == 0;
}

/* Whoever has CPUs of its own keeps whole ones. */
void bound_static_cpu(struct workload_view *view, struct sizing_row *row, enum resource resource)
{
	uint32_t position = row->container - view->workload->first_container;
	struct sizing *sizing = &row->of[resource];
	struct arena *arena = &view->rightsizing->arena;
	int64_t whole;

	if (resource != RESOURCE_CPU || !has_own_cpus(&view->now, position) || cpu_policy_of(view) != CPU_POLICY_STATIC ||
	    sizing->request_to < 0 || (sizing->request_to % 1000 == 0 && sizing->request_to == sizing->limit_to))
		return;
	whole = (MAX(MIN(sizing->request_to, AMOUNT_MOST), 1) + 999) / 1000 * 1000;
	sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_STATIC_CPU, CONSEQUENCE_CHANGED,
			   "its node gives it CPUs of its own, which only a whole number keeps, request and limit alike: %s, not %s and %s",
			   size_text(arena, resource, whole), size_text(arena, resource, sizing->request_to),
			   size_text(arena, resource, sizing->limit_to));
	sizing->request_to = sizing->limit_to = whole;
}

void tell_static_cpu(struct workload_view *view)
{
	enum cpu_policy policy = cpu_policy_of(view);

	for (uint32_t i = 0; i < view->workload->n_containers; i++) {
		struct sizing_row *row = view->rows[i];
		bool was = has_own_cpus(&view->now, i), is = has_own_cpus(&view->then, i);
		struct sizing *sizing = row && sizing_changes(&row->of[RESOURCE_CPU]) ? &row->of[RESOURCE_CPU] : row ? &row->of[RESOURCE_MEMORY] : NULL;

		if (!sizing || !sizing_changes(sizing) || was == is || policy == CPU_POLICY_NONE)
			continue;
		sizing_consequence(view->rightsizing, sizing, CONSEQUENCE_STATIC_CPU,
				   was && policy == CPU_POLICY_STATIC ? CONSEQUENCE_WARNING : CONSEQUENCE_NOTE,
				   "%s it %s, since it %s Guaranteed with a whole number of CPUs",
				   policy == CPU_POLICY_STATIC ? "under its node's static CPU manager" : "on a node with the static CPU manager",
				   was ? "loses the CPUs it has for itself" : "gets CPUs for itself", was ? "would no longer be" : "would be");
	}
}
