/* SPDX-License-Identifier: Apache-2.0 */
/* What entries of archives and layers of images make of a tree, without any file system. */
#include "../../core/image-tree.h"

#include <errno.h>

#include "test.h"

struct step {
	unsigned int layer;
	enum change_kind kind;
	const char *path, *target;
};

#define FILE_AT(layer, path) { layer, CHANGE_FILE, path, NULL }
#define DIRECTORY_AT(layer, path) { layer, CHANGE_DIRECTORY, path, NULL }
#define LINK_AT(layer, path, target) { layer, CHANGE_LINK, path, target }
#define HARD_LINK_AT(layer, path, target) { layer, CHANGE_HARD_LINK, path, target }

struct case_row {
	const char *name;
	struct step steps[8];
	const char *result;
};

/* clang-format off */
static const struct case_row cases[] = {
	{ "directories on the way are made",
	  { FILE_AT(1, "a/b/c") }, "a/ a/b/ a/b/c@1" },
	{ "the later of two entries counts",
	  { FILE_AT(1, "a"), DIRECTORY_AT(1, "a"), FILE_AT(1, "a") }, "a@1" },
	{ "a file where a directory was takes what was in it away",
	  { FILE_AT(1, "a/b"), FILE_AT(2, "a") }, "a@2" },
	{ "a directory in a later layer is one with that below",
	  { FILE_AT(1, "a/b"), DIRECTORY_AT(2, "a"), FILE_AT(2, "a/c") }, "a/ a/b@1 a/c@2" },
	{ "a directory where a link was replaces the link",
	  { FILE_AT(1, "usr/lib/x"), LINK_AT(1, "lib", "usr/lib"), DIRECTORY_AT(2, "lib"), FILE_AT(2, "lib/y") },
	  "lib/ lib/y@2 usr/ usr/lib/ usr/lib/x@1" },
	{ "a file through a link lies where the link leads, inside",
	  { LINK_AT(1, "lib", "usr/lib"), FILE_AT(1, "lib/x") }, "lib->usr/lib usr/ usr/lib/ usr/lib/x@1" },
	{ "an absolute link begins at the root of the tree",
	  { LINK_AT(1, "a", "/b"), FILE_AT(1, "a/x") }, "a->/b b/ b/x@1" },
	{ "a link upward ends at the root of the tree",
	  { LINK_AT(1, "a", "../../../../b"), FILE_AT(1, "a/x") }, "a->../../../../b b/ b/x@1" },
	{ "the last component is replaced, not followed",
	  { LINK_AT(1, "a", "/etc/passwd"), FILE_AT(1, "a") }, "a@1" },
	{ "links in a circle lead nowhere",
	  { LINK_AT(1, "a", "b"), LINK_AT(1, "b", "a"), FILE_AT(1, "a/x") }, "a->b b->a !through-file:a/x" },
	{ "nothing lies below a file",
	  { FILE_AT(1, "a"), FILE_AT(1, "a/b") }, "a@1 !through-file:a/b" },
	{ "a hard link is the file",
	  { FILE_AT(1, "a"), HARD_LINK_AT(1, "d/b", "a") }, "a@1 d/ d/b@1" },
	{ "a hard link to nothing is none",
	  { HARD_LINK_AT(1, "b", "etc/shadow") }, "!hard-link:b" },
	{ "a hard link to a directory is none",
	  { DIRECTORY_AT(1, "a"), HARD_LINK_AT(1, "b", "a") }, "a/ !hard-link:b" },
	{ "a hard link to itself changes nothing",
	  { FILE_AT(1, "a"), HARD_LINK_AT(1, "a", "a") }, "a@1" },
	{ "a hard link in the place of its file's directory",
	  { FILE_AT(1, "a/b"), HARD_LINK_AT(1, "a", "a/b") }, "a@1" },
	{ "a hard link may lead to a layer below",
	  { FILE_AT(1, "a"), HARD_LINK_AT(2, "b", "a") }, "a@1 b@2" },
	{ "a whiteout takes a file of the layers below away",
	  { FILE_AT(1, "etc/a"), FILE_AT(1, "etc/b"), FILE_AT(2, "etc/.wh.a") }, "etc/ etc/b@1" },
	{ "a whiteout takes a directory away with all in it",
	  { FILE_AT(1, "etc/d/a"), FILE_AT(2, "etc/.wh.d") }, "etc/" },
	{ "a whiteout leaves its own layer alone, whichever comes first",
	  { FILE_AT(1, "d/a"), FILE_AT(2, "d/b"), FILE_AT(2, ".wh.d") }, "d/ d/b@2" },
	{ "a whiteout before its own layer's file",
	  { FILE_AT(1, "a"), FILE_AT(2, ".wh.a"), FILE_AT(2, "a") }, "a@2" },
	{ "a whiteout of what is not there",
	  { FILE_AT(1, "a"), FILE_AT(2, "b/.wh.c"), FILE_AT(2, ".wh.d") }, "a@1" },
	{ "a whiteout of a link leaves what it leads to",
	  { FILE_AT(1, "a"), LINK_AT(1, "b", "a"), FILE_AT(2, ".wh.b") }, "a@1" },
	{ "a whiteout names neither its directory nor the one above",
	  { FILE_AT(1, "d/a"), FILE_AT(2, "d/.wh.."), FILE_AT(2, "d/.wh..."), FILE_AT(2, "d/.wh.") }, "d/ d/a@1" },
	{ "an opaque directory has only its own layer's files",
	  { FILE_AT(1, "d/a"), FILE_AT(1, "d/s/a"), FILE_AT(2, "d/b"), FILE_AT(2, "d/.wh..wh..opq") }, "d/ d/b@2" },
	{ "an opaque directory, its mark first",
	  { FILE_AT(1, "d/s/a"), FILE_AT(2, "d/.wh..wh..opq"), FILE_AT(2, "d/s/b") }, "d/ d/s/ d/s/b@2" },
	{ "what was taken away can come back",
	  { FILE_AT(1, "a"), FILE_AT(2, ".wh.a"), FILE_AT(3, "a") }, "a@3" },
	{ "marks of aufs are no names",
	  { FILE_AT(1, ".wh..wh.plnk"), FILE_AT(1, "a") }, "a@1" },
};
/* clang-format on */

