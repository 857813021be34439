/* SPDX-License-Identifier: Apache-2.0 */
/* Listening TCP sockets from text: /proc/net/tcp and tcp6, and the output of ss in a sosreport. */
#ifndef KEISOKU_PROBES_LISTENER_H
#define KEISOKU_PROBES_LISTENER_H

#include "../core/snapshot.h"

#define LISTENERS_MAX 4096

/* What is known of a listener; a field that is not is negative. */
struct listener {
	char address[48];	/* "0.0.0.0", "::1" */
	bool ipv6;
	uint16_t port;
	int64_t queue, backlog, uid, inode;
};

/* Adds the subject "tcp 0.0.0.0:80" with its keys; the second one of the same address is "tcp 0.0.0.0:80 #2".
 * -E2BIG: there are LISTENERS_MAX. */
int listener_add(struct snapshot *snapshot, const struct listener *listener, const char *origin);

/* One line.  1: a listener, 0: something else, -EBADMSG: it should be one and makes no sense. */
int listener_proc_parse(const char *line, bool ipv6, struct listener *ret_listener);
int listener_ss_parse(const char *line, struct listener *ret_listener);

#endif
