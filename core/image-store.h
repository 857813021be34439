/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of an archive while it is read: bytes of files, as numbered files in a private directory; documents and the
 * changes of layers, in memory.  In the end the tree is laid out there under its own names. */
#ifndef KEISOKU_IMAGE_STORE_H
#define KEISOKU_IMAGE_STORE_H

#include "image-wanted.h"
#include "root.h"
#include "scratch.h"

/* The changes of one layer, and what went wrong when it was read. */
struct layer {
	struct arena arena;
	struct change *changes;
	size_t count, capacity;
	int error;
	struct strbuf why;
	const char *digest;		/* "sha256/3f5a…", which its bytes have; NULL: its name has none */
};

struct layer *layer_new(void);
void layer_add(struct layer *layer, const struct change *change);	/* copies it */

struct content {
	uint32_t users;
	bool file;			/* kept as a file under its number */
	uint64_t size;
	struct strbuf document;
	struct layer *layer;
};

struct image_store {
	struct scratch *scratch;
	int files_fd;			/* the directory of numbered files */
	struct content *contents;	/* by number; 0 is CONTENT_NONE */
	size_t count, capacity;
	size_t files;			/* kept now */
	uint64_t bytes;			/* of them */
};

int image_store_init(struct image_store *store, struct strbuf *why);
void image_store_release(struct image_store *store);

/* These give a content one user: the caller. */
int image_store_file(struct image_store *store, struct stream *bytes, uint64_t size, struct strbuf *why, uint32_t *ret_content);
uint32_t image_store_document(struct image_store *store, struct strbuf *text);	/* text is the store's from then on */
uint32_t image_store_layer(struct image_store *store, struct layer *layer);	/* so is layer */

/* For image_tree: owner is the store.  CONTENT_NONE does nothing; a file without a user is removed. */
void image_store_hold(void *owner, uint32_t content);
void image_store_drop(void *owner, uint32_t content);

const struct content *image_store_content(const struct image_store *store, uint32_t content);	/* or NULL */

/* Lays out what is below top and opens it; the private directory then belongs to the root. */
int image_store_root(struct image_store *store, struct image_node *top, const struct image_wanted *wanted, const char *name,
		     struct strbuf *why, struct root **ret_root);

#endif
