/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers of what /proc/PID says. */
#ifndef KEISOKU_PROBES_PROCESS_H
#define KEISOKU_PROBES_PROCESS_H

#include "../core/base.h"

struct process_stat {
	const char *comm;		/* lent, of the text; may contain anything but a zero byte */
	size_t comm_length;
	int64_t nice;
	uint64_t threads, policy;
};

/* The text of /proc/PID/stat.  -EBADMSG: truncated or something else. */
int process_stat_parse(const char *text, struct process_stat *ret_stat);

/* A line of /proc/PID/limits by its name ("Max open files"); both values are lent. */
struct process_limit {
	const char *soft, *hard;
	size_t soft_length, hard_length;
};
int process_limit_parse(const char *text, const char *name, struct process_limit *ret_limit);

/* The value of "NAME:\t   123 kB" in /proc/PID/status, without its unit; false: no such line. */
bool process_status_find(const char *text, const char *name, const char **ret_value, size_t *ret_length);

/* The group that limits the process, of the text of /proc/PID/cgroup: that of the memory controller where v1 has it, of
 * v1's cpu controller, of v2.  NULL: none. */
const char *process_cgroup_find(const char *text, size_t *ret_length);

/* Heap limit of a Java command line (words ended by zero bytes): bytes, or percent of memory; the last one counts.
 * 0: not given. */
struct process_heap {
	uint64_t bytes;
	double percent;
};
void process_heap_parse(const char *cmdline, size_t length, struct process_heap *ret_heap);

/* "/usr/sbin/nginx", "nginx: worker process": nginx. */
const char *process_command_parse(const char *cmdline, size_t length, size_t *ret_length);

#endif
