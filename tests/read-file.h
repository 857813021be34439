/* SPDX-License-Identifier: Apache-2.0 */
/* For programs of tests: a file that they were given. */
#ifndef KEISOKU_TESTS_READ_FILE_H
#define KEISOKU_TESTS_READ_FILE_H

#include <errno.h>
#include <stdio.h>

#include "../core/strbuf.h"

/* Adds the whole file; a negative errno. */
static int read_file(const char *path, struct strbuf *text)
{
	FILE *in = fopen(path, "re");
	char part[65536];
	size_t n;

	if (!in)
		return -errno;
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		strbuf_add(text, part, n);
	fclose(in);
	return 0;
}

#endif
