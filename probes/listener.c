/* SPDX-License-Identifier: Apache-2.0 */
/* Listening TCP sockets with their accept queues: how long now, how long at most.
 *
 * The kernel tells both over sock_diag(7): for a listener idiag_rqueue is the number of connections waiting for
 * accept(2), idiag_wqueue the smaller of listen(2)'s backlog and net.core.somaxconn at that time.  /proc/net/tcp has only
 * the first; ss prints both. */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "../core/parse.h"
#include "netlink.h"
#include "probe.h"

#define TCP_TABLE_MAX (8U << 20)
#define SAME_ADDRESS_MAX 1024

static void name_format(const struct listener *listener, unsigned int number, struct strbuf *name)
{
	strbuf_reset(name);
	strbuf_addf(name, listener->ipv6 ? "tcp [%s]:%u" : "tcp %s:%u", listener->address, listener->port);
	if (number > 1)
		strbuf_addf(name, " #%u", number);
}

static void number_set(struct snapshot *snapshot, subject_id subject, const char *key, int64_t value, const char *origin)
{
	if (value < 0)
		snapshot_set_absent(snapshot, subject, key, -ENOENT, origin);
	else
		snapshot_setf(snapshot, subject, key, origin, "%" PRIi64, value);
}

int listener_add(struct snapshot *snapshot, const struct listener *listener, const char *origin)
{
	CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
	unsigned int number = 0;
	subject_id subject;

	if (snapshot_kind_count(snapshot, SUBJECT_KIND_LISTENER) >= LISTENERS_MAX)
		return -E2BIG;
	do {
		if (++number > SAME_ADDRESS_MAX)
			return -E2BIG;
		name_format(listener, number, &name);
	} while (snapshot_find_subject(snapshot, SUBJECT_KIND_LISTENER, name.buf) != SUBJECT_NONE);
	subject = snapshot_subject(snapshot, SUBJECT_KIND_LISTENER, name.buf, "");
	if (subject == SUBJECT_NONE)
		return -E2BIG;
	number_set(snapshot, subject, "port", listener->port, origin);
	number_set(snapshot, subject, "queue", listener->queue, origin);
	number_set(snapshot, subject, "backlog", listener->backlog, origin);
	number_set(snapshot, subject, "uid", listener->uid, origin);
	number_set(snapshot, subject, "inode", listener->inode, origin);
	return 0;
}

struct dump {
	struct snapshot *snapshot;
	uint32_t left_out;
};

static int dump_take(void *context, uint16_t type, const void *body, size_t length)
{
	struct listener listener = { 0 };
	struct dump *dump = context;
	struct inet_diag_msg message;

	if (type != SOCK_DIAG_BY_FAMILY || length < sizeof(message))
		return 0;
	memcpy(&message, body, sizeof(message));
	if (message.idiag_state != TCP_LISTEN ||
	    !inet_ntop(message.idiag_family, message.id.idiag_src, listener.address, sizeof(listener.address)))
		return 0;
	listener.ipv6 = message.idiag_family == AF_INET6;
	listener.port = ntohs(message.id.idiag_sport);
	listener.queue = message.idiag_rqueue;
	listener.backlog = message.idiag_wqueue;
	listener.uid = message.idiag_uid;
	listener.inode = message.idiag_inode;
	if (listener_add(dump->snapshot, &listener, "sock_diag") < 0)
		dump->left_out++;
	return 0;
}

static int listeners_dump(struct dump *dump)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct inet_diag_req_v2 request = {
			.sdiag_family = families[i],
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = 1U << TCP_LISTEN,
		};
		int r = netlink_dump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, &request, sizeof(request), dump_take, dump);

		if (r < 0 && (i == 0 || r != -ENOENT))	/* -ENOENT: a kernel without IPv6 */
			return r;
	}
	return 0;
}

/* "0100007F:0CEA", "00000000000000000000000001000000:0016": words of the address in the order of the machine's own bytes,
 * taken to be that of this one. */
