/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts set, as they are followed without being run. */
#include "../../proposals/reader.h"
#include "test.h"

struct script {
	const char *text, *expected;
};

/* "LINE FATE KIND SUBJECT KEY=VALUE WHEN …", one for each item. */
static void describe(const struct proposal *proposal, struct strbuf *out)
{
	static const char *const fates[] = { "sets", "removed", "broken", "unclear" };

	strbuf_reset(out);
	for (size_t i = 0; i < proposal->count; i++) {
		const struct proposed *item = &proposal->items[i];

		strbuf_addf(out, "%u %s %s%s%s %s=%s%s%s%s%s%s%s\n", item->line, fates[item->fate], subject_kind_name(item->kind),
			    *item->subject ? " " : "", item->subject, item->key, item->value,
			    item->when & PROPOSED_NOW ? " now" : "", item->when & PROPOSED_BOOT ? " boot" : "",
			    item->spread == SPREAD_ONE ? " one" : "", item->appended ? item->once ? " once" : " appended" : "",
			    item->optional ? " optional" : "", *item->condition ? " conditional" : "");
	}
}

static void assert_sets(const char *shell, const struct script *script)
{
	CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
	CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
	struct reading reading = { .proposal = &proposal };
	struct proposed_text given = { .path = "tune.sh", .text = script->text, .length = strlen(script->text), .first = 1 };

	read_shell(&reading, &given, shell);
	describe(&proposal, &found);
	assert_string_equal(found.buf, script->expected);
	assert_int_equal(reading.depth, 0);
}

static void assert_all(const char *shell, const struct script *scripts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_sets(shell, &scripts[i]);
}

static void writes_below_proc_and_sys_are_settings(void **state)
{
	static const struct script scripts[] = {
		{ "echo 10 > /proc/sys/vm/swappiness", "1 sets host vm.swappiness=10 now\n" },
		{ "printf '%s\\n' never >/sys/kernel/mm/transparent_hugepage/enabled", "1 sets host thp.enabled=never now\n" },
		{ "echo -n none | sudo tee /sys/block/sd{a,b}/queue/scheduler >/dev/null",
		  "1 sets block sda scheduler=none now\n1 sets block sdb scheduler=none now\n" },
		{ "cd /proc/sys/net/ipv4 && echo \"4096 87380 6291456\" > tcp_rmem",
		  "1 sets host net.ipv4.tcp_rmem=4096 87380 6291456 now conditional\n" },
		{ "cat <<< 1 > /proc/sys/vm/laptop_mode", "1 sets host vm.laptop_mode=1 now\n" },
		{ "sudo sh -c 'echo 1 > /proc/sys/vm/laptop_mode'", "1 sets host vm.laptop_mode=1 now\n" },
		{ "{ echo 1; } 2>/dev/null > /proc/sys/vm/laptop_mode || true", "1 sets host vm.laptop_mode=1 now optional\n" },
		{ "echo performance > /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
		  "1 sets cpu 0 scaling_governor=performance now\n" },
		{ "echo \"tuned\" > /var/log/tune.log; echo done; mkdir -p /etc/x; grep -q a /proc/sys/vm/swappiness", "" },
	};

	(void)state;
	assert_all("bash", scripts, ARRAY_SIZE(scripts));
}

