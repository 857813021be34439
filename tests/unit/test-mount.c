/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "../../probes/libmount.h"

extern const struct probe probe_mount;

#define MOUNTINFO "/proc/self/mountinfo"

static void options_are_told_as_running_and_as_configured(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sys/block/sda/dev", "8:0\n");
	tree_write(tree, "/sys/block/sda/sda1/dev", "8:1\n");
	tree_write(tree, MOUNTINFO,
		   "27 1 8:1 / / rw,noatime shared:1 - ext4 /dev/sda1 "
		   "rw,discard,commit=30,data=ordered\n"
		   "28 27 0:44 / /srv/my\\040data rw,relatime - xfs /dev/sdz9 rw,logbsize=256k\n");
	tree_write(tree, "/etc/fstab",
		   "# comment\nUUID=a1b2 / ext4 noatime,errors=remount-ro 0 1\n/dev/sda2 none swap "
		   "sw 0 0\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/", "fstype", "ext4");
	assert_setting(tree, MOUNT, "/", "source", "/dev/sda1");
	assert_setting(tree, MOUNT, "/", "options", "rw,noatime,discard,commit=30,data=ordered");
	assert_setting(tree, MOUNT, "/", "options.noatime", "true");
	assert_setting(tree, MOUNT, "/", "options.relatime", "false");
	assert_setting(tree, MOUNT, "/", "options.strictatime", "false");
	assert_setting(tree, MOUNT, "/", "options.discard", "true");
	assert_setting(tree, MOUNT, "/", "options.commit", "30");
	assert_setting(tree, MOUNT, "/", "options.data", "ordered");
	assert_setting(tree, MOUNT, "/", "options.barrier", NULL);
	assert_setting(tree, MOUNT, "/", "options.autodefrag", NULL); /* of btrfs */
	assert_setting(tree, MOUNT, "/", "options.journal_checksum", "false");
	assert_setting(tree, MOUNT, "/", "options.delalloc", NULL); /* on, but not listed */
	assert_setting(tree, MOUNT, "/", "device", "sda");
	assert_setting(tree, MOUNT, "/", "space.size", NULL); /* a captured tree cannot say */
	assert_setting(tree, MOUNT, "/", "bind", "false");
	assert_setting(tree, MOUNT, "/", "fstab.options", "noatime,errors=remount-ro");
	assert_setting(tree, MOUNT, "/", "fstab.line", "/etc/fstab:2\tUUID=a1b2 / ext4 noatime,errors=remount-ro 0 1");
	assert_setting(tree, MOUNT, "/srv/my data", "options.logbsize", "256k");
	assert_setting(tree, MOUNT, "/srv/my data", "device", NULL);
	assert_setting(tree, MOUNT, "/srv/my data", "fstab.options", ABSENCE(ABSENT));
	assert_origin(tree, tree_subject(tree, SUBJECT_KIND_MOUNT, "/"), "options", MOUNTINFO);
	assert_origin(tree, tree_subject(tree, SUBJECT_KIND_MOUNT, "/"), "fstab.options",
		      "/etc/fstab");
}

static void a_line_of_fstab_is_kept_where_it_is_the_only_one(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MOUNTINFO, "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
				    "28 27 8:2 / /srv/my\\040data rw - xfs /dev/sda2 rw\n"
				    "29 27 8:3 / /twice rw - xfs /dev/sda3 rw\n"
				    "30 27 0:44 / /share rw - cifs //files/x rw\n");
	tree_write(tree, "/etc/fstab", "#/dev/sda1 / ext4 defaults 0 1\n\n  /dev/sda2\t/srv/my\\040data\txfs\tdefaults\t0 0  \n"
				       "/dev/sda3 /twice xfs noauto\n/dev/sda3 /twice xfs defaults\n"
				       "//files/x /share cifs user=a,password=b 0 0\n/dev/sda1 / ext4 defaults");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/", "fstab.line", "/etc/fstab:7\t/dev/sda1 / ext4 defaults");
	assert_setting(tree, MOUNT, "/srv/my data", "fstab.line",
		       "/etc/fstab:3\t  /dev/sda2\t/srv/my\\040data\txfs\tdefaults\t0 0  ");
	assert_setting(tree, MOUNT, "/twice", "fstab.line", NULL);
	assert_setting(tree, MOUNT, "/share", "fstab.line", NULL);
}

