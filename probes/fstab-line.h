/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a line of fstab(5):
 *
 *	UUID=0a3407de-014b-458b-b5c1-848e92a327a3 /srv\040data ext4 defaults,noatime 0 2 */
#ifndef KEISOKU_FSTAB_LINE_H
#define KEISOKU_FSTAB_LINE_H

#include "../core/strbuf.h"

#define FSTAB "/etc/fstab"

/* The next field of the line at *cursor, which moves past it: "\040" is a blank there.  false: the line has no more. */
bool fstab_next_field(const char **cursor, struct strbuf *field);

#endif
