/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of policies about what manifests say: workloads, containers, nodes.  Nothing of them boots or drifts: each is judged once, and
 * what is to be mended stands in the manifest's own file and line. */
#include "../core/parse.h"
#include "audit-making.h"

#define SITES_MAX 8
#define SAID_MAX 80		/* bytes of a text that are shown */

bool audit_is_about_cluster(enum subject_kind kind)
{
	return kind == SUBJECT_KIND_WORKLOAD || kind == SUBJECT_KIND_CONTAINER || kind == SUBJECT_KIND_NODE;
}

bool audit_is_cluster(const struct snapshot *snapshot)
{
	return snapshot_text(snapshot, SUBJECT_HOST, "cluster.workloads") != NULL;
}

size_t audit_cluster_lines(const struct rulebook *lines)
{
	struct rule *const *rules;
	size_t count = rulebook_rules(lines, &rules), about = 0;

	for (size_t i = 0; i < count; i++)
		about += audit_is_about_cluster(rules[i]->about);
	return about;
}

/* ---- where it stands ---- */

/* "deploy/web.yaml:12" */
static bool site_of(const struct setting *setting, struct arena *arena, struct finding_site *ret_site)
{
	const char *origin = setting && setting->origin ? setting->origin : "", *colon = strrchr(origin, ':');
	uint64_t line = 0;

	if (!*origin || *origin == ':')
		return false;
	*ret_site = (struct finding_site){ .path = arena_strdup(arena, origin), .proposed = true };
	if (colon && parse_u64(colon + 1, &line) == 0 && line <= UINT32_MAX) {
		ret_site->path = arena_strndup(arena, origin, (size_t)(colon - origin));
		ret_site->line = ret_site->last_line = (uint32_t)line;
	}
	return true;
}

static void add_site(struct auditing *auditing, const struct setting *setting, struct finding *finding)
{
	struct finding_site site;

	if (finding->n_sites == SITES_MAX || !site_of(setting, &auditing->findings->arena, &site))
		return;
	for (size_t i = 0; i < finding->n_sites; i++)
		if (finding->sites[i].line == site.line && streq(finding->sites[i].path, site.path))
			return;
	finding->sites[finding->n_sites++] = site;
}

/* "requests.memory 400m": as it stands in the manifest. */
static void add_said(const struct setting *setting, const char *key, struct strbuf *said)
{
	strbuf_addf(said, "%s%s ", said->len ? ", " : "", key);
	if (!setting || setting->absence == ABSENT)
		strbuf_add_string(said, "is not given");
	else
		strbuf_add(said, setting->raw, MIN(setting->raw_length, (uint32_t)SAID_MAX));
}

/* What the line is about first, then what else of the subject it looks at. */
static void show(struct auditing *auditing, const struct rule *rule, subject_id subject, struct finding *finding)
{
	struct arena *arena = &auditing->findings->arena;
	CLEANUP(strbuf_release) struct strbuf said = STRBUF_INIT;
	const struct setting *setting = snapshot_get(auditing->snapshot, subject, rule->key);

	finding->sites = arena_alloc(arena, SITES_MAX * sizeof(*finding->sites));
	add_site(auditing, setting, finding);
	add_said(setting, rule->key, &said);
	for (size_t i = 0; i < program_terms(rule->when); i++) {
		const char *key = NULL;
		bool self = false;

		if (!program_entry(program_term(rule->when, i), &key, &self) || !self || streq(key, rule->key) ||
		    !(setting = snapshot_get(auditing->snapshot, subject, key)))
			continue;
		add_site(auditing, setting, finding);
		add_said(setting, key, &said);
	}
	finding->reason = arena_strndup(arena, said.buf, said.len);
}

/* ---- one line ---- */

static void report_line(struct auditing *auditing, const struct rule *rule, subject_id subject, const struct judgement *judgement)
{
	struct arena *arena = &auditing->findings->arena;
	const struct subject *about = snapshot_subject_get(auditing->snapshot, subject);
	const char *waiver;
	enum status status = audit_waive(auditing, judgement->status, rule->id, about->name,
					 finding_subject_name(auditing->snapshot, subject, arena), &waiver);
	struct finding *finding = audit_add(auditing, status);

	if (!finding)
		return;
	finding_fill(auditing->rulebook, rule, auditing->snapshot, subject, judgement, arena, finding);
	finding->status = status;
	finding->waiver = waiver;
	finding->confidence = CONFIDENCE_HIGH;
	finding->confidence_reason = "rests on what the manifest says";
	finding->next_step = NULL;
	if (rule->key && rule->key_self && (judgement->status == STATUS_RECOMMEND || judgement->status == STATUS_SATISFIED))
		show(auditing, rule, subject, finding);
}

void audit_judge_cluster(struct auditing *auditing)
{
	struct judgement *judgement = xcalloc(1, sizeof(*judgement));
	struct rule *const *rules;
	size_t count = rulebook_rules(auditing->rulebook, &rules);

	rulebook_bind(auditing->rulebook, auditing->snapshot);
	for (size_t i = 0; i < count; i++) {
		uint32_t subjects = snapshot_kind_count(auditing->snapshot, rules[i]->about);

		for (uint32_t s = 0; audit_is_about_cluster(rules[i]->about) && s < subjects; s++) {
			subject_id subject = snapshot_kind_get(auditing->snapshot, rules[i]->about, s);

			rule_judge(auditing->rulebook, rules[i], auditing->snapshot, subject, &auditing->findings->arena, judgement);
			report_line(auditing, rules[i], subject, judgement);
		}
	}
	free(judgement);
}
