/* SPDX-License-Identifier: Apache-2.0 */
/* Files that belong together, in a directory that is there whole or not at all. */
#ifndef KEISOKU_CLI_DIRECTORY_H
#define KEISOKU_CLI_DIRECTORY_H

#include <stdio.h>

#include "../core/strbuf.h"

struct directory_files {
	size_t count;
	/* The name of a file, relative; folders in it are made. */
	void (*name)(void *context, size_t number, struct strbuf *name, bool *ret_executable);
	int (*write)(void *context, size_t number, FILE *out);	/* negative errno */
	void *context;
};

/* Whether path can become a new directory.  option: which one named it.  0 or an exit status after a message. */
int directory_check(const char *option, const char *path);
int directory_write(const char *path, const struct directory_files *files);

#endif
