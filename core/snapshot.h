/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot: every subject with its settings and metrics at one time.  A typed store of (subject, key) → value.
 *
 * A setting keeps its raw text exactly (rollback restores just that) and its origin.  What type and unit the text has is
 * known to the registry, not to the snapshot.  Absent is not zero: a key that was looked for and not found is kept with
 * its reason; a key that nobody looked for is not in the store at all.
 *
 * A metric is a series: samples taken at every tick of the window, kept per interval in at most SLOT_MAX slots; when
 * they are full, neighbouring slots are merged (counters add up, gauges average) and the interval doubles, so memory
 * is bounded whatever the window.  Extremes are kept exactly besides. */
#ifndef KEISOKU_SNAPSHOT_H
#define KEISOKU_SNAPSHOT_H

#include <stdio.h>

#include "arena.h"
#include "diag.h"

enum subject_kind {
	SUBJECT_KIND_HOST,
	SUBJECT_KIND_CPU,		/* name: "0" */
	SUBJECT_KIND_NUMA_NODE,		/* "0" */
	SUBJECT_KIND_BLOCK,		/* "sda", "dm-0" */
	SUBJECT_KIND_MOUNT,		/* the mount point */
	SUBJECT_KIND_INTERFACE,		/* "eth0" */
	SUBJECT_KIND_CGROUP,		/* path in the hierarchy: "/system.slice/x.service" */
	SUBJECT_KIND_UNIT,		/* systemd: "nginx.service" */
	SUBJECT_KIND_PROCESS,		/* "PID (comm)" */
	SUBJECT_KIND_LISTENER,		/* a listening TCP socket: "tcp 0.0.0.0:80" */
	SUBJECT_KIND_CONTAINER,
	SUBJECT_KIND_WORKLOAD,
	SUBJECT_KIND_NODE,		/* of a cluster */
	SUBJECT_KIND_COUNT,
};

const char *subject_kind_name(enum subject_kind kind);			/* "host", "numa-node" … */
int subject_kind_parse(const char *name, enum subject_kind *ret_kind);

struct subject {
	enum subject_kind kind;
	const char *name;
	const char *path;	/* of the directory its settings are read from, "" if none: "/sys/block/sda/queue" */
	uint32_t last_setting;	/* see snapshot_subject_settings() */
};

typedef uint32_t subject_id;
#define SUBJECT_HOST ((subject_id)0)	/* always there */
#define SUBJECT_NONE UINT32_MAX
#define SUBJECTS_MAX 200000

/* Why a setting has no value. */
enum absence {
	PRESENT,
	ABSENT,			/* the file is not there (ENOENT, ENODEV, ENXIO, ENOTDIR) */
	UNREADABLE,		/* it is there and may not be read (EACCES, EPERM, EROFS …) */
	UNSUPPORTED,		/* the kernel says it does not do this (EOPNOTSUPP, EINVAL, ENOSYS) */
	UNPARSABLE,		/* it was read and made no sense */
};

const char *absence_name(enum absence absence);
enum absence absence_from_errno(int negative_errno);

struct setting;
bool setting_left_out(const struct setting *setting);
const char *setting_error_text(const struct setting *setting);	/* what error means, in words */

struct setting {
	subject_id subject;
	uint32_t key;			/* symbol */
	enum absence absence;
	int error;			/* negative errno behind UNREADABLE and UNSUPPORTED; -ECANCELED: left out
					 * on purpose, a secret or a file that does something when it is read */
	const char *raw;		/* PRESENT and UNPARSABLE: the text, without the newline at its end; else "" */
	uint32_t raw_length;		/* raw may contain zero bytes */
	uint32_t before;		/* the one added before it to the same subject: its position + 1 */
	const char *origin;		/* path or "file:line"; NULL: subject path + "/" + key */
};

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

#define SLOT_MAX 240
#define SNAPSHOT_TEXT_MAX ((size_t)1 << 30)	/* of a saved one */

