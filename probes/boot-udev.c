/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that udev writes when a device appears, udev(7):
 *
 *	ACTION=="add|change", SUBSYSTEM=="block", KERNEL=="sd[a-z]", ATTR{queue/rotational}=="0", ATTR{queue/scheduler}="none"
 *
 * Rules are tried on every block device and network interface of the snapshot as it is announced at boot.  What a condition
 * asks for that is not in the snapshot leaves the line unresolved; where no device was captured, as in an image, the lines
 * keep the pattern of the device's name.  A rule of the administrator's for disks of a name that none has is ignored. */
#include <errno.h>
#include <fnmatch.h>

#include "../core/parse.h"
#include "boot-draft.h"
#include "boot-path.h"
#include "config-file.h"
#include "probe.h"
#include "udev-rule.h"

#define TOKENS_MAX 64

enum operator { MATCHES, DIFFERS, SETS, ADDS, TAKES };

struct token {
	char key[32], attribute[256];
	enum operator operator;
	char *value;
};

struct rule {
	struct token *tokens;		/* as many as there are: a file may have tens of thousands of rules */
	size_t count;
	char *label;			/* LABEL="…"; lent */
	char *jump;			/* GOTO="…"; lent */
	struct boot_site site;
};

struct udev_probe {
	struct boot_draft draft;
	struct snapshot *snapshot;
	struct rule *rules;		/* of the file that is read */
	size_t count, capacity;
};

/* ---- lines ---- */

