/* SPDX-License-Identifier: Apache-2.0 */
/* The clusters that a command line names. */
#ifndef KEISOKU_CLI_CLUSTER_INPUT_H
#define KEISOKU_CLI_CLUSTER_INPUT_H

#include "../clusters/reader.h"

/* Everything in paths: files, directories, "-".  0, or EXIT_INPUT when something could not be read: cluster->diag says what. */
int cluster_input_read(struct cluster *cluster, const char *const *paths, size_t count, const struct read_options *options);

#endif
