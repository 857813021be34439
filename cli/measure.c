/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../core/parse.h"
#include "../core/strbuf.h"
#include "../probes/probe.h"
#include "cli.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* The first Ctrl-C ends the window and the report follows; a second one ends the program. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

static double now(clockid_t clock)
{
	struct timespec time;

	(void)clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct running {			/* samplers that opened */
	const struct sampler *sampler;
	void *state;
};

struct measurement {
	const struct arguments *arguments;
	struct snapshot *snapshot;
	struct running running[64];
	size_t n_running;
	bool bar;
};

static void take_tick(struct measurement *measurement)
{
	snapshot_tick_begin(measurement->snapshot, now(CLOCK_MONOTONIC), now(CLOCK_BOOTTIME), now(CLOCK_REALTIME));
	for (size_t i = 0; i < measurement->n_running; i++)
		measurement->running[i].sampler->tick(measurement->running[i].state, measurement->snapshot);
	snapshot_tick_end(measurement->snapshot);
}

static void draw_bar(const struct measurement *measurement, double done, double total)
{
	const int width = 30;
	int filled = (int)(done / total * width + 0.5);

	if (!measurement->bar)
		return;
	fprintf(stderr, "\rmeasuring [%.*s%*s] %3.0f of %.0f s  (Ctrl-C: report what is measured) ", filled,
		"##############################", width - filled, "", done, total);
	fflush(stderr);
}

static void clear_bar(const struct measurement *measurement)
{
	if (measurement->bar)
		fputs("\r\033[K", stderr);
}

static struct timespec time_of(double seconds)
{
	return (struct timespec){ .tv_sec = (time_t)seconds,
				  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
}

/* Ticks stand at whole multiples of the interval from the start, so that a slow tick does not shift the next ones. */
static void run_window(struct measurement *measurement)
{
	double interval = (double)measurement->arguments->interval_msec / 1e3;
	double total = (double)measurement->arguments->window_msec / 1e3;
	double start = now(CLOCK_MONOTONIC);
	double next = start;

	snapshot_window(measurement->snapshot)->interval_sec = interval;
	take_tick(measurement);
	while (!interrupted && now(CLOCK_MONOTONIC) - start < total - interval / 2) {
		struct timespec until;

		next += interval;
		if (next < now(CLOCK_MONOTONIC))	/* suspended or starved: begin a new row of ticks */
			next = now(CLOCK_MONOTONIC);
		draw_bar(measurement, next - interval - start, total);
		until = time_of(next);
		while (!interrupted && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			continue;
		take_tick(measurement);
	}
	snapshot_window(measurement->snapshot)->interrupted = interrupted != 0;
	clear_bar(measurement);
}

static void open_samplers(struct measurement *measurement, const struct root *root, const struct probe_options *options)
{
	for (size_t i = 0; samplers[i] && measurement->n_running < ARRAY_SIZE(measurement->running); i++) {
		struct running *running = &measurement->running[measurement->n_running];
		int r = samplers[i]->open(root, options, measurement->snapshot, &running->state);

		if (r < 0) {
			(void)diag_warning(snapshot_notes(measurement->snapshot), NULL, "%s: %s", samplers[i]->name,
					   strerror(-r));
			continue;
		}
		running->sampler = samplers[i];
		measurement->n_running++;
	}
}

static void close_samplers(struct measurement *measurement)
{
	while (measurement->n_running > 0) {
		struct running *running = &measurement->running[--measurement->n_running];

		running->sampler->close(running->state);
	}
}

static void run_probes(const struct root *root, const struct probe_options *options, struct snapshot *snapshot)
{
	for (size_t i = 0; probes[i]; i++) {
		int r = probes[i]->read(root, options, snapshot);

		if (r < 0)
			(void)diag_warning(snapshot_notes(snapshot), NULL, "%s: %s", probes[i]->name, strerror(-r));
	}
}

/* The walk below /proc/sys looks for every key, so a sysctl that it did not meet is not there.  Where there is no
 * kernel.ostype there was no walk. */
static void note_absent_sysctls(const struct registry *registry, struct snapshot *snapshot)
{
	if (!snapshot_text(snapshot, SUBJECT_HOST, "kernel.ostype"))
		return;
	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);
		CLEANUP(free_ptr) char *path = NULL;

		if (entry->class != ENTRY_TUNABLE || entry->kind != KIND_SYSCTL || entry->about != SUBJECT_KIND_HOST ||
		    strchr(entry->key, '*') || snapshot_get(snapshot, SUBJECT_HOST, entry->key))
			continue;
		path = xasprintf("/proc/sys/%s", entry->key);
		for (char *dot = path; (dot = strchr(dot, '.')); dot++)
			*dot = '/';
		snapshot_set_absent(snapshot, SUBJECT_HOST, entry->key, -ENOENT, path);
	}
}

/* A probe lists a directory and takes what it finds.  What an entry names by its whole path and is not there on the host
 * itself (zswap is not in every kernel) is absent, not forgotten. */
static void note_absent_files(const struct registry *registry, const struct root *root, struct snapshot *snapshot)
{
	for (size_t i = 0; i < registry_total(registry) && root_is_live(root); i++) {
		const struct entry *entry = registry_at(registry, i);

		if (entry->class != ENTRY_TUNABLE || entry->about != SUBJECT_KIND_HOST || !entry->path ||
		    strchr(entry->path, '*') || snapshot_get(snapshot, SUBJECT_HOST, entry->key) ||
		    root_exists(root, entry->path))
			continue;
		snapshot_set_absent(snapshot, SUBJECT_HOST, entry->key, -ENOENT, entry->path);
	}
}

/* Enters a network namespace: of a process, or a file such as /run/netns/NAME.  required: named by the user. */
static int enter_netns(const char *name, bool required, struct snapshot *snapshot)
{
	CLEANUP(free_ptr) char *path = NULL;
	CLEANUP(close_fd) int fd = -1;
	struct stat there, here;
	uint64_t pid;

	path = parse_u64(name, &pid) == 0 ? xasprintf("/proc/%s/ns/net", name) : xstrdup(name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && fstat(fd, &there) == 0 && stat("/proc/self/ns/net", &here) == 0 && there.st_ino == here.st_ino &&
	    there.st_dev == here.st_dev)
		return 0;
	if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0) {
		(void)diag_warning(snapshot_notes(snapshot), NULL,
				   "network settings and counters are those of the namespace %s", path);
		return 0;
	}
	if (required)
		return talk_error(EXIT_INPUT, "cannot enter the network namespace %s: %s", path, strerror(errno));
	(void)diag_warning(snapshot_notes(snapshot), NULL,
			   "cannot enter the network namespace %s (%s): network values are not those of this process", path,
			   strerror(errno));
	return 0;
}

