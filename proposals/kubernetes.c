/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: workloads with their sysctls, resources and commands, and what configures kubelets. */
#include "kubernetes.h"

bool yaml_true(const struct node *mapping, const char *key)
{
	const char *text = document_text(mapping, key);

	return text && streq(text, "true");
}

/* ---- workloads ---- */

static void read_container(const struct pod *pod, const struct node *container)
{
	const char *name = document_text(container, "name");
	CLEANUP(strbuf_release) struct strbuf subject = STRBUF_INIT;

	strbuf_addf(&subject, "%s/%s", pod->name, name ? name : "");
	kubernetes_read_resources(pod->document, SUBJECT_KIND_CONTAINER, subject.buf, document_get(container, "resources"));
	kubernetes_read_commands(pod, subject.buf, container);
}

static void read_containers(const struct pod *pod, const char *key)
{
	const struct node *containers = document_get(pod->spec, key);

	for (uint32_t i = 0; containers && containers->kind == NODE_SEQUENCE && i < containers->count; i++)
		read_container(pod, &containers->items[i]);
}

static void read_pod(struct document *document, const char *name, const struct node *spec, unsigned int when)
{
	struct pod pod = {
		.document = document, .name = name, .spec = spec, .when = when,
		.host_network = yaml_true(spec, "hostNetwork"),
		.host_ipc = yaml_true(spec, "hostIPC"),
		.host_pid = yaml_true(spec, "hostPID"),
	};

	kubernetes_read_sysctls(&pod);
	kubernetes_read_resources(document, SUBJECT_KIND_WORKLOAD, name, document_get(spec, "resources"));
	read_containers(&pod, "initContainers");
	read_containers(&pod, "containers");
}

static const struct node *get_path(const struct node *node, const char *const path[])
{
	for (; node && *path; path++)
		node = document_get(node, *path);
	return node;
}

struct workload {
	const char *kind;
	unsigned int when;
	const char *path[6];		/* of its pod's spec */
};

#define BOTH (PROPOSED_NOW | PROPOSED_BOOT)

static const struct workload workloads[] = {
	{ "CronJob", PROPOSED_NOW, { "spec", "jobTemplate", "spec", "template", "spec" } },
	{ "DaemonSet", BOTH, { "spec", "template", "spec" } },
	{ "Deployment", BOTH, { "spec", "template", "spec" } },
	{ "Job", PROPOSED_NOW, { "spec", "template", "spec" } },
	{ "Pod", PROPOSED_NOW, { "spec" } },
	{ "PodTemplate", BOTH, { "template", "spec" } },
	{ "ReplicaSet", BOTH, { "spec", "template", "spec" } },
	{ "ReplicationController", BOTH, { "spec", "template", "spec" } },
	{ "StatefulSet", BOTH, { "spec", "template", "spec" } },
};

static const char *object_name(struct document *document, const struct node *object, const char *kind)
{
	const struct node *metadata = document_get(object, "metadata");
	const char *name = document_text(metadata, "name"), *namespace = document_text(metadata, "namespace");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!name)
		name = document_text(metadata, "generateName");
	strbuf_addf(&text, "%s/%s/%s", namespace ? namespace : "default", kind, name ? name : "");
	return arena_strndup(&document->arena, text.buf, text.len);
}

/* ---- texts in objects ---- */

/* A text whose use is not told by the object: what it would set is shown, and that nobody knows who applies it. */
static void read_data(struct document *document, const struct node *name, const struct node *text, const char *why)
{
	struct proposal *proposal = document->reading->proposal;
	const struct reader *reader = reader_recognise(name->text, text->text, strlen(text->text));
	struct proposed_text inner = document_inner(document, text);
	size_t since = proposal->count;

	if (!reader || document->reading->depth >= READING_DEPTH_MAX)
		return;
	inner.via = "a text in an object";
	document->reading->depth++;
	reader->read(reader, document->reading, &inner);
	document->reading->depth--;
	document_show_source(document, since);
	for (size_t i = since; i < proposal->count; i++) {
		struct proposed *item = &proposal->items[i];

		if (item->fate != PROPOSED_SETS)
			continue;
		item->fate = PROPOSED_UNCLEAR;
		item->why = why;
		item->when = 0;
		item->file = "";
	}
}

static void read_config_map(struct document *document, const struct node *object)
{
	const struct node *data = document_get(object, "data");

	for (uint32_t i = 0; data && data->kind == NODE_MAPPING && i + 1 < data->count; i += 2)
		if (data->items[i + 1].kind == NODE_SCALAR)
			read_data(document, &data->items[i], &data->items[i + 1],
				  "it is data of a ConfigMap: who applies it, and where, is not told here");
}

