/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, loaded when a server is asked (core/library.h): with TLS and all else behind it, it is larger than this program.  The
 * functions are libcurl's own, under their own names. */
#ifndef KEISOKU_CLUSTER_LIBCURL_H
#define KEISOKU_CLUSTER_LIBCURL_H

/* Its macros would take these names for calls; an option that a newer one calls obsolete is what an older one knows. */
#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

#define LIBCURL_FUNCTIONS(X)                                                                                           \
	X(curl_easy_cleanup)                                                                                            \
	X(curl_easy_getinfo)                                                                                            \
	X(curl_easy_init)                                                                                               \
	X(curl_easy_perform)                                                                                            \
	X(curl_easy_reset)                                                                                              \
	X(curl_easy_setopt)                                                                                             \
	X(curl_easy_strerror)                                                                                           \
	X(curl_global_init)                                                                                             \
	X(curl_slist_append)                                                                                            \
	X(curl_slist_free_all)

struct libcurl {
#define X(function) __typeof__(&(function)) function;
	LIBCURL_FUNCTIONS(X)
#undef X
};

/* NULL when the library is not installed or lacks one of the functions.  Loaded once and kept. */
const struct libcurl *libcurl_library(void);

#endif
