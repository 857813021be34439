/* SPDX-License-Identifier: Apache-2.0 */
/* A KubeletConfiguration, with the keys that a snapshot has: kubelet.podPidsLimit, kubelet.evictionHard.memory.available. */
#include "kubernetes.h"

static const char *refused_pattern(const char *pattern)
{
	if (starts_with(pattern, "net.") || kubernetes_key_of_ipc(pattern))
		return NULL;
	return "it has a key that belongs to the whole node, and the kubelet does not start";
}

static void add_value(struct document *document, const struct node *node, const char *key, const char *value, const char *condition,
		      const char *why)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	struct proposed item = document_item(document, node);

	(void)host_file_of(document->text->path, &file);
	item.via = "KubeletConfiguration";
	item.key = key;
	item.value = value;
	item.when = PROPOSED_BOOT;
	item.condition = condition;
	item.file = document->text->file ? document->text->file : file.buf;
	item.file_line = document->text->file || file.len ? node->line : 0;
	item.why = why;
	item.fate = why ? PROPOSED_BROKEN : PROPOSED_SETS;
	(void)proposal_add(document->reading->proposal, &item);
}

static void read_list(struct document *document, const struct node *at, const char *key, const struct node *list, const char *condition)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const char *why = NULL;

	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i].kind != NODE_SCALAR)
			continue;
		strbuf_addf(&value, "%s%s", value.len ? "," : "", list->items[i].text);
		if (!why && streq(key, "kubelet.allowedUnsafeSysctls"))
			why = refused_pattern(list->items[i].text);
	}
	add_value(document, at, key, value.buf, condition, why);
}

static void read_values(struct document *document, const char *prefix, const struct node *mapping, const char *condition)
{
	for (uint32_t i = 0; mapping->kind == NODE_MAPPING && i + 1 < mapping->count; i += 2) {
		const struct node *name = &mapping->items[i], *value = &mapping->items[i + 1];
		CLEANUP(free_ptr) char *key = xasprintf("%s.%s", prefix, name->text);

		if (streq(key, "kubelet.kind") || streq(key, "kubelet.apiVersion"))
			continue;
		if (value->kind == NODE_SCALAR)
			add_value(document, name, key, value->text, condition, NULL);
		else if (value->kind == NODE_SEQUENCE)
			read_list(document, name, key, value, condition);
		else
			read_values(document, key, value, condition);
	}
}

void kubernetes_read_kubelet(struct document *document, const struct node *configuration, const char *condition)
{
	read_values(document, "kubelet", configuration, condition);
}
