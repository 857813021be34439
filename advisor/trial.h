/* SPDX-License-Identifier: Apache-2.0 */
/* Settings tried on a snapshot, which is afterwards as it was.  Inside the advisor only. */
#ifndef KEISOKU_TRIAL_H
#define KEISOKU_TRIAL_H

#include "../core/registry.h"

struct tried {				/* a setting as it was */
	subject_id subject;
	const char *key, *raw, *origin;
};

struct trial {
	struct snapshot *snapshot;
	struct tried *items;
	size_t count, capacity;
	struct arena arena;		/* of what is shown while it is tried */
};

/* Gives a setting that is there a value, as its file would show it; where writing it leaves a zero in its twin, that too.
 * key must outlive the trial.  false: there is no such setting. */
bool trial_set(struct trial *trial, const struct entry *entry, subject_id subject, const char *key, const char *raw);
void trial_end(struct trial *trial);

#endif
