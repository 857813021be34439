/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries loaded when something needs them and not before: what they cost in memory and start-up
 * is then paid only by the runs that use them. */
#ifndef KEISOKU_LIBRARY_H
#define KEISOKU_LIBRARY_H

#include "base.h"

struct library_function {
	const char *name;
	size_t offset; /* of its pointer in the table of functions */
};

/* Loads the library and fills table.  False when it is not installed or lacks one of the functions.
 */
bool library_load(const char *file, const struct library_function *functions, size_t count,
		  void *table);

#endif
