/* SPDX-License-Identifier: Apache-2.0 */
/* Playbooks, as their reader understands them. */
#include "reads.h"

#define FILE_IS " file:/etc/sysctl.conf"

static void the_sysctl_module_writes_its_file_and_applies_it(void **state)
{
	(void)state;
	assert_reads("ansible", "site.yml",
		     "- hosts: web\n"
		     "  tasks:\n"
		     "    - sysctl: name=vm.swappiness value=10 state=present\n"
		     "    - name: with lines of their own\n"
		     "      ansible.posix.sysctl:\n"
		     "        value: \"4096 131072 6291456\"\n"
		     "        name: net.ipv4.tcp_rmem\n"
		     "        reload: false\n"
		     "        sysctl_file: /etc/sysctl.d/60-net.conf\n"
		     "    - sysctl: {key: net/ipv4/conf/eth0.100/rp_filter, val: yes, ignoreerrors: yes}\n"
		     "    - sysctl: {name: kernel.panic, state: absent}\n"
		     "    - sysctl: {name: kernel.panic, value: 5, sysctl_file: /opt/x.conf, reload: no}\n"
		     "    - sysctl: {name: kernel.panic}\n",
		     "sets host vm.swappiness=10 @3 both" FILE_IS "\n"
		     "sets host net.ipv4.tcp_rmem=4096 131072 6291456 @7 boot file:/etc/sysctl.d/60-net.conf\n"
		     "sets host net.ipv4.conf.eth0/100.rp_filter=1 @10 both" FILE_IS " optional\n"
		     "removed host kernel.panic= @11 boot" FILE_IS
		     " why:the line is taken out of the file; the running value stays until the next boot\n"
		     "broken host kernel.panic=5 @12 now file:/opt/x.conf why:no program reads this file at boot, and it is not applied now\n"
		     "broken host = @13 now why:it has no value, and the module fails\n");
}

static void what_sets_nothing_wherever_it_is_written_is_not_named(void **state)
{
	(void)state;
	assert_reads("ansible", "site.yml",
		     "- hosts: all\n"
		     "  tasks:\n"
		     "    - lineinfile: {path: '{{ audit_file }}', line: '-a always,exit -F arch=b64 -S sethostname'}\n"
		     "    - lineinfile: {path: '{{ pam_file }}', regexp: '^password.*pam_unix.so', state: absent}\n"
		     "    - lineinfile: {path: '{{ file }}', line: vm.swappiness = 10}\n"
		     "    - replace: {path: '{{ item.path }}', regexp: '^net.ipv4.tcp_syncookies', replace: '# gone'}\n"
		     "    - copy: {dest: '{{ file }}', src: some.conf}\n"
		     "    - seboolean: {name: daemons_dump_core, state: false}\n"
		     "    - sysctl: {name: vm.swappiness, value: 10}\n"
		     "      check_mode: true\n",
		     "unclear host = @5 now why:which file it writes is known only when the playbook runs: {{ file }}\n"
		     "unclear host = @6 now why:which file it writes is known only when the playbook runs: {{ item.path }}\n"
		     "unclear host = @7 now why:which file it writes is known only when the playbook runs: {{ file }}\n");
}

static void numbers_are_what_yaml_makes_of_them(void **state)
{
	(void)state;
	assert_reads("ansible", "tasks/main.yml",
		     "- sysctl: {name: vm.swappiness, value: 010}\n"
		     "- sysctl: {name: vm.swappiness, value: \"010\"}\n"
		     "- sysctl: {name: vm.max_map_count, value: 262_144}\n"
		     "- sysctl: {name: kernel.panic, value: 1:30}\n"
		     "- sysctl: {name: kernel.panic, value: on}\n"
		     "- sysctl: {name: kernel.panic, value: 1.10}\n"
		     "- sysctl: name=kernel.panic value=010\n",
		     "broken host vm.swappiness=8 @1 both" FILE_IS " why:YAML reads 010 as the number 8, and that is what is set\n"
		     "sets host vm.swappiness=010 @2 both" FILE_IS "\n"
		     "sets host vm.max_map_count=262144 @3 both" FILE_IS "\n"
		     "broken host kernel.panic=90 @4 both" FILE_IS " why:YAML reads 1:30 as the number 90, and that is what is set\n"
		     "sets host kernel.panic=1 @5 both" FILE_IS "\n"
		     "broken host kernel.panic=1.1 @6 both" FILE_IS " why:YAML reads 1.10 as the number 1.1, and that is what is set\n"
		     "sets host kernel.panic=010 @7 both" FILE_IS "\n");
}

