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

# Others, on hosts of which one needs it, one does not, and one has it or would suffer: "VALUE HOST:VERDICT…".
while read -r key value hosts; do
	printf '%s = %s\n' "$key" "${value//,/ }" >"$work/60-one.conf"
	for host in $hosts; do
		"$compose" "tests/hosts/${host%:*}.yaml" >"$work/host.json"
		same "$key = $value on $(basename "${host%:*}")" "1	${host#*:}	$key" "$(verdicts "$work/host.json" "$work/60-one.conf")"
	done
done <<'TABLE'
net.core.somaxconn 4096 healthy/debian-12-web:no-effect sick/accept-queue:supported sick/quota-old-kernel:unsupported
net.netfilter.nf_conntrack_max 1048576 healthy/debian-12-web:unsupported sick/conntrack-full:supported sick/conntrack-hash:contradicted
fs.inotify.max_user_watches 1048576 sick/aio:no-effect sick/inotify-watches:supported healthy/debian-12-web:unsupported
kernel.numa_balancing 0 healthy/debian-12-web:no-effect sick/numa-balancing:supported sick/aio:unsupported
vm.max_map_count 1048576 sick/accept-queue-slow-program:no-effect sick/mappings:supported healthy/debian-12-web:unsupported
vm.min_free_kbytes 1048576 sick/min-free:supported sick/aio:unsupported healthy/debian-12-web:dangerous
kernel.pid_max 4194304 healthy/debian-12-web:no-effect sick/pids:supported sick/open-files-of-the-host:unsupported
net.ipv4.ip_local_port_range 1024,65535 sick/ephemeral-ports:supported healthy/debian-12-web:unsupported
net.ipv4.ip_local_port_range 40000,60999 sick/ephemeral-ports:contradicted
net.ipv4.tcp_wmem 4096,65536,67108864 sick/buffers-out-of-order:supported healthy/debian-12-web:unsupported
net.ipv4.tcp_rmem 4096,131072,67108864 sick/receive-pruned:supported healthy/debian-11-idle:unsupported
fs.file-max 100000 sick/open-files-of-the-host:contradicted healthy/debian-12-web:unsupported
TABLE
done_testing
