/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of Prometheus' HTTP API: in pieces of a length that the first byte gives, and as a saved file into usage. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../clusters/response.h"
#include "../unit/prometheus-cluster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_series(void *context, const struct series_label *labels, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!labels[i].name || !labels[i].value)
			abort();
	++*(uint64_t *)context;
	return n % 2 == 0;
}

static void take_sample(void *context, double time_sec, double value)
{
	if (!isfinite(time_sec) && !isnan(time_sec) && !isinf(time_sec))
		abort();
	*(uint64_t *)context += value > 0;
}

static void take_text(void *context, const char *key, const char *text)
{
	*(uint64_t *)context += strlen(key) + strlen(text);
}

static void take_warning(void *context, const char *text)
{
	*(uint64_t *)context += strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct response_handler handler = {
		.series = take_series, .sample = take_sample, .text = take_text, .warning = take_warning,
	};
	size_t piece = size ? 1 + data[0] : 1;
	uint64_t taken = 0;
	CLEANUP(response_free_ptr) struct response *response = response_new(&handler, &taken, piece % 2);
	CLEANUP(cluster_free_ptr) struct cluster *cluster = small_cluster();
	CLEANUP(usage_free_ptr) struct usage *usage = usage_new(cluster);
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = stream_of_bytes(data, size, &budget);
	int r = 0;

	for (size_t at = 0; at < size && r == 0; at += piece)
		r = response_feed(response, data + at, piece < size - at ? piece : size - at);
	if (r == 0)
		r = response_finish(response);
	if ((r < 0) != (response_problem(response)[0] != '\0'))
		abort();
	if (response_read_usage(usage, cluster, "fuzz", stream, NULL) < 0 && usage_notes(usage)->errors == 0)
		abort();
	usage_finish(usage);
	return 0;
}
