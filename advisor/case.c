/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <errno.h>

#include "compose.h"

static const char *const case_keys[] = { "name", "settings", "rates", "intervals", "gauges", "totals", "sums", "absent",
					 "unreadable", "kernel", "window", "subjects", "expect", "to", "missing", "note",
					 NULL };

struct check {
	const struct node *node;
	const char *name;
	struct snapshot *snapshot;
	const struct finding_list *findings;
	struct diag *diag;
	struct strbuf *why;
	bool failed;
	bool bad;			/* the case itself */
};

#define complain(check, at, ...)                                                                                      \
	do {                                                                                                           \
		struct place place_ = node_place(at);                                                                  \
		(void)diag_error((check)->diag, &place_, __VA_ARGS__);                                                 \
		(check)->bad = true;                                                                                   \
	} while (0)

static void describe_finding(struct check *check, const struct finding *finding)
{
	strbuf_addf(check->why, "%s: %s", status_name(finding->status), finding->reason ? finding->reason : "");
	for (size_t i = 0; i < finding->n_changes; i++)
		strbuf_addf(check->why, "; %s: %s → %s", finding->changes[i].key, finding->changes[i].from,
			    finding->changes[i].to);
}

static void fail_begin(struct check *check, const struct finding *finding)
{
	check->failed = true;
	strbuf_addf(check->why, "%s:%u: case '%s', %s: ", node_file(check->node) ? node_file(check->node) : "", check->node->line,
		    check->name, finding ? finding->subject_name : "");
}

static const char *short_name(const struct check *check, const struct finding *finding)
{
	const struct subject *subject = snapshot_subject_get(check->snapshot, finding->subject);

	return subject->kind == SUBJECT_KIND_HOST ? "host" : subject->name;
}

static const struct finding *find_finding(const struct check *check, const char *subject)
{
	for (size_t i = 0; i < check->findings->count; i++)
		if (streq(short_name(check, &check->findings->items[i]), subject))
			return &check->findings->items[i];
	return NULL;
}

static void check_status(struct check *check, const struct finding *finding, enum status wanted)
{
	if (finding->status == wanted)
		return;
	fail_begin(check, finding);
	strbuf_addf(check->why, "expected %s, got ", status_name(wanted));
	describe_finding(check, finding);
	strbuf_add_char(check->why, '\n');
}

static bool read_status(struct check *check, const struct node *node, enum status *ret_status)
{
	if (node->kind == NODE_SCALAR && status_parse(node->text, ret_status) == 0)
		return true;
	complain(check, node, "expect: '%s' is no status", node->text);
	return false;
}

static void note_status(struct case_result *result, enum status status)
{
	if (status == STATUS_RECOMMEND || status == STATUS_SUSPECT)
		result->fires = true;
	else
		result->silent = true;
}

static void check_expect(struct check *check, const struct node *expect, struct case_result *result)
{
	enum status status;

	if (expect->kind == NODE_SCALAR) {
		if (!read_status(check, expect, &status))
			return;
		note_status(result, status);
		if (check->findings->count == 0)
			complain(check, expect, "expect: the case has no subject of the rule");
		for (size_t i = 0; i < check->findings->count; i++)
			check_status(check, &check->findings->items[i], status);
		return;
	}
	for (size_t i = 0; expect->kind == NODE_MAPPING && i + 1 < expect->count; i += 2) {
		const struct finding *finding = find_finding(check, expect->items[i].text);

		if (!read_status(check, &expect->items[i + 1], &status))
			return;
		note_status(result, status);
		if (!finding)
			complain(check, &expect->items[i], "expect: no subject '%s'", expect->items[i].text);
		else
			check_status(check, finding, status);
	}
}

/* "net.core.somaxconn", "scheduler", "self.scheduler" all name the key of a change. */
static bool key_matches(const char *shown, const char *wanted)
{
	if (starts_with(wanted, "self."))
		wanted += strlen("self.");
	return streq(shown, wanted) || (ends_with(shown, wanted) && shown[strlen(shown) - strlen(wanted) - 1] == ' ');
}

static void check_change(struct check *check, const struct finding *finding, const char *key, const char *wanted)
{
	for (size_t i = 0; i < finding->n_changes; i++) {
		if (!key_matches(finding->changes[i].key, key))
			continue;
		if (streq(finding->changes[i].to, wanted))
			return;
		fail_begin(check, finding);
		strbuf_addf(check->why, "expected %s to become '%s', got '%s'\n", key, wanted, finding->changes[i].to);
		return;
	}
	fail_begin(check, finding);
	strbuf_addf(check->why, "expected %s to become '%s', but it is not changed: ", key, wanted);
	describe_finding(check, finding);
	strbuf_add_char(check->why, '\n');
}

static void check_to(struct check *check, const struct node *to)
{
	for (size_t i = 0; to && to->kind == NODE_MAPPING && i + 1 < to->count; i += 2) {
		const struct node *key = &to->items[i], *value = &to->items[i + 1];
		const struct finding *finding = find_finding(check, key->text);

		if (value->kind == NODE_SCALAR) {
			for (size_t j = 0; j < check->findings->count; j++)
				if (check->findings->items[j].n_changes > 0)
					check_change(check, &check->findings->items[j], key->text, value->text);
			if (check->findings->count > 0 && check->findings->items[0].n_changes == 0)
				check_change(check, &check->findings->items[0], key->text, value->text);
			continue;
		}
		if (!finding)
			complain(check, key, "to: no subject '%s'", key->text);
		for (size_t j = 0; finding && value->kind == NODE_MAPPING && j + 1 < value->count; j += 2)
			check_change(check, finding, value->items[j].text, value->items[j + 1].text);
	}
}

