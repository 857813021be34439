/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that somebody asks for by name, checked against the registry and against what this host offers. */
#include <errno.h>

#include "action.h"
#include "plan-making.h"
#include "value-check.h"

struct asking {
	const struct registry *registry;
	const struct snapshot *snapshot;
	struct plan_request *request;
	struct strbuf *why;
};

/* "sda" or "block sda" */
static bool is_called(const struct subject *subject, const char *name, size_t length)
{
	const char *kind = subject_kind_name(subject->kind);
	size_t n = strlen(kind);

	if (strlen(subject->name) == length && memcmp(subject->name, name, length) == 0)
		return true;
	return length > n && memcmp(name, kind, n) == 0 && name[n] == ' ' && strlen(subject->name) == length - n - 1 &&
	       memcmp(subject->name, name + n + 1, length - n - 1) == 0;
}

static bool take_exact_key(struct asking *asking, subject_id id, const char *key)
{
	const struct subject *subject = snapshot_subject_get(asking->snapshot, id);

	if (!snapshot_get(asking->snapshot, id, key))
		return false;
	asking->request->subject = id;
	asking->request->key = key;
	asking->request->tunable = registry_find_key(asking->registry, subject->kind, key);
	return true;
}

/* Whether the subject has this key; "block.scheduler" is scheduler of a block device, but "cgroup.freeze" is a key of a
 * control group as it stands. */
static bool take_key(struct asking *asking, subject_id id, const char *key)
{
	const char *kind = subject_kind_name(snapshot_subject_get(asking->snapshot, id)->kind);
	size_t n = strlen(kind);

	return take_exact_key(asking, id, key) ||
	       (id != SUBJECT_HOST && strncmp(key, kind, n) == 0 && key[n] == '.' && take_exact_key(asking, id, key + n + 1));
}

static bool find_subject_key(struct asking *asking, const char *name, size_t length, const char *key)
{
	for (subject_id id = 1; id < snapshot_subject_count(asking->snapshot); id++)
		if (is_called(snapshot_subject_get(asking->snapshot, id), name, length) && take_key(asking, id, key))
			return true;
	return false;
}

/* "vm.swappiness", "scheduler" with about, "sda scheduler", "block sda scheduler" */
static bool find_key(struct asking *asking, const char *about, const char *name)
{
	if (about && find_subject_key(asking, about, strlen(about), name))
		return true;
	if (take_key(asking, SUBJECT_HOST, name))
		return true;
	for (const char *blank = strchr(name, ' '); blank; blank = strchr(blank + 1, ' '))
		if (find_subject_key(asking, name, (size_t)(blank - name), blank + 1))
			return true;
	return false;
}

static int refuse(struct asking *asking, const char *format, ...) FORMAT_PRINTF(2, 3);

static int refuse(struct asking *asking, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(asking->why, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int check_request(struct asking *asking)
{
	const struct plan_request *request = asking->request;
	const struct setting *setting = snapshot_get(asking->snapshot, request->subject, request->key);

	if (!request->tunable || request->tunable->class != ENTRY_TUNABLE)
		return refuse(asking, "it is no tunable of the registry, so how to give it back is not known");
	if (request->tunable->secret)
		return refuse(asking, "its value is a secret and was not captured, so it could not be given back");
	/* Not given at this boot: the way back is to take it out again. */
	if (request->tunable->kind == KIND_KERNEL_COMMAND_LINE && setting->absence == ABSENT)
		return value_check(request->tunable, "", request->value, asking->why);
	if (setting->absence != PRESENT)
		return refuse(asking, "its value here is not known (%s), so it could not be given back",
			      absence_name(setting->absence));
	return value_check(request->tunable, setting->raw, request->value, asking->why);
}

int plan_request_parse(const struct registry *registry, const struct snapshot *snapshot, const char *about,
		       const char *text, struct arena *arena, struct plan_request *ret_request, struct strbuf *why)
{
	struct plan_request request = { 0 };
	struct asking asking = { .registry = registry, .snapshot = snapshot, .request = &request, .why = why };
	bool found = false;
	int r;

	/* A name may hold a "=" as well as a value: the first that makes a known key counts. */
	for (const char *equal = strchr(text, '='); equal && !found; equal = strchr(equal + 1, '=')) {
		found = find_key(&asking, about, arena_strndup(arena, text, (size_t)(equal - text)));
		request.value = arena_strdup(arena, equal + 1);
	}
	if (!strchr(text, '='))
		return refuse(&asking, "expected KEY=VALUE");
	if (!found)
		return refuse(&asking, "there is no such setting here%s%s", about ? " of " : "", about ? about : "");
	r = check_request(&asking);
	if (r == 0)
		*ret_request = request;
	return r;
}
