/* SPDX-License-Identifier: Apache-2.0 */
/* File systems that are mounted at boot, fstab(5), and swap:
 *
 *	UUID=0a3407de-014b-458b-b5c1-848e92a327a3 /srv\040data ext4 defaults,noatime 0 2
 *
 * is options = defaults,noatime of the mount "/srv data".  A line with noauto is not mounted by itself. */
#include "boot-draft.h"
#include "config-file.h"
#include "fstab-line.h"
#include "probe.h"

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

enum { SOURCE, TARGET, TYPE, OPTIONS, FIELD_COUNT };

static void read_fields(struct boot_draft *draft, struct boot_site *site, const struct strbuf *fields, int count)
{
	const char *target = fields[TARGET].buf, *options = count > OPTIONS ? fields[OPTIONS].buf : "defaults";
	bool secret = is_secret(options);
	struct boot_line *line;

	if (count <= TYPE || (*target != '/' && !streq(target, "none") && !streq(target, "swap"))) {
		line = boot_draft_add(draft, site, SUBJECT_KIND_HOST, "", "", "");
		line->fate = BOOT_INVALID;
		line->why = "expected DEVICE DIRECTORY TYPE OPTIONS";
		return;
	}
	if (secret)
		site->length = 0;
	if (*target == '/')
		line = boot_draft_add(draft, site, SUBJECT_KIND_MOUNT, target, "options", secret ? "" : options);
	else	/* several areas of swap are used beside each other */
		line = boot_draft_add(draft, site, SUBJECT_KIND_HOST, "",
				      boot_draft_format(draft, "swap.%s", fields[SOURCE].buf), fields[SOURCE].buf);
	line->optional = has_option(options, "nofail");
	if (has_option(options, "noauto") && !has_option(options, "x-systemd.automount")) {
		line->fate = BOOT_IGNORED;
		line->why = "noauto: it is mounted when somebody asks for it";
	} else if (*target == '/' && secret) {
		line->fate = BOOT_UNRESOLVED;
		line->why = "its options hold a password and were left out";
	}
}

static void read_line(struct boot_draft *draft, struct boot_site *site, const char *cursor)
{
	struct strbuf fields[FIELD_COUNT] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };
	int count = 0;

	while (count < FIELD_COUNT && fstab_next_field(&cursor, &fields[count]))
		count++;
	read_fields(draft, site, fields, count);
	for (int i = 0; i < FIELD_COUNT; i++)
		strbuf_release(&fields[i]);
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
