/* SPDX-License-Identifier: Apache-2.0 */
/* One key at a time: what runs, what boot leaves behind, what the kernel would do, and the question what is wrong with it.
 * Inside the advisor only. */
#ifndef KEISOKU_DRIFT_H
#define KEISOKU_DRIFT_H

#include "audit-making.h"

#define DRIFT_SITES_MAX 8	/* lines of one finding */

enum drift {
	DRIFT_OUT_OF_RANGE, DRIFT_RENAMED, DRIFT_REMOVED, DRIFT_UNKNOWN_KEY, DRIFT_DEAD_LINE, DRIFT_INVALID_LINE,
	DRIFT_UNREAD_FILE, DRIFT_BUILT_IN, DRIFT_NOT_LOADED, DRIFT_NO_DEVICE, DRIFT_LOADERS_DISAGREE, DRIFT_SHADOWED_VENDOR,
	DRIFT_SHADOWED, DRIFT_NOT_MOUNTED, DRIFT_ONE_WAY, DRIFT_LOST_AT_BOOT, DRIFT_RUNTIME_ONLY, DRIFT_UNRESOLVED, DRIFT_COUNT,
};

struct drift_family;

/* One key of one subject and all that is known of it. */
struct keyed {
	struct auditing *auditing;
	const struct drift_family *family;
	enum subject_kind kind;
	const char *name;			/* of the subject, or a pattern of names; "": the host */
	subject_id subject;			/* SUBJECT_NONE: nothing of this name was captured */
	const char *key;
	const char *label;			/* "vm.swappiness", "sda scheduler" */
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
	const char *running_text, *boot_text;	/* in place of what the snapshots have; NULL: that */
};

/* ---- advisor/drift.c ---- */
typedef bool question(struct keyed *keyed);	/* true after having filled sites and detail */

/* What a line is about. */
struct drift_about {
	enum subject_kind kind;
	const char *name, *key;
};

/* What lines of one sort are asked. */
struct drift_family {
	struct string_list references;
	question *questions[DRIFT_COUNT];	/* NULL: not asked of them */
};

/* Asks one question after the other, and reports the first answer. */
void drift_ask(struct auditing *auditing, const struct drift_about *about, const struct drift_family *family);
/* All that lines are about which are wanted, sorted, each once; to be freed. */
size_t drift_collect(const struct auditing *auditing, bool (*is_wanted)(const struct boot_line *line),
		     struct drift_about **ret_abouts);
void drift_abouts_sort(struct drift_about *abouts, size_t *count);

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

/* A key of the registry whose name is almost this one; NULL: none, or it was asked of too many keys already. */
const char *drift_nearest_key(const struct keyed *keyed);

/* ---- advisor/drift-sysctl.c: the host's keys in /proc/sys, and others that are files ---- */
void drift_judge_sysctls(struct auditing *auditing);
question ask_lost_at_boot;

/* ---- advisor/drift-device.c: disks and interfaces ---- */
void drift_judge_devices(struct auditing *auditing);

/* ---- advisor/drift-module.c: modules and their parameters ---- */
void drift_judge_modules(struct auditing *auditing);

/* ---- advisor/drift-cmdline.c: arguments of the kernel ---- */
void drift_judge_arguments(struct auditing *auditing);

/* ---- advisor/drift-mount.c: file systems ---- */
void drift_judge_mounts(struct auditing *auditing);

/* ---- advisor/drift-unit.c: units of systemd, and limits ---- */
void drift_judge_units(struct auditing *auditing);

/* ---- advisor/drift-loader.c: lines, whatever they set ---- */
bool drift_is_repeated(const struct boot_line *line);	/* another program has applied it already */
bool drift_is_vendor(const char *path);			/* of a package */
question ask_invalid_line, ask_unread_file, ask_loaders_disagree, ask_shadowed_vendor, ask_shadowed, ask_unresolved;

#endif
