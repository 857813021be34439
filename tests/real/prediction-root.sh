#!/bin/bash
# prediction-root.sh ROOT: a mix of configuration for the guest of test-prediction.sh, made from the number SEED, and what
# an audit of the root says of it before it is booted: OFFLINE.  KEISOKU, SOURCE, SEED, OFFLINE and CMDLINE, which the guest is
# booted with, come from the environment.
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

# ---- other sources ----

printf 'menuentry "Debian" {\n\tlinux /vmlinuz root=/dev/nvme0n1 rw %s\n}\n' "$CMDLINE" | file /boot/grub/grub.cfg
[ $((SEED % 2)) -eq 0 ] || echo nf_conntrack | file /etc/modules-load.d/firewall.conf
printf '%s\n' 'w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise' 'w /proc/sys/vm/stat_interval - - - - 2' \
	'w /proc/sys/vm/stat_interval - - - - 3' 'f /proc/sys/vm/laptop_mode - - - - 1' | file /etc/tmpfiles.d/site.conf

# ---- the guest ----

"$SOURCE/tests/vm/quiet-root" "$root"
mkdir -p "$root/opt/test"
cp "$KEISOKU" "$root/opt/test/keisoku"
# What the service adds is not to be in what the audit sees of the image, and no file that it looks at is.
file /etc/systemd/system/test.service <<-'END'
	[Unit]
	Description=The test
	[Service]
	Type=simple
	ExecStart=/bin/sh -c 'exec >/dev/ttyS1 2>&1; stty -F /dev/ttyS1 raw; systemctl is-system-running --wait; sleep 2; \
		/opt/test/keisoku capture --quiet -o /tmp/snapshot && gzip -c /tmp/snapshot >/dev/nvme1n1 && sync && \
		echo "# the guest: the end"; echo o >/proc/sysrq-trigger; sleep 60'
	StandardOutput=null
	[Install]
	WantedBy=multi-user.target
END
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../test.service "$root/etc/systemd/system/multi-user.target.wants/test.service"
rm -rf "$OFFLINE"
"$KEISOKU" audit --root "$root" --all --save "${OFFLINE%.json}.snapshot" --output json="$OFFLINE" || [ $? -eq 1 ]
