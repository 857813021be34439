/* SPDX-License-Identifier: Apache-2.0 */
#include "image-manifest.h"

#include <errno.h>
#include <sys/utsname.h>

#include "digest.h"
#include "json.h"
#include "node.h"
#include "parse.h"
#include "tarball.h"

#define INDEX_DEPTH_MAX 3		/* an index may name another */

void image_layers_release(struct image_layers *layers)
{
	for (size_t i = 0; i < layers->count; i++)
		free(layers->items[i].path);
	free(layers->items);
	free(layers->name);
	*layers = (struct image_layers){ 0 };
}

const char *image_architecture(void)
{
	static const char *const names[][2] = {
		{ "aarch64", "arm64" }, { "armv7l", "arm" }, { "i686", "386" }, { "loongarch64", "loong64" },
		{ "ppc64le", "ppc64le" }, { "riscv64", "riscv64" }, { "s390x", "s390x" }, { "x86_64", "amd64" },
	};
	struct utsname name;

	if (uname(&name) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (streq(name.machine, names[i][0]))
				return names[i][1];
	return "amd64";
}

static int wrong(struct strbuf *why, const char *path, const char *what)
{
	strbuf_addf(why, "%s: %s", path, what);
	return -EINVAL;
}

static int parse(struct arena *arena, const char *path, const struct strbuf *text, const struct node **ret_root,
		 struct strbuf *why)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;

	if (json_tree(arena, path, text->buf, text->len, &diag, ret_root) < 0) {
		const struct diag_entry *entry = diag.count ? &diag.entries[0] : NULL;

		strbuf_addf(why, "%s: %s", path, entry ? entry->message : "no JSON");
		return -EINVAL;
	}
	return 0;
}

/* A member that is text, or NULL. */
static const char *text_of(const struct node *node, const char *key)
{
	const struct node *member = node->kind == NODE_MAPPING ? node_get(node, key) : NULL;

	return member && member->kind == NODE_SCALAR ? member->text : NULL;
}

static const struct node *list_of(const struct node *node, const char *key)
{
	const struct node *member = node->kind == NODE_MAPPING ? node_get(node, key) : NULL;

	return member && member->kind == NODE_SEQUENCE ? member : NULL;
}

static int add_layer(struct image_layers *layers, const char *path, const char *document, struct strbuf *why)
{
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;
	bool absolute;

	if (layers->count >= IMAGE_LAYERS_MAX)
		return wrong(why, document, "more layers than an image can have");
	if (path_make_plain(path, &plain, &absolute) < 0 || absolute || plain.len == 0) {
		strbuf_addf(why, "%s: the path of layer %zu, '%s', leads out of the image", document, layers->count + 1, path);
		return -EINVAL;
	}
	GROW(layers->items, layers->capacity, layers->count + 1);
	layers->items[layers->count++] = (struct image_layer){ .path = strbuf_steal(&plain) };
	return 0;
}

/* [{"Config":"…","RepoTags":["node:1"],"Layers":["3f…/layer.tar"]}] */
int image_docker_manifest(const struct strbuf *text, struct image_layers *layers, struct strbuf *why)
{
	static const char document[] = "manifest.json";
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct node *root, *paths, *tags;
	int r = parse(&arena, document, text, &root, why);

	if (r < 0)
		return r;
	if (root->kind != NODE_SEQUENCE || root->count == 0 || !(paths = list_of(&root->items[0], "Layers"))) {
		strbuf_addf(why, "%s: expected a list of images with their Layers", document);
		return -ENOENT;
	}
	layers->images = root->count;
	tags = list_of(&root->items[0], "RepoTags");
	if (tags && tags->count > 0 && tags->items[0].kind == NODE_SCALAR)
		layers->name = xstrdup(tags->items[0].text);
	for (uint32_t i = 0; r == 0 && i < paths->count; i++)
		r = paths->items[i].kind == NODE_SCALAR ? add_layer(layers, paths->items[i].text, document, why)
							 : wrong(why, document, "Layers: expected paths");
	return r;
}

/* "sha256:3f5a…" is blobs/sha256/3f5a… */
static int blob_path(const char *digest, const char *document, struct strbuf *path, struct strbuf *why)
{
	const char *colon = digest ? strchr(digest, ':') : NULL;
	size_t algorithm = colon ? (size_t)(colon - digest) : 0;
	size_t hex = colon ? strlen(colon + 1) : 0;

	strbuf_reset(path);
	if (!digest)
		return wrong(why, document, "a descriptor without a digest");
	if (algorithm == 0 || hex < 32 || hex > 128 ||
	    strspn(digest, "abcdefghijklmnopqrstuvwxyz0123456789+._-") != algorithm || digest[0] == '.' ||
	    strspn(colon + 1, "0123456789abcdef") != hex) {
		strbuf_addf(why, "%s: expected a digest such as sha256:…, found '%.100s'", document, digest);
		return -EINVAL;
	}
	strbuf_addf(path, "blobs/%.*s/%s", (int)algorithm, digest, colon + 1);
	if (!digest_name(path->buf)) {
		strbuf_addf(why, "%s: '%.100s' is no digest that can be checked: expected sha256 or sha512", document, digest);
		return -EINVAL;
	}
	return 0;
}

