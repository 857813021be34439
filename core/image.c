/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "image-manifest.h"
#include "image-store.h"
#include "image-tree.h"
#include "image-wanted.h"

#define DOCUMENTS_MAX (64U << 20)	/* bytes of all that might be manifests */
#define LAYER_BYTES_MAX (256U << 20)	/* of memory, for what layers in one archive change */

static const char *const top_documents[] = { "index.json", "manifest.json", "oci-layout" };

struct image {
	const struct image_source *source;
	const struct root *directory;	/* of a layout; NULL: an archive */
	struct image_wanted wanted;
	struct image_store store;
	struct image_tree tree;
	struct stream_budget budget;
	struct left_out left;
	struct strbuf *why;
	size_t document_bytes, layer_bytes;
	bool again;			/* a second pass would find more */
};

static void image_begin(struct image *image, const struct image_source *source, struct strbuf *why)
{
	*image = (struct image){ .source = source, .why = why };
	image_wanted_init(&image->wanted, source->globs, source->n_globs);
}

static void tree_begin(struct image *image)
{
	image_tree_init(&image->tree);
	image->tree.hold = image_store_hold;
	image->tree.drop = image_store_drop;
	image->tree.owner = &image->store;
}

/* Anew, but for what is wanted. */
static int pass_begin(struct image *image)
{
	strbuf_reset(image->why);
	image->document_bytes = image->layer_bytes = 0;
	tree_begin(image);
	return image_store_init(&image->store, image->why);
}

static void pass_end(struct image *image)
{
	image_tree_release(&image->tree);
	image_store_release(&image->store);
	left_out_release(&image->left);
}

static void image_end(struct image *image)
{
	pass_end(image);
	image_wanted_release(&image->wanted);
}

/* ---- entries ---- */

/* A regular file whose bytes readers may want. */
static int keep_file(struct image *image, struct change *change, struct stream *content)
{
	uint64_t limit = image_wanted_limit(change->path);

	if (!image_wanted_has(&image->wanted, change->path) || limit == 0)
		return 0;
	if (change->size > limit) {
		left_out_add(&image->left, LEFT_TOO_LARGE, change->path);
		return 0;
	}
	if (image->store.files >= IMAGE_FILES_MAX || image->store.bytes + change->size > IMAGE_KEPT_MAX) {
		left_out_add(&image->left, LEFT_TOO_MUCH, change->path);
		return 0;
	}
	return image_store_file(&image->store, content, change->size, image->why, &change->content);
}

/* A file that is one with another which is not kept: the next pass keeps that one. */
static void want_linked(struct image *image, const struct change *change)
{
	if (!image_wanted_has(&image->wanted, change->path) || image_wanted_has(&image->wanted, change->target))
		return;
	image_wanted_add(&image->wanted, change->target);
	image->again = true;
}

/* What was being taken away when the work ended may still be there: such a tree is never read. */
static int too_much_work(const struct image *image)
{
	if (image->tree.work < IMAGE_WORK_MAX)
		return 0;
	strbuf_addf(image->why, "its links, whiteouts or repeated entries take more work than those of any honest image");
	return -E2BIG;
}

static int apply(struct image *image, const struct change *change, unsigned int layer)
{
	int r = image_tree_apply(&image->tree, change, layer, &image->left);

	if (r == -E2BIG && image->tree.work >= IMAGE_WORK_MAX)
		return too_much_work(image);
	if (r == -E2BIG)
		strbuf_addf(image->why, "it has more than %d files, or names and links of more than %u MiB", IMAGE_NODES_MAX,
			    IMAGE_BYTES_MAX >> 20);
	return r;
}

struct layer_target {
	struct image *image;
	unsigned int number;		/* of the layer */
	struct layer *later;		/* is kept and applied when its place is known; NULL: applied at once */
};

