/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: recommendations reconciled into ordered actions, each with its way back, ready to be written by any of the
 * writers in reports/.  advisor/plan.c makes it; all strings live in its arena, or in the finding list, registry and
 * snapshot that it was made from, which must outlive it.  Nothing is quoted yet, except where a field says so. */
#ifndef KEISOKU_PLAN_H
#define KEISOKU_PLAN_H

#include "finding.h"

/* One value into one place.  It is set and read through the file at path, or, where path is not the way to set it, by
 * commands; those are shell text, complete and quoted, one per line. */
struct plan_write {
	const char *key;		/* as a person writes it: "vm.dirty_bytes", "sda scheduler" */
	const char *path;		/* of the file that shows it, absolute; "" when show does */
	const char *value;		/* the text to write, without the newline at its end */
	const char *reads;		/* what it then shows, as normalised (see below); NULL: not known exactly */
	bool choice;			/* shown as "none [mq-deadline] kyber": the word in brackets counts */
	const char *set;		/* commands that set it; NULL: value is written into path */
	const char *show;		/* command that prints it; NULL: the file at path does.  ethtool_shows,
					 * mount_shows and qdisc_shows are functions of reports/plan/shows.sh */
	const char *tool;		/* the program that set and show need: "systemctl"; NULL: none */
	const char *leaves;		/* a file below /run that set leaves behind; NULL: none */
};
/* Normalised: tabs are blanks, no newline at the end; of a choice the chosen word alone. */

/* A setting that an action may move without meaning to: its value has to be as measured before, and is restored. */
struct plan_coupled {
	const char *key;
	const char *path;
	const char *raw;		/* as measured */
	const char *reads;		/* the same, normalised */
	bool choice;
	const char *show;		/* as in struct plan_write */
};

enum plan_file_kind {
	PLAN_FILE_WHOLE,		/* a file of our own with this content; going back removes it, or puts the
					 * previous one back */
	PLAN_FILE_LINE,			/* one line of a file that belongs to somebody else */
};

/* The half of an action that survives a reboot.  Several actions may want lines of one file: each has its own entry, and
 * of those that change the same line a later one begins with what the earlier ones made of it. */
struct plan_file {
	enum plan_file_kind kind;
	const char *path;
	const char *content;		/* WHOLE: all of it, with its last newline */
	const char *old_line;		/* LINE: the whole line to replace; NULL: new_line is added at the end */
	const char *new_line;		/* LINE: NULL: old_line is taken out */
	uint32_t line;			/* LINE: its number as it was captured, from 1; 0: not known */
	const char *reload;		/* a command to run after writing and after going back; NULL: none */
	const char *tool;		/* the program that reload needs */
};

/* Where what makes an action last stands: what its owner reads. */
enum plan_form {
	PLAN_FORM_NONE,			/* nothing makes it last; persist_note says why */
	PLAN_FORM_SYSCTL_D, PLAN_FORM_TMPFILES_D, PLAN_FORM_UDEV_RULE, PLAN_FORM_MODPROBE_D, PLAN_FORM_SYSTEMD_DROP_IN,
	PLAN_FORM_LIMITS_D, PLAN_FORM_FSTAB, PLAN_FORM_BOOT_LOADER,
	PLAN_FORM_SAPTUNE_OVERRIDE,
	/* These are no files of the action, but artefacts of the plan. */
	PLAN_FORM_TUNED_PROFILE, PLAN_FORM_KUBELET_CONFIGURATION,
	PLAN_FORM_BY_HAND,		/* as persist_note says */
	PLAN_FORM_COUNT,
};

const char *plan_form_name(enum plan_form form);	/* "none", "sysctl.d" … */
/* By the place of a file. */
enum plan_form plan_form_of_path(const char *path);

/* A field of the configuration of the kubelet that makes an action last.  Values are as YAML has them, of letters, digits
 * and "-" alone. */
struct plan_kubelet {
	const char *field;		/* "podPidsLimit"; NULL: none */
	const char *value, *before;
	const char *gate;		/* a feature gate that the field needs; NULL: none */
	const char *gate_before;
};

struct plan_reason {
	const struct finding *finding;	/* NULL: asked for on the command line */
	const char *to;			/* what this one wanted, raw; the action's own value satisfies it too */
};

struct action {
	uint32_t number;		/* from 1, in the order in which they are applied */
	const struct entry *tunable;
	subject_id subject;
	const char *subject_name;	/* "host", "block sda" */
	const char *key;		/* as a person writes it; setting_key: without the subject */
	const char *setting_key;
	const char *path;		/* of the file that shows it; "" when none does */
	const char *raw;		/* as measured */
	const char *from;		/* the same, normalised: what it must show before anything is written */
	const char *from_text, *to_text;	/* with unit, for people */
	struct plan_write write;	/* write.set and write.path both NULL or empty: nothing to do until a reboot */
	const char *loads;		/* the module that the kernel loads when it is written; NULL: none */
	struct plan_write *restore;	/* in order; gives back everything that the action moved, byte for byte */
	size_t n_restore;
	struct plan_coupled *coupled;	/* besides the setting itself */
	size_t n_coupled;
	unsigned int classes;		/* of enum change_class */
	struct plan_reason *reasons;
	size_t n_reasons;
	const char *kept_with;		/* it is here only because of a constraint: a sentence; NULL: for its own sake */
	const char *const *hazards;	/* what the registry says of this value here */
	size_t n_hazards;
	const char *takes_effect;	/* name and note */
	const char *write_effect;	/* what writing does besides setting the value; NULL: nothing */
	struct plan_file *files;
	size_t n_files;
	const char *persist_note;	/* what else there is to know or to do by hand; NULL: nothing */
	const char *owner;		/* who sets it now, or would again: "TuneD", "systemd"; NULL: nobody who is known */
	enum plan_form form;
	struct plan_kubelet kubelet;
};

/* A change that is not in the plan. */
struct plan_left_out {
	const char *key;
	const char *from, *to;
	const struct finding *finding;	/* NULL: asked for */
	const char *reason;		/* a sentence */
	unsigned int forbidden;		/* classes that were forbidden and are the reason; 0: another reason */
};

/* Findings that want one setting in opposite directions: neither is in the plan. */
struct plan_conflict {
	const char *key;
	const char *from;
	struct plan_reason *sides;
	size_t n_sides;
	const char *reason;
};

struct plan {
	const struct snapshot *snapshot;
	char id[17];			/* 16 hexadecimal digits of a hash over host, actions and values */
	const char *host;		/* its name, for people */
	const char *machine;		/* host.machine: stays the same over reboots; NULL: not known */
	const char *kernel;		/* release; NULL: not known */
	bool asked;			/* settings from the command line, not from a measurement */
	struct action *actions;
	size_t n_actions, actions_capacity;
	struct plan_left_out *left_out;
	size_t n_left_out, left_out_capacity;
	struct plan_conflict *conflicts;
	size_t n_conflicts, conflicts_capacity;
	struct finding_list **trials;	/* findings that came up when the plan was tried; owned */
	size_t n_trials, trials_capacity;
	struct arena arena;
};

/* Whether its name is ours: otherwise it may not be there before, and several actions may fill it one after the other. */
bool plan_file_is_ours(const struct plan_file *file);

struct plan *plan_new(void);
void plan_free(struct plan *plan);
DEFINE_FREE_PTR(plan)

/* Whether it can be applied without a reboot. */
static inline bool action_is_live(const struct action *action)
{
	return action->write.set || *action->write.path;
}

#endif