struct chosen {				/* what probe_options lends */
	struct log_pattern *patterns;
	pid_t *pids;
};

static void chosen_release(struct chosen *chosen)
{
	free(chosen->patterns);
	free(chosen->pids);
}

static void fill_options(const struct arguments *arguments, const struct registry *registry, struct chosen *chosen,
			 struct probe_options *options)
{
	size_t n = registry_count(registry, ENTRY_LOG);
	uint64_t pid;

	chosen->patterns = xcalloc(n, sizeof(*chosen->patterns));
	chosen->pids = xcalloc(arguments->pids.count, sizeof(*chosen->pids));
	*options = (struct probe_options){
		.patterns = chosen->patterns,
		.cgroups = arguments->cgroups.items, .n_cgroups = arguments->cgroups.count,
		.cgroup_max = arguments->cgroup_max,
		.pids = chosen->pids,
		.journal_file = arguments->journal,
	};
	for (size_t i = 0; i < registry_total(registry); i++) {
		const struct entry *entry = registry_at(registry, i);

		if (entry->class == ENTRY_LOG)
			chosen->patterns[options->n_patterns++] =
				(struct log_pattern){ .key = entry->id, .pattern = entry->pattern };
	}
	for (size_t i = 0; i < arguments->pids.count; i++)
		if (parse_u64(arguments->pids.items[i], &pid) == 0)
			chosen->pids[options->n_pids++] = (pid_t)pid;
}

