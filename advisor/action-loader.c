/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel command line that lasts: a parameter in the file from which this host's boot loader has it.
 *
 * GRUB of Debian reads the files of /etc/default/grub.d after its own, so one of ours is enough; else the line of
 * /etc/default/grub gets the parameter.  systemd-boot and unified images have /etc/kernel/cmdline.  Entries that grubby(8)
 * manages are files for each kernel, which only it knows: those are left to it. */
#include "action.h"

#include "../core/parse.h"
#include "rule.h"

static bool is_safe(const char *text)
{
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
		    !(*text >= '0' && *text <= '9') && !strchr("_.,:@/+-=", *text))
			return false;
	return true;
}

static bool is_this(const char *word, size_t length, const char *name)
{
	size_t n = strlen(name);

	return length >= n && memcmp(word, name, n) == 0 && (length == n || word[n] == '=');
}

/* text with every NAME and NAME=… taken out, and parameter at its end. */
static void add_words(struct strbuf *out, const char *text, size_t size, const char *name, const char *parameter)
{
	const char *end = text + size;
	size_t start = out->len;

	while (text < end) {
		size_t blanks = strspn(text, " \t"), length;

		text += blanks < (size_t)(end - text) ? blanks : (size_t)(end - text);
		length = strcspn(text, " \t");
		length = length < (size_t)(end - text) ? length : (size_t)(end - text);
		if (length > 0 && !is_this(text, length, name)) {
			strbuf_add_string(out, out->len > start ? " " : "");
			strbuf_add(out, text, length);
		}
		text += length;
	}
	strbuf_addf(out, "%s%s", out->len > start ? " " : "", parameter);
}

/* GRUB_CMDLINE_LINUX="quiet splash": in quotes, and nothing behind them. */
static const char *changed_assignment(const char *line, const char *name, const char *parameter, struct arena *arena)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *value = strchr(line, '=') + 1;
	size_t length = strlen(value);

	if (length < 2 || (*value != '"' && *value != '\'') || value[length - 1] != *value ||
	    memchr(value + 1, *value, length - 2))
		return NULL;
	strbuf_add(&text, line, (size_t)(value + 1 - line));
	add_words(&text, value + 1, length - 2, name, parameter);
	strbuf_add_char(&text, *value);
	return arena_strdup(arena, text.buf);
}

/* "/etc/default/grub:9\tthe line" */
static const char *captured(const struct target *target, const char *key, const char *path, uint64_t *ret_number)
{
	const char *text = snapshot_text(target->snapshot, SUBJECT_HOST, key), *cursor;

	if (!text || !starts_with(text, path) || text[strlen(path)] != ':')
		return NULL;
	cursor = text + strlen(path) + 1;
	return scan_u64(&cursor, ret_number) && *cursor == '\t' ? cursor + 1 : NULL;
}

static void change_line(const char *path, uint64_t number, const char *from, const char *to, const char *reload,
			const char *tool, struct lasting *out)
{
	if (out->n_files == ACTION_FILES_MAX || streq(from, to))
		return;
	out->files[out->n_files++] = (struct plan_file){
		.kind = PLAN_FILE_LINE, .path = path, .old_line = from, .new_line = to, .line = (uint32_t)number,
		.reload = reload, .tool = tool,
	};
}

/* What comes last on the command line counts: GRUB puts the default one behind the other. */
static bool change_grub(const struct target *target, const char *name, const char *parameter, const char *reload,
			const char *tool, struct lasting *out)
{
	static const char path[] = "/etc/default/grub";
	static const char *const keys[] = { "loader.grub.cmdline_default", "loader.grub.cmdline" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		uint64_t number;
		const char *line = captured(target, keys[i], path, &number), *changed;

		if (!line || !strchr(line, '='))
			continue;
		line = action_line_now(out, path, line);
		changed = changed_assignment(line, name, parameter, target->arena);
		if (!changed)
			continue;
		change_line(path, number, line, changed, reload, tool, out);
		action_note(out, "%s:%llu gets %s, and the next boot has it", path, (unsigned long long)number, parameter);
		return true;
	}
	return false;
}

static bool persist_grub(const struct target *target, const char *name, const char *parameter, struct lasting *out)
{
	const char *reload = snapshot_text(target->snapshot, SUBJECT_HOST, "loader.grub.update");
	const char *directory = snapshot_text(target->snapshot, SUBJECT_HOST, "loader.grub.directory");
	const char *tool;

	reload = reload && is_safe(arena_strndup(target->arena, reload, strcspn(reload, " "))) ? reload : "update-grub";
	tool = arena_strndup(target->arena, reload, strcspn(reload, " "));
	if (!directory || !streq(directory, "true"))
		return change_grub(target, name, parameter, reload, tool, out);
	action_line_named(out, "/etc/default/grub.d", "zz-keisoku-", name, "cfg",
			  arena_formatf(target->arena, "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT %s\"", parameter));
	out->files[out->n_files - 1].reload = reload;
	out->files[out->n_files - 1].tool = tool;
	strbuf_addf(&out->persist, "%s\n", reload);
	strbuf_addf(&out->unpersist, "%s\n", reload);
	action_note(out, "%s writes it into the configuration of GRUB, and the next boot has it", tool);
	return true;
}

static bool persist_entries(const struct target *target, const char *name, const char *parameter, struct lasting *out)
{
	action_note(out, "the entries of the kernels that are installed: grubby --update-kernel=ALL --args=%s, and to go back "
			 "grubby --update-kernel=ALL --remove-args=%s", parameter, parameter);
	(void)change_grub(target, name, parameter, NULL, NULL, out);
	return true;
}

static bool persist_kernel_cmdline(const struct target *target, const char *name, const char *parameter, struct lasting *out)
{
	static const char path[] = "/etc/kernel/cmdline";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *kind = snapshot_text(target->snapshot, SUBJECT_HOST, "loader.kind");
	uint64_t number;
	const char *line = captured(target, "loader.cmdline", path, &number);

	if (!line)
		return false;
	line = action_line_now(out, path, line);
	add_words(&text, line, strlen(line), name, parameter);
	change_line(path, number, line, arena_strdup(target->arena, text.buf), NULL, NULL, out);
	action_note(out, "%s gets %s; %s, then and after going back, and the next boot has it", path, parameter,
		    streq(kind, "unified-image") ? "make the image anew (kernel-install add, dracut, ukify or mkinitcpio made it)" :
						   "have kernel-install write the entries anew (kernel-install add-all, or "
						   "kernel-install add RELEASE IMAGE before systemd 255)");
	return true;
}

struct loader {
	const char *kind;
	bool (*persist)(const struct target *target, const char *name, const char *parameter, struct lasting *out);
};

static const struct loader loaders[] = {
	{ .kind = "grub", .persist = persist_grub },
	{ .kind = "grub-entries", .persist = persist_entries },
	{ .kind = "systemd-boot", .persist = persist_kernel_cmdline },
	{ .kind = "unified-image", .persist = persist_kernel_cmdline },
};

bool action_persist_parameter(const struct target *target, const char *name, const char *value, struct lasting *out)
{
	const char *kind = snapshot_text(target->snapshot, SUBJECT_HOST, "loader.kind");
	const char *parameter = arena_formatf(target->arena, "%s%s%s", name, *value ? "=" : "", value);

	if (!kind || !is_safe(parameter) || *parameter == '-')
		return false;
	if (streq(kind, "several"))
		action_note(out, "files of more than one boot loader are here, and which one boots this host is not known");
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		if (streq(kind, loaders[i].kind))
			return loaders[i].persist(target, name, parameter, out);
	return false;
}
