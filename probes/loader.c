/* SPDX-License-Identifier: Apache-2.0 */
/* Which boot loader gives the kernel its command line, and the lines of the files that it is made from:
 *
 *	/etc/default/grub:9	GRUB_CMDLINE_LINUX_DEFAULT="quiet"
 *	/etc/kernel/cmdline:1	root=UUID=… ro quiet
 *
 * and the parameters of this boot that are settings. */
#include <errno.h>

#include "../core/parse.h"
#include "probe.h"
#include "sysctl-cmdline.h"

#define GRUB "/etc/default/grub"
#define GRUB_DIRECTORY "/etc/default/grub.d"
#define KERNEL_CMDLINE "/etc/kernel/cmdline"

struct loader_probe {
	const struct root *root;
	struct snapshot *snapshot;
	struct strbuf text;
};

static bool any_exists(const struct loader_probe *probe, const char *const *paths)
{
	for (; *paths; paths++)
		if (root_exists(probe->root, *paths))
			return true;
	return false;
}

/* The last assignment counts: /etc/default/grub is shell. */
static void record_assignment(struct loader_probe *probe, const char *key, const char *name)
{
	const char *cursor = probe->text.buf, *found = NULL;
	size_t number = 1, at = 0, length = strlen(name);

	do {
		if (strncmp(cursor, name, length) == 0 && cursor[length] == '=') {
			found = cursor;
			at = number;
		}
	} while (number++, next_line(&cursor));
	if (found)
		snapshot_setf(probe->snapshot, SUBJECT_HOST, key, GRUB, "%s:%zu\t%.*s", GRUB, at,
			      (int)strcspn(found, "\n"), found);
	else
		snapshot_set_absent(probe->snapshot, SUBJECT_HOST, key, -ENOENT, GRUB);
}

static bool has_line(const char *text, const char *line)
{
	do {
		size_t length = strcspn(text, "\n");

		if (length == strlen(line) && memcmp(text, line, length) == 0)
			return true;
	} while (next_line(&text));
	return false;
}

/* Whether entries of the boot loader specification are used. */
static bool record_grub(struct loader_probe *probe)
{
	static const char *const update_grub[] = { "/usr/sbin/update-grub", "/sbin/update-grub", NULL };
	static const char *const config2[] = { "/boot/grub2/grub.cfg", NULL };
	bool entries = has_line(probe->text.buf, "GRUB_ENABLE_BLSCFG=true") ||
		       has_line(probe->text.buf, "GRUB_ENABLE_BLSCFG=\"true\"");

	record_assignment(probe, "loader.grub.cmdline", "GRUB_CMDLINE_LINUX");
	record_assignment(probe, "loader.grub.cmdline_default", "GRUB_CMDLINE_LINUX_DEFAULT");
	snapshot_set_string(probe->snapshot, SUBJECT_HOST, "loader.grub.directory",
			    root_exists(probe->root, GRUB_DIRECTORY) ? "true" : "false", GRUB_DIRECTORY);
	snapshot_set_string(probe->snapshot, SUBJECT_HOST, "loader.grub.update",
			    any_exists(probe, update_grub) ? "update-grub" :
			    any_exists(probe, config2)	   ? "grub2-mkconfig -o /boot/grub2/grub.cfg" :
							     "grub-mkconfig -o /boot/grub/grub.cfg",
			    GRUB);
	return entries;
}

/* One line, or it is not known which counts. */
static void record_kernel_cmdline(struct loader_probe *probe)
{
	int r = root_read(probe->root, KERNEL_CMDLINE, &probe->text);
	size_t length;

	if (r == 0)
		strbuf_trim(&probe->text);
	length = r == 0 ? strcspn(probe->text.buf, "\n") : 0;
	if (r == 0 && (length == 0 || length != probe->text.len))
		r = -EBADMSG;
	if (r < 0)
		snapshot_set_absent(probe->snapshot, SUBJECT_HOST, "loader.cmdline", r, KERNEL_CMDLINE);
	else
		snapshot_setf(probe->snapshot, SUBJECT_HOST, "loader.cmdline", KERNEL_CMDLINE, "%s:1\t%s", KERNEL_CMDLINE,
			      probe->text.buf);
}

static void record_kind(struct loader_probe *probe, bool grub, bool entries)
{
	static const char *const images[] = { "/boot/efi/EFI/Linux", "/boot/EFI/Linux", "/efi/EFI/Linux", "/etc/kernel/uki.conf",
					      NULL };
	static const char *const systemd_boot[] = { "/boot/efi/loader/loader.conf", "/boot/loader/loader.conf",
						    "/efi/loader/loader.conf", NULL };
	bool image = any_exists(probe, images), boot = any_exists(probe, systemd_boot);

	if (!grub && !image && !boot)
		snapshot_set_absent(probe->snapshot, SUBJECT_HOST, "loader.kind", -ENOENT, "/boot");
	else
		snapshot_set_string(probe->snapshot, SUBJECT_HOST, "loader.kind",
				    grub && (image || boot) ? "several" :
				    grub		    ? entries ? "grub-entries" : "grub" :
				    image		    ? "unified-image" :
							      "systemd-boot",
				    "/boot");
}

/* "mitigations=off", of several the last one; a word without a value is 1, as the kernel has it for most. */
static void record_parameter(struct loader_probe *probe, const char *name, int result, const char *path)
{
	CLEANUP(cmdline_argument_release) struct cmdline_argument argument = CMDLINE_ARGUMENT_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, value = STRBUF_INIT;
	const char *cursor = probe->text.buf;
	bool found = false;

	while (result == 0 && cmdline_next(&cursor, &argument)) {
		if (!streq(argument.name.buf, name))
			continue;
		found = true;
		strbuf_reset(&value);
		strbuf_add_string(&value, argument.has_value ? argument.value.buf : "1");
	}
	strbuf_addf(&key, "cmdline.%s", name);
	if (found)
		snapshot_set(probe->snapshot, SUBJECT_HOST, key.buf, value.buf, value.len, path);
	else
		snapshot_set_absent(probe->snapshot, SUBJECT_HOST, key.buf, result < 0 ? result : -ENOENT, path);
}

static void record_parameters(struct loader_probe *probe)
{
	static const char *const names[] = { "hugepages", "isolcpus", "mitigations", "nohz_full", "preempt", "psi", "rcu_nocbs",
					     "transparent_hugepage" };
	static const char path[] = "/proc/cmdline";
	int r = root_read(probe->root, path, &probe->text);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		record_parameter(probe, names[i], r, path);
}

static int loader_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct loader_probe probe = { .root = root, .snapshot = snapshot, .text = STRBUF_INIT };
	bool grub, entries = false;

	(void)options;
	grub = root_read(root, GRUB, &probe.text) == 0;
	if (grub)
		entries = record_grub(&probe);
	record_kind(&probe, grub, entries);
	record_kernel_cmdline(&probe);
	record_parameters(&probe);
	strbuf_release(&probe.text);
	return 0;
}

static const char *const loader_paths[] = {
	"/proc/cmdline",
	GRUB,
	KERNEL_CMDLINE,
	NULL,
};

const struct probe probe_loader = {
	.name = "loader",
	.summary = "the boot loader, where it has the kernel command line from, and parameters of this boot",
	.paths = loader_paths,
	.read = loader_read,
};
