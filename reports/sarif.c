/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.
 *
 * What could not be known is no result but a notification of the run: nobody should mend a file because of it.  GitHub
 * refuses a whole log for one result without an artifact, so that each has one: the line that is to be mended, else the
 * file from which the value was read, else a file that stands for the host.  They are relative to the root that was looked at,
 * "ROOT", whose own place is not told: it means nothing on another machine.
 *
 * A fingerprint is made of the id of the finding alone.  It stays the same when lines move and values change. */
#include <ctype.h>
#include <inttypes.h>
#include <strings.h>

#include "../core/json.h"
#include "../core/parse.h"
#include "../core/quote.h"

#include "phrase.h"
#include "reporter.h"

#define ROOT "ROOT"
#define PROPOSED "PROPOSED"	/* where the paths of what is proposed begin */
#define WHOLE_HOST "/etc/os-release"

struct kind {
	const char *name;		/* of the result; NULL: it is a notification */
	bool has_level;			/* results of another kind than "fail" have level "none" */
	const char *notification;	/* its level */
};

/* clang-format off */
static const struct kind kinds[STATUS_COUNT] = {
	[STATUS_RECOMMEND]      = { .name = "fail", .has_level = true, },
	[STATUS_SUSPECT]        = { .name = "review", },
	[STATUS_UNMEASURED]     = { .notification = "note", },
	[STATUS_ELSEWHERE]      = { .name = "informational", },
	[STATUS_SATISFIED]      = { .name = "pass", },
	[STATUS_NOT_APPLICABLE] = { .name = "notApplicable", },
	[STATUS_UNREADABLE]     = { .notification = "warning", },
	[STATUS_WAIVED]         = { .name = "fail", .has_level = true, },
};

/* All settings of a review are results, also what needs no change: somebody asked of each. */
static const struct kind review_kinds[REVIEW_COUNT] = {
	[REVIEW_SUPPORTED]    = { .name = "pass", },
	[REVIEW_UNSUPPORTED]  = { .name = "fail", .has_level = true, },
	[REVIEW_UNMEASURED]   = { .name = "open", },
	[REVIEW_CONTRADICTED] = { .name = "fail", .has_level = true, },
	[REVIEW_NO_EFFECT]    = { .name = "fail", .has_level = true, },
	[REVIEW_OVERRIDDEN]   = { .name = "fail", .has_level = true, },
	[REVIEW_OBSOLETE]     = { .name = "fail", .has_level = true, },
	[REVIEW_DANGEROUS]    = { .name = "fail", .has_level = true, },
	[REVIEW_INVALID]      = { .name = "fail", .has_level = true, },
	[REVIEW_BROKEN]       = { .name = "fail", .has_level = true, },
	[REVIEW_UNCLEAR]      = { .name = "review", },
};

static const char *const levels[SEVERITY_COUNT] = {
	[SEVERITY_LOW] = "note", [SEVERITY_MEDIUM] = "warning", [SEVERITY_HIGH] = "error", [SEVERITY_CRITICAL] = "error",
};
/* clang-format on */

static const struct kind *kind_of(const struct finding *finding)
{
	return finding->review ? &review_kinds[finding->review->verdict] : &kinds[finding->status];
}

/* Rules in the order in which findings name them first, and whether a baseline has anything of the findings: without one
 * nothing is known to be new. */
struct rules {
	const struct finding **items;
	size_t count, capacity;
	bool compared;
	unsigned int *occurrences;	/* by index of the finding: the which-th of its id it is */
};

static void rules_release(struct rules *rules)
{
	free(rules->items);
	free(rules->occurrences);
}

/* Findings of one rule mostly stand together: the newest is looked at first. */
static size_t rules_find(const struct rules *rules, const char *id)
{
	for (size_t i = rules->count; i-- > 0;)
		if (streq(rules->items[i]->rule, id))
			return i;
	return rules->count;
}

static void rules_collect(struct rules *rules, const struct finding_list *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		rules->compared |= findings->items[i].in_baseline;
		if (rules_find(rules, findings->items[i].rule) < rules->count)
			continue;
		GROW(rules->items, rules->capacity, rules->count + 1);
		rules->items[rules->count++] = &findings->items[i];
	}
}

