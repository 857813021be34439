/* SPDX-License-Identifier: Apache-2.0 */
#include "../../core/qdisc.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>

#include "test.h"

static void add_option(struct strbuf *out, uint16_t attribute, const void *value, uint16_t size)
{
	const struct nlattr header = { .nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = attribute };

	strbuf_add(out, &header, sizeof(header));
	strbuf_add(out, value, size);
	strbuf_add(out, "\0\0\0", (size_t)(NLA_ALIGN(size) - size));
}

static void add_u32(struct strbuf *out, uint16_t attribute, uint32_t value)
{
	add_option(out, attribute, &value, sizeof(value));
}

/* What Linux 6.1 tells of `tc qdisc replace dev eth0 root fq limit 20000 maxrate 10mbit nopacing`. */
static void add_fq(struct strbuf *out)
{
	static const uint8_t drop = 1;

	add_u32(out, TCA_FQ_PLIMIT, 20000);
	add_u32(out, TCA_FQ_FLOW_PLIMIT, 100);
	add_u32(out, TCA_FQ_QUANTUM, 3028);
	add_u32(out, TCA_FQ_INITIAL_QUANTUM, 15140);
	add_u32(out, TCA_FQ_RATE_ENABLE, 0);
	add_u32(out, TCA_FQ_FLOW_MAX_RATE, 1250000);
	add_u32(out, TCA_FQ_FLOW_REFILL_DELAY, 40000);
	add_u32(out, TCA_FQ_ORPHAN_MASK, 1023);
	add_u32(out, TCA_FQ_LOW_RATE_THRESHOLD, 68750);
	add_u32(out, TCA_FQ_CE_THRESHOLD, UINT32_MAX);
	add_u32(out, TCA_FQ_BUCKETS_LOG, 10);
	add_u32(out, TCA_FQ_TIMER_SLACK, 10000);
	add_u32(out, TCA_FQ_HORIZON, 10000000);
	add_option(out, TCA_FQ_HORIZON_DROP, &drop, sizeof(drop));
}

static const char fq_text[] = "limit 20000 flow_limit 100 buckets 1024 orphan_mask 1023 pacing false quantum 3028 "
			      "initial_quantum 15140 maxrate 1250000 low_rate_threshold 68750 refill_delay 40000 "
			      "ce_threshold - timer_slack 10000 horizon 10000000 horizon_drop null";

static void what_the_kernel_tells_is_named_as_tc_names_it(void **state)
{
	CLEANUP(strbuf_release) struct strbuf options = STRBUF_INIT, text = STRBUF_INIT, words = STRBUF_INIT;

	add_fq(&options);
	assert_int_equal(qdisc_describe("fq", options.buf, options.len, &text), 0);
	assert_string_equal(text.buf, fq_text);
	assert_int_equal(qdisc_words("fq", text.buf, &words), 0);
	assert_string_equal(words.buf, " limit 20000 flow_limit 100 buckets 1024 orphan_mask 1023 nopacing quantum 3028 "
				       "initial_quantum 15140 maxrate 1250000bps low_rate_threshold 68750bps refill_delay 40000us "
				       "timer_slack 10000ns horizon 10000000us horizon_drop");
}

/* codel: 5 ms is kept as 4882 units of 1.024 us, and shown as 4999. */
static void times_of_codel_are_told_so_that_the_same_is_kept(void **state)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;
	uint32_t units = 0;

	assert_int_equal(qdisc_words("codel", "limit 1000 target 4999 interval 99999 ecn -", &words), 0);
	assert_string_equal(words.buf, " limit 1000 target 5000us interval 100000us noecn");
	for (; units < 200000; units++) {
		uint64_t shown = (uint64_t)units * 1024 / 1000;

		assert_int_equal((shown + 1) * 1000 / 1024, units);
	}
}

static void one_without_parameters_has_none(void **state)
{
	static const char *const kinds[] = { "mq", "noqueue", "pfifo_fast" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		assert_true(qdisc_is_known(kinds[i]));
		assert_int_equal(qdisc_describe(kinds[i], "\1\2\3", 3, &text), 0);
		assert_int_equal(qdisc_words(kinds[i], text.buf, &text), 0);
		assert_string_equal(text.buf, "");
	}
	assert_false(qdisc_is_known("htb"));
}

static void a_fifo_tells_one_number(void **state)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, words = STRBUF_INIT;
	const uint32_t limit = 77;

	assert_int_equal(qdisc_describe("pfifo", &limit, sizeof(limit), &text), 0);
	assert_string_equal(text.buf, "limit 77");
	assert_int_equal(qdisc_words("pfifo", text.buf, &words), 0);
	assert_string_equal(words.buf, " limit 77");
}

static void what_is_not_understood_cannot_be_made_again(void **state)
{
	CLEANUP(strbuf_release) struct strbuf options = STRBUF_INIT, text = STRBUF_INIT;
	static const int32_t usual[] = { 9 << 16, 3 << 16, 1 << 16 }, weights[] = { 1 << 16, 1 << 16, 1 << 16 };

	add_fq(&options);
	add_option(&options, 17, usual, sizeof(usual));
	assert_int_equal(qdisc_describe("fq", options.buf, options.len, &text), 0);
	assert_string_equal(text.buf, fq_text);

	add_option(&options, 17, weights, sizeof(weights));
	assert_int_equal(qdisc_describe("htb", options.buf, options.len, &text), -EOPNOTSUPP);
	strbuf_reset(&options);
	add_option(&options, 17, weights, sizeof(weights));
	assert_int_equal(qdisc_describe("fq", options.buf, options.len, &text), -EOPNOTSUPP);
	strbuf_reset(&options);
	add_u32(&options, 99, 1);
	assert_int_equal(qdisc_describe("fq", options.buf, options.len, &text), -EOPNOTSUPP);
	strbuf_reset(&options);
	add_fq(&options);
	assert_int_equal(qdisc_describe("fq", options.buf, options.len - 5, &text), -EOPNOTSUPP);
	assert_int_equal(qdisc_describe("fq", "", 0, &text), 0);
}

static void words_are_made_of_nothing_but_such_a_text(void **state)
{
	static const struct {
		const char *kind, *text;
	} cases[] = {
		{ "pfifo", "limit 77; reboot" }, { "pfifo", "limit" },	  { "pfifo", "" },
		{ "pfifo", "limit $(reboot)" },	 { "pfifo", "limit -1" }, { "pfifo", "limit 4294967296" },
		{ "pfifo", "limit 77\nreboot" }, { "mq", "limit 77" },	  { "htb", "" },
		{ "codel", "limit 1 target 1 interval 1 ecn yes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;

		if (qdisc_words(cases[i].kind, cases[i].text, &words) != -EINVAL)
			fail_msg("%s '%s' became '%s'", cases[i].kind, cases[i].text, words.buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_tells_is_named_as_tc_names_it),
		cmocka_unit_test(times_of_codel_are_told_so_that_the_same_is_kept),
		cmocka_unit_test(one_without_parameters_has_none),
		cmocka_unit_test(a_fifo_tells_one_number),
		cmocka_unit_test(what_is_not_understood_cannot_be_made_again),
		cmocka_unit_test(words_are_made_of_nothing_but_such_a_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
