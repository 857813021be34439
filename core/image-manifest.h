/* SPDX-License-Identifier: Apache-2.0 */
/* Which layers an image has: the documents of an OCI image layout (image-spec: index.json, image indexes, manifests) and of
 * "docker save" (manifest.json).  Paths that come out are plain and lead nowhere but into the layout. */
#ifndef KEISOKU_IMAGE_MANIFEST_H
#define KEISOKU_IMAGE_MANIFEST_H

#include "strbuf.h"

#define IMAGE_LAYERS_MAX 1000
#define IMAGE_DOCUMENT_MAX (4U << 20)	/* bytes of index.json and the like */

struct image_layer {
	char *path;			/* below the layout */
	bool has_size;
	uint64_t size;			/* in bytes, as the manifest says */
};

struct image_layers {
	struct image_layer *items;	/* the lowest layer first */
	size_t count, capacity;
	size_t images;			/* that could have been chosen */
	char *name;			/* of the chosen one, or NULL: a tag, or "linux/arm64" */
};

void image_layers_release(struct image_layers *layers);

/* Reads a document of the layout: 0 or a negative errno. */
typedef int image_document_reader(void *context, const char *path, struct strbuf *text);

/* manifest.json of docker save; its first image is taken.  -EINVAL with *why.  -ENOENT: it is none of that kind. */
int image_docker_manifest(const struct strbuf *text, struct image_layers *layers, struct strbuf *why);

/* index.json; of several images the one for this architecture ("amd64"), else the first for Linux. */
int image_oci_index(const struct strbuf *text, const char *architecture, image_document_reader *read, void *context,
		    struct image_layers *layers, struct strbuf *why);

/* What Go and OCI call this machine's processor. */
const char *image_architecture(void);

#endif
