/* SPDX-License-Identifier: Apache-2.0 */
/* cluster-read bare|read FILE: one pass over a dump of Kubernetes, by libyajl alone or as commands read it; its time, and the memory
 * that the process had at most. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <yajl/yajl_parse.h>

#include "../../clusters/reader.h"

static uint64_t events;

static int count(void *context)
{
	events++;
	return 1;
}

static int count_bool(void *context, int value)
{
	events++;
	return 1;
}

static int count_text(void *context, const unsigned char *text, size_t length)
{
	events++;
	return 1;
}

static int count_number(void *context, const char *text, size_t length)
{
	events++;
	return 1;
}

static uint64_t bare(const char *path)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = count, .yajl_boolean = count_bool, .yajl_number = count_number, .yajl_string = count_text,
		.yajl_start_map = count, .yajl_map_key = count_text, .yajl_end_map = count, .yajl_start_array = count, .yajl_end_array = count,
	};
	static unsigned char piece[65536];
	yajl_handle parser = yajl_alloc(&callbacks, NULL, NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t bytes = 0;
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0 && yajl_parse(parser, piece, (size_t)n) == yajl_status_ok)
		bytes += (uint64_t)n;
	if (n != 0 || yajl_complete_parse(parser) != yajl_status_ok)
		exit(1);
	yajl_free(parser);
	(void)close(fd);
	printf("%llu events", (unsigned long long)events);
	return bytes;
}

static uint64_t read_cluster(const char *path)
{
	CLEANUP(cluster_free_ptr) struct cluster *cluster = cluster_new();
	uint64_t bytes;

	if (cluster_read_path(cluster, path, NULL) < 0)
		exit(1);
	cluster_join(cluster);
	bytes = cluster->files[0].bytes;
	printf("%u pods, %u workloads, %u containers, %.1f MiB kept", cluster->n_pods, cluster->n_workloads, cluster->n_containers,
	       (double)(cluster->arena.total + cluster->names.arena.total + cluster->n_pods * sizeof(*cluster->pods) +
			cluster->n_pod_containers * sizeof(*cluster->pod_containers) + cluster->n_workloads * sizeof(*cluster->workloads) +
			cluster->n_containers * sizeof(*cluster->containers)) / (1 << 20));
	return bytes;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	struct rusage usage;
	uint64_t bytes;
	double sec;

	if (argc != 3)
		return 2;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	bytes = streq(argv[1], "bare") ? bare(argv[2]) : read_cluster(argv[2]);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	(void)getrusage(RUSAGE_SELF, &usage);
	sec = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("; %.2f s of CPU, %.0f MB/s, %.1f MiB at most\n", sec, (double)bytes / 1e6 / sec, (double)usage.ru_maxrss / 1024);
	return 0;
}
