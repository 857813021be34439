/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of System V inter-process communication. */
#ifndef KEISOKU_PROBES_SYSVIPC_H
#define KEISOKU_PROBES_SYSVIPC_H

#include "../core/base.h"

struct sysvipc_table {
	uint64_t rows;
	uint64_t sum;			/* of the fourth column, UINT64_MAX when it is larger */
};

/* The text of /proc/sysvipc/shm (its fourth column is the size of a segment in bytes) or of /proc/sysvipc/sem (the
 * semaphores of a set).  -EBADMSG: truncated or something else. */
int sysvipc_parse(const char *text, struct sysvipc_table *ret_table);

#endif
