/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../core/owner.h"

#include "../../core/boot.h"

extern const struct probe probe_sysctl, probe_sysctl_file;

static void read_files(struct tree *tree)
{
	const struct probe_options options = { 0 };

	root_free(tree->root);
	snapshot_free(tree->snapshot);
	assert_int_equal(0, root_open(tree->path, &tree->root));
	tree->snapshot = snapshot_new();
	(void)probe_sysctl.read(tree->root, &options, tree->snapshot);
	assert_int_equal(0, probe_sysctl_file.read(tree->root, &options, tree->snapshot));
}

/* Every line of a key with one loader: "fate value place (why)", with a newline after each. */
static void assert_fates(struct tree *tree, const char *loader, const char *key, const char *expected)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(tree->snapshot);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct boot_line *const *lines;
	size_t count = boot_lines(boot, SUBJECT_KIND_HOST, "", key, &lines);

	for (size_t i = 0; i < count; i++) {
		if (!streq(lines[i]->loader, loader))
			continue;
		strbuf_addf(&text, "%s %s ", boot_fate_name(lines[i]->fate), lines[i]->value);
		boot_place(lines[i], &text);
		strbuf_addf(&text, "%s%s%s\n", *lines[i]->why ? " (" : "", lines[i]->why, *lines[i]->why ? ")" : "");
	}
	assert_string_equal(expected, text.buf);
}

/* The lines that count at boot, the winner last. */
static void assert_lines(struct tree *tree, const char *key, const char *expected)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct owner_line *lines;
	size_t count = owner_lines(tree->snapshot, NULL, key, &arena, &lines);

	for (size_t i = 0; i < count; i++)
		strbuf_addf(&text, "%s\t%s\n", lines[i].place, lines[i].text);
	assert_string_equal(expected, text.buf);
}

static void files_are_merged_by_name_and_etc_hides_its_namesakes(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/sysctl.d/99-z.conf", "vm.swappiness = 1\n");
	tree_write(tree, "/usr/lib/sysctl.d/50-default.conf", "vm.swappiness = 2\n");
	tree_write(tree, "/etc/sysctl.d/50-default.conf", "# ours\n-vm/swappiness=3\n");
	tree_write(tree, "/etc/sysctl.d/zz.conf.bak", "vm.swappiness=9\n");
	tree_write(tree, "/etc/sysctl.conf", "vm.swappiness=4");
	read_files(tree);
	assert_lines(tree, "vm.swappiness", "/etc/sysctl.d/50-default.conf:2\t-vm/swappiness=3\n"
					    "/usr/lib/sysctl.d/99-z.conf:1\tvm.swappiness = 1\n");
	assert_fates(tree, BOOT_SYSTEMD, "vm.swappiness",
		     "masked 2 /usr/lib/sysctl.d/50-default.conf:1 (/etc/sysctl.d/50-default.conf)\n"
		     "shadowed 3 /etc/sysctl.d/50-default.conf:2 (/usr/lib/sysctl.d/99-z.conf:1)\n"
		     "wins 1 /usr/lib/sysctl.d/99-z.conf:1\n"
		     "ignored 9 /etc/sysctl.d/zz.conf.bak:1 (the name of the file does not end in .conf)\n"
		     "ignored 4 /etc/sysctl.conf:1 (systemd-sysctl does not read /etc/sysctl.conf)\n");
	assert_fates(tree, BOOT_PROCPS, "vm.swappiness",
		     "masked 2 /usr/lib/sysctl.d/50-default.conf:1 (/etc/sysctl.d/50-default.conf)\n"
		     "shadowed 3 /etc/sysctl.d/50-default.conf:2 (/etc/sysctl.conf:1)\n"
		     "shadowed 1 /usr/lib/sysctl.d/99-z.conf:1 (/etc/sysctl.conf:1)\n"
		     "ignored 9 /etc/sysctl.d/zz.conf.bak:1 (the name of the file does not end in .conf)\n"
		     "wins 4 /etc/sysctl.conf:1\n");
}

static void an_image_boots_with_another_run(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/run/sysctl.d/50-a.conf", "vm.swappiness = 1\n");
	tree_write(tree, "/usr/lib/sysctl.d/50-a.conf", "vm.swappiness = 2\n");
	read_files(tree);
	assert_fates(tree, BOOT_SYSTEMD, "vm.swappiness",
		     "ignored 1 /run/sysctl.d/50-a.conf:1 (the system boots with an empty /run)\n"
		     "wins 2 /usr/lib/sysctl.d/50-a.conf:1\n");
	tree_write(tree, "/proc/version", "Linux version 6.1.0\n");
	read_files(tree);
	assert_fates(tree, BOOT_SYSTEMD, "vm.swappiness",
		     "masked 2 /usr/lib/sysctl.d/50-a.conf:1 (/run/sysctl.d/50-a.conf)\n"
		     "wins 1 /run/sysctl.d/50-a.conf:1\n");
}

static void a_link_to_dev_null_an_empty_file_and_a_dead_link_hide_their_namesakes(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/c.conf", "");
	tree_link(tree, "/etc/sysctl.d/a.conf", "/dev/null");
	tree_link(tree, "/etc/sysctl.d/b.conf", "nowhere");
	tree_write(tree, "/usr/lib/sysctl.d/a.conf", "vm.swappiness = 1\n");
	tree_write(tree, "/usr/lib/sysctl.d/b.conf", "vm.swappiness = 2\n");
	tree_write(tree, "/usr/lib/sysctl.d/c.conf", "vm.swappiness = 3\n");
	read_files(tree);
	for (size_t i = 0; i < 2; i++)
		assert_fates(tree, i ? BOOT_SYSTEMD : BOOT_PROCPS, "vm.swappiness",
			     "masked 1 /usr/lib/sysctl.d/a.conf:1 (/etc/sysctl.d/a.conf)\n"
			     "masked 2 /usr/lib/sysctl.d/b.conf:1 (/etc/sysctl.d/b.conf)\n"
			     "masked 3 /usr/lib/sysctl.d/c.conf:1 (/etc/sysctl.d/c.conf)\n");
}

