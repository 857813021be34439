/* SPDX-License-Identifier: Apache-2.0 */
#include "image-wanted.h"

#include <fnmatch.h>

#define FILE_MAX (64U << 20)
#define STEPS_MAX 3000000		/* of the search for links */

/* Directories that a root file system begins with. */
static const char *const standard[] = {
	"bin", "boot", "dev", "efi", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc", "root",
	"run", "sbin", "snap", "sos_commands", "srv", "sys", "tmp", "usr", "var",
};

struct size_row {
	const char *glob;
	uint64_t limit;
};

/* The first that matches.  Kernels and modules are known by their names. */
/* clang-format off */
static const struct size_row sizes[] = {
	{ "*.ko", 0 },
	{ "*.ko.gz", 0 },
	{ "*.ko.xz", 0 },
	{ "*.ko.zst", 0 },
	{ "*.efi", 256U << 20 },		/* its command line is in it */
	{ "*boot/System.map*", 0 },
	{ "*boot/initr*", 0 },
	{ "*boot/vmlinu*", 0 },
	{ "*lib/modules/*/System.map*", 0 },
	{ "*lib/modules/*/initr*", 0 },
	{ "*lib/modules/*/vmlinu*", 0 },
	{ "*", FILE_MAX },
};
/* clang-format on */

uint64_t image_wanted_limit(const char *path)
{
	size_t i = 0;

	while (fnmatch(sizes[i].glob, path, 0) != 0)
		i++;
	return sizes[i].limit;
}

static bool is_standard(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		if (strlen(standard[i]) == length && memcmp(standard[i], name, length) == 0)
			return true;
	return false;
}

static bool in_areas(const struct image_wanted *wanted, const char *path, size_t length)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct image_area *area = &wanted->areas[i];
		bool all = area->path[area->length - 1] == '/';

		if (all ? length >= area->length - 1 && memcmp(path, area->path, area->length - 1) == 0 &&
			  (path[area->length - 1] == '/' || path[area->length - 1] == '\0')
			: length == area->length && memcmp(path, area->path, length) == 0)
			return true;
	}
	return false;
}

static void add_area(struct image_wanted *wanted, const char *path, size_t length)
{
	if (length == 0 || in_areas(wanted, path, length))
		return;
	GROW(wanted->areas, wanted->capacity, wanted->count + 1);
	wanted->areas[wanted->count++] = (struct image_area){ .path = xstrndup(path, length), .length = length };
}

/* The same place where /lib is a link to usr/lib, and /var/run to /run. */
static void add_with_alias(struct image_wanted *wanted, const char *path, size_t length)
{
	static const char *const aliases[][2] = { { "lib/", "usr/lib/" }, { "usr/lib/", "lib/" }, { "run/", "var/run/" } };

	add_area(wanted, path, length);
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		size_t prefix = strlen(aliases[i][0]);

		if (length > prefix && memcmp(path, aliases[i][0], prefix) == 0) {
			CLEANUP(free_ptr) char *alias = xasprintf("%s%.*s", aliases[i][1], (int)(length - prefix),
								  path + prefix);

			add_area(wanted, alias, strlen(alias));
		}
	}
}

/* "/sys/block/ * /queue/ *" without its blanks: all below sys/block/.  A glob in the first component says nothing. */
static void add_glob(struct image_wanted *wanted, const char *glob)
{
	const char *path = glob + 1;
	size_t length = strcspn(path, "*?[");

	if (path[length] != '\0')
		while (length > 0 && path[length - 1] != '/')
			length--;
	add_with_alias(wanted, path, length);
}

void image_wanted_init(struct image_wanted *wanted, const char *const *const *globs, size_t n_globs)
{
	*wanted = (struct image_wanted){ .globs = globs, .n_globs = n_globs };
	add_with_alias(wanted, "etc/", strlen("etc/"));
	for (size_t i = 0; i < n_globs; i++)
		for (const char *const *glob = globs[i]; glob && *glob; glob++)
			if (**glob == '/')
				add_glob(wanted, *glob);
}

