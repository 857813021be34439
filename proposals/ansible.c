/* SPDX-License-Identifier: Apache-2.0 */
/* Playbooks, lists of tasks or handlers, and files of variables.
 *
 *	- hosts: web
 *	  tasks:
 *	    - name: Backlog
 *	      ansible.posix.sysctl: {name: net.core.somaxconn, value: "4096"}
 *	      notify: Apply
 *
 * Nothing is templated but names of variables whose values stand in the same file, and loops run over lists that do. */
#include "../core/parse.h"
#include "ansible.h"

#define ITERATIONS_MAX 20000

struct mark {			/* what holds for a block or a task, and no longer */
	size_t n_bindings;
	const char *condition;
	bool optional;
};

static struct mark enter(struct ansible *ansible)
{
	return (struct mark){ ansible->n_bindings, ansible->condition, ansible->optional };
}

static void leave(struct ansible *ansible, const struct mark *mark)
{
	ansible->n_bindings = mark->n_bindings;
	ansible->condition = mark->condition;
	ansible->optional = mark->optional;
}

static void add_condition(struct ansible *ansible, const char *word, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf both = STRBUF_INIT;

	if (strlen(ansible->condition) > 2000)
		return;
	strbuf_addf(&both, "%s%s%s%s%.500s", ansible->condition, *ansible->condition ? " and " : "", word, *word ? " " : "", text);
	ansible->condition = arena_strndup(&ansible->document.arena, both.buf, both.len);
}

static bool plain_bool(const struct node *node, bool *ret)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	if (!node || node->kind != NODE_SCALAR || scalar_value(node, &value) != SCALAR_BOOL)
		return false;
	*ret = streq(value.buf, "True");
	return true;
}

/* What plays, blocks and tasks have in common. */
static void take_keywords(struct ansible *ansible, const struct node *node)
{
	const struct node *when = document_get(node, "when");
	const char *other = document_text(node, "delegate_to");
	bool value;

	ansible_bind_all(ansible, document_get(node, "vars"));
	if (when && when->kind == NODE_SCALAR && !(plain_bool(when, &value) && value))
		add_condition(ansible, "when:", when->text);
	for (uint32_t i = 0; when && when->kind == NODE_SEQUENCE && i < when->count; i++)
		if (when->items[i].kind == NODE_SCALAR)
			add_condition(ansible, "when:", when->items[i].text);
	if (other)
		add_condition(ansible, "delegate_to:", other);
	if (plain_bool(document_get(node, "become"), &value) && !value)
		add_condition(ansible, "", "become: false, so only where it logs in as root");
	if (plain_bool(document_get(node, "ignore_errors"), &value))
		ansible->optional |= value;
	if (plain_bool(document_get(node, "failed_when"), &value))
		ansible->optional |= !value;
}

/* ---- tasks ---- */

static const char *const keywords[] = {
	"action", "any_errors_fatal", "args", "async", "become", "become_exe", "become_flags", "become_method", "become_user",
	"changed_when", "check_mode", "collections", "connection", "debugger", "delay", "delegate_facts", "delegate_to", "diff",
	"environment", "failed_when", "ignore_errors", "ignore_unreachable", "listen", "local_action", "loop", "loop_control",
	"module_defaults", "name", "no_log", "notify", "poll", "port", "register", "remote_user", "retries", "run_once", "tags",
	"throttle", "timeout", "until", "vars", "when",
};

static bool is_keyword(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (streq(keywords[i], key))
			return true;
	return starts_with(key, "with_");
}

static const struct node *find_module(const struct node *node, const struct node **ret_arguments)
{
	for (uint32_t i = 0; i + 1 < node->count; i += 2)
		if (node->items[i].kind == NODE_SCALAR && !is_keyword(node->items[i].text)) {
			*ret_arguments = &node->items[i + 1];
			return &node->items[i];
		}
	return NULL;
}