static void an_option_that_is_on_unless_told_otherwise_is_off_only_then(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MOUNTINFO,
		   "27 1 8:1 / / rw - ext4 /dev/sda1 rw,nodelalloc,dioread_nolock\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/", "options.delalloc", "false");
	assert_setting(tree, MOUNT, "/", "options.nodelalloc", "true");
	assert_setting(tree, MOUNT, "/", "options.dioread_nolock", "true");
}

static void file_systems_of_the_kernel_are_left_out_but_some(void **state)
{
	struct tree *tree = *state;

	tree_write(
		tree, MOUNTINFO,
		"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
		"23 27 0:22 / /sys rw,relatime - sysfs sysfs rw\n"
		"24 27 0:5 / /dev rw - devtmpfs udev rw\n"
		"30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 "
		"rw,nsdelegate,memory_recursiveprot\n"
		"31 24 0:27 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=1024k,huge=within_size\n"
		"32 27 0:40 / /merged rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/proc", "fstype", NULL);
	assert_setting(tree, MOUNT, "/sys", "fstype", NULL);
	assert_setting(tree, MOUNT, "/dev", "fstype", NULL);
	assert_setting(tree, MOUNT, "/sys/fs/cgroup", "options.memory_recursiveprot", "true");
	assert_setting(tree, MOUNT, "/dev/shm", "options.size", "1024k");
	assert_setting(tree, MOUNT, "/dev/shm", "options.huge", "within_size");
	assert_setting(tree, MOUNT, "/merged", "fstype", "overlay");
}

static void of_mounts_on_one_point_the_last_is_seen(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MOUNTINFO,
		   "27 1 8:1 / / rw,noatime - ext4 /dev/sda1 rw\n"
		   "40 27 8:2 / /data rw,noatime - ext4 /dev/sda2 rw\n"
		   "41 40 8:3 / /data rw,relatime - xfs /dev/sda3 rw\n"
		   "42 27 8:4 / /hidden rw - ext4 /dev/sda4 rw\n"
		   "43 42 0:21 / /hidden rw - proc proc rw\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/data", "fstype", "xfs");
	assert_setting(tree, MOUNT, "/hidden", "fstype", NULL);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_MOUNT), 2);
}

static void bind_mounts_are_marked_and_subvolumes_are_not(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sys/block/sdb/dev", "8:16\n");
	tree_write(tree, "/sys/block/sdb/sdb1/dev", "8:17\n");
	tree_write(tree, MOUNTINFO,
		   "40 27 8:2 /srv/a /data rw - ext4 /dev/sda2 rw\n"
		   "41 27 0:44 /@home /home rw,noatime - btrfs /dev/sdb1 "
		   "rw,discard=async,ssd,subvolid=257,subvol=/@home\n"
		   "42 27 0:44 /@home/x /x rw - btrfs /dev/sdb1 rw,subvolid=257,subvol=/@home\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/data", "bind", "true");
	assert_setting(tree, MOUNT, "/home", "bind", "false");
	assert_setting(tree, MOUNT, "/home", "options.discard", "async");
	assert_setting(tree, MOUNT, "/home", "options.ssd", "true");
	assert_setting(tree, MOUNT, "/home", "device",
		       "sdb"); /* by its source: the number is btrfs's own */
	assert_setting(tree, MOUNT, "/x", "bind", "true");
	assert_setting(tree, MOUNT, "/x", "options.strictatime", "true");
}

static void mounts_of_containers_are_bounded(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree *tree = *state;

	for (unsigned int i = 0; i < 500; i++)
		strbuf_addf(
			&text,
			"%u 27 0:%u / /var/lib/docker/overlay2/%u/merged rw - overlay overlay rw\n",
			100 + i, 100 + i, i);
	strbuf_add_string(&text, "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_write(tree, MOUNTINFO, text.buf);
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/", "fstype", "ext4");
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_MOUNT), 65);
	assert_true(tree_noted(tree, "436 mounts of containers"));
}

static void thousands_of_mounts_are_bounded(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct tree *tree = *state;

	for (unsigned int i = 0; i < 3000; i++)
		strbuf_addf(&text, "%u 27 8:1 /%u /m/%u rw - ext4 /dev/sda1 rw\n", 100 + i, i, i);
	tree_write(tree, MOUNTINFO, text.buf);
	tree_read(tree, &probe_mount);

	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_MOUNT), 2000);
	assert_true(tree_noted(tree, "1000 mounts"));
}

static void lines_that_make_no_sense_are_noted_and_passed_over(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MOUNTINFO,
		   "27 1 8:1 / / rw,noatime - ext4 /dev/sda1 rw\n"
		   "garbage\n"
		   "28 27 8:2 / /srv rw,relatime - xfs /dev/sda2 rw\n"
		   "29 27 8:3 / /truncat");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/", "fstype", "ext4");
	assert_setting(tree, MOUNT, "/srv", "fstype", "xfs");
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_MOUNT), 2);
	assert_true(tree_noted(tree, "2 lines are not understood"));
}