/* Text that a viewer shows.  "[text](target)" would be a link in it. */
static void write_text(struct json *json, const char *key, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT, plain = STRBUF_INIT;

	for (const char *line = text; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n");

		quote_terminal(&safe, line, length);
		line += length;
		strbuf_add_string(&safe, *line ? "\n" : "");
	}
	for (const char *c = safe.buf; *c; c++) {
		strbuf_add_char(&plain, *c);
		if (c[0] == ']' && c[1] == '(')
			strbuf_add_char(&plain, ' ');
	}
	json_member_string(json, key, plain.buf);
}

static void write_message(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	json_open_object(json);
	write_text(json, "text", text);
	json_close_object(json);
}

static void end_sentence(struct strbuf *text)
{
	if (text->len && !strchr(".!?\n", text->buf[text->len - 1]))
		strbuf_add_char(text, '.');
}

static void add_sentence(struct strbuf *out, const char *text)
{
	if (!text || !*text)
		return;
	strbuf_add_string(out, out->len ? " " : "");
	strbuf_add_string(out, text);
	end_sentence(out);
}

/* Rules. */

/* "tcp-accept-queue-overflow" is TcpAcceptQueueOverflow to those who want a name. */
static void write_rule_name(struct json *json, const char *id)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	bool begins = true;

	for (const char *c = id; *c; c++) {
		if (!isalnum((unsigned char)*c)) {
			begins = true;
			continue;
		}
		strbuf_add_char(&name, begins ? (char)toupper((unsigned char)*c) : *c);
		begins = false;
	}
	/* A name must say something else than the id, also to those who do not look at capitals. */
	if (name.len && strcasecmp(name.buf, id) != 0)
		json_member_string(json, "name", name.buf);
}

/* A line of help: its label, and the text as plain text and as Markdown. */
struct help {
	struct strbuf text, markdown;
};

static void help_add(struct help *help, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	strbuf_addf(&help->text, "%s: ", label);
	strbuf_add_string(&help->text, text);
	strbuf_add_char(&help->text, '\n');
	strbuf_addf(&help->markdown, "- **%s:** ", label);
	quote_markdown(&help->markdown, text, strlen(text));
	strbuf_add_char(&help->markdown, '\n');
}

static void help_add_references(struct help *help, const struct string_list *references)
{
	for (size_t i = 0; references && i < references->count; i++) {
		const char *text = references->items[i];
		CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;

		strbuf_addf(&help->text, "See: %s\n", text);
		strbuf_add_string(&help->markdown, "- See ");
		if (phrase_reference_url(&url, text))
			strbuf_addf(&help->markdown, "[%s](%s)\n", text, url.buf);
		else
			quote_markdown(&help->markdown, text, strlen(text));
		strbuf_add_char(&help->markdown, '\n');
	}
}

static void write_help(struct json *json, const struct finding *finding)
{
	struct help help = { .text = STRBUF_INIT, .markdown = STRBUF_INIT };
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

	add_sentence(&help.text, finding->title);
	strbuf_add_string(&help.text, "\n");
	quote_markdown(&help.markdown, finding->title, strlen(finding->title));
	strbuf_add_string(&help.markdown, "\n\n");
	help_add(&help, finding->review ? "Do" : "Instead", finding->advice);
	help_add(&help, finding->review ? "Means" : "Side effects", finding->side_effects);
	help_add(&help, "Better when", finding->verify_measure);
	help_add_references(&help, finding->references);
	strbuf_addf(&command, "keisoku explain %s", finding->rule);
	help_add(&help, "More", command.buf);
	json_key(json, "help");
	json_open_object(json);
	write_text(json, "text", help.text.buf);
	json_member_string(json, "markdown", help.markdown.buf);
	json_close_object(json);
	strbuf_release(&help.text);
	strbuf_release(&help.markdown);
}

static void write_help_uri(struct json *json, const struct string_list *references)
{
	CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;

	for (size_t i = 0; references && i < references->count && !url.len; i++)
		(void)phrase_reference_url(&url, references->items[i]);
	if (url.len)
		json_member_string(json, "helpUri", url.buf);
}

/* No tag may be there twice. */
static void write_tags(struct json *json, const char *const *tags, size_t count)
{
	json_key(json, "tags");
	json_open_array(json);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(strbuf_release) struct strbuf safe = STRBUF_INIT;
		bool given = !tags[i];

		for (size_t j = 0; j < i && !given; j++)
			given = tags[j] && streq(tags[j], tags[i]);
		if (given)
			continue;
		quote_terminal(&safe, tags[i], strlen(tags[i]));
		json_string(json, safe.buf);
	}
	json_close_array(json);
}

