/* SPDX-License-Identifier: Apache-2.0 */
/* The files that set sysctls, and which of them each loader reads in which order. */
#ifndef KEISOKU_SYSCTL_DIRECTORY_H
#define KEISOKU_SYSCTL_DIRECTORY_H

#include "../core/root.h"
#include "sysctl-line.h"

struct sysctl_file {
	const char *directory;	/* "/etc/sysctl.d"; "" for /etc/sysctl.conf */
	char *name;
	char *path;
	struct strbuf text;
	int error;		/* negative errno where it could not be read */
	bool null;		/* a symbolic link to /dev/null */
	bool to_conf;		/* one to /etc/sysctl.conf, which may not be there yet */
	bool lost;		/* below /run of a system that has not booted */
};

struct sysctl_directories {
	struct sysctl_file *files;
	size_t count, capacity;
	bool truncated;
	bool run_is_lost;	/* of a system that has not booted */
	/* The credential sysctl.extra, which systemd-sysctl reads after all files; path NULL: there is none.  What the
	 * boot loader or the hypervisor passes is known only while the host runs. */
	struct sysctl_file credential;
	/* What SUSE's kernels bring along, /usr/lib/modules/RELEASE/sysctl.conf or /boot/sysctl.conf-RELEASE: a unit of its own
	 * applies it before systemd-sysctl, and SUSE's sysctl --system reads it before all others.  path NULL: there is none. */
	struct sysctl_file kernel;
};

#define SYSCTL_FILES_MAX 2000

/* release: of the kernel that runs, or NULL. */
void sysctl_directories_read(const struct root *root, const char *release, struct sysctl_directories *directories);
void sysctl_directories_release(struct sysctl_directories *directories);

/* What becomes of a file with one loader. */
enum sysctl_file_fate {
	SYSCTL_FILE_READ,
	SYSCTL_FILE_MASKED,	/* a file of the same name comes before: by */
	SYSCTL_FILE_IGNORED,	/* why */
};

struct sysctl_file_place {
	const struct sysctl_file *file;
	enum sysctl_file_fate fate;
	const struct sysctl_file *by;
	const char *why;
};

/* Every file, in the order in which this loader applies them (those that it does not read beside their namesakes).  The
 * caller frees *ret_places. */
size_t sysctl_directories_order(const struct sysctl_directories *directories, enum sysctl_loader loader,
				struct sysctl_file_place **ret_places);

/* Whether this loader reads what stands, or will stand, in /etc/sysctl.conf: by that name or through a link in a directory. */
bool sysctl_conf_is_read(const struct sysctl_directories *directories, enum sysctl_loader loader);

#endif