static bool take_key(const char **cursor, struct token *token)
{
	const char *c = *cursor + strspn(*cursor, " \t,");
	size_t length = strspn(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	*token = (struct token){ 0 };
	if (length == 0 || length >= sizeof(token->key))
		return false;
	memcpy(token->key, c, length);
	c += length;
	if (*c == '{') {
		length = strcspn(++c, "}");
		if (c[length] != '}' || length >= sizeof(token->attribute))
			return false;
		memcpy(token->attribute, c, length);
		c += length + 1;
	}
	*cursor = c + strspn(c, " \t");
	return true;
}

static bool take_operator(const char **cursor, enum operator *ret)
{
	static const struct {
		const char *text;
		enum operator operator;
	} operators[] = { { "==", MATCHES }, { "!=", DIFFERS }, { "+=", ADDS }, { "-=", TAKES }, { ":=", SETS }, { "=", SETS } };

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (starts_with(*cursor, operators[i].text)) {
			*ret = operators[i].operator;
			*cursor += strlen(operators[i].text);
			*cursor += strspn(*cursor, " \t");
			return true;
		}
	return false;
}

/* "…" as it stands, with \" for a quote; e"…" with the escapes of C; i"…" whatever the case. */
static bool take_value(const char **cursor, char **ret_value)
{
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	const char *c = *cursor;

	c += *c == 'e' || *c == 'i';
	if (*c++ != '"')
		return false;
	for (; *c && *c != '"'; c++) {
		c += *c == '\\' && c[1] == '"';
		strbuf_add_char(&value, *c);
	}
	if (*c != '"')
		return false;
	*cursor = c + 1;
	*ret_value = strbuf_steal(&value);
	return true;
}

/* False: not a rule that udev would take. */
static bool parse_rule(const char *text, struct rule *rule)
{
	const char *cursor = text;

	while (cursor[strspn(cursor, " \t,")]) {
		struct token *token;

		if (rule->count == TOKENS_MAX)
			return false;
		rule->tokens = xrealloc(rule->tokens, (rule->count + 1) * sizeof(*rule->tokens));
		token = &rule->tokens[rule->count];
		if (!take_key(&cursor, token) || !take_operator(&cursor, &token->operator) ||
		    !take_value(&cursor, &token->value))
			return false;
		rule->count++;
		if (streq(token->key, "LABEL"))
			rule->label = token->value;
		if (streq(token->key, "GOTO"))
			rule->jump = token->value;
	}
	return true;
}

static void rule_release(struct rule *rule)
{
	for (size_t i = 0; i < rule->count; i++)
		free(rule->tokens[i].value);
	free(rule->tokens);
}

/* ---- conditions ---- */

enum answer { NO, YES, UNKNOWN };

struct device {
	const char *subsystem;
	const char *name;		/* NULL: any whose name the rule asks for */
	const char *granted;		/* with name NULL: the pattern of the names that are asked for */
	subject_id subject;		/* SUBJECT_NONE with name NULL */
};

/* "sd*|vd*": each piece is a pattern. */
static bool matches(const char *patterns, const char *text)
{
	CLEANUP(strbuf_release) struct strbuf one = STRBUF_INIT;

	for (;;) {
		size_t length = strcspn(patterns, "|");

		strbuf_reset(&one);
		strbuf_add(&one, patterns, length);
		if (fnmatch(one.buf, text, 0) == 0)
			return true;
		if (!patterns[length])
			return false;
		patterns += length + 1;
	}
}

static const char *attribute_key(const char *attribute)
{
	return starts_with(attribute, "queue/") ? attribute + strlen("queue/") : attribute;
}

/* What the device has for this token; NULL: not known. */
static const char *fact(const struct udev_probe *probe, const struct device *device, const struct token *token)
{
	if (streq(token->key, "ACTION"))
		return "add";
	if (streq(token->key, "SUBSYSTEM"))
		return device->subsystem;
	if (streq(token->key, "KERNEL"))
		return device->name;
	if (streq(token->key, "ENV") && streq(token->attribute, "DEVTYPE") && streq(device->subsystem, "block"))
		return "disk";
	if (streq(token->key, "ATTR") && device->subject != SUBJECT_NONE)
		return snapshot_text(probe->snapshot, device->subject, attribute_key(token->attribute));
	return NULL;
}

static bool is_condition(const struct token *token)
{
	return token->operator == MATCHES || token->operator == DIFFERS;
}

/* Whether the conditions of a rule hold; of a device without a name KERNEL== is taken for granted.  *ret_unknown is the first
 * one that could not be told. */
static enum answer holds(const struct udev_probe *probe, const struct rule *rule, const struct device *device,
			 const struct token **ret_unknown)
{
	enum answer answer = YES;

	for (size_t i = 0; i < rule->count; i++) {
		const struct token *token = &rule->tokens[i];
		const char *text;

		if (!is_condition(token))
			continue;
		text = fact(probe, device, token);
		if (!text && device->granted && streq(token->key, "KERNEL") && token->operator == MATCHES &&
		    streq(token->value, device->granted))
			continue;
		if (!text) {
			*ret_unknown = answer == YES ? token : *ret_unknown;
			answer = UNKNOWN;
		} else if (matches(token->value, text) != (token->operator == MATCHES)) {
			return NO;
		}
	}
	return answer;
}

/* Whether a GOTO of an earlier rule jumps over this one. */
static enum answer is_jumped_over(const struct udev_probe *probe, size_t index, const struct device *device)
{
	enum answer answer = NO;

	for (size_t i = 0; i < index; i++) {
		const struct rule *rule = &probe->rules[i];
		const struct token *unknown;
		enum answer jumps;
		size_t target;

		if (!rule->jump)
			continue;
		for (target = i + 1; target < probe->count; target++)
			if (probe->rules[target].label && streq(probe->rules[target].label, rule->jump))
				break;
		if (target <= index || target == probe->count)
			continue;
		jumps = holds(probe, rule, device, &unknown);
		if (jumps == YES)
			return YES;
		answer = jumps == UNKNOWN ? UNKNOWN : answer;
	}
	return answer;
}

/* ---- what they set ---- */

static const char *wanted_subsystem(const struct rule *rule)
{
	for (size_t i = 0; i < rule->count; i++) {
		const struct token *token = &rule->tokens[i];

		if (streq(token->key, "SUBSYSTEM") && token->operator == MATCHES)
			return token->value;
	}
	for (size_t i = 0; i < rule->count; i++)
		if (streq(rule->tokens[i].key, "ATTR") && starts_with(rule->tokens[i].attribute, "queue/"))
			return "block";
	return NULL;
}

static const char *kernel_pattern(const struct rule *rule)
{
	for (size_t i = 0; i < rule->count; i++)
		if (streq(rule->tokens[i].key, "KERNEL") && rule->tokens[i].operator == MATCHES)
			return rule->tokens[i].value;
	return "*";
}

/* Commands that may set something.  systemd-sysctl is not one: it applies the files of sysctl.d to a new interface. */
static bool runs_a_setter(const struct token *token)
{
	static const char *const words[] = { "sysctl", "/proc/sys/", "/sys/", "blockdev", "ethtool", "tc ", "hdparm" };

	if (!streq(token->key, "RUN") || strstr(token->value, "/systemd-sysctl "))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(token->value, words[i]))
			return true;
	return false;
}

