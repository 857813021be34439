/* SPDX-License-Identifier: Apache-2.0 */
/* Diagnostics: what a person has to fix, with its place.  Collected, not printed: cli prints them. */
#ifndef KEISOKU_DIAG_H
#define KEISOKU_DIAG_H

#include "base.h"

struct place {
	const char *file;	/* lent; NULL: no file */
	unsigned int line;	/* from 1; 0: the whole file */
	unsigned int column;	/* from 1; 0: the whole line */
};

enum diag_level { DIAG_WARNING, DIAG_ERROR };

struct diag_entry {
	enum diag_level level;
	struct place place;	/* .file is owned by the diag */
	char *message;
};

struct diag {
	struct diag_entry *entries;
	size_t count, capacity;
	size_t errors;
	size_t dropped;		/* messages past DIAG_MAX are counted, not kept */
};

#define DIAG_INIT { 0 }
#define DIAG_MAX 1000

/* Both return -EINVAL, so that a parser can write  return diag_error(…);  place may be NULL. */
int diag_error(struct diag *diag, const struct place *place, const char *format, ...) FORMAT_PRINTF(3, 4);
int diag_warning(struct diag *diag, const struct place *place, const char *format, ...) FORMAT_PRINTF(3, 4);
void diag_release(struct diag *diag);

#endif
