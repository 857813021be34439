/* SPDX-License-Identifier: Apache-2.0 */
/* What unit files and their drop-ins leave in force after boot, as boot lines of the units. */
#ifndef KEISOKU_UNIT_BOOT_H
#define KEISOKU_UNIT_BOOT_H

#include "boot-draft.h"
#include "unit-index.h"

#define UNIT_BOOT_BROKEN "the name of a section without its bracket: systemd reads the file no further"

/* Of every unit of index->names that has a line with a property that is known. */
void unit_boot_read(struct unit_index *index, struct snapshot *snapshot);

/* One assignment of a resource limit is two lines, the one of the soft half second. */
void unit_boot_add(struct boot_draft *draft, const struct boot_site *site, enum subject_kind kind, const char *subject,
		   const char *key, const char *soft_key, const char *value, const char *soft_value);

/* The lines of draft from first on that stand in file, which is hidden or gone after a reboot. */
void unit_boot_hide(struct boot_draft *draft, size_t first, const struct config_file *file);

/* The place in file where the assignment stands that was read last. */
struct boot_site unit_boot_site(const struct config_file *file, const struct unit_file *text);

#endif
