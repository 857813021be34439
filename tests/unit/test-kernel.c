/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include <zlib.h>

#include "../../probes/kernel.h"

extern const struct probe probe_kernel;

#define CONFIG                                                                                     \
	"#\n# Automatically generated file; DO NOT "                                               \
	"EDIT.\n#\nCONFIG_HZ_250=y\nCONFIG_HZ=250\nCONFIG_PSI=y\n"                                 \
	"# CONFIG_SCHEDSTATS is not "                                                              \
	"set\nCONFIG_ZRAM=m\nCONFIG_TCP_CONG_BBR=m\nCONFIG_NF_CONNTRACK=m\n"                       \
	"CONFIG_BRIDGE_NETFILTER=y\nCONFIG_DEFAULT_TCP_CONG=\"cubic\"\n"

static void compress_text(const char *text, unsigned char *bytes, size_t size, size_t *ret_length)
{
	z_stream stream = { .next_in = (unsigned char *)(uintptr_t)text,
			    .avail_in = (unsigned int)strlen(text) };

	stream.next_out = bytes;
	stream.avail_out = (unsigned int)size;
	assert_int_equal(
		deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	*ret_length = size - stream.avail_out;
	(void)deflateEnd(&stream);
}

static void a_captured_host_tells_its_kernel(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
	tree_write(tree, "/proc/sys/kernel/arch", "x86_64\n");
	tree_write(tree, "/proc/sys/kernel/hostname", "db1\n");
	tree_write(tree, "/proc/sys/kernel/random/boot_id",
		   "50337709-b0ac-4de1-ba6e-2d54dbe36f23\n");
	tree_write(tree, "/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n");
	tree_write(tree, "/sys/kernel/security/lsm", "lockdown,capability,yama,apparmor\n");
	tree_write(tree, "/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	tree_write(tree, "/etc/os-release",
		   "PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\nID=debian\n");
	tree_write(tree, "/boot/config-6.1.0-13-amd64", CONFIG);
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "kernel.release", "6.1.0-13-amd64");
	assert_setting(tree, HOST, "", "kernel.architecture", "x86_64");
	assert_setting(tree, HOST, "", "kernel.cmdline",
		       "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet");
	assert_setting(tree, HOST, "", "kernel.lsm", "lockdown,capability,yama,apparmor");
	assert_setting(tree, HOST, "", "kernel.lockdown", "[none] integrity confidentiality");
	assert_setting(tree, HOST, "", "host.name", "db1");
	assert_setting(tree, HOST, "", "host.boot_id", "50337709-b0ac-4de1-ba6e-2d54dbe36f23");
	assert_setting(tree, HOST, "", "os.id", "debian");
	assert_setting(tree, HOST, "", "os.version", "12");
	assert_setting(tree, HOST, "", "config.HZ", "250");
	assert_setting(tree, HOST, "", "config.PSI", "y");
	assert_setting(tree, HOST, "", "config.SCHEDSTATS", "n");
	assert_setting(tree, HOST, "", "config.DEFAULT_TCP_CONG", "cubic");
	assert_setting(tree, HOST, "", "config.LRU_GEN", ABSENCE(ABSENT));
	assert_origin(tree, SUBJECT_HOST, "config.HZ", "/boot/config-6.1.0-13-amd64");
}

static void an_empty_tree_has_nothing_and_guesses_nothing(void **state)
{
	static const char *const keys[] = { "kernel.release",	 "kernel.architecture",
					    "kernel.cmdline",	 "page_size",
					    "host.name",	 "os.id",
					    "swap.devices",	 "swap.kinds",
					    "module.zram.loaded" };
	struct tree *tree = *state;

	tree_read(tree, &probe_kernel);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_setting(tree, HOST, "", keys[i], ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "config.HZ", NULL);
}

