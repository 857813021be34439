/* SPDX-License-Identifier: Apache-2.0 */
/* --patches DIR: what is recommended as strategic merge patches, one for each input file and with its name, and beside
 * them what puts the originals back:
 *
 *	kustomization.yaml		a component that applies patches/
 *	patches/deploy/web.yaml		for the objects of deploy/web.yaml
 *	set-resources.sh		the same as commands of kubectl, for objects that no file is kept of
 *	rollback/…			the same three, backwards
 *
 * Containers are merged by name (patchMergeKey in staging/src/k8s.io/api/core/v1/types.go of Kubernetes).  Kustomize
 * puts those that a patch names before the others (kyaml/yaml/merge2), and init containers run in their order: a patch
 * names all of a list. */
#include "../core/json.h"
#include "../core/quote.h"
#include "plan.h"
#include "rightsize-patch.h"
#include "rightsize-phrase.h"
#include "rightsizing.h"

/* clang-format off */
static const struct patch_kind kinds[] = {
	{ .kind = "CronJob",               .api_version = "batch/v1", .path = "spec.jobTemplate.spec.template.spec", .command = "cronjob", },
	{ .kind = "DaemonSet",             .api_version = "apps/v1",  .path = "spec.template.spec", .command = "daemonset", },
	{ .kind = "Deployment",            .api_version = "apps/v1",  .path = "spec.template.spec", .command = "deployment", },
	{ .kind = "Job",                   .api_version = "batch/v1", .path = "spec.template.spec", },
	{ .kind = "Pod",                   .api_version = "v1",       .path = "spec", },
	{ .kind = "ReplicaSet",            .api_version = "apps/v1",  .path = "spec.template.spec", .command = "replicaset", },
	{ .kind = "ReplicationController", .api_version = "v1",       .path = "spec.template.spec", .command = "replicationcontroller", },
	{ .kind = "StatefulSet",           .api_version = "apps/v1",  .path = "spec.template.spec", .command = "statefulset", },
};
/* clang-format on */

const struct patch_kind *patch_kind_of(const struct workload *workload)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kinds[i].kind, workload->kind) && workload->api_version &&
		    streq(kinds[i].api_version, workload->api_version))
			return &kinds[i];
	return NULL;
}

const char *patch_list_of(const struct workload_container *container)
{
	return container->type == CONTAINER_APP ? "containers" : "initContainers";
}

static bool row_asks(const struct sizing_row *row)
{
	return sizing_changes(&row->of[RESOURCE_CPU]) || sizing_changes(&row->of[RESOURCE_MEMORY]);
}

/* A name that is to be found again has to be UTF-8. */
static bool is_name(const char *text)
{
	return *text && utf8_valid(text, strlen(text));
}

static bool are_names(const struct cluster *cluster, const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->n_containers; i++)
		if (!is_name(cluster->containers[workload->first_container + i].name))
			return false;
	return is_name(workload->name) && (!*workload->namespace || is_name(workload->namespace));
}

const char *row_without_patch(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	const struct workload *workload = row_workload(rightsizing, row);
	const struct workload_container *container = row_container(rightsizing, row);

	if (!row_asks(row))
		return NULL;
	if (row->patch_note)
		return row->patch_note;
	if (workload->from_pods || !workload->place.file || !*workload->place.file)
		return "its object was not given, only its pods: give its manifest, or get it from the cluster too";
	if (!patch_kind_of(workload))
		return "no strategic merge patch is defined for objects of its kind and version";
	if (container->type == CONTAINER_EPHEMERAL)
		return "an ephemeral container has no resources";
	if (!are_names(rightsizing->cluster, workload))
		return "its name, or that of a container beside it, is no text";
	return NULL;
}

bool row_has_patch(const struct rightsizing *rightsizing, const struct sizing_row *row)
{
	return row_asks(row) && !row_without_patch(rightsizing, row);
}

/* ---- values ---- */

enum { REQUESTS, LIMITS };

static const struct amount *given_amount(const struct workload_container *container, int side, enum resource resource)
{
	return &(side == REQUESTS ? &container->resources.requests : &container->resources.limits)->of[resource];
}

