#!/bin/sh
# Files of --rules DIR: they add, they override, and each mistake in them has its place and costs only itself.
set -u
keisoku=$1 source=$2
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$source/tests/roots/cgroup-v2
mkdir -p "$work/rules/packs" "$work/rules/facts" "$work/rules/tunables"

cat >"$work/rules/packs/mine.yaml" <<'YAML'
- id: my-swappiness
  title: Swappiness is not what we want
  about: host
  use: {resource: memory, kind: utilisation}
  when: vm.swappiness >= 0
  set: vm.swappiness
  to: "7"
  direction: any
  already: It is already 7
  severity: low
  because: Swappiness is {vm.swappiness}.
  side_effects: none
  verify: vm.swappiness == 7
  references: [Documentation/admin-guide/sysctl/vm.rst]
YAML
"$keisoku" advise --quiet --root "$root" --rules "$work/rules" --output json >"$work/out" 2>"$work/err"
same "a rule of ours: exit status" 0 $?
# In a guest without swap it does nothing, and is never recommended.
contains "a rule of ours is there" "my-swappiness" "$("$keisoku" list rules --rules "$work/rules")"
"$keisoku" advise --quiet --root "$root" --rules "$work/rules" --rule my-swappiness --all --output json >"$work/out"
same "an inert tunable is never recommended" "not-applicable" \
	"$(jq -r '.findings[] | select(.rule == "my-swappiness") | .status' "$work/out")"

# mistake NAME MESSAGE: of what $work/rules/packs/mine.yaml holds
mistake() {
	"$keisoku" advise --quiet --root "$root" --rules "$work/rules" --output json >"$work/out" 2>"$work/err"
	same "$1: exit status" 3 $?
	contains "$1: message" "$2" "$(cat "$work/err")"
	contains "$1: place" "packs/mine.yaml:" "$(cat "$work/err")"
	same "$1: the rest is judged" "true" "$(jq '.counts | add > 2' "$work/out" 2>&1)"
}

# rule WHEN [SET [TO [SEVERITY [BECAUSE]]]]: into that file
rule() {
	cat >"$work/rules/packs/mine.yaml" <<YAML
- id: mine
  title: t
  about: host
  use: {resource: memory, kind: utilisation}
  when: $1
  set: ${2-vm.swappiness}
  to: ${3-"10"}
  direction: any
  already: a
  severity: ${4-low}
  because: ${5-b}
  references: [r]
YAML
}

rule 'vm.dirty_bytes > 5pages'
mistake "bytes with pages" "pages"
rule 'vm.dirty_bytes > 0'
mistake "bytes with a plain number" "bytes"
rule 'vm.swapiness > 1'
mistake "an unknown key" "vm.swappiness"
rule 'vmstat.pgscan_direct > 0'
mistake "a bare counter" "rate"
rule 'vm.swappiness >'
mistake "an unfinished expression" "expected"
rule 'vm.swappiness'
mistake "a number as condition" "condition"
rule 'vm.swappiness > 1' vm.nonsense
mistake "an unknown tunable" "vm.nonsense"
rule 'vm.swappiness > 1' vm.swappiness "'\"text\"'"
mistake "a value of another type" "number"
rule 'vm.swappiness > 1' vm.swappiness 10 enormous
mistake "an unknown severity" "severity"
rule 'vm.swappiness > 1' vm.swappiness 10 low '"{vm.swappiness"'
mistake "an open brace" "{"
printf -- '- id: mine\n  titel: t\n' >"$work/rules/packs/mine.yaml"
mistake "an unknown field" "title"
printf -- '- id: &a mine\n' >"$work/rules/packs/mine.yaml"
mistake "an anchor" "anchors"
printf -- '- id: [\n' >"$work/rules/packs/mine.yaml"
mistake "no YAML" "not YAML"

rule 'vm.swappiness > 1'
contains "a file of rules" "mine" "$("$keisoku" list rules --rules "$work/rules/packs/mine.yaml")"
printf 'vm.mine: {type: integer, summary: s, source: s}\n' >"$work/rules/facts/mine.yaml"
contains "a file of entries" "vm.mine" "$("$keisoku" list facts --rules "$work/rules/facts/mine.yaml")"
rm "$work/rules/facts/mine.yaml"
"$keisoku" advise --quiet --root "$root" --rules "$work/rules/packs/none.yaml" >"$work/out" 2>"$work/err"
same "no such file: exit status" 3 $?
contains "no such file: says so" "none.yaml" "$(cat "$work/err")"

"$keisoku" advise --quiet --root "$root" --rules "$work/none" >"$work/out" 2>"$work/err"
same "no such directory: exit status" 3 $?
contains "no such directory: says so" "$work/none" "$(cat "$work/err")"
done_testing
