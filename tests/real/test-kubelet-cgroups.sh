#!/bin/bash
# Containers at work in control groups as a kubelet makes them, one that is wrong in each way, and what keisoku finds of each: on the
# kernel that is running, below a group of the test's own, and in guests with control groups of both versions.
#
#   test-kubelet-cgroups.sh KEISOKU WORKLOAD SOURCE
set -u
keisoku=$(realpath "$1") workload=$(realpath "$2") source=$(realpath "$3")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
out=$(mktemp -d)
window=${KEISOKU_TEST_WINDOW-32}
top=/keisoku-kubelet-$$
hierarchies=
version=1
for hierarchy in cpu cpuacct memory pids unified; do
	[ ! -e "/sys/fs/cgroup/$hierarchy/cgroup.procs" ] || hierarchies="$hierarchies /sys/fs/cgroup/$hierarchy"
done
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	hierarchies=/sys/fs/cgroup
	version=2
fi
export hierarchies

cleanup() {
	# What a test started has a deadline of its own; what still runs in our groups is ours.
	for hierarchy in $hierarchies; do
		[ -d "$hierarchy$top" ] || continue
		for _ in 1 2 3 4 5; do
			find "$hierarchy$top" -name cgroup.procs -exec cat {} + | while read -r pid; do kill "$pid" 2>/dev/null; done
			find "$hierarchy$top" -depth -type d -exec rmdir {} + 2>/dev/null && break
			sleep 0.5
		done
	done
	rm -rf "$out"
}
trap cleanup EXIT

# shellcheck source=tests/real/kubelet-pods.sh
. "$source/tests/real/kubelet-pods.sh"

# rows DIRECTORY CLUSTER…: "CONTAINER RESOURCE STATUS CAUSE" of each
rows() {
	directory=$1
	shift
	"$keisoku" rightsize --quiet --min-window 20s --min-samples 15 --snapshot "$directory/node.snapshot" \
		--output "json=$directory/rows.json" "$@" >"$directory/err" 2>&1 || cat "$directory/err"
	jq -r '.rows[] | .container as $name | {cpu, memory} | to_entries[] | "\($name) \(.key) \(.value.status) \(.value.cause)"' \
		"$directory/rows.json" 2>&1 | sort
}

# judged WHERE DIRECTORY: each container is wrong in one way
judged() {
	found=$(rows "$2" "$2/pods.json")
	# Half a minute has too few periods for a recommendation; what is wrong is told all the same.
	contains "$1: one thread that needs more than its CPU limit" "spinning cpu suspect limit-too-low" "$found"
	# On a busy or an emulated machine a burst takes longer, and may then need more than the quota by itself.
	contains "$1: eight threads that use up the quota of a period together" "bursting cpu suspect " "$found"
	contains "$1: memory near its limit" "full memory recommend limit-too-low" "$found"
	contains "$1: page cache that looks like need" "rereading memory elsewhere page-cache" "$found"
	contains "$1: a container that is killed at its limit" "killed memory recommend limit-too-low" "$found"
	contains "$1: a container that does nothing" "idle cpu suspect idle" "$found"
	contains "$1: and whose memory says no more of what it needs" "idle memory suspect idle" "$found"
	killed=$(jq '.rows[] | select(.container == "killed") | .memory | .severity == "critical" and .limit_to > 33554432 and
		([.evidence[] | select(.expression == "memory at an OOM kill")][0].number == 33554432)' "$2/rows.json" 2>&1)
	same "$1: the killed one gets more than it had" true "$killed"
}

if [ "$(id -u)" -eq 0 ] && [ -n "$hierarchies" ] && group "$(container 1)" 2>/dev/null; then
	if run_pods "$out/file"; then
		judged "on this kernel" "$out"
	else
		not_ok "containers of a kubelet on this kernel" "nothing was measured"
	fi
else
	skip "containers of a kubelet on this kernel" "no control groups can be made here"
fi

# The names of the logs in a guest are all that tells whose the groups are.
named() {
	rows "$2" >/dev/null
	same "$1: pods and containers have the names of their logs" \
		"test/bursting-0/bursting test/full-0/full test/idle-0/idle test/killed-0/killed test/rereading-0/rereading test/spinning-0/spinning" \
		"$(jq -r '[.rows[] | "\(.namespace)/\(.workload)/\(.container)"] | sort | join(" ")' "$2/rows.json" 2>&1)"
}

# guest VERSION: the same with control groups of that version, of Debian's own kernel under emulation
guest_of() {
	cache=$(dirname "$(dirname "$keisoku")")/vm
	mkdir -p "$cache/programs"
	cp "$keisoku" "$workload" "$cache/programs/"
	reason=$(VM_MEMORY=1024 VM_TIMEOUT=240 "$source/tests/vm/boot" "$cache" "$source/tests/real/kubelet-pods.sh" \
		"$cache/out-kubelet-$1" psi=1 "version=$1" 2>&1 >/dev/null)
	case $? in
	0)
		judged "with version $1" "$cache/out-kubelet-$1"
		named "with version $1" "$cache/out-kubelet-$1"
		;;
	77) skip "containers of a kubelet with control groups of version $1" "$reason" ;;
	*) not_ok "a guest with control groups of version $1" "$reason" ;;
	esac
}
guest_of 2
if [ -z "${KEISOKU_SWEEP-}" ] && grep -q ' cgroup .*[ ,]memory' /proc/self/mounts; then
	skip "a guest with control groups of version 1" "the running kernel has them too: only with KEISOKU_SWEEP=1"
else
	guest_of 1
fi

done_testing