static int compare_nodes(const void *a, const void *b)
{
	return strcmp((*(const struct image_node *const *)a)->name, (*(const struct image_node *const *)b)->name);
}

static void describe(const struct image_node *directory, struct strbuf *text)
{
	const struct image_node *below[32];
	size_t count = 0;

	for (const struct image_node *node = directory->children; node; node = node->next)
		if (node->type != IMAGE_GONE)
			below[count++] = node;
	qsort(below, count, sizeof(below[0]), compare_nodes);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

		image_node_path(below[i], &path);
		strbuf_addf(text, "%s%s", text->len ? " " : "", path.buf);
		if (below[i]->type == IMAGE_DIRECTORY)
			strbuf_add_char(text, '/');
		else if (below[i]->type == IMAGE_LINK)
			strbuf_addf(text, "->%s", below[i]->target);
		else
			strbuf_addf(text, "@%u", below[i]->layer);
		describe(below[i], text);
	}
}

static void describe_left(const struct left_out *left, struct strbuf *text)
{
	static const char *const names[LEFT_COUNT] = {
		[LEFT_THROUGH_FILE] = "through-file", [LEFT_HARD_LINK] = "hard-link", [LEFT_LONG] = "long",
	};

	for (size_t i = 0; i < LEFT_COUNT; i++)
		if (left->count[i])
			strbuf_addf(text, "%s!%s:%s", text->len ? " " : "", names[i], left->first[i]);
}

static void trees_become_what_their_changes_say(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		struct left_out left = { 0 };
		struct image_tree tree;

		image_tree_init(&tree);
		for (const struct step *step = cases[i].steps; step->path; step++) {
			const struct change change = { .kind = step->kind, .path = step->path, .target = step->target };

			assert_int_equal(image_tree_apply(&tree, &change, step->layer, &left), 0);
		}
		describe(tree.root, &text);
		describe_left(&left, &text);
		if (!streq(text.buf, cases[i].result))
			fail_msg("%s: expected '%s', found '%s'", cases[i].name, cases[i].result, text.buf);
		left_out_release(&left);
		image_tree_release(&tree);
	}
}

