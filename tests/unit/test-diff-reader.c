/* SPDX-License-Identifier: Apache-2.0 */
/* What a unified difference proposes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../proposals/reader.h"
#include "test.h"

#define SYSCTL_HEAD "--- a/files/etc/sysctl.d/60-web.conf\n+++ b/files/etc/sysctl.d/60-web.conf\n"

/* "FATE KEY BEFORE>VALUE PATH:LINE (WHY)", one for each item. */
static void describe(const struct proposal *proposal, struct strbuf *out)
{
	static const char *const fates[] = { "sets", "removed", "broken", "unclear" };

	for (size_t i = 0; i < proposal->count; i++) {
		const struct proposed *item = &proposal->items[i];

		if (item->fate == PROPOSED_STANDS)
			continue;
		strbuf_addf(out, "%s %s %s>%s %s:%u\n", fates[item->fate], item->key, item->before, item->value, item->path, item->line);
	}
}

static void read_text(const char *text, struct proposal *proposal)
{
	struct reading reading = { .proposal = proposal };
	struct proposed_text given = { .path = "change.diff", .text = text, .length = strlen(text), .first = 1 };
	const struct reader *reader = reader_recognise("stdin", text, strlen(text));

	assert_non_null(reader);
	assert_string_equal(reader->name, "diff");
	reader->read(reader, &reading, &given);
}

static void assert_proposes(const char *text, const char *expected)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;

	read_text(text, &proposal);
	describe(&proposal, &found);
	assert_string_equal(found.buf, expected);
}

static void only_what_differs_is_proposed_with_the_line_of_the_new_file(void **state)
{
	(void)state;
	assert_proposes(SYSCTL_HEAD "@@ -11,3 +11,3 @@\n # web\n-net.core.somaxconn = 1024\n+net.core.somaxconn = 4096\n vm.swappiness = 10\n",
			"sets net.core.somaxconn 1024>4096 files/etc/sysctl.d/60-web.conf:12\n");
	assert_proposes(SYSCTL_HEAD "@@ -1,2 +1,2 @@\n-vm.swappiness=10\n+vm.swappiness = 10\n vm.dirty_ratio = 5\n", "");
	assert_proposes(SYSCTL_HEAD "@@ -1 +1,2 @@\n vm.swappiness=10\n+vm.dirty_ratio=5\n@@ -9 +10 @@\n-vm.laptop_mode=1\n+vm.laptop_mode=2\n",
			"sets vm.dirty_ratio >5 files/etc/sysctl.d/60-web.conf:2\n"
			"sets vm.laptop_mode 1>2 files/etc/sysctl.d/60-web.conf:10\n");
}

static void a_file_may_come_and_go(void **state)
{
	(void)state;
	assert_proposes("--- /dev/null\n+++ b/etc/sysctl.d/new.conf\n@@ -0,0 +1 @@\n+vm.swappiness = 1\n\\ No newline at end of file\n",
			"sets vm.swappiness >1 etc/sysctl.d/new.conf:1\n");
	assert_proposes("--- a/etc/sysctl.d/old.conf\n+++ /dev/null\n@@ -1 +0,0 @@\n-vm.swappiness = 1\n",
			"removed vm.swappiness 1>1 etc/sysctl.d/old.conf:1\n");
}

static void names_are_those_of_git_and_of_diff(void **state)
{
	(void)state;
	assert_proposes("diff --git a/x b/x\n--- etc/sysctl.d/a.conf\t2026-01-01 00:00:00\n+++ etc/sysctl.d/a.conf\t2026-01-02 00:00:00\n"
			"@@ -1 +1 @@\n-vm.swappiness=1\n+vm.swappiness=2\n",
			"sets vm.swappiness 1>2 etc/sysctl.d/a.conf:1\n");
	assert_proposes("--- \"a/etc/sysctl.d/\\303\\244.conf\"\n+++ \"b/etc/sysctl.d/\\303\\244.conf\"\n@@ -1 +1 @@\n-vm.swappiness=1\n+vm.swappiness=2\n",
			"sets vm.swappiness 1>2 etc/sysctl.d/\xc3\xa4.conf:1\n");
}

static void a_difference_that_lies_about_its_lines_is_unclear_and_read_as_far_as_it_goes(void **state)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;

	(void)state;
	read_text(SYSCTL_HEAD "@@ -1,9 +1,9 @@\n+vm.swappiness = 1\n", &proposal);
	assert_int_equal(proposal.count, 2);
	assert_int_equal(proposal.items[0].fate, PROPOSED_UNCLEAR);
	assert_string_equal(proposal.items[1].key, "vm.swappiness");
	assert_proposes(SYSCTL_HEAD "@@ -1 +1 @@\n-vm.swappiness=1\n+vm.swappiness=2\n@@ x @@\n",
			"sets vm.swappiness 1>2 files/etc/sysctl.d/60-web.conf:1\n");
}

static void of_a_document_the_whole_is_needed_and_it_may_be_the_old_or_the_new_one(void **state)
{
	static const char difference[] = "--- a/etc/fstab.yaml\n+++ b/etc/fstab.yaml\n@@ -2 +2 @@\n-b\n+c\n";
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;

	(void)state;
	read_text(difference, &proposal);
	assert_int_equal(proposal.count, 1);
	assert_int_equal(proposal.items[0].fate, PROPOSED_UNCLEAR);
	assert_non_null(strstr(proposal.items[0].why, "only a part"));
}

/* A task is not to be understood from its last line. */
#define TASK "- name: swap\n  ansible.posix.sysctl:\n    name: vm.swappiness\n    value: "

