/* SPDX-License-Identifier: Apache-2.0 */
/* What every report of a review says in the same words. */
#include "phrase.h"

size_t report_verdicts(const struct report *report, enum review_verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < report->findings->count; i++)
		count += report->findings->items[i].review && report->findings->items[i].review->verdict == verdict;
	return count;
}

void phrase_verdicts(struct strbuf *out, const struct report *report, const char *separator)
{
	bool any = false;

	for (size_t i = 0; i < REVIEW_COUNT; i++) {
		size_t count = report_verdicts(report, (enum review_verdict)i);

		if (count == 0)
			continue;
		strbuf_add_string(out, any ? separator : "");
		phrase_count(out, count);
		strbuf_addf(out, " %s", review_verdict_name((enum review_verdict)i));
		any = true;
	}
}

#define LINES_NAMED 8U

static bool speaks_against(const struct finding *finding)
{
	return finding->status != STATUS_WAIVED && finding->severity >= SEVERITY_MEDIUM && review_tone(finding) == TONE_SEVERITY;
}

/* " (lines 6, 7)": of one file; of several the numbers alone would say nothing. */
static void add_bad_lines(struct strbuf *out, const struct report *report)
{
	const struct finding_list *list = report->findings;
	CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
	unsigned int named = 0;
	uint32_t last = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct finding_site *site = list->items[i].sites;

		if (!streq(site->path, list->items[0].sites->path))
			return;
		if (!speaks_against(&list->items[i]) || site->line == last)
			continue;
		last = site->line;
		if (named++ < LINES_NAMED)
			strbuf_addf(&lines, "%s%u", named > 1 ? ", " : "", last);
	}
	strbuf_addf(out, " (line%s %s%s)", named == 1 ? "" : "s", lines.buf, named > LINES_NAMED ? " …" : "");
}

static void add_share(struct strbuf *out, size_t count, size_t all)
{
	phrase_count(out, count);
	strbuf_add_string(out, " of ");
	phrase_plural(out, all, "setting");
}

void phrase_review_answer(struct strbuf *out, const struct report *report)
{
	size_t all = report->findings->count, bad = 0, unclear = report_verdicts(report, REVIEW_UNCLEAR);
	size_t supported = report_verdicts(report, REVIEW_SUPPORTED), unmeasured = report_verdicts(report, REVIEW_UNMEASURED);

	for (size_t i = 0; i < all; i++)
		bad += speaks_against(&report->findings->items[i]);
	if (all == 0)
		return;
	if (bad > 0) {
		strbuf_add_string(out, "Not as it is: ");
		add_share(out, bad, all);
		strbuf_add_string(out, bad == 1 ? " does harm, fails or loses to another line" : " do harm, fail or lose to another line");
		add_bad_lines(out, report);
		return;
	}
	strbuf_add_string(out, unclear ? "Nothing that was understood speaks against it; " : "Nothing speaks against it; ");
	if (supported > 0) {
		strbuf_add_string(out, "what was measured asks for ");
		add_share(out, supported, all);
	} else if (unmeasured > 0) {
		strbuf_add_string(out, "only a measurement tells what asks for ");
		add_share(out, unmeasured, all);
	} else {
		strbuf_add_string(out, "nothing that was measured asks for it");
	}
}

void phrase_also(struct strbuf *out, const struct finding *finding)
{
	bool any = false;

	for (unsigned int i = 0; finding->review && i < REVIEW_COUNT; i++) {
		if (!(finding->review->also & (1U << i)))
			continue;
		strbuf_addf(out, "%s%s", any ? ", " : "", review_verdict_name((enum review_verdict)i));
		any = true;
	}
}

static bool has_key(const struct finding *finding)
{
	return finding->values && finding->values->key && *finding->values->key;
}

void phrase_review_key(struct strbuf *out, const struct finding *finding)
{
	if (!has_key(finding))
		return;
	if (finding->subject_name && !streq(finding->subject_name, "host"))
		strbuf_addf(out, "%s ", finding->subject_name);
	strbuf_add_string(out, finding->values->key);
}

const char *review_from(const struct finding *finding)
{
	return has_key(finding) && finding->values->running ? finding->values->running : "–";
}

const char *review_to(const struct finding *finding)
{
	if (!has_key(finding))
		return "–";
	return finding->values->wanted && *finding->values->wanted ? finding->values->wanted : "(taken away)";
}

static bool differs(const char *a, const char *b)
{
	return (a != NULL) != (b != NULL) || (a && b && !streq(a, b));
}

bool phrase_becomes(struct strbuf *out, const struct finding *finding)
{
	const char *applied = finding->review->applied, *boot = finding->values ? finding->values->boot : NULL;

	if (!has_key(finding) || (!applied && !boot))
		return false;
	if (!differs(applied, finding->values->wanted) && !differs(boot, finding->values->wanted))
		return false;
	if (!boot && !differs(applied, finding->values->running))
		return false;
	strbuf_addf(out, "%s now, %s after boot", applied ? applied : "not known", boot ? boot : "not known");
	return true;
}

bool review_would_apply(const struct finding *finding)
{
	static const unsigned int applied = 1U << REVIEW_SUPPORTED | 1U << REVIEW_UNSUPPORTED | 1U << REVIEW_UNMEASURED |
					    1U << REVIEW_CONTRADICTED | 1U << REVIEW_DANGEROUS;

	return finding->n_changes > 0 && (applied & (1U << finding->review->verdict));
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && streq(a, b));
}

/* The same of another subject that the same line matches. */
static bool says_the_same(const struct finding *a, const struct finding *b)
{
	return a->values && b->values && a->review->verdict == b->review->verdict && a->review->also == b->review->also &&
	       a->sites[0].line == b->sites[0].line && streq(a->sites[0].path, b->sites[0].path) && streq(a->reason, b->reason) &&
	       same_text(a->values->key, b->values->key) && same_text(a->values->running, b->values->running) &&
	       same_text(a->values->wanted, b->values->wanted) && same_text(a->values->boot, b->values->boot) &&
	       !streq(a->subject_name, b->subject_name);
}

size_t report_same_below(const struct report *report, size_t index)
{
	const struct finding *finding = &report->findings->items[index];
	size_t more = 0;

	while (index + more + 1 < report->findings->count && says_the_same(finding, finding + more + 1))
		more++;
	return more;
}

enum review_tone review_tone(const struct finding *finding)
{
	static const unsigned int quiet = 1U << REVIEW_UNSUPPORTED | 1U << REVIEW_UNMEASURED | 1U << REVIEW_UNCLEAR | 1U << REVIEW_NO_EFFECT;
	enum review_verdict verdict = finding->review->verdict;

	if (verdict == REVIEW_SUPPORTED)
		return TONE_GOOD;
	return quiet & (1U << verdict) ? TONE_QUIET : TONE_SEVERITY;
}
