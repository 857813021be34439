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

# predicted FILE: "KEY<tab>VALUE" of each key whose value after boot is said
predicted() {
	jq -r '.findings[] | .values | select(. != null and .boot != null and .key != null) | [.key, .boot] | @tsv' "$1" | sort -u
}

# running FILE: of each key in the findings, what runs
running() {
	jq -r '.findings[] | .values | select(. != null and .running != null and .key != null) | [.key, .running] | @tsv' "$1" | sort -u
}

for seed in ${KEISOKU_SEEDS-1 2}; do
	export SEED=$seed
	case $((seed % 3)) in
	0) CMDLINE= ;;
	1) CMDLINE="sysctl.vm.swappiness=33 sysctl.kernel/panic=7 sysctl.vm.laptop_mode=4" ;;
	2) CMDLINE="sysctl.net.core.somaxconn=777 transparent_hugepage=never" ;;
	esac
	export CMDLINE
	# shellcheck disable=SC2086 # words of a command line
	"$source/tests/vm/boot-root" "$cache" "$source/tests/real/prediction-root.sh" "$cache/said-prediction" $CMDLINE \
		>"$work/log" 2>&1
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
	gzip -dc "$cache/data.img" 2>/dev/null >"$work/snapshot"
	"$keisoku" audit --all --output json="$work/live.json" "$work/snapshot" 2>"$work/errors"
	if [ -n "${KEISOKU_KEEP-}" ]; then	# both sides, for tests/real/predict
		cp "$work/snapshot" "$KEISOKU_KEEP/$seed.live"
		cp "$work/offline.snapshot" "$KEISOKU_KEEP/$seed.offline"
	fi
	predicted "$OFFLINE" >"$work/predicted"
	running "$work/live.json" >"$work/running"
	cut -f 1 "$work/predicted" | sort -u | join -t "$(printf '\t')" - "$work/running" >"$work/compared"
	wrong=$(comm -23 <(join -t "$(printf '\t')" "$work/predicted" <(cut -f 1 "$work/compared")) "$work/compared" |
		while IFS=$(printf '\t') read -r key value; do
			echo "$key: predicted $value, runs as $(sed -n "s|^$key	||p" "$work/running")"
		done)
	compared=$(wc -l <"$work/compared")
	same "image $seed: $compared keys read after boot as was predicted" "" "$wrong"
	if [ "$compared" -ge 25 ]; then
		ok "image $seed: there was something to compare"
	else
		not_ok "image $seed: there was something to compare" "$(cat "$work/predicted" "$work/errors")"
	fi
	# Keys with lines whose value is not said: each has a finding with a reason.
	silent=$(jq -r '.findings[] | select(.values != null and .values.boot == null and .values.key != null)
		| select((.reason // "") == "" and (.because // "") == "") | .values.key' "$OFFLINE")
	same "image $seed: what is not predicted is explained" "" "$silent"
	rm -rf "$cache/root" "$cache/root.img" "$cache/data.img"
done
done_testing
