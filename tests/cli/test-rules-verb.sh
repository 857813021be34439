#!/bin/sh
# keisoku rules: what each action says of good and of wrong rules, cases and entries.
set -u
keisoku=$(realpath "$1") source=$(realpath "$2")
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/rules/packs/mine" "$work/rules/tunables" "$work/cases"

run() {
	"$keisoku" rules "$@" >"$work/out" 2>"$work/err"
}

# ---- a rule that is right ----

# write [FIELD…]: the rule with these lines added or in place of its own
write() {
	{
		cat <<'YAML'
id: mine
title: Swappiness is high while swap is used
about: host
severity: low
because: Swappiness is {vm.swappiness}.
side_effects: less cache
verify: rate(vmstat.pswpout) == 0page/s
threshold_note: policy default
references: [Documentation/admin-guide/sysctl/vm.rst]
YAML
		printf '%s\n' "$@"
	} | awk '/^[a-z_]+:/ { key = $1; if (!(key in seen)) order[++n] = key; seen[key] = 1; text[key] = $0; next }
		{ text[key] = text[key] "\n" $0 }
		END { for (i = 1; i <= n; i++) print text[order[i]] }' | sed -e '1s/^/- /' -e '2,$s/^/  /' >"$work/rules/packs/mine/mine.yaml"
}

good() {
	write 'when: rate(vmstat.pswpout) > 10page/s and vm.swappiness > 60' 'window: 30s' 'set: vm.swappiness' 'to: 60' \
		'direction: lower'
}
good
cat >"$work/cases/mine.yaml" <<'YAML'
- {name: it swaps, settings: {vm.swappiness: 100}, gauges: {meminfo.SwapTotal: 1000}, rates: {vmstat.pswpout: 20}, expect: recommend,
   to: {vm.swappiness: 60}}
- {name: hardly, settings: {vm.swappiness: 100}, gauges: {meminfo.SwapTotal: 1000}, rates: {vmstat.pswpout: 10}, expect: satisfied}
- {name: the default, settings: {vm.swappiness: 60}, gauges: {meminfo.SwapTotal: 1000}, rates: {vmstat.pswpout: 20}, expect: satisfied}
- {name: one more, settings: {vm.swappiness: 61}, gauges: {meminfo.SwapTotal: 1000}, rates: {vmstat.pswpout: 11}, expect: recommend}
- {name: short, window: 5s, settings: {vm.swappiness: 61}, gauges: {meminfo.SwapTotal: 1000}, rates: {vmstat.pswpout: 11},
   expect: suspect}
- {name: not measured, settings: {vm.swappiness: 61}, gauges: {meminfo.SwapTotal: 1000}, expect: unmeasured}
- {name: no swap, settings: {vm.swappiness: 100}, gauges: {meminfo.SwapTotal: 0}, rates: {vmstat.pswpout: 20}, expect: not-applicable}
YAML

run list --rules "$work/rules"
same "list: exit status" 0 $?
same "list: only the rules of --rules, by pack" "mine
  mine                                 low      host      -
      Swappiness is high while swap is used" "$(cat "$work/out")"
run list
contains "list: all of them" "tcp-accept-queue-overflow" "$(cat "$work/out")"
run show mine --rules "$work/rules" --cases "$work/cases"
same "show: exit status" 0 $?
contains "show: the rule" "Swappiness is high while swap is used" "$(cat "$work/out")"
contains "show: its answers" "Can be: recommend, suspect, unmeasured, satisfied, not-applicable" "$(cat "$work/out")"
contains "show: its cases" "  suspect        short" "$(cat "$work/out")"

