#!/bin/bash
# A plan is measured, applied and verified on the kernel that is running, in a network namespace of its own: it helped; it
# was not applied; there was no load; the service was made worse.
set -u
keisoku=$1 workload=$2 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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
done_testing
