/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a snapshot, for the files that implement it and no others. */
#ifndef KEISOKU_SNAPSHOT_STORE_H
#define KEISOKU_SNAPSHOT_STORE_H

#include "snapshot.h"

/* (subject, key) → position in an array. */
struct pair_index {
	uint64_t *pairs;	/* open addressing; the pair + 1, 0: free */
	uint32_t *positions;
	size_t size, count;	/* size: a power of two */
};

/* Finds or adds; *ret_new says which.  A new pair gets position index->count (before the call). */
uint32_t pair_index_add(struct pair_index *index, uint32_t subject, uint32_t key, bool *ret_new);
uint32_t pair_index_find(const struct pair_index *index, uint32_t subject, uint32_t key); /* or UINT32_MAX */

/* Who owns whom: the containers of owner are ids[first[owner]] to ids[first[owner + 1]]. */
struct owned {
	size_t subjects, settings;		/* that there were when it was made */
	uint32_t *first;
	subject_id *ids;
};

struct snapshot {
	struct arena arena;
	struct symbols keys;
	struct symbols origins;

	struct subject *subjects;
	size_t n_subjects, subjects_capacity;
	struct pair_index subject_index;	/* (kind, symbol of the name) */
	struct symbols subject_names;
	subject_id *kinds[SUBJECT_KIND_COUNT];
	size_t kind_counts[SUBJECT_KIND_COUNT], kind_capacities[SUBJECT_KIND_COUNT];
	size_t subjects_left_out;

	struct owned *owned;			/* made when it is first asked for */

	struct setting *settings;
	size_t settings_capacity;
	struct pair_index setting_index;

	struct series *series;
	size_t series_capacity;
	struct pair_index series_index;

	struct window window;
	double slot_start;			/* monotonic time at which the newest slot began */
	double tick_monotonic, tick_boottime;
	double first_monotonic, first_boottime;
	uint32_t slot_ticks;			/* intervals per slot: 1, 2, 4 … as slots are merged */

	struct diag notes;
};

#endif
