/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that files have loaded at boot. */
#include "probe-tree.h"

#include "../../core/boot.h"

extern const struct probe probe_modules_load;

/* "module path:line", one a line. */
static void assert_modules(struct tree *tree, const char *expected)
{
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	struct boot *boot;

	tree_read(tree, &probe_modules_load);
	boot = boot_read(tree->snapshot);
	for (size_t i = 0; i < boot_count(boot); i++) {
		strbuf_addf(&found, "%s ", boot_at(boot, i)->key);
		boot_place(boot_at(boot, i), &found);
		strbuf_add_char(&found, '\n');
	}
	boot_free(boot);
	assert_string_equal(found.buf, expected);
}

static void each_line_is_a_module(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/modules-load.d/pods.conf", "# of the pods\n\nbr-netfilter\n  overlay  # twice\n;nothing\nnf_conntrack");
	assert_modules(tree, "br_netfilter /etc/modules-load.d/pods.conf:3\noverlay /etc/modules-load.d/pods.conf:4\n"
			     "nf_conntrack /etc/modules-load.d/pods.conf:6\n");
}

static void a_file_of_etc_hides_its_namesake(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/modules-load.d/a.conf", "one\n");
	tree_write(tree, "/usr/lib/modules-load.d/a.conf", "two\n");
	tree_write(tree, "/usr/lib/modules-load.d/b.conf", "three\n");
	tree_write(tree, "/etc/modules-load.d/README", "four\n");
	assert_modules(tree, "one /etc/modules-load.d/a.conf:1\nthree /usr/lib/modules-load.d/b.conf:1\n");
}

static void a_link_to_etc_modules_is_followed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/modules", "loop\n");
	tree_directory(tree, "/etc/modules-load.d");
	tree_link(tree, "/etc/modules-load.d/modules.conf", "../modules");
	tree_link(tree, "/etc/modules-load.d/null.conf", "/dev/null");
	assert_modules(tree, "loop /etc/modules-load.d/modules.conf:1\n");
}

static void a_name_that_is_too_long_is_none(void **state)
{
	struct tree *tree = *state;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_repeated(&text, 'x', 65);
	tree_write(tree, "/etc/modules-load.d/a.conf", text.buf);
	assert_modules(tree, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
		TEST(each_line_is_a_module),
		TEST(a_file_of_etc_hides_its_namesake),
		TEST(a_link_to_etc_modules_is_followed),
		TEST(a_name_that_is_too_long_is_none),
	};

	return RUN_TESTS(tests);
}
