/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to one server over HTTP, answers in pieces as they come.  libcurl does it, loaded when the first one is asked (core/library.h).
 *
 * Nothing goes anywhere but to that server (or the proxy of the environment): a redirect is followed only on the same scheme, host and
 * port, since credentials go along.  What is secret (tokens, passwords, those in the URL too) is in no text that this gives back. */
#ifndef KEISOKU_CLUSTER_HTTP_H
#define KEISOKU_CLUSTER_HTTP_H

#include "../core/strbuf.h"

#define HTTP_BODY_MAX (1ULL << 30)	/* bytes of one answer, decompressed */

struct http_options {
	const char *url;		/* "https://metrics.example/prometheus" */
	const char *bearer_file;	/* a token */
	const char *user_file;		/* "user:password" */
	const char *const *headers;	/* "X-Scope-OrgID: team" */
	size_t n_headers;
	const char *ca_file, *cert_file, *key_file;	/* PEM; "" or NULL */
	bool insecure;			/* whoever answers is believed */
	double timeout_sec;		/* of one attempt; 0: 60 */
	unsigned int retries;		/* after connection errors, 5xx and 429, with longer and longer waits between */
};

struct http;

/* -EINVAL, -ENOENT …, with *why. */
int http_open(const struct http_options *options, struct strbuf *why, struct http **ret_http);
void http_close(struct http *http);
static inline void http_close_ptr(struct http **http)
{
	http_close(*http);
}

/* The server, without what is secret: "http://127.0.0.1:9090/prometheus". */
const char *http_server(const struct http *http);

/* Credentials go over a connection that others on the way can read. */
bool http_exposed(const struct http *http);

struct http_sink {
	/* An attempt begins: what came of an earlier one is void. */
	void (*begin)(void *context);
	/* A piece of the body, whatever the status is.  A negative errno ends the question with it. */
	int (*body)(void *context, long status, const void *bytes, size_t length);
	/* Whether asking again would change nothing: the body of this 5xx says so.  NULL: it may. */
	bool (*hopeless)(void *context, long status);
	void *context;
};

struct http_field {
	const char *name, *value;
};

struct http_answer {
	long status;			/* 0: there was none */
	struct strbuf type;		/* "application/json" */
	struct strbuf why;		/* of an error: "HTTP 401 (not authorised)", "Could not connect …" */
};
#define HTTP_ANSWER_INIT { .type = STRBUF_INIT, .why = STRBUF_INIT }
void http_answer_release(struct http_answer *answer);

/* Asks for path below the URL with fields, by POST (by GET where a server takes none).  0: status 2xx and a whole body.  Else, with why:
 *   -EREMOTEIO  another status
 *   -ETIMEDOUT  not within timeout_sec
 *   -EFBIG      the body has more than HTTP_BODY_MAX bytes
 *   -EINTR      the program is to end
 *   -ELOOP      a redirect to elsewhere
 *   -EIO        no connection, or it broke
 *   -EPROTO     TLS: the server could not be trusted, or does not trust us
 * or what the sink gave. */
int http_ask(struct http *http, const char *path, const struct http_field *fields, size_t n_fields, const struct http_sink *sink,
	     struct http_answer *answer);

/* Form-encoded: everything but letters, digits and "-._~" as %XX. */
void http_escape(struct strbuf *out, const char *text);

#endif
