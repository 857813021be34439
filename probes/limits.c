/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits as configured: for login sessions by pam_limits, limits.conf(5), for everything that systemd starts by
 * the defaults of its manager, systemd-system.conf(5).
 *
 *	*               soft    nofile          65536
 *	@student        -       maxlogins       4
 *
 * is limits.conf.*.soft.nofile = 65536, and limits.conf.@student.soft.maxlogins and .hard.maxlogins = 4: each type has
 * its own key.  A dot in a domain is written "/", as in the keys of sysctl.  What is last in the order of reading
 * counts; which domain wins for a user (his own, then his groups, then "*"; and "*" never for root) is the business
 * of whoever asks.  A domain with the type "-" and nothing else is exempt: limits.conf.DOMAIN.exempt.
 *
 * DefaultLimitNOFILE=1024:524288 in system.conf is limits.system.DefaultLimitNOFILE = 524288 and
 * limits.system.DefaultLimitNOFILESoft = 1024, as systemd's properties are named; user.conf likewise. */
#include "limits-line.h"

#include <errno.h>
#include <inttypes.h>

#include "../core/parse.h"
#include "probe.h"
#include "unit-file.h"

#define LIMITS_KEYS_MAX 10000
#define LIMITS_DIRECTORY "/etc/security/limits.d"

/* clang-format off */
static const char *const limit_items[] = {
	"as", "chroot", "core", "cpu", "data", "fsize", "locks", "maxlogins", "maxsyslogins", "memlock", "msgqueue",
	"nice", "nofile", "nonewprivs", "nproc", "priority", "rss", "rtprio", "sigpending", "stack",
};
/* clang-format on */

/* clang-format off */
static const struct default_limit {
	const char *name;
	enum unit_value kind;
	bool two;		/* soft:hard */
} default_limits[] = {
	{ "DefaultLimitAS", UNIT_VALUE_SIZE, true },
	{ "DefaultLimitCORE", UNIT_VALUE_SIZE, true },
	{ "DefaultLimitCPU", UNIT_VALUE_TEXT, true },
	{ "DefaultLimitDATA", UNIT_VALUE_SIZE, true },
	{ "DefaultLimitFSIZE", UNIT_VALUE_SIZE, true },
	{ "DefaultLimitLOCKS", UNIT_VALUE_COUNT, true },
	{ "DefaultLimitMEMLOCK", UNIT_VALUE_SIZE, true },
	{ "DefaultLimitMSGQUEUE", UNIT_VALUE_SIZE, true },
	{ "DefaultLimitNICE", UNIT_VALUE_TEXT, true },
	{ "DefaultLimitNOFILE", UNIT_VALUE_COUNT, true },
	{ "DefaultLimitNPROC", UNIT_VALUE_COUNT, true },
	{ "DefaultLimitRSS", UNIT_VALUE_SIZE, true },
	{ "DefaultLimitRTPRIO", UNIT_VALUE_COUNT, true },
	{ "DefaultLimitRTTIME", UNIT_VALUE_TEXT, true },
	{ "DefaultLimitSIGPENDING", UNIT_VALUE_COUNT, true },
	{ "DefaultLimitSTACK", UNIT_VALUE_SIZE, true },
	{ "DefaultOOMScoreAdjust", UNIT_VALUE_ADJUST, false },
	{ "DefaultTasksMax", UNIT_VALUE_SHARE, false },
};
/* clang-format on */

static const char *const manager_directories[] = { "/etc/systemd", "/run/systemd", "/usr/local/lib/systemd",
						   "/usr/lib/systemd", "/lib/systemd" };

static bool item_is_known(const char *item)
{
	for (size_t i = 0; i < ARRAY_SIZE(limit_items); i++)
		if (streq(item, limit_items[i]))
			return true;
	return false;
}