/* As Debian 12 and Fedora have it: all of it is comments, so no line shows that it is read. */
static void sysctl_conf_is_read_through_a_link_alone(void **state)
{
	static const struct {
		const char *link, *to, *hidden_by, *read;
	} cases[] = {
		{ NULL, NULL, NULL, "false" },
		{ "/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf", NULL, "true" },
		{ "/usr/lib/sysctl.d/99-sysctl.conf", "/etc/sysctl.conf", NULL, "true" },
		{ "/usr/lib/sysctl.d/99-sysctl.conf", "../../../etc/sysctl.conf", "/etc/sysctl.d/99-sysctl.conf", "false" },
		{ "/etc/sysctl.d/sysctl", "../sysctl.conf", NULL, "false" },
		{ "/usr/lib/sysctl.d/99-sysctl.conf", "../sysctl.conf", NULL, "false" },
		{ "/etc/sysctl.d/99-sysctl.conf", "/srv/sysctl.conf", NULL, "false" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *fresh;
		struct tree *tree;

		assert_int_equal(tree_setup(&fresh), 0);
		tree = fresh;
		tree_write(tree, "/etc/sysctl.conf", "# kernel.printk = 3 4 1 3\n");
		if (cases[i].link)
			tree_link(tree, cases[i].link, cases[i].to);
		if (cases[i].hidden_by)
			tree_write(tree, cases[i].hidden_by, "");
		read_files(tree);
		assert_string_equal(snapshot_text(tree->snapshot, SUBJECT_HOST, SYSCTL_CONF_READ), cases[i].read);
		assert_int_equal(tree_teardown(&fresh), 0);
	}
}

static void a_hidden_file_is_read_by_sysctl_alone(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/.a.conf", "vm.swappiness = 1\n");
	read_files(tree);
	assert_fates(tree, BOOT_SYSTEMD, "vm.swappiness",
		     "ignored 1 /etc/sysctl.d/.a.conf:1 (the name of the file begins with a dot)\n");
	assert_fates(tree, BOOT_PROCPS, "vm.swappiness", "wins 1 /etc/sysctl.d/.a.conf:1\n");
}

static void a_file_that_cannot_be_read_leaves_nothing_known_before_it(void **state)
{
	struct tree *tree = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;
	CLEANUP(free_ptr) char *large = xmalloc(ROOT_READ_MAX + 2);

	memset(large, '#', ROOT_READ_MAX + 1);
	large[ROOT_READ_MAX + 1] = '\0';
	tree_write(tree, "/etc/sysctl.d/b.conf", large);
	tree_write(tree, "/etc/sysctl.d/a.conf", "vm.swappiness = 1\n");
	tree_write(tree, "/etc/sysctl.d/c.conf", "vm.dirty_ratio = 1\n");
	read_files(tree);
	boot = boot_read(tree->snapshot);
	assert_int_equal(BOOT_STATE_UNKNOWN, boot_effective(boot, "vm.swappiness").state);
	assert_int_equal(BOOT_STATE_SET, boot_effective(boot, "vm.dirty_ratio").state);
}

/* One line, and what each loader makes of it: the key it sets and to what, or the fate of the line. */
static const struct line_case {
	const char *text;
	const char *systemd, *procps, *old;
} line_cases[] = {
	{ "vm.swappiness=10", "vm.swappiness=10", "vm.swappiness=10", "vm.swappiness=10" },
	{ "  vm/swappiness\t= 10 \t\r\n", "vm.swappiness=10", "vm.swappiness=10", "vm.swappiness=10" },
	{ "-vm.swappiness = 10", "vm.swappiness=10", "vm.swappiness=10", "vm.swappiness=10" },
	{ "- vm.swappiness = 10", "vm.swappiness=10", "invalid", "invalid" },
	{ "--vm.swappiness = 10", "-vm.swappiness=10", "vm.swappiness=10", "-vm.swappiness=10" },
	{ "/vm/swappiness=10", "vm.swappiness=10", "vm.swappiness=10", "vm.swappiness=10" },
	{ "vm..swappiness=10", "vm.swappiness=10", "vm.swappiness=10", "vm.swappiness=10" },
	{ "net.ipv4.conf.eth0/100.rp_filter=1", "net.ipv4.conf.eth0/100.rp_filter=1", "net.ipv4.conf.eth0/100.rp_filter=1",
	  "net.ipv4.conf.eth0/100.rp_filter=1" },
	{ "net/ipv4/conf/eth0.100/rp_filter=1", "net.ipv4.conf.eth0/100.rp_filter=1", "net.ipv4.conf.eth0/100.rp_filter=1",
	  "net.ipv4.conf.eth0/100.rp_filter=1" },
	{ "kernel.core_pattern = a=b # c", "kernel.core_pattern=a=b # c", "kernel.core_pattern=a=b # c",
	  "kernel.core_pattern=a=b # c" },
	{ "kernel.modprobe=", "kernel.modprobe=", "kernel.modprobe=", "invalid" },
	{ "=vm.swappiness=10", "invalid", "invalid", "vm.swappiness=10" },
	{ "vm.swappiness 10", "invalid", "invalid", "invalid" },
	{ "vm.swappiness \\\n= 10", "invalid invalid", "invalid invalid", "invalid invalid" },
	{ "# vm.swappiness=1\n; vm.swappiness=2\n\n \t\n", "", "", "" },
	{ "vm.swappiness=1\rvm.dirty_ratio=2", "vm.swappiness=1 vm.dirty_ratio=2", "vm.swappiness=1\rvm.dirty_ratio=2",
	  "vm.swappiness=1" },
	{ "vm/../../../etc/passwd=1", "invalid", "invalid", "invalid" },
	{ "kernel/../vm/swappiness=1", "invalid", "vm.swappiness=1", "vm.swappiness=1" },
	{ "vm.swappiness.=1", "vm.swappiness=1", "invalid", "invalid" },
	{ "net.ipv4.neigh.lo.retrans_time=1", "net.ipv4.neigh.lo.retrans_time=1", "net.ipv4.neigh.lo.retrans_time=1", "ignored" },
	{ "net.*.a=1", "unresolved", "unresolved", "ignored" },
};

static void assert_line(const struct line_case *test, const char *loader, const char *expected)
{
	struct tree *tree = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;

	assert_int_equal(0, tree_setup((void **)&tree));
	tree_write(tree, "/etc/sysctl.d/a.conf", test->text);
	read_files(tree);
	boot = boot_read(tree->snapshot);
	for (size_t i = 0; i < boot_count(boot); i++) {
		const struct boot_line *line = boot_at(boot, i);

		if (!streq(line->loader, loader))
			continue;
		if (line->fate == BOOT_WINS)
			strbuf_addf(&text, "%s%s=%s", text.len ? " " : "", line->key, line->value);
		else
			strbuf_addf(&text, "%s%s", text.len ? " " : "", boot_fate_name(line->fate));
	}
	if (!streq(expected, text.buf))
		fail_msg("%s: '%s' gave '%s', not '%s'", loader, test->text, text.buf, expected);
	(void)tree_teardown((void **)&tree);
}

static void every_loader_has_its_own_way_of_reading_a_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line_cases); i++) {
		assert_line(&line_cases[i], BOOT_SYSTEMD, line_cases[i].systemd);
		assert_line(&line_cases[i], BOOT_PROCPS, line_cases[i].procps);
		assert_line(&line_cases[i], BOOT_PROCPS_OLD, line_cases[i].old);
	}
}