static bool is_index(const char *media_type)
{
	return media_type && (streq(media_type, "application/vnd.oci.image.index.v1+json") ||
			      streq(media_type, "application/vnd.docker.distribution.manifest.list.v2+json"));
}

/* Tar layers of OCI and Docker, whatever their compression: what they are is seen in their bytes. */
static bool is_tar_layer(const char *media_type)
{
	return !media_type || starts_with(media_type, "application/vnd.oci.image.layer.") ||
	       starts_with(media_type, "application/vnd.docker.image.rootfs.");
}

struct choice {
	const struct node *descriptor;
	unsigned int rank;		/* 3: this architecture, 2: Linux or nothing said, 1: another system */
	size_t images;
};

/* Signatures and attestations stand beside images with a platform that nobody knows. */
static struct choice choose(const struct node *manifests, const char *architecture)
{
	struct choice choice = { 0 };

	for (uint32_t i = 0; i < manifests->count; i++) {
		const struct node *descriptor = &manifests->items[i];
		const struct node *platform = descriptor->kind == NODE_MAPPING ? node_get(descriptor, "platform") : NULL;
		const char *system = platform ? text_of(platform, "os") : NULL;
		const char *processor = platform ? text_of(platform, "architecture") : NULL;
		unsigned int rank = 2;

		if (descriptor->kind != NODE_MAPPING || (system && streq(system, "unknown")))
			continue;
		if (system && !streq(system, "linux"))
			rank = 1;
		else if (processor && streq(processor, architecture))
			rank = 3;
		choice.images++;
		if (rank > choice.rank) {
			choice.rank = rank;
			choice.descriptor = descriptor;
		}
	}
	return choice;
}

static void name_image(struct image_layers *layers, const struct node *descriptor)
{
	const struct node *annotations = node_get(descriptor, "annotations"), *platform = node_get(descriptor, "platform");
	const char *tag = annotations ? text_of(annotations, "org.opencontainers.image.ref.name") : NULL;
	const char *system = platform ? text_of(platform, "os") : NULL;
	const char *processor = platform ? text_of(platform, "architecture") : NULL;

	if (layers->name)
		return;
	if (tag)
		layers->name = xstrdup(tag);
	else if (system && processor)
		layers->name = xasprintf("%s/%s", system, processor);
}

static void set_size(struct image_layer *layer, const char *size)
{
	layer->has_size = size && parse_u64(size, &layer->size) == 0;
}

static int add_oci_layers(const struct node *manifest, const char *document, struct image_layers *layers, struct strbuf *why)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	const struct node *descriptors = list_of(manifest, "layers");
	int r = 0;

	if (!descriptors)
		return wrong(why, document, "expected an image manifest with its layers");
	for (uint32_t i = 0; r == 0 && i < descriptors->count; i++) {
		const struct node *descriptor = &descriptors->items[i];
		const char *media_type = text_of(descriptor, "mediaType");

		if (descriptor->kind != NODE_MAPPING)
			return wrong(why, document, "layers: expected descriptors");
		if (!is_tar_layer(media_type)) {
			strbuf_addf(why, "%s: layer %u is '%.100s': expected a tar layer of an image", document, i + 1,
				    media_type);
			return -EINVAL;
		}
		r = blob_path(text_of(descriptor, "digest"), document, &path, why);
		if (r == 0)
			r = add_layer(layers, path.buf, document, why);
		if (r == 0)
			set_size(&layers->items[layers->count - 1], text_of(descriptor, "size"));
	}
	return r;
}

int image_oci_index(const struct strbuf *text, const char *architecture, image_document_reader *read, void *context,
		    struct image_layers *layers, struct strbuf *why)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, below = STRBUF_INIT, next = STRBUF_INIT;
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct node *root;
	int r;

	strbuf_add_string(&path, "index.json");
	r = parse(&arena, path.buf, text, &root, why);
	for (unsigned int depth = 0; r == 0; depth++) {
		const struct node *manifests = list_of(root, "manifests");
		struct choice choice;

		if (!manifests)		/* the manifest itself */
			return add_oci_layers(root, path.buf, layers, why);
		choice = choose(manifests, architecture);
		layers->images = MAX(layers->images, choice.images);
		if (!choice.descriptor)
			return wrong(why, path.buf, "it names no image");
		if (depth >= INDEX_DEPTH_MAX)
			return wrong(why, path.buf, "indexes within indexes");
		name_image(layers, choice.descriptor);
		r = blob_path(text_of(choice.descriptor, "digest"), path.buf, &next, why);
		if (r < 0)
			return r;
		strbuf_reset(&path);
		strbuf_add(&path, next.buf, next.len);
		strbuf_reset(&below);
		r = read(context, path.buf, &below);
		if (r < 0) {
			strbuf_addf(why, "the %s %s: %s", is_index(text_of(choice.descriptor, "mediaType")) ? "index" : "manifest",
				    path.buf,
				    r == -ENOENT ? "it is not there" : r == -EBADMSG ? digest_differs : strerror(-r));
			return -EINVAL;
		}
		r = parse(&arena, path.buf, &below, &root, why);
	}
	return r;
}
