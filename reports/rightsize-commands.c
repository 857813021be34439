/* SPDX-License-Identifier: Apache-2.0 */
/* set-resources.sh: requests and limits by kubectl, for objects of which the cluster has the only copy.  It looks at every
 * container first and changes nothing when one is neither as it was measured nor as it is to be.
 *
 * A limit that goes away takes a patch: `kubectl set resources --limits=cpu=0` sets a limit of nothing. */
#include "../core/quote.h"
#include "rightsize-patch.h"
#include "rightsize-phrase.h"

static const char script_head[] =
	"#\n"
	"# [--context NAME] [--dry-run]\n"
	"set -eu\n\n"
	"# state NAMESPACE OBJECT LIST CONTAINER: requests and limits of CPU and memory\n"
	"state() {\n"
	"\tkubectl ${context:+--context=\"$context\"} ${1:+--namespace=\"$1\"} get \"$2\" \\\n"
	"\t\t--output=jsonpath=\"{range .$3[?(@.name==\\\"$4\\\")].resources}"
	"{.requests.cpu}/{.requests.memory}/{.limits.cpu}/{.limits.memory}{end}\"\n"
	"}\n\n"
	"# expect NAMESPACE OBJECT LIST CONTAINER BEFORE AFTER\n"
	"expect() {\n"
	"\tfound=$(state \"$1\" \"$2\" \"$3\" \"$4\")\n"
	"\tcase $found in\n"
	"\t\"$5\" | \"$6\") return ;;\n"
	"\tesac\n"
	"\techo \"$1 $2 $4: expected requests and limits $5, found $found; nothing was changed\" >&2\n"
	"\texit 1\n"
	"}\n\n"
	"# change NAMESPACE COMMAND...\n"
	"change() {\n"
	"\tnamespace=$1\n"
	"\tshift\n"
	"\tkubectl ${context:+--context=\"$context\"} ${namespace:+--namespace=\"$namespace\"} \"$@\" "
	"${dry_run:+--dry-run=server} || {\n"
	"\t\techo \"stopped; what was changed before is put back by the script of the other direction\" >&2\n"
	"\t\texit 1\n"
	"\t}\n"
	"}\n\n";

static const char script_main[] =
	"main() {\n"
	"\tcontext='' dry_run=''\n"
	"\twhile [ $# -gt 0 ]; do\n"
	"\t\tcase $1 in\n"
	"\t\t--dry-run) dry_run=yes ;;\n"
	"\t\t--context)\n"
	"\t\t\t[ $# -gt 1 ] || {\n"
	"\t\t\t\techo \"--context: expected a name after it\" >&2\n"
	"\t\t\t\texit 2\n"
	"\t\t\t}\n"
	"\t\t\tcontext=$2\n"
	"\t\t\tshift\n"
	"\t\t\t;;\n"
	"\t\t*)\n"
	"\t\t\techo \"usage: $0 [--context NAME] [--dry-run]\" >&2\n"
	"\t\t\texit 2\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\t\tshift\n"
	"\tdone\n"
	"\tcheck_all\n"
	"\tchange_all\n"
	"}\n\n"
	"main \"$@\"\n";

/* Names of objects are DNS subdomains; what is none never came from a cluster, and would mean something to kubectl or
 * JSONPath. */
static bool is_dns_name(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '.' || (*c == '-' && c > text)))
			return false;
	return *text != '\0';
}

static bool has_commands(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct workload *workload = row_workload(rightsizing, row);

	return patch_kind_of(workload)->command && is_dns_name(workload->name) &&
	       is_dns_name(row_container(rightsizing, row)->name) &&
	       (!*workload->namespace || is_dns_name(workload->namespace));
}

static void add_words(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row, const char *command)
{
	const struct workload *workload = row_workload(rightsizing, row);

	strbuf_addf(out, "\t%s ", command);
	quote_word(out, workload->namespace);
}

/* As the cluster tells it: quantities in their canonical form, and nothing where nothing is. */
static void add_state(struct strbuf *out, const struct workload_container *container, const struct patch_values *values)
{
	for (size_t side = 0; side < 2; side++) {
		const struct amounts *amounts = side == 0 ? &container->resources.requests : &container->resources.limits;

		for (size_t r = 0; r < SIZED_RESOURCES; r++) {
			const struct patch_value *value = values ? &values->of[side][r] : NULL;

			strbuf_add_string(out, side + r ? "/" : "");
			if (value && value->written)
				strbuf_add(out, value->text.buf, value->text.len);
			else if (amounts->of[r].given)
				quantity_print(out, &amounts->of[r].quantity);
		}
	}
}

