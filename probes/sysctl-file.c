/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of files that set sysctls, and their fate with each program that reads these files: systemd-sysctl, sysctl(8)
 * and TuneD.  core/boot.h says how they are kept; what each makes of a line, of a directory and of patterns is in
 * sysctl-line.h, sysctl-directory.h and sysctl-resolve.h.
 *
 * At boot the kernel applies the "sysctl." arguments of its command line first, then systemd-sysctl runs (sysctl(8) where
 * there is no systemd), then TuneD where it is used, then saptune. */
#include <errno.h>
#include <fnmatch.h>

#include "../core/boot.h"
#include "../core/parse.h"
#include "probe.h"
#include "saptune.h"
#include "sysctl-cmdline.h"
#include "sysctl-directory.h"
#include "sysctl-resolve.h"
#include "tuned-profile.h"

#define CMDLINE "/proc/cmdline"

struct sysctl_files {
	const struct root *root;
	struct snapshot *snapshot;
	struct sysctl_directories directories;
	struct sysctl_keys *keys;
	struct tuned tuned;
	struct strbuf cmdline;
	struct boot *boot;
	bool saptune;			/* applies a note */
	bool full;
};

/* ---- the kernel command line ---- */

/* The kernel takes no empty value. */
static void read_cmdline(struct sysctl_files *files, struct sysctl_resolver *resolver)
{
	CLEANUP(cmdline_argument_release) struct cmdline_argument argument = CMDLINE_ARGUMENT_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const char *cursor = files->cmdline.buf;

	while (cmdline_next(&cursor, &argument)) {
		struct sysctl_place place = {
			.path = CMDLINE, .number = 1, .text = argument.text, .length = argument.length,
		};

		if (!sysctl_cmdline_key(argument.name.buf, &key) || sysctl_is_secret(key.buf))
			continue;
		if (!argument.has_value || argument.value.len == 0)
			(void)sysctl_resolver_fate(resolver, key.buf, "", &place, BOOT_INVALID, "it has no value");
		else
			files->full |= !sysctl_resolver_cmdline(resolver, key.buf, argument.value.buf, &place);
	}
}

/* ---- the files ---- */

static void hide_secret(struct sysctl_line *line, struct sysctl_place *place)
{
	if (!sysctl_is_secret(line->path.buf))
		return;
	strbuf_reset(&line->value);
	strbuf_add_string(&line->value, "(left out)");
	place->text = "(left out)";
	place->length = strlen(place->text);
}

/* Of a file that is not read, only what looks like an assignment is worth a word. */
static void add_unread_line(struct sysctl_files *files, struct sysctl_resolver *resolver, const struct sysctl_line *line,
			    const struct sysctl_place *place, enum boot_fate fate, const char *why)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;

	if (line->kind == SYSCTL_LINE_ASSIGN && strpbrk(line->path.buf, "/") && !strpbrk(line->path.buf, " \t") &&
	    sysctl_key_of_path(line->path.buf, &key))
		files->full |= !sysctl_resolver_fate(resolver, key.buf, line->value.buf, place, fate, why);
}

static bool is_excluded(const char *patterns, const char *path)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;

	if (!patterns || !sysctl_key_of_path(path, &name))
		return false;
	while (*patterns) {
		size_t length = strcspn(patterns, ",;");
		CLEANUP(strbuf_release) struct strbuf pattern = STRBUF_INIT;

		strbuf_add(&pattern, patterns, length);
		strbuf_trim(&pattern);
		if (fnmatch(pattern.buf, name.buf, 0) == 0)
			return true;
		patterns += length + (patterns[length] != '\0');
	}
	return false;
}