static void loops_over_lists_that_are_written_down_are_followed(void **state)
{
	(void)state;
	assert_reads("ansible", "site.yml",
		     "- hosts: all\n"
		     "  vars:\n"
		     "    settings: {vm.swappiness: 10, vm.panic_on_oom: 0}\n"
		     "  tasks:\n"
		     "    - sysctl: {name: \"{{ item.name }}\", value: \"{{ item.value }}\"}\n"
		     "      with_items:\n"
		     "        - {name: vm.dirty_ratio, value: 15, wanted: true}\n"
		     "        - {name: vm.dirty_background_ratio, value: 5, wanted: false}\n"
		     "      when: item.wanted\n"
		     "    - sysctl: {name: \"{{ s.key }}\", value: \"{{ s['value'] }}\"}\n"
		     "      loop: \"{{ settings | dict2items }}\"\n"
		     "      loop_control: {loop_var: s}\n"
		     "    - sysctl: {name: \"net.ipv4.conf.{{ item }}.rp_filter\", value: 1}\n"
		     "      loop: [all,\n"
		     "             default]\n"
		     "    - sysctl: {name: \"{{ item.key }}\", value: \"{{ item.value }}\"}\n"
		     "      with_dict: \"{{ settings }}\"\n"
		     "    - sysctl: {name: \"{{ item.key }}\", value: \"{{ item.value }}\"}\n"
		     "      with_dict: \"{{ of_the_inventory }}\"\n",
		     "sets host vm.dirty_ratio=15 @7 both" FILE_IS "\n"
		     "sets host vm.swappiness=10 @3 both" FILE_IS "\n"
		     "sets host vm.panic_on_oom=0 @3 both" FILE_IS "\n"
		     "sets host net.ipv4.conf.all.rp_filter=1 @13 both" FILE_IS "\n"
		     "sets host net.ipv4.conf.default.rp_filter=1 @13 both" FILE_IS "\n"
		     "sets host vm.swappiness=10 @3 both" FILE_IS "\n"
		     "sets host vm.panic_on_oom=0 @3 both" FILE_IS "\n"
		     "unclear host {{ item.key }}={{ item.value }} @18 both" FILE_IS
		     " why:what the template becomes is known only when the playbook runs\n");
}

static void files_that_are_written_are_read_with_the_lines_of_the_playbook(void **state)
{
	(void)state;
	assert_reads("ansible", "roles/web/tasks/main.yml",
		     "- copy:\n"
		     "    dest: /etc/sysctl.d/60-net.conf\n"
		     "    content: |\n"
		     "      # backlog\n"
		     "      net.core.somaxconn = 4096\n"
		     "\n"
		     "      net.core.netdev_max_backlog = {{ backlog }}\n"
		     "- lineinfile: {path: /etc/security/limits.conf, line: '* hard nofile 65536'}\n"
		     "- blockinfile:\n"
		     "    path: /etc/sysctl.conf\n"
		     "    block: >-\n"
		     "      vm.overcommit_memory=1\n"
		     "\n"
		     "      vm.max_map_count=262144\n"
		     "- template: {src: nginx.conf.j2, dest: /etc/nginx/nginx.conf}\n"
		     "- template: {src: 60-x.conf.j2, dest: /etc/sysctl.d/}\n"
		     "- copy: {dest: /proc/sys/vm/swappiness, content: \"1\"}\n"
		     "- copy: {dest: \"{{ where }}\", content: \"1\"}\n"
		     "- lineinfile: {path: /etc/sysctl.d/60-x.conf, line: vm.swappiness=1}\n"
		     "- lineinfile: {path: /etc/sysctl.d/60-x.conf, line: vm.swappiness=2, create: yes}\n",
		     "sets host net.core.somaxconn=4096 @5 boot file:/etc/sysctl.d/60-net.conf\n"
		     "unclear host net.core.netdev_max_backlog={{ backlog }} @7 boot file:/etc/sysctl.d/60-net.conf"
		     " why:what the template becomes is known only when the playbook runs\n"
		     "sets host limits.conf.*.hard.nofile=65536 @8 both file:/etc/security/limits.conf\n"
		     "sets host vm.overcommit_memory=1 @12 boot" FILE_IS "\n"
		     "sets host vm.max_map_count=262144 @14 boot" FILE_IS "\n"
		     "unclear host = @16 now why:/etc/sysctl.d/60-x.conf is made from 60-x.conf.j2 when the playbook runs\n"
		     "broken host vm.swappiness=1 @17 now"
		     " why:the module puts a new file in place of the old one, which cannot be done with files of the kernel\n"
		     "unclear host = @18 now why:which file it writes is known only when the playbook runs: {{ where }}\n"
		     "sets host vm.swappiness=1 @19 boot file:/etc/sysctl.d/60-x.conf"
		     " if:/etc/sysctl.d/60-x.conf is there already (create is not set)\n"
		     "sets host vm.swappiness=2 @20 boot file:/etc/sysctl.d/60-x.conf\n");
}

