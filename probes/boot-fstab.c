/* SPDX-License-Identifier: Apache-2.0 */
/* File systems that are mounted at boot, fstab(5), and swap:
 *
 *	UUID=0a3407de-014b-458b-b5c1-848e92a327a3 /srv\040data ext4 defaults,noatime 0 2
 *
 * is options = defaults,noatime of the mount "/srv data".  A line with noauto is not mounted by itself. */
#include "../core/parse.h"
#include "boot-draft.h"
#include "config-file.h"
#include "probe.h"

#define FSTAB "/etc/fstab"

/* "\040" is a blank. */
static char *take_field(const char **cursor)
{
	CLEANUP(strbuf_release) struct strbuf field = STRBUF_INIT;
	const char *word;
	size_t length;

	if (!next_word(cursor, &word, &length))
		return NULL;
	for (size_t i = 0; i < length; i++) {
		if (word[i] == '\\' && length - i > 3 && word[i + 1] >= '0' && word[i + 1] <= '3' &&
		    strspn(word + i + 1, "01234567") >= 3) {
			strbuf_add_char(&field, (char)((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + word[i + 3] - '0'));
			i += 3;
		} else {
			strbuf_add_char(&field, word[i]);
		}
	}
	return strbuf_steal(&field);
}

static bool has_option(const char *options, const char *option)
{
	size_t n = strlen(option);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, option, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	}
	return false;
}

/* The password of a share stays where it is. */
static bool is_secret(const char *options)
{
	return strstr(options, "pass") || strstr(options, "secret");
}

static void read_line(struct boot_draft *draft, struct boot_site *site, const char *cursor)
{
	CLEANUP(free_ptr) char *source = take_field(&cursor);
	CLEANUP(free_ptr) char *target = take_field(&cursor);
	CLEANUP(free_ptr) char *type = take_field(&cursor);
	CLEANUP(free_ptr) char *options = take_field(&cursor);
	struct boot_line *line;

	if (!source || !target || !type || (*target != '/' && !streq(target, "none") && !streq(target, "swap"))) {
		line = boot_draft_add(draft, site, SUBJECT_KIND_HOST, "", "", "");
		line->fate = BOOT_INVALID;
		line->why = "expected DEVICE DIRECTORY TYPE OPTIONS";
		return;
	}
	if (options && is_secret(options)) {
		site->length = 0;
		strcpy(options, "-");
	}
	if (*target == '/')
		line = boot_draft_add(draft, site, SUBJECT_KIND_MOUNT, target, "options", options ? options : "defaults");
	else
		line = boot_draft_add(draft, site, SUBJECT_KIND_HOST, "", "swap", source);
	line->optional = options && has_option(options, "nofail");
	if (options && has_option(options, "noauto") && !has_option(options, "x-systemd.automount")) {
		line->fate = BOOT_IGNORED;
		line->why = "noauto: it is mounted when somebody asks for it";
	} else if (*target == '/' && options && has_option(options, "-")) {
		line->fate = BOOT_UNRESOLVED;
		line->why = "its options hold a password and were left out";
	}
}

static int read_fstab(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	CLEANUP(boot_draft_release) struct boot_draft draft = { .source = "fstab" };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(config_lines_release) struct config_lines lines = { .text = STRBUF_INIT };

	(void)options;
	if (root_read(root, FSTAB, &text) < 0)
		return 0;	/* the probe of mounts says why */
	lines = (struct config_lines)CONFIG_LINES_INIT(&text, false);
	while (config_lines_next(&lines)) {
		struct boot_site site = { FSTAB, lines.first, lines.raw, lines.raw_length };

		if (*lines.text.buf && *lines.text.buf != '#')
			read_line(&draft, &site, lines.text.buf);
	}
	for (size_t i = 0; i < draft.count; i++)	/* several areas of swap are used beside each other */
		if (streq(draft.lines[i].key, "swap"))
			draft.lines[i].key = boot_draft_format(&draft, "swap.%s", draft.lines[i].value);
	boot_draft_settle(&draft, BOOT_LAST_COUNTS);
	boot_draft_store(&draft, snapshot, "fstab");
	return 0;
}

static const char *const paths[] = { FSTAB, NULL };

const struct probe probe_boot_fstab = {
	.name = "boot-fstab",
	.summary = "file systems and swap of the next boot",
	.paths = paths,
	.read = read_fstab,
};
