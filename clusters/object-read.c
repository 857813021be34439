/* SPDX-License-Identifier: Apache-2.0 */
#include "object.h"

#include <errno.h>

#include "../core/parse.h"
#include "../core/strbuf.h"
#include "../core/timestamp.h"

/* ---- places and complaints ---- */

uint32_t object_line(const struct object *object, const struct node *node)
{
	return node && node->line ? node->line + object->line_offset : 0;
}

struct cluster_place object_place(const struct object *object, const struct node *node)
{
	return (struct cluster_place){
		.file = object->cluster->files[object->file].path,
		.line = object_line(object, node),
		.column = node ? node->column : 0,
	};
}

static void say(const struct object *object, const struct node *node, enum diag_level level, const char *format, va_list arguments)
	FORMAT_PRINTF(4, 0);

static void say(const struct object *object, const struct node *node, enum diag_level level, const char *format, va_list arguments)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct cluster_place at = object_place(object, node);
	struct place place = { .file = at.file, .line = at.line, .column = at.column };

	if (object->kind[0])
		strbuf_addf(&text, "%s %s%s%s: ", object->kind, object->namespace, object->namespace[0] ? "/" : "", object->name);
	strbuf_vaddf(&text, format, arguments);
	if (level == DIAG_ERROR)
		(void)diag_error(&object->cluster->diag, &place, "%s", text.buf);
	else
		(void)diag_warning(&object->cluster->diag, &place, "%s", text.buf);
}

void object_complain(const struct object *object, const struct node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(object, node, DIAG_ERROR, format, arguments);
	va_end(arguments);
}

void object_warn(const struct object *object, const struct node *node, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(object, node, DIAG_WARNING, format, arguments);
	va_end(arguments);
}

/* ---- types ---- */

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (streq(text, words[i]))
			return true;
	return false;
}

bool node_is_null(const struct node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	return !node || (node->kind == NODE_SCALAR && !node->quoted && is_one_of(node->text, nulls, ARRAY_SIZE(nulls)));
}

static bool node_is_bool(const struct node *node)
{
	/* As YAML 1.1 has it, which is what kubectl reads. */
	static const char *const words[] = { "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES",
					     "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF" };

	return node->kind == NODE_SCALAR && !node->quoted && is_one_of(node->text, words, ARRAY_SIZE(words));
}

static bool node_is_number(const struct node *node)
{
	double value;

	return node->kind == NODE_SCALAR && !node->quoted && parse_real(node->text, &value) == 0;
}

/* "replicas: {{ .Values.replicas }}" is a mapping in a mapping to YAML. */
static bool is_template(const struct node *node)
{
	return node->kind == NODE_MAPPING && node->count > 0 && node->items[0].kind == NODE_MAPPING;
}

static const char *type_name(const struct node *node)
{
	if (is_template(node))
		return "a template ({{ … }}: fill it in first, as helm template does)";
	if (node->kind != NODE_SCALAR)
		return node->kind == NODE_MAPPING ? "a mapping" : "a list";
	if (node_is_bool(node))
		return "true or false";
	return node_is_number(node) ? "a number" : "text";
}

static void wrong_type(const struct object *object, const struct node *node, const char *key, const char *wanted)
{
	if (node->kind == NODE_SCALAR && strlen(node->text) <= 60)
		object_complain(object, node, "%s: expected %s, found %s: '%s'", key, wanted, type_name(node), node->text);
	else
		object_complain(object, node, "%s: expected %s, found %s", key, wanted, type_name(node));
}

static const struct node *value_of(const struct node *mapping, const char *key)
{
	const struct node *node = mapping ? node_get(mapping, key) : NULL;

	return node_is_null(node) ? NULL : node;
}

static const struct node *collection(const struct object *object, const struct node *mapping, const char *key, enum node_kind kind)
{
	const struct node *node = value_of(mapping, key);

	if (!node || (node->kind == kind && !is_template(node)))
		return node;
	wrong_type(object, node, key, kind == NODE_MAPPING ? "a mapping" : "a list");
	return NULL;
}

const struct node *object_mapping(const struct object *object, const struct node *mapping, const char *key)
{
	return collection(object, mapping, key, NODE_MAPPING);
}

const struct node *object_sequence(const struct object *object, const struct node *mapping, const char *key)
{
	return collection(object, mapping, key, NODE_SEQUENCE);
}

const struct node *object_item(const struct object *object, const struct node *sequence, uint32_t index, const char *what)
{
	const struct node *item = &sequence->items[index];

	if (item->kind == NODE_MAPPING && !is_template(item))
		return item;
	wrong_type(object, item, what, "a mapping");
	return NULL;
}

const char *object_text(const struct object *object, const struct node *mapping, const char *key)
{
	const struct node *node = value_of(mapping, key);

	if (!node)
		return cluster_name(object->cluster, "");
	if (node->kind != NODE_SCALAR) {
		wrong_type(object, node, key, "text");
		return cluster_name(object->cluster, "");
	}
	if (strlen(node->text) > OBJECT_NAME_MAX) {
		object_complain(object, node, "%s: a text of %zu bytes", key, strlen(node->text));
		return cluster_name(object->cluster, "");
	}
	if (node_is_bool(node))
		object_warn(object, node, "%s: %s is true or false and no text: put it in quotes", key, node->text);
	return cluster_name(object->cluster, node->text);
}