/* Without a request of its own a container gets its limit as one (SetDefaults_Pod in pkg/apis/core/v1/defaults.go), so
 * that a new limit would move the request too. */
static bool is_written(const struct workload_container *container, const struct sizing *sizing, int side,
		       enum resource resource)
{
	bool limit_moves = sizing->limit_from != sizing->limit_to;

	if (!sizing_changes(sizing))
		return false;
	if (side == LIMITS)
		return limit_moves;
	if (sizing->request_from != sizing->request_to)
		return true;
	return limit_moves && !given_amount(container, REQUESTS, resource)->given && sizing->request_to >= 0 &&
	       sizing->request_to != sizing->limit_to;
}

static void make_value(struct patch_value *value, const struct amount *original, enum resource resource, int64_t to,
		       bool back)
{
	value->written = true;
	if (back)
		value->removed = !original->given;
	else
		value->removed = to < 0;
	if (value->removed)
		return;
	if (back)
		strbuf_add_string(&value->text, original->text);
	else
		phrase_amount(&value->text, resource, to);
}

/* Whether anything stands below requests or limits that the patch does not take away: in the original for the way back,
 * after the change for the way there. */
static bool keeps_something(const struct patch_values *values, const struct workload_container *container, int side)
{
	const struct amounts *amounts = side == REQUESTS ? &container->resources.requests : &container->resources.limits;

	if (amounts->n_others)
		return true;
	for (size_t r = 0; r < RESOURCE_COUNT; r++) {
		const struct patch_value *value = r < SIZED_RESOURCES ? &values->of[side][r] : NULL;

		if (value && value->written ? !value->removed : amounts->of[r].given)
			return true;
	}
	return false;
}

static bool writes_something(const struct patch_values *values, int side)
{
	return values->of[side][RESOURCE_CPU].written || values->of[side][RESOURCE_MEMORY].written;
}

void patch_values_make(struct patch_values *values, const struct rightsizing *rightsizing, const struct sizing_row *row,
		       bool back)
{
	const struct workload_container *container = row_container(rightsizing, row);

	*values = (struct patch_values){ 0 };
	for (int side = REQUESTS; side <= LIMITS; side++) {
		for (size_t r = 0; r < SIZED_RESOURCES; r++) {
			const struct sizing *sizing = &row->of[r];
			struct patch_value *value = &values->of[side][r];

			value->text = (struct strbuf)STRBUF_INIT;
			if (is_written(container, sizing, side, (enum resource)r))
				make_value(value, given_amount(container, side, (enum resource)r), (enum resource)r,
					   side == REQUESTS ? sizing->request_to : sizing->limit_to, back);
		}
		values->clears[side] = writes_something(values, side) && !keeps_something(values, container, side);
	}
	values->clears_all = back && container->resources.line == 0;
}

void patch_values_release(struct patch_values *values)
{
	for (size_t side = 0; side < 2; side++)
		for (size_t r = 0; r < SIZED_RESOURCES; r++)
			strbuf_release(&values->of[side][r].text);
}

/* ---- a patch ---- */

static void add_comment(struct strbuf *out, unsigned int indent, const char *text)
{
	strbuf_add_repeated(out, ' ', indent);
	strbuf_add_string(out, "# ");
	quote_terminal(out, text, strlen(text));
	strbuf_add_char(out, '\n');
}

/* Plain where YAML cannot take it for anything else: "200m", "512Mi". */
static void add_value(struct strbuf *out, const struct patch_value *value)
{
	static const char plain[] = "0123456789.KMGTPEikmnu";

	if (value->removed)
		strbuf_add_string(out, "null");
	else if (value->text.len && strchr("kKMGTPEimnu", value->text.buf[value->text.len - 1]) &&
		 strspn(value->text.buf, plain) == value->text.len)
		strbuf_add_string(out, value->text.buf);
	else
		yaml_quote(out, value->text.buf);
	strbuf_add_char(out, '\n');
}

