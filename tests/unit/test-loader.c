/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

extern const struct probe probe_loader;

static void check(struct tree *tree, const char *key, const char *wanted)
{
	const char *text = snapshot_text(tree->snapshot, SUBJECT_HOST, key);

	assert_string_equal(text ? text : "-", wanted);
}

static void the_line_that_counts_is_kept_with_its_number(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/default/grub",
		   "#GRUB_CMDLINE_LINUX=\"old\"\nGRUB_CMDLINE_LINUX=\"a\"\nGRUB_CMDLINE_LINUX_DEFAULT='quiet'\n"
		   "GRUB_CMDLINE_LINUX=\"b c\"\n");
	tree_write(tree, "/boot/grub2/grub.cfg", "");
	tree_read(tree, &probe_loader);

	check(tree, "loader.kind", "grub");
	check(tree, "loader.grub.cmdline", "/etc/default/grub:4\tGRUB_CMDLINE_LINUX=\"b c\"");
	check(tree, "loader.grub.cmdline_default", "/etc/default/grub:3\tGRUB_CMDLINE_LINUX_DEFAULT='quiet'");
	check(tree, "loader.grub.update", "grub2-mkconfig -o /boot/grub2/grub.cfg");
	check(tree, "loader.grub.directory", "false");
	check(tree, "loader.cmdline", "-");
}

static void the_loader_is_told_by_its_files(void **state)
{
	static const struct {
		const char *paths[2];
		const char *kind;
	} cases[] = {
		{ { "/etc/default/grub" }, "grub" },
		{ { "/boot/loader/loader.conf" }, "systemd-boot" },
		{ { "/etc/kernel/uki.conf" }, "unified-image" },
		{ { "/boot/loader/loader.conf", "/boot/EFI/Linux/a.efi" }, "unified-image" },
		{ { "/etc/default/grub", "/efi/loader/loader.conf" }, "several" },
		{ { "/etc/hostname" }, "-" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree *tree;

		assert_int_equal(tree_setup(state), 0);
		tree = *state;
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].paths) && cases[i].paths[j]; j++)
			tree_write(tree, cases[i].paths[j], "");
		tree_read(tree, &probe_loader);
		check(tree, "loader.kind", cases[i].kind);
		assert_int_equal(tree_teardown(state), 0);
	}
}

static void the_last_of_a_parameter_counts_and_a_bare_one_is_on(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/cmdline", "root=/dev/sda1 mitigations=auto psi nohz_fullish=1 mitigations=off isolcpus=\n");
	tree_write(tree, "/etc/kernel/cmdline", "root=/dev/sda1 ro quiet \n\n");
	tree_read(tree, &probe_loader);

	check(tree, "cmdline.mitigations", "off");
	check(tree, "cmdline.psi", "1");
	check(tree, "cmdline.nohz_full", "-");
	check(tree, "cmdline.isolcpus", "");
	check(tree, "loader.cmdline", "/etc/kernel/cmdline:1\troot=/dev/sda1 ro quiet");
}

static void two_lines_of_one_command_line_are_none(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/kernel/cmdline", "root=/dev/sda1\nquiet\n");
	tree_read(tree, &probe_loader);
	check(tree, "loader.cmdline", "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(the_line_that_counts_is_kept_with_its_number),
		cmocka_unit_test(the_loader_is_told_by_its_files),
		tree_test(the_last_of_a_parameter_counts_and_a_bare_one_is_on),
		tree_test(two_lines_of_one_command_line_are_none),
	};

	return RUN_TESTS(tests);
}
