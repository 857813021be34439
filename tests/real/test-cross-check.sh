#!/bin/bash
# The counters beside those of vmstat, iostat, nstat, sar and ss, in one run.  Where a tool prints totals, ours must lie
# between what it printed before and after; where it prints rates, both look at the same steady load.
set -u
keisoku=$1 workload=$2 source=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

for tool in vmstat iostat nstat sar ss jq; do
	command -v "$tool" >/dev/null || { skip "figures beside other tools" "$tool is not installed"; done_testing; exit; }
done

# metric KIND NAME KEY FIELD: of the snapshot
metric() {
	jq -r --arg kind "$1" --arg name "$2" --arg key "$3" ".content.subjects[] | select(.kind == \$kind and .name == \$name)
		| .metrics[] | select(.key == \$key) | .$4 // empty" "$work/snapshot.json"
}

# between NAME BEFORE FIRST LAST AFTER
between() {
	if [ -n "$2" ] && [ -n "$3" ] && [ -n "$4" ] && [ -n "$5" ] &&
		awk -v a="$2" -v b="$3" -v c="$4" -v d="$5" 'BEGIN { exit !(a <= b && b <= c && c <= d) }'; then
		ok "$1"
	else
		not_ok "$1" "before $2, ours $3 to $4, after $5"
	fi
}

# near NAME SHARE SLACK OURS THEIRS: within that share of theirs, or that much
near() {
	if [ -n "$4" ] && [ -n "$5" ] && awk -v p="$2" -v s="$3" -v a="$4" -v b="$5" \
		'BEGIN { d = a - b; if (d < 0) d = -d; exit !(d <= p * b || d <= s) }'; then
		ok "$1"
	else
		not_ok "$1" "ours $4, theirs $5"
	fi
}

# totals WHEN: what the tools count since boot
totals() {
	vmstat -s >"$work/vmstat.$1"
	iostat -d -k >"$work/iostat.$1"
	nstat -az >"$work/nstat.$1" 2>/dev/null
}

vmstat_total() {
	sed -n "s/^ *\([0-9]*\) $2\$/\1/p" "$work/vmstat.$1"
}

nstat_total() {
	awk -v name="$2" '$1 == name { print $2 }' "$work/nstat.$1"
}

export NSTAT_HISTORY=$work/nstat.history
"$workload" short 50 14 2>/dev/null &
load=$!
"$workload" dirty "$work/file" 8 14 &
writer=$!
sleep 1
totals before
vmstat 10 2 >"$work/vmstat.rates" &
sar -u -w -n DEV 10 1 >"$work/sar" 2>&1 &
"$keisoku" capture --quiet --window 10s -o "$work/snapshot.json"
totals after
wait "$load" "$writer"
wait

between "context switches, with vmstat" "$(vmstat_total before 'CPU context switches')" \
	"$(metric host '' stat.ctxt first)" "$(metric host '' stat.ctxt last)" "$(vmstat_total after 'CPU context switches')"
between "interrupts, with vmstat" "$(vmstat_total before interrupts)" "$(metric host '' stat.intr first)" \
	"$(metric host '' stat.intr last)" "$(vmstat_total after interrupts)"
between "forks, with vmstat" "$(vmstat_total before forks)" "$(metric host '' stat.processes first)" \
	"$(metric host '' stat.processes last)" "$(vmstat_total after forks)"
between "user ticks, with vmstat" "$(vmstat_total before 'non-nice user cpu ticks')" \
	"$(metric host '' stat.cpu.user first)" "$(metric host '' stat.cpu.user last)" \
	"$(vmstat_total after 'non-nice user cpu ticks')"
between "pages swapped in, with vmstat" "$(vmstat_total before 'pages swapped in')" \
	"$(metric host '' vmstat.pswpin first)" "$(metric host '' vmstat.pswpin last)" "$(vmstat_total after 'pages swapped in')"
between "kilobytes written out, with vmstat" "$(vmstat_total before 'K paged out')" \
	"$(metric host '' vmstat.pgpgout first)" "$(metric host '' vmstat.pgpgout last)" \
	"$(vmstat_total after 'K paged out')"

for name in TcpActiveOpens TcpPassiveOpens TcpInSegs TcpOutSegs UdpInDatagrams IpInReceives TcpExtTW TcpExtListenDrops \
	TcpExtTCPOrigDataSent IpExtInOctets; do
	key=$(echo "$name" | sed -E 's/^(TcpExt|IpExt)/netstat.\1./; t; s/^(Tcp|Udp|Ip)/snmp.\1./')
	before=$(nstat_total before "$name") after=$(nstat_total after "$name")
	between "$name, with nstat" "$before" "$(metric host '' "$key" first)" "$(metric host '' "$key" last)" "$after"
done

# iostat prints whole kilobytes since boot: two sectors are one.
awk '/^Device/ { on = 1; next } on && NF >= 7 { print $1 }' "$work/iostat.after" >"$work/disks"
while read -r disk; do
	[ -n "$(metric block "$disk" write_sectors last)" ] || continue
	for column in "read_sectors 6" "write_sectors 7"; do
		key=${column% *} field=${column#* }
		before=$(awk -v disk="$disk" -v f="$field" '$1 == disk { printf "%.0f\n", $f * 2 - 2 }' "$work/iostat.before")
		after=$(awk -v disk="$disk" -v f="$field" '$1 == disk { printf "%.0f\n", $f * 2 + 2 }' "$work/iostat.after")
		between "$disk $key, with iostat" "$before" "$(metric block "$disk" "$key" first)" \
			"$(metric block "$disk" "$key" last)" "$after"
	done
done <"$work/disks"

seconds=$(jq .content.window.duration_sec "$work/snapshot.json")
rate() {
	awk -v d="$(metric "$1" "$2" "$3" delta)" -v s="$seconds" 'BEGIN { printf "%.6f\n", d / s }'
}
near "context switches a second, with vmstat's second line" 0.25 200 "$(rate host '' stat.ctxt)" \
	"$(awk 'END { print $12 }' "$work/vmstat.rates")"
near "context switches a second, with sar" 0.25 200 "$(rate host '' stat.ctxt)" \
	"$(awk '$1 == "Average:" && /cswch/ { on = 1; next } on { print $3; exit }' "$work/sar")"
near "packets on lo a second, with sar" 0.25 20 "$(rate interface lo rx_packets)" \
	"$(awk '$1 == "Average:" && $2 == "lo" { print $3 }' "$work/sar")"

# Sockets: in a namespace of its own nothing else moves.
# shellcheck disable=SC2016 # for the inner shell
if unshare -n true 2>/dev/null; then
	found=$(unshare -n bash -c 'ip link set lo up; "$1" deaf 5 6 & sleep 2
		"$2" capture --quiet -o "$3/sockets.json"; ss -Hltn; kill $!' bash "$workload" "$keisoku" "$work")
	same "the backlog of a listener, with ss" "$(echo "$found" | awk '{ print $3 }')" \
		"$(jq -r '.content.subjects[] | select(.kind == "listener") | .settings[] | select(.key == "backlog") | .raw' \
			"$work/sockets.json")"
	same "its queue, with ss" "$(echo "$found" | awk '{ print $2 }')" \
		"$(jq -r '.content.subjects[] | select(.kind == "listener") | .settings[] | select(.key == "queue") | .raw' \
			"$work/sockets.json")"
else
	skip "the queue of a listener, with ss" "no network namespace can be made here"
fi
done_testing
