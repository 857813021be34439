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
#include <stdlib.h>

#include "../core/parse.h"
#include "boot-draft.h"
#include "config-file.h"
#include "limits-manager.h"
#include "probe.h"

#define ETC "/etc/security"
#define LIMITS_KEYS_MAX 10000

/* clang-format off */
static const struct limit_item {
	const char *name;
	enum { ITEM_LIMIT, ITEM_SIGNED, ITEM_BOOL, ITEM_LOGINS, ITEM_TEXT } kind;
	bool any_type;		/* neither soft nor hard */
} limit_items[] = {
	{ "as", ITEM_LIMIT, false },
	{ "chroot", ITEM_TEXT, false },		/* of Debian */
	{ "core", ITEM_LIMIT, false },
	{ "cpu", ITEM_LIMIT, false },
	{ "data", ITEM_LIMIT, false },
	{ "fsize", ITEM_LIMIT, false },
	{ "locks", ITEM_LIMIT, false },
	{ "maxlogins", ITEM_LOGINS, true },
	{ "maxsyslogins", ITEM_LOGINS, true },
	{ "memlock", ITEM_LIMIT, false },
	{ "msgqueue", ITEM_LIMIT, false },
	{ "nice", ITEM_SIGNED, false },
	{ "nofile", ITEM_LIMIT, false },
	{ "nonewprivs", ITEM_BOOL, true },
	{ "nproc", ITEM_LIMIT, false },
	{ "priority", ITEM_SIGNED, false },
	{ "rss", ITEM_LIMIT, false },
	{ "rtprio", ITEM_LIMIT, false },
	{ "sigpending", ITEM_LIMIT, false },
	{ "stack", ITEM_LIMIT, false },
};
/* clang-format on */

static const struct limit_item *find_item(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(limit_items); i++)
		if (streq(name, limit_items[i].name))
			return &limit_items[i];
	return NULL;
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

/* What strtoull() takes of "64k": "64".  False: nothing. */
static bool keep_digits(char *value)
{
	size_t sign = *value == '-' || *value == '+', digits = strspn(value + sign, "0123456789");

	value[sign + digits] = '\0';
	return digits > 0;
}

static bool is_unlimited(const char *value)
{
	return streq(value, "unlimited") || streq(value, "infinity") || streq(value, "-1") || streq(value, "-");
}

static bool value_is_good(const struct limit_item *item, char *value)
{
	switch (item->kind) {
	case ITEM_BOOL:
		return streq(value, "0") || streq(value, "1");
	case ITEM_LIMIT:
	case ITEM_LOGINS:
		return is_unlimited(value) || keep_digits(value);
	case ITEM_SIGNED:
		return keep_digits(value);
	case ITEM_TEXT:
		return true;
	}
	return false;
}

/* "1000:", ":1000", "@500:599": of users, or of groups.  What is no range is a name. */
static bool range_is_good(const char *domain)
{
	const char *low = domain + (*domain == '@' || *domain == '%'), *colon = strchr(domain, ':');

	if (!colon)
		return true;
	return low + strspn(low, "0123456789") == colon && colon[1 + strspn(colon + 1, "0123456789")] == '\0' &&
	       (low < colon || colon[1]);
}

static const char *line_fault(struct limits_line *line)
{
	const struct limit_item *item = find_item(line->item);
	bool range = strchr(line->domain, ':') && !starts_with(line->domain, "%:");

	if (!range_is_good(line->domain))
		return "no range of numbers of users or groups";
	if (!item)
		return streq(line->item, "rttime") ? "only pam_limits since 1.7.1 knows this item" :
						      "pam_limits knows no such item";
	if (!item->any_type && !streq(line->type, "soft") && !streq(line->type, "hard") && !streq(line->type, "-"))
		return "the type is none of soft, hard and -";
	if (!value_is_good(item, line->value))
		return "no value that pam_limits can read";
	if (*line->domain == '%' && (!streq(item->name, "maxlogins") || range))
		return "% is there for maxlogins of all, of a group, or of the number of a group";
	return NULL;
}