static void assert_whole(const char *content, const char *expected)
{
	static const char difference[] = "--- a/roles/tasks.yml\n+++ b/roles/tasks.yml\n@@ -4 +4 @@\n-    value: \"1\"\n+    value: \"2\"\n";
	char directory[] = "/tmp/keisoku-diff-XXXXXX";
	CLEANUP(free_ptr) char *before = getcwd(NULL, 0);
	FILE *file;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(mkdir("roles", 0755), 0);
	file = fopen("roles/tasks.yml", "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
	assert_proposes(difference, expected);
	assert_int_equal(unlink("roles/tasks.yml"), 0);
	assert_int_equal(rmdir("roles"), 0);
	assert_int_equal(chdir(before), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void the_file_below_the_current_directory_may_be_the_old_the_new_or_another_one(void **state)
{
	(void)state;
	assert_whole(TASK "\"1\"\n", "sets vm.swappiness 1>2 roles/tasks.yml:3\n");
	assert_whole(TASK "\"2\"\n", "sets vm.swappiness 1>2 roles/tasks.yml:3\n");
	assert_whole(TASK "\"3\"\n", "unclear  > change.diff:1\n");
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* The order of names decides who has the last word. */
static void a_file_that_only_moves_is_taken_away_here_and_set_there(void **state)
{
	static const char moved[] = "diff --git a/etc/sysctl.d/10-a.conf b/etc/sysctl.d/90-a.conf\nsimilarity index 100%\n"
				    "rename from etc/sysctl.d/10-a.conf\nrename to etc/sysctl.d/90-a.conf\n";
	static const char off[] = "diff --git a/etc/sysctl.d/10-a.conf b/etc/sysctl.d/10-a.conf.off\nsimilarity index 90%\n"
				  "rename from etc/sysctl.d/10-a.conf\nrename to etc/sysctl.d/10-a.conf.off\n"
				  "--- a/etc/sysctl.d/10-a.conf\n+++ b/etc/sysctl.d/10-a.conf.off\n@@ -2 +2 @@\n-# a\n+# b\n";
	char directory[] = "/tmp/keisoku-diff-XXXXXX";
	CLEANUP(free_ptr) char *before = getcwd(NULL, 0);
	static const char both[] = "removed vm.swappiness 10>10 etc/sysctl.d/10-a.conf:1\n"
				   "sets vm.swappiness >10 etc/sysctl.d/90-a.conf:1\n";

	(void)state;
	assert_proposes(moved, "unclear  > change.diff:1\n");
	assert_proposes("diff --git a/a.png b/b.png\nrename from a.png\nrename to b.png\n", "");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(mkdir("etc", 0755), 0);
	assert_int_equal(mkdir("etc/sysctl.d", 0755), 0);
	write_text("etc/sysctl.d/10-a.conf", "vm.swappiness = 10\n# a\n");
	assert_proposes(moved, both);
	assert_proposes(off, "removed vm.swappiness 10>10 etc/sysctl.d/10-a.conf:1\nbroken vm.swappiness >10 etc/sysctl.d/10-a.conf.off:1\n");
	assert_proposes("diff --git a/etc/sysctl.d/10-a.conf b/etc/sysctl.d/90-a.conf\nsimilarity index 100%\n"
			"copy from etc/sysctl.d/10-a.conf\ncopy to etc/sysctl.d/90-a.conf\n",
			"sets vm.swappiness >10 etc/sysctl.d/90-a.conf:1\n");
	assert_int_equal(rename("etc/sysctl.d/10-a.conf", "etc/sysctl.d/90-a.conf"), 0);
	assert_proposes(moved, both);
	assert_int_equal(unlink("etc/sysctl.d/90-a.conf"), 0);
	assert_int_equal(rmdir("etc/sysctl.d"), 0);
	assert_int_equal(rmdir("etc"), 0);
	assert_int_equal(chdir(before), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void what_is_no_unified_difference_is_unclear(void **state)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	struct reading reading = { .proposal = &proposal };
	static const char context[] = "*** o/60-x.conf\t2026\n--- n/60-x.conf\t2026\n***************\n*** 1 ****\n! vm.swappiness = 1\n";
	static const char normal[] = "1c1\n< vm.swappiness = 1\n---\n> vm.swappiness = 2\n";
	const char *const texts[] = { normal, context };

	(void)state;
	assert_proposes("diff --cc etc/sysctl.d/60-a.conf\nindex 1,2..3\n--- a/etc/sysctl.d/60-a.conf\n+++ b/etc/sysctl.d/60-a.conf\n"
			"@@@ -1,2 -1,2 +1,2 @@@\n- vm.swappiness = 1\n -vm.swappiness = 2\n++vm.swappiness = 3\n",
			"unclear  > change.diff:1\n");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct proposed_text given = { .path = "change.diff", .text = texts[i], .length = strlen(texts[i]), .first = 1 };

		reader_find("diff")->read(reader_find("diff"), &reading, &given);
		assert_int_equal(proposal.count, i + 1);
		assert_int_equal(proposal.items[i].fate, PROPOSED_UNCLEAR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_differs_is_proposed_with_the_line_of_the_new_file),
		cmocka_unit_test(a_file_may_come_and_go),
		cmocka_unit_test(names_are_those_of_git_and_of_diff),
		cmocka_unit_test(a_difference_that_lies_about_its_lines_is_unclear_and_read_as_far_as_it_goes),
		cmocka_unit_test(of_a_document_the_whole_is_needed_and_it_may_be_the_old_or_the_new_one),
		cmocka_unit_test(the_file_below_the_current_directory_may_be_the_old_the_new_or_another_one),
		cmocka_unit_test(a_file_that_only_moves_is_taken_away_here_and_set_there),
		cmocka_unit_test(what_is_no_unified_difference_is_unclear),
	};

	return RUN_TESTS(tests);
}
