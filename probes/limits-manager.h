/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults of systemd's manager for what it starts, systemd-system.conf(5). */
#ifndef KEISOKU_LIMITS_MANAGER_H
#define KEISOKU_LIMITS_MANAGER_H

#include "probe.h"

/* manager: "system" or "user".  As settings of the host, limits.MANAGER.DefaultTasksMax and so on, and as boot lines, part
 * "manager-MANAGER".  DefaultLimitNOFILE=1024:524288 is limits.system.DefaultLimitNOFILE = 524288 and
 * limits.system.DefaultLimitNOFILESoft = 1024, as systemd's properties are named. */
void limits_manager_read(const struct root *root, const char *manager, struct snapshot *snapshot);

#endif