static void the_configuration_in_proc_counts_first(void **state)
{
	unsigned char bytes[1024];
	struct tree *tree = *state;
	size_t length;

	compress_text("CONFIG_HZ=1000\n", bytes, sizeof(bytes), &length);
	tree_write(tree, "/proc/sys/kernel/osrelease", "6.1.0\n");
	tree_write(tree, "/boot/config-6.1.0", CONFIG);
	tree_write_bytes(tree, "/proc/config.gz", (const char *)bytes, length);
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "config.HZ", "1000");
	assert_origin(tree, SUBJECT_HOST, "config.HZ", "/proc/config.gz");
}

static void a_truncated_configuration_is_noted_and_not_half_read(void **state)
{
	unsigned char bytes[1024];
	struct tree *tree = *state;
	size_t length;

	compress_text(CONFIG, bytes, sizeof(bytes), &length);
	tree_write_bytes(tree, "/proc/config.gz", (const char *)bytes, length / 2);
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "config.HZ", NULL);
	assert_true(tree_noted(tree, "no build configuration"));
}

static void compressed_text_has_a_limit(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	unsigned char bytes[4096];
	char large[20001];
	size_t length;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	compress_text(large, bytes, sizeof(bytes), &length);
	assert_int_equal(kernel_config_inflate((const char *)bytes, length, 20000, &text), 0);
	assert_int_equal(text.len, 20000);
	assert_int_equal(kernel_config_inflate((const char *)bytes, length, 19999, &text), -EFBIG);
	assert_int_equal(text.len, 0);
	assert_int_equal(kernel_config_inflate((const char *)bytes, 10, 20000, &text), -EBADMSG);
	assert_int_equal(kernel_config_inflate("not gzip", 8, 20000, &text), -EBADMSG);
	assert_int_equal(kernel_config_inflate("", 0, 20000, &text), -EBADMSG);
}

static void a_release_cannot_lead_out_of_boot(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/kernel/osrelease", "x/../../etc/secret\n");
	tree_write(tree, "/boot/config-x/y", "");
	tree_write(tree, "/etc/secret", CONFIG);
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "kernel.release", "x/../../etc/secret");
	assert_setting(tree, HOST, "", "config.HZ", NULL);
}

static void a_link_out_of_the_tree_is_resolved_inside_it(void **state)
{
	struct tree *tree = *state;

	tree_link(tree, "/etc/os-release", "../../../../../usr/lib/os-release");
	tree_write(tree, "/usr/lib/os-release", "ID='alpine'\nVERSION_ID=3.19.0\n");
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "os.id", "alpine");
	assert_setting(tree, HOST, "", "os.version", "3.19.0");
}

static void modules_are_loaded_built_in_or_neither(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/kernel/osrelease", "6.1.0\n");
	tree_write(tree, "/boot/config-6.1.0", CONFIG);
	tree_write(tree, "/proc/modules",
		   "nf_conntrack 172032 3 nf_nat,nft_ct, Live 0x0000000000000000\nzramlike 1 0 - "
		   "Live 0x0\n");
	tree_write(tree, "/sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	tree_write(tree, "/sys/module/zswap/parameters/enabled", "N\n");
	tree_write(tree, "/sys/module/other/parameters/password", "x\n");
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "module.nf_conntrack.loaded", "true"); /* listed */
	assert_setting(tree, HOST, "", "module.kvm.loaded", "true");	      /* has a directory */
	assert_setting(tree, HOST, "", "module.br_netfilter.loaded", "true"); /* built in */
	assert_setting(tree, HOST, "", "module.zram.loaded", "false");	      /* could be, is not */
	assert_setting(tree, HOST, "", "module.overlay.loaded", ABSENCE(ABSENT)); /* nothing says */
	assert_setting(tree, HOST, "", "module.zswap.enabled", "N");
	assert_setting(tree, HOST, "", "module.kvm.halt_poll_ns", "200000");
	assert_setting(tree, HOST, "", "module.other.password", NULL);
}

