/* SPDX-License-Identifier: Apache-2.0 */
#include "plan-document.h"

#include <errno.h>

#include "json.h"
#include "parse.h"

struct reading {
	struct arena *arena;
	struct diag *diag;
	struct place place;
	size_t reasons;
};

#define complain(reading, ...) diag_error((reading)->diag, &(reading)->place, __VA_ARGS__)

/* Text, or *ret_text stays NULL when it is not there.  -EINVAL after a message. */
static int read_text(struct reading *reading, const struct node *mapping, const char *key, const char **ret_text)
{
	const struct node *node = node_get(mapping, key);

	*ret_text = NULL;
	if (!node)
		return 0;
	if (node->kind != NODE_SCALAR || !node->quoted)
		return complain(reading, "%s: expected text", key);
	*ret_text = node->text;
	return 0;
}

/* Text that may stand under KEY64. */
static int read_raw(struct reading *reading, const struct node *mapping, const char *key, const char **ret_text)
{
	CLEANUP(free_ptr) char *key64 = xasprintf("%s64", key);
	CLEANUP(strbuf_release) struct strbuf decoded = STRBUF_INIT;
	const char *encoded = NULL;
	int r = read_text(reading, mapping, key, ret_text);

	if (r == 0 && !*ret_text)
		r = read_text(reading, mapping, key64, &encoded);
	if (r < 0 || *ret_text || !encoded)
		return r;
	if (base64_decode(encoded, strlen(encoded), &decoded) < 0 || memchr(decoded.buf, '\0', decoded.len))
		return complain(reading, "%s: expected base64 without zero bytes", key64);
	*ret_text = arena_strndup(reading->arena, decoded.buf, decoded.len);
	return 0;
}

static int need_raw(struct reading *reading, const struct node *mapping, const char *key, const char **ret_text)
{
	int r = read_raw(reading, mapping, key, ret_text);

	return r == 0 && !*ret_text ? complain(reading, "an action has no %s", key) : r;
}

static bool is_true(const struct node *mapping, const char *key)
{
	const struct node *node = node_get(mapping, key);

	return node && node->kind == NODE_SCALAR && !node->quoted && streq(node->text, "true");
}

static int read_reason(struct reading *reading, const struct node *node, struct planned_reason *ret)
{
	int r;

	if (node->kind != NODE_MAPPING)
		return complain(reading, "reasons: expected a list of objects");
	r = read_text(reading, node, "finding", &ret->finding);
	if (r == 0)
		r = read_text(reading, node, "rule", &ret->rule);
	if (r == 0)
		r = read_text(reading, node, "title", &ret->title);
	if (r == 0)
		r = read_text(reading, node, "criterion", &ret->criterion);
	ret->criterion_node = node_get(node, "criterion");
	return r;
}

static int read_reasons(struct reading *reading, const struct node *mapping, struct planned_action *action)
{
	const struct node *list = node_get(mapping, "reasons");
	int r = 0;

	if (!list)
		return 0;
	if (list->kind != NODE_SEQUENCE)
		return complain(reading, "reasons: expected a list");
	reading->reasons += list->count;
	if (reading->reasons > PLANNED_REASONS_MAX)
		return complain(reading, "more than %d reasons", PLANNED_REASONS_MAX);
	action->reasons = arena_alloc(reading->arena, (list->count + 1) * sizeof(*action->reasons));
	for (uint32_t i = 0; i < list->count && r == 0; i++)
		r = read_reason(reading, &list->items[i], &action->reasons[action->n_reasons++]);
	return r;
}

static int read_subject(struct reading *reading, const struct node *mapping, struct planned_action *action)
{
	const struct node *subject = node_get(mapping, "subject");
	const char *kind;
	int r;

	if (!subject || subject->kind != NODE_MAPPING)
		return complain(reading, "an action has no subject");
	r = read_text(reading, subject, "kind", &kind);
	if (r == 0)
		r = read_raw(reading, subject, "name", &action->subject);
	if (r < 0)
		return r;
	if (!kind || subject_kind_parse(kind, &action->kind) < 0)
		return complain(reading, "'%.80s' is no kind of subject", kind ? kind : "");
	/* The host has no name. */
	if (!action->subject || action->kind == SUBJECT_KIND_HOST)
		action->subject = "";
	return 0;
}