static void what_restarts_the_loader_applies_what_was_written_before(void **state)
{
	(void)state;
	assert_reads("ansible", "site.yml",
		     "- hosts: all\n"
		     "  tasks:\n"
		     "    - copy: {dest: /etc/sysctl.d/60-a.conf, content: \"vm.swappiness=1\"}\n"
		     "      notify: [apply]\n"
		     "  handlers:\n"
		     "    - name: apply\n"
		     "      systemd: {name: systemd-sysctl.service, state: restarted}\n"
		     "- hosts: all\n"
		     "  tasks:\n"
		     "    - copy: {dest: /etc/sysctl.d/60-a.conf, content: \"vm.swappiness=2\"}\n",
		     "sets host vm.swappiness=1 @3 both file:/etc/sysctl.d/60-a.conf\n"
		     "sets host vm.swappiness=2 @10 boot file:/etc/sysctl.d/60-a.conf\n");
}

static void modules_that_make_lines_of_other_files(void **state)
{
	(void)state;
	assert_reads("ansible", "tasks/x.yml",
		     "- community.general.pam_limits: {domain: app, limit_type: soft, limit_item: nofile, value: 65536}\n"
		     "- ansible.posix.mount: {path: /data, src: /dev/sdb1, fstype: xfs, opts: noatime, state: present}\n"
		     "- community.general.modprobe: {name: nf_conntrack, params: hashsize=65536}\n"
		     "- community.general.ini_file:\n"
		     "    path: /etc/systemd/system/nginx.service.d/limits.conf\n"
		     "    section: Service\n"
		     "    option: TasksMax\n"
		     "    value: 512\n",
		     "sets host limits.conf.app.soft.nofile=65536 @1 both file:/etc/security/limits.conf\n"
		     "sets mount /data options.noatime=true @2 boot file:/etc/fstab\n"
		     "sets host module.nf_conntrack.loaded=true @3 now\n"
		     "sets host module.nf_conntrack.hashsize=65536 @3 now\n"
		     "sets unit nginx.service TasksMax=512 @8 both file:/etc/systemd/system/nginx.service.d/limits.conf\n");
}

static void commands_are_read_as_their_shell_would(void **state)
{
	(void)state;
	assert_reads("ansible", "tasks/x.yml",
		     "- copy: {dest: /etc/sysctl.d/60-a.conf, content: \"vm.panic_on_oom=1\"}\n"
		     "- shell: |\n"
		     "    echo never > /sys/kernel/mm/transparent_hugepage/enabled\n"
		     "\n"
		     "    sysctl -w vm.dirty_ratio={{ ratio | default(3) }}\n"
		     "- command: echo 1 > /proc/sys/net/ipv4/ip_forward\n"
		     "- command: sysctl -w net.core.somaxconn=1024\n"
		     "- command:\n"
		     "    argv: [sysctl, -w, \"net.ipv4.tcp_rmem=4096 131072 6291456\"]\n"
		     "- shell: for d in /sys/block/sd*/queue/scheduler; do echo {{ item }} > $d; done\n"
		     "  loop: [none]\n"
		     "  args: {executable: /bin/bash}\n"
		     "- raw: sysctl -p /etc/sysctl.d/60-a.conf\n"
		     "- script: tune.sh\n",
		     "sets host vm.panic_on_oom=1 @1 both file:/etc/sysctl.d/60-a.conf\n"
		     "sets host thp.enabled=never @3 now\n"
		     "unclear host vm.dirty_ratio={{ ratio | default(3) }} @5 now"
		     " why:what the template becomes is known only when the playbook runs\n"
		     "broken host net.ipv4.ip_forward=1 @6 now"
		     " why:the command runs without a shell: '>' and what follows are arguments of the program\n"
		     "sets host net.core.somaxconn=1024 @7 now\n"
		     "sets host net.ipv4.tcp_rmem=4096 131072 6291456 @9 now\n"
		     "sets block sd* scheduler=none @10 now\n"
		     "unclear host = @14 now why:it runs tune.sh, which is not part of this file\n");
}

