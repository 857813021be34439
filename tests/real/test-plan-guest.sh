#!/bin/bash
# Plans on another kernel than the one that is running: Debian's own, in guests under emulation.  Everything that can be set
# there is set by plans in both directions, looked at, taken back, and the whole state compared byte for byte with the state
# before; so are the settings that are hard to take back, one by one.
#
#   test-plan-guest.sh KEISOKU WORKLOAD SOURCE
set -u
keisoku=$1 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
build=$(dirname "$(dirname "$(realpath "$keisoku")")")
cache=$build/vm

# take_along DIRECTORY: the programs that the guests need, beside busybox
take_along() {
	mkdir -p "$1"
	cp "$keisoku" "$build/tests/real/propose" "$source/tests/vm/state" "$source/tests/tap.sh" "$1/" || return
	for program in tc ip dash findmnt mount; do
		found=$(PATH=$PATH:/usr/sbin:/sbin command -v $program) || { echo "$program is not installed"; return 1; }
		cp "$found" "$1/"
	done
	PATH=$PATH:/usr/sbin:/sbin command -v mke2fs >/dev/null || { echo "mke2fs is not installed"; return 1; }
}

# guest PART SECONDS: boots one, which has so long (four times what a quiet machine needs); one processor makes it twice as
# fast under emulation
guest() {
	mkdir -p "$cache/plan-$1"
	for name in vmlinuz kernel; do
		[ ! -e "$cache/$name" ] || ln -sfn "../$name" "$cache/plan-$1/$name"
	done
	ln -sfn ../plan-programs "$cache/plan-$1/programs"
	rm -f "$cache/plan-$1/vda"
	truncate -s 64M "$cache/plan-$1/vda"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 "$cache/plan-$1/vda"
	VM_DISK=$cache/plan-$1/vda VM_MEMORY=1024 VM_TIMEOUT=$(($2 + 60)) "$source/tests/vm/boot" "$cache/plan-$1" \
		"$source/tests/real/plan-guest.sh" "$cache/plan-$1/out" psi=1 nosmp "part=$1" "limit=$2" \
		>"$cache/plan-$1/said" 2>&1
	echo $? >"$cache/plan-$1/status"
}

# report PART: what was found there, counted anew
report() {
	status=$(cat "$cache/plan-$1/status")
	case $status in
	0) ;;
	77)
		skip "$1" "$(cat "$cache/plan-$1/said")"
		return 1
		;;
	*)
		not_ok "the guest for $1" "$(tail -n 20 "$cache/plan-$1/said" "$cache/plan-$1/console")"
		return 1
		;;
	esac
	retell "$cache/plan-$1/out/log"
	same "the script for $1 came to its end" 0 "$(cat "$cache/plan-$1/out/status")"
}

# The kinds of what was moved and came back: "12 cgroup", one a line
kinds_of() {
	awk -F '\t' 'NR == FNR { kind[$2] = $1; next }
		{ sub(/^done +[0-9]+\. /, "")
		  for (key in kind) if (index($0, key " is ") == 1) { if (!seen[key]++) count[kind[key]]++; break } }
		END { for (name in count) print count[name], name }' "$1" "$2"
}

# covered PART DIRECTION FLOOR-KIND…: at least so many of each kind, as "12-cgroup"
covered() {
	out=$cache/plan-$1/out direction=$2
	shift 2
	echo "# $direction: not proposed, and why:"
	sed 's/^/#   /' "$out/not-proposed-$direction"
	moved=$(kinds_of "$out/kinds-$direction" "$out/done-$direction")
	for floor; do
		count=$(echo "$moved" | sed -n "s/^\([0-9]*\) ${floor#*-}$/\1/p")
		if [ "${count:-0}" -ge "${floor%%-*}" ]; then
			ok "$direction: $count of ${floor#*-} were moved and came back"
		else
			not_ok "$direction: ${count:-0} of ${floor#*-} were moved and came back" "expected ${floor%%-*}"
		fi
	done
}

reason=$(take_along "$cache/plan-programs") || {
	skip "plans in a guest" "$reason"
	done_testing
	exit
}

# shellcheck source=tests/vm/kernel.sh
reason=$(. "$source/tests/vm/kernel.sh" && fetch_kernel "$cache" 2>&1) || {
	skip "plans in a guest" "$reason"
	done_testing
	exit
}

guest v1 200 &
guest nasty 500 &
wait
if report v1; then
	covered v1 up 18-cgroup
	covered v1 down 18-cgroup
fi
report nasty
# A little less than there were with Linux 6.1: a setting more or less must not matter, a kind that is missing must.
floors="180-sysctl 240-sysctl-of-a-namespace 28-block-queue 20-cgroup 5-huge-pages 8-network-interface 18-sysfs 11-thp"
for direction in up down; do
	if [ $direction = down ] && [ -z "${KEISOKU_SWEEP-}" ]; then
		skip "every setting there and back, downwards" "two minutes under emulation: only with KEISOKU_SWEEP=1"
		continue
	fi
	guest $direction 540
	# shellcheck disable=SC2086 # one word for each kind
	if report $direction; then covered $direction $direction $floors 8-mount-option; fi
done
done_testing