run lint --rules "$work/rules"
same "lint of a good rule: exit status" 0 $?
same "lint of a good rule" "0 mistakes, 0 warnings" "$(cat "$work/out")"
run test --rules "$work/rules" --cases "$work/cases"
same "test of a good rule: exit status" 0 $?
same "test of a good rule" "1 rules, 7 cases; 0 rules with mistakes" "$(cat "$work/out")"
run mutate --rules "$work/rules" --cases "$work/cases"
same "mutate of a good rule: exit status" 0 $?
contains "mutate of a good rule" "0 survive" "$(cat "$work/out")"
run lint --rules "$work/rules/packs/mine/mine.yaml"
same "--rules takes a file" "0 0 mistakes, 0 warnings" "$? $(cat "$work/out")"
echo words >"$work/words"
for from in "$work/words" words ./words; do
	(cd "$work" && run lint --rules "$from")
	same "lint of a file that holds no rule, named $from" "1 $from:1:1: error: expected a rule" \
		"$? $(head -n 1 "$work/out" | grep -o '^.*expected a rule')"
done

# ---- wrong usage ----

# usage NAME STATUS MESSAGE ARGUMENT…
usage() {
	name=$1 status=$2 part=$3
	shift 3
	run "$@"
	same "$name: exit status" "$status" $?
	contains "$name: says so" "$part" "$(cat "$work/err")"
	same "$name: nothing on stdout" "" "$(cat "$work/out")"
}
usage "an unknown action" 2 "expected list, show, lint, test or mutate" frob
usage "show of nothing" 2 "expected the id of a rule" show
usage "an unknown rule" 2 "no rule is called 'none'" test none
usage "no such rules" 3 "$work/none" test --rules "$work/none" --cases "$work/cases"
usage "no such cases" 3 "cannot read $work/none" test --cases "$work/none"
usage "no sources" 3 "cannot read $work/none" lint --sources "$work/none"
(cd "$work" && "$keisoku" rules test >out 2>err)
same "no cases here: exit status" 2 $?
contains "no cases here: says what to give" "--cases DIR" "$(cat "$work/err")"

# ---- lint ----

# mistake NAME MESSAGE FIELD…: of a rule
mistake() {
	name=$1 part=$2
	shift 2
	write "$@"
	run lint --rules "$work/rules"
	same "$name: exit status" 1 $?
	contains "$name: message" "$part" "$(cat "$work/out")"
	contains "$name: place" "packs/mine/mine.yaml:" "$(cat "$work/out")"
}
swap='set: vm.swappiness'

mistake "a type" "text" 'when: vm.swappiness == "a"' 'advise: a'
mistake "a unit" "pages" 'when: vm.dirty_bytes > 5page' 'advise: a'
mistake "a key" "the nearest is 'vm.swappiness'" 'when: vm.swapiness > 5' 'advise: a'
mistake "a limit out of range" "never holds: the range of the key does not reach it" 'when: vm.swappiness > 200' 'advise: a'
mistake "every value" "always holds" 'when: vm.swappiness <= 200' 'advise: a'
mistake "less than nothing" "never holds" 'when: rate(vmstat.pswpout) < 0page/s' 'window: 30s' 'advise: a'
mistake "more than all" "never holds" 'when: share(rate(vmstat.pswpout) > 0page/s) > 150%' 'window: 30s' 'advise: a'
mistake "a constant" "always holds" 'when: true' 'advise: a'
mistake "a where that every subject fulfils" "always holds: leave it out" 'where: true' 'when: vm.swappiness > 5' 'advise: a'
mistake "a where that none fulfils" "about no subject at all" 'where: not true' 'when: vm.swappiness > 5' 'advise: a'
mistake "a where_note alone" "where_note is never said" 'where_note: n' 'when: vm.swappiness > 5' 'advise: a'
mistake "elsewhere against when" "when or where does not hold then" 'when: vm.swappiness > 50' 'elsewhere:' \
	'  - {when: vm.swappiness < 20, say: s}' 'advise: a'
mistake "elsewhere whenever when" "never recommended" 'when: vm.swappiness > 50 and vm.overcommit_memory == 2' 'elsewhere:' \
	'  - {when: vm.swappiness > 20, say: s}' 'advise: a'
