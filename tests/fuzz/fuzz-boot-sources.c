/* SPDX-License-Identifier: Apache-2.0 */
/* Files of boot configuration: the first byte, "0" and on, says which one.  What they leave is parsed back as it was. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/boot.h"
#include "../../probes/probe.h"

extern const struct probe probe_boot_module, probe_boot_tmpfiles, probe_boot_udev, probe_boot_cmdline, probe_boot_fstab,
	probe_boot_node, probe_loader, probe_sysctl_file, probe_limits, probe_unit;

static const struct file {
	const char *path;
	const struct probe *probe;
	const char *usual;		/* what it holds while another one is fuzzed; NULL: it is not there */
} files[] = {
	{ "/etc/modules-load.d/a.conf", &probe_boot_module },
	{ "/etc/modprobe.d/a.conf", &probe_boot_module },
	{ "/etc/tmpfiles.d/a.conf", &probe_boot_tmpfiles },
	{ "/etc/udev/rules.d/a.rules", &probe_boot_udev },
	{ "/boot/grub/grub.cfg", &probe_boot_cmdline },
	{ "/boot/loader/entries/a.conf", &probe_boot_cmdline },
	{ "/efi/EFI/Linux/a.efi", &probe_boot_cmdline },
	{ "/etc/fstab", &probe_boot_fstab },
	{ "/var/lib/kubelet/config.yaml", &probe_boot_node },
	{ "/etc/cloud/cloud.cfg", &probe_boot_node },
	{ "/etc/default/grub", &probe_loader },
	{ "/etc/kernel/cmdline", &probe_loader },
	{ "/proc/cmdline", &probe_loader },
	{ "/etc/sysctl.d/a.conf", &probe_sysctl_file },
	{ "/etc/tuned/a/tuned.conf", &probe_sysctl_file },
	{ "/etc/default/grub", &probe_boot_cmdline },
	{ "/var/lib/saptune/working/notes/1", &probe_sysctl_file },
	{ "/etc/saptune/override/2", &probe_sysctl_file },
	{ "/etc/sysconfig/saptune", &probe_sysctl_file, "NOTE_APPLY_ORDER=\"1 2\"\n" },
	/* TuneD reads the profile that this file names. */
	{ "/etc/tuned/active_profile", &probe_sysctl_file, "a\n" },
	{ "/etc/saptune/extra/2.conf", &probe_sysctl_file, "[sysctl]\nvm.swappiness = 10\n" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root_path[] = "/tmp/keisoku-fuzz-XXXXXX";

static void path_of(const struct file *file, struct strbuf *path)
{
	strbuf_reset(path);
	strbuf_addf(path, "%s%s", root_path, file->path);
}

static void write_file(const struct file *file, const void *bytes, size_t size)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	int fd;

	path_of(file, &path);
	fd = open(path.buf, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) < 0)
		abort();
}

static void clean_up(void)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		path_of(&files[i], &path);
		(void)unlink(path.buf);
		while (path.len > strlen(root_path)) {
			(void)rmdir(path.buf);
			strbuf_truncate(&path, (size_t)(strrchr(path.buf, '/') - path.buf));
		}
	}
	(void)rmdir(root_path);
}

static void make_directories(void)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	if (!mkdtemp(root_path))
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		path_of(&files[i], &path);
		for (char *slash = path.buf + strlen(root_path) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
			*slash = '\0';
			(void)mkdir(path.buf, 0700);
		}
	}
	(void)atexit(clean_up);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i].usual)
			write_file(&files[i], files[i].usual, strlen(files[i].usual));
}

/* Every line that was left is parsed back, and every one that is shadowed says by what. */
static void check(const struct snapshot *snapshot)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(snapshot);
	CLEANUP(boot_free_ptr) struct boot *again = boot_new();
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	boot_format(boot, &text);
	if (boot_parse(again, text.buf, text.len) != 0 || boot_count(again) != boot_count(boot))
		abort();
	for (size_t i = 0; i < boot_count(boot); i++)
		if (boot_at(boot, i)->fate != BOOT_WINS && !*boot_at(boot, i)->why)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct probe_options options = { 0 };
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(root_free_ptr) struct root *root = NULL;
	static bool ready;
	const struct file *file;

	if (!ready)
		make_directories();
	ready = true;
	if (size == 0)
		return 0;
	file = &files[(uint8_t)(data[0] - '0') % ARRAY_SIZE(files)];
	write_file(file, data + 1, size - 1);
	if (root_open(root_path, &root) < 0)
		abort();
	snapshot = snapshot_new();
	(void)snapshot_subject(snapshot, SUBJECT_KIND_BLOCK, "sda", "/sys/block/sda/queue");
	(void)file->probe->read(root, &options, snapshot);
	check(snapshot);
	path_of(file, &path);
	(void)unlink(path.buf);
	if (file->usual)
		write_file(file, file->usual, strlen(file->usual));
	return 0;
}
