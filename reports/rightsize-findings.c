/* SPDX-License-Identifier: Apache-2.0 */
#include "rightsize-findings.h"

#include <math.h>

#include "rightsize-patch.h"
#include "rightsize-phrase.h"

static const char *const references[] = {
	"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
};
static const struct string_list reference_list = { .items = (const char **)references, .count = 1 };

static const char *keep(struct arena *arena, const struct strbuf *text)
{
	return text->len ? arena_strndup(arena, text->buf, text->len) : NULL;
}

static void add_part(struct strbuf *out, const char *text)
{
	if (!text || !*text)
		return;
	if (out->len)
		strbuf_add_string(out, strchr(".!?", out->buf[out->len - 1]) ? " " : ". ");
	strbuf_add_string(out, text);
}

/* The numbers, then what follows from the change: in one place, since these formats have no other for it. */
static const char *because(struct arena *arena, const struct sizing *sizing)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	add_part(&text, sizing->because ? sizing->because : sizing->reason);
	for (size_t i = 0; i < sizing->n_consequences; i++) {
		CLEANUP(strbuf_release) struct strbuf consequence = STRBUF_INIT;

		phrase_consequence(&consequence, &sizing->consequences[i]);
		add_part(&text, consequence.buf);
	}
	return keep(arena, &text);
}

static const char *amount_text(struct arena *arena, enum resource resource, int64_t amount)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase_amount(&text, resource, amount);
	return keep(arena, &text);
}

static void add_change(struct arena *arena, struct finding *finding, enum resource resource, const char *what, int64_t from, int64_t to)
{
	struct change *change = &finding->changes[finding->n_changes];

	if (from == to)
		return;
	*change = (struct change){ .key = arena_formatf(arena, "%s %s", resource == RESOURCE_CPU ? "cpu" : "memory",
							what) };
	change->from = change->from_text = amount_text(arena, resource, from);
	change->to = change->to_text = amount_text(arena, resource, to);
	finding->n_changes++;
}

static void add_changes(struct arena *arena, struct finding *finding, enum resource resource, const struct sizing *sizing)
{
	finding->changes = arena_alloc(arena, 2 * sizeof(*finding->changes));
	add_change(arena, finding, resource, "request", sizing->request_from, sizing->request_to);
	add_change(arena, finding, resource, "limit", sizing->limit_from, sizing->limit_to);
}

static void add_site(struct arena *arena, struct finding *finding, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct cluster *cluster = rightsizing->cluster;
	const struct workload *workload = row_workload(rightsizing, row);
	const struct workload_container *container = row_container(rightsizing, row);
	bool placed = workload->place.file && *workload->place.file && !workload->from_pods;
	struct finding_site *site = arena_alloc(arena, sizeof(*site));

	site->path = placed ? workload->place.file : cluster->n_files ? cluster->files[0].path : "cluster";
	if (streq(site->path, "-"))
		site->path = "standard-input.yaml";
	if (placed)
		site->line = container->resources.line ? container->resources.line : container->line;
	site->proposed = true;
	finding->sites = site;
	finding->n_sites = 1;
}

/* All that a patch would write is mended in place, or nothing: half of it would be another change. */
static void add_fixes(struct arena *arena, struct finding *finding, const struct rightsizing *rightsizing, const struct sizing_row *row,
		      enum resource resource)
{
	const struct sizing *sizing = &row->of[resource];
	const struct amount_place *const places[] = { &sizing->request_place, &sizing->limit_place };
	struct finding_fix *fixes = arena_alloc(arena, 2 * sizeof(*fixes));
	CLEANUP(patch_values_release) struct patch_values values;
	size_t count = 0;

	patch_values_make(&values, rightsizing, row, false);
	for (size_t side = 0; side < 2; side++) {
		const struct patch_value *value = &values.of[side][resource];

		if (!value->written)
			continue;
		if (value->removed || places[side]->line == 0)
			return;
		fixes[count++] = (struct finding_fix){
			.line = places[side]->line, .column = places[side]->column, .end_column = places[side]->end_column,
			.text = keep(arena, &value->text),
		};
	}
	finding->fixes = fixes;
	finding->n_fixes = count;
}

static struct finding make_finding(struct arena *arena, const struct rightsizing *rightsizing, const struct sizing_row *row,
				   enum resource resource)
{
	const struct sizing *sizing = &row->of[resource];
	const struct workload *workload = row_workload(rightsizing, row);
	bool none = sizing->cause == CAUSE_NONE;
	CLEANUP(strbuf_release) struct strbuf subject = STRBUF_INIT;
	struct finding finding = {
		.rule = none ? "rightsize" : arena_formatf(arena, "rightsize-%s", size_cause_name(sizing->cause)),
		.title = none ? "Requests and limits beside what was used" : size_cause_text(sizing->cause),
		.subject = SUBJECT_HOST,
		.status = sizing->status, .severity = sizing->severity,
		.confidence = sizing->confidence, .confidence_reason = sizing->confidence_reason,
		.resource = resource == RESOURCE_CPU ? "cpu" : "memory",
		.reason = sizing->reason, .because = because(arena, sizing), .next_step = sizing->next_step,
		.evidence = sizing->evidence, .n_evidence = sizing->n_evidence,
		.references = &reference_list,
		.pack = *workload->namespace ? workload->namespace : "default",
	};

	phrase_container(&subject, rightsizing, row);
	strbuf_addf(&subject, " %s", finding.resource);
	finding.subject_name = keep(arena, &subject);
	finding.id = arena_formatf(arena, "%s@%s", finding.rule, finding.subject_name);
	if (sizing->status <= STATUS_SUSPECT)
		add_changes(arena, &finding, resource, sizing);
	add_site(arena, &finding, rightsizing, row);
	if (sizing_changes(sizing))
		add_fixes(arena, &finding, rightsizing, row, resource);
	return finding;
}

void rightsize_findings_make(struct rightsize_findings *findings, const struct rightsizing *rightsizing)
{
	struct finding_list *list = &findings->list;

	*findings = (struct rightsize_findings){ .list = FINDING_LIST_INIT };
	for (size_t i = 0; i < rightsizing->n_rows; i++) {
		for (size_t r = 0; r < SIZED_RESOURCES; r++) {
			enum status status = rightsizing->rows[i].of[r].status;

			if (!rightsizing->all && (status == STATUS_SATISFIED || status == STATUS_NOT_APPLICABLE))
				continue;
			GROW(list->items, list->capacity, list->count + 1);
			list->items[list->count++] =
				make_finding(&list->arena, rightsizing, &rightsizing->rows[i], (enum resource)r);
		}
	}
	memcpy(list->counts, rightsizing->counts, sizeof(list->counts));
	finding_list_sort(list);
	findings->report = (struct report){
		.command = "rightsize",
		.findings = list,
		.notes = &rightsizing->notes,
		.rules = CAUSE_COUNT,
		.show_all = rightsizing->all,
	};
}

void rightsize_findings_release(struct rightsize_findings *findings)
{
	finding_list_release(&findings->list);
}