int limits_line_parse(const char *text, struct limits_line *line)
{
	CLEANUP(free_ptr) char *copy = xstrndup(text, strcspn(text, "#\n"));
	const char *cursor = copy;
	const struct limit_item *item;

	limits_line_release(line);
	line->domain = take_word(&cursor);
	if (!line->domain)
		return 0;
	line->type = take_word(&cursor);
	line->item = take_word(&cursor);
	line->value = take_word(&cursor);
	if (line->type)
		lower_case(line->type);
	if (line->type && *line->type == '-' && !line->item) {
		if (streq(line->domain, "*") || *line->domain == '%' || !range_is_good(line->domain))
			line->why = "a user, a group or a range can be exempt, and nothing else";
		return line->why ? -EINVAL : 1;
	}
	if (!line->value) {
		line->why = "expected DOMAIN TYPE ITEM VALUE";
		return -EINVAL;
	}
	lower_case(line->item);
	lower_case(line->value);
	line->why = line_fault(line);
	item = find_item(line->item);
	line->both = streq(line->type, "-") || (item && item->any_type);
	return line->why ? -EINVAL : 1;
}

/* ---- the files ---- */

/* What is in force for a session that PAM opens, of these files. */
struct pam {
	const struct root *root;
	struct snapshot *snapshot;
	struct boot_draft draft;
	struct strbuf key;
	bool full;
	enum boot_fate fate;		/* of the lines of the file that is being read */
	const char *why;
};

static const char *domain_key(struct pam *pam, const char *domain, const char *half, const char *item)
{
	strbuf_reset(&pam->key);
	strbuf_add_string(&pam->key, "limits.conf.");
	for (; *domain; domain++)
		strbuf_add_char(&pam->key, *domain == '.' ? '/' : *domain);
	strbuf_addf(&pam->key, ".%s%s", half, item);
	return pam->key.buf;
}

static void add(struct pam *pam, const struct boot_site *site, const struct limits_line *line, const char *key,
		const char *value)
{
	struct boot_line *boot_line = boot_draft_add(&pam->draft, site, SUBJECT_KIND_HOST, "", key, line->why ? "" : value);
	CLEANUP(strbuf_release) struct strbuf origin = STRBUF_INIT;

	boot_line->fate = pam->fate;
	boot_line->why = pam->fate == BOOT_WINS ? "" : pam->why;
	if (pam->fate != BOOT_WINS && pam->fate != BOOT_UNRESOLVED)
		return;
	if (line->why) {
		boot_line->fate = line->item && streq(line->item, "rttime") ? BOOT_UNRESOLVED : BOOT_INVALID;
		boot_line->why = line->why;
		return;
	}
	boot_place(boot_line, &origin);
	snapshot_set_string(pam->snapshot, SUBJECT_HOST, key, value, origin.buf);
}

static void add_line(struct pam *pam, const struct boot_site *site, const struct limits_line *line)
{
	if (!line->item && !line->why) {
		add(pam, site, line, domain_key(pam, line->domain, "", "exempt"), "1");
		return;
	}
	if (!line->value || !find_item(line->item)) {
		add(pam, site, line, "", "");
		return;
	}
	if (line->both || !streq(line->type, "hard"))
		add(pam, site, line, domain_key(pam, line->domain, "soft.", line->item), line->value);
	if (line->both || !streq(line->type, "soft"))
		add(pam, site, line, domain_key(pam, line->domain, "hard.", line->item), line->value);
}

