/* SPDX-License-Identifier: Apache-2.0 */
#include "log-text.h"

#include <errno.h>

struct span {
	const char *at, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* ---- /dev/kmsg ---- */

static bool take_number(struct span *span, uint64_t *ret_value)
{
	const char *start = span->at;
	uint64_t value = 0;

	while (span->at < span->end && is_digit(*span->at)) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*span->at - '0'), &value))
			return false;
		span->at++;
	}
	*ret_value = value;
	return span->at > start;
}

static bool take(struct span *span, char c)
{
	if (span->at == span->end || *span->at != c)
		return false;
	span->at++;
	return true;
}

static size_t unescape(char *text, size_t length)
{
	size_t out = 0;

	for (size_t i = 0; i < length; i++) {
		int high = i + 3 < length ? hex_value(text[i + 2]) : -1;
		int low = i + 3 < length ? hex_value(text[i + 3]) : -1;

		if (text[i] == '\\' && high >= 0 && low >= 0 && text[i + 1] == 'x') {
			text[out++] = (char)(high << 4 | low);
			i += 3;
		} else {
			text[out++] = text[i];
		}
	}
	return out;
}

int kmsg_parse(char *record, size_t length, struct kmsg_record *ret_record)
{
	struct span span = { record, record + length };
	uint64_t priority, sequence, usec;
	char *text, *end;

	if (!take_number(&span, &priority) || !take(&span, ',') || !take_number(&span, &sequence) ||
	    !take(&span, ',') || !take_number(&span, &usec) || !take(&span, ','))
		return -EBADMSG;
	text = memchr(span.at, ';', (size_t)(span.end - span.at));
	if (!text || memchr(span.at, '\n', (size_t)(text - span.at)))
		return -EBADMSG;

	text++;
	length = (size_t)(record + length - text);
	end = memchr(text, '\n', length);
	*ret_record = (struct kmsg_record){
		.facility = (unsigned int)(priority >> 3),
		.sequence = sequence,
		.text = text,
		.length = unescape(text, end ? (size_t)(end - text) : length),
	};
	return 0;
}

/* ---- text ---- */

static void skip_blanks(struct span *span)
{
	while (span->at < span->end && (*span->at == ' ' || *span->at == '\t'))
		span->at++;
}

static bool span_starts_with(const struct span *span, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(span->end - span->at) >= length && memcmp(span->at, text, length) == 0;
}

/* "    1.234567", "    1.234567 <    0.000020>" or "Sun Nov 22 16:45:13 2026" in brackets, but not "drm" and not
 * "Hardware Error". */
static bool is_time(const char *at, const char *end)
{
	bool date = end - at >= 19 && is_letter(at[0]) && is_letter(at[1]) && is_letter(at[2]) && at[3] == ' ';
	bool digit = false;

	for (const char *p = at + (date ? 7 : 0); p < end; p++) {
		if (!strchr(date ? "0123456789: " : "0123456789. <>+-", *p) || *p == '\0')
			return false;
		digit = digit || is_digit(*p);
	}
	return digit;
}

/* "[  T123]", "[   C0]": the task or CPU that spoke (CONFIG_PRINTK_CALLER) */
static bool is_caller(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	if (at == end || (*at != 'T' && *at != 'C'))
		return false;
	for (at++; at < end; at++)
		if (!is_digit(*at))
			return false;
	return true;
}

#define BRACKET_MAX 48

static bool skip_bracket(struct span *span, bool (*fits)(const char *at, const char *end))
{
	size_t left = (size_t)(span->end - span->at);
	const char *close;

	if (left == 0 || *span->at != '[')
		return false;
	close = memchr(span->at, ']', left < BRACKET_MAX ? left : BRACKET_MAX);
	if (!close || !fits(span->at + 1, close))
		return false;
	span->at = close + 1;
	return true;
}

/* "<6>" of dmesg -r */
static void skip_raw_priority(struct span *span)
{
	struct span rest = *span;
	uint64_t priority;

	if (take(&rest, '<') && take_number(&rest, &priority) && take(&rest, '>'))
		*span = rest;
}

/* "kern  :warn  : " of dmesg -x.  False: another facility's. */
static bool skip_decoded_priority(struct span *span)
{
	struct span rest = *span;
	bool kernel = span_starts_with(span, "kern ");

	for (int i = 0; i < 2; i++) {
		if (rest.at == rest.end || !is_letter(*rest.at))
			return true;
		while (rest.at < rest.end && (is_letter(*rest.at) || is_digit(*rest.at)))
			rest.at++;
		skip_blanks(&rest);
		if (!take(&rest, ':'))
			return true;
	}
	if (!take(&rest, ' ') || rest.at == rest.end || *rest.at != '[')
		return true;
	*span = rest;
	return kernel;
}

static bool is_syslog_time(const struct span *span)
{
	const char *p = span->at;

	if (span->end - p < 16)
		return false;
	if (is_letter(p[0]) && is_letter(p[1]) && is_letter(p[2]) && p[3] == ' ')	/* "Nov  2 16:45:13 " */
		return is_digit(p[5]) && p[6] == ' ' && p[9] == ':' && p[12] == ':';
	return is_digit(p[0]) && is_digit(p[3]) && p[4] == '-' && p[7] == '-' && p[10] == 'T' && p[13] == ':';
}

#define SYSLOG_HEAD_MAX 320		/* time, host (at most 255), "kernel:" */

/* False: a line of syslog that is not the kernel's. */
static bool skip_syslog_head(struct span *span)
{
	size_t left = (size_t)(span->end - span->at);
	static const char tag[] = " kernel: ";
	const char *found;

	if (!is_syslog_time(span))
		return true;
	found = memmem(span->at, left < SYSLOG_HEAD_MAX ? left : SYSLOG_HEAD_MAX, tag, strlen(tag));
	if (!found)
		return false;
	/* time and host come before it and nothing else: "… host app: the kernel: no" is not the kernel's */
	for (const char *p = found; p > span->at; p--)
		if (p[-1] == ':' && p[0] == ' ')
			return false;
	span->at = found + strlen(tag);
	return true;
}

bool log_line_parse(const char *line, size_t length, const char **ret_text, size_t *ret_length)
{
	struct span span = { line, line + length };

	while (span.end > span.at && (span.end[-1] == '\r' || span.end[-1] == '\n' || span.end[-1] == ' '))
		span.end--;
	if (!skip_syslog_head(&span) || !skip_decoded_priority(&span))
		return false;
	skip_raw_priority(&span);
	if (skip_bracket(&span, is_time)) {
		(void)skip_bracket(&span, is_caller);
		skip_blanks(&span);
	}
	*ret_text = span.at;
	*ret_length = (size_t)(span.end - span.at);
	return span.at < span.end;
}