/* A verdict is the same for all settings: what its first finding says of its own is left out. */
static struct finding rule_of_verdict(const struct finding *finding)
{
	return (struct finding){
		.rule = finding->rule, .title = finding->title, .advice = finding->advice, .severity = finding->severity,
		.side_effects = finding->review->meaning, .review = finding->review,
	};
}

static void write_rule(struct json *json, const struct finding *first)
{
	CLEANUP(strbuf_release) struct strbuf pack = STRBUF_INIT, title = STRBUF_INIT;
	struct finding verdict = first->review ? rule_of_verdict(first) : (struct finding){ 0 };
	const struct finding *finding = first->review ? &verdict : first;

	phrase_pack(&pack, finding);
	add_sentence(&title, finding->title);
	json_open_object(json);
	write_text(json, "id", finding->rule);
	write_rule_name(json, finding->rule);
	write_message(json, "shortDescription", title.buf);
	add_sentence(&title, finding->side_effects);
	write_message(json, "fullDescription", title.buf);
	write_help(json, finding);
	write_help_uri(json, finding->references);
	json_key(json, "defaultConfiguration");
	json_open_object(json);
	json_member_string(json, "level", levels[finding->severity]);
	json_close_object(json);
	json_key(json, "properties");
	json_open_object(json);
	json_member_string(json, "severity", severity_name(finding->severity));
	write_tags(json, (const char *const[]){ pack.buf, finding->resource, finding->use_kind }, 3);
	json_close_object(json);
	json_close_object(json);
}

static void write_tool(struct json *json, const struct rules *rules)
{
	json_key(json, "tool");
	json_open_object(json);
	json_key(json, "driver");
	json_open_object(json);
	json_member_string(json, "name", "Keisoku");
	json_member_string(json, "fullName", "Keisoku " KEISOKU_VERSION);
	json_member_string(json, "semanticVersion", KEISOKU_VERSION);
	json_member_string(json, "version", KEISOKU_VERSION);
	json_key(json, "rules");
	json_open_array(json);
	for (size_t i = 0; i < rules->count; i++)
		write_rule(json, rules->items[i]);
	json_close_array(json);
	json_close_object(json);
	json_close_object(json);
}

/* Locations. */

/* A path below the root as a relative reference: what is not unreserved in RFC 3986 becomes %XX. */
static void add_uri(struct strbuf *out, const char *path)
{
	path += strspn(path, "/");
	for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
		if ((*c < 0x80 && isalnum(*c)) || strchr("-._~/", *c))
			strbuf_add_char(out, (char)*c);
		else
			strbuf_addf(out, "%%%02X", *c);
	}
}

static void write_artifact(struct json *json, const struct finding_site *site)
{
	CLEANUP(strbuf_release) struct strbuf uri = STRBUF_INIT;
	bool absolute = site->proposed && site->path[0] == '/';

	strbuf_add_string(&uri, absolute ? "file:///" : "");
	add_uri(&uri, site->path);
	json_key(json, "artifactLocation");
	json_open_object(json);
	json_member_string(json, "uri", uri.buf);
	if (!absolute)
		json_member_string(json, "uriBaseId", site->proposed ? PROPOSED : ROOT);
	json_close_object(json);
}

static void write_region(struct json *json, const struct finding_site *site)
{
	json_key(json, "region");
	json_open_object(json);
	json_member_unsigned(json, "startLine", MAX(site->line, 1U));
	if (site->last_line > site->line)
		json_member_unsigned(json, "endLine", site->last_line);
	if (site->text) {
		json_key(json, "snippet");
		json_open_object(json);
		write_text(json, "text", site->text);
		json_close_object(json);
	}
	json_close_object(json);
}

static const char *subject_name(const struct finding *finding)
{
	return finding->subject_name ? finding->subject_name : "host";
}

static void write_logical(struct json *json, const struct report *report, const struct finding *finding)
{
	const struct subject *subject = report->snapshot ? snapshot_subject_get(report->snapshot, finding->subject) : NULL;

	json_key(json, "logicalLocations");
	json_open_array(json);
	json_open_object(json);
	write_text(json, "fullyQualifiedName", subject_name(finding));
	json_member_string(json, "kind", report_is_rightsizing(report) ? "container"
					 : subject_kind_name(subject ? subject->kind : SUBJECT_KIND_HOST));
	json_close_object(json);
	json_close_array(json);
}

