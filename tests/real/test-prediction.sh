#!/bin/bash
# What an audit says of images before they are booted, beside what runs after boot: a whole Debian with a mix of configuration
# in every place, for each of several seeds.  Every key that was predicted must read so, and of every other one that a line is
# about the report must have said why it is not known.
#
#   test-prediction.sh KEISOKU WORKLOAD SOURCE
set -u
keisoku=$(realpath "$1") source=$(realpath "$3")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
cache=$(dirname "$(dirname "$keisoku")")/vm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KEISOKU=$keisoku SOURCE=$source OFFLINE=$work/offline.json

command -v jq >/dev/null || { skip "predictions beside booted images" "jq is not installed"; done_testing; exit; }

predict=$(dirname "$keisoku")/../tests/real/predict

# What tests/vm/boot-root boots with; what else the boot loader of an image would give.
export ARGUMENTS="console=ttyS0 quiet panic=-1 root=/dev/nvme0n1 rw mitigations=off systemd.show_status=0 nvme_core.io_timeout=5"
arguments=('' 'sysctl.vm.swappiness=33 sysctl.kernel/panic=7 sysctl.vm.laptop_mode=4' 'sysctl.net.core.somaxconn=777 transparent_hugepage=never'
	'hugepages=6 sysctl.vm.dirty_bytes=33554432' 'sysctl.vm.dirty_ratio=33 dummy.numdummies=1 nvme.poll_queues=1'
	'transparent_hugepage=madvise sysctl.vm.swappiness=333 panic=11' 'hung_task_panic=1 nf_conntrack.hashsize=2048')

# values FILE COLUMN: "KEY<tab>VALUE" of the host in the findings of an audit
values() {
	jq -r --arg column "$2" '.findings[] | select(.subject.kind == "host" and .values != null and .values.key != null)
		| .values | select(.[$column] != null) | [.key, .[$column]] | @tsv' "$1" | LC_ALL=C sort -u
}

# explained: findings of the image about a value that is not said have a reason
explained() {
	jq -r '.findings[] | select(.values != null and .values.boot == null and .values.key != null)
		| select((.reason // "") == "" and (.because // "") == "") | .values.key' "$OFFLINE"
}

: >"$work/all"
# One image in every run, the other one with KEISOKU_SWEEP=1.
for seed in ${KEISOKU_SEEDS-${KEISOKU_SWEEP:+1 }2}; do
	export SEED=$seed CMDLINE=${arguments[seed % ${#arguments[@]}]}
	for disk in 0 1; do
		rm -f "$work/disk$disk"
		truncate -s 8M "$work/disk$disk"
		mke2fs -q -t ext4 -L "srv$disk" -F "$work/disk$disk"
	done
	# shellcheck disable=SC2086 # words of a command line
	VM_DISKS="$work/disk0 $work/disk1" "$source/tests/vm/boot-root" "$cache" "$source/tests/real/prediction-root.sh" \
		"$cache/said-prediction" $CMDLINE >"$work/log" 2>&1
	status=$?
	if [ $status -eq 77 ]; then
		skip "predictions beside booted images" "$(tail -n 1 "$work/log")"
		break
	fi
	if [ $status -ne 0 ]; then
		not_ok "image $seed boots" "status $status
$(tail -n 20 "$work/log" "$cache/said-prediction" "$cache/console-root" 2>&1)"
		continue
	fi
	tar xzf "$cache/data.img" -C "$work" 2>/dev/null
	if [ -n "${KEISOKU_KEEP-}" ]; then	# both sides, for tests/real/predict
		cp "$work/offline.snapshot" "$KEISOKU_KEEP/$seed.offline"
		cp "$work/offline.json" "$KEISOKU_KEEP/$seed.json"
		cp "$work/snapshot" "$KEISOKU_KEEP/$seed.live"
		cp "$work/more" "$KEISOKU_KEEP/$seed.more"
	fi
	"$predict" "$work/offline.snapshot" "$work/snapshot" "$work/more" >"$work/told" 2>"$work/errors"
	cat "$work/told" >>"$work/all"
	same "image $seed: what was predicted reads so after boot ($(grep -c '^right' "$work/told") keys)" "" \
		"$(grep '^wrong' "$work/told"; cat "$work/errors")"
	same "image $seed: what is not predicted has a reason ($(grep -c '^unknown' "$work/told") keys)" "" \
		"$(awk -F '\t' '$1 == "unknown" && $8 == "."' "$work/told"; explained)"
	# What the report of the image says itself, beside that of the host.
	"$keisoku" audit --all --output json="$work/live.json" "$work/snapshot" 2>>"$work/errors"
	values "$OFFLINE" boot >"$work/boot"
	values "$work/live.json" running | grep -vP '\tabsent$' >"$work/running"
	LC_ALL=C join -t "$(printf '\t')" "$work/boot" "$work/running" >"$work/both"
	same "image $seed: the report says what reads so after boot ($(wc -l <"$work/both") keys)" "" \
		"$(awk -F '\t' '$2 != $3 && !index($3, "[" $2 "]")' "$work/both")"
	rm -rf "$cache/root" "$cache/root.img" "$cache/data.img"
done
awk -F '\t' '{ count[$2, $1]++; source[$2]++ }
	END { for (s in source) printf "# %-13s right %4d, wrong %3d, unknown %3d, not there %3d, not readable %3d\n", s,
		count[s, "right"], count[s, "wrong"], count[s, "unknown"], count[s, "missing"], count[s, "unseen"] }' "$work/all" | sort

# What is compared of the image of every run, or of both, so that it does not become less unseen.
least="cgroup 3 cmdline 10 default 350 fstab 40 limits 6 modprobe 1 modules-load 4 sysctl 25 systemd 15 tmpfiles 8 udev 3"
[ -z "${KEISOKU_SWEEP-}" ] || least="cgroup 6 cmdline 20 default 650 fstab 80 limits 9 modprobe 1 modules-load 4 sysctl 50 systemd 30 \
	tmpfiles 12 udev 6"
if [ -z "${KEISOKU_SEEDS-}" ] && [ -s "$work/all" ]; then
	# shellcheck disable=SC2086 # words
	set -- $least
	while [ $# -gt 0 ]; do
		right=$(awk -F '\t' -v source="$1" '$1 == "right" && $2 == source' "$work/all" | wc -l)
		if [ "$right" -ge "$2" ]; then
			ok "$1: $right keys were foretold"
		else
			not_ok "$1: $right keys were foretold" "at least $2 are expected"
		fi
		shift 2
	done
fi
done_testing
