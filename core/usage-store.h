/* SPDX-License-Identifier: Apache-2.0 */
/* How usage is kept while it is fed: inside core/usage*.c only. */
#ifndef KEISOKU_USAGE_STORE_H
#define KEISOKU_USAGE_STORE_H

#include "usage-histogram.h"
#include "usage.h"
#include "vpa-histogram.h"

/* ---- usage-course.c: slots that double in length when there are too many */

struct course_slot {
	float max, mean;
	uint32_t count;
};

struct usage_course {
	struct course_slot *slots;	/* those from the slot_sec-th multiple begin on */
	int64_t begin;
	uint32_t count;
	double slot_sec;
};
void usage_course_add(struct usage_course *course, double time_sec, double value);
/* Into series->course; the slots are gone. */
void usage_course_finish(struct usage_course *course, struct usage_series *series);

/* ---- usage-pod.c: what one pod did over its life */

#define GROWTH_SLOTS 8

/* The lowest value in each eighth (or sixteenth) of a stretch without a fall to less than half. */
struct usage_growth {
	float least[GROWTH_SLOTS * 2];
	float slot_sec;
	uint32_t used;			/* slots */
	double begin_sec, last_sec;
};

#define HOUR_PARTS 12

struct usage_pod_digest {
	struct usage_histogram histogram;
	struct usage_growth growth;
	float start_max, later_max;	/* -1: none */
	/* Of CPU: the last hour, in twelfths, of which twelfth is the latest. */
	uint32_t twelfth;
	uint16_t hour_counts[HOUR_PARTS];
	float hour_sums[HOUR_PARTS];
	float hour_most;		/* the greatest mean of an hour; -1: none was seen whole */
	uint32_t grew;			/* earlier stretches that grew */
	float fastest, fastest_from, fastest_to;	/* per day; of earlier stretches */
};

struct usage_feed;
void usage_pod_add(struct usage_feed *feed, double time_sec, double value);
/* Of all pods of a series, into its pods_seen; their histograms go into the series' own.  begin_sec: when the whole window began. */
void usage_pods_finish(struct usage_series *series, struct usage_feed *feeds, double begin_sec, const char *(*pod_name)(const void *, uint32_t),
		       const void *context);

/* Of what a server computed of each pod; texts and percentiles go into the arena, the rest is the caller's to free. */
struct usage_pods *usage_pods_given(const struct usage_given_pod *given, size_t n, double at_once, struct arena *arena);

/* ---- usage.c */

struct pending_oom {
	struct pending_oom *next;
	double time_sec, request;
	bool taken, of_status;
};

struct usage_feed {
	struct usage_store_series *series;
	struct usage_feed *next;	/* of the same series */
	uint32_t pod;			/* symbol */
	uint32_t samples;
	double first_sec, last_sec, last_value;
	double increase;		/* counters */
	float step_sec;			/* usual; 0: not known yet */
	float start_increase;
	struct usage_pod_digest *digest;
	struct vpa_memory *memory;	/* of the working set */
	struct pending_oom *ooms;	/* by time */
};

struct usage_extent {
	uint64_t samples;
	uint32_t pods;
	double first_sec, last_sec, min, max, mean;
};

struct usage_store_series {
	struct usage_series public;	/* first: usage_get() lends it */
	struct usage_owner *owner;
	struct usage_feed *feeds;
	struct usage_course course;
	struct usage_extent *extent;	/* as given; NULL */
	struct usage_pods *given_pods;	/* as given; NULL */
};

/* A container, a node or one of a node's slices. */
struct usage_owner {
	struct usage_store_series *series[USAGE_METRIC_COUNT];
	uint32_t container;
	uint32_t ooms;
	double oom_memory, oom_sec;	/* greatest; NAN */
};

#endif