static void what_a_task_depends_on_is_said(void **state)
{
	(void)state;
	assert_reads("ansible", "site.yml",
		     "- hosts: all\n"
		     "  become: no\n"
		     "  tasks:\n"
		     "    - when: ansible_os_family == 'Debian'\n"
		     "      block:\n"
		     "        - sysctl: {name: vm.swappiness, value: 1}\n"
		     "          when: [a, b]\n"
		     "      rescue:\n"
		     "        - sysctl: {name: vm.swappiness, value: 2}\n"
		     "      always:\n"
		     "        - sysctl: {name: vm.swappiness, value: 3}\n"
		     "          ignore_errors: yes\n",
		     "sets host vm.swappiness=1 @6 both" FILE_IS " if:become: false, so only where it logs in as root and "
		     "when: ansible_os_family == 'Debian' and when: a and when: b\n"
		     "sets host vm.swappiness=2 @9 both" FILE_IS " if:become: false, so only where it logs in as root and "
		     "when: ansible_os_family == 'Debian' and a task of the block fails\n"
		     "sets host vm.swappiness=3 @11 both" FILE_IS " if:become: false, so only where it logs in as root and "
		     "when: ansible_os_family == 'Debian' optional\n");
}

static void what_is_not_in_the_file_is_said(void **state)
{
	(void)state;
	assert_reads("ansible", "site.yml",
		     "- import_playbook: other.yml\n"
		     "- hosts: all\n"
		     "  roles: [tuned]\n"
		     "  tasks:\n"
		     "    - include_tasks: more.yml\n"
		     "    - apt: {name: htop}\n"
		     "    - company.tuning.profile: {name: x}\n"
		     "    - name: nothing to do\n",
		     "unclear host = @1 now why:what it brings in is not part of this file: other.yml\n"
		     "unclear host = @3 why:the role tuned is not part of this file\n"
		     "unclear host = @5 now why:what it brings in is not part of this file: more.yml\n"
		     "unclear host = @7 now why:what the module company.tuning.profile sets is not known\n"
		     "unclear host = @8 why:it is no task: nothing in it names a module\n");
	assert_reads("ansible", "roles/base/defaults/main.yml",
		     "base_sysctl:\n"
		     "  vm.swappiness: 10\n"
		     "others:\n"
		     "  - {name: net.core.somaxconn, value: 4096}\n"
		     "packages: [htop]\n",
		     "unclear host vm.swappiness=10 @2 why:it is a variable, and the task that uses it is not part of this file\n"
		     "unclear host net.core.somaxconn=4096 @4 why:it is a variable, and the task that uses it is not part of this file\n");
}

static void a_playbook_that_grows_without_end_is_cut_off(void **state)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "x.yml", .first = 1 };

	(void)state;
	strbuf_add_string(&text, "- hosts: all\n  vars:\n    v0: xxxxxxxxxx\n");
	for (unsigned int i = 1; i < 12; i++) {
		strbuf_addf(&text, "    v%u: \"", i);
		for (unsigned int n = 0; n < 50; n++)
			strbuf_addf(&text, "{{ v%u }}", i - 1);
		strbuf_add_string(&text, "\"\n");
	}
	strbuf_add_string(&text, "  tasks:\n    - sysctl: {name: vm.swappiness, value: \"{{ v11 }}\"}\n");
	given.text = text.buf;
	given.length = text.len;
	reader_find("ansible")->read(reader_find("ansible"), &reading, &given);
	assert_int_equal(proposal.count, 1);
	assert_int_equal(proposal.items[0].fate, PROPOSED_UNCLEAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sysctl_module_writes_its_file_and_applies_it),
		cmocka_unit_test(what_sets_nothing_wherever_it_is_written_is_not_named),
		cmocka_unit_test(numbers_are_what_yaml_makes_of_them),
		cmocka_unit_test(loops_over_lists_that_are_written_down_are_followed),
		cmocka_unit_test(files_that_are_written_are_read_with_the_lines_of_the_playbook),
		cmocka_unit_test(what_restarts_the_loader_applies_what_was_written_before),
		cmocka_unit_test(modules_that_make_lines_of_other_files),
		cmocka_unit_test(commands_are_read_as_their_shell_would),
		cmocka_unit_test(what_a_task_depends_on_is_said),
		cmocka_unit_test(what_is_not_in_the_file_is_said),
		cmocka_unit_test(a_playbook_that_grows_without_end_is_cut_off),
	};

	return RUN_TESTS(tests);
}
