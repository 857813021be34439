/* SPDX-License-Identifier: Apache-2.0 */
/* From a change to the commands that make it, undo it, check it and let it last.
 *
 * Undoing restores the whole coupled group as it was captured, because writing one key can move others: vm.dirty_bytes
 * zeroes vm.dirty_ratio, a THP mode moves vm.min_free_kbytes (Documentation/admin-guide/sysctl/vm.rst). */
#include "action.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "../core/parse.h"
#include "rule.h"

static const struct actuator *const actuators[KIND_COUNT] = {
	[KIND_SYSCTL] = &actuator_sysctl,
	[KIND_BLOCK_QUEUE] = &actuator_block_queue,
	[KIND_THP] = &actuator_sysfs,
	[KIND_HUGE_PAGES] = &actuator_huge_pages,
	[KIND_CPU_FREQUENCY] = &actuator_cpu_frequency,
	[KIND_MODULE_PARAMETER] = &actuator_module_parameter,
	[KIND_KERNEL_COMMAND_LINE] = &actuator_kernel_command_line,
	[KIND_MOUNT_OPTION] = &actuator_mount_option,
	[KIND_CGROUP] = &actuator_cgroup,
	[KIND_SYSTEMD_UNIT] = &actuator_systemd_unit,
	[KIND_RESOURCE_LIMIT] = &actuator_resource_limit,
	[KIND_NETWORK_INTERFACE] = &actuator_network_interface,
	[KIND_CONTAINER_RESOURCE] = &actuator_container_resource,
	[KIND_KUBELET] = &actuator_kubelet,
	[KIND_SYSFS] = &actuator_sysfs,
};

/* Two names for one limit: writing one zeroes the other, and zero itself is refused or zeroes the pair
 * (mm/page-writeback.c dirty_bytes_handler, mm/util.c overcommit_kbytes_handler).  Only the one in force is written. */
struct twins {
	const char *ratio, *amount;
	bool only_on_change;	/* writing the same ratio again does not zero the amount */
};

/* clang-format off */
static const struct twins twins[] = {
	{ .ratio = "vm.dirty_background_ratio", .amount = "vm.dirty_background_bytes", },
	{ .ratio = "vm.dirty_ratio",            .amount = "vm.dirty_bytes",            .only_on_change = true, },
	{ .ratio = "vm.overcommit_ratio",       .amount = "vm.overcommit_kbytes", },
};
/* clang-format on */

void action_word(struct strbuf *out, const char *text)
{
	quote_word(out, text);
}

void action_wordf(struct strbuf *out, const char *format, ...)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	va_list arguments;

	va_start(arguments, format);
	strbuf_vaddf(&text, format, arguments);
	va_end(arguments);
	action_word(out, text.buf);
}

static bool only_characters(const char *text, const char *allowed)
{
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
		    !(*text >= '0' && *text <= '9') && !strchr(allowed, *text))
			return false;
	return true;
}

bool action_plain(const char *text)
{
	return *text && *text != '-' && only_characters(text, "_.:@/+-");
}

bool action_printable(const char *text)
{
	return only_characters(text, " !#$&()*+,-./:;<=>?@[]^_`{|}~");
}

void action_echo(struct strbuf *out, const char *value, const char *path)
{
	/* echo is for text that means itself in every shell */
	strbuf_add_string(out, *value != '-' && action_printable(value) ? "echo " : "printf '%s\\n' ");
	action_word(out, value);
	strbuf_add_string(out, " > ");
	action_word(out, path);
	strbuf_add_char(out, '\n');
}

void action_line(struct lasting *out, const char *directory, const char *name, const char *suffix, const char *line)
{
	action_line_named(out, directory, "90-keisoku-", name, suffix, line);
}

