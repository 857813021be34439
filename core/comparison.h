/* SPDX-License-Identifier: Apache-2.0 */
/* Two snapshots side by side, ready to be written by any reporter: what `keisoku diff` shows, and how a quantity was
 * distributed over the intervals of both windows.  Strings are finished but not escaped: reporters do that. */
#ifndef KEISOKU_COMPARISON_H
#define KEISOKU_COMPARISON_H

#include "registry.h"

/* ---- one quantity in two windows ---- */

struct distribution {
	size_t count;			/* of known values */
	double mean, min, p50, p95, max;
	double zero;			/* share of the intervals that are exactly zero */
	double independent;		/* intervals it is worth, after autocorrelation */
};

enum comparison_method { COMPARED_NOT, COMPARED_BY_SHIFT, COMPARED_BY_RATE };
enum comparison_change { CHANGE_UNKNOWN, CHANGE_NONE, CHANGE_LESS, CHANGE_MORE };
const char *comparison_method_name(enum comparison_method method);	/* "none", "shift", "rate" */
const char *comparison_change_name(enum comparison_change change);	/* "unknown", "none", "less", "more" */

#define CONFIDENCE_LEVEL 0.95

struct interval_comparison {
	struct distribution before, after;
	enum comparison_method method;
	double difference;		/* after less before; NAN when method is COMPARED_NOT */
	double low, high;		/* of it, with CONFIDENCE_LEVEL; NAN when nothing happened in either window */
	double p;			/* chance of such a difference when nothing changed */
	enum comparison_change change;	/* whether zero is outside low … high */
	const char *why;		/* CHANGE_UNKNOWN: what is lacking */
};

/* ---- two snapshots ---- */

struct compared_side {
	const struct snapshot *snapshot;
	const char *name;		/* as given: a file or directory */
};

/* What is there of a setting on one side. */
struct setting_side {
	const struct setting *setting;	/* NULL: nobody looked for it */
	const char *state;		/* "present", "absent", "unreadable" …, "not captured" */
	const char *text;		/* for people: the value with its unit, or the state in words */
	const char *origin;		/* "" where there is none */
};

enum key_nature {
	NATURE_SETTING,
	NATURE_VOLATILE,		/* changes by itself */
};

struct setting_difference {
	enum subject_kind kind;
	const char *subject;		/* its name; "" for the host */
	const char *key;
	const struct entry *entry;	/* NULL: not in the registry */
	enum key_nature nature;
	struct setting_side before, after;
};

struct subject_difference {
	enum subject_kind kind;
	const char *subject;
	bool appeared;			/* false: it went */
	size_t settings, metrics;	/* that it has */
};

struct metric_difference {
	enum subject_kind kind;
	const char *subject;
	const char *key;
	const struct entry *entry;	/* NULL: not in the registry */
	enum metric_kind metric;
	struct dimension dimension;	/* of the numbers below: a counter's are per second */
	bool ratio;
	struct interval_comparison values;	/* in base units */
};

/* Who and when, where the two are not the same. */
struct identity_difference {
	const char *name;		/* "host", "kernel", "boot" */
	const char *before, *after;	/* NULL: not known */
};

struct comparison {
	struct compared_side before, after;
	struct identity_difference identity[8];
	size_t n_identity;
	struct setting_difference *settings;	/* by kind, subject, key */
	size_t n_settings, settings_capacity;
	size_t settings_compared, settings_volatile;	/* VOLATILE: those that differ and are left out */
	struct subject_difference *subjects;
	size_t n_subjects, subjects_capacity;
	size_t subjects_compared, subjects_volatile;
	/* Those beyond noise, largest relative change first; with all of them asked for, the others after. */
	struct metric_difference *metrics;
	size_t n_metrics, metrics_capacity;
	size_t metrics_changed;		/* beyond noise, and by 1 % or more of what they are */
	size_t metrics_small;		/* beyond noise, by less: not in the list */
	size_t metrics_compared;	/* sampled in both windows */
	size_t metrics_unknown;		/* of these: too few intervals to tell */
	bool windows;			/* both measured one */
	bool all;			/* volatile and unchanged ones are in the lists */
	struct arena arena;
};

void comparison_release(struct comparison *comparison);

#endif
