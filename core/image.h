/* SPDX-License-Identifier: Apache-2.0 */
/* An archive as a root to read: a tar of a file system or of a sosreport, an OCI image layout (a directory or a tar) or what
 * "docker save" writes, whatever they are compressed with.
 *
 * One pass in the order of the bytes, so that a pipe will do: the entries become a tree in memory, layers are applied to one
 * another with their whiteouts, and only files that readers look at (image-wanted.h) are kept, in a private directory that
 * goes with the root.  A file gets a second pass when links lead from there to files that were not kept.
 *
 * Nothing in an archive is trusted: no path, link or device of it is ever used on a file system but below that directory,
 * and there only as one component after another, never followed.  Entries, memory, files, bytes kept and what compression
 * makes of the input are bounded. */
#ifndef KEISOKU_IMAGE_H
#define KEISOKU_IMAGE_H

#include "diag.h"
#include "root.h"
#include "stream.h"

#define IMAGE_FILES_MAX 200000		/* kept */
#define IMAGE_KEPT_MAX (1ULL << 30)	/* bytes of them */

struct image_source {
	const char *name;		/* for messages, and the root's path */
	const char *const *const *globs;	/* what readers read, as struct probe has it: lists, NULL-terminated each */
	size_t n_globs;
};

/* stream stands at its beginning; fd is the file behind it, or -1.  0, or a negative errno with *why: -EBADMSG damaged or
 * cut short, -EFBIG and -E2BIG beyond a limit, -EINVAL an image that is wrong, -EINTR.  What was left out is in notes. */
int image_open(const struct image_source *source, struct stream *stream, int fd, struct diag *notes, struct strbuf *why,
	       struct root **ret_root);

/* A directory that holds an OCI image layout or an unpacked docker save. */
bool image_is_layout(const struct root *directory);

/* A directory that is the top of a file system, of a captured tree or of a sosreport. */
bool image_is_file_system(const struct root *directory);
int image_open_layout(const struct image_source *source, const struct root *directory, struct diag *notes,
		      struct strbuf *why, struct root **ret_root);

#endif
