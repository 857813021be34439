/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "../core/parse.h"
#include "cli.h"

/* clang-format off */
static const struct command *const commands[] = {
	&command_advise,
	&command_audit,
	&command_review,
	&command_rightsize,
	&command_capture,
	&command_verify,
	&command_diff,
	&command_why,
	&command_explain,
	&command_list,
	&command_plan,
	&command_probes,
	&command_rules,
};
/* clang-format on */

static const char *version_text = "keisoku " KEISOKU_VERSION;

static void print_help(FILE *out)
{
	fputs("Usage: keisoku COMMAND [OPTION]...\n\n"
	      "Reads how this host is tuned, measures what the workload does, and says which\n"
	      "settings the measurements argue for. It only reads; you make the changes.\n\n"
	      "Commands:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("  help       what a command does and takes\n"
	      "  version    the version of this program\n\n"
	      "Start with: sudo keisoku advise\n", out);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	unsigned int best = MISTYPED_MAX + 1;
	const char *near = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		unsigned int distance = word_distance(name, commands[i]->name, best - 1);

		if (distance >= best)
			continue;
		best = distance;
		near = commands[i]->name;
	}
	if (near)
		return talk_error(EXIT_USAGE, "there is no command '%s'; did you mean '%s'?", name, near);
	return talk_error(EXIT_USAGE, "there is no command '%s'; see keisoku help", name);
}

static bool is_help(const char *word)
{
	return streq(word, "--help") || streq(word, "-h");
}

static int help(int argc, char **argv)
{
	const struct command *command = argc > 0 ? find_command(argv[0]) : NULL;

	if (argc > 0 && !command)
		return unknown_command(argv[0]);
	if (command)
		command_help(command, stdout);
	else
		print_help(stdout);
	return EXIT_OK;
}

/* What is still in the buffer of stdout may fail to be written: a full disk is an error, not a success. */
static int finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return talk_error(EXIT_INPUT, "cannot write to standard output");
	return status;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct arguments arguments;
	int status;

	for (int i = 0; i < argc && !streq(argv[i], "--"); i++)
		if (is_help(argv[i])) {
			command_help(command, stdout);
			return EXIT_OK;
		}
	status = arguments_parse(command, argc, argv, &arguments);
	if (status == 0)
		status = command->run(&arguments);
	arguments_release(&arguments);
	return status;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (streq(argv[1], "help"))
		return finish(help(argc - 2, argv + 2));
	if (is_help(argv[1]))
		return finish(help(0, NULL));
	if (streq(argv[1], "version") || streq(argv[1], "--version")) {
		puts(version_text);
		return finish(EXIT_OK);
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return finish(run_command(command, argc - 2, argv + 2));
}
