# shellcheck shell=sh
# Run at each boot of the guest of test-reboot.sh, which has systemd: the persistent half of plans, over reboots and power
# cuts.  TAP goes to the second serial port; settings and files may change here: it is a guest.
exec >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 raw
cd /opt/test || exit
boot=$(($(cat boot 2>/dev/null || echo 0) + 1))
echo $boot >boot
sync boot .

# shellcheck source=tests/tap.sh
. /opt/test/tap.sh

# ---- what there is ----

# All persistent files, with their times: nothing of them may change.
files() {
	{
		find /etc -type f -printf '%p %M %u %g %T+\n' -o -printf '%p %M %u %g %l\n'
		contents
	} | LC_ALL=C sort
}

contents() {
	find /etc /boot /usr/lib/sysctl.d -type f -exec sha256sum {} +
}

# What the plan is about and what it may move.
settings() {
	worker=/sys/fs/cgroup/system.slice/worker.service thp=/sys/kernel/mm/transparent_hugepage
	net=/sys/class/net/$interface
	grep -H '' /proc/sys/vm/dirty_bytes /proc/sys/vm/dirty_ratio /proc/sys/vm/dirty_expire_centisecs \
		/proc/sys/vm/vfs_cache_pressure /proc/sys/vm/min_free_kbytes /proc/sys/vm/swappiness /proc/sys/net/core/somaxconn \
		/proc/sys/net/ipv4/tcp_rmem "/proc/sys/net/ipv4/conf/$interface/rp_filter" \
		/proc/sys/net/netfilter/nf_conntrack_max /sys/module/nf_conntrack/parameters/expect_hashsize \
		/sys/kernel/mm/lru_gen/min_ttl_ms $thp/enabled $thp/khugepaged/pages_to_scan /proc/sys/vm/nr_hugepages \
		/sys/block/nvme1n1/queue/read_ahead_kb /sys/block/nvme1n1/queue/scheduler "$net/tx_queue_len" \
		"$net/queues/rx-0/rps_cpus" $worker/pids.max $worker/cpu.max $worker/memory.high 2>&1
	systemctl show -p TasksMax -p CPUQuotaPerSecUSec -p MemoryHigh -p LimitNOFILE -p LimitNOFILESoft worker limited
	systemctl show -p DefaultTasksMax
	printf '/data: %s\n' "$(findmnt -n -o OPTIONS /data)"
}

# What runs has the limits that it was started with, soft and hard.
limits() {
	for service in worker limited; do
		set -- "$(grep 'open files' "/proc/$(systemctl show --value -p MainPID $service.service)/limits")"
		echo "$service: $*" | tr -s ' ' | sed 's/ $//'
	done
}

# ---- plans ----

# use NAME: of the two plans
use() {
	plan=/opt/test/plan-$1 state=/var/lib/keisoku/$1
}

# asked NAME SETTING…
asked() {
	use "$1"
	shift
	/opt/test/keisoku plan --rules /opt/test/rules --snapshot /opt/test/snapshot --plan "$plan" "$@" >"/run/plan.out" 2>&1
	asked_status=$?
	sed 's/^/# /' /run/plan.out
	same "a plan for all that was asked" 0 $asked_status
}

# script NAME ARGUMENT…: output in /run/NAME.out
script() {
	script_name=$1
	shift
	sh "$plan/$script_name.sh" --state "$state" "$@" >"/run/$script_name.out" 2>&1
}

# Words of what it said that was wrong.
said() {
	grep -v -E '^(done|ok) ' "/run/$1.out" | head -n 20
}

# ends NAME EXPECTED-STATUS SENTENCE: how the script ended
ends() {
	ends_status=$?
	if [ "$ends_status" -eq "$2" ]; then ok "$3"; else not_ok "$3" "status $ends_status
$(said "$1")"; fi
	progress "$3"
}

progress() {
	echo "# boot $boot, $(cut -d ' ' -f 1 /proc/uptime) s: $*"
}

same_files() {
	files >/run/files
	same "$1: the files are as in the beginning, byte for byte" "" "$(diff files.before /run/files)"
}