static void write_location(struct json *json, const struct report *report, const struct finding *finding,
			   const struct finding_site *site)
{
	json_open_object(json);
	json_key(json, "physicalLocation");
	json_open_object(json);
	write_artifact(json, site);
	write_region(json, site);
	json_close_object(json);
	write_logical(json, report, finding);
	json_close_object(json);
}

/* "/proc/net/netstat, TcpExt ListenOverflows", "/etc/fstab:3": the file, and its line if there is one. */
static bool split_source(const char *source, struct strbuf *path, uint32_t *ret_line)
{
	const char *colon;
	uint64_t line;

	if (!source || *source != '/')
		return false;
	strbuf_reset(path);
	strbuf_add(path, source, strcspn(source, ","));
	*ret_line = 0;
	colon = strrchr(path->buf, ':');
	if (colon && parse_u64(colon + 1, &line) == 0 && line > 0 && line < UINT32_MAX) {
		*ret_line = (uint32_t)line;
		strbuf_truncate(path, (size_t)(colon - path->buf));
	}
	return path->len > 1;
}

/* Where the setting that is to be changed was read. */
static bool change_source(const struct report *report, const struct finding *finding, struct strbuf *path, uint32_t *ret_line)
{
	for (size_t i = 0; i < finding->n_changes && report->snapshot; i++) {
		const struct change *change = &finding->changes[i];
		const char *key = change->tunable && change->subject != SUBJECT_HOST ? change->tunable->id : change->key;
		CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;
		const struct setting *setting;

		if (change->subject >= snapshot_subject_count(report->snapshot))
			continue;
		setting = snapshot_get(report->snapshot, change->subject, key);
		if (!setting)
			continue;
		setting_origin(report->snapshot, setting, &origin);
		if (split_source(origin.buf, path, ret_line))
			return true;
	}
	return false;
}

static void find_source(const struct report *report, const struct finding *finding, struct strbuf *path,
			uint32_t *ret_line)
{
	const struct subject *subject = report->snapshot ? snapshot_subject_get(report->snapshot, finding->subject) : NULL;

	if (change_source(report, finding, path, ret_line))
		return;
	for (size_t i = 0; i < finding->n_evidence; i++)
		if (split_source(finding->evidence[i].source, path, ret_line))
			return;
	if (!split_source(subject ? subject->path : NULL, path, ret_line))
		(void)split_source(WHOLE_HOST, path, ret_line);
}

/* The line that counts first; viewers take it for the place of the finding, the others are related to it. */
static void write_locations(struct json *json, const struct report *report, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct finding_site site = { 0 };

	json_key(json, "locations");
	json_open_array(json);
	if (finding->n_sites > 0) {
		write_location(json, report, finding, &finding->sites[0]);
	} else {
		find_source(report, finding, &path, &site.line);
		site.path = path.buf;
		write_location(json, report, finding, &site);
	}
	json_close_array(json);
	if (finding->n_sites < 2)
		return;
	json_key(json, "relatedLocations");
	json_open_array(json);
	for (size_t i = 1; i < finding->n_sites; i++)
		write_location(json, report, finding, &finding->sites[i]);
	json_close_array(json);
}

/* Results. */

static int by_id(const void *a, const void *b)
{
	const struct finding *const *left = a, *const *right = b;
	int order = strcmp((*left)->id, (*right)->id);

	return order ? order : *left < *right ? -1 : *left > *right;
}

/* A proposal may say the same thing of one setting several times: the which-th of its id each finding is. */
static unsigned int *count_occurrences(const struct finding_list *findings)
{
	const struct finding **sorted = xcalloc(findings->count + 1, sizeof(const struct finding *));
	unsigned int *occurrences = xcalloc(findings->count + 1, sizeof(*occurrences)), count = 0;

	for (size_t i = 0; i < findings->count; i++)
		sorted[i] = &findings->items[i];
	qsort(sorted, findings->count, sizeof(const struct finding *), by_id);
	for (size_t i = 0; i < findings->count; i++) {
		count = i > 0 && streq(sorted[i]->id, sorted[i - 1]->id) ? count + 1 : 1;
		occurrences[sorted[i] - findings->items] = count;
	}
	free(sorted);
	return occurrences;
}