static void swap_areas_are_counted_by_kind(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/swaps",
		   "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		   "/dev/sda2                               partition\t1048572\t\t0\t\t-2\n"
		   "/swap\\040file                           file\t\t524284\t\t1024\t\t-3\n"
		   "/dev/zram0                              partition\t262140\t\t0\t\t100\n");
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "swap.devices", "3");
	assert_setting(tree, HOST, "", "swap.kinds", "partition file zram");
	assert_setting(tree, HOST, "", "swap.size", "1834996");
	assert_setting(tree, HOST, "", "swap.zram.priority", "100");
	assert_setting(tree, HOST, "", "swap.disk.priority", "-2");
}

static void no_swap_is_zero_and_known(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "swap.devices", "0");
	assert_setting(tree, HOST, "", "swap.kinds", "");
	assert_setting(tree, HOST, "", "swap.zram.priority", ABSENCE(ABSENT));
	assert_setting(tree, HOST, "", "swap.disk.priority", ABSENCE(ABSENT));
}

static void swaps_that_make_no_sense_are_unparsable(void **state)
{
	static const char *const texts[] = {
		"",
		"garbage\n",
		"Filename Type Size Used Priority\n/dev/sda2 partition many 0 -2\n",
		"Filename Type Size Used Priority\n/dev/sda2 partition 1048572",
		"Filename Type\n/dev/sda2 disk 1 2 3\n",
	};
	struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_write(tree, "/proc/swaps", texts[i]);
		tree_read(tree, &probe_kernel);
		assert_setting(tree, HOST, "", "swap.devices", ABSENCE(UNPARSABLE));
		assert_setting(tree, HOST, "", "swap.kinds", ABSENCE(UNPARSABLE));
		assert_setting(tree, HOST, "", "swap.zram.priority", ABSENCE(UNPARSABLE));
	}
}

static void the_page_size_has_several_witnesses(void **state)
{
	static const unsigned char vector[] = {
		16, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0,
		6,  0, 0, 0, 0, 0, 0, 0, 0,   0,   1,	0,   0, 0, 0, 0,
	};
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/kernel/arch", "aarch64\n");
	tree_read(tree, &probe_kernel);
	assert_setting(tree, HOST, "", "page_size", ABSENCE(ABSENT));

	tree_write(tree, "/proc/1/smaps",
		   "aaaab000-aaaad000 r-xp 00000000 fe:01 1 /sbin/init\nSize: 64 "
		   "kB\nKernelPageSize:       16 kB\n");
	tree_read(tree, &probe_kernel);
	assert_setting(tree, HOST, "", "page_size", "16384");
	assert_origin(tree, SUBJECT_HOST, "page_size", "/proc/1/smaps");

	tree_write_bytes(tree, "/proc/self/auxv", (const char *)vector, sizeof(vector));
	tree_read(tree, &probe_kernel);
	assert_setting(tree, HOST, "", "page_size", "65536");
	assert_origin(tree, SUBJECT_HOST, "page_size", "/proc/self/auxv");
}

static void an_architecture_with_one_page_size_settles_it(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/sys/kernel/arch", "x86_64\n");
	tree_read(tree, &probe_kernel);
	assert_setting(tree, HOST, "", "page_size", "4096");
	assert_origin(tree, SUBJECT_HOST, "page_size", "kernel.architecture");
}

