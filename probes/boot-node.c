/* SPDX-License-Identifier: Apache-2.0 */
/* What programs set that have a configuration of their own: the kubelet, and cloud-init on the first boot of an instance.
 *
 *	kind: KubeletConfiguration
 *	protectKernelDefaults: true
 *	evictionHard: {memory.available: 100Mi}
 *
 * is kubelet.protectKernelDefaults = true and kubelet.evictionHard.memory.available = 100Mi.  cloud-init's files and
 * commands are named with their line; what they do is known only after they ran. */
#include <errno.h>

#include "../core/node.h"
#include "boot-draft.h"
#include "config-file.h"
#include "probe.h"
#include "sysctl-line.h"

#define CLOUD_DIRECTORY "/etc/cloud/cloud.cfg.d"
#define CLOUD_FILES_MAX 200

struct node_probe {
	const struct root *root;
	struct snapshot *snapshot;
	struct boot_draft draft;
	struct strbuf text;
	const char *path;
};

/* The line of the file that node begins at. */
static struct boot_site site_of(const struct node_probe *probe, const struct node *node)
{
	const char *line = probe->text.buf;
	struct boot_site site = { .path = probe->path, .line = node->line };

	for (uint32_t i = 1; line && i < node->line; i++) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	site.text = line ? line : "";
	site.length = strcspn(site.text, "\n");
	return site;
}

static struct boot_line *add(struct node_probe *probe, const struct node *node, const char *key, const char *value)
{
	struct boot_site site = site_of(probe, node);

	return boot_draft_add(&probe->draft, &site, SUBJECT_KIND_HOST, "", key, value);
}

/* The documents of a file; NULL when there is none, or after a line that says why. */
static const struct node *read_yaml(struct node_probe *probe, struct arena *arena, const char *path)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	const struct node *documents;
	struct boot_site site = { .path = path };
	struct boot_line *line;
	int r = root_read(probe->root, path, &probe->text);

	probe->path = path;
	if (r == -ENOENT)
		return NULL;
	if (r == 0)
		r = node_parse(arena, path, probe->text.buf, probe->text.len, &diag, &documents);
	if (r == 0)
		return documents;
	line = boot_draft_add(&probe->draft, &site, SUBJECT_KIND_HOST, "", "", "");
	line->fate = r == -EINVAL ? BOOT_INVALID : BOOT_UNRESOLVED;
	line->why = r == -EINVAL ? "it is not YAML as it is wanted here" :
				   boot_draft_format(&probe->draft, "it cannot be read: %s", strerror(-r));
	return NULL;
}

/* ---- the kubelet ---- */

static void add_scalars(struct node_probe *probe, const char *prefix, const struct node *node)
{
	const struct node *open = node_open(node);

	if (open->kind == NODE_SCALAR) {
		(void)add(probe, node, prefix, node->text);
		return;
	}
	for (uint32_t i = 0; open->kind == NODE_MAPPING && i + 1 < open->count; i += 2) {
		CLEANUP(free_ptr) char *key = xasprintf("%s.%s", prefix, open->items[i].text);

		add_scalars(probe, key, &open->items[i + 1]);
	}
	if (open->kind == NODE_SEQUENCE) {
		CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

		for (uint32_t i = 0; i < open->count; i++)
			if (open->items[i].kind == NODE_SCALAR)
				strbuf_addf(&list, "%s%s", list.len ? "," : "", open->items[i].text);
		(void)add(probe, node, prefix, list.buf);
	}
}

static void read_kubelet(struct node_probe *probe)
{
	static const char *const files[] = { "/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet/config.json",
					     "/etc/kubernetes/kubelet/kubelet-config.json", "/etc/kubernetes/kubelet.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(arena_release) struct arena arena = ARENA_INIT;
		const struct node *documents = read_yaml(probe, &arena, files[i]);
		size_t first = probe->draft.count;

		for (uint32_t d = 0; documents && d < documents->count; d++) {
			const struct node *kind;

			if (documents->items[d].kind != NODE_MAPPING)
				continue;
			kind = node_get(&documents->items[d], "kind");
			if (kind && kind->kind == NODE_SCALAR && streq(kind->text, "KubeletConfiguration"))
				add_scalars(probe, "kubelet", &documents->items[d]);
		}
		for (; first < probe->draft.count; first++)
			probe->draft.lines[first].source = "kubelet";
	}
}

/* ---- cloud-init ---- */

static void unresolved(struct boot_line *line, const char *why)
{
	line->fate = BOOT_UNRESOLVED;
	line->why = why;
}