/* FNV-1a over the id: the same in every run. */
static void write_fingerprints(struct json *json, const char *id, unsigned int occurrence)
{
	uint64_t hash = 0xcbf29ce484222325;
	CLEANUP(free_ptr) char *text = NULL;

	for (const unsigned char *c = (const unsigned char *)id; *c; c++)
		hash = (hash ^ *c) * 0x100000001b3;
	text = xasprintf("%016" PRIx64 ":%u", hash, occurrence);
	json_key(json, "partialFingerprints");
	json_open_object(json);
	write_text(json, "keisokuFinding/v1", id);
	json_member_string(json, "primaryLocationLineHash", text);	/* the one that GitHub looks at */
	json_close_object(json);
}

static void write_suppressions(struct json *json, const struct finding *finding)
{
	if (finding->status != STATUS_WAIVED)
		return;
	json_key(json, "suppressions");
	json_open_array(json);
	json_open_object(json);
	json_member_string(json, "kind", "external");
	json_member_string(json, "status", "accepted");
	write_text(json, "justification", finding->waiver ? finding->waiver : "waived");
	json_close_object(json);
	json_close_array(json);
}

/* "vm.swappiness 60 → 10: overridden: /etc/sysctl.d/99-site.conf:3 has the last word at boot and sets 60." */
static void add_proposed(struct strbuf *out, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, becomes = STRBUF_INIT, also = STRBUF_INIT;

	phrase_review_key(&text, finding);
	if (text.len)
		strbuf_addf(&text, " %s → %s: ", review_from(finding), review_to(finding));
	phrase_also(&also, finding);
	strbuf_addf(&text, "%s%s%s: %s", review_verdict_name(finding->review->verdict), also.len ? ", " : "", also.len ? also.buf : "",
		    finding->reason);
	add_sentence(out, text.buf);
	for (size_t i = 0; i < finding->review->n_remarks; i++) {
		strbuf_reset(&text);
		strbuf_addf(&text, "Note: %s", finding->review->remarks[i]);
		add_sentence(out, text.buf);
	}
	if (phrase_becomes(&becomes, finding)) {
		strbuf_reset(&text);
		strbuf_addf(&text, "It becomes %s", becomes.buf);
		add_sentence(out, text.buf);
	}
	if (finding->review->instead) {
		strbuf_reset(&text);
		strbuf_addf(&text, "Instead: %s", finding->review->instead);
		add_sentence(out, text.buf);
	}
}

static void add_message(struct strbuf *out, const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (finding->review) {
		add_proposed(out, finding);
		return;
	}
	add_sentence(out, finding->title);
	if (finding->status == STATUS_RECOMMEND || finding->status == STATUS_SUSPECT)
		phrase_changes(&text, finding);
	add_sentence(out, text.buf);
	strbuf_reset(&text);
	phrase_values(&text, finding->values);
	add_sentence(out, text.buf);
	strbuf_reset(&text);
	phrase_why(&text, finding);
	add_sentence(out, text.buf);
}

static void write_property(struct json *json, const char *name, const char *value)
{
	if (value)
		write_text(json, name, value);
}

static void write_commands(struct json *json, const struct finding *finding, const char *name, size_t member,
			   bool backwards)
{
	CLEANUP(strbuf_release) struct strbuf commands = STRBUF_INIT;

	phrase_commands(&commands, finding, member, backwards);
	if (commands.len)
		write_text(json, name, commands.buf);
}

static void write_properties(struct json *json, const struct finding *finding)
{
	const struct finding_values *values = finding->values;
	CLEANUP(strbuf_release) struct strbuf measured = STRBUF_INIT;

	phrase_measured(&measured, finding);
	json_key(json, "properties");
	json_open_object(json);
	json_member_string(json, "status", status_name(finding->status));
	json_member_string(json, "severity", severity_name(finding->severity));
	json_member_string(json, "confidence", confidence_name(finding->confidence));
	write_property(json, "measured", measured.len ? measured.buf : NULL);
	if (values) {
		write_property(json, "running", values->running);
		write_property(json, "boot", values->boot);
		write_property(json, "kernelDefault", values->kernel_default);
		write_property(json, "wanted", values->wanted);
		write_property(json, "drift", values->drift);
	}
	if (finding->review) {
		CLEANUP(strbuf_release) struct strbuf also = STRBUF_INIT;

		phrase_also(&also, finding);
		json_member_string(json, "verdict", review_verdict_name(finding->review->verdict));
		write_property(json, "also", also.len ? also.buf : NULL);
		write_property(json, "before", finding->review->before);
		write_property(json, "applied", finding->review->applied);
	}
	write_commands(json, finding, "apply", offsetof(struct change, apply), false);
	write_commands(json, finding, "rollBack", offsetof(struct change, rollback), true);
	write_commands(json, finding, "verify", offsetof(struct change, verify), false);
	json_close_object(json);
}

