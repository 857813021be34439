/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: a rule applied to a subject, ready to be written by any reporter.  All strings live in the arena of the
 * list and are finished: numbers formatted with their unit, commands quoted.  Input text in them is still raw: each
 * reporter escapes for its own format. */
#ifndef KEISOKU_FINDING_H
#define KEISOKU_FINDING_H

#include "registry.h"

enum status {			/* DESIGN.md section 6 */
	STATUS_RECOMMEND,
	STATUS_SUSPECT,
	STATUS_UNMEASURED,
	STATUS_ELSEWHERE,
	STATUS_SATISFIED,
	STATUS_NOT_APPLICABLE,
	STATUS_UNREADABLE,
	STATUS_WAIVED,
	STATUS_COUNT,
};
const char *status_name(enum status status);
int status_parse(const char *name, enum status *ret_status);

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_COUNT };
const char *severity_name(enum severity severity);
int severity_parse(const char *name, enum severity *ret_severity);

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };
const char *confidence_name(enum confidence confidence);

enum basis { BASIS_SETTING, BASIS_LIVE, BASIS_SINCE_BOOT, BASIS_INSTANT };	/* INSTANT: a gauge read once */
const char *basis_name(enum basis basis);

/* What a number was in each interval of the window: the slots of snapshot_window_get(). */
struct course {
	const double *values;		/* in base units; NAN: not known */
	uint32_t count;
	const char *least, *most;	/* of those that are known, as a person reads them */
};

struct evidence {
	const char *expression;		/* "rate(netstat.TcpExt.ListenOverflows)" */
	const char *value;		/* "12.4/s"; "unknown" */
	bool known;
	double number;			/* in base units */
	enum basis basis;
	double window_sec;		/* LIVE: of the window; SINCE_BOOT: uptime; else 0 */
	uint32_t samples;		/* intervals */
	double share;			/* of the intervals in which the rule's condition held; NAN: not asked */
	const char *source;		/* "/proc/net/netstat" */
	const struct course *course;	/* evaluate_courses(); NULL: not asked, not measured, or always the same */
};

struct missing {
	const char *key;
	const char *why;		/* "not captured", "absent", "unreadable: Permission denied", "frozen: …" */
	const char *how;		/* what to run or import to have it */
};

/* What somebody who approves a change wants to know of it beforehand; --forbid takes these names. */
enum change_class {
	CHANGE_ONE_WAY = 1 << 0,		/* it cannot be undone */
	CHANGE_REBOOT_TO_UNDO = 1 << 1,
	CHANGE_SIDE_EFFECT = 1 << 2,		/* writing does more than setting the value */
	CHANGE_NEW_OBJECTS = 1 << 3,		/* what already runs keeps the old value */
	CHANGE_PER_NAMESPACE = 1 << 4,		/* holds in one namespace only */
	CHANGE_NEEDS_MODULE = 1 << 5,		/* is there only while a kernel module is loaded */
};
#define CHANGE_CLASS_COUNT 6
const char *change_class_name(unsigned int bit);	/* number of the bit, from 0 */
int change_class_parse(const char *name, unsigned int *ret_class);	/* -EINVAL */
unsigned int change_classes(const struct entry *entry);

struct change {
	const struct entry *tunable;
	subject_id subject;
	const char *key;		/* as a person writes it: "net.core.somaxconn", "sda scheduler" */
	const char *from;		/* raw text now */
	const char *to;			/* raw text proposed */
	const char *from_text, *to_text;	/* with unit: "20 %", "4,096" */
	unsigned int classes;		/* of enum change_class */
	/* Shell commands, one per line, complete and quoted; NULL when there is none, and then the _note says why. */
	const char *apply, *rollback, *verify, *persist, *unpersist;
	const char *persist_note;
	const char *const *hazards;	/* what the registry says of the proposed value here */
	size_t n_hazards;
};

/* Where a finding is to be mended: a line of a file of the host or image that was looked at. */
struct finding_site {
	const char *path;		/* absolute, below the root: "/etc/sysctl.d/99-site.conf" */
	uint32_t line, last_line;	/* from 1; 0: the file as a whole */
	const char *text;		/* the line as it stands; NULL: not known */
	bool proposed;			/* of a review: the file is none of the host but what is proposed, path as it was given */
};

/* What mends a finding: a piece of one line of its first site, and what is to stand there instead. */
struct finding_fix {
	uint32_t line, column, end_column;	/* from 1, of characters; end_column: behind the last */
	const char *text;
};

/* The values of one key side by side, as a person reads them; NULL: not known. */
struct finding_values {
	const char *key;		/* "vm.swappiness"; of another subject without its name */
	const char *running, *boot, *kernel_default, *wanted;
	const char *drift;		/* "lost-at-boot", "shadowed-line" …; NULL: they agree */
};

