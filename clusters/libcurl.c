/* SPDX-License-Identifier: Apache-2.0 */
#include "libcurl.h"

#include "../core/library.h"

const struct libcurl *libcurl_library(void)
{
	static const struct library_function functions[] = {
#define X(function) { #function, offsetof(struct libcurl, function) },
		LIBCURL_FUNCTIONS(X)
#undef X
	};
	/* One per library for TLS; what is called upon here is the same in all. */
	static const char *const files[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	static struct libcurl library;
	static enum { UNTRIED, LOADED, MISSING } state;

	for (size_t i = 0; state == UNTRIED && i < ARRAY_SIZE(files); i++)
		if (library_load(files[i], functions, ARRAY_SIZE(functions), &library))
			state = library.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? LOADED : MISSING;
	if (state == UNTRIED)
		state = MISSING;
	return state == LOADED ? &library : NULL;
}