struct series {
	subject_id subject;
	uint32_t key;			/* symbol */
	enum metric_kind kind;
	uint8_t wrap_bits;		/* 32: a smaller value may be a wrap; 0: only a reset explains it */
	bool frozen;			/* a switch keeps it from counting (iostats=0 …): unknown, not zero */
	bool touched;			/* a sample came in the current tick */
	bool gap;			/* none came in the one before */
	uint32_t samples;		/* ticks with a value */
	uint32_t resets, wraps, gaps;	/* gaps: ticks without a value after the first */
	double first, last;		/* as read; for a counter last is "since boot" (or since the subject began) */
	uint64_t last_counter;
	double delta;			/* counters: sum over the window, resets excluded */
	double min, max;		/* of the per-interval values (counter: per second; gauge: as read) */
	double sum;			/* gauges: of all samples */
	double *slots;			/* per interval: counter: increase, gauge: value; NAN: missing.
					 * NULL: every interval has the same value (counter 0, gauge last) */
	uint32_t slots_capacity;
	uint32_t first_slot;		/* the first interval this series has a value for */
};

/* The intervals all series share. */
struct window {
	bool live;			/* a window was measured; false: only counters since boot */
	double interval_sec;		/* asked for */
	double start_realtime, end_realtime;	/* seconds since 1970 */
	double duration_sec;		/* monotonic, from first to last tick, without suspends */
	uint32_t ticks;			/* including the first */
	uint32_t missed;		/* ticks that came later than half an interval */
	uint32_t merges;		/* how often slots were merged */
	double suspended_sec;		/* CLOCK_BOOTTIME − CLOCK_MONOTONIC over the window */
	bool interrupted;
	uint32_t slot_count;
	double slot_seconds[SLOT_MAX];
	uint32_t pending;		/* intervals collected in the newest slot while merging */
};

struct snapshot;

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);
DEFINE_FREE_PTR(snapshot)

/* Finds or adds; SUBJECT_NONE when SUBJECTS_MAX is reached (counted, and reported as truncated).  Strings are copied. */
subject_id snapshot_subject(struct snapshot *snapshot, enum subject_kind kind, const char *name, const char *path);
subject_id snapshot_find_subject(const struct snapshot *snapshot, enum subject_kind kind, const char *name);
const struct subject *snapshot_subject_get(const struct snapshot *snapshot, subject_id id);
uint32_t snapshot_subject_count(const struct snapshot *snapshot);
/* Subjects of one kind in the order they were added. */
uint32_t snapshot_kind_count(const struct snapshot *snapshot, enum subject_kind kind);
subject_id snapshot_kind_get(const struct snapshot *snapshot, enum subject_kind kind, uint32_t index);

/* Subjects that belong to another one, in the order they were added: the containers of a workload, which say so in their setting
 * "workload".  Lent until a subject or setting is added. */
bool snapshot_owns(enum subject_kind owner, enum subject_kind kind);
uint32_t snapshot_owned(const struct snapshot *snapshot, subject_id owner, enum subject_kind kind, const subject_id **ret_ids);

/* Settings.  A second set of the same (subject, key) replaces the first.  origin may be NULL (see above). */
void snapshot_set(struct snapshot *snapshot, subject_id subject, const char *key, const char *raw, size_t length,
		  const char *origin);
void snapshot_set_string(struct snapshot *snapshot, subject_id subject, const char *key, const char *raw,
			 const char *origin);
void snapshot_setf(struct snapshot *snapshot, subject_id subject, const char *key, const char *origin,
		   const char *format, ...) FORMAT_PRINTF(5, 6);
/* error: negative errno; -EBADMSG stands for UNPARSABLE. */
void snapshot_set_absent(struct snapshot *snapshot, subject_id subject, const char *key, int error, const char *origin);
/* What root_read() gave: value when result >= 0 (text trimmed of its last newline), absence otherwise. */
void snapshot_set_read(struct snapshot *snapshot, subject_id subject, const char *key, int result, const char *raw,
		       size_t length, const char *origin);

