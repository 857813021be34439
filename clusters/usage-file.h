/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of saved usage, each by its own reader, inside clusters/.  All return 0, or -EINVAL when something was wrong with a
 * place in it (then what could be read is there), or what reading the stream gave. */
#ifndef KEISOKU_CLUSTER_USAGE_FILE_H
#define KEISOKU_CLUSTER_USAGE_FILE_H

#include "usage-rows.h"

struct usage_input {
	struct usage *usage;
	const struct cluster *cluster;
	const char *path;
	struct stream *stream;
	const struct read_options *options;	/* may be NULL */
	struct usage_rows *rows;
};

/* The next bytes, telling of progress. */
ssize_t usage_input_next(struct usage_input *input, const void **ret_bytes);

int usage_read_csv(struct usage_input *input);
int usage_read_top(struct usage_input *input);			/* `kubectl top` */
int usage_read_metrics_json(struct usage_input *input);		/* metrics.k8s.io */
int usage_read_metrics_yaml(struct usage_input *input);

#endif
