/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that set the node's or the pod's settings with commands: the init container that runs sysctl.
 *
 *	initContainers:
 *	  - name: sysctl
 *	    securityContext: {privileged: true}
 *	    command: [sh, -c, "sysctl -w vm.max_map_count=262144"]
 *
 * Without "privileged" /proc/sys is mounted read-only.  A key of the network or IPC belongs to the pod unless it shares the
 * node's namespace; every other one belongs to the node. */
#include "../core/quote.h"
#include "kubernetes.h"

#define COMMAND_MAX ((size_t)1 << 20)

struct container {
	const struct pod *pod;
	const char *subject;
	const struct node *node;
	bool privileged;
	bool enters_network, enters_mounts;	/* of the node's first process, with nsenter */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_shell(const char *program)
{
	static const char *const shells[] = { "sh", "bash", "ash", "dash", "ksh" };

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (streq(base_name(program), shells[i]))
			return true;
	return false;
}

/* ---- where files of the container are on the node ---- */

static const char *host_path_of(const struct pod *pod, const char *volume)
{
	const struct node *volumes = document_get(pod->spec, "volumes");

	for (uint32_t i = 0; volumes && volumes->kind == NODE_SEQUENCE && i < MIN(volumes->count, 200U); i++) {
		const char *name = document_text(&volumes->items[i], "name");

		if (name && streq(name, volume))
			return document_text(document_get(&volumes->items[i], "hostPath"), "path");
	}
	return NULL;
}

static bool begins_word(const char *text, const char *at)
{
	return at == text || strchr(" \t\n'\"=>(;|&", at[-1]);
}

/* "/host/etc/sysctl.d" in a container that has the node's "/" at "/host" is "/etc/sysctl.d". */
static char *move_path(const char *text, const char *inside, const char *outside)
{
	CLEANUP(strbuf_release) struct strbuf moved = STRBUF_INIT;
	size_t length = strlen(inside);
	const char *at;

	while ((at = strstr(text, inside)) && moved.len < COMMAND_MAX) {
		bool whole = begins_word(text, at) && at[length] == '/';

		strbuf_add(&moved, text, (size_t)(at - text));
		strbuf_add_string(&moved, whole ? outside : inside);
		text = at + length;
	}
	strbuf_add_string(&moved, text);
	return strbuf_steal(&moved);
}

static const char *without_slash(struct document *document, const char *path)
{
	size_t length = strlen(path);

	while (length > 0 && path[length - 1] == '/')
		length--;
	return arena_strndup(&document->arena, path, length);
}

static const char *on_the_node(const struct container *container, const char *text)
{
	const struct node *mounts = document_get(container->node, "volumeMounts");
	struct document *document = container->pod->document;

	for (uint32_t i = 0; mounts && mounts->kind == NODE_SEQUENCE && i < MIN(mounts->count, 50U); i++) {
		const char *name = document_text(&mounts->items[i], "name"), *inside = document_text(&mounts->items[i], "mountPath");
		const char *outside = name ? host_path_of(container->pod, name) : NULL;
		CLEANUP(free_ptr) char *moved = NULL;

		if (!inside || !outside || strlen(inside) < 2)
			continue;
		moved = move_path(text, without_slash(document, inside), without_slash(document, outside));
		text = arena_strdup(&document->arena, moved);
	}
	return text;
}

static bool is_mounted_from_node(const struct container *container, const char *file)
{
	const struct node *mounts = document_get(container->node, "volumeMounts");

	for (uint32_t i = 0; mounts && mounts->kind == NODE_SEQUENCE && i < MIN(mounts->count, 50U); i++) {
		const char *name = document_text(&mounts->items[i], "name");
		const char *outside = name ? host_path_of(container->pod, name) : NULL;

		if (outside && starts_with(file, outside))
			return true;
	}
	return false;
}

/* ---- whose settings they are ---- */

static const char *node_condition(const struct container *container)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "on nodes where %s runs", container->pod->name);
	return arena_strndup(&container->pod->document->arena, text.buf, text.len);
}

static void break_item(struct proposed *item, const char *why, const char *instead)
{
	item->fate = PROPOSED_BROKEN;
	item->why = why;
	item->instead = instead;
}

static void place_item(const struct container *container, const char *condition, struct proposed *item)
{
	const struct pod *pod = container->pod;
	struct arena *arena = &pod->document->reading->proposal->arena;
	bool network = kubernetes_key_of_network(pod->document->reading, item->key), ipc = kubernetes_key_of_ipc(item->key);
	bool node = !(network && !pod->host_network) && !(ipc && !pod->host_ipc);

	node |= container->enters_network && network;
	if (item->fate != PROPOSED_SETS)
		return;
	if (*item->file && !container->enters_mounts && !is_mounted_from_node(container, item->file)) {
		break_item(item, "the file is the container's own and goes away with it", "");
	} else if (!container->privileged) {
		break_item(item, "files of the kernel are read-only in a container that is not privileged",
			   node ? "" : "securityContext.sysctls of the pod");
	} else if (item->kind == SUBJECT_KIND_HOST && !node) {
		item->kind = SUBJECT_KIND_WORKLOAD;
		item->subject = arena_strdup(arena, pod->name);
	} else if (!*item->condition) {
		item->condition = arena_strdup(arena, condition);
	}
}

static void hand_to_shell(const struct container *container, struct proposed_text inner, const char *shell)
{
	struct document *document = container->pod->document;
	struct proposal *proposal = document->reading->proposal;
	size_t since = proposal->count;
	const char *condition = node_condition(container);

	inner.text = on_the_node(container, inner.text);
	inner.length = strlen(inner.text);
	document_run_shell(document, inner, shell, "a command of a container", container->pod->when);
	for (size_t i = since; i < proposal->count; i++)
		place_item(container, condition, &proposal->items[i]);
}

