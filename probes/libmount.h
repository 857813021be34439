/* SPDX-License-Identifier: Apache-2.0 */
/* libmount, loaded when mounts are read (library.h): linked, it and the libraries behind it cost every run 0.8 MiB and a
 * third of a millisecond.  The functions are libmount's own, under their own names. */
#ifndef KEISOKU_LIBMOUNT_H
#define KEISOKU_LIBMOUNT_H

#include <libmount/libmount.h>

#define LIBMOUNT_FUNCTIONS(X)                                                                                         \
	X(mnt_free_iter)                                                                                               \
	X(mnt_fs_get_devno)                                                                                            \
	X(mnt_fs_get_fstype)                                                                                           \
	X(mnt_fs_get_options)                                                                                          \
	X(mnt_fs_get_root)                                                                                             \
	X(mnt_fs_get_source)                                                                                           \
	X(mnt_fs_get_target)                                                                                           \
	X(mnt_fs_is_pseudofs)                                                                                          \
	X(mnt_new_iter)                                                                                                \
	X(mnt_new_table)                                                                                               \
	X(mnt_optstr_get_option)                                                                                       \
	X(mnt_table_find_target)                                                                                       \
	X(mnt_table_get_userdata)                                                                                      \
	X(mnt_table_next_fs)                                                                                           \
	X(mnt_table_parse_stream)                                                                                      \
	X(mnt_table_set_parser_errcb)                                                                                  \
	X(mnt_table_set_userdata)                                                                                      \
	X(mnt_unref_table)

struct libmount {
#define X(function) __typeof__(&(function)) function;
	LIBMOUNT_FUNCTIONS(X)
#undef X
};

/* NULL when the library is not installed or lacks one of the functions.  Loaded once and kept. */
const struct libmount *libmount_library(void);

#endif
