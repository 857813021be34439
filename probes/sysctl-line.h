/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a sysctl.d file, as each program that reads these files takes it (sysctl.d(5), sysctl.conf(5)).
 *
 * None of them continues a line on the next one.  They differ in where a line ends, in what may stand around a name, in
 * excluding lines ("-net.ipv4.conf.all.rp_filter", without a value) and in whether a value may be empty. */
#ifndef KEISOKU_SYSCTL_LINE_H
#define KEISOKU_SYSCTL_LINE_H

#include "../core/strbuf.h"

enum sysctl_loader {
	SYSCTL_SYSTEMD,		/* systemd-sysctl */
	SYSCTL_PROCPS,		/* sysctl --system since 4.0.0 */
	SYSCTL_PROCPS_OLD,	/* until 3.3.17: it knows no patterns */
	SYSCTL_TUNED,		/* the sysctl plugin of TuneD, when it applies the files of /run and /etc again */
	SYSCTL_LOADER_COUNT,
};

const char *sysctl_loader_name(enum sysctl_loader loader);	/* BOOT_SYSTEMD … of core/boot.h */

enum sysctl_line_kind {
	SYSCTL_LINE_EMPTY,	/* blank, or a comment */
	SYSCTL_LINE_ASSIGN,
	SYSCTL_LINE_EXCLUDE,	/* takes what it names out of patterns */
	SYSCTL_LINE_INVALID,
};

struct sysctl_line {
	enum sysctl_line_kind kind;
	struct strbuf path;	/* below /proc/sys as the loader opens it: "net/ipv4/conf/eth0.100/rp_filter"; of an invalid
				 * line only where the loader writes something nevertheless */
	struct strbuf value;
	bool optional;		/* "-vm.swappiness = 10": a failure is not one */
	const char *why;	/* SYSCTL_LINE_INVALID: what is wrong; a constant */
};

#define SYSCTL_LINE_INIT { .path = STRBUF_INIT, .value = STRBUF_INIT }
void sysctl_line_release(struct sysctl_line *line);

/* text is a line without what ends it. */
void sysctl_line_parse(enum sysctl_loader loader, const char *text, size_t length, struct sysctl_line *line);

/* Walks the lines of a text: SYSCTL_CURSOR(text, length), then sysctl_next_line() until it says false. */
struct sysctl_cursor {
	const char *next, *end;
	const char *line;	/* the one it stands at, without what ends it */
	size_t length;
	unsigned int number;	/* as an editor shows it, from 1 */
};

#define SYSCTL_CURSOR(text, size) { .next = (text), .end = (text) + (size), .number = 1 }
bool sysctl_next_line(enum sysctl_loader loader, struct sysctl_cursor *cursor);

/* Where the first separator is a dot, dots separate and slashes stand for the dots within a name: they change places. */
void sysctl_swap_separators(struct strbuf *path);

/* What is never read below /proc/sys is not kept from a file either: whether a key or path is such a one. */
bool sysctl_is_secret(const char *path);

/* "net/ipv4/conf/eth0.100/rp_filter" as "net.ipv4.conf.eth0/100.rp_filter": the name that sysctl(8) prints.  Repeated
 * slashes count as one, and ".." goes back.  false: it leaves /proc/sys, or names nothing. */
bool sysctl_key_of_path(const char *path, struct strbuf *key);

#endif
