/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster-input.h"

#include "cli.h"

int cluster_input_read(struct cluster *cluster, const char *const *paths, size_t count, const struct read_options *options)
{
	int status = 0;

	for (size_t i = 0; i < count; i++)
		if (cluster_read_path(cluster, paths[i], options) < 0)
			status = EXIT_INPUT;
	return status;
}
