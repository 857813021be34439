/* SPDX-License-Identifier: Apache-2.0 */
/* What every report of a rightsizing says in the same words.  Input text in it is still raw. */
#ifndef KEISOKU_RIGHTSIZE_PHRASE_H
#define KEISOKU_RIGHTSIZE_PHRASE_H

#include "../core/rightsizing.h"
#include "../core/strbuf.h"

#define SIZED_RESOURCES 2U		/* of a row: RESOURCE_CPU, RESOURCE_MEMORY */

const struct workload *row_workload(const struct rightsizing *rightsizing, const struct sizing_row *row);
const struct workload_container *row_container(const struct rightsizing *rightsizing, const struct sizing_row *row);
/* The gravest of its resources: what section it stands in. */
enum status row_status(const struct sizing_row *row);
enum severity row_severity(const struct sizing_row *row);	/* of those that have that status */
size_t rows_of_status(const struct rightsizing *rightsizing, enum status status);
/* "shop/Deployment/web"; "shop/Deployment/web app"; and what it is where it is no ordinary container: "init container" */
void phrase_workload(struct strbuf *out, const struct workload *workload);
void phrase_container(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row);
const char *phrase_container_type(const struct workload_container *container);	/* NULL: an ordinary one */
/* Where the container stands, for a person: "web.yaml:12"; nothing when its object has no place. */
void phrase_place(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row);

/* Milli-cores or bytes as Kubernetes writes them: "250m", "512Mi"; -1: "none". */
void phrase_amount(struct strbuf *out, enum resource resource, int64_t amount);
/* "500m → 1", or "500m" where nothing changes or nothing may be told of it. */
void phrase_from_to(struct strbuf *out, enum resource resource, int64_t from, int64_t to);
/* "cpu request 500m → 1, limit none" */
void phrase_sizing(struct strbuf *out, enum resource resource, const struct sizing *sizing);
/* Why it has its status: because where there is a problem, else the reason. */
const char *sizing_why(const struct sizing *sizing);
/* "of 20,160 samples in 14 d" */
void phrase_size_basis(struct strbuf *out, const struct evidence *evidence);
/* "p95(cpu) = 140m; max(cpu) = 180m, of … (usage.csv)": those from the first on that reach equally far.  The number of
 * the next. */
size_t phrase_size_evidence(struct strbuf *out, const struct sizing *sizing, size_t first);
/* "hpa: utilisation goes from 45 % to 60 %" */
void phrase_consequence(struct strbuf *out, const struct consequence *consequence);
/* What follows from the change of a container as a whole stands with each of its resources: with one is enough. */
bool consequence_said_before(const struct sizing_row *row, size_t resource, const struct consequence *consequence);

/* At most max bytes of a text that has to fit into a narrow place. */
void phrase_short(struct strbuf *out, const char *text, size_t max);
/* "USD 1,204", "USD 3.20", "−USD 12"; NAN: "not known".  signed_: "+USD 3" where it is more. */
void phrase_money(struct strbuf *out, const char *currency, double value, bool signed_);
/* "USD 1,204" or "USD 0 to USD 280" */
void phrase_money_range(struct strbuf *out, const char *currency, double least, double most);
double sizing_cost_change(const struct sizing *sizing);	/* a month; NAN: not known */
double row_cost_change(const struct sizing_row *row);	/* of what is asked for; NAN: nothing is, or not known */

/* Sentences. */
const char *phrase_no_change(const struct rightsizing *rightsizing);	/* when nothing is recommended */
void phrase_scope(struct strbuf *out, const struct rightsizing *rightsizing);	/* "40 containers of 12 workloads …" */
void phrase_usage(struct strbuf *out, const struct rightsizing *rightsizing);	/* where usage came from, and of when */
void phrase_recommender(struct strbuf *out, const struct rightsizing *rightsizing);
/* Beside their labels "bill", "requested", "prices": "USD 202 for all requests; no nodes are known", "USD 67 less",
 * source and date. */
void phrase_bill(struct strbuf *out, const struct savings *savings);
void phrase_requested(struct strbuf *out, const struct savings *savings);
void phrase_realisable(struct strbuf *out, const struct savings *savings);
void phrase_price(struct strbuf *out, const struct savings *savings);
/* "5 recommended · 2 suspected": containers and resources, by status; separator between them */
void phrase_counts(struct strbuf *out, const struct rightsizing *rightsizing, const char *separator);

/* Sizings that share why they were not judged and what to run, in the order in which they come first. */
struct size_group {
	const char *reason, *next_step;
	const struct sizing_row *first;
	size_t count;			/* of sizings */
};
struct size_groups {
	struct size_group *items;
	size_t count, capacity;
};
#define SIZE_GROUPS_INIT { 0 }
#define SIZE_GROUPS_MAX 200U		/* what is beyond is put into the last */
void size_groups_collect(struct size_groups *groups, const struct rightsizing *rightsizing, enum status status);
void size_groups_release(struct size_groups *groups);

#endif
