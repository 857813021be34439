/* SPDX-License-Identifier: Apache-2.0 */
/* A rightsizing for programs: docs/rightsize.schema.json describes it.  Amounts are integers of thousandths of a core
 * or bytes; null is what is not there or not known. */
#include <math.h>

#include "../core/json.h"
#include "rightsize-patch.h"
#include "rightsize-phrase.h"
#include "rightsizing.h"

static void member_amount(struct json *json, const char *key, int64_t amount)
{
	json_key(json, key);
	if (amount < 0)
		json_null(json);
	else
		json_integer(json, amount);
}

static void member_text(struct json *json, const char *key, const char *text)
{
	json_member_string(json, key, text && *text ? text : NULL);
}

static void write_evidence(struct json *json, const struct sizing *sizing)
{
	json_key(json, "evidence");
	json_open_array(json);
	for (size_t i = 0; i < sizing->n_evidence; i++) {
		const struct evidence *evidence = &sizing->evidence[i];

		json_open_object(json);
		json_member_string(json, "expression", evidence->expression);
		json_member_string(json, "value", evidence->value);
		json_member_real(json, "number", evidence->known ? evidence->number : NAN);
		json_member_string(json, "basis", basis_name(evidence->basis));
		json_member_real(json, "window_sec", evidence->window_sec);
		json_member_unsigned(json, "samples", evidence->samples);
		json_member_real(json, "share", evidence->share);
		member_text(json, "source", evidence->source);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_consequences(struct json *json, const struct sizing *sizing)
{
	json_key(json, "consequences");
	json_open_array(json);
	for (size_t i = 0; i < sizing->n_consequences; i++) {
		const struct consequence *consequence = &sizing->consequences[i];

		json_open_object(json);
		json_member_string(json, "kind", consequence_kind_name(consequence->kind));
		json_member_string(json, "weight", consequence_weight_name(consequence->weight));
		json_member_string(json, "text", consequence->text);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_sizing(struct json *json, const char *key, const struct sizing *sizing)
{
	json_key(json, key);
	json_open_object(json);
	json_member_string(json, "status", status_name(sizing->status));
	json_member_string(json, "severity", severity_name(sizing->severity));
	json_member_string(json, "cause", size_cause_name(sizing->cause));
	member_amount(json, "request_from", sizing->request_from);
	member_amount(json, "request_to", sizing->request_to);
	member_amount(json, "limit_from", sizing->limit_from);
	member_amount(json, "limit_to", sizing->limit_to);
	json_member_real(json, "target", sizing->target);
	json_member_real(json, "lower", sizing->lower);
	json_member_real(json, "upper", sizing->upper);
	json_member_string(json, "confidence", confidence_name(sizing->confidence));
	member_text(json, "confidence_reason", sizing->confidence_reason);
	member_text(json, "reason", sizing->reason);
	member_text(json, "because", sizing->because);
	member_text(json, "next_step", sizing->next_step);
	json_member_real(json, "cost_now", sizing->cost_now);
	json_member_real(json, "cost_then", sizing->cost_then);
	write_evidence(json, sizing);
	write_consequences(json, sizing);
	json_close_object(json);
}

static void write_place(struct json *json, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct workload *workload = row_workload(rightsizing, row);
	const struct workload_container *container = row_container(rightsizing, row);

	json_key(json, "place");
	if (!workload->place.file || !*workload->place.file || workload->from_pods) {
		json_null(json);
		return;
	}
	json_open_object(json);
	json_member_raw(json, "file", workload->place.file, strlen(workload->place.file));
	json_member_unsigned(json, "document", workload->document);
	json_member_unsigned(json, "line", container->line);
	json_member_unsigned(json, "resources_line", container->resources.line);
	json_close_object(json);
}

static void write_row(struct json *json, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct workload *workload = row_workload(rightsizing, row);
	const struct workload_container *container = row_container(rightsizing, row);
	const char *label = rightsizing->options.label;

	json_open_object(json);
	json_member_string(json, "id", row->id);
	json_member_string(json, "namespace", workload->namespace);
	json_member_string(json, "kind", workload->kind);
	json_member_string(json, "workload", workload->name);
	json_member_string(json, "container", container->name);
	json_member_string(json, "type", container_type_name(container->type));
	member_text(json, "label", label && *label ? workload_label(rightsizing->cluster, workload, label) : NULL);
	json_member_real(json, "replicas", row->replicas);
	json_member_string(json, "qos_now", qos_class_name(row->qos_now));
	json_member_string(json, "qos_then", qos_class_name(row->qos_then));
	member_text(json, "patch_note", row_without_patch(rightsizing, row));
	write_place(json, rightsizing, row);
	write_sizing(json, "cpu", &row->of[RESOURCE_CPU]);
	write_sizing(json, "memory", &row->of[RESOURCE_MEMORY]);
	json_close_object(json);
}

static void write_groups(struct json *json, const char *key, const struct saving_group *groups, size_t count)
{
	json_key(json, key);
	json_open_array(json);
	for (size_t i = 0; i < count; i++) {
		const struct saving_group *group = &groups[i];

		json_open_object(json);
		json_member_string(json, "name", group->name);
		json_member_unsigned(json, "containers", group->containers);
		json_member_real(json, "requested_now", group->requested_now);
		json_member_real(json, "requested_then", group->requested_then);
		json_member_real(json, "cpu_now", group->cpu_now);
		json_member_real(json, "cpu_then", group->cpu_then);
		json_member_real(json, "memory_now", group->memory_now);
		json_member_real(json, "memory_then", group->memory_then);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_nodes(struct json *json, const struct savings *savings)
{
	json_key(json, "nodes");
	json_open_array(json);
	for (size_t i = 0; i < savings->n_nodes; i++) {
		const struct node_saving *node = &savings->nodes[i];

		json_open_object(json);
		json_member_string(json, "name", node->name);
		json_member_unsigned(json, "nodes", node->nodes);
		json_member_unsigned(json, "freed_least", node->freed_least);
		json_member_unsigned(json, "freed_most", node->freed_most);
		json_member_real(json, "price", node->price);
		member_text(json, "note", node->note);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_savings(struct json *json, const struct savings *savings)
{
	json_key(json, "savings");
	json_open_object(json);
	json_member_bool(json, "priced", savings->priced);
	json_member_string(json, "currency", savings->currency);
	json_member_string(json, "price_source", savings->price_source);
	json_member_string(json, "price_date", savings->price_date);
	json_member_real(json, "hours", savings->hours);
	json_member_real(json, "bill", savings->priced ? savings->bill : NAN);
	json_member_bool(json, "bill_of_nodes", savings->bill_of_nodes);
	json_member_real(json, "requested", savings->priced ? savings->requested : NAN);
	json_member_real(json, "realisable_least", savings->priced ? savings->realisable_least : NAN);
	json_member_real(json, "realisable_most", savings->priced ? savings->realisable_most : NAN);
	member_text(json, "realisable_note", savings->realisable_note);
	json_member_unsigned(json, "idle_nodes_least", savings->idle_nodes_least);
	json_member_unsigned(json, "idle_nodes_most", savings->idle_nodes_most);
	json_member_real(json, "idle_least", savings->priced ? savings->idle_least : NAN);
	json_member_real(json, "idle_most", savings->priced ? savings->idle_most : NAN);
	json_member_unsigned(json, "unplaced_now", savings->unplaced_now);
	json_member_unsigned(json, "unplaced_then", savings->unplaced_then);
	write_nodes(json, savings);
	write_groups(json, "namespaces", savings->namespaces, savings->n_namespaces);
	member_text(json, "label", savings->label);
	write_groups(json, "labels", savings->labels, savings->n_labels);
	json_close_object(json);
}

static void write_options(struct json *json, const struct rightsize_options *options)
{
	json_key(json, "options");
	json_open_object(json);
	json_member_string(json, "recommender", options->recommender == RECOMMENDER_VPA ? "vpa" : "percentile");
	json_member_real(json, "cpu_percentile", options->cpu_percentile);
	json_member_real(json, "cpu_margin", options->cpu_margin);
	json_member_real(json, "memory_percentile", options->memory_percentile);
	json_member_real(json, "memory_margin", options->memory_margin);
	json_member_bool(json, "cpu_limits", options->cpu_limits);
	json_member_real(json, "min_window_sec", options->min_window_sec);
	json_member_unsigned(json, "min_samples", options->min_samples);
	json_member_real(json, "least_change", options->least_change);
	json_close_object(json);
}

static void write_counts(struct json *json, const struct rightsizing *rightsizing)
{
	const struct usage *usage = rightsizing->usage;

	json_key(json, "counts");
	json_open_object(json);
	for (size_t i = 0; i < STATUS_COUNT; i++)
		json_member_unsigned(json, status_name((enum status)i), rightsizing->counts[i]);
	json_close_object(json);
	json_member_unsigned(json, "unmatched_series", usage ? usage_unmatched(usage) : 0);
}

static void write_node_notes(struct json *json, const struct rightsizing *rightsizing)
{
	json_key(json, "node_notes");
	json_open_array(json);
	for (size_t i = 0; i < rightsizing->n_node_notes; i++) {
		const struct node_note *note = &rightsizing->node_notes[i];

		json_open_object(json);
		json_member_string(json, "node", rightsizing->cluster->nodes[note->node].name);
		json_member_string(json, "resource", resource_name(note->resource));
		json_member_bool(json, "too_little", note->too_little);
		json_member_real(json, "reserved", note->reserved);
		json_member_real(json, "used", note->used);
		json_member_string(json, "text", note->text);
		json_close_object(json);
	}
	json_close_array(json);
}

static void write_notes(struct json *json, const struct diag *notes)
{
	json_key(json, "notes");
	json_open_array(json);
	for (size_t i = 0; i < notes->count; i++) {
		const struct diag_entry *entry = &notes->entries[i];

		json_open_object(json);
		json_member_string(json, "level", entry->level == DIAG_ERROR ? "error" : "warning");
		json_member_string(json, "file", entry->place.file);
		json_member_unsigned(json, "line", entry->place.line);
		json_member_unsigned(json, "column", entry->place.column);
		json_member_string(json, "message", entry->message);
		json_close_object(json);
	}
	json_close_array(json);
	json_member_unsigned(json, "notes_dropped", notes->dropped);
}

static void write_json(FILE *out, const struct rightsizing *rightsizing, struct page *page)
{
	struct json json;

	(void)page;
	json_begin(&json, out);
	json_open_object(&json);
	json_member_string(&json, "format", "keisoku-rightsize");
	json_member_unsigned(&json, "version", 1);
	write_options(&json, &rightsizing->options);
	write_counts(&json, rightsizing);
	write_savings(&json, &rightsizing->savings);
	json_key(&json, "rows");
	json_open_array(&json);
	for (size_t i = 0; i < rightsizing->n_rows; i++)
		write_row(&json, rightsizing, &rightsizing->rows[i]);
	json_close_array(&json);
	write_node_notes(&json, rightsizing);
	write_notes(&json, &rightsizing->notes);
	json_close_object(&json);
}

const struct rightsizing_reporter rightsizing_reporter_json = { .name = "json", .write = write_json };
