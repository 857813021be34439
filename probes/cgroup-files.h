/* SPDX-License-Identifier: Apache-2.0 */
/* The files of control groups that count something, and how each is read.  v1 and v2 keep the kernel's own names and
 * units: throttled_usec here, throttled_time in nanoseconds there. */
#ifndef KEISOKU_CGROUP_FILES_H
#define KEISOKU_CGROUP_FILES_H

#include "../core/snapshot.h"

#define CGROUP_FIELDS_MAX 16

struct cgroup_field {
	const char *name;		/* in the file; "": the file is one number */
	const char *key;		/* of the metric */
	enum metric_kind kind;
};

struct cgroup_format;

struct cgroup_metric_file {
	const char *name;
	unsigned int version;		/* 1 or 2 */
	const char *controller;		/* whose file it is; NULL: every group of v2 has it */
	const struct cgroup_format *format;
	const struct cgroup_field *fields;
	size_t n_fields;
};

extern const struct cgroup_metric_file cgroup_metric_files[];
extern const size_t n_cgroup_metric_files;

/* Bit i of the result: fields[i] was there and its number is in values[i].  A number that was cut off (no newline
 * behind it) or is none is left out; *ret_bad says that there was one. */
uint32_t cgroup_metric_parse(const struct cgroup_metric_file *file, const char *text,
			     uint64_t values[static CGROUP_FIELDS_MAX], bool *ret_bad);

#endif