static int remember(struct layer_target *target, const struct change *change)
{
	struct image *image = target->image;
	size_t before = target->later->arena.total;

	layer_add(target->later, change);
	image->layer_bytes += target->later->arena.total - before + sizeof(*change);
	if (image->layer_bytes > LAYER_BYTES_MAX) {
		strbuf_addf(image->why, "names and links of more than %u MiB", LAYER_BYTES_MAX >> 20);
		return -E2BIG;
	}
	return 0;
}

static int layer_entry(void *context, struct change *change, struct stream *content)
{
	struct layer_target *target = context;
	struct image *image = target->image;
	int r = 0;

	if (change->kind == CHANGE_FILE)
		r = keep_file(image, change, content);
	else if (change->kind == CHANGE_HARD_LINK)
		want_linked(image, change);
	if (r == 0)
		r = target->later ? remember(target, change) : apply(image, change, target->number);
	if (!target->later)
		image_store_drop(&image->store, change->content);
	return r;
}

/* ---- layers ---- */

/* Not of this layer alone. */
static bool ends_all(int error)
{
	return error == -EINTR || error == -ENOSPC || error == -EDQUOT || error == -E2BIG;
}

/* A layer's bytes, compressed or not.  -EINVAL: they are no tar. */
static int read_layer(struct layer_target *target, struct stream *content)
{
	struct strbuf *why = target->image->why;
	CLEANUP(stream_free_ptr) struct stream *expanded = NULL;
	struct stream *tar = content;
	const struct magic *magic;
	int r = stream_magic(content, &magic);

	if (r == 0 && magic_is_compressed(magic->kind)) {
		r = stream_decompress(content, magic->kind, why, &expanded);
		if (r < 0)
			return r;
		tar = expanded;
		r = stream_magic(tar, &magic);
	}
	if (r < 0) {
		strbuf_add_string(why, tar->why.buf);
		return r;
	}
	if (magic->kind != MAGIC_TAR) {
		strbuf_addf(why, "expected a tar archive, found %s", magic->name);
		return -EINVAL;
	}
	return tarball_read(tar, TARBALL_LAYER, layer_entry, target, &target->image->left, why);
}

/* The same of a file under its name, which may say what its bytes are. */
static int read_blob(struct layer_target *target, const char *path, struct stream *content)
{
	struct strbuf *why = target->image->why;
	CLEANUP(digest_free_ptr) struct digest *digest = digest_of_path(path);
	CLEANUP(stream_free_ptr) struct stream *digested = digest ? stream_digested(content, digest) : NULL;
	int r = read_layer(target, digested ? digested : content), checked;

	if (!digest || ends_all(r))
		return r;
	checked = stream_check_digest(digested);
	if (checked == 0)
		return r;
	strbuf_reset(why);		/* whatever reading found wrong comes from that */
	strbuf_add_string(why, digested->why.len ? digested->why.buf : digest_differs);
	return checked;
}

/* The names that layers have: blobs/sha256/3f…, 3f…/layer.tar, 3f….tar.gz.  What is not one after all costs little. */
static bool may_be_layer(const char *path)
{
	static const char *const globs[] = { "blobs/*/*", "*/layer.tar", "*.tar", "*.tar.*", "*.tgz" };
	const char *below = image_path_below(path);

	for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
		if (fnmatch(globs[i], path, FNM_PATHNAME) == 0 || (below && fnmatch(globs[i], below, FNM_PATHNAME) == 0))
			return true;
	return false;
}

static bool is_top_document(const char *path)
{
	const char *below = image_path_below(path);

	for (size_t i = 0; i < ARRAY_SIZE(top_documents); i++)
		if (streq(path, top_documents[i]) || (below && streq(below, top_documents[i])))
			return true;
	return false;
}