static void write_interfaces(struct tree *tree)
{
	static const char *const names[] = { "all", "default", "eth0" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(free_ptr) char *path = xasprintf("/proc/sys/net/ipv4/conf/%s/rp_filter", names[i]);

		tree_write(tree, path, "0\n");
	}
}

static void a_pattern_sets_what_no_line_names(void **state)
{
	struct tree *tree = *state;

	write_interfaces(tree);
	tree_write(tree, "/usr/lib/sysctl.d/50.conf",
		   "net.ipv4.conf.default.rp_filter = 2\nnet.ipv4.conf.*.rp_filter = 1\n-net.ipv4.conf.all.rp_filter\n");
	read_files(tree);
	for (size_t i = 0; i < 2; i++) {
		const char *loader = i ? BOOT_SYSTEMD : BOOT_PROCPS;

		assert_fates(tree, loader, "net.ipv4.conf.default.rp_filter",
			     "wins 2 /usr/lib/sysctl.d/50.conf:1\n"
			     "shadowed 1 /usr/lib/sysctl.d/50.conf:2 (/usr/lib/sysctl.d/50.conf:1)\n");
		assert_fates(tree, loader, "net.ipv4.conf.eth0.rp_filter", "wins 1 /usr/lib/sysctl.d/50.conf:2\n");
		assert_fates(tree, loader, "net.ipv4.conf.all.rp_filter",
			     "excluded 1 /usr/lib/sysctl.d/50.conf:2 (/usr/lib/sysctl.d/50.conf:3)\n");
	}
	assert_fates(tree, BOOT_PROCPS_OLD, "net.ipv4.conf.eth0.rp_filter", "");
	assert_fates(tree, BOOT_PROCPS_OLD, "net.ipv4.conf.*.rp_filter",
		     "ignored 1 /usr/lib/sysctl.d/50.conf:2 (sysctl before 4.0 knows no patterns)\n");
}

static void of_two_patterns_the_later_wins_and_the_same_one_keeps_its_place(void **state)
{
	struct tree *tree = *state;

	write_interfaces(tree);
	tree_write(tree, "/etc/sysctl.d/a.conf",
		   "net.ipv4.conf.*.rp_filter = 1\nnet.ipv4.conf.e*.rp_filter = 2\nnet.ipv4.conf.*.rp_filter = 1\n");
	read_files(tree);
	assert_fates(tree, BOOT_SYSTEMD, "net.ipv4.conf.eth0.rp_filter",
		     "shadowed 1 /etc/sysctl.d/a.conf:3 (/etc/sysctl.d/a.conf:2)\nwins 2 /etc/sysctl.d/a.conf:2\n");
	assert_fates(tree, BOOT_PROCPS, "net.ipv4.conf.eth0.rp_filter",
		     "shadowed 1 /etc/sysctl.d/a.conf:1 (/etc/sysctl.d/a.conf:3)\n"
		     "shadowed 2 /etc/sysctl.d/a.conf:2 (/etc/sysctl.d/a.conf:3)\nwins 1 /etc/sysctl.d/a.conf:3\n");
}

static void an_excluding_line_takes_a_plain_assignment_back_with_systemd_alone(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/a.conf", "vm.swappiness = 1\n-vm.swappiness\n");
	read_files(tree);
	assert_fates(tree, BOOT_SYSTEMD, "vm.swappiness", "excluded 1 /etc/sysctl.d/a.conf:1 (/etc/sysctl.d/a.conf:2)\n");
	assert_fates(tree, BOOT_PROCPS, "vm.swappiness", "wins 1 /etc/sysctl.d/a.conf:1\n");
}

