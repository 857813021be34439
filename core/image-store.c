/* SPDX-License-Identifier: Apache-2.0 */
#include "image-store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MADE_MAX 500000			/* names that are laid out */

struct layer *layer_new(void)
{
	struct layer *layer = xcalloc(1, sizeof(*layer));

	layer->why = (struct strbuf)STRBUF_INIT;
	return layer;
}

static void layer_free(struct layer *layer)
{
	if (!layer)
		return;
	arena_release(&layer->arena);
	free(layer->changes);
	strbuf_release(&layer->why);
	free(layer);
}

void layer_add(struct layer *layer, const struct change *change)
{
	struct change copy = *change;

	copy.path = arena_strdup(&layer->arena, change->path);
	copy.target = change->kind == CHANGE_LINK || change->kind == CHANGE_HARD_LINK
			      ? arena_strdup(&layer->arena, change->target) : NULL;
	GROW(layer->changes, layer->capacity, layer->count + 1);
	layer->changes[layer->count++] = copy;
}

static int cannot_write(const struct image_store *store, int error, struct strbuf *why)
{
	strbuf_addf(why, "cannot write below %s: %s (TMPDIR names another place)", store->scratch ? store->scratch->path
		    : "the directory for temporary files", strerror(-error));
	return error;
}

int image_store_init(struct image_store *store, struct strbuf *why)
{
	int r;

	*store = (struct image_store){ .files_fd = -1 };
	store->count = 1;
	GROW(store->contents, store->capacity, store->count);
	store->contents[0] = (struct content){ .document = STRBUF_INIT };
	r = scratch_new(&store->scratch);
	if (r < 0)
		return cannot_write(store, r, why);
	if (mkdirat(store->scratch->fd, "files", 0700) < 0)
		return cannot_write(store, -errno, why);
	store->files_fd = openat(store->scratch->fd, "files", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return store->files_fd < 0 ? cannot_write(store, -errno, why) : 0;
}

void image_store_release(struct image_store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		strbuf_release(&store->contents[i].document);
		layer_free(store->contents[i].layer);
	}
	free(store->contents);
	if (store->scratch)
		close_fd(&store->files_fd);
	scratch_free(store->scratch);
	*store = (struct image_store){ .files_fd = -1 };
}

static uint32_t new_content(struct image_store *store)
{
	GROW(store->contents, store->capacity, store->count + 1);
	store->contents[store->count] = (struct content){ .users = 1, .document = STRBUF_INIT };
	return (uint32_t)store->count++;
}

struct number_name {
	char text[16];
};

static struct number_name number_name(uint32_t number)
{
	struct number_name name;

	(void)snprintf(name.text, sizeof(name.text), "%u", number);
	return name;
}

/* -EBADMSG: fewer bytes than the archive said. */
static int write_bytes(int fd, struct stream *bytes, uint64_t size, struct strbuf *why)
{
	uint64_t total = 0;

	for (;;) {
		const char *at;
		const void *chunk;
		ssize_t n = stream_next(bytes, &chunk), done;

		if (n < 0) {
			strbuf_add(why, bytes->why.buf, bytes->why.len);
			return (int)n;
		}
		if (n == 0)
			return total == size ? 0 : -EBADMSG;
		total += (uint64_t)n;
		if (total > size)
			return -EBADMSG;
		for (at = chunk; n > 0; at += done, n -= done) {
			done = write(fd, at, (size_t)n);
			if (done < 0 && errno == EINTR)
				done = 0;
			if (done < 0)
				return -errno;
		}
	}
}