const struct setting *snapshot_get(const struct snapshot *snapshot, subject_id subject, const char *key);
const struct setting *snapshot_get_symbol(const struct snapshot *snapshot, subject_id subject, uint32_t key);
uint32_t snapshot_key_find(const struct snapshot *snapshot, const char *key);	/* symbol, or SYMBOL_NONE */
const char *snapshot_key_name(const struct snapshot *snapshot, uint32_t symbol);
/* The text of a PRESENT setting, or NULL. */
const char *snapshot_text(const struct snapshot *snapshot, subject_id subject, const char *key);
size_t snapshot_setting_count(const struct snapshot *snapshot);
const struct setting *snapshot_setting_at(const struct snapshot *snapshot, size_t index);	/* in order of addition */
/* The newest setting of a subject, and the one added before; NULL: no more. */
const struct setting *snapshot_subject_settings(const struct snapshot *snapshot, subject_id subject);
const struct setting *snapshot_setting_before(const struct snapshot *snapshot, const struct setting *setting);
struct strbuf;
void setting_origin(const struct snapshot *snapshot, const struct setting *setting, struct strbuf *out);

/* Metrics.  A tick is: snapshot_tick_begin(), samples, snapshot_tick_end().  The first tick is the base line.
 * monotonic_sec and boottime_sec come from the caller (the store reads no clock).
 *
 * A handle stays valid for the life of the snapshot; samplers keep it instead of looking the name up each time. */
typedef uint32_t series_id;
#define SERIES_NONE UINT32_MAX

void snapshot_tick_begin(struct snapshot *snapshot, double monotonic_sec, double boottime_sec, double realtime_sec);
void snapshot_tick_end(struct snapshot *snapshot);
series_id snapshot_series(struct snapshot *snapshot, subject_id subject, const char *key, size_t key_length,
			  enum metric_kind kind, uint8_t wrap_bits);
void snapshot_counter(struct snapshot *snapshot, series_id id, uint64_t value);
void snapshot_gauge(struct snapshot *snapshot, series_id id, double value);
/* Why a metric has no samples: kept so that a report can say it. */
void snapshot_metric_absent(struct snapshot *snapshot, subject_id subject, const char *key, int error,
			    const char *origin);
void snapshot_metric_frozen(struct snapshot *snapshot, series_id id);	/* from now on unknown */

const struct series *snapshot_metric(const struct snapshot *snapshot, subject_id subject, const char *key);
const struct series *snapshot_metric_symbol(const struct snapshot *snapshot, subject_id subject, uint32_t key);
size_t snapshot_series_count(const struct snapshot *snapshot);
const struct series *snapshot_series_at(const struct snapshot *snapshot, size_t index);
struct window *snapshot_window(struct snapshot *snapshot);
const struct window *snapshot_window_get(const struct snapshot *snapshot);

/* The value of interval slot: counters per second, gauges as they are; NAN when missing. */
double series_slot_value(const struct snapshot *snapshot, const struct series *series, uint32_t slot);

/* Things worth saying about the capture itself: a truncated directory, a skipped file.  Part of the snapshot. */
struct diag *snapshot_notes(struct snapshot *snapshot);
const struct diag *snapshot_notes_get(const struct snapshot *snapshot);

/* Saved form: docs/snapshot.schema.json.  sha256 is over the text of the "content" member.
 * load: -EINVAL after diag_error() with file, line and column. */
int snapshot_save(const struct snapshot *snapshot, FILE *out);
int snapshot_load(const char *file, const char *text, size_t length, struct diag *diag, struct snapshot **ret_snapshot);

/* Replaces host names, addresses, device serials, user names and command lines by stable placeholders
 * (host-1, address-3 …): the same text always by the same placeholder within one snapshot. */
void snapshot_redact(struct snapshot *snapshot);

#endif
