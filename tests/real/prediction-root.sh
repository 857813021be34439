#!/bin/bash
# prediction-root.sh ROOT: a mix of configuration for the guest of test-prediction.sh, made from the number SEED, and what
# an audit of the root says of it before it is booted: OFFLINE.  KEISOKU, SOURCE, SEED, OFFLINE, ARGUMENTS and
# CMDLINE, which the guest is booted with, come from the environment.
set -eu
root=$1
RANDOM=$SEED

# file PATH: from standard input, added to what is there
file() {
	mkdir -p "$root${1%/*}"
	cat >>"$root$1"
}

# one WORD…: one of them, in $drawn
one() {
	shift $((RANDOM % $#))
	drawn=$1
}

# ---- sysctls ----

# What may be asked for, and values; some are refused, and some keys are not there.
settings=(
	'vm.swappiness|1|10|60|100|500' 'vm.dirty_ratio|5|20|40|101' 'vm.dirty_background_ratio|1|5' 'vm.dirty_expire_centisecs|500|3000'
	'vm.dirty_writeback_centisecs|100|500' 'vm.vfs_cache_pressure|50|100|200' 'vm.overcommit_ratio|50|80'
	'vm.max_map_count|65530|262144' 'vm.page-cluster|0|3' 'vm.overcommit_memory|0|1|7' 'vm.zone_reclaim_mode|0|1' 'vm.nothing_here|1'
	'vm.dirty_bytes|0|104857600' 'kernel.panic|0|5|ten' 'kernel.panic_on_oops|0|1' 'kernel.sysrq|0|1|176|438'
	'kernel.kptr_restrict|0|1|2' 'kernel.dmesg_restrict|0|1|2' 'kernel.perf_event_paranoid|-1|2|3' 'kernel.randomize_va_space|0|1|2'
	'kernel.core_uses_pid|0|1' 'kernel.printk|4 4 1 7|3 4 1 3' 'kernel.pid_max|32768|4194304' 'kernel.unprivileged_bpf_disabled|0|2'
	'fs.suid_dumpable|0|1|2' 'fs.protected_hardlinks|0|1' 'fs.protected_symlinks|0|1' 'fs.inotify.max_user_watches|8192|524288'
	'fs.aio-max-nr|65536|1048576' 'fs.pipe-max-size|1048576|2097152' 'net.core.somaxconn|128|4096|65536'
	'net.core.rmem_max|212992|16777216' 'net.core.wmem_max|212992|16777216' 'net.core.netdev_max_backlog|1000|16384'
	'net.core.default_qdisc|pfifo_fast|fq|nothing' 'net.ipv4.tcp_syncookies|0|1|2' 'net.ipv4.tcp_rmem|4096 131072 6291456|4096 87380 33554432'
	'net.ipv4.tcp_fin_timeout|15|60' 'net.ipv4.ip_local_port_range|10000 65000|32768 60999' 'net.ipv4.tcp_congestion_control|cubic|reno|bbr|nothing'
	'net.ipv4.tcp_tw_reuse|0|1|2' 'net.ipv4.tcp_slow_start_after_idle|0|1' 'net.ipv4.conf.all.rp_filter|0|1|2'
	'net.ipv4.conf.default.rp_filter|0|1|2' 'net.ipv4.conf.lo.rp_filter|0|1' 'net.ipv4.conf.all.log_martians|0|1'
	'net.ipv4.conf.default.accept_redirects|0|1' 'net.ipv4.conf.*.send_redirects|0|1' 'net.ipv4.conf.*.accept_source_route|0'
	'net.ipv4.neigh.default.gc_thresh3|1024|8192' 'net.ipv6.conf.all.disable_ipv6|0|1' 'net.netfilter.nf_conntrack_max|65536|131072'
	'net.bridge.bridge-nf-call-iptables|0|1' 'net.ipv4.icmp_echo_ignore_broadcasts|0|1'
)

# name KEY: as somebody may write it
name() {
	one dots dots dots slashes optional
	case $drawn in
	slashes) drawn=${1//.//} ;;
	optional) drawn=-$1 ;;
	*) drawn=$1 ;;
	esac
}