static void an_excluding_pattern_depends_on_the_version_of_procps(void **state)
{
	struct tree *tree = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;

	write_interfaces(tree);
	tree_write(tree, "/etc/sysctl.d/a.conf", "net.ipv4.conf.*.rp_filter = 1\n-net.*.all.*\n");
	read_files(tree);
	boot = boot_read(tree->snapshot);
	assert_int_equal(BOOT_STATE_UNKNOWN, boot_outcome(boot, BOOT_PROCPS, SUBJECT_KIND_HOST, "",
							  "net.ipv4.conf.all.rp_filter").state);
	assert_fates(tree, BOOT_SYSTEMD, "net.ipv4.conf.all.rp_filter", "wins 1 /etc/sysctl.d/a.conf:1\n");
	assert_fates(tree, BOOT_PROCPS, "net.ipv4.conf.eth0.rp_filter", "wins 1 /etc/sysctl.d/a.conf:1\n");
}

static void without_proc_a_pattern_stays_one_and_knows_the_keys_that_others_name(void **state)
{
	struct tree *tree = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;

	tree_write(tree, "/etc/sysctl.d/a.conf", "net.ipv4.conf.*.rp_filter = 1\n-net.ipv4.conf.all.rp_filter\n");
	read_files(tree);
	boot = boot_read(tree->snapshot);
	assert_fates(tree, BOOT_SYSTEMD, "net.ipv4.conf.*.rp_filter",
		     "unresolved 1 /etc/sysctl.d/a.conf:1 (no /proc/sys is here to match the pattern against)\n");
	assert_int_equal(BOOT_STATE_UNSET, boot_effective(boot, "net.ipv4.conf.all.rp_filter").state);
	assert_string_equal("1", boot_effective(boot, "net.ipv4.conf.eth7.rp_filter").line->value);
}

static void the_command_line_comes_before_every_file(void **state)
{
	struct tree *tree = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;

	tree_write(tree, "/proc/cmdline", "quiet sysctl.vm.swappiness=20 sysctl/vm/dirty_ratio=30 hung_task_panic=1 "
					  "sysctl.kernel.core_pattern=\"a b\" sysctl.vm.empty= sysctlx.y=1 -- sysctl.vm.after=1\n");
	tree_write(tree, "/etc/sysctl.d/a.conf", "vm.swappiness = 10\n");
	read_files(tree);
	boot = boot_read(tree->snapshot);
	assert_fates(tree, BOOT_SYSTEMD, "vm.swappiness",
		     "shadowed 20 /proc/cmdline:1 (/etc/sysctl.d/a.conf:1)\nwins 10 /etc/sysctl.d/a.conf:1\n");
	assert_string_equal("30", boot_effective(boot, "vm.dirty_ratio").line->value);
	assert_string_equal("cmdline", boot_effective(boot, "vm.dirty_ratio").line->source);
	assert_string_equal("sysctl/vm/dirty_ratio=30", boot_effective(boot, "vm.dirty_ratio").line->text);
	assert_string_equal("1", boot_effective(boot, "kernel.hung_task_panic").line->value);
	assert_string_equal("a b", boot_effective(boot, "kernel.core_pattern").line->value);
	assert_int_equal(BOOT_STATE_UNSET, boot_effective(boot, "vm.empty").state);
	assert_int_equal(BOOT_STATE_UNSET, boot_effective(boot, "vm.after").state);
}

static void a_credential_comes_after_every_file_of_systemd(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/credstore/sysctl.extra", "vm.swappiness = 7\n");
	tree_write(tree, "/usr/lib/credstore/sysctl.extra", "vm.swappiness = 8\n");
	tree_write(tree, "/etc/sysctl.d/zz.conf", "vm.swappiness = 1\n");
	read_files(tree);
	assert_fates(tree, BOOT_SYSTEMD, "vm.swappiness",
		     "shadowed 1 /etc/sysctl.d/zz.conf:1 (/etc/credstore/sysctl.extra:1)\nwins 7 /etc/credstore/sysctl.extra:1\n");
	assert_fates(tree, BOOT_PROCPS, "vm.swappiness", "wins 1 /etc/sysctl.d/zz.conf:1\n");
}

static void tuned_comes_before_what_etc_says_unless_told(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/tuned/active_profile", "site\n");
	tree_write(tree, "/etc/tuned/site/tuned.conf", "[main]\ninclude=base\n[sysctl]\nvm.swappiness=5\n");
	tree_write(tree, "/usr/lib/tuned/base/tuned.conf", "[sysctl]\nvm.swappiness=6\n[vm]\ntransparent_hugepages=never\n");
	tree_write(tree, "/usr/lib/sysctl.d/99-z.conf", "vm.swappiness = 1\n");
	tree_write(tree, "/etc/sysctl.d/10-a.conf", "vm.swappiness = 3\n");
	read_files(tree);
	assert_string_equal("systemd-sysctl tuned", snapshot_text(tree->snapshot, SUBJECT_HOST, BOOT_LOADERS));
	assert_lines(tree, "vm.swappiness", "/usr/lib/sysctl.d/99-z.conf:1\tvm.swappiness = 1\n"
					    "/usr/lib/tuned/base/tuned.conf:2\tvm.swappiness=6\n"
					    "/etc/tuned/site/tuned.conf:4\tvm.swappiness=5\n"
					    "/etc/sysctl.d/10-a.conf:1\tvm.swappiness = 3\n");
	assert_fates(tree, BOOT_TUNED, "vm.swappiness",
		     "shadowed 6 /usr/lib/tuned/base/tuned.conf:2 (/etc/tuned/site/tuned.conf:4)\n"
		     "shadowed 5 /etc/tuned/site/tuned.conf:4 (/etc/sysctl.d/10-a.conf:1)\n"
		     "wins 3 /etc/sysctl.d/10-a.conf:1\n"
		     "ignored 1 /usr/lib/sysctl.d/99-z.conf:1 (TuneD applies the files of /run and /etc only)\n");
	assert_lines(tree, "transparent_hugepages", "");
}

