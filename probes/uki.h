/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel command line inside a unified kernel image: section .cmdline of an executable of the UEFI. */
#ifndef KEISOKU_UKI_H
#define KEISOKU_UKI_H

#include "../core/strbuf.h"

/* Reads headers and that section only.  -ENODATA: there is no such section; -EBADMSG: it is no such file;
 * -EFBIG: the section has more than limit bytes. */
int uki_cmdline(int fd, size_t limit, struct strbuf *text);

#endif