mistake "elsewhere behind one that contains it" "an earlier one does" 'when: vm.swappiness > 50' 'elsewhere:' \
	'  - {when: rate(vmstat.pswpin) > 5page/s, say: s}' \
	'  - {when: rate(vmstat.pswpin) > 10page/s and vm.dirty_bytes > 0B, say: s}' 'window: 30s' 'advise: a'
mistake "already without a ceiling" "what is set has no ceiling" 'when: fs.file-max > 5' 'set: fs.file-max' 'to: 2 * current' \
	'direction: raise' 'already: a'
mistake "already where its ceiling is not reached" "what is set has no ceiling" 'where: net.core.somaxconn < 4096' \
	'when: net.core.somaxconn < 1000' 'set: net.core.somaxconn' 'to: min(2 * current, 4096)' 'direction: raise' 'already: a'
mistake "already of nothing" "nothing is set" 'when: vm.swappiness > 5' 'advise: a' 'already: a'
mistake "a proposal out of range" "'300' is outside the range of vm.swappiness" 'when: vm.swappiness < 50' "$swap" \
	'to: clamp(2 * current, 60, 300)' 'direction: raise'
mistake "a proposal without end" "use clamp() or min()" 'when: vm.swappiness < 50' "$swap" 'to: 2 * current' 'direction: raise'
mistake "set twice" "is set twice" 'when: vm.swappiness < 50' 'changes:' '  - {set: vm.swappiness, to: 60, direction: raise}' \
	'  - {set: vm.swappiness, to: 70, direction: raise}'
mistake "a verify that holds before" "verify holds whenever when does" 'when: vm.swappiness > 50' 'advise: a' 'verify: vm.swappiness > 20'
mistake "a verify that cannot hold" "never holds" 'when: vm.swappiness > 50' 'advise: a' 'verify: vm.swappiness > 200'
mistake "a window for nothing" "window does not matter" 'when: vm.swappiness > 5' 'window: 30s' 'advise: a'
mistake "a reference" "found 'the kernel'" 'when: vm.swappiness > 5' 'advise: a' 'references: [the kernel]'
mistake "a reference to nowhere" "references" 'when: vm.swappiness > 5' 'advise: a' 'references: [Documentation/../x]'
mistake "a tunable that cannot be put back" "cannot be put back" 'when: vm.swappiness > 5' 'set: vm.drop_caches' 'to: 1' \
	'direction: any'

write 'when: vm.swappiness > 5' 'advise: a'
sed -i '/threshold_note/d' "$work/rules/packs/mine/mine.yaml"
run lint --rules "$work/rules"
same "a warning is no mistake" 0 $?
contains "no reason for a number" "warning: mine: threshold_note is missing" "$(cat "$work/out")"

good
cat >"$work/rules/packs/mine/other.yaml" <<'YAML'
- {id: other, title: t, about: host, severity: low, because: b, side_effects: s, references: ["proc(5)"], verify: vm.swappiness > 99,
   threshold_note: t, when: rate(vmstat.pswpin) > 10page/s, window: 30s, set: vm.swappiness, to: 100, direction: raise}
YAML
run lint --rules "$work/rules"
same "a contradiction: exit status" 1 $?
contains "a contradiction" "mine and other can hold together and set vm.swappiness to different ends" "$(cat "$work/out")"
sed -i 's|when: .*page/s,|when: vm.swappiness < 10 and rate(vmstat.pswpin) > 10page/s,|' "$work/rules/packs/mine/other.yaml"
run lint --rules "$work/rules"
same "no contradiction when they exclude each other" "0 mistakes, 0 warnings" "$(cat "$work/out")"
sed 's/id: mine/id: other/' "$work/rules/packs/mine/mine.yaml" >"$work/rules/packs/mine/other.yaml"
run lint --rules "$work/rules"
contains "the same twice" "set vm.swappiness on the same evidence" "$(cat "$work/out")"
rm "$work/rules/packs/mine/other.yaml"