static void file_read(struct pam *pam, const struct config_file *file)
{
	CLEANUP(limits_line_release) struct limits_line line = { 0 };
	CLEANUP(config_lines_release) struct config_lines lines = CONFIG_LINES_INIT(&file->text, false);
	struct diag *notes = snapshot_notes(pam->snapshot);
	struct place place = { .file = file->path };

	if (file->error < 0 && file->error != -ENOENT && pam->fate == BOOT_WINS) {
		struct boot_line *boot_line =
			boot_draft_add(&pam->draft, &(struct boot_site){ .path = file->path }, SUBJECT_KIND_HOST, "", "", "");

		(void)diag_warning(notes, &place, "cannot read it: %s", strerror(-file->error));
		boot_line->fate = BOOT_UNRESOLVED;
		boot_line->why = boot_draft_format(&pam->draft, "it cannot be read: %s", strerror(-file->error));
	}
	while (file->error == 0 && !pam->full && config_lines_next(&lines)) {
		struct boot_site site = { file->path, lines.first, lines.raw, lines.raw_length };
		int r = limits_line_parse(lines.text.buf, &line);

		place.line = lines.first;
		pam->full = r != 0 && pam->draft.count >= LIMITS_KEYS_MAX;
		if (pam->full)
			(void)diag_warning(notes, &place, "limits after the first %u were left out", LIMITS_KEYS_MAX);
		else if (r < 0 && pam->fate == BOOT_WINS)
			(void)diag_warning(notes, &place, "pam_limits ignores this line: %s", line.why);
		if (r != 0 && !pam->full)
			add_line(pam, &site, &line);
	}
}

/* ---- which files ---- */

/* The directory that a distribution may have its own files in is built into the module. */
static bool module_has(const struct root *root, const char *directory, const char *path, bool *ret_found)
{
	CLEANUP(strbuf_release) struct strbuf module = STRBUF_INIT, file = STRBUF_INIT;

	strbuf_addf(&file, "%s/pam_limits.so", directory);
	if (root_read(root, file.buf, &module) < 0)
		return false;
	*ret_found = memmem(module.buf, module.len, path, strlen(path) + 1) != NULL;
	return true;
}

/* False: there is no module that would tell. */
static bool module_names(const struct root *root, const char *path, bool *ret_found)
{
	static const char *const plain[] = { "/usr/lib64/security", "/lib64/security", "/usr/lib/security", "/lib/security" };
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (module_has(root, plain[i], path, ret_found))
			return true;
	(void)root_list(root, "/usr/lib", &list);
	for (size_t i = 0; i < list.count; i++) {
		CLEANUP(free_ptr) char *directory = xasprintf("/usr/lib/%s/security", list.entries[i].name);

		if (strstr(list.entries[i].name, "-linux-") && module_has(root, directory, path, ret_found))
			return true;
	}
	return false;
}

/* Where the vendor's files are, if anywhere. */
static const char *vendor_directory(const struct root *root)
{
	static const char *const directories[] = { "/usr/etc/security", "/usr/share/security", "/usr/lib/security" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(free_ptr) char *file = xasprintf("%s/limits.conf", directories[i]);
		CLEANUP(free_ptr) char *more = xasprintf("%s/limits.d", directories[i]);

		if (root_exists(root, file) || root_exists(root, more))
			return directories[i];
	}
	return NULL;
}

static void set_fate(struct pam *pam, const struct config_file *file, const char *vendor)
{
	CLEANUP(free_ptr) char *path = vendor ? xasprintf("%s/limits.conf", vendor) : NULL;
	bool found = false, known;

	pam->fate = BOOT_WINS;
	if (file->hidden_by) {
		pam->fate = BOOT_MASKED;
		pam->why = boot_draft_format(&pam->draft, "%s", file->hidden_by);
	} else if (vendor && starts_with(file->path, vendor)) {
		known = module_names(pam->root, path, &found);
		pam->fate = found ? BOOT_WINS : known ? BOOT_IGNORED : BOOT_UNRESOLVED;
		pam->why = known ? "this pam_limits is not built to read files of that directory" :
				   "only a pam_limits that is built to read files of that directory reads it";
	}
}

