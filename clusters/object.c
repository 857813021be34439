/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"

#include "reader.h"

static void pass_over_kustomization(const struct object *object)
{
	object->cluster->files[object->file].kustomization = true;
	object_warn(object, object->root, "a kustomization is not read: give the output of kustomize build instead");
}

/* Kinds that mean something here; of API groups that are not named any counts.  Others are counted and passed over. */
static const struct kind {
	const char *name;
	const char *group;		/* how its apiVersion begins; "": of any group */
	void (*add)(const struct object *object);
	bool nameless;			/* it needs no metadata.name */
} kinds[] = {
	/* clang-format off */
	{ "CronJob",                 "batch/",                   object_cron_job },
	{ "DaemonSet",               "",                         object_workload },
	{ "Deployment",              "",                         object_workload },
	{ "DeploymentConfig",        "",                         object_workload },
	{ "HorizontalPodAutoscaler", "",                         object_autoscaler },
	{ "Job",                     "batch/",                   object_workload },
	{ "KubeletConfiguration",    "kubelet.config.k8s.io/",   object_kubelet, .nameless = true },
	{ "Kustomization",           "kustomize.config.k8s.io/", pass_over_kustomization, .nameless = true },
	{ "LimitRange",              "",                         object_limit_range },
	{ "Namespace",               "",                         object_namespace },
	{ "Node",                    "v1",                       object_node },
	{ "Pod",                     "v1",                       object_pod },
	{ "PodDisruptionBudget",     "",                         object_budget },
	{ "PodTemplate",             "",                         object_pod_template },
	{ "PriorityClass",           "",                         object_priority_class },
	{ "ReplicaSet",              "",                         object_workload },
	{ "ReplicationController",   "",                         object_workload },
	{ "ResourceQuota",           "v1",                       object_quota },
	{ "Rollout",                 "argoproj.io/",             object_workload },
	{ "RuntimeClass",            "",                         object_runtime_class },
	{ "ScaledObject",            "keda.sh/",                 object_scaled_object },
	{ "Service",                 "serving.knative.dev/",     object_knative_service },
	{ "StatefulSet",             "",                         object_workload },
	{ "VerticalPodAutoscaler",   "",                         object_vpa },
	/* clang-format on */
};

static const struct kind *kind_find(const char *name, const char *api_version)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		/* Items of a list of the API itself say no version. */
		if (streq(kinds[i].name, name) && (api_version[0] == '\0' || starts_with(api_version, kinds[i].group)))
			return &kinds[i];
	return NULL;
}

/* "web", or "web-" of what the API gives a name to. */
static const char *name_of(const struct object *object)
{
	const char *name = object_text(object, object->metadata, "name");

	return name[0] ? name : object_text(object, object->metadata, "generateName");
}

static void add(struct object *object)
{
	const struct kind *kind = kind_find(object->kind, object->api_version);

	if (!kind) {
		object->cluster->files[object->file].ignored++;
		return;
	}
	object->metadata = object_mapping(object, object->root, "metadata");
	object->namespace = object_text(object, object->metadata, "namespace");
	object->name = name_of(object);
	if (object->name[0] == '\0' && !kind->nameless) {
		object_complain(object, object->metadata ? object->metadata : object->root, "it has no name");
		return;
	}
	object->spec = object_mapping(object, object->root, "spec");
	object->status = object_mapping(object, object->root, "status");
	kind->add(object);
}

/* {"kubeletconfig": {…}}: what a kubelet says at /configz */
static void read_configz(struct object *object)
{
	object->root = object_mapping(object, object->root, "kubeletconfig");
	object->kind = "KubeletConfiguration";
}

void object_add(struct cluster *cluster, uint32_t file, uint32_t document, uint32_t line_offset, const char *kind,
		const struct node *root)
{
	struct object object = {
		.cluster = cluster, .file = file, .document = document, .line_offset = line_offset, .root = root,
		.node_file = node_file_number(cluster->files[file].path), .kind = "", .namespace = "", .name = "",
	};

	if (node_is_null(root))
		return;
	cluster->files[file].objects++;
	if (root->kind != NODE_MAPPING) {
		object_complain(&object, root, "no object of Kubernetes: expected a mapping with apiVersion and kind");
		return;
	}
	object.api_version = object_text(&object, root, "apiVersion");
	object.kind = object_text(&object, root, "kind");
	if (object.kind[0] == '\0' && kind)
		object.kind = kind;
	if (object.kind[0] == '\0' && object_mapping(&object, root, "kubeletconfig"))
		read_configz(&object);
	if (object.kind[0] == '\0') {
		object_complain(&object, root, "no object of Kubernetes: it has no kind");
		return;
	}
	add(&object);
}

void cluster_add_object(struct cluster *cluster, uint32_t file, uint32_t document, const struct node *object)
{
	object_add(cluster, file, document, 0, NULL, object);
}