int64_t object_number(const struct object *object, const struct node *mapping, const char *key)
{
	const struct node *node = value_of(mapping, key);
	int64_t value;
	double real;

	if (!node)
		return -1;
	if (node->kind == NODE_SCALAR && !node->quoted) {
		if (parse_i64(node->text, &value) == 0)
			return value;
		/* "1e2", "3.0": a whole number all the same */
		if (parse_real(node->text, &real) == 0 && real >= -1e15 && real <= 1e15 && real == (double)(int64_t)real)
			return (int64_t)real;
	}
	wrong_type(object, node, key, "a whole number");
	return -1;
}

bool object_bool(const struct object *object, const struct node *mapping, const char *key)
{
	static const char *const yes[] = { "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON" };
	const struct node *node = value_of(mapping, key);

	if (!node)
		return false;
	if (!node_is_bool(node)) {
		wrong_type(object, node, key, "true or false");
		return false;
	}
	return is_one_of(node->text, yes, ARRAY_SIZE(yes));
}

int64_t object_time(const struct object *object, const struct node *mapping, const char *key)
{
	const struct node *node = value_of(mapping, key);
	double sec;

	if (!node)
		return 0;
	if (node->kind != NODE_SCALAR || timestamp_parse(node->text, &sec) < 0) {
		wrong_type(object, node, key, "a time like 2026-11-23T07:39:49Z");
		return 0;
	}
	return (int64_t)sec;
}

/* ---- amounts ---- */

/* " 1Gi" in quotes is 1Gi: Quantity.UnmarshalJSON() of apimachinery/pkg/api/resource/quantity.go */
static const char *trimmed(struct cluster *cluster, const char *text)
{
	static const char blanks[] = " \t\n\v\f\r";
	size_t length;

	text += strspn(text, blanks);
	length = strlen(text);
	while (length > 0 && strchr(blanks, text[length - 1]))
		length--;
	return cluster_name_of(cluster, text, length);
}

static bool read_amount(const struct object *object, const char *key, const struct node *value, struct amount *amount)
{
	if (node_is_null(value))
		return false;
	*amount = (struct amount){ .given = true, .text = "", .line = object_line(object, value), .column = value->column };
	if (value->kind != NODE_SCALAR || strlen(value->text) > OBJECT_NAME_MAX) {
		amount->wrong = true;
		wrong_type(object, value, key, "a quantity like 250m or 1Gi");
		return true;
	}
	amount->text = trimmed(object->cluster, value->text);
	if (quantity_parse(amount->text, &amount->quantity) < 0) {
		amount->wrong = true;
		object_warn(object, value, "%s: '%.60s' is no quantity: one is like 250m, 1.5, 512Mi or 2G", key,
				value->text);
	}
	return true;
}

bool object_amount(const struct object *object, const struct node *mapping, const char *key, struct amount *amount)
{
	return mapping && read_amount(object, key, node_get(mapping, key), amount);
}

static void add_other(const struct object *object, const char *name, const struct amount *amount, struct named_amount *others,
		      uint32_t *count)
{
	others[(*count)++] = (struct named_amount){ .name = cluster_name(object->cluster, name), .amount = *amount };
}

static uint32_t count_others(const struct node *node)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < node->count; i += 2) {
		enum resource resource;

		count += resource_parse(node->items[i].text, &resource) < 0;
	}
	return count;
}

static void read_amounts(const struct object *object, const struct node *node, struct amounts *amounts)
{
	uint32_t count = count_others(node);

	if (count > 0)
		amounts->others = arena_alloc(&object->cluster->arena, count * sizeof(*amounts->others));
	for (uint32_t i = 0; i < node->count; i += 2) {
		struct amount amount;
		enum resource resource;

		if (!read_amount(object, node->items[i].text, &node->items[i + 1], &amount))
			continue;
		if (resource_parse(node->items[i].text, &resource) == 0)
			amounts->of[resource] = amount;
		else
			add_other(object, node->items[i].text, &amount, amounts->others, &amounts->n_others);
	}
}

void object_amounts(const struct object *object, const struct node *mapping, const char *key, struct amounts *amounts)
{
	const struct node *node = object_mapping(object, mapping, key);

	*amounts = (struct amounts){ 0 };
	if (node)
		read_amounts(object, node, amounts);
}

void object_named_amounts(const struct object *object, const struct node *mapping, const char *key, struct named_amount **amounts,
			  uint32_t *count)
{
	const struct node *node = object_mapping(object, mapping, key);

	*count = 0;
	*amounts = NULL;
	if (!node)
		return;
	*amounts = arena_alloc(&object->cluster->arena, ((size_t)node->count / 2 + 1) * sizeof(**amounts));
	for (uint32_t i = 0; i < node->count; i += 2) {
		struct amount amount;

		if (read_amount(object, node->items[i].text, &node->items[i + 1], &amount))
			add_other(object, node->items[i].text, &amount, *amounts, count);
	}
}