void action_line_named(struct lasting *out, const char *directory, const char *stem, const char *name,
		       const char *suffix, const char *line)
{
	CLEANUP(strbuf_release) struct strbuf file = STRBUF_INIT;
	size_t start;

	strbuf_addf(&file, "%s/%s", directory, stem);
	start = file.len;
	strbuf_addf(&file, "%s.%s", name, suffix);
	for (size_t i = start; i < file.len; i++)
		if (file.buf[i] == '/' || file.buf[i] == ' ')
			file.buf[i] = '-';
	action_echo(&out->persist, line, file.buf);
	action_file(out, file.buf, arena_formatf(out->arena, "%s\n", line), NULL, NULL);
	strbuf_add_string(&out->unpersist, "rm -f ");
	action_word(&out->unpersist, file.buf);
	strbuf_add_char(&out->unpersist, '\n');
}

void action_file(struct lasting *out, const char *path, const char *content, const char *reload, const char *tool)
{
	if (out->n_files == ACTION_FILES_MAX)
		return;
	out->files[out->n_files++] = (struct plan_file){
		.kind = PLAN_FILE_WHOLE,
		.path = arena_strdup(out->arena, path),
		.content = arena_strdup(out->arena, content),
		.reload = reload,
		.tool = tool,
	};
}

const char *action_line_now(const struct lasting *out, const char *path, const char *line)
{
	for (size_t i = 0; i < out->n_earlier; i++)
		for (size_t f = 0; f < out->earlier[i].n_files; f++) {
			const struct plan_file *file = &out->earlier[i].files[f];

			if (file->kind == PLAN_FILE_LINE && file->old_line && file->new_line && streq(file->path, path) &&
			    streq(file->old_line, line))
				line = file->new_line;
		}
	return line;
}

/* "none [mq-deadline] kyber" is written as "mq-deadline"; "4096\t131072\t6291456" with blanks. */
static const char *writable(const struct entry *entry, const char *raw, struct arena *arena)
{
	const char *open = strchr(raw, '['), *close = open ? strchr(open, ']') : NULL;
	char *text;

	if (entry->format == FORMAT_ENUM && close)
		return arena_strndup(arena, open + 1, (size_t)(close - open - 1));
	text = arena_strdup(arena, raw);
	for (char *c = text; *c; c++)
		if (*c == '\t')
			*c = ' ';
	return text;
}

static bool yes(const char *value)
{
	return strchr("1yYtT", *value) || streq(value, "on") || streq(value, "enabled");
}

static const char *page_multiple(const struct target *target, const char *value)
{
	const char *page_text = snapshot_text(target->snapshot, SUBJECT_HOST, "page_size");
	uint64_t number, page, unit = target->entry->unit.scale >= 1 ? (uint64_t)target->entry->unit.scale : 1;
	char digits[24];

	if (parse_u64(value, &number) < 0)
		return value;		/* "max" */
	if (!page_text || parse_u64(page_text, &page) < 0 || page == 0 || number > UINT64_MAX / unit)
		return NULL;
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)(number * unit / page * page / unit));
	return arena_strdup(target->arena, digits);
}

static const char *power_of_2(const struct target *target, const char *value)
{
	uint64_t number, power = 1;
	char digits[24];

	if (parse_u64(value, &number) < 0)
		return NULL;
	while (power < number && power <= UINT64_MAX / 2)
		power *= 2;
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)(number ? power : 0));
	return arena_strdup(target->arena, digits);
}

/* "exact; refused while call chains are recorded" is exact. */
static bool reads_back_as(const struct entry *entry, const char *name)
{
	const char *how = entry->reads_back ? entry->reads_back : "exact";
	size_t length = strlen(name);

	return strncmp(how, name, length) == 0 && (how[length] == '\0' || strchr(",;", how[length]));
}

