/* SPDX-License-Identifier: Apache-2.0 */
/* Dockerfiles, as their reader understands them. */
#include "../../proposals/dockerfile.h"
#include "reads.h"

#define NO_LOADER " why:nothing in a container applies files of sysctl.d, unless it runs systemd and is privileged\n"

/* "NAME ARGUMENTS", then the script with its lines, and the here-documents. */
static void assert_parses(const char *source, const char *expected)
{
	CLEANUP(dockerfile_release) struct dockerfile file = { 0 };
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	const struct proposed_text text = { .text = source, .length = strlen(source), .first = 1 };

	dockerfile_parse(&file, &text);
	for (size_t i = 0; i < file.count; i++) {
		const struct instruction *instruction = &file.instructions[i];

		strbuf_addf(&found, "%s [%s]", instruction->name, instruction->arguments);
		for (size_t n = 0; n < instruction->script.n_lines; n++)
			strbuf_addf(&found, "%s%u", n ? "," : " @", instruction->script.lines[n]);
		strbuf_add_char(&found, '\n');
		if (streq(instruction->name, "RUN"))
			strbuf_add_string(&found, instruction->script.text.buf);
		for (size_t n = 0; n < instruction->n_heres; n++)
			strbuf_addf(&found, "<<%s%s\n", instruction->heres[n].name, instruction->heres[n].quoted ? " quoted" : "");
	}
	assert_string_equal(found.buf, expected);
}

static void instructions_have_the_lines_they_stand_on(void **state)
{
	(void)state;
	assert_parses("# syntax=docker/dockerfile:1\n"
		      "from debian\n"
		      "\n"
		      "RUN a && \\\n"
		      "    # why\n"
		      "    b\n",
		      "FROM [ debian] @2\n"
		      "RUN [a &&     b] @4,6\n"
		      " a && \\\n    b\n");
	assert_parses("# escape=`\nRUN a ` \n b\\\nCMD c\n", "RUN [a  b\\] @2,3\n a \\\n b\\\nCMD [ c] @4\n");
	assert_parses("RUN --mount=type=cache,target=/x a\\\n b", "RUN [a b] @1,2\n                              a\\\n b\n");
}

static void here_documents_belong_to_the_instruction_above(void **state)
{
	(void)state;
	assert_parses("RUN <<EOF\nx\ny\nEOF\nCMD c\n", "RUN [<<EOF] @2,3\nx\ny\n<<EOF\nCMD [ c] @5\n");
	assert_parses("RUN cat <<-'E' > f\n\tx\n\tE\n", "RUN [cat <<-'E' > f] @1,2,2\n cat <<-'E' > f\nx\nE\n<<E quoted\n");
	assert_parses("COPY <<A <<B /etc/\n1\nA\n2\nB\n", "COPY [ <<A <<B /etc/] @1\n<<A\n<<B\n");
	assert_parses("RUN cat <<EOF\nRUN b\n", "RUN [cat <<EOF] @1\n cat <<EOF\nRUN [b] @2\n b\n");
	assert_parses("RUN echo \"<<EOF\"\nEOF\n", "RUN [echo \"<<EOF\"] @1\n echo \"<<EOF\"\nEOF [] @2\n");
}

static void files_for_a_host_do_nothing_in_a_container(void **state)
{
	(void)state;
	assert_reads("dockerfile", "Dockerfile",
		     "FROM debian:12\n"
		     "ARG FILES=65536\n"
		     "COPY <<EOF /etc/sysctl.d/61-y.conf\n"
		     "# x\n"
		     "fs.file-max = $FILES\n"
		     "fs.nr_open = ${UNKNOWN}\n"
		     "EOF\n"
		     "COPY --chmod=644 <<\"EOF\" /etc/security/limits.d/90.conf\n"
		     "* soft nofile 65536\n"
		     "EOF\n"
		     "COPY 90-app.conf /etc/sysctl.d/\n"
		     "COPY app /usr/bin/app\n",
		     "broken host fs.file-max=65536 @5 boot file:/etc/sysctl.d/61-y.conf" NO_LOADER
		     "unclear host fs.nr_open=${UNKNOWN} @6 boot file:/etc/sysctl.d/61-y.conf why:a variable whose value is not known here\n"
		     "broken host limits.conf.*.soft.nofile=65536 @9 boot file:/etc/security/limits.d/90.conf"
		     " why:a container's program does not pass PAM, which reads limits.conf at logins only\n"
		     "broken host = @11 boot file:/etc/sysctl.d/90-app.conf" NO_LOADER);
}