static int keep_document(struct image *image, struct change *change, struct stream *content)
{
	struct strbuf text = STRBUF_INIT;
	int r;

	if (change->size > IMAGE_DOCUMENT_MAX || image->document_bytes + change->size > DOCUMENTS_MAX)
		return 0;
	r = stream_read_all(content, IMAGE_DOCUMENT_MAX, &text);
	if (r < 0) {
		strbuf_release(&text);
		return r == -EFBIG ? 0 : r;
	}
	image->document_bytes += text.len;
	change->content = image_store_document(&image->store, &text);
	return 0;
}

/* What may be a layer of an image, whose place among the others is said elsewhere.  That it cannot be read is no matter until
 * somebody asks for it. */
static int keep_layer(struct image *image, struct change *change, struct stream *content)
{
	struct layer *layer = layer_new();
	struct layer_target target = { .image = image, .later = layer };
	const char *name = digest_name(change->path);

	layer->error = read_blob(&target, change->path, content);
	layer->digest = name ? arena_strdup(&layer->arena, name) : NULL;
	change->content = image_store_layer(&image->store, layer);
	if (ends_all(layer->error))
		return layer->error;
	strbuf_add(&layer->why, image->why->buf, image->why->len);
	strbuf_reset(image->why);
	return 0;
}

static int outer_entry(void *context, struct change *change, struct stream *content)
{
	struct layer_target *target = context;
	const struct magic *magic;
	int r;

	if (change->kind != CHANGE_FILE)
		return layer_entry(target, change, content);
	if (is_top_document(change->path)) {
		r = keep_document(target->image, change, content);
	} else if (may_be_layer(change->path)) {
		r = stream_magic(content, &magic);
		if (r == 0)
			r = magic->kind == MAGIC_JSON ? keep_document(target->image, change, content)
						      : keep_layer(target->image, change, content);
	} else {
		return layer_entry(target, change, content);
	}
	if (r == 0)
		r = apply(target->image, change, target->number);
	image_store_drop(&target->image->store, change->content);
	return r;
}

/* ---- an image in a tar ---- */

/* Where a path of the layout leads in the archive. */
static const struct image_node *archive_file(struct image_tree *outer, const char *path)
{
	const struct image_node *node = image_tree_find(outer, image_top(outer), path, true);

	return node && node->type == IMAGE_FILE && node->content != CONTENT_NONE ? node : NULL;
}

struct archive_layout {
	struct image *image;
	struct image_tree *outer;
};

static int archive_document(void *context, const char *path, struct strbuf *text)
{
	struct archive_layout *layout = context;
	const struct image_node *node = archive_file(layout->outer, path);
	const struct content *content;

	if (!node)
		return -ENOENT;
	content = image_store_content(&layout->image->store, node->content);
	if (!content->document.len)
		return -EINVAL;
	strbuf_add(text, content->document.buf, content->document.len);
	return digest_check(path, text->buf, text->len);
}

static int apply_layer(struct image *image, const struct layer *layer, unsigned int number)
{
	int r = 0;

	for (size_t i = 0; i < layer->count && r == 0; i++)
		r = apply(image, &layer->changes[i], number);
	return r;
}

/* A layer that is cut short has another size than its manifest says. */
static int check_size(struct image *image, const struct image_layer *layer, uint64_t size)
{
	if (!layer->has_size || layer->size == size)
		return 0;
	strbuf_addf(image->why, "it has %llu bytes, and its manifest says %llu", (unsigned long long)size,
		    (unsigned long long)layer->size);
	return -EBADMSG;
}

static int apply_archive_layer(void *context, const struct image_layer *layer, unsigned int number)
{
	struct archive_layout *layout = context;
	struct strbuf *why = layout->image->why;
	const struct image_node *node = archive_file(layout->outer, layer->path);
	const char *digest = digest_name(layer->path);
	const struct content *content;
	int r;

	if (!node) {
		strbuf_add_string(why, "it is not in the archive");
		return -EINVAL;
	}
	content = image_store_content(&layout->image->store, node->content);
	r = check_size(layout->image, layer, node->size);
	if (r < 0)
		return r;
	if (!content->layer || content->layer->error) {
		strbuf_add_string(why, content->layer ? content->layer->why.buf : "expected a tar archive");
		return content->layer ? content->layer->error : -EINVAL;
	}
	/* It may stand in the archive under another name, and the digest asked for be that of a link. */
	if (digest && (!content->layer->digest || !streq(digest, content->layer->digest))) {
		strbuf_add_string(why, digest_differs);
		return -EBADMSG;
	}
	return apply_layer(layout->image, content->layer, number);
}

