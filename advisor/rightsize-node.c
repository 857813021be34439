/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes: how short they are, and whether what the kubelet keeps for the system fits what the system uses.
 *
 * Allocatable is the capacity without kube-reserved, system-reserved and the hard eviction threshold (K8S website:
 * content/en/docs/tasks/administer-cluster/reserve-compute-resources.md).  What runs in the system's slices, the
 * kubelet and the runtime among it, is paid from that; where it takes more, it takes it from the pods. */
#include "rightsize-making.h"

#define EVICTION_BYTES (100.0 * 1024 * 1024)	/* memory.available by default */
#define FAR_TOO_MUCH 4.0
#define FAR_TOO_MUCH_CPU 0.5			/* and at least so much more */
#define FAR_TOO_MUCH_BYTES (1024.0 * 1024 * 1024)
#define NODE_WINDOW_SEC 86400.0

/* Where systemd and the kubelet put what is no pod. */
static const char *const system_slices[] = { "system.slice",	 "kubelet.slice", "runtime.slice",
					     "podruntime.slice", "user.slice",	  "init.scope" };

static double node_amount(const struct amounts *amounts, enum resource resource)
{
	const struct amount *amount = &amounts->of[resource];

	return amount->given && !amount->wrong ? quantity_real(&amount->quantity) : NAN;
}

/* Of all slices that were measured; NAN: none of them was. */
static double system_use(const struct rightsizing *rightsizing, const struct cluster_node *node,
			 enum resource resource, double *ret_seen_sec)
{
	enum usage_metric metric = resource == RESOURCE_CPU ? USAGE_CPU : USAGE_MEMORY_WORKING_SET;
	double sum = NAN;

	*ret_seen_sec = 0;
	for (size_t i = 0; i < ARRAY_SIZE(system_slices); i++) {
		const struct usage_series *series =
			usage_node_get(rightsizing->usage, node->name, system_slices[i], metric);
		double used = resource == RESOURCE_CPU ? usage_percentile(series, 0.95) : series ? series->max : NAN;

		if (isnan(used))
			continue;
		sum = isnan(sum) ? used : sum + used;
		*ret_seen_sec = fmax(*ret_seen_sec, series->last_sec - series->first_sec);
	}
	return sum;
}

static void reserve_note(struct rightsizing *rightsizing, uint32_t number, enum resource resource)
{
	const struct cluster_node *node = &rightsizing->cluster->nodes[number];
	double reserved = node_amount(&node->capacity, resource) - node_amount(&node->allocatable, resource), seen;
	double used = system_use(rightsizing, node, resource, &seen);
	double least = resource == RESOURCE_CPU ? FAR_TOO_MUCH_CPU : FAR_TOO_MUCH_BYTES;
	struct node_note *note;
	bool too_little, too_much;

	if (resource == RESOURCE_MEMORY)
		reserved = fmax(reserved - EVICTION_BYTES, 0);
	if (isnan(reserved) || isnan(used) || node->is_virtual)
		return;
	too_little = used > reserved;
	too_much = !too_little && reserved > FAR_TOO_MUCH * used && reserved - used > least && seen >= NODE_WINDOW_SEC;
	if (!too_little && !too_much)
		return;
	GROW(rightsizing->node_notes, rightsizing->node_notes_capacity, rightsizing->n_node_notes + 1);
	note = &rightsizing->node_notes[rightsizing->n_node_notes++];
	*note = (struct node_note){
		.node = number, .resource = resource, .too_little = too_little, .reserved = reserved, .used = used
	};
	note->text = arena_formatf(&rightsizing->arena,
				   too_little ? "%s: its system slices used %s of %s, and %s is reserved for them: "
						"the rest is taken from the pods"
					      : "%s: its system slices used %s of %s, and %s is reserved for them: "
						"much of it could go to pods",
				   node->name, use_text(&rightsizing->arena, resource, used),
				   resource == RESOURCE_CPU ? "CPU" : "memory",
				   use_text(&rightsizing->arena, resource, reserved));
}

/* The share of time in which something waited.  NAN: not measured. */
static double node_pressure(const struct usage *usage, const char *node, enum usage_metric metric)
{
	double rate = usage_rate(usage_node_get(usage, node, "", metric));

	return rate > 1 ? 1 : rate;
}

void rightsize_nodes(struct rightsizing *rightsizing, struct node_views *ret_views)
{
	const struct cluster *cluster = rightsizing->cluster;

	*ret_views = (struct node_views){ .nodes = xcalloc(MAX(cluster->n_nodes, 1), sizeof(*ret_views->nodes)),
					  .most_cpu_milli = -1,
					  .most_memory = -1 };
	for (uint32_t i = 0; i < cluster->n_nodes; i++) {
		const struct cluster_node *node = &cluster->nodes[i];
		const struct usage_series *cpu = usage_node_get(rightsizing->usage, node->name, "", USAGE_CPU);

		ret_views->nodes[i] = (struct node_view){
			.cpu_pressure = node_pressure(rightsizing->usage, node->name, USAGE_PSI_CPU_SEC),
			.memory_pressure = node_pressure(rightsizing->usage, node->name, USAGE_PSI_MEMORY_SEC),
			.cpu_used = usage_percentile(cpu, 0.95) / node_amount(&node->capacity, RESOURCE_CPU),
		};
		ret_views->most_cpu_milli = MAX(ret_views->most_cpu_milli,
						amount_size(&node->allocatable.of[RESOURCE_CPU], RESOURCE_CPU));
		ret_views->most_memory = MAX(ret_views->most_memory,
					     amount_size(&node->allocatable.of[RESOURCE_MEMORY], RESOURCE_MEMORY));
		reserve_note(rightsizing, i, RESOURCE_CPU);
		reserve_note(rightsizing, i, RESOURCE_MEMORY);
	}
}
