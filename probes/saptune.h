/* SPDX-License-Identifier: Apache-2.0 */
/* What saptune sets: the [sysctl], [sys] and [vm] sections of the notes that are applied, and the override files in front of
 * them.
 *
 *	/etc/sysconfig/saptune                   NOTE_APPLY_ORDER="941735 2382421": the last one has the last word
 *	/var/lib/saptune/working/notes/2382421   a note; /etc/saptune/extra/NAME.conf is one of the administrator's
 *	/etc/saptune/override/2382421            values in place of those of the note, for keys that the note names
 *
 * A section [sysctl:os=15-*:arch=x86_64] counts where all its tags hold.  saptune-note(5) */
#ifndef KEISOKU_SAPTUNE_H
#define KEISOKU_SAPTUNE_H

#include "../core/root.h"
#include "../core/snapshot.h"

#define SAPTUNE_CONFIGURATION "/etc/sysconfig/saptune"
#define SAPTUNE_NOTES "/var/lib/saptune/working/notes"
#define SAPTUNE_EXTRA "/etc/saptune/extra"
#define SAPTUNE_OVERRIDE "/etc/saptune/override"

/* Leaves the lines of loader BOOT_SAPTUNE in the snapshot, those of [sys] and [vm] under the path of the file, and saptune.notes and saptune.overrides: the notes in the order
 * in which they are applied, and those of them that have an override file.  Whether any is applied. */
bool saptune_read(const struct root *root, struct snapshot *snapshot);

#endif