static int measure_root(const struct arguments *arguments, const struct registry *registry, const struct root *root,
			struct snapshot *snapshot)
{
	CLEANUP(chosen_release) struct chosen chosen = { 0 };
	struct measurement measurement = { .arguments = arguments, .snapshot = snapshot };
	struct probe_options options;
	bool live;
	int r = 0;

	live = root_is_live(root) && !arguments->no_window && arguments->window_msec > 0;
	if (arguments->netns)
		r = enter_netns(arguments->netns, true, snapshot);
	else if (arguments->pids.count > 0 && root_is_live(root))
		r = enter_netns(arguments->pids.items[0], false, snapshot);
	if (r != 0)
		return r;

	fill_options(arguments, registry, &chosen, &options);
	run_probes(root, &options, snapshot);
	note_absent_files(registry, root, snapshot);
	open_samplers(&measurement, root, &options);
	if (live) {
		measurement.bar = !arguments->quiet && isatty(STDERR_FILENO);
		if (!arguments->quiet && !measurement.bar)
			fprintf(stderr, "measuring for %.0f s\n", (double)arguments->window_msec / 1e3);
		catch_signals();
		run_window(&measurement);
	} else {
		take_tick(&measurement);
	}
	close_samplers(&measurement);
	return 0;
}

static int load_snapshot(const char *path, const struct strbuf *text, struct snapshot **ret_snapshot)
{
	CLEANUP(diag_release) struct diag diag = DIAG_INIT;
	int r = snapshot_load(path, text->buf, text->len, &diag, ret_snapshot);

	talk_diag(&diag);
	return r < 0 ? EXIT_INPUT : 0;
}

static int measure_any(const struct arguments *arguments, const struct registry *registry, struct cluster *cluster,
		       struct snapshot **ret_snapshot)
{
	const char *path = arguments->snapshot ? arguments->snapshot : arguments->root ? arguments->root : "/";
	CLEANUP(snapshot_free_ptr) struct snapshot *snapshot = snapshot_new();
	CLEANUP(input_release) struct input input;
	int status;

	status = input_open_any(path, cluster, snapshot_notes(snapshot), &input);
	if (status == 0 && input.is_cluster)
		return 0;
	if (status == 0 && input.root) {
		status = measure_root(arguments, registry, input.root, snapshot);
	} else if (status == 0) {
		snapshot_free(snapshot);
		snapshot = NULL;
		status = load_snapshot(path, &input.snapshot, &snapshot);
	}
	if (status != 0)
		return status;
	note_absent_sysctls(registry, snapshot);
	*ret_snapshot = steal_ptr(&snapshot);
	return 0;
}

int measure(const struct arguments *arguments, const struct registry *registry, struct snapshot **ret_snapshot)
{
	return measure_any(arguments, registry, NULL, ret_snapshot);
}

int open_snapshot_or_cluster(const struct arguments *arguments, const struct registry *registry, const char *path, struct cluster *cluster,
			     struct snapshot **ret_snapshot)
{
	struct arguments one = *arguments;

	one.root = path;
	one.snapshot = NULL;
	one.no_window = one.quiet = true;
	return measure_any(&one, registry, cluster, ret_snapshot);
}

int open_snapshot(const struct arguments *arguments, const struct registry *registry, const char *path,
		  struct snapshot **ret_snapshot)
{
	return open_snapshot_or_cluster(arguments, registry, path, NULL, ret_snapshot);
}