/* Replacements of text within one line, for those who mend with a click. */
static void write_fixes(struct json *json, const struct finding *finding)
{
	if (finding->n_fixes == 0 || finding->n_sites == 0)
		return;
	json_key(json, "fixes");
	json_open_array(json);
	json_open_object(json);
	json_key(json, "artifactChanges");
	json_open_array(json);
	json_open_object(json);
	write_artifact(json, &finding->sites[0]);
	json_key(json, "replacements");
	json_open_array(json);
	for (size_t i = 0; i < finding->n_fixes; i++) {
		json_open_object(json);
		json_key(json, "deletedRegion");
		json_open_object(json);
		json_member_unsigned(json, "startLine", finding->fixes[i].line);
		json_member_unsigned(json, "startColumn", finding->fixes[i].column);
		json_member_unsigned(json, "endColumn", finding->fixes[i].end_column);
		json_close_object(json);
		write_message(json, "insertedContent", finding->fixes[i].text);
		json_close_object(json);
	}
	json_close_array(json);
	json_close_object(json);
	json_close_array(json);
	json_close_object(json);
	json_close_array(json);
}

static void write_result(struct json *json, const struct report *report, const struct rules *rules,
			 const struct finding *finding)
{
	const struct kind *kind = kind_of(finding);
	CLEANUP(strbuf_release) struct strbuf message = STRBUF_INIT;

	add_message(&message, finding);
	json_open_object(json);
	write_text(json, "ruleId", finding->rule);
	json_member_unsigned(json, "ruleIndex", rules_find(rules, finding->rule));
	json_member_string(json, "kind", kind->name);
	json_member_string(json, "level", kind->has_level ? levels[finding->severity] : "none");
	write_message(json, "message", message.buf);
	write_locations(json, report, finding);
	write_fingerprints(json, finding->id, rules->occurrences[finding - report->findings->items]);
	write_suppressions(json, finding);
	write_fixes(json, finding);
	if (rules->compared)
		json_member_string(json, "baselineState", finding->in_baseline ? "unchanged" : "new");
	write_properties(json, finding);
	json_close_object(json);
}

static void write_results(struct json *json, const struct report *report, const struct rules *rules)
{
	json_key(json, "results");
	json_open_array(json);
	for (size_t i = 0; i < report->findings->count; i++)
		if (kind_of(&report->findings->items[i])->name)
			write_result(json, report, rules, &report->findings->items[i]);
	json_close_array(json);
}

/* The run. */

static void write_notification(struct json *json, const struct diag_entry *note)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (note->place.file)
		strbuf_addf(&text, note->place.line ? "%s:%u: " : "%s: ", note->place.file, note->place.line);
	strbuf_add_string(&text, note->message);
	json_open_object(json);
	json_member_string(json, "level", note->level == DIAG_ERROR ? "error" : "warning");
	write_message(json, "message", text.buf);
	json_close_object(json);
}

static void write_unknown(struct json *json, const struct report *report, const struct rules *rules,
			  const struct finding *finding)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s, %s: ", finding->id, phrase_status_in(report, finding->status));
	phrase_why(&text, finding);
	json_open_object(json);
	json_member_string(json, "level", kind_of(finding)->notification);
	write_message(json, "message", text.buf);
	json_key(json, "associatedRule");
	json_open_object(json);
	write_text(json, "id", finding->rule);
	json_member_unsigned(json, "index", rules_find(rules, finding->rule));
	json_close_object(json);
	json_close_object(json);
}

static void write_time(struct json *json, const char *key, double realtime)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	phrase_time(&text, realtime);
	strbuf_add_char(&text, 'Z');
	json_member_string(json, key, text.buf);
}

