/* SPDX-License-Identifier: Apache-2.0 */
#include "qdisc.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>

#include "parse.h"

/* Of newer kernels than the headers may be. */
#define FQ_PRIOMAP 16
#define FQ_WEIGHTS 17
#define FQ_OFFLOAD_HORIZON 18

/* clang-format off */
static const struct tc_prio_qopt usual_priomap = {
	.bands = 3,
	.priomap = { 1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1 },
};
static const int32_t usual_weights[3] = { 9 << 16, 3 << 16, 1 << 16 };
static const uint32_t usual_offload_horizon;

/* In the order of their kinds.  fifos tell one number without an attribute around it. */
static const struct qdisc_parameter parameters[] = {
	{ .kind = "bfifo",    .name = "limit",              .form = QDISC_BYTES, },
	{ .kind = "codel",    .name = "limit",              .form = QDISC_BYTES,        .attribute = TCA_CODEL_LIMIT, },
	{ .kind = "codel",    .name = "target",             .form = QDISC_CODEL_USEC,   .attribute = TCA_CODEL_TARGET, },
	{ .kind = "codel",    .name = "interval",           .form = QDISC_CODEL_USEC,   .attribute = TCA_CODEL_INTERVAL, },
	{ .kind = "codel",    .name = "ecn",                .form = QDISC_FLAG,         .attribute = TCA_CODEL_ECN,
	  .otherwise = "noecn", },
	{ .kind = "fq",       .name = "limit",              .form = QDISC_BYTES,        .attribute = TCA_FQ_PLIMIT, },
	{ .kind = "fq",       .name = "flow_limit",         .form = QDISC_BYTES,        .attribute = TCA_FQ_FLOW_PLIMIT, },
	{ .kind = "fq",       .name = "buckets",            .form = QDISC_POWER,        .attribute = TCA_FQ_BUCKETS_LOG, },
	{ .kind = "fq",       .name = "orphan_mask",        .form = QDISC_BYTES,        .attribute = TCA_FQ_ORPHAN_MASK, },
	{ .kind = "fq",       .name = "pacing",             .form = QDISC_UNLESS,       .attribute = TCA_FQ_RATE_ENABLE,
	  .word = "nopacing", .otherwise = "pacing", },
	{ .kind = "fq",       .name = "quantum",            .form = QDISC_BYTES,        .attribute = TCA_FQ_QUANTUM, },
	{ .kind = "fq",       .name = "initial_quantum",    .form = QDISC_BYTES,        .attribute = TCA_FQ_INITIAL_QUANTUM, },
	{ .kind = "fq",       .name = "maxrate",            .form = QDISC_RATE_OR_NONE, .attribute = TCA_FQ_FLOW_MAX_RATE, },
	{ .kind = "fq",       .name = "low_rate_threshold", .form = QDISC_RATE,         .attribute = TCA_FQ_LOW_RATE_THRESHOLD,
	  .otherwise = "low_rate_threshold 0", },
	{ .kind = "fq",       .name = "refill_delay",       .form = QDISC_USEC,         .attribute = TCA_FQ_FLOW_REFILL_DELAY, },
	{ .kind = "fq",       .name = "ce_threshold",       .form = QDISC_USEC_OR_NONE, .attribute = TCA_FQ_CE_THRESHOLD, },
	{ .kind = "fq",       .name = "timer_slack",        .form = QDISC_NSEC,         .attribute = TCA_FQ_TIMER_SLACK, },
	{ .kind = "fq",       .name = "horizon",            .form = QDISC_USEC,         .attribute = TCA_FQ_HORIZON, },
	{ .kind = "fq",       .name = "horizon_drop",       .form = QDISC_PRESENT,      .attribute = TCA_FQ_HORIZON_DROP,
	  .otherwise = "horizon_cap", },
	{ .kind = "fq",       .name = "priomap",            .form = QDISC_USUAL,        .attribute = FQ_PRIOMAP,
	  .usual = &usual_priomap, .usual_size = sizeof(usual_priomap), },
	{ .kind = "fq",       .name = "weights",            .form = QDISC_USUAL,        .attribute = FQ_WEIGHTS,
	  .usual = usual_weights, .usual_size = sizeof(usual_weights), },
	{ .kind = "fq",       .name = "offload_horizon",    .form = QDISC_USUAL,        .attribute = FQ_OFFLOAD_HORIZON,
	  .usual = &usual_offload_horizon, .usual_size = sizeof(usual_offload_horizon), },
	{ .kind = "fq_codel", .name = "limit",              .form = QDISC_BYTES,        .attribute = TCA_FQ_CODEL_LIMIT, },
	{ .kind = "fq_codel", .name = "flows",              .form = QDISC_BYTES,        .attribute = TCA_FQ_CODEL_FLOWS, },
	{ .kind = "fq_codel", .name = "quantum",            .form = QDISC_BYTES,        .attribute = TCA_FQ_CODEL_QUANTUM, },
	{ .kind = "fq_codel", .name = "target",             .form = QDISC_CODEL_USEC,   .attribute = TCA_FQ_CODEL_TARGET, },
	{ .kind = "fq_codel", .name = "interval",           .form = QDISC_CODEL_USEC,   .attribute = TCA_FQ_CODEL_INTERVAL, },
	{ .kind = "fq_codel", .name = "memory_limit",       .form = QDISC_BYTES,        .attribute = TCA_FQ_CODEL_MEMORY_LIMIT, },
	{ .kind = "fq_codel", .name = "ecn",                .form = QDISC_FLAG,         .attribute = TCA_FQ_CODEL_ECN,
	  .otherwise = "noecn", },
	{ .kind = "fq_codel", .name = "drop_batch",         .form = QDISC_BYTES,        .attribute = TCA_FQ_CODEL_DROP_BATCH_SIZE, },
	{ .kind = "pfifo",    .name = "limit",              .form = QDISC_BYTES, },
};

