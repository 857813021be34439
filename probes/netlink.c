/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define NETLINK_BUFFER 32768	/* the kernel fills at most this much per read of a dump */
#define NETLINK_READS_MAX 100000

static int dump_send(int fd, uint16_t type, const void *request, size_t length)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr header = {
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = 1,
	};
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)(uintptr_t)request, .iov_len = length },
	};
	struct msghdr message = {
		.msg_name = (void *)(uintptr_t)&kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
	};

	return sendmsg(fd, &message, 0) < 0 ? -errno : 0;
}

/* The messages of one read.  1: that was the last, 0: more to come. */
static int dump_take(const char *buffer, size_t n, netlink_handler *handler, void *context)
{
	while (n >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;
		size_t step;
		int r;

		memcpy(&header, buffer, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > n)
			return -EBADMSG;
		if (header.nlmsg_type == NLMSG_DONE)
			return 1;
		if (header.nlmsg_type == NLMSG_ERROR) {
			int error;

			if (header.nlmsg_len < sizeof(header) + sizeof(error))
				return -EBADMSG;
			memcpy(&error, buffer + sizeof(header), sizeof(error));
			return error < 0 ? error : 1;
		}
		r = handler(context, header.nlmsg_type, buffer + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
		if (r < 0)
			return r;
		step = MIN(NLMSG_ALIGN(header.nlmsg_len), n);
		buffer += step;
		n -= step;
	}
	return 0;
}

int netlink_dump(int protocol, uint16_t type, const void *request, size_t length, netlink_handler *handler,
		 void *context)
{
	const struct timeval patience = { .tv_sec = 1 };
	CLEANUP(free_ptr) char *buffer = NULL;
	CLEANUP(close_fd) int fd = -1;
	int r;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	r = dump_send(fd, type, request, length);
	if (r < 0)
		return r;
	buffer = xmalloc(NETLINK_BUFFER);
	for (unsigned int reads = 0; reads < NETLINK_READS_MAX; reads++) {
		ssize_t n = recv(fd, buffer, NETLINK_BUFFER, MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 || (size_t)n > NETLINK_BUFFER)
			return -EBADMSG;
		r = dump_take(buffer, (size_t)n, handler, context);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return -E2BIG;
}

const void *netlink_attribute(const void *body, size_t length, size_t skip, uint16_t type, size_t *ret_length)
{
	const char *at = body;

	skip = NLMSG_ALIGN(skip);
	if (length < skip)
		return NULL;
	at += skip;
	length -= skip;
	while (length >= NLA_HDRLEN) {
		struct nlattr header;
		size_t step;

		memcpy(&header, at, sizeof(header));
		if (header.nla_len < NLA_HDRLEN || header.nla_len > length)
			return NULL;
		if ((header.nla_type & NLA_TYPE_MASK) == type) {
			*ret_length = header.nla_len - NLA_HDRLEN;
			return at + NLA_HDRLEN;
		}
		step = MIN((size_t)NLA_ALIGN(header.nla_len), length);
		at += step;
		length -= step;
	}
	return NULL;
}

bool netlink_attribute_u32(const void *body, size_t length, size_t skip, uint16_t type, uint32_t *ret_value)
{
	size_t n;
	const void *value = netlink_attribute(body, length, skip, type, &n);

	if (!value || n < sizeof(*ret_value))
		return false;
	memcpy(ret_value, value, sizeof(*ret_value));
	return true;
}

void netlink_attribute_text(const void *body, size_t length, size_t skip, uint16_t type, char *text, size_t size)
{
	size_t n = 0;
	const void *value = netlink_attribute(body, length, skip, type, &n);

	n = value ? MIN(strnlen(value, n), size - 1) : 0;
	if (n)
		memcpy(text, value, n);
	text[n] = '\0';
}
