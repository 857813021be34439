/* SPDX-License-Identifier: Apache-2.0 */
#include "trial.h"

#include "../core/strbuf.h"
#include "action.h"
#include "rule.h"

/* "none [mq-deadline]" with another word chosen. */
static const char *shown_as(struct trial *trial, const struct entry *entry, const char *raw, const char *to)
{
	const char *open = strchr(raw, '['), *at;
	CLEANUP(strbuf_release) struct strbuf plain = STRBUF_INIT;
	size_t length = strlen(to);

	if (!entry || entry->format != FORMAT_ENUM || !open)
		return to;
	for (const char *c = raw; *c; c++)
		if (*c != '[' && *c != ']')
			strbuf_add_char(&plain, *c);
	for (at = plain.buf; (at = strstr(at, to)) != NULL; at++)
		if ((at == plain.buf || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			break;
	if (!at)
		return to;
	return arena_formatf(&trial->arena, "%.*s[%s]%s", (int)(at - plain.buf), plain.buf, to, at + length);
}

static bool try_one(struct trial *trial, const struct entry *entry, subject_id subject, const char *key, const char *raw)
{
	const struct setting *setting = snapshot_get(trial->snapshot, subject, key);

	if (!setting || setting->absence != PRESENT)
		return false;
	GROW(trial->items, trial->capacity, trial->count + 1);
	trial->items[trial->count++] =
		(struct tried){ .subject = subject, .key = key, .raw = setting->raw, .origin = setting->origin };
	snapshot_set_string(trial->snapshot, subject, key, shown_as(trial, entry, setting->raw, raw), setting->origin);
	return true;
}

bool trial_set(struct trial *trial, const struct entry *entry, subject_id subject, const char *key, const char *raw)
{
	const char *twin = subject == SUBJECT_HOST ? action_twin(key) : NULL, *from = snapshot_text(trial->snapshot, subject, key);

	if (!try_one(trial, entry, subject, key, raw))
		return false;
	if (twin && action_zeroes_twin(key, from ? from : "", raw))
		(void)try_one(trial, NULL, SUBJECT_HOST, twin, "0");
	return true;
}

void trial_end(struct trial *trial)
{
	while (trial->count > 0) {
		const struct tried *one = &trial->items[--trial->count];

		snapshot_set_string(trial->snapshot, one->subject, one->key, one->raw, one->origin);
	}
	free(trial->items);
	arena_release(&trial->arena);
	*trial = (struct trial){ .snapshot = trial->snapshot };
}
