/* SPDX-License-Identifier: Apache-2.0 */
/* Who sets a sysctl: the lines of files that assign it (core/boot.h), and the program whose word is the last. */
#ifndef KEISOKU_OWNER_H
#define KEISOKU_OWNER_H

#include "snapshot.h"

struct owner_line {
	const char *path;	/* in the arena, like the rest */
	const char *place;	/* "/etc/sysctl.d/99-site.conf:3" */
	const char *text;	/* the whole line, as it stands there */
	const char *unsure;	/* why it is not known whether it counts; NULL: it does */
};

/* The lines that assign key and are read, the one that counts last; their number.  loader: of boot.h; NULL: of those that
 * run at boot, one after another. */
size_t owner_lines(const struct snapshot *snapshot, const char *loader, const char *key, struct arena *arena,
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
/* What its configuration says of a field ("podPidsLimit", "featureGates.NAME"; a list with commas); NULL: nothing. */
const char *owner_kubelet_field(const struct snapshot *snapshot, const char *field, struct arena *arena);
/* Whether it would not start if the key had this value: protectKernelDefaults. */
bool owner_kubelet_refuses(const struct snapshot *snapshot, const char *key, const char *value);

/* "running" or "configured", not "none". */
bool owner_is_active(const struct snapshot *snapshot, const char *manager);

#endif