# a line of one of the settings, in $line
line() {
	IFS='|' read -ra words <<<"${settings[RANDOM % ${#settings[@]}]}"
	name "${words[0]}"
	key=$drawn
	one "${words[@]:1}"
	value=$drawn
	one ' = ' '=' ' =  ' '= ' ' = '
	line=$key$drawn$value
	case $((RANDOM % 24)) in
	0) line="# $line" ;;
	1) line=";$line" ;;
	2) line="  $line  " ;;
	3) line=$key ;;
	4) line="-net.ipv4.conf.all.send_redirects" ;;
	esac
}

directories=(/etc/sysctl.d /usr/lib/sysctl.d /usr/local/lib/sysctl.d /etc/sysctl.d /run/sysctl.d)
names=(10-base.conf 40-site.conf 50-default.conf 60-app.conf 90-tuning.conf 99-local.conf zz-last.conf .hidden.conf saved.conf.bak)
for ((i = 0; i < 12; i++)); do
	one "${directories[@]}"
	path=$drawn
	one "${names[@]}"
	path=$path/$drawn
	case $((RANDOM % 10)) in
	0)
		mkdir -p "$root${path%/*}"
		ln -sf /dev/null "$root$path"
		;;
	1) [ -L "$root$path" ] || file "$path" </dev/null ;;
	*)
		[ ! -L "$root$path" ] || continue
		for ((n = RANDOM % 9; n >= 0; n--)); do
			line
			printf '%s\n' "$line"
		done >"$root/lines"
		file "$path" <"$root/lines"
		RANDOM=$((SEED * 31 + i))
		;;
	esac
done
rm -f "$root/lines"
for ((n = 0; n < 4; n++)); do
	line
	printf '%s\n' "$line" | file /etc/sysctl.conf
done

# ---- modules and the boot loader ----

# Drivers that this guest has and others do not, each in every image.
drivers=$(dirname "$root")/kernel/lib/modules
version=$(ls "$drivers")
for module in drivers/block/virtio_blk drivers/block/null_blk/null_blk drivers/net/dummy drivers/net/ifb drivers/block/loop \
	fs/autofs/autofs4; do
	mkdir -p "$root/lib/modules/$version/kernel/${module%/*}"
	cp "$drivers/$version/kernel/$module.ko" "$root/lib/modules/$version/kernel/$module.ko"
done
if [ $((SEED % 4)) -lt 2 ]; then
	mkdir -p "$root/lib/modules/$version/kernel/block"
	cp "$drivers/$version/kernel/block/"*.ko "$root/lib/modules/$version/kernel/block/"
fi
PATH=$PATH:/usr/sbin:/sbin depmod -b "$root" "$version"

for ((n = 0; n < 3; n++)); do
	one nf_conntrack br_netfilter tcp_bbr dummy null_blk nf_nat loop nothing_there tcp_cubic ifb 'nf-conntrack' '# dummy' 'dummy numdummies=3'
	module=$drawn
	one /etc/modules-load.d/a.conf /usr/lib/modules-load.d/b.conf /etc/modules-load.d/b.conf /etc/modules-load.d/not-read /etc/modules
	echo "$module" | file "$drawn"
done
for ((n = 0; n < 4; n++)); do
	one 'options nf_conntrack hashsize=8192' 'options nf_conntrack hashsize=16384 acct=1' 'options dummy numdummies=2' \
		'options null_blk nr_devices=2 queue_mode=2' 'options null_blk nr_devices=1' 'blacklist dummy' 'options loop max_loop=3' \
		'install ifb /bin/true' 'options tcp_cubic beta=600' 'options tcp-bbr nothing=1' 'options nvme_core io_timeout=77' 'softdep dummy pre: ifb'
	line=$drawn
	one /etc/modprobe.d/a.conf /usr/lib/modprobe.d/b.conf /etc/modprobe.d/b.conf /run/modprobe.d/c.conf /etc/modprobe.d/d.txt
	echo "$line" | file "$drawn"
