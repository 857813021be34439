/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes and their kubelets. */
#include "object.h"

/* Nodes that are no machine with a kubelet of its own, by what their providers label them with; a value of NULL: any. */
static const struct {
	const char *label, *value;
} virtual_labels[] = {
	{ "eks.amazonaws.com/compute-type", "fargate" },
	{ "kubernetes.azure.com/mode", "virtual" },
	{ "type", "virtual-kubelet" },
	{ "virtual-kubelet.io/provider", NULL },
};

static bool is_virtual(const struct node *labels)
{
	for (size_t i = 0; labels && i < ARRAY_SIZE(virtual_labels); i++) {
		const struct node *value = node_get(labels, virtual_labels[i].label);

		if (value && value->kind == NODE_SCALAR && (!virtual_labels[i].value || streq(value->text, virtual_labels[i].value)))
			return true;
	}
	return false;
}

void object_node(const struct object *object)
{
	struct cluster *cluster = object->cluster;
	const struct node *info = object_mapping(object, object->status, "nodeInfo");
	const struct node *labels = object_mapping(object, object->metadata, "labels");
	struct cluster_node *node;

	GROW(cluster->nodes, cluster->nodes_capacity, (size_t)cluster->n_nodes + 1);
	node = &cluster->nodes[cluster->n_nodes++];
	*node = (struct cluster_node){
		.name = object->name,
		.labels = object_keep(object, labels),
		.taints = object_keep(object, object_sequence(object, object->spec, "taints")),
		.conditions = object_keep(object, object_sequence(object, object->status, "conditions")),
		.kubelet_version = object_text(object, info, "kubeletVersion"),
		.container_runtime = object_text(object, info, "containerRuntimeVersion"),
		.kernel_version = object_text(object, info, "kernelVersion"),
		.os_image = object_text(object, info, "osImage"),
		.unschedulable = object_bool(object, object->spec, "unschedulable"),
		.is_virtual = is_virtual(labels),
		.place = object_place(object, object->root),
	};
	object_amounts(object, object->status, "allocatable", &node->allocatable);
	object_amounts(object, object->status, "capacity", &node->capacity);
	/* The API counts a node without allocatable as having all of it. */
	if (!object_mapping(object, object->status, "allocatable"))
		node->allocatable = node->capacity;
}

void object_kubelet(const struct object *object)
{
	struct cluster *cluster = object->cluster;

	GROW(cluster->kubelets, cluster->kubelets_capacity, (size_t)cluster->n_kubelets + 1);
	cluster->kubelets[cluster->n_kubelets++] = (struct kubelet_configuration){
		.config = object_keep(object, object->root), .place = object_place(object, object->root),
	};
}
