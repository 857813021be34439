/* SPDX-License-Identifier: Apache-2.0 */
/* Disks and network interfaces: what rules of udev and lines of tmpfiles.d write when a device appears, beside what it runs with. */
#include "drift.h"

#include <stdlib.h>

#include "../core/owner.h"

/* A program may set it after the device appeared, and does so again after boot. */
static bool is_managed(const struct keyed *keyed)
{
	static const char *const managers[] = { "tuned", "saptune", "sapconf", "bpftune" };

	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		if (owner_is_active(keyed->auditing->snapshot, managers[i]))
			return true;
	return false;
}

static bool ask_lost(struct keyed *keyed)
{
	if (is_managed(keyed) || !ask_lost_at_boot(keyed))
		return false;
	keyed->advice = "Decide which value is meant: write the one that runs into the rule, or apply the rule, with udevadm trigger";
	return true;
}

/* One rule of a file that fits makes it a file for many hosts, of which this is one. */
static bool has_match(const struct keyed *keyed, const char *path)
{
	const struct boot *boot = keyed->auditing->boot;

	for (size_t i = 0; i < boot_count(boot); i++) {
		const struct boot_line *line = boot_at(boot, i);

		if (line->kind == SUBJECT_KIND_BLOCK && line->fate != BOOT_IGNORED && streq(line->path, path))
			return true;
	}
	return false;
}

static bool ask_no_device(struct keyed *keyed)
{
	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate == BOOT_IGNORED && streq(line->source, "udev") && !has_match(keyed, line->path))
			keyed_add_site(keyed, line);
	}
	if (keyed->n_sites == 0)
		return false;
	keyed_say(keyed, "%s asks for %s, and no disk that was captured has such a name.", keyed_place(keyed, keyed->sites[0]),
		  keyed->name);
	return true;
}

/* Rules of packages look for devices that most hosts do not have; of those of the administrator one wants to know. */
static bool ask_unknown(struct keyed *keyed)
{
	const struct boot_line *line = keyed->outcome.line;

	return line && !drift_is_vendor(line->path) && keyed->entry && ask_unresolved(keyed);
}

static const char *pages[] = { "udev(7)", "tmpfiles.d(5)" };
static const struct drift_family family = {
	.references = { pages, ARRAY_SIZE(pages) },
	.questions = {
		[DRIFT_NO_DEVICE] = ask_no_device,
		[DRIFT_SHADOWED_VENDOR] = ask_shadowed_vendor,
		[DRIFT_SHADOWED] = ask_shadowed,
		[DRIFT_LOST_AT_BOOT] = ask_lost,
		[DRIFT_UNRESOLVED] = ask_unknown,
	},
};

static bool is_of_device(const struct boot_line *line)
{
	return line->kind == SUBJECT_KIND_BLOCK || line->kind == SUBJECT_KIND_INTERFACE;
}

void drift_judge_devices(struct auditing *auditing)
{
	struct drift_about *abouts;
	size_t count = drift_collect(auditing, is_of_device, &abouts);

	for (size_t i = 0; i < count; i++)
		drift_ask(auditing, &abouts[i], &family);
	free(abouts);
}
