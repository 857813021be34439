/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

struct plan *plan_new(void)
{
	return xcalloc(1, sizeof(struct plan));
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->actions);
	free(plan->left_out);
	free(plan->conflicts);
	for (size_t i = 0; i < plan->n_trials; i++) {
		finding_list_release(plan->trials[i]);
		free(plan->trials[i]);
	}
	free(plan->trials);
	arena_release(&plan->arena);
	free(plan);
}

const char *plan_form_name(enum plan_form form)
{
	static const char *const names[PLAN_FORM_COUNT] = {
		[PLAN_FORM_NONE] = "none",
		[PLAN_FORM_SYSCTL_D] = "sysctl.d",
		[PLAN_FORM_TMPFILES_D] = "tmpfiles.d",
		[PLAN_FORM_UDEV_RULE] = "udev-rule",
		[PLAN_FORM_MODPROBE_D] = "modprobe.d",
		[PLAN_FORM_SYSTEMD_DROP_IN] = "systemd-drop-in",
		[PLAN_FORM_LIMITS_D] = "limits.d",
		[PLAN_FORM_FSTAB] = "fstab",
		[PLAN_FORM_BOOT_LOADER] = "boot-loader",
		[PLAN_FORM_SAPTUNE_OVERRIDE] = "saptune-override",
		[PLAN_FORM_TUNED_PROFILE] = "tuned-profile",
		[PLAN_FORM_KUBELET_CONFIGURATION] = "kubelet-configuration",
		[PLAN_FORM_BY_HAND] = "by-hand",
	};

	return names[form];
}

enum plan_form plan_form_of_path(const char *path)
{
	static const struct {
		const char *prefix;
		enum plan_form form;
	} places[] = {
		{ "/etc/default/grub", PLAN_FORM_BOOT_LOADER },	     { "/etc/fstab", PLAN_FORM_FSTAB },
		{ "/etc/kernel/", PLAN_FORM_BOOT_LOADER },	     { "/etc/modprobe.d/", PLAN_FORM_MODPROBE_D },
		{ "/etc/saptune/", PLAN_FORM_SAPTUNE_OVERRIDE },     { "/etc/security/limits.d/", PLAN_FORM_LIMITS_D },
		{ "/etc/sysctl.", PLAN_FORM_SYSCTL_D },		     { "/etc/systemd/", PLAN_FORM_SYSTEMD_DROP_IN },
		{ "/etc/tmpfiles.d/", PLAN_FORM_TMPFILES_D },	     { "/etc/udev/rules.d/", PLAN_FORM_UDEV_RULE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (starts_with(path, places[i].prefix))
			return places[i].form;
	return PLAN_FORM_NONE;
}

bool plan_file_is_ours(const struct plan_file *file)
{
	const char *slash = strrchr(file->path, '/');

	return file->kind == PLAN_FILE_WHOLE && strstr(slash ? slash : file->path, "keisoku-");
}
