# shellcheck shell=sh
# Run in the guest by test-guest.sh: one workload after another, each in a control group or network namespace of its own,
# and what keisoku says beside it. Settings may change here: it is a guest.
# version=1 or version=2 on the kernel's command line, which ends up in the environment: of control groups.  all=1: also what
# the tests of the running kernel have, too.
window=32
within=

# disk NAME SETTING=VALUE…: a disk in memory, /dev/NAME
disk() {
	name=$1
	shift
	mkdir "/sys/kernel/config/nullb/$name"
	for setting in blocksize=4096 memory_backed=1 "$@" power=1; do
		echo "${setting#*=}" >"/sys/kernel/config/nullb/$name/${setting%%=*}"
	done
}

# group NAME FILE=VALUE…: a group, in every hierarchy that there is, and the limits of it that there are
group() {
	for hierarchy in $hierarchies; do
		mkdir "$hierarchy/$1"
		for setting in "$@"; do
			[ ! -e "$hierarchy/$1/${setting%%=*}" ] || echo "${setting#*=}" >"$hierarchy/$1/${setting%%=*}"
		done
	done
}

# in_group NAME COMMAND…
in_group() {
	name=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	sh -c 'for hierarchy in $hierarchies; do echo $$ >"$hierarchy/$0/cgroup.procs"; done; exec "$@"' "$name" "$@"
}

# namespace: makes one; words for $within are left there
namespace() {
	unshare -n sleep 1000 &
	sleep 1
	within="nsenter -t $! -n"
	$within ip link set lo up
}

# findings NAME
findings() {
	echo "$1 at $(cut -d ' ' -f 1 /proc/uptime) s" | tee /dev/console
	$within keisoku advise --quiet --window "${window}s" --save "/out/$1.snapshot" --output "json=/out/$1.json"
	echo "exit status $?"
}

# beside NAME WARM-UP COMMAND…: while the command runs, which ends by itself
beside() {
	name=$1 warm_up=$2
	shift 2
	"$@" &
	task=$!
	sleep "$warm_up"
	findings "$name"
	wait "$task"
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# groups SETTING…: groups that are held back by one limit each
groups() {
	group quota "$1"
	# It gets its time at once, whatever else runs: what holds it back is to be the quota.
	# 53 ms are held back twice by 20 ms a period, also where a tick lets it run 4 ms longer, and are less than 60 % of the quota.
	group burst "$2" cpu.shares=8192 cpu.weight=1000
	group pids pids.max=20
	in_group quota workload spin 1 $((window + 4)) &
	in_group burst workload burst 53 500 $((window + 4)) &
	beside groups 1 in_group pids workload fork 40 $((window + 4))
}

version_1() {
	mount -t tmpfs cgroup /sys/fs/cgroup
	hierarchies=
	for controller in cpu,cpuacct memory pids; do
		mkdir "/sys/fs/cgroup/$controller"
		mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
		hierarchies="$hierarchies /sys/fs/cgroup/$controller"
	done
	export hierarchies

	group memory memory.limit_in_bytes=48M
	in_group memory workload reread /dev/nvme0n1 144 $((window + 10)) &
	sleep 6
	groups cpu.cfs_quota_us=20000 cpu.cfs_quota_us=20000
}

version_2() {
	mount -t cgroup2 none /sys/fs/cgroup
	echo "+cpu +memory +pids +io" >/sys/fs/cgroup/cgroup.subtree_control
	export hierarchies=/sys/fs/cgroup
	for module in configfs null_blk libcrc32c nf_defrag_ipv4 nf_defrag_ipv6 inet_diag tcp_diag; do
		insmod "/tmp/$module.ko"
	done
	mount -t configfs none /sys/kernel/config

	[ -z "${all-}" ] || findings idle

	# A port waits for a minute after its connection; from one loopback address to another it would be used anew at once.
	if [ -n "${all-}" ]; then
		namespace
		ports=$within
		$ports sh -c 'echo "40000 43999" >/proc/sys/net/ipv4/ip_local_port_range; echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse'
		$ports workload short 60 $((2 * window + 12)) &
	fi

	groups cpu.max="20000 100000" cpu.max="20000 100000"

	if [ -n "${all-}" ]; then
		namespace
		$within sh -c 'echo 16 >/proc/sys/net/core/somaxconn'
		$within workload deaf 65535 $((window + 6)) &
		sleep 1
		findings deaf &
		deaf=$!
		within=$ports
		findings ports
		wait $deaf
		within=

		# What is read often becomes active; the rest would have stayed too with a little more room.
		disk slow size=96 mbps=14
		group memory memory.max=48M
		in_group memory workload reread /dev/slow 20 $((window + 16)) &
		beside memory 14 in_group memory workload reread /dev/slow 60 $((window + 16))
		rmdir /sys/kernel/config/nullb/slow
	fi

	# Bursts of 80 MiB every 8 s take half of the time of a disk that does 20 MiB/s.
	disk disk size=128 mbps=20
	echo 10 >/proc/sys/vm/dirty_ratio
	echo 5 >/proc/sys/vm/dirty_background_ratio
	beside spill 2 workload spill /dev/disk 80 8000 $((window + 4))
	beside dirty 6 workload dirty /dev/disk 128 $((window + 8))
	rmdir /sys/kernel/config/nullb/disk

	insmod /tmp/nf_conntrack.ko enable_hooks=1
	echo 1024 >/proc/sys/net/netfilter/nf_conntrack_max
	beside conntrack 4 workload flows 900 $((window + 8))
}

"version_${version-2}"
echo "end at $(cut -d ' ' -f 1 /proc/uptime) s" | tee /dev/console