/* "action: sysctl name=vm.swappiness value=10", or {module: sysctl, name: …}. */
static const struct node *find_action(struct ansible *ansible, const struct node *node, const struct node **ret_arguments)
{
	const struct node *action = document_get(node, "action"), *module;
	struct node *name, *rest;
	size_t length;

	if (!action)
		action = document_get(node, "local_action");
	if (!action || action->kind == NODE_SEQUENCE)
		return NULL;
	*ret_arguments = action;
	if (action->kind == NODE_MAPPING) {
		module = document_get(action, "module");
		return module && module->kind == NODE_SCALAR ? module : NULL;
	}
	length = strcspn(action->text, " \t\n");
	name = arena_alloc(&ansible->document.arena, 2 * sizeof(*name));
	rest = name + 1;
	*name = *rest = *action;
	name->text = arena_strndup(&ansible->document.arena, action->text, length);
	rest->text = action->text + length;
	*ret_arguments = rest;
	return name;
}

static void note_notified(struct ansible *ansible, const struct node *notify)
{
	if (notify && notify->kind == NODE_SCALAR) {
		GROW(ansible->notified, ansible->notified_capacity, ansible->n_notified + 1);
		ansible->notified[ansible->n_notified++] = notify->text;
	}
	for (uint32_t i = 0; notify && notify->kind == NODE_SEQUENCE && i < notify->count; i++)
		note_notified(ansible, notify->items[i].kind == NODE_SCALAR ? &notify->items[i] : NULL);
}

static void run_once(struct ansible *ansible, struct ansible_task *task)
{
	const char *condition = ansible->condition;
	bool value;

	ansible->iterations++;
	/* "when: item.enabled" over a list that is written down is known. */
	if (starts_with(condition, "when: item") && !strchr(condition + 6, ' ') &&
	    plain_bool(ansible_lookup(ansible, condition + 6), &value)) {
		if (!value)
			return;
		ansible->condition = "";
	}
	ansible_run_module(ansible, task);
	ansible->condition = condition;
}

/* ---- loops ---- */

static void run_with(struct ansible *ansible, struct ansible_task *task, const char *variable, const struct node *item)
{
	size_t n_bindings = ansible->n_bindings;

	ansible_bind(ansible, variable, item);
	run_once(ansible, task);
	/* What set_fact made stays. */
	if (ansible->n_bindings == n_bindings + 1)
		ansible->n_bindings = n_bindings;
}

/* {key: …, value: …} of each pair of a mapping. */
static void run_pairs(struct ansible *ansible, struct ansible_task *task, const char *variable, const struct node *mapping)
{
	static const char *const names[] = { "key", "value" };

	for (uint32_t i = 0; i + 1 < mapping->count && ansible->iterations < ITERATIONS_MAX; i += 2) {
		struct node *items = arena_alloc(&ansible->document.arena, 5 * sizeof(*items));

		for (size_t n = 0; n < 2; n++) {
			items[2 * n] = (struct node){ .kind = NODE_SCALAR, .quoted = true, .text = names[n], .line = mapping->items[i].line };
			items[2 * n + 1] = mapping->items[i + n];
		}
		items[1].quoted |= items[1].kind == NODE_SCALAR && items[1].detail;
		items[4] = (struct node){ .kind = NODE_MAPPING, .items = items, .count = 4, .text = "", .line = mapping->items[i].line };
		run_with(ansible, task, variable, &items[4]);
	}
}

static void run_list(struct ansible *ansible, struct ansible_task *task, const char *variable, const struct node *list, bool flatten)
{
	for (uint32_t i = 0; i < list->count && ansible->iterations < ITERATIONS_MAX; i++) {
		const struct node *item = &list->items[i], *resolved = ansible_resolve(ansible, item);

		if (flatten && resolved && resolved->kind == NODE_SEQUENCE)
			run_list(ansible, task, variable, resolved, false);
		else if (flatten && item->kind == NODE_SEQUENCE)
			run_list(ansible, task, variable, item, false);
		else
			run_with(ansible, task, variable, resolved ? resolved : item);
	}
}

