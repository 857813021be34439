/* SPDX-License-Identifier: Apache-2.0 */
/* File systems that are mounted at boot, fstab(5), and swap:
 *
 *	UUID=0a3407de-014b-458b-b5c1-848e92a327a3 /srv\040data ext4 defaults,noatime 0 2
 *
 * is fstype = ext4 and options = defaults,noatime of the mount "/srv data".  A line with noauto is not mounted by itself.  Of two
 * lines for one directory systemd makes one unit, from the first; mount -a of other systems mounts both, the last one on top.  A unit
 * of the administrator's for the directory takes the place of the line. */
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

/* "/srv/my data" is srv-my\x20data. */
static void unit_name(const char *target, struct strbuf *out)
{
	strbuf_reset(out);
	if (streq(target, "/"))
		strbuf_add_char(out, '-');
	for (const char *c = target + strspn(target, "/"); *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == ':' ||
			     *c == '_' || (*c == '.' && out->len > 0);

		if (*c == '/')
			strbuf_add_char(out, '-');
		else if (plain)
			strbuf_add_char(out, *c);
		else
			strbuf_addf(out, "\\x%02x", (unsigned char)*c);
	}
}

/* Another word about the same mount. */
static void follow_unit(const struct root *root, struct boot_draft *draft, const char *target, struct boot_line *line)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	CLEANUP(free_ptr) char *unit = NULL;
	CLEANUP(free_ptr) char *directory = NULL;

	unit_name(target, &name);
	unit = xasprintf("/etc/systemd/system/%s.mount", name.buf);
	directory = xasprintf("%s.d", unit);
	if (root_exists(root, unit)) {
		line->fate = BOOT_IGNORED;
		line->why = boot_draft_format(draft, "%s takes its place", unit);
	} else if (root_exists(root, directory)) {
		line->fate = BOOT_UNRESOLVED;
		line->why = boot_draft_format(draft, "files in %s change the unit that is made from it", directory);
	}
}

#define LINKS_MAX 8

/* One symbolic link of the path is replaced by where it leads; NULL: there is none.  What is mounted is not looked into, it might not
 * answer. */
static char *follow_link(const struct root *root, const struct snapshot *snapshot, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf prefix = STRBUF_INIT, link = STRBUF_INIT;

	for (const char *c = path; *c;) {
		size_t parent = prefix.len, length = 1 + strcspn(c + 1, "/");

		strbuf_add(&prefix, c, length);
		c += length;
		if (snapshot_find_subject(snapshot, SUBJECT_KIND_MOUNT, prefix.buf) != SUBJECT_NONE)
			return NULL;
		if (root_readlink(root, prefix.buf, &link) < 0 || strstr(link.buf, ".."))
			continue;
		strbuf_truncate(&prefix, parent);
		return xasprintf("%s%s%s%s", *link.buf == '/' ? "" : prefix.buf, *link.buf == '/' ? "" : "/", link.buf, c);
	}
	return NULL;
}

/* As the kernel shows it. */
static char *real_target(const struct root *root, const struct snapshot *snapshot, const char *target)
{
	size_t length = strlen(target);
	char *path, *next;

	while (length > 1 && target[length - 1] == '/')
		length--;
	path = xstrndup(target, length);
	for (unsigned int i = 0; i < LINKS_MAX && (next = follow_link(root, snapshot, path)); i++) {
		free(path);
		path = next;
	}
	return path;
}

struct fstab_probe {
	const struct root *root;
	const struct snapshot *snapshot;
	struct boot_draft draft;
};

enum { SOURCE, TARGET, TYPE, OPTIONS, FIELD_COUNT };

static void set_fate(struct fstab_probe *probe, struct boot_line *line, const char *options, bool secret)
{
	line->optional = has_option(options, "nofail");
	if (has_option(options, "noauto") && !has_option(options, "x-systemd.automount")) {
		line->fate = BOOT_IGNORED;
		line->why = "noauto: it is mounted when somebody asks for it";
	} else if (secret && streq(line->key, "options")) {
		line->fate = BOOT_UNRESOLVED;
		line->why = "its options hold a password and were left out";
	} else if (line->kind == SUBJECT_KIND_MOUNT) {
		follow_unit(probe->root, &probe->draft, line->subject, line);
	}
}

static void read_fields(struct fstab_probe *probe, struct boot_site *site, const struct strbuf *fields, int count)
{
	struct boot_draft *draft = &probe->draft;
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
	if (*target == '/') {
		CLEANUP(free_ptr) char *real = real_target(probe->root, probe->snapshot, target);

		line = boot_draft_add(draft, site, SUBJECT_KIND_MOUNT, real, "fstype", fields[TYPE].buf);
		set_fate(probe, line, options, secret);
		line = boot_draft_add(draft, site, SUBJECT_KIND_MOUNT, real, "options", secret ? "" : options);
	} else {	/* several areas of swap are used beside each other */
		line = boot_draft_add(draft, site, SUBJECT_KIND_HOST, "",
				      boot_draft_format(draft, "swap.%s", fields[SOURCE].buf), fields[SOURCE].buf);
	}
	set_fate(probe, line, options, secret);
}

static void read_line(struct fstab_probe *probe, struct boot_site *site, const char *cursor)
{
	struct strbuf fields[FIELD_COUNT] = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT };
	int count = 0;

	while (count < FIELD_COUNT && fstab_next_field(&cursor, &fields[count]))
		count++;
	read_fields(probe, site, fields, count);
	for (int i = 0; i < FIELD_COUNT; i++)
		strbuf_release(&fields[i]);
}

/* systemd makes a unit of the first line for a directory whatever its options, and passes over the others. */
static void shadow_after_noauto(struct boot_draft *draft)
{
	for (size_t i = 0; i < draft->count; i++) {
		struct boot_line *line = &draft->lines[i];

		for (size_t first = 0; first < i && line->kind == SUBJECT_KIND_MOUNT && line->fate == BOOT_WINS; first++) {
			const struct boot_line *other = &draft->lines[first];

			if (other->fate != BOOT_IGNORED || !streq(other->subject, line->subject) || !streq(other->key, line->key))
				continue;
			line->fate = BOOT_SHADOWED;
			line->why = boot_draft_place(draft, other);
		}
	}
}

static int read_fstab(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct fstab_probe probe = { .root = root, .snapshot = snapshot, .draft = { .source = "fstab" } };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(config_lines_release) struct config_lines lines = { .text = STRBUF_INIT };

	(void)options;
	if (root_read(root, FSTAB, &text) < 0)
		return 0;	/* the probe of mounts says why */
	lines = (struct config_lines)CONFIG_LINES_INIT(&text, false);
	while (config_lines_next(&lines)) {
		struct boot_site site = { FSTAB, lines.first, lines.raw, lines.raw_length };

		if (*lines.text.buf && *lines.text.buf != '#')
			read_line(&probe, &site, lines.text.buf);
	}
	if (!root_exists(root, "/etc/inittab"))
		shadow_after_noauto(&probe.draft);
	boot_draft_settle(&probe.draft, root_exists(root, "/etc/inittab") ? BOOT_LAST_COUNTS : BOOT_FIRST_COUNTS);
	boot_draft_store(&probe.draft, snapshot, "fstab");
	boot_draft_release(&probe.draft);
	return 0;
}

static const char *const paths[] = { FSTAB, "/etc/inittab", "/etc/systemd/system/*.mount", "/etc/systemd/system/*.mount.d/*.conf", NULL };

const struct probe probe_boot_fstab = {
	.name = "boot-fstab",
	.summary = "file systems and swap of the next boot",
	.paths = paths,
	.read = read_fstab,
};
