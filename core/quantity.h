/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities as Kubernetes defines them: "250m", "1.5Gi", "1e3", "100n".  Exact: no binary fraction is ever made of one.
 *
 * A number is kept as a count of billionths, the finest scale Kubernetes knows; what is finer is rounded up (away from zero).  With
 * a binary suffix what is beyond ±(2^63 − 1) is that bound, as its parser does; others end at QUANTITY_NANO_MAX.
 * apimachinery/pkg/api/resource/quantity.go */
#ifndef KEISOKU_QUANTITY_H
#define KEISOKU_QUANTITY_H

#include "base.h"

struct strbuf;

enum quantity_format { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT };

struct quantity {
	__int128 nano;			/* billionths */
	enum quantity_format format;	/* which family of suffixes it was written with */
};

/* 10^29. */
#define QUANTITY_NANO_MAX ((__int128)1000000000000000000 * 1000000000000000000 * 100)

/* The whole text must be one: -EINVAL.  A text without any digit ("Ki", "-") is zero, as it is to Kubernetes. */
int quantity_parse(const char *text, struct quantity *ret_quantity);

/* Rounded up, as Value() and MilliValue() are. */
int64_t quantity_value(const struct quantity *quantity);	/* bytes, whole cores */
int64_t quantity_milli(const struct quantity *quantity);	/* thousandths: millicores */
double quantity_real(const struct quantity *quantity);		/* for statistics only */

struct quantity quantity_of_milli(int64_t milli);		/* DECIMAL_SI */
struct quantity quantity_of_bytes(int64_t bytes);		/* BINARY_SI */
int quantity_compare(const struct quantity *a, const struct quantity *b);	/* -1, 0, 1 */
void quantity_add(struct quantity *sum, const struct quantity *more);		/* a sum of zero takes the format of more */

/* The canonical form: "1500m", "1536Mi", as `kubectl get` would print it. */
void quantity_print(struct strbuf *out, const struct quantity *quantity);

#endif
