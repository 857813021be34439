/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: what must hold whatever is measured.
 *
 *   policy:
 *     id: my-nodes
 *     includes: [kubelet-node]
 *     overrides: [{id: kubelet-node/panic, severity: low}, {id: kubelet-node/inotify, leave_out: set by a DaemonSet}]
 *     expect: [{id: …, key: …, must: …}, …]
 */
#include <errno.h>
#include <stdlib.h>

#include "audit-making.h"

#define INCLUDES_DEPTH_MAX 16
#define INCLUDES_MAX 1000

struct policy {
	const char *id, *title;
	const struct node *node;
};

/* A line that is to be judged. */
struct chosen {
	const char *id;			/* "kubelet-node/panic" */
	const char *policy;		/* the one that it is from */
	const struct node *node;	/* with what was overridden */
	bool left_out;
};

/* Something that does not fit, told when the lines are compiled. */
struct mistake {
	struct place place;
	const char *message;
};

struct policies {
	const struct registry *registry;
	struct policy *items;		/* by id */
	size_t count, capacity;
	struct chosen *chosen;
	size_t n_chosen, chosen_capacity;
	struct mistake *mistakes;
	size_t n_mistakes, mistakes_capacity;
	size_t includes;		/* followed so far */
	struct arena arena;
};

static const char *const document_keys[] = { "policy", NULL };
static const char *const policy_keys[] = { "id", "title", "summary", "includes", "overrides", "expect", NULL };

struct policies *policies_new(const struct registry *registry)
{
	struct policies *policies = xcalloc(1, sizeof(*policies));

	policies->registry = registry;
	return policies;
}

void policies_free(struct policies *policies)
{
	if (!policies)
		return;
	free(policies->items);
	free(policies->chosen);
	free(policies->mistakes);
	arena_release(&policies->arena);
	free(policies);
}

/* Where id is, or would be. */
static size_t position_of(const struct policies *policies, const char *id)
{
	size_t low = 0, high = policies->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(policies->items[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int policy_find(const struct policies *policies, const char *id)
{
	size_t position = position_of(policies, id);

	return position < policies->count && streq(policies->items[position].id, id) ? (int)position : -ENOENT;
}

size_t policies_count(const struct policies *policies)
{
	return policies->count;
}

const char *policy_id(const struct policies *policies, size_t index)
{
	return policies->items[index].id;
}

const char *policy_title(const struct policies *policies, size_t index)
{
	return policies->items[index].title;
}

const struct node *policy_node(const struct policies *policies, size_t index)
{
	return policies->items[index].node;
}

/* ---- reading ---- */

static const struct node *policy_of(const struct node *document)
{
	const struct node *policy = document->kind == NODE_MAPPING ? node_get(document, "policy") : NULL;

	return policy && policy->kind == NODE_MAPPING ? policy : NULL;
}

const char *policy_document_id(const struct node *documents, size_t index)
{
	for (uint32_t i = 0; i < documents->count; i++) {
		const struct node *policy = policy_of(&documents->items[i]);
		const struct node *id = policy ? node_get(policy, "id") : NULL;

		if (id && id->kind == NODE_SCALAR && index-- == 0)
			return id->text;
	}
	return NULL;
}

/* A list that may be left out, of scalars or of mappings. */
static int check_list(const struct node *policy, const char *key, enum node_kind kind, struct diag *diag)
{
	const struct node *list = node_get(policy, key);
	struct place place;
	int result = 0;

	if (!list)
		return 0;
	place = node_place(list);
	if (list->kind != NODE_SEQUENCE)
		return diag_error(diag, &place, "%s: expected a list", key);
	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i].kind == kind)
			continue;
		place = node_place(&list->items[i]);
		result = diag_error(diag, &place, "%s: expected %s", key, kind == NODE_SCALAR ? "the id of a policy" :
				    "a mapping");
	}
	return result;
}

static int check_id(const struct node *policy, const char *id, struct diag *diag)
{
	const struct node *node = node_get(policy, "id");
	struct place place = node_place(node ? node : policy);

	if (!id)
		return diag_error(diag, &place, "policy: id is missing");
	for (const char *c = id; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (*c == '-' && c > id && c[1])))
			return diag_error(diag, &place, "id: expected lower-case letters, digits and hyphens, found '%s'", id);
	return *id ? 0 : diag_error(diag, &place, "id: expected text, found nothing");
}

