/* SPDX-License-Identifier: Apache-2.0 */
/* One key at a time: what runs, what boot leaves behind, what the kernel would do, and the question what is wrong with it.
 * Inside the advisor only. */
#ifndef KEISOKU_DRIFT_H
#define KEISOKU_DRIFT_H

#include "audit-making.h"

#define DRIFT_SITES_MAX 8	/* lines of one finding */

enum drift {
	DRIFT_OUT_OF_RANGE, DRIFT_RENAMED, DRIFT_REMOVED, DRIFT_UNKNOWN_KEY, DRIFT_DEAD_LINE, DRIFT_INVALID_LINE,
	DRIFT_UNREAD_FILE, DRIFT_LOADERS_DISAGREE, DRIFT_SHADOWED_VENDOR, DRIFT_SHADOWED, DRIFT_ONE_WAY, DRIFT_LOST_AT_BOOT,
	DRIFT_RUNTIME_ONLY, DRIFT_UNRESOLVED, DRIFT_COUNT,
};

/* One key and all that is known of it. */
struct keyed {
	struct auditing *auditing;
	const char *key;
	const struct entry *entry;		/* may be NULL */
	const struct setting *running;		/* may be NULL */
	const struct boot_line *const *lines;	/* all that are about it, of all loaders */
	size_t n_lines;
	struct boot_outcome outcome;		/* of the loader that counts here */
	const char *kernel_default;		/* may be NULL */
	/* What was found. */
	const struct boot_line *sites[DRIFT_SITES_MAX];
	size_t n_sites;
	const char *detail;			/* a sentence more, about this key */
	const char *because, *advice;		/* in place of what its class says; NULL: that */
};

/* ---- advisor/drift-key.c: what is known of a key ---- */
bool drift_same_raw(const struct entry *entry, const char *a, const char *b);	/* entry may be NULL */
bool drift_is_of_interface(const char *key);	/* one that may come later: udev applies the lines again then */
bool keyed_is_present(const struct keyed *keyed);
bool keyed_is_absent(const struct keyed *keyed);	/* the kernel was asked for it and does not have it */
const struct boot_line *keyed_winner(const struct keyed *keyed);	/* NULL: none, or it is not known */
bool keyed_counts_here(const struct keyed *keyed, const struct boot_line *line);
/* Whether it runs with something else than raw, as far as the kernel shows what was written. */
bool keyed_runs_otherwise(const struct keyed *keyed, const char *raw);
void keyed_add_site(struct keyed *keyed, const struct boot_line *line);
const char *keyed_place(const struct keyed *keyed, const struct boot_line *line);
#define keyed_say(keyed, ...) ((keyed)->detail = arena_formatf(&(keyed)->auditing->findings->arena, __VA_ARGS__))

/* A key of the registry whose name is almost this one; NULL. */
const char *drift_nearest_key(const struct keyed *keyed);

/* ---- questions: true after having filled sites and detail ---- */
typedef bool question(struct keyed *keyed);

/* advisor/drift-sysctl.c */
question ask_out_of_range, ask_renamed, ask_removed, ask_unknown_key, ask_dead_line,
	ask_one_way, ask_lost_at_boot, ask_runtime_only;

/* advisor/drift-loader.c */
bool drift_is_repeated(const struct boot_line *line);	/* another program has applied it already */
question ask_invalid_line, ask_unread_file, ask_loaders_disagree, ask_shadowed_vendor, ask_shadowed, ask_unresolved;

#endif
