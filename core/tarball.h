/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a tar archive (v7, ustar, GNU, pax) in their order, as changes to a tree of files.
 *
 * A path is made plain: no "/" at its beginning, no "." and no empty component.  An entry whose path leads upward, is longer
 * or deeper than any honest one or cannot be said, and one of a kind nobody knows, is counted in left_out and not given. */
#ifndef KEISOKU_TARBALL_H
#define KEISOKU_TARBALL_H

#include "stream.h"

enum change_kind { CHANGE_FILE, CHANGE_DIRECTORY, CHANGE_LINK, CHANGE_HARD_LINK, CHANGE_OTHER };

struct change {
	enum change_kind kind;
	const char *path;		/* "etc/sysctl.conf"; "": the root itself */
	const char *target;		/* of a symbolic link: as it is; of a hard link: a path like path */
	uint64_t size;			/* of a file */
	uint32_t content;		/* number of what is kept of a file, for whoever keeps it */
};

#define CHANGE_DEPTH_MAX 128
#define TARBALL_ENTRIES_MAX 4000000	/* of one archive */

/* Why an entry does not count, or not as it stands. */
enum left_reason {
	LEFT_UPWARD,			/* ".." in its path, or in that of the file it is a hard link to */
	LEFT_LONG,			/* path, name or target longer than Linux allows, or too deep */
	LEFT_NAMELESS,
	LEFT_UNKNOWN,			/* a kind of entry that tar does not have */
	LEFT_THROUGH_FILE,		/* below something that is no directory, or through links that go in a circle */
	LEFT_HARD_LINK,			/* to something that is not there */
	LEFT_TOO_LARGE,			/* it would be read, and is larger than files of its kind are */
	LEFT_TOO_MUCH,			/* it would be read, but what is kept is full */
	LEFT_LINKED,			/* readers come to it by a link, and it lies where nothing was kept */
	LEFT_ABSOLUTE,			/* taken from the root: kept */
	LEFT_COUNT,
};

struct left_out {
	size_t count[LEFT_COUNT];
	char *first[LEFT_COUNT];	/* a path */
};

void left_out_add(struct left_out *left, enum left_reason reason, const char *path);
void left_out_release(struct left_out *left);

/* A negative errno ends the reading.  content gives the bytes of a file and may be left unread. */
typedef int tarball_handler(void *context, struct change *change, struct stream *content);

enum tarball_kind {
	TARBALL_WHOLE,			/* must have its end mark: without one it is cut short */
	TARBALL_LAYER,			/* some writers of layers leave it out; that it is whole is known otherwise */
};

/* 0, or a negative errno with *why: what is wrong and where.  The handler may have set it. */
int tarball_read(struct stream *stream, enum tarball_kind kind, tarball_handler *handler, void *context,
		 struct left_out *left, struct strbuf *why);

/* The plain form of a path.  -EXDEV: it leads upward; -ENAMETOOLONG. */
int path_make_plain(const char *path, struct strbuf *plain, bool *ret_absolute);

#endif
