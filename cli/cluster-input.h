/* SPDX-License-Identifier: Apache-2.0 */
/* The clusters that a command line names. */
#ifndef KEISOKU_CLI_CLUSTER_INPUT_H
#define KEISOKU_CLI_CLUSTER_INPUT_H

#include "../clusters/reader.h"

/* Everything in paths: files, directories, "-".  0, or EXIT_INPUT when something could not be read: cluster->diag says what. */
int cluster_input_read(struct cluster *cluster, const char *const *paths, size_t count, const struct read_options *options);

/* --context NAME: what the user's own kubectl gets of it, kind by kind, and never anything but get.  Kinds that the cluster does not
 * have, or does not show, are warnings; no byte for timeout_sec is an error, and ends kubectl.  0, EXIT_USAGE after a message
 * when NAME can be none, EXIT_INPUT. */
#define KUBECTL_TIMEOUT_SEC 120
int cluster_input_read_context(struct cluster *cluster, const char *context, double timeout_sec, const struct read_options *options);

#endif