done
printf 'menuentry "Debian" {\n\tlinux /vmlinuz %s\n}\n' "$ARGUMENTS $CMDLINE" | file /boot/grub/grub.cfg

# ---- file systems ----

# options COUNT WORD…: some of them, with commas between, in $drawn
options() {
	count=$1 list=
	shift
	for ((o = RANDOM % (count + 1); o > 0; o--)); do
		one "$@"
		list=$list${list:+,}$drawn
	done
	drawn=${list:-defaults}
}

general=(defaults noatime relatime strictatime nodiratime lazytime sync nosuid nodev noexec ro rw atime dirsync)
rm -f "$root/etc/fstab"
options 3 defaults noatime strictatime errors=remount-ro commit=30 discard lazytime relatime nodiratime
[ $((SEED % 5)) -eq 0 ] || echo "LABEL=root / ext4 $drawn 0 1" | file /etc/fstab
options 4 "${general[@]}" commit=17 commit=5 data=writeback data=ordered discard nodelalloc barrier=0 nobarrier
echo "LABEL=srv0 /srv/a ext4 $drawn 0 2" | file /etc/fstab
options 3 "${general[@]}" nofail commit=40 noauto x-systemd.automount nodiscard,discard
printf '/dev/vdb /srv/b\\040c ext4 %s 0 2\n' "$drawn" | file /etc/fstab
options 3 "${general[@]}" size=8M size=4096k size=10% nr_inodes=1k huge=never mode=700
echo "tmpfs /srv/t tmpfs $drawn" | file /etc/fstab
options 3 "${general[@]}" size=16m nofail
one /dev/shm /srv/u /run
echo "tmpfs $drawn tmpfs $list 0 0" | sed 's/tmpfs  0 0/tmpfs defaults 0 0/' | file /etc/fstab
one 'LABEL=absent /srv/absent ext4 nofail,noatime,x-systemd.device-timeout=1s 0 2' 'tmpfs /srv/t tmpfs size=1M,noatime 0 0' \
	'/srv/a /srv/bound none bind,ro 0 0' '# nothing' '/dev/vdb /srv/twice ext4 noauto,noatime 0 0'
echo "$drawn" | file /etc/fstab
mkdir -p "$root/srv/a" "$root/srv/b c"

# ---- disks ----

match=('SUBSYSTEM=="block"' 'ACTION=="add|change", SUBSYSTEM=="block"' 'SUBSYSTEM=="block", ENV{DEVTYPE}=="disk"'
	'SUBSYSTEM=="block", ATTR{queue/rotational}=="1"' 'ACTION=="remove", SUBSYSTEM=="block"')
for ((n = 0; n < 7; n++)); do
	one "${match[@]}"
	rule=$drawn
	one 'vd[a-z]' 'vda' 'vd*|nvme*' 'nvme0n1' 'nullb*' 'vdb' 'sd*'
	rule="$rule, KERNEL==\"$drawn\""
	one queue/scheduler=none queue/scheduler=mq-deadline queue/scheduler=bfq queue/scheduler=kyber queue/scheduler=nothing \
		queue/read_ahead_kb=256 queue/read_ahead_kb=1024 queue/nr_requests=64 queue/rq_affinity=2 queue/nomerges=1 queue/iostats=0 \
		queue/add_random=1 queue/rotational=0 queue/max_sectors_kb=64 queue/iosched/read_expire=100
	rule="$rule, ATTR{${drawn%%=*}}=\"${drawn#*=}\""
	one 60-site.rules 70-disks.rules 10-first.rules
	echo "$rule" | file "/etc/udev/rules.d/$drawn"