static int users[8];

static void hold(void *owner, uint32_t content)
{
	users[content]++;
}

static void drop(void *owner, uint32_t content)
{
	users[content]--;
}

static void contents_are_held_as_often_as_they_are_used(void **state)
{
	static const struct change changes[] = {
		{ .kind = CHANGE_FILE, .path = "d/a", .content = 1 },
		{ .kind = CHANGE_HARD_LINK, .path = "d/b", .target = "d/a" },
		{ .kind = CHANGE_FILE, .path = "c", .content = 2 },
		{ .kind = CHANGE_FILE, .path = "c", .content = 3 },
	};
	struct left_out left = { 0 };
	struct image_tree tree;

	memset(users, 0, sizeof(users));
	image_tree_init(&tree);
	tree.hold = hold;
	tree.drop = drop;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		assert_int_equal(image_tree_apply(&tree, &changes[i], 1, &left), 0);
	assert_int_equal(users[1], 2);
	assert_int_equal(users[2], 0);
	assert_int_equal(users[3], 1);
	assert_int_equal(image_tree_apply(&tree, &(struct change){ .kind = CHANGE_FILE, .path = ".wh.d" }, 2, &left), 0);
	assert_int_equal(users[1], 0);
	image_tree_release(&tree);
	left_out_release(&left);
}

static void trees_are_no_deeper_than_their_limit(void **state)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct left_out left = { 0 };
	struct image_tree tree;

	image_tree_init(&tree);
	strbuf_add_string(&path, "a");
	for (int i = 0; i < CHANGE_DEPTH_MAX; i++)
		strbuf_add_string(&path, "/a");
	assert_int_equal(image_tree_apply(&tree, &(struct change){ .kind = CHANGE_FILE, .path = path.buf }, 1, &left), 0);
	assert_int_equal(left.count[LEFT_LONG], 1);
	/* By links: each leads ten levels below the one before. */
	strbuf_reset(&path);
	for (int i = 0; i < 20; i++) {
		const struct change link = { .kind = CHANGE_LINK, .path = "l", .target = "l/1/2/3/4/5/6/7/8/9/10" };

		assert_int_equal(image_tree_apply(&tree, &link, 1, &left), 0);
		assert_int_equal(image_tree_apply(&tree, &(struct change){ .kind = CHANGE_FILE, .path = "l/x" }, 1, &left), 0);
	}
	assert_true(left.count[LEFT_THROUGH_FILE] > 0);
	image_tree_release(&tree);
	left_out_release(&left);
}

static void paths_are_found_through_links(void **state)
{
	static const struct change changes[] = {
		{ .kind = CHANGE_LINK, .path = "lib", .target = "usr/lib" },
		{ .kind = CHANGE_FILE, .path = "usr/lib/os-release" },
		{ .kind = CHANGE_LINK, .path = "etc/os-release", .target = "../lib/os-release" },
	};
	struct left_out left = { 0 };
	struct image_tree tree;
	const struct image_node *node;

	image_tree_init(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		assert_int_equal(image_tree_apply(&tree, &changes[i], 1, &left), 0);
	node = image_tree_find(&tree, tree.root, "etc/os-release", true);
	assert_non_null(node);
	assert_int_equal(node->type, IMAGE_FILE);
	node = image_tree_find(&tree, tree.root, "etc/os-release", false);
	assert_non_null(node);
	assert_int_equal(node->type, IMAGE_LINK);
	assert_null(image_tree_find(&tree, tree.root, "etc/nothing", true));
	assert_null(image_tree_find(&tree, tree.root, "usr/lib/os-release/x", true));
	image_tree_release(&tree);
	left_out_release(&left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_become_what_their_changes_say),
		cmocka_unit_test(contents_are_held_as_often_as_they_are_used),
		cmocka_unit_test(trees_are_no_deeper_than_their_limit),
		cmocka_unit_test(paths_are_found_through_links),
	};

	return RUN_TESTS(tests);
}