static void add_line(struct sysctl_files *files, struct sysctl_resolver *resolver, enum sysctl_loader loader,
		     const struct sysctl_file_place *file, struct sysctl_line *line, struct sysctl_place *place)
{
	hide_secret(line, place);
	if (file->fate == SYSCTL_FILE_MASKED)
		add_unread_line(files, resolver, line, place, BOOT_MASKED, file->by->path);
	else if (file->fate == SYSCTL_FILE_IGNORED)
		add_unread_line(files, resolver, line, place, BOOT_IGNORED, file->why);
	else if (loader == SYSCTL_TUNED && is_excluded(files->tuned.exclude, line->path.buf))
		add_unread_line(files, resolver, line, place, BOOT_IGNORED, "reapply_sysctl_exclude of tuned-main.conf names it");
	else
		files->full |= !sysctl_resolver_line(resolver, line, place);
}

static void read_file(struct sysctl_files *files, struct sysctl_resolver *resolver, enum sysctl_loader loader,
		      const struct sysctl_file_place *file)
{
	struct sysctl_cursor cursor = SYSCTL_CURSOR(file->file->text.buf, file->file->text.len);
	CLEANUP(sysctl_line_release) struct sysctl_line line = SYSCTL_LINE_INIT;
	struct sysctl_place place = { .path = file->file->path, .text = "" };

	if (file->file->error < 0 && file->fate == SYSCTL_FILE_READ) {
		/* A link that leads nowhere still hides its namesakes (one that leads in a circle does so with some
		 * versions); any other file may say anything. */
		bool gone = file->file->error == -ENOENT || file->file->error == -EISDIR || file->file->error == -ENOTDIR;

		(void)sysctl_resolver_fate(resolver, "", "", &place, gone ? BOOT_IGNORED : BOOT_UNRESOLVED,
					   gone ? "there is no file behind the name" : "it cannot be read");
		return;
	}
	while (sysctl_next_line(loader, &cursor)) {
		place.number = cursor.number;
		place.text = cursor.line;
		place.length = cursor.length;
		sysctl_line_parse(loader, cursor.line, cursor.length, &line);
		add_line(files, resolver, loader, file, &line, &place);
	}
}

/* glob(3) is what procps opens files with. */
static bool is_glob_name(enum sysctl_loader loader, const struct sysctl_file_place *file)
{
	return (loader == SYSCTL_PROCPS || loader == SYSCTL_PROCPS_OLD) && file->fate == SYSCTL_FILE_READ &&
	       strpbrk(file->file->name, "*?[{\\");
}

static void read_files(struct sysctl_files *files, struct sysctl_resolver *resolver, enum sysctl_loader loader)
{
	struct sysctl_file_place *places;
	size_t count = sysctl_directories_order(&files->directories, loader, &places);

	if (loader != SYSCTL_TUNED && files->directories.kernel.path)
		read_file(files, resolver, loader, &(struct sysctl_file_place){ .file = &files->directories.kernel });
	for (size_t i = 0; i < count; i++) {
		if (strpbrk(places[i].file->path, "\n\t"))
			continue;
		if (is_glob_name(loader, &places[i]))
			(void)sysctl_resolver_fate(resolver, "", "", &(struct sysctl_place){
				.path = places[i].file->path, .text = "" }, BOOT_UNRESOLVED,
				"sysctl takes its name for a pattern");
		else
			read_file(files, resolver, loader, &places[i]);
	}
	free(places);
	if (loader == SYSCTL_SYSTEMD && files->directories.credential.path)
		read_file(files, resolver, loader, &(struct sysctl_file_place){ .file = &files->directories.credential });
}

static void resolve(struct sysctl_files *files, enum sysctl_loader loader)
{
	CLEANUP(sysctl_resolver_free_ptr) struct sysctl_resolver *resolver = sysctl_resolver_new(loader, files->keys);

	read_cmdline(files, resolver);
	read_files(files, resolver, loader);
	sysctl_resolver_finish(resolver, files->boot);
}

/* ---- TuneD ---- */

/* ">4096": only where it is more than what was there before.  NULL: it is written; "": not known. */
static const char *keeps_value(struct sysctl_files *files, const char *key, const char *value, const char **ret_value)
{
	struct boot_outcome before;
	int64_t wanted, found;

	*ret_value = value;
	if ((*value != '>' && *value != '<') || parse_i64(value + 1, &wanted) < 0)
		return NULL;
	before = boot_outcome(files->boot, BOOT_SYSTEMD, SUBJECT_KIND_HOST, "", key);
	if (before.state != BOOT_STATE_SET || parse_i64(before.line->value, &found) < 0)
		return "";
	*ret_value = value + 1;
	return (*value == '>' ? wanted > found : wanted < found) ? NULL : "the value that was there before is kept";
}

