#!/bin/sh
# The commands of a report do what they say: in a network namespace of their own, each change is applied, verified, rolled
# back, and every sysctl of the namespace is then as it was.
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "${KEISOKU_INSIDE-}" != yes ]; then
	rm -rf "$work"
	if ! unshare -rnm true 2>/dev/null || ! command -v jq >/dev/null; then
		skip "the commands of a report" "no namespaces or no jq here"
		done_testing
		exit
	fi
	KEISOKU_INSIDE=yes exec unshare -rnm "$0" "$@"
fi

ip link set lo up
mkdir -p "$work/rules/packs/x"

# rule ID KEY VALUE: one that always holds, on settings alone
rule() {
	cat >>"$work/rules/packs/x/$1.yaml" <<-YAML
	- {id: $1, title: $1, about: host, severity: low, when: has($2), set: $2, to: '$3',
	   direction: any, because: test, references: [test]}
	YAML
}
rule one-number net.core.somaxconn 12345
rule one-vector net.ipv4.tcp_rmem '[8192B, 262144B, 8388608B]'
rule one-pair net.ipv4.ip_local_port_range '[20000, 50001]'
rule one-timeout net.ipv4.tcp_fin_timeout 33s
rule one-word net.ipv4.tcp_congestion_control '"reno"'
rule one-switch net.ipv4.tcp_moderate_rcvbuf false
rule one-mask net.ipv4.tcp_fastopen 3

# Left out: what cannot be read, and what changes by itself.
state() {
	sysctl -a 2>/dev/null | grep '^net\.' | grep -vE 'nf_conntrack_count|stable_secret|fastopen_key' | sort
}

state >"$work/before"
"$keisoku" advise --quiet --no-window --rules "$work/rules" --output json >"$work/report.json" 2>"$work/err"
same "nothing is wrong with the rules of this test" "" "$(cat "$work/err")"
changed=0
for id in one-number one-vector one-pair one-timeout one-word one-switch one-mask; do
	jq --arg rule "$id" '.findings[] | select(.rule == $rule and .status == "recommend") | .changes[0]' \
		"$work/report.json" >"$work/change.json"
	if [ ! -s "$work/change.json" ]; then
		not_ok "$id is recommended" "$(jq -c --arg rule "$id" '.findings[] | select(.rule == $rule)' "$work/report.json")"
		continue
	fi
	key=$(jq -r .key "$work/change.json")
	for command in apply roll_back verify persist unpersist; do
		jq -r ".$command // empty" "$work/change.json" >"$work/$command"
	done
	sh "$work/verify" >/dev/null && not_ok "$key: verify fails before the change" "$(cat "$work/verify")"
	sh -e "$work/apply" >"$work/out" 2>&1 && sh "$work/verify" >>"$work/out"
	same "$key: apply, then verify" 0 "$?"
	state | cmp -s - "$work/before" || changed=$((changed + 1))
	sh -e "$work/roll_back" >"$work/out" 2>&1
	same "$key: roll back" 0 "$?"
	same "$key: everything is as it was" "" "$(state | diff "$work/before" - 2>&1)"
done
same "each change was seen while it lasted" 7 "$changed"

# What persists is a line that systemd-sysctl and procps read: in a mount namespace with an /etc/sysctl.d of its own.
mkdir -p "$work/sysctl.d"
if mount --bind "$work/sysctl.d" /etc/sysctl.d 2>/dev/null; then
	sh -e "$work/persist"
	name=$(ls "$work/sysctl.d")
	same "a drop-in file is written" "90-keisoku-net.ipv4.tcp_fastopen.conf" "$name"
	sysctl -p "$work/sysctl.d/$name" >/dev/null 2>&1
	sh "$work/verify" >/dev/null
	same "sysctl reads it" 0 "$?"
	sh -e "$work/roll_back" >/dev/null
	sh -e "$work/unpersist"
	same "it is removed again" "" "$(ls "$work/sysctl.d")"
else
	skip "the drop-in file" "no bind mounts here"
fi
done_testing