static int check_line_ids(const struct node *expect, struct diag *diag)
{
	int result = 0;

	for (uint32_t i = 0; expect && i < expect->count; i++) {
		const struct node *id = node_get(&expect->items[i], "id");

		for (uint32_t j = 0; id && id->kind == NODE_SCALAR && j < i; j++) {
			const struct node *other = node_get(&expect->items[j], "id");
			struct place place = node_place(id);

			if (other && other->kind == NODE_SCALAR && streq(other->text, id->text))
				result = diag_error(diag, &place, "a line with the id '%s' is there already, in line %u", id->text,
						    other->line);
		}
	}
	return result;
}

static int load_one(struct policies *policies, const struct node *document, struct diag *diag)
{
	const struct node *node = policy_of(document);
	struct place place = node_place(document);
	struct policy policy = { .node = node };
	size_t position;
	int result = 0, r;

	if (!node)
		return diag_error(diag, &place, "expected a policy: a mapping 'policy:' with id, title, expect …");
	if (node_check_keys(document, document_keys, diag) < 0 || node_check_keys(node, policy_keys, diag) < 0)
		result = -EINVAL;
	r = node_get_text(node, "id", diag, &policy.id);
	if ((r < 0 && r != -ENOENT) || check_id(node, policy.id, diag) < 0)
		return -EINVAL;
	r = node_get_text(node, "title", diag, &policy.title);
	place = node_place(node);
	if (r == -ENOENT)
		r = diag_error(diag, &place, "policy %s: title is missing", policy.id);
	result = r < 0 ? r : result;
	if (check_list(node, "includes", NODE_SCALAR, diag) < 0 || check_list(node, "overrides", NODE_MAPPING, diag) < 0 ||
	    check_list(node, "expect", NODE_MAPPING, diag) < 0 || check_line_ids(node_get(node, "expect"), diag) < 0)
		return -EINVAL;
	if (!node_get(node, "expect") && !node_get(node, "includes"))
		result = diag_error(diag, &place, "policy %s: neither expect nor includes: it wants nothing", policy.id);
	if (result < 0)
		return result;
	position = position_of(policies, policy.id);
	if (position == policies->count || !streq(policies->items[position].id, policy.id)) {
		GROW(policies->items, policies->capacity, policies->count + 1);
		memmove(policies->items + position + 1, policies->items + position,
			(policies->count - position) * sizeof(*policies->items));
		policies->count++;
	}
	policies->items[position] = policy;
	return 0;
}

int policies_load(struct policies *policies, const struct node *documents, struct diag *diag)
{
	int result = 0;

	for (uint32_t i = 0; i < documents->count; i++)
		if (load_one(policies, &documents->items[i], diag) < 0)
			result = -EINVAL;
	return result;
}

/* ---- choosing ---- */

static void note_mistake(struct policies *policies, const struct node *node, const char *message)
{
	GROW(policies->mistakes, policies->mistakes_capacity, policies->n_mistakes + 1);
	policies->mistakes[policies->n_mistakes++] = (struct mistake){ node_place(node), message };
}

static struct chosen *chosen_find(const struct policies *policies, const char *id)
{
	for (size_t i = 0; i < policies->n_chosen; i++)
		if (streq(policies->chosen[i].id, id))
			return &policies->chosen[i];
	return NULL;
}

static void choose_line(struct policies *policies, const char *policy, const struct node *line)
{
	const struct node *id = node_get(line, "id");
	const char *name = id && id->kind == NODE_SCALAR ? id->text : "";

	name = arena_formatf(&policies->arena, "%s/%s", policy, name);
	/* A policy that is included twice is judged once; what was overridden stays so. */
	if (id && chosen_find(policies, name))
		return;
	GROW(policies->chosen, policies->chosen_capacity, policies->n_chosen + 1);
	policies->chosen[policies->n_chosen++] = (struct chosen){ .id = name, .policy = policy, .node = line };
}

