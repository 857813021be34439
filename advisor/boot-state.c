/* SPDX-License-Identifier: Apache-2.0 */
/* The host as it will be after boot, as a snapshot of its own: what its files set, else what the kernel does by itself.
 * What neither says is not in it, so that whatever asks for it gets "not captured" and not a guess. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "../core/parse.h"
#include "audit-making.h"

static const char *host_text(const struct auditing *auditing, const char *key)
{
	return snapshot_text(auditing->snapshot, SUBJECT_HOST, key);
}

/* ---- what a key is set to ---- */

bool boot_state_applies(const struct auditing *auditing, const char *loader)
{
	const char *cursor = boot_loaders(auditing->boot), *word;
	size_t length;

	while (next_word(&cursor, &word, &length))
		if (strlen(loader) == length && memcmp(word, loader, length) == 0)
			return true;
	return !*loader;
}

bool boot_state_path(const struct entry *entry, const char *key, struct strbuf *path)
{
	static const char thp[] = "thp.", directory[] = "/sys/kernel/mm/transparent_hugepage/";

	strbuf_reset(path);
	if (entry && entry->class == ENTRY_TUNABLE && entry->path && !strchr(entry->path, '*')) {
		strbuf_add_string(path, entry->path);
	} else if (starts_with(key, thp)) {
		strbuf_addf(path, "%s%s", directory, key + strlen(thp));
		for (char *c = path->buf + strlen(directory); *c; c++)
			*c = *c == '.' ? '/' : *c;
	}
	return path->len > 0;
}

/* Files of /sys stand in lines by their path, as tmpfiles.d has them. */
static struct boot_outcome file_outcome(const struct auditing *auditing, const char *key)
{
	const struct entry *entry = registry_find_key(auditing->registry, SUBJECT_KIND_HOST, key);
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct boot_outcome outcome;

	if (!boot_state_path(entry, key, &path))
		return (struct boot_outcome){ .state = BOOT_STATE_UNSET };
	/* saptune comes after tmpfiles.d. */
	outcome = boot_outcome(auditing->boot, BOOT_SAPTUNE, SUBJECT_KIND_HOST, "", path.buf);
	if (outcome.state != BOOT_STATE_UNSET && boot_state_applies(auditing, BOOT_SAPTUNE))
		return outcome;
	return boot_outcome(auditing->boot, "", SUBJECT_KIND_HOST, "", path.buf);
}

/* What is on the kernel's command line comes before the files of sysctls.  tmpfiles.d and rules of udev have no order with
 * them: where they say something else, it is not known who is the last. */
struct boot_outcome boot_state_outcome(const struct auditing *auditing, enum subject_kind kind, const char *subject,
				       const char *key)
{
	struct boot_outcome plain = boot_outcome(auditing->boot, "", kind, subject, key), outcome = plain;

	if (kind == SUBJECT_KIND_HOST)
		outcome = boot_effective(auditing->boot, key);
	if (kind == SUBJECT_KIND_HOST && outcome.state == BOOT_STATE_UNSET)
		outcome = file_outcome(auditing, key);
	if (outcome.state == BOOT_STATE_UNSET)
		return plain;
	if (plain.state != BOOT_STATE_UNSET && !streq(plain.line->source, "cmdline") &&
	    (plain.state != outcome.state || !streq(plain.line->value, outcome.line->value)))
		return (struct boot_outcome){ .state = BOOT_STATE_UNKNOWN, .line = plain.line };
	return outcome;
}

/* ---- defaults ---- */

static bool is_operator(const char *word, size_t length)
{
	static const char *const words[] = { "and", "or", "not", "in", "if", "else", "+", "-", "*", "/", "<", ">", "==" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
			return true;
	return false;
}

bool default_is_words(const char *text)
{
	bool operand = false;

	while (*text) {
		size_t length = strcspn(text, " ");
		bool begins = length > 0 && !strchr(")],", text[0]) && !is_operator(text, length);

		if (operand && begins)
			return true;
		operand = length > 0 && !strchr("(,[", text[length - 1]) && !is_operator(text, length);
		text += length;
		text += *text == ' ';
	}
	return false;
}

/* [{since: "5.4", value: 4096}, {value: 128}]: the first that fits this kernel.  NULL: which one is not known. */
static const struct node *default_of_kernel(const struct node *list, const char *release)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct node *item = &list->items[i];
		const struct node *since = item->kind == NODE_MAPPING ? node_get(item, "since") : NULL;

		if (item->kind != NODE_MAPPING)
			return NULL;
		if (since && !release)
			return NULL;
		if (!since || version_compare(release, since->text) >= 0)
			return node_get(item, "value");
	}
	return NULL;
}

