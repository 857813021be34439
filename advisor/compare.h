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

#endif