static bool is_missing(const struct check *check, const char *key)
{
	for (size_t i = 0; i < check->findings->count; i++)
		for (size_t j = 0; j < check->findings->items[i].n_missing; j++)
			if (key_matches(check->findings->items[i].missing[j].key, key))
				return true;
	return false;
}

static void check_missing(struct check *check, const struct node *missing)
{
	const struct finding *first = check->findings->count > 0 ? &check->findings->items[0] : NULL;

	for (size_t i = 0; missing && missing->kind == NODE_SEQUENCE && i < missing->count; i++) {
		if (is_missing(check, missing->items[i].text))
			continue;
		fail_begin(check, first);
		strbuf_addf(check->why, "expected %s to be missing, got ", missing->items[i].text);
		if (first)
			describe_finding(check, first);
		strbuf_add_char(check->why, '\n');
	}
}

/* False when nothing was proposed. */
static bool apply(struct snapshot *snapshot, const struct finding_list *findings)
{
	bool changed = false;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		for (size_t j = 0; j < finding->n_changes; j++) {
			const struct change *change = &finding->changes[j];
			const char *key = strchr(change->tunable->key, '*') ? change->key : change->tunable->key;

			snapshot_set_string(snapshot, change->subject, key, change->to, NULL);
			changed = true;
		}
	}
	return changed;
}

int settle(struct rulebook *rulebook, struct snapshot *snapshot, const struct evaluate_options *options,
	   struct diag *diag, struct finding_list *ret_last)
{
	for (unsigned int step = 0; step <= SETTLE_STEPS_MAX; step++) {
		finding_list_release(ret_last);
		evaluate(rulebook, snapshot, options, diag, ret_last);
		if (!apply(snapshot, ret_last))
			return 0;
	}
	return -ELOOP;
}

static void check_fixed_point(struct check *check, struct rulebook *rulebook, const struct evaluate_options *options)
{
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;

	if (settle(rulebook, check->snapshot, options, check->diag, &findings) == 0)
		return;
	for (size_t i = 0; i < findings.count; i++) {
		if (findings.items[i].n_changes == 0)
			continue;
		fail_begin(check, &findings.items[i]);
		strbuf_addf(check->why, "recommends again and again, at last: ");
		describe_finding(check, &findings.items[i]);
		strbuf_add_char(check->why, '\n');
	}
}

int case_run(struct rulebook *rulebook, const struct registry *registry, const char *rule, const struct node *node,
	     struct diag *diag, struct strbuf *why, struct case_result *ret_result)
{
	CLEANUP(composer_free_ptr) struct composer *composer = composer_new(registry, diag);
	CLEANUP(finding_list_release) struct finding_list findings = FINDING_LIST_INIT;
	struct evaluate_options options = { .keep_all = true, .only_rule = rule };
	struct check check = { .node = node, .findings = &findings, .diag = diag, .why = why };
	const struct node *expect = node_get(node, "expect");

	*ret_result = (struct case_result){ 0 };
	if (node->kind != NODE_MAPPING || !expect || node_get_text(node, "name", diag, &check.name) < 0) {
		complain(&check, node, "expected a case: {name: …, settings: …, expect: …}");
		return -EINVAL;
	}
	ret_result->name = check.name;
	check.bad = node_check_keys(node, case_keys, diag) < 0;
	composer_add(composer, node, NULL);
	if (composer_finish(composer, &check.snapshot) < 0 || check.bad)
		return -EINVAL;
	evaluate(rulebook, check.snapshot, &options, diag, &findings);
	check_expect(&check, expect, ret_result);
	check_to(&check, node_get(node, "to"));
	check_missing(&check, node_get(node, "missing"));
	if (!check.failed)
		check_fixed_point(&check, rulebook, &options);
	if (check.bad)
		return -EINVAL;
	return check.failed;
}

int cases_run(struct rulebook *rulebook, const struct registry *registry, const char *rule,
	      const struct node *documents, struct diag *diag, struct strbuf *why, size_t *ret_cases)
{
	bool fires = false, silent = false;
	int result = 0, r;

	*ret_cases = 0;
	for (size_t i = 0; i < documents->count; i++) {
		const struct node *document = &documents->items[i];

		for (size_t j = 0; document->kind == NODE_SEQUENCE && j < document->count; j++) {
			struct case_result one;

			r = case_run(rulebook, registry, rule, &document->items[j], diag, why, &one);
			if (r != 0 && result >= 0)
				result = r;
			fires = fires || one.fires;
			silent = silent || one.silent;
			(*ret_cases)++;
		}
	}
	if (fires && silent)
		return result;
	strbuf_addf(why, "%s: no case in which the rule %s\n", rule, fires ? "stays silent" : "fires");
	return result < 0 ? result : 1;
}
