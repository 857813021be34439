/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of Prometheus' HTTP API (and of what speaks it: Thanos, Mimir, VictoriaMetrics), live or saved, read in pieces:
 *
 *   {"status":"success","data":{"resultType":"matrix","result":[
 *     {"metric":{"__name__":"up","pod":"web-1"},"values":[[1435781430.781,"1"],[1435781445.781,"NaN"]]}]},"warnings":["…"]}
 *
 * vector ("value"), matrix ("values") and scalar, lists of texts (label values), any order of keys but "metric" after its samples.
 * Memory does not grow with the answer: a series' labels are kept, its samples are handed on one by one.  Histograms are passed over.
 *
 * doc: prometheus/docs/querying/api.md */
#ifndef KEISOKU_CLUSTER_RESPONSE_H
#define KEISOKU_CLUSTER_RESPONSE_H

#include "series.h"

#define RESPONSE_TOKEN_MAX (1U << 20)	/* bytes of one text in it */
#define RESPONSE_LABELS_MAX 512		/* of a series */
#define RESPONSE_LABEL_BYTES_MAX (256U << 10)

struct response_handler {
	/* A series with its labels, lent until the next one; false: its samples are not wanted.  A scalar has none. */
	bool (*series)(void *context, const struct series_label *labels, size_t n);
	/* NaN and infinities too. */
	void (*sample)(void *context, double time_sec, double value);
	/* An item of a list of texts, or a member of an object of texts (its key; else ""), as buildinfo is. */
	void (*text)(void *context, const char *key, const char *text);
	void (*warning)(void *context, const char *text);
	/* A histogram was passed over. */
	void (*histogram)(void *context);
};					/* each may be NULL */

struct response;

/* several: one answer after the other, as saved ones are put together. */
struct response *response_new(const struct response_handler *handler, void *context, bool several);
void response_free(struct response *response);
DEFINE_FREE_PTR(response)

/* The next piece.  0, or what is wrong: -EINVAL no JSON, or none of these answers; -EREMOTEIO the server says it could not; with
 * response_problem() then, and nothing more is read. */
int response_feed(struct response *response, const void *bytes, size_t length);
/* After the last piece: -EINVAL when it ended in the middle. */
int response_finish(struct response *response);

const char *response_problem(const struct response *response);		/* "" */
const char *response_error_type(const struct response *response);	/* "execution", "bad_data"; "" */
/* Where the last piece stopped making sense; from 1. */
void response_place(const struct response *response, struct place *place);
uint64_t response_series(const struct response *response);
uint64_t response_samples(const struct response *response);
uint64_t response_bad(const struct response *response);		/* series and samples that were none */

/* A saved file of answers into usage: what each series is of by its labels (clusters/response-usage.c).  Complaints are in usage_notes(),
 * -EINVAL when there was one that is an error; what came until then stays. */
int response_read_usage(struct usage *usage, const struct cluster *cluster, const char *path, struct stream *stream,
			const struct read_options *options);

#endif