mkdir -p "$work/linux/Documentation/admin-guide/sysctl"
run lint --rules "$work/rules" --sources "$work/linux"
contains "a file that the sources do not have" "is not in the kernel's sources" "$(cat "$work/out")"
touch "$work/linux/Documentation/admin-guide/sysctl/vm.rst"
run lint --rules "$work/rules" --sources "$work/linux"
same "a file that the sources have" "0 mistakes, 0 warnings" "$(cat "$work/out")"

# entry NAME MESSAGE FIELD…: of a tunable
entry() {
	name=$1 part=$2
	shift 2
	{
		cat <<'YAML'
vm.mine:
  kind: sysctl
  summary: s
  scope: global
  takes_effect: live
  reversible: yes
  references: ["proc(5)"]
YAML
		printf '  %s\n' "$@"
	} >"$work/rules/tunables/mine.yaml"
	run lint --rules "$work/rules"
	same "$name: exit status" 1 $?
	contains "$name: message" "$part" "$(cat "$work/out")"
	contains "$name: place" "tunables/mine.yaml:" "$(cat "$work/out")"
}
entry "a default out of range" "outside the range" 'type: integer' 'range: 0..10' 'default: 20'
entry "a default of another dimension" "found bytes" 'type: integer' 'unit: page' 'default: 1page * page_size'
entry "a default that is no expression" "unknown key" 'type: integer' 'default: pagesize'
entry "a default that is no value" "is not a value" 'type: enum' 'values: [a, b]' 'default: c'
entry "a default for kernels in the wrong order" "newer kernels stand first" 'type: integer' \
	'default: [{since: "5.4", value: 1}, {since: "5.10", value: 2}, {value: 3}]'
entry "a default that hides others" "never looked at" 'type: integer' 'default: [{value: 1}, {since: "5.10", value: 2}]'
entry "a hazard that is never said" "never holds" 'type: integer' 'range: 0..10' 'hazards: [{when: proposed > 10, say: s}]'
entry "a hazard of an unknown key" "unknown key" 'type: integer' 'hazards: [{when: vm.nonsense > 10, say: s}]'
entry "inert_when of another type" "expected a condition" 'type: integer' 'inert_when: vm.swappiness'
entry "coupled with what is not there" "vm.nonsense" 'type: integer' 'coupled: [vm.nonsense]'
entry "coupled with what cannot be set" "is no tunable" 'type: integer' 'coupled: [kernel.osrelease]'
entry "a range of a text" "is no number" 'type: text' 'range: 0..5'
entry "values of a text" "is no enum" 'type: text' 'values: [a]'
sed -i 's/"proc(5)"/nothing at all/' "$work/rules/tunables/mine.yaml"
run lint --rules "$work/rules"
contains "a reference of an entry" "found 'nothing at all'" "$(cat "$work/out")"
rm "$work/rules/tunables/mine.yaml"

# ---- test ----