done
if [ $((RANDOM % 3)) -eq 0 ]; then
	printf '%s\n' 'SUBSYSTEM!="block", GOTO="end"' 'KERNEL=="vda", ATTR{queue/nomerges}="2"' 'KERNEL=="vdb", GOTO="end"' \
		'KERNEL=="vd*", ATTR{queue/rq_affinity}="0"' 'LABEL="end"' | file /etc/udev/rules.d/80-labels.rules
fi

# ---- tmpfiles.d ----

for ((n = 0; n < 8; n++)); do
	one w w w w w- w! f+ f w+
	type=$drawn
	one 'kernel/mm/transparent_hugepage/enabled|madvise|always|never' 'kernel/mm/transparent_hugepage/defrag|defer|never' \
		'kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs|5000|20000' 'kernel/mm/ksm/pages_to_scan|50|200' \
		'kernel/mm/hugepages/hugepages-2048kB/nr_hugepages|2|4' 'block/vda/queue/read_ahead_kb|512' 'block/vdb/queue/scheduler|none' \
		'block/*/queue/iostats|1' 'module/nvme_core/parameters/default_ps_max_latency_us|0' 'kernel/mm/nothing|1' \
		'kernel/mm/lru_gen/min_ttl_ms|1000' 'kernel/mm/transparent_hugepage/use_zero_page|0|1'
	IFS='|' read -ra words <<<"$drawn"
	path=${words[0]}
	one "${words[@]:1}"
	value=$drawn
	one /etc/tmpfiles.d/site.conf /usr/lib/tmpfiles.d/vendor.conf /etc/tmpfiles.d/00-first.conf
	echo "$type /sys/$path - - - - $value" | file "$drawn"
done
printf '%s\n' 'w /proc/sys/vm/stat_interval - - - - 2' 'w /proc/sys/vm/stat_interval - - - - 3' 'f /proc/sys/vm/laptop_mode - - - - 1' \
	'w /proc/sys/vm/dirtytime_expire_seconds - - - - 3600' | file /etc/tmpfiles.d/sysctls.conf

# ---- limits ----

for ((n = 0; n < 5; n++)); do
	one '*' '*' nobody root daemon @nogroup
	who=$drawn
	one soft hard -
	half=$drawn
	one 'nofile 1024' 'nofile 4096' 'nofile 65536' 'nproc 500' 'core 0' 'core unlimited' 'stack 8192' 'memlock 64' 'nice -5' 'as 9000000'
	line="$who $half $drawn"
	one /etc/security/limits.conf /etc/security/limits.d/10-site.conf /etc/security/limits.d/20-app.conf /etc/security/limits.d/x.txt
	echo "$line" | file "$drawn"
done

for ((n = 0; n < 3; n++)); do
	one DefaultTasksMax=200 DefaultTasksMax=10% DefaultLimitNOFILE=2048:8192 DefaultLimitNOFILE=5000 DefaultLimitCORE=0 DefaultLimitNPROC=400 \
		DefaultTimeoutStopSec=20s DefaultCPUAccounting=yes DefaultMemoryAccounting=no DefaultOOMPolicy=continue DefaultLimitMEMLOCK=8M
	line=$drawn
	one /etc/systemd/system.conf /etc/systemd/system.conf.d/10-site.conf /usr/lib/systemd/system.conf.d/20-vendor.conf /etc/systemd/system.conf.d/30-late.conf
	printf '[Manager]\n%s\n' "$line" | file "$drawn"