/* write_files: - {path: /etc/sysctl.d/99-site.conf, content: "vm.swappiness = 10\n"} */
static void read_written_file(struct node_probe *probe, const struct node *item)
{
	const struct node *path = item->kind == NODE_MAPPING ? node_get(item, "path") : NULL;
	const struct node *content = path ? node_get(item, "content") : NULL;
	CLEANUP(sysctl_line_release) struct sysctl_line line = SYSCTL_LINE_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *why;

	if (!path || path->kind != NODE_SCALAR || !starts_with(path->text, "/etc/"))
		return;
	why = boot_draft_format(&probe->draft, "cloud-init writes %s on the first boot, and it counts from the next one on",
				path->text);
	if (!strstr(path->text, "sysctl") || !content || content->kind != NODE_SCALAR || node_get(item, "encoding")) {
		unresolved(add(probe, path, "", ""), why);
		return;
	}
	for (struct sysctl_cursor cursor = SYSCTL_CURSOR(content->text, strlen(content->text));
	     sysctl_next_line(SYSCTL_SYSTEMD, &cursor);) {
		sysctl_line_parse(SYSCTL_SYSTEMD, cursor.line, cursor.length, &line);
		if (line.kind == SYSCTL_LINE_ASSIGN && sysctl_key_of_path(line.path.buf, &key))
			unresolved(add(probe, content, key.buf, line.value.buf), why);
	}
}

static bool sets_something(const char *command)
{
	static const char *const words[] = { "sysctl", "/proc/sys/", "/sys/", "modprobe", "ethtool", "blockdev", "grub" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(command, words[i]))
			return true;
	return false;
}

/* runcmd: - sysctl -w vm.swappiness=10, or - [sysctl, -w, vm.swappiness=10] */
static void read_command(struct node_probe *probe, const struct node *item, const char *module)
{
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

	if (item->kind == NODE_SCALAR)
		strbuf_add_string(&command, item->text);
	for (uint32_t i = 0; item->kind == NODE_SEQUENCE && i < item->count; i++)
		if (item->items[i].kind == NODE_SCALAR)
			strbuf_addf(&command, "%s%s", i ? " " : "", item->items[i].text);
	if (sets_something(command.buf))
		unresolved(add(probe, item, "", ""),
			   boot_draft_format(&probe->draft, "%s of cloud-init runs a command, which may set anything", module));
}

static void read_cloud_file(struct node_probe *probe, const char *path)
{
	static const char *const lists[] = { "write_files", "bootcmd", "runcmd" };
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct node *documents = read_yaml(probe, &arena, path);
	size_t first = probe->draft.count;

	for (uint32_t d = 0; documents && d < documents->count; d++) {
		if (documents->items[d].kind != NODE_MAPPING)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
			const struct node *list = node_get(&documents->items[d], lists[i]);

			for (uint32_t n = 0; list && list->kind == NODE_SEQUENCE && n < list->count; n++) {
				if (i == 0)
					read_written_file(probe, node_open(&list->items[n]));
				else
					read_command(probe, &list->items[n], lists[i]);
			}
		}
	}
	for (; first < probe->draft.count; first++)
		probe->draft.lines[first].source = "cloud-init";
}

static void read_cloud(struct node_probe *probe)
{
	static const char *const files[] = { "/etc/cloud/cloud.cfg", "/var/lib/cloud/seed/nocloud/user-data",
					     "/var/lib/cloud/seed/nocloud-net/user-data" };
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		read_cloud_file(probe, files[i]);
	(void)root_list_limit(probe->root, CLOUD_DIRECTORY, CLOUD_FILES_MAX, &list);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf(CLOUD_DIRECTORY "/%s", list.entries[i].name);

		if (ends_with(path, ".cfg"))
			read_cloud_file(probe, path);
	}
}

static int read_node(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct node_probe probe = { .root = root, .snapshot = snapshot, .draft = { .source = "kubelet" }, .text = STRBUF_INIT };

	(void)options;
	read_kubelet(&probe);
	read_cloud(&probe);
	boot_draft_settle(&probe.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&probe.draft, snapshot, "node");
	boot_draft_release(&probe.draft);
	strbuf_release(&probe.text);
	return 0;
}

static const char *const paths[] = {
	"/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet/config.json", "/etc/kubernetes/kubelet/kubelet-config.json",
	"/etc/kubernetes/kubelet.conf", "/etc/cloud/cloud.cfg", CLOUD_DIRECTORY "/*.cfg", "/var/lib/cloud/seed/*/user-data", NULL,
};

const struct probe probe_boot_node = {
	.name = "boot-node",
	.summary = "what the kubelet and cloud-init are configured to set",
	.paths = paths,
	.read = read_node,
};
