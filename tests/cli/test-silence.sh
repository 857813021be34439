#!/bin/bash
# Captured trees of hosts where nothing is wrong get no advice.  tests/unit/test-hosts.c does the same with hosts that are at work.
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"

# What is suspected there, and is true: emulated machines have no better clock than hpet, and somebody drops this host's caches.
declare -A suspected=(
	[cgroup-v1]=clocksource-virtual@host [cgroup-v2]=clocksource-virtual@host [container]=clocksource-virtual@host
	[hybrid]=clocksource-virtual@host [no-psi]=clocksource-virtual@host [this-host]=drop-caches@host [hostile]=""
)

# ids STATUS: of the findings with that status
ids() {
	jq -r --arg status "$1" '[.findings[] | select(.status == $status) | .id] | join(" ")' <<<"$report"
}

for tree in "$source"/tests/roots/*/; do
	name=$(basename "$tree")
	report=$("$keisoku" advise --quiet --root "$tree" --output json 2>/dev/null)
	same "$name: nothing is recommended" "" "$(ids recommend)"
	same "$name: nothing else is suspected" "${suspected[$name]-}" "$(ids suspect)"
	same "$name: no other cause is named" "" "$(ids elsewhere)"
	same "$name: and not for want of rules" true "$(jq '.counts.satisfied >= 20' <<<"$report")"
done
done_testing