void image_wanted_release(struct image_wanted *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		free(wanted->areas[i].path);
	free(wanted->areas);
	*wanted = (struct image_wanted){ 0 };
}

void image_wanted_add(struct image_wanted *wanted, const char *path)
{
	add_area(wanted, path, strlen(path));
}

const char *image_path_below(const char *path)
{
	size_t first = strcspn(path, "/");

	return path[first] == '/' && !is_standard(path, first) ? path + first + 1 : NULL;
}

bool image_wanted_has(const struct image_wanted *wanted, const char *path)
{
	const char *below = image_path_below(path);

	return in_areas(wanted, path, strlen(path)) || (below && in_areas(wanted, below, strlen(below)));
}

/* ---- links ---- */

struct search {
	struct image_wanted *wanted;
	struct image_tree *tree;
	struct image_node *top;
	struct left_out *left;
	struct strbuf path;
	size_t steps, found;
};

static void look_at(struct search *search)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	const struct image_node *node = image_tree_find(search->tree, search->top, search->path.buf, true);

	if (!node || node->type != IMAGE_FILE || node->content != CONTENT_NONE)
		return;
	image_node_path(node, &path);
	if (image_wanted_has(search->wanted, path.buf))
		return;
	image_wanted_add(search->wanted, path.buf);
	left_out_add(search->left, LEFT_LINKED, path.buf);
	search->found++;
}

static void search_glob(struct search *search, const char *rest);

static void search_below(struct search *search, const char *name, const char *rest)
{
	size_t length = search->path.len;

	if (length)
		strbuf_add_char(&search->path, '/');
	strbuf_add_string(&search->path, name);
	if (*rest)
		search_glob(search, rest);
	else
		look_at(search);
	strbuf_truncate(&search->path, length);
}

/* rest: what is left of the glob, without a leading slash. */
static void search_glob(struct search *search, const char *rest)
{
	size_t length = strcspn(rest, "/");
	CLEANUP(free_ptr) char *component = xstrndup(rest, length);
	const char *after = rest + length + (rest[length] == '/');
	bool deep = streq(component, "**");
	const struct image_node *directory;

	if (!strpbrk(component, "*?[")) {
		search_below(search, component, after);
		return;
	}
	directory = image_tree_find(search->tree, search->top, search->path.buf, true);
	if (!directory || directory->type != IMAGE_DIRECTORY)
		return;
	if (deep && *after)
		search_glob(search, after);		/* no level at all */
	for (const struct image_node *node = directory->children; node && search->steps < STEPS_MAX; node = node->next) {
		search->steps++;
		if (node->type == IMAGE_GONE)
			continue;
		if (deep && node->type == IMAGE_DIRECTORY)
			search_below(search, node->name, rest);
		else if (deep ? !*after : fnmatch(component, node->name, FNM_PERIOD) == 0)
			search_below(search, node->name, after);
	}
}

size_t image_wanted_follow(struct image_wanted *wanted, struct image_tree *tree, struct image_node *top,
			   struct left_out *left)
{
	struct search search = { .wanted = wanted, .tree = tree, .top = top, .left = left, .path = STRBUF_INIT };

	for (size_t i = 0; i < wanted->n_globs; i++)
		for (const char *const *glob = wanted->globs[i]; glob && *glob; glob++)
			if (**glob == '/')
				search_glob(&search, *glob + 1);
	strbuf_release(&search.path);
	return search.found;
}

struct image_node *image_top(struct image_tree *tree)
{
	struct image_node *only = NULL;

	for (struct image_node *node = tree->root->children; node; node = node->next) {
		if (node->type == IMAGE_GONE)
			continue;
		if (only || node->type != IMAGE_DIRECTORY || is_standard(node->name, strlen(node->name)))
			return tree->root;
		only = node;
	}
	return only ? only : tree->root;
}
