/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of readers: a text, and what is understood of it. */
#ifndef KEISOKU_TESTS_READS_H
#define KEISOKU_TESTS_READS_H

#include "../../proposals/reader.h"
#include "test.h"

/* "FATE KIND SUBJECT KEY=VALUE @LINE [now boot] (VIA) file:FILE if:CONDITION optional why:WHY", one for each item. */
static void describe_item(const struct proposed *item, struct strbuf *out)
{
	static const char *const fates[] = { "sets", "removed", "broken", "unclear" };
	static const char *const whens[] = { "", " now", " boot", " both" };

	strbuf_addf(out, "%s %s%s%s %s=%s @%u%s", fates[item->fate], subject_kind_name(item->kind), *item->subject ? " " : "",
		    item->subject, item->key, item->value, item->line, whens[item->when & 3]);
	if (*item->file)
		strbuf_addf(out, " file:%s", item->file);
	if (*item->condition)
		strbuf_addf(out, " if:%s", item->condition);
	if (item->optional)
		strbuf_add_string(out, " optional");
	if (*item->why)
		strbuf_addf(out, " why:%s", item->why);
	strbuf_add_char(out, '\n');
}

static inline void assert_reads(const char *form, const char *path, const char *text, const char *expected)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	const struct reader *reader = reader_recognise(path, text, strlen(text));
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = path, .text = text, .length = strlen(text), .first = 1 };

	assert_non_null(reader);
	assert_string_equal(reader->name, form);
	reader->read(reader, &reading, &given);
	for (size_t i = 0; i < proposal.count; i++) {
		assert_string_equal(proposal.items[i].form, form);
		describe_item(&proposal.items[i], &found);
	}
	assert_string_equal(found.buf, expected);
}

#endif