static void add_side(struct strbuf *out, unsigned int indent, const struct patch_values *values, int side)
{
	static const char *const names[] = { [REQUESTS] = "requests", [LIMITS] = "limits" };

	if (!writes_something(values, side))
		return;
	strbuf_add_repeated(out, ' ', indent);
	if (values->clears[side]) {
		strbuf_addf(out, "%s: null\n", names[side]);
		return;
	}
	strbuf_addf(out, "%s:\n", names[side]);
	for (size_t r = 0; r < SIZED_RESOURCES; r++) {
		if (!values->of[side][r].written)
			continue;
		strbuf_add_repeated(out, ' ', indent + 2);
		strbuf_addf(out, "%s: ", resource_name((enum resource)r));
		add_value(out, &values->of[side][r]);
	}
}

static void add_reasons(struct strbuf *out, unsigned int indent, const struct sizing_row *row)
{
	for (size_t r = 0; r < SIZED_RESOURCES; r++) {
		const struct sizing *sizing = &row->of[r];
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

		if (!sizing_changes(sizing))
			continue;
		phrase_sizing(&text, (enum resource)r, sizing);
		if (sizing_why(sizing))
			strbuf_addf(&text, ": %s", sizing_why(sizing));
		add_comment(out, indent, text.buf);
		for (size_t i = 0; i < sizing->n_consequences; i++) {
			if (sizing->consequences[i].weight < CONSEQUENCE_WARNING ||
			    consequence_said_before(row, r, &sizing->consequences[i]))
				continue;
			strbuf_reset(&text);
			phrase_consequence(&text, &sizing->consequences[i]);
			add_comment(out, indent, text.buf);
		}
	}
}

static void add_name(struct strbuf *out, unsigned int indent, const struct workload_container *container)
{
	strbuf_add_repeated(out, ' ', indent);
	strbuf_add_string(out, "- name: ");
	yaml_quote(out, container->name);
	strbuf_add_char(out, '\n');
}

static void add_container(struct strbuf *out, unsigned int indent, const struct rightsizing *rightsizing, const struct sizing_row *row, bool back)
{
	CLEANUP(patch_values_release) struct patch_values values;

	patch_values_make(&values, rightsizing, row, back);
	add_name(out, indent, row_container(rightsizing, row));
	if (!back)
		add_reasons(out, indent + 2, row);
	strbuf_add_repeated(out, ' ', indent + 2);
	if (values.clears_all) {
		strbuf_add_string(out, "resources: null\n");
		return;
	}
	strbuf_add_string(out, "resources:\n");
	add_side(out, indent + 4, &values, REQUESTS);
	add_side(out, indent + 4, &values, LIMITS);
}

static void add_member(struct strbuf *out, const char *name, const char *text)
{
	strbuf_add_string(out, name);
	yaml_quote(out, text);
	strbuf_add_char(out, '\n');
}

/* "spec:", "  template:", …; how deep what follows stands. */
static unsigned int add_path(struct strbuf *out, const char *path)
{
	unsigned int indent = 0;

	for (; *path; indent += 2) {
		size_t length = strcspn(path, ".");

		strbuf_add_repeated(out, ' ', indent);
		strbuf_add(out, path, length);
		strbuf_add_string(out, ":\n");
		path += length + (path[length] == '.');
	}
	return indent;
}

static bool is_in_list(const struct workload_container *container, const char *list)
{
	return container->type != CONTAINER_EPHEMERAL && streq(patch_list_of(container), list);
}

static const struct sizing_row *find_row(const struct rightsizing *rightsizing, const size_t *rows, size_t count,
					 uint32_t container)
{
	for (size_t i = 0; i < count; i++)
		if (rightsizing->rows[rows[i]].container == container)
			return &rightsizing->rows[rows[i]];
	return NULL;
}

