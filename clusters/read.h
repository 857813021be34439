/* SPDX-License-Identifier: Apache-2.0 */
/* How read.c reads each form of text.  All complain into the diag of the cluster. */
#ifndef KEISOKU_CLUSTERS_READ_H
#define KEISOKU_CLUSTERS_READ_H

#include "reader.h"
#include "tree.h"

#define READ_TREE_MAX (4U << 20)	/* bytes of YAML that are parsed as a whole, with anchors; more is streamed */
#define READ_QUIET_MAX (4U << 20)	/* bytes in which no text ends */

struct input {
	struct cluster *cluster;
	uint32_t file;
	const char *path;
	struct stream *stream;
	uint64_t size;
	const struct read_options *options;
	uint64_t passed, told;		/* bytes; at which progress was told last */
};

/* The next piece: its length, 0 at the end or, after a complaint, where it cannot be read. */
size_t input_next(struct input *input, const char **ret_bytes);
void input_complain(struct input *input, uint32_t line, uint32_t column, const char *format, ...) FORMAT_PRINTF(4, 5);

void read_json(struct input *input);
void read_yaml(struct input *input);		/* streamed: no anchors */
void read_yaml_text(struct input *input, const char *text, size_t length);

#endif