static void add_expect(struct strbuf *out, const struct rightsizing *rightsizing, const struct sizing_row *row, bool back)
{
	const struct workload *workload = row_workload(rightsizing, row);
	const struct workload_container *container = row_container(rightsizing, row);
	CLEANUP(strbuf_release) struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	CLEANUP(patch_values_release) struct patch_values values;

	patch_values_make(&values, rightsizing, row, false);
	add_state(&before, container, NULL);
	add_state(&after, container, &values);
	add_words(out, rightsizing, row, "expect");
	strbuf_addf(out, " %s/%s %s.%s %s ", patch_kind_of(workload)->command, workload->name,
		    patch_kind_of(workload)->path, patch_list_of(container), container->name);
	quote_word(out, back ? after.buf : before.buf);
	strbuf_add_char(out, ' ');
	quote_word(out, back ? before.buf : after.buf);
	strbuf_add_char(out, '\n');
}

static bool removes(const struct patch_values *values)
{
	for (size_t side = 0; side < 2; side++)
		for (size_t r = 0; r < SIZED_RESOURCES; r++)
			if (values->of[side][r].written && values->of[side][r].removed)
				return true;
	return false;
}

static void add_set(struct strbuf *out, const struct patch_values *values)
{
	static const char *const options[] = { " --requests=", " --limits=" };

	for (size_t side = 0; side < 2; side++) {
		CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;

		for (size_t r = 0; r < SIZED_RESOURCES; r++)
			if (values->of[side][r].written)
				strbuf_addf(&list, "%s%s=%s", list.len ? "," : "", resource_name((enum resource)r),
					    values->of[side][r].text.buf);
		if (!list.len)
			continue;
		strbuf_add_string(out, options[side]);
		quote_word(out, list.buf);
	}
}

/* "requests":{"cpu":"200m"},"limits":{"cpu":null} */
static void add_json_sides(struct strbuf *out, const struct patch_values *values)
{
	static const char *const sides[] = { "requests", "limits" };
	bool first_side = true;

	for (size_t side = 0; side < 2; side++) {
		bool first = true;

		for (size_t r = 0; r < SIZED_RESOURCES; r++) {
			const struct patch_value *value = &values->of[side][r];

			if (!value->written)
				continue;
			if (first)
				strbuf_addf(out, "%s\"%s\":{", first_side ? "" : ",", sides[side]);
			strbuf_addf(out, "%s\"%s\":", first ? "" : ",", resource_name((enum resource)r));
			strbuf_addf(out, value->removed ? "null" : "\"%s\"", value->text.buf);
			first = first_side = false;
		}
		strbuf_add_string(out, first ? "" : "}");
	}
}

/* {"spec":{"template":{"spec":{"containers":[{"name":"app","resources":{"limits":{"cpu":null}}}]}}}} */
static void add_json_patch(struct strbuf *out, const struct rightsizing *rightsizing, const size_t *rows, size_t count, bool back)
{
	static const char *const lists[] = { "initContainers", "containers" };
	const char *path = patch_kind_of(row_workload(rightsizing, &rightsizing->rows[rows[0]]))->path;
	unsigned int depth = 0;
	const char *comma = "";

	for (; *path; depth++) {
		size_t length = strcspn(path, ".");

		strbuf_addf(out, "{\"%.*s\":", (int)length, path);
		path += length + (path[length] == '.');
	}
	strbuf_add_char(out, '{');
	for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
		bool begun = false;

		for (size_t i = 0; i < count; i++) {
			const struct workload_container *container =
				row_container(rightsizing, &rightsizing->rows[rows[i]]);
			CLEANUP(patch_values_release) struct patch_values values;

			patch_values_make(&values, rightsizing, &rightsizing->rows[rows[i]], back);
			if (!streq(patch_list_of(container), lists[l]))
				continue;
			if (!begun)
				strbuf_addf(out, "%s\"%s\":[", comma, lists[l]);
			strbuf_addf(out, "%s{\"name\":\"%s\",\"resources\":{", begun ? "," : "", container->name);
			add_json_sides(out, &values);
			strbuf_add_string(out, "}}");
			begun = true;
		}
		strbuf_add_string(out, begun ? "]" : "");
		comma = begun ? "," : comma;
	}
	strbuf_add_repeated(out, '}', depth + 1);
}