/* A profile, and what is left of vm.swappiness when TuneD has applied it: the value, "-" unset, "?" not known. */
static const struct tuned_case {
	const char *name, *profile, *expected;
} tuned_cases[] = {
	{ "plain", "[sysctl]\nvm.swappiness = 5 # a comment\n", "5" },
	{ "a hash without a blank", "[sysctl]\nvm.swappiness = 5#6\n", "5#6" },
	{ "quoted", "[sysctl]\nvm.swappiness = \"5\"\n", "5" },
	{ "a variable", "[variables]\na=4\nb=${a}2\n[sysctl]\nvm.swappiness=${b}\n", "42" },
	{ "a variable that is not there", "[sysctl]\nvm.swappiness=${b}\n", "${b}" },
	{ "escaped", "[variables]\nb=1\n[sysctl]\nvm.swappiness=\\${b}\n", "${b}" },
	{ "variables of a file", "[variables]\ninclude=/etc/tuned/x.conf\n[sysctl]\nvm.swappiness=${x}\n", "77" },
	{ "a variable that an including profile changes", "[main]\ninclude=named\n[variables]\na=4\n", "4" },
	{ "one that it puts behind", "[main]\ninclude=named\n[variables]\nc=4\n[sysctl]\nvm.swappiness=${d}\n", "${c}" },
	{ "one that it puts before", "[main]\ninclude=named\n[variables]\nprepend=1\nc=4\n[sysctl]\nvm.swappiness=${d}\n", "4" },
	{ "two of them", "[main]\ninclude=named\n[variables]\nprepend=true\nx=4\nc=${x}2\n[sysctl]\nvm.swappiness=${d}\n", "42" },
	{ "variables of another name", "[mine]\ntype=variables\na=4\n[sysctl]\nvm.swappiness=${a}\n", "4" },
	{ "a function", "[sysctl]\nvm.swappiness=${f:exec:echo:1}\n", "?" },
	{ "another section of that type", "[mine]\ntype=sysctl\nvm.swappiness=8\n", "8" },
	{ "not enabled", "[sysctl]\nenabled=false\nvm.swappiness=8\n", "-" },
	{ "for one processor", "[sysctl]\ncpuinfo_regex=Intel\nvm.swappiness=8\n", "?" },
	{ "replaced", "[main]\ninclude=base\n[sysctl]\nreplace=1\nvm.dirty_ratio=8\n", "-" },
	{ "dropped", "[main]\ninclude=base\n[sysctl]\ndrop=vm.x, vm.swappiness\nvm.dirty_ratio=8\n", "-" },
	{ "included", "[main]\ninclude = other ; base\n", "6" },
	{ "included by a name with a blank", "[main]\ninclude=other base\n[sysctl]\nvm.swappiness=8\n", "-" },
	{ "an optional profile that is missing", "[main]\ninclude=-gone\n[sysctl]\nvm.swappiness=8\n", "8" },
	{ "a profile that is missing", "[main]\ninclude=gone\n[sysctl]\nvm.swappiness=8\n", "-" },
	{ "the one of the same name", "[main]\ninclude=a\n", "9" },
	{ "a line without a value", "[sysctl]\nvm.swappiness=8\nwhat\n", "-" },
	{ "a line before any section", "vm.swappiness=8\n", "-" },
	{ "more than before", "[sysctl]\nvm.swappiness=>8\n", "8" },
	{ "not more than before", "[sysctl]\nvm.swappiness=>2\n", "-" },
	{ "a key with another spelling", "[sysctl]\nvm/swappiness=5\n", "?" },
	{ "the same twice", "[sysctl]\nvm.swappiness=5\n[sysctl]\nvm.swappiness=4\n", "4" },
};

static void assert_tuned(const struct tuned_case *test)
{
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;
	struct boot_outcome outcome;
	struct tree *tree = NULL;
	const char *found;

	assert_int_equal(0, tree_setup((void **)&tree));
	tree_write(tree, "/etc/tuned/active_profile", "a\n");
	tree_write(tree, "/etc/tuned/a/tuned.conf", test->profile);
	tree_write(tree, "/etc/tuned/x.conf", "x=77\n");
	tree_write(tree, "/usr/lib/tuned/a/tuned.conf", "[sysctl]\nvm.swappiness=9\n");
	tree_write(tree, "/usr/lib/tuned/named/tuned.conf",
		   "[variables]\na=1\nb=${a}\nd=${c}\n[sysctl]\nvm.swappiness=${b}\n");
	tree_write(tree, "/usr/lib/tuned/base/tuned.conf", "[sysctl]\nvm.swappiness=6\n");
	tree_write(tree, "/usr/lib/tuned/other/tuned.conf", "[sysctl]\nvm.swappiness=7\n");
	tree_write(tree, "/usr/lib/sysctl.d/z.conf", "vm.swappiness=3\n");
	read_files(tree);
	boot = boot_read(tree->snapshot);
	outcome = boot_outcome(boot, BOOT_TUNED, SUBJECT_KIND_HOST, "", "vm.swappiness");
	found = outcome.state == BOOT_STATE_UNSET ? "-" : outcome.state == BOOT_STATE_UNKNOWN ? "?" : outcome.line->value;
	if (!streq(found, test->expected))
		fail_msg("%s: %s, not %s", test->name, found, test->expected);
	(void)tree_teardown((void **)&tree);
}

static void profiles_of_tuned_are_read_as_it_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tuned_cases); i++)
		assert_tuned(&tuned_cases[i]);
}

static void tuned_that_has_no_profile_chooses_one_that_is_not_known_here(void **state)
{
	struct tree *tree = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;

	tree_write(tree, "/etc/tuned/tuned-main.conf", "reapply_sysctl = 1\n");
	tree_write(tree, "/etc/sysctl.d/10-a.conf", "vm.swappiness = 3\n");
	read_files(tree);
	boot = boot_read(tree->snapshot);
	assert_int_equal(BOOT_STATE_UNKNOWN, boot_effective(boot, "vm.swappiness").state);
}