static void variables_loops_and_functions_are_followed(void **state)
{
	static const struct script scripts[] = {
		/* One line is one item, however often it is carried out, unless another one came between. */
		{ "f() {\nsysctl -w a.b=$1\n}\nf 1\nf 1\nf 2\nf 1",
		  "2 sets host a.b=1 now\n2 sets host a.b=2 now\n2 sets host a.b=1 now\n" },
		/* What calls itself for ever is followed a little, and said once. */
		{ "f() {\ng\nsysctl -w a.b=1\n}\ng() {\nf\nf\n}\nf\ng", "6 unclear host = now\n3 sets host a.b=1 now\n2 unclear host = now\n" },
		{ "f() {\ncat >> /etc/sysctl.conf <<E\na.b=1\nE\n}\ncase $1 in x) f;; y) f;; esac",
		  "3 sets host a.b=1 boot appended conditional\n" },
		{ "SIZE=$((64 * 1024))\nsysctl -w net.core.rmem_max=$SIZE", "2 sets host net.core.rmem_max=65536 now\n" },
		{ "for k in a.b c.d; do\nsysctl -w $k=1\ndone", "2 sets host a.b=1 now\n2 sets host c.d=1 now\n" },
		{ "for d in /sys/block/sd*/queue; do echo none > $d/scheduler; done", "1 sets block sd* scheduler=none now\n" },
		{ "for d in $(ls /sys/block); do echo 256 > /sys/block/$d/queue/read_ahead_kb; done",
		  "1 sets block * read_ahead_kb=256 now\n" },
		{ "for d in /sys/block/nvme*; do n=$(basename $d); echo 2 > /sys/block/$n/queue/nomerges; done",
		  "1 sets block nvme* nomerges=2 now\n" },
		{ "for d in /sys/block/nvme*; do n=${d##*/}; echo 2 > \"/sys/block/$n/queue/nomerges\"; done",
		  "1 sets block nvme* nomerges=2 now\n" },
		{ "while read -r k v; do sysctl -w \"$k=$v\"; done <<E\nvm.swappiness 1\nvm.laptop_mode 0\nE",
		  "1 sets host vm.swappiness=1 now\n1 sets host vm.laptop_mode=0 now\n" },
		{ "s() { sysctl -w \"$1=$2\"; }\ns vm.swappiness 1", "1 sets host vm.swappiness=1 now\n" },
		{ "a=(vm.swappiness=1 vm.laptop_mode=0); for s in \"${a[@]}\"; do sysctl -qw $s; done",
		  "1 sets host vm.swappiness=1 now\n1 sets host vm.laptop_mode=0 now\n" },
		{ "V=${V:-10}; eval \"sysctl -w vm.swappiness=$V\"", "1 sets host vm.swappiness=10 now\n" },
		{ "case b in a) sysctl -w a.b=1 ;; b|c) sysctl -w a.b=2 ;; esac", "1 sets host a.b=2 now\n" },
		{ "if [ -f /x ]; then V=1; else V=2; fi; sysctl -w a.b=$V", "1 unclear host a.b=$V now\n" },
		{ "for i in $(seq 2 3); do sysctl -w a.b=$i; done", "1 sets host a.b=2 now\n1 sets host a.b=3 now\n" },
		{ "grep -q a.b /etc/sysctl.conf || echo a.b=1 >> /etc/sysctl.conf", "1 sets host a.b=1 boot conditional\n" },
		{ "t=$(mktemp)\necho a.b=1 > $t; echo x > \"$t.log\"", "" },
		{ "(V=2); V=1; (V=3); sysctl -w a.b=$V", "1 sets host a.b=1 now\n" },
	};

	(void)state;
	assert_all("bash", scripts, ARRAY_SIZE(scripts));
}

