/* SPDX-License-Identifier: Apache-2.0 */
/* User-data, as its reader understands it. */
#include "reads.h"

static void files_that_are_written_count_from_the_next_boot_on(void **state)
{
	(void)state;
	assert_reads("cloud-init", "user-data",
		     "#cloud-config\n"
		     "write_files:\n"
		     "  - path: /etc/sysctl.d/60-x.conf\n"
		     "    content: |\n"
		     "      # more\n"
		     "      vm.swappiness = 10\n"
		     "  - path: /etc/security/limits.d/90.conf\n"
		     "    encoding: b64\n"
		     "    content: KiBzb2Z0IG5vZmlsZSA2NTUzNgo=\n"
		     "  - {path: /etc/sysctl.conf, append: true, content: \"vm.panic_on_oom=1\\nvm.oom_kill_allocating_task=1\"}\n"
		     "  - {path: /proc/sys/vm/swappiness, content: \"5\"}\n"
		     "  - {path: /etc/motd, content: hello}\n"
		     "  - {path: /etc/sysctl.d/61-y.conf, encoding: b64, content: \"%%%\"}\n"
		     "  - {path: /etc/sysctl.d/62-z.conf, source: {uri: \"https://example.org/z\"}}\n"
		     "mounts:\n"
		     "  - [/dev/vdb, /data, ext4, \"noatime\"]\n",
		     "sets host vm.swappiness=10 @6 boot file:/etc/sysctl.d/60-x.conf\n"
		     "sets host limits.conf.*.soft.nofile=65536 @9 both file:/etc/security/limits.d/90.conf\n"
		     "sets host vm.panic_on_oom=1 @10 boot file:/etc/sysctl.conf\n"
		     "sets host vm.oom_kill_allocating_task=1 @10 boot file:/etc/sysctl.conf\n"
		     "sets host vm.swappiness=5 @11 now\n"
		     "unclear host = @13 why:what /etc/sysctl.d/61-y.conf will hold cannot be decoded as b64\n"
		     "unclear host = @14 why:what /etc/sysctl.d/62-z.conf will hold is not part of this file\n"
		     "sets mount /data options.noatime=true @16 both file:/etc/fstab\n");
}

static void commands_of_a_list_are_one_script(void **state)
{
	(void)state;
	assert_reads("cloud-init", "user-data",
		     "#cloud-config\n"
		     "runcmd:\n"
		     "  - n=4096\n"
		     "  - |\n"
		     "    # more\n"
		     "    sysctl -w net.core.somaxconn=$n\n"
		     "  - [sysctl, -w, \"kernel.sem=250 32000 100 128\"]\n"
		     "  - [echo, 1, \">\", /proc/sys/net/ipv4/ip_forward]\n"
		     "  - [sysctl, --system]\n"
		     "write_files:\n"
		     "  - {path: /etc/sysctl.d/60-x.conf, content: vm.swappiness=1}\n"
		     "bootcmd:\n"
		     "  - [sh, -c, \"echo 0 > /proc/sys/vm/panic_on_oom\"]\n",
		     "sets host vm.panic_on_oom=0 @13 both\n"
		     "sets host vm.swappiness=1 @11 both file:/etc/sysctl.d/60-x.conf\n"
		     "broken host net.ipv4.ip_forward=1 @8 now"
		     " why:a list runs without a shell's signs: this one is an argument of the program\n"
		     "sets host net.core.somaxconn=4096 @6 now\n"
		     "sets host kernel.sem=250 32000 100 128 @7 now\n");
}

static void a_script_runs_once_and_a_boothook_at_every_boot(void **state)
{
	(void)state;
	assert_reads("cloud-init", "user-data", "#!/bin/bash\n\nsysctl -w vm.swappiness=1\n", "sets host vm.swappiness=1 @3 now\n");
	assert_reads("cloud-init", "x", "#cloud-boothook\nsysctl -w vm.swappiness=1\n", "sets host vm.swappiness=1 @2 both\n");
}

