/* SPDX-License-Identifier: Apache-2.0 */
/* Another value for every tunable of a snapshot that can be set, to try plans with:
 *
 *   propose SNAPSHOT up|down [ROUND]
 *
 * prints the requests of one round as `keisoku plan` takes them, one a line; without ROUND the number of rounds.  Settings
 * that are coupled move each other and are in different rounds.  stderr: what cannot be proposed, and why. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../cli/knowledge.h"
#include "../../core/parse.h"
#include "../../core/strbuf.h"

#define ROUNDS_MAX 24

struct proposal {
	const struct entry *entry;
	const struct subject *subject;
	const char *key;
	char *text;
	unsigned int round;
};

struct proposals {
	struct proposal *items;
	size_t count, capacity;
	bool up;
};

static int read_file(const char *path, struct strbuf *text)
{
	FILE *in = fopen(path, "re");
	char part[65536];
	size_t n;

	if (!in)
		return -errno;
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		strbuf_add(text, part, n);
	fclose(in);
	return 0;
}

/* ---- values ---- */

static bool in_range(const struct entry *entry, int64_t value)
{
	return !entry->has_range ||
	       (value >= entry->range_min && (value < 0 || (uint64_t)value <= entry->range_max));
}

/* Half or double of it, or the next number where that leaves the range. */
static bool propose_number(const struct entry *entry, const char *raw, bool up, struct strbuf *out)
{
	int64_t now, next[4];

	if (parse_i64(raw, &now) < 0 || now > INT64_MAX / 4 || now < INT64_MIN / 4)
		return false;
	next[0] = up ? 2 * now : now / 2;
	next[1] = up ? now + 1 : now - 1;
	next[2] = up ? now - 1 : now + 1;
	next[3] = up ? now / 2 : 2 * now;
	for (size_t i = 0; i < ARRAY_SIZE(next); i++) {
		if (next[i] == now || !in_range(entry, next[i]) || (!entry->has_range && next[i] < 0))
			continue;
		strbuf_addf(out, "%" PRId64, next[i]);
		return true;
	}
	return false;
}

/* All of them halved or doubled, which keeps their order; the format has one range for all. */
static bool propose_numbers(const struct entry *entry, const char *raw, bool up, struct strbuf *out)
{
	bool changed = false;

	for (const char *at = raw; *at; ) {
		char word[32];
		size_t length;
		int64_t now, next;

		at += strspn(at, " \t");
		length = strcspn(at, " \t");
		if (length == 0 || length >= sizeof(word))
			break;
		memcpy(word, at, length);
		word[length] = '\0';
		if (parse_i64(word, &now) < 0 || now < 0 || now > INT64_MAX / 4)
			return false;
		next = up ? 2 * now : now / 2;
		if (!in_range(entry, next))
			next = now;
		changed |= next != now;
		strbuf_addf(out, "%s%" PRId64, out->len > 0 ? " " : "", next);
		at += length;
	}
	return changed;
}