good
cp "$work/cases/mine.yaml" "$work/kept.yaml"
# without NAME-PART MESSAGE: a case is taken away
without() {
	grep -v "name: $1" "$work/kept.yaml" | sed '/^   /d' >"$work/cases/mine.yaml"
	grep -q "$3" "$work/cases/mine.yaml" && not_ok "$1: the case is gone" "$(cat "$work/cases/mine.yaml")"
	run test --rules "$work/rules" --cases "$work/cases"
	same "without '$1': exit status" 1 $?
	contains "without '$1': message" "$2" "$(cat "$work/out")"
}
cat >"$work/kept.yaml" <<'YAML'
- {name: it swaps, settings: {vm.swappiness: 100}, rates: {vmstat.pswpout: 20}, gauges: {meminfo.SwapTotal: 9}, expect: recommend}
- {name: hardly, settings: {vm.swappiness: 100}, rates: {vmstat.pswpout: 10}, gauges: {meminfo.SwapTotal: 9}, expect: satisfied}
- {name: short, window: 5s, settings: {vm.swappiness: 61}, rates: {vmstat.pswpout: 11}, gauges: {meminfo.SwapTotal: 9}, expect: suspect}
- {name: not measured, settings: {vm.swappiness: 61}, gauges: {meminfo.SwapTotal: 9}, expect: unmeasured}
- {name: no swap, settings: {vm.swappiness: 90}, rates: {vmstat.pswpout: 20}, gauges: {meminfo.SwapTotal: 0}, expect: not-applicable}
YAML
without "it swaps" "expect: recommend" recommend
without "hardly" "no case in which all is well" satisfied
without "short" "expect: suspect" suspect
without "not measured" "expect: unmeasured" unmeasured
without "no swap" "the tunable is inert" not-applicable
sed 's/pswpout: 10}/pswpout: 0}/' "$work/kept.yaml" >"$work/cases/mine.yaml"
run test --rules "$work/rules" --cases "$work/cases"
contains "without a case on the limit" "on the boundary of a comparison" "$(cat "$work/out")"
sed 's/expect: satisfied/expect: recommend/' "$work/kept.yaml" >"$work/cases/mine.yaml"
run test --rules "$work/rules" --cases "$work/cases"
same "a case that fails: exit status" 1 $?
contains "a case that fails: says which" "case 'hardly', host: expected recommend, got satisfied" "$(cat "$work/out")"
rm "$work/cases/mine.yaml"
run test --rules "$work/rules" --cases "$work/cases"
same "no cases: exit status" 1 $?
contains "no cases: says so" "the rule mine has no cases" "$(cat "$work/out")"
printf -- '- [\n' >"$work/cases/mine.yaml"
run test --rules "$work/rules" --cases "$work/cases"
contains "cases that are no YAML" "not YAML" "$(cat "$work/out")"
cp "$work/kept.yaml" "$work/cases/mine.yaml"

# ---- mutate ----

run mutate --rules "$work/rules" --cases "$work/cases"
same "a mutant survives: exit status" 1 $?
contains "a mutant survives: says which" "mine: when: no case notices 'vm.swappiness > 60' → 'vm.swappiness >= 60'" "$(cat "$work/out")"
cat >"$work/cases/equivalent-mutants.yaml" <<'YAML'
mine:
  - {in: when, from: vm.swappiness > 60, to: vm.swappiness >= 60, because: at 60 there is nothing to change}
  - {in: when, from: vm.swappiness > 60, to: vm.swappiness < 60, because: there is none}
nobody: [{in: when, from: a, to: b, because: c}]
YAML
run mutate --rules "$work/rules" --cases "$work/cases"
same "a known mutant is not told" "" "$(grep -F "no case notices 'vm.swappiness > 60' → 'vm.swappiness >= 60'" "$work/out")"
contains "a mutant that is none" "there is no such mutant" "$(cat "$work/out")"
printf 'mine: [{in: when, from: 10page/s, to: 20page/s, because: no}]\n' >"$work/cases/equivalent-mutants.yaml"
run mutate --rules "$work/rules" --cases "$work/cases"
contains "a mutant that is noticed" "it is not equivalent" "$(cat "$work/out")"
printf 'mine: [{in: when, from: 10page/s}]\n' >"$work/cases/equivalent-mutants.yaml"
run mutate --rules "$work/rules" --cases "$work/cases"
contains "an equivalent without a reason" "equivalent-mutants.yaml:1:8: error" "$(cat "$work/out")"
rm "$work/cases/equivalent-mutants.yaml"
sed -i 's/expect: satisfied/expect: recommend/' "$work/cases/mine.yaml"
run mutate --rules "$work/rules" --cases "$work/cases"
contains "cases that fail are not asked" "not mutated, because its own cases fail" "$(cat "$work/out")"

# ---- hostile ----

printf -- '- id: mine\n  title: "\\e[2J"\n' >"$work/rules/packs/mine/mine.yaml"
for action in list lint test mutate; do
	run "$action" --rules "$work/rules" --cases "$work/cases"
	same "$action of half a rule: no escape sequence" "" "$(cat "$work/out" "$work/err" | tr -d '\n -~' | grep -a "$(printf '\033')")"
done
done_testing
