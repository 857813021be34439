/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include "strbuf.h"

size_t owner_lines(const struct snapshot *snapshot, const char *key, struct arena *arena,
		   const struct owner_line **ret_lines)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	const char *text;
	struct owner_line *lines;
	size_t count = 1, n = 0;

	*ret_lines = NULL;
	strbuf_addf(&name, OWNER_LINES "%s", key);
	text = snapshot_text(snapshot, SUBJECT_HOST, name.buf);
	if (!text)
		return 0;
	for (const char *c = text; *c; c++)
		count += *c == '\n';
	lines = arena_alloc(arena, count * sizeof(*lines));
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(text, "\n");
		const char *tab = memchr(text, '\t', length);
		const char *colon = tab ? memrchr(text, ':', (size_t)(tab - text)) : NULL;

		/* A snapshot may say anything. */
		if (colon && *text == '/')
			lines[n++] = (struct owner_line){
				.path = arena_strndup(arena, text, (size_t)(colon - text)),
				.place = arena_strndup(arena, text, (size_t)(tab - text)),
				.text = arena_strndup(arena, tab + 1, (size_t)(text + length - tab - 1)),
			};
		text += length + (text[length] == '\n');
	}
	*ret_lines = lines;
	return n;
}

/* kubelet, setupKernelTunables(): with protectKernelDefaults it refuses to start instead. */
const char *owner_kubelet_value(const char *key)
{
	static const char *const values[][2] = {
		{ "kernel.keys.root_maxbytes", "25000000" }, { "kernel.keys.root_maxkeys", "1000000" },
		{ "kernel.panic", "10" },		     { "kernel.panic_on_oops", "1" },
		{ "vm.overcommit_memory", "1" },	     { "vm.panic_on_oom", "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (streq(values[i][0], key))
			return values[i][1];
	return NULL;
}

bool owner_is_active(const struct snapshot *snapshot, const char *manager)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *state;

	strbuf_addf(&key, "manager.%s", manager);
	state = snapshot_text(snapshot, SUBJECT_HOST, key.buf);
	return state && !streq(state, "none");
}

struct place_owner {
	const char *prefix;	/* of the path */
	const char *name, *advice;
};

/* clang-format off */
static const struct place_owner place_owners[] = {
	{ .prefix = "/etc/tuned/",            .name = "TuneD",
	  .advice = "change it in a profile of your own that includes the active one (tuned/ in a plan)" },
	{ .prefix = "/usr/lib/tuned/",        .name = "TuneD",
	  .advice = "change it in a profile of your own that includes the active one (tuned/ in a plan)" },
	{ .prefix = "/run/",                  .name = "a program, until the next boot" },
	{ .prefix = "/usr/local/lib/",        .name = "the administrator" },
	{ .prefix = "/usr/",                  .name = "a package",
	  .advice = "leave its file alone: a file of /etc/sysctl.d whose name sorts after it wins" },
	{ .prefix = "/etc/sysctl.d/99-cloudimg", .name = "the image of the cloud" },
	{ .prefix = "/",                      .name = "the administrator" },
};
/* clang-format on */

bool owner_find(const struct snapshot *snapshot, const char *key, struct arena *arena, struct owner *ret_owner)
{
	const struct owner_line *lines;
	size_t count = owner_lines(snapshot, key, arena, &lines);

	if (owner_kubelet_value(key) && owner_is_active(snapshot, "kubelet")) {
		*ret_owner = (struct owner){
			.name = "the kubelet",
			.advice = arena_strdup(arena, "it sets it when it starts, or with protectKernelDefaults refuses to start "
						      "with another value; it has no setting for another one"),
		};
		return true;
	}
	for (size_t i = 0; count > 0 && i < ARRAY_SIZE(place_owners); i++) {
		if (!starts_with(lines[count - 1].path, place_owners[i].prefix))
			continue;
		*ret_owner = (struct owner){
			.name = place_owners[i].name, .line = &lines[count - 1], .advice = place_owners[i].advice,
		};
		return true;
	}
	return false;
}
