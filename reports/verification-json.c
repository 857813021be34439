/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a plan, for programs: docs/verify.schema.json describes it. */
#include "verification.h"

static void member_raw(struct json *json, const char *key, const char *text)
{
	if (text)
		json_member_raw(json, key, text, strlen(text));
	else
		json_member_string(json, key, NULL);
}

static void write_quantities(struct json *json, const struct verified_reason *reason)
{
	char unit[64];

	json_key(json, "quantities");
	json_open_array(json);
	for (size_t i = 0; i < reason->n_quantities; i++) {
		const struct verified_quantity *quantity = &reason->quantities[i];

		json_open_object(json);
		json_member_string(json, "role", quantity_role_name(quantity->role));
		json_member_string(json, "expression", quantity->expression);
		json_member_string(json, "better", quantity->role == ROLE_LOAD ? NULL :
				   quantity->more_is_better ? "more" : "less");
		json_member_string(json, "unit", quantity->ratio ? "ratio" :
				   dimension_describe(quantity->dimension, unit, sizeof(unit)));
		comparison_write_values(json, &quantity->values);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_reasons(struct json *json, const struct verified_action *action)
{
	json_key(json, "reasons");
	json_open_array(json);
	for (size_t i = 0; i < action->n_reasons; i++) {
		const struct verified_reason *reason = &action->reasons[i];

		json_open_object(json);
		json_member_string(json, "finding", reason->finding);
		json_member_string(json, "rule", reason->rule);
		json_member_string(json, "title", reason->title);
		json_member_string(json, "verdict", verdict_name(reason->verdict));
		json_member_string(json, "because", reason->say);
		json_member_string(json, "criterion", reason->criterion);
		json_member_string(json, "held_before", truth_name(reason->before));
		json_member_string(json, "holds_after", truth_name(reason->after));
		json_member_real(json, "load_ratio", reason->load_ratio);
		write_quantities(json, reason);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_actions(struct json *json, const struct verification *verification)
{
	json_key(json, "actions");
	json_open_array(json);
	for (size_t i = 0; i < verification->n_actions; i++) {
		const struct verified_action *action = &verification->actions[i];

		json_open_object(json);
		json_member_unsigned(json, "number", action->number);
		member_raw(json, "key", action->key);
		member_raw(json, "subject", action->subject_name);
		member_raw(json, "from", action->from);
		member_raw(json, "to", action->to);
		member_raw(json, "found", action->found);
		json_member_string(json, "found_text", action->found_text);
		json_member_bool(json, "applied", action->applied);
		json_member_string(json, "verdict", verdict_name(action->verdict));
		json_member_string(json, "because", action->say);
		json_member_string(json, "takes_effect", action->takes_effect);
		write_reasons(json, action);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_counts(struct json *json, const struct verification *verification)
{
	json_key(json, "counts");
	json_open_object(json);
	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

		for (const char *c = verdict_name((enum verdict)i); *c; c++)
			strbuf_add_char(&name, *c == '-' ? '_' : *c);
		json_member_unsigned(json, name.buf, verification->counts[i]);
	}
	json_close_object(json);
}

void verification_write_json(FILE *out, const struct verification *verification, struct page *page)
{
	struct json json;

	(void)page;
	json_begin(&json, out);
	json_open_object(&json);
	json_member_string(&json, "format", "keisoku-verification");
	json_member_unsigned(&json, "version", 1);
	json_member_real(&json, "confidence", CONFIDENCE_LEVEL);
	member_raw(&json, "plan", verification->plan);
	json_member_string(&json, "plan_id", verification->plan_id);
	json_key(&json, "before");
	comparison_write_side(&json, &verification->before);
	json_key(&json, "after");
	comparison_write_side(&json, &verification->after);
	comparison_write_identity(&json, verification->identity, verification->n_identity);
	json_member_bool(&json, "windows", verification->windows);
	write_counts(&json, verification);
	write_actions(&json, verification);
	json_close_object(&json);
}
