/* SPDX-License-Identifier: Apache-2.0 */
/* Where kernel messages come from: the journal, /dev/kmsg, text files.  What is made of them: kernel-log.c. */
#ifndef KEISOKU_KERNEL_LOG_H
#define KEISOKU_KERNEL_LOG_H

#include "probe.h"

/* Takes the messages of a source, and says how many more it may have now: no flood holds up a tick. */
struct log_feed {
	void (*message)(struct log_feed *feed, const char *text, size_t length);
	void (*new_boot)(struct log_feed *feed);	/* what came before was said before the last boot */
	const char *origin;	/* a source sets it: what it reads from */
	uint32_t messages_left;
	size_t bytes_left;
	bool cut_short;		/* a source sets it: there was more than it might give */
	bool lost;		/* … messages were overwritten before they could be read */
	bool incomplete;	/* … what it has begins after the boot */
};

static inline bool log_feed_is_full(const struct log_feed *feed)
{
	return feed->messages_left == 0 || feed->bytes_left == 0;
}

struct log_source {
	const char *name;	/* where it looks, for what cannot be read */
	/* -ENOENT: there is no such source here. */
	int (*open)(const struct root *root, const struct probe_options *options, void **ret_state);
	/* Gives the feed what is there and was not given before.  1: there was something, 0: nothing new. */
	int (*read)(void *state, struct log_feed *feed);
	/* Leaves out what was not given so far. */
	void (*skip)(void *state);
	void (*close)(void *state);
};

extern const struct log_source log_source_journal, log_source_kmsg, log_source_text;

#endif
