/* SPDX-License-Identifier: Apache-2.0 */
/* How a queueing discipline is given back: the kernel attaches its own to an interface that is left without one, and one
 * that somebody configured is made again, where all of it was captured. */
#include "action.h"

#include "../core/qdisc.h"
#include "rule.h"

static bool says(const struct target *target, const char *key, const char *value)
{
	const char *text = action_sibling(target, key);

	return text && streq(text, value);
}

/* "8001:" */
static bool is_handle(const char *text)
{
	size_t digits = strspn(text, "0123456789abcdef");

	return digits > 0 && digits <= 4 && streq(text + digits, ":") && !streq(text, "0:");
}

/* What hangs below mq is as the kernel would attach it today, or nothing hangs below it. */
static bool below_is_usual(const struct target *target)
{
	const char *usual = snapshot_text(target->snapshot, SUBJECT_HOST, "net.core.default_qdisc");
	const char *leaf = action_sibling(target, "qdisc.leaf");

	return !leaf || (usual && streq(usual, leaf) && !says(target, "qdisc.leaf.automatic", "false"));
}

/* The kernel attached it by itself, and would attach the same one today. */
static bool is_automatic(const struct target *target)
{
	const char *usual = snapshot_text(target->snapshot, SUBJECT_HOST, "net.core.default_qdisc");

	if (!says(target, "qdisc.automatic", "true") || says(target, "qdisc.filters", "true"))
		return false;
	if (streq(target->raw, "noqueue"))
		return true;
	return streq(target->raw, "mq") && action_sibling(target, "qdisc.leaf") ? below_is_usual(target) :
										 usual && streq(usual, target->raw);
}

/* Somebody configured it, and all that makes it is known; words: of tc, behind its kind. */
static bool can_be_made_again(const struct target *target, struct strbuf *words)
{
	const char *handle = action_sibling(target, "qdisc.handle"), *options = action_sibling(target, "qdisc.options");

	return says(target, "qdisc.automatic", "false") && says(target, "qdisc.filters", "false") && handle && is_handle(handle) &&
	       options && qdisc_is_known(target->raw) && below_is_usual(target) && qdisc_words(target->raw, options, words) == 0;
}

bool action_qdisc_comes_back(const struct target *target)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;

	return is_automatic(target) || can_be_made_again(target, &words);
}

void action_qdisc_restore(const struct target *target, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;
	bool again = can_be_made_again(target, &words);

	if (!again && !is_automatic(target))
		return;
	strbuf_add_string(out, "tc qdisc replace dev ");
	action_word(out, target->name);
	if (again) {
		strbuf_addf(out, " root handle %s %s%s\n", action_sibling(target, "qdisc.handle"), target->raw, words.buf);
		return;
	}
	strbuf_add_string(out, " root pfifo\ntc qdisc del dev ");
	action_word(out, target->name);
	strbuf_add_string(out, " root\n");
}

static struct plan_coupled detail(const struct target *target, const char *key, const char *reads, struct strbuf *show)
{
	return (struct plan_coupled){
		.key = arena_formatf(target->arena, "%s %s", target->name, key),
		.path = "",
		.raw = reads,
		.reads = reads,
		.show = arena_strdup(target->arena, show->buf),
	};
}

/* The kernel attaches what net.core.default_qdisc says at that moment, so what hangs below is looked at too. */
size_t action_qdisc_details(const struct target *target, struct plan_coupled *out)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT, show = STRBUF_INIT, reads = STRBUF_INIT;
	const char *leaf = action_sibling(target, "qdisc.leaf");
	const struct qdisc_parameter *parameters;
	size_t count = 0, n = qdisc_parameters(target->raw, &parameters);

	if (leaf) {
		strbuf_add_string(&show, "qdisc_leaf_shows ");
		action_word(&show, target->name);
		out[count++] = detail(target, "qdisc.leaf", leaf, &show);
	}
	if (!can_be_made_again(target, &words))
		return count;
	strbuf_reset(&show);
	strbuf_add_string(&show, "qdisc_details ");
	action_word(&show, target->name);
	for (size_t i = 0; i < n; i++)
		if (parameters[i].form != QDISC_USUAL)
			strbuf_addf(&show, " %s", parameters[i].name);
	strbuf_addf(&reads, "%s %s", action_sibling(target, "qdisc.handle"), action_sibling(target, "qdisc.options"));
	strbuf_trim(&reads);
	out[count++] = detail(target, "qdisc.options", arena_strdup(target->arena, reads.buf), &show);
	return count;
}