/* spec: {profile: [{name: x, data: "[main]\n…"}]} */
static void read_tuned(struct document *document, const struct node *object)
{
	const struct node *profiles = document_get(document_get(object, "spec"), "profile");

	for (uint32_t i = 0; profiles && profiles->kind == NODE_SEQUENCE && i < profiles->count; i++) {
		const struct node *data = document_get(&profiles->items[i], "data");
		const struct node name = { .kind = NODE_SCALAR, .text = "tuned/profile/tuned.conf" };
		size_t since = document->reading->proposal->count;

		if (!data || data->kind != NODE_SCALAR)
			continue;
		read_data(document, &name, data, "which nodes get this profile of TuneD is decided by the operator");
		if (document->reading->proposal->count == since)
			document_unclear(document, data, "it is a profile of TuneD that an operator gives to nodes");
	}
}

static void read_machine_config(struct document *document, const struct node *object)
{
	static const char *const path[] = { "spec", "config", "storage", "files", NULL };
	const struct node *files = get_path(object, path);

	for (uint32_t i = 0; files && files->kind == NODE_SEQUENCE && i < files->count; i++) {
		const char *file = document_text(&files->items[i], "path");

		if (file && host_file_known(file))
			document_unclear(document, &files->items[i], "what it writes to %s is encoded", file);
	}
	if (document_get(document_get(object, "spec"), "kernelArguments"))
		document_unclear(document, document_get(document_get(object, "spec"), "kernelArguments"),
				 "arguments of the kernel that an operator gives to nodes");
}

static void read_kustomization(struct document *document, const struct node *object)
{
	document_unclear(document, object, "what it makes of the manifests it names is not judged: give the output of kustomize build");
}

static void read_kubelet_object(struct document *document, const struct node *object)
{
	const struct node *configuration = document_get(document_get(object, "spec"), "kubeletConfig");

	if (configuration)
		kubernetes_read_kubelet(document, configuration, "on nodes of the pools that it selects");
}

static void read_kubelet(struct document *document, const struct node *object)
{
	kubernetes_read_kubelet(document, object, document->text->condition);
}

static const struct {
	const char *kind;
	void (*read)(struct document *document, const struct node *object);
} objects[] = {
	{ "Component", read_kustomization },
	{ "ConfigMap", read_config_map },
	{ "KubeletConfig", read_kubelet_object },
	{ "KubeletConfiguration", read_kubelet },
	{ "Kustomization", read_kustomization },
	{ "MachineConfig", read_machine_config },
	{ "Tuned", read_tuned },
};

/* ---- the file ---- */

static void read_object(struct document *document, const struct node *object, unsigned int depth)
{
	const char *kind = document_text(object, "kind");
	const struct node *items = document_get(object, "items");

	for (size_t i = 0; kind && i < ARRAY_SIZE(workloads); i++)
		if (streq(workloads[i].kind, kind))
			read_pod(document, object_name(document, object, kind), get_path(object, workloads[i].path), workloads[i].when);
	for (size_t i = 0; kind && i < ARRAY_SIZE(objects); i++)
		if (streq(objects[i].kind, kind))
			objects[i].read(document, object);
	for (uint32_t i = 0; kind && ends_with(kind, "List") && items && items->kind == NODE_SEQUENCE && depth < 3 && i < items->count; i++)
		read_object(document, &items->items[i], depth + 1);
	if (!kind && object->kind == NODE_MAPPING && object->count > 0)
		document_unclear(document, object, "it is no object of Kubernetes: it has no kind");
}

static void read_kubernetes(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	struct document document;

	document_open(&document, reading, text, reader->name);
	for (uint32_t i = 0; i < document.roots->count; i++)
		read_object(&document, &document.roots->items[i], 0);
	document_release(&document);
}

static unsigned int recognise(const struct reader *reader, const char *path, const char *text, size_t length)
{
	bool yaml = text_has_line(text, length, "^apiVersion:[[:blank:]]*[^[:blank:]]") && text_has_line(text, length, "^kind:[[:blank:]]*[A-Z]");
	const char *first = text;

	while (first < text + length && strchr(" \t\r\n", *first) && *first)
		first++;
	if (yaml)
		return MINE;
	if (first < text + length && *first == '{' && memmem(text, length, "\"apiVersion\"", 12) && memmem(text, length, "\"kind\"", 6))
		return MINE;
	return NOT_MINE;
}

const struct reader reader_kubernetes = {
	.name = "kubernetes",
	.summary = "manifests of Kubernetes and configuration of the kubelet",
	.recognise = recognise,
	.read = read_kubernetes,
};
