#!/bin/bash
# A plan is measured, applied and verified on the kernel that is running, in a network namespace of its own: it helped; it
# was not applied; there was no load; the service was made worse.
set -u
keisoku=$(realpath "$1") workload=$(realpath "$2") source=$(realpath "$3")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
group=keisoku-verify-$$

# The directories of our group: version 1 has one for each controller.
group_directories() {
	if [ -d /sys/fs/cgroup/cpu ]; then
		echo "/sys/fs/cgroup/cpu/$group"
		[ /sys/fs/cgroup/cpu -ef /sys/fs/cgroup/cpuacct ] || echo "/sys/fs/cgroup/cpuacct/$group"
	else
		echo "/sys/fs/cgroup/$group"
	fi
}

cleanup() {
	for directory in $(group_directories); do
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
window=${KEISOKU_TEST_WINDOW-32}
after=$((window / 2))

if ! unshare -n true 2>/dev/null; then
	skip "a plan is verified" "no network namespace can be made here"
	done_testing
	exit
fi

# surge BACKLOG SECONDS: 60 connections at once, five times a second, to a listener with that backlog
surge() {
	"$workload" surge "$1" 60 200 "$2" 2>/dev/null &
	pid=$!
	sleep 1
}

stop() {
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# verified NAME: leaves the exit status and the verdict
verified() {
	"$keisoku" verify --quiet --window "${after}s" --save "$work/$1.snapshot" --output "json=$work/$1.json" \
		--output "text=$work/$1.text" "$work/plan" 2>"$work/$1.err"
	status=$?
	echo "$status $(jq -r '.actions[0].verdict' "$work/$1.json")" >"$work/$1.verdict"
}

inside() {
	ip link set lo up
	# As many in TIME_WAIT as there may be, and one ceiling below what the surge needs.
	sysctl -qw net.core.somaxconn=32
	surge 65535 $((window + 4))
	"$keisoku" advise --quiet --window "${window}s" --rule tcp-accept-queue-overflow --output "json=$work/advice.json" \
		--plan "$work/plan" 2>"$work/advice.err"
	stop

	surge 65535 $((after + 4))
	verified not-applied
	stop

	sh "$work/plan/apply.sh" --runtime-only --state "$work/state" >"$work/apply.out" 2>&1
	echo $? >"$work/apply.status"

	surge 65535 $((after + 4))
	verified helped
	stop

	verified idle

	# The service came back with a backlog of 4.
	surge 4 $((after + 4))
	verified worse
	stop
}
export -f inside surge stop verified
export keisoku workload work window after

unshare -n -- bash -c inside
same "an overflowing queue gives a plan" "net.core.somaxconn 32 4096" \
	"$(jq -r '.actions[] | .key + " " + .from + " " + .to' "$work/plan/plan.json")"
same "before it is applied" "1 not-applied" "$(cat "$work/not-applied.verdict")"
same "its script applies it" 0 "$(cat "$work/apply.status")"
same "afterwards, under the same load" "0 helped" "$(cat "$work/helped.verdict")"
same "the criterion holds now, and did not before" "no yes" \
	"$(jq -r '.actions[0].reasons[0] | .held_before + " " + .holds_after' "$work/helped.json")"
same "the difference is far below zero" true \
	"$(jq '.actions[0].reasons[0].quantities[0] | .change == "less" and .high < -20' "$work/helped.json")"
same "more was served than before" true "$(jq '.actions[0].reasons[0].load_ratio > 1.2' "$work/helped.json")"
same "without anybody who connects" "0 not-enough-load" "$(cat "$work/idle.verdict")"
same "with a listener that asks for less" "1 worse" "$(cat "$work/worse.verdict")"

"$keisoku" verify --after "$work/helped.snapshot" --output "json=$work/again.json" "$work/plan"
same "a saved snapshot is judged alike" "$(jq -c '.actions' "$work/helped.json")" "$(jq -c '.actions' "$work/again.json")"
"$keisoku" diff --output "json=$work/diff.json" "$work/plan/snapshot.json" "$work/helped.snapshot"
same "and its difference from before has the setting" "32 4096" \
	"$(jq -r '.settings[] | select(.key == "net.core.somaxconn") | .before.raw + " " + .after.raw' "$work/diff.json")"
same "and the overflows" less \
	"$(jq -r '.metrics[] | select(.key == "netstat.TcpExt.ListenOverflows") | .change' "$work/diff.json")"
# A quota of the CPU in a control group of our own: raised by half, enough for one workload and not for the other.

# Sets quota to the file it is written to.
make_group() {
	[ "$(id -u)" -eq 0 ] || return 1
	for directory in $(group_directories); do
		mkdir "$directory" 2>/dev/null || return 1
	done
	directory=$(group_directories | head -n 1)
	if [ -e "$directory/cpu.cfs_quota_us" ]; then
		quota=$directory/cpu.cfs_quota_us
		echo 20000 >"$quota"
	else
		quota=$directory/cpu.max
		[ -e "$quota" ] && echo "20000 100000" >"$quota"
	fi
}

# in_group WORKLOAD ARGUMENT…
in_group() {
	# shellcheck disable=SC2016 # for the inner shell
	sh -c 'for directory in $0; do echo $$ >"$directory/cgroup.procs" || exit; done; exec "$@"' \
		"$(group_directories | tr '\n' ' ')" "$workload" "$@" 2>/dev/null &
	pid=$!
	sleep 1
}

quota_is_raised() {
	rm -rf "$work/plan"
	in_group spin 1 $((window + 4))
	case $quota in
	*/cpu.max) rule=cgroup-cpu-throttled ;;
	*) rule=cgroup-cpu-throttled-v1 ;;
	esac
	"$keisoku" advise --quiet --all --window "${window}s" --rule $rule --output "json=$work/advice.json" \
		--plan "$work/plan" 2>"$work/advice.err"
	stop
	found=$(jq -r --arg subject "/$group" '.findings[] | select(.subject.name == $subject) | .status' "$work/advice.json")
	if [ "$found" = elsewhere ]; then
		skip "a quota of the CPU is raised" "other work keeps the processors of this host busy"
		return
	fi
	same "a quota that throttles gives a plan" 1 "$(jq '.actions | length' "$work/plan/plan.json")"
	sh "$work/plan/apply.sh" --runtime-only --state "$work/state" >"$work/apply.out" 2>&1
	same "its script raises the quota" 30000 "$(cut -d' ' -f1 "$quota")"

	in_group burst 24 100 $((after + 4))
	verified enough
	stop
	same "which is enough for what ran" "0 helped" "$(cat "$work/enough.verdict")"

	in_group spin 1 $((after + 4))
	verified endless
	stop
	same "and not for what takes all it can get" "0 no-effect" "$(cat "$work/endless.verdict")"
}

if make_group 2>/dev/null; then
	quota_is_raised
else
	skip "a quota of the CPU is raised" "no cpu controller can be used here"
fi
done_testing
