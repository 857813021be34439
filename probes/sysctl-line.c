/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl-line.h"

#include "../core/boot.h"

static const char *const loader_names[] = {
	[SYSCTL_SYSTEMD] = BOOT_SYSTEMD,
	[SYSCTL_PROCPS] = BOOT_PROCPS,
	[SYSCTL_PROCPS_OLD] = BOOT_PROCPS_OLD,
	[SYSCTL_TUNED] = BOOT_TUNED,
};

const char *sysctl_loader_name(enum sysctl_loader loader)
{
	return loader_names[loader];
}

void sysctl_line_release(struct sysctl_line *line)
{
	strbuf_release(&line->path);
	strbuf_release(&line->value);
}

/* ---- pieces of text ---- */

struct span {
	const char *text;
	size_t length;
};

#define BLANKS_SYSTEMD " \t\n\r"
#define BLANKS_ISSPACE " \t\n\v\f\r"
#define BLANKS_PYTHON " \t\n\v\f\r\x1c\x1d\x1e\x1f"
#define BLANKS_OLD_START " \t"
#define BLANKS_OLD_END " \t\n\r"

static bool is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

static struct span skip(struct span span, size_t count)
{
	return (struct span){ span.text + count, span.length - count };
}

static struct span strip_start(struct span span, const char *blanks)
{
	while (span.length > 0 && is_in(*span.text, blanks))
		span = skip(span, 1);
	return span;
}

static struct span strip_end(struct span span, const char *blanks)
{
	while (span.length > 0 && is_in(span.text[span.length - 1], blanks))
		span.length--;
	return span;
}

static struct span strip(struct span span, const char *blanks)
{
	return strip_end(strip_start(span, blanks), blanks);
}

static struct span until(struct span span, char mark)
{
	const char *found = span.length ? memchr(span.text, mark, span.length) : NULL;

	return found ? (struct span){ span.text, (size_t)(found - span.text) } : span;
}

static bool split(struct span span, struct span *ret_key, struct span *ret_value)
{
	const char *equals = span.length ? memchr(span.text, '=', span.length) : NULL;

	if (!equals)
		return false;
	*ret_key = (struct span){ span.text, (size_t)(equals - span.text) };
	*ret_value = skip(span, ret_key->length + 1);
	return true;
}

static bool is_comment(struct span span)
{
	return span.length == 0 || *span.text == '#' || *span.text == ';';
}

static bool take_dash(struct span *key)
{
	if (key->length == 0 || *key->text != '-')
		return false;
	*key = skip(*key, 1);
	return true;
}

/* ---- names ---- */