static bool propose_switch(const char *raw, struct strbuf *out)
{
	static const char *const pairs[][2] = {
		{ "0", "1" }, { "N", "Y" }, { "n", "y" }, { "off", "on" }, { "no", "yes" }, { "disabled", "enabled" },
		{ "false", "true" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		for (size_t side = 0; side < 2; side++) {
			if (!streq(raw, pairs[i][side]))
				continue;
			strbuf_add_string(out, pairs[i][1 - side]);
			return true;
		}
	}
	return false;
}

/* The word after the one in brackets, or before it. */
static bool propose_offered(const char *raw, bool up, struct strbuf *out)
{
	const char *words[32];
	size_t lengths[32], count = 0, chosen = SIZE_MAX;

	for (const char *at = raw; *at && count < ARRAY_SIZE(words); ) {
		at += strspn(at, " \t");
		words[count] = at;
		lengths[count] = strcspn(at, " \t");
		if (lengths[count] == 0)
			break;
		at += lengths[count];
		if (*words[count] == '[') {
			chosen = count;
			words[count]++;
			lengths[count] -= 2;
		}
		count++;
	}
	if (chosen == SIZE_MAX || count < 2)
		return false;
	chosen = (chosen + (up ? 1 : count - 1)) % count;
	strbuf_add(out, words[chosen], lengths[chosen]);
	return true;
}

static bool propose_value(const struct entry *entry, const char *raw, bool up, struct strbuf *out)
{
	switch (entry->format) {
	case FORMAT_INTEGER:
		return propose_number(entry, raw, up, out);
	case FORMAT_LIST:
		return propose_numbers(entry, raw, up, out);
	case FORMAT_BOOL:
		return propose_switch(raw, out);
	case FORMAT_ENUM:
		if (strchr(raw, '['))
			return propose_offered(raw, up, out);
		for (size_t i = 0; i < entry->values.count; i++) {
			const char *value = entry->values.items[up ? i : entry->values.count - 1 - i];

			if (streq(value, raw))
				continue;
			strbuf_add_string(out, value);
			return true;
		}
		return false;
	case FORMAT_REAL:
	case FORMAT_TEXT:
	case FORMAT_WORDS:
	case FORMAT_HEX:
		return false;
	}
	return false;
}

/* ---- rounds ---- */

static bool moves(const struct entry *a, const struct entry *b)
{
	for (size_t i = 0; i < a->coupled.count; i++)
		if (streq(a->coupled.items[i], b->id))
			return true;
	for (size_t i = 0; i < a->below.count; i++)
		if (starts_with(a->below.items[i], b->id))
			return true;
	for (size_t i = 0; i < a->at_most.count; i++)
		if (starts_with(a->at_most.items[i], b->id))
			return true;
	for (size_t i = 0; i < a->within.count; i++)
		if (starts_with(a->within.items[i], b->id))
			return true;
	return false;
}

static unsigned int free_round(const struct proposals *proposals, const struct proposal *proposal)
{
	bool taken[ROUNDS_MAX] = { false };

	for (size_t i = 0; i < proposals->count; i++) {
		const struct proposal *other = &proposals->items[i];

		if (other->subject == proposal->subject &&
		    (moves(other->entry, proposal->entry) || moves(proposal->entry, other->entry)))
			taken[other->round] = true;
	}
	for (unsigned int round = 0; round + 1 < ROUNDS_MAX; round++)
		if (!taken[round])
			return round;
	return ROUNDS_MAX - 1;
}

static void consider(struct proposals *proposals, const struct snapshot *snapshot, const struct registry *registry,
		     const struct setting *setting)
{
	const struct subject *subject = snapshot_subject_get(snapshot, setting->subject);
	const char *key = snapshot_key_name(snapshot, setting->key);
	struct proposal proposal = {
		.entry = registry_find_key(registry, subject->kind, key),
		.subject = subject,
		.key = key,
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (!proposal.entry || proposal.entry->class != ENTRY_TUNABLE || setting->absence != PRESENT)
		return;
	if (!propose_value(proposal.entry, setting->raw, proposals->up, &text)) {
		fprintf(stderr, "%s %s: no other value to propose for '%s'\n", subject->name, key, setting->raw);
		return;
	}
	proposal.text = xstrdup(text.buf);
	proposal.round = free_round(proposals, &proposal);
	GROW(proposals->items, proposals->capacity, proposals->count + 1);
	proposals->items[proposals->count++] = proposal;
}

static void print(const struct proposals *proposals, long wanted)
{
	unsigned int rounds = 0;

	for (size_t i = 0; i < proposals->count; i++) {
		const struct proposal *proposal = &proposals->items[i];

		if (proposal->round >= rounds)
			rounds = proposal->round + 1;
		if (wanted < 0 || proposal->round != wanted)
			continue;
		if (*proposal->subject->name)
			printf("%s %s ", subject_kind_name(proposal->subject->kind), proposal->subject->name);
		printf("%s=%s\n", proposal->key, proposal->text);
	}
	if (wanted < 0)
		printf("%u\n", rounds);
}

int main(int argc, char **argv)
{
	CLEANUP(knowledge_release) struct knowledge knowledge = { 0 };
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct proposals proposals = { .up = argc > 2 && streq(argv[2], "up") };

	if (argc < 3 || read_file(argv[1], &text) < 0)
		return 2;
	if (knowledge_load(&knowledge, KNOWLEDGE_RULES, NULL, 0, &diag) < 0 ||
	    snapshot_load(argv[1], text.buf, text.len, &diag, &snapshot) < 0)
		return 1;
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++)
		consider(&proposals, snapshot, knowledge.registry, snapshot_setting_at(snapshot, i));
	print(&proposals, argc > 3 ? strtol(argv[3], NULL, 10) : -1);
	for (size_t i = 0; i < proposals.count; i++)
		free(proposals.items[i].text);
	free(proposals.items);
	return 0;
}
