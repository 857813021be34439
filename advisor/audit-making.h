/* SPDX-License-Identifier: Apache-2.0 */
/* An audit while it is being made.  Inside the advisor only. */
#ifndef KEISOKU_AUDIT_MAKING_H
#define KEISOKU_AUDIT_MAKING_H

#include "../core/boot.h"
#include "../core/strbuf.h"
#include "audit.h"
#include "rule.h"

struct auditing {
	struct rulebook *rulebook;		/* of the lines that were chosen */
	const struct registry *registry;
	const struct audit_options *options;
	const struct snapshot *snapshot;	/* as it runs */
	struct boot *boot;			/* what its files say */
	struct snapshot *after;			/* as it will be after boot: what is not known is not there */
	const struct boot_line **patterns;	/* lines about all devices of which the names match; in order */
	size_t n_patterns;			/* at most PATTERNS_MAX; more of them are not met */
	bool many_patterns;
	const struct boot_line *command_line;	/* the first that says something of the kernel's; NULL */
	bool walked;				/* the keys of a running kernel were read, so one that was not met is absent */
	bool contained;				/* read in a container: no file of it sets what it runs with */
	struct finding_list *findings;
	size_t unknown_keys;			/* so far */
	size_t n_policies;			/* findings of policies, which come first */
};

#define PATTERNS_MAX 256

/* ---- advisor/boot-state.c ---- */
/* Fills boot, after, walked and contained.  Release with boot_state_release(). */
void boot_state_make(struct auditing *auditing);
void boot_state_release(struct auditing *auditing);

/* Whether this loader of sysctls runs when the host boots; "" always does. */
bool boot_state_applies(const struct auditing *auditing, const char *loader);

/* The file of /sys that a key of the host is, by which lines name it; entry may be NULL.  False: none. */
bool boot_state_path(const struct entry *entry, const char *key, struct strbuf *path);

/* What all that sets this key at boot leaves behind, the last one first. */
struct boot_outcome boot_state_outcome(const struct auditing *auditing, enum subject_kind kind, const char *subject,
				       const char *key);

/* The raw text that an unconfigured kernel has, as far as the registry knows; NULL: not known. */
const char *default_raw(const struct auditing *auditing, const struct entry *entry, struct arena *arena);

/* ---- advisor/boot-value.c ---- */
/* What a key is expected to be after boot. */
struct expectation {
	const char *value;		/* NULL: not known, or nothing sets it */
	const char *place;		/* the line that sets it, or EXPECTED_DEFAULT */
	const char *why;		/* why it is not known; may be NULL */
};
#define EXPECTED_DEFAULT "the kernel's default"
/* about: one that the snapshot has, or a device or mount that there may be. */
struct expectation boot_expect(const struct auditing *auditing, const struct subject *about, const char *key, struct arena *arena);

/* Why the kernel does not take this text: "7 is not from 0 to 2"; NULL: it does, as far as is known.  entry may be NULL. */
const char *value_refusal(const struct auditing *auditing, const struct entry *entry, const char *raw, struct arena *arena);

/* Whether the key is an argument of the kernel itself, "cmdline.mitigations". */
bool boot_is_argument(const char *key);

/* Whether an argument of the kernel's command line, which may be NULL, sets this key. */
bool boot_is_parameter(const char *line, const char *key);

/* ---- advisor/boot-mount.c ---- */
/* "noatime" of the mount "/srv", "" for its options as its line has them; and the options of which something can be said. */
void mount_expect(const struct auditing *auditing, const char *target, const char *option, struct arena *arena,
		  struct expectation *ret);
extern const char *const mount_expected_options[];	/* up to NULL */

/* ---- advisor/drift.c ---- */
void drift_judge(struct auditing *auditing);

/* ---- advisor/audit-cluster.c ---- */
void audit_judge_cluster(struct auditing *auditing);
bool audit_is_about_cluster(enum subject_kind kind);

/* ---- advisor/audit.c ---- */
struct finding *audit_add(struct auditing *auditing, enum status status);	/* NULL: only counted */
/* A waiver for rule on subject ("vm.swappiness", "host") or its other name makes it WAIVED. */
enum status audit_waive(struct auditing *auditing, enum status status, const char *rule, const char *subject,
			const char *name, const char **ret_text);
/* The four columns; wanted NULL: nothing is. */
const struct finding_values *audit_values(struct auditing *auditing, subject_id subject, const char *key,
					  const char *wanted, const char *drift);
/* A raw text as a person reads it. */
const char *audit_value_text(const struct entry *entry, const char *raw, struct arena *arena);
struct finding_site audit_site(const struct boot_line *line, struct arena *arena);

#endif
