/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "../core/parse.h"
#include "../core/scratch.h"
#include "../core/stream.h"
#include "libcurl.h"

#define SECRET_MAX (64U << 10)
#define CONNECT_SEC 10.0
#define REDIRECTS_MAX 5
#define WAIT_FIRST_SEC 0.5
#define WAIT_MOST_SEC 30.0

struct http {
	const struct libcurl *curl;
	CURL *handle;
	struct strbuf origin;		/* "https://host:port" */
	struct strbuf base;		/* origin and path, without a slash at its end */
	struct strbuf user, password, bearer;
	struct curl_slist *headers;
	char *ca_file, *cert_file, *key_file;
	bool insecure, get_only;
	double timeout_sec;
	unsigned int retries;
};

/* ---- what the options say ---- */

static int set_why(struct strbuf *why, int error, const char *format, ...) FORMAT_PRINTF(3, 4);

static int set_why(struct strbuf *why, int error, const char *format, ...)
{
	va_list arguments;

	strbuf_reset(why);
	va_start(arguments, format);
	strbuf_vaddf(why, format, arguments);
	va_end(arguments);
	return error;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static void unescape(struct strbuf *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int high = text[i] == '%' && i + 2 < length ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

		strbuf_add_char(out, low >= 0 ? (char)(high << 4 | low) : text[i]);
		i += low >= 0 ? 2 : 0;
	}
}

void http_escape(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c))
			strbuf_add_char(out, *text);
		else
			strbuf_addf(out, "%%%02X", c);
	}
}

/* "user:password@" of a URL. */
static void take_credentials(struct http *http, const char *text, size_t length)
{
	const char *colon = memchr(text, ':', length);
	size_t user = colon ? (size_t)(colon - text) : length;

	unescape(&http->user, text, user);
	if (colon)
		unescape(&http->password, colon + 1, length - user - 1);
}

/* "https://user:password@host:port/path/".  Nothing of a wrong one is repeated: it may hold a password. */
static int take_url(struct http *http, const char *url, struct strbuf *why)
{
	size_t scheme = starts_with(url, "http://") ? 7 : starts_with(url, "https://") ? 8 : 0, authority, at = 0;

	if (scheme == 0)
		return set_why(why, -EINVAL, "the URL of a Prometheus begins with http:// or https://");
	authority = strcspn(url + scheme, "/?#");
	if (has_control(url) || strpbrk(url, " \"<>\\^`{|}") || strpbrk(url, "?#"))
		return set_why(why, -EINVAL, "the URL of a Prometheus has neither blanks nor a query: http://HOST:PORT/PATH");
	for (size_t i = 0; i < authority; i++)
		at = url[scheme + i] == '@' ? i + 1 : at;
	if (at > 0)
		take_credentials(http, url + scheme, at - 1);
	if (authority == at || url[scheme + at] == ':')
		return set_why(why, -EINVAL, "the URL of a Prometheus names no host");
	strbuf_add(&http->origin, url, scheme);
	strbuf_add(&http->origin, url + scheme + at, authority - at);
	strbuf_add(&http->base, http->origin.buf, http->origin.len);
	strbuf_add_string(&http->base, url + scheme + authority);
	while (http->base.buf[http->base.len - 1] == '/')
		strbuf_truncate(&http->base, http->base.len - 1);
	return 0;
}

static int read_secret(const char *path, struct strbuf *secret, struct strbuf *why)
{
	struct stream_budget budget = { 0 };
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0)
		return set_why(why, -errno, "%s: %s", path, strerror(errno));
	stream = stream_of_fd(fd, &budget);
	strbuf_reset(secret);
	r = stream_read_all(stream, SECRET_MAX, secret);
	if (r < 0)
		return set_why(why, r, "%s: %s", path, r == -EFBIG ? "too large for a secret" : strerror(-r));
	strbuf_trim(secret);
	if (secret->len == 0 || strlen(secret->buf) != secret->len || has_control(secret->buf))
		return set_why(why, -EINVAL, "%s: not one line of text", path);
	return 0;
}

