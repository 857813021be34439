#!/bin/bash
# Real workloads on another kernel than the one that is running: Debian's own, in a guest under emulation, one after
# another, each to give exactly the findings it is made for and none beside them.
#
#   test-guest.sh KEISOKU WORKLOAD SOURCE
set -u
keisoku=$1 workload=$2 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
cache=$(dirname "$(dirname "$(realpath "$keisoku")")")/vm
out=

# guest VERSION SECONDS: boots one with control groups of that version; 0 when its reports are in $out.  It may take as
# long, which is far more than it takes on two cores.
guest() {
	out=$cache/out-$1
	mkdir -p "$cache/programs"
	cp "$keisoku" "$workload" "$cache/programs/"
	reason=$(VM_MEMORY=1024 VM_TIMEOUT=$2 "$source/tests/vm/boot" "$cache" "$source/tests/real/guest.sh" "$out" \
		psi=1 "version=$1" ${KEISOKU_SWEEP:+all=1} 2>&1 >/dev/null)
	case $? in
	0)
		[ -z "$reason" ] || printf '%s\n' "$reason" | sed 's/^/# /'
		return 0
		;;
	77) skip "workloads in a guest with control groups of version $1" "$reason" ;;
	*) not_ok "a guest with control groups of version $1" "$reason" ;;
	esac
	return 1
}

# speaking NAME FILTER: of what is not silent in that report, but for what is true of every guest under emulation: it has
# no fast clock
speaking() {
	jq -r ".findings[] | select(.rule != \"clocksource-virtual\") | select(.status == \"recommend\" or .status == \"suspect\" or .status == \"elsewhere\") | $2" \
		"$out/$1.json" 2>&1
}

# finds SENTENCE NAME EXPECTED…: everything that is not silent, and why where it is not what is expected
finds() {
	sentence=$1 name=$2
	shift 2
	expected=$(printf '%s\n' "$@")
	found=$(speaking "$name" '.status + " " + .id | sub("@[0-9]+ .*"; "@a process")' | sort)
	same "$sentence" "$expected" "$found"
	[ "$found" = "$expected" ] || speaking "$name" '.id, (.evidence[] | "  \(.expression): \(.value)")' | sed 's/^/# /'
}

# changes SENTENCE NAME RULE EXPECTED…: each change as "KEY TO"
changes() {
	sentence=$1 name=$2 rule=$3
	shift 3
	same "$sentence" "$(printf '%s\n' "$@")" "$(speaking "$name" "select(.rule == \"$rule\") | .changes[] | \"\(.key) \(.to)\"")"
}

# says SENTENCE NAME RULE WORDS: the reason why it is not this tunable
says() {
	contains "$1" "$4" "$(speaking "$2" "select(.rule == \"$3\") | .reason")"
}

command -v jq >/dev/null || {
	skip "workloads in a guest" "jq is not installed"
	done_testing
	exit
}

# The workload of short connections holds nearly as many files as it may.
files="elsewhere process-open-files@a process"

if guest 2 480; then
	finds "a quota that throttles, bursts under one that is enough on average, a limit of tasks" groups \
		"elsewhere cpu-pressure-placement@host" "recommend cgroup-cpu-throttled-burst@/burst" "recommend cgroup-cpu-throttled@/quota" \
		"recommend cgroup-pids-limit@/pids"
	changes "the quota is raised by half" groups cgroup-cpu-throttled "/quota cpu.max 30000 100000"
	changes "for bursts a whole quota may be saved up" groups cgroup-cpu-throttled-burst "/burst cpu.max.burst 20000"
	finds "bursts of writing reach the dirty limit while the disk has time left" spill "recommend dirty-limit-throttle@host"
	changes "writeback is to start earlier" spill dirty-limit-throttle "vm.dirty_background_ratio 3"
	finds "more is written than the disk can take" dirty "elsewhere dirty-limit-throttle@host"
	says "the disk is named as the cause" dirty dirty-limit-throttle "busy all the time"
	finds "a table of connections that is nearly full" conntrack "recommend conntrack-table-full@host"
	changes "the table may grow" conntrack conntrack-table-full "net.netfilter.nf_conntrack_max 2048"
	if [ -n "${KEISOKU_SWEEP-}" ]; then
		finds "an idle guest gets no recommendation" idle
		finds "a listener that does not accept, clipped by somaxconn" deaf "$files" "elsewhere tcp-connect-unanswered@host" \
			"elsewhere tcp-retransmissions@host" "recommend tcp-accept-queue-overflow@host"
		finds "connections closed at once use up the ports" ports "$files" "recommend tcp-ephemeral-ports@host"
		finds "a memory limit below what is read again and again" memory "recommend cgroup-memory-limit-thrash@/memory"
		changes "the limit is raised by half" memory cgroup-memory-limit-thrash "/memory memory.max 75497472"
	else
		skip "idle, a deaf listener, ports and memory in a guest" "the running kernel has them too: only with KEISOKU_SWEEP=1"
	fi
fi

if [ -z "${KEISOKU_SWEEP-}" ] && grep -q ' cgroup .*[ ,]memory' /proc/self/mounts; then
	skip "limits in a guest with control groups of version 1" "the running kernel has them too: only with KEISOKU_SWEEP=1"
elif guest 1 180; then
	finds "limits of CPU, memory and tasks, in version 1" groups "recommend cgroup-cpu-throttled-v1-burst@/burst" \
		"recommend cgroup-cpu-throttled-v1@/quota" "recommend cgroup-memory-limit-thrash-v1@/memory" \
		"recommend cgroup-pids-limit@/pids"
	changes "the memory limit is raised by half" groups cgroup-memory-limit-thrash-v1 "/memory memory.limit_in_bytes 75497472"
fi

done_testing
