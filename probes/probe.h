/* SPDX-License-Identifier: Apache-2.0 */
/* Probes: the world into a snapshot.  A probe reads settings once; a sampler reads metrics at every tick.
 *
 * A probe reads through struct root and nothing else, so it works the same on "/" and on a captured tree (those that ask
 * the kernel by other means, netlink or ioctl, do so only when root_is_live()).  It never writes, never logs, never
 * guesses a default.  Missing, forbidden and malformed are three different absences.
 * What cannot be read costs that fact, never the run: read() returns 0 or, when nothing at all could be done for it, a
 * negative errno that the caller reports. */
#ifndef KEISOKU_PROBE_H
#define KEISOKU_PROBE_H

#include <sys/types.h>

#include "../core/root.h"
#include "../core/snapshot.h"

struct log_pattern {
	const char *key;		/* metric: "log.oom_kill" */
	const char *pattern;		/* PCRE2 */
};

/* What a run wants to see.  Filled by cli. */
struct probe_options {
	const struct log_pattern *patterns;
	size_t n_patterns;
	const char *const *cgroups;	/* paths to watch; none: all, up to cgroup_max */
	size_t n_cgroups;
	uint32_t cgroup_max;
	const pid_t *pids;		/* processes to describe; none: the host's largest few */
	size_t n_pids;
	const char *journal_file;	/* for tests and --root: a journal file or directory; NULL: the host's */
};

struct probe {
	const char *name;
	const char *summary;
	/* What it reads, as globs below the root, NULL-terminated: shown by `keisoku probes`, copied by
	 * `keisoku capture --tree`.  A component "**" stands for any depth; "!GLOB" is never read; of
	 * "?GLOB" only the names are, and copies of such files are empty. */
	const char *const *paths;
	int (*read)(const struct root *root, const struct probe_options *options, struct snapshot *snapshot);
};

struct sampler {
	const char *name;
	const char *summary;
	const char *const *paths;
	/* Opens what it keeps open and registers its series; state is its own.  An absent file is not an error: the
	 * sampler then records snapshot_metric_absent() and samples nothing. */
	int (*open)(const struct root *root, const struct probe_options *options, struct snapshot *snapshot,
		    void **ret_state);
	void (*tick)(void *state, struct snapshot *snapshot);
	void (*close)(void *state);
};

extern const struct probe *const probes[];	/* NULL-terminated, in the order they run */
extern const struct sampler *const samplers[];

#endif
