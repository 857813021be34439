/* SPDX-License-Identifier: Apache-2.0 */
/* Saved usage of every kind, in pieces of a size that the first byte says. */
#include <stdint.h>

#include "../../clusters/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
	struct stream stream;
	const uint8_t *data;
	size_t size, piece;
};

static ssize_t pieces_next(struct stream *stream, const void **ret_bytes)
{
	struct pieces *pieces = (struct pieces *)stream;
	size_t n = MIN(pieces->size, pieces->piece);

	*ret_bytes = pieces->data;
	pieces->data += n;
	pieces->size -= n;
	return (ssize_t)n;
}

static void add_workload(struct cluster *cluster, const char *namespace, const char *kind, const char *name, const char *container)
{
	struct workload *workload = cluster_add_workload(cluster);

	workload->namespace = namespace;
	workload->kind = kind;
	workload->name = name;
	cluster_add_container(cluster)->name = container;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	CLEANUP(usage_free_ptr) struct usage *usage = NULL;
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	const struct read_options options = { .time_sec = 1795417200 };
	struct stream_budget budget = { 0 };
	struct pieces *pieces;

	if (size == 0)
		return 0;
	add_workload(cluster, "shop", "Deployment", "web", "app");
	add_workload(cluster, "shop", "StatefulSet", "db", "db");
	add_workload(cluster, "n", "Pod", "p", "c");
	cluster_join(cluster);
	usage = usage_new(cluster);
	stream = stream_new(sizeof(*pieces), &budget);
	stream->next = pieces_next;
	pieces = (struct pieces *)stream;
	pieces->data = data + 1;
	pieces->size = size - 1;
	pieces->piece = data[0] ? data[0] : 65536;
	(void)usage_read_stream(usage, cluster, "fuzz", stream, &options);
	usage_finish(usage);
	return 0;
}
