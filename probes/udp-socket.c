/* SPDX-License-Identifier: Apache-2.0 */
/* Which UDP socket loses datagrams, and how large its buffer is.
 *
 * /proc/net/snmp counts what all sockets of the namespace lost together.  Whether net.core.rmem_default, SO_RCVBUF or
 * net.core.rmem_max made the buffer shows only in the socket: sock_diag(7) has sk_rcvbuf and sk_drops of each. */
#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "netlink.h"
#include "probe.h"

#define ORIGIN "sock_diag"

struct worst {
	uint32_t drops, buffer;
	uint16_t port;
};

static int socket_take(void *context, uint16_t type, const void *body, size_t length)
{
	struct worst *worst = context;
	struct inet_diag_msg message;
	uint32_t drops, buffer;
	const uint8_t *memory;
	size_t size;

	if (type != SOCK_DIAG_BY_FAMILY || length < sizeof(message))
		return 0;
	memcpy(&message, body, sizeof(message));
	memory = netlink_attribute(body, length, sizeof(message), INET_DIAG_SKMEMINFO, &size);
	if (!memory || size < (SK_MEMINFO_DROPS + 1) * sizeof(uint32_t))
		return 0;	/* before Linux 4.7 */
	memcpy(&buffer, memory + SK_MEMINFO_RCVBUF * sizeof(uint32_t), sizeof(buffer));
	memcpy(&drops, memory + SK_MEMINFO_DROPS * sizeof(uint32_t), sizeof(drops));
	if (drops > worst->drops)
		*worst = (struct worst){ .drops = drops, .buffer = buffer, .port = ntohs(message.id.idiag_sport) };
	return 0;
}

static int sockets_dump(struct worst *worst)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct inet_diag_req_v2 request = {
			.sdiag_family = families[i],
			.sdiag_protocol = IPPROTO_UDP,
			.idiag_ext = 1U << (INET_DIAG_SKMEMINFO - 1),
			.idiag_states = UINT32_MAX,
		};
		int r = netlink_dump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, &request, sizeof(request), socket_take,
				     worst);

		if (r < 0 && (i == 0 || r != -ENOENT))	/* -ENOENT: a kernel without IPv6 */
			return r;
	}
	return 0;
}

static int udp_socket_read(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	static const char *const keys[] = { "udp.worst.drops", "udp.worst.buffer", "udp.worst.port" };
	struct worst worst = { 0 };
	int r;

	(void)options;
	if (!root_is_live(root))
		return 0;
	r = sockets_dump(&worst);
	if (r == 0 && worst.drops == 0)
		r = -ENOENT;	/* nobody lost any */
	if (r < 0) {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			snapshot_set_absent(snapshot, SUBJECT_HOST, keys[i], r, ORIGIN);
		return 0;
	}
	snapshot_setf(snapshot, SUBJECT_HOST, "udp.worst.drops", ORIGIN, "%" PRIu32, worst.drops);
	snapshot_setf(snapshot, SUBJECT_HOST, "udp.worst.buffer", ORIGIN, "%" PRIu32, worst.buffer);
	snapshot_setf(snapshot, SUBJECT_HOST, "udp.worst.port", ORIGIN, "%" PRIu16, worst.port);
	return 0;
}

static const char *const udp_socket_paths[] = { NULL };

const struct probe probe_udp_socket = {
	.name = "udp-socket",
	.summary = "the UDP socket that lost most, and its buffer",
	.paths = udp_socket_paths,
	.read = udp_socket_read,
};