/* rows: of one workload. */
static void add_list(struct strbuf *out, unsigned int indent, const struct rightsizing *rightsizing, const size_t *rows, size_t count, const char *list,
		     bool back)
{
	const struct workload *workload = row_workload(rightsizing, &rightsizing->rows[rows[0]]);
	const struct sizing_row *row;
	bool wanted = false;

	for (size_t i = 0; i < count; i++)
		wanted |= is_in_list(row_container(rightsizing, &rightsizing->rows[rows[i]]), list);
	if (!wanted)
		return;
	strbuf_add_repeated(out, ' ', indent);
	strbuf_addf(out, "%s:\n", list);
	for (uint32_t c = workload->first_container; c < workload->first_container + workload->n_containers; c++) {
		if (!is_in_list(&rightsizing->cluster->containers[c], list))
			continue;
		row = find_row(rightsizing, rows, count, c);
		if (row)
			add_container(out, indent + 2, rightsizing, row, back);
		else
			add_name(out, indent + 2, &rightsizing->cluster->containers[c]);
	}
}

static void add_document(struct strbuf *out, const struct rightsizing *rightsizing, const size_t *rows, size_t count, bool back)
{
	const struct workload *workload = row_workload(rightsizing, &rightsizing->rows[rows[0]]);
	const struct patch_kind *kind = patch_kind_of(workload);
	unsigned int indent;

	strbuf_addf(out, "apiVersion: %s\nkind: %s\nmetadata:\n", kind->api_version, kind->kind);
	add_member(out, "  name: ", workload->name);
	if (*workload->namespace)
		add_member(out, "  namespace: ", workload->namespace);
	indent = add_path(out, kind->path);
	add_list(out, indent, rightsizing, rows, count, "initContainers", back);
	add_list(out, indent, rightsizing, rows, count, "containers", back);
}

/* ---- files ---- */

struct order {
	const struct rightsizing *rightsizing;
	size_t *rows;			/* that have a patch, by file, object and container */
	size_t count;
};

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct rightsizing *rightsizing = context;
	const struct sizing_row *left = &rightsizing->rows[*(const size_t *)a],
				*right = &rightsizing->rows[*(const size_t *)b];
	int order = strcmp(row_workload(rightsizing, left)->place.file, row_workload(rightsizing, right)->place.file);

	if (order)
		return order;
	if (left->workload != right->workload)
		return left->workload < right->workload ? -1 : 1;
	return left->container < right->container ? -1 : left->container > right->container;
}

static void order_make(struct order *order, const struct rightsizing *rightsizing)
{
	*order = (struct order){ .rightsizing = rightsizing, .rows = xcalloc(rightsizing->n_rows + 1, sizeof(size_t)) };
	for (size_t i = 0; i < rightsizing->n_rows; i++)
		if (row_has_patch(rightsizing, &rightsizing->rows[i]))
			order->rows[order->count++] = i;
	qsort_r(order->rows, order->count, sizeof(size_t), compare_rows, (void *)rightsizing);
}

static void order_release(struct order *order)
{
	free(order->rows);
}

static const char *file_of(const struct order *order, size_t index)
{
	return row_workload(order->rightsizing, &order->rightsizing->rows[order->rows[index]])->place.file;
}

/* text: the path is UTF-8. */
static bool is_kept(char c, bool text)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (text && (unsigned char)c >= 0x80) || strchr("._-+@=,", c);
}

/* Path of the input below patches/: relative, without "." and "..", and without what makes trouble in a shell or a URL. */
static void add_layout(struct strbuf *out, const char *path)
{
	size_t start = out->len;
	bool text = utf8_valid(path, strlen(path));

	if (streq(path, "-"))
		path = "standard-input.yaml";
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length > 0 && strncmp(path, ".", MAX(length, (size_t)1)) != 0 &&
		    !(length == 2 && path[0] == '.' && path[1] == '.')) {
			strbuf_add_string(out, out->len > start ? "/" : "");
			for (size_t i = 0; i < length; i++)
				strbuf_add_char(out, is_kept(path[i], text) ? path[i] : '_');
		}
		path += length + (path[length] == '/');
	}
	if (out->len == start)
		strbuf_add_string(out, "manifest");
	if (!ends_with(out->buf, ".yaml") && !ends_with(out->buf, ".yml"))
		strbuf_add_string(out, ".yaml");
}

