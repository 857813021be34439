/* SPDX-License-Identifier: Apache-2.0 */
/* cloud-init.yaml: the files of a plan as user data of instances that are yet to be made.  cloud-init writes them after
 * systemd has read its own, so what they say is also put in force once, by hand of runcmd; later boots need nothing. */
#include "../core/strbuf.h"
#include "plan.h"

struct loader {
	const char *directory;
	const char *before, *after;	/* words of a YAML list, around the path */
};

static const struct loader loaders[] = {
	{ .directory = "/etc/sysctl.d", .before = "[sysctl, --load, ", .after = "]" },
	{ .directory = "/etc/tmpfiles.d", .before = "[systemd-tmpfiles, --create, ", .after = "]" },
};

static void add_file(struct strbuf *out, const struct merged_file *file)
{
	strbuf_add_string(out, "  - path: ");
	yaml_quote(out, file->path);
	strbuf_add_string(out, "\n    owner: root:root\n    permissions: \"0644\"\n    content: ");
	yaml_quote(out, file->content);
	strbuf_add_char(out, '\n');
}

static void add_module(struct strbuf *out, const struct merged_file *file)
{
	if (streq(file->directory, "/etc/modules-load.d"))
		strbuf_add_string(out, "  - [systemctl, restart, systemd-modules-load.service]\n");
}

static void add_load(struct strbuf *out, const struct merged_file *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		if (!streq(file->directory, loaders[i].directory))
			continue;
		strbuf_addf(out, "  - %s", loaders[i].before);
		yaml_quote(out, file->path);
		strbuf_addf(out, "%s\n", loaders[i].after);
	}
	if (streq(file->directory, "/etc/udev/rules.d"))
		strbuf_add_string(out, "  - [udevadm, control, --reload]\n"
				       "  - [udevadm, trigger, --action=change, --subsystem-match=block, "
				       "--subsystem-match=net]\n");
}

static bool reloads_systemd(const struct merged_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].reload && streq(files->items[i].reload, "systemctl daemon-reload"))
			return true;
	return false;
}

static int cloud_init_write(FILE *out, const struct plan *plan)
{
	CLEANUP(merged_files_release) struct merged_files files = MERGED_FILES_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, commands = STRBUF_INIT;

	merged_files_fill(&files, plan);
	strbuf_addf(&text, "#cloud-config\n# Plan %s: for instances like the one that was measured. To take it back, make "
			   "them without it.\nwrite_files:\n", plan->id);
	for (size_t i = 0; i < files.count; i++)
		add_file(&text, &files.items[i]);
	for (size_t i = 0; i < files.count; i++)
		add_module(&commands, &files.items[i]);
	for (size_t i = 0; i < files.count; i++)
		add_load(&commands, &files.items[i]);
	if (reloads_systemd(&files))
		strbuf_add_string(&commands, "  - [systemctl, daemon-reload]\n");
	if (commands.len)
		strbuf_addf(&text, "runcmd:\n%s", commands.buf);
	fwrite(text.buf, 1, text.len, out);
	return 0;
}

static bool cloud_init_wanted(const struct plan *plan)
{
	CLEANUP(merged_files_release) struct merged_files files = MERGED_FILES_INIT;

	merged_files_fill(&files, plan);
	return files.count > 0;
}

const struct plan_artefact plan_cloud_init = {
	.path = "cloud-init.yaml",
	.summary = "the same files as user data for instances that are yet to be made",
	.wanted = cloud_init_wanted,
	.write = cloud_init_write,
};