/* "$name", "%k" and "$kernel" are the name of the device; false for another substitution. */
static bool substitute(const char *text, const char *name, struct strbuf *out)
{
	static const char *const words[] = { "$name", "$kernel", "%k" };

	while (*text) {
		size_t skip = 0;

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (starts_with(text, words[i]))
				skip = strlen(words[i]);
		if (skip > 0) {
			strbuf_add_string(out, name);
			text += skip;
		} else if (*text == '$' || *text == '%') {
			return false;
		} else {
			strbuf_add_char(out, *text++);
		}
	}
	return true;
}

/* The file that the token writes. */
static bool written_path(const struct token *token, const char *subsystem, const char *name, struct strbuf *path)
{
	CLEANUP(strbuf_release) struct strbuf tail = STRBUF_INIT;

	if (!substitute(token->attribute, name, &tail))
		return false;
	if (streq(token->key, "SYSCTL")) {
		strbuf_addf(path, "/proc/sys/%s", tail.buf);
		/* dots of a key without slashes separate */
		for (char *c = path->buf + strlen("/proc/sys/"); !strchr(tail.buf, '/') && *c; c++)
			*c = *c == '.' ? '/' : *c;
	} else {
		if (streq(subsystem, "cpu") && streq(name, "*"))
			name = "cpu*";
		strbuf_addf(path, "%s/%s/%s", streq(subsystem, "block") ? "/sys/block" :
					      streq(subsystem, "net")	? "/sys/class/net" :
					      streq(subsystem, "cpu")	? "/sys/devices/system/cpu" :
									"/sys/module",
			    name, tail.buf);
	}
	return true;
}

static void add_setting(struct udev_probe *probe, const struct rule *rule, const struct token *token,
			const struct device *device, const char *name, enum answer answer, const struct token *unknown)
{
	CLEANUP(boot_about_release) struct boot_about about = BOOT_ABOUT_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
	bool known = written_path(token, device->subsystem, name, &path) && substitute(token->value, name, &value);
	struct boot_line *line;

	if (known && !boot_path_about(path.buf, &about))
		return;
	line = boot_draft_add(&probe->draft, &rule->site, about.kind, about.subject.buf, known ? about.key.buf : "", value.buf);
	if (!device->name || strpbrk(kernel_pattern(rule), "*?[|"))
		line->pattern = boot_draft_format(&probe->draft, "%s", device->name ? kernel_pattern(rule) : name);
	if (known && answer == YES)
		return;
	line->fate = BOOT_UNRESOLVED;
	line->why = !known ? "a substitution stands for something of the running system" :
		    !unknown ? "whether an earlier GOTO jumps over it is not known" :
			       boot_draft_format(&probe->draft, "it depends on %s%s%s%s", unknown->key,
						 *unknown->attribute ? "{" : "", unknown->attribute,
						 *unknown->attribute ? "}" : "");
}

static bool is_setting(const struct token *token, const char *subsystem)
{
	/* Adding to a file is writing it. */
	if ((token->operator != SETS && token->operator != ADDS) || !*token->attribute)
		return false;
	if (streq(token->key, "SYSCTL"))
		return true;
	return streq(token->key, "ATTR") &&
	       (streq(subsystem, "block") || streq(subsystem, "net") || streq(subsystem, "module") || streq(subsystem, "cpu"));
}

static void apply_to(struct udev_probe *probe, size_t index, const struct device *device, const char *name)
{
	const struct rule *rule = &probe->rules[index];
	const struct token *unknown = NULL;
	enum answer answer = holds(probe, rule, device, &unknown), jumped;

	if (answer == NO)
		return;
	jumped = is_jumped_over(probe, index, device);
	if (jumped == YES)
		return;
	answer = jumped == UNKNOWN ? UNKNOWN : answer;
	for (size_t i = 0; i < rule->count; i++)
		if (is_setting(&rule->tokens[i], device->subsystem))
			add_setting(probe, rule, &rule->tokens[i], device, name, answer, unknown);
}

