/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel messages as /dev/kmsg gives them and as text files hold them, down to what the kernel said. */
#ifndef KEISOKU_LOG_TEXT_H
#define KEISOKU_LOG_TEXT_H

#include "../core/base.h"

struct kmsg_record {
	unsigned int facility;		/* 0: the kernel itself */
	uint64_t sequence;
	char *text;			/* in the record, escapes undone; not terminated */
	size_t length;
};

/* "6,339,5140900,-;NET: Registered protocol family 10\n SUBSYSTEM=net\n": priority and facility, number, microseconds,
 * flags and more, separated by commas; the message with \x20 for what does not print; lines that begin with a blank
 * tell more about it and are left out.  Documentation/ABI/testing/dev-kmsg.  -EBADMSG.  The record is changed. */
int kmsg_parse(char *record, size_t length, struct kmsg_record *ret_record);

/* Takes time, priority, host and caller from one line of dmesg, dmesg -T, dmesg -x, kern.log or syslog:
 *
 *	[    1.234567] message			[    1.234567][  T123] message
 *	[Sun Nov 22 16:45:13 2026] message	kern  :warn  : [    1.234567] message
 *	Nov 22 16:45:13 host kernel: [    1.234567] message
 *	2026-11-22T16:45:13.123456+00:00 host kernel: message
 *
 * and lends what is left.  False: a line of syslog by somebody else, or nothing is left. */
bool log_line_parse(const char *line, size_t length, const char **ret_text, size_t *ret_length);

#endif