static void what_is_known_only_when_it_runs_is_unclear(void **state)
{
	static const struct script scripts[] = {
		{ "sysctl -w vm.nr_hugepages=$(($(nproc) / 2))", "1 unclear host vm.nr_hugepages=$(($(nproc) / 2)) now\n" },
		{ "echo $1 > /proc/sys/vm/swappiness", "1 unclear host vm.swappiness=$1 now\n" },
		{ "cat x > /proc/sys/vm/swappiness", "1 unclear host vm.swappiness= now\n" },
		{ "for d in $(lsblk -dno NAME); do echo 1 > /sys/block/$d/queue/nomerges; done",
		  "1 unclear block $(lsblk -dno NAME) nomerges=1 now\n" },
		{ "frobnicate /proc/sys/vm/swappiness 5", "1 unclear host = now\n" },
		{ "frobnicate --now", "" },
		{ "eval \"$(curl x)\"", "1 unclear host = now\n" },
		{ "tuned-adm profile throughput-performance", "1 unclear host = now\n" },
		{ ". ./lib.sh; echo 256 > $disk", "1 unclear host =256 now\n" },
		{ "for i in 1 2 3; do echo 1 > $FILE; done", "1 unclear host =1 now\n" },
		{ "f() { sysctl -w a.b=1; }", "1 unclear host a.b=1 now\n" },
		{ "cp my.conf /etc/sysctl.d/", "1 unclear host = now\n" },
		{ "ulimit -n 65535", "1 unclear process limit.nofile=65535 now\n" },
	};

	(void)state;
	assert_all("bash", scripts, ARRAY_SIZE(scripts));
}