/* "{{ settings | dict2items }}": settings. */
static const struct node *resolve_dict2items(struct ansible *ansible, const struct node *node)
{
	const char *filter = node->kind == NODE_SCALAR ? strstr(node->text, "dict2items") : NULL;
	const char *open = filter ? strstr(node->text, "{{") : NULL;
	const char *bar = filter ? strchr(node->text, '|') : NULL;
	CLEANUP(free_ptr) char *expression = NULL;
	const struct node *found;

	if (!open || !bar || bar < open || bar > filter || filter[strlen("dict2items")] == '(')
		return NULL;
	expression = xstrndup(open + 2, (size_t)(bar - open) - 2);
	found = ansible_lookup(ansible, expression);
	return found && found->kind == NODE_MAPPING ? found : NULL;
}

struct loop {
	const char *keyword;
	bool flatten, pairs;
};

static const struct loop loops[] = {
	{ "loop", false, false },      { "with_items", true, false }, { "with_list", false, false },
	{ "with_dict", false, true },  { "with_flattened", true, false },
};

static const struct node *find_loop(const struct node *node, const struct loop **ret_loop)
{
	for (uint32_t i = 0; i + 1 < node->count; i += 2) {
		const char *key = node->items[i].text;

		*ret_loop = NULL;
		for (size_t n = 0; n < ARRAY_SIZE(loops); n++)
			if (streq(loops[n].keyword, key))
				*ret_loop = &loops[n];
		if (*ret_loop || starts_with(key, "with_"))
			return &node->items[i + 1];
	}
	return NULL;
}

static void run_loop(struct ansible *ansible, struct ansible_task *task)
{
	const struct loop *loop = NULL;
	const struct node *over = find_loop(task->node, &loop), *resolved = over ? ansible_resolve(ansible, over) : NULL;
	const char *variable = document_text(document_get(task->node, "loop_control"), "loop_var");
	const struct node *pairs = over && loop ? resolve_dict2items(ansible, over) : NULL;

	variable = variable ? variable : "item";
	over = resolved ? resolved : over;
	if (!over) {
		run_once(ansible, task);
	} else if (pairs) {
		run_pairs(ansible, task, variable, pairs);
	} else if (loop && loop->pairs && over->kind == NODE_MAPPING) {
		run_pairs(ansible, task, variable, over);
	} else if (loop && over->kind == NODE_SEQUENCE) {
		run_list(ansible, task, variable, over, loop->flatten);
	} else if (loop && loop->flatten && over->kind == NODE_SCALAR && !strstr(over->text, "{{")) {
		run_with(ansible, task, variable, over);
	} else {
		/* Over what is not known here: once, with an item that is not. */
		run_with(ansible, task, variable, NULL);
	}
}

static void run_tasks(struct ansible *ansible, const struct node *tasks);

static void run_block(struct ansible *ansible, const struct node *node)
{
	struct mark mark = enter(ansible);

	run_tasks(ansible, document_get(node, "block"));
	if (document_get(node, "rescue")) {
		add_condition(ansible, "", "a task of the block fails");
		run_tasks(ansible, document_get(node, "rescue"));
		leave(ansible, &mark);
	}
	run_tasks(ansible, document_get(node, "always"));
	ansible->condition = mark.condition;
}

static bool is_true(const struct node *node)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;

	return node && node->kind == NODE_SCALAR && scalar_value(node, &value) == SCALAR_BOOL && streq(value.buf, "True");
}

static void run_module(struct ansible *ansible, const struct node *node)
{
	struct ansible_task task = { .node = node, .more = document_get(node, "args") };
	const char *registered = document_text(node, "register");

	task.key = find_module(node, &task.arguments);
	if (!task.key)
		task.key = find_action(ansible, node, &task.arguments);
	if (!task.key) {
		document_unclear(&ansible->document, node, "it is no task: nothing in it names a module");
		return;
	}
	task.module = task.key->text;
	/* A look at what it would change, which it does not. */
	if (!is_true(document_get(node, "check_mode")))
		run_loop(ansible, &task);
	if (registered)
		ansible_bind(ansible, registered, NULL);
}

