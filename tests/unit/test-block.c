/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/block.h"

extern const struct probe probe_block;

#define MOUNTINFO "/proc/self/mountinfo"

static void write_disk(const struct tree *tree, const char *disk, const char *number,
		       const char *rotational)
{
	const struct {
		const char *rest, *text;
	} files[] = {
		{ "dev", number },
		{ "size", "1000\n" },
		{ "removable", "0\n" },
		{ "ro", "0\n" },
		{ "queue/rotational", rotational },
		{ "queue/nr_requests", "64\n" },
		{ "mq/0/cpu_list", "0\n" },
		{ "queue/scheduler", "none [mq-deadline]\n" },
	};
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "/sys/block/%s/%s", disk, files[i].rest);
		tree_write(tree, path.buf, files[i].text);
	}
}

static void attributes_of_queue_and_scheduler_are_read(void **state)
{
	struct tree *tree = *state;

	write_disk(tree, "sda", "8:0\n", "0\n");
	tree_write(tree, "/sys/block/sda/queue/iosched/read_expire", "500\n");
	tree_write(tree, "/sys/block/sda/queue/not_yet_known", "7\n");
	tree_write(tree, "/sys/block/sda/mq/1/cpu_list", "1\n");
	tree_write(tree, "/sys/block/sda/device/model", "SAMSUNG MZ7LH960\n");
	tree_write(tree, "/sys/block/sda/device/vendor", "ATA     \n");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "sda", "scheduler", "none [mq-deadline]");
	assert_setting(tree, BLOCK, "sda", "nr_requests", "64");
	assert_setting(tree, BLOCK, "sda", "iosched.read_expire", "500");
	assert_setting(tree, BLOCK, "sda", "not_yet_known", "7");
	assert_setting(tree, BLOCK, "sda", "class", "ssd");
	assert_setting(tree, BLOCK, "sda", "hw_queues", "2");
	assert_setting(tree, BLOCK, "sda", "bio_based", "false");
	assert_setting(tree, BLOCK, "sda", "stacked", "false");
	assert_setting(tree, BLOCK, "sda", "size", "1000");
	assert_setting(tree, BLOCK, "sda", "model", "SAMSUNG MZ7LH960");
	assert_setting(tree, BLOCK, "sda", "backing", NULL); /* nothing says what is mounted */
	assert_origin(tree, tree_subject(tree, SUBJECT_KIND_BLOCK, "sda"), "iosched.read_expire",
		      "/sys/block/sda/queue/iosched/read_expire");
	assert_string_equal(
		snapshot_subject_get(tree->snapshot, tree_subject(tree, SUBJECT_KIND_BLOCK, "sda"))
			->path,
		"/sys/block/sda/queue");
}

static void what_uses_a_disk_uses_it_through_its_partitions(void **state)
{
	struct tree *tree = *state;

	write_disk(tree, "sda", "8:0\n", "1\n");
	write_disk(tree, "sdb", "8:16\n", "1\n");
	write_disk(tree, "sdc", "8:32\n", "1\n");
	write_disk(tree, "sdd", "8:48\n", "1\n");
	write_disk(tree, "sde", "8:64\n", "1\n");
	tree_write(tree, "/sys/block/sda/sda1/dev", "8:1\n");
	tree_write(tree, "/sys/block/sdb/sdb2/dev", "8:18\n");
	tree_write(tree, "/sys/block/sdc/sdc1/dev", "8:33\n");
	tree_write(tree, "/sys/block/sdc/sdc1/holders/dm-0/dev", "253:0\n");
	tree_write(tree, "/sys/block/sdd/sdd1/dev", "8:49\n");
	tree_write(tree, MOUNTINFO,
		   "27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
		   "28 27 0:44 /@home /home rw - btrfs /dev/sdd1 rw,subvol=/@home\n"
		   "garbage\n"
		   "29 27 0:21 / /proc rw - proc proc rw\n");
	tree_write(tree, "/proc/swaps",
		   "Filename Type Size Used Priority\n/dev/sdb2 partition 1000 0 -2\n");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "sda", "backing", "mounted");
	assert_setting(tree, BLOCK, "sdb", "backing", "swap");
	assert_setting(tree, BLOCK, "sdc", "backing", "holders");
	assert_setting(tree, BLOCK, "sdc", "holders", "dm-0");
	assert_setting(tree, BLOCK, "sdd", "backing", "mounted");
	assert_setting(tree, BLOCK, "sde", "backing", "");
	assert_setting(tree, BLOCK, "sda", "class", "hdd");
	assert_setting(tree, BLOCK, "sda1", "class", NULL);
}