static void files_of_configuration_take_effect_when_something_reads_them(void **state)
{
	static const struct script scripts[] = {
		{ "cat >> /etc/sysctl.conf <<EOF\n# x\nvm.swappiness = 10\nEOF\n", "3 sets host vm.swappiness=10 boot appended\n" },
		{ "echo vm.swappiness=10 >> /etc/sysctl.conf\nsysctl -p", "1 sets host vm.swappiness=10 now boot appended\n" },
		{ "echo a.b=1 > /etc/sysctl.d/x.conf; sysctl --system", "1 sets host a.b=1 now boot\n" },
		{ "echo a.b=1 > /etc/sysctl.d/x.conf; sysctl -p /etc/sysctl.d/x.conf", "1 sets host a.b=1 now boot\n" },
		{ "echo a.b=1 > /etc/sysctl.d/x.conf\nsysctl -p", "1 sets host a.b=1 boot\n2 broken host = now\n" },
		/* Nobody else reads it. */
		{ "echo a.b=1 > /etc/sysctl.d/x; sysctl -p /etc/sysctl.d/x", "1 sets host a.b=1 now\n" },
		{ "echo a.b=1 > /etc/sysctl.d/x; sysctl --system", "1 broken host a.b=1 now boot\n" },
		{ "for i in `ls /proc/sys/net/ipv4/conf/`; do sysctl -w net.ipv4.conf.$i.rp_filter=0; done",
		  "1 sets host net.ipv4.conf.*.rp_filter=0 now\n" },
		{ "for i in `ls /proc/sys/net/ipv4/conf/`; do echo \"net.ipv4.conf.${i}.rp_filter=0\" >> /etc/sysctl.conf; done",
		  "1 sets host net.ipv4.conf.*.rp_filter=0 boot appended\n" },
		{ "sysctl -w 'net.ipv4.conf.*.rp_filter=0'", "1 broken host net.ipv4.conf.*.rp_filter=0 now\n" },
		{ "while read -r line; do sysctl -w \"$line\"; done < list", "1 unclear host = now conditional\n" },
		{ "echo a.b=1 | sysctl -p -", "1 sets host a.b=1 now\n" },
		{ "echo 'options a b=1' > /etc/modprobe.d/a.conf", "1 sets host module.a.b=1 boot\n" },
		{ "sed -i 's/^#*vm.swappiness.*/vm.swappiness=1/' /etc/sysctl.conf",
		  "1 sets host vm.swappiness=1 boot conditional\n" },
		{ "sed -i '/swap/d' /etc/fstab", "1 unclear host = now\n" },
		/* What is taken out first is not added again and again. */
		{ "sed -i '/a.b/d' /etc/sysctl.conf\necho a.b=1 >> /etc/sysctl.conf\necho a.c=1 >> /etc/sysctl.conf",
		  "2 sets host a.b=1 boot once\n3 sets host a.c=1 boot appended\n" },
		{ "sed -Ei -e '/^a[.](b|c)/d;/^x/d' -e '\\#^y#d' /etc/sysctl.conf\necho a.b=1 >> /etc/sysctl.conf",
		  "2 sets host a.b=1 boot once\n1 unclear host = now\n" },
		{ "sed -i '/# begin/,/# end/d' /etc/sysctl.conf\ncat >> /etc/sysctl.conf <<EOF\n# begin\na.b=1\n# end\nEOF",
		  "4 sets host a.b=1 boot once\n" },
		{ "cp /etc/sysctl.d/a.conf /etc/sysctl.d/a.conf.bak; cp x /etc/sysctl.d/b.conf", "1 unclear host = now\n" },
		{ "> /etc/sysctl.d/a.conf\necho a.b=1 >> /etc/sysctl.d/a.conf", "2 sets host a.b=1 boot once\n" },
		{ "sed -i '/^# End/,$d' /etc/sysctl.conf\nprintf '# End\\na.b=1\\n' >> /etc/sysctl.conf", "2 sets host a.b=1 boot once\n" },
		{ "cat >> /etc/systemd/system.conf <<EOF\n\n# files\nDefaultLimitNOFILE=4096\nEOF",
		  "4 sets host limits.system.DefaultLimitNOFILE=4096 boot appended\n"
		  "4 sets host limits.system.DefaultLimitNOFILESoft=4096 boot appended\n" },
		{ "sed -i '/a.b/d' /etc/sysctl.d/a.conf\necho a.b=1 >> /etc/sysctl.conf",
		  "2 sets host a.b=1 boot appended\n1 unclear host = now\n" },
		{ "sed -i '/a\\{1,9\\}/d' /etc/sysctl.conf", "1 unclear host = now\n" },
		{ "sed -i 's/quiet\"/quiet mitigations=off\"/' /etc/default/grub; update-grub", "1 unclear host = now\n" },
		{ "sed -i 's/\\(GRUB_CMDLINE_LINUX=\"[^\"]*\\)\"/\\1 mitigations=off\"/' /etc/default/grub; update-grub",
		  "1 sets host cmdline.mitigations=off boot conditional\n" },
		{ "grubby --update-kernel=ALL --args='hugepages=8'", "1 sets host cmdline.hugepages=8 boot\n" },
		{ "echo 'echo 1 > /proc/sys/vm/laptop_mode' >> /etc/rc.local", "1 sets host vm.laptop_mode=1 boot\n" },
		{ "(crontab -l; echo '@reboot sysctl -w a.b=1') | crontab -", "1 sets host a.b=1 boot\n" },
		{ "cat > /etc/systemd/system/x.service <<'EOF'\n[Service]\nExecStart=/bin/sh -c 'echo 1 > /proc/sys/vm/laptop_mode'\nEOF",
		  "3 sets host vm.laptop_mode=1 boot\n" },
		{ "cat > /usr/local/bin/t <<'EOF'\n#!/bin/sh\nsysctl -w a.b=1\nEOF\n/usr/local/bin/t", "3 sets host a.b=1 now\n" },
		{ "cat > /usr/local/bin/t <<'EOF'\n#!/bin/sh\nsysctl -w a.b=1\nEOF\n", "3 unclear host a.b=1 now\n" },
	};

	(void)state;
	assert_all("bash", scripts, ARRAY_SIZE(scripts));
}