void object_resources(const struct object *object, const struct node *mapping, const char *key, struct resources *resources)
{
	const struct node *node = object_mapping(object, mapping, key);

	*resources = (struct resources){ 0 };
	if (!node)
		return;
	resources->line = object_line(object, node);
	resources->column = node->column;
	object_amounts(object, node, "requests", &resources->requests);
	object_amounts(object, node, "limits", &resources->limits);
}

/* ---- trees that are kept ---- */

struct keeper {
	const struct object *object;
	uint32_t left;			/* nodes that may still be copied */
};

static struct node keep(struct keeper *keeper, const struct node *node)
{
	struct cluster *cluster = keeper->object->cluster;
	struct node copy = {
		.text = "", .kind = node->kind, .quoted = node->quoted, .file = keeper->object->node_file,
		.line = object_line(keeper->object, node), .column = node->column,
	};
	struct node *items;

	if (node->kind == NODE_SCALAR) {
		size_t length = strlen(node->text);

		if (length > OBJECT_OPTIONS_MAX)
			object_warn(keeper->object, node, "a text of %zu bytes is left out", length);
		else
			copy.text = length < 64 ? cluster_name_of(cluster, node->text, length) :
						  arena_strndup(&cluster->arena, node->text, length);
		return copy;
	}
	if (node->count > keeper->left) {
		object_warn(keeper->object, node, "more than %u entries: the rest is left out", OBJECT_TREE_MAX);
		keeper->left = 0;
		return copy;
	}
	keeper->left -= node->count;
	copy.count = node->count;
	copy.items = items = arena_alloc(&cluster->arena, node->count * sizeof(*items));
	for (uint32_t i = 0; i < node->count; i++)
		items[i] = keep(keeper, &node->items[i]);
	return copy;
}

const struct node *object_keep(const struct object *object, const struct node *node)
{
	struct keeper keeper = { .object = object, .left = OBJECT_TREE_MAX };
	struct node *copy;

	if (node_is_null(node))
		return NULL;
	copy = arena_alloc(&object->cluster->arena, sizeof(*copy));
	*copy = keep(&keeper, node);
	return copy;
}

static bool concerns_resources(const char *name)
{
	static const char *const parts[] = { "OPT", "JAVA", "JVM", "MEM", "CPU", "THREAD", "PROC", "HEAP", "GC", "FLAGS", "ARGS", "NODE" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

static bool is_long(const struct node *entry)
{
	const struct node *name = entry->kind == NODE_MAPPING ? node_get(entry, "name") : NULL;
	const struct node *value = entry->kind == NODE_MAPPING ? node_get(entry, "value") : NULL;

	if (!value || value->kind != NODE_SCALAR || strlen(value->text) <= OBJECT_TEXT_MAX)
		return false;
	return !name || name->kind != NODE_SCALAR || !concerns_resources(name->text);
}

static bool has_no_host_port(const struct node *entry)
{
	return entry->kind != NODE_MAPPING || node_is_null(node_get(entry, "hostPort"));
}

static const struct node *keep_some(const struct object *object, const struct node *list, bool (*is_left_out)(const struct node *entry))
{
	struct keeper keeper = { .object = object, .left = OBJECT_TREE_MAX };
	struct node *copy, *items;

	if (!list)
		return NULL;
	copy = arena_alloc(&object->cluster->arena, sizeof(*copy));
	*copy = (struct node){
		.text = "", .kind = NODE_SEQUENCE, .file = object->node_file, .line = object_line(object, list), .column = list->column,
	};
	copy->items = items = arena_alloc(&object->cluster->arena, list->count * sizeof(*items));
	for (uint32_t i = 0; i < list->count && i < OBJECT_TREE_MAX; i++)
		if (!is_left_out(&list->items[i]))
			items[copy->count++] = keep(&keeper, &list->items[i]);
	return copy;
}

const struct node *object_keep_env(const struct object *object, const struct node *env)
{
	return keep_some(object, env, is_long);
}

const struct node *object_keep_ports(const struct object *object, const struct node *ports, bool all)
{
	const struct node *kept = all ? object_keep(object, ports) : keep_some(object, ports, has_no_host_port);

	return kept && kept->count > 0 ? kept : NULL;
}

/* ---- owners ---- */

bool object_owner(const struct object *object, const char **ret_kind, const char **ret_name)
{
	const struct node *owners = object_sequence(object, object->metadata, "ownerReferences");

	for (uint32_t i = 0; owners && i < owners->count; i++) {
		const struct node *owner = object_item(object, owners, i, "ownerReferences");

		if (!owner || !object_bool(object, owner, "controller"))
			continue;
		*ret_kind = object_text(object, owner, "kind");
		*ret_name = object_text(object, owner, "name");
		return (*ret_kind)[0] && (*ret_name)[0];
	}
	return false;
}
