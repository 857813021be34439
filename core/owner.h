/* SPDX-License-Identifier: Apache-2.0 */
/* Who sets a sysctl: the lines of files that assign it, and the program whose word is the last.
 *
 * The probe of configuration files leaves them in the snapshot as the setting "sysctl.file.KEY" of the host: one line for
 * each assignment, in the order in which they are applied, so that the last one counts:
 *
 *	/usr/lib/sysctl.d/50-default.conf:12	net.ipv4.conf.all.rp_filter = 2
 *	/etc/sysctl.d/99-site.conf:3	net.ipv4.conf.all.rp_filter=1 */
#ifndef KEISOKU_OWNER_H
#define KEISOKU_OWNER_H

#include "snapshot.h"

#define OWNER_LINES "sysctl.file."	/* and the key */

struct owner_line {
	const char *path;	/* in the arena, like the rest */
	const char *place;	/* "/etc/sysctl.d/99-site.conf:3" */
	const char *text;	/* the whole line, as it stands there */
};

/* The lines that assign key, the one that counts last; their number. */
size_t owner_lines(const struct snapshot *snapshot, const char *key, struct arena *arena,
		   const struct owner_line **ret_lines);

struct owner {
	const char *name;		/* "TuneD", "the kubelet", "the administrator", "a package" */
	const struct owner_line *line;	/* NULL: it sets the key by itself */
	const char *advice;		/* how it wants to be told; a sentence without its full stop, or NULL */
};

/* false: nothing that was captured sets it. */
bool owner_find(const struct snapshot *snapshot, const char *key, struct arena *arena, struct owner *ret_owner);

/* What the kubelet sets itself when it starts: the value, or NULL. */
const char *owner_kubelet_value(const char *key);

/* "running" or "configured", not "none". */
bool owner_is_active(const struct snapshot *snapshot, const char *manager);

#endif