static void run_task(struct ansible *ansible, const struct node *node)
{
	struct mark mark = enter(ansible);
	size_t made;

	if (node->kind != NODE_MAPPING) {
		document_unclear(&ansible->document, node, "it is no task");
		return;
	}
	take_keywords(ansible, node);
	made = ansible->n_bindings;
	if (document_get(node, "block"))
		run_block(ansible, node);
	else
		run_module(ansible, node);
	note_notified(ansible, document_get(node, "notify"));
	/* The task's own variables go, what it made stays. */
	if (ansible->n_bindings > made) {
		memmove(&ansible->bindings[mark.n_bindings], &ansible->bindings[made],
			(ansible->n_bindings - made) * sizeof(*ansible->bindings));
		mark.n_bindings += ansible->n_bindings - made;
	}
	leave(ansible, &mark);
}

static void run_tasks(struct ansible *ansible, const struct node *tasks)
{
	for (uint32_t i = 0; tasks && tasks->kind == NODE_SEQUENCE && i < tasks->count; i++) {
		if (ansible->iterations >= ITERATIONS_MAX) {
			document_unclear(&ansible->document, &tasks->items[i], "more tasks and loops than are followed");
			return;
		}
		run_task(ansible, &tasks->items[i]);
	}
}

/* ---- plays ---- */

static bool is_notified(const struct ansible *ansible, const struct node *handler)
{
	const char *name = document_text(handler, "name");
	const struct node *listen = document_get(handler, "listen");

	for (size_t i = 0; i < ansible->n_notified; i++) {
		if (name && streq(ansible->notified[i], name))
			return true;
		if (listen && listen->kind == NODE_SCALAR && streq(ansible->notified[i], listen->text))
			return true;
		for (uint32_t n = 0; listen && listen->kind == NODE_SEQUENCE && n < MIN(listen->count, 100U); n++)
			if (streq(ansible->notified[i], listen->items[n].text))
				return true;
	}
	return false;
}

static void run_handlers(struct ansible *ansible, const struct node *handlers)
{
	for (uint32_t i = 0; handlers && handlers->kind == NODE_SEQUENCE && i < MIN(handlers->count, 1000U); i++) {
		struct mark mark = enter(ansible);

		if (!is_notified(ansible, &handlers->items[i]))
			add_condition(ansible, "", "something notifies this handler");
		run_task(ansible, &handlers->items[i]);
		ansible->condition = mark.condition;
	}
}

static void run_roles(struct ansible *ansible, const struct node *roles)
{
	for (uint32_t i = 0; roles && roles->kind == NODE_SEQUENCE && i < roles->count; i++) {
		const struct node *role = &roles->items[i];
		const char *name = role->kind == NODE_SCALAR ? role->text : document_text(role, "role");

		if (!name)
			name = document_text(role, "name");
		document_unclear(&ansible->document, role, "the role %s is not part of this file", name ? name : "it names");
	}
}

static void run_play(struct ansible *ansible, const struct node *play)
{
	struct mark mark = enter(ansible);

	ansible->start = ansible->document.reading->proposal->count;
	ansible->n_notified = 0;
	take_keywords(ansible, play);
	if (document_get(play, "module_defaults"))
		document_unclear(&ansible->document, document_get(play, "module_defaults"), "defaults of modules are not followed");
	run_tasks(ansible, document_get(play, "pre_tasks"));
	run_roles(ansible, document_get(play, "roles"));
	run_tasks(ansible, document_get(play, "tasks"));
	run_tasks(ansible, document_get(play, "post_tasks"));
	run_handlers(ansible, document_get(play, "handlers"));
	leave(ansible, &mark);
}

/* ---- variables ---- */

static bool is_sysctl_name(const struct ansible *ansible, const char *name)
{
	static const char *const begins[] = { "vm.", "net.", "kernel.", "fs." };

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (starts_with(name, begins[i]))
			return true;
	return false;
}

static void add_variable(struct ansible *ansible, const struct node *name, const struct node *value)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct proposed item = document_item(&ansible->document, value);

	(void)scalar_value(value, &text);
	item.key = name->text;
	item.value = text.buf;
	item.fate = PROPOSED_UNCLEAR;
	item.why = "it is a variable, and the task that uses it is not part of this file";
	(void)proposal_add(ansible->document.reading->proposal, &item);
}