same_settings() {
	settings >/run/settings
	same "$1: the settings are as in the beginning" "" "$(diff settings.before /run/settings)"
}

# Each file is as it was in the beginning or as the small plan wants it; nothing half written.
whole_files() {
	contents | grep -v '\.keisoku-new$' | LC_ALL=C sort >/run/contents
	half=$(LC_ALL=C sort contents.before contents.small | LC_ALL=C comm -13 - /run/contents)
	same "$1: every file is there whole or not at all" "" "$half"
}

# cut_at N PATTERN SCRIPT ARGUMENT…: the power goes off when something named like that is to reach the disk for the n-th time.
cut_at() {
	progress "the power is to go off in $3.sh, at $2"
	sync
	echo "$1" >/run/cut
	export CUT="$2"
	shift 2
	script_name=$1
	shift
	PATH=/opt/test/cut:$PATH sh "$plan/$script_name.sh" --state "$state" "$@" >"/run/$script_name.out" 2>&1
	not_ok "the power goes off in $script_name.sh" "it ended with $?; $(said "$script_name")"
}

# ---- the loaders themselves ----

# What plans write, as those see it who read it.
loaders() {
	systemctl show -p DropInPaths --value worker.service | tr ' ' '\n' >/run/drop-ins
	same "all drop-ins are read" 4 "$(grep -c 90-keisoku /run/drop-ins)"
	same "systemd-analyze has nothing to say of them" "" "$(systemd-analyze verify worker.service limited.service 2>&1)"
	modprobe -c >/run/modprobe
	contains "modprobe shows the option" "options nf_conntrack expect_hashsize=16" "$(grep '^options' /run/modprobe)"
	settings >/run/settings-1
	sysctl --system >/run/sysctl 2>&1
	settings >/run/settings-2
	same "sysctl --system sets nothing else" "" "$(diff /run/settings-1 /run/settings-2)"
	/lib/systemd/systemd-sysctl
	systemd-tmpfiles --create --prefix=/sys 2>/run/tmpfiles
	same "systemd-tmpfiles has nothing to say of its files" "" "$(cat /run/tmpfiles)"
	udevadm trigger --settle --subsystem-match=block --subsystem-match=net
	settings >/run/settings-2
	same "nor do systemd-sysctl, systemd-tmpfiles and udev" "" "$(diff /run/settings-1 /run/settings-2)"
}

# ---- unless it is confirmed ----

# await SECONDS COMMAND…
await() {
	await_left=$1
	shift
	until "$@"; do
		[ "$await_left" -gt 0 ] || return 1
		await_left=$((await_left - 1))
		sleep 1
	done
}

is_undone() {
	[ "$(tail -n 1 "$state/journal" | cut -d ' ' -f 2)" = undone ]
}

# The scope of a session ends as with KillUserProcesses=yes.
confirmation() {
	use tiny
	systemd-run --quiet --scope --unit=session-9.scope sh "$plan/apply.sh" --state "$state" --persist --confirm-within 10s \
		>/run/apply.out 2>&1
	ends apply 0 "applied unless confirmed, in a session"
	systemctl stop session-9.scope 2>/dev/null
	same "no file is written before it is confirmed" "" "$(contents | diff contents.before -)"
	if await 60 is_undone; then ok "not confirmed: it is rolled back"; else not_ok "not confirmed: it is rolled back" "$(cat "$state/journal" "$state/timer.log")"; fi
	progress "rolled back"
	same_files "not confirmed"
	same_settings "not confirmed"
	use small
	script apply --persist --confirm-within 600s
	ends apply 0 "applied unless confirmed"
	script apply --confirm
	ends apply 0 "confirmed, with files"
	contents >contents.small
	script verify
	ends verify 0 "confirmed, and as planned"
	script rollback
	ends rollback 0 "taken back after it was confirmed"
	same_files "taken back after it was confirmed"
}

# ---- the boots ----

