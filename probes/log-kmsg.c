/* SPDX-License-Identifier: Apache-2.0 */
/* /dev/kmsg: the kernel's ring of messages, one record per read(), from the oldest on that it still has.
 * Documentation/ABI/testing/dev-kmsg.  With kernel.dmesg_restrict it opens for CAP_SYSLOG alone. */
#include "kernel-log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "log-text.h"

#define RECORD_MAX 8192			/* of the kernel: CONSOLE_EXT_LOG_MAX, PRINTK_MESSAGE_MAX */

static const char kmsg_path[] = "/dev/kmsg";

struct kmsg {
	int fd;
	bool begun;
	char record[RECORD_MAX];
};

/* The one file that is no regular one, so it is opened here and on the live host alone. */
static int kmsg_open(const struct root *root, const struct probe_options *options, void **ret_state)
{
	struct kmsg *kmsg;
	int fd;

	if (!root_is_live(root))
		return -ENOENT;
	fd = open(kmsg_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	kmsg = xcalloc(1, sizeof(*kmsg));
	kmsg->fd = fd;
	*ret_state = kmsg;
	return 0;
}

static void kmsg_record(struct kmsg *kmsg, struct log_feed *feed, size_t length)
{
	struct kmsg_record record;

	if (kmsg_parse(kmsg->record, length, &record) < 0)
		return;
	if (!kmsg->begun && record.sequence > 0)
		feed->incomplete = true;
	kmsg->begun = true;
	feed->messages_left--;
	feed->bytes_left -= MIN(feed->bytes_left, length);
	/* Programs may write here too; the kernel marks that as theirs. */
	if (record.facility == 0)
		feed->message(feed, record.text, record.length);
}

static int kmsg_read(void *state, struct log_feed *feed)
{
	struct kmsg *kmsg = state;
	int result = 0;

	feed->origin = kmsg_path;
	while (!log_feed_is_full(feed)) {
		ssize_t n = read(kmsg->fd, kmsg->record, sizeof(kmsg->record));

		if (n > 0) {
			kmsg_record(kmsg, feed, (size_t)n);
			result = 1;
		} else if (n < 0 && errno == EPIPE) {
			feed->lost = true;		/* the next read gives the oldest that is left */
			feed->messages_left--;
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else {
			return n < 0 && errno != EAGAIN ? -errno : result;
		}
	}
	feed->cut_short = true;
	return result;
}

static void kmsg_skip(void *state)
{
	struct kmsg *kmsg = state;

	(void)lseek(kmsg->fd, 0, SEEK_END);
}

static void kmsg_close(void *state)
{
	struct kmsg *kmsg = state;

	close_fd(&kmsg->fd);
	free(kmsg);
}

const struct log_source log_source_kmsg = {
	.name = kmsg_path,
	.open = kmsg_open,
	.read = kmsg_read,
	.skip = kmsg_skip,
	.close = kmsg_close,
};