/* mq: those below it are as net.core.default_qdisc says.  pfifo_fast tells its bands, which are always the same. */
static const char *const without_parameters[] = { "mq", "noqueue", "pfifo_fast" };
/* clang-format on */

size_t qdisc_parameters(const char *kind, const struct qdisc_parameter **ret_parameters)
{
	size_t first = 0, end;

	while (first < ARRAY_SIZE(parameters) && !streq(parameters[first].kind, kind))
		first++;
	for (end = first; end < ARRAY_SIZE(parameters) && streq(parameters[end].kind, kind); end++)
		;
	*ret_parameters = &parameters[first < ARRAY_SIZE(parameters) ? first : 0];
	return end - first;
}

static bool has_none(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(without_parameters); i++)
		if (streq(kind, without_parameters[i]))
			return true;
	return false;
}

bool qdisc_is_known(const char *kind)
{
	const struct qdisc_parameter *some;

	return has_none(kind) || qdisc_parameters(kind, &some) > 0;
}

/* ---- what the kernel tells ---- */

static void describe_number(const struct qdisc_parameter *parameter, uint32_t value, struct strbuf *out)
{
	bool absent = false;

	switch (parameter->form) {
	case QDISC_POWER:
		value = value < 32 ? UINT32_C(1) << value : 0;
		break;
	case QDISC_USEC_OR_NONE:
	case QDISC_RATE_OR_NONE:
		absent = value == UINT32_MAX;
		break;
	case QDISC_RATE:
		absent = value == 0;
		break;
	case QDISC_BYTES:
	case QDISC_USEC:
	case QDISC_CODEL_USEC:
	case QDISC_NSEC:
		break;
	case QDISC_FLAG:
	case QDISC_PRESENT:
	case QDISC_UNLESS:
	case QDISC_USUAL:
		absent = (value == 0) != (parameter->form == QDISC_UNLESS);
		break;
	}
	strbuf_addf(out, "%s%s ", out->len ? " " : "", parameter->name);
	if (absent)
		strbuf_add_char(out, '-');
	else if (parameter->form == QDISC_FLAG || parameter->form == QDISC_UNLESS)
		strbuf_add_string(out, parameter->form == QDISC_FLAG ? "true" : "false");
	else if (parameter->form == QDISC_PRESENT)
		strbuf_add_string(out, "null");
	else
		strbuf_addf(out, "%" PRIu32, value);
}

struct option {
	uint16_t attribute;
	const char *bytes;
	size_t size;
};

/* The next of the attributes; false: there is none, and *length is what is left over. */
static bool next_option(const char **at, size_t *length, struct option *option)
{
	struct nlattr header;
	size_t step;

	if (*length < NLA_HDRLEN)
		return false;
	memcpy(&header, *at, sizeof(header));
	if (header.nla_len < NLA_HDRLEN || header.nla_len > *length)
		return false;
	*option = (struct option){
		.attribute = header.nla_type & NLA_TYPE_MASK,
		.bytes = *at + NLA_HDRLEN,
		.size = header.nla_len - (size_t)NLA_HDRLEN,
	};
	step = MIN((size_t)NLA_ALIGN(header.nla_len), *length);
	*at += step;
	*length -= step;
	return true;
}

static bool find_option(const char *at, size_t length, uint16_t attribute, struct option *option)
{
	while (next_option(&at, &length, option))
		if (option->attribute == attribute)
			return true;
	return false;
}

