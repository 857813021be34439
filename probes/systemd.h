/* SPDX-License-Identifier: Apache-2.0 */
/* libsystemd, loaded when there is a bus or a journal to read and not before: linked, it and the five libraries behind
 * it cost every run a mebibyte and a millisecond.
 *
 *	const struct systemd *lib = systemd_library();
 *	if (lib)
 *		r = lib->sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);
 *
 * The functions are those of sd-bus(3) and sd-journal(3), under their own names. */
#ifndef KEISOKU_SYSTEMD_H
#define KEISOKU_SYSTEMD_H

#include <systemd/sd-bus.h>
#include <systemd/sd-journal.h>

#define SYSTEMD_FUNCTIONS(X)                                                                                          \
	X(sd_bus_call)                                                                                                 \
	X(sd_bus_close_unref)                                                                                          \
	X(sd_bus_error_free)                                                                                           \
	X(sd_bus_is_ready)                                                                                             \
	X(sd_bus_message_append)                                                                                       \
	X(sd_bus_message_append_strv)                                                                                  \
	X(sd_bus_message_at_end)                                                                                       \
	X(sd_bus_message_enter_container)                                                                              \
	X(sd_bus_message_exit_container)                                                                               \
	X(sd_bus_message_new_method_call)                                                                              \
	X(sd_bus_message_peek_type)                                                                                    \
	X(sd_bus_message_read)                                                                                         \
	X(sd_bus_message_read_basic)                                                                                   \
	X(sd_bus_message_set_auto_start)                                                                               \
	X(sd_bus_message_skip)                                                                                         \
	X(sd_bus_message_unref)                                                                                        \
	X(sd_bus_open_system)                                                                                          \
	X(sd_bus_process)                                                                                              \
	X(sd_bus_wait)                                                                                                 \
	X(sd_journal_add_conjunction)                                                                                  \
	X(sd_journal_add_disjunction)                                                                                  \
	X(sd_journal_add_match)                                                                                        \
	X(sd_journal_close)                                                                                            \
	X(sd_journal_get_cursor)                                                                                        \
	X(sd_journal_get_data)                                                                                         \
	X(sd_journal_get_fd)                                                                                           \
	X(sd_journal_get_monotonic_usec)                                                                               \
	X(sd_journal_get_realtime_usec)                                                                                \
	X(sd_journal_next)                                                                                             \
	X(sd_journal_next_skip)                                                                                        \
	X(sd_journal_open)                                                                                             \
	X(sd_journal_open_directory)                                                                                   \
	X(sd_journal_open_directory_fd)                                                                                \
	X(sd_journal_open_files)                                                                                       \
	X(sd_journal_open_files_fd)                                                                                    \
	X(sd_journal_previous)                                                                                         \
	X(sd_journal_previous_skip)                                                                                    \
	X(sd_journal_process)                                                                                          \
	X(sd_journal_seek_cursor)                                                                                       \
	X(sd_journal_seek_head)                                                                                        \
	X(sd_journal_seek_monotonic_usec)                                                                              \
	X(sd_journal_seek_realtime_usec)                                                                               \
	X(sd_journal_seek_tail)                                                                                        \
	X(sd_journal_set_data_threshold)

struct systemd {
#define X(function) __typeof__(&(function)) function;
	SYSTEMD_FUNCTIONS(X)
#undef X
};

/* NULL when the library is not installed or lacks one of the functions.  Loaded once and kept. */
const struct systemd *systemd_library(void);

#endif