static void in_automatic_mode_an_image_does_not_know_its_profile(void **state)
{
	struct tree *tree = *state;
	CLEANUP(boot_free_ptr) struct boot *boot = NULL;
	CLEANUP(boot_free_ptr) struct boot *started = NULL;
	struct boot_outcome outcome;

	tree_write(tree, "/etc/tuned/active_profile", "a\n");
	tree_write(tree, "/etc/tuned/profile_mode", "auto\n");
	tree_write(tree, "/etc/tuned/a/tuned.conf", "[sysctl]\nvm.swappiness=5\n");
	read_files(tree);
	boot = boot_read(tree->snapshot);
	outcome = boot_outcome(boot, BOOT_TUNED, SUBJECT_KIND_HOST, "", "vm.swappiness");
	assert_int_equal(BOOT_STATE_UNKNOWN, outcome.state);
	assert_string_equal("/etc/tuned/profile_mode", outcome.line->path);
	assert_int_equal(1, outcome.line->line);
	/* Where it has started it will choose the same again. */
	tree_write(tree, "/proc/version", "Linux version 6.1.0\n");
	read_files(tree);
	started = boot_read(tree->snapshot);
	outcome = boot_outcome(started, BOOT_TUNED, SUBJECT_KIND_HOST, "", "vm.swappiness");
	assert_int_equal(BOOT_STATE_SET, outcome.state);
	assert_string_equal("5", outcome.line->value);
}

static void tuned_comes_last_where_it_is_told_not_to_apply_files_again(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	struct owner owner;

	tree_write(tree, "/etc/tuned/tuned-main.conf", "reapply_sysctl = 0\n");
	tree_write(tree, "/etc/tuned/active_profile", "a\n");
	tree_write(tree, "/etc/tuned/a/tuned.conf", "[sysctl]\nvm.swappiness=5\n");
	tree_write(tree, "/etc/sysctl.d/10-a.conf", "vm.swappiness = 3\n");
	read_files(tree);
	assert_true(owner_find(tree->snapshot, "vm.swappiness", &arena, &owner));
	assert_string_equal("TuneD", owner.name);
	assert_string_equal("/etc/tuned/a/tuned.conf:2", owner.line->place);
	assert_string_equal("vm.swappiness=5", owner.line->text);
}

/* ---- saptune ---- */

static void notes_of_saptune_come_last_in_the_order_in_which_they_are_applied(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/99-z.conf", "vm.swappiness = 3\n");
	tree_write(tree, "/etc/sysconfig/saptune", "TUNE_FOR_NOTES=\"x\"\nNOTE_APPLY_ORDER=\"941735 own\"\n");
	tree_write(tree, "/var/lib/saptune/working/notes/941735",
		   "[version]\nVERSION=1\nvm.swappiness = 99\n[sysctl]\n# a comment\nvm.swappiness = 10 # of the note\n"
		   "vm.dirty_ratio=\nnet/core/somaxconn = 1\nnonsense\n");
	tree_write(tree, "/etc/saptune/extra/own.conf", "[sysctl]\nvm.swappiness >= \"5\"\nnet.ipv4.tcp_rmem = 4096 131072 6291456\n");
	tree_write(tree, "/etc/saptune/extra/other.conf", "[sysctl]\nvm.swappiness = 1\n");
	read_files(tree);
	assert_string_equal("systemd-sysctl saptune", snapshot_text(tree->snapshot, SUBJECT_HOST, BOOT_LOADERS));
	assert_string_equal("941735 own", snapshot_text(tree->snapshot, SUBJECT_HOST, "saptune.notes"));
	assert_string_equal("none", snapshot_text(tree->snapshot, SUBJECT_HOST, "saptune.overrides"));
	assert_fates(tree, BOOT_SAPTUNE, "vm.swappiness",
		     "shadowed 10 /var/lib/saptune/working/notes/941735:6 (/etc/saptune/extra/own.conf:2)\n"
		     "wins 5 /etc/saptune/extra/own.conf:2\n");
	assert_fates(tree, BOOT_SAPTUNE, "vm.dirty_ratio",
		     "ignored  /var/lib/saptune/working/notes/941735:7 (without a value it leaves the key alone)\n");
	assert_fates(tree, BOOT_SAPTUNE, "net.ipv4.tcp_rmem", "wins 4096 131072 6291456 /etc/saptune/extra/own.conf:3\n");
	assert_fates(tree, BOOT_SAPTUNE, "",
		     "invalid 1 /var/lib/saptune/working/notes/941735:8 (saptune takes no slash in a name)\n"
		     "invalid  /var/lib/saptune/working/notes/941735:9 (it is no assignment)\n");
	assert_lines(tree, "vm.swappiness", "/etc/sysctl.d/99-z.conf:1\tvm.swappiness = 3\n"
					    "/var/lib/saptune/working/notes/941735:6\tvm.swappiness = 10 # of the note\n"
					    "/etc/saptune/extra/own.conf:2\tvm.swappiness >= \"5\"\n");
}