static int describe_one(const struct qdisc_parameter *parameter, const struct option *option, struct strbuf *out)
{
	uint32_t value = 0;

	if (parameter->form == QDISC_USUAL)
		return option->size == parameter->usual_size && memcmp(option->bytes, parameter->usual, option->size) == 0 ?
			       0 : -EOPNOTSUPP;
	if (option->size == 1)
		value = (unsigned char)option->bytes[0];
	else if (option->size == sizeof(value))
		memcpy(&value, option->bytes, sizeof(value));
	else
		return -EOPNOTSUPP;
	describe_number(parameter, value, out);
	return 0;
}

static const struct qdisc_parameter *parameter_of(const struct qdisc_parameter *some, size_t count, uint16_t attribute)
{
	for (size_t i = 0; i < count; i++)
		if (some[i].attribute == attribute)
			return &some[i];
	return NULL;
}

int qdisc_describe(const char *kind, const void *options, size_t length, struct strbuf *out)
{
	const struct qdisc_parameter *some;
	size_t count = qdisc_parameters(kind, &some), rest = length;
	const char *at = options;
	struct option option;

	if (has_none(kind))
		return 0;
	if (count == 0)
		return -EOPNOTSUPP;
	if (some->attribute == 0)
		return describe_one(some, &(struct option){ .bytes = options, .size = length }, out);
	while (next_option(&at, &rest, &option))
		if (!parameter_of(some, count, option.attribute))
			return -EOPNOTSUPP;
	if (rest > 0)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < count; i++) {
		int r = 0;

		if (find_option(options, length, some[i].attribute, &option))
			r = describe_one(&some[i], &option, out);
		else if (some[i].form != QDISC_USUAL)
			strbuf_addf(out, "%s%s -", out->len ? " " : "", some[i].name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- what tc is told ---- */

static void add_words(const struct qdisc_parameter *parameter, const char *value, uint32_t number, struct strbuf *out)
{
	/* clang-format off */
	static const char *const units[] = {
		[QDISC_BYTES] = "", [QDISC_POWER] = "", [QDISC_USEC] = "us", [QDISC_USEC_OR_NONE] = "us",
		[QDISC_CODEL_USEC] = "us", [QDISC_NSEC] = "ns", [QDISC_RATE] = "bps", [QDISC_RATE_OR_NONE] = "bps",
		[QDISC_USUAL] = NULL,
	};
	/* clang-format on */
	const char *word = parameter->word ? parameter->word : parameter->name;

	if (streq(value, "-")) {
		if (parameter->otherwise)
			strbuf_addf(out, " %s", parameter->otherwise);
		return;
	}
	strbuf_addf(out, " %s", word);
	if (units[parameter->form])
		/* The kernel keeps n * 1000 / 1024 and shows it times 1.024, both rounded down: the next one gives the same. */
		strbuf_addf(out, " %" PRIu32 "%s", number + (parameter->form == QDISC_CODEL_USEC), units[parameter->form]);
}

static bool is_value(const struct qdisc_parameter *parameter, const char *value, uint32_t *number)
{
	uint64_t wide;

	*number = 0;
	switch (parameter->form) {
	case QDISC_FLAG:
		return streq(value, "true") || streq(value, "-");
	case QDISC_PRESENT:
		return streq(value, "null") || streq(value, "-");
	case QDISC_UNLESS:
		return streq(value, "false") || streq(value, "-");
	case QDISC_BYTES:
	case QDISC_POWER:
	case QDISC_USEC:
	case QDISC_USEC_OR_NONE:
	case QDISC_CODEL_USEC:
	case QDISC_NSEC:
	case QDISC_RATE:
	case QDISC_RATE_OR_NONE:
	case QDISC_USUAL:
		break;
	}
	if (streq(value, "-"))
		return true;
	if (parse_u64(value, &wide) < 0 || wide >= UINT32_MAX)
		return false;
	*number = (uint32_t)wide;
	return true;
}

int qdisc_words(const char *kind, const char *text, struct strbuf *out)
{
	const struct qdisc_parameter *some;
	size_t count = qdisc_parameters(kind, &some);
	const char *cursor = text;

	for (size_t i = 0; i < count; i++) {
		const char *name, *word;
		size_t name_length, length;
		char value[16];
		uint32_t number;

		if (some[i].form == QDISC_USUAL)
			continue;
		if (!next_word(&cursor, &name, &name_length) || !next_word(&cursor, &word, &length) ||
		    name_length != strlen(some[i].name) || memcmp(name, some[i].name, name_length) != 0 || length >= sizeof(value))
			return -EINVAL;
		memcpy(value, word, length);
		value[length] = '\0';
		if (!is_value(&some[i], value, &number))
			return -EINVAL;
		add_words(&some[i], value, number, out);
	}
	return cursor[strspn(cursor, " ")] == '\0' && qdisc_is_known(kind) ? 0 : -EINVAL;
}