static void add_tuned_option(struct sysctl_files *files, struct sysctl_resolver *resolver, const struct tuned_option *option)
{
	CLEANUP(sysctl_line_release) struct sysctl_line line = SYSCTL_LINE_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, key = STRBUF_INIT;
	struct sysctl_place place = {
		.path = option->path, .number = option->number, .text = option->text, .length = strlen(option->text),
	};
	const char *value, *kept;

	strbuf_addf(&text, "%s=", option->key);
	sysctl_line_parse(SYSCTL_TUNED, text.buf, text.len, &line);
	if (line.kind != SYSCTL_LINE_ASSIGN || !sysctl_key_of_path(line.path.buf, &key))
		return;
	kept = keeps_value(files, key.buf, option->value, &value);
	strbuf_add_string(&line.value, value);
	hide_secret(&line, &place);
	if (option->shadowed_by)
		(void)sysctl_resolver_fate(resolver, key.buf, line.value.buf, &place, BOOT_SHADOWED, option->shadowed_by);
	else if (option->unresolved || (kept && !*kept))
		(void)sysctl_resolver_fate(resolver, key.buf, line.value.buf, &place, BOOT_UNRESOLVED,
					   option->unresolved ? option->unresolved : "it depends on the value before");
	else if (kept)
		(void)sysctl_resolver_fate(resolver, key.buf, line.value.buf, &place, BOOT_IGNORED, kept);
	else
		files->full |= !sysctl_resolver_line(resolver, &line, &place);
}

/* TuneD writes what its profile says, then applies the files of /run and /etc once more. */
static void resolve_tuned(struct sysctl_files *files)
{
	CLEANUP(sysctl_resolver_free_ptr) struct sysctl_resolver *resolver = sysctl_resolver_new(SYSCTL_TUNED, files->keys);
	const struct tuned *tuned = &files->tuned;

	if (tuned->configured && !tuned->failure)
		snapshot_set_string(files->snapshot, SUBJECT_HOST, "tuned.reapply_sysctl", tuned->reapply ? "true" : "false",
				    "/etc/tuned/tuned-main.conf");
	if (tuned->failure)
		(void)sysctl_resolver_fate(resolver, "", "", &(struct sysctl_place){
			.path = tuned->failure_path, .number = tuned->failure_line, .text = "" },
			tuned->unknown ? BOOT_UNRESOLVED : BOOT_INVALID, tuned->failure);
	for (size_t i = 0; i < tuned->count; i++)
		add_tuned_option(files, resolver, &tuned->options[i]);
	if (tuned->reapply)
		read_files(files, resolver, SYSCTL_TUNED);
	sysctl_resolver_finish(resolver, files->boot);
}

/* ---- who runs at boot ---- */

static bool is_masked(const struct root *root, const char *unit)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT, target = STRBUF_INIT;

	strbuf_addf(&path, "/etc/systemd/system/%s", unit);
	return root_readlink(root, path.buf, &target) == 0 && streq(target.buf, "/dev/null");
}

static bool exists_any(const struct root *root, const char *const *paths)
{
	for (; *paths; paths++)
		if (root_exists(root, *paths))
			return true;
	return false;
}

/* Debian's sysvinit and OpenRC call "sysctl --system".  Where nothing is known, systemd is meant. */
static bool procps_runs(const struct root *root)
{
	static const char *const systemd[] = {
		"/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/run/systemd/system", "/etc/systemd", NULL,
	};
	static const char *const others[] = { "/etc/init.d/procps", "/etc/init.d/sysctl", "/etc/runlevels", NULL };

	return !exists_any(root, systemd) && exists_any(root, others);
}