static void overrides_of_saptune_count_for_keys_that_the_note_names(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysconfig/saptune", "NOTE_APPLY_ORDER=\"1 ../../../etc 2\"\n");
	tree_write(tree, "/var/lib/saptune/working/notes/1",
		   "[sysctl]\nvm.swappiness = 10\nvm.dirty_ratio = 20\nvm.min_free_kbytes = 1\n");
	tree_write(tree, "/etc/saptune/override/1",
		   "[sysctl]\nvm.min_free_kbytes = 2\n[sysctl]\nvm.swappiness = 7\nvm.dirty_ratio =\nvm.vfs_cache_pressure = 50\n");
	read_files(tree);
	assert_string_equal("1 2", snapshot_text(tree->snapshot, SUBJECT_HOST, "saptune.notes"));
	assert_string_equal("1", snapshot_text(tree->snapshot, SUBJECT_HOST, "saptune.overrides"));
	assert_fates(tree, BOOT_SAPTUNE, "vm.swappiness",
		     "shadowed 10 /var/lib/saptune/working/notes/1:2 (/etc/saptune/override/1:4)\nwins 7 /etc/saptune/override/1:4\n");
	assert_fates(tree, BOOT_SAPTUNE, "vm.dirty_ratio",
		     "ignored 20 /var/lib/saptune/working/notes/1:3 (/etc/saptune/override/1:5)\n"
		     "ignored  /etc/saptune/override/1:5 (without a value it leaves the key alone)\n");
	assert_fates(tree, BOOT_SAPTUNE, "vm.vfs_cache_pressure",
		     "ignored 50 /etc/saptune/override/1:6 (the note does not name the key)\n");
	/* The second section of an override file takes the place of the first. */
	assert_fates(tree, BOOT_SAPTUNE, "vm.min_free_kbytes",
		     "wins 1 /var/lib/saptune/working/notes/1:4\n"
		     "ignored 2 /etc/saptune/override/1:2 (another section of that name follows and takes the place of this one)\n");
	/* What the second note says is not known, and it may set anything. */
	assert_fates(tree, BOOT_SAPTUNE, "", "unresolved  /etc/saptune/extra/2.conf (the note is to be applied, and its file is not here)\n");
}

static void a_section_with_tags_of_saptune_may_count_or_not(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	const struct owner_line *lines;

	tree_write(tree, "/etc/sysconfig/saptune", "NOTE_APPLY_ORDER=1\n");
	tree_write(tree, "/var/lib/saptune/working/notes/1", "[sysctl:os=15-*:arch=x86_64]\nvm.swappiness = 10\n[vm]\nTHP=never\n");
	read_files(tree);
	assert_fates(tree, BOOT_SAPTUNE, "vm.swappiness",
		     "unresolved 10 /var/lib/saptune/working/notes/1:2 (whether the tags of [sysctl:os=15-*:arch=x86_64] hold here is not "
		     "known)\n");
	assert_int_equal(1, owner_lines(tree->snapshot, NULL, "vm.swappiness", &arena, &lines));
	assert_non_null(lines[0].unsure);
}

static void files_below_sys_of_saptune_stand_under_their_path(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysconfig/saptune", "NOTE_APPLY_ORDER=1\n");
	tree_write(tree, "/var/lib/saptune/working/notes/1",
		   "[vm]\nTHP=never\nKSM=0\nNEW=1\n[sys]\nkernel.mm.transparent_hugepage.defrag = never\n[sysctl]\nTHP=1\n");
	tree_write(tree, "/etc/saptune/override/1", "[sysctl]\nTHP=2\n[vm]\nTHP=madvise\n");
	read_files(tree);
	assert_fates(tree, BOOT_SAPTUNE, "/sys/kernel/mm/transparent_hugepage/enabled",
		     "shadowed never /var/lib/saptune/working/notes/1:2 (/etc/saptune/override/1:4)\n"
		     "wins madvise /etc/saptune/override/1:4\n");
	assert_fates(tree, BOOT_SAPTUNE, "/sys/kernel/mm/ksm/run", "wins 0 /var/lib/saptune/working/notes/1:3\n");
	assert_fates(tree, BOOT_SAPTUNE, "/sys/kernel/mm/transparent_hugepage/defrag",
		     "wins never /var/lib/saptune/working/notes/1:6\n");
	assert_fates(tree, BOOT_SAPTUNE, "THP",
		     "shadowed 1 /var/lib/saptune/working/notes/1:8 (/etc/saptune/override/1:2)\nwins 2 /etc/saptune/override/1:2\n");
	assert_fates(tree, BOOT_SAPTUNE, "", "");
}

static void saptune_that_is_not_started_at_boot_sets_nothing(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysconfig/saptune", "NOTE_APPLY_ORDER=\"1\"\n");
	tree_write(tree, "/var/lib/saptune/working/notes/1", "[sysctl]\nvm.swappiness = 10\n");
	tree_link(tree, "/etc/systemd/system/saptune.service", "/dev/null");
	read_files(tree);
	assert_string_equal("systemd-sysctl", snapshot_text(tree->snapshot, SUBJECT_HOST, BOOT_LOADERS));
	assert_lines(tree, "vm.swappiness", "");
}

static void who_runs_at_boot_is_seen_from_what_is_installed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/init.d/procps", "");
	read_files(tree);
	assert_string_equal("procps", snapshot_text(tree->snapshot, SUBJECT_HOST, BOOT_LOADERS));
	tree_link(tree, "/etc/systemd/system/systemd-sysctl.service", "/dev/null");
	read_files(tree);
	assert_string_equal("none", snapshot_text(tree->snapshot, SUBJECT_HOST, BOOT_LOADERS));
}

static void the_kubelet_owns_its_six_keys_where_it_runs(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	struct owner owner;

	tree_write(tree, "/etc/sysctl.d/10-a.conf", "kernel.panic = 3\nvm.swappiness = 3\n");
	read_files(tree);
	assert_true(owner_find(tree->snapshot, "kernel.panic", &arena, &owner));
	assert_string_equal("the administrator", owner.name);
	snapshot_set_string(tree->snapshot, SUBJECT_HOST, "manager.kubelet", "running", NULL);
	assert_true(owner_find(tree->snapshot, "kernel.panic", &arena, &owner));
	assert_string_equal("the kubelet", owner.name);
	assert_null(owner.line);
	assert_true(owner_find(tree->snapshot, "vm.swappiness", &arena, &owner));
	assert_string_equal("the administrator", owner.name);
	assert_false(owner_find(tree->snapshot, "vm.dirty_ratio", &arena, &owner));
}

static const char *drift_of(struct tree *tree)
{
	return snapshot_text(tree->snapshot, SUBJECT_HOST, "sysctl.drift");
}

