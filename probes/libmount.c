/* SPDX-License-Identifier: Apache-2.0 */
#include "libmount.h"

#include "../core/library.h"

const struct libmount *libmount_library(void)
{
	static const struct library_function functions[] = {
#define X(function) { #function, offsetof(struct libmount, function) },
		LIBMOUNT_FUNCTIONS(X)
#undef X
	};
	static struct libmount library;
	static enum { UNTRIED, LOADED, MISSING } state;

	if (state == UNTRIED)
		state = library_load("libmount.so.1", functions, ARRAY_SIZE(functions), &library) ? LOADED : MISSING;
	return state == LOADED ? &library : NULL;
}