static void what_a_build_sets_is_in_no_image(void **state)
{
	static const char gone[] = " why:a build runs in a container of its own, whose files of the kernel are read-only, "
				   "and an image keeps none of them\n";
	CLEANUP(strbuf_release) struct strbuf expected = STRBUF_INIT;

	(void)state;
	strbuf_addf(&expected,
		    "broken host vm.max_map_count=262144 @4 now%s"
		    "broken host vm.swappiness=1 @6 now%s"
		    "broken host limits.conf.*.soft.nofile=65536 @9 boot file:/etc/security/limits.d/90.conf"
		    " why:a container's program does not pass PAM, which reads limits.conf at logins only\n"
		    "broken host vm.swappiness=3 @12 boot file:/etc/sysctl.d/60-x.conf" NO_LOADER
		    "sets host net.ipv4.ip_forward=1 @14 now if:the container is privileged\n", gone, gone);
	assert_reads("dockerfile", "Dockerfile",
		     "FROM debian:12\n"
		     "ENV FILES=65536\n"
		     "RUN true; \\\n"
		     "    sysctl -w vm.max_map_count=262144\n"
		     "# [\"exec form\"]\n"
		     "RUN [\"sysctl\", \"-w\", \"vm.swappiness=1\"]\n"
		     "RUN --mount=type=tmpfs,target=/x <<EOF\n"
		     "#!/bin/bash\n"
		     "echo \"* soft nofile ${FILES}\" > /etc/security/limits.d/90.conf\n"
		     "EOF\n"
		     "RUN cat <<'EOF' > /etc/sysctl.d/60-x.conf\n"
		     "vm.swappiness = 3\n"
		     "EOF\n"
		     "CMD sysctl -w net.ipv4.ip_forward=1; exec app\n",
		     expected.buf);
}

static void an_image_with_systemd_or_for_a_host_is_another_matter(void **state)
{
	(void)state;
	assert_reads("dockerfile", "build/app.dockerfile",
		     "FROM debian:12\n"
		     "COPY <<EOF /etc/sysctl.d/60-x.conf\n"
		     "vm.swappiness = 1\n"
		     "EOF\n"
		     "CMD [\"/lib/systemd/systemd\"]\n",
		     "sets host vm.swappiness=1 @3 boot file:/etc/sysctl.d/60-x.conf if:the container runs systemd and is privileged\n");
	assert_reads("dockerfile", "Containerfile",
		     "FROM quay.io/fedora/fedora-bootc:41\n"
		     "COPY <<EOF /usr/lib/sysctl.d/60-x.conf\n"
		     "vm.swappiness = 1\n"
		     "EOF\n"
		     "COPY 61-y.conf /usr/lib/sysctl.d/\n",
		     "sets host vm.swappiness=1 @3 boot file:/usr/lib/sysctl.d/60-x.conf\n"
		     "unclear host = @5 boot file:/usr/lib/sysctl.d/61-y.conf"
		     " why:what /usr/lib/sysctl.d/61-y.conf will hold is in 61-y.conf, which is not part of this file\n");
}

static void a_stage_that_is_not_the_last_one_is_told(void **state)
{
	(void)state;
	assert_reads("dockerfile", "Dockerfile.web",
		     "FROM a AS b\n"
		     "COPY <<EOF /etc/fstab\n"
		     "/dev/sda1 / ext4 noatime 0 1\n"
		     "EOF\n"
		     "FROM c\n",
		     "broken mount / options.noatime=true @3 boot file:/etc/fstab"
		     " if:what is copied from the stage that begins at line 1, or a build of it"
		     " why:nothing in a container reads this file: it is for a machine that boots\n");
}

static void a_hundred_thousand_here_documents_that_never_end_are_read_in_time(void **state)
{
	CLEANUP(dockerfile_release) struct dockerfile file = { 0 };
	CLEANUP(strbuf_release) struct strbuf source = STRBUF_INIT;
	struct proposed_text text = { .first = 1 };

	(void)state;
	for (unsigned int i = 0; i < 100000; i++)
		strbuf_addf(&source, "RUN cat <<E%u\n", i);
	text.text = source.buf;
	text.length = source.len;
	dockerfile_parse(&file, &text);
	assert_int_equal(file.count, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_have_the_lines_they_stand_on),
		cmocka_unit_test(here_documents_belong_to_the_instruction_above),
		cmocka_unit_test(files_for_a_host_do_nothing_in_a_container),
		cmocka_unit_test(what_a_build_sets_is_in_no_image),
		cmocka_unit_test(an_image_with_systemd_or_for_a_host_is_another_matter),
		cmocka_unit_test(a_stage_that_is_not_the_last_one_is_told),
		cmocka_unit_test(a_hundred_thousand_here_documents_that_never_end_are_read_in_time),
	};

	return RUN_TESTS(tests);
}
