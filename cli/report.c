/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <errno.h>
#include <unistd.h>

#include "../core/strbuf.h"

struct report_output {
	const struct reporter *reporter;
	const char *path;		/* NULL: standard output */
	bool each;			/* a file for each input */
	bool open;			/* file is, for all inputs together */
	struct output_file file;
};

static const struct reporter *find_reporter(const char *name, size_t length)
{
	for (size_t i = 0; reporters[i]; i++)
		if (strlen(reporters[i]->name) == length && memcmp(reporters[i]->name, name, length) == 0)
			return reporters[i];
	return NULL;
}

static int unknown_format(const char *item, size_t length)
{
	CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;

	for (size_t r = 0; reporters[r]; r++)
		strbuf_addf(&known, "%s%s", r ? ", " : "", reporters[r]->name);
	return talk_error(EXIT_USAGE, "--output: unknown format '%.*s'; known are %s", (int)length, item, known.buf);
}

static int output_begin(struct report_output *output, const char *item, size_t inputs)
{
	size_t length = strcspn(item, "=");
	const char *path = item[length] ? item + length + 1 : NULL;

	output->reporter = find_reporter(item, length);
	if (!output->reporter)
		return unknown_format(item, length);
	output->path = path && !streq(path, "-") ? path : NULL;
	output->each = inputs != 1 && output->path && strchr(output->path, '%');
	if (inputs != 1 && !output->each && !output->reporter->join)
		return talk_error(EXIT_USAGE, "--output %s: one file cannot hold the reports of several inputs; write "
				  "--output %s=DIR/%%.%s, where %% stands for the name of each", output->reporter->name,
				  output->reporter->name, output->reporter->name);
	return 0;
}

int report_outputs_begin(struct report_outputs *outputs, const struct arguments *arguments, size_t inputs)
{
	size_t given = arguments->outputs.count, to_stdout = 0;
	int r;

	*outputs = (struct report_outputs){ .arguments = arguments, .inputs = inputs, .count = given > 0 ? given : 1 };
	outputs->items = xcalloc(outputs->count, sizeof(*outputs->items));
	for (size_t i = 0; i < outputs->count; i++) {
		r = output_begin(&outputs->items[i], given > 0 ? arguments->outputs.items[i] : "text", inputs);
		if (r != 0)
			return r;
		to_stdout += outputs->items[i].path == NULL;
	}
	if (to_stdout > 1)
		return talk_error(EXIT_USAGE, "--output: only one format can go to standard output; give the others "
				  "=FILE");
	return 0;
}

size_t report_outputs_courses(const struct report_outputs *outputs)
{
	size_t courses = 0;

	for (size_t i = 0; i < outputs->count; i++)
		courses = MAX(courses, outputs->items[i].reporter->courses);
	return courses;
}

/* ---- names of files ---- */

static bool is_taken(const struct report_outputs *outputs, const char *name)
{
	for (size_t i = 0; i < outputs->names.count; i++)
		if (streq(outputs->names.items[i], name))
			return true;
	return false;
}

/* How many are called base, or base and a number. */
static size_t taken_before(const struct report_outputs *outputs, const char *base)
{
	size_t length = strlen(base), count = 0;

	for (size_t i = 0; i < outputs->names.count; i++) {
		const char *name = outputs->names.items[i];

		count += strncmp(name, base, length) == 0 && (name[length] == '\0' || name[length] == '-');
	}
	return count;
}

/* "snapshots/web-1.json" as "web-1", a second one of that name as "web-1-2". */
static const char *name_of_input(struct report_outputs *outputs, const char *input)
{
	CLEANUP(strbuf_release) struct strbuf base = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	const char *slash;

	strbuf_add_string(&base, input && !streq(input, "-") ? input : "host");
	while (base.len > 1 && base.buf[base.len - 1] == '/')
		strbuf_truncate(&base, base.len - 1);
	slash = strrchr(base.buf, '/');
	strbuf_add_string(&name, slash && slash[1] ? slash + 1 : base.buf);
	if (ends_with(name.buf, ".json") && name.len > strlen(".json"))
		strbuf_truncate(&name, name.len - strlen(".json"));
	if (streq(name.buf, ".") || streq(name.buf, "..") || strchr(name.buf, '/')) {
		strbuf_reset(&name);
		strbuf_add_string(&name, "root");
	}
	strbuf_reset(&base);
	strbuf_add(&base, name.buf, name.len);
	for (size_t number = taken_before(outputs, base.buf) + 1; is_taken(outputs, name.buf); number++) {
		strbuf_reset(&name);
		strbuf_addf(&name, "%s-%zu", base.buf, number);
	}
	GROW(outputs->names.items, outputs->names.capacity, outputs->names.count + 1);
	outputs->names.items[outputs->names.count++] = xstrdup(name.buf);
	return outputs->names.items[outputs->names.count - 1];
}

static char *path_for(const struct report_output *output, const char *name)
{
	const char *mark = output->each ? strchr(output->path, '%') : NULL;

	if (!mark)
		return output->path ? xstrdup(output->path) : NULL;
	return xasprintf("%.*s%s%s", (int)(mark - output->path), output->path, name, mark + 1);
}

/* ---- writing ---- */