/* What a command may carry: quantities, of which an original may be none. */
static bool are_quantities(const struct patch_values *values)
{
	struct quantity quantity;

	for (size_t side = 0; side < 2; side++)
		for (size_t r = 0; r < SIZED_RESOURCES; r++)
			if (values->of[side][r].written && !values->of[side][r].removed &&
			    quantity_parse(values->of[side][r].text.buf, &quantity) < 0)
				return false;
	return true;
}

/* rows: of one workload.  A change of several containers is one command, so that there is one rollout. */
static void add_change(struct strbuf *out, const struct rightsizing *rightsizing, const size_t *rows, size_t count, bool back)
{
	const struct sizing_row *row = &rightsizing->rows[rows[0]];
	const struct workload *workload = row_workload(rightsizing, row);
	CLEANUP(patch_values_release) struct patch_values values;
	CLEANUP(strbuf_release) struct strbuf patch = STRBUF_INIT;

	patch_values_make(&values, rightsizing, row, back);
	add_words(out, rightsizing, row, "change");
	if (count == 1 && !removes(&values)) {
		strbuf_addf(out, " set resources %s/%s --containers=%s", patch_kind_of(workload)->command, workload->name,
			    row_container(rightsizing, row)->name);
		add_set(out, &values);
	} else {
		strbuf_addf(out, " patch %s/%s --type=strategic --patch=", patch_kind_of(workload)->command,
			    workload->name);
		add_json_patch(&patch, rightsizing, rows, count, back);
		quote_word(out, patch.buf);
	}
	strbuf_add_char(out, '\n');
}

/* Those that commands can be written for; the others are named. */
static bool is_in_script(struct strbuf *left_out, const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	CLEANUP(patch_values_release) struct patch_values back;
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	const char *why = NULL;

	patch_values_make(&back, rightsizing, row, true);
	if (!patch_kind_of(row_workload(rightsizing, row))->command)
		why = "the resources of such an object cannot be changed once it is there";
	else if (!has_commands(rightsizing, row))
		why = "its name is none that a cluster takes";
	else if (!are_quantities(&back))
		why = "what it has now is no quantity";
	if (!why)
		return true;
	phrase_container(&name, rightsizing, row);
	strbuf_add_string(left_out, "# Not here: ");
	quote_terminal(left_out, name.buf, name.len);
	strbuf_addf(left_out, ": %s.\n", why);
	return false;
}

void patch_commands(struct strbuf *out, const struct rightsizing *rightsizing, const size_t *rows, size_t count, bool back)
{
	CLEANUP(strbuf_release) struct strbuf checks = STRBUF_INIT, changes = STRBUF_INIT, left_out = STRBUF_INIT;
	size_t *kept = xcalloc(count + 1, sizeof(*kept)), n_kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_in_script(&left_out, rightsizing, &rightsizing->rows[rows[i]]))
			continue;
		kept[n_kept++] = rows[i];
		add_expect(&checks, rightsizing, &rightsizing->rows[rows[i]], back);
	}
	for (size_t first = 0, end; first < n_kept; first = end) {
		for (end = first;
		     end < n_kept && rightsizing->rows[kept[end]].workload == rightsizing->rows[kept[first]].workload;
		     end++)
			;
		add_change(&changes, rightsizing, kept + first, end - first, back);
	}
	free(kept);
	strbuf_add_string(out, "#!/bin/sh\n");
	strbuf_add_string(out, back ? "# Puts back requests and limits as they stood before set-resources.sh.\n" :
				      "# Requests and limits that are recommended; rollback/set-resources.sh puts back.\n");
	strbuf_add(out, left_out.buf, left_out.len);
	strbuf_add_string(out, script_head);
	strbuf_addf(out, "check_all() {\n%s}\n\n", checks.len ? checks.buf : "\t:\n");
	strbuf_addf(out, "change_all() {\n%s}\n\n", changes.len ? changes.buf : "\techo 'nothing to change'\n");
	strbuf_add_string(out, script_main);
}
