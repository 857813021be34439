/* SPDX-License-Identifier: Apache-2.0 */
/* Who wins: the assignments of one loader, in the order in which it reads them, become boot lines with their fate.
 *
 * systemd-sysctl collects all files first: an assignment replaces an earlier one of the same name, and so does an
 * excluding line; a pattern sets what no other line names.  procps since 4.0 writes line by line, but its patterns too
 * leave alone what any line names; before 4.0 it writes line by line and knows no pattern.  TuneD writes its profile, then
 * files. */
#ifndef KEISOKU_SYSCTL_RESOLVE_H
#define KEISOKU_SYSCTL_RESOLVE_H

#include "../core/boot.h"
#include "sysctl-line.h"

/* Where a line stands.  path, text and length must last as long as the resolver. */
struct sysctl_place {
	const char *path;
	unsigned int number;
	const char *text;
	size_t length;
};

struct sysctl_keys;	/* those that exist, for patterns */

/* The keys below /proc/sys that the snapshot has; NULL: none was captured, patterns are kept as they are. */
struct sysctl_keys *sysctl_keys_new(const struct snapshot *snapshot);
void sysctl_keys_free(struct sysctl_keys *keys);
DEFINE_FREE_PTR(sysctl_keys)

struct sysctl_resolver;

struct sysctl_resolver *sysctl_resolver_new(enum sysctl_loader loader, const struct sysctl_keys *keys);
void sysctl_resolver_free(struct sysctl_resolver *resolver);
DEFINE_FREE_PTR(sysctl_resolver)

#define SYSCTL_LINES_MAX 20000	/* of one loader: false beyond */

/* A line that the loader reads. */
bool sysctl_resolver_line(struct sysctl_resolver *resolver, const struct sysctl_line *line, const struct sysctl_place *place);
/* "sysctl.KEY=VALUE" of the kernel command line: before all else, and not the loader's. */
bool sysctl_resolver_cmdline(struct sysctl_resolver *resolver, const char *key, const char *value,
			     const struct sysctl_place *place);
/* A line whose fate is known already (masked, ignored, unresolved); key may be "": the whole file. */
bool sysctl_resolver_fate(struct sysctl_resolver *resolver, const char *key, const char *value,
			  const struct sysctl_place *place, enum boot_fate fate, const char *why);

void sysctl_resolver_finish(struct sysctl_resolver *resolver, struct boot *boot);

#endif
