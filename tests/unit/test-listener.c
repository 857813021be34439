/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "skip.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "../../probes/listener.h"

extern const struct probe probe_listener;

#define HEADER "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

static void a_tree_has_the_queue_but_not_the_backlog(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/net/tcp",
		   HEADER
		   "   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 12345 1 0 100 0\n"
		   "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0\n"
		   "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0\n"
		   "   3: 0100007F:0CEA 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0\n");
	tree_write(tree, "/proc/net/tcp6",
		   HEADER "   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A "
			  "00000000:00000001 00:00000000 00000000     0        0 4 1 0 100 0\n");
	tree_read(tree, &probe_listener);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_LISTENER), 4);
	assert_setting(tree, LISTENER, "tcp 127.0.0.1:3306", "queue", "3");
	assert_setting(tree, LISTENER, "tcp 127.0.0.1:3306", "uid", "1000");
	assert_setting(tree, LISTENER, "tcp 127.0.0.1:3306", "inode", "12345");
	assert_setting(tree, LISTENER, "tcp 127.0.0.1:3306", "backlog", ABSENCE(ABSENT));
	assert_setting(tree, LISTENER, "tcp 0.0.0.0:80 #2", "inode", "2");
	assert_setting(tree, LISTENER, "tcp [::1]:22", "port", "22");
}

static void a_sosreport_has_both_from_ss(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/sos_commands/networking/ss_-peaonmi",
		   "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n"
		   "u_str LISTEN 0      4096   /run/systemd/private 22311 * 0 <->\n"
		   "\t skmem:(r0,rb212992,t0)\n"
		   "tcp   LISTEN 129    128    0.0.0.0:22          0.0.0.0:* users:((\"sshd\",pid=1,fd=3)) ino:17 sk:1 <->\n"
		   "tcp   LISTEN 0      511    *:80                *:*       uid:33 ino:18 sk:2 v6only:0 <->\n"
		   "tcp   LISTEN 0      4096   127.0.0.53%lo:53    0.0.0.0:* uid:101 ino:19 sk:3 <->\n"
		   "tcp   LISTEN 0      4096   [fe80::1]%eth0:53   [::]:*    uid:101 ino:20 sk:4 <->\n"
		   "tcp   ESTAB  0      0      10.0.0.1:22         10.0.0.2:5555 ino:21\n"
		   "tcp   LISTEN x\n");
	tree_write(tree, "/proc/net/tcp", "not looked at");
	tree_read(tree, &probe_listener);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_LISTENER), 4);
	assert_setting(tree, LISTENER, "tcp 0.0.0.0:22", "queue", "129");
	assert_setting(tree, LISTENER, "tcp 0.0.0.0:22", "backlog", "128");
	assert_setting(tree, LISTENER, "tcp 0.0.0.0:22", "uid", "0");
	assert_setting(tree, LISTENER, "tcp [::]:80", "backlog", "511");
	assert_setting(tree, LISTENER, "tcp 127.0.0.53:53", "uid", "101");
	assert_setting(tree, LISTENER, "tcp [fe80::1]:53", "inode", "20");
	assert_true(tree_noted(tree, "1 lines make no sense"));
}

static void truncated_lines_are_noted_and_cost_only_themselves(void **state)
{
	struct tree *tree = *state;

	tree_write(tree, "/proc/net/tcp",
		   "   0: 0100007F:0CEA 00000000:0000 0A 00000000:0000\n"
		   "   1: ZZ00007F:0CEA 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 12345 1\n"
		   "   2: 0100007F:0CEA 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 12345 1\n"
		   "\1\2");
	tree_read(tree, &probe_listener);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_LISTENER), 1);
	assert_true(tree_noted(tree, "2 lines make no sense"));
}

static void a_tree_without_sockets_has_no_listeners(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/proc");
	tree_read(tree, &probe_listener);
	assert_int_equal(snapshot_kind_count(tree->snapshot, SUBJECT_KIND_LISTENER), 0);
	assert_int_equal(snapshot_notes(tree->snapshot)->count, 0);
}

/* The kernel's own answer, for a socket whose backlog and queue are known. */
static void a_live_listener_tells_its_queue_and_its_backlog(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CLEANUP(close_fd) int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP(close_fd) int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP(root_free_ptr) struct root *root = NULL;
	socklen_t length = sizeof(address);
	struct tree *tree = *state;
	char name[64];

	if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 5) < 0 || getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
	    connect(client, (const struct sockaddr *)&address, sizeof(address)) < 0)
		skip_because("no socket can listen on the loopback address");
	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_listener.read(root, NULL, tree->snapshot), 0);
	snprintf(name, sizeof(name), "tcp 127.0.0.1:%u", ntohs(address.sin_port));
	if (snapshot_get(tree->snapshot, snapshot_find_subject(tree->snapshot, SUBJECT_KIND_LISTENER, name),
			 "backlog")->absence == ABSENT)
		skip_because("sock_diag is not to be had, and /proc/net/tcp was read instead");
	assert_setting(tree, LISTENER, name, "queue", "1");
	assert_setting(tree, LISTENER, name, "backlog", "5");
}

static void there_are_at_most_so_many_listeners(void **state)
{
	const struct listener listener = { .address = "0.0.0.0", .port = 80, .queue = 1, .backlog = -1 };
	struct listener other = listener;
	struct tree *tree = *state;

	tree->snapshot = snapshot_new();
	for (unsigned int i = 0; i < LISTENERS_MAX; i++) {
		other.port = (uint16_t)(i + 1);
		assert_int_equal(listener_add(tree->snapshot, &other, "test"), 0);
	}
	assert_int_equal(listener_add(tree->snapshot, &listener, "test"), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_tree_has_the_queue_but_not_the_backlog),
		tree_test(a_sosreport_has_both_from_ss),
		tree_test(truncated_lines_are_noted_and_cost_only_themselves),
		tree_test(a_tree_without_sockets_has_no_listeners),
		tree_test(a_live_listener_tells_its_queue_and_its_backlog),
		tree_test(there_are_at_most_so_many_listeners),
	};

	return RUN_TESTS(tests);
}
