/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that set something, as rows of the table in shell-command.c. */
#ifndef KEISOKU_SHELL_TOOLS_H
#define KEISOKU_SHELL_TOOLS_H

#include "shell-run.h"

void shell_run_sysctl(struct shell_run *run, const struct shell_call *call);
void shell_run_sed(struct shell_run *run, const struct shell_call *call);
void shell_run_modprobe(struct shell_run *run, const struct shell_call *call);
void shell_run_ethtool(struct shell_run *run, const struct shell_call *call);
void shell_run_ip(struct shell_run *run, const struct shell_call *call);
void shell_run_ifconfig(struct shell_run *run, const struct shell_call *call);
void shell_run_tc(struct shell_run *run, const struct shell_call *call);
void shell_run_blockdev(struct shell_run *run, const struct shell_call *call);
void shell_run_cpupower(struct shell_run *run, const struct shell_call *call);
void shell_run_systemctl(struct shell_run *run, const struct shell_call *call);
void shell_run_service(struct shell_run *run, const struct shell_call *call);
void shell_run_mount(struct shell_run *run, const struct shell_call *call);
void shell_run_swap(struct shell_run *run, const struct shell_call *call);
void shell_run_ulimit(struct shell_run *run, const struct shell_call *call);
void shell_run_grubby(struct shell_run *run, const struct shell_call *call);
void shell_run_update_grub(struct shell_run *run, const struct shell_call *call);
void shell_run_udevadm(struct shell_run *run, const struct shell_call *call);
void shell_run_tmpfiles(struct shell_run *run, const struct shell_call *call);
void shell_run_crontab(struct shell_run *run, const struct shell_call *call);
void shell_run_copy(struct shell_run *run, const struct shell_call *call);
void shell_run_unclear(struct shell_run *run, const struct shell_call *call);

/* The words from first on, in one: for a message. */
void shell_tell_words(const struct shell_call *call, size_t first, struct strbuf *out);

#endif
