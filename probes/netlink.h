/* SPDX-License-Identifier: Apache-2.0 */
/* Dumps over netlink, and walking the attributes of their messages without reading past an end. */
#ifndef KEISOKU_NETLINK_H
#define KEISOKU_NETLINK_H

#include <linux/netlink.h>

#include "../core/base.h"

/* A message of the dump: body is what follows its header.  A negative errno ends the dump with it. */
typedef int netlink_handler(void *context, uint16_t type, const void *body, size_t length);

/* Asks for a dump and calls handler for each message of the answer.  Waits at most a second for each part of it:
 * -EAGAIN then.  Otherwise what socket(2) or the kernel says. */
int netlink_dump(int protocol, uint16_t type, const void *request, size_t length, netlink_handler *handler,
		 void *context);

/* The first attribute of that type after skip bytes (NLMSG_ALIGNed here) of the body; NULL: none. */
const void *netlink_attribute(const void *body, size_t length, size_t skip, uint16_t type, size_t *ret_length);

/* The same as a number of 32 bits, or as text without its zero byte (copied; "" when there is none). */
bool netlink_attribute_u32(const void *body, size_t length, size_t skip, uint16_t type, uint32_t *ret_value);
void netlink_attribute_text(const void *body, size_t length, size_t skip, uint16_t type, char *text, size_t size);

#endif
