/* SPDX-License-Identifier: Apache-2.0 */
#include "probe-tree.h"

#include "skip.h"

#include <arpa/inet.h>
#include <sys/socket.h>

extern const struct probe probe_udp_socket;

#define MANY 20000
#define BUFFER 3000		/* of SO_RCVBUF; the kernel doubles it */

/* More datagrams than any other socket of this namespace is likely to have lost. */
static void overflow(const struct sockaddr_in *address)
{
	CLEANUP(close_fd) int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static const char text[1000];

	for (unsigned int i = 0; i < MANY; i++)
		(void)sendto(sender, text, sizeof(text), 0, (const struct sockaddr *)address, sizeof(*address));
}

static void the_socket_that_lost_most_tells_its_buffer(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CLEANUP(close_fd) int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CLEANUP(root_free_ptr) struct root *root = NULL;
	const struct setting *drops, *port;
	socklen_t length = sizeof(address);
	struct tree *tree = *state;
	int size = BUFFER;
	char text[32];

	if (receiver < 0 || setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ||
	    bind(receiver, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(receiver, (struct sockaddr *)&address, &length) < 0)
		skip_because("no datagrams over the loopback address");
	overflow(&address);
	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_udp_socket.read(root, NULL, tree->snapshot), 0);
	drops = snapshot_get(tree->snapshot, SUBJECT_HOST, "udp.worst.drops");
	port = snapshot_get(tree->snapshot, SUBJECT_HOST, "udp.worst.port");
	assert_non_null(drops);
	assert_non_null(port);
	if (drops->absence != PRESENT)
		skip_because("sock_diag does not tell of UDP");
	snprintf(text, sizeof(text), "%u", ntohs(address.sin_port));
	if (!streq(port->raw, text))
		skip_because("another socket of this host lost more");
	snprintf(text, sizeof(text), "%d", 2 * BUFFER);
	assert_setting(tree, HOST, "", "udp.worst.buffer", text);
	assert_true(strtoul(drops->raw, NULL, 10) > MANY / 2 && strtoul(drops->raw, NULL, 10) <= MANY);
}

/* A namespace in which nothing was lost, or a kernel that does not tell: never a zero, never a guess. */
static void what_is_not_known_is_absent_with_all_three_keys(void **state)
{
	static const char *const keys[] = { "udp.worst.drops", "udp.worst.buffer", "udp.worst.port" };
	CLEANUP(root_free_ptr) struct root *root = NULL;
	struct tree *tree = *state;
	size_t present = 0;

	assert_int_equal(root_open("/", &root), 0);
	tree->snapshot = snapshot_new();
	assert_int_equal(probe_udp_socket.read(root, NULL, tree->snapshot), 0);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct setting *setting = snapshot_get(tree->snapshot, SUBJECT_HOST, keys[i]);

		assert_non_null(setting);
		present += setting->absence == PRESENT;
	}
	assert_true(present == 0 || present == ARRAY_SIZE(keys));
}

static void a_captured_tree_tells_nothing(void **state)
{
	struct tree *tree = *state;

	tree_directory(tree, "/proc");
	tree_read(tree, &probe_udp_socket);
	assert_setting(tree, HOST, "", "udp.worst.drops", NULL);
	assert_setting(tree, HOST, "", "udp.worst.buffer", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(the_socket_that_lost_most_tells_its_buffer),
		tree_test(what_is_not_known_is_absent_with_all_three_keys),
		tree_test(a_captured_tree_tells_nothing),
	};

	return RUN_TESTS(tests);
}
