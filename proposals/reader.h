/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of what is proposed: one file for each form (a shell script, a sysctl.d file, an Ansible playbook …).
 *
 * A reader turns a text into struct proposed, in the order in which the settings would be made.  Nothing is ever executed,
 * and what is not understood is said with its line: an item with the fate PROPOSED_UNCLEAR, never silence.  A text is hostile:
 * any bytes, any size up to PROPOSED_TEXT_MAX, any nesting.
 *
 * Forms contain each other: a playbook holds shell commands, a script writes a sysctl.d file with a here-document.  The outer
 * reader hands the inner text to read_host_file() or read_shell() with the place of each of its lines. */
#ifndef KEISOKU_READER_H
#define KEISOKU_READER_H

#include "../core/proposal.h"
#include "../core/registry.h"
#include "../core/strbuf.h"

#define PROPOSED_TEXT_MAX ((size_t)64 << 20)
#define READING_DEPTH_MAX 6		/* texts inside texts */
#define READING_FILES_MAX 3000		/* of a host, but those of sysctl: each costs a root of its own */

enum text_use {
	TEXT_REPLACES,		/* it becomes the whole file */
	TEXT_APPENDS,		/* it is added at the end of the file each time */
	TEXT_LINE,		/* one line is put there once (lineinfile), or in place of another */
};

/* A text, and where each of its lines stands in what was given. */
struct proposed_text {
	const char *path;		/* as given or as a difference names it: "roles/x/files/99-tune.conf" */
	const char *text;		/* terminated; may hold zero bytes before its end */
	size_t length;
	unsigned int first;		/* the line of its first line, from 1 */
	const unsigned int *lines;	/* the line of each of its n_lines lines instead, where they do not follow each other; or NULL */
	size_t n_lines;
	const char *form;		/* of the outermost reader that handed it on; NULL: the reader's own name */
	const char *via;		/* how it comes to be: "a here-document", "ansible.builtin.copy"; NULL: it is the file itself */
	const char *file;		/* of the host, that it is or is written to; NULL: guessed from path, or none */
	enum text_use use;
	unsigned int when;		/* of enum proposed_when, where the outer form knows better; 0: what the form says */
	bool optional;			/* a failure goes unnoticed */
	const char *condition;		/* see struct proposed; NULL: none */
};

unsigned int proposed_text_line(const struct proposed_text *text, size_t index);	/* of its line index, from 0 */

struct reading {
	struct proposal *proposal;
	const struct registry *registry;	/* which tunable has which path */
	unsigned int depth;
	unsigned int files;		/* that were given to probes so far */
};

enum { NOT_MINE = 0, MINE_BY_CONTENT = 50, MINE_BY_NAME = 80, MINE = 100 };

struct reader {
	const char *name;		/* --as NAME, and proposed.form */
	const char *summary;
	/* How sure it is that this is its form.  Looks at the name and the first 64 KiB. */
	unsigned int (*recognise)(const struct reader *reader, const char *path, const char *text, size_t length);
	void (*read)(const struct reader *reader, struct reading *reading, const struct proposed_text *text);
};

extern const struct reader *const readers[];	/* NULL-terminated; of those that are equally sure the first one reads */

const struct reader *reader_find(const char *name);
/* The reader that is surest, or NULL: nobody knows this form. */
const struct reader *reader_recognise(const char *path, const char *text, size_t length);

/* The file of the host that a path in a repository stands for: "files/etc/sysctl.d/60-x.conf" is /etc/sysctl.d/60-x.conf.
 * false: it
 * lies below none of the directories that are known. */
bool host_file_of(const char *path, struct strbuf *file);

/* Hands a text to the reader of text->file (sysctl.d, udev, tmpfiles.d, modprobe.d, fstab, limits.conf, a script …).  A file of
 * /proc or /sys is written with the whole text.  false: no reader knows that file; it sets nothing that is known here, and
 * nothing was added. */
bool read_host_file(struct reading *reading, const struct proposed_text *text);
/* Patterns of the files that sysctl --system applies; all but the first are systemd-sysctl's too. */
#define SYSCTL_FILES 6
extern const char *const sysctl_files[SYSCTL_FILES];
bool is_sysctl_file(const char *file);
bool sysctl_file_is_overlooked(const char *file);	/* for its name; only sysctl -p FILE reads it */
bool host_file_known(const char *file);		/* whether a reader knows the file of that name */

/* Shell commands inside something else.  shell: "sh", "bash". */
void read_shell(struct reading *reading, const struct proposed_text *text, const char *shell);

/* Adds what a write of value to a file below /proc/sys or /sys sets; path may be a pattern.  item: everything else that is
 * known; its kind, subject, key, value and pattern are filled in.  false: it is no file of a setting. */
bool read_write(struct reading *reading, const struct proposed *item, const char *path, const char *value);

/* The key of an interface that ethtool sets by a name of its own: "ring", "channels", "coalesce" or "features", and "rx"; NULL:
 * none that is known. */
const char *ethtool_key(const char *what, const char *name);

/* The key of a file of /sys that belongs to no device, unit or cgroup, such as thp.enabled; path itself where none is known. */
void read_file_key(const struct reading *reading, const char *path, struct strbuf *key);

/* What two readings of the same file differ in, added to out: first what the new one no longer says (PROPOSED_REMOVED, with
 * the line of the old one; why says what sets it still), then what it says anew, otherwise (with what it said before), or as
 * before (PROPOSED_STANDS).
 * A setting is known by its kind, subject, key, form and file of the host, whatever its line. */
void proposal_difference(const struct proposal *old, const struct proposal *fresh, struct proposal *out);

/* What is not understood, or broken: a printf of why. */
void read_unclear(struct reading *reading, const struct proposed_text *text, size_t line, const char *format, ...)
	FORMAT_PRINTF(4, 5);

#endif