static void devices_made_of_others_are_stacked(void **state)
{
	struct tree *tree = *state;

	write_disk(tree, "sda", "8:0\n", "0\n");
	tree_write(tree, "/sys/block/dm-0/size", "100\n");
	tree_write(tree, "/sys/block/dm-0/queue/rotational", "0\n");
	tree_write(tree, "/sys/block/dm-0/slaves/sda/dev", "8:0\n");
	tree_write(tree, "/sys/block/nvme0n1/size", "100\n");
	tree_write(tree, "/sys/block/nvme0n1/queue/rotational", "0\n");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "dm-0", "class", "dm");
	assert_setting(tree, BLOCK, "dm-0", "stacked", "true");
	assert_setting(tree, BLOCK, "dm-0", "slaves", "sda");
	assert_setting(tree, BLOCK, "dm-0", "hw_queues", ABSENCE(ABSENT));
	assert_setting(tree, BLOCK, "dm-0", "bio_based", "true");
	/* The head of a multipath namespace has no hardware queues. */
	assert_setting(tree, BLOCK, "nvme0n1", "class", "nvme");
	assert_setting(tree, BLOCK, "nvme0n1", "stacked", "true");
}

/* A sosreport keeps queue/ and nothing else: what is not there says nothing. */
static void what_only_some_devices_have_is_read_there_and_absent_nowhere(void **state)
{
	struct tree *tree = *state;

	write_disk(tree, "sda", "8:0\n", "0\n");
	tree_write(tree, "/sys/block/sda/device/scsi_disk/0:0:0:0/cache_type", "write back\n");
	write_disk(tree, "loop0", "7:0\n", "0\n");
	tree_write(tree, "/sys/block/loop0/loop/dio", "1\n");
	write_disk(tree, "md0", "9:0\n", "0\n");
	tree_write(tree, "/sys/block/md0/md/sync_action", "check\n");
	tree_write(tree, "/sys/block/md0/md/degraded", "1\n");
	tree_write(tree, "/sys/block/md0/md/sync_speed_min", "1000 (system)\n");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "sda", "cache_type", "write back");
	assert_origin(tree, tree_subject(tree, SUBJECT_KIND_BLOCK, "sda"), "cache_type",
		      "/sys/block/sda/device/scsi_disk/0:0:0:0/cache_type");
	assert_setting(tree, BLOCK, "sda", "loop.dio", NULL);
	assert_setting(tree, BLOCK, "sda", "md.degraded", NULL);
	assert_setting(tree, BLOCK, "loop0", "loop.dio", "1");
	assert_setting(tree, BLOCK, "loop0", "cache_type", NULL);
	assert_setting(tree, BLOCK, "md0", "md.sync_action", "check");
	assert_setting(tree, BLOCK, "md0", "md.degraded", "1");
	assert_setting(tree, BLOCK, "md0", "md.sync_speed_min", "1000 (system)");
}

static void a_tree_without_hardware_queues_claims_nothing_of_them(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sys/block/nvme0n1/queue/rotational", "0\n");
	tree_write(tree, "/sys/block/loop0/queue/rotational", "1\n");
	tree_write(tree, "/sys/block/zram0/queue/rotational", "0\n");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "nvme0n1", "stacked", "false");
	assert_setting(tree, BLOCK, "nvme0n1", "bio_based", NULL);
	assert_setting(tree, BLOCK, "nvme0n1", "hw_queues", ABSENCE(ABSENT));
	assert_setting(tree, BLOCK, "loop0", "rotational", NULL);
	assert_setting(tree, BLOCK, "zram0", "rotational", NULL);
}