struct patch_list {
	struct arena *arena;
	struct patch_file *items;
	size_t count, capacity;
};

static void list_add(struct patch_list *list, const char *directory, const char *name, const struct strbuf *text,
		     bool executable)
{
	GROW(list->items, list->capacity, list->count + 1);
	list->items[list->count++] = (struct patch_file){
		.path = arena_formatf(list->arena, "%s%s", directory, name),
		.text = arena_strndup(list->arena, text->buf, text->len), .length = text->len, .executable = executable,
	};
}

/* Two inputs may come to the same name: "a/web.yaml" and "../a/web.yaml". */
static const char *unused_name(struct symbols *names, const char *wanted, struct arena *arena)
{
	size_t stem = strlen(wanted) - (ends_with(wanted, ".yaml") ? strlen(".yaml") : strlen(".yml"));
	const char *name = wanted;
	uint32_t number;

	for (unsigned int n = 2; symbols_find(names, name, strlen(name)) != SYMBOL_NONE; n++)
		name = arena_formatf(arena, "%.*s-%u.yaml", (int)stem, wanted, n);
	number = symbols_intern(names, name, strlen(name));
	return names->names[number];
}

static void add_patch(struct patch_list *list, struct symbols *names, const struct order *order, size_t first, size_t end, bool back)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf comment = STRBUF_INIT;
	const char *name;

	strbuf_addf(&comment, back ? "Puts back what stood in %s." : "For the objects of %s.", file_of(order, first));
	add_comment(&text, 0, comment.buf);
	for (size_t i = first, next; i < end; i = next) {
		uint32_t workload = order->rightsizing->rows[order->rows[i]].workload;

		for (next = i; next < end && order->rightsizing->rows[order->rows[next]].workload == workload; next++)
			;
		strbuf_add_string(&text, i > first ? "---\n" : "");
		add_document(&text, order->rightsizing, order->rows + i, next - i, back);
	}
	add_layout(&path, file_of(order, first));
	name = unused_name(names, path.buf, list->arena);
	list_add(list, back ? "rollback/patches/" : "patches/", name, &text, false);
}

static void add_kustomization(struct patch_list *list, const struct symbols *names, bool back)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_add_string(&text, back ? "# Takes back what the kustomization.yaml above it does: list this directory instead.\n" :
					"# A component: list this directory under components: of what has the objects.\n");
	strbuf_add_string(&text, "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
	strbuf_add_string(&text, names->count ? "patches:\n" : "patches: []\n");
	for (uint32_t i = 0; i < names->count; i++) {
		CLEANUP(free_ptr) char *path = xasprintf("patches/%s", names->names[i]);

		strbuf_add_string(&text, "  - path: ");
		yaml_quote(&text, path);
		strbuf_add_char(&text, '\n');
	}
	list_add(list, back ? "rollback/" : "", "kustomization.yaml", &text, false);
}

static void add_direction(struct patch_list *list, const struct order *order, bool back)
{
	CLEANUP(symbols_release) struct symbols names = SYMBOLS_INIT;
	CLEANUP(strbuf_release) struct strbuf script = STRBUF_INIT;

	for (size_t first = 0, end; first < order->count; first = end) {
		for (end = first; end < order->count && streq(file_of(order, end), file_of(order, first)); end++)
			;
		add_patch(list, &names, order, first, end, back);
	}
	add_kustomization(list, &names, back);
	patch_commands(&script, order->rightsizing, order->rows, order->count, back);
	list_add(list, back ? "rollback/" : "", "set-resources.sh", &script, true);
}

size_t rightsizing_patches(const struct rightsizing *rightsizing, struct arena *arena, struct patch_file **ret_files)
{
	struct patch_list list = { .arena = arena };
	CLEANUP(order_release) struct order order;

	order_make(&order, rightsizing);
	add_direction(&list, &order, true);
	add_direction(&list, &order, false);
	*ret_files = arena_alloc(arena, (list.count + 1) * sizeof(*list.items));
	memcpy(*ret_files, list.items, list.count * sizeof(*list.items));
	free(list.items);
	return list.count;
}
