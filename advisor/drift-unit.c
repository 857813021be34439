/* SPDX-License-Identifier: Apache-2.0 */
/* Units of systemd and limits: what systemd runs them with beside what unit files, system.conf and limits.conf say. */
#include "drift.h"

#include <stdlib.h>

#include "../core/parse.h"

#define PAGE_MAX_BYTES 65536	/* systemd may round sizes to pages */

/* A line that takes everything back, or a share of something that has to be asked for on the host. */
static bool is_comparable(const char *value)
{
	return *value && !ends_with(value, "%");
}

static bool same_property(const char *running, const char *line)
{
	uint64_t x, y;

	if (streq(running, line))
		return true;
	if (parse_u64(running, &x) < 0 || parse_u64(line, &y) < 0)
		return false;
	return x == y || (x > PAGE_MAX_BYTES && y > PAGE_MAX_BYTES && (x > y ? x - y : y - x) < PAGE_MAX_BYTES);
}

/* Files were changed and systemd was not told, or it was told something for this boot only. */
static bool ask_lost(struct keyed *keyed)
{
	const struct boot_line *line = keyed_winner(keyed);

	if (keyed->kind != SUBJECT_KIND_UNIT || !line || !keyed_is_present(keyed) || !is_comparable(line->value) ||
	    same_property(keyed->running->raw, line->value))
		return false;
	keyed_add_site(keyed, line);
	keyed_say(keyed, "%s of %s is %s, and %s says %s.", keyed->key, keyed->name, keyed->running->raw, keyed_place(keyed, line),
		  line->value);
	keyed->because = "Either a file was changed and systemd has not read it since, or a value was set for this boot only, with "
			 "systemctl set-property --runtime or a file in /run.";
	keyed->advice = "Decide which value is meant. Files count after systemctl daemon-reload, and limits of processes when the unit is "
			"started again";
	return true;
}

/* Unit files are there to be changed by drop-ins, the administrator's own ones too. */
static bool is_layered(const struct boot_line *line)
{
	return line->kind == SUBJECT_KIND_UNIT && !strstr(line->path, ".d/");
}

static bool ask_two_lines(struct keyed *keyed)
{
	if (!ask_shadowed(keyed))
		return false;
	for (size_t i = 0; i < keyed->n_sites; i++)
		if (!is_layered(keyed->sites[i]))
			return true;
	return false;
}

static const char *pages[] = { "systemd.exec(5)", "systemd.resource-control(5)", "systemd-system.conf(5)", "limits.conf(5)" };
static const struct drift_family family = {
	.references = { pages, ARRAY_SIZE(pages) },
	.questions = {
		[DRIFT_INVALID_LINE] = ask_invalid_line,
		[DRIFT_SHADOWED_VENDOR] = ask_shadowed_vendor,
		[DRIFT_SHADOWED] = ask_two_lines,
		[DRIFT_LOST_AT_BOOT] = ask_lost,
	},
};

static bool is_of_systemd(const struct boot_line *line)
{
	return streq(line->source, "systemd") || streq(line->source, "limits");
}

void drift_judge_units(struct auditing *auditing)
{
	struct drift_about *abouts;
	size_t count = drift_collect(auditing, is_of_systemd, &abouts);

	for (size_t i = 0; i < count; i++)
		drift_ask(auditing, &abouts[i], &family);
	free(abouts);
}
