/* SPDX-License-Identifier: Apache-2.0 */
/* The sysctl probe alone, as often as asked, beside the time of sysctl -a (milliseconds) measured by the caller.
 *
 *   sysctl-walk RUNS SYSCTL-A-MSEC */
#include <stdio.h>
#include <time.h>

#include "../../core/parse.h"
#include "../../probes/probe.h"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct probe_options options = { 0 };
	size_t keys = 0;
	double peer, total = 0;
	uint64_t runs;

	if (argc != 3 || parse_u64(argv[1], &runs) < 0 || runs == 0 || parse_real(argv[2], &peer) < 0 ||
	    root_open("/", &root) < 0)
		return 2;
	for (uint64_t run = 0; run < runs; run++) {
		CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
		double start = now();

		for (size_t i = 0; probes[i]; i++)
			if (streq(probes[i]->name, "sysctl"))
				(void)probes[i]->read(root, &options, snapshot);
		total += now() - start;
		keys = snapshot_setting_count(snapshot);
	}
	printf("the sysctl probe: %zu keys in %.2f ms, %.2f of sysctl -a\n", keys, total / (double)runs * 1e3,
	       total / (double)runs * 1e3 / peer);
	return 0;
}
