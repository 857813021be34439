/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include "boot.h"
#include "parse.h"

struct gathering {
	struct arena *arena;
	struct owner_line *lines;
	size_t count, capacity;
};

static void gather(struct gathering *gathering, const struct boot_line *line)
{
	CLEANUP(strbuf_release) struct strbuf place = STRBUF_INIT;
	size_t kept = 0;

	boot_place(line, &place);
	/* Read a second time it counts there. */
	for (size_t i = 0; i < gathering->count; i++)
		if (!streq(gathering->lines[i].place, place.buf))
			gathering->lines[kept++] = gathering->lines[i];
	gathering->count = kept;
	GROW(gathering->lines, gathering->capacity, gathering->count + 1);
	gathering->lines[gathering->count++] = (struct owner_line){
		.path = arena_strdup(gathering->arena, line->path),
		.place = arena_strdup(gathering->arena, place.buf),
		.text = arena_strdup(gathering->arena, line->text),
		.unsure = line->fate == BOOT_UNRESOLVED ? arena_strdup(gathering->arena, line->why) : NULL,
	};
}

/* Nothing of a loader that leaves the key alone. */
static void gather_loader(struct gathering *gathering, struct boot *boot, const char *loader, const char *key)
{
	struct boot_outcome outcome = boot_outcome(boot, loader, SUBJECT_KIND_HOST, "", key);
	const struct boot_line *const *lines;
	size_t count = boot_lines(boot, SUBJECT_KIND_HOST, "", key, &lines);

	if (outcome.state == BOOT_STATE_UNSET)
		return;
	for (size_t i = 0; i < count; i++)
		if (streq(lines[i]->loader, loader) && lines[i]->fate == BOOT_SHADOWED)
			gather(gathering, lines[i]);
	gather(gathering, outcome.line);
}

size_t owner_lines(const struct snapshot *snapshot, const char *loader, const char *key, struct arena *arena,
		   const struct owner_line **ret_lines)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read_about(snapshot, key);
	struct gathering gathering = { .arena = arena };
	const char *loaders = loader ? loader : boot_loaders(boot), *word;
	struct owner_line *lines;
	size_t length;

	while (next_word(&loaders, &word, &length)) {
		CLEANUP(free_ptr) char *name = xstrndup(word, length);

		gather_loader(&gathering, boot, name, key);
	}
	lines = arena_alloc(arena, gathering.count * sizeof(*lines));
	if (gathering.count > 0)
		memcpy(lines, gathering.lines, gathering.count * sizeof(*lines));
	free(gathering.lines);
	*ret_lines = lines;
	return gathering.count;
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

const char *owner_kubelet_field(const struct snapshot *snapshot, const char *field, struct arena *arena)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(snapshot);
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	struct boot_outcome outcome;

	strbuf_addf(&key, "kubelet.%s", field);
	outcome = boot_outcome(boot, "", SUBJECT_KIND_HOST, "", key.buf);
	return outcome.state == BOOT_STATE_SET ? arena_strdup(arena, outcome.line->value) : NULL;
}

bool owner_kubelet_refuses(const struct snapshot *snapshot, const char *key, const char *value)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const char *wanted = owner_kubelet_value(key), *protects;

	if (!wanted || streq(wanted, value) || !owner_is_active(snapshot, "kubelet"))
		return false;
	protects = owner_kubelet_field(snapshot, "protectKernelDefaults", &arena);
	return protects && streq(protects, "true");
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
	{ .prefix = "/var/lib/saptune/",      .name = "saptune",
	  .advice = "change it in the override file of that note, /etc/saptune/override/NOTE, below [sysctl]" },
	{ .prefix = "/etc/saptune/",          .name = "saptune",
	  .advice = "change it in the override file of that note, /etc/saptune/override/NOTE, below [sysctl]" },
	{ .prefix = "/etc/sysctl.d/99-cloudimg", .name = "the image of the cloud",
	  .advice = "an instance made anew has it again, unless its user data has what cloud-init.yaml says" },
	{ .prefix = "/boot/sysctl.conf-",     .name = "the package of the kernel",
	  .advice = "leave its file alone: any file of /etc/sysctl.d wins" },
	{ .prefix = "/run/",                  .name = "a program, until the next boot" },
	{ .prefix = "/usr/local/lib/",        .name = "the administrator" },
	{ .prefix = "/usr/",                  .name = "a package",
	  .advice = "leave its file alone: a file of /etc/sysctl.d whose name sorts after it wins" },
	{ .prefix = "/",                      .name = "the administrator" },
};
/* clang-format on */

bool owner_find(const struct snapshot *snapshot, const char *key, struct arena *arena, struct owner *ret_owner)
{
	const struct owner_line *lines;
	size_t count = owner_lines(snapshot, NULL, key, arena, &lines);

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