static const char *evaluate_default(const struct auditing *auditing, const struct entry *entry, const struct node *node,
				    struct arena *arena)
{
	struct expr_scope scope = { .registry = auditing->registry, .about = entry->about, .settings_only = true };
	CLEANUP(program_free_ptr) struct program *program = NULL;
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	CLEANUP(strbuf_release) struct strbuf raw = STRBUF_INIT;
	struct expr_context context;
	struct value value;

	if (expr_compile(&scope, node, &diag, &program) < 0)
		return NULL;
	program_bind(program, auditing->snapshot);
	expr_context_init(&context, auditing->snapshot, SUBJECT_HOST);
	value = program_evaluate(program, &context);
	if (value.type == VALUE_UNKNOWN || value_to_raw(entry, &value, &raw) < 0)
		return NULL;
	return arena_strndup(arena, raw.buf, raw.len);
}

const char *default_raw(const struct auditing *auditing, const struct entry *entry, struct arena *arena)
{
	const struct node *node = entry->node ? node_get(entry->node, "default") : NULL;
	const char *release = host_text(auditing, "kernel.release");
	struct value value;

	if (!release)	/* of an image: the only kernel that is installed */
		release = host_text(auditing, "modules.release");
	if (node && node->kind == NODE_SEQUENCE)
		node = default_of_kernel(node, release);
	if (!node || node->kind != NODE_SCALAR || !*node->text)
		return NULL;
	if (entry->format == FORMAT_TEXT || entry->format == FORMAT_WORDS ||
	    (entry->format == FORMAT_ENUM && strchr(node->text, ' ')))
		return NULL;
	value = value_of_setting(entry, node->text, strlen(node->text));
	if (value.type != VALUE_UNKNOWN)
		return entry->format == FORMAT_BOOL ? (value.boolean ? "1" : "0") : node->text;
	if (entry->format == FORMAT_ENUM || entry->format == FORMAT_BOOL)
		return NULL;
	return default_is_words(node->text) ? NULL : evaluate_default(auditing, entry, node, arena);
}

/* ---- the snapshot ---- */

static bool is_of_boot(const struct entry *entry)
{
	return entry && entry->class == ENTRY_TUNABLE;
}

/* Everything but what boot decides: kinds of devices, the size of memory, what this kernel has. */
static void copy_facts(struct auditing *auditing)
{
	const struct snapshot *now = auditing->snapshot;
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;

	for (subject_id id = 1; id < snapshot_subject_count(now); id++) {
		const struct subject *subject = snapshot_subject_get(now, id);

		(void)snapshot_subject(auditing->after, subject->kind, subject->name, subject->path);
	}
	for (size_t i = 0; i < snapshot_setting_count(now); i++) {
		const struct setting *setting = snapshot_setting_at(now, i);
		const char *key = snapshot_key_name(now, setting->key);
		const struct subject *subject = snapshot_subject_get(now, setting->subject);

		if (starts_with(key, BOOT_PREFIX) || streq(key, "kernel.cmdline"))
			continue;
		if (((setting->absence != ABSENT && setting->absence != UNSUPPORTED) || !auditing->walked || boot_is_argument(key)) &&
		    is_of_boot(registry_find_key(auditing->registry, subject->kind, key)))
			continue;
		strbuf_reset(&origin);
		setting_origin(now, setting, &origin);
		if (setting->absence == PRESENT)
			snapshot_set(auditing->after, setting->subject, key, setting->raw, setting->raw_length, origin.buf);
		else
			snapshot_set_absent(auditing->after, setting->subject, key,
					    setting->error ? setting->error : setting->absence == ABSENT ? -ENOENT : -EBADMSG,
					    origin.buf);
	}
}