const char *action_reads_back(const struct target *target, const char *value)
{
	if (target->entry->format == FORMAT_BOOL && (streq(target->raw, "Y") || streq(target->raw, "N")))
		return yes(value) ? "Y" : "N";
	if (reads_back_as(target->entry, "power-of-2"))
		return power_of_2(target, value);
	if (reads_back_as(target->entry, "page-multiple"))
		return page_multiple(target, value);
	if (reads_back_as(target->entry, "exact") || reads_back_as(target->entry, "bracketed") ||
	    reads_back_as(target->entry, "tabs"))
		return value;
	return NULL;
}

void action_verify_command(const char *command, const char *wanted, struct strbuf *out)
{
	if (!wanted) {
		strbuf_addf(out, "%s\n", command);
		return;
	}
	strbuf_addf(out, "v=$(%s); echo \"$v\"; [ \"$v\" = ", command);
	action_word(out, wanted);
	strbuf_add_string(out, " ]\n");
}

void action_verify_file(const struct target *target, const char *value, struct strbuf *out)
{
	const char *wanted = action_reads_back(target, value);
	CLEANUP(strbuf_release) struct strbuf command = STRBUF_INIT;

	if (target->entry->format == FORMAT_ENUM && strchr(target->raw, '[')) {
		strbuf_add_string(out, "cat ");
		action_word(out, target->path);
		strbuf_add_string(out, "; grep -qF ");
		action_wordf(out, "[%s]", value);
		strbuf_add_char(out, ' ');
		action_word(out, target->path);
		strbuf_add_char(out, '\n');
		return;
	}
	strbuf_add_string(&command, "cat ");
	action_word(&command, target->path);
	if (strchr(target->raw, '\t'))
		strbuf_add_string(&command, " | tr '\\t' ' '");
	action_verify_command(command.buf, wanted, out);
}

/* "net.ipv4.conf.*.rp_filter" with the part of key that the "*" of pattern stood for. */
static const char *fill_star(const char *id, const char *pattern, const char *key, struct arena *arena)
{
	const char *star = strchr(id, '*'), *from = strchr(pattern, '*');
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t length, tail;

	if (!star || !from || strncmp(pattern, key, (size_t)(from - pattern)) != 0)
		return id;
	key += from - pattern;
	tail = strlen(from + 1);
	length = strlen(key);
	if (length < tail)
		return id;
	strbuf_add(&text, id, (size_t)(star - id));
	strbuf_add(&text, key, length - tail);
	strbuf_add_string(&text, star + 1);
	return arena_strdup(arena, text.buf);
}

/* The file a setting was read from: its origin, or the path its entry names. */
static const char *target_path(const struct target *target, const struct setting *setting)
{
	const struct node *path = target->entry->node ? node_get(target->entry->node, "path") : NULL;
	const char *path_text = "";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (setting)
		setting_origin(target->snapshot, setting, &text);
	if (text.buf[0] == '/')
		return arena_strdup(target->arena, text.buf);
	if (path && path->kind == NODE_SCALAR)
		path_text = fill_star(path->text, target->entry->key, target->key, target->arena);
	return strchr(path_text, '*') ? "" : path_text;
}

static void target_init(struct target *target, const struct snapshot *snapshot, const struct entry *entry,
			subject_id subject, const char *key, struct arena *arena)
{
	const struct setting *setting = snapshot_get(snapshot, subject, key);
	const struct subject *about = snapshot_subject_get(snapshot, subject);

	*target = (struct target){
		.snapshot = snapshot,
		.entry = entry,
		.subject = subject,
		.name = about ? about->name : "",
		.key = key,
		.raw = setting && setting->absence == PRESENT ? setting->raw : "",
		.arena = arena,
	};
	target->now = writable(entry, target->raw, arena);
	target->path = target_path(target, setting);
}

static char *key_name(const struct target *target)
{
	return target->subject == SUBJECT_HOST ? arena_strdup(target->arena, target->key) :
						 arena_formatf(target->arena, "%s %s", target->name, target->key);
}