static void a_template_is_known_as_far_as_it_is_none(void **state)
{
	(void)state;
	assert_reads("cloud-init", "x.yaml",
		     "## template: jinja\n"
		     "#cloud-config\n"
		     "{% if v1.cloud_name == 'x' %}\n"
		     "write_files:\n"
		     "  - path: /etc/sysctl.d/60-x.conf\n"
		     "    content: |\n"
		     "      vm.swappiness = {{ ds.x }}\n"
		     "      vm.panic_on_oom = 1\n"
		     "{% endif %}\n",
		     "unclear host = @3 why:a statement of a template: what it repeats or leaves out is known only on the instance\n"
		     "unclear host = @9 why:a statement of a template: what it repeats or leaves out is known only on the instance\n"
		     "unclear host vm.swappiness={{ ds.x }} @7 boot file:/etc/sysctl.d/60-x.conf"
		     " why:what the template becomes is known only on the instance\n"
		     "sets host vm.panic_on_oom=1 @8 boot file:/etc/sysctl.d/60-x.conf\n");
}

static void a_message_of_several_parts_has_the_lines_of_the_file(void **state)
{
	(void)state;
	assert_reads("cloud-init", "user-data.mime",
		     "Content-Type: multipart/mixed; boundary=\"==X==\"\n"
		     "MIME-Version: 1.0\n"
		     "\n"
		     "--==X==\n"
		     "Content-Type: text/cloud-config; charset=\"us-ascii\"\n"
		     "\n"
		     "write_files:\n"
		     "  - path: /etc/sysctl.d/60-x.conf\n"
		     "    content: vm.swappiness=1\n"
		     "--==X==\n"
		     "Content-Type: text/cloud-config\n"
		     "Content-Transfer-Encoding: base64\n"
		     "\n"
		     "I2Nsb3VkLWNvbmZpZwp3cml0ZV9maWxlczogW3twYXRoOiAvZXRjL3N5c2N0bC5jb25mLCBjb250ZW50\n"
		     "OiB2bS5zd2FwcGluZXNzPTJ9XQo=\n"
		     "--==X==\n"
		     "Content-Type: text/x-shellscript\n"
		     "\n"
		     "#!/usr/bin/perl\n"
		     "--==X==--\n",
		     "sets host vm.swappiness=1 @9 boot file:/etc/sysctl.d/60-x.conf\n"
		     "sets host vm.swappiness=2 @14 boot file:/etc/sysctl.conf\n"
		     "unclear host = @19 why:it is a program for /usr/bin/perl\n");
}

static void an_archive_holds_parts_too(void **state)
{
	(void)state;
	assert_reads("cloud-init", "x",
		     "#cloud-config-archive\n"
		     "- type: text/cloud-config\n"
		     "  content: |\n"
		     "    write_files:\n"
		     "      - path: /etc/sysctl.conf\n"
		     "        content: |\n"
		     "          vm.swappiness=1\n"
		     "- \"#include\\nhttps://example.org/x\"\n",
		     "sets host vm.swappiness=1 @7 boot file:/etc/sysctl.conf\n"
		     "unclear host = @8 why:what it includes is somewhere else\n");
}

static void what_others_do_is_said(void **state)
{
	(void)state;
	assert_reads("cloud-init", "x.yaml",
		     "#cloud-config\n"
		     "puppet: {install: true}\n"
		     "runcmd:\n"
		     "  - echo: 1\n",
		     "unclear host = @4 why:a command is a string or a list; \": \" in a string without quotes makes a mapping\n"
		     "unclear host = @2 why:what puppet sets is not part of this file\n");
	assert_reads("cloud-init", "x", "#include https://example.org/x\n", "unclear host = @1 why:what it includes is somewhere else\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_are_written_count_from_the_next_boot_on),
		cmocka_unit_test(commands_of_a_list_are_one_script),
		cmocka_unit_test(a_script_runs_once_and_a_boothook_at_every_boot),
		cmocka_unit_test(a_template_is_known_as_far_as_it_is_none),
		cmocka_unit_test(a_message_of_several_parts_has_the_lines_of_the_file),
		cmocka_unit_test(an_archive_holds_parts_too),
		cmocka_unit_test(what_others_do_is_said),
	};

	return RUN_TESTS(tests);
}