void sysctl_swap_separators(struct strbuf *path)
{
	size_t first = strcspn(path->buf, "./");

	if (path->buf[first] != '.')
		return;
	for (char *c = path->buf; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
}

/* Repeated slashes, "." components and the slashes around it go. */
static void simplify(struct strbuf *path)
{
	CLEANUP(strbuf_release) struct strbuf result = STRBUF_INIT;
	const char *part = path->buf;

	for (;;) {
		size_t length = strcspn(part, "/");

		if (length > 0 && !(length == 1 && *part == '.')) {
			if (result.len > 0)
				strbuf_add_char(&result, '/');
			strbuf_add(&result, part, length);
		}
		if (part[length] == '\0')
			break;
		part += length + 1;
	}
	strbuf_reset(path);
	strbuf_add(path, result.buf, result.len);
}

bool sysctl_key_of_path(const char *path, struct strbuf *key)
{
	CLEANUP(strbuf_release) struct strbuf simple = STRBUF_INIT;

	strbuf_reset(key);
	strbuf_add_string(&simple, path);
	simplify(&simple);
	for (const char *part = simple.buf; *part;) {
		size_t length = strcspn(part, "/");
		const char *last = memrchr(key->buf, '/', key->len);

		if (length == 2 && starts_with(part, "..")) {
			if (key->len == 0)
				return false;
			strbuf_truncate(key, last ? (size_t)(last - key->buf) : 0);
		} else {
			strbuf_addf(key, "%s%.*s", key->len ? "/" : "", (int)length, part);
		}
		part += length + (part[length] == '/');
	}
	for (char *c = key->buf; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
	return key->len > 0;
}

static void invalid(struct sysctl_line *line, const char *why)
{
	line->kind = SYSCTL_LINE_INVALID;
	line->why = why;
}

static void set(struct sysctl_line *line, struct span key, struct span value)
{
	line->kind = SYSCTL_LINE_ASSIGN;
	strbuf_add(&line->path, key.text, key.length);
	strbuf_add(&line->value, value.text, value.length);
}

/* ---- the loaders ---- */

#define NOT_AN_ASSIGNMENT "it is not an assignment"

static bool has_dots(const char *path)
{
	for (const char *found = path; (found = strstr(found, "..")); found++)
		if ((found == path || found[-1] == '/') && (found[2] == '/' || found[2] == '\0'))
			return true;
	return false;
}

/* Lines end at zero bytes already. */
static void parse_systemd(struct span text, struct sysctl_line *line)
{
	struct span key = strip(text, BLANKS_SYSTEMD), value;
	bool assigns, dash;

	if (is_comment(key))
		return;
	assigns = split(key, &key, &value);
	dash = take_dash(&key);
	if (!assigns && !dash) {
		invalid(line, NOT_AN_ASSIGNMENT);
		return;
	}
	key = strip(key, BLANKS_SYSTEMD);
	if (assigns) {
		set(line, key, strip(value, BLANKS_SYSTEMD));
		line->optional = dash;
	} else {
		line->kind = SYSCTL_LINE_EXCLUDE;
		strbuf_add(&line->path, key.text, key.length);
	}
	sysctl_swap_separators(&line->path);
	simplify(&line->path);
	if (has_dots(line->path.buf))
		invalid(line, "systemd refuses \"..\" in a name");
}

/* A second dash belongs to no name either. */
static void procps_path(struct sysctl_line *line, struct span key)
{
	(void)take_dash(&key);
	strbuf_reset(&line->path);
	strbuf_add(&line->path, key.text, key.length);
	sysctl_swap_separators(&line->path);
}

static void parse_procps(struct span text, struct sysctl_line *line)
{
	struct span key = strip_start(until(text, '\0'), BLANKS_ISSPACE), value;

	/* The newline, if any, counts as a character. */
	if (key.length < 2 || is_comment(key))
		return;
	if (!split(key, &key, &value)) {
		if (!take_dash(&key)) {
			invalid(line, NOT_AN_ASSIGNMENT);
			return;
		}
		line->kind = SYSCTL_LINE_EXCLUDE;
	} else {
		line->optional = take_dash(&key);
		set(line, key, strip(value, BLANKS_ISSPACE));
	}
	procps_path(line, strip_end(key, BLANKS_ISSPACE));
}

static void parse_procps_old(struct span text, struct sysctl_line *line)
{
	struct span key = strip_start(strip_end(until(text, '\0'), BLANKS_OLD_END), BLANKS_OLD_START), value;

	if (key.length < 2 || is_comment(key))
		return;
	while (key.length > 0 && *key.text == '=')
		key = skip(key, 1);
	if (!split(key, &key, &value)) {
		procps_path(line, key);
		invalid(line, "it has no value: sysctl before 4.0 writes a stray \"=\", which the kernel refuses for numbers");
		return;
	}
	value = until(strip_start(value, "\r"), '\r');
	if (value.length == 0) {
		invalid(line, "sysctl before 4.0 takes no empty value");
		return;
	}
	key = strip_end(key, BLANKS_OLD_END);
	line->optional = take_dash(&key);
	set(line, key, strip_start(value, BLANKS_OLD_START));
	sysctl_swap_separators(&line->path);
}

/* No dash and no pattern means anything to it.  Before 2.22 only dots became slashes. */
static void parse_tuned(struct span text, struct sysctl_line *line)
{
	struct span key = strip(text, BLANKS_PYTHON), value;

	if (is_comment(key))
		return;
	if (!split(key, &key, &value)) {
		invalid(line, NOT_AN_ASSIGNMENT);
		return;
	}
	key = strip(key, BLANKS_PYTHON);
	set(line, key, strip(value, BLANKS_PYTHON));
	for (char *c = line->path.buf; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
}

void sysctl_line_parse(enum sysctl_loader loader, const char *text, size_t length, struct sysctl_line *line)
{
	static void (*const parsers[])(struct span, struct sysctl_line *) = {
		[SYSCTL_SYSTEMD] = parse_systemd,
		[SYSCTL_PROCPS] = parse_procps,
		[SYSCTL_PROCPS_OLD] = parse_procps_old,
		[SYSCTL_TUNED] = parse_tuned,
	};

	strbuf_reset(&line->path);
	strbuf_reset(&line->value);
	line->kind = SYSCTL_LINE_EMPTY;
	line->optional = false;
	line->why = "";
	parsers[loader]((struct span){ text, length }, line);
	if (line->kind != SYSCTL_LINE_EMPTY && line->kind != SYSCTL_LINE_INVALID && line->path.len == 0)
		invalid(line, "it names no key");
	if (memchr(line->path.buf, '\0', line->path.len) || memchr(line->value.buf, '\0', line->value.len))
		invalid(line, "it contains a zero byte");
}

/* ---- where lines end ---- */

/* systemd: newline, carriage return and zero byte end a line, and so does a run in which each occurs at most once, a zero
 * byte last. */
static size_t systemd_end(const char *text, size_t length)
{
	static const char marks[] = { '\n', '\r', '\0' };
	unsigned int seen = 0;
	size_t at = 0;

	while (at < length && !(seen & 4)) {
		const char *mark = memchr(marks, text[at], sizeof(marks));
		unsigned int bit = mark ? 1U << (mark - marks) : 0;

		if (!bit || (seen & bit))
			break;
		seen |= bit;
		at++;
	}
	return at;
}

/* Python: "\n", "\r" and "\r\n". */
static size_t python_end(const char *text, size_t length)
{
	if (length >= 2 && text[0] == '\r' && text[1] == '\n')
		return 2;
	return length > 0 && (*text == '\n' || *text == '\r');
}

static size_t plain_end(const char *text, size_t length)
{
	return length > 0 && *text == '\n';
}

bool sysctl_next_line(enum sysctl_loader loader, struct sysctl_cursor *cursor)
{
	size_t (*const end_of[])(const char *, size_t) = {
		[SYSCTL_SYSTEMD] = systemd_end,
		[SYSCTL_PROCPS] = plain_end,
		[SYSCTL_PROCPS_OLD] = plain_end,
		[SYSCTL_TUNED] = python_end,
	};
	const char *c = cursor->next, *line = c;
	size_t mark = 0;

	if (c == cursor->end)
		return false;
	for (const char *old = cursor->line; old && old < c; old++)
		cursor->number += *old == '\n';
	while (c < cursor->end && (mark = end_of[loader](c, (size_t)(cursor->end - c))) == 0)
		c++;
	cursor->line = line;
	cursor->length = (size_t)(c - line);
	cursor->next = c + mark;
	return true;
}

bool sysctl_is_secret(const char *path)
{
	return strstr(path, "tcp_fastopen_key") || strstr(path, "netdev_rss_key") || strstr(path, "stable_secret");
}