static void set_key(struct auditing *auditing, subject_id subject, const char *key)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct expectation expectation = boot_expect(auditing, snapshot_subject_get(auditing->after, subject), key, &arena);

	if (expectation.value)
		snapshot_set_string(auditing->after, subject, key, expectation.value, expectation.place);
}

/* "net.ipv4.conf.*.rp_filter" of all interfaces, and of those to come; of the others it is copied when they appear. */
static void set_family(struct auditing *auditing, const struct entry *entry)
{
	static const char *const members[] = { "all", "default" };
	const char *star = strchr(entry->key, '*');

	if (!starts_with(entry->key, "net.ipv4.") && !starts_with(entry->key, "net.ipv6."))
		return;
	for (size_t i = starts_with(strchr(entry->key + strlen("net."), '.'), ".neigh."); i < ARRAY_SIZE(members) && star[1]; i++) {
		CLEANUP(free_ptr) char *key =
			xasprintf("%.*s%s%s", (int)(star - entry->key), entry->key, members[i], star + 1);

		set_key(auditing, SUBJECT_HOST, key);
	}
}

static void set_known(struct auditing *auditing)
{
	for (size_t i = 0; i < registry_total(auditing->registry); i++) {
		const struct entry *entry = registry_at(auditing->registry, i);

		if (!is_of_boot(entry) || entry->about != SUBJECT_KIND_HOST)
			continue;
		if (strchr(entry->key, '*'))
			set_family(auditing, entry);
		else
			set_key(auditing, SUBJECT_HOST, entry->key);
	}
}

static void set_line(struct auditing *auditing, const struct boot_line *line, subject_id subject)
{
	if (!snapshot_get(auditing->after, subject, line->key))
		set_key(auditing, subject, line->key);
}

/* "cmdline.nvme_core.io_timeout" is an argument of a module, or of what is built in. */
static void set_argument(struct auditing *auditing, const char *name)
{
	const char *dot = strchr(name, '.');
	CLEANUP(free_ptr) char *key = xasprintf("module.%s", name);

	if (dot && dot > name && dot[1] && !strchr(dot + 1, '.') && !starts_with(name, "sysctl") &&
	    !snapshot_get(auditing->after, SUBJECT_HOST, key))
		set_key(auditing, SUBJECT_HOST, key);
}

#define DEVICES_MAX 1024	/* that are held against patterns */

static void set_devices(struct auditing *auditing, const struct boot_line *pattern)
{
	uint32_t count = snapshot_kind_count(auditing->snapshot, pattern->kind);

	for (uint32_t i = 0; i < count && i < DEVICES_MAX; i++) {
		subject_id device = snapshot_kind_get(auditing->snapshot, pattern->kind, i);

		if (fnmatch(pattern->subject, snapshot_subject_get(auditing->snapshot, device)->name, 0) == 0)
			set_line(auditing, pattern, device);
	}
}

static void collect_patterns(struct auditing *auditing)
{
	auditing->patterns = xcalloc(PATTERNS_MAX, sizeof(*auditing->patterns));
	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);

		if (line->kind == SUBJECT_KIND_HOST || !strpbrk(line->subject, "*?["))
			continue;
		auditing->many_patterns = auditing->n_patterns == PATTERNS_MAX;
		if (auditing->many_patterns)
			return;
		auditing->patterns[auditing->n_patterns++] = line;
	}
}

/* Each (subject, key) once, however many lines are about it. */
static bool is_new(struct symbols *seen, const struct boot_line *line)
{
	CLEANUP(free_ptr) char *name = xasprintf("%d\t%s\t%s", (int)line->kind, line->subject, line->key);
	uint32_t count = seen->count;

	(void)symbols_intern(seen, name, strlen(name));
	return seen->count > count;
}