static bool is_wanted(const struct root *root, const char *service)
{
	static const char *const wants = "/etc/systemd/system/multi-user.target.wants";
	CLEANUP(strbuf_release) struct strbuf unit = STRBUF_INIT, target = STRBUF_INIT;

	if (is_masked(root, service))
		return false;
	strbuf_addf(&unit, "%s/%s", wants, service);
	return !root_exists(root, wants) || root_readlink(root, unit.buf, &target) == 0 || root_exists(root, unit.buf);
}

static void note_loaders(const struct sysctl_files *files)
{
	CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;

	bool procps = procps_runs(files->root), systemd = !procps && !is_masked(files->root, "systemd-sysctl.service");

	if (procps)
		strbuf_add_string(&names, BOOT_PROCPS);
	else if (systemd)
		strbuf_add_string(&names, BOOT_SYSTEMD);
	/* Where it has no line that shows it. */
	if (procps || systemd)
		snapshot_set_string(files->snapshot, SUBJECT_HOST, SYSCTL_CONF_READ,
				    sysctl_conf_is_read(&files->directories, procps ? SYSCTL_PROCPS : SYSCTL_SYSTEMD) ? "true" : "false",
				    "/etc/sysctl.d");
	if (files->tuned.configured && is_wanted(files->root, "tuned.service"))
		strbuf_addf(&names, "%s" BOOT_TUNED, names.len ? " " : "");
	/* saptune.service comes after both. */
	if (files->saptune && is_wanted(files->root, "saptune.service"))
		strbuf_addf(&names, "%s" BOOT_SAPTUNE, names.len ? " " : "");
	snapshot_set_string(files->snapshot, SUBJECT_HOST, BOOT_LOADERS, names.len ? names.buf : "none", "/etc/systemd/system");
}

/* ---- keys that run with another value than their line says ---- */

/* Keys that matter, that the kernel takes as they are written, and that nothing but a person or a tool changes: not
 * vm.min_free_kbytes, which khugepaged raises, nor nf_conntrack_max, which kube-proxy sets. */
static const char *const watched[] = {
	"fs.aio-max-nr",
	"fs.inotify.max_user_instances",
	"fs.inotify.max_user_watches",
	"net.core.default_qdisc",
	"net.core.netdev_max_backlog",
	"net.core.rmem_max",
	"net.core.somaxconn",
	"net.core.wmem_max",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.tcp_congestion_control",
	"net.ipv4.tcp_max_syn_backlog",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_wmem",
	"vm.dirty_background_ratio",
	"vm.dirty_ratio",
	"vm.max_map_count",
	"vm.swappiness",
};

/* Words with one blank between them, up to a comment.  false: not something to compare, such as a variable or 0x10. */
static bool plain_words(const char *value, size_t length, struct strbuf *out)
{
	strbuf_reset(out);
	for (size_t i = 0; i < length && value[i] != '#' && value[i] != ';'; i++) {
		char c = value[i];
		bool blank = c == ' ' || c == '\t';
		bool letter = (c >= 'a' && c <= 'z') || c == '_' || c == '-';

		if (!blank && !letter && (c < '0' || c > '9'))
			return false;
		if (!blank)
			strbuf_add_char(out, c);
		else if (out->len > 0 && out->buf[out->len - 1] != ' ')
			strbuf_add_char(out, ' ');
	}
	strbuf_trim(out);
	for (const char *c = out->buf; *c; c++)
		if (*c == '0' && (c == out->buf || c[-1] == ' ') && c[1] && c[1] != ' ')
			return false;
	return out->len > 0;
}

/* What TuneD and saptune say is in force only while they run, and they take it back when they stop: not compared. */
static void add_drift(const struct sysctl_files *files, struct boot *boot, const char *key, struct strbuf *drift)
{
	CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT, said = STRBUF_INIT, place = STRBUF_INIT;
	const char *running = snapshot_text(files->snapshot, SUBJECT_HOST, key);
	struct boot_outcome outcome = boot_effective(boot, key);

	if (outcome.state != BOOT_STATE_SET || starts_with(outcome.line->path, "/etc/tuned/") ||
	    starts_with(outcome.line->path, "/usr/lib/tuned/") || streq(outcome.line->loader, BOOT_SAPTUNE) || !running)
		return;
	if (!plain_words(outcome.line->value, strlen(outcome.line->value), &said) ||
	    !plain_words(running, strlen(running), &words) || streq(words.buf, said.buf))
		return;
	boot_place(outcome.line, &place);
	strbuf_addf(drift, "%s%s is %s, not %s (%s)", drift->len ? "; " : "", key, words.buf, said.buf, place.buf);
}

