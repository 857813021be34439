/* SPDX-License-Identifier: Apache-2.0 */
/* What bytes are, by how they begin: never by the name of the file. */
#ifndef KEISOKU_MAGIC_H
#define KEISOKU_MAGIC_H

#include "base.h"

enum magic_kind {
	MAGIC_UNKNOWN,
	MAGIC_NOTHING,		/* no byte at all */
	MAGIC_JSON,		/* an object or an array */
	MAGIC_TAR,		/* a checksum that fits, or a block of zeros: an empty one */
	MAGIC_BZIP2, MAGIC_GZIP, MAGIC_LZ4, MAGIC_XZ, MAGIC_ZSTD,
	MAGIC_OTHER,		/* known, and nothing that can be read: its advice says what to do */
};

#define MAGIC_BYTES 36864	/* of the beginning that are looked at: an ISO image says so at 32769 */

struct magic {
	enum magic_kind kind;
	const char *name;	/* "an ext4 file system" */
	const char *advice;	/* MAGIC_OTHER: "mount it and give the directory" */
};

const struct magic *magic_of(const void *bytes, size_t length);

static inline bool magic_is_compressed(enum magic_kind kind)
{
	return kind >= MAGIC_BZIP2 && kind <= MAGIC_ZSTD;
}

#endif