done
for unit in site-a site-b; do
	printf '[Service]\nExecStart=/bin/sleep infinity\nTasksMax=30\n[Install]\nWantedBy=multi-user.target\n' | file "/usr/lib/systemd/system/$unit.service"
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -sf "/usr/lib/systemd/system/$unit.service" "$root/etc/systemd/system/multi-user.target.wants/$unit.service"
done
for ((n = 0; n < 6; n++)); do
	one TasksMax=50 TasksMax=infinity TasksMax= TasksMax=5% MemoryMax=64M MemoryMax=50% MemoryHigh=32M MemoryMax=infinity LimitNOFILE=3000 LimitNOFILE=1000:2000 \
		LimitNOFILE=infinity CPUQuota=50% CPUWeight=50 CPUWeight=0 Nice=5 OOMScoreAdjust=-100 LimitCORE=infinity LimitMEMLOCK=1M IOWeight=200 \
		LimitNPROC=77 MemorySwapMax=0 MemoryLow=8M CPUSchedulingPolicy=batch
	line=$drawn
	one site-a site-b
	unit=$drawn
	one "/etc/systemd/system/$unit.service.d/10-a.conf" "/etc/systemd/system/$unit.service.d/20-b.conf" \
		"/usr/lib/systemd/system/$unit.service.d/15-c.conf" "/usr/lib/systemd/system/service.d/50-all.conf" \
		"/etc/systemd/system/site-.service.d/30-prefix.conf" "/usr/lib/systemd/system/$unit.service.d/20-b.conf"
	printf '[Service]\n%s\n' "$line" | file "$drawn"
done

# ---- the guest ----

"$SOURCE/tests/vm/quiet-root" "$root"
mkdir -p "$root/opt/test"
cp "$KEISOKU" "$root/opt/test/keisoku"
# What cannot be mounted is to be seen, not to end the boot in a shell that nobody can log in to.
printf '[Unit]\nOnFailure=\n' | file /etc/systemd/system/local-fs.target.d/test.conf

# What the snapshot does not have: modules and their parameters, limits of sessions and of systemd.  Few processes: each costs
# much under emulation.
cat >"$root/opt/test/more.sh" <<-'END'
	ls /sys/module | sed 's/.*/host\t.\tmodule.&.loaded\ttrue/'
	grep -sH '' /sys/module/*/parameters/* |
		sed -n 's,^/sys/module/\([^/]*\)/parameters/\([^:]*\):\(.*\),host\t.\tmodule.\1.\2\t\3,p'
	systemctl show | sed -n 's/^\(Default[^=]*\)=/host\t.\tlimits.system.\1\t/p'
	# "*" of limits.conf is everybody but root.
	for user in daemon nobody root; do
		su -s /bin/sh "$user" -c 'cat /proc/self/limits' | awk -v who="$user" '
			BEGIN {
				who = who == "daemon" ? "*" : who
				item["open files"] = "nofile"; item["processes"] = "nproc"; item["core file size"] = "core"
				item["stack size"] = "stack"; item["locked memory"] = "memlock"; item["address space"] = "as"
			}
			function shown(value, name) {
				return value == "unlimited" || name == "nofile" || name == "nproc" ? value : value / 1024
			}
			{
				name = substr($0, 5, 21)
				sub(/ +$/, "", name)
				if (!(name in item))
					next
				split(substr($0, 27), value, " ")
				print "host\t.\tlimits.conf." who ".soft." item[name] "\t" shown(value[1], item[name])
				print "host\t.\tlimits.conf." who ".hard." item[name] "\t" shown(value[2], item[name])
			}'
	done
END
# What the service adds is not to be in what the audit sees of the image, and no file that it looks at is.
file /etc/systemd/system/test.service <<-'END'
	[Unit]
	Description=The test
	[Service]
	Type=simple
	ExecStart=/bin/sh -c 'exec >/dev/ttyS1 2>&1; stty -F /dev/ttyS1 raw; systemctl is-system-running --wait; sleep 2; \
		cd /run && /opt/test/keisoku capture --quiet -o snapshot && sh /opt/test/more.sh >more 2>more.log; \
		tar cz snapshot more more.log >/dev/nvme1n1 && sync && \
		echo "# the guest: the end"; echo o >/proc/sysrq-trigger; sleep 60'
	StandardOutput=null
	[Install]
	WantedBy=multi-user.target
END
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../test.service "$root/etc/systemd/system/multi-user.target.wants/test.service"
rm -rf "$OFFLINE"
"$KEISOKU" audit --root "$root" --all --save "${OFFLINE%.json}.snapshot" --output json="$OFFLINE" || [ $? -eq 1 ]