/* One blank for each tab, and of a choice the word in brackets: how the scripts compare. */
static void fill_write(const struct target *target, const char *value, struct plan_write *out)
{
	const struct actuator *actuator = actuators[target->entry->kind];

	*out = (struct plan_write){
		.key = key_name(target),
		.path = *target->path == '/' ? target->path : "",
		.value = value,
		.reads = action_reads_back(target, value),
		.choice = target->entry->format == FORMAT_ENUM && strchr(target->raw, '['),
	};
	if (target->entry->kind == KIND_HUGE_PAGES)
		out->reads = value;	/* fewer is a failure */
	if (actuator->plan)
		actuator->plan(target, value, out);
}

static const struct twins *twins_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(twins); i++)
		if (streq(key, twins[i].ratio) || streq(key, twins[i].amount))
			return &twins[i];
	return NULL;
}

const char *action_twin(const char *key)
{
	const struct twins *pair = twins_of(key);

	return !pair ? NULL : streq(key, pair->ratio) ? pair->amount : pair->ratio;
}

bool action_zeroes_twin(const char *key, const char *from, const char *to)
{
	const struct twins *pair = twins_of(key);

	return pair && !(pair->only_on_change && streq(from, to));
}

struct restore {
	const struct snapshot *snapshot;
	const struct registry *registry;
	struct arena *arena;
	struct strbuf *out;		/* commands; NULL: writes instead */
	struct plan_write *writes;	/* of a plan */
	size_t n_writes, writes_capacity;
	const char *unreadable;		/* the first key that could not be read */
	const struct twins *done[ARRAY_SIZE(twins)];	/* pairs already restored */
};

static void restore_key(struct restore *restore, const struct entry *entry, subject_id subject, const char *key,
			const char *value)
{
	const struct setting *setting = snapshot_get(restore->snapshot, subject, key);
	CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
	struct target target;

	if (setting && setting->absence == UNREADABLE && !value) {
		if (!restore->out) {
			restore->unreadable = restore->unreadable ? restore->unreadable : key;
			return;
		}
		strbuf_add_string(restore->out, "# not restored, because it could not be read: ");
		action_word(restore->out, key);
		strbuf_add_char(restore->out, '\n');
		return;
	}
	if (!value && (!setting || setting->absence != PRESENT))
		return;
	target_init(&target, restore->snapshot, entry, subject, key, restore->arena);
	value = value ? writable(entry, value, restore->arena) : target.now;
	if (!restore->out) {
		GROW(restore->writes, restore->writes_capacity, restore->n_writes + 1);
		fill_write(&target, value, &restore->writes[restore->n_writes++]);
		return;
	}
	actuators[entry->kind]->write(&target, value, &line);
	/* Two properties of a unit can be one directive. */
	if (line.len && !strstr(restore->out->buf, line.buf))
		strbuf_add(restore->out, line.buf, line.len);
}

/* Writes the one of a pair that was in force. */
static void restore_twins(struct restore *restore, const struct twins *pair, const struct change *change)
{
	const char *amount = snapshot_text(restore->snapshot, SUBJECT_HOST, pair->amount);
	const char *ratio = snapshot_text(restore->snapshot, SUBJECT_HOST, pair->ratio);
	const char *key;
	const struct entry *entry;

	restore->done[pair - twins] = pair;
	if (!amount && streq(change->key, pair->amount))
		amount = change->from;
	if (!ratio && streq(change->key, pair->ratio))
		ratio = change->from;

	key = amount && !streq(amount, "0") ? pair->amount : pair->ratio;
	entry = registry_find(restore->registry, key);
	if (!entry)
		entry = change->tunable;
	if (key == pair->ratio && !ratio) {
		if (!restore->out) {
			restore->unreadable = pair->ratio;
			return;
		}
		strbuf_addf(restore->out, "# not restored, because it was not captured: %s\n", pair->ratio);
		return;
	}
	if (key == pair->ratio && pair->only_on_change && streq(ratio, "0"))
		restore_key(restore, entry, SUBJECT_HOST, key, "1");
	restore_key(restore, entry, SUBJECT_HOST, key, key == pair->ratio ? ratio : amount);
}