static void programs_that_set_something_are_known(void **state)
{
	static const struct script scripts[] = {
		{ "ethtool -G eth0 rx 4096 tx 2048", "1 sets interface eth0 ring.rx=4096 now\n1 sets interface eth0 ring.tx=2048 now\n" },
		{ "ethtool -K eth0 gro off", "1 sets interface eth0 offload.gro=off now\n" },
		{ "ip link set dev eth0 mtu 9000 up", "1 sets interface eth0 mtu=9000 now\n" },
		{ "ifconfig eth0 txqueuelen 5000", "1 sets interface eth0 tx_queue_len=5000 now\n" },
		{ "tc qdisc replace dev eth0 root handle 1: fq maxrate 1gbit", "1 sets interface eth0 qdisc=fq now\n" },
		{ "blockdev --setra 4096 /dev/sd*", "1 sets block sd* read_ahead_kb=2048 now\n" },
		{ "cpupower -c all frequency-set -g performance", "1 sets cpu * scaling_governor=performance now\n" },
		{ "systemctl set-property --runtime x.service MemoryMax=1G", "1 sets unit x.service MemoryMax=1G now\n" },
		{ "mount -o remount,noatime,commit=30 /srv",
		  "1 sets mount /srv options.noatime=true now\n1 sets mount /srv options.commit=30 now\n" },
		{ "modprobe zram num_devices=4", "1 sets host module.zram.num_devices=4 now\n" },
		{ "nice -n 5 env A=b timeout 5 /sbin/sysctl -e -q -w a.b=1", "1 sets host a.b=1 now optional\n" },
		{ "nsenter -t 1 -m -- sysctl -w a.b=1", "1 sets host a.b=1 now\n" },
	};

	(void)state;
	assert_all("bash", scripts, ARRAY_SIZE(scripts));
}

static void lines_that_do_not_do_what_they_say_are_broken(void **state)
{
	static const struct script scripts[] = {
		{ "echo none > /sys/block/*/queue/scheduler", "1 sets block * scheduler=none now one\n" },
		{ "f='/sys/block/*/queue/scheduler'; echo none > $f", "1 sets block * scheduler=none now one\n" },
		{ "echo none > '/sys/block/*/queue/scheduler'", "1 broken block * scheduler=none now\n" },
		{ "echo none > /sys/block/{sda,sdb}/queue/scheduler", "1 broken host = now\n" },
		{ "echo 256 > $disk", "1 broken host =256 now\n" },
		{ "sudo echo 1 > /proc/sys/vm/laptop_mode", "1 broken host vm.laptop_mode=1 now\n" },
		{ "sysctl -w net.ipv4.tcp_rmem=4096 87380 6291456", "1 broken host net.ipv4.tcp_rmem=4096 now\n" },
		{ "sysctl -w vm.swappiness = 10", "1 broken host vm.swappiness=10 now\n" },
		{ "sysctl -w 'net.ipv4.conf.*.rp_filter=1'", "1 broken host net.ipv4.conf.*.rp_filter=1 now\n" },
		{ "echo a.b=1 > /etc/sysctl.conf", "1 broken host = now\n1 sets host a.b=1 boot\n" },
		{ "exit 0\nsysctl -w a.b=1", "2 broken host a.b=1 now\n" },
		{ "set -e\nsysctl -w a.b = 1\nsysctl -w c.d=1", "2 broken host a.b=1 now\n3 broken host c.d=1 now\n" },
		{ "set -e\nsysctl -w a.b = 1 || true\nsysctl -w c.d=1", "2 broken host a.b=1 now optional\n3 sets host c.d=1 now\n" },
		{ "[ -f /x ] || exit 0\nsysctl -w a.b=1", "2 sets host a.b=1 now conditional\n" },
		{ "[ $(id -u) = 0 ] || exit 1\nsysctl -w a.b=1", "2 sets host a.b=1 now\n" },
		{ "sysctl -w net.netfilter.nf_conntrack_max=1\nmodprobe nf_conntrack",
		  "1 broken host net.netfilter.nf_conntrack_max=1 now\n" },
		{ "sysctl -w a.b=1\r\necho 1 > /proc/sys/vm/x\r\n", "1 broken host a.b=1 now\n2 broken host vm.x=1 now\n" },
		{ "sysctl -w a.b=1\nif x; then\nsysctl -w c.d=1\n", "1 sets host a.b=1 now\n2 broken host = now\n" },
		{ "echo 'GRUB_CMDLINE_LINUX=\"mitigations=off\"' >> /etc/default/grub",
		  "1 broken host cmdline.mitigations=off boot appended\n" },
	};
	static const struct script posix[] = {
		{ "echo none > /sys/block/*/queue/scheduler", "1 broken block * scheduler=none now\n" },
		{ "echo -e '1' > /proc/sys/vm/x", "1 sets host vm.x=-e 1 now\n" },
		{ "for f in /sys/block/*/queue/scheduler; do echo none > \"$f\"; done", "1 sets block * scheduler=none now\n" },
		{ "echo 1 | tee /sys/block/*/queue/nomerges", "1 sets block * nomerges=1 now\n" },
	};

	(void)state;
	assert_all("bash", scripts, ARRAY_SIZE(scripts));
	assert_all("sh", posix, ARRAY_SIZE(posix));
}

