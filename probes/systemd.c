/* SPDX-License-Identifier: Apache-2.0 */
#include "systemd.h"

#include "../core/library.h"

const struct systemd *systemd_library(void)
{
	static const struct library_function functions[] = {
#define X(function) { #function, offsetof(struct systemd, function) },
		SYSTEMD_FUNCTIONS(X)
#undef X
	};
	static struct systemd library;
	static enum { UNTRIED, LOADED, MISSING } state;

	if (state == UNTRIED)
		state = library_load("libsystemd.so.0", functions, ARRAY_SIZE(functions), &library) ? LOADED : MISSING;
	return state == LOADED ? &library : NULL;
}