static bool address_parse(const char *word, size_t length, bool ipv6, struct listener *listener)
{
	size_t digits = ipv6 ? 32 : 8;
	uint32_t words[4] = { 0 };
	uint64_t port, part;

	if (length != digits + 5 || word[digits] != ':')
		return false;
	for (size_t i = 0; i < digits / 8; i++) {
		char text[9] = "";

		memcpy(text, word + 8 * i, 8);
		if (parse_hex(text, &part) < 0)
			return false;
		words[i] = (uint32_t)part;
	}
	word += digits + 1;
	if (!scan_hex(&word, &port) || port > UINT16_MAX)
		return false;
	listener->port = (uint16_t)port;
	listener->ipv6 = ipv6;
	return inet_ntop(ipv6 ? AF_INET6 : AF_INET, words, listener->address, sizeof(listener->address));
}

int listener_proc_parse(const char *line, bool ipv6, struct listener *ret_listener)
{
	/*   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 12345 1 … */
	struct listener listener = { .queue = -1, .backlog = -1, .uid = -1, .inode = -1 };
	struct {
		const char *text;
		size_t length;
	} words[10];
	uint64_t waiting, uid, inode;
	const char *at;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!next_word(&line, &words[i].text, &words[i].length))
			return i > 3 ? -EBADMSG : 0;
	if (words[3].length != 2 || memcmp(words[3].text, "0A", 2) != 0)
		return 0;
	at = memchr(words[4].text, ':', words[4].length);
	if (!at || !address_parse(words[1].text, words[1].length, ipv6, &listener))
		return -EBADMSG;
	at++;
	if (!scan_hex(&at, &waiting) || !scan_u64(&words[7].text, &uid) || !scan_u64(&words[9].text, &inode) ||
	    waiting > UINT32_MAX || uid > UINT32_MAX || inode > INT64_MAX)
		return -EBADMSG;
	listener.queue = (int64_t)waiting;
	listener.uid = (int64_t)uid;
	listener.inode = (int64_t)inode;
	*ret_listener = listener;
	return 1;
}

/* "0.0.0.0:22", "[::1]:22", "*:80" (both families), "127.0.0.53%lo:53", "[fe80::1]%eth0:53", ":::80" of older versions */
static bool ss_address_parse(const char *word, size_t length, struct listener *listener)
{
	size_t colon = length, end;
	uint64_t port;
	const char *at;

	while (colon > 0 && word[colon - 1] != ':')
		colon--;
	at = word + colon;
	if (colon < 2 || !scan_u64(&at, &port) || at != word + length || port > UINT16_MAX)
		return false;
	end = colon - 1;
	for (size_t i = 0; i < end; i++)
		if (word[i] == '%')
			end = i;
	if (end > 2 && word[0] == '[' && word[end - 1] == ']') {
		word++;
		end -= 2;
	}
	if (end == 0 || end >= sizeof(listener->address))
		return false;
	memcpy(listener->address, word, end);
	listener->address[end] = '\0';
	if (streq(listener->address, "*"))
		memcpy(listener->address, "::", 3);
	listener->ipv6 = strchr(listener->address, ':') != NULL;
	listener->port = (uint16_t)port;
	return true;
}

/* "uid:1000", "ino:2345": what is after the colon, or -1. */
static int64_t labelled_number(const char *word, size_t length, const char *label, int64_t otherwise)
{
	size_t n = strlen(label);
	uint64_t value;

	if (length <= n || memcmp(word, label, n) != 0)
		return otherwise;
	word += n;
	return scan_u64(&word, &value) && value <= INT64_MAX ? (int64_t)value : otherwise;
}