static void broken_lines_say_why_and_how_they_would_be_written(void **state)
{
	static const struct {
		const char *text, *why, *instead;
	} cases[] = {
		{ "sysctl -w net.ipv4.tcp_rmem=4096 87380 6291456", "refuses '87380'",
		  "sysctl -w net.ipv4.tcp_rmem='4096 87380 6291456'" },
		{ "sysctl -w vm.swappiness = 10", "one word", "sysctl -w vm.swappiness=10" },
		{ "sudo echo 1 > /proc/sys/vm/x", "not root", "echo 1 | sudo tee /proc/sys/vm/x" },
		{ "echo none > /sys/block/*/queue/scheduler", "does not expand",
		  "for file in /sys/block/*/queue/scheduler; do echo none > \"$file\"; done" },
		{ "echo 256 > $disk", "$disk is empty", "" },
		{ "echo 1 > /sys/x/y\nif", "carries out nothing that follows", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
		struct reading reading = { .proposal = &proposal };
		struct proposed_text given = { .path = "x", .text = cases[i].text, .length = strlen(cases[i].text), .first = 1 };

		read_shell(&reading, &given, "sh");
		assert_true(proposal.count > 0);
		assert_int_equal(proposal.items[proposal.count - 1].fate, PROPOSED_BROKEN);
		assert_non_null(strstr(proposal.items[proposal.count - 1].why, cases[i].why));
		if (*cases[i].instead)
			assert_string_equal(proposal.items[proposal.count - 1].instead, cases[i].instead);
	}
}

/* A script that names no shell is carried out by the one that calls it. */
static void a_script_that_only_bash_reads_is_read_as_bash(void **state)
{
	static const struct {
		const char *path, *text, *expected;
	} cases[] = {
		{ "tune.sh", "a=(10 20)\nsysctl -w vm.swappiness=10\n", "2 sets host vm.swappiness=10 now\n" },
		{ "tune.sh", "sysctl -w vm.swappiness=10\n", "1 sets host vm.swappiness=10 now\n" },
		{ "tune.sh", "#!/bin/sh\na=(10)\nsysctl -w vm.swappiness=10\n", "2 broken host = now\n" },
		{ "tune.sh", "a=(10\nsysctl -w vm.swappiness=10\n", "1 broken host = now\n" },
		/* Nothing but the substitution fails. */
		{ "tune.sh", "#!/bin/bash\ncat <<EOF >/dev/null\n`[<IPv6>]:port`\nEOF\nsysctl -w vm.swappiness=10\n",
		  "5 sets host vm.swappiness=10 now\n" },
		{ "tune.sh", "#!/bin/bash\nls -1 a-*\nfor f in $(ls -1 a-*); do :; done\nsysctl -w vm.swappiness=10\n",
		  "4 sets host vm.swappiness=10 now\n" },
		{ "tune.sh", "find /bin -perm /22 -exec chmod go-w {} \\;\nfind /sys -name x -exec tee {} \\;\n", "2 unclear host = now\n" },
		/* The lines of a command in a unit are one. */
		{ "tune.sh", "cat >/etc/systemd/system/x.service <<'EOF'\n[Service]\nExecStart=/bin/sh -c 'echo 10 \\\n"
			     "  > /proc/sys/vm/swappiness'\nEOF\n", "3 sets host vm.swappiness=10 boot\n" },
	};
	const struct reader *shell = reader_find("shell");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
		CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
		struct reading reading = { .proposal = &proposal };
		struct proposed_text given = { .path = cases[i].path, .text = cases[i].text, .length = strlen(cases[i].text), .first = 1 };

		shell->read(shell, &reading, &given);
		describe(&proposal, &found);
		assert_string_equal(found.buf, cases[i].expected);
	}
}

