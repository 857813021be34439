/* SPDX-License-Identifier: Apache-2.0 */
/* The systemd journal: it keeps what the kernel's ring has long overwritten, and may be read without privilege by the
 * groups adm and systemd-journal.  sd-journal(3), systemd.journal-fields(7).
 *
 * Journal files are mapped into memory, and every page that was looked at counts as this program's.  So the journal is
 * closed and opened again at the same message every hundred or so, which costs a millisecond. */
#include "kernel-log.h"

#include <errno.h>
#include <sys/stat.h>

#include "systemd.h"

#define REOPEN_MESSAGES 128
#define MESSAGE_MAX 4096

struct journal {
	const struct systemd *lib;
	sd_journal *journal;
	const char *path;		/* lent; NULL: the host's */
	char boot[64];			/* "_BOOT_ID=…" */
	size_t boot_length;
	uint32_t since_open;
	bool told_end;
};

static bool has_entries(const struct root *root, const char *path)
{
	CLEANUP(root_list_release) struct root_list list = ROOT_LIST_INIT;

	return root_list(root, path, &list) == 0 && list.count > 0;
}

static int journal_open_files(struct journal *j)
{
	const char *files[] = { j->path, NULL };
	struct stat st;
	int r;

	if (!j->path) {
		r = j->lib->sd_journal_open(&j->journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
		if (r >= 0)
			(void)j->lib->sd_journal_get_fd(j->journal);	/* watch for new files */
		return r;
	}
	if (stat(j->path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? j->lib->sd_journal_open_directory(&j->journal, j->path, 0)
				   : j->lib->sd_journal_open_files(&j->journal, files, 0);
}

static int journal_match(struct journal *j)
{
	static const char *const matches[] = { "_TRANSPORT=kernel", "SYSLOG_FACILITY=0" };
	int r = 0;

	(void)j->lib->sd_journal_set_data_threshold(j->journal, MESSAGE_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(matches) && r >= 0; i++)
		r = j->lib->sd_journal_add_match(j->journal, matches[i], 0);
	if (r >= 0 && j->boot_length > 0)
		r = j->lib->sd_journal_add_match(j->journal, j->boot, j->boot_length);
	return r;
}

/* This boot: the kernel says which it is, or in a file from elsewhere its last message. */
static int find_boot(struct journal *j, const struct root *root)
{
	static const char prefix[] = "_BOOT_ID=";
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const void *data;
	size_t length;

	if (!j->path) {
		strbuf_add_string(&text, prefix);
		CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;
		if (root_read_line(root, "/proc/sys/kernel/random/boot_id", &id) < 0)
			return -ENOENT;
		for (const char *p = id.buf; *p; p++)
			if (*p != '-')
				strbuf_add_char(&text, *p);
		data = text.buf;
		length = text.len;
	} else if (j->lib->sd_journal_seek_tail(j->journal) < 0 || j->lib->sd_journal_previous(j->journal) <= 0 ||
		   j->lib->sd_journal_get_data(j->journal, "_BOOT_ID", &data, &length) < 0) {
		return -ENOENT;		/* an empty file */
	}
	if (length >= sizeof(j->boot))
		return -EBADMSG;
	memcpy(j->boot, data, length);
	j->boot_length = length;
	return 0;
}

static void journal_close(void *state)
{
	struct journal *j = state;

	j->lib->sd_journal_close(j->journal);
	free(j);
}

static int journal_start(struct journal *j, const struct root *root)
{
	int r = journal_open_files(j);

	if (r >= 0)
		r = find_boot(j, root);
	if (r >= 0)
		r = journal_match(j);
	if (r >= 0)
		r = j->lib->sd_journal_seek_head(j->journal);
	return r;
}

static int journal_open(const struct root *root, const struct probe_options *options, void **ret_state)
{
	const char *path = options->journal_file;
	struct journal *j;
	int r;

	/* The library is loaded only where there is something to read. */
	if (!path && (!root_is_live(root) || (!has_entries(root, "/var/log/journal") &&
					      !has_entries(root, "/run/log/journal"))))
		return -ENOENT;
	if (!systemd_library())
		return path ? -EOPNOTSUPP : -ENOENT;

	j = xcalloc(1, sizeof(*j));
	j->lib = systemd_library();
	j->path = path;
	r = journal_start(j, root);
	if (r < 0) {
		journal_close(j);
		return r;
	}
	*ret_state = j;
	return 0;
}

static int journal_reopen(struct journal *j)
{
	CLEANUP(free_ptr) char *cursor = NULL;
	int r = j->lib->sd_journal_get_cursor(j->journal, &cursor);

	if (r < 0)
		return r;
	j->lib->sd_journal_close(j->journal);
	j->journal = NULL;
	r = journal_open_files(j);
	if (r >= 0)
		r = journal_match(j);
	if (r >= 0)
		r = j->lib->sd_journal_seek_cursor(j->journal, cursor);
	if (r >= 0)
		r = j->lib->sd_journal_next(j->journal);	/* the same message */
	j->since_open = 0;
	return r < 0 ? r : 0;
}

/* "MESSAGE=Out of memory: Killed process …" */
static void journal_message(struct journal *j, struct log_feed *feed)
{
	static const char field[] = "MESSAGE=";
	const size_t skip = strlen(field);
	const void *data;
	size_t length;

	feed->messages_left--;
	if (j->lib->sd_journal_get_data(j->journal, "MESSAGE", &data, &length) < 0 || length < skip)
		return;
	feed->bytes_left -= MIN(feed->bytes_left, length);
	feed->message(feed, (const char *)data + skip, length - skip);
}

static int journal_read(void *state, struct log_feed *feed)
{
	struct journal *j = state;
	int result = 0, r;

	feed->origin = j->path ? j->path : "journal";
	if (!j->journal)
		return -EIO;
	if (!j->path)
		(void)j->lib->sd_journal_process(j->journal);
	while (!log_feed_is_full(feed)) {
		r = j->lib->sd_journal_next(j->journal);
		if (r <= 0)
			return r < 0 ? r : result;
		journal_message(j, feed);
		result = 1;
		if (++j->since_open == REOPEN_MESSAGES) {
			r = journal_reopen(j);
			if (r < 0)
				return r;
		}
	}
	feed->cut_short = true;
	return result;
}

static void journal_skip(void *state)
{
	struct journal *j = state;

	if (j->journal && j->lib->sd_journal_seek_tail(j->journal) >= 0)
		(void)j->lib->sd_journal_previous(j->journal);
}

const struct log_source log_source_journal = {
	.name = "journal",
	.open = journal_open,
	.read = journal_read,
	.skip = journal_skip,
	.close = journal_close,
};