static int read_write(struct reading *reading, const struct node *mapping, struct planned_action *action)
{
	const struct node *write = node_get(mapping, "write");

	if (!write)
		return 0;
	if (write->kind != NODE_MAPPING)
		return complain(reading, "write: expected an object");
	action->choice = is_true(write, "choice");
	return read_raw(reading, write, "reads_back", &action->reads_back);
}

static int read_action(struct reading *reading, const struct node *node, struct planned_action *action)
{
	const struct node *number;
	int r;

	if (node->kind != NODE_MAPPING)
		return complain(reading, "actions: expected a list of objects");
	number = node_get(node, "number");
	if (!number || number->kind != NODE_SCALAR || parse_u64(number->text, &action->number) < 0)
		return complain(reading, "an action has no number");
	r = need_raw(reading, node, "key", &action->key);
	if (r == 0)
		r = need_raw(reading, node, "setting", &action->setting);
	if (r == 0)
		r = need_raw(reading, node, "from", &action->from);
	if (r == 0)
		r = need_raw(reading, node, "to", &action->to);
	if (r == 0)
		r = read_text(reading, node, "from_text", &action->from_text);
	if (r == 0)
		r = read_text(reading, node, "to_text", &action->to_text);
	if (r == 0)
		r = read_text(reading, node, "takes_effect", &action->takes_effect);
	if (r == 0)
		r = read_subject(reading, node, action);
	if (r == 0)
		r = read_write(reading, node, action);
	if (r == 0)
		r = read_reasons(reading, node, action);
	action->live = is_true(node, "live");
	action->from_text = action->from_text ? action->from_text : action->from;
	action->to_text = action->to_text ? action->to_text : action->to;
	return r;
}

static int read_actions(struct reading *reading, const struct node *root, struct plan_document *plan)
{
	const struct node *list = node_get(root, "actions");
	int r = 0;

	if (!list || list->kind != NODE_SEQUENCE)
		return complain(reading, "actions: expected a list");
	if (list->count > PLANNED_ACTIONS_MAX)
		return complain(reading, "more than %d actions", PLANNED_ACTIONS_MAX);
	plan->actions = arena_alloc(reading->arena, (list->count + 1) * sizeof(*plan->actions));
	for (uint32_t i = 0; i < list->count && r == 0; i++)
		r = read_action(reading, &list->items[i], &plan->actions[plan->n_actions++]);
	return r;
}

static int read_head(struct reading *reading, const struct node *root, struct plan_document *plan)
{
	const struct node *host = node_get(root, "host"), *version = node_get(root, "version");
	const char *format;
	int r = read_text(reading, root, "format", &format);

	if (r == 0 && (!format || !streq(format, "keisoku-plan")))
		return complain(reading, "this is no plan: expected \"format\": \"keisoku-plan\"");
	if (r == 0 && (!version || version->kind != NODE_SCALAR || !streq(version->text, "1")))
		return complain(reading, "a plan of another version: expected 1");
	if (r == 0)
		r = read_text(reading, root, "id", &plan->id);
	if (r == 0)
		r = read_text(reading, root, "snapshot", &plan->snapshot);
	if (r < 0)
		return r;
	if (!plan->id || !plan->snapshot)
		return complain(reading, "%s is missing", plan->id ? "snapshot" : "id");
	/* It stands beside the plan, nowhere else. */
	if (!*plan->snapshot || strchr(plan->snapshot, '/') || streq(plan->snapshot, ".") || streq(plan->snapshot, ".."))
		return complain(reading, "snapshot: expected the name of a file beside the plan");
	if (!host)
		return 0;
	if (host->kind != NODE_MAPPING)
		return complain(reading, "host: expected an object");
	r = read_text(reading, host, "name", &plan->host);
	return r < 0 ? r : read_text(reading, host, "machine", &plan->machine);
}

int plan_document_load(struct arena *arena, const char *file, const char *text, size_t length, struct diag *diag,
		       struct plan_document *ret)
{
	struct reading reading = { .arena = arena, .diag = diag, .place = { .file = file } };
	struct plan_document plan = { 0 };
	const struct node *root;
	int r = json_tree(arena, file, text, length, diag, &root);

	if (r < 0)
		return r;
	if (root->kind != NODE_MAPPING)
		return complain(&reading, "this is no plan: expected an object");
	r = read_head(&reading, root, &plan);
	if (r == 0)
		r = read_actions(&reading, root, &plan);
	if (r == 0)
		*ret = plan;
	return r;
}