static void hostile_scripts_end(void **state)
{
	static const struct {
		const char *before, *piece;
		size_t count;
		const char *after;
	} cases[] = {
		{ "", "echo 1 > /proc/sys/vm/x\n", 200000, "" },
		{ "echo", " >/proc/sys/vm/x", 1000000, "" },
		{ "", "for a in {1..1000}; do ", 50, "sysctl -w a.b=1; " },
		{ "f() { f; f; }\n", "f\n", 10, "" },
		{ "f() { f | f; }; f\n", "", 0, "" },
		{ "while :; do\n", "x=$x$x\n", 1000, "done" },
		{ "x=aaaaaaaa\n", "x=$x$x\n", 100, "" },
		{ "", "eval 'eval \"eval x\"'; ", 1000, "" },
		{ "x='", "*", 100000, "'; echo ${x#*a*a*a*a}" },
		{ "echo ", "{a,b}", 100, "" },
		{ "echo ", "{", 30000, ",}{a..b}" },
		{ "sh -c \"", "$(", 100, "\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(proposal_release) struct proposal proposal = PROPOSAL_INIT;
		CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
		struct reading reading = { .proposal = &proposal };
		struct proposed_text given = { .path = "x", .first = 1 };

		strbuf_add_string(&text, cases[i].before);
		for (size_t n = 0; n < cases[i].count; n++)
			strbuf_add_string(&text, cases[i].piece);
		strbuf_add_string(&text, cases[i].after);
		given.text = text.buf;
		given.length = text.len;
		read_shell(&reading, &given, "bash");
		assert_true(proposal.count <= PROPOSED_MAX);
	}
}

static void a_script_is_recognised_by_its_first_line_its_name_or_what_it_does(void **state)
{
	static const struct {
		const char *path, *text;
		bool mine;
	} cases[] = {
		{ "tune", "#!/bin/bash\n", true },
		{ "tune", "#!/usr/bin/env -S bash -e\n", true },
		{ "tune.sh", "echo\n", true },
		{ "tune.txt", "# as root:\nsysctl -w vm.swappiness=10\n", true },
		{ "tune", "#!/usr/bin/python3\nimport os\n", false },
		{ "notes", "The sysctl command writes keys.\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct reader *reader = reader_recognise(cases[i].path, cases[i].text, strlen(cases[i].text));

		assert_int_equal(reader && streq(reader->name, "shell"), cases[i].mine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_below_proc_and_sys_are_settings),
		cmocka_unit_test(variables_loops_and_functions_are_followed),
		cmocka_unit_test(what_is_known_only_when_it_runs_is_unclear),
		cmocka_unit_test(files_of_configuration_take_effect_when_something_reads_them),
		cmocka_unit_test(programs_that_set_something_are_known),
		cmocka_unit_test(lines_that_do_not_do_what_they_say_are_broken),
		cmocka_unit_test(broken_lines_say_why_and_how_they_would_be_written),
		cmocka_unit_test(a_script_that_only_bash_reads_is_read_as_bash),
		cmocka_unit_test(hostile_scripts_end),
		cmocka_unit_test(a_script_is_recognised_by_its_first_line_its_name_or_what_it_does),
	};

	return RUN_TESTS(tests);
}