static void write_invocation(struct json *json, const struct report *report, const struct rules *rules)
{
	double end = report_time(report);
	const struct diag_entry *note;

	json_key(json, "invocations");
	json_open_array(json);
	json_open_object(json);
	json_member_bool(json, "executionSuccessful", !report->notes || report->notes->errors == 0);
	if (report->exit_known) {
		json_member_unsigned(json, "exitCode", (uint64_t)report->exit_status);
		json_member_string(json, "exitCodeDescription",
				   report->exit_status == 0 ? "nothing that the run was to fail on"
				   : report->exit_status == 1 ? "something that the run was to fail on"
							      : "something could not be read, or has mistakes");
	}
	if (end) {
		write_time(json, "startTimeUtc", snapshot_window_get(report->snapshot)->start_realtime);
		write_time(json, "endTimeUtc", end);
	}
	json_key(json, "toolExecutionNotifications");
	json_open_array(json);
	for (size_t i = 0; (note = report_note(report, i)); i++)
		write_notification(json, note);
	for (size_t i = 0; i < report->findings->count; i++)
		if (!kind_of(&report->findings->items[i])->name)
			write_unknown(json, report, rules, &report->findings->items[i]);
	json_close_array(json);
	json_close_object(json);
	json_close_array(json);
}

/* "keisoku/audit/web-1/": logs of the same command and host replace one another. */
static void write_automation(struct json *json, const struct report *report)
{
	const char *host = report_host_text(report, "host.name");
	CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;

	strbuf_addf(&id, "keisoku/%s/", report->command);
	if (host)
		strbuf_addf(&id, "%s/", host);
	json_key(json, "automationDetails");
	json_open_object(json);
	write_text(json, "id", id.buf);
	json_close_object(json);
}

static void write_base(struct json *json, const char *name, const char *description)
{
	json_key(json, name);
	json_open_object(json);
	write_message(json, "description", description);
	json_close_object(json);
}

static void write_bases(struct json *json, const struct report *report)
{
	json_key(json, "originalUriBaseIds");
	json_open_object(json);
	write_base(json, ROOT, "The root of the host or image that was looked at.");
	if (report_is_review(report) || report_is_rightsizing(report) || report_is_of_manifests(report))
		write_base(json, PROPOSED, "The directory in which the program ran, or that of a difference.");
	json_close_object(json);
}

static void write_run_properties(struct json *json, const struct report *report)
{
	static const struct {
		const char *name, *key;
	} members[] = {
		{ "host", "host.name" }, { "kernel", "kernel.release" }, { "architecture", "kernel.architecture" },
		{ "os", "os.id" }, { "osVersion", "os.version" },
	};

	json_key(json, "properties");
	json_open_object(json);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		write_property(json, members[i].name, report_host_text(report, members[i].key));
	json_key(json, "counts");
	json_open_object(json);
	for (size_t i = 0; i < STATUS_COUNT; i++)
		json_member_unsigned(json, status_name((enum status)i), report->findings->counts[i]);
	for (size_t i = 0; report_is_review(report) && i < REVIEW_COUNT; i++)
		json_member_unsigned(json, review_verdict_name((enum review_verdict)i),
				     report_verdicts(report, (enum review_verdict)i));
	json_close_object(json);
	json_close_object(json);
}

static int sarif_write(FILE *out, const struct report *report)
{
	CLEANUP(rules_release) struct rules rules = { 0 };
	struct json json;

	rules_collect(&rules, report->findings);
	rules.occurrences = count_occurrences(report->findings);
	json_begin(&json, out);
	json_open_object(&json);
	json_member_string(&json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_member_string(&json, "version", "2.1.0");
	json_key(&json, "runs");
	json_open_array(&json);
	json_open_object(&json);
	write_tool(&json, &rules);
	write_invocation(&json, report, &rules);
	write_automation(&json, report);
	write_bases(&json, report);
	json_member_string(&json, "columnKind", "unicodeCodePoints");
	write_results(&json, report, &rules);
	write_run_properties(&json, report);
	json_close_object(&json);
	json_close_array(&json);
	json_close_object(&json);
	return 0;
}

const struct reporter reporter_sarif = {
	.name = "sarif",
	.summary = "SARIF 2.1.0 for code scanning, with file and line, rule help and stable fingerprints",
	.write = sarif_write,
};
