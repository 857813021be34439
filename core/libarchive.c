/* SPDX-License-Identifier: Apache-2.0 */
#include "libarchive.h"

#include "library.h"

const struct libarchive *libarchive_library(void)
{
	static const struct library_function functions[] = {
#define X(function) { #function, offsetof(struct libarchive, function) },
		LIBARCHIVE_FUNCTIONS(X)
#undef X
	};
	static struct libarchive library;
	static enum { UNTRIED, LOADED, MISSING } state;

	if (state == UNTRIED)
		state = library_load("libarchive.so.13", functions, ARRAY_SIZE(functions), &library) ? LOADED : MISSING;
	return state == LOADED ? &library : NULL;
}