static int take_secrets(struct http *http, const struct http_options *options, struct strbuf *why)
{
	bool bearer = options->bearer_file && options->bearer_file[0], user = options->user_file && options->user_file[0];
	CLEANUP(strbuf_release) struct strbuf secret = STRBUF_INIT;
	const char *colon;
	int r;

	if (bearer + user + (http->user.len > 0) > 1)
		return set_why(why, -EINVAL, "a token, a file with user and password, or both in the URL: give one of them");
	if (bearer)
		return read_secret(options->bearer_file, &http->bearer, why);
	if (!user)
		return 0;
	r = read_secret(options->user_file, &secret, why);
	colon = r == 0 ? strchr(secret.buf, ':') : NULL;
	if (r == 0 && !colon)
		r = set_why(why, -EINVAL, "%s: expected user:password", options->user_file);
	if (r == 0) {
		strbuf_add(&http->user, secret.buf, (size_t)(colon - secret.buf));
		strbuf_add_string(&http->password, colon + 1);
	}
	explicit_bzero(secret.buf, secret.len);
	return r;
}

static void add_header(struct http *http, const char *line)
{
	http->headers = http->curl->curl_slist_append(http->headers, line);
}

static int take_headers(struct http *http, const struct http_options *options, struct strbuf *why)
{
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;

	for (size_t i = 0; i < options->n_headers; i++) {
		const char *header = options->headers[i], *colon = strchr(header, ':');
		size_t name = colon ? (size_t)(colon - header) : 0;

		/* What stands in one may be secret as well. */
		if (name == 0 || strcspn(header, " \t()<>@,;\\\"/[]?={}") < name || has_control(header))
			return set_why(why, -EINVAL, "header %zu is none: expected NAME: VALUE", i + 1);
		/* libcurl takes "Name:" for "none of that name", and "Name;" for one without a value. */
		strbuf_reset(&line);
		strbuf_add_string(&line, header);
		if (!colon[1 + strspn(colon + 1, " ")]) {
			strbuf_truncate(&line, name);
			strbuf_add_char(&line, ';');
		}
		add_header(http, line.buf);
	}
	if (http->bearer.len) {
		strbuf_reset(&line);
		strbuf_addf(&line, "Authorization: Bearer %s", http->bearer.buf);
		add_header(http, line.buf);
		explicit_bzero(line.buf, line.len);
	}
	add_header(http, "Accept: application/json");
	add_header(http, "Expect:");
	return 0;
}

static char *file_of(const char *path)
{
	return path && path[0] ? xstrdup(path) : NULL;
}

static int check_readable(const char *path, struct strbuf *why)
{
	return !path || access(path, R_OK) == 0 ? 0 : set_why(why, -errno, "%s: %s", path, strerror(errno));
}

int http_open(const struct http_options *options, struct strbuf *why, struct http **ret_http)
{
	CLEANUP(http_close_ptr) struct http *http = xcalloc(1, sizeof(*http));
	int r;

	http->origin = http->base = http->user = http->password = http->bearer = (struct strbuf)STRBUF_INIT;
	http->curl = libcurl_library();
	if (!http->curl)
		return set_why(why, -ENOSYS, "asking a server needs libcurl (libcurl.so.4), which is not installed");
	http->timeout_sec = options->timeout_sec > 0 ? options->timeout_sec : 60;
	http->retries = options->retries;
	http->insecure = options->insecure;
	http->ca_file = file_of(options->ca_file);
	http->cert_file = file_of(options->cert_file);
	http->key_file = file_of(options->key_file);
	r = take_url(http, options->url, why);
	if (r == 0)
		r = take_secrets(http, options, why);
	if (r == 0)
		r = take_headers(http, options, why);
	if (r == 0)
		r = check_readable(http->ca_file, why);
	if (r == 0)
		r = check_readable(http->cert_file, why);
	if (r == 0)
		r = check_readable(http->key_file, why);
	if (r < 0)
		return r;
	http->handle = http->curl->curl_easy_init();
	if (!http->handle)
		return set_why(why, -ENOSYS, "libcurl cannot be used");
	*ret_http = steal_ptr(&http);
	return 0;
}

static void secret_release(struct strbuf *secret)
{
	explicit_bzero(secret->buf, secret->len);
	strbuf_release(secret);
}

