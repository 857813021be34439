/* SPDX-License-Identifier: Apache-2.0 */
/* Two snapshots side by side: which settings differ, which subjects came and went, which metrics changed by more than
 * their own noise.  Pure: nothing is read here but the two. */
#ifndef KEISOKU_COMPARE_H
#define KEISOKU_COMPARE_H

#include "../core/comparison.h"

struct compare_options {
	bool all;			/* volatile keys, and metrics that did not change, too */
};

/* ret refers to both snapshots, which must outlive it.  Release it with comparison_release(). */
void compare_snapshots(const struct registry *registry, const struct compared_side *before,
		       const struct compared_side *after, const struct compare_options *options,
		       struct comparison *ret);

/* Where the two are not of the same host, kernel, boot …: their count, at most max. */
size_t compare_identity(const struct snapshot *before, const struct snapshot *after, struct identity_difference *ret,
			size_t max);
/* Whether it changes by itself, or from boot to boot; entry may be NULL. */
bool setting_is_volatile(const struct entry *entry, enum subject_kind kind, const char *key);
/* The text of a setting with its unit, for people; entry may be NULL.  It has a value. */
const char *setting_value_text(const struct entry *entry, const struct setting *setting, struct arena *arena);

#endif
