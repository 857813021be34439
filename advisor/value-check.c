/* SPDX-License-Identifier: Apache-2.0 */
#include "value-check.h"

#include <errno.h>

#include "expr.h"

static bool is_offered(const char *raw, const char *value)
{
	size_t length = strlen(value);

	while (*raw) {
		size_t n;

		raw += strspn(raw, " []\t");
		n = strcspn(raw, " []\t");
		if (n == length && n > 0 && memcmp(raw, value, n) == 0)
			return true;
		raw += n;
	}
	return false;
}

static int refuse(struct strbuf *why, const char *format, ...) FORMAT_PRINTF(2, 3);

static int refuse(struct strbuf *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(why, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int check_range(const struct entry *entry, const char *text, const struct value *value, struct strbuf *why)
{
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct node const *range = entry->node ? node_get(entry->node, "range") : NULL;
	int r = value_to_raw(entry, value, &raw);

	if (r == -ERANGE)
		return refuse(why, "%s is outside its range%s%s", text, range ? " of " : "", range ? range->text : "");
	return r < 0 ? refuse(why, "'%s' is no value of it", text) : 0;
}

/* proc_dointvec() and its kin go through the array as far as the text reaches. */
const char *value_completed(const struct entry *entry, const char *now, const char *text, struct arena *arena)
{
	struct value given, stands;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	size_t wanted;

	if (!entry || entry->class != ENTRY_TUNABLE || entry->kind != KIND_SYSCTL || entry->format != FORMAT_LIST || strchr(text, '\n'))
		return NULL;
	given = value_of_setting(entry, text, strlen(text));
	stands = value_of_setting(entry, now, strlen(now));
	if (given.type == VALUE_UNKNOWN || stands.type == VALUE_UNKNOWN || value_list_count(&given) == value_list_count(&stands))
		return NULL;
	wanted = value_list_count(&stands);
	for (size_t i = 0; i < wanted; i++) {
		const char *from = i < value_list_count(&given) ? text : now;

		for (size_t n = 0; n < i; n++) {
			from += strspn(from, " \t");
			from += strcspn(from, " \t");
		}
		from += strspn(from, " \t");
		strbuf_addf(&raw, "%s%.*s", i > 0 ? " " : "", (int)strcspn(from, " \t\n"), from);
	}
	return arena_strdup(arena, raw.buf);
}

/* People write yes and no; these files want a number. */
static bool wants_number(const struct entry *entry)
{
	return entry->format == FORMAT_BOOL &&
	       (entry->kind == KIND_SYSCTL || entry->kind == KIND_THP || entry->kind == KIND_BLOCK_QUEUE);
}

int value_check(const struct entry *entry, const char *raw, const char *text, struct strbuf *why)
{
	struct value value = value_of_setting(entry, text, strlen(text));

	if (wants_number(entry) && value.type == VALUE_BOOL && !strpbrk(text, "01"))
		return refuse(why, "'%s' is no value of it: the file takes 0 and 1", text);
	if (strchr(text, '\n'))
		return refuse(why, "a value is one line");
	if (entry->format == FORMAT_ENUM && strchr(raw, '['))
		return is_offered(raw, text) ? 0 : refuse(why, "'%s' is not among what it offers: %s", text, raw);
	if (entry->format == FORMAT_ENUM && entry->values.count > 0) {
		for (size_t i = 0; i < entry->values.count; i++)
			if (streq(entry->values.items[i], text))
				return 0;
		return refuse(why, "'%s' is none of its values", text);
	}
	/* Some are refused there, and some are kept as they are and mean 1: which, no file shows. */
	if (value.type == VALUE_UNKNOWN && wants_number(entry) && *text && strspn(text, "0123456789") == strlen(text))
		return refuse(why, "'%s' is no value of a switch: kernels refuse it, or take it for 1", text);
	if (value.type == VALUE_UNKNOWN)
		return refuse(why, "'%s' is no value of it (raw, as its file has it, without a unit)", text);
	if (entry->format == FORMAT_LIST && *raw) {
		struct value now = value_of_setting(entry, raw, strlen(raw));

		if (value_list_count(&value) != value_list_count(&now))
			return refuse(why, "'%s' has %zu numbers where it has %zu", text, value_list_count(&value),
				      value_list_count(&now));
	}
	return value.type == VALUE_NUMBER || (value.type == VALUE_LIST && entry->format == FORMAT_LIST) ?
		       check_range(entry, text, &value, why) :
		       0;
}