static void restore_one(struct restore *restore, const struct change *change, const char *key,
			const struct entry *entry, const char *value)
{
	const struct twins *pair = entry->about == SUBJECT_KIND_HOST ? twins_of(key) : NULL;
	subject_id subject = entry->about == SUBJECT_KIND_HOST ? SUBJECT_HOST : change->subject;

	if (entry->about != SUBJECT_KIND_HOST && entry->about != change->tunable->about)
		return;
	if (!pair)
		restore_key(restore, entry, subject, key, value);
	else if (!restore->done[pair - twins])
		restore_twins(restore, pair, change);
}

/* "net.ipv4.conf.all.accept_redirects" may be found as an entry with a star: the key is what was asked for. */
static const char *key_of_id(const struct entry *entry, const char *id)
{
	return id + (strlen(entry->id) - strlen(entry->key));
}

static const struct entry *entry_of(const struct restore *restore, subject_id subject, const char *key)
{
	return registry_find_key(restore->registry, snapshot_subject_get(restore->snapshot, subject)->kind, key);
}

static void restore_moved(void *context, subject_id subject, const char *key)
{
	struct restore *restore = context;
	const struct entry *entry = entry_of(restore, subject, key);

	if (entry)
		restore_key(restore, entry, subject, key, NULL);
}

/* The key itself first, unless its own entry says where in the group it goes. */
static void restore_group(struct restore *restore, const struct change *change, const struct target *target)
{
	const struct actuator *actuator = actuators[target->entry->kind];
	const struct entry *self = change->tunable;
	const struct string_list *group = &self->coupled;
	bool listed = false;

	for (size_t i = 0; i < group->count; i++)
		listed |= streq(group->items[i], self->id);
	if (!listed)
		restore_one(restore, change, target->key, self, change->from);
	for (size_t i = 0; i < group->count; i++) {
		const char *id = fill_star(group->items[i], self->key, target->key, restore->arena);
		const struct entry *entry = registry_find(restore->registry, id);
		bool own = streq(group->items[i], self->id);

		if (entry)
			restore_one(restore, change, own ? target->key : key_of_id(entry, id), entry,
				    own ? change->from : NULL);
	}
	if (actuator->moves)
		actuator->moves(target, restore_moved, restore);
}

/* change->key is as a person writes it: the key itself for the host, "sda scheduler" for the rest. */
const char *action_setting_key(const struct change *change)
{
	const char *blank;

	if (!strchr(change->tunable->key, '*'))
		return change->tunable->key;
	blank = strrchr(change->key, ' ');
	return blank && change->tunable->about != SUBJECT_KIND_HOST ? blank + 1 : change->key;
}

static const char *lines_or_null(struct strbuf *text, struct arena *arena)
{
	strbuf_trim(text);
	return text->len ? arena_strndup(arena, text->buf, text->len) : NULL;
}

/* "$(…)" drops newlines at its end, so a name that ends in one has no safe form. */
static bool writable_name(const char *text)
{
	size_t length = strlen(text);

	return length == 0 || text[length - 1] != '\n';
}

void action_note(struct lasting *out, const char *format, ...)
{
	va_list arguments;

	if (out->note.len)
		strbuf_add_string(&out->note, "; ");
	va_start(arguments, format);
	strbuf_vaddf(&out->note, format, arguments);
	va_end(arguments);
}

static void lasting_release(struct lasting *lasting)
{
	strbuf_release(&lasting->persist);
	strbuf_release(&lasting->unpersist);
	strbuf_release(&lasting->note);
}

