/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of the kernel probe. */
#ifndef KEISOKU_PROBE_KERNEL_H
#define KEISOKU_PROBE_KERNEL_H

#include "../core/snapshot.h"
#include "../core/strbuf.h"

/* A build configuration: records "config.HZ" … for the options the probe knows; one that the text
 * does not mention is absent.  Returns the number of options found; when there is none, the text is
 * no configuration and nothing is recorded. */
size_t kernel_config_parse(struct snapshot *snapshot, const char *text, size_t length,
			   const char *origin);

/* gzip to text of at most limit bytes: -EBADMSG, -EFBIG. */
int kernel_config_inflate(const char *bytes, size_t length, size_t limit, struct strbuf *text);

/* The value of NAME in os-release(5), without its quotes; false when it is not there. */
bool os_release_find(const char *text, const char *name, struct strbuf *value);

/* The page size in an auxiliary vector of either word size and byte order; 0 when there is none. */
uint64_t auxv_page_size(const unsigned char *bytes, size_t length);

/* "Linux vm 6.1.0-13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29) x86_64 GNU/Linux":
 * as uname -a prints. */
bool uname_release(const char *text, struct strbuf *release);
bool uname_machine(const char *text, struct strbuf *machine);

#endif