static void lower_case(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

/* The next word of the line as a string of its own, NULL at its end. */
static char *take_word(const char **cursor)
{
	const char *word;
	size_t length;

	return next_word(cursor, &word, &length) ? xstrndup(word, length) : NULL;
}

void limits_line_release(struct limits_line *line)
{
	free(line->domain);
	free(line->type);
	free(line->item);
	free(line->value);
	*line = (struct limits_line){ 0 };
}

int limits_line_parse(const char *text, struct limits_line *line)
{
	CLEANUP(free_ptr) char *copy = xstrndup(text, strcspn(text, "#\n"));
	const char *cursor = copy;

	limits_line_release(line);
	line->domain = take_word(&cursor);
	if (!line->domain)
		return 0;
	line->type = take_word(&cursor);
	line->item = take_word(&cursor);
	line->value = take_word(&cursor);
	if (line->type)
		lower_case(line->type);
	if (line->type && streq(line->type, "-") && !line->item)
		return 1;
	if (!line->value)
		return -EINVAL;
	lower_case(line->item);
	lower_case(line->value);
	if (!streq(line->type, "soft") && !streq(line->type, "hard") && !streq(line->type, "-"))
		return -EINVAL;
	return item_is_known(line->item) ? 1 : -EINVAL;
}

static void key_begin(struct strbuf *key, const char *domain)
{
	strbuf_reset(key);
	strbuf_add_string(key, "limits.conf.");
	for (; *domain; domain++)
		strbuf_add_char(key, *domain == '.' ? '/' : *domain);
}

static void limits_line_set(const struct limits_line *line, const char *origin, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	bool both = streq(line->type, "-");

	if (!line->item) {
		key_begin(&key, line->domain);
		strbuf_add_string(&key, ".exempt");
		snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, "1", origin);
		return;
	}
	if (both || streq(line->type, "soft")) {
		key_begin(&key, line->domain);
		strbuf_addf(&key, ".soft.%s", line->item);
		snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, line->value, origin);
	}
	if (both || streq(line->type, "hard")) {
		key_begin(&key, line->domain);
		strbuf_addf(&key, ".hard.%s", line->item);
		snapshot_set_string(snapshot, SUBJECT_HOST, key.buf, line->value, origin);
	}
}

static void limits_file_read(const struct root *root, const char *path, struct snapshot *snapshot, uint32_t *lines_left)
{
	CLEANUP(limits_line_release) struct limits_line line = { 0 };
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT, origin = STRBUF_INIT;
	struct place place = { .file = path };
	const char *cursor;
	int r;

	r = root_read(root, path, &text);
	if (r < 0) {
		if (r != -ENOENT)
			(void)diag_warning(snapshot_notes(snapshot), &place, "cannot read it: %s", strerror(-r));
		return;
	}
	cursor = text.buf;
	do {
		place.line++;
		r = limits_line_parse(cursor, &line);
		if (r < 0)
			(void)diag_warning(snapshot_notes(snapshot), &place, "pam_limits ignores this line");
		if (r <= 0)
			continue;
		if (*lines_left == 0) {
			(void)diag_warning(snapshot_notes(snapshot), &place,
					   "limits after the first %u were left out", LIMITS_KEYS_MAX);
			return;
		}
		(*lines_left)--;
		strbuf_reset(&origin);
		strbuf_addf(&origin, "%s:%u", path, place.line);
		limits_line_set(&line, origin.buf, snapshot);
	} while (next_line(&cursor));
}

static void limits_pam_read(const struct root *root, struct snapshot *snapshot)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	uint32_t lines_left = LIMITS_KEYS_MAX;

	limits_file_read(root, "/etc/security/limits.conf", snapshot, &lines_left);
	if (root_list(root, LIMITS_DIRECTORY, &list) < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		if (!ends_with(list.entries[i].name, ".conf") || list.entries[i].type == DT_DIR)
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, LIMITS_DIRECTORY "/%s", list.entries[i].name);
		limits_file_read(root, path.buf, snapshot, &lines_left);
	}
}

/* The highest hard limit of open files that any line asks for: above fs.nr_open it cannot be set, and pam_limits then
 * refuses the login.  "unlimited" is as much as the kernel takes. */
static void limits_set_highest(struct snapshot *snapshot)
{
	static const char key[] = "limits.highest.nofile";
	const struct setting *highest = NULL;
	uint64_t most = 0;

	for (size_t i = 0; i < snapshot_setting_count(snapshot); i++) {
		const struct setting *setting = snapshot_setting_at(snapshot, i);
		const char *name = snapshot_key_name(snapshot, setting->key);
		uint64_t value;

		if (setting->subject != SUBJECT_HOST || !starts_with(name, "limits.conf.") ||
		    !ends_with(name, ".hard.nofile") || parse_u64(setting->raw, &value) < 0)
			continue;
		if (!highest || value > most) {
			highest = setting;
			most = value;
		}
	}
	if (highest)
		snapshot_setf(snapshot, SUBJECT_HOST, key, highest->origin, "%" PRIu64, most);
	else
		snapshot_set_absent(snapshot, SUBJECT_HOST, key, -ENOENT, "/etc/security/limits.conf");
}

