/* SPDX-License-Identifier: Apache-2.0 */
/* What TuneD sets: the [sysctl] units of the active profile, with its includes, overrides and variables.
 *
 * /etc/tuned/active_profile names profiles; each is PROFILE/tuned.conf below a directory of /etc or /usr/lib, and
 * [main] include= names others that come before it.  A profile that is not found, or that Python's configparser refuses,
 * makes TuneD apply nothing at all. */
#ifndef KEISOKU_TUNED_PROFILE_H
#define KEISOKU_TUNED_PROFILE_H

#include "../core/root.h"

struct tuned_option {
	char *type;		/* of the plugin: "sysctl" */
	char *devices;		/* "sd*, !sdb": which of them it is for; NULL: all */
	char *key, *value;	/* value: variables replaced */
	char *path;		/* of the profile */
	unsigned int number;
	char *text;
	const char *unresolved;	/* why its value is not known here; NULL: it is */
	char *shadowed_by;	/* "PATH:LINE" of the line that replaces it, or NULL */
};

struct tuned {
	bool configured;	/* TuneD is there */
	bool reapply;		/* files of /run and /etc are applied once more, because there is a [sysctl] unit */
	char *exclude;		/* reapply_sysctl_exclude: patterns with commas between them; NULL */
	const char *failure;	/* why nothing is applied, or what cannot be known; NULL: all is well */
	bool unknown;		/* failure: something is applied, but not known what */
	char *failure_path;
	unsigned int failure_line;
	struct tuned_option *options;	/* in the order in which they are written */
	size_t count, capacity;
};

void tuned_read(const struct root *root, struct tuned *tuned);
/* The same with the units of all plugins. */
void tuned_read_all(const struct root *root, struct tuned *tuned);
void tuned_release(struct tuned *tuned);

/* Replaces ${NAME} where names[i] (names and values by turns, NULL at the end) has it, and \${NAME} by ${NAME}. */
void tuned_expand(const char *text, const char *const *variables, struct strbuf *out);

#endif