boot_1() {
	modprobe nf_conntrack
	settings >settings.before
	files >files.before
	contents >contents.before
	progress "looked around"
	process=$(systemctl show --value -p MainPID limited.service)
	/opt/test/keisoku capture --quiet --pid "$process" --file snapshot
	progress "captured"
	asked tiny vm.swappiness=11
	asked small vm.dirty_bytes=268435456 net.core.somaxconn=8192 thp.enabled=madvise 'nvme1n1 read_ahead_kb=512' \
		'cgroup /system.slice/worker.service memory.high=104857600'
	asked big vm.dirty_bytes=268435456 vm.dirty_expire_centisecs=2000 vm.vfs_cache_pressure=150 net.core.somaxconn=8192 \
		'net.ipv4.tcp_rmem=4096 262144 8388608' "net.ipv4.conf.$interface.rp_filter=2" \
		net.netfilter.nf_conntrack_max=54321 module.nf_conntrack.expect_hashsize=16 lru_gen.min_ttl_ms=1000 \
		thp.enabled=madvise vm.nr_hugepages=3 'nvme1n1 scheduler=none' '/data options.noatime=1' "$interface tx_queue_len=2000" \
		"$interface rx-0.rps_cpus=1" 'cgroup /system.slice/worker.service cpu.max=50000 100000' \
		'cgroup /system.slice/worker.service memory.high=104857600' 'unit worker.service TasksMax=50' \
		'unit worker.service LimitNOFILE=16384' "$process (sleep) limit.nofile=2048 8192" limits.system.DefaultTasksMax=300 \
		cmdline.transparent_hugepage=madvise \
		'limits.conf.*.soft.nofile=3000'
	progress "plans are made"
	confirmation
	use big
	script apply --persist
	ends apply 0 "applied, with files"
	script verify
	ends verify 0 "as planned"
	loaders
	settings >settings.planned
	contents >/run/contents
	moved=$(diff settings.before settings.planned | grep -c '^>') written=$(diff contents.before /run/contents | grep -c '^>')
	same "at least twenty settings and files are others than before ($moved and $written)" "yes yes" \
		"$([ "$moved" -lt 20 ] || echo yes) $([ "$written" -lt 20 ] || echo yes)"
	progress "reboots"
}

boot_2() {
	use big
	script verify
	ends verify 0 "after a reboot everything is as planned"
	settings >/run/settings
	same "after a reboot: the settings are as planned" "" "$(diff settings.planned /run/settings)"
	same "after a reboot: services are started with their limits" "worker: Max open files 4096 16384 files
limited: Max open files 2048 8192 files" "$(limits)"
	same "the boot loader is told" "linux quiet transparent_hugepage=madvise" "$(cat /boot/grub/grub.cfg)"
	script rollback
	ends rollback 0 "taken back"
	same_files "taken back"
	use small
	cut_at 6 "*/journal" apply --persist
}

boot_3() {
	modprobe nf_conntrack
	same "services are started with the limits of the beginning" "worker: Max open files 4096 8192 files
limited: Max open files 4096 8192 files" "$(limits)"
	same_files "taken back, and cut off in the running half of another"
	same_settings "taken back, and cut off in the running half of another"
	use small
	cut_at 1 "/etc/udev/rules.d/*" apply --persist
}

boot_4() {
	whole_files "cut off while files were written"
	use small
	script apply --persist
	ends apply 0 "cut off while files were written: run again, it finishes"
	script verify
	ends verify 0 "run again, and everything is as planned"
	cut_at 1 "/etc/tmpfiles.d*" rollback
}

boot_5() {
	whole_files "cut off while files were taken away"
	use small
	script rollback
	ends rollback 0 "cut off while files were taken away: run again, it finishes"
	modprobe nf_conntrack
	same_files "run again"
	same_settings "run again"
	cut_at 1 "/etc/sysctl.conf*" apply --persist
}

boot_6() {
	whole_files "cut off while a line was changed"
	use small
	script rollback
	ends rollback 0 "cut off while a line was changed: it is undone"
	modprobe nf_conntrack
	same_files "undone"
	same_settings "undone"
	progress "the end"
}

# Its name is given to it late.
find_interface() {
	for interface in /sys/class/net/en*; do interface=${interface##*/}; done
	[ "$interface" != 'en*' ]
}

systemctl is-system-running --wait >/dev/null
udevadm settle
await 60 find_interface
progress "is up"
"boot_$boot"
systemctl start --no-block reboot.target
