#!/bin/bash
# Proposals as they are pasted, each line with the verdict that was argued for it: tests/reviews/NAME.expected, where
# "LINE VERDICT[+ALSO] KEY # why", for the host tests/reviews/host.yaml.  And one proposal that is right on one host, wrong on
# another and needless on a third.
#
#   test-reviews.sh KEISOKU SOURCE
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
compose=$(dirname "$keisoku")/../tests/cli/compose-host
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$source" || exit 1

# verdicts HOST CHANGE: "LINE VERDICT[+ALSO] KEY"
verdicts() {
	"$keisoku" review --quiet --against "$1" --output json "$2" | jq -r '.findings[] | [.sites[0].line,
		(.review.verdict + (.review.also | map("+" + .) | join(""))),
		((if .subject.kind == "host" then "" else .subject.name + " " end) + (.values.key // "-"))] | @tsv'
}

"$compose" tests/reviews/host.yaml >"$work/host.json"
proposals=0
for expected in tests/reviews/*.expected; do
	name=${expected%.expected}
	for change in "$name".sh "$name".conf "$name".yaml; do
		[ -f "$change" ] || continue
		proposals=$((proposals + 1))
		same "$(basename "$change"): every line has its verdict" "$(sed 's/\t# .*//; s/\t#$//' "$expected")" \
			"$(verdicts "$work/host.json" "$change")"
	done
done
same "at least twenty proposals were judged" true "$([ "$proposals" -ge 20 ] && echo true)"
same "each line is argued for" "" "$(grep -LP '\t# .' tests/reviews/*.expected)"

printf '\n \n' >"$work/empty.conf"
same "an empty file proposes nothing" "" "$(verdicts "$work/host.json" "$work/empty.conf")"
printf 'a\0b\n' >"$work/unknown.bin"
same "what nobody knows is unclear" "1	unclear	-" "$(verdicts "$work/host.json" "$work/unknown.bin")"

# The same line on three hosts: idle, short of page cache while memory of programs stays, and short of memory for programs.
printf 'vm.swappiness = 100\n' >"$work/60-swap.conf"
for host in healthy/debian-11-idle:unsupported sick/cache-starved:supported sick/heap-in-swap:contradicted; do
	"$compose" "tests/hosts/${host%:*}.yaml" >"$work/host.json"
	same "vm.swappiness = 100 on $(basename "${host%:*}")" "1	${host#*:}	vm.swappiness" "$(verdicts "$work/host.json" "$work/60-swap.conf")"
done
done_testing
