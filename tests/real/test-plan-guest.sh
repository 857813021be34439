#!/bin/bash
# Plans on another kernel than the one that is running: Debian's own, in guests under emulation.  The settings that are hard
# to take back are set by plans, looked at, taken back, and the whole state compared byte for byte with the state before;
# with KEISOKU_SWEEP=1 everything else that can be set there too.
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
}

# guest PART: boots one; one processor makes it twice as fast under emulation
guest() {
	mkdir -p "$cache/plan-$1"
	for name in vmlinuz kernel; do
		[ ! -e "$cache/$name" ] || ln -sfn "../$name" "$cache/plan-$1/$name"
	done
	ln -sfn ../plan-programs "$cache/plan-$1/programs"
	rm -f "$cache/plan-$1/vda"
	truncate -s 64M "$cache/plan-$1/vda"
	PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 "$cache/plan-$1/vda" || return
	VM_DISK=$cache/plan-$1/vda VM_MEMORY=1024 VM_TIMEOUT=600 "$source/tests/vm/boot" "$cache/plan-$1" \
		"$source/tests/real/plan-guest.sh" "$cache/plan-$1/out" psi=1 nosmp "part=$1" \
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
	while IFS= read -r line; do
		case $line in
		"not ok "*) tap_failed=$((tap_failed + 1)) tap_count=$((tap_count + 1)) ;;
		"ok "*) tap_count=$((tap_count + 1)) ;;
		"#"*) ;;
		*) line="# $line" ;;
		esac
		printf '%s\n' "$line" | sed -E "s/^((not )?ok) [0-9]+ /\1 $tap_count /"
	done < <(grep -v '^1\.\.' "$cache/plan-$1/out/log")
	same "the script for $1 came to its end" 0 "$(cat "$cache/plan-$1/out/status")"
}

# floor DIRECTION COUNT: at least so many were really moved
floor() {
	moved=$(cat "$cache/plan-$1/out/moved-$1")
	echo "# $1: $moved moved; not proposed, and why:"
	sed 's/^/#   /' "$cache/plan-$1/out/not-proposed-$1"
	if [ "$moved" -ge "$2" ]; then ok "$1: $moved settings were moved and came back"; else not_ok "$1: only $moved moved"; fi
}

reason=$(take_along "$cache/plan-programs") || {
	skip "plans in a guest" "$reason"
	done_testing
	exit
}

# The first fetches the kernel, if need be.
guest nasty
[ -e "$cache/vmlinuz" ] || for name in vmlinuz kernel; do
	[ ! -e "$cache/plan-nasty/$name" ] || cp -a "$cache/plan-nasty/$name" "$cache/"
done
report nasty
if [ "${KEISOKU_SWEEP-}" ]; then
	guest up &
	guest down &
	wait
	if report up; then floor up 250; fi
	if report down; then floor down 250; fi
else
	skip "every setting there and back" "ten minutes under emulation: only with KEISOKU_SWEEP=1"
fi
done_testing
