/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of the kernel: those that it was booted with beside those that the boot loader's files have for the next time. */
#include "drift.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "../core/parse.h"

/* clang-format off */
/* Which disk, image or deployment is booted: the boot loader, the initramfs and hypervisors put them together anew. */
static const char *const left_out[] = {
	"BOOT_IMAGE", "bootdevice", "boot", "crashkernel", "cryptdevice", "initrd", "ostree", "resume", "resume_offset", "ro", "root",
	"root.*", "rootflags", "rootfstype", "rw", "single", "1", "3", "5", "s", "S", "splash", "quiet", "vt.handoff", "rhgb",
	"rd.*", "systemd.*", "console", "earlycon", "earlyprintk", "ip", "module_blacklist", "modprobe.blacklist", "kexec*", "dyndbg",
	"cloud-init", "ds", "network-config", "nfsroot", "BOOTIF", "boot.*", "loop.*", "img_*", "archiso*", "inst.*", "EFI*",
};
/* clang-format on */

static bool is_left_out(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		if (fnmatch(left_out[i], name, 0) == 0)
			return true;
	return false;
}

static const char *name_of(const char *key)
{
	return key + strlen("cmdline.");
}

/* What the running kernel was given under this name, the last time; NULL: nothing.  An argument in quotes is not looked into. */
static char *running_value(const struct auditing *auditing, const char *name)
{
	const char *cursor = snapshot_text(auditing->snapshot, SUBJECT_HOST, "kernel.cmdline"), *word;
	size_t length, n = strlen(name);
	char *value = NULL;

	while (cursor && next_word(&cursor, &word, &length)) {
		if (length == 2 && memcmp(word, "--", 2) == 0)
			break;
		if (length < n || memcmp(word, name, n) != 0 || (length > n && word[n] != '='))
			continue;
		free(value);
		value = length > n ? xstrndup(word + n + 1, length - n - 1) : xstrdup("");
	}
	return value;
}

static void say_running(struct keyed *keyed, const char *value)
{
	struct arena *arena = &keyed->auditing->findings->arena;

	keyed->running_text = !value ? "absent" : *value ? arena_strdup(arena, value) : "given";
}

/* It comes with the next boot, or goes, or changes. */
static bool ask_lost(struct keyed *keyed)
{
	CLEANUP(free_ptr) char *value = running_value(keyed->auditing, name_of(keyed->key));
	const struct boot_line *line = keyed_winner(keyed);

	say_running(keyed, value);
	keyed->boot_text = line && !*line->value ? "given" : NULL;
	if (!line || (value && streq(value, line->value)))
		return false;
	keyed_add_site(keyed, line);
	keyed_say(keyed, value ? "The kernel runs with another value of %s, and %s has it for the next boot." :
				 "The kernel was booted without %s, and %s has it for the next boot.",
		  name_of(keyed->key), keyed_place(keyed, line));
	keyed->advice = "Reboot when it suits, or change the boot loader's configuration";
	return true;
}

static bool ask_runtime_only(struct keyed *keyed)
{
	CLEANUP(free_ptr) char *value = running_value(keyed->auditing, name_of(keyed->key));

	if (!value || keyed->n_lines > 0)
		return false;
	keyed->boot_text = "absent";
	keyed_say(keyed, "The kernel was booted with %s%s%s, and no entry of the boot loader has it.", name_of(keyed->key),
		  *value ? "=" : "", value);
	keyed->because = "It was typed in at the boot menu, or the boot loader's configuration was changed since: the next boot is "
			 "without it.";
	keyed->advice = "Add it to the boot loader's configuration if it is meant to last";
	return true;
}

static const char *pages[] = { "bootparam(7)", "kernel-command-line(7)" };
static const struct drift_family family = {
	.references = { pages, ARRAY_SIZE(pages) },
	.questions = {
		[DRIFT_LOST_AT_BOOT] = ask_lost,
		[DRIFT_RUNTIME_ONLY] = ask_runtime_only,
	},
};

static bool is_argument(const struct boot_line *line)
{
	return streq(line->source, "cmdline") && starts_with(line->key, "cmdline.") && !is_left_out(name_of(line->key));
}

static bool is_name(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")];
}

/* Which entry is booted has to be known, and it has to be there: what is only promised may never have been meant for this boot. */
static bool is_known(const struct auditing *auditing)
{
	const struct boot_line *line = auditing->command_line;

	return line && !*line->why && snapshot_text(auditing->after, SUBJECT_HOST, "kernel.cmdline");
}

void drift_judge_arguments(struct auditing *auditing)
{
	const char *cursor = snapshot_text(auditing->snapshot, SUBJECT_HOST, "kernel.cmdline"), *word;
	struct drift_about *abouts;
	size_t count, capacity, length;

	if (!cursor || !is_known(auditing))
		return;
	capacity = count = drift_collect(auditing, is_argument, &abouts);
	while (next_word(&cursor, &word, &length)) {
		CLEANUP(free_ptr) char *name = xstrndup(word, length);

		if (streq(name, "--"))
			break;
		name[strcspn(name, "=")] = '\0';
		if (!is_name(name) || is_left_out(name))
			continue;
		GROW(abouts, capacity, count + 1);
		abouts[count++] = (struct drift_about){
			SUBJECT_KIND_HOST, "", arena_formatf(&auditing->findings->arena, "cmdline.%s", name),
		};
	}
	drift_abouts_sort(abouts, &count);
	for (size_t i = 0; i < count; i++)
		drift_ask(auditing, &abouts[i], &family);
	free(abouts);
}
