/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/sysctl.h"

extern const struct probe probe_sysctl;

#define LISTING "/sos_commands/kernel/sysctl_-a"

static void keys_are_paths_with_dots(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/vm/swappiness", "60\n");
	tree_write(tree, "/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
	tree_write(tree, "/proc/sys/net/ipv4/conf/eth0.100/rp_filter", "2\n");
	tree_write(tree, "/proc/sys/kernel/core_pattern", "core\n");
	tree_write(tree, "/proc/sys/fs/nfs/nlm_grace_period", "0\n");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.swappiness", "60");
	assert_setting(tree, HOST, "", "net.ipv4.tcp_rmem", "4096\t131072\t6291456");
	assert_setting(tree, HOST, "", "net.ipv4.conf.eth0/100.rp_filter", "2");
	assert_setting(tree, HOST, "", "kernel.core_pattern", "core");
	assert_setting(tree, HOST, "", "fs.nfs.nlm_grace_period", "0");
	assert_origin(tree, SUBJECT_HOST, "net.ipv4.conf.eth0/100.rp_filter",
		      "/proc/sys/net/ipv4/conf/eth0.100/rp_filter");
}

static void an_empty_value_is_a_value(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/net/ipv4/ip_local_reserved_ports", "\n");
	tree_write(tree, "/proc/sys/kernel/modprobe", "");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "net.ipv4.ip_local_reserved_ports", "");
	assert_setting(tree, HOST, "", "kernel.modprobe", "");
}

static void lines_blanks_and_zero_bytes_of_a_value_are_kept(void **state)
{
	static const char value[] =
		"CD-ROM information, Id: cdrom.c 3.20\n\ndrive name:\t\tsr0\n\n";
	struct tree *tree = *state;
	const struct setting *setting;

	tree_write(tree, "/proc/sys/dev/cdrom/info", value);
	tree_write_bytes(tree, "/proc/sys/kernel/poweroff_cmd", "a\0b\n", 4);
	tree_read(tree, &probe_sysctl);

	setting = snapshot_get(tree->snapshot, SUBJECT_HOST, "dev.cdrom.info");
	assert_non_null(setting);
	assert_int_equal(setting->raw_length, strlen(value) - 1);
	assert_memory_equal(setting->raw, value, strlen(value) - 1);
	setting = snapshot_get(tree->snapshot, SUBJECT_HOST, "kernel.poweroff_cmd");
	assert_non_null(setting);
	assert_int_equal(setting->raw_length, 3);
	assert_memory_equal(setting->raw, "a\0b", 3);
}

/* Each is there and has a text that must not be seen. */
static void what_must_not_be_read_is_recorded_and_not_read(void **state)
{
	static const char *const keys[][2] = {
		{ "vm.stat_refresh", "/proc/sys/vm/stat_refresh" },
		{ "vm.drop_caches", "/proc/sys/vm/drop_caches" },
		{ "vm.compact_memory", "/proc/sys/vm/compact_memory" },
		{ "net.core.netdev_rss_key", "/proc/sys/net/core/netdev_rss_key" },
		{ "net.ipv4.tcp_fastopen_key", "/proc/sys/net/ipv4/tcp_fastopen_key" },
		{ "net.ipv6.conf.eth0/1.stable_secret",
		  "/proc/sys/net/ipv6/conf/eth0.1/stable_secret" },
		{ "net.ipv4.neigh.eth0.retrans_time",
		  "/proc/sys/net/ipv4/neigh/eth0/retrans_time" },
		{ "net.ipv6.neigh.lo.base_reachable_time",
		  "/proc/sys/net/ipv6/neigh/lo/base_reachable_time" },
		{ "net.ipv6.route.flush", "/proc/sys/net/ipv6/route/flush" },
		{ "kernel.random.uuid", "/proc/sys/kernel/random/uuid" },
	};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		tree_write(tree, keys[i][1], "secret\n");
	tree_write(tree, "/proc/sys/kernel/sched_domain/cpu0/domain0/flags", "1\n");
	tree_write(tree, "/proc/sys/fs/binfmt_misc/status", "enabled\n");
	tree_write(tree, "/proc/sys/net/ipv4/neigh/eth0/retrans_time_ms", "1000\n");
	tree_read(tree, &probe_sysctl);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_setting(tree, HOST, "", keys[i][0], ABSENCE(UNREADABLE));
		assert_int_equal(snapshot_get(tree->snapshot, SUBJECT_HOST, keys[i][0])->error,
				 -ECANCELED);
	}
	assert_setting(tree, HOST, "", "kernel.sched_domain", ABSENCE(UNREADABLE));
	assert_setting(tree, HOST, "", "kernel.sched_domain.cpu0.domain0.flags", NULL);
	assert_setting(tree, HOST, "", "fs.binfmt_misc.status", NULL);
	assert_setting(tree, HOST, "", "net.ipv4.neigh.eth0.retrans_time_ms", "1000");
}