int listener_ss_parse(const char *line, struct listener *ret_listener)
{
	/* tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3)) ino:17 sk:1 <-> … */
	struct listener listener = { .queue = -1, .backlog = -1, .uid = -1, .inode = -1 };
	const char *word, *state;
	uint64_t queue, backlog;
	size_t length;

	if (!next_word(&line, &word, &length) || length != 3 || memcmp(word, "tcp", 3) != 0)
		return 0;
	if (!next_word(&line, &state, &length) || length != 6 || memcmp(state, "LISTEN", 6) != 0)
		return 0;
	if (!next_word(&line, &word, &length) || !scan_u64(&word, &queue) || !next_word(&line, &word, &length) ||
	    !scan_u64(&word, &backlog) || queue > UINT32_MAX || backlog > UINT32_MAX)
		return -EBADMSG;
	listener.queue = (int64_t)queue;
	listener.backlog = (int64_t)backlog;
	if (!next_word(&line, &word, &length) || !ss_address_parse(word, length, &listener))
		return -EBADMSG;
	while (next_word(&line, &word, &length)) {
		listener.uid = labelled_number(word, length, "uid:", listener.uid);
		listener.inode = labelled_number(word, length, "ino:", listener.inode);
	}
	if (listener.uid < 0)
		listener.uid = 0;		/* ss leaves out root's */
	*ret_listener = listener;
	return 1;
}

static void listeners_note(struct snapshot *snapshot, const char *file, uint32_t bad, uint32_t left_out)
{
	struct place place = { .file = file };

	if (bad)
		(void)diag_warning(snapshot_notes(snapshot), &place, "%u lines make no sense", bad);
	if (left_out)
		(void)diag_warning(snapshot_notes(snapshot), &place, "%u listening sockets beyond %u were left out",
				   left_out, LISTENERS_MAX);
}

enum table_form { TABLE_TCP, TABLE_TCP6, TABLE_SS };

static int table_read(const struct root *root, const char *path, enum table_form form, struct snapshot *snapshot)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	uint32_t bad = 0, left_out = 0;
	const char *cursor;
	int r;

	r = root_read_limit(root, path, TCP_TABLE_MAX, &text);
	if (r < 0)
		return r;
	cursor = text.buf;
	do {
		struct listener listener;

		r = form == TABLE_SS ? listener_ss_parse(cursor, &listener)
				     : listener_proc_parse(cursor, form == TABLE_TCP6, &listener);
		bad += r < 0;
		if (r == 1 && listener_add(snapshot, &listener, path) < 0)
			left_out++;
	} while (next_line(&cursor));
	listeners_note(snapshot, path, bad, left_out);
	return 0;
}

static void tables_read(const struct root *root, struct snapshot *snapshot)
{
	static const struct {
		const char *path;
		enum table_form form;
	} tables[] = { { "/proc/net/tcp", TABLE_TCP }, { "/proc/net/tcp6", TABLE_TCP6 } };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct place place = { .file = tables[i].path };
		int r = table_read(root, tables[i].path, tables[i].form, snapshot);

		if (r < 0 && r != -ENOENT)
			(void)diag_warning(snapshot_notes(snapshot), &place, "cannot read it: %s", strerror(-r));
	}
}

static int listener_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	static const char ss[] = "/sos_commands/networking/ss_-peaonmi";
	struct dump dump = { .snapshot = snapshot };

	(void)options;
	if (root_is_live(root) && listeners_dump(&dump) == 0) {
		listeners_note(snapshot, NULL, 0, dump.left_out);
		return 0;
	}
	if (root->layout == ROOT_SOSREPORT && table_read(root, ss, TABLE_SS, snapshot) == 0)
		return 0;
	if (snapshot_kind_count(snapshot, SUBJECT_KIND_LISTENER) == 0)
		tables_read(root, snapshot);
	return 0;
}

static const char *const listener_paths[] = {
	"/proc/net/tcp",
	"/proc/net/tcp6",
	"/sos_commands/networking/ss_-peaonmi",
	NULL,
};

const struct probe probe_listener = {
	.name = "listener",
	.summary = "listening TCP sockets and their accept queues",
	.paths = listener_paths,
	.read = listener_read,
};
