/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel modules: which ones boot loads, and the parameters that modprobe.d gives them, beside those that they run with. */
#include "drift.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <strings.h>

#include "../core/parse.h"

/* "zstd", "performance" */
static bool is_word(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")];
}

static int truth_of(const char *text)
{
	static const char *const words[2][5] = { { "0", "n", "no", "false", "off" }, { "1", "y", "yes", "true", "on" } };

	for (int truth = 0; truth < 2; truth++)
		for (size_t i = 0; i < ARRAY_SIZE(words[truth]); i++)
			if (strcasecmp(words[truth][i], text) == 0)
				return truth;
	return *text ? -1 : 1;	/* an option without a value */
}

/* "Y" and "1" are the same.  What the kernel shows of lists and hexadecimal numbers may not be what was written. */
static bool same_parameter(const char *a, const char *b)
{
	int64_t x, y;

	if (streq(a, b))
		return true;
	if (truth_of(a) >= 0 && truth_of(b) >= 0)
		return truth_of(a) == truth_of(b);
	if (parse_i64(a, &x) == 0 && parse_i64(b, &y) == 0)
		return x == y;
	return !is_word(a) || !is_word(b);
}

/* "module.zswap.enabled" on the kernel command line is zswap.enabled=…, which comes last. */
static bool is_on_command_line(const struct keyed *keyed)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	const struct boot_line *const *lines;
	const char *cursor = snapshot_text(keyed->auditing->snapshot, SUBJECT_HOST, "kernel.cmdline"), *word;
	size_t length;

	strbuf_addf(&key, "cmdline.%s", keyed->key + strlen("module."));
	if (boot_lines(keyed->auditing->boot, SUBJECT_KIND_HOST, "", key.buf, &lines) > 0)
		return true;
	while (cursor && next_word(&cursor, &word, &length)) {
		size_t n = key.len - strlen("cmdline.");

		if (length >= n && memcmp(word, key.buf + strlen("cmdline."), n) == 0 && (length == n || word[n] == '='))
			return true;
	}
	return false;
}

static bool is_loading(const char *key)
{
	return ends_with(key, ".loaded");
}

static bool ask_built_in(struct keyed *keyed)
{
	const struct boot_line *first = NULL;

	for (size_t i = 0; i < keyed->n_lines; i++) {
		const struct boot_line *line = keyed->lines[i];

		if (line->fate != BOOT_IGNORED || !streq(line->source, "modprobe") || drift_is_vendor(line->path) ||
		    (keyed_is_present(keyed) && same_parameter(keyed->running->raw, line->value)))
			continue;
		first = first ? first : line;
		keyed_add_site(keyed, line);
	}
	if (!first || is_on_command_line(keyed))
		return false;
	keyed_say(keyed, "%s: %s.", keyed_place(keyed, first), first->why);
	return true;
}

/* A deny list keeps systemd-modules-load from it too. */
static const struct boot_line *find_denial(const struct keyed *keyed)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	struct boot_outcome outcome;

	strbuf_addf(&key, "%.*s.blacklist", (int)(strlen(keyed->key) - strlen(".loaded")), keyed->key);
	outcome = boot_outcome(keyed->auditing->boot, "", SUBJECT_KIND_HOST, "", key.buf);
	return outcome.state == BOOT_STATE_SET ? outcome.line : NULL;
}

/* "install usb-storage /bin/true" keeps a module from being loaded. */
static bool is_refusal(const struct boot_line *line)
{
	static const char *const commands[] = { "/bin/true*", "/bin/false*", "/usr/bin/true*", "/usr/bin/false*", "/sbin/nologin*" };

	for (size_t i = 0; streq(line->source, "modprobe") && i < ARRAY_SIZE(commands); i++)
		if (fnmatch(commands[i], line->value, 0) == 0)
			return true;
	return false;
}

/* Of a module that another one needs the line names only that one, and loads it whatever a deny list says. */
static bool is_named(const char *key, const char *text)
{
	const char *name = key + strlen("module.");
	size_t length = strlen(name) - strlen(".loaded"), i = 0;

	for (; i < length && text[i]; i++)
		if ((text[i] == '-' ? '_' : text[i]) != name[i])
			return false;
	return i == length && strchr(" \t\r", text[i]);
}

static bool ask_not_loaded(struct keyed *keyed)
{
	const struct boot_line *line = NULL, *against = NULL;

	if (!is_loading(keyed->key))
		return false;
	for (size_t i = 0; i < keyed->n_lines; i++) {
		if (streq(keyed->lines[i]->source, "modules-load") && is_named(keyed->key, keyed->lines[i]->text) &&
		    (keyed->lines[i]->fate == BOOT_WINS ||
		    keyed->lines[i]->fate == BOOT_IGNORED))
			line = keyed->lines[i];
		if (is_refusal(keyed->lines[i]))
			against = keyed->lines[i];
	}
	against = against ? against : line ? find_denial(keyed) : NULL;
	if (!line || line->optional || (line->fate == BOOT_WINS && !against))
		return false;
	keyed_add_site(keyed, line);
	if (line->fate == BOOT_IGNORED) {
		keyed_say(keyed, "%s: %s.", keyed_place(keyed, line), line->why);
		return true;
	}
	keyed_add_site(keyed, against);
	keyed_say(keyed, "%s keeps it from being loaded: %s.", keyed_place(keyed, against), against->text);
	return true;
}

/* Parameters that can be read back, of modules that are loaded. */
static bool ask_lost(struct keyed *keyed)
{
	const struct boot_line *line = keyed_winner(keyed);

	if (!line || is_loading(keyed->key) || !keyed_is_present(keyed) || same_parameter(keyed->running->raw, line->value) ||
	    is_on_command_line(keyed))
		return false;
	keyed_add_site(keyed, line);
	keyed_say(keyed, "%s is %s, and %s says %s.", keyed->key, keyed->running->raw, keyed_place(keyed, line), line->value);
	if (streq(line->source, "modprobe"))
		keyed->advice = "Decide which value is meant. A file of modprobe.d counts when the module is loaded again; where the "
				"initramfs loads it, the initramfs has to be made anew";
	return true;
}

static const char *pages[] = { "modprobe.d(5)", "modules-load.d(5)" };
static const struct drift_family family = {
	.references = { pages, ARRAY_SIZE(pages) },
	.questions = {
		[DRIFT_BUILT_IN] = ask_built_in,
		[DRIFT_NOT_LOADED] = ask_not_loaded,
		[DRIFT_SHADOWED_VENDOR] = ask_shadowed_vendor,
		[DRIFT_SHADOWED] = ask_shadowed,
		[DRIFT_LOST_AT_BOOT] = ask_lost,
	},
};

static bool is_of_module(const struct boot_line *line)
{
	return line->kind == SUBJECT_KIND_HOST && starts_with(line->key, "module.") && !strpbrk(line->key, "*?[");
}

void drift_judge_modules(struct auditing *auditing)
{
	struct drift_about *abouts;
	size_t count = drift_collect(auditing, is_of_module, &abouts);

	for (size_t i = 0; i < count; i++)
		drift_ask(auditing, &abouts[i], &family);
	free(abouts);
}
