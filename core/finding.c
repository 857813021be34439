/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

#include <errno.h>
#include <stdlib.h>

/* clang-format off */
static const char *const status_names[STATUS_COUNT] = {
	[STATUS_RECOMMEND]      = "recommend",
	[STATUS_SUSPECT]        = "suspect",
	[STATUS_UNMEASURED]     = "unmeasured",
	[STATUS_ELSEWHERE]      = "elsewhere",
	[STATUS_SATISFIED]      = "satisfied",
	[STATUS_NOT_APPLICABLE] = "not-applicable",
	[STATUS_UNREADABLE]     = "unreadable",
	[STATUS_WAIVED]         = "waived",
};

static const char *const severity_names[SEVERITY_COUNT] = {
	[SEVERITY_LOW]      = "low",
	[SEVERITY_MEDIUM]   = "medium",
	[SEVERITY_HIGH]     = "high",
	[SEVERITY_CRITICAL] = "critical",
};

static const char *const confidence_names[] = {
	[CONFIDENCE_LOW]    = "low",
	[CONFIDENCE_MEDIUM] = "medium",
	[CONFIDENCE_HIGH]   = "high",
};

static const char *const basis_names[] = {
	[BASIS_SETTING]    = "setting",
	[BASIS_LIVE]       = "live",
	[BASIS_SINCE_BOOT] = "since-boot",
	[BASIS_INSTANT]    = "instant",
};

static const char *const change_class_names[CHANGE_CLASS_COUNT] = {
	"one-way", "reboot-to-undo", "write-has-side-effect", "new-objects-only", "per-namespace", "needs-module",
};
/* clang-format on */

static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (streq(names[i], name))
			return (int)i;
	return -EINVAL;
}

const char *status_name(enum status status)
{
	return status_names[status];
}

int status_parse(const char *name, enum status *ret_status)
{
	int r = find_name(status_names, STATUS_COUNT, name);

	if (r < 0)
		return r;
	*ret_status = (enum status)r;
	return 0;
}

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

int severity_parse(const char *name, enum severity *ret_severity)
{
	int r = find_name(severity_names, SEVERITY_COUNT, name);

	if (r < 0)
		return r;
	*ret_severity = (enum severity)r;
	return 0;
}

const char *confidence_name(enum confidence confidence)
{
	return confidence_names[confidence];
}

const char *basis_name(enum basis basis)
{
	return basis_names[basis];
}

void finding_list_release(struct finding_list *list)
{
	free(list->items);
	arena_release(&list->arena);
	*list = (struct finding_list)FINDING_LIST_INIT;
}

const char *change_class_name(unsigned int bit)
{
	return change_class_names[bit];
}

int change_class_parse(const char *name, unsigned int *ret_class)
{
	int r = find_name(change_class_names, CHANGE_CLASS_COUNT, name);

	if (r < 0)
		return r;
	*ret_class = 1U << r;
	return 0;
}

unsigned int change_classes(const struct entry *entry)
{
	unsigned int classes = 0;

	if (entry->reversible == REVERSIBLE_NO)
		classes |= CHANGE_ONE_WAY;
	if (entry->reversible == REVERSIBLE_REBOOT)
		classes |= CHANGE_REBOOT_TO_UNDO;
	if (entry->write_effect)
		classes |= CHANGE_SIDE_EFFECT;
	if (entry->takes_effect == EFFECT_NEW_OBJECTS || entry->takes_effect == EFFECT_RESTART)
		classes |= CHANGE_NEW_OBJECTS;
	if (entry->scope >= SCOPE_NET_NAMESPACE && entry->scope <= SCOPE_USER_NAMESPACE)
		classes |= CHANGE_PER_NAMESPACE;
	if (entry->module || entry->takes_effect == EFFECT_MODULE_LOAD)
		classes |= CHANGE_NEEDS_MODULE;
	return classes;
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order;

	if (x->status != y->status)
		return x->status < y->status ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	order = strcmp(x->rule, y->rule);
	order = order ? order : strcmp(x->subject_name, y->subject_name);
	return order ? order : strcmp(x->id, y->id);
}

void finding_list_sort(struct finding_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare_findings);
}

double finding_list_coverage(const struct finding_list *list)
{
	size_t unknown = list->counts[STATUS_UNMEASURED] + list->counts[STATUS_UNREADABLE], all = 0;

	for (size_t i = 0; i < STATUS_COUNT; i++)
		all += i == STATUS_NOT_APPLICABLE ? 0 : list->counts[i];
	return all > 0 ? (double)(all - unknown) / (double)all : 0;
}

const char *review_verdict_name(enum review_verdict verdict)
{
	static const char *const names[REVIEW_COUNT] = {
		[REVIEW_SUPPORTED] = "supported",   [REVIEW_UNSUPPORTED] = "unsupported",   [REVIEW_UNMEASURED] = "unmeasured",
		[REVIEW_CONTRADICTED] = "contradicted", [REVIEW_NO_EFFECT] = "no-effect",   [REVIEW_OVERRIDDEN] = "overridden",
		[REVIEW_OBSOLETE] = "obsolete",     [REVIEW_DANGEROUS] = "dangerous",       [REVIEW_INVALID] = "invalid",
		[REVIEW_BROKEN] = "broken",	     [REVIEW_UNCLEAR] = "unclear",
	};

	return names[verdict];
}

bool finding_measures(const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_evidence; i++)
		if (finding->evidence[i].basis != BASIS_SETTING)
			return true;
	return false;
}