/* Devices that come when somebody makes them or plugs them in. */
static bool comes_later(const char *pattern)
{
	static const char *const names[] = { "bcache", "dm-", "drbd", "fd", "loop", "md", "mmcblk", "mtd", "nbd", "ram", "rbd",
					     "sr", "ublk", "zd", "zram" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (starts_with(pattern, names[i]))
			return true;
	return false;
}

/* Whether the rule asks for a name that no disk has. */
static bool names_nobody(const struct udev_probe *probe, const struct rule *rule, uint32_t known)
{
	const char *pattern = kernel_pattern(rule);

	for (uint32_t i = 0; i < known; i++) {
		subject_id subject = snapshot_kind_get(probe->snapshot, SUBJECT_KIND_BLOCK, i);

		if (matches(pattern, snapshot_subject_get(probe->snapshot, subject)->name))
			return false;
	}
	for (const char *c = pattern; c; c = strchr(c, '|')) {
		c += *c == '|';
		if (comes_later(c))
			return false;
	}
	return true;
}

static void add_unmatched(struct udev_probe *probe, const struct rule *rule)
{
	const struct device device = { .subsystem = "block", .subject = SUBJECT_NONE };
	size_t first = probe->draft.count;

	if (!starts_with(rule->site.path, "/etc/"))
		return;
	for (size_t i = 0; i < rule->count; i++)
		if (is_setting(&rule->tokens[i], device.subsystem))
			add_setting(probe, rule, &rule->tokens[i], &device, kernel_pattern(rule), YES, NULL);
	for (; first < probe->draft.count; first++) {
		probe->draft.lines[first].fate = BOOT_IGNORED;
		probe->draft.lines[first].why = "no disk here has such a name";
	}
}

static void apply_rule(struct udev_probe *probe, size_t index)
{
	const struct rule *rule = &probe->rules[index];
	const char *subsystem = wanted_subsystem(rule), *pattern = kernel_pattern(rule);
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	enum subject_kind kind = subsystem && streq(subsystem, "net") ? SUBJECT_KIND_INTERFACE : SUBJECT_KIND_BLOCK;
	struct device device = { .subsystem = subsystem ? subsystem : "", .subject = SUBJECT_NONE, .granted = pattern };
	uint32_t known = subsystem && (streq(subsystem, "net") || streq(subsystem, "block")) ?
				 snapshot_kind_count(probe->snapshot, kind) : 0;

	for (uint32_t i = 0; i < known; i++) {
		device.subject = snapshot_kind_get(probe->snapshot, kind, i);
		device.name = snapshot_subject_get(probe->snapshot, device.subject)->name;
		apply_to(probe, index, &device, device.name);
	}
	if (known > 0 && kind == SUBJECT_KIND_BLOCK && names_nobody(probe, rule, known))
		add_unmatched(probe, rule);
	for (bool more = known == 0; more;) {
		size_t length = strcspn(pattern, "|");

		strbuf_reset(&name);
		strbuf_add(&name, pattern, length);
		apply_to(probe, index, &device, name.buf);
		more = pattern[length] != '\0';
		pattern += length + more;
	}
}

static bool sets_something(const struct rule *rule)
{
	const char *subsystem = wanted_subsystem(rule);

	for (size_t i = 0; i < rule->count; i++)
		if (is_setting(&rule->tokens[i], subsystem ? subsystem : ""))
			return true;
	return false;
}

/* ---- files ---- */

static void add_unresolved(struct udev_probe *probe, const struct rule *rule, enum boot_fate fate, const char *why)
{
	struct boot_line *line = boot_draft_add(&probe->draft, &rule->site, SUBJECT_KIND_HOST, "", "", "");

	line->fate = fate;
	line->why = why;
}

static void apply_file(struct udev_probe *probe, const struct config_file *file)
{
	size_t first = probe->draft.count;

	for (size_t i = 0; i < probe->count; i++) {
		const struct rule *rule = &probe->rules[i];

		if (sets_something(rule))
			apply_rule(probe, i);
		for (size_t t = 0; t < rule->count; t++)
			if (runs_a_setter(&rule->tokens[t]))
				add_unresolved(probe, rule, BOOT_UNRESOLVED, "a program is run, which may set anything");
	}
	for (size_t i = first; file->hidden_by && i < probe->draft.count; i++) {
		probe->draft.lines[i].fate = BOOT_MASKED;
		probe->draft.lines[i].why = boot_draft_format(&probe->draft, "%s", file->hidden_by);
	}
}

static void read_file(struct udev_probe *probe, const struct config_file *file)
{
	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&file->text, true);

	probe->count = 0;
	while (!file->null && file->error == 0 && config_lines_next(&lines)) {
		struct rule *rule;

		if (!*lines.text.buf || *lines.text.buf == '#')
			continue;
		GROW(probe->rules, probe->capacity, probe->count + 1);
		rule = &probe->rules[probe->count];
		*rule = (struct rule){ .site = { file->path, lines.first, lines.raw, lines.raw_length } };
		if (parse_rule(lines.text.buf, rule)) {
			probe->count++;
			continue;
		}
		if (strstr(lines.text.buf, "queue/") || strstr(lines.text.buf, "SYSCTL") || strstr(lines.text.buf, "ATTR{"))
			add_unresolved(probe, rule, BOOT_INVALID, "expected KEY==\"VALUE\" or KEY=\"VALUE\", with commas between");
		rule_release(rule);
	}
	apply_file(probe, file);
	for (size_t i = 0; i < probe->count; i++)
		rule_release(&probe->rules[i]);
}

