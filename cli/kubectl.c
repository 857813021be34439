/* SPDX-License-Identifier: Apache-2.0 */
/* The user's own kubectl, which knows how to reach the cluster: only ever "get", without a shell. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../core/scratch.h"
#include "../core/strbuf.h"
#include "cli.h"
#include "cluster-input.h"

#define COMPLAINTS_MAX 65536		/* bytes of what kubectl says on stderr */
#define CONTEXT_MAX 1024

/* What is asked for, by its full name: short ones may mean something else in a cluster.  The first one every cluster has. */
static const char *const kinds[] = {
	"namespaces",
	"nodes",
	"priorityclasses.scheduling.k8s.io",
	"runtimeclasses.node.k8s.io",
	"limitranges",
	"resourcequotas",
	"poddisruptionbudgets.policy",
	"horizontalpodautoscalers.autoscaling",
	"verticalpodautoscalers.autoscaling.k8s.io",
	"scaledobjects.keda.sh",
	"deployments.apps",
	"statefulsets.apps",
	"daemonsets.apps",
	"replicasets.apps",
	"replicationcontrollers",
	"cronjobs.batch",
	"jobs.batch",
	"rollouts.argoproj.io",
	"deploymentconfigs.apps.openshift.io",
	"services.serving.knative.dev",
	"pods",
};

/* ---- what it writes ---- */

struct kubectl {
	struct stream stream;
	pid_t pid;
	int output, complaints;		/* its stdout and stderr; -1: at their end */
	struct strbuf said;
	double timeout_sec;
	char chunk[65536];
};

static void keep_complaints(struct kubectl *kubectl)
{
	char text[4096];
	ssize_t n = read(kubectl->complaints, text, sizeof(text));

	if (n > 0 && kubectl->said.len + (size_t)n <= COMPLAINTS_MAX)
		strbuf_add(&kubectl->said, text, (size_t)n);
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		close_fd(&kubectl->complaints);
}

static double now_sec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 0 when there is something to read from stdout, or its end; negative errno. */
static int wait_for_output(struct kubectl *kubectl)
{
	double deadline = now_sec() + kubectl->timeout_sec;

	for (;;) {
		struct pollfd fds[2] = { { .fd = kubectl->output, .events = POLLIN }, { .fd = kubectl->complaints, .events = POLLIN } };
		int r = poll(fds, 2, 200);

		if (scratch_interrupted())
			return stream_fail(&kubectl->stream, -EINTR, "interrupted");
		if (r < 0 && errno != EINTR)
			return stream_fail(&kubectl->stream, -errno, "%s", strerror(errno));
		if (r > 0 && fds[1].revents)
			keep_complaints(kubectl);
		if (r > 0 && fds[0].revents)
			return 0;
		if (now_sec() >= deadline)
			return stream_fail(&kubectl->stream, -ETIMEDOUT, "no answer for %g seconds", kubectl->timeout_sec);
	}
}

static ssize_t kubectl_next(struct stream *stream, const void **ret_bytes)
{
	struct kubectl *kubectl = (struct kubectl *)stream;
	ssize_t n;
	int r;

	if (kubectl->output < 0)
		return 0;
	do {
		r = wait_for_output(kubectl);
		if (r < 0)
			return r;
		n = read(kubectl->output, kubectl->chunk, sizeof(kubectl->chunk));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return stream_fail(stream, -errno, "%s", strerror(errno));
	if (n == 0)
		close_fd(&kubectl->output);
	stream->budget->read += (uint64_t)n;
	*ret_bytes = kubectl->chunk;
	return n;
}

/* ---- the process ---- */

static void stop(struct kubectl *kubectl)
{
	for (int i = 0; kubectl->pid > 0 && i < 40; i++) {
		pid_t ended = waitpid(kubectl->pid, NULL, WNOHANG);

		if (ended == kubectl->pid || (ended < 0 && errno != EINTR)) {
			kubectl->pid = -1;
			return;
		}
		(void)kill(kubectl->pid, i < 20 ? SIGTERM : SIGKILL);
		(void)usleep(50000);
	}
}

static void kubectl_close(struct stream *stream)
{
	struct kubectl *kubectl = (struct kubectl *)stream;

	close_fd(&kubectl->output);
	close_fd(&kubectl->complaints);
	stop(kubectl);
	strbuf_release(&kubectl->said);
}

/* In the child: it must not outlive the one that reads it. */
static void become(char *const *arguments, int output, int complaints)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)dup2(nothing, STDIN_FILENO);
	(void)dup2(output, STDOUT_FILENO);
	(void)dup2(complaints, STDERR_FILENO);
	(void)execvp(arguments[0], arguments);
	dprintf(STDERR_FILENO, "cannot run kubectl: %s\n", strerror(errno));
	_exit(127);
}