/* ---- an image in a directory ---- */

static int directory_document(void *context, const char *path, struct strbuf *text)
{
	const struct image *image = context;
	CLEANUP(free_ptr) char *absolute = xasprintf("/%s", path);

	int r = root_read_limit(image->directory, absolute, IMAGE_DOCUMENT_MAX, text);

	return r < 0 ? r : digest_check(path, text->buf, text->len);
}

static int apply_directory_layer(void *context, const struct image_layer *layer, unsigned int number)
{
	struct image *image = context;
	struct layer_target target = { .image = image, .number = number };
	CLEANUP(free_ptr) char *absolute = xasprintf("/%s", layer->path);
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	struct stat st;
	int fd, r;

	r = root_open_fd(image->directory, absolute, 0, &fd);
	if (r < 0) {
		strbuf_add_string(image->why, r == -ENOENT ? "it is not there" : strerror(-r));
		return -EINVAL;
	}
	stream = stream_of_fd(fd, &image->budget);
	r = fstat(fd, &st) == 0 ? check_size(image, layer, (uint64_t)st.st_size) : -errno;
	return r < 0 ? r : read_blob(&target, layer->path, stream);
}

/* ---- either ---- */

typedef int layer_applier(void *context, const struct image_layer *layer, unsigned int number);

static int apply_layers(struct image *image, const struct image_layers *layers, layer_applier *applier, void *context)
{
	for (size_t i = 0; i < layers->count; i++) {
		CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
		int r = applier(context, &layers->items[i], (unsigned int)i + 1);

		if (r == 0)
			continue;
		strbuf_add_string(&why, image->why->len ? image->why->buf : strerror(-r));
		strbuf_reset(image->why);
		strbuf_addf(image->why, "layer %zu of %zu (%s): %s", i + 1, layers->count, layers->items[i].path, why.buf);
		return r;
	}
	return 0;
}

/* -ENOENT: it is no image. */
static int find_layers(struct image *image, image_document_reader *read, void *context, struct image_layers *layers)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int r = read(context, "manifest.json", &text);

	if (r == 0) {
		r = image_docker_manifest(&text, layers, image->why);
		if (r != -ENOENT)
			return r;
		strbuf_reset(image->why);
	}
	strbuf_reset(&text);
	if (read(context, "oci-layout", &text) < 0)
		return -ENOENT;
	strbuf_reset(&text);
	r = read(context, "index.json", &text);
	if (r < 0) {
		strbuf_addf(image->why, "an OCI image layout without its index.json");
		return -EINVAL;
	}
	return image_oci_index(&text, image_architecture(), read, context, layers, image->why);
}

static void note_choice(const struct image *image, const struct image_layers *layers, struct diag *notes)
{
	const struct place place = { .file = image->source->name };

	if (layers->images > 1)
		(void)diag_warning(notes, &place, "it holds %zu images: this is %s", layers->images,
				   layers->name ? layers->name : "the first");
}

