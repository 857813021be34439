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
	for program in tc ip ethtool dash findmnt mount; do
		found=$(PATH=$PATH:/usr/sbin:/sbin command -v $program) || { echo "$program is not installed"; return 1; }
		cp "$found" "$1/"
	done
	PATH=$PATH:/usr/sbin:/sbin command -v mke2fs >/dev/null || { echo "mke2fs is not installed"; return 1; }
}

# What the guests have: network interfaces with two drivers, one of them with two queues where a tap device can be made for
# it, in a network namespace of its own; and a processor with frequencies.
apart="unshare -rn"
$apart true 2>/dev/null && [ -c /dev/net/tun ] || apart=
network="-netdev hubport,hubid=1,id=second -device vmxnet3,netdev=second,romfile="
if [ -n "$apart" ]; then
	network="$network -netdev tap,id=first,queues=2,script=no,downscript=no"
	network="$network -device virtio-net-pci,netdev=first,mq=on,vectors=6,romfile="
else
	network="$network -netdev user,id=first,restrict=on -device virtio-net-pci,netdev=first,romfile="
fi
frequencies=
mkdir -p "$cache"
if iasl -p "$cache/frequencies" "$source/tests/vm/frequencies.asl" >/dev/null 2>&1; then
	frequencies="-acpitable file=$cache/frequencies.aml"
fi

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
	processor=max more='' within=''
	if [ "$1" = devices ]; then processor=max,family=23 more="$network $frequencies" within=$apart; fi
	VM_DISK=$cache/plan-$1/vda VM_MEMORY=1024 VM_TIMEOUT=$(($2 + 60)) VM_CPU=$processor VM_DEVICES=$more \
		$within "$source/tests/vm/boot" "$cache/plan-$1" \
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

{
	guest v1 200
	guest devices 400
} &
guest nasty 500 &
wait
if report v1; then
	covered v1 up 18-cgroup
	covered v1 down 18-cgroup
fi
report nasty
# A little less than there were with Linux 6.1: a setting more or less must not matter, a kind that is missing must.
floors="9-network-interface 4-network-interface-offload 2-network-interface-channels 2-network-interface-ring"
floors="$floors 1-network-interface-coalesce 1-network-interface-qdisc 4-module-parameter"
if [ -n "$frequencies" ]; then
	floors="$floors 3-cpu-frequency"
else
	skip "the frequency of a processor" "iasl is not installed, which makes one that has it"
fi
[ -n "$apart" ] || skip "an interface with several queues for both directions" "no tap device can be made here"
if report devices; then
	for direction in up down; do
		# shellcheck disable=SC2086 # one word for each kind
		covered devices $direction $floors
	done
fi
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