static int kubectl_start(char *const *arguments, struct stream_budget *budget, struct kubectl **ret)
{
	CLEANUP(close_fd) int read_output = -1;
	CLEANUP(close_fd) int output = -1;
	CLEANUP(close_fd) int read_complaints = -1;
	CLEANUP(close_fd) int complaints = -1;
	struct kubectl *kubectl;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	read_output = ends[0];
	output = ends[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	read_complaints = ends[0];
	complaints = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(arguments, output, complaints);
	kubectl = stream_new(sizeof(*kubectl), budget);
	kubectl->stream.next = kubectl_next;
	kubectl->stream.close = kubectl_close;
	kubectl->pid = pid;
	kubectl->output = steal_fd(&read_output);
	kubectl->complaints = steal_fd(&read_complaints);
	kubectl->said = (struct strbuf)STRBUF_INIT;
	*ret = kubectl;
	return 0;
}

/* Its exit status; 128 and the number of the signal that ended it. */
static int kubectl_finish(struct kubectl *kubectl)
{
	double deadline = now_sec() + 10;
	int status = 0;

	while (kubectl->complaints >= 0 && now_sec() < deadline) {
		struct pollfd fd = { .fd = kubectl->complaints, .events = POLLIN };

		if (poll(&fd, 1, 200) > 0)
			keep_complaints(kubectl);
	}
	while (now_sec() < deadline) {
		pid_t ended = waitpid(kubectl->pid, &status, WNOHANG);

		if (ended == kubectl->pid) {
			kubectl->pid = -1;
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		}
		(void)usleep(20000);
	}
	return 128 + SIGKILL;
}

/* ---- kinds ---- */

struct visit {
	struct cluster *cluster;
	const char *context;
	double timeout_sec;		/* without a byte */
	const struct read_options *options;
	struct strbuf missing;		/* kinds that the cluster does not have */
};

static void say_why(struct visit *visit, const char *kind, struct kubectl *kubectl, int status, bool error)
{
	CLEANUP(strbuf_release) struct strbuf path = STRBUF_INIT;
	struct place place;

	strbuf_addf(&path, "kubectl --context=%s get %s", visit->context, kind);
	place = (struct place){ .file = path.buf };
	strbuf_trim(&kubectl->said);
	if (kubectl->said.len == 0)
		strbuf_addf(&kubectl->said, "it ended with status %d and said nothing", status);
	(void)(error ? diag_error : diag_warning)(&visit->cluster->diag, &place, "%.2000s", kubectl->said.buf);
}

/* "error: the server doesn't have a resource type "verticalpodautoscalers"" */
static bool is_missing(const char *said)
{
	return strstr(said, "the server doesn't have a resource type") || strstr(said, "the server could not find the requested resource") ||
	       strstr(said, "no matches for kind");
}

/* "Error from server (Forbidden): nodes is forbidden: User "…" cannot list resource …" */
static bool is_forbidden(const char *said)
{
	return strstr(said, "(Forbidden)") != NULL;
}

static int judge(struct visit *visit, const char *kind, struct kubectl *kubectl, int status)
{
	if (status == 0)
		return 0;
	if (is_missing(kubectl->said.buf)) {
		strbuf_addf(&visit->missing, "%s%s", visit->missing.len ? ", " : "", kind);
		return 0;
	}
	if (is_forbidden(kubectl->said.buf)) {
		say_why(visit, kind, kubectl, status, false);
		return 0;
	}
	say_why(visit, kind, kubectl, status, true);
	return EXIT_INPUT;
}

static int complain(struct visit *visit, const char *path, const char *what)
{
	struct place place = { .file = path };

	(void)diag_error(&visit->cluster->diag, &place, "%s", what);
	return EXIT_INPUT;
}

static int get_kind(struct visit *visit, const char *kind)
{
	CLEANUP(free_ptr) char *context = xasprintf("--context=%s", visit->context);
	CLEANUP(free_ptr) char *path = xasprintf("kubectl %s get %s", context, kind);
	CLEANUP(free_ptr) char *wanted = xstrdup(kind);
	char command[] = "kubectl", get[] = "get", everywhere[] = "--all-namespaces", json[] = "--output=json", chunks[] = "--chunk-size=500";
	char *arguments[] = { command, context, get, wanted, everywhere, json, chunks, NULL };
	CLEANUP(stream_free_ptr) struct stream *stream = NULL;
	struct stream_budget budget = { 0 };
	struct kubectl *kubectl = NULL;
	const void *bytes;
	size_t length;
	int status = 0, r = kubectl_start(arguments, &budget, &kubectl);

	if (r < 0)
		return complain(visit, path, strerror(-r));
	stream = &kubectl->stream;
	kubectl->timeout_sec = visit->timeout_sec;
	r = stream_peek(stream, 1, &bytes, &length);
	if (r < 0)
		return complain(visit, path, stream->why.buf);
	/* It says why it writes nothing. */
	if (length > 0)
		status = cluster_read_stream(visit->cluster, path, stream, 0, visit->options) < 0 ? EXIT_INPUT : 0;
	if (kubectl->output >= 0)
		return EXIT_INPUT;
	r = judge(visit, kind, kubectl, kubectl_finish(kubectl));
	return r ? r : status;
}

static bool is_context(const char *name)
{
	if (name[0] == '\0' || name[0] == '-' || strlen(name) > CONTEXT_MAX)
		return false;
	for (; *name; name++)
		if (iscntrl((unsigned char)*name))
			return false;
	return true;
}

int cluster_input_read_context(struct cluster *cluster, const char *context, double timeout_sec, const struct read_options *options)
{
	CLEANUP(strbuf_release) struct strbuf missing = STRBUF_INIT;
	struct visit visit = {
		.cluster = cluster, .context = context, .timeout_sec = timeout_sec, .options = options, .missing = STRBUF_INIT,
	};
	int status = 0;

	if (!is_context(context))
		return talk_error(EXIT_USAGE, "--context: that is no name of a context");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int r = get_kind(&visit, kinds[i]);

		status = r > status ? r : status;
		/* Where not even the first is answered, the context is wrong or the cluster is away. */
		if ((r && i == 0) || scratch_interrupted())
			break;
	}
	missing = visit.missing;
	if (missing.len > 0)
		(void)diag_warning(&cluster->diag, NULL, "the cluster of context %s does not have %s", context, missing.buf);
	return status;
}