static void note_left_out(const struct image *image, struct diag *notes)
{
	static const char *const reasons[LEFT_COUNT] = {
		[LEFT_UPWARD] = "left out: '..' leads upward",
		[LEFT_LONG] = "left out: longer or deeper than a path can be",
		[LEFT_NAMELESS] = "left out: without a name",
		[LEFT_UNKNOWN] = "left out: of a kind that tar does not have",
		[LEFT_THROUGH_FILE] = "left out: below something that is no directory",
		[LEFT_HARD_LINK] = "left out: a hard link to something that is not in the archive",
		[LEFT_TOO_LARGE] = "not read: larger than any file of its kind",
		[LEFT_TOO_MUCH] = "not read: there is more than is kept of an image",
		[LEFT_LINKED] = "not read: a link leads to it, and a pipe cannot be read again",
		[LEFT_ABSOLUTE] = "taken from the root: an absolute path",
	};
	const struct place place = { .file = image->source->name };

	for (size_t i = 0; i < LEFT_COUNT; i++)
		if (image->left.count[i] == 1)
			(void)diag_warning(notes, &place, "'%s' %s", image->left.first[i], reasons[i]);
		else if (image->left.count[i])
			(void)diag_warning(notes, &place, "'%s' and %zu more %s", image->left.first[i],
					   image->left.count[i] - 1, reasons[i]);
}

/* One of them is in the top of whatever a report can be made of. */
static const char *const top_names[] = { "boot", "etc", "lib", "proc", "run", "sos_commands", "sys", "usr", "var" };

static bool is_file_system(const struct image_node *top)
{
	for (const struct image_node *node = top->children; node; node = node->next)
		for (size_t i = 0; i < ARRAY_SIZE(top_names); i++)
			if (node->type != IMAGE_GONE && streq(node->name, top_names[i]))
				return true;
	return false;
}

bool image_is_file_system(const struct root *directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(top_names); i++) {
		char path[32] = "/";

		memcpy(path + 1, top_names[i], strlen(top_names[i]) + 1);
		if (root_exists(directory, path))
			return true;
	}
	return false;
}

/* Whether what was read is a file system or an image; the image then becomes the tree. */
static int assemble(struct image *image, struct diag *notes)
{
	CLEANUP(image_layers_release) struct image_layers layers = { 0 };
	struct image_tree outer = image->tree;
	struct archive_layout layout = { .image = image, .outer = &outer };
	const struct image_node *any;
	int r;

	r = find_layers(image, archive_document, &layout, &layers);
	if (r == 0) {
		tree_begin(image);
		note_choice(image, &layers, notes);
		r = apply_layers(image, &layers, apply_archive_layer, &layout);
		image_tree_release(&outer);
		return r;
	}
	if (r != -ENOENT)
		return r;
	strbuf_reset(image->why);
	if (is_file_system(image_top(&image->tree)))
		return 0;
	any = image->tree.root->children;
	strbuf_addf(image->why, "a tar archive with%s%s%s: expected a root file system (with etc, usr, proc or boot), an OCI image "
		    "layout, the output of docker save or a sosreport", any ? " '" : "out entries", any ? any->name : "",
		    any ? "'" : "");
	return -EINVAL;
}

static int read_archive(struct image *image, struct stream *stream, struct diag *notes)
{
	struct layer_target target = { .image = image };
	int r = tarball_read(stream, TARBALL_WHOLE, outer_entry, &target, &image->left, image->why);

	if (r == 0)
		r = too_much_work(image);
	return r < 0 ? r : assemble(image, notes);
}

static int read_expanded(struct image *image, struct stream *stream, struct diag *notes)
{
	CLEANUP(stream_free_ptr) struct stream *expanded = NULL;
	const struct magic *magic;
	int r = stream_magic(stream, &magic);

	if (r < 0) {
		strbuf_add_string(image->why, stream->why.buf);
		return r;
	}
	if (magic->kind == MAGIC_TAR)
		return read_archive(image, stream, notes);
	if (magic_is_compressed(magic->kind)) {
		r = stream_decompress(stream, magic->kind, image->why, &expanded);
		if (r < 0)
			return r;
		r = stream_magic(expanded, &magic);
		if (r < 0) {
			strbuf_add_string(image->why, expanded->why.buf);
			return r;
		}
		if (magic->kind == MAGIC_TAR)
			return read_archive(image, expanded, notes);
	}
	strbuf_addf(image->why, "expected a tar archive, found %s%s", expanded ? "compressed: " : "", magic->name);
	if (magic->advice)
		strbuf_addf(image->why, ": %s", magic->advice);
	return -EINVAL;
}

