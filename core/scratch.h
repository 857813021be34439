/* SPDX-License-Identifier: Apache-2.0 */
/* A private directory below $TMPDIR (or /tmp), mode 0700, that is gone with whoever made it: at scratch_free(), at exit(),
 * and when SIGHUP, SIGINT or SIGTERM arrive.  While one exists these signals only set scratch_interrupted(), which ends long
 * work with -EINTR; the last scratch_free() then lets the signal do what it would have done.
 *
 * What SIGKILL or a crash leaves behind is removed by the next program that makes one in the same place: the owner of a
 * directory holds a lock on a file in it, which the kernel lets go when the owner dies. */
#ifndef KEISOKU_SCRATCH_H
#define KEISOKU_SCRATCH_H

#include "base.h"

struct scratch {
	char *path;
	int fd;			/* the directory */
	int owner_fd;		/* the locked file in it */
	struct scratch *next;
};

int scratch_new(struct scratch **ret_scratch);
void scratch_free(struct scratch *scratch);
DEFINE_FREE_PTR(scratch)

bool scratch_interrupted(void);

#endif