static void note_drift(const struct sysctl_files *files)
{
	CLEANUP(boot_free_ptr) struct boot *boot = boot_read(files->snapshot);
	CLEANUP(strbuf_release) struct strbuf drift = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		add_drift(files, boot, watched[i], &drift);
	snapshot_set_string(files->snapshot, SUBJECT_HOST, "sysctl.drift", drift.len ? drift.buf : "none",
			    "sysctl.d, /proc/sys");
}

static int sysctl_file_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct sysctl_files files = { .root = root, .snapshot = snapshot, .cmdline = STRBUF_INIT };

	(void)options;
	files.boot = boot_new();
	files.keys = sysctl_keys_new(snapshot);
	sysctl_directories_read(root, snapshot_text(snapshot, SUBJECT_HOST, "kernel.osrelease"), &files.directories);
	tuned_read(root, &files.tuned);
	(void)root_read_line(root, CMDLINE, &files.cmdline);
	resolve(&files, SYSCTL_SYSTEMD);
	resolve(&files, SYSCTL_PROCPS);
	resolve(&files, SYSCTL_PROCPS_OLD);
	resolve_tuned(&files);
	files.saptune = saptune_read(root, snapshot);
	note_loaders(&files);
	boot_store(files.boot, snapshot, "sysctl", "sysctl.d");
	note_drift(&files);
	if (files.full || files.directories.truncated)
		(void)diag_warning(snapshot_notes(snapshot), NULL, "too many lines or files set sysctls; the rest is not seen");
	boot_free(files.boot);
	sysctl_keys_free(files.keys);
	sysctl_directories_release(&files.directories);
	tuned_release(&files.tuned);
	strbuf_release(&files.cmdline);
	return 0;
}

static const char *const sysctl_file_paths[] = {
	"/etc/sysctl.conf",
	"/etc/sysctl.d/*",
	"/run/sysctl.d/*",
	"/usr/local/lib/sysctl.d/*",
	"/usr/lib/sysctl.d/*",
	"/lib/sysctl.d/*",
	"/boot/sysctl.conf-*",
	"/usr/lib/modules/*/sysctl.conf",
	"/usr/lib/systemd/system/boot-sysctl.service",
	"/usr/lib/systemd/system/kernel-sysctl.service",
	"/usr/lib/systemd/system/systemd-sysctl.service.d/50-kernel-uname_r.conf",
	"/etc/credstore/sysctl.extra",
	"/run/credentials/@system/sysctl.extra",
	"/run/credstore/sysctl.extra",
	"/usr/lib/credstore/sysctl.extra",
	"/usr/local/lib/credstore/sysctl.extra",
	CMDLINE,
	"/etc/tuned/active_profile",
	"/etc/tuned/post_loaded_profile",
	"/etc/tuned/profile_mode",
	"/etc/tuned/tuned-main.conf",
	"/etc/tuned/*.conf",
	"/etc/tuned/*/tuned.conf",
	"/etc/tuned/profiles/*/tuned.conf",
	"/usr/lib/tuned/*/tuned.conf",
	"/usr/lib/tuned/profiles/*/tuned.conf",
	SAPTUNE_CONFIGURATION,
	SAPTUNE_NOTES "/*",
	SAPTUNE_EXTRA "/*.conf",
	SAPTUNE_OVERRIDE "/*",
	NULL,
};

const struct probe probe_sysctl_file = {
	.name = "sysctl-file",
	.summary = "which lines of which files set sysctls, with which program, and which are not in force",
	.paths = sysctl_file_paths,
	.read = sysctl_file_read,
};
