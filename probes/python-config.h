/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files as Python's configparser reads them, with "=" as the only delimiter, "#" and ";" before whole-line
 * comments and "#" before a comment within a line: the form of TuneD's profiles.
 *
 *	[sysctl]
 *	vm.swappiness = 10	# a comment
 *	  and a line that is indented further continues the value */
#ifndef KEISOKU_PYTHON_CONFIG_H
#define KEISOKU_PYTHON_CONFIG_H

#include "../core/strbuf.h"

struct config_entry {
	char *section, *key, *value;
	unsigned int number;	/* of its first line */
	char *text;		/* that line */
};

struct config {
	struct config_entry *entries;	/* an option given twice is there twice: the later counts */
	size_t count, capacity;
	unsigned int bad_line;		/* the first that Python refuses (or that holds a zero byte); the whole file is
					 * then refused.  0: none */
};

#define CONFIG_ENTRIES_MAX 4000

/* section: the one that lines before the first header belong to; NULL: such lines are refused. */
void config_parse(const char *text, size_t length, const char *section, struct config *config);
void config_release(struct config *config);
/* The last one that is given, or NULL. */
const struct config_entry *config_find(const struct config *config, const char *section, const char *key);
const char *config_get(const struct config *config, const char *section, const char *key);	/* its value */

#endif
