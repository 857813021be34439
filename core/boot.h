/* SPDX-License-Identifier: Apache-2.0 */
/* What will be in force after boot: the lines of configuration, each with its fate.
 *
 * A boot line is one assignment by one loader.  A file that several programs read (a sysctl.d file) gives a line for each
 * of them, because they disagree about who wins.  Probes add lines in the order in which the loader applies them and store
 * them in the snapshot as settings of the host, "boot.NAME", one for each probe; whoever judges reads all of them back:
 *
 *	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(snapshot);
 *	struct boot_outcome outcome = boot_outcome(boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", "vm.swappiness");
 *
 * The text form is one record a line, its fields separated by tabs; "\t", "\n" and "\\" stand for a tab, a line's end and
 * a backslash within a field, "\xff" for a byte that is no UTF-8:
 *
 *	FATE SOURCE LOADER KIND SUBJECT KEY VALUE PATH LINE WHY PATTERN FLAGS TEXT
 *	shadowed  sysctl  procps  host  .  vm.swappiness  10  /etc/sysctl.d/9-a.conf  3  /etc/sysctl.conf:7  .  .  vm.swappiness = 10
 *
 * where a lone "." is an empty field ("\." one that is a dot), KIND is subject_kind_name(), and FLAGS has "-" for an
 * assignment that may fail.  A LOADER of several names with commas is a record for each of them. */
#ifndef KEISOKU_BOOT_H
#define KEISOKU_BOOT_H

#include "snapshot.h"
#include "strbuf.h"

#define BOOT_PREFIX "boot."	/* and the name of the probe's part */

/* Loaders of source "sysctl".  Other sources have one reader each, whose name is "". */
#define BOOT_SYSTEMD "systemd-sysctl"
#define BOOT_PROCPS "procps"		/* sysctl --system since 4.0.0 */
#define BOOT_PROCPS_OLD "procps-old"	/* until 3.3.17 */
#define BOOT_TUNED "tuned"
#define BOOT_SAPTUNE "saptune"
/* Loader of "sysctl." arguments in what the boot loader has for the next boot, source "cmdline": before all others, so that they
 * hold where those write nothing, or what the kernel refuses. */
#define BOOT_KERNEL "kernel"

enum boot_fate {
	BOOT_WINS,		/* why: what has to happen before boot for it to hold; "" for nearly all */
	BOOT_SHADOWED,		/* why: the place that comes later, "PATH:LINE" */
	BOOT_MASKED,		/* why: the file that hides this one */
	BOOT_EXCLUDED,		/* why: the place that takes the key out of a pattern */
	BOOT_INVALID,		/* why: what the loader cannot read */
	BOOT_IGNORED,		/* why: no loader reads the file, optional and absent, dead */
	BOOT_UNRESOLVED,	/* why: what would have to be known; what it does after boot is unknown */
	BOOT_FATE_COUNT,
};

const char *boot_fate_name(enum boot_fate fate);	/* "wins", "shadowed" … */

/* Lines of "limits" are about the host, key limits.conf.DOMAIN.soft.ITEM or .hard.ITEM: in force for sessions that PAM
 * opens, not for services.  Those of "systemd" are about the host, limits.system.DefaultLimitNOFILE of its manager, or about
 * units: kind unit, the unit's name (a template has lines of its own, "postgresql@.service"), and the property's name on the
 * bus as the key, LimitNOFILE and LimitNOFILESoft, CPUQuotaPerSecUSec; values have the form of the properties there.
 * Percentages stay what they are. */
struct boot_line {
	const char *source;	/* "sysctl", "fstab", "udev", "tmpfiles", "modprobe", "modules-load", "cmdline", "limits",
				 * "systemd", "tuned", "saptune", "kubelet", "cloud-init" */
	const char *loader;	/* see above; "" where the source has one reader */
	enum subject_kind kind;
	const char *subject;	/* name or glob; "" for the host */
	const char *key;	/* "": the line or the file as a whole */
	const char *value;
	const char *path;	/* inside the root */
	unsigned int line;	/* from 1; 0: the whole file */
	const char *text;	/* the line as it stands there */
	enum boot_fate fate;
	const char *why;	/* see enum boot_fate */
	const char *pattern;	/* the key or subject as written, where the line is a pattern that was expanded; "" */
	bool optional;		/* it may fail without a word */
};