static void links_are_not_followed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/vm/swappiness", "60\n");
	tree_write(tree, "/etc/shadow", "root:x\n");
	tree_link(tree, "/proc/sys/vm/overcommit_memory", "/etc/passwd");
	tree_link(tree, "/proc/sys/vm/dirty_ratio", "../../../etc/shadow");
	tree_link(tree, "/proc/sys/escape", "/proc/sys");
	tree_link(tree, "/proc/sys/circle", ".");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.swappiness", "60");
	assert_setting(tree, HOST, "", "vm.overcommit_memory", NULL);
	assert_setting(tree, HOST, "", "vm.dirty_ratio", NULL);
	assert_int_equal(snapshot_setting_count(tree->snapshot), 1);
}

static void a_root_that_is_a_link_to_elsewhere_has_nothing(void **state)
{
	static const struct probe_options options;
	struct tree *tree = *state;

	tree_link(tree, "/proc/sys", "/../../../../../../proc/sys");
	assert_int_equal(root_open(tree->path, &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_true(probe_sysctl.read(tree->root, &options, tree->snapshot) < 0);
	assert_int_equal(snapshot_setting_count(tree->snapshot), 0);
}

static void names_are_kept_whatever_is_in_them(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/vm/$(reboot)", "1\n");
	tree_write(tree, "/proc/sys/vm/a\nb", "2\n");
	tree_write(tree, "/proc/sys/vm/\033[31mred", "3\n");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.$(reboot)", "1");
	assert_setting(tree, HOST, "", "vm.a\nb", "2");
	assert_setting(tree, HOST, "", "vm.\033[31mred", "3");
}

static void what_is_no_file_is_not_opened(void **state)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct tree *tree = *state;

	tree_path(tree, "/proc/sys/vm/swappiness", &path);
	assert_int_equal(mkfifo(path.buf, 0600), 0);
	tree_write(tree, "/proc/sys/vm/dirty_ratio", "20\n");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.swappiness", NULL);
	assert_setting(tree, HOST, "", "vm.dirty_ratio", "20");
}

static void a_file_without_end_is_unreadable(void **state)
{
	struct tree *tree = *state;
	size_t length = ROOT_READ_MAX + 2;
	CLEANUP(free_ptr) char *bytes = xmalloc(length);

	memset(bytes, '1', length);
	tree_write_bytes(tree, "/proc/sys/vm/swappiness", bytes, length);
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.swappiness", ABSENCE(UNREADABLE));
}

static void a_deep_tree_ends_with_a_note(void **state)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct tree *tree = *state;

	strbuf_add_string(&path, "/proc/sys");
	for (int i = 0; i < 40; i++)
		strbuf_add_string(&path, "/d");
	strbuf_add_string(&path, "/key");
	tree_write(tree, path.buf, "1\n");
	tree_write(tree, "/proc/sys/vm/swappiness", "60\n");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.swappiness", "60");
	assert_true(tree_noted(tree, "cannot be listed"));
}

static void a_tree_without_it_is_an_error_and_no_value(void **state)
{
	static const struct probe_options options;
	struct tree *tree = *state;

	assert_int_equal(root_open(tree->path, &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_sysctl.read(tree->root, &options, tree->snapshot), -ENOENT);
	assert_int_equal(snapshot_setting_count(tree->snapshot), 0);
}

static void files_count_more_than_what_a_command_printed(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/vm/swappiness", "10\n");
	tree_write(tree, "/proc/sys/kernel/nmi_watchdog", "");
	tree_write(tree, LISTING,
		   "vm.swappiness = 60\n"
		   "net.ipv4.tcp_rmem = 4096\t131072\t6291456\n"
		   "kernel.nmi_watchdog = 1\n"
		   "kernel.domainname = (none)\n"
		   "net.ipv4.ip_local_reserved_ports = \n"
		   "net.ipv4.conf.eth0/100.rp_filter = 2\n");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.swappiness", "10");
	assert_setting(tree, HOST, "", "net.ipv4.tcp_rmem", "4096\t131072\t6291456");
	assert_setting(tree, HOST, "", "kernel.nmi_watchdog", "1");
	assert_setting(tree, HOST, "", "kernel.domainname", "(none)");
	assert_setting(tree, HOST, "", "net.ipv4.ip_local_reserved_ports", "");
	assert_setting(tree, HOST, "", "net.ipv4.conf.eth0/100.rp_filter", "2");
	assert_origin(tree, SUBJECT_HOST, "net.ipv4.tcp_rmem", LISTING ":2");
}

static void a_listing_alone_is_enough(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, LISTING, "vm.swappiness = 60\nvm.dirty_ratio = 20");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "vm.swappiness", "60");
	assert_setting(tree, HOST, "", "vm.dirty_ratio", "20");
	assert_origin(tree, SUBJECT_HOST, "vm.dirty_ratio", LISTING ":2");
	assert_false(tree_noted(tree, "lines"));
}