/* ---- passes ---- */

static void move_notes(struct diag *notes, const struct diag *from)
{
	for (size_t i = 0; i < from->count; i++)
		(void)diag_warning(notes, &from->entries[i].place, "%s", from->entries[i].message);
}

/* The search for files that links lead to also tells which links count.  1: another pass would keep more. */
static int finish(struct image *image, bool last, struct diag *notes, struct root **ret_root)
{
	struct image_node *top = image_top(&image->tree);
	bool more = image_wanted_follow(&image->wanted, &image->tree, top, &image->left) > 0 || image->again;
	int r = too_much_work(image);

	if (r < 0)
		return r;
	image->again = false;
	if (more && !last)
		return 1;
	note_left_out(image, notes);
	return image_store_root(&image->store, top, &image->wanted, image->source->name, image->why, ret_root);
}

static int one_pass(struct image *image, struct stream *stream, bool last, struct diag *notes, struct root **ret_root)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	int r = pass_begin(image);

	if (r == 0)
		r = read_expanded(image, stream, &diag);
	if (r == 0)
		r = finish(image, last, &diag, ret_root);
	if (r == 0)
		move_notes(notes, &diag);
	return r;
}

int image_open(const struct image_source *source, struct stream *stream, int fd, struct diag *notes, struct strbuf *why,
	       struct root **ret_root)
{
	CLEANUP(image_end) struct image image;
	CLEANUP(stream_free_ptr) struct stream *anew = NULL;
	bool seekable = fd >= 0 && lseek(fd, 0, SEEK_CUR) >= 0;
	int r;

	image_begin(&image, source, why);
	r = one_pass(&image, stream, !seekable, notes, ret_root);
	if (r <= 0)
		return r;
	pass_end(&image);
	fd = lseek(fd, 0, SEEK_SET) < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0) {
		r = -errno;
		strbuf_addf(why, "cannot be read again: %s", strerror(-r));
		return r;
	}
	anew = stream_of_fd(fd, &image.budget);
	return one_pass(&image, anew, true, notes, ret_root);
}

static bool holds(const struct root *directory, const char *path)
{
	CLEANUP(close_fd) int fd = -1;

	return root_open_fd(directory, path, 0, &fd) == 0;
}

bool image_is_layout(const struct root *directory)
{
	if (holds(directory, "/oci-layout"))
		return holds(directory, "/index.json");
	return holds(directory, "/manifest.json") && !root_exists(directory, "/etc") && !root_exists(directory, "/proc");
}

static int layout_pass(struct image *image, bool last, struct diag *notes, struct root **ret_root)
{
	CLEANUP(image_layers_release) struct image_layers layers = { 0 };
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	int r = pass_begin(image);

	if (r == 0)
		r = find_layers(image, directory_document, image, &layers);
	if (r == -ENOENT) {
		strbuf_reset(image->why);
		strbuf_addf(image->why, "expected an OCI image layout or the output of docker save");
		return -EINVAL;
	}
	if (r == 0)
		r = apply_layers(image, &layers, apply_directory_layer, image);
	if (r < 0)
		return r;
	note_choice(image, &layers, &diag);
	r = finish(image, last, &diag, ret_root);
	if (r == 0)
		move_notes(notes, &diag);
	return r;
}

int image_open_layout(const struct image_source *source, const struct root *directory, struct diag *notes,
		      struct strbuf *why, struct root **ret_root)
{
	CLEANUP(image_end) struct image image;
	int r;

	image_begin(&image, source, why);
	image.directory = directory;
	r = layout_pass(&image, false, notes, ret_root);
	if (r > 0) {
		pass_end(&image);
		r = layout_pass(&image, true, notes, ret_root);
	}
	return r;
}