static void auxiliary_vectors_of_all_forms_are_understood(void **state)
{
	static const struct {
		unsigned char bytes[32];
		size_t length;
		uint64_t size;
	} cases[] = {
		{ { 6, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0 }, 16, 4096 },
		{ { 6, 0, 0, 0, 0, 16, 0, 0 }, 8, 4096 },
		{ { 0, 0, 0, 6, 0, 1, 0, 0 }, 8, 65536 },
		{ { 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0 }, 16, 65536 },
		{ { 6, 0, 0, 0, 0, 0, 0, 0, 1, 16, 0, 0, 0, 0, 0, 0 },
		  16,
		  0 },					      /* no power of two */
		{ { 6, 0, 0, 0, 0, 0, 0, 0, 0, 16 }, 10, 0 }, /* truncated */
		{ { 0 }, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(auxv_page_size(cases[i].bytes, cases[i].length), cases[i].size);
}

static void output_of_commands_stands_in_for_what_a_sosreport_lacks(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sos_commands/kernel/uname_-a",
		   "Linux db1 5.14.0-362.el9.x86_64 #1 SMP PREEMPT_DYNAMIC Thu Oct 5 08:26:45 EDT "
		   "2023 x86_64 x86_64 x86_64 "
		   "GNU/Linux\n");
	tree_write(tree, "/hostname", "db1\n");
	tree_write(tree, "/sos_commands/kernel/lsmod",
		   "Module                  Size  Used by\nnf_conntrack          172032  2 "
		   "nf_nat,nft_ct\n");
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "kernel.release", "5.14.0-362.el9.x86_64");
	assert_setting(tree, HOST, "", "kernel.architecture", "x86_64");
	assert_setting(tree, HOST, "", "host.name", "db1");
	assert_setting(tree, HOST, "", "page_size", "4096");
	assert_origin(tree, SUBJECT_HOST, "kernel.release", "/sos_commands/kernel/uname_-a");
	assert_setting(tree, HOST, "", "module.nf_conntrack.loaded", "true");
	assert_setting(tree, HOST, "", "module.zram.loaded", ABSENCE(ABSENT));
}

static void uname_output_without_its_end_names_no_machine(void **state)
{
	static const char *const texts[] = { "",
					     "Linux",
					     "Linux db1 6.1.0",
					     "Linux db1 6.1.0 #1 SMP x86_64",
					     "\n\n",
					     "Linux db1 6.1.0 GNU/Linux" };
	CLEANUP(strbuf_release) struct strbuf machine = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_false(uname_machine(texts[i], &machine));
		assert_int_equal(machine.len, 0);
	}
	assert_false(uname_release("Linux db1", &machine));
}

static void directories_where_files_should_be_are_said(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/proc/cmdline");
	tree_directory(tree, "/proc/swaps");
	tree_directory(tree, "/etc/os-release");
	tree_read(tree, &probe_kernel);

	assert_setting(tree, HOST, "", "kernel.cmdline", ABSENCE(UNREADABLE));
	assert_setting(tree, HOST, "", "swap.devices", ABSENCE(UNREADABLE));
	assert_setting(tree, HOST, "", "os.id", ABSENCE(UNREADABLE));
}

static void this_host_has_a_kernel(void **state)
{
	static const struct probe_options options;
	CLEANUP(strbuf_release) struct strbuf size = STRBUF_INIT;
	struct tree *tree = *state;

	assert_int_equal(root_open("/", &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_kernel.read(tree->root, &options, tree->snapshot), 0);
	strbuf_addf(&size, "%ld", sysconf(_SC_PAGESIZE));
	assert_setting(tree, HOST, "", "page_size", size.buf);
	assert_non_null(snapshot_text(tree->snapshot, SUBJECT_HOST, "kernel.release"));
	assert_non_null(snapshot_text(tree->snapshot, SUBJECT_HOST, "kernel.architecture"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_captured_host_tells_its_kernel),
		tree_test(an_empty_tree_has_nothing_and_guesses_nothing),
		tree_test(the_configuration_in_proc_counts_first),
		tree_test(a_truncated_configuration_is_noted_and_not_half_read),
		cmocka_unit_test(compressed_text_has_a_limit),
		tree_test(a_release_cannot_lead_out_of_boot),
		tree_test(a_link_out_of_the_tree_is_resolved_inside_it),
		tree_test(modules_are_loaded_built_in_or_neither),
		tree_test(swap_areas_are_counted_by_kind),
		tree_test(no_swap_is_zero_and_known),
		tree_test(swaps_that_make_no_sense_are_unparsable),
		tree_test(the_page_size_has_several_witnesses),
		tree_test(an_architecture_with_one_page_size_settles_it),
		cmocka_unit_test(auxiliary_vectors_of_all_forms_are_understood),
		tree_test(output_of_commands_stands_in_for_what_a_sosreport_lacks),
		cmocka_unit_test(uname_output_without_its_end_names_no_machine),
		tree_test(directories_where_files_should_be_are_said),
		tree_test(this_host_has_a_kernel),
	};

	return RUN_TESTS(tests);
}