static void a_file_that_could_not_be_copied_has_no_value(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/kernel/cad_pid", "");
	tree_directory(tree, "/sos_commands");
	tree_read(tree, &probe_sysctl);

	assert_setting(tree, HOST, "", "kernel.cad_pid", ABSENCE(UNREADABLE));
}

/* What a listing is to give: the value, or an absence, of one key. */
static void listings_are_read_line_by_line(void **state)
{
	static const struct {
		const char *text, *key, *value;
	} cases[] = {
		{ "vm.x = 1\n", "vm.x", "1" },
		{ "vm.x = a = b\n", "vm.x", "a = b" },
		{ "vm.x =\n", "vm.x", "" },
		{ "dev.cdrom.info = one\ndev.cdrom.info = \ndev.cdrom.info = three\n",
		  "dev.cdrom.info", "one\n\nthree" },
		{ "vm.x = 1", "vm.x", "1" },
		{ "vm.x =  two blanks\n", "vm.x", " two blanks" },
		{ "sysctl: permission denied on key 'vm.mmap_rnd_bits'\n", "vm.mmap_rnd_bits",
		  ABSENCE(UNREADABLE) },
		{ "sysctl: reading key \"net.ipv6.conf.all.idgen_retries\"\n",
		  "net.ipv6.conf.all.idgen_retries", ABSENCE(UNREADABLE) },
		{ "net.ipv6.conf.all.stable_secret = 1234\n", "net.ipv6.conf.all.stable_secret",
		  ABSENCE(UNREADABLE) },
		{ "nodots = 1\n", "nodots", NULL },
		{ "vm.x 1\n", "vm.x", NULL },
		{ "with blank.x = 1\n", "with blank.x", NULL },
		{ " = 1\n", "", NULL },
		{ "vm.\033[31mx = 1\n", "vm.\033[31mx", NULL },
		{ "", "vm.x", NULL },
	};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tree->snapshot = snapshot_new();
		sysctl_parse_listing(tree->snapshot, cases[i].text, strlen(cases[i].text),
				     "listing");
		assert_setting(tree, HOST, "", cases[i].key, cases[i].value);
		snapshot_free(tree->snapshot);
		tree->snapshot = NULL;
	}
}

static void lines_that_make_no_sense_are_counted(void **state)
{
	static const char text[] = "vm.x = 1\ngarbage\n\nmore garbage\nvm.y = 2\n";
	struct tree *tree = *state;

	tree->snapshot = snapshot_new();
	sysctl_parse_listing(tree->snapshot, text, strlen(text), "listing");
	assert_setting(tree, HOST, "", "vm.x", "1");
	assert_setting(tree, HOST, "", "vm.y", "2");
	assert_true(tree_noted(tree, "2 lines"));
}

/* The walk of this host agrees with reading the same files by their paths. */
static void this_host_reads_as_its_files_do(void **state)
{
	static const struct probe_options options;
	static const char *const same[][2] = {
		{ "vm.swappiness", "/proc/sys/vm/swappiness" },
		{ "vm.dirty_ratio", "/proc/sys/vm/dirty_ratio" },
		{ "kernel.osrelease", "/proc/sys/kernel/osrelease" },
		{ "net.ipv4.tcp_rmem", "/proc/sys/net/ipv4/tcp_rmem" },
		{ "net.ipv4.conf.lo.rp_filter", "/proc/sys/net/ipv4/conf/lo/rp_filter" },
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree *tree = *state;
	unsigned int compared = 0;

	assert_int_equal(root_open("/", &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_sysctl.read(tree->root, &options, tree->snapshot), 0);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		if (root_read_line(tree->root, same[i][1], &text) < 0)
			continue;
		assert_setting(tree, HOST, "", same[i][0], text.buf);
		compared++;
	}
	assert_true(compared > 0);
	assert_setting(tree, HOST, "", "vm.stat_refresh", ABSENCE(UNREADABLE));
	assert_true(snapshot_setting_count(tree->snapshot) > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(keys_are_paths_with_dots),
		tree_test(an_empty_value_is_a_value),
		tree_test(lines_blanks_and_zero_bytes_of_a_value_are_kept),
		tree_test(what_must_not_be_read_is_recorded_and_not_read),
		tree_test(links_are_not_followed),
		tree_test(a_root_that_is_a_link_to_elsewhere_has_nothing),
		tree_test(names_are_kept_whatever_is_in_them),
		tree_test(what_is_no_file_is_not_opened),
		tree_test(a_file_without_end_is_unreadable),
		tree_test(a_deep_tree_ends_with_a_note),
		tree_test(a_tree_without_it_is_an_error_and_no_value),
		tree_test(files_count_more_than_what_a_command_printed),
		tree_test(a_listing_alone_is_enough),
		tree_test(a_file_that_could_not_be_copied_has_no_value),
		tree_test(listings_are_read_line_by_line),
		tree_test(lines_that_make_no_sense_are_counted),
		tree_test(this_host_reads_as_its_files_do),
	};

	return RUN_TESTS(tests);
}