static int read_udev(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	CLEANUP(config_files_release) struct config_files files = CONFIG_FILES_INIT;
	struct udev_probe probe = { .draft = { .source = "udev" }, .snapshot = snapshot };

	(void)options;
	config_files_read(root, "udev/rules.d", ".rules", &files);
	for (size_t i = 0; i < files.count; i++)
		read_file(&probe, &files.items[i]);
	free(probe.rules);
	boot_draft_settle(&probe.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&probe.draft, snapshot, "udev");
	boot_draft_release(&probe.draft);
	return 0;
}

/* ---- rules without a host ---- */

static void add_condition(const struct token *token, struct strbuf *out)
{
	const char *brace = *token->attribute ? "{" : "", *end = *token->attribute ? "}" : "";

	strbuf_addf(out, "%s%s%s%s%s%s\"%s\"", out->len > 0 ? ", " : "", token->key, brace, token->attribute, end,
		    token->operator == MATCHES ? "==" : "!=", token->value);
}

/* Whether it is asked in another way than that of a device that comes. */
static bool is_open(const struct token *token, const char *subsystem)
{
	const struct udev_probe nobody = { 0 };
	const struct device device = { .subsystem = subsystem ? subsystem : "", .subject = SUBJECT_NONE };

	return is_condition(token) && !streq(token->key, "KERNEL") && !fact(&nobody, &device, token);
}

bool udev_rule_read(const char *text, struct udev_rule *ret)
{
	struct rule rule = { 0 };
	const char *subsystem;
	bool good = parse_rule(text, &rule);

	subsystem = wanted_subsystem(&rule);
	for (size_t i = 0; good && i < rule.count; i++) {
		const struct token *token = &rule.tokens[i];
		const char *key = attribute_key(token->attribute);

		if ((is_open(token, subsystem) && streq(token->key, "ATTR") && subsystem) ||
		    (streq(token->key, "KERNEL") && token->operator == DIFFERS))
			strbuf_addf(&ret->where, "%s%s%s%s", ret->where.len > 0 ? "\n" : "", *key ? key : "name",
				    token->operator == MATCHES ? "==" : "!=", token->value);
		else if (is_open(token, subsystem))
			add_condition(token, &ret->conditions);
		ret->sets |= !is_condition(token) && (streq(token->key, "ATTR") || streq(token->key, "SYSCTL"));
	}
	rule_release(&rule);
	return good;
}

void udev_rule_release(struct udev_rule *rule)
{
	strbuf_release(&rule->where);
	strbuf_release(&rule->conditions);
}

static const char *const paths[] = {
	"/etc/udev/rules.d/*.rules", "/run/udev/rules.d/*.rules", "/usr/local/lib/udev/rules.d/*.rules",
	"/usr/lib/udev/rules.d/*.rules", "/lib/udev/rules.d/*.rules", NULL,
};

const struct probe probe_boot_udev = {
	.name = "boot-udev",
	.summary = "settings that udev writes when a device appears",
	.paths = paths,
	.read = read_udev,
};