/* libmount would look at the machine that runs it. */
static void a_saved_root_device_is_not_looked_up_here(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MOUNTINFO, "27 1 254:0 / / rw,noatime - ext4 /dev/root rw\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/", "source", "/dev/root");
	assert_setting(tree, MOUNT, "/", "device", NULL);
}

static void older_tables_stand_in(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/mounts",
		   "/dev/sda1 / ext4 rw,noatime 0 0\nproc /proc proc rw 0 0\n");
	tree_write(tree, "/sys/block/sda/sda1/dev", "8:1\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/", "options.noatime", "true");
	assert_setting(tree, MOUNT, "/", "device", "sda");
	assert_setting(tree, MOUNT, "/proc", "fstype", NULL);
	assert_origin(tree, tree_subject(tree, SUBJECT_KIND_MOUNT, "/"), "options", "/proc/mounts");
}

static void names_are_kept_whatever_is_in_them(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MOUNTINFO,
		   "27 1 8:1 / /$(reboot)\\012x rw - ext4 /dev/\033[31m rw\n"
		   "28 1 8:2 / relative rw - ext4 /dev/sda rw\n");
	tree_read(tree, &probe_mount);

	assert_setting(tree, MOUNT, "/$(reboot)\nx", "source", "/dev/\033[31m");
	assert_setting(tree, MOUNT, "relative", "fstype", NULL);
}

static void an_fstab_that_cannot_be_read_is_said(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, MOUNTINFO, "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_directory(tree, "/etc/fstab");
	tree_read(tree, &probe_mount);
	assert_setting(tree, MOUNT, "/", "fstab.options", ABSENCE(UNREADABLE));
}

/* Whatever this host has mounted: the numbers fit together, and none are made up. */
static void space_is_asked_of_local_file_systems_of_a_live_root(void **state)
{
	static const struct probe_options options;
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct tree *tree = *state;

	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_mount.read(root, &options, tree->snapshot), 0);
	for (uint32_t i = 0; i < snapshot_kind_count(tree->snapshot, SUBJECT_KIND_MOUNT); i++) {
		subject_id subject = snapshot_kind_get(tree->snapshot, SUBJECT_KIND_MOUNT, i);
		const char *type = snapshot_text(tree->snapshot, subject, "fstype");
		const char *size = snapshot_text(tree->snapshot, subject, "space.size");
		const char *available = snapshot_text(tree->snapshot, subject, "space.available");

		assert_int_equal(size != NULL, available != NULL);
		assert_false(size && streq(type, "overlay"));
		if (size)
			assert_true(strtoull(available, NULL, 10) <= strtoull(size, NULL, 10));
	}
}

static void without_a_table_there_is_an_error_and_no_mount(void **state)
{
	static const struct probe_options options;
	struct tree *tree = *state;

	assert_int_equal(root_open(tree->path, &tree->root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_mount.read(tree->root, &options, tree->snapshot), -ENOENT);
	tree_write(tree, MOUNTINFO, "");
	assert_int_equal(probe_mount.read(tree->root, &options, tree->snapshot), 0);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_MOUNT), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(options_are_told_as_running_and_as_configured),
		tree_test(a_line_of_fstab_is_kept_where_it_is_the_only_one),
		tree_test(an_option_that_is_on_unless_told_otherwise_is_off_only_then),
		tree_test(file_systems_of_the_kernel_are_left_out_but_some),
		tree_test(of_mounts_on_one_point_the_last_is_seen),
		tree_test(bind_mounts_are_marked_and_subvolumes_are_not),
		tree_test(mounts_of_containers_are_bounded),
		tree_test(thousands_of_mounts_are_bounded),
		tree_test(lines_that_make_no_sense_are_noted_and_passed_over),
		tree_test(a_saved_root_device_is_not_looked_up_here),
		tree_test(older_tables_stand_in),
		tree_test(names_are_kept_whatever_is_in_them),
		tree_test(an_fstab_that_cannot_be_read_is_said),
		tree_test(space_is_asked_of_local_file_systems_of_a_live_root),
		tree_test(without_a_table_there_is_an_error_and_no_mount),
	};

	if (!libmount_library()) {
		printf("1..0 # SKIP libmount is not installed\n");
		return 0;
	}
	return RUN_TESTS(tests);
}
