/* SPDX-License-Identifier: Apache-2.0 */
/* tuned/keisoku/tuned.conf: where TuneD tunes the host, a profile that includes the active one and says the rest.  Only
 * text that means itself in a file of TuneD gets in: no variables, no patterns. */
#include "../core/owner.h"
#include "../core/strbuf.h"
#include "plan.h"

static bool only(const char *text, const char *allowed)
{
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
		    !(*text >= '0' && *text <= '9') && !strchr(allowed, *text))
			return false;
	return true;
}

static bool is_sysctl(const struct action *action)
{
	return starts_with(action->path, "/proc/sys/") && only(action->setting_key, "_.:-/") &&
	       only(action->write.value, "_.:- ");
}

static bool is_sysfs(const struct action *action)
{
	return !action->write.set && starts_with(action->path, "/sys/") && !starts_with(action->path, "/sys/fs/cgroup/") &&
	       only(action->path, "_.:-/") && only(action->write.value, "_.:- ");
}

static void add_section(struct strbuf *out, const struct plan *plan, const char *name, bool (*holds)(const struct action *),
			bool by_path)
{
	size_t start = out->len;

	strbuf_addf(out, "\n[%s]\n", name);
	start = out->len - start;
	for (size_t i = 0, begin = out->len; i < plan->n_actions; i++) {
		const struct action *action = &plan->actions[i];

		if (holds(action))
			strbuf_addf(out, "%s=%s\n", by_path ? action->path : action->setting_key, action->write.value);
		if (i + 1 == plan->n_actions && out->len == begin)
			strbuf_truncate(out, out->len - start);
	}
}

static bool tuned_wanted(const struct plan *plan)
{
	const char *profile = snapshot_text(plan->snapshot, SUBJECT_HOST, "tuned.profile");

	if (!owner_is_active(plan->snapshot, "tuned") || !profile || !*profile || !only(profile, "_.- "))
		return false;
	for (size_t i = 0; i < plan->n_actions; i++)
		if (is_sysctl(&plan->actions[i]) || is_sysfs(&plan->actions[i]))
			return true;
	return false;
}

/* Profiles that are active together are separated by blanks there and by commas here. */
static int tuned_write(FILE *out, const struct plan *plan)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, profile = STRBUF_INIT;
	const char *active = snapshot_text(plan->snapshot, SUBJECT_HOST, "tuned.profile");

	for (const char *c = active; *c; c++)
		strbuf_add_char(&profile, *c == ' ' ? ',' : *c);
	plan_add_comment(&text, "Copy keisoku/ into /etc/tuned (/etc/tuned/profiles where there is one), then: tuned-adm profile keisoku");
	strbuf_addf(&text, "# To take it back: tuned-adm profile %s\n", active);
	strbuf_addf(&text, "[main]\nsummary=Plan %s of keisoku on top of what was active\ninclude=%s\n", plan->id, profile.buf);
	add_section(&text, plan, "sysctl", is_sysctl, false);
	add_section(&text, plan, "sysfs", is_sysfs, true);
	fwrite(text.buf, 1, text.len, out);
	return 0;
}

const struct plan_artefact plan_tuned = {
	.path = "tuned/keisoku/tuned.conf",
	.summary = "a profile of TuneD that includes the active one; instead of files/, because TuneD tunes this host",
	.wanted = tuned_wanted,
	.write = tuned_write,
};