static int cannot_write(const char *path, int r)
{
	return talk_error(EXIT_INPUT, "cannot write %s: %s", path ? path : "standard output", strerror(-r));
}

static int write_report(const struct report_outputs *outputs, struct report_output *output, struct report *report)
{
	const struct reporter *reporter = output->reporter;

	terminal_look(outputs->arguments, output->file.stream == stdout, report);
	return reporter->write(output->file.stream, report);
}

static int write_each(struct report_outputs *outputs, struct report_output *output, struct report *report,
		      const char *name)
{
	CLEANUP(free_ptr) char *path = path_for(output, name);
	int r = output_open(&output->file, path);

	if (r < 0)
		return cannot_write(path, r);
	r = write_report(outputs, output, report);
	if (r < 0)
		output_abandon(&output->file);
	else
		r = output_close(&output->file);
	return r < 0 ? cannot_write(path, r) : 0;
}

/* In a file that stays open until the last input. */
static int write_joined(struct report_outputs *outputs, struct report_output *output, struct report *report)
{
	int r = 0;

	if (!output->open)
		r = output_open(&output->file, output->path);
	if (r < 0)
		return cannot_write(output->path, r);
	output->open = true;
	fputs(output->reporter->join[outputs->written > 0 ? JOIN_BETWEEN : JOIN_BEGIN], output->file.stream);
	r = write_report(outputs, output, report);
	return r < 0 ? cannot_write(output->path, r) : 0;
}

static bool has_each(const struct report_outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		if (outputs->items[i].each)
			return true;
	return false;
}

int report_outputs_write(struct report_outputs *outputs, struct report *report, const char *input)
{
	bool several = outputs->inputs > 1;
	const char *name = has_each(outputs) ? name_of_input(outputs, input) : NULL;
	int status = 0;

	for (size_t i = 0; i < outputs->count; i++) {
		struct report_output *output = &outputs->items[i];
		int r = several && !output->each ? write_joined(outputs, output, report)
						 : write_each(outputs, output, report, name);

		status = r ? r : status;
	}
	outputs->written++;
	return status;
}

int report_outputs_end(struct report_outputs *outputs)
{
	int status = 0;

	for (size_t i = 0; i < outputs->count; i++) {
		struct report_output *output = &outputs->items[i];
		int r;

		if (!output->open)
			continue;
		output->open = false;
		fputs(output->reporter->join[JOIN_END], output->file.stream);
		r = output_close(&output->file);
		status = r < 0 ? cannot_write(output->path, r) : status;
	}
	return status;
}

void report_outputs_release(struct report_outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		if (outputs->items[i].open)
			output_abandon(&outputs->items[i].file);
	for (size_t i = 0; i < outputs->names.count; i++)
		free((char *)outputs->names.items[i]);
	free(outputs->names.items);
	free(outputs->items);
	*outputs = (struct report_outputs){ 0 };
}

bool text_on_terminal(const struct arguments *arguments)
{
	bool text = arguments->outputs.count == 0;

	for (size_t i = 0; i < arguments->outputs.count; i++)
		text = text || streq(arguments->outputs.items[i], "text");
	return text && isatty(STDOUT_FILENO);
}

/* ---- what a report is made of ---- */

void report_count_settings(const struct snapshot *snapshot, struct report *report)
{
	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);

		report->settings_read += setting->absence == PRESENT || setting->absence == UNPARSABLE;
		report->settings_absent += setting->absence == ABSENT;
		report->settings_unreadable += setting->absence == UNREADABLE && !setting_left_out(setting);
		report->settings_unsupported += setting->absence == UNSUPPORTED;
	}
	for (size_t i = 0; i < snapshot_series_count(snapshot); i++)
		report->metrics_read += snapshot_series_at(snapshot, i)->samples > 0;
}

int load_waivers(const struct arguments *arguments, struct arena *arena, struct waivers *waivers, struct diag *diag)
{
	for (size_t i = 0; i < arguments->waivers.count; i++) {
		const char *path = arguments->waivers.items[i];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		const struct node *documents;
		int r = input_read(path, NODE_TEXT_MAX, &text);

		if (r < 0)
			return talk_error(EXIT_INPUT, "cannot read %s: %s", path, strerror(-r));
		if (node_parse(arena, path, text.buf, text.len, diag, &documents) == 0)
			(void)waivers_load(waivers, documents, diag);
	}
	return 0;
}

int write_plan(const struct arguments *arguments, struct rulebook *rulebook, struct snapshot *snapshot,
	       const struct finding_list *findings)
{
	CLEANUP(plan_free_ptr) struct plan *plan = plan_new();
	struct plan_options options = { .forbidden = arguments->forbidden };
	int status;

	plan_make(rulebook, snapshot, findings, &options, plan);
	status = plan_directory_write(arguments->plan, plan);
	if (status == EXIT_OK && !arguments->quiet)
		plan_talk(plan, arguments->plan);
	return status;
}

bool report_fails(const struct arguments *arguments, const struct finding_list *findings)
{
	for (size_t i = 0; arguments->has_fail_on && i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		if (finding->status == STATUS_RECOMMEND && finding->severity >= arguments->fail_on && !finding->in_baseline)
			return true;
	}
	return false;
}