/* What a review says of a setting that somebody proposes. */
enum review_verdict {
	REVIEW_SUPPORTED,		/* what was measured argues for it */
	REVIEW_UNSUPPORTED,		/* nothing that was measured asks for it */
	REVIEW_UNMEASURED,		/* it takes a measurement to tell */
	REVIEW_CONTRADICTED,		/* what was measured argues the other way */
	REVIEW_NO_EFFECT,		/* it is so already, or the setting does nothing here */
	REVIEW_OVERRIDDEN,		/* another line has the last word */
	REVIEW_OBSOLETE,		/* the setting has another name, or went */
	REVIEW_DANGEROUS,		/* it breaks something here */
	REVIEW_INVALID,		/* the kernel does not take it */
	REVIEW_BROKEN,			/* the line does not do what it says */
	REVIEW_UNCLEAR,		/* the line is not understood */
	REVIEW_COUNT,
};
const char *review_verdict_name(enum review_verdict verdict);

struct finding_review {
	enum review_verdict verdict;
	unsigned int also;		/* bits of the other verdicts that hold besides */
	const char *meaning;		/* of the verdict, whatever the setting: a sentence */
	const char *form, *via;		/* "shell"; "sysctl -w" */
	const char *applied;		/* what it is when the proposal has been carried out; NULL: not known */
	const char *before;		/* what the same place said before; NULL: nothing */
	const char *condition;		/* what it depends on and was not judged; NULL: nothing */
	const char *instead;		/* how it would be written; NULL */
	const char *const *remarks;	/* sentences, the most important first */
	size_t n_remarks;
};

struct finding {
	const char *id;			/* rule id + "@" + subject ("@host") */
	const char *rule;
	const char *title;
	subject_id subject;
	const char *subject_name;	/* "host", "block sda" */
	const char *subject_is;		/* what people call it: "container app of pod shop/web-0"; NULL */
	enum status status;
	enum severity severity;
	enum confidence confidence;
	const char *confidence_reason;
	const char *resource, *use_kind;	/* USE: "network", "saturation" */
	const char *pack;		/* what it stands together with in reports; NULL: as the place of its rule says */
	const char *reason;		/* why this status, one sentence */
	const char *because;		/* numbers filled in */
	const char *advice;		/* rules without a change: what to do instead */
	const char *side_effects;
	const char *takes_effect;	/* name and note */
	const char *verify_measure;	/* the measurement that will show whether it helped */
	const char *next_step;		/* suspect, unmeasured: the command to run */
	struct evidence *evidence;
	size_t n_evidence;
	const struct course *held;	/* of the condition: 1 where it held, 0 where not; otherwise as in evidence */
	struct missing *missing;
	size_t n_missing;
	struct change *changes;
	size_t n_changes;
	const struct string_list *references;
	struct place place;		/* of the rule */
	struct finding_site *sites;	/* the line that counts first */
	size_t n_sites;
	const struct finding_fix *fixes;	/* all of them together; none: no exact one is known */
	size_t n_fixes;
	const struct finding_values *values;	/* of audits; NULL: the finding compares none */
	const struct finding_review *review;	/* of reviews: values has what it is now, after boot and proposed (wanted); NULL */
	const char *waiver;		/* reason, owner and expiry of the waiver */
	bool in_baseline;		/* it was there before, as bad: nothing new */
};

struct finding_list {
	struct finding *items;		/* sorted: status, severity (highest first), rule, subject */
	size_t count, capacity;
	size_t counts[STATUS_COUNT];	/* of all rule × subject pairs, also those not kept */
	struct arena arena;
};

#define FINDING_LIST_INIT { 0 }
void finding_list_release(struct finding_list *list);
void finding_list_sort(struct finding_list *list);
/* The share, 0..1, of what applies here that could be judged; 0 when nothing does: who saw nothing has covered nothing. */
double finding_list_coverage(const struct finding_list *list);

/* Whether it rests on more than settings. */
bool finding_measures(const struct finding *finding);

/* One cell of the USE table. */
struct use_cell {
	const char *value;		/* "12 %", "0.4/s"; "unknown" */
	const char *detail;		/* what it is: "of CPU time, p95 23 %" */
	bool known, alarming;		/* alarming: past the threshold written in rules/use */
	double ratio;			/* 0..1 for a bar; NAN: none */
	const struct course *course;	/* NULL: no window, or always the same */
};

struct use_row {
	const char *resource;		/* "CPU" */
	struct use_cell utilisation, saturation, errors;
};

/* Everything a reporter writes.  Finished and sorted. */
struct report {
	const struct snapshot *snapshot;
	const char *command;		/* "advise" */
	const struct finding_list *findings;
	const struct use_row *use;
	size_t n_use;
	const struct diag *notes;	/* diagnostics of this run (rules, input) */
	size_t settings_read, settings_absent, settings_unreadable, settings_unsupported;
	size_t metrics_read, metrics_absent, metrics_unreadable;
	size_t rules, tunables;
	bool show_all;			/* satisfied and not-applicable findings too */
	/* What the program ends with, when that is known while the report is written: no other input or plan is to come. */
	bool exit_known;
	int exit_status;
	/* How text may look; other formats ignore it. */
	unsigned int width;
	bool colour, unicode;
};

#endif
