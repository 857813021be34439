/* SPDX-License-Identifier: Apache-2.0 */
/* Pods that somebody else has read, object by object: of a cluster's dump there is no text to go through a second time. */
#include "kubernetes.h"

/* Where the trees stand: a text of which only the lines are known. */
struct stage {
	struct reading reading;
	struct proposed_text text;
	struct document document;
	struct pod pod;
};

static struct node scalar(const char *text)
{
	return (struct node){ .kind = NODE_SCALAR, .text = text };
}

/* A mapping of those of count names that are there. */
static const struct node *made_mapping(struct arena *arena, const char *const *names, const struct node *const *values, size_t count)
{
	struct node *mapping = arena_alloc(arena, sizeof(*mapping));
	struct node *items = arena_alloc(arena, 2 * count * sizeof(*items));

	*mapping = (struct node){ .kind = NODE_MAPPING, .items = items };
	for (size_t i = 0; i < count; i++) {
		if (!values[i])
			continue;
		items[mapping->count++] = scalar(names[i]);
		items[mapping->count++] = *values[i];
	}
	return mapping;
}

static void stage_open(struct stage *stage, struct proposal *proposal, const struct registry *registry, const struct kubernetes_pod *pod)
{
	static const char *const names[] = { "securityContext", "volumes" };
	const struct node *const values[] = { pod->security, pod->volumes };

	*stage = (struct stage){
		.reading = { .proposal = proposal, .registry = registry },
		.text = { .path = pod->path, .text = "", .first = 1 },
		.document = { .form = "kubernetes" },
		.pod = { .name = pod->name, .when = PROPOSED_NOW | PROPOSED_BOOT, .host_network = pod->host_network,
			 .host_ipc = pod->host_ipc, .host_pid = pod->host_pid },
	};
	stage->document.reading = &stage->reading;
	stage->document.text = &stage->text;
	stage->pod.document = &stage->document;
	stage->pod.spec = made_mapping(&stage->document.arena, names, values, ARRAY_SIZE(names));
	document_find_lines(&stage->document);
}

void kubernetes_pod_sysctls(struct proposal *proposal, const struct registry *registry, const struct kubernetes_pod *pod)
{
	struct stage stage;

	stage_open(&stage, proposal, registry, pod);
	kubernetes_read_sysctls(&stage.pod);
	document_release(&stage.document);
}

void kubernetes_container_commands(struct proposal *proposal, const struct registry *registry, const struct kubernetes_pod *pod,
				   const struct kubernetes_container *container)
{
	static const char *const names[] = { "command", "args", "lifecycle", "securityContext", "volumeMounts" };
	const struct node *const values[] = { container->command, container->args, container->lifecycle, container->security,
						container->mounts };
	struct stage stage;

	stage_open(&stage, proposal, registry, pod);
	kubernetes_read_commands(&stage.pod, pod->name, made_mapping(&stage.document.arena, names, values, ARRAY_SIZE(names)));
	document_release(&stage.document);
}
