/* SPDX-License-Identifier: Apache-2.0 */
/* resources: {requests: {cpu: 250m, memory: 512Mi}, limits: {memory: 1Gi, hugepages-2Mi: 100Mi}}
 *
 * A quantity is a number and a suffix (k8s.io/apimachinery/pkg/api/resource): n u m, k M G T P E, Ki Mi Gi Ti Pi Ei, e3. */
#include "../core/parse.h"
#include "kubernetes.h"

static const struct {
	const char *suffix;
	double factor;
} suffixes[] = {
	{ "", 1 },	{ "n", 1e-9 }, { "u", 1e-6 }, { "m", 1e-3 }, { "k", 1e3 },   { "M", 1e6 },     { "G", 1e9 },
	{ "T", 1e12 },	{ "P", 1e15 }, { "E", 1e18 }, { "Ki", 1024 }, { "Mi", 1 << 20 }, { "Gi", 1 << 30 }, { "Ti", 1099511627776.0 },
	{ "Pi", 1125899906842624.0 }, { "Ei", 1152921504606846976.0 },
};

static bool parse_quantity(const char *text, double *ret_value, const char **ret_suffix)
{
	size_t digits = strspn(text + (*text == '+' || *text == '-'), "0123456789.") + (*text == '+' || *text == '-');
	CLEANUP(free_ptr) char *number = xstrndup(text + (*text == '+'), digits - (*text == '+'));

	*ret_suffix = text + digits;
	if ((text[digits] == 'e' || text[digits] == 'E') && text[digits + 1] && !streq(text + digits, "Ei")) {
		*ret_suffix = "";
		return parse_real(text + (*text == '+'), ret_value) == 0;
	}
	if (parse_real(number, ret_value) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (streq(suffixes[i].suffix, text + digits)) {
			*ret_value *= suffixes[i].factor;
			return true;
		}
	return false;
}

static bool is_bytes(const char *name)
{
	return streq(name, "memory") || streq(name, "ephemeral-storage") || starts_with(name, "hugepages-");
}

/* Why the object is refused, or is not what was meant. */
static const char *wrong(struct document *document, const char *part, const struct node *resources, const char *name, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf why = STRBUF_INIT;
	const char *suffix, *other, *unused;
	double value, limit;

	if (!parse_quantity(text, &value, &suffix))
		strbuf_addf(&why, "%s is no quantity, and the object is refused", text);
	else if (value < 0)
		strbuf_addf(&why, "%s is negative, and the object is refused", text);
	else if (is_bytes(name) && streq(suffix, "m"))
		strbuf_addf(&why, "m stands for thousandths: it is %g bytes", value);
	else if (streq(part, "requests") && (other = document_text(document_get(resources, "limits"), name)) &&
		 parse_quantity(other, &limit, &unused) && value > limit)
		strbuf_addf(&why, "it asks for more than its limit of %s, and the object is refused", other);
	else if (streq(part, "requests") && starts_with(name, "hugepages-") && (other = document_text(document_get(resources, "limits"), name)) &&
		 parse_quantity(other, &limit, &unused) && value < limit)
		strbuf_addf(&why, "huge pages cannot be overcommitted: request and limit have to be the same");
	return why.len ? arena_strndup(&document->arena, why.buf, why.len) : NULL;
}

/* "512m" of memory meant Mi; "1GB" meant G or Gi. */
static const char *meant(struct document *document, const char *name, const char *text)
{
	size_t digits = strspn(text, "0123456789.");
	CLEANUP(strbuf_release) struct strbuf instead = STRBUF_INIT;

	if (!is_bytes(name) || digits == 0 || !text[digits] || !strchr("mkKMGT", text[digits]) ||
	    !(streq(text + digits, "m") || streq(text + digits + 1, "B") || streq(text + digits + 1, "b") || streq(text + digits, "K")))
		return "";
	strbuf_addf(&instead, "%s: %.*s%ci", name, (int)MIN(digits, (size_t)40), text,
		    text[digits] == 'm' ? 'M' : text[digits] == 'k' ? 'K' : text[digits]);
	return arena_strndup(&document->arena, instead.buf, instead.len);
}

static void read_part(struct document *document, enum subject_kind kind, const char *subject, const struct node *resources,
		      const char *part)
{
	const struct node *amounts = document_get(resources, part);

	for (uint32_t i = 0; amounts && amounts->kind == NODE_MAPPING && i + 1 < amounts->count; i += 2) {
		const struct node *name = &amounts->items[i], *amount = &amounts->items[i + 1];
		CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
		struct proposed item = document_item(document, name);

		strbuf_addf(&key, "%s.%s", part, name->text);
		item.via = "resources";
		item.kind = kind;
		item.subject = subject;
		item.key = key.buf;
		item.value = amount->text;
		item.last_line = MAX(item.line, document_line(document, amount));
		item.when = PROPOSED_NOW | PROPOSED_BOOT;
		if (amount->kind != NODE_SCALAR) {
			item.fate = PROPOSED_UNCLEAR;
			item.why = "it is no quantity";
		} else if ((item.why = wrong(document, part, resources, name->text, amount->text))) {
			item.fate = PROPOSED_BROKEN;
			item.instead = meant(document, name->text, amount->text);
		}
		(void)proposal_add(document->reading->proposal, &item);
	}
}

void kubernetes_read_resources(struct document *document, enum subject_kind kind, const char *subject, const struct node *resources)
{
	read_part(document, kind, subject, resources, "requests");
	read_part(document, kind, subject, resources, "limits");
}
