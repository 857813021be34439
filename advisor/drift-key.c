/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of one key. */
#include "../core/parse.h"
#include "drift.h"
#include "value-check.h"

bool drift_same_raw(const struct entry *entry, const char *a, const char *b)
{
	struct value x, y;

	if (same_words(a, b))
		return true;
	if (!entry || entry->class != ENTRY_TUNABLE)
		return false;
	x = value_of_setting(entry, a, strlen(a));
	y = value_of_setting(entry, b, strlen(b));
	return x.type != VALUE_UNKNOWN && value_same(entry, &x, &y);
}

bool keyed_is_present(const struct keyed *keyed)
{
	return keyed->running && keyed->running->absence == PRESENT;
}

bool keyed_is_absent(const struct keyed *keyed)
{
	/* In an image nothing of the kernel is there, which says nothing about the one that it will boot. */
	if (keyed->running)
		return (keyed->running->absence == ABSENT || keyed->running->absence == UNSUPPORTED) &&
		       (keyed->auditing->walked || keyed->kind != SUBJECT_KIND_HOST);
	return keyed->auditing->walked && !keyed->auditing->contained;
}

const struct boot_line *keyed_winner(const struct keyed *keyed)
{
	return keyed->outcome.state == BOOT_STATE_SET ? keyed->outcome.line : NULL;
}

bool keyed_counts_here(const struct keyed *keyed, const struct boot_line *line)
{
	return boot_state_applies(keyed->auditing, line->loader);
}

void keyed_add_site(struct keyed *keyed, const struct boot_line *line)
{
	for (size_t i = 0; i < keyed->n_sites; i++)
		if (streq(keyed->sites[i]->path, line->path) && keyed->sites[i]->line == line->line)
			return;
	if (keyed->n_sites < ARRAY_SIZE(keyed->sites))
		keyed->sites[keyed->n_sites++] = line;
}

const char *keyed_place(const struct keyed *keyed, const struct boot_line *line)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	boot_place(line, &text);
	return arena_strndup(&keyed->auditing->findings->arena, text.buf, text.len);
}

/* The kernel may well make something else of a value than what was written. */
static bool reads_back_exactly(const struct entry *entry)
{
	return !entry || !entry->reads_back || streq(entry->reads_back, "exact") || streq(entry->reads_back, "tabs") ||
	       streq(entry->reads_back, "bracketed");
}

bool keyed_runs_otherwise(const struct keyed *keyed, const char *raw)
{
	const char *whole = keyed_is_present(keyed) ? value_completed(keyed->entry, keyed->running->raw, raw, &keyed->auditing->findings->arena) : NULL;

	raw = whole ? whole : raw;
	return keyed_is_present(keyed) && !keyed->auditing->contained && reads_back_exactly(keyed->entry) && *raw &&
	       !drift_same_raw(keyed->entry, keyed->running->raw, raw);
}

/* Of one interface, which may come later: udev applies the lines again then. */
bool drift_is_of_interface(const char *key)
{
	static const char *const families[] = { "net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.neigh.", "net.ipv6.neigh.",
						"net.mpls.conf." };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const char *member = key + strlen(families[i]);

		if (starts_with(key, families[i]))
			return !starts_with(member, "all.") && !starts_with(member, "default.");
	}
	return false;
}