/* What files set and no entry names, and what they set of disks, mounts and units. */
static void set_assigned(struct auditing *auditing)
{
	static const char argument[] = "cmdline.";
	struct symbols seen = SYMBOLS_INIT;

	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);
		subject_id subject = line->kind == SUBJECT_KIND_HOST && !*line->subject ?
					     SUBJECT_HOST : snapshot_find_subject(auditing->snapshot, line->kind, line->subject);

		if (line->fate != BOOT_WINS || !*line->key || !is_new(&seen, line))
			continue;
		if (subject != SUBJECT_NONE)
			set_line(auditing, line, subject);
		if (subject == SUBJECT_HOST && starts_with(line->key, argument))
			set_argument(auditing, line->key + strlen(argument));
	}
	for (size_t i = 0; i < auditing->n_patterns; i++)
		if (auditing->patterns[i]->fate == BOOT_WINS)
			set_devices(auditing, auditing->patterns[i]);
	symbols_release(&seen);
}

/* What is not given now, and will not be. */
static void keep_absent_arguments(struct auditing *auditing)
{
	const struct snapshot *now = auditing->snapshot;

	for (size_t i = 0; i < snapshot_setting_count(now); i++) {
		const struct setting *setting = snapshot_setting_at(now, i);
		const char *key = snapshot_key_name(now, setting->key);

		if (setting->subject == SUBJECT_HOST && setting->absence == ABSENT && boot_is_argument(key) &&
		    !snapshot_get(auditing->after, SUBJECT_HOST, key))
			snapshot_set_absent(auditing->after, SUBJECT_HOST, key, -ENOENT, NULL);
	}
}

/* The arguments that the kernel will get, as the files of the boot loader have them, or those from which they will be made. */
static void set_command_line(struct auditing *auditing)
{
	static const char prefix[] = "cmdline.";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	bool known = true;

	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);

		if (!streq(line->source, "cmdline") || (*line->key && !starts_with(line->key, prefix)))
			continue;
		known &= line->fate != BOOT_UNRESOLVED;
		if (!auditing->command_line)
			auditing->command_line = line;
		if (line->fate == BOOT_WINS && *line->key)
			strbuf_addf(&text, "%s%s%s%s", text.len ? " " : "", line->key + strlen(prefix), *line->value ? "=" : "",
				    line->value);
	}
	if (auditing->command_line && known)
		snapshot_set_string(auditing->after, SUBJECT_HOST, "kernel.cmdline", text.buf, auditing->command_line->path);
}

/* File systems of fstab, of which an image has none mounted. */
static void set_mounts(struct auditing *auditing)
{
	struct symbols seen = SYMBOLS_INIT;

	for (size_t i = 0; i < boot_count(auditing->boot); i++) {
		const struct boot_line *line = boot_at(auditing->boot, i);
		subject_id subject;

		if (line->kind != SUBJECT_KIND_MOUNT || line->fate != BOOT_WINS || !streq(line->key, "options") || !is_new(&seen, line))
			continue;
		subject = snapshot_subject(auditing->after, SUBJECT_KIND_MOUNT, line->subject, "");
		for (size_t n = 0; subject != SUBJECT_NONE && mount_expected_options[n]; n++) {
			CLEANUP(free_ptr) char *key = xasprintf("options.%s", mount_expected_options[n]);

			set_key(auditing, subject, key);
		}
	}
	if (auditing->command_line)
		set_key(auditing, snapshot_subject(auditing->after, SUBJECT_KIND_MOUNT, "/", ""), "options.ro");
	symbols_release(&seen);
}

void boot_state_make(struct auditing *auditing)
{
	const char *container = host_text(auditing, "platform.container"), *release;

	auditing->boot = boot_read(auditing->snapshot);
	auditing->after = snapshot_new();
	auditing->walked = host_text(auditing, "kernel.ostype") != NULL;
	auditing->contained = container && !streq(container, "none");
	collect_patterns(auditing);
	copy_facts(auditing);
	release = host_text(auditing, "kernel.release");
	if (release && !snapshot_get(auditing->after, SUBJECT_HOST, "kernel.osrelease"))
		snapshot_set_string(auditing->after, SUBJECT_HOST, "kernel.osrelease", release, NULL);
	set_command_line(auditing);
	set_known(auditing);
	set_assigned(auditing);
	set_mounts(auditing);
	if (!auditing->command_line || snapshot_get(auditing->after, SUBJECT_HOST, "kernel.cmdline"))
		keep_absent_arguments(auditing);
}

void boot_state_release(struct auditing *auditing)
{
	free(auditing->patterns);
	boot_free(auditing->boot);
	snapshot_free(auditing->after);
}
