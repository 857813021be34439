/* SPDX-License-Identifier: Apache-2.0 */
/* libarchive, loaded when an archive is read (library.h): with the libraries behind it, it would cost every run two
 * milliseconds.  The functions are libarchive's own, under their own names.  Only its reading half is used: what is in an
 * archive is never written by it. */
#ifndef KEISOKU_LIBARCHIVE_H
#define KEISOKU_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#define LIBARCHIVE_FUNCTIONS(X)                                                                                       \
	X(archive_entry_filetype)                                                                                      \
	X(archive_entry_hardlink)                                                                                      \
	X(archive_entry_hardlink_utf8)                                                                                 \
	X(archive_entry_pathname)                                                                                      \
	X(archive_entry_pathname_utf8)                                                                                 \
	X(archive_entry_size)                                                                                          \
	X(archive_entry_symlink)                                                                                       \
	X(archive_entry_symlink_utf8)                                                                                  \
	X(archive_error_string)                                                                                        \
	X(archive_read_data_block)                                                                                     \
	X(archive_read_free)                                                                                           \
	X(archive_read_new)                                                                                            \
	X(archive_read_next_header)                                                                                    \
	X(archive_read_open2)                                                                                          \
	X(archive_read_support_filter_bzip2)                                                                           \
	X(archive_read_support_filter_gzip)                                                                            \
	X(archive_read_support_filter_lz4)                                                                             \
	X(archive_read_support_filter_xz)                                                                              \
	X(archive_read_support_filter_zstd)                                                                            \
	X(archive_read_support_format_empty)                                                                           \
	X(archive_read_support_format_raw)                                                                             \
	X(archive_read_support_format_tar)

struct libarchive {
#define X(function) __typeof__(&(function)) function;
	LIBARCHIVE_FUNCTIONS(X)
#undef X
};

/* NULL when the library is not installed or lacks one of the functions.  Loaded once and kept. */
const struct libarchive *libarchive_library(void);

#endif