static bool restore_lines(struct restore *restore, const struct target *target, const char *value)
{
	const struct actuator *actuator = actuators[target->entry->kind];
	CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;

	if (actuator->lines_back)
		actuator->lines_back(target, value, &lines);
	for (const char *at = lines.buf; *at; ) {
		size_t length = strcspn(at, "\n");
		const char *line = arena_strndup(restore->arena, at, length);

		at += length + (at[length] == '\n');
		if (restore->out) {
			action_echo(restore->out, line, target->path);
			continue;
		}
		GROW(restore->writes, restore->writes_capacity, restore->n_writes + 1);
		fill_write(target, line, &restore->writes[restore->n_writes++]);
	}
	return lines.len > 0;
}

static void fill(const struct target *target, const struct actuator *actuator, const struct registry *registry,
		 struct change *change)
{
	CLEANUP(strbuf_release) struct strbuf apply = STRBUF_INIT, rollback = STRBUF_INIT, verify = STRBUF_INIT;
	CLEANUP(lasting_release) struct lasting lasting = {
		.persist = STRBUF_INIT, .unpersist = STRBUF_INIT, .note = STRBUF_INIT, .arena = target->arena,
	};
	static const char *const one_way[REVERSIBLE_COUNT] = {
		[REVERSIBLE_REBOOT] = "only a reboot undoes it",
		[REVERSIBLE_NO] = "it cannot be undone",
	};
	const char *value = writable(target->entry, change->to, target->arena);
	struct restore restore = {
		.snapshot = target->snapshot, .registry = registry, .arena = target->arena, .out = &rollback,
	};

	actuator->write(target, value, &apply);
	if (apply.len && target->entry->reversible != REVERSIBLE_YES)
		action_note(&lasting, "%s", one_way[target->entry->reversible]);
	else if (apply.len && actuator->restore)
		actuator->restore(target, &rollback);
	else if (!apply.len)
		action_note(&lasting, "cannot be changed on the running system");
	if (apply.len && target->entry->reversible == REVERSIBLE_YES && !rollback.len &&
	    !restore_lines(&restore, target, value))
		restore_group(&restore, change, target);
	actuator->verify(target, value, &verify);
	actuator->persist(target, value, &lasting);

	change->apply = lines_or_null(&apply, target->arena);
	change->rollback = lines_or_null(&rollback, target->arena);
	change->verify = lines_or_null(&verify, target->arena);
	change->persist = lines_or_null(&lasting.persist, target->arena);
	change->unpersist = lines_or_null(&lasting.unpersist, target->arena);
	change->persist_note = lines_or_null(&lasting.note, target->arena);
}

static int target_of_change(const struct snapshot *snapshot, const struct change *change, struct arena *arena,
			    struct target *target)
{
	target_init(target, snapshot, change->tunable, change->subject, action_setting_key(change), arena);
	if (!*target->raw) {
		target->raw = change->from;
		target->now = writable(change->tunable, change->from, arena);
	}
	if (!writable_name(target->name) || !writable_name(target->key) || !writable_name(target->path) ||
	    !writable_name(change->from) || !writable_name(change->to))
		return -EINVAL;
	return 0;
}

void action_commands(const struct snapshot *snapshot, const struct registry *registry, struct change *change,
		     struct arena *arena)
{
	struct target target;

	if (target_of_change(snapshot, change, arena, &target) < 0) {
		change->persist_note = "its name or value ends in a newline, which a shell command cannot keep";
		return;
	}
	fill(&target, actuators[change->tunable->kind], registry, change);
}

/* ---- for plans ---- */

/* What is looked at beside the setting itself. */
struct looking {
	const struct restore *restore;
	struct plan_coupled *items;
	size_t count, capacity;
};

static void look_at(struct looking *looking, const struct plan_coupled *coupled)
{
	GROW(looking->items, looking->capacity, looking->count + 1);
	looking->items[looking->count++] = *coupled;
}