void http_close(struct http *http)
{
	if (!http)
		return;
	if (http->handle)
		http->curl->curl_easy_cleanup(http->handle);
	if (http->headers)
		http->curl->curl_slist_free_all(http->headers);
	secret_release(&http->user);
	secret_release(&http->password);
	secret_release(&http->bearer);
	strbuf_release(&http->origin);
	strbuf_release(&http->base);
	free(http->ca_file);
	free(http->cert_file);
	free(http->key_file);
	free(http);
}

const char *http_server(const struct http *http)
{
	return http->base.buf;
}

bool http_exposed(const struct http *http)
{
	static const char *const near[] = { "http://127.", "http://[::1]", "http://localhost" };

	if (!(http->user.len || http->bearer.len) || starts_with(http->origin.buf, "https://"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		if (starts_with(http->origin.buf, near[i]))
			return false;
	return true;
}

void http_answer_release(struct http_answer *answer)
{
	strbuf_release(&answer->type);
	strbuf_release(&answer->why);
}

/* ---- one attempt ---- */

struct attempt {
	struct http *http;
	const struct http_sink *sink;
	uint64_t bytes;
	int error;			/* of the sink, or -EFBIG, -EINTR */
};

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct attempt *attempt = context;
	size_t length = size * count;
	long status = 0;

	attempt->bytes += length;
	if (attempt->bytes > HTTP_BODY_MAX) {
		attempt->error = -EFBIG;
		return 0;
	}
	(void)attempt->http->curl->curl_easy_getinfo(attempt->http->handle, CURLINFO_RESPONSE_CODE, &status);
	attempt->error = attempt->sink->body(attempt->sink->context, status, bytes, length);
	return attempt->error < 0 ? 0 : length;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	struct attempt *attempt = context;

	if (scratch_interrupted())
		attempt->error = -EINTR;
	return attempt->error == -EINTR;
}

static void set_texts(struct http *http)
{
	const struct libcurl *curl = http->curl;

	if (http->user.len || http->password.len) {
		curl->curl_easy_setopt(http->handle, CURLOPT_USERNAME, http->user.buf);
		curl->curl_easy_setopt(http->handle, CURLOPT_PASSWORD, http->password.buf);
		curl->curl_easy_setopt(http->handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	}
	/* The authorities of this host are not asked besides. */
	if (http->ca_file) {
		curl->curl_easy_setopt(http->handle, CURLOPT_CAINFO, http->ca_file);
		curl->curl_easy_setopt(http->handle, CURLOPT_CAPATH, (char *)NULL);
	}
	if (http->cert_file)
		curl->curl_easy_setopt(http->handle, CURLOPT_SSLCERT, http->cert_file);
	if (http->key_file)
		curl->curl_easy_setopt(http->handle, CURLOPT_SSLKEY, http->key_file);
	curl->curl_easy_setopt(http->handle, CURLOPT_SSL_VERIFYPEER, http->insecure ? 0L : 1L);
	curl->curl_easy_setopt(http->handle, CURLOPT_SSL_VERIFYHOST, http->insecure ? 0L : 2L);
	curl->curl_easy_setopt(http->handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl->curl_easy_setopt(http->handle, CURLOPT_HTTPHEADER, http->headers);
	curl->curl_easy_setopt(http->handle, CURLOPT_USERAGENT, "keisoku/" KEISOKU_VERSION);
}

static void set_limits(struct http *http)
{
	const struct libcurl *curl = http->curl;

	curl->curl_easy_setopt(http->handle, CURLOPT_NOSIGNAL, 1L);
	curl->curl_easy_setopt(http->handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	curl->curl_easy_setopt(http->handle, CURLOPT_FOLLOWLOCATION, 0L);
	curl->curl_easy_setopt(http->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)(fmin(http->timeout_sec, CONNECT_SEC) * 1000));
	curl->curl_easy_setopt(http->handle, CURLOPT_TIMEOUT_MS, (long)(fmin(http->timeout_sec, 86400) * 1000));
	/* What it cannot decompress it does not ask for: on_body() sees and counts plain bytes. */
	curl->curl_easy_setopt(http->handle, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static CURLcode attempt_perform(struct attempt *attempt, const char *url, const char *form, char *error)
{
	const struct libcurl *curl = attempt->http->curl;
	CURL *handle = attempt->http->handle;

	curl->curl_easy_reset(handle);	/* connections stay */
	set_texts(attempt->http);
	set_limits(attempt->http);
	curl->curl_easy_setopt(handle, CURLOPT_URL, url);
	if (form) {
		curl->curl_easy_setopt(handle, CURLOPT_POSTFIELDS, form);
		curl->curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)strlen(form));
	}
	curl->curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error);
	curl->curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
	curl->curl_easy_setopt(handle, CURLOPT_WRITEDATA, attempt);
	curl->curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
	curl->curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl->curl_easy_setopt(handle, CURLOPT_XFERINFODATA, attempt);
	return curl->curl_easy_perform(handle);
}

static const struct {
	CURLcode code;
	int error;
} curl_errors[] = {
	{ CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT },
	{ CURLE_PEER_FAILED_VERIFICATION, -EPROTO },
	{ CURLE_SSL_CONNECT_ERROR, -EPROTO },
	{ CURLE_SSL_CERTPROBLEM, -EPROTO },
	{ CURLE_SSL_CIPHER, -EPROTO },
	{ CURLE_SSL_CACERT_BADFILE, -EPROTO },
	{ CURLE_SSL_ISSUER_ERROR, -EPROTO },
};

static int error_of(CURLcode code)
{
	for (size_t i = 0; i < ARRAY_SIZE(curl_errors); i++)
		if (curl_errors[i].code == code)
			return curl_errors[i].error;
	return -EIO;
}

static const char *status_text(long status)
{
	static const struct {
		long status;
		const char *text;
	} texts[] = {
		{ 400, " (it does not understand the question)" }, { 401, " (not authorised)" }, { 403, " (forbidden)" },
		{ 404, " (nothing there: is the path of the URL right?)" }, { 429, " (too many questions)" },
		{ 502, " (bad gateway)" }, { 503, " (unavailable)" }, { 504, " (gateway timeout)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "";
}

static int attempt_judge(struct attempt *attempt, CURLcode code, const char *error, struct http_answer *answer)
{
	const struct http *http = attempt->http;
	char *type = NULL;

	(void)http->curl->curl_easy_getinfo(http->handle, CURLINFO_RESPONSE_CODE, &answer->status);
	(void)http->curl->curl_easy_getinfo(http->handle, CURLINFO_CONTENT_TYPE, &type);
	strbuf_reset(&answer->type);
	strbuf_add(&answer->type, type ? type : "", type ? MIN(strcspn(type, ";"), (size_t)80) : 0);
	if (attempt->error == -EFBIG)
		return set_why(&answer->why, -EFBIG, "an answer of more than %llu MiB", HTTP_BODY_MAX >> 20);
	if (attempt->error < 0)
		return set_why(&answer->why, attempt->error, "%s", attempt->error == -EINTR ? "interrupted" : "");
	if (code == CURLE_OPERATION_TIMEDOUT)
		return set_why(&answer->why, -ETIMEDOUT, "no whole answer within %g s", http->timeout_sec);
	if (code != CURLE_OK)
		return set_why(&answer->why, error_of(code), "%s", error[0] ? error : http->curl->curl_easy_strerror(code));
	if (answer->status >= 200 && answer->status < 300)
		return 0;
	return set_why(&answer->why, -EREMOTEIO, "HTTP %ld%s", answer->status, status_text(answer->status));
}

/* ---- redirects ---- */

static bool same_origin(const struct http *http, const char *url)
{
	return strncasecmp(url, http->origin.buf, http->origin.len) == 0
	    && (url[http->origin.len] == '/' || url[http->origin.len] == '?' || url[http->origin.len] == '\0');
}

/* Where to, without what may be secret in it. */
static void add_origin(struct strbuf *out, const char *url)
{
	const char *slashes = strstr(url, "://"), *host = slashes ? slashes + 3 : url;
	size_t authority = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', authority);

	strbuf_add(out, url, (size_t)(host - url));
	host = at ? at + 1 : host;
	strbuf_add(out, host, MIN(strcspn(host, "/?#"), (size_t)255));
}

/* Where a redirect leads on the same server, with the form once more.  -EREMOTEIO: it is none; -ELOOP: elsewhere. */
static int redirect(struct http *http, struct http_answer *answer, struct strbuf *url)
{
	char *to = NULL;

	if (answer->status != 301 && answer->status != 302 && answer->status != 307 && answer->status != 308)
		return -EREMOTEIO;
	(void)http->curl->curl_easy_getinfo(http->handle, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return -EREMOTEIO;
	if (!same_origin(http, to) || has_control(to)) {
		strbuf_reset(&answer->why);
		strbuf_addf(&answer->why, "HTTP %ld redirects to ", answer->status);
		add_origin(&answer->why, to);
		strbuf_add_string(&answer->why, ", which is not asked: give its URL if it is meant");
		return -ELOOP;
	}
	strbuf_reset(url);
	strbuf_add_string(url, to);
	return 0;
}

/* ---- one question ---- */

static bool worth_repeating(const struct http_answer *answer, const struct http_sink *sink, int r)
{
	if (r == -EIO)
		return true;
	if (r != -EREMOTEIO || (answer->status != 429 && answer->status < 500))
		return false;
	return !sink->hopeless || !sink->hopeless(sink->context, answer->status);
}

/* Longer each time, or as long as the server asks for.  Interrupted: -EINTR. */
static int wait_before(struct http *http, unsigned int attempt)
{
	static const struct timespec tick = { .tv_nsec = 50 * 1000 * 1000 };
	double seconds = fmin(WAIT_FIRST_SEC * (double)(1U << MIN(attempt, 6U)), WAIT_MOST_SEC);
	curl_off_t asked = 0;

	if (http->curl->curl_easy_getinfo(http->handle, CURLINFO_RETRY_AFTER, &asked) == CURLE_OK && asked > 0)
		seconds = fmin((double)asked, WAIT_MOST_SEC);
	for (double waited = 0; waited < seconds; waited += 0.05) {
		if (scratch_interrupted())
			return -EINTR;
		(void)nanosleep(&tick, NULL);
	}
	return 0;
}

/* With what redirects on the same server lead to. */
static int ask_once(struct http *http, const char *path, const char *form, const struct http_sink *sink, struct http_answer *answer)
{
	CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;
	int r = -ELOOP;

	strbuf_addf(&url, "%s%s", http->base.buf, path);
	if (http->get_only && form[0])
		strbuf_addf(&url, "?%s", form);
	for (unsigned int i = 0; i <= REDIRECTS_MAX; i++) {
		struct attempt attempt = { .http = http, .sink = sink };
		char error[CURL_ERROR_SIZE] = "";
		CURLcode code;

		sink->begin(sink->context);
		code = attempt_perform(&attempt, url.buf, http->get_only ? NULL : form, error);
		r = attempt_judge(&attempt, code, error, answer);
		if (r != -EREMOTEIO)
			return r;
		r = redirect(http, answer, &url);
		if (r < 0)
			return r;
	}
	return set_why(&answer->why, -ELOOP, "it redirects and redirects");
}

/* A server that takes only GET says so, and so do proxies that let only reading pass. */
static bool wants_get(const struct http *http, const struct http_answer *answer, int r)
{
	return r == -EREMOTEIO && !http->get_only && (answer->status == 403 || answer->status == 405 || answer->status == 501);
}

static void form_build(struct strbuf *form, const struct http_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		strbuf_add_string(form, i ? "&" : "");
		http_escape(form, fields[i].name);
		strbuf_add_char(form, '=');
		http_escape(form, fields[i].value);
	}
}

int http_ask(struct http *http, const char *path, const struct http_field *fields, size_t n_fields, const struct http_sink *sink,
	     struct http_answer *answer)
{
	CLEANUP(strbuf_release) struct strbuf form = STRBUF_INIT;
	int r = 0;

	form_build(&form, fields, n_fields);
	for (unsigned int attempt = 0;; attempt++) {
		r = ask_once(http, path, form.buf, sink, answer);
		if (wants_get(http, answer, r)) {
			http->get_only = true;
			r = ask_once(http, path, form.buf, sink, answer);
			http->get_only = r == 0;
		}
		if (!worth_repeating(answer, sink, r) || attempt == http->retries)
			return r;
		if (wait_before(http, attempt) < 0)
			return set_why(&answer->why, -EINTR, "interrupted");
	}
}