static void empty_devices_are_no_subjects(void **state)
{
	struct tree *tree = *state;

	write_disk(tree, "loop0", "7:0\n", "0\n");
	tree_write(tree, "/sys/block/loop0/size", "0\n");
	write_disk(tree, "loop1", "7:1\n", "0\n");
	write_disk(tree, "zram0", "252:0\n", "0\n");
	tree_write(tree, "/sys/block/zram0/size", "0\n");
	write_disk(tree, "sr0", "11:0\n", "1\n");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "loop0", "class", NULL);
	assert_setting(tree, BLOCK, "zram0", "class", NULL);
	assert_setting(tree, BLOCK, "loop1", "class", "loop");
	assert_setting(tree, BLOCK, "sr0", "class", "cdrom");
}

static void disks_are_what_name_place_and_vendor_say(void **state)
{
	static const struct {
		struct block_traits traits;
		const char *class, *transport;
	} cases[] = {
		{ { "sda", "", "1", NULL, NULL }, "hdd", NULL },
		{ { "sda", "", "0", NULL, NULL }, "ssd", NULL },
		{ { "sda", "", NULL, NULL, NULL }, "other", NULL },
		{ { "sda",
		    "../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
		    "1", "ATA", "ST4000NM" },
		  "hdd",
		  "sata" },
		{ { "sda",
		    "../devices/pci0/0000:00:02.0/virtio1/host0/target0:0:0/0:0:0:0/block/sda", "1",
		    "QEMU", "QEMU HARDDISK" },
		  "virtio",
		  "virtio" },
		{ { "sda", "../devices/pci0/ata1/host0/block/sda", "1", "ATA", "VBOX HARDDISK" },
		  "virtio",
		  "sata" },
		{ { "sda", "", "1", "Msft", "Virtual Disk" }, "virtio", NULL },
		{ { "sda", "", "1", "VMware", "Virtual disk" }, "virtio", NULL },
		{ { "sdb", "../devices/pci0/host3/rport-3:0-0/target3:0:0/block/sdb", "1", "NETAPP",
		    "LUN" },
		  "other",
		  "fc" },
		{ { "sdb", "../devices/platform/host4/session1/target4:0:0/block/sdb", "0",
		    "LIO-ORG", "d" },
		  "other",
		  "iscsi" },
		{ { "sdb", "../devices/pci0/usb2/2-1/host5/block/sdb", "1", "WD", "Elements" },
		  "hdd",
		  "usb" },
		{ { "sdb", "", "1", "ATA", "ST4000NM" }, "hdd", NULL },
		{ { "sdb", "", "1", "NETAPP", "LUN C-Mode" }, "other", NULL },
		{ { "nvme0n1", "", "0", NULL, NULL }, "nvme", "nvme" },
		{ { "vda", "", "1", NULL, NULL }, "virtio", "virtio" },
		{ { "xvda", "../devices/vbd-768/block/xvda", "0", NULL, NULL }, "virtio", "xen" },
		{ { "md127", "", "0", NULL, NULL }, "md", NULL },
		{ { "md_home", "", "0", NULL, NULL }, "md", NULL },
		{ { "mdx", "", "0", NULL, NULL }, "other", NULL },
		{ { "dm-3", "", "0", NULL, NULL }, "dm", NULL },
		{ { "mmcblk0", "", "0", NULL, NULL }, "ssd", NULL },
		{ { "ram0", "", "0", NULL, NULL }, "ram", NULL },
		{ { "zram0", "", "0", NULL, NULL }, "zram", NULL },
		{ { "loop7", "", "0", NULL, NULL }, "loop", NULL },
		{ { "sr0", "", "1", NULL, NULL }, "cdrom", NULL },
		{ { "rbd0", "", "0", NULL, NULL }, "other", NULL },
		{ { "unheard", "", "0", NULL, NULL }, "other", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *transport = block_transport(&cases[i].traits);

		assert_string_equal(block_class(&cases[i].traits), cases[i].class);
		if (cases[i].transport)
			assert_string_equal(transport, cases[i].transport);
		else
			assert_null(transport);
	}
}

static void mount_lines_give_number_and_source(void **state)
{
	static const struct {
		const char *text, *number, *source;
	} cases[] = {
		{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n", "98:0",
		  "/dev/root" },
		{ "36 35 98:0 / / rw - ext3 /dev/sda1", "98:0", "/dev/sda1" },
		{ "36 35 98:0 / / rw shared:1 master:2 - xfs none rw\n", "98:0", "none" },
		{ "36 35 98:0 / / rw ext3 /dev/sda1 rw\n", NULL, NULL },
		{ "36 35 98 / / rw - ext3 /dev/sda1 rw\n", NULL, NULL },
		{ "36 35\n", NULL, NULL },
		{ "\n", NULL, NULL },
		{ "36 35 98:0 / / rw -\n", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *cursor = cases[i].text;
		struct mount_line line;
		bool found = next_mount_line(&cursor, &line);

		assert_int_equal(found, cases[i].number != NULL);
		assert_string_equal(cursor, "");
		if (!found)
			continue;
		assert_int_equal(line.number_length, strlen(cases[i].number));
		assert_memory_equal(line.number, cases[i].number, line.number_length);
		assert_int_equal(line.source_length, strlen(cases[i].source));
		assert_memory_equal(line.source, cases[i].source, line.source_length);
	}
}

static void links_of_sysfs_are_followed_inside_the_tree_only(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sys/devices/pci0/ata1/block/sda/queue/rotational", "1\n");
	tree_write(tree, "/sys/devices/pci0/ata1/block/sda/size", "8\n");
	tree_link(tree, "/sys/block/sda", "../devices/pci0/ata1/block/sda");
	tree_link(tree, "/sys/block/sdb", "../../../../../../../../../sys/block");
	tree_write(tree, "/etc/secret/size", "1\n");
	tree_link(tree, "/sys/block/sdc", "/etc/secret");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "sda", "class", "hdd");
	assert_setting(tree, BLOCK, "sda", "transport", "sata");
	assert_setting(tree, BLOCK, "sdb", "size", ABSENCE(ABSENT));
	assert_setting(tree, BLOCK, "sdc", "class",
		       "other"); /* the tree's own file, not the machine's */
}

static void hostile_names_stay_names(void **state)
{
	struct tree *tree = *state;

	write_disk(tree, "sd$(reboot)\n", "8:0\n", "0\n");
	tree_write(tree, "/sys/block/sd$(reboot)\n/queue/\033[2J", "x\n");
	tree_read(tree, &probe_block);

	assert_setting(tree, BLOCK, "sd$(reboot)\n", "rotational", "0");
	assert_setting(tree, BLOCK, "sd$(reboot)\n", "\033[2J", "x");
}

static void directories_without_end_are_cut_with_a_note(void **state)
{
	static const struct probe_options options;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct tree *tree = *state;

	write_disk(tree, "sda", "8:0\n", "0\n");
	for (unsigned int i = 0; i < 300; i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "/sys/block/sda/queue/a%u", i);
		tree_write(tree, path.buf, "1\n");
	}
	for (unsigned int i = 0; i < 600; i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "/sys/block/sdb/sdb%u", i);
		tree_directory(tree, path.buf);
	}
	assert_int_equal(root_open(tree->path, &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_block.read(tree->root, &options, tree->snapshot), -E2BIG);

	assert_setting(tree, BLOCK, "sda", "size", "1000");
	assert_setting(tree, BLOCK, "sdb", "class", "other");
	assert_true(tree_noted(tree, "only 256 entries are read"));
}

static void without_sys_there_is_an_error_and_no_disk(void **state)
{
	static const struct probe_options options;
	struct tree *tree = *state;

	assert_int_equal(root_open(tree->path, &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_block.read(tree->root, &options, tree->snapshot), -ENOENT);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_BLOCK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(attributes_of_queue_and_scheduler_are_read),
		tree_test(what_uses_a_disk_uses_it_through_its_partitions),
		tree_test(devices_made_of_others_are_stacked),
		tree_test(what_only_some_devices_have_is_read_there_and_absent_nowhere),
		tree_test(a_tree_without_hardware_queues_claims_nothing_of_them),
		tree_test(empty_devices_are_no_subjects),
		cmocka_unit_test(disks_are_what_name_place_and_vendor_say),
		cmocka_unit_test(mount_lines_give_number_and_source),
		tree_test(links_of_sysfs_are_followed_inside_the_tree_only),
		tree_test(hostile_names_stay_names),
		tree_test(directories_without_end_are_cut_with_a_note),
		tree_test(without_sys_there_is_an_error_and_no_disk),
	};

	return RUN_TESTS(tests);
}