static void look_at_key(struct looking *looking, const struct entry *entry, subject_id subject, const char *key)
{
	const struct setting *setting = snapshot_get(looking->restore->snapshot, subject, key);
	struct plan_write shown;
	struct target target;

	if (!setting || setting->absence != PRESENT)
		return;
	target_init(&target, looking->restore->snapshot, entry, setting->subject, key, looking->restore->arena);
	fill_write(&target, target.now, &shown);
	if (!*shown.path && !shown.show)
		return;
	look_at(looking, &(struct plan_coupled){
		.key = key_name(&target),
		.path = shown.path,
		.raw = target.raw,
		.reads = target.now,
		.choice = shown.choice,
		.show = shown.show,
	});
}

static void look_at_moved(void *context, subject_id subject, const char *key)
{
	struct looking *looking = context;
	const struct entry *entry = entry_of(looking->restore, subject, key);

	if (entry)
		look_at_key(looking, entry, subject, key);
}

static void add_coupled(const struct restore *restore, const struct target *own, const struct change *change,
			struct action *action)
{
	const struct actuator *actuator = actuators[own->entry->kind];
	const struct string_list *group = &change->tunable->coupled;
	struct looking looking = { .restore = restore };
	struct plan_coupled details[ACTION_DETAILS_MAX];
	size_t n_details;

	for (size_t i = 0; i < group->count; i++) {
		const char *id = fill_star(group->items[i], change->tunable->key, own->key, restore->arena);
		const struct entry *entry = registry_find(restore->registry, id);
		bool host = entry && entry->about == SUBJECT_KIND_HOST;
		const char *key = entry ? key_of_id(entry, id) : "";

		if (entry && (host || entry->about == change->tunable->about) && !streq(key, own->key))
			look_at_key(&looking, entry, host ? SUBJECT_HOST : change->subject, key);
	}
	if (actuator->moves)
		actuator->moves(own, look_at_moved, &looking);
	n_details = actuator->details ? actuator->details(own, details) : 0;
	for (size_t i = 0; i < n_details; i++)
		look_at(&looking, &details[i]);
	action->n_coupled = looking.count;
	action->coupled = arena_alloc(restore->arena, (looking.count + 1) * sizeof(*action->coupled));
	if (looking.count > 0)
		memcpy(action->coupled, looking.items, looking.count * sizeof(*action->coupled));
	free(looking.items);
}

/* False: each key of its group is written back. */
static bool restore_by_commands(struct restore *restore, const struct target *target)
{
	const struct actuator *actuator = actuators[target->entry->kind];
	CLEANUP(strbuf_release) struct strbuf commands = STRBUF_INIT;

	if (actuator->restore)
		actuator->restore(target, &commands);
	if (!commands.len)
		return false;
	GROW(restore->writes, restore->writes_capacity, restore->n_writes + 1);
	fill_write(target, target->now, &restore->writes[restore->n_writes]);
	restore->writes[restore->n_writes++].set = arena_strdup(restore->arena, commands.buf);
	return true;
}

static void add_restore(struct restore *restore, const struct target *target, const struct change *change,
			const char *value, struct action *action)
{
	if (change->tunable->reversible == REVERSIBLE_YES && !restore_by_commands(restore, target) &&
	    !restore_lines(restore, target, value))
		restore_group(restore, change, target);
	action->n_restore = restore->n_writes;
	action->restore = arena_alloc(target->arena, (restore->n_writes + 1) * sizeof(*action->restore));
	if (restore->n_writes > 0)
		memcpy(action->restore, restore->writes, restore->n_writes * sizeof(*action->restore));
	free(restore->writes);
}

static void add_lasting(const struct target *target, const char *value, const struct action *earlier, size_t n_earlier,
			struct action *action)
{
	CLEANUP(lasting_release) struct lasting lasting = {
		.persist = STRBUF_INIT, .unpersist = STRBUF_INIT, .note = STRBUF_INIT, .arena = target->arena,
		.earlier = earlier, .n_earlier = n_earlier,
	};

