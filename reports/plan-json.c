/* SPDX-License-Identifier: Apache-2.0 */
/* plan.json: everything of a plan, for programs; docs/plan.schema.json describes it.  Raw text that is not UTF-8 is given
 * as base64 under the same name with 64 at its end. */
#include "../core/json.h"
#include "plan.h"

static void member_raw(struct json *json, const char *key, const char *text)
{
	if (text)
		json_member_raw(json, key, text, strlen(text));
	else
		json_member_string(json, key, NULL);
}

static void write_classes(struct json *json, const char *key, unsigned int classes)
{
	json_key(json, key);
	json_open_array(json);
	for (unsigned int bit = 0; bit < CHANGE_CLASS_COUNT; bit++)
		if (classes & (1U << bit))
			json_string(json, change_class_name(bit));
	json_close_array(json);
}

static void write_host(struct json *json, const struct plan *plan)
{
	json_key(json, "host");
	json_open_object(json);
	json_member_string(json, "name", plan->host);
	json_member_string(json, "machine", plan->machine);
	json_member_string(json, "kernel", plan->kernel);
	json_close_object(json);
}

static void write_window(struct json *json, const struct plan *plan)
{
	const struct window *window = snapshot_window_get(plan->snapshot);

	json_key(json, "window");
	if (!window->live) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_real(json, "duration_sec", window->duration_sec);
	json_member_real(json, "interval_sec", window->interval_sec);
	json_member_unsigned(json, "intervals", window->ticks ? window->ticks - 1 : 0);
	json_member_real(json, "start_realtime", window->start_realtime);
	json_member_real(json, "end_realtime", window->end_realtime);
	json_close_object(json);
}

static void write_subject(struct json *json, const struct plan *plan, subject_id id)
{
	const struct subject *subject = snapshot_subject_get(plan->snapshot, id);

	json_key(json, "subject");
	json_open_object(json);
	json_member_string(json, "kind", subject_kind_name(subject->kind));
	member_raw(json, "name", subject->name);
	json_close_object(json);
}

/* The finding and what it wanted; asked for on the command line: finding is null. */
static void write_reason(struct json *json, const struct plan_reason *reason)
{
	const struct finding *finding = reason->finding;

	json_open_object(json);
	json_member_string(json, "finding", finding ? finding->id : NULL);
	json_member_string(json, "rule", finding ? finding->rule : NULL);
	json_member_string(json, "title", finding ? finding->title : NULL);
	json_member_string(json, "severity", finding ? severity_name(finding->severity) : NULL);
	json_member_string(json, "because", finding ? finding->because : NULL);
	json_member_string(json, "side_effects", finding ? finding->side_effects : NULL);
	json_member_string(json, "criterion", finding ? finding->verify_measure : NULL);
	member_raw(json, "to", reason->to);
	json_close_object(json);
}

static void write_reasons(struct json *json, const char *key, const struct plan_reason *reasons, size_t count)
{
	json_key(json, key);
	json_open_array(json);
	for (size_t i = 0; i < count; i++)
		write_reason(json, &reasons[i]);
	json_close_array(json);
}

static void write_write(struct json *json, const struct plan_write *write)
{
	json_open_object(json);
	member_raw(json, "key", write->key);
	member_raw(json, "path", *write->path ? write->path : NULL);
	member_raw(json, "value", write->value);
	member_raw(json, "reads_back", write->reads);
	json_member_bool(json, "choice", write->choice);
	json_member_string(json, "set", write->set);
	json_member_string(json, "show", write->show);
	json_member_string(json, "tool", write->tool);
	json_member_string(json, "leaves", write->leaves);
	json_close_object(json);
}

