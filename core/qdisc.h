/* SPDX-License-Identifier: Apache-2.0 */
/* Queueing disciplines without classes that can be made again exactly as they were: the parameters that the kernel tells
 * of each (include/uapi/linux/pkt_sched.h), what `tc -j qdisc show` calls them, and how tc(8) is told them.
 *
 * Parameters are captured as one text, "limit 20000 flow_limit 100 …", with the names and the plain numbers of tc's
 * JSON output, and "-" for one that it does not show; a kind without any has the empty text. */
#ifndef KEISOKU_QDISC_H
#define KEISOKU_QDISC_H

#include "strbuf.h"

enum qdisc_form {
	QDISC_BYTES,		/* a number of bytes, packets, flows …: as it is */
	QDISC_POWER,		/* two to the power of what the kernel tells */
	QDISC_USEC,
	QDISC_USEC_OR_NONE,	/* the largest number: there is none */
	QDISC_CODEL_USEC,	/* kept by the kernel in units of 1.024 µs */
	QDISC_NSEC,
	QDISC_RATE,		/* bytes a second; 0: none */
	QDISC_RATE_OR_NONE,	/* the largest number: none */
	QDISC_FLAG,		/* true, or not shown */
	QDISC_PRESENT,		/* null, or not shown */
	QDISC_UNLESS,		/* false, or not shown */
	QDISC_USUAL,		/* tc is not told: what every new one has, and nothing else is understood */
};

struct qdisc_parameter {
	const char *kind, *name;
	uint16_t attribute;	/* inside TCA_OPTIONS */
	enum qdisc_form form;
	const char *word;	/* of tc; NULL: name */
	const char *otherwise;	/* the word where it is not shown; NULL: none */
	const void *usual;	/* QDISC_USUAL: its bytes */
	size_t usual_size;
};

/* Those of a kind, in their order; 0: it has none, or the kind is not known. */
size_t qdisc_parameters(const char *kind, const struct qdisc_parameter **ret_parameters);

/* Whether what the kernel tells of that kind is everything that makes it. */
bool qdisc_is_known(const char *kind);

/* Adds the parameters in TCA_OPTIONS as a text.  -EOPNOTSUPP: there is one that is not understood. */
int qdisc_describe(const char *kind, const void *options, size_t length, struct strbuf *out);

/* Adds the words with which tc makes one with these parameters, each with a blank in front.  -EINVAL: not such a text. */
int qdisc_words(const char *kind, const char *text, struct strbuf *out);

#endif