	actuators[target->entry->kind]->persist(target, value, &lasting);
	action->n_files = lasting.n_files;
	action->files = arena_alloc(target->arena, (lasting.n_files + 1) * sizeof(*action->files));
	memcpy(action->files, lasting.files, lasting.n_files * sizeof(*action->files));
	action->persist_note = lines_or_null(&lasting.note, target->arena);
	action->owner = lasting.owner;
	action->kubelet = lasting.kubelet;
	action->form = lasting.form;
	if (action->form == PLAN_FORM_NONE && action->n_files > 0)
		action->form = plan_form_of_path(action->files[0].path);
	else if (action->form == PLAN_FORM_NONE && action->persist_note && !lasting.never)
		action->form = PLAN_FORM_BY_HAND;
}

/* Whether there is a way to write it that is not a reboot. */
static bool has_live_way(const struct target *target, const char *value)
{
	CLEANUP(strbuf_release) struct strbuf apply = STRBUF_INIT;

	actuators[target->entry->kind]->write(target, value, &apply);
	return apply.len > 0;
}

const char *action_now(const struct snapshot *snapshot, const struct change *change, struct arena *arena)
{
	struct target target;

	return target_of_change(snapshot, change, arena, &target) < 0 ? change->from : target.now;
}

int action_plan(const struct snapshot *snapshot, const struct registry *registry, const struct change *change,
		struct arena *arena, struct action *ret_action, const char **ret_reason)
{
	struct restore restore = { .snapshot = snapshot, .registry = registry, .arena = arena };
	struct action action = { .tunable = change->tunable, .subject = change->subject, .key = change->key };
	struct target target;
	const char *value;

	*ret_reason = "its name or value ends in a newline, which a shell command cannot keep";
	if (target_of_change(snapshot, change, arena, &target) < 0)
		return -EOPNOTSUPP;
	value = writable(target.entry, change->to, arena);
	*ret_reason = "the kubelet has protectKernelDefaults and would not start again with another value than its own";
	if (target.entry->kind == KIND_SYSCTL && owner_kubelet_refuses(snapshot, target.key, value))
		return -EOPNOTSUPP;
	action.setting_key = target.key;
	action.path = *target.path == '/' ? target.path : "";
	action.raw = change->from;
	action.from = target.now;
	action.write = (struct plan_write){ .key = change->key, .path = "" };
	if (has_live_way(&target, value)) {
		fill_write(&target, value, &action.write);
		action.loads = action_module_of_value(snapshot, target.entry, target.key, value, arena);
		add_coupled(&restore, &target, change, &action);
		add_restore(&restore, &target, change, value, &action);
	}
	action.write.value = value;
	add_lasting(&target, value, NULL, 0, &action);
	*ret_reason = arena_formatf(arena, "%s, which it may move, could not be read", restore.unreadable);
	if (restore.unreadable)
		return -EOPNOTSUPP;
	*ret_reason = action.persist_note ? action.persist_note : "there is no way to set it";
	if (!action_is_live(&action) && action.n_files == 0)
		return -EOPNOTSUPP;
	*ret_action = action;
	return 0;
}

void action_chain_files(struct plan *plan)
{
	for (size_t i = 1; i < plan->n_actions; i++) {
		struct action *action = &plan->actions[i];
		bool changes_lines = false;
		struct target target;

		for (size_t f = 0; f < action->n_files; f++)
			changes_lines |= action->files[f].kind == PLAN_FILE_LINE || !plan_file_is_ours(&action->files[f]);
		if (!changes_lines)
			continue;
		target_init(&target, plan->snapshot, action->tunable, action->subject, action->setting_key, &plan->arena);
		if (!*target.raw) {
			target.raw = action->raw;
			target.now = action->from;
		}
		add_lasting(&target, action->write.value, plan->actions, i, action);
	}
}