static void default_set(const char *manager, const struct default_limit *limit, const struct unit_file *file,
			const char *path, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf soft = STRBUF_INIT, hard = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT, origin = STRBUF_INIT;
	struct place place = { .file = path, .line = file->line };
	bool reset = file->value.len == 0;
	int r = 0;

	if (!reset)
		r = limit->two ? unit_limit_parse(limit->kind, file->value.buf, &soft, &hard)
			       : unit_value_parse(limit->kind, file->value.buf, &hard);
	if (r < 0) {
		(void)diag_warning(snapshot_notes(snapshot), &place, "%s= has a value that systemd ignores",
				   limit->name);
		return;
	}
	strbuf_addf(&origin, "%s:%u", path, file->line);
	strbuf_addf(&key, "limits.%s.%s", manager, limit->name);
	snapshot_set_read(snapshot, SUBJECT_HOST, key.buf, reset ? -ENOENT : 0, hard.buf, hard.len, origin.buf);
	if (!limit->two)
		return;
	strbuf_add_string(&key, "Soft");
	snapshot_set_read(snapshot, SUBJECT_HOST, key.buf, reset ? -ENOENT : 0, soft.buf, soft.len, origin.buf);
}

static void manager_file_read(const struct root *root, const char *manager, const char *path,
			      struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct place place = { .file = path };
	int r;

	r = root_read(root, path, &text);
	if (r < 0) {
		if (r != -ENOENT && r != -EINVAL)	/* -EINVAL: masked by a link to /dev/null */
			(void)diag_warning(snapshot_notes(snapshot), &place, "cannot read it: %s", strerror(-r));
		return;
	}
	CLEANUP(unit_file_release) struct unit_file file = UNIT_FILE_INIT(text.buf);
	while (unit_file_next(&file)) {
		if (!streq(file.section.buf, "Manager"))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(default_limits); i++)
			if (streq(file.key.buf, default_limits[i].name))
				default_set(manager, &default_limits[i], &file, path, snapshot);
	}
}

/* The first system.conf of the directories, then the drop-ins of all of them. */
static void limits_manager_read(const struct root *root, const char *manager, struct snapshot *snapshot)
{
	CLEANUP(unit_paths_release) struct unit_paths directories = UNIT_PATHS_INIT, files = UNIT_PATHS_INIT;
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(manager_directories); i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s.conf", manager_directories[i], manager);
		if (!files.count && root_exists(root, path.buf))
			unit_paths_add(&files, path.buf);
		strbuf_add_string(&path, ".d");
		unit_paths_add(&directories, path.buf);
	}
	(void)unit_dropins_add(root, &directories, &files);
	for (size_t i = 0; i < files.count; i++)
		manager_file_read(root, manager, files.items[i], snapshot);
}

static int limits_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	(void)options;
	limits_pam_read(root, snapshot);
	limits_set_highest(snapshot);
	limits_manager_read(root, "system", snapshot);
	limits_manager_read(root, "user", snapshot);
	return 0;
}

static const char *const limits_paths[] = {
	"/etc/security/limits.conf",
	"/etc/security/limits.d/*.conf",
	"/etc/systemd/system.conf",
	"/etc/systemd/system.conf.d/*.conf",
	"/etc/systemd/user.conf",
	"/etc/systemd/user.conf.d/*.conf",
	"/lib/systemd/system.conf",
	"/lib/systemd/system.conf.d/*.conf",
	"/lib/systemd/user.conf",
	"/lib/systemd/user.conf.d/*.conf",
	"/run/systemd/system.conf",
	"/run/systemd/system.conf.d/*.conf",
	"/run/systemd/user.conf",
	"/run/systemd/user.conf.d/*.conf",
	"/usr/lib/systemd/system.conf",
	"/usr/lib/systemd/system.conf.d/*.conf",
	"/usr/lib/systemd/user.conf",
	"/usr/lib/systemd/user.conf.d/*.conf",
	"/usr/local/lib/systemd/system.conf",
	"/usr/local/lib/systemd/system.conf.d/*.conf",
	"/usr/local/lib/systemd/user.conf",
	"/usr/local/lib/systemd/user.conf.d/*.conf",
	NULL,
};

const struct probe probe_limits = {
	.name = "limits",
	.summary = "resource limits configured for login sessions and for systemd's services",
	.paths = limits_paths,
	.read = limits_read,
};