static void write_coupled(struct json *json, const struct action *action)
{
	json_key(json, "coupled");
	json_open_array(json);
	for (size_t i = 0; i < action->n_coupled; i++) {
		json_open_object(json);
		member_raw(json, "key", action->coupled[i].key);
		member_raw(json, "path", *action->coupled[i].path ? action->coupled[i].path : NULL);
		json_member_string(json, "show", action->coupled[i].show);
		member_raw(json, "from", action->coupled[i].raw);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_file(struct json *json, const struct plan_file *file)
{
	json_open_object(json);
	member_raw(json, "path", file->path);
	if (file->kind == PLAN_FILE_WHOLE) {
		member_raw(json, "content", file->content);
	} else {
		member_raw(json, "old_line", file->old_line);
		member_raw(json, "new_line", file->new_line);
	}
	json_member_string(json, "reload", file->reload);
	json_close_object(json);
}

static void write_kubelet(struct json *json, const struct plan_kubelet *kubelet)
{
	json_key(json, "kubelet");
	if (!kubelet->field) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_string(json, "field", kubelet->field);
	json_member_string(json, "from", kubelet->before);
	json_member_string(json, "to", kubelet->value);
	json_member_string(json, "gate", kubelet->gate);
	json_close_object(json);
}

static void write_action(struct json *json, const struct plan *plan, const struct action *action)
{
	json_open_object(json);
	json_member_unsigned(json, "number", action->number);
	member_raw(json, "key", action->key);
	member_raw(json, "setting", action->setting_key);
	json_member_string(json, "tunable", action->tunable->id);
	json_member_string(json, "kind", tunable_kind_name(action->tunable->kind));
	json_member_string(json, "scope", scope_name(action->tunable->scope));
	write_subject(json, plan, action->subject);
	member_raw(json, "path", *action->path ? action->path : NULL);
	member_raw(json, "from", action->raw);
	member_raw(json, "to", action->write.value);
	json_member_string(json, "from_text", action->from_text);
	json_member_string(json, "to_text", action->to_text);
	json_member_bool(json, "live", action_is_live(action));
	write_classes(json, "classes", action->classes);
	json_member_string(json, "takes_effect", action->takes_effect);
	json_member_string(json, "write_effect", action->write_effect);
	json_member_string(json, "kept_with", action->kept_with);
	json_key(json, "hazards");
	json_open_array(json);
	for (size_t i = 0; i < action->n_hazards; i++)
		json_string(json, action->hazards[i]);
	json_close_array(json);
	write_reasons(json, "reasons", action->reasons, action->n_reasons);
	json_key(json, "write");
	if (action_is_live(action))
		write_write(json, &action->write);
	else
		json_null(json);
	json_member_string(json, "loads", action->loads);
	write_coupled(json, action);
	json_key(json, "restore");
	json_open_array(json);
	for (size_t i = 0; i < action->n_restore; i++)
		write_write(json, &action->restore[i]);
	json_close_array(json);
	json_key(json, "files");
	json_open_array(json);
	for (size_t i = 0; i < action->n_files; i++)
		write_file(json, &action->files[i]);
	json_close_array(json);
	json_member_string(json, "persist_note", action->persist_note);
	json_member_string(json, "owner", action->owner);
	json_member_string(json, "form", plan_form_name(action->form));
	write_kubelet(json, &action->kubelet);
	json_close_object(json);
}

static void write_left_out(struct json *json, const struct plan *plan)
{
	json_key(json, "left_out");
	json_open_array(json);
	for (size_t i = 0; i < plan->n_left_out; i++) {
		const struct plan_left_out *left = &plan->left_out[i];

		json_open_object(json);
		member_raw(json, "key", left->key);
		member_raw(json, "from", left->from);
		member_raw(json, "to", left->to);
		json_member_string(json, "finding", left->finding ? left->finding->id : NULL);
		json_member_string(json, "reason", left->reason);
		write_classes(json, "forbidden", left->forbidden);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_conflicts(struct json *json, const struct plan *plan)
{
	json_key(json, "conflicts");
	json_open_array(json);
	for (size_t i = 0; i < plan->n_conflicts; i++) {
		const struct plan_conflict *conflict = &plan->conflicts[i];

		json_open_object(json);
		member_raw(json, "key", conflict->key);
		member_raw(json, "from", conflict->from);
		json_member_string(json, "reason", conflict->reason);
		write_reasons(json, "sides", conflict->sides, conflict->n_sides);
		json_close_object(json);
	}
	json_close_array(json);
}

static int plan_json_write(FILE *out, const struct plan *plan)
{
	struct json json;

	json_begin(&json, out);
	json_open_object(&json);
	json_member_string(&json, "format", "keisoku-plan");
	json_member_unsigned(&json, "version", 1);
	json_member_string(&json, "id", plan->id);
	json_member_string(&json, "basis", plan->asked ? "asked-for" : "measured");
	json_member_string(&json, "snapshot", PLAN_SNAPSHOT);
	write_host(&json, plan);
	write_window(&json, plan);
	json_key(&json, "actions");
	json_open_array(&json);
	for (size_t i = 0; i < plan->n_actions; i++)
		write_action(&json, plan, &plan->actions[i]);
	json_close_array(&json);
	write_left_out(&json, plan);
	write_conflicts(&json, plan);
	json_close_object(&json);
	return 0;
}

const struct plan_artefact plan_json = {
	.path = "plan.json",
	.summary = "everything, for programs",
	.write = plan_json_write,
};
