/* SPDX-License-Identifier: Apache-2.0 */
#include "sosreport.h"

#include <errno.h>
#include <inttypes.h>

#include "../core/parse.h"

#define SYS "/proc/sys/"
#define LISTING_MAX (32U << 20)

/* One part of the time up: "3 days", "40 min", "2:14". */
static bool uptime_part(const char **cursor, uint64_t *seconds)
{
	static const struct {
		const char *word;
		uint64_t seconds;
	} units[] = { { " day", 86400 }, { " hour", 3600 }, { " hr", 3600 }, { " min", 60 }, { " sec", 1 } };
	const char *at = *cursor + strspn(*cursor, " ");
	uint64_t number, minutes;

	if (!scan_u64(&at, &number) || number > 1000000)
		return false;
	if (*at == ':') {
		at++;
		if (!scan_u64(&at, &minutes) || minutes > 59)
			return false;
		*seconds += number * 3600 + minutes * 60;
		*cursor = at;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!starts_with(at, units[i].word))
			continue;
		*seconds += number * units[i].seconds;
		*cursor = at + strcspn(at, ",\n");
		return true;
	}
	return false;
}

int sosreport_uptime_parse(const char *text, uint64_t *ret_seconds)
{
	const char *cursor = strstr(text, " up ");
	uint64_t seconds = 0;

	if (!cursor)
		return -EBADMSG;
	cursor += strlen(" up ");
	if (!uptime_part(&cursor, &seconds))
		return -EBADMSG;
	while (*cursor == ',') {
		cursor++;
		if (!uptime_part(&cursor, &seconds))
			break;		/* the number of users */
	}
	*ret_seconds = seconds;
	return 0;
}

static int read_uptime(const struct root *root, struct strbuf *text)
{
	static const char *const outputs[] = { "/sos_commands/host/uptime", "/uptime" };

	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		uint64_t seconds;

		if (root_read(root, outputs[i], text) < 0 || sosreport_uptime_parse(text->buf, &seconds) < 0)
			continue;
		strbuf_reset(text);
		strbuf_addf(text, "%" PRIu64 ".00 0.00\n", seconds);
		return 0;
	}
	strbuf_reset(text);
	return -ENOENT;
}

/* The key of a path below /proc/sys, as sysctl(8) prints it: a dot in a component and the slash change places. */
static void sysctl_key(const char *path, struct strbuf *key)
{
	for (; *path; path++)
		strbuf_add_char(key, *path == '/' ? '.' : *path == '.' ? '/' : *path);
}

/* fs.file-nr = 623	0	2466177 */
static int read_sysctl(const struct root *root, const char *path, struct strbuf *text)
{
	CLEANUP(strbuf_release) struct strbuf listing = STRBUF_INIT, key = STRBUF_INIT;
	const char *cursor;
	int r;

	strbuf_reset(text);
	r = root_read_limit(root, "/sos_commands/kernel/sysctl_-a", LISTING_MAX, &listing);
	if (r < 0)
		return -ENOENT;
	sysctl_key(path + strlen(SYS), &key);
	strbuf_add_string(&key, " = ");
	cursor = listing.buf;
	do {
		if (!starts_with(cursor, key.buf))
			continue;
		strbuf_add(text, cursor + key.len, strcspn(cursor + key.len, "\n"));
		strbuf_add_char(text, '\n');
		return 0;
	} while (next_line(&cursor));
	return -ENOENT;
}

int sosreport_read(const struct root *root, const char *path, struct strbuf *text)
{
	if (root->layout != ROOT_SOSREPORT)
		return -ENOENT;
	if (streq(path, "/proc/uptime"))
		return read_uptime(root, text);
	return starts_with(path, SYS) ? read_sysctl(root, path, text) : -ENOENT;
}
