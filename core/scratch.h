/* SPDX-License-Identifier: Apache-2.0 */
/* A private directory below $TMPDIR (or /tmp), mode 0700, that is gone with whoever made it: at scratch_free(), at exit(),
 * and when SIGHUP, SIGINT or SIGTERM arrive.  While one exists these signals only set scratch_interrupted(), which ends long
 * work with -EINTR; the last scratch_free() then lets the signal do what it would have done. */
#ifndef KEISOKU_SCRATCH_H
#define KEISOKU_SCRATCH_H

#include "base.h"

struct scratch {
	char *path;
	int fd;			/* the directory */
	struct scratch *next;
};

int scratch_new(struct scratch **ret_scratch);
void scratch_free(struct scratch *scratch);
DEFINE_FREE_PTR(scratch)

bool scratch_interrupted(void);

#endif
