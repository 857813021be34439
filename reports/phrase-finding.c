/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of a finding. */
#include <time.h>

#include "phrase.h"

/* Whether the length bytes at name are the folder of that name. */
static bool is_folder(const char *name, size_t length, const char *folder)
{
	return strlen(folder) == length && memcmp(name, folder, length) == 0;
}

void phrase_pack(struct strbuf *out, const struct finding *finding)
{
	const char *path = finding->place.file ? finding->place.file : "";
	const char *file = strrchr(path, '/');
	size_t end = file ? (size_t)(file - path) : 0, start = end;

	if (finding->pack) {
		strbuf_add_string(out, finding->pack);
		return;
	}
	while (start > 0 && path[start - 1] != '/')
		start--;
	/* A file that stands in no pack is one itself. */
	if (start == end || is_folder(path + start, end - start, "packs") || is_folder(path + start, end - start, "policies")) {
		start = file ? end + 1 : 0;
		end = start + strcspn(path + start, ".");
	}
	if (start == end)
		strbuf_add_string(out, finding->values && finding->values->drift ? "drift" : finding->review ? "review" : "rules");
	else
		strbuf_add(out, path + start, end - start);
}

static void add_text(struct strbuf *out, const char *text)
{
	strbuf_add_string(out, text ? text : "");
}

static void add_value(struct strbuf *out, const char *text, const char *raw)
{
	const char *value = text ? text : raw;

	add_text(out, value && *value ? value : "(empty)");
}

void phrase_changes(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_changes; i++) {
		const struct change *change = &finding->changes[i];

		strbuf_add_string(out, i ? "; " : "");
		add_text(out, change->key);
		strbuf_add_char(out, ' ');
		add_value(out, change->from_text, change->from);
		strbuf_add_string(out, " → ");
		add_value(out, change->to_text, change->to);
	}
	if (finding->n_changes == 0)
		add_text(out, finding->advice);
}

void phrase_values(struct strbuf *out, const struct finding_values *values)
{
	const struct {
		const char *name, *value;
	} columns[] = {
		{ "running", values ? values->running : NULL }, { "after boot", values ? values->boot : NULL },
		{ "kernel default", values ? values->kernel_default : NULL }, { "wanted", values ? values->wanted : NULL },
	};
	const char *separator = "";

	if (!values)
		return;
	if (values->key)
		strbuf_addf(out, "%s: ", values->key);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		if (!columns[i].value)
			continue;
		strbuf_addf(out, "%s%s ", separator, columns[i].name);
		add_value(out, columns[i].value, NULL);
		separator = ", ";
	}
	if (values->drift)
		strbuf_addf(out, *separator ? " (%s)" : "%s", values->drift);
}

void phrase_site(struct strbuf *out, const struct finding_site *site)
{
	add_text(out, site->path);
	if (site->line)
		strbuf_addf(out, ":%u", site->line);
}

void phrase_measured(struct strbuf *out, const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_evidence; i++) {
		const struct evidence *evidence = &finding->evidence[i];

		strbuf_add_string(out, i ? "; " : "");
		add_text(out, evidence->expression);
		strbuf_add_string(out, " = ");
		add_text(out, evidence->value ? evidence->value : "unknown");
		if (evidence->source && *evidence->source) {
			strbuf_add_string(out, " (");
			add_text(out, evidence->source);
			strbuf_add_char(out, ')');
		}
	}
}

/* As a sentence behind what stands there already. */
static void add_sentence(struct strbuf *out, const char *text)
{
	if (!text || !*text)
		return;
	if (out->len)
		strbuf_add_string(out, strchr(".!?", out->buf[out->len - 1]) ? " " : ". ");
	add_text(out, text);
}

bool finding_is_new(const struct finding *finding)
{
	return finding->status == STATUS_RECOMMEND && !finding->in_baseline;
}

const char *phrase_found(const struct finding *finding)
{
	if (!finding->values || !finding->reason || (finding->because && starts_with(finding->because, finding->reason)))
		return NULL;
	return finding->reason;
}

void phrase_why(struct strbuf *out, const struct finding *finding)
{
	/* Which of its texts say it, in this order; DESIGN.md section 6. */
	static const struct {
		bool because, reason, next_step, waiver;
	} texts[STATUS_COUNT] = {
		[STATUS_RECOMMEND] = { .because = true, },
		[STATUS_SUSPECT] = { .because = true, .reason = true, .next_step = true, },
		[STATUS_UNMEASURED] = { .reason = true, .next_step = true, },
		[STATUS_ELSEWHERE] = { .because = true, .reason = true, },
		[STATUS_SATISFIED] = { .reason = true, },
		[STATUS_NOT_APPLICABLE] = { .reason = true, },
		[STATUS_UNREADABLE] = { .reason = true, },
		[STATUS_WAIVED] = { .waiver = true, },
	};
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *found;

	if (finding->review) {
		add_sentence(&text, finding->reason);
		add_sentence(&text, finding->waiver);
		strbuf_add(out, text.buf, text.len);
		return;
	}
	found = texts[finding->status].because ? phrase_found(finding) : NULL;
	add_sentence(&text, found);
	if (texts[finding->status].because)
		add_sentence(&text, finding->because);
	if ((texts[finding->status].reason && !found) || !text.len)
		add_sentence(&text, finding->reason);
	if (texts[finding->status].waiver)
		add_sentence(&text, finding->waiver);
	if (texts[finding->status].next_step && finding->next_step) {
		CLEANUP(strbuf_release) struct strbuf run = STRBUF_INIT;

		strbuf_addf(&run, "Run: %s", finding->next_step);
		add_sentence(&text, run.buf);
	}
	strbuf_add(out, text.buf, text.len);
}

static bool is_plain(const char *text)
{
	/* Not strspn(): with sanitizers gcc believes that it begins behind the end of an empty text. */
	for (; *text; text++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./", *text))
			return false;
	return true;
}

/* "Documentation/admin-guide/sysctl/vm.rst", or an address that is written out. */
bool phrase_reference_url(struct strbuf *out, const char *reference)
{
	static const char kernel[] = "Documentation/", https[] = "https://";

	if (starts_with(reference, https) && is_plain(reference + strlen(https))) {
		strbuf_add_string(out, reference);
		return true;
	}
	if (!starts_with(reference, kernel) || !ends_with(reference, ".rst") || !is_plain(reference) ||
	    strstr(reference, ".."))
		return false;
	reference += strlen(kernel);
	strbuf_addf(out, "https://docs.kernel.org/%.*s.html", (int)(strlen(reference) - strlen(".rst")), reference);
	return true;
}

double report_time(const struct report *report)
{
	const struct window *window = report->snapshot ? snapshot_window_get(report->snapshot) : NULL;
	double realtime = window && window->live ? window->end_realtime : 0;

	return realtime > 0 && realtime < 1e11 ? realtime : 0;
}

void phrase_time(struct strbuf *out, double realtime)
{
	time_t seconds = (time_t)realtime;
	struct tm tm;
	char text[40];

	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		strbuf_add_string(out, text);
}