/* {vm.swappiness: 10}, and [{name: vm.swappiness, value: 10}], at any depth. */
static void read_variables(struct ansible *ansible, const struct node *node)
{
	const struct node *name = document_get(node, "name"), *value = document_get(node, "value");

	if (!name)
		name = document_get(node, "key");
	if (name && value && name->kind == NODE_SCALAR && value->kind == NODE_SCALAR && is_sysctl_name(ansible, name->text))
		add_variable(ansible, name, value);
	for (uint32_t i = 0; node->kind == NODE_MAPPING && i + 1 < node->count; i += 2) {
		const struct node *key = &node->items[i], *below = &node->items[i + 1];

		if (below->kind == NODE_SCALAR && is_sysctl_name(ansible, key->text))
			add_variable(ansible, key, below);
		else
			read_variables(ansible, below);
	}
	for (uint32_t i = 0; node->kind == NODE_SEQUENCE && i < node->count; i++)
		read_variables(ansible, &node->items[i]);
}

/* ---- the file ---- */

static void read_root(struct ansible *ansible, const struct node *root)
{
	if (root->kind == NODE_MAPPING) {
		read_variables(ansible, root);
		return;
	}
	for (uint32_t i = 0; root->kind == NODE_SEQUENCE && i < root->count; i++) {
		const struct node *entry = &root->items[i];

		if (document_get(entry, "hosts"))
			run_play(ansible, entry);
		else if (ansible->iterations < ITERATIONS_MAX)
			run_task(ansible, entry);
		else
			document_unclear(&ansible->document, entry, "more tasks and loops than are followed");
	}
}

static void read_ansible(const struct reader *reader, struct reading *reading, const struct proposed_text *text)
{
	struct ansible ansible = { .condition = text->condition ? text->condition : "", .optional = text->optional };

	document_open(&ansible.document, reading, text, reader->name);
	ansible.start = reading->proposal->count;
	for (uint32_t i = 0; i < ansible.document.roots->count; i++)
		read_root(&ansible, &ansible.document.roots->items[i]);
	free(ansible.bindings);
	free(ansible.notified);
	document_release(&ansible.document);
}

static bool in_directory(const char *path, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = path; (at = strstr(at, name)); at++)
		if ((at == path || at[-1] == '/') && at[length] == '/')
			return true;
	return false;
}

static unsigned int recognise(const struct reader *reader, const char *path, const char *text, size_t length)
{
	static const char *const of_tasks[] = { "tasks", "handlers", "playbooks" };
	static const char *const of_variables[] = { "defaults", "vars", "group_vars", "host_vars" };
	bool yaml = ends_with(path, ".yml") || ends_with(path, ".yaml");
	bool list = text_has_line(text, length, "^-[[:blank:]]");

	if (list && text_has_line(text, length, "^(- |  )(hosts|import_playbook|ansible[.]builtin[.]import_playbook):"))
		return MINE;
	if (list && text_has_line(text, length, "^[[:blank:]]*(- )?(ansible[.](builtin|posix)|community[.]general)[.][a-z_]+:"))
		return MINE;
	for (size_t i = 0; yaml && list && i < ARRAY_SIZE(of_tasks); i++)
		if (in_directory(path, of_tasks[i]))
			return MINE_BY_NAME;
	for (size_t i = 0; yaml && !list && i < ARRAY_SIZE(of_variables); i++)
		if (in_directory(path, of_variables[i]) && !text_has_line(text, length, "^apiVersion:"))
			return MINE_BY_NAME;
	if (list && text_has_line(text, length,
				  "^(- |  )(sysctl|lineinfile|blockinfile|copy|template|shell|command|mount|modprobe|pam_limits|block|"
				  "include_tasks|import_tasks|include_role|import_role|set_fact):"))
		return MINE_BY_CONTENT;
	return NOT_MINE;
}

const struct reader reader_ansible = {
	.name = "ansible",
	.summary = "playbooks, tasks, handlers and variables of Ansible",
	.recognise = recognise,
	.read = read_ansible,
};