/* ---- commands ---- */

/* What stands behind "-c"; NULL: it is no such command. */
static const struct node *find_script(const struct node *const words[], size_t count)
{
	for (size_t i = 1; i + 1 < count; i++)
		if (words[i]->kind == NODE_SCALAR && words[i]->text[0] == '-' && words[i]->text[1] != '-' && strchr(words[i]->text, 'c'))
			return words[i + 1]->kind == NODE_SCALAR ? words[i + 1] : NULL;
	return NULL;
}

static size_t collect(const struct node *list, const struct node *words[], size_t count, size_t most)
{
	for (uint32_t i = 0; list && list->kind == NODE_SEQUENCE && i < list->count && count < most; i++)
		words[count++] = &list->items[i];
	return count;
}

/* "-t", "-mn", "--net=/proc/1/ns/net": an option of nsenter. */
static void note_entered(struct container *container, const char *option)
{
	bool able = container->pod->host_pid && container->privileged, all = starts_with(option, "--all");

	if (starts_with(option, "--")) {
		container->enters_network |= able && (all || starts_with(option, "--net"));
		container->enters_mounts |= able && (all || starts_with(option, "--mount"));
	} else if (option[0] == '-' && option[1] != 't') {
		container->enters_network |= able && (strchr(option, 'n') || strchr(option, 'a'));
		container->enters_mounts |= able && (strchr(option, 'm') || strchr(option, 'a'));
	}
}

/* The same somewhere in a script. */
static void note_entered_in_script(struct container *container, const char *script)
{
	const char *at = strstr(script, "nsenter");

	for (size_t words = 0; at && *at && *at != '\n' && words < 20; words++) {
		CLEANUP(free_ptr) char *word = NULL;

		at += strspn(at, " \t");
		word = xstrndup(at, MIN(strcspn(at, " \t\n"), (size_t)200));
		if (streq(word, "--"))
			break;
		note_entered(container, word);
		at += strcspn(at, " \t\n");
	}
}

/* nsenter -t 1 -m -n -- PROGRAM …, chroot /host PROGRAM …: the program's place among the words. */
static size_t skip_wrapper(struct container *container, const struct node *const words[], size_t count)
{
	const char *program = words[0]->text;
	size_t at = 1;

	if (streq(base_name(program), "chroot"))
		return MIN((size_t)2, count);
	if (!streq(base_name(program), "nsenter"))
		return 0;
	while (at < count && words[at]->text[0] == '-' && !streq(words[at]->text, "--")) {
		note_entered(container, words[at]->text);
		at += streq(words[at]->text, "-t") || streq(words[at]->text, "--target") ? 2 : 1;
	}
	at += at < count && streq(words[at]->text, "--");
	return MIN(at, count);
}

static void run_words(struct container *container, const struct node *const words[], size_t count)
{
	size_t program = count > 0 ? skip_wrapper(container, words, count) : 0;
	struct document *document = container->pod->document;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	const struct node *script;

	if (program >= count || words[program]->kind != NODE_SCALAR)
		return;
	script = is_shell(words[program]->text) ? find_script(words + program, count - program) : NULL;
	if (script) {
		note_entered_in_script(container, script->text);
		hand_to_shell(container, document_inner(document, script),
			      ends_with(words[program]->text, "bash") ? "bash" : "sh");
		return;
	}
	for (size_t i = program; i < count && text.len < COMMAND_MAX; i++) {
		strbuf_add_string(&text, i > program ? " " : "");
		quote_shell(&text, words[i]->text, strlen(words[i]->text));
	}
	hand_to_shell(container,
		      document_made_text(document, document_line(document, words[program]),
					 arena_strndup(&document->arena, text.buf, text.len)), "sh");
}

/* What could set something: of a server's own program and its options nothing is said. */
static bool may_set(const struct node *const words[], size_t count)
{
	/* Of the node's /sys that is mounted as /host-sys the end is left. */
	static const char *const signs[] = { "sysctl", "/proc/", "/sys/", "sys/kernel/", "sys/block/", "sys/devices/", "modprobe",
					     "ethtool", "nsenter", "blockdev", "swap", "ulimit", "/etc/" };

	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < ARRAY_SIZE(signs); n++)
			if (strstr(words[i]->text, signs[n]))
				return true;
	return false;
}

/* Arguments without a command that begin with a program: the image has no entry point of its own (busybox, alpine), or one that runs them. */
static bool is_program(const struct node *word)
{
	return word->kind == NODE_SCALAR && (is_shell(word->text) || streq(base_name(word->text), "sysctl") ||
					     streq(base_name(word->text), "nsenter"));
}

static void read_command(struct container container, const struct node *command, const struct node *arguments)
{
	const struct node *words[200];
	size_t own = collect(command, words, 0, ARRAY_SIZE(words)), count = collect(arguments, words, own, ARRAY_SIZE(words));

	if (count == 0 || !may_set(words, count))
		return;
	if (own == 0 && !is_program(words[0]))
		document_unclear(container.pod->document, words[0], "the image says which program gets these arguments");
	else
		run_words(&container, words, count);
}

void kubernetes_read_commands(const struct pod *pod, const char *subject, const struct node *node)
{
	const struct node *hook = document_get(document_get(document_get(node, "lifecycle"), "postStart"), "exec");
	struct container container = {
		.pod = pod, .subject = subject, .node = node,
		.privileged = yaml_true(document_get(node, "securityContext"), "privileged"),
	};

	read_command(container, document_get(node, "command"), document_get(node, "args"));
	read_command(container, document_get(hook, "command"), NULL);
}
