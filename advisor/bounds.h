/* SPDX-License-Identifier: Apache-2.0 */
/* What an expression can come to, from the ranges of what it looks at alone: never less than it really can.  For lint. */
#ifndef KEISOKU_BOUNDS_H
#define KEISOKU_BOUNDS_H

#include "expr-internal.h"

struct bounds {
	long double low, high;		/* of a number, both reached unless infinite */
	bool can_hold, can_fail;	/* of a condition */
};

struct bounds bounds_of(const struct program *program, uint16_t index);

static inline const struct op *op_at(const struct program *program, uint16_t index)
{
	return &program->ops[index];
}

static inline uint16_t child_at(const struct program *program, const struct op *op, unsigned int nth)
{
	return program->children[op->children + nth];
}

#endif