struct boot;

struct boot *boot_new(void);
void boot_free(struct boot *boot);
DEFINE_FREE_PTR(boot)

/* Strings are copied; NULL stands for "".  At most BOOT_LINES_MAX lines: false when it is full. */
#define BOOT_LINES_MAX 200000
bool boot_add(struct boot *boot, const struct boot_line *line);

/* The text form.  Parsing adds to what is there and returns the number of records that made no sense. */
void boot_format(const struct boot *boot, struct strbuf *out);
size_t boot_parse(struct boot *boot, const char *text, size_t length);

/* As the setting BOOT_PREFIX name of the host; nothing is stored when there is no line. */
void boot_store(const struct boot *boot, struct snapshot *snapshot, const char *name, const char *origin);
/* All parts of a snapshot together. */
struct boot *boot_read(const struct snapshot *snapshot);
/* Of them those that may say something about this key of the host: boot_outcome() and boot_lines() of it are the same. */
struct boot *boot_read_about(const struct snapshot *snapshot, const char *key);

/* In the order of addition. */
size_t boot_count(const struct boot *boot);
const struct boot_line *boot_at(const struct boot *boot, size_t index);

/* The lines that are about exactly this (subject, key), whatever their fate, in order; their number.  Lent until the next
 * boot_add() or boot_parse(). */
size_t boot_lines(struct boot *boot, enum subject_kind kind, const char *subject, const char *key,
		  const struct boot_line *const **ret_lines);

/* What one loader leaves behind.  A pattern that could not be expanded (no /proc/sys) and matches the key counts as set:
 * line is then the pattern's, with the fate BOOT_UNRESOLVED, and its value holds if the key exists. */
enum boot_state {
	BOOT_STATE_UNSET,	/* no line sets it: the default of the kernel, or what was there before; or the line that wins is
				 * of systemd and has no value: it takes back what others set, and systemd's default holds */
	BOOT_STATE_SET,		/* line wins */
	BOOT_STATE_UNKNOWN,	/* line is what could not be resolved */
};

struct boot_outcome {
	enum boot_state state;
	const struct boot_line *line;	/* NULL when unset */
};

struct boot_outcome boot_outcome(struct boot *boot, const char *loader, enum subject_kind kind, const char *subject,
				 const char *key);

/* What is left of a sysctl when those loaders have run that run at boot, in their order.  The probe leaves their names in
 * the setting BOOT_LOADERS of the host ("systemd-sysctl tuned saptune"); without it, systemd-sysctl is meant. */
#define BOOT_LOADERS "sysctl.loaders"
/* Whether the one that applies sysctls at boot reads /etc/sysctl.conf, which may be empty or not there: "true", "false". */
#define SYSCTL_CONF_READ "sysctl.conf_read"
const char *boot_loaders(const struct boot *boot);
struct boot_outcome boot_effective(struct boot *boot, const char *key);

/* What each loader leaves of a sysctl, of those that have a line here: systemd-sysctl, procps (old and new) and TuneD.  Left out
 * are those of which it is not known, and TuneD where it sets nothing.  Their number. */
#define BOOT_SIDES_MAX 4
struct boot_side {
	const char *loader;
	struct boot_outcome outcome;
};
size_t boot_sides(struct boot *boot, const char *key, struct boot_side *ret_sides);

/* Whether these leave different values behind. */
bool boot_loaders_disagree(struct boot *boot, const char *key);

/* "PATH:LINE", or the path alone where there is no line. */
void boot_place(const struct boot_line *line, struct strbuf *out);

#endif
