/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of rightsizing share: advisor/rightsize*.c only. */
#ifndef KEISOKU_RIGHTSIZE_MAKING_H
#define KEISOKU_RIGHTSIZE_MAKING_H

#include "../core/usage-histogram.h"
#include "rightsize.h"
#include "workload-view.h"

/* ---- rightsize-percentile.c */
bool workload_is_batch(const struct workload *workload);
/* The time for which something is known of it: a sample today and one a week ago are no week. */
double usage_seen_sec(const struct usage_series *series);
/* Whether there is enough to go by; else why_not and next_step of need are filled. */
bool need_enough(const struct rightsizing *rightsizing, uint32_t container, const struct usage_series *series, struct need *need,
		 struct arena *arena);
void need_confidence(const struct rightsizing *rightsizing, uint32_t container, const struct usage_series *series, struct need *need,
		     struct arena *arena);
/* What of the working set cannot be dropped, and the part of the page cache that is likely to be wanted again; cache: what of it is page cache
 * and reclaimable slab, in the mean.  NAN: not known. */
double memory_hard_need(const struct usage *usage, uint32_t container, double *ret_cache);

/* ---- rightsize-evidence.c: one resource of one container, while its cause is looked for */
#define EVIDENCE_MOST 16
#define AFTER_KILL 1.2			/* times what it had: as `vpa` bumps */

struct sizing_view {
	struct rightsizing *rightsizing;
	const struct cluster *cluster;
	const struct usage *usage;
	const struct node_views *nodes;
	const struct workload *workload;
	const struct workload_container *container;
	struct sizing_row *row;
	struct sizing *sizing;
	enum resource resource;
	const struct need *need;
	bool due;			/* see rightsize_evidence() */
	struct arena *arena;
	struct evidence found[EVIDENCE_MOST];
	size_t n_found;
};

enum evidence_unit { EVIDENCE_USE, EVIDENCE_SHARE, EVIDENCE_COUNT_OF, EVIDENCE_RATE, EVIDENCE_PER_DAY };

const struct usage_series *view_series(const struct sizing_view *view, enum usage_metric metric);
/* One line; a number that is not known is none. */
void view_evidence(struct sizing_view *view, const char *expression, enum evidence_unit unit, double number, const struct usage_series *series);
/* Of need's numbers, as they would be written: rounded up to what a person would write; `vpa` rounds nothing. */
int64_t view_size(const struct sizing_view *view, double use);
const char *view_text(const struct sizing_view *view, int64_t size);	/* "250m", "512Mi" */
/* The cause was found: status, cause, severity; reason is the cause's text unless one is given. */
void view_found(struct sizing_view *view, enum status status, enum size_cause cause, enum severity severity, const char *reason);
/* A request, and a limit that goes with it: `vpa` keeps their ratio; else one that was equal stays equal, and none is lower than the request. */
void view_request(struct sizing_view *view, int64_t request);
/* The limit that it runs with: its own, else the one that admission gave its pods (a LimitRange); -1: none. */
int64_t view_limit(const struct sizing_view *view);
/* Of its pods' nodes the one where it is greatest; NAN: measured of none. */
double view_node_pressure(const struct sizing_view *view, size_t offset);
#define VIEW_NODE(view, member) view_node_pressure(view, offsetof(struct node_view, member))
/* What request there is against lower and upper: what is common to CPU and memory.  False: nothing to change. */
bool diagnose_no_request(struct sizing_view *view);
bool diagnose_request_low(struct sizing_view *view, enum severity severity);
bool diagnose_request_high(struct sizing_view *view);
bool diagnose_unmeasured(struct sizing_view *view);

/* ---- rightsize-cpu.c, rightsize-memory.c: evidence, and the first cause that is found */
void cpu_diagnose(struct sizing_view *view);
void memory_diagnose(struct sizing_view *view);

/* ---- rightsize-vpa.c */
/* Whether vpa's updater would put new sizes on the pods of the workload to which these rows belong; they are neighbours. */
bool vpa_update_due(const struct rightsizing *rightsizing, const struct sizing_row *rows, size_t n_rows);

/* ---- rightsize-text.c */
const char *duration_text(struct arena *arena, double sec);		/* "7.0 days" */
const char *use_text(struct arena *arena, enum resource resource, double use);	/* of cores "420m", of bytes "1.2 GiB"; NAN: "unknown" */

#endif