static void a_value_that_is_not_what_the_last_line_says_is_drift(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/usr/lib/sysctl.d/10-a.conf", "vm.swappiness = 30\nnet.core.somaxconn = 1024\n");
	tree_write(tree, "/etc/sysctl.d/99-b.conf", "# ours\nvm.swappiness = 10 # was 30\nnet.ipv4.tcp_rmem=1 2 3\n");
	tree_write(tree, "/proc/sys/vm/swappiness", "60\n");
	tree_write(tree, "/proc/sys/net/core/somaxconn", "1024\n");
	tree_write(tree, "/proc/sys/net/ipv4/tcp_rmem", "1\t2\t4\n");
	read_files(tree);
	assert_string_equal("net.ipv4.tcp_rmem is 1 2 4, not 1 2 3 (/etc/sysctl.d/99-b.conf:3); "
			    "vm.swappiness is 60, not 10 (/etc/sysctl.d/99-b.conf:2)", drift_of(tree));
}

static void what_differs_only_in_writing_is_no_drift(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/99-b.conf",
		   "vm.swappiness = 0x0a\nvm.max_map_count = 0100\nnet.ipv4.tcp_rmem = 1   2\t3 ; a\nvm.dirty_ratio = ${x}\n"
		   "net.core.wmem_max = 5\nvm.min_free_kbytes = 5\nnet.core.rmem_max =\n");
	tree_write(tree, "/proc/sys/vm/swappiness", "10\n");
	tree_write(tree, "/proc/sys/vm/max_map_count", "64\n");
	tree_write(tree, "/proc/sys/vm/min_free_kbytes", "6\n");
	tree_write(tree, "/proc/sys/vm/dirty_ratio", "20\n");
	tree_write(tree, "/proc/sys/net/core/rmem_max", "7\n");
	tree_write(tree, "/proc/sys/net/ipv4/tcp_rmem", "1\t2\t3\n");
	read_files(tree);
	assert_string_equal("none", drift_of(tree));
}

static void what_tuned_says_last_is_not_compared(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/tuned/active_profile", "a\n");
	tree_write(tree, "/etc/tuned/a/tuned.conf", "[sysctl]\nvm.swappiness=5\nvm.dirty_ratio=40\n");
	tree_write(tree, "/etc/sysctl.d/10-a.conf", "vm.dirty_ratio = 30\n");
	tree_write(tree, "/proc/sys/vm/swappiness", "60\n");
	tree_write(tree, "/proc/sys/vm/dirty_ratio", "40\n");
	read_files(tree);
	assert_string_equal("vm.dirty_ratio is 40, not 30 (/etc/sysctl.d/10-a.conf:1)", drift_of(tree));
}

static void secrets_are_left_out_of_their_lines(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/etc/sysctl.d/a.conf",
		   "net.ipv4.tcp_fastopen_key = 1-2-3-4\nnet.ipv6.conf.eth0.stable_secret = 2001:db8::1\n");
	read_files(tree);
	assert_lines(tree, "net.ipv4.tcp_fastopen_key", "/etc/sysctl.d/a.conf:1\t(left out)\n");
	assert_lines(tree, "net.ipv6.conf.eth0.stable_secret", "/etc/sysctl.d/a.conf:2\t(left out)\n");
	assert_null(strstr(snapshot_text(tree->snapshot, SUBJECT_HOST, "boot.sysctl"), "1-2-3-4"));
}

static void without_files_nobody_owns_anything(void **state)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct tree *tree = *state;
	struct owner owner;

	read_files(tree);
	assert_null(snapshot_text(tree->snapshot, SUBJECT_HOST, "boot.sysctl"));
	assert_string_equal("none", drift_of(tree));
	assert_false(owner_find(tree->snapshot, "vm.swappiness", &arena, &owner));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_merged_by_name_and_etc_hides_its_namesakes),
		TEST(an_image_boots_with_another_run),
		TEST(a_link_to_dev_null_an_empty_file_and_a_dead_link_hide_their_namesakes),
		TEST(sysctl_conf_is_read_through_a_link_alone),
		TEST(a_hidden_file_is_read_by_sysctl_alone),
		TEST(a_file_that_cannot_be_read_leaves_nothing_known_before_it),
		TEST(every_loader_has_its_own_way_of_reading_a_line),
		TEST(a_pattern_sets_what_no_line_names),
		TEST(of_two_patterns_the_later_wins_and_the_same_one_keeps_its_place),
		TEST(an_excluding_line_takes_a_plain_assignment_back_with_systemd_alone),
		TEST(an_excluding_pattern_depends_on_the_version_of_procps),
		TEST(without_proc_a_pattern_stays_one_and_knows_the_keys_that_others_name),
		TEST(the_command_line_comes_before_every_file),
		TEST(a_credential_comes_after_every_file_of_systemd),
		TEST(profiles_of_tuned_are_read_as_it_does),
		TEST(in_automatic_mode_an_image_does_not_know_its_profile),
		TEST(tuned_that_has_no_profile_chooses_one_that_is_not_known_here),
		TEST(notes_of_saptune_come_last_in_the_order_in_which_they_are_applied),
		TEST(overrides_of_saptune_count_for_keys_that_the_note_names),
		TEST(a_section_with_tags_of_saptune_may_count_or_not),
		TEST(files_below_sys_of_saptune_stand_under_their_path),
		TEST(saptune_that_is_not_started_at_boot_sets_nothing),
		TEST(who_runs_at_boot_is_seen_from_what_is_installed),
		TEST(tuned_comes_before_what_etc_says_unless_told),
		TEST(tuned_comes_last_where_it_is_told_not_to_apply_files_again),
		TEST(the_kubelet_owns_its_six_keys_where_it_runs),
		TEST(a_value_that_is_not_what_the_last_line_says_is_drift),
		TEST(what_differs_only_in_writing_is_no_drift),
		TEST(what_tuned_says_last_is_not_compared),
		TEST(secrets_are_left_out_of_their_lines),
		TEST(without_files_nobody_owns_anything),
	};

	return RUN_TESTS(tests);
}