/* line with the members of override, but for its id, in place of its own. */
static const struct node *overridden(struct policies *policies, const struct node *line, const struct node *override)
{
	struct node *items = arena_alloc(&policies->arena, (line->count + override->count) * sizeof(*items));
	struct node *merged = arena_alloc(&policies->arena, sizeof(*merged));
	uint32_t count = 0;

	for (uint32_t i = 0; i + 1 < line->count; i += 2) {
		if (!streq(line->items[i].text, "id") && node_get(override, line->items[i].text))
			continue;
		items[count++] = line->items[i];
		items[count++] = line->items[i + 1];
	}
	for (uint32_t i = 0; i + 1 < override->count; i += 2) {
		if (streq(override->items[i].text, "id"))
			continue;
		items[count++] = override->items[i];
		items[count++] = override->items[i + 1];
	}
	*merged = *line;
	merged->items = items;
	merged->count = count;
	return merged;
}

static void override_line(struct policies *policies, const struct node *override)
{
	const struct node *id = node_get(override, "id"), *leave_out = node_get(override, "leave_out");
	struct chosen *chosen = id && id->kind == NODE_SCALAR ? chosen_find(policies, id->text) : NULL;

	if (!id || id->kind != NODE_SCALAR) {
		note_mistake(policies, override, "overrides: id is missing: the line, as POLICY/LINE");
	} else if (!chosen) {
		note_mistake(policies, id, arena_formatf(&policies->arena, "overrides: nothing that is included has a line '%s'",
							 id->text));
	} else if (leave_out && (leave_out->kind != NODE_SCALAR || !*leave_out->text || override->count != 4)) {
		note_mistake(policies, leave_out, "leave_out: expected the reason, and nothing else beside id");
	} else {
		chosen->left_out = leave_out != NULL;
		if (!leave_out)
			chosen->node = overridden(policies, chosen->node, override);
	}
}

static int choose(struct policies *policies, const char *id, unsigned int depth)
{
	int position = policy_find(policies, id);
	const struct node *node, *includes, *overrides, *expect;

	if (position < 0)
		return -ENOENT;
	if (depth > INCLUDES_DEPTH_MAX || ++policies->includes > INCLUDES_MAX)
		return -ELOOP;
	node = policies->items[position].node;
	includes = node_get(node, "includes");
	overrides = node_get(node, "overrides");
	expect = node_get(node, "expect");
	for (uint32_t i = 0; includes && i < includes->count; i++) {
		int r = choose(policies, includes->items[i].text, depth + 1);

		if (r == -ENOENT)
			note_mistake(policies, &includes->items[i],
				     arena_formatf(&policies->arena, "includes: there is no policy '%s'", includes->items[i].text));
		else if (r == -ELOOP)
			note_mistake(policies, &includes->items[i],
				     arena_formatf(&policies->arena, "includes: '%s' includes itself, or too much", includes->items[i].text));
		if (r == -ELOOP)
			return 0;
	}
	for (uint32_t i = 0; expect && i < expect->count; i++)
		choose_line(policies, policies->items[position].id, &expect->items[i]);
	for (uint32_t i = 0; overrides && i < overrides->count; i++)
		override_line(policies, &overrides->items[i]);
	return 0;
}

int policies_choose(struct policies *policies, const char *id)
{
	return choose(policies, id, 0);
}

void policies_forget(struct policies *policies)
{
	policies->n_chosen = policies->n_mistakes = policies->includes = 0;
}

int policies_compile_own(struct policies *policies, size_t index, struct diag *diag, struct rulebook **ret_rulebook)
{
	const struct policy *policy = &policies->items[index];
	const struct node *expect = node_get(policy->node, "expect");
	struct rulebook *rulebook = rulebook_new(policies->registry);
	int result = 0;

	for (uint32_t i = 0; expect && i < expect->count; i++)
		if (rulebook_load_expectation(rulebook, policy->id, &expect->items[i], diag) < 0)
			result = -EINVAL;
	*ret_rulebook = rulebook;
	return result;
}

int policies_compile(struct policies *policies, struct diag *diag, struct rulebook **ret_rulebook)
{
	struct rulebook *rulebook = rulebook_new(policies->registry);
	int result = 0;

	for (size_t i = 0; i < policies->n_mistakes; i++)
		result = diag_error(diag, &policies->mistakes[i].place, "%s", policies->mistakes[i].message);
	for (size_t i = 0; i < policies->n_chosen; i++) {
		const struct chosen *chosen = &policies->chosen[i];

		if (!chosen->left_out && rulebook_load_expectation(rulebook, chosen->policy, chosen->node, diag) < 0)
			result = -EINVAL;
	}
	*ret_rulebook = rulebook;
	return result;
}
