/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs of OCI images, whose names are the digests of their bytes: blobs/sha256/3f5a…, blobs/sha512/… */
#ifndef KEISOKU_DIGEST_H
#define KEISOKU_DIGEST_H

#include "stream.h"

/* What a digest is compared with: nothing, when path is no blob's. */
struct digest;

/* "sha256/3f5a…" of a path, which may have a directory before blobs/.  NULL: it says nothing that can be checked. */
const char *digest_name(const char *path);

/* NULL where digest_name() is. */
struct digest *digest_of_path(const char *path);
void digest_free(struct digest *digest);
DEFINE_FREE_PTR(digest)

void digest_update(struct digest *digest, const void *bytes, size_t length);
/* Once. */
bool digest_matches(struct digest *digest);

/* source while digest sees each byte; nothing is passed over.  Both stay the caller's. */
struct stream *stream_digested(struct stream *source, struct digest *digest);
/* Reads what is left of it.  0, -EBADMSG when the bytes are others, or what reading says. */
int stream_check_digest(struct stream *stream);

/* The same for bytes in memory; 0 where path says nothing. */
int digest_check(const char *path, const void *bytes, size_t length);

/* "its bytes are not those of its digest" */
extern const char digest_differs[];

#endif