int image_store_file(struct image_store *store, struct stream *bytes, uint64_t size, struct strbuf *why, uint32_t *ret_content)
{
	uint32_t number = new_content(store);
	struct number_name name = number_name(number);
	CLEANUP(close_fd) int fd = openat(store->files_fd, name.text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return cannot_write(store, -errno, why);
	store->contents[number].file = true;
	store->contents[number].size = size;
	store->files++;
	store->bytes += size;
	r = write_bytes(fd, bytes, size, why);
	if (r == 0)
		*ret_content = number;
	else if (r == -EBADMSG && why->len == 0)
		strbuf_addf(why, "a file has not the size that the archive says");
	else if (why->len == 0)
		return cannot_write(store, r, why);
	return r;
}

uint32_t image_store_document(struct image_store *store, struct strbuf *text)
{
	uint32_t number = new_content(store);

	store->contents[number].document = *text;
	*text = (struct strbuf)STRBUF_INIT;
	return number;
}

uint32_t image_store_layer(struct image_store *store, struct layer *layer)
{
	uint32_t number = new_content(store);

	store->contents[number].layer = layer;
	return number;
}

void image_store_hold(void *owner, uint32_t content)
{
	struct image_store *store = owner;

	if (content != CONTENT_NONE)
		store->contents[content].users++;
}

void image_store_drop(void *owner, uint32_t content)
{
	struct image_store *store = owner;
	struct content *unused = &store->contents[content];

	if (content == CONTENT_NONE || --unused->users > 0)
		return;
	if (unused->file) {
		struct number_name name = number_name(content);

		(void)unlinkat(store->files_fd, name.text, 0);
		store->files--;
		store->bytes -= unused->size;
	}
	strbuf_release(&unused->document);
	unused->document = (struct strbuf)STRBUF_INIT;
	layer_free(unused->layer);
	unused->layer = NULL;
}

const struct content *image_store_content(const struct image_store *store, uint32_t content)
{
	return content == CONTENT_NONE ? NULL : &store->contents[content];
}

/* ---- the tree under its own names ---- */

struct layout {
	struct image_store *store;
	const struct image_wanted *wanted;
	struct strbuf path;
	size_t made;
};

/* There, though its bytes are not kept: whoever reads it finds it too large. */
#define PLACEHOLDER_SIZE (1LL << 30)

static bool is_module(const char *name)
{
	return ends_with(name, ".ko") || strstr(name, ".ko.");
}

/* Documents and layers are no files of the tree they came in. */
static bool is_kept(const struct layout *layout, const struct image_node *node)
{
	return node->content != CONTENT_NONE && layout->store->contents[node->content].file;
}

static bool counts(const struct layout *layout, const struct image_node *node)
{
	switch ((enum node_type)node->type) {
	case IMAGE_FILE:
		return is_kept(layout, node) ||
		       (!is_module(node->name) && image_wanted_has(layout->wanted, layout->path.buf));
	case IMAGE_LINK:
		return node->followed || image_wanted_has(layout->wanted, layout->path.buf);
	case IMAGE_DIRECTORY:
	case IMAGE_OTHER:
		return image_wanted_has(layout->wanted, layout->path.buf);
	case IMAGE_GONE:
		break;
	}
	return false;
}

static int make_file(struct layout *layout, const struct image_node *node, int directory)
{
	const struct image_store *store = layout->store;
	struct number_name name = number_name(node->content);
	CLEANUP(close_fd) int fd = -1;

	if (is_kept(layout, node))
		return linkat(store->files_fd, name.text, directory, node->name, 0) < 0 ? -errno : 0;
	fd = openat(directory, node->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	return ftruncate(fd, PLACEHOLDER_SIZE) < 0 ? -errno : 0;
}

/* Marks what is to be written. */
static bool mark(struct layout *layout, struct image_node *node)
{
	size_t length = layout->path.len;

	if (node->type == IMAGE_GONE)
		return false;
	if (length)
		strbuf_add_char(&layout->path, '/');
	strbuf_add_string(&layout->path, node->name);
	node->laid_out = counts(layout, node);
	for (struct image_node *below = node->children; below; below = below->next)
		node->laid_out |= mark(layout, below);
	strbuf_truncate(&layout->path, length);
	return node->laid_out;
}

static int make_directory(int parent, const char *name, int *ret_fd)
{
	if (mkdirat(parent, name, 0700) < 0)
		return -errno;
	*ret_fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

static int lay_out_below(struct layout *layout, const struct image_node *node, int directory);

static int lay_out(struct layout *layout, const struct image_node *node, int directory)
{
	CLEANUP(close_fd) int fd = -1;
	int r;

	if (++layout->made > MADE_MAX)
		return -E2BIG;
	switch ((enum node_type)node->type) {
	case IMAGE_DIRECTORY:
		r = make_directory(directory, node->name, &fd);
		return r < 0 ? r : lay_out_below(layout, node, fd);
	case IMAGE_FILE:
		return make_file(layout, node, directory);
	case IMAGE_LINK:
		return symlinkat(node->target, directory, node->name) < 0 ? -errno : 0;
	case IMAGE_OTHER:		/* a pipe is read as little as a device */
		return mkfifoat(directory, node->name, 0600) < 0 ? -errno : 0;
	case IMAGE_GONE:
		break;
	}
	return 0;
}

static int lay_out_below(struct layout *layout, const struct image_node *node, int directory)
{
	int r = 0;

	for (const struct image_node *below = node->children; below && r == 0; below = below->next)
		if (below->laid_out)
			r = lay_out(layout, below, directory);
	return r;
}

int image_store_root(struct image_store *store, struct image_node *top, const struct image_wanted *wanted, const char *name,
		     struct strbuf *why, struct root **ret_root)
{
	CLEANUP(free_ptr) char *path = xasprintf("%s/root", store->scratch->path);
	struct layout layout = { .store = store, .wanted = wanted, .path = STRBUF_INIT };
	CLEANUP(close_fd) int fd = -1;
	int r = make_directory(store->scratch->fd, "root", &fd);

	image_node_path(top, &layout.path);
	for (struct image_node *node = top->children; node; node = node->next)
		node->laid_out = mark(&layout, node);
	if (r == 0)
		r = lay_out_below(&layout, top, fd);
	strbuf_release(&layout.path);
	if (r == -E2BIG) {
		strbuf_addf(why, "it has more than %d files, links and directories that would be read", MADE_MAX);
		return r;
	}
	if (r == 0)
		r = root_open(path, ret_root);
	if (r < 0)
		return cannot_write(store, r, why);
	free((*ret_root)->path);
	(*ret_root)->path = xstrdup(name);
	(*ret_root)->scratch = steal_ptr(&store->scratch);
	close_fd(&store->files_fd);
	return 0;
}