/* limits.conf, the vendor's where there is no other, then those of limits.d by their names from both directories. */
static void files_read(struct pam *pam)
{
	const char *vendor = vendor_directory(pam->root);
	CLEANUP(free_ptr) char *more = xasprintf("%s/limits.d", vendor ? vendor : "");
	CLEANUP(config_files_release) struct config_files mains = CONFIG_FILES_INIT;
	CLEANUP(config_files_release) struct config_files files = CONFIG_FILES_INIT;
	const struct config_directory directories[] = { { .path = ETC "/limits.d" }, { .path = more } };
	CLEANUP(free_ptr) char *main = vendor ? xasprintf("%s/limits.conf", vendor) : NULL;

	if (root_exists(pam->root, ETC "/limits.conf"))
		config_files_add(pam->root, ETC "/limits.conf", &mains);
	if (vendor && root_exists(pam->root, main))
		config_files_add(pam->root, main, &mains);
	if (mains.count > 1)
		mains.items[1].hidden_by = xstrdup(mains.items[0].path);
	config_files_list(pam->root, directories, vendor ? 2 : 1, ".conf", &files);
	for (size_t i = 0; i < mains.count + files.count; i++) {
		const struct config_file *file = i < mains.count ? &mains.items[i] : &files.items[i - mains.count];

		set_fate(pam, file, vendor);
		file_read(pam, file);
	}
	if (files.truncated)
		(void)diag_warning(snapshot_notes(pam->snapshot), &(struct place){ .file = ETC "/limits.d" },
				   "there are too many files: not all of them were read");
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

/* The key up to its domain: a dot of the domain is a slash there. */
static size_t domain_length(const char *key)
{
	size_t prefix = strlen("limits.conf.");

	return strlen(key) < prefix ? 0 : prefix + strcspn(key + prefix, ".");
}

/* A domain that is exempt has no limits, whatever else is said of it: pam_limits stops at that line and sets nothing. */
static void exempt(struct boot_draft *draft)
{
	CLEANUP(symbols_release) struct symbols domains = { 0 };
	const char **whys = xcalloc(draft->count + 1, sizeof(*whys));

	for (size_t i = 0; i < draft->count; i++) {
		const struct boot_line *line = &draft->lines[i];

		if (line->fate == BOOT_WINS && ends_with(line->key, ".exempt"))
			whys[symbols_intern(&domains, line->key, domain_length(line->key))] =
				boot_draft_format(draft, "%s:%u exempts it from all limits", line->path, line->line);
	}
	for (size_t i = 0; i < draft->count; i++) {
		struct boot_line *line = &draft->lines[i];
		uint32_t domain = symbols_find(&domains, line->key, domain_length(line->key));

		if (domain == SYMBOL_NONE || line->fate != BOOT_WINS || ends_with(line->key, ".exempt"))
			continue;
		line->fate = BOOT_IGNORED;
		line->why = whys[domain];
	}
	free(whys);
}

static int limits_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	struct pam pam = { .root = root, .snapshot = snapshot, .draft = { .source = "limits" }, .key = STRBUF_INIT };

	(void)options;
	files_read(&pam);
	exempt(&pam.draft);
	boot_draft_settle(&pam.draft, BOOT_LAST_COUNTS);
	boot_draft_store(&pam.draft, snapshot, "limits");
	boot_draft_release(&pam.draft);
	strbuf_release(&pam.key);
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
	"/usr/etc/security/limits.conf",
	"/usr/etc/security/limits.d/*.conf",
	"/usr/lib/security/limits.conf",
	"/usr/lib/security/limits.d/*.conf",
	"/usr/lib/systemd/system.conf",
	"/usr/lib/systemd/system.conf.d/*.conf",
	"/usr/lib/systemd/user.conf",
	"/usr/lib/systemd/user.conf.d/*.conf",
	"/usr/local/lib/systemd/system.conf",
	"/usr/local/lib/systemd/system.conf.d/*.conf",
	"/usr/local/lib/systemd/user.conf",
	"/usr/local/lib/systemd/user.conf.d/*.conf",
	"/usr/share/security/limits.conf",
	"/usr/share/security/limits.d/*.conf",
	NULL,
};

const struct probe probe_limits = {
	.name = "limits",
	.summary = "resource limits configured for login sessions and for systemd's services",
	.paths = limits_paths,
	.read = limits_read,
};
