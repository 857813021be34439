#!/bin/bash
# Real workloads on the kernel that is running, each in a control group and network namespace of its own, and each to
# give exactly the finding it is made for and none beside it.
set -u
keisoku=$(realpath "$1") workload=$(realpath "$2") source=$(realpath "$3")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
group=keisoku-test-$$
window=${KEISOKU_TEST_WINDOW-32}

# Groups by controller, v1 or v2.
controller() {
	if [ -d "/sys/fs/cgroup/$1" ]; then
		echo "/sys/fs/cgroup/$1"
	else
		echo /sys/fs/cgroup
	fi
}

version() {
	if [ -d "/sys/fs/cgroup/$1" ]; then echo 1; else echo 2; fi
}

cleanup() {
	# What a test started has a deadline of its own; what still runs in our groups is ours.
	for name in cpu cpuacct memory pids; do
		directory=$(controller $name)/$group
		[ -d "$directory" ] || continue
		for _ in 1 2 3 4 5; do
			while read -r pid; do kill "$pid" 2>/dev/null; done <"$directory/cgroup.procs"
			rmdir "$directory" 2>/dev/null && break
			sleep 0.5
		done
	done
	rm -rf "$work"
}
trap cleanup EXIT

# make_group CONTROLLER: 0 when there is one that limits can be written to
make_group() {
	directory=$(controller "$1")/$group
	[ "$(id -u)" -eq 0 ] || return 1
	mkdir "$directory" 2>/dev/null || [ -d "$directory" ] || return 1
	if [ "$(version "$1")" -eq 2 ]; then
		grep -qw "$1" "$directory/cgroup.controllers" || return 1
	fi
	[ -e "$directory/cgroup.procs" ]
}

# in_group CONTROLLER COMMAND…
in_group() {
	directory=$(controller "$1")/$group
	shift
	# shellcheck disable=SC2016 # for the inner shell
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$directory" "$@"
}

# findings NAME ARGUMENT…: measures and leaves "status rule@subject" of everything that speaks in $work/NAME
findings() {
	name=$1
	shift
	"$keisoku" advise --quiet --window "${window}s" --output "json=$work/$name.json" "$@" 2>"$work/$name.err" ||
		cat "$work/$name.err"
	jq -r '.findings[] | select(.status == "recommend" or .status == "suspect" or .status == "elsewhere")
		| .status + " " + .id' "$work/$name.json" | sort
}

# beside NAME SETUP SECONDS WORKLOAD…: measures while the workload runs, which began SECONDS before
beside() {
	name=$1 setup=$2 warm_up=$3
	shift 3
	eval "$setup"
	"$workload" "$@" 2>/dev/null &
	pid=$!
	sleep "$warm_up"
	findings "$name"
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}
export -f findings beside
export keisoku workload work window

# in_namespace FUNCTION ARGUMENT…: in a network namespace of its own, so that what others do on this host is not in the
# counters.
in_namespace() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -n -- bash -c 'ip link set lo up && "$@"' bash "$@"
}

if ! unshare -n true 2>/dev/null; then
	skip "workloads" "no network namespace can be made here"
	done_testing
	exit
fi

same "an idle host gets no recommendation" "" "$(in_namespace findings idle)"

# These need little of the processors and each has its own network: at once.
# at_once NAME ARGUMENT…: what beside() finds, into $work/NAME.found
at_once() {
	in_namespace beside "$@" >"$work/$1.found" &
}
at_once deaf 'sysctl -qw net.core.somaxconn=16' 1 deaf 65535 $((window + 4))
at_once short_queue : 1 deaf 8 $((window + 4))
# A port waits for 60 seconds, so 64 connections a second need 3840 of the 4000 in the long run. Over
# loopback waiting ports are taken again after one second unless that is turned off.
at_once ports 'sysctl -qw net.ipv4.ip_local_port_range="40000 43999" net.ipv4.tcp_tw_reuse=0' 48 short 64 $((window + 52))
wait
# Who calls such a listener waits for an answer: that is seen too, and its cause is named.
callers="elsewhere tcp-connect-unanswered@host
elsewhere tcp-retransmissions@host"
same "a listener that does not accept, clipped by somaxconn" "$callers
recommend tcp-accept-queue-overflow@host" "$(cat "$work/deaf.found")"
same "and the ceiling is raised" 4096 "$(jq -r '.findings[] | select(.rule == "tcp-accept-queue-overflow")
	| .changes[0].to' "$work/deaf.json")"
same "a listener that asked for a short queue itself" "elsewhere tcp-accept-queue-overflow@host
$callers" "$(cat "$work/short_queue.found")"
same "many short connections use up the ports" "recommend tcp-ephemeral-ports@host" "$(cat "$work/ports.found")"

found=$(in_namespace beside udp : 1 udp $((window + 4)))
same "datagrams faster than they are ever read" "elsewhere udp-receive-buffer@host" "$found"

if make_group cpu; then
	if [ "$(version cpu)" -eq 1 ]; then
		echo 20000 >"$(controller cpu)/$group/cpu.cfs_quota_us"
		expected="recommend cgroup-cpu-throttled-v1@/$group"
	else
		echo "20000 100000" >"$(controller cpu)/$group/cpu.max"
		expected="recommend cgroup-cpu-throttled@/$group"
	fi
	# Where the two are apart, use is counted in a hierarchy of its own.
	if [ -d /sys/fs/cgroup/cpuacct ] && make_group cpuacct; then
		# shellcheck disable=SC2016 # for the inner shell
		in_group cpuacct sh -c 'echo $$ >"$0" && exec "$@"' "$(controller cpu)/$group/cgroup.procs" \
			"$workload" spin 1 $((window + 4)) &
	else
		in_group cpu "$workload" spin 1 $((window + 4)) &
	fi
	sleep 1
	# The quota makes tasks wait, which the host's pressure may show as well; its cause is named there.
	found=$(in_namespace findings quota | grep -vxF "elsewhere cpu-pressure-placement@host")
	wait
	same "a CPU quota that throttles" "$expected" "$found"
else
	skip "a CPU quota that throttles" "no cpu controller can be used here"
fi

if make_group memory; then
	if [ "$(version memory)" -eq 1 ]; then
		echo 64M >"$(controller memory)/$group/memory.limit_in_bytes"
		expected="recommend cgroup-memory-limit-thrash-v1@/$group"
	else
		echo 64M >"$(controller memory)/$group/memory.max"
		expected="recommend cgroup-memory-limit-thrash@/$group"
	fi
	# What is read often becomes active, and the rest would stay too with a little more room.
	in_group memory "$workload" reread "$work/file" 40 $((window + 8)) &
	in_group memory "$workload" reread "$work/file" 80 $((window + 8)) &
	sleep 4
	found=$(in_namespace findings memory)
	wait
	same "a memory limit below what is read again and again" "$expected" "$found"
else
	skip "a memory limit below what is read again and again" "no memory controller can be used here"
fi

if make_group pids; then
	echo 20 >"$(controller pids)/$group/pids.max"
	in_group pids "$workload" fork 40 $((window + 4)) &
	sleep 1
	found=$(in_namespace findings pids)
	wait
	same "a limit of tasks that is reached" "recommend cgroup-pids-limit@/$group" "$found"
else
	skip "a limit of tasks that is reached" "no pids controller can be used here"
fi

done_testing
