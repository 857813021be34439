/* SPDX-License-Identifier: Apache-2.0 */
#include "group.h"

void members_release(struct members *members)
{
	free(members->items);
}

static void members_add(struct members *members, const char *text, const struct finding *finding)
{
	if (!text)
		text = "";
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->items[i];

		if (streq(member->finding->rule, finding->rule) && streq(member->text, text)) {
			member->count += member->finding != finding;
			return;
		}
	}
	GROW(members->items, members->capacity, members->count + 1);
	members->items[members->count++] = (struct member){ .text = text, .finding = finding, .count = 1 };
}

void members_collect(struct members *members, const struct report *report, enum status status)
{
	for (size_t i = 0; i < report->findings->count; i++) {
		const struct finding *finding = &report->findings->items[i];

		if (finding->status != status)
			continue;
		for (size_t j = 0; status == STATUS_UNMEASURED && j < finding->n_missing; j++)
			members_add(members, finding->missing[j].how, finding);
		if (status != STATUS_UNMEASURED)
			members_add(members, finding->reason, finding);
		else if (finding->n_missing == 0)
			members_add(members, finding->next_step, finding);
	}
}

bool members_begins_group(const struct members *members, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (streq(members->items[i].text, members->items[index].text))
			return false;
	return true;
}

void member_name(struct strbuf *out, const struct member *member)
{
	if (member->count > 1)
		strbuf_addf(out, "%s (%zu subjects)", member->finding->rule, member->count);
	else
		strbuf_add_string(out, member->finding->subject == SUBJECT_HOST ? member->finding->rule :
										  member->finding->id);
}

void members_names(struct strbuf *out, const struct members *members, const char *text)
{
	bool first = true;

	for (size_t i = 0; i < members->count; i++) {
		if (!streq(members->items[i].text, text))
			continue;
		if (!first)
			strbuf_add_string(out, ", ");
		member_name(out, &members->items[i]);
		first = false;
	}
}
